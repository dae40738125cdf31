//! The tables of the shop with orders.

use whimbrel::{DbEnum, Model};

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

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, DbEnum)]
#[db_enum(name = "order_state")]
pub enum OrderState {
    /// It is being put together, or waits for its payment.
    Open,
    /// It is paid.
    Paid,
}

/// What a customer has ordered.
#[derive(Debug, Model)]
#[model(table = "orders")]
pub struct Order {
    /// Its number.
    #[column(primary_key, auto_increment)]
    pub id: i64,
    /// Whose it is; the orders of a customer go with the customer.
    #[column(references(Customer, on_delete = cascade))]
    pub customer_id: i64,
    /// How far it has come.
    #[column(default = OrderState::Open)]
    pub state: OrderState,
    /// When it was begun.
    #[column(default = now(), type = timestamptz)]
    pub placed_at: std::time::SystemTime,
}

/// A product in an order.
#[derive(Debug, Model)]
#[model(table = "order_lines", primary_key(order_id, product_id))]
pub struct OrderLine {
    /// The order.
    #[column(references(Order, on_delete = cascade))]
    pub order_id: i64,
    /// The product.
    #[column(references(Product))]
    pub product_id: i64,
    /// How many of it.
    #[column(default = 1)]
    pub quantity: i32,
}
