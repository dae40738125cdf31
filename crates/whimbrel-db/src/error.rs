//! What can go wrong with a database.

use std::fmt;
use std::ops::Range;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::sql::word_at;

use crate::apply::{Touched, list_touched};

/// A failure at the database.
///
/// The message never holds a password: connection strings are named by
/// [`crate::ServerInfo::name`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, DbError, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let error = connection.execute("SELECT * FROM users").await.unwrap_err();
/// assert!(error.is_missing_table() && !error.is_cancelled() && !error.is_locked());
/// assert_eq!(error.statement().unwrap().sql, "SELECT * FROM users");
/// assert!(!error.is_out_of_locks() && !error.lacks_commit());
/// assert_eq!(DbError::Cancelled.to_string(), "interrupted");
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum DbError {
    /// The engine refused a statement.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Statement(Box<StatementError>),
    /// A table was to be dropped with which rows of other tables would go, or change:
    /// whimbrel did not let the engine do that.
    #[error("{}", list_touched(.touched))]
    #[diagnostic(code(whimbrel::db::touched))]
    Touched {
        /// The rows.
        touched: Vec<Touched>,
    },
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
    #[error("`{name}` is locked by {}", holder.as_deref().unwrap_or("another process"))]
    #[diagnostic(code(whimbrel::db::locked), help("wait for it to end, or raise `--lock-wait` (seconds)"))]
    Locked {
        /// The database.
        name: String,
        /// Who holds it and what they do, if the engine tells.
        holder: Option<String>,
    },
    /// The file is something else, or its content is encrypted.
    #[error("`{name}` is not a SQLite database, or it is encrypted")]
    #[diagnostic(
        code(whimbrel::db::not_a_database),
        help("check the path; a file that SQLCipher or a like extension encrypted must be decrypted first")
    )]
    NotADatabase {
        /// The file.
        name: String,
    },
    /// The file is damaged.
    #[error("`{name}` is damaged: {message}")]
    #[diagnostic(
        code(whimbrel::db::corrupt),
        help(
            "restore a backup, or save what can be read with `sqlite3 \"{name}\" .recover | sqlite3 recovered.db`"
        )
    )]
    Corrupt {
        /// The file.
        name: String,
        /// What the engine said.
        message: String,
    },
    /// The database cannot be written.
    #[error("cannot write to `{name}`: {reason}")]
    #[diagnostic(code(whimbrel::db::read_only), help("{help}"))]
    ReadOnly {
        /// The database.
        name: String,
        /// What stands in the way.
        reason: String,
        /// What to do next.
        help: String,
    },
    /// There is no room left.
    #[error("no room left to write to `{name}`")]
    #[diagnostic(
        code(whimbrel::db::full),
        help(
            "free some space on its disk (a table that is rebuilt needs its size once more), then run the command again"
        )
    )]
    Full {
        /// The database.
        name: String,
    },
    /// The system failed to read or write.
    #[error("the system cannot read or write `{name}`: {message}")]
    #[diagnostic(
        code(whimbrel::db::io),
        help("look at the disk and the system's log; whatever was not committed is rolled back")
    )]
    Io {
        /// The database.
        name: String,
        /// What the engine said.
        message: String,
    },
}

/// A statement that the engine refused.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let error = connection.execute("CREATE TABLE a (b, b)").await.unwrap_err();
/// let refused = error.statement().unwrap();
/// assert_eq!(refused.message, "duplicate column name: b");
/// assert_eq!(refused.sql, "CREATE TABLE a (b, b)");
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
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

impl StatementError {
    /// The part of the statement `sql` that the engine has something against: the
    /// word that it points at, or all of it where it points at none.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_db::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::open_in_memory().await?;
    /// let sql = "SELECT 'größe', nothing";
    /// let error = connection.query(sql).await.unwrap_err();
    /// let part = error.statement().unwrap().part_of(sql, Dialect::Sqlite);
    /// assert_eq!(&sql[part], "nothing");
    /// # Ok::<(), whimbrel_db::DbError>(())
    /// # }).unwrap();
    /// ```
    pub fn part_of(&self, sql: &str, dialect: Dialect) -> Range<usize> {
        match self.offset.filter(|_| self.sql == sql) {
            Some(offset) => word_at(sql, offset, dialect.lexicon()),
            None => 0..sql.len(),
        }
    }

    /// What whimbrel itself has against a statement.
    pub(crate) fn ours(message: impl Into<String>, hint: Option<&str>, sql: &str) -> Self {
        let detail = hint.map(|hint| format!("hint: {hint}"));
        Self { message: message.into(), code: None, offset: None, detail, sql: sql.to_owned() }
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StatementError {}

impl miette::Diagnostic for StatementError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("whimbrel::db::statement"))
    }

    /// What the engine added.
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let detail = self.detail.as_deref()?;
        Some(Box::new(detail.strip_prefix("hint: ").unwrap_or(detail)))
    }
}

impl From<StatementError> for DbError {
    fn from(error: StatementError) -> Self {
        Self::Statement(Box::new(error))
    }
}

impl DbError {
    /// Says whether the statement was stopped on request.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// Whether a statement names a table that is not there.
    pub fn is_missing_table(&self) -> bool {
        self.statement().is_some_and(|error| {
            error.code.as_deref() == Some("42P01") || error.message.starts_with("no such table: ")
        })
    }

    /// Says whether another session held what was needed.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Locked { .. })
    }

    /// Says whether PostgreSQL has no room for so many locks in one transaction.
    pub fn is_out_of_locks(&self) -> bool {
        // <https://www.postgresql.org/docs/current/errcodes-appendix.html>: out_of_memory.
        let is_so = |error: &StatementError| {
            error.code.as_deref() == Some("53200") && error.message == "out of shared memory"
        };
        self.statement().is_some_and(is_so)
    }

    /// Says whether a statement used an enum value that its own transaction added.
    pub fn lacks_commit(&self) -> bool {
        const UNSAFE_NEW_ENUM_VALUE_USAGE: &str = "55P04";
        self.statement().is_some_and(|error| error.code.as_deref() == Some(UNSAFE_NEW_ENUM_VALUE_USAGE))
    }

    /// The same error, told of the statement that was meant: what was sent instead
    /// has other offsets.
    #[cfg(feature = "postgres")]
    pub(crate) fn of_statement(mut self, sql: &str) -> Self {
        if let Self::Statement(error) = &mut self {
            (error.sql, error.offset) = (sql.to_owned(), None);
        }
        self
    }

    /// The statement that the engine refused, if that is what happened.
    pub fn statement(&self) -> Option<&StatementError> {
        match self {
            Self::Statement(error) => Some(error),
            _ => None,
        }
    }
}
