//! What can go wrong while a plan runs.

use std::fmt;

use super::Violation;
use crate::error::DbError;
use crate::introspect::IntrospectError;
use crate::session::list_violations;

/// Why a plan did not run to its end, and what was kept of it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use miette::Diagnostic;
/// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::execute::{Kept, Silent, Unguarded, execute};
///
/// let batch = |sql: &str| Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps: vec![Step::new(sql)] };
/// let batches = vec![batch("CREATE TABLE a (b)"), batch("CREATE TABLE a (b)")];
/// let plan = Plan { batches, ..Plan::default() };
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let error = execute(&mut connection, &plan, &mut Unguarded, &mut Silent).await.unwrap_err();
/// assert_eq!(error.to_string(), "step 2 of 2 failed");
/// assert_eq!(
///     error.help().unwrap().to_string(),
///     "the first of 2 batches was kept, the rest was rolled back"
/// );
/// assert_eq!(error.kept(), Kept { batches: 1, of: 2 });
/// assert!(!error.is_locked() && !error.is_out_of_locks() && !error.lacks_commit() && !error.is_cancelled());
/// # });
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ExecuteError {
    /// The engine refused a step.
    #[error("step {number} of {of} failed")]
    #[diagnostic(code(whimbrel::execute::step), help("{kept}"))]
    Step {
        /// Which step it is, from 1.
        number: usize,
        /// How many steps the plan has.
        of: usize,
        /// The statement.
        #[source_code]
        sql: String,
        /// Where in it, if the engine said so.
        #[label("here")]
        at: Option<miette::SourceSpan>,
        /// What was kept.
        kept: Kept,
        /// What the engine said.
        #[source]
        #[diagnostic_source]
        source: DbError,
    },
    /// A step affected another number of rows than it should.
    #[error("step {number} of {of} affected {found} rows instead of {expected}")]
    #[diagnostic(code(whimbrel::execute::rows), help("{kept}; nothing should write to the table meanwhile"))]
    Rows {
        /// Which step it is, from 1.
        number: usize,
        /// How many steps the plan has.
        of: usize,
        /// The statement.
        #[source_code]
        sql: String,
        /// The rows that there were.
        expected: u64,
        /// The rows that the statement affected.
        found: u64,
        /// What was kept.
        kept: Kept,
    },
    /// Rows refer to nothing that did so before the batch.
    #[error("{}", list_violations(.violations))]
    #[diagnostic(
        code(whimbrel::execute::foreign_keys),
        help("{kept}; put the rows right first, or leave the foreign key out")
    )]
    ForeignKeys {
        /// The rows.
        violations: Vec<Violation>,
        /// What was kept.
        kept: Kept,
    },
    /// Something around the steps failed.
    #[error("cannot {doing}")]
    #[diagnostic(code(whimbrel::execute::session), help("{kept}"))]
    Session {
        /// What was being done.
        doing: &'static str,
        /// What was kept.
        kept: Kept,
        /// What the engine said.
        #[source]
        #[diagnostic_source]
        source: DbError,
    },
    /// The database could not be looked at once more.
    #[error("cannot see whether the database is still the same")]
    #[diagnostic(code(whimbrel::execute::guard), help("{kept}"))]
    Guard {
        /// What was kept.
        kept: Kept,
        /// What stood in the way.
        #[source]
        #[diagnostic_source]
        source: IntrospectError,
    },
    /// The engine keeps foreign keys on where they must be off.
    #[error("foreign keys cannot be suspended in this session")]
    #[diagnostic(
        code(whimbrel::execute::foreign_keys_on),
        help("{kept}; no transaction may be open when a plan is run")
    )]
    ForeignKeysStayOn {
        /// What was kept.
        kept: Kept,
    },
    /// The plan was stopped on request.
    #[error("interrupted")]
    #[diagnostic(code(whimbrel::execute::cancelled), help("{kept}"))]
    Cancelled {
        /// What was kept.
        kept: Kept,
    },
    /// The session was lost while its transaction was being committed.
    #[error("the connection was lost during COMMIT: nobody knows yet whether the batch was kept")]
    #[diagnostic(
        code(whimbrel::execute::outcome_unknown),
        help("{kept}; run the command again: it looks at what is there")
    )]
    OutcomeUnknown {
        /// What was kept besides.
        kept: Kept,
        /// What was noticed.
        #[source]
        #[diagnostic_source]
        source: DbError,
    },
}

/// How much of a plan is committed.
///
/// ```
/// use whimbrel_db::execute::Kept;
///
/// let nothing = Kept { batches: 0, of: 3 };
/// assert_eq!(nothing.to_string(), "everything was rolled back: the database is as it was");
/// let some = Kept { batches: 2, of: 3 };
/// assert_eq!(some.to_string(), "the first 2 of 3 batches were kept, the rest was rolled back");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The batches that were committed.
    pub batches: usize,
    /// How many the plan has.
    pub of: usize,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.batches {
            0 => f.write_str("everything was rolled back: the database is as it was"),
            1 => write!(f, "the first of {} batches was kept, the rest was rolled back", self.of),
            kept => write!(f, "the first {kept} of {} batches were kept, the rest was rolled back", self.of),
        }
    }
}

impl ExecuteError {
    /// What was kept of the plan.
    pub fn kept(&self) -> Kept {
        match self {
            Self::Step { kept, .. }
            | Self::Rows { kept, .. }
            | Self::ForeignKeys { kept, .. }
            | Self::Session { kept, .. }
            | Self::Guard { kept, .. }
            | Self::ForeignKeysStayOn { kept }
            | Self::Cancelled { kept }
            | Self::OutcomeUnknown { kept, .. } => *kept,
        }
    }

    /// Says whether another session held what was needed.
    pub fn is_locked(&self) -> bool {
        self.cause().is_some_and(DbError::is_locked)
    }

    /// Says whether the engine has no room for so many locks in one transaction.
    pub fn is_out_of_locks(&self) -> bool {
        self.cause().is_some_and(DbError::is_out_of_locks)
    }

    /// Says whether a step used what an earlier one only gives at its COMMIT: a
    /// new value of an enum.
    pub fn lacks_commit(&self) -> bool {
        self.cause().is_some_and(DbError::lacks_commit)
    }

    /// What the connection said.
    fn cause(&self) -> Option<&DbError> {
        match self {
            Self::Step { source, .. } | Self::Session { source, .. } => Some(source),
            Self::Rows { .. }
            | Self::ForeignKeys { .. }
            | Self::Guard { .. }
            | Self::ForeignKeysStayOn { .. }
            | Self::Cancelled { .. }
            | Self::OutcomeUnknown { .. } => None,
        }
    }

    /// Says whether the plan was stopped on request.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }
}
