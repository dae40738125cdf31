//! Reading the schema of a database.

use std::collections::BTreeMap;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{LeftAlone, Schema};

use crate::connection::Connection;
use crate::error::DbError;
pub use crate::fingerprint::Fingerprint;

/// What to read.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, IntrospectOptions, SqliteConnection, introspect};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("CREATE TABLE _shop_migrations (id INTEGER)").await?;
/// let tracking_table = Some("_shop_migrations".into());
/// let options = IntrospectOptions { tracking_table, ..IntrospectOptions::default() };
/// assert!(introspect(&mut connection, &options).await?.schema.is_empty());
/// # Ok::<(), whimbrel_db::IntrospectError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct IntrospectOptions {
    /// The tracking table, if it is not one that every migration tool is known
    /// by: like those, it is no part of the schema.
    pub tracking_table: Option<ObjectName>,
    /// The table that migrations are kept in, if they are and it is not called
    /// `_whimbrel_files`: it is no part of the schema either. A table of that name
    /// with other columns than `path` and `text` is none, and is a part of it.
    pub store_table: Option<ObjectName>,
    /// The table in which another tool keeps what it has applied, while its history
    /// is adopted and the table is not called as usual: no part of the schema.
    pub foreign_table: Option<ObjectName>,
}

/// What was read.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, IntrospectOptions, SqliteConnection, introspect};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").await?;
/// let read = introspect(&mut connection, &IntrospectOptions::default()).await?;
/// assert_eq!(read.schema.tables.len(), 1);
/// assert!(read.left_alone.is_empty() && read.count_left_alone().is_empty());
/// # Ok::<(), whimbrel_db::IntrospectError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Introspection {
    /// The schema, in the engine's own spelling.
    pub schema: Schema,
    /// The objects of kinds that whimbrel does not manage, in the order of their
    /// kinds.
    pub left_alone: Vec<LeftAlone>,
    /// What those objects depend on: a plan that touches it is refused.
    pub unmanaged: Vec<Unmanaged>,
    /// Of everything that the schema was read from.
    pub fingerprint: Fingerprint,
}

impl Introspection {
    /// How many objects of each kind that whimbrel does not manage there are.
    pub fn count_left_alone(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for one in &self.left_alone {
            *counts.entry(one.kind.clone()).or_default() += 1;
        }
        counts
    }
}

/// An object of a kind that whimbrel does not manage, and one thing that it
/// depends on; told once for each such thing.
///
/// ```
/// use whimbrel_db::introspect::Unmanaged;
///
/// let policy = Unmanaged {
///     kind: "policy".into(),
///     name: "own_rows".into(),
///     relation: None,
///     table: Some("orders".into()),
///     column: Some("owner".into()),
/// };
/// let refuses = |table: &str, column: &str| {
///     policy.table.as_ref().is_some_and(|name| name.name == table)
///         && policy.column.as_ref().is_none_or(|name| name == column)
/// };
/// assert!(refuses("orders", "owner") && !refuses("orders", "total"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmanaged {
    /// What people call its kind, such as `policy`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The same, qualified, of a kind of table: nothing else can have it.
    pub relation: Option<ObjectName>,
    /// The table or view that it depends on.
    pub table: Option<ObjectName>,
    /// The column of it, unless it is the whole.
    pub column: Option<String>,
}

/// Why a schema could not be read.
///
/// ```
/// use whimbrel_db::{DbError, IntrospectError};
/// let error = IntrospectError::from(DbError::Cancelled);
/// assert_eq!(error.to_string(), "interrupted");
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum IntrospectError {
    /// The engine failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Db(#[from] DbError),
    /// A definition in SQLite's catalogue is not understood.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sqlite(Box<whimbrel_core::dialect::sqlite::parse::ReadError>),
}

/// Reads the schema of a database.
///
/// Left out are the engine's own objects and the tracking tables of migration
/// tools. Nothing is written; an open transaction stays open.
///
/// # Errors
///
/// If the engine fails, or a definition is not understood.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use whimbrel_db::introspect::{IntrospectOptions, introspect};
/// use whimbrel_db::{Connection, SqliteConnection};
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").await.unwrap();
/// let read = introspect(&mut connection, &IntrospectOptions::default()).await.unwrap();
/// assert_eq!(read.schema.tables[0].columns[0].sql_type, "INTEGER");
/// # });
/// ```
pub async fn introspect(
    connection: &mut dyn Connection,
    options: &IntrospectOptions,
) -> Result<Introspection, IntrospectError> {
    let dialect = connection.server().dialect;
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => crate::sqlite::introspect(connection, options).await,
        #[cfg(not(feature = "sqlite"))]
        Dialect::Sqlite => Err(left_out(dialect, options)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Ok(crate::postgres::introspect(connection, options).await?),
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Err(left_out(dialect, options)),
    }
}

/// Reads only the fingerprint: much cheaper than the schema, and equal to the
/// one that [`introspect`] would give.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::introspect::fingerprint;
/// use whimbrel_db::{Connection, IntrospectOptions, SqliteConnection};
///
/// let options = IntrospectOptions::default();
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let before = fingerprint(&mut connection, &options).await?;
/// assert_eq!(fingerprint(&mut connection, &options).await?, before);
/// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").await?;
/// assert_ne!(fingerprint(&mut connection, &options).await?, before);
/// # Ok::<(), whimbrel_db::IntrospectError>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// If the engine fails.
pub async fn fingerprint(
    connection: &mut dyn Connection,
    options: &IntrospectOptions,
) -> Result<Fingerprint, IntrospectError> {
    let dialect = connection.server().dialect;
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Ok(crate::sqlite::fingerprint(connection, options).await?),
        #[cfg(not(feature = "sqlite"))]
        Dialect::Sqlite => Err(left_out(dialect, options)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Ok(crate::postgres::fingerprint(connection, options).await?),
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Err(left_out(dialect, options)),
    }
}

/// Asks what, besides its version, decides how the engine spells and orders
/// things: encoding and locale, in one line. Part of the key of cached schemas;
/// of SQLite there is nothing to say.
///
/// # Errors
///
/// If the engine fails.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use whimbrel_db::{SqliteConnection, locale};
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// assert_eq!(locale(&mut connection).await.unwrap(), "");
/// # });
/// ```
pub async fn locale(connection: &mut dyn Connection) -> Result<String, DbError> {
    match connection.server().dialect {
        #[cfg(feature = "postgres")]
        Dialect::Postgres => crate::postgres::locale(connection).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Ok(String::new()),
        Dialect::Sqlite => Ok(String::new()),
    }
}

/// The error where this build has no client for the dialect.
#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn left_out(dialect: Dialect, _: &IntrospectOptions) -> IntrospectError {
    IntrospectError::Db(DbError::Connect {
        name: dialect.to_string(),
        reason: format!("this build of whimbrel does not speak {dialect}"),
        help: "turn on the feature of the crate `whimbrel` that is named after the engine".to_owned(),
    })
}

/// The tables in which migration tools remember what they have applied or keep
/// their files, and replication tools where they are.
const TRACKING_TABLES: [&str; 29] = [
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "__efmigrationshistory",
    "_litestream_lock",
    "_litestream_seq",
    "_prisma_migrations",
    "_sqlx_migrations",
    "_viborm_migrations",
    "_whimbrel_files",
    "_whimbrel_migrations",
    "_whimbrel_migrations_progress",
    "alembic_version",
    "ar_internal_metadata",
    "atlas_schema_revisions",
    "d1_migrations",
    "databasechangelog",
    "databasechangeloglock",
    "doctrine_migration_versions",
    "flyway_schema_history",
    "goose_db_version",
    "kysely_migration",
    "kysely_migration_lock",
    "knex_migrations",
    "knex_migrations_lock",
    "mikro_orm_migrations",
    "pgmigrations",
    "refinery_schema_history",
    "schema_migrations",
    "seaql_migrations",
];

impl IntrospectOptions {
    /// The same, without the store's table where the database has none with its
    /// columns: the store is in another database then, or yet to be made.
    pub(crate) fn with_store_if(&self, is_store: bool) -> Self {
        Self { store_table: self.store_table.clone().filter(|_| is_store), ..self.clone() }
    }

    /// Says whether a table is a migration tool's, whatever its namespace.
    pub(crate) fn is_tracking_table(&self, dialect: Dialect, name: &str) -> bool {
        let is_configured = |table: &ObjectName| {
            dialect.same_ident(&table.name, name)
                || name.strip_suffix("_progress").is_some_and(|name| dialect.same_ident(&table.name, name))
        };
        TRACKING_TABLES.iter().any(|known| known.eq_ignore_ascii_case(name))
            || self.tracking_table.as_ref().is_some_and(is_configured)
            || [&self.store_table, &self.foreign_table]
                .into_iter()
                .flatten()
                .any(|table| dialect.same_ident(&table.name, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_tables_are_known_by_name() {
        let options = IntrospectOptions {
            tracking_table: Some("applied".into()),
            store_table: Some("files".into()),
            foreign_table: Some("history".into()),
        };
        let is_tracking = |name| options.is_tracking_table(Dialect::Sqlite, name);
        let known = ["_sqlx_migrations", "_SQLX_Migrations"];
        let configured = ["applied", "Applied", "applied_progress", "files", "history"];
        for name in known.into_iter().chain(configured) {
            assert!(is_tracking(name), "{name}");
        }
        for name in ["users", "migrations", "applied_other", "_progress", "files_progress"] {
            assert!(!is_tracking(name), "{name}");
        }
    }
}
