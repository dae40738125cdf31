//! Throw-away databases, in which a schema is created to be read back and a
//! plan is run to be proved.

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;

use crate::connection::Connection;
use crate::error::DbError;
use crate::url::DatabaseUrl;

/// A throw-away database. It is empty at first, and gone when it is closed or
/// dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::scratch::{ScratchOptions, open};
///
/// let mut scratch = open(Dialect::Sqlite, &ScratchOptions::default()).await?;
/// scratch.connection().execute("CREATE TABLE users (id INTEGER)").await?;
/// scratch.reset().await?;
/// let tables = scratch.connection().query("SELECT name FROM sqlite_master").await?;
/// assert!(tables.is_empty());
/// scratch.close().await?;
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Scratch: Send {
    /// The session with it.
    fn connection(&mut self) -> &mut dyn Connection;

    /// What it cannot do.
    fn limits(&self) -> ScratchLimits;

    /// Makes it empty again, whatever state it is in.
    ///
    /// # Errors
    ///
    /// If the engine refuses, or the session is lost.
    async fn reset(&mut self) -> Result<(), DbError>;

    /// Drops the database.
    ///
    /// # Errors
    ///
    /// If the engine refuses, or the session is lost.
    async fn close(self: Box<Self>) -> Result<(), DbError>;
}

/// What a scratch database cannot do.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::scratch::{ScratchOptions, open};
///
/// let scratch = open(Dialect::Sqlite, &ScratchOptions::default()).await?;
/// let limits = scratch.limits();
/// assert!(!limits.no_transactions && !limits.one_namespace);
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScratchLimits {
    /// All happens in one transaction, so that a plan is proved without its
    /// transaction boundaries.
    pub no_transactions: bool,
    /// It holds one namespace only.
    pub one_namespace: bool,
}

/// Where scratch databases may be made.
///
/// ```
/// use whimbrel_db::scratch::ScratchOptions;
/// let url = "postgres://dev@localhost/postgres".parse().ok();
/// let options = ScratchOptions { url, ..ScratchOptions::default() };
/// assert_eq!(options.url.unwrap().to_string(), "postgres://dev@localhost/postgres");
/// ```
#[derive(Debug, Clone, Default)]
pub struct ScratchOptions {
    /// A server for them, as `--scratch-url` gives it.
    pub url: Option<DatabaseUrl>,
    /// The database that the schema is for: its server can serve too.
    pub target: Option<DatabaseUrl>,
}

/// Opens an empty scratch database.
///
/// # Errors
///
/// If none of the ways that the dialect knows is open.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::scratch::{ScratchOptions, open};
/// use whimbrel_db::{IntrospectOptions, introspect};
///
/// // The engine says how it spells what a person wrote.
/// let mut scratch = open(Dialect::Sqlite, &ScratchOptions::default()).await?;
/// scratch.connection().execute("create table [users] (id integer primary key, age int default (1))").await?;
/// let read = introspect(scratch.connection(), &IntrospectOptions::default()).await?;
/// let age = &read.schema.tables[0].columns[1];
/// assert_eq!((age.name.as_str(), age.default.as_ref().unwrap().as_str()), ("age", "1"));
/// scratch.close().await?;
/// # Ok::<(), whimbrel_db::IntrospectError>(())
/// # }).unwrap();
/// ```
pub async fn open(dialect: Dialect, options: &ScratchOptions) -> Result<Box<dyn Scratch>, DbError> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Ok(Box::new(crate::sqlite::open_scratch().await?)),
        #[cfg(not(feature = "sqlite"))]
        Dialect::Sqlite => Err(left_out(dialect, options)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Box::pin(crate::postgres::open_scratch(options)).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Err(left_out(dialect, options)),
    }
}

/// The error where this build has no client for the dialect.
#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn left_out(dialect: Dialect, options: &ScratchOptions) -> DbError {
    let url = options.url.as_ref().or(options.target.as_ref());
    DbError::Connect {
        name: url.map_or_else(|| "scratch database".to_owned(), ToString::to_string),
        reason: format!("this build of whimbrel does not speak {dialect}"),
        help: "turn on the feature of the crate `whimbrel` that is named after the engine".to_owned(),
    }
}
