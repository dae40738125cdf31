//! What a database holds, as its engine tells it.
//!
//! A [`Schema`](whimbrel_core::schema::Schema) holds what whimbrel manages. Where
//! two databases must be the same in all else too, the engine's own books are
//! compared: nothing here is understood, and nothing is left out but what tells
//! how something came about.

use std::collections::BTreeSet;

use whimbrel_core::dialect::Dialect;

use crate::connection::{Connection, Row};
use crate::error::DbError;

/// What a database holds besides its schema, and its schema once more.
///
/// ```
/// use whimbrel_db::inventory::Inventory;
///
/// let empty = Inventory::default();
/// let filled = Inventory { filled: ["colors".to_owned()].into(), ..Inventory::default() };
/// assert_eq!(empty.difference(&filled), Some("colors"), "only one of them holds rows");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// The tables that hold rows.
    pub filled: BTreeSet<String>,
    /// Everything in the catalogue, and every counter: what it is, and all that is
    /// said of it.
    pub facts: BTreeSet<(String, String)>,
}

impl Inventory {
    /// What only one of the two has, or has so; `None` if they are the same.
    ///
    /// ```
    /// use whimbrel_db::inventory::Inventory;
    /// let facts = |how: &str| [("column a.b".to_owned(), how.to_owned())].into();
    /// let one = Inventory { facts: facts("integer"), ..Inventory::default() };
    /// let other = Inventory { facts: facts("text"), ..Inventory::default() };
    /// assert_eq!(one.difference(&other), Some("column a.b"));
    /// assert_eq!(one.difference(&one), None);
    /// ```
    pub fn difference<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let filled = self.filled.symmetric_difference(&other.filled);
        let facts = self.facts.symmetric_difference(&other.facts).map(|(what, _)| what);
        filled.chain(facts).next().map(String::as_str)
    }
}

/// Takes stock of a scratch database.
///
/// # Errors
///
/// If the engine fails.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use whimbrel_db::inventory::inventory;
/// use whimbrel_db::{Connection, SqliteConnection};
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").await.unwrap();
/// connection.execute("INSERT INTO users VALUES (1)").await.unwrap();
/// let found = inventory(&mut connection).await.unwrap();
/// assert!(found.filled.contains("users"));
/// # });
/// ```
pub async fn inventory(connection: &mut dyn Connection) -> Result<Inventory, DbError> {
    match connection.server().dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => crate::sqlite::inventory(connection).await,
        #[cfg(not(feature = "sqlite"))]
        Dialect::Sqlite => Ok(Inventory::default()),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => crate::postgres::inventory(connection).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Ok(Inventory::default()),
    }
}

/// Asks what is asked by the answers to `questions`: the engine puts the names
/// into the queries, quoted as it reads them.
pub(crate) async fn ask_each(connection: &mut dyn Connection, questions: &str) -> Result<Vec<Row>, DbError> {
    let queries: Vec<String> =
        connection.query(questions).await?.into_iter().filter_map(|mut row| row.take_text(0)).collect();
    let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
    Ok(connection.query_all(&queries).await?.into_iter().flatten().collect())
}

/// The names in rows of one value.
pub(crate) fn names(rows: Vec<Row>) -> BTreeSet<String> {
    rows.into_iter().filter_map(|mut row| row.take_text(0)).collect()
}

/// The facts in rows of two values.
pub(crate) fn facts(rows: Vec<Row>) -> impl Iterator<Item = (String, String)> {
    let text = |row: &mut Row, at| row.take_text(at).unwrap_or_default();
    rows.into_iter().map(move |mut row| (text(&mut row, 0), text(&mut row, 1)))
}
