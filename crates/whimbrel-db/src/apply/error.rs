//! What can go wrong while migrations run.

use std::fmt;
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};

use super::{ProgramError, SqlError};
use crate::error::DbError;
use crate::session::{Violation, list_violations};
use crate::tracking::TrackingError;

/// Why a run stopped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::apply::{Agenda, ApplyOptions, Job, Seen, Silent, Stopped, apply};
/// use whimbrel_db::tracking::TrackingTable;
///
/// struct Frozen;
///
/// #[async_trait]
/// impl Agenda for Frozen {
///     type Error = &'static str;
///
///     async fn decide(&mut self, _: &Seen<'_>) -> Result<Vec<Job>, Self::Error> {
///         Err("nothing is deployed on Fridays")
///     }
/// }
///
/// let table = TrackingTable::resolve(Dialect::Sqlite, &TrackingTable::DEFAULT_NAME.into()).unwrap();
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let options = ApplyOptions::new(table);
/// match apply(&mut connection, &mut Frozen, &options, &mut Silent).await.unwrap_err() {
///     Stopped::Agenda { error, kept } => {
///         assert_eq!(error, "nothing is deployed on Fridays");
///         assert!(kept.migrations.is_empty());
///     }
///     Stopped::Run(error) => panic!("the database has nothing against it: {error}"),
/// }
/// # });
/// ```
#[derive(Debug)]
pub enum Stopped<E> {
    /// The agenda refused.
    Agenda {
        /// Why.
        error: E,
        /// What was kept.
        kept: Kept,
    },
    /// Something failed.
    Run(Box<ApplyError>),
}

impl<E> From<ApplyError> for Stopped<E> {
    fn from(error: ApplyError) -> Self {
        Self::Run(Box::new(error))
    }
}

/// Why migrations did not all run, and what was kept of them.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use miette::Diagnostic;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Script};
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::apply::{Agenda, ApplyOptions, Job, Record, Seen, Silent, Stopped, apply};
/// use whimbrel_db::tracking::TrackingTable;
///
/// struct Twice;
///
/// #[async_trait]
/// impl Agenda for Twice {
///     type Error = ();
///
///     async fn decide(&mut self, _: &Seen<'_>) -> Result<Vec<Job>, ()> {
///         let job = |name: &str| {
///             let text = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
///             let work = Script::read(Dialect::Sqlite, &format!("{name}.sql"), text).unwrap().into();
///             Job { name: name.into(), checksum: Checksum::of_file(text), work, record: Record::Insert }
///         };
///         Ok(vec![job("users"), job("again")])
///     }
/// }
///
/// let table = TrackingTable::resolve(Dialect::Sqlite, &TrackingTable::DEFAULT_NAME.into()).unwrap();
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let options = ApplyOptions::new(table);
/// let stopped = apply(&mut connection, &mut Twice, &options, &mut Silent).await.unwrap_err();
/// let Stopped::Run(error) = stopped else { panic!("the agenda does not refuse") };
///
/// assert_eq!(error.to_string(), "statement 1 of 1 of `again` failed, at line 1 of `again.sql`");
/// assert_eq!(error.db().unwrap().to_string(), "table users already exists");
/// assert_eq!(
///     error.help().unwrap().to_string(),
///     "this run keeps `users`; put right the rows that it met, or the file (`whimbrel migrate verify --accept again` \
///      records the edit), then run the command again"
/// );
/// assert_eq!(error.kept().migrations, ["users"]);
/// assert!(!error.is_locked() && !error.is_cancelled());
/// # });
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ApplyError {
    /// The engine refused a statement.
    #[error("statement {number} of {of} of `{migration}` failed, at line {line} of `{}`", file.name())]
    #[diagnostic(code(whimbrel::apply::statement), help("{kept}{next}{}", advice(.source, *.next, .migration, *.of)))]
    Statement {
        /// The migration.
        migration: String,
        /// Which statement it is, from 1.
        number: usize,
        /// How many the file has.
        of: usize,
        /// The line of the failure, from 1.
        line: usize,
        /// The file.
        #[source_code]
        file: NamedSource<Arc<str>>,
        /// The statement, or the place in it if the engine named one.
        #[label("here")]
        at: SourceSpan,
        /// What was kept.
        kept: Kept,
        /// What to do next.
        next: Next,
        /// What the engine said.
        #[source]
        #[diagnostic_source]
        source: DbError,
    },
    /// A program failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Program(Box<ProgramProblem>),
    /// Rows refer to nothing that did so before the migration.
    #[error("`{migration}` leaves rows that refer to nothing: {}", list_violations(.violations))]
    #[diagnostic(
        code(whimbrel::apply::foreign_keys),
        help("{kept}; let the migration put the rows right, then run the command again")
    )]
    ForeignKeys {
        /// The migration.
        migration: String,
        /// The rows.
        violations: Vec<Violation>,
        /// What was kept.
        kept: Kept,
    },
    /// Something around the statements failed.
    #[error("cannot {doing}")]
    #[diagnostic(code(whimbrel::apply::session), help("{kept}{}", objection(.source)))]
    Session {
        /// What was being done.
        doing: String,
        /// What was kept.
        kept: Kept,
        /// What the engine said.
        #[source]
        #[diagnostic_source]
        source: DbError,
    },
    /// The tracking table does not serve.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tracking(#[from] TrackingError),
    /// The engine keeps foreign keys on where they must be off.
    #[error("foreign keys cannot be suspended in this session")]
    #[diagnostic(
        code(whimbrel::apply::foreign_keys_on),
        help("{kept}; no transaction may be open when migrations are run")
    )]
    ForeignKeysStayOn {
        /// What was kept.
        kept: Kept,
    },
    /// All was to be one transaction, and cannot be.
    #[error("{} cannot run in one transaction with others", names(.migrations))]
    #[diagnostic(
        code(whimbrel::apply::not_atomic),
        help("nothing was run; use `--transaction each`, or `--to` to run what comes before")
    )]
    NotAtomic {
        /// What cannot.
        migrations: Vec<String>,
    },
    /// The run was stopped on request.
    #[error("interrupted")]
    #[diagnostic(code(whimbrel::apply::cancelled), help("{kept}{next}"))]
    Cancelled {
        /// What was kept.
        kept: Kept,
        /// What to do next.
        next: Next,
    },
    /// The session was lost when nobody could tell what the engine did.
    #[error("the connection was lost: nobody knows yet whether {} {} kept", names(.migrations), was(.migrations))]
    #[diagnostic(
        code(whimbrel::apply::outcome_unknown),
        help("{kept}; run the command again: the tracking table says what is there")
    )]
    OutcomeUnknown {
        /// What was on its way.
        migrations: Vec<String>,
        /// What was kept besides.
        kept: Kept,
        /// What was noticed.
        #[source]
        #[diagnostic_source]
        source: DbError,
    },
    /// A statement was begun by an earlier run, and nothing tells how it ended.
    #[error("nobody knows whether statement {number} of {of} of `{migration}` has run")]
    #[diagnostic(
        code(whimbrel::apply::undecided),
        help(
            "look at the database; if it has run, go on with `--resume-at {migration}:{}`, if not, with `--resume-at {migration}:{number}`",
            number + 1
        )
    )]
    Undecided {
        /// The migration.
        migration: String,
        /// Which statement it is, from 1.
        number: usize,
        /// How many the file has.
        of: usize,
        /// The file.
        #[source_code]
        file: NamedSource<Arc<str>>,
        /// The statement.
        #[label("began, and was not seen to end")]
        at: SourceSpan,
    },
    /// A migration has run in part, and that part reads differently now.
    #[error("`{migration}` has run up to statement {done}, and those statements were edited since")]
    #[diagnostic(
        code(whimbrel::apply::other_beginning),
        help(
            "put the statements back that have run, and edit only those after them; or say where to go on \
             with `--resume-at {migration}:NUMBER`"
        )
    )]
    OtherBeginning {
        /// The migration.
        migration: String,
        /// How many statements have run.
        done: usize,
    },
    /// The statement to go on with is not there.
    #[error("`{migration}` has no statement {number}: it has {of}")]
    #[diagnostic(
        code(whimbrel::apply::resume_at),
        help("count the statements of the file from 1; {} says that all have run", of + 1)
    )]
    ResumeAt {
        /// The migration.
        migration: String,
        /// The statement asked for.
        number: usize,
        /// How many the file has.
        of: usize,
    },
    /// A migration was to be gone on with that did not stop midway.
    #[error("`{migration}` cannot be gone on with: {standing}")]
    #[diagnostic(code(whimbrel::apply::nothing_to_resume), help("{}", standing.advice()))]
    NothingToResume {
        /// The migration.
        migration: String,
        /// Where it stands instead.
        standing: NotStopped,
    },
}

impl ApplyError {
    /// Says whether another session held what was needed.
    pub fn is_locked(&self) -> bool {
        self.db().is_some_and(DbError::is_locked)
    }

    /// Says whether the run was stopped on request.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }

    /// What the database said, if that is what stopped the run.
    pub fn db(&self) -> Option<&DbError> {
        match self {
            Self::Statement { source, .. }
            | Self::Session { source, .. }
            | Self::OutcomeUnknown { source, .. }
            | Self::Tracking(TrackingError::Db(source)) => Some(source),
            Self::Program(problem) => Some(&problem.sql.as_ref()?.error),
            Self::Tracking(TrackingError::Name { .. } | TrackingError::OtherTable { .. })
            | Self::ForeignKeys { .. }
            | Self::ForeignKeysStayOn { .. }
            | Self::NotAtomic { .. }
            | Self::Cancelled { .. }
            | Self::Undecided { .. }
            | Self::OtherBeginning { .. }
            | Self::ResumeAt { .. }
            | Self::NothingToResume { .. } => None,
        }
    }

    /// What the run had committed by then.
    pub fn kept(&self) -> Kept {
        match self {
            Self::Statement { kept, .. }
            | Self::ForeignKeys { kept, .. }
            | Self::Session { kept, .. }
            | Self::ForeignKeysStayOn { kept }
            | Self::Cancelled { kept, .. }
            | Self::OutcomeUnknown { kept, .. } => kept.clone(),
            Self::Program(problem) => problem.kept.clone().unwrap_or_default(),
            Self::Tracking(_)
            | Self::NotAtomic { .. }
            | Self::Undecided { .. }
            | Self::OtherBeginning { .. }
            | Self::ResumeAt { .. }
            | Self::NothingToResume { .. } => Kept::default(),
        }
    }
}

/// What to do about what was refused around the statements, such as a COMMIT.
fn objection(source: &DbError) -> &'static str {
    if is_about_the_statement(source) {
        "; put right what the database has against it, in the rows or in the file, then run the command again"
    } else {
        ""
    }
}

/// Says whether rows or the file can be put right, and not only the weather: the
/// room on the disk, or what a role may do.
fn is_about_the_statement(source: &DbError) -> bool {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    matches!(source, DbError::Statement(error) if error.code.as_deref() != Some(INSUFFICIENT_PRIVILEGE))
}

/// What a run has committed.
///
/// ```
/// use whimbrel_db::apply::Kept;
/// let kept = Kept { migrations: vec!["users".into(), "posts".into()] };
/// assert_eq!(kept.to_string(), "this run keeps `users` and `posts`");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The names of its migrations, in order.
    pub migrations: Vec<String>,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.migrations.is_empty() {
            f.write_str("no migration of this run was kept")
        } else {
            write!(f, "this run keeps {}", names(&self.migrations))
        }
    }
}

/// What to do about a migration that stopped.
///
/// ```
/// use whimbrel_db::apply::Next;
/// assert_eq!(
///     Next::GoOn { done: 2 }.to_string(),
///     "; statements 1 to 2 of this one stay: the next run goes on after them"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It was rolled back.
    RunAgain,
    /// So many of its statements stay.
    GoOn {
        /// How many.
        done: usize,
    },
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunAgain | Self::GoOn { done: 0 } => Ok(()),
            Self::GoOn { done: 1 } => {
                f.write_str("; statement 1 of this one stays: the next run goes on after it")
            }
            Self::GoOn { done } => {
                write!(f, "; statements 1 to {done} of this one stay: the next run goes on after them")
            }
        }
    }
}

/// Where a migration stands that was to be gone on with in vain.
///
/// ```
/// use whimbrel_db::apply::NotStopped;
/// assert_eq!(NotStopped::Applied.to_string(), "it is applied");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStopped {
    /// All of it has run.
    Applied,
    /// Nothing of it has run.
    Pending,
    /// It did stop midway, and is not among what is to be run now.
    Beyond {
        /// How many of its statements have run.
        done: usize,
    },
}

impl NotStopped {
    fn advice(self) -> &'static str {
        match self {
            Self::Applied | Self::Pending => {
                "nothing was run; leave `--resume-at` out, and what is pending is applied from its beginning \
                 (`whimbrel migrate status` says where every migration stands)"
            }
            Self::Beyond { .. } => {
                "nothing was run; leave `--to` out, or let it name this migration or a later one"
            }
        }
    }
}

impl fmt::Display for NotStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied => f.write_str("it is applied"),
            Self::Pending => f.write_str("it is pending, and no run of it has stopped midway"),
            Self::Beyond { done } => {
                write!(f, "it stopped after statement {done}, and this run does not come to it")
            }
        }
    }
}

/// A program that failed, shown where it did.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_db::apply::{ApplyError, Kept, Place, ProgramError, ProgramProblem};
///
/// let text = "export default {\n  version: 1,\n};\n";
/// let place = Place { file: "0001_users.ts".into(), text: text.into(), offset: 19, length: 7 };
/// let problem = ProgramProblem {
///     migration: "users".into(),
///     error: ProgramError::new("there is no `up`").at(Some(place)),
///     sql: None,
///     kept: Some(Kept::default()),
/// };
/// let error = ApplyError::Program(Box::new(problem));
/// assert_eq!(
///     error.to_string(),
///     "`users` failed at line 2, column 3 of `0001_users.ts`: there is no `up`"
/// );
/// assert_eq!(
///     error.help().unwrap().to_string(),
///     "no migration of this run was kept; put it right, then run the command again"
/// );
/// ```
#[derive(Debug)]
pub struct ProgramProblem {
    /// The migration.
    pub migration: String,
    /// What the program said.
    pub error: ProgramError,
    /// The statement that failed, if that is what happened.
    pub sql: Option<SqlError>,
    /// What was kept; `None` where nothing was at stake, in a scratch database.
    pub kept: Option<Kept>,
}

impl fmt::Display for ProgramProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed", self.migration)?;
        if let Some(place) = &self.error.place {
            let position = whimbrel_core::sql::position(&place.text, place.offset);
            write!(f, " at line {}, column {} of `{}`", position.line, position.column, place.file)?;
        }
        write!(f, ": {}", self.error)?;
        match &self.error.sql {
            Some(sql) => write!(f, "\nit ran: {}", sql.trim()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ProgramProblem {}

impl miette::Diagnostic for ProgramProblem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("whimbrel::apply::program"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.error.help.as_deref().map(|help| format!("{help}; ")).unwrap_or_default();
        let kept = self.kept.as_ref().map(|kept| format!("{kept}; ")).unwrap_or_default();
        Some(Box::new(format!("{help}{kept}put it right, then run the command again")))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.error.place.as_deref().map(|place| place as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let place = self.error.place.as_ref()?;
        let label = miette::LabeledSpan::new(Some("here".to_owned()), place.offset, place.length);
        Some(Box::new(std::iter::once(label)))
    }
}

/// What to put right before a refused statement is tried again.
fn advice(source: &DbError, next: Next, migration: &str, of: usize) -> String {
    if matches!(source, DbError::Touched { .. }) {
        return about_drops(next, migration, of);
    }
    if !is_about_the_statement(source) {
        return "; then run the command again".to_owned();
    }
    match next {
        Next::RunAgain | Next::GoOn { done: 0 } => format!(
            "; put right the rows that it met, or the file (`whimbrel migrate verify --accept {migration}` records \
             the edit), then run the command again"
        ),
        // An edited file would be refused: some of it ran already.
        Next::GoOn { .. } => "; put right what it met first".to_owned(),
    }
}

/// What to do about rows that a drop would take with it.
fn about_drops(next: Next, migration: &str, of: usize) -> String {
    let keep = match next {
        Next::RunAgain | Next::GoOn { done: 0 } => format!(
            "begin the file with `PRAGMA foreign_keys=OFF;` and end it with `PRAGMA foreign_keys=ON;` (`whimbrel \
             migrate verify --accept {migration}` records the edit), for then dropping a table touches no other"
        ),
        // An edited file would be refused: some of it ran already.
        Next::GoOn { .. } => format!(
            "run the rest by hand after `PRAGMA foreign_keys=OFF;`, then go on with `--resume-at {migration}:{}`",
            of + 1
        ),
    };
    format!("; to keep the rows, {keep}; to lose them, use `--accept-data-loss`")
}

/// The names that a message lists before it only counts.
const NAMED: usize = 5;

fn names(all: &[String]) -> String {
    let quoted: Vec<String> = all.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match (quoted.as_slice(), all.len().saturating_sub(NAMED)) {
        ([first @ .., last], 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (quoted, 0) => quoted.join(", "),
        (quoted, more) => format!("{} and {more} more", quoted.join(", ")),
    }
}

fn was(all: &[String]) -> &'static str {
    if all.len() == 1 { "was" } else { "were" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_listed() {
        let kept = |count: usize| {
            Kept { migrations: (1..=count).map(|number| format!("m{number}")).collect() }.to_string()
        };
        assert_eq!(kept(0), "no migration of this run was kept");
        assert_eq!(kept(1), "this run keeps `m1`");
        assert_eq!(kept(3), "this run keeps `m1`, `m2` and `m3`");
        assert_eq!(kept(7), "this run keeps `m1`, `m2`, `m3`, `m4`, `m5` and 2 more");
    }
}
