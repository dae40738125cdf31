//! [`Transaction`]: the transaction of a migration, as its program has it.

use tokio::sync::{mpsc, oneshot};
use whimbrel_core::dialect::Dialect;

use super::{Described, SqlError};
use crate::datum::{Datum, Fetched};

/// The transaction of a migration, as its program has it. It ends with the
/// program: whoever keeps the handle longer gets errors.
///
/// Parameters are written as the engine has them: `?` on SQLite, `$1` on
/// PostgreSQL.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::apply::{Program, ProgramError, Transaction, run_program};
/// use whimbrel_db::{Datum, SqliteConnection};
///
/// struct Colors;
///
/// #[async_trait]
/// impl Program for Colors {
///     fn name(&self) -> &str {
///         "colors"
///     }
///
///     fn file(&self) -> &str {
///         "0000_colors.rs"
///     }
///
///     async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
///         let failed = |error| ProgramError::of_sql(&error);
///         let key = match transaction.dialect() {
///             Dialect::Sqlite => "INTEGER PRIMARY KEY",
///             Dialect::Postgres => "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
///         };
///         let create = format!("CREATE TABLE colors (id {key}, name text)");
///         transaction.execute(create, []).await.map_err(failed)?;
///         let rows = "INSERT INTO colors (name) VALUES ('red'), ('blue')";
///         assert_eq!(transaction.execute(rows, []).await.map_err(failed)?, 2);
///         let found = transaction.query("SELECT name FROM colors WHERE id = ?", [2.into()]).await;
///         assert_eq!(found.map_err(failed)?.rows, [[Datum::from("blue")]]);
///         transaction.describe("colors", r#"{"id":{"type":"number"},"name":{"type":"string"}}"#).await;
///         transaction.say("two colors were put in").await;
///         Ok(())
///     }
/// }
///
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let mut said = Vec::new();
/// let hear = &mut |line: &str| said.push(line.to_owned());
/// let account = run_program(&mut connection, &Colors, &|_, _| true, hear).await.unwrap();
/// assert_eq!(account.ddl, ["CREATE TABLE colors (id INTEGER PRIMARY KEY, name text)"]);
/// assert_eq!(account.described[0].table, "colors");
/// assert_eq!(said, ["two colors were put in"]);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Transaction {
    requests: mpsc::Sender<Request>,
    dialect: Dialect,
}

/// What a program asks for.
#[derive(Debug)]
pub(super) enum Request {
    Sql { sql: String, values: Vec<Datum>, is_query: bool, reply: oneshot::Sender<Result<Fetched, SqlError>> },
    Said(String),
    Described(Described),
}

/// The transaction has ended.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::Mutex;
/// use async_trait::async_trait;
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::apply::{Program, ProgramError, Transaction, TransactionEnd, run_program};
///
/// /// Keeps what it was lent.
/// #[derive(Default)]
/// struct Keeper(Mutex<Option<Transaction>>);
///
/// #[async_trait]
/// impl Program for Keeper {
///     fn name(&self) -> &str {
///         "keeper"
///     }
///
///     fn file(&self) -> &str {
///         "0004_keeper.rs"
///     }
///
///     async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
///         assert!(!transaction.has_ended());
///         *self.0.lock().unwrap() = Some(transaction);
///         Ok(())
///     }
/// }
///
/// let (mut connection, keeper) = (SqliteConnection::open_in_memory().await.unwrap(), Keeper::default());
/// run_program(&mut connection, &keeper, &|_, _| true, &mut |_| {}).await.unwrap();
/// let kept = keeper.0.into_inner().unwrap().unwrap();
/// assert!(kept.has_ended());
/// let error = kept.execute("SELECT 1", []).await.unwrap_err();
/// assert_eq!(error.to_string(), TransactionEnd.to_string());
/// assert_eq!(error.to_string(), "the migration's transaction has ended");
/// # });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the migration's transaction has ended")]
pub struct TransactionEnd;

impl Transaction {
    pub(super) fn new(requests: mpsc::Sender<Request>, dialect: Dialect) -> Self {
        Self { requests, dialect }
    }

    /// The dialect of the database.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Runs SQL and returns how many rows its last statement affected: several
    /// statements, or one with values for its parameters.
    ///
    /// # Errors
    ///
    /// If the SQL may not stand in a migration, the engine refuses it, or the
    /// transaction has ended. The migration then fails, whatever the program
    /// makes of it.
    pub async fn execute(
        &self,
        sql: impl Into<String>,
        values: impl IntoIterator<Item = Datum>,
    ) -> Result<u64, SqlError> {
        Ok(self.ask(sql.into(), values.into_iter().collect(), false).await?.affected)
    }

    /// Runs one statement with values for its parameters, and returns its rows.
    ///
    /// # Errors
    ///
    /// As [`Transaction::execute`]; and if the rows take more than 64 MiB.
    pub async fn query(
        &self,
        sql: impl Into<String>,
        values: impl IntoIterator<Item = Datum>,
    ) -> Result<Fetched, SqlError> {
        self.ask(sql.into(), values.into_iter().collect(), true).await
    }

    /// Has whoever watches the run hear a line.
    pub async fn say(&self, line: impl Into<String>) {
        // Where nobody listens any more, nothing is missed.
        drop(self.requests.send(Request::Said(line.into())).await);
    }

    /// Says which fields a table has now, as a JSON object, for a layout that
    /// keeps them in a file of its own. It counts once the migration is committed.
    pub async fn describe(&self, table: impl Into<String>, fields: impl Into<String>) {
        let described = Described { table: table.into(), fields: fields.into() };
        drop(self.requests.send(Request::Described(described)).await);
    }

    /// Does what `execute` (or, for `is_query`, `query`) does, and blocks the
    /// thread for that long. For programs that run on a thread of their own.
    ///
    /// # Errors
    ///
    /// As [`Transaction::execute`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use async_trait::async_trait;
    /// use whimbrel_db::SqliteConnection;
    /// use whimbrel_db::apply::{Program, ProgramError, Transaction, run_program};
    ///
    /// struct Threaded;
    ///
    /// #[async_trait]
    /// impl Program for Threaded {
    ///     fn name(&self) -> &str {
    ///         "threaded"
    ///     }
    ///
    ///     fn file(&self) -> &str {
    ///         "0005_threaded.rs"
    ///     }
    ///
    ///     async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
    ///         let work = move || {
    ///             let fetched = transaction.ask_blocking("SELECT 6 * 7", vec![], true)?;
    ///             transaction.say_blocking(format!("{} row", fetched.rows.len()));
    ///             transaction.describe_blocking("users".into(), "{}".into());
    ///             Ok::<_, whimbrel_db::apply::SqlError>(())
    ///         };
    ///         let done = tokio::task::spawn_blocking(work).await.expect("it does not panic");
    ///         done.map_err(|error| ProgramError::of_sql(&error))
    ///     }
    /// }
    ///
    /// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
    /// let mut said = Vec::new();
    /// let heard = &mut |line: &str| said.push(line.to_owned());
    /// let account = run_program(&mut connection, &Threaded, &|_, _| true, heard).await.unwrap();
    /// assert_eq!((account.described.len(), said), (1, vec!["1 row".to_owned()]));
    /// # });
    /// ```
    pub fn ask_blocking(&self, sql: &str, values: Vec<Datum>, is_query: bool) -> Result<Fetched, SqlError> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Sql { sql: sql.to_owned(), values, is_query, reply };
        let ended = |_| SqlError::ended(sql);
        self.requests.blocking_send(request).map_err(|_| SqlError::ended(sql))?;
        answer.blocking_recv().map_err(ended)?
    }

    /// Like [`Transaction::say`], from a thread of one's own.
    pub fn say_blocking(&self, line: String) {
        drop(self.requests.blocking_send(Request::Said(line)));
    }

    /// Like [`Transaction::describe`], from a thread of one's own.
    pub fn describe_blocking(&self, table: String, fields: String) {
        drop(self.requests.blocking_send(Request::Described(Described { table, fields })));
    }

    /// Says whether the transaction has ended.
    pub fn has_ended(&self) -> bool {
        self.requests.is_closed()
    }

    async fn ask(&self, sql: String, values: Vec<Datum>, is_query: bool) -> Result<Fetched, SqlError> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Sql { sql: sql.clone(), values, is_query, reply };
        self.requests.send(request).await.map_err(|_| SqlError::ended(&sql))?;
        answer.await.map_err(|_| SqlError::ended(&sql))?
    }
}
