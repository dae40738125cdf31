//! The tables of the shop as it began: customers and products.

use whimbrel::Model;

/// Who buys.
#[derive(Debug, Model)]
#[model(table = "customers")]
pub struct Customer {
    /// Its number.
    #[column(primary_key, auto_increment)]
    pub id: i64,
    /// Where news of orders go.
    #[column(type = varchar(200), unique)]
    pub email: String,
    /// How the customer is addressed.
    pub name: String,
}

/// What is sold.
#[derive(Debug, Model)]
#[model(table = "products")]
pub struct Product {
    /// Its number.
    #[column(primary_key, auto_increment)]
    pub id: i64,
    /// What the stock calls it.
    #[column(type = varchar(40), unique)]
    pub sku: String,
    /// What customers read.
    pub title: String,
    /// What one of it costs, in cents.
    pub price_cents: i64,
}
