//! [`Pipe`]: statements on their way to the engine.

use std::borrow::Cow;

use crate::connection::{Connection, FailedAt};
use crate::error::DbError;

/// What a statement is to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Opens the transaction.
    Begin,
    /// The statement of this number, from 0, of a script.
    Script(usize),
    /// Puts the session's settings back.
    Settings,
    /// Writes to the tracking table or beside it.
    Record,
    /// Ends the transaction.
    Commit,
}

/// A statement that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// What it was to the run.
    pub(super) place: Place,
    /// What went wrong.
    pub(super) error: DbError,
    /// Whether the engine may have committed nevertheless.
    pub(super) is_unknown: bool,
}

/// Gathers statements, and sends as many as possible in one round trip.
#[derive(Default)]
pub(super) struct Pipe<'a> {
    statements: Vec<(Place, Cow<'a, str>)>,
    size: usize,
}

impl<'a> Pipe<'a> {
    /// How many bytes go in one round trip at most, if it can be helped.
    const ROOM: usize = 1 << 20;

    /// Adds a statement to what is sent next.
    pub(super) fn push(&mut self, place: Place, sql: impl Into<Cow<'a, str>>) {
        let sql = sql.into();
        self.size += sql.len();
        self.statements.push((place, sql));
    }

    /// Says whether it is time to send.
    pub(super) fn is_full(&self) -> bool {
        self.size >= Self::ROOM
    }

    /// Says whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Sends what was gathered.
    pub(super) async fn flush(&mut self, connection: &mut dyn Connection) -> Result<(), Failure> {
        if self.statements.is_empty() {
            return Ok(());
        }
        let sent = std::mem::take(self);
        let outcome = connection.execute_all(&sent.texts()).await;
        outcome.map(drop).map_err(|failed| sent.failure(failed))
    }

    /// What it sends.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.statements.iter().map(|(_, sql)| &**sql).collect()
    }

    /// Says whether the transaction was committed before a statement failed.
    pub(super) fn is_committed_before(&self, failed: &FailedAt) -> bool {
        let before = self.statements.get(..failed.index).unwrap_or_default();
        before.iter().any(|(place, _)| *place == Place::Commit)
    }

    /// What the failure of one of its statements means.
    pub(super) fn failure(&self, failed: FailedAt) -> Failure {
        let place = self.statements.get(failed.index).map_or(Place::Commit, |(place, _)| *place);
        // A lost session may have gone on with all that it was sent. Even one
        // that was ended by the engine may have been so after its COMMIT.
        let rest = self.statements.get(failed.index..).unwrap_or_default();
        let at_stake = if failed.ends_there { rest.get(..1).unwrap_or_default() } else { rest };
        let is_lost = matches!(failed.error, DbError::Lost { .. });
        let is_unknown = is_lost && at_stake.iter().any(|(place, _)| *place == Place::Commit);
        Failure { place, error: failed.error, is_unknown }
    }

    /// Sends what was gathered, then a COPY with its rows.
    pub(super) async fn copy(
        &mut self,
        connection: &mut dyn Connection,
        place: Place,
        sql: &str,
        rows: &str,
    ) -> Result<(), Failure> {
        self.flush(connection).await?;
        let copied = connection.copy_in(sql, rows).await;
        copied.map(drop).map_err(|error| Failure { place, error, is_unknown: false })
    }
}
