//! Running a plan: the only loop that does.
//!
//! A batch runs in a transaction of its own (or its one step in none). What is
//! true after a failure:
//!
//! On PostgreSQL a lock keeps two runs apart (on SQLite the write lock of each
//! batch does). A batch that another session's lock stands in the way of for
//! longer than `lock_timeout` is rolled back and tried again, for as long as the
//! connection waits for locks: who waits in the queue for a table keeps everyone
//! behind waiting too.
//!
//! | it fails | then |
//! |---|---|
//! | in a step, a check, or at the wait for a lock | the batch is rolled back; the batches before it stay |
//! | at COMMIT, with an answer | the same |
//! | at COMMIT, without an answer | nobody knows yet: [`ExecuteError::OutcomeUnknown`] |
//! | because the process is killed, or the connection dropped | the engine rolls the batch back |
//!
//! Where a batch suspends foreign keys, they are off from before its
//! transaction until after it, on every path that keeps the session.

mod batch;
mod error;
mod observer;

pub use crate::session::{Violation, Violations, list_violations};
pub use error::{ExecuteError, Kept};
pub use observer::{ExecuteObserver, Silent};

use async_trait::async_trait;
use whimbrel_core::plan::Plan;

use crate::connection::Connection;
use crate::introspect::IntrospectError;
use crate::session;

/// Says, inside the transaction of the first batch and before its first step,
/// whether the database is still the one that the plan was made for.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
/// use whimbrel_db::execute::{Guard, Outcome, Silent, execute};
/// use whimbrel_db::introspect::fingerprint;
/// use whimbrel_db::{Connection, Fingerprint, IntrospectError, IntrospectOptions, SqliteConnection};
///
/// /// Lets a plan run as long as the schema is the one that it was made for.
/// struct Unmoved(Fingerprint);
///
/// #[async_trait]
/// impl Guard for Unmoved {
///     async fn holds(&mut self, connection: &mut dyn Connection) -> Result<bool, IntrospectError> {
///         Ok(fingerprint(connection, &IntrospectOptions::default()).await? == self.0)
///     }
/// }
///
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let made_for = fingerprint(&mut connection, &IntrospectOptions::default()).await.unwrap();
/// let mut guard = Unmoved(made_for);
/// assert!(guard.is_shared());
/// // Somebody else is faster.
/// connection.execute("CREATE TABLE a (b)").await.unwrap();
/// let steps = vec![Step::new("CREATE TABLE a (b)")];
/// let plan = Plan {
///     batches: vec![Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps }],
///     ..Plan::default()
/// };
/// let outcome = execute(&mut connection, &plan, &mut guard, &mut Silent).await.unwrap();
/// assert_eq!(outcome, Outcome::Moved);
/// # });
/// ```
#[async_trait]
pub trait Guard: Send {
    /// Looks at the database, and writes nothing; `false` ends the run with
    /// nothing done.
    ///
    /// # Errors
    ///
    /// If the database cannot be looked at.
    async fn holds(&mut self, connection: &mut dyn Connection) -> Result<bool, IntrospectError>;

    /// Says whether others reach the database too, so that the run must take the
    /// lock that keeps two runs apart. So it is unless it says otherwise.
    fn is_shared(&self) -> bool {
        true
    }
}

/// The guard that lets every plan run: where nobody else reaches the database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unguarded;

#[async_trait]
impl Guard for Unguarded {
    async fn holds(&mut self, _: &mut dyn Connection) -> Result<bool, IntrospectError> {
        Ok(true)
    }

    fn is_shared(&self) -> bool {
        false
    }
}

/// How a run ended, if nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All batches are committed.
    Done,
    /// The guard did not hold: nothing was done.
    Moved,
}

/// Runs a plan, batch by batch.
///
/// If the returned future is dropped before it is done, drop the connection
/// too: that rolls back what is open.
///
/// # Errors
///
/// If a step fails, affects another number of rows than it should, or leaves
/// rows that refer to nothing and did not before; if the session is lost or a
/// lock cannot be had. The error says what was kept.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::execute::{Outcome, Silent, Unguarded, execute};
/// let steps = vec![Step::new("CREATE TABLE users (id INTEGER PRIMARY KEY)")];
/// let plan = Plan { batches: vec![Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps }], ..Plan::default() };
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let outcome = execute(&mut connection, &plan, &mut Unguarded, &mut Silent).await.unwrap();
/// assert_eq!(outcome, Outcome::Done);
/// # });
/// ```
pub async fn execute(
    connection: &mut dyn Connection,
    plan: &Plan,
    guard: &mut dyn Guard,
    observer: &mut dyn ExecuteObserver,
) -> Result<Outcome, ExecuteError> {
    let mut run = batch::Run::new(plan);
    let is_shared = guard.is_shared();
    if is_shared {
        session::lock(connection).await.map_err(|error| run.around("take the lock", error))?;
    }
    let result = run.batches(connection, plan, guard, observer).await;
    if is_shared {
        session::unlock(connection).await;
    }
    result
}
