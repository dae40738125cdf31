//! Programs: migrations that are no list of statements.
//!
//! A program is given a [`Transaction`] and may do in it what it likes, except
//! end it. The handle can be sent to where the program runs, be that another
//! thread; the statements come back here, to the one session, one after the
//! other.
//!
//! A statement that fails ends the program, whether it notices or not: on
//! PostgreSQL nothing more could run, and what holds on one engine holds on all.

mod error;
mod transaction;

pub use error::{Place, ProgramError, SqlError};
pub use transaction::{Transaction, TransactionEnd};

use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use whimbrel_core::history::{Script, ScriptStatement};
use whimbrel_core::sql::Class;

use super::dropping::{Touched, begins_drops, look_before_drops, touched_by_drops};
use crate::connection::Connection;
use crate::datum::{Datum, Fetched};
use transaction::Request;

/// A migration, in one direction, that is no list of statements.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_db::apply::{Program, ProgramError, Transaction, run_program};
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// /// Spells names with a capital letter, which SQLite alone has no function for.
/// struct Capitals;
///
/// #[async_trait]
/// impl Program for Capitals {
///     fn name(&self) -> &str {
///         "capitals"
///     }
///
///     fn file(&self) -> &str {
///         "0002_capitals.rs"
///     }
///
///     async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
///         let failed = |error| ProgramError::of_sql(&error);
///         let found = transaction.query("SELECT name FROM users", []).await.map_err(failed)?;
///         for row in found.rows {
///             let [whimbrel_db::Datum::Text(name)] = &row[..] else { continue };
///             let capital = name[..1].to_uppercase() + &name[1..];
///             let values = [capital.as_str().into(), name.as_str().into()];
///             transaction.execute("UPDATE users SET name = ? WHERE name = ?", values).await.map_err(failed)?;
///         }
///         transaction.say("all names are capital").await;
///         Ok(())
///     }
/// }
///
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// connection.execute("CREATE TABLE users AS SELECT 'ann' AS name").await.unwrap();
/// let mut said = Vec::new();
/// run_program(&mut connection, &Capitals, &|_, _| true, &mut |line| said.push(line.to_owned())).await.unwrap();
/// assert_eq!(said, ["all names are capital"]);
/// let rows = connection.query("SELECT name FROM users").await.unwrap();
/// assert_eq!(rows[0].text(0), Some("Ann"));
/// # });
/// ```
#[async_trait]
pub trait Program: Send + Sync {
    /// The name of its migration.
    fn name(&self) -> &str;

    /// What errors call its file.
    fn file(&self) -> &str;

    /// Does what the migration does. It may be run again where the transaction
    /// has to be repeated, so what it keeps for itself must not matter.
    ///
    /// # Errors
    ///
    /// Whatever is to end the migration: all that was done is then rolled back.
    async fn run(&self, transaction: Transaction) -> Result<(), ProgramError>;
}

/// The fields of a table, as a program says that they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The logical name of the table.
    pub table: String,
    /// The fields, a JSON object.
    pub fields: String,
}

/// What a program did to the schema, as far as that can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The statements that created, altered or dropped something, in order.
    pub ddl: Vec<String>,
    /// What it said of tables, in order.
    pub described: Vec<Described>,
    /// What may go with the tables that it dropped, where no live rows were at stake:
    /// see [`run_program`].
    pub touched: Vec<Touched>,
}

/// Why a program did not run to its end.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::apply::{Program, ProgramError, ProgramFailure, Transaction, run_program};
///
/// struct Careless;
///
/// #[async_trait]
/// impl Program for Careless {
///     fn name(&self) -> &str {
///         "careless"
///     }
///
///     fn file(&self) -> &str {
///         "0003_careless.rs"
///     }
///
///     async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
///         // Whoever does not look whether it went well ends as if he had looked.
///         drop(transaction.execute("DROP TABLE users", []).await);
///         Ok(())
///     }
/// }
///
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let failed = run_program(&mut connection, &Careless, &|_, _| true, &mut |_| {}).await;
/// let ProgramFailure { sql, error } = failed.unwrap_err();
/// assert_eq!(sql.unwrap().sql, "DROP TABLE users");
/// assert_eq!(error.to_string(), "no such table: users");
/// # });
/// ```
#[derive(Debug)]
pub struct ProgramFailure {
    /// The statement that failed, if one did.
    pub sql: Option<SqlError>,
    /// What the program says.
    pub error: ProgramError,
}

/// Which of a program's statements are run.
pub type Filter<'a> = &'a (dyn Fn(&ScriptStatement, &str) -> bool + Sync);

/// Runs a program in the transaction that is open in `connection`. Returns what
/// it did to the schema; `said` hears what it says.
///
/// Statements that `is_run` does not want bring no rows and affect none. A scratch
/// database is meant: what may go with a table that is dropped is only noted, while
/// [`apply`](super::apply) refuses to drop it if there are such rows.
///
/// # Errors
///
/// If the program fails, or a statement of it did.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_core::sql::Class;
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::apply::{Account, Described, Filter, Program, ProgramError, Transaction, run_program};
///
/// struct Users;
///
/// #[async_trait]
/// impl Program for Users {
///     fn name(&self) -> &str {
///         "users"
///     }
///
///     fn file(&self) -> &str {
///         "0000_users.rs"
///     }
///
///     async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
///         let failed = |error| ProgramError::of_sql(&error);
///         transaction.execute("CREATE TABLE users (id INTEGER)", []).await.map_err(failed)?;
///         transaction.execute("INSERT INTO elsewhere VALUES (1)", []).await.map_err(failed)?;
///         transaction.describe("users", r#"{"id":{"type":"number"}}"#).await;
///         Ok(())
///     }
/// }
///
/// // In a scratch database only what makes the schema is run: there are no rows.
/// let schema_alone: Filter<'_> = &|statement, _| matches!(statement.class, Class::Ddl(_));
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let account = run_program(&mut connection, &Users, schema_alone, &mut |_| {}).await.unwrap();
/// let described = Described { table: "users".into(), fields: r#"{"id":{"type":"number"}}"#.into() };
/// assert_eq!(account.ddl, ["CREATE TABLE users (id INTEGER)"]);
/// assert_eq!(account.described, [described]);
/// # });
/// ```
pub async fn run_program(
    connection: &mut dyn Connection,
    program: &dyn Program,
    is_run: Filter<'_>,
    said: &mut (dyn FnMut(&str) + Send),
) -> Result<Account, ProgramFailure> {
    run_guarded(connection, program, is_run, Drops::Note, said).await
}

/// What happens before a table is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drops {
    /// If rows of other tables would go with it, or change, that is refused.
    Guard,
    /// Nothing.
    Accept,
    /// It is noted which tables refer to it in such a way.
    Note,
}

/// The same, with what happens before a table is dropped.
pub(super) async fn run_guarded(
    connection: &mut dyn Connection,
    program: &dyn Program,
    is_run: Filter<'_>,
    drops: Drops,
    said: &mut (dyn FnMut(&str) + Send),
) -> Result<Account, ProgramFailure> {
    let (sender, mut requests) = mpsc::channel(1);
    let transaction = Transaction::new(sender, connection.server().dialect);
    let mut running = pin!(program.run(transaction));
    let mut served = Served { connection, is_run, drops, failed: None, account: Account::default() };
    let result = loop {
        tokio::select! {
            biased;
            Some(request) = requests.recv() => served.serve(request, said).await,
            result = &mut running => break result,
        }
    };
    // What was sent last may not have been waited for.
    requests.close();
    while let Ok(request) = requests.try_recv() {
        served.serve(request, said).await;
    }
    match (result, served.failed) {
        (Ok(()), None) => Ok(served.account),
        (Ok(()), Some(sql)) => Err(ProgramFailure { error: ProgramError::of_sql(&sql), sql: Some(sql) }),
        (Err(error), sql) => Err(ProgramFailure { sql, error }),
    }
}

/// The end of the session at which requests are answered.
struct Served<'c, 'f> {
    connection: &'c mut dyn Connection,
    is_run: Filter<'f>,
    drops: Drops,
    /// The first statement that failed.
    failed: Option<SqlError>,
    account: Account,
}

impl Served<'_, '_> {
    async fn serve(&mut self, request: Request, said: &mut (dyn FnMut(&str) + Send)) {
        match request {
            Request::Said(line) => said(&line),
            Request::Described(described) => self.account.described.push(described),
            Request::Sql { sql, values, is_query, reply } => {
                let answer = match &self.failed {
                    Some(failed) => Err(failed.clone()),
                    None => self.run(&sql, &values, is_query).await,
                };
                if let (None, Err(error)) = (&self.failed, &answer) {
                    self.failed = Some(error.clone());
                }
                // A program that has gone on does not wait for it.
                drop(reply.send(answer));
            }
        }
    }

    async fn run(&mut self, sql: &str, values: &[Datum], is_query: bool) -> Result<Fetched, SqlError> {
        let dialect = self.connection.server().dialect;
        let script = Script::read_part(dialect, sql).map_err(|error| SqlError::refused(sql, &error))?;
        let is_one = script.statements.len() == 1;
        if (is_query || !values.is_empty()) && !is_one {
            return Err(SqlError::not_one(sql, script.statements.len()));
        }
        let mut fetched = Fetched::default();
        for (number, statement) in script.statements.iter().enumerate() {
            let text = script.sql(statement);
            if (self.is_run)(statement, text) {
                self.look_before(&script, number).await?;
                fetched = self.one(statement, text, values, is_query).await?;
                if matches!(statement.class, Class::Ddl(_)) {
                    self.account.ddl.push(text.to_owned());
                }
            }
        }
        Ok(fetched)
    }

    async fn look_before(&mut self, script: &Script, number: usize) -> Result<(), SqlError> {
        if !begins_drops(script, number, 0) {
            return Ok(());
        }
        let failed = |(number, error)| {
            let sql = script.sql(&script.statements[number]).to_owned();
            SqlError { sql, error: Arc::new(error) }
        };
        match self.drops {
            Drops::Accept => Ok(()),
            Drops::Guard => look_before_drops(self.connection, script, number).await.map_err(failed),
            Drops::Note => {
                let found = touched_by_drops(self.connection, script, number).await;
                let found = found.map_err(|error| failed((number, error)))?;
                self.account.touched.extend(found.into_iter().map(|(_, touched)| touched));
                Ok(())
            }
        }
    }

    async fn one(
        &mut self,
        statement: &ScriptStatement,
        sql: &str,
        values: &[Datum],
        is_query: bool,
    ) -> Result<Fetched, SqlError> {
        let failed = |error| SqlError { sql: sql.to_owned(), error: Arc::new(error) };
        let fetched = match is_query || !values.is_empty() {
            true => self.connection.fetch(sql, values).await.map_err(failed)?,
            false => {
                let affected = self.connection.execute(sql).await.map_err(failed)?;
                Fetched { affected, ..Fetched::default() }
            }
        };
        if statement.class == Class::Session
            && self.connection.server().dialect == whimbrel_core::dialect::Dialect::Postgres
        {
            // Whatever it has set: what we send is in UTF-8.
            self.connection.execute("SET client_encoding = 'UTF8'").await.map_err(failed)?;
        }
        Ok(fetched)
    }
}
