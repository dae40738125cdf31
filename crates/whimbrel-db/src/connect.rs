//! Opening a connection to wherever a URL points.

use std::time::Duration;

use crate::connection::Connection;
use crate::error::DbError;
use crate::lock::LockWait;
use crate::url::{DatabaseUrl, Location};

/// How to open a connection.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Access, ConnectOptions, Missing, connect};
///
/// // What a dry run of `push` uses: nothing is written, and a file that is not
/// // there yet counts as an empty database.
/// let options =
///     ConnectOptions { access: Access::ReadOnly, missing: Missing::Create, ..ConnectOptions::default() };
/// let folder = tempfile::tempdir().unwrap();
/// let file = folder.path().join("app.db");
/// let url = format!("sqlite://{}", file.display()).parse().unwrap();
/// let mut connection = connect(&url, &options).await?;
/// assert!(connection.query("SELECT name FROM sqlite_master").await?.is_empty());
/// connection.close().await?;
/// assert!(!file.exists());
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// Whether anything may be written.
    pub access: Access,
    /// What to do where a SQLite file does not exist.
    pub missing: Missing,
    /// How long statements wait for another session's lock, and whom to tell.
    pub lock_wait: LockWait,
    /// How long a server that is not there yet, or still starting, is asked
    /// again. Not at all by default.
    pub server_wait: Duration,
}

/// What a connection may do.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Access, ConnectOptions, Missing, connect};
///
/// let folder = tempfile::tempdir().unwrap();
/// let url = format!("sqlite://{}", folder.path().join("app.db").display()).parse().unwrap();
/// let create = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
/// connect(&url, &create).await?.execute("CREATE TABLE users (id INTEGER)").await?;
///
/// let read = ConnectOptions { access: Access::ReadOnly, ..ConnectOptions::default() };
/// let mut connection = connect(&url, &read).await?;
/// assert!(connection.query("SELECT id FROM users").await?.is_empty());
/// assert!(connection.execute("INSERT INTO users VALUES (1)").await.is_err());
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Read: nothing at the other end is created or changed.
    ReadOnly,
    /// Read and write.
    #[default]
    ReadWrite,
}

/// What to do where a SQLite file does not exist.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{ConnectOptions, Missing, connect};
///
/// let folder = tempfile::tempdir().unwrap();
/// let url = format!("sqlite://{}", folder.path().join("app.db").display()).parse().unwrap();
/// assert!(connect(&url, &ConnectOptions::default()).await.is_err());
/// let options = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
/// assert!(connect(&url, &options).await.is_ok());
/// # });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Fail.
    #[default]
    Refuse,
    /// Create it. With [`Access::ReadOnly`] an empty database in memory stands
    /// in for it. A file into which nothing was written is removed again on
    /// closing.
    Create,
}

/// Opens a connection.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{ConnectOptions, DatabaseUrl, connect};
///
/// let mut connection = connect(&DatabaseUrl::sqlite_memory(), &ConnectOptions::default()).await?;
/// assert_eq!(connection.query("SELECT 40 + 2").await?[0].integer(0), Some(42));
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// If the database cannot be reached or opened, or is none.
pub async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>, DbError> {
    match url.location() {
        #[cfg(feature = "sqlite")]
        Location::Sqlite(location) => Ok(Box::new(crate::sqlite::connect(location, options).await?)),
        #[cfg(not(feature = "sqlite"))]
        Location::Sqlite(_) => Err(left_out(url, options)),
        #[cfg(feature = "postgres")]
        Location::Postgres => Ok(Box::new(crate::postgres::connect(url, options).await?)),
        #[cfg(not(feature = "postgres"))]
        Location::Postgres => Err(left_out(url, options)),
    }
}

/// The error where this build has no client for the dialect.
#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn left_out(url: &DatabaseUrl, _: &ConnectOptions) -> DbError {
    DbError::Connect {
        name: url.to_string(),
        reason: format!("this build of whimbrel does not speak {}", url.dialect()),
        help: "turn on the feature of the crate `whimbrel` that is named after the engine".to_owned(),
    }
}
