//! The open trait behind which every database client stands.

use std::sync::Arc;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::Engine;

use crate::datum::{Datum, Fetched};
use crate::error::DbError;
use crate::lock::LockWait;

/// One dedicated session with a database.
///
/// A run of whimbrel does all its work in one session, never in a pool: locks,
/// settings and transactions belong to sessions. Dropping a connection closes
/// it, and with it rolls back what was not committed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, Datum, SqliteConnection, Value};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// assert_eq!(connection.server().major, 3);
/// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)").await?;
/// connection.fetch("INSERT INTO users VALUES (?, ?)", &[1.into(), "Ann".into()]).await?;
///
/// let rows = connection.query("SELECT id, name FROM users").await?;
/// assert_eq!((rows[0].integer(0), rows[0].text(1)), (Some(1), Some("Ann")));
/// assert_eq!(rows[0].value(7), &Value::Null);
/// let fetched = connection.fetch("SELECT name FROM users WHERE id = ?", &[1.into()]).await?;
/// assert_eq!((fetched.columns, fetched.rows), (vec!["name".to_owned()], vec![vec![Datum::from("Ann")]]));
///
/// let both = connection.query_all(&["SELECT 1", "SELECT 2"]).await?;
/// assert_eq!(both[1][0].integer(0), Some(2));
/// connection.execute("BEGIN").await?;
/// assert!(connection.in_transaction().await?);
/// Box::new(connection).close().await?;
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Connection: Send {
    /// What is at the other end.
    fn server(&self) -> &ServerInfo;

    /// Runs one statement and returns how many rows it affected.
    ///
    /// # Errors
    ///
    /// If the engine refuses the statement, or the session is lost.
    async fn execute(&mut self, sql: &str) -> Result<u64, DbError>;

    /// Runs one statement and returns its rows.
    ///
    /// # Errors
    ///
    /// If the engine refuses the statement, or the session is lost.
    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DbError>;

    /// Runs several statements, in one round trip where the engine can, and
    /// returns the rows of each.
    ///
    /// # Errors
    ///
    /// The first error; what follows the failing statement did not run.
    async fn query_all(&mut self, statements: &[&str]) -> Result<Vec<Vec<Row>>, DbError>;

    /// Runs several statements as [`Connection::query_all`] does, and hands over
    /// each row as soon as it is there, with the number of its statement, from 0:
    /// who keeps little of many rows needs little room for them.
    ///
    /// # Errors
    ///
    /// The first error; the rows before it were handed over.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel_db::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::open_in_memory().await?;
    /// let mut longest = [0; 2];
    /// let statements = ["VALUES ('a'), ('abc')", "VALUES ('ab')"];
    /// let mut take = |at: usize, row: whimbrel_db::Row| {
    ///     longest[at] = longest[at].max(row.text(0).unwrap_or_default().len());
    /// };
    /// connection.query_each(&statements, &mut take).await?;
    /// assert_eq!(longest, [3, 2]);
    /// # Ok::<(), whimbrel_db::DbError>(())
    /// # }).unwrap();
    /// ```
    async fn query_each(
        &mut self,
        statements: &[&str],
        take: &mut (dyn FnMut(usize, Row) + Send),
    ) -> Result<(), DbError> {
        for (at, rows) in self.query_all(statements).await?.into_iter().enumerate() {
            rows.into_iter().for_each(|row| take(at, row));
        }
        Ok(())
    }

    /// Runs several statements, in one round trip where the engine can, and
    /// returns how many rows each affected. Rows that they return are dropped.
    ///
    /// # Errors
    ///
    /// The first error, and where it was met.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel_db::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::open_in_memory().await?;
    /// let statements = ["CREATE TABLE a (b)", "INSERT INTO a VALUES (1), (2)", "DELETE FROM a WHERE b = 1"];
    /// assert_eq!(connection.execute_all(&statements).await?[1..], [2, 1]);
    /// # Ok::<(), whimbrel_db::DbError>(())
    /// # }).unwrap();
    /// ```
    async fn execute_all(&mut self, statements: &[&str]) -> Result<Vec<u64>, FailedAt>;

    /// Runs batches of statements one after the other, each in one round trip where
    /// the engine can, and tells `ran` the number of each, from 0, when all of it has run.
    ///
    /// Over a network the next batch is sent before the answer to the one before is
    /// there. So each but the first must begin with a statement that fails where the
    /// one before did.
    ///
    /// # Errors
    ///
    /// The first error, and where it was met.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel_db::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::open_in_memory().await?;
    /// let batches = [vec!["CREATE TABLE a (b)"], vec!["INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)"]];
    /// let mut heard = Vec::new();
    /// connection.execute_in_turn(&batches, &mut |at| heard.push(at)).await?;
    /// assert_eq!(heard, [0, 1]);
    /// # Ok::<(), whimbrel_db::DbError>(())
    /// # }).unwrap();
    /// ```
    async fn execute_in_turn(
        &mut self,
        batches: &[Vec<&str>],
        ran: &mut (dyn FnMut(usize) + Send),
    ) -> Result<(), FailedBatch> {
        for (batch, statements) in batches.iter().enumerate() {
            let outcome = self.execute_all(statements).await;
            outcome.map_err(|failed| FailedBatch { batch, sent: batch + 1, failed })?;
            ran(batch);
        }
        Ok(())
    }

    /// Runs one statement with values for its parameters (`?` on SQLite, `$1` on
    /// PostgreSQL), and returns its rows with their types.
    ///
    /// # Errors
    ///
    /// If the engine refuses the statement or a value, there are more or fewer
    /// values than parameters, the rows take more than 64 MiB, or the session is
    /// lost.
    async fn fetch(&mut self, sql: &str, values: &[Datum]) -> Result<Fetched, DbError>;

    /// Runs a `COPY ... FROM stdin` and feeds it `rows`, the lines as they stand
    /// in a script, without the final `\.`. Returns how many there were.
    ///
    /// # Errors
    ///
    /// If the engine refuses the statement or a row, has no such statement, or
    /// the session is lost.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel_db::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::open_in_memory().await?;
    /// let error = connection.copy_in("COPY colors FROM stdin", "1\tred\n").await.unwrap_err();
    /// assert_eq!(error.to_string(), "SQLite has no COPY");
    /// # Ok::<(), whimbrel_db::DbError>(())
    /// # }).unwrap();
    /// ```
    async fn copy_in(&mut self, sql: &str, rows: &str) -> Result<u64, DbError>;

    /// Says whether a transaction is open, as the engine sees it.
    ///
    /// # Errors
    ///
    /// If the session is lost.
    async fn in_transaction(&mut self) -> Result<bool, DbError>;

    /// The statements that put the session back to what it was at its start, in a
    /// transaction or outside of one, whatever scripts have done to it: role, search
    /// path and the like, temporary tables. They free no lock.
    fn resets(&self) -> &'static [String];

    /// How long another session's lock is waited for, and who hears of it.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel_db::{Connection, LockWait, SqliteConnection};
    ///
    /// let connection = SqliteConnection::open_in_memory().await?;
    /// assert_eq!(connection.lock_wait().limit, LockWait::DEFAULT_LIMIT);
    /// assert!(connection.resets().is_empty(), "SQLite's scripts leave no settings that others would meet");
    /// # Ok::<(), whimbrel_db::DbError>(())
    /// # }).unwrap();
    /// ```
    fn lock_wait(&self) -> LockWait;

    /// Returns a handle that stops the running statement from elsewhere.
    fn canceller(&self) -> Arc<dyn Canceller>;

    /// Ends the session in good order.
    ///
    /// # Errors
    ///
    /// If the engine reports a problem with closing.
    async fn close(self: Box<Self>) -> Result<(), DbError>;
}

/// Several statements of which one failed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let statements = ["CREATE TABLE a (b)", "CREATE TABLE a (b)", "CREATE TABLE c (d)"];
/// let failed = connection.execute_all(&statements).await.unwrap_err();
/// assert_eq!((failed.index, failed.ends_there), (1, true));
/// assert_eq!(failed.error.to_string(), "table a already exists");
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct FailedAt {
    /// The statement that failed, from 0. Those before it were carried out.
    pub index: usize,
    /// What went wrong.
    pub error: DbError,
    /// Whether those after it certainly did not run. Where only the answer was
    /// lost, the engine may have gone on with them.
    pub ends_there: bool,
}

/// Several batches of statements of which one failed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let batches = [vec!["CREATE TABLE a (b)"], vec!["DROP TABLE a", "DROP TABLE a"], vec!["CREATE TABLE c (d)"]];
/// let stopped = connection.execute_in_turn(&batches, &mut |_| {}).await.unwrap_err();
/// assert_eq!((stopped.batch, stopped.sent, stopped.failed.index), (1, 2, 1));
/// assert_eq!(whimbrel_db::DbError::from(stopped).to_string(), "no such table: a");
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct FailedBatch {
    /// The batch that failed, from 0. Those before it were carried out.
    pub batch: usize,
    /// How many were sent.
    pub sent: usize,
    /// Which of its statements failed, and of what.
    pub failed: FailedAt,
}

impl From<FailedBatch> for DbError {
    fn from(stopped: FailedBatch) -> Self {
        stopped.failed.into()
    }
}

impl From<FailedAt> for DbError {
    fn from(failed: FailedAt) -> Self {
        failed.error
    }
}

/// Stops the statement that a connection is running.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let canceller = connection.canceller();
/// let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
/// let stop = async {
///     tokio::time::sleep(Duration::from_millis(50)).await;
///     canceller.cancel().await;
/// };
/// let (outcome, ()) = tokio::join!(connection.query(numbers), stop);
/// assert!(outcome.unwrap_err().is_cancelled());
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Canceller: Send + Sync {
    /// Asks the engine to stop. The running statement then fails with
    /// [`DbError::is_cancelled`]; without one nothing happens.
    async fn cancel(&self);
}

/// What is at the other end of a connection.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let connection = SqliteConnection::open_in_memory().await?;
/// let server = connection.server();
/// assert_eq!((server.name.as_str(), server.major), (":memory:", 3));
/// assert!(server.version.starts_with("3."));
/// assert_eq!(server.engine().name, "sqlite");
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The dialect it speaks.
    pub dialect: Dialect,
    /// The version as it says it, such as `3.51.3`.
    pub version: String,
    /// The major version (3 for SQLite).
    pub major: u32,
    /// What to call the database in messages: a path or a URL without secrets.
    pub name: String,
}

impl ServerInfo {
    /// The engine as a snapshot names it.
    pub fn engine(&self) -> Engine {
        let name = match self.dialect {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgresql",
        };
        Engine { name: name.to_owned(), major: self.major }
    }
}

/// One row of a result.
///
/// ```
/// use whimbrel_db::{Row, Value};
///
/// let mut row = Row(vec![Value::Text("42".into()), Value::Text("t".into()), Value::Null]);
/// assert_eq!((row.text(0), row.integer(0)), (Some("42"), Some(42)));
/// assert!(row.is_true(1) && !row.is_true(2));
/// assert_eq!(row.value(2), &Value::Null);
/// assert_eq!(row.take_text(0).as_deref(), Some("42"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

/// One value of a row.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SqliteConnection, Value};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let row = connection.query("SELECT 1, 1.5, 'one', x'01', NULL").await?.remove(0);
/// let text = Value::Text("one".into());
/// assert_eq!(row.0, [Value::Integer(1), Value::Real(1.5), text, Value::Blob(vec![1]), Value::Null]);
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text; engines may give any value in this form.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Row {
    /// Returns the value of the column at `index`, NULL where there is none.
    pub fn value(&self, index: usize) -> &Value {
        self.0.get(index).unwrap_or(&Value::Null)
    }

    /// The text at `index`, if it is text.
    pub fn text(&self, index: usize) -> Option<&str> {
        match self.value(index) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Takes the text at `index` out, if it is text.
    pub fn take_text(&mut self, index: usize) -> Option<String> {
        match self.0.get_mut(index).map(|value| std::mem::replace(value, Value::Null)) {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Null | Value::Integer(_) | Value::Real(_) | Value::Blob(_)) | None => None,
        }
    }

    /// The whole number at `index`, if it is one or is text that spells one.
    pub fn integer(&self, index: usize) -> Option<i64> {
        match self.value(index) {
            Value::Integer(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            Value::Null | Value::Real(_) | Value::Blob(_) => None,
        }
    }

    /// Whether the value at `index` is a true one: a number other than 0, or
    /// PostgreSQL's `t`.
    pub fn is_true(&self, index: usize) -> bool {
        match self.value(index) {
            Value::Integer(number) => *number != 0,
            Value::Text(text) => matches!(text.as_str(), "t" | "true" | "1"),
            Value::Null | Value::Real(_) | Value::Blob(_) => false,
        }
    }
}
