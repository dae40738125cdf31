//! [`Trouble`]: what stops a transaction of migrations.

use super::error::Next;
use super::pipe::{Failure, Place};
use super::run::Run;
use super::{ApplyError, Job, ProgramFailure};
use crate::error::DbError;

/// What stopped a transaction.
pub(super) struct Trouble {
    /// The job that was on its way, by its number in the group.
    pub(super) at: usize,
    pub(super) cause: Cause,
    /// Whether those before it are committed nevertheless.
    pub(super) is_kept: bool,
}

/// Why it stopped.
pub(super) enum Cause {
    Failure(Failure),
    Program(ProgramFailure),
    Error(ApplyError),
}

/// What a migration failed of.
pub(super) enum Failed {
    Statement(Failure),
    Program(ProgramFailure),
}

impl Failed {
    /// What the database said, if it said anything.
    pub(super) fn db(&self) -> Option<&DbError> {
        match self {
            Self::Statement(failure) => Some(&failure.error),
            Self::Program(failure) => Some(&failure.sql.as_ref()?.error),
        }
    }

    /// Says whether it came to light only when all was to be committed.
    pub(super) fn at_commit(&self) -> bool {
        matches!(self, Self::Statement(failure) if failure.place == Place::Commit)
    }

    pub(super) fn into_error(self, run: &Run<'_>, job: &Job) -> ApplyError {
        match self {
            Self::Statement(failure) => run.failed(job, failure, Next::RunAgain),
            Self::Program(failure) => run.program_failed(job, failure),
        }
    }
}

impl Trouble {
    pub(super) fn new(at: usize, cause: impl Into<Cause>) -> Self {
        Self { at, cause: cause.into(), is_kept: false }
    }

    /// What the database said, if it said anything.
    pub(super) fn db(&self) -> Option<&DbError> {
        match &self.cause {
            Cause::Failure(failure) => Some(&failure.error),
            Cause::Program(failure) => Some(&failure.sql.as_ref()?.error),
            Cause::Error(_) => None,
        }
    }

    /// Says whether another session held what was needed.
    pub(super) fn is_locked(&self) -> bool {
        self.db().is_some_and(DbError::is_locked)
    }
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<ApplyError> for Cause {
    fn from(error: ApplyError) -> Self {
        Self::Error(error)
    }
}
