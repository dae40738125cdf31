//! What can go wrong in the command line itself, and with what status it ends.

use miette::Diagnostic;
use whimbrel::core::resolve::Question;

use crate::config::{ConfigError, FILE_NAME};
use crate::exit::Exit;
use crate::render::json::Failure;
use crate::render::problem::{causes, innermost};
use crate::term::Term;

/// The table that migrations are kept in, unless another one is named.
const DEFAULT_TABLE: &str = whimbrel::store::DatabaseStore::DEFAULT_TABLE;

/// A failure of a command.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum CliError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Url(#[from] whimbrel::db::UrlError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Whimbrel(Box<whimbrel::Error>),
    #[error("no database is named")]
    #[diagnostic(
        code(whimbrel::cli::no_url),
        help("give one with `--url`, set DATABASE_URL, or write `url` into whimbrel.toml")
    )]
    NoUrl,
    #[error("`{url}` is a database, and no table in it is named")]
    #[diagnostic(
        code(whimbrel::cli::no_table),
        help("migrations are kept in a table: write its name after the URL, `#{DEFAULT_TABLE}` for one")
    )]
    NoTable { url: whimbrel::db::DatabaseUrl },
    #[error("`SOURCE_DATE_EPOCH` is `{value}`, which is no number of seconds")]
    #[diagnostic(code(whimbrel::cli::clock), help("set it to seconds since 1970-01-01 UTC, or unset it"))]
    Clock { value: String },
    #[error("migrations are made and proved in a scratch database, and none can be had")]
    #[diagnostic(
        code(whimbrel::cli::no_scratch),
        help("name a server where databases may be made: `--scratch-url postgres://USER@HOST/DATABASE`")
    )]
    NoScratch {
        #[source]
        #[diagnostic_source]
        source: whimbrel::db::DbError,
    },
    #[cfg(not(feature = "object-store"))]
    #[error("this build of whimbrel knows no buckets")]
    #[diagnostic(
        code(whimbrel::cli::no_buckets),
        help("build it with the feature `object-store`, or keep the migrations in a folder")
    )]
    NoBuckets,
    #[error("no schema is named")]
    #[diagnostic(
        code(whimbrel::cli::no_schema),
        help("give one with `--schema schema.sql`, or begin with `whimbrel init`")
    )]
    NoSchema,
    #[error("`{command}` drops everything, and there is no terminal to ask at")]
    #[diagnostic(
        code(whimbrel::cli::force_reset),
        help("to mean it, add `--yes --accept-data-loss`; to look first, add `--dry-run`")
    )]
    UnconfirmedReset { command: &'static str },
    #[error("`{FILE_NAME}` is here already")]
    #[diagnostic(
        code(whimbrel::init::exists),
        help("nothing was written; this is a project already: edit its settings, or remove the file")
    )]
    Exists,
    #[error("cannot write `{path}`: {reason}")]
    #[diagnostic(code(whimbrel::cli::write), help("see to it that the place can be written to"))]
    Write { path: String, reason: std::io::Error },
    #[error("interrupted")]
    #[diagnostic(code(whimbrel::cli::interrupted), help("{happened}"))]
    Interrupted { happened: &'static str },
}

impl From<whimbrel::Error> for CliError {
    fn from(error: whimbrel::Error) -> Self {
        Self::Whimbrel(Box::new(error))
    }
}

impl CliError {
    /// Where only a scratch database was wanted, any server will do.
    pub(crate) fn without_scratch(self) -> Self {
        let Self::Whimbrel(error) = self else { return self };
        match *error {
            whimbrel::Error::Db(source) => Self::NoScratch { source },
            other => Self::Whimbrel(Box::new(other)),
        }
    }

    /// Standard output does not take what is written to it.
    pub(crate) fn output(reason: std::io::Error) -> Self {
        Self::Write { path: "standard output".into(), reason }
    }

    /// The status that the process ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Clock { .. }
            | Self::Config(_)
            | Self::Url(_)
            | Self::NoUrl
            | Self::NoTable { .. }
            | Self::NoSchema
            | Self::UnconfirmedReset { .. } => Exit::Usage,
            Self::Whimbrel(error) if matches!(**error, whimbrel::Error::Unanswered { .. }) => {
                Exit::AnswerNeeded
            }
            Self::NoScratch { .. } | Self::Whimbrel(_) | Self::Exists | Self::Write { .. } => Exit::Failed,
            #[cfg(not(feature = "object-store"))]
            Self::NoBuckets => Exit::Usage,
            Self::Interrupted { .. } => Exit::Interrupted,
        }
    }

    /// Whether a person said no.
    pub(crate) fn is_rejection(&self) -> bool {
        matches!(self, Self::Whimbrel(error) if matches!(**error, whimbrel::Error::Rejected { .. }))
    }

    /// The questions that nobody answered.
    pub(crate) fn questions(&self) -> &[Question] {
        if let Self::Whimbrel(error) = self
            && let whimbrel::Error::Unanswered { questions } = &**error
        {
            return questions;
        }
        &[]
    }

    /// The failure as JSON has it.
    pub(crate) fn failure(&self, term: Term) -> Failure {
        failure_of(term, innermost(self))
    }
}

/// A problem, and whatever it consists of.
fn failure_of(term: Term, problem: &dyn Diagnostic) -> Failure {
    Failure {
        code: problem.code().map(|code| code.to_string()).unwrap_or_default(),
        message: term.in_own_name(&problem.to_string()),
        causes: causes(problem).iter().map(|cause| term.in_own_name(cause)).collect(),
        help: problem.help().map(|help| term.in_own_name(&help.to_string())),
        problems: problem.related().into_iter().flatten().map(|one| failure_of(term, one)).collect(),
    }
}
