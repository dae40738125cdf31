//! What can go wrong with a database.

use std::fmt;

/// A failure at the database.
///
/// The message never holds a password: connection strings are named by
/// [`crate::ServerInfo::name`].
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DbError {
    /// The engine refused a statement.
    #[error("{0}")]
    #[diagnostic(code(whimbrel::db::statement))]
    Statement(Box<StatementError>),
    /// The database could not be opened.
    #[error("cannot open `{name}`: {reason}")]
    #[diagnostic(code(whimbrel::db::connect), help("{help}"))]
    Connect {
        /// The database.
        name: String,
        /// What the engine or the system said.
        reason: String,
        /// What to do next.
        help: String,
    },
    /// The session ended on its own.
    #[error("the connection to `{name}` was lost: {reason}")]
    #[diagnostic(
        code(whimbrel::db::lost),
        help("whatever was not committed was rolled back; run the command again")
    )]
    Lost {
        /// The database.
        name: String,
        /// What was noticed.
        reason: String,
    },
    /// The statement was stopped on request.
    #[error("interrupted")]
    #[diagnostic(code(whimbrel::db::cancelled))]
    Cancelled,
    /// Another session holds what is needed.
    #[error("`{name}` is locked by another process")]
    #[diagnostic(code(whimbrel::db::locked), help("wait for it to end, or raise `--lock-wait` (seconds)"))]
    Locked {
        /// The database.
        name: String,
    },
}

/// A statement that the engine refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementError {
    /// The engine's message, as it is.
    pub message: String,
    /// The engine's code: an SQLSTATE, or SQLite's extended result code.
    pub code: Option<String>,
    /// Where in the statement, in bytes from its start, if the engine said so.
    pub offset: Option<usize>,
    /// What the engine added: detail and hint.
    pub detail: Option<String>,
    /// The statement.
    pub sql: String,
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StatementError {}

impl DbError {
    /// Says whether the statement was stopped on request.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}
