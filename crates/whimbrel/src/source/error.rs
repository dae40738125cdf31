//! Why a source does not give a schema.

use miette::{Diagnostic, NamedSource, SourceSpan};
use whimbrel_core::plan::PlanError;
use whimbrel_core::schema::SnapshotError;

/// Why a source does not give a schema.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use miette::Diagnostic;
/// use whimbrel::{Error, Migrator, Source, SourceError};
///
/// let builder = Migrator::builder("sqlite::memory:")?.source(Source::path("no/such/schema.sql"));
/// let error = builder.connect().await?.push().await.unwrap_err();
/// assert!(matches!(error, Error::Source(SourceError::NotFound { .. })));
/// assert_eq!(error.to_string(), "there is no schema source `no/such/schema.sql`");
/// assert!(error.help().unwrap().to_string().ends_with("`whimbrel init` writes a first one"));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum SourceError {
    /// No source was given to a verb that needs one.
    #[error("no schema source is given")]
    #[diagnostic(
        code(whimbrel::source::missing),
        help("name one with `--schema schema.sql`, or as `schema` in `whimbrel.toml`")
    )]
    Missing,
    /// A file or folder is not there.
    #[error("there is no schema source `{path}`")]
    #[diagnostic(
        code(whimbrel::source::not_found),
        help(
            "a source is an SQL file, a folder of them, a glob, a `.json` snapshot, or Rust models; `whimbrel init` writes a first one"
        )
    )]
    NotFound {
        /// The path as given.
        path: String,
    },
    /// A folder or glob holds no SQL file.
    #[error("`{path}` holds no `.sql` file")]
    #[diagnostic(code(whimbrel::source::no_files), help("name a folder or glob with `.sql` files in it"))]
    NoFiles {
        /// The path as given.
        path: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(code(whimbrel::source::unreadable), help("check that the file may be read"))]
    Unreadable {
        /// The path.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A file is not UTF-8.
    #[error("`{path}` is not UTF-8: byte {offset}, on line {line}, is no character")]
    #[diagnostic(code(whimbrel::source::not_utf8), help("save the file as UTF-8"))]
    NotUtf8 {
        /// The path.
        path: String,
        /// The first byte that is no character, from 0.
        offset: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// A glob does not read.
    #[error("`{pattern}` is no glob: {reason}")]
    #[diagnostic(code(whimbrel::source::glob), help("quote the brackets of the pattern, or name a folder"))]
    Glob {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A snapshot does not read.
    #[error("`{name}`: {source}")]
    #[diagnostic(
        code(whimbrel::source::snapshot),
        help("a snapshot is what `whimbrel inspect --format json` prints")
    )]
    Snapshot {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: SnapshotError,
    },
    /// The engine refused a part of a snapshot.
    #[error("`{name}` holds what the engine refuses: {reason}")]
    #[diagnostic(code(whimbrel::source::unusable), help("the statement was: {sql}"))]
    Unusable {
        /// The snapshot.
        name: String,
        /// The statement made from it.
        sql: String,
        /// What the engine said.
        reason: String,
    },
    /// A program that should print a snapshot failed.
    #[error("the program `{command}` failed: {reason}")]
    #[diagnostic(
        code(whimbrel::source::program),
        help(
            "run it yourself: it must print a snapshot, as `whimbrel inspect --format json` does, or its models, as `Source::to_json` gives them, and end with status 0"
        )
    )]
    Program {
        /// The command.
        command: String,
        /// How it ended, and what it said last.
        reason: String,
    },
    /// A program prints something else than a snapshot or models.
    #[error("the program `{command}` prints {found}")]
    #[diagnostic(
        code(whimbrel::source::printed),
        help(
            "print what `whimbrel inspect --format json` or `Source::to_json` gives, and nothing else on standard output: log lines belong on standard error"
        )
    )]
    Printed {
        /// The command.
        command: String,
        /// What it prints.
        found: String,
    },
    /// Models were printed by a program of another version.
    #[error("`{name}` prints the models of whimbrel {found}, and this is whimbrel {}", env!("CARGO_PKG_VERSION"))]
    #[diagnostic(
        code(whimbrel::source::other_version),
        help("use one version in both: `cargo update -p whimbrel --precise {}`", env!("CARGO_PKG_VERSION"))
    )]
    OtherVersion {
        /// What printed them.
        name: String,
        /// The version that they were printed by.
        found: String,
    },
    /// Models that were printed do not read.
    #[error("`{name}` prints no models: {reason}")]
    #[diagnostic(
        code(whimbrel::source::malformed),
        help("print what `Source::to_json` gives, and nothing else")
    )]
    Malformed {
        /// What printed them.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A source has no form as JSON.
    #[error("only models and snapshots are written as JSON")]
    #[diagnostic(
        code(whimbrel::source::no_json),
        help("write `schema![...].to_json()`; files are named as they are: `--schema schema.sql`")
    )]
    NoJson,
    /// No struct in Rust files derives `Model`.
    #[error("`{path}` holds no models")]
    #[diagnostic(
        code(whimbrel::source::no_models),
        help("a model is a struct with `#[derive(Model)]`; name the file or folder that holds yours")
    )]
    NoModels {
        /// The path as given.
        path: String,
    },
    /// There are no models where some were to be.
    #[error("there is no model")]
    #[diagnostic(
        code(whimbrel::source::empty_schema),
        help(
            "derive `Model` for a struct; where models stand in a library that the program does not name, write `use my_library as _;`"
        )
    )]
    EmptySchema,
    /// The tables of models cannot be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unplanned(PlanError),
    /// A model is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(Box<ModelProblem>),
    /// Several things are wrong with models.
    #[error("{} things are wrong with the models", problems.len())]
    #[diagnostic(code(whimbrel::source::models))]
    Models {
        /// Each of them.
        #[related]
        problems: Vec<ModelProblem>,
    },
    /// The engine refused a statement, or the statement may not stand in a source.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Statement(Box<StatementProblem>),
    /// Several statements may not stand in a source.
    #[error("{} statements may not stand in a schema source", problems.len())]
    #[diagnostic(code(whimbrel::source::refused))]
    Statements {
        /// Each of them.
        #[related]
        problems: Vec<StatementProblem>,
    },
}

/// One statement of a source that cannot be used, shown where it stands.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{Error, Migrator, Source, SourceError};
///
/// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER);\nCREATE TABEL posts (id TEXT);");
/// let builder = Migrator::builder("sqlite::memory:")?.source(schema);
/// let error = builder.connect().await?.push().await.unwrap_err();
/// let Error::Source(SourceError::Statement(problem)) = error else { panic!("{error}") };
/// assert_eq!((problem.line, problem.column), (2, 8));
/// assert_eq!(problem.message, "near \"TABEL\": syntax error");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{name}:{line}:{column}: {message}")]
#[diagnostic(code(whimbrel::source::statement))]
pub struct StatementProblem {
    /// The file.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong: for a refused statement the engine's own message.
    pub message: String,
    /// What to do next.
    #[help]
    pub help: Option<String>,
    #[source_code]
    pub(super) text: NamedSource<String>,
    #[label("here")]
    pub(super) span: SourceSpan,
}

/// One mistake in a model, shown where it stands.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{Error, Migrator, Source, SourceError};
///
/// let text = "#[derive(Model)]\nstruct User {\n    name: String,\n}\n";
/// let builder = Migrator::builder("sqlite::memory:")?.source(Source::rust_text("src/user.rs", text));
/// let error = builder.connect().await?.push().await.unwrap_err();
/// let Error::Source(SourceError::Model(problem)) = error else { panic!("{error}") };
/// assert_eq!(problem.to_string(), "src/user.rs:2:8: `User` has no primary key");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{place}{message}")]
#[diagnostic(code(whimbrel::source::model))]
pub struct ModelProblem {
    /// File, line and column with a colon behind each, as far as they are known.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    #[help]
    pub help: String,
    #[source_code]
    pub(super) text: Option<NamedSource<String>>,
    #[label("here")]
    pub(super) span: Option<SourceSpan>,
}
