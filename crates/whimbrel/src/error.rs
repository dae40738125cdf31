//! All that can go wrong, gathered.

use whimbrel_core::diff::RenameProblem;
use whimbrel_core::plan::PlanError;
use whimbrel_core::resolve::{Question, ReplacementProblem};
use whimbrel_db::apply::ApplyError;
use whimbrel_db::execute::ExecuteError;
use whimbrel_db::tracking::TrackingError;
use whimbrel_db::{DbError, IntrospectError, UrlError};

use whimbrel_core::history::{JournalError, RebaseError, ScriptError, SquashError};
use whimbrel_core::lockfile::LockFileError;

use crate::adopt::AdoptError;
use crate::history::HistoryError;
use crate::source::SourceError;
use crate::store::StoreError;

/// A failure of one of whimbrel's verbs.
///
/// It is a [`miette::Diagnostic`]: besides its message it has a code, and says what
/// to do next.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use miette::Diagnostic;
/// use whimbrel::{Error, Migrator};
///
/// let mut migrator = Migrator::builder("sqlite::memory:")?.connect().await?;
/// let error = migrator.push().await.unwrap_err();
/// assert!(matches!(error, Error::Source(_)));
/// assert_eq!(error.to_string(), "no schema source is given");
/// assert_eq!(error.code().unwrap().to_string(), "whimbrel::source::missing");
/// assert!(error.help().unwrap().to_string().starts_with("name one with `--schema schema.sql`"));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Error {
    /// The desired schema could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
    /// The migrations could not be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The journal does not read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] Box<JournalError>),
    /// The lock file does not read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    LockFile(#[from] Box<LockFileError>),
    /// A migration file holds what may not stand there.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Script(#[from] Box<ScriptError>),
    /// The file of a script is none of its migration.
    #[cfg(feature = "scripts")]
    #[error(transparent)]
    #[diagnostic(transparent)]
    Module(#[from] Box<whimbrel_script::ModuleError>),
    /// Migrations cannot be squashed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Squash(#[from] Box<SquashError>),
    /// Our migrations cannot come after theirs.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rebase(#[from] Box<RebaseError>),
    /// A migration failed while it ran.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Apply(#[from] Box<ApplyError>),
    /// The tracking table does not serve.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tracking(#[from] TrackingError),
    /// The history of another tool cannot be adopted.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Adopt(#[from] Box<AdoptError>),
    /// The history does not hold together.
    #[error(transparent)]
    #[diagnostic(transparent)]
    History(#[from] Box<HistoryError>),
    /// The URL of the database is none.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Url(#[from] UrlError),
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Db(#[from] DbError),
    /// A schema could not be read from the database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Introspect(#[from] IntrospectError),
    /// A plan failed while it ran.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Execute(#[from] Box<ExecuteError>),
    /// No plan could be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// A plan did not do what it should: nothing was run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Proof(#[from] ProofError),
    /// Questions are open, and nobody answers them.
    #[error("{} an answer", count(questions.len()))]
    #[diagnostic(
        code(whimbrel::changes::unanswered),
        help("nothing was done; each question says what answers it")
    )]
    Unanswered {
        /// The questions, in the order in which they were asked.
        questions: Vec<Question>,
    },
    /// The resolver said no.
    #[error("rejected: {}", question.headline())]
    #[diagnostic(code(whimbrel::changes::rejected), help("nothing was done"))]
    Rejected {
        /// The question.
        question: Box<Question>,
    },
    /// Stated renames do not fit.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    #[diagnostic(code(whimbrel::changes::rename))]
    Renames {
        /// What does not fit.
        #[related]
        problems: Vec<RenameProblem>,
    },
    /// Enum values that go are to be replaced by what cannot be.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    #[diagnostic(code(whimbrel::changes::replacement), help("nothing was done"))]
    Replacements {
        /// What cannot be.
        #[related]
        problems: Vec<ReplacementProblem>,
    },
    /// The policy of the environment forbids changes.
    #[error("the policy `additive` refuses what is no addition: {}", violations.join(", "))]
    #[diagnostic(code(whimbrel::policy::additive), help("nothing was done; {advice}"))]
    Policy {
        /// What each offending change would do.
        violations: Vec<String>,
        /// How it can be done all the same.
        advice: String,
    },
    /// Objects of kinds that whimbrel does not manage stand in the way.
    #[error("what is left alone stands in the way: {}", reasons.join(", "))]
    #[diagnostic(
        code(whimbrel::changes::left_alone),
        help("nothing was done; drop or change these objects yourself first, then push again")
    )]
    LeftAlone {
        /// Each object, and what it depends on.
        reasons: Vec<String>,
    },
    /// Something is to be made that rests on a table of a kind that whimbrel leaves
    /// alone, such as one that inherits.
    #[error("what is left alone would have to be there first: {}", reasons.join(", "))]
    #[diagnostic(
        code(whimbrel::changes::no_ground),
        help(
            "nothing was done; make it a table of a kind that whimbrel makes, or write both by hand with `whimbrel migrate create NAME`"
        )
    )]
    NoGround {
        /// What rests on which table.
        reasons: Vec<String>,
    },
    /// A wait for other sessions came to nothing, again and again.
    #[error("the live schema changed {times} times while it was being planned for")]
    #[diagnostic(
        code(whimbrel::push::restless),
        help("find out what else changes the schema of this database, and run again")
    )]
    Restless {
        /// How many plans were made in vain.
        times: u32,
    },
}

/// A plan that a faithful replay did not bear out: a defect of whimbrel.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel::{Error, ProofError};
///
/// let error = Error::from(ProofError::LosesRows { table: "users".to_owned() });
/// assert_eq!(
///     error.to_string(),
///     "replayed in a scratch database, the plan changes rows of `users` that it should keep"
/// );
/// assert!(error.help().unwrap().to_string().starts_with("nothing was run; this is a defect of whimbrel"));
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ProofError {
    /// A step failed in the scratch database.
    #[error("the plan fails when it is replayed in a scratch database: {source}")]
    #[diagnostic(
        code(whimbrel::proof::fails),
        help("nothing was run; this is a defect of whimbrel: please report it with both schemas")
    )]
    Fails {
        /// What the engine said.
        source: Box<ExecuteError>,
    },
    /// The result is not the desired schema.
    #[error("replayed in a scratch database, the plan leaves a difference:\n{difference}")]
    #[diagnostic(
        code(whimbrel::proof::differs),
        help("nothing was run; this is a defect of whimbrel: please report it with both schemas")
    )]
    Differs {
        /// What would still have to change.
        difference: String,
    },
    /// A file would not read back as the plan that it was written from.
    #[error("`{file}` would not read back as the plan that it is written from")]
    #[diagnostic(
        code(whimbrel::proof::unreadable),
        help("nothing was written; this is a defect of whimbrel: please report it with both schemas")
    )]
    Unreadable {
        /// The file.
        file: String,
    },
    /// Rows changed that should not have.
    #[error("replayed in a scratch database, the plan changes rows of `{table}` that it should keep")]
    #[diagnostic(
        code(whimbrel::proof::loses_rows),
        help("nothing was run; this is a defect of whimbrel: please report it with both schemas")
    )]
    LosesRows {
        /// The table.
        table: String,
    },
}

impl ProofError {
    pub(crate) fn fails(source: ExecuteError) -> Self {
        Self::Fails { source: Box::new(source) }
    }
}

/// Errors that are boxed, lest every result be as large as the largest of them.
macro_rules! boxed {
    ($($error:ident => $variant:ident),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        }
    )*};
}

boxed!(AdoptError => Adopt, HistoryError => History, JournalError => Journal, LockFileError => LockFile, ScriptError => Script, SquashError => Squash, RebaseError => Rebase, ExecuteError => Execute);

fn count(questions: usize) -> String {
    match questions {
        1 => "1 question needs".to_owned(),
        more => format!("{more} questions need"),
    }
}
