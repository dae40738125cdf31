//! The table in which migrations may be kept: who is told of one looks whether it
//! is, for a table of that name may be anybody's.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;

use crate::connection::Connection;
use crate::error::DbError;

/// Its columns, in their order: names and types, as [`table_columns`] tells them.
pub const STORE_COLUMNS: [(&str, &str); 2] = [("path", "text"), ("text", "text")];

/// Returns the names and types of the columns of a table or view, in lower case on
/// SQLite; none where there is no such table. It asks for no right to read it.
///
/// # Errors
///
/// If the catalogue cannot be read.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::store_table::{STORE_COLUMNS, table_columns};
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("CREATE TABLE pages (path TEXT, text TEXT, author TEXT)").await?;
/// let columns = table_columns(&mut connection, &"pages".into()).await?;
/// assert!(columns.iter().map(|(name, ty)| (&**name, &**ty)).ne(STORE_COLUMNS), "it is somebody's own");
/// assert_eq!(table_columns(&mut connection, &"posts".into()).await?, []);
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
pub async fn table_columns(
    connection: &mut dyn Connection,
    table: &ObjectName,
) -> Result<Vec<(String, String)>, DbError> {
    let dialect = connection.server().dialect;
    let name = dialect.quote_literal(&table.name);
    let namespace = |usual| dialect.quote_literal(table.namespace.as_deref().unwrap_or(usual));
    let sql = match dialect {
        Dialect::Sqlite => format!(
            "SELECT lower(name), lower(type) FROM pragma_table_info({name}, {}) ORDER BY cid",
            namespace("main")
        ),
        Dialect::Postgres => format!(
            "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) \
             FROM pg_catalog.pg_attribute a \
             JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = {} AND c.relname = {name} AND a.attnum > 0 AND NOT a.attisdropped \
             ORDER BY a.attnum",
            namespace("public")
        ),
    };
    let rows = connection.query(&sql).await?;
    Ok(rows.iter().filter_map(|row| Some((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect())
}
