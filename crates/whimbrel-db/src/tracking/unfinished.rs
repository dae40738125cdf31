//! How far a migration has come that is no single transaction.
//!
//! One row a migration, from its first statement until its last. A statement
//! that can run in a transaction shares one with the row that says it is done.
//! Of another, the row says first that it was started, and what the object it
//! names looked like then.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::Progress;

use super::{TrackingError, TrackingTable};
use crate::connection::{Connection, Row};

/// A migration that was begun and not finished.
///
/// ```
/// use whimbrel_db::tracking::{State, Unfinished};
///
/// let stopped = Unfinished {
///     name: "add-index".into(),
///     checksum: "0".repeat(64),
///     done: 1,
///     digest: "1".repeat(64),
///     state: State::Started,
///     fingerprint: String::new(),
///     started_at: "2026-01-31 10:20:30".into(),
/// };
/// let progress = stopped.progress();
/// assert_eq!((progress.name.as_str(), progress.done), ("add-index", 1));
/// assert!(progress.is_open, "nobody knows how its second statement ended");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The migration.
    pub name: String,
    /// The checksum of its file.
    pub checksum: String,
    /// How many of its statements are done.
    pub done: usize,
    /// A digest of those statements: where the file has another beginning now,
    /// nobody can go on.
    pub digest: String,
    /// What is known of the next statement.
    pub state: State,
    /// What the object that the next statement names looked like before it.
    pub fingerprint: String,
    /// When it was begun, as the engine spells it.
    pub started_at: String,
}

impl Unfinished {
    /// How far the migration has come.
    pub fn progress(&self) -> Progress {
        Progress {
            name: self.name.clone(),
            checksum: self.checksum.clone(),
            done: self.done,
            is_open: self.state == State::Started,
            started_at: self.started_at.clone(),
        }
    }

    /// Says whether anything of the migration may have run.
    pub(crate) fn is_begun(&self) -> bool {
        self.done > 0 || self.state == State::Started
    }
}

/// What is known of the statement after those that are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has not begun.
    Waiting,
    /// It has begun; nobody knows yet how it ended.
    Started,
    /// It was refused.
    Failed,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Started => "started",
            Self::Failed => "failed",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Started, Self::Failed].into_iter().find(|state| state.word() == word)
    }
}

impl TrackingTable {
    /// The statement that creates the progress table if it is not there.
    pub(crate) fn create_progress_sql(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (name VARCHAR(255) NOT NULL PRIMARY KEY, checksum VARCHAR(64) NOT NULL, \
             done INTEGER NOT NULL, digest VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, fingerprint TEXT NOT NULL, \
             started_at {} NOT NULL DEFAULT CURRENT_TIMESTAMP)",
            self.progress_quoted(),
            match self.dialect() {
                Dialect::Sqlite => "TEXT",
                Dialect::Postgres => "TIMESTAMP WITH TIME ZONE",
            }
        )
    }

    /// The statement that says how far a migration has come.
    pub(crate) fn progress_sql(&self, progress: &Unfinished) -> String {
        let quote = |text: &str| self.dialect().quote_literal(text);
        let Unfinished { name, checksum, done, digest, state, fingerprint, started_at: _ } = progress;
        format!(
            "INSERT INTO {} (name, checksum, done, digest, state, fingerprint) VALUES ({}, {}, {done}, {}, {}, {}) \
             ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, done = excluded.done, \
             digest = excluded.digest, state = excluded.state, fingerprint = excluded.fingerprint",
            self.progress_quoted(),
            quote(name),
            quote(checksum),
            quote(digest),
            quote(state.word()),
            quote(fingerprint)
        )
    }

    /// The statement that forgets how far a migration had come.
    pub(crate) fn forget_progress_sql(&self, name: &str) -> String {
        format!("DELETE FROM {} WHERE name = {}", self.progress_quoted(), self.dialect().quote_literal(name))
    }

    /// Reads the progress table, which is there.
    pub(super) async fn read_unfinished(
        &self,
        connection: &mut dyn Connection,
    ) -> Result<Vec<Unfinished>, TrackingError> {
        let columns = "name, checksum, done, digest, state, fingerprint, started_at";
        let query = format!("SELECT {columns} FROM {} ORDER BY started_at, name", self.progress_quoted());
        let rows = connection.query(&query).await?;
        rows.iter().map(|row| self.unfinished(row)).collect()
    }

    fn unfinished(&self, row: &Row) -> Result<Unfinished, TrackingError> {
        let text = |at: usize| row.text(at).unwrap_or_default().to_owned();
        let done = row.integer(2).and_then(|done| usize::try_from(done).ok());
        let (Some(done), Some(state)) = (done, row.text(4).and_then(State::of_word)) else {
            return Err(TrackingError::OtherTable {
                name: self.progress_name().name,
                reason: "it was not whimbrel that wrote it".to_owned(),
            });
        };
        let (name, checksum, digest) = (text(0), text(1), text(3));
        Ok(Unfinished { name, checksum, done, digest, state, fingerprint: text(5), started_at: text(6) })
    }

    fn progress_quoted(&self) -> String {
        self.dialect().quote_name(&self.progress_name())
    }
}
