//! What is to be run: who decides it, and when.

use async_trait::async_trait;
use whimbrel_core::history::{AppliedMigration, Checksum, Progress, Script};

/// One script to run, and what the tracking table says afterwards.
#[derive(Debug, Clone)]
pub struct Job {
    /// The migration.
    pub name: String,
    /// The checksum that its record has.
    pub checksum: Checksum,
    /// What is run.
    pub script: Script,
    /// What happens to the tracking table, in the same transaction.
    pub record: Record,
}

impl Job {
    /// What people look for in the folder: the name of its file without the
    /// ending, such as `0003_add-users`.
    pub fn label(&self) -> &str {
        let file = self.script.file.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.').map_or(file, |(label, _)| label)
    }

    /// The row that its record is.
    pub(super) fn as_applied(&self) -> AppliedMigration {
        AppliedMigration {
            id: 0,
            name: self.name.clone(),
            checksum: self.checksum.to_string(),
            applied_at: String::new(),
        }
    }
}

/// What a job does to the tracking table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// The migration counts as applied.
    Insert,
    /// The migration no longer counts as applied.
    Delete,
    /// The migration counts as applied instead of others.
    Swap {
        /// The others.
        delete: Vec<String>,
    },
    /// No migration counts as applied any more.
    Clear,
    /// Nothing.
    None,
}

/// What a database is seen to hold when an agenda is asked.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The rows of the tracking table, oldest first.
    pub applied: &'a [AppliedMigration],
    /// What was begun and not finished.
    pub progress: &'a [Progress],
    /// The names of the jobs that this run has committed, in order.
    pub done: &'a [String],
}

/// Decides what a run does.
///
/// It is asked at first without any lock: where it wants nothing, nothing is
/// locked and nothing written. It is asked once more under the lock if the
/// tracking table is another by then; and on SQLite, where a run of many
/// migrations is several transactions, whenever others have changed the table
/// between two of them. What it decided last holds.
#[async_trait]
pub trait Agenda: Send {
    /// Why it may refuse.
    type Error: Send;

    /// Says what is (still) to be run, in order.
    ///
    /// # Errors
    ///
    /// Ends the run. What it has committed stays.
    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Self::Error>;
}
