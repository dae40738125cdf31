//! Applying migrations, and taking them back: the only loop that does.
//!
//! Each migration runs with its record in the tracking table in one
//! transaction, so what a database says it has applied is what it has. What
//! cannot be one transaction goes statement by statement (see [`Unfinished`]).
//! Nothing here knows of journals or files: an [`Agenda`] decides what is to be
//! run, an [`ApplyObserver`] hears of what was committed.
//!
//! On PostgreSQL a lock keeps two runs apart; on SQLite the write lock of each
//! transaction does, in which the tracking table is read once more. What is true
//! after a failure:
//!
//! | it fails | then |
//! |---|---|
//! | in a migration | the migration is rolled back; those before it stay, with their records |
//! | before a table is dropped with which SQLite would delete rows of others | it is like any failure of that statement |
//! | in a migration that is no single transaction | the statements before stay; the next run goes on there |
//! | at COMMIT, without an answer | nobody knows yet, nor of the one that was sent behind it: [`ApplyError::OutcomeUnknown`]; the next run reads it in the table |
//! | because the process is killed, or the connection dropped | the engine rolls back what was open |
//!
//! Every path that keeps the session leaves it without the lock and with the
//! settings it had.
//!
//! [`Unfinished`]: crate::tracking::Unfinished

mod agenda;
mod dropping;
mod error;
mod group;
mod observer;
mod options;
mod pipe;
mod pipelined;
mod program;
mod push;
mod run;
mod steps;
mod trouble;
mod verdict;

pub use agenda::{Agenda, Job, Record, Seen, Work};
pub(crate) use dropping::list_touched;
pub use dropping::{Fate, Touched, begins_drops, foresee_touched, touched_by_drops};
pub use error::{ApplyError, Kept, Next, NotStopped, ProgramProblem, Stopped};
pub use observer::{ApplyObserver, Silent};
pub use options::{ApplyOptions, ResumeAt, TransactionMode};
pub use program::{
    Account, Described, Filter, Place, Program, ProgramError, ProgramFailure, SqlError, Transaction,
    TransactionEnd, run_program,
};
use program::{Drops, run_guarded};

use crate::connection::Connection;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The names of its migrations, in order.
    pub migrations: Vec<String>,
}

/// Runs what `agenda` wants.
///
/// Where it wants nothing, that takes one query: nothing is locked or written.
///
/// If the returned future is dropped before it is done, drop the connection
/// too: that rolls back what is open.
///
/// # Errors
///
/// If the agenda refuses, a statement fails, the session is lost or a lock
/// cannot be had. The error says what was kept.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Script};
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::apply::{Agenda, Applied, ApplyOptions, Job, Record, Seen, Silent, apply};
/// use whimbrel_db::tracking::TrackingTable;
///
/// struct Users;
///
/// #[async_trait]
/// impl Agenda for Users {
///     type Error = ();
///
///     async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, ()> {
///         if seen.applied.iter().any(|row| row.name == "users") {
///             return Ok(Vec::new());
///         }
///         let text = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
///         let script = Script::read(Dialect::Sqlite, "0000_users.sql", text).map_err(drop)?;
///         let (name, checksum) = ("users".to_owned(), Checksum::of_file(text));
///         Ok(vec![Job { name, checksum, work: script.into(), record: Record::Insert }])
///     }
/// }
///
/// let table = TrackingTable::resolve(Dialect::Sqlite, &ObjectName::new("_migrations")).unwrap();
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let options = ApplyOptions::new(table);
/// let applied = apply(&mut connection, &mut Users, &options, &mut Silent).await.unwrap();
/// assert_eq!(applied, Applied { migrations: vec!["users".into()] });
/// let again = apply(&mut connection, &mut Users, &options, &mut Silent).await.unwrap();
/// assert_eq!(again, Applied::default());
/// # });
/// ```
pub async fn apply<E: Send>(
    connection: &mut dyn Connection,
    agenda: &mut dyn Agenda<Error = E>,
    options: &ApplyOptions,
    observer: &mut dyn ApplyObserver,
) -> Result<Applied, Stopped<E>> {
    run::Run::new(options).all(connection, agenda, observer).await
}
