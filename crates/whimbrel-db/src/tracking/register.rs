//! The tables of which Kontract keeps account in the database itself.

use whimbrel_core::name::ObjectName;

use crate::connection::{Connection, Row};
use crate::error::DbError;

/// Reads the register of a database that Kontract runs on: the logical names of its
/// tables, each with the table that bears it.
///
/// # Errors
///
/// If `register` cannot be read, or has no columns `id` and `ptr`.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_db::tracking::read_register;
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("CREATE TABLE register (id TEXT, ptr TEXT)").await?;
/// connection.execute("INSERT INTO register VALUES ('users', 'tbl_users_abc123')").await?;
/// let found = read_register(&mut connection, &ObjectName::new("register")).await?;
/// assert_eq!(found, [("users".to_owned(), ObjectName::new("tbl_users_abc123"))]);
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
pub async fn read_register(
    connection: &mut dyn Connection,
    register: &ObjectName,
) -> Result<Vec<(String, ObjectName)>, DbError> {
    let table = connection.server().dialect.quote_name(register);
    let rows = connection.query(&format!("SELECT id, ptr FROM {table} ORDER BY id")).await?;
    let entry = |row: &Row| Some((row.text(0)?.to_owned(), ObjectName::new(row.text(1)?)));
    Ok(rows.iter().filter_map(entry).collect())
}
