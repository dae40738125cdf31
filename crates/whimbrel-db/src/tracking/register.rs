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
pub async fn read_register(
    connection: &mut dyn Connection,
    register: &ObjectName,
) -> Result<Vec<(String, ObjectName)>, DbError> {
    let table = connection.server().dialect.quote_name(register);
    let rows = connection.query(&format!("SELECT id, ptr FROM {table} ORDER BY id")).await?;
    let entry = |row: &Row| Some((row.text(0)?.to_owned(), ObjectName::new(row.text(1)?)));
    Ok(rows.iter().filter_map(entry).collect())
}
