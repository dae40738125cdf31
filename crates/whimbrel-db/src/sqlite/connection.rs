//! [`SqliteConnection`]: a session with a SQLite database.

use std::sync::Arc;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;

use super::open::{Opened, Request, memory};
use super::worker::{Session, Signals, Worker};
use crate::connect::ConnectOptions;
use crate::connection::{Canceller, Connection, FailedAt, Row, ServerInfo};
use crate::datum::{Datum, Fetched};
use crate::error::{DbError, StatementError};
use crate::lock::LockWait;
use crate::url::SqliteLocation;

/// A session with a SQLite database.
///
/// The engine runs on a thread of the connection's own. A statement that needs
/// a lock which another process holds waits for it, as the [`LockWait`] that
/// the connection was opened with says. Where the future of a statement is
/// dropped, the statement is stopped; where the connection is dropped, whatever
/// was not committed is rolled back before `drop` returns.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("CREATE TABLE users (name TEXT)").await?;
/// assert_eq!(connection.execute("INSERT INTO users VALUES ('Ann'), ('Bo')").await?, 2);
/// let rows = connection.query("SELECT name FROM users ORDER BY name DESC").await?;
/// assert_eq!(rows[0].text(0), Some("Bo"));
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
pub struct SqliteConnection {
    info: ServerInfo,
    worker: Worker,
    wait: LockWait,
}

/// Opens the database at `location`.
pub(crate) async fn connect(
    location: &SqliteLocation,
    options: &ConnectOptions,
) -> Result<SqliteConnection, DbError> {
    let request = Request::new(location, options);
    match open(request.clone(), options.lock_wait.clone()).await {
        Err(DbError::ReadOnly { .. } | DbError::Connect { .. }) if request.without_locks().is_some() => {
            let request = request.without_locks().unwrap_or(request);
            open(request, options.lock_wait.clone()).await
        }
        result => result,
    }
}

async fn open(request: Request, wait: LockWait) -> Result<SqliteConnection, DbError> {
    let name = request.name();
    SqliteConnection::start(name, wait, move || request.open()).await
}

impl SqliteConnection {
    /// Opens an empty database in memory.
    ///
    /// # Errors
    ///
    /// If the system gives no memory or no thread.
    ///
    /// ```
    /// # tokio_test(async {
    /// use whimbrel_db::{Connection, SqliteConnection};
    /// let mut connection = SqliteConnection::open_in_memory().await?;
    /// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").await?;
    /// assert_eq!(connection.execute("INSERT INTO users VALUES (1), (2)").await?, 2);
    /// # Ok(()) });
    /// # fn tokio_test(test: impl Future<Output = Result<(), whimbrel_db::DbError>>) {
    /// #     tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test).unwrap();
    /// # }
    /// ```
    pub async fn open_in_memory() -> Result<Self, DbError> {
        Self::start(":memory:".to_owned(), LockWait::default(), || memory(":memory:")).await
    }

    /// Confines the session to its own database: nothing can be attached.
    pub(super) async fn confine(&mut self) -> Result<(), DbError> {
        self.worker.run(Session::confine).await
    }

    /// Opens a session, and reads the file's header: only then does it show whether it
    /// is a database.
    async fn start(
        name: String,
        wait: LockWait,
        open: impl FnOnce() -> Result<Opened, DbError> + Send + 'static,
    ) -> Result<Self, DbError> {
        let greet = |session: &mut Session| session.query("PRAGMA schema_version").map(drop);
        let worker = Worker::start(name.clone(), wait.clone(), open, greet).await?;
        let version = rusqlite::version().to_owned();
        let dialect = Dialect::Sqlite;
        let info = ServerInfo { dialect, version, major: 3, name };
        Ok(Self { info, worker, wait })
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    fn server(&self) -> &ServerInfo {
        &self.info
    }

    async fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
        let sql = sql.to_owned();
        self.worker.run(move |session| session.execute(&sql)).await
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DbError> {
        let sql = sql.to_owned();
        self.worker.run(move |session| session.query(&sql)).await
    }

    async fn query_all(&mut self, statements: &[&str]) -> Result<Vec<Vec<Row>>, DbError> {
        let statements: Vec<String> = statements.iter().map(|&sql| sql.to_owned()).collect();
        self.worker.run(move |session| statements.iter().map(|sql| session.query(sql)).collect()).await
    }

    async fn execute_all(&mut self, statements: &[&str]) -> Result<Vec<u64>, FailedAt> {
        let statements: Vec<String> = statements.iter().map(|&sql| sql.to_owned()).collect();
        let ran = self.worker.run(move |session| Ok(session.execute_all(&statements))).await;
        // What did not even begin was stopped, or met a thread that has ended.
        ran.unwrap_or_else(|error| Err(FailedAt { index: 0, error, ends_there: true }))
    }

    async fn fetch(&mut self, sql: &str, values: &[Datum]) -> Result<Fetched, DbError> {
        let (sql, values) = (sql.to_owned(), values.to_vec());
        self.worker.run(move |session| session.fetch(&sql, &values)).await
    }

    async fn copy_in(&mut self, sql: &str, _: &str) -> Result<u64, DbError> {
        Err(DbError::Statement(Box::new(StatementError {
            message: "SQLite has no COPY".to_owned(),
            code: None,
            offset: None,
            detail: None,
            sql: sql.to_owned(),
        })))
    }

    async fn in_transaction(&mut self) -> Result<bool, DbError> {
        self.worker.run(|session| Ok(session.in_transaction())).await
    }

    fn resets(&self) -> &'static [String] {
        &[]
    }

    fn lock_wait(&self) -> LockWait {
        self.wait.clone()
    }

    fn canceller(&self) -> Arc<dyn Canceller> {
        Arc::new(SqliteCanceller(self.worker.signals()))
    }

    async fn close(self: Box<Self>) -> Result<(), DbError> {
        self.worker.close().await;
        Ok(())
    }
}

struct SqliteCanceller(Arc<Signals>);

#[async_trait]
impl Canceller for SqliteCanceller {
    async fn cancel(&self) {
        self.0.stop_awaited();
    }
}
