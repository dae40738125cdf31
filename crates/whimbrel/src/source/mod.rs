//! Where a desired schema comes from.
//!
//! A source is read as text first; the texts decide the cache key. SQL is then
//! created in a scratch database and read back; a snapshot that the same engine
//! spelled is taken as it is.

mod files;
mod statements;

pub(crate) use files::SourceText;
pub(crate) use statements::{Prepared, Runnable, prepare};

use std::path::PathBuf;

use miette::{Diagnostic, NamedSource, SourceSpan};
use whimbrel_core::schema::{Snapshot, SnapshotError};

/// Where a desired schema comes from.
///
/// ```
/// use whimbrel::Source;
/// let from_disk = Source::path("schema.sql");
/// let in_place = Source::sql("in place", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let _ = (from_disk, in_place);
/// ```
#[derive(Debug, Clone)]
pub struct Source(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Path(PathBuf),
    Sql(SourceText),
    Snapshot(Box<Snapshot>),
}

/// A source as read: texts to be run, or a schema that needs no engine.
pub(crate) enum Loaded {
    Sql(Vec<SourceText>),
    Snapshot { name: String, snapshot: Box<Snapshot> },
}

impl Source {
    /// A path: an SQL file, a folder (all its `.sql` files, in sorted order), a
    /// glob, or a `.json` snapshot.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Path(path.into()))
    }

    /// SQL text, with a name for messages.
    pub fn sql(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Kind::Sql(SourceText { name: name.into(), text: text.into() }))
    }

    /// A snapshot.
    pub fn snapshot(snapshot: Snapshot) -> Self {
        Self(Kind::Snapshot(Box::new(snapshot)))
    }

    /// Reads the source from where it is.
    ///
    /// # Errors
    ///
    /// If a file is not there, cannot be read, or is not what it should be.
    pub(crate) fn load(&self) -> Result<Loaded, SourceError> {
        match &self.0 {
            Kind::Path(path) if path.extension().is_some_and(|extension| extension == "json") => {
                let SourceText { name, text } = files::read(path)?;
                let snapshot = Snapshot::from_json(&text)
                    .map_err(|source| SourceError::Snapshot { name: name.clone(), source })?;
                Ok(Loaded::Snapshot { name, snapshot: Box::new(snapshot) })
            }
            Kind::Path(path) => Ok(Loaded::Sql(files::collect(path)?)),
            Kind::Sql(text) => Ok(Loaded::Sql(vec![text.clone()])),
            Kind::Snapshot(snapshot) => {
                Ok(Loaded::Snapshot { name: "snapshot".to_owned(), snapshot: snapshot.clone() })
            }
        }
    }
}

/// Why a source does not give a schema.
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
            "a source is an SQL file, a folder of them, a glob, or a `.json` snapshot; `whimbrel init` writes a first one"
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
    text: NamedSource<String>,
    #[label("here")]
    span: SourceSpan,
}
