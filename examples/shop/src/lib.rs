//! A shop: its tables are the structs of [`models`], its questions go through sqlx.

pub mod models;

use sqlx::{PgPool, Row as _};
use whimbrel::{EmbeddedStore, Migrator, Source, embed, schema};

/// The folder `migrations`, as it was when this was compiled.
pub static MIGRATIONS: EmbeddedStore = embed!();

/// The schema that the structs say.
pub fn schema() -> Source {
    schema!()
}

/// Brings a database up to date; returns how many migrations that took.
///
/// # Errors
///
/// If the database cannot be reached or migrated.
pub async fn migrate(url: &str) -> Result<usize, whimbrel::Error> {
    let mut migrator = Migrator::builder(url)?.store(MIGRATIONS).connect().await?;
    let applied = migrator.apply().await?.migrations.len();
    migrator.close().await?;
    Ok(applied)
}

/// The shop, as a pool of connections.
#[derive(Debug, Clone)]
pub struct Shop(PgPool);

impl Shop {
    /// Opens the shop on a database that is up to date.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        Ok(Self(PgPool::connect(url).await?))
    }

    /// Places an order of products, given by what the stock calls them, and
    /// returns its number.
    ///
    /// # Errors
    ///
    /// If there is no such customer, or the database fails.
    pub async fn place(&self, email: &str, skus: &[&str]) -> Result<i64, sqlx::Error> {
        let mut transaction = self.0.begin().await?;
        let order = "INSERT INTO orders (customer_id) SELECT id FROM customers WHERE email = $1 RETURNING id";
        let id: i64 = sqlx::query(order).bind(email).fetch_one(&mut *transaction).await?.try_get(0)?;
        let lines =
            "INSERT INTO order_lines (order_id, product_id) SELECT $1, id FROM products WHERE sku = ANY($2)";
        sqlx::query(lines).bind(id).bind(skus).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// What an order costs, in cents.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn total(&self, order: i64) -> Result<i64, sqlx::Error> {
        let sum = "SELECT COALESCE(sum(quantity * price_cents), 0)::bigint
                   FROM order_lines JOIN products ON products.id = product_id WHERE order_id = $1";
        sqlx::query(sum).bind(order).fetch_one(&self.0).await?.try_get(0)
    }

    /// The titles of the products of a category.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn titles(&self, category: &str) -> Result<Vec<String>, sqlx::Error> {
        let titles = "SELECT title FROM products
                      JOIN product_categories ON product_id = products.id
                      JOIN categories ON categories.id = category_id
                      WHERE categories.name = $1 ORDER BY title";
        let rows = sqlx::query(titles).bind(category).fetch_all(&self.0).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}
