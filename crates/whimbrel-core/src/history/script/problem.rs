//! What may not stand in a migration.

use miette::{Diagnostic, NamedSource, SourceSpan};

use crate::sql::{self, AnnotationProblemKind, Position};

/// Why a file is no script: everything in it that cannot run.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
/// let error = Script::read(Dialect::Sqlite, "a.sql", "CREATE TABLE a (b);\nROLLBACK;\n").unwrap_err();
/// assert_eq!((error.problems.len(), error.problems[0].position.line), (1, 2));
/// assert!(!error.problems[0].kind.help().is_empty());
/// ```
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{}", self.message())]
#[diagnostic(code(whimbrel::script::refused))]
pub struct ScriptError {
    /// What errors call the file.
    pub file: String,
    /// Each of the problems, in the order of the text.
    #[related]
    pub problems: Vec<ScriptProblem>,
    #[source_code]
    text: NamedSource<String>,
}

/// One thing in a file that cannot run, shown where it stands.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Script, ScriptProblemKind};
///
/// let text = "CREATE TABLE a (b);\n  ATTACH 'b.db' AS b;\n";
/// let problem = &Script::read(Dialect::Sqlite, "a.sql", text).unwrap_err().problems[0];
/// assert_eq!(problem.kind, ScriptProblemKind::Attach);
/// assert_eq!(problem.to_string(), "line 2: a migration may not attach or detach databases");
/// assert_eq!(&text[problem.offset..problem.offset + problem.length], "ATTACH 'b.db' AS b");
/// assert_eq!(problem.position.to_string(), "2:3");
/// ```
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
#[error("line {}: {kind}", position.line)]
#[diagnostic(code(whimbrel::script::statement), help("{}", kind.help()))]
pub struct ScriptProblem {
    /// What it is.
    pub kind: ScriptProblemKind,
    /// Where it begins in the whole text, in bytes.
    pub offset: usize,
    /// How long it is, in bytes.
    pub length: usize,
    /// The line and column at which it begins.
    pub position: Position,
    #[label("here")]
    span: SourceSpan,
}

/// The kinds of [`ScriptProblem`].
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
///
/// let told = |text| {
///     let error = Script::read(Dialect::Postgres, "a.sql", text).unwrap_err();
///     error.problems.iter().map(|problem| problem.kind.to_string()).collect::<Vec<_>>()
/// };
/// assert_eq!(
///     told("\\connect other\nDISCARD ALL;"),
///     [
///         "`\\connect` is a command to psql, which does not read this",
///         "DISCARD ALL frees the lock under which migrations run",
///     ]
/// );
/// assert_eq!(told("/* DROP TABLE a;"), ["the comment has no end"]);
/// assert_eq!(told("-- whimbrel: no-lock\n"), ["unknown directive `whimbrel: no-lock`"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptProblemKind {
    /// BEGIN, COMMIT and the like, other than one pair around all.
    #[error("a migration may not control its transaction")]
    Transaction,
    /// ATTACH, DETACH.
    #[error("a migration may not attach or detach databases")]
    Attach,
    /// VACUUM INTO.
    #[error("a migration may not write other files")]
    WritesFile,
    /// Loads code into SQLite.
    #[error("a migration may not load code into the engine")]
    LoadsExtension,
    /// DISCARD ALL.
    #[error("DISCARD ALL frees the lock under which migrations run")]
    DiscardAll,
    /// `COPY ... TO stdout`.
    #[error("nobody reads what `COPY ... TO stdout` writes")]
    CopyToStdout,
    /// `COPY ... FROM stdin` whose rows do not end.
    #[error("the rows of `COPY ... FROM stdin` have no end")]
    OpenCopy,
    /// A comment that does not end.
    #[error("the comment has no end")]
    OpenComment,
    /// A NUL, which ends a statement for one engine and a session for the other.
    #[error("the file holds a NUL, which ends a text for the database")]
    Nul,
    /// A command to psql.
    #[error("`\\{name}` is a command to psql, which does not read this")]
    MetaCommand {
        /// The name of the command.
        name: String,
    },
    /// A command to the `sqlite3` shell.
    #[error("`.{name}` is a command to the sqlite3 shell, which does not read this")]
    DotCommand {
        /// The name of the command.
        name: String,
    },
    /// Foreign keys are turned off, and not on again.
    #[error("`PRAGMA foreign_keys=OFF` stands without its `PRAGMA foreign_keys=ON`")]
    ForeignKeysOff,
    /// Foreign keys are turned on, but not off before.
    #[error("`PRAGMA foreign_keys` does not go from OFF to ON")]
    ForeignKeysOn,
    /// The conflict markers of a merge.
    #[error("the file holds the conflict markers of a merge")]
    Conflict,
    /// BEGIN, COMMIT and the like in a program.
    #[error("a program may not control its transaction")]
    Control,
    /// A statement that cannot be in a transaction, in a program.
    #[error("a program runs in one transaction, and this statement cannot")]
    Alone,
    /// `PRAGMA foreign_keys` in a program.
    #[error("`PRAGMA foreign_keys` does nothing in a transaction")]
    ForeignKeys,
    /// `COPY ... FROM stdin` in a program.
    #[error("a program has no rows for `COPY ... FROM stdin`")]
    CopyFromProgram,
    /// A comment that speaks to whimbrel and is not understood.
    #[error("{0}")]
    Directive(AnnotationProblemKind),
}

impl ScriptProblemKind {
    /// What to do about it.
    ///
    /// ```
    /// use whimbrel_core::history::ScriptProblemKind;
    ///
    /// assert_eq!(ScriptProblemKind::Attach.help(), "give each database migrations of its own");
    /// ```
    pub fn help(&self) -> &'static str {
        match self {
            Self::Transaction => {
                "remove it; only one BEGIN and COMMIT around the whole file is accepted. If the statements must not \
                 share a transaction, put `-- whimbrel: no-transaction` at the top"
            }
            Self::Attach => "give each database migrations of its own",
            Self::WritesFile => "remove the statement, and copy the database by other means",
            Self::LoadsExtension => "remove the statement; whimbrel never loads extensions",
            Self::DiscardAll => "write `RESET ALL` or whatever else is to be put back",
            Self::CopyToStdout => "remove the statement",
            Self::OpenCopy => "end the rows with a line `\\.`; if they had one, the file was cut off",
            Self::OpenComment => "end it with `*/`; if it had an end, the file was cut off",
            Self::Nul => "remove it; if there are many, save the file as UTF-8",
            Self::MetaCommand { .. } | Self::DotCommand { .. } => "write plain SQL",
            Self::ForeignKeysOff => "add `PRAGMA foreign_keys=ON;` after the statements that need them off",
            Self::ForeignKeysOn => {
                "remove it, or write `PRAGMA foreign_keys=OFF;` before the statements that need it and \
                 `PRAGMA foreign_keys=ON;` after them"
            }
            Self::Control => "remove it: all that a migration does is one transaction, with its record",
            Self::Alone => "write a migration in SQL for it",
            Self::ForeignKeys => "write a migration in SQL for what needs foreign keys off",
            Self::CopyFromProgram => "insert the rows",
            Self::Conflict => "edit the file: keep what is right of either side",
            Self::Directive(kind) => kind.help(),
        }
    }
}

impl From<AnnotationProblemKind> for ScriptProblemKind {
    fn from(kind: AnnotationProblemKind) -> Self {
        Self::Directive(kind)
    }
}

impl ScriptProblem {
    pub(super) fn new(text: &str, offset: usize, length: usize, kind: ScriptProblemKind) -> Self {
        let position = sql::position(text, offset);
        Self { kind, offset, length, position, span: (offset, length).into() }
    }
}

impl ScriptError {
    pub(super) fn new(file: &str, text: &str, mut problems: Vec<ScriptProblem>) -> Self {
        problems.sort_by_key(|problem| problem.offset);
        Self { file: file.to_owned(), problems, text: NamedSource::new(file, text.to_owned()) }
    }

    fn message(&self) -> String {
        match self.problems.as_slice() {
            [one] => format!("`{}` cannot run: {}", self.file, one.kind),
            many => format!("`{}` cannot run: {} things in it may not stand there", self.file, many.len()),
        }
    }
}
