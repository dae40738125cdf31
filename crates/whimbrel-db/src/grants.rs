//! Who owns and who may use what a plan drops and makes again.
//!
//! Grants are no part of a schema, yet they would go with the object that they
//! are on. What is said here is read before a plan runs, and run at its end.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;

use crate::connection::Connection;
use crate::error::DbError;

/// An object that a plan drops and makes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recreated {
    /// A view, sequence or type, by its names before and after.
    Relation {
        /// Its names.
        name: Pair<ObjectName>,
        /// The columns that it has afterwards.
        columns: Vec<String>,
    },
    /// A column, by the names of its table and its own before and after.
    Column {
        /// The names of the table.
        table: Pair<ObjectName>,
        /// The names of the column.
        column: Pair<String>,
    },
    /// A function, procedure or aggregate.
    Routine {
        /// Its name.
        name: ObjectName,
        /// Its argument types, in parentheses.
        signature: String,
    },
}

/// Returns the statements that make owner and grants of each object what they
/// are now, for when it has been made again by this session's role.
///
/// A grant that somebody else than the owner gave is given by the owner. None
/// is returned for an engine without grants.
///
/// # Errors
///
/// If the engine fails.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::pair::Pair;
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::grants::{Recreated, grants};
///
/// let name = Pair::new("adults".into(), "adults".into());
/// let view = Recreated::Relation { name, columns: vec!["id".into()] };
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// // On PostgreSQL: `ALTER VIEW ... OWNER TO ...` and a `GRANT` for each role.
/// assert!(grants(&mut connection, &[view]).await?.is_empty());
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
pub async fn grants(
    connection: &mut dyn Connection,
    recreated: &[Recreated],
) -> Result<Vec<String>, DbError> {
    if recreated.is_empty() {
        return Ok(Vec::new());
    }
    match connection.server().dialect {
        Dialect::Sqlite => Ok(Vec::new()),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => crate::postgres::grants(connection, recreated).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Ok(Vec::new()),
    }
}
