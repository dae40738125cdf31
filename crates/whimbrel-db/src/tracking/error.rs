//! What can go wrong with the tracking table.

use crate::error::DbError;

/// Why the tracking table does not serve.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::tracking::TrackingTable;
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let error = TrackingTable::resolve(Dialect::Sqlite, &"my-table".into()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`my-table` cannot name a tracking table: it holds other characters than letters, digits and `_`"
/// );
///
/// let table = TrackingTable::resolve(Dialect::Sqlite, &"users".into()).unwrap();
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("CREATE TABLE users (email TEXT)").await?;
/// let error = table.read(&mut connection).await.unwrap_err();
/// assert_eq!(error.to_string(), "the table `users` is no tracking table: no such column: id");
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum TrackingError {
    /// The database refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Db(#[from] DbError),
    /// The table may not be called so.
    #[error("`{name}` cannot name a tracking table: {reason}")]
    #[diagnostic(
        code(whimbrel::tracking::name),
        help(
            "give `--table-name` a name of letters, digits and `_`, with the namespace before it if need be"
        )
    )]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is a table of that name, and it is something else.
    #[error("the table `{name}` is no tracking table: {reason}")]
    #[diagnostic(
        code(whimbrel::tracking::other_table),
        help(
            "a tracking table has the columns id, name, checksum and applied_at; give another name with `--table-name`"
        )
    )]
    OtherTable {
        /// The table.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}
