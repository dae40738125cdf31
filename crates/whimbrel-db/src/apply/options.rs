//! How a run is to go about it.

use super::error::NotStopped;
use super::{ApplyError, Job};
use crate::tracking::{Tracked, TrackingTable};

/// How a run is to go about it.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::apply::{ApplyOptions, TransactionMode};
/// use whimbrel_db::tracking::TrackingTable;
///
/// let table = TrackingTable::resolve(Dialect::Sqlite, &"_migrations".into()).unwrap();
/// let options = ApplyOptions { transaction: TransactionMode::All, ..ApplyOptions::new(table) };
/// assert_eq!(options.table.name().to_string(), "main._migrations");
/// assert!(options.resume_at.is_none());
/// ```
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// Where it is recorded what was applied.
    pub table: TrackingTable,
    /// What shares a transaction.
    pub transaction: TransactionMode,
    /// Where to go on in a migration that stopped where nobody can tell whether
    /// a statement had run.
    pub resume_at: Option<ResumeAt>,
    /// What the table was just seen to hold, if somebody has looked. Where that
    /// leaves something to be done, it is looked at once more under the lock.
    pub first_look: Option<Tracked>,
    /// Whether a table may be dropped with which rows of other tables go, or change,
    /// since SQLite deletes its rows first. Otherwise that is refused.
    pub accept_data_loss: bool,
}

impl ApplyOptions {
    /// The options of a run that records in `table`: a transaction a migration, and no
    /// loss of data is accepted.
    pub fn new(table: TrackingTable) -> Self {
        Self {
            table,
            transaction: TransactionMode::default(),
            resume_at: None,
            first_look: None,
            accept_data_loss: false,
        }
    }
}

/// What shares a transaction.
///
/// ```
/// use whimbrel_db::apply::TransactionMode;
/// assert_eq!(TransactionMode::default(), TransactionMode::Each);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransactionMode {
    /// Each migration is all or nothing. Where a migration cannot be one
    /// transaction, its statements are.
    #[default]
    Each,
    /// The whole run is all or nothing.
    All,
    /// Each statement is committed at once.
    None,
}

/// Where a person wants a migration to go on.
///
/// ```
/// use whimbrel_db::apply::ResumeAt;
/// // As in `--resume-at users:2`.
/// let place = ResumeAt { migration: "users".into(), statement: 2 };
/// assert_eq!(place.statement, 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeAt {
    /// The migration.
    pub migration: String,
    /// The statement to run next, from 1; one more than there are if all were
    /// run.
    pub statement: usize,
}

impl ResumeAt {
    /// Says whether there is anything to go on with: an earlier run stopped in
    /// the midst of the migration, and it is among `jobs`.
    ///
    /// # Errors
    ///
    /// [`ApplyError::NothingToResume`], with where the migration stands.
    ///
    /// ```
    /// use whimbrel_db::apply::ResumeAt;
    /// use whimbrel_db::tracking::Tracked;
    ///
    /// let place = ResumeAt { migration: "users".into(), statement: 2 };
    /// let error = place.check(&Tracked::default(), &[]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`users` cannot be gone on with: it is pending, and no run of it has stopped midway"
    /// );
    /// ```
    pub fn check(&self, tracked: &Tracked, jobs: &[Job]) -> Result<(), Box<ApplyError>> {
        let is_in = |jobs: &[Job]| jobs.iter().any(|job| job.name == self.migration);
        let stopped = tracked.unfinished.iter().find(|row| row.name == self.migration);
        let standing = match stopped {
            Some(_) if is_in(jobs) => return Ok(()),
            Some(row) => NotStopped::Beyond { done: row.done },
            None if tracked.applied.iter().any(|row| row.name == self.migration) => NotStopped::Applied,
            None => NotStopped::Pending,
        };
        Err(Box::new(ApplyError::NothingToResume { migration: self.migration.clone(), standing }))
    }
}
