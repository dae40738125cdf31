//! SQLite's result codes, as errors that say what to do.

use rusqlite::ffi::{self, ErrorCode};

use crate::error::{DbError, StatementError};

/// Translates the errors of one database.
#[derive(Debug, Clone)]
pub(super) struct Translator {
    name: String,
}

impl Translator {
    pub(super) fn new(name: String) -> Self {
        Self { name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What went wrong with a statement.
    pub(super) fn statement(&self, error: rusqlite::Error, sql: &str) -> DbError {
        match error {
            rusqlite::Error::SqliteFailure(code, message) => {
                let message = message.unwrap_or_else(|| code.to_string());
                self.failure(code, message, sql)
            }
            rusqlite::Error::SqlInputError { error, msg, offset, .. } => {
                refused(msg, Some(error), usize::try_from(offset).ok(), sql)
            }
            error @ rusqlite::Error::MultipleStatement => refused(error.to_string(), None, None, sql),
            error => refused(error.to_string(), None, None, sql),
        }
    }

    /// What went wrong with a file, or with a statement of it.
    fn failure(&self, code: ffi::Error, message: String, sql: &str) -> DbError {
        let name = self.name.clone();
        match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DbError::Locked { name, holder: None },
            ErrorCode::OperationInterrupted => DbError::Cancelled,
            ErrorCode::NotADatabase => DbError::NotADatabase { name },
            ErrorCode::DatabaseCorrupt => DbError::Corrupt { name, message },
            ErrorCode::DiskFull => DbError::Full { name },
            ErrorCode::SystemIoFailure => DbError::Io { name, message: format!("{message} ({code})") },
            ErrorCode::ReadOnly => self.read_only(code.extended_code),
            // Once a database is open, this is about a file beside it.
            ErrorCode::CannotOpen => self.read_only(ffi::SQLITE_READONLY_DIRECTORY),
            _ => refused(message, Some(code), None, sql),
        }
    }

    /// Says why the database cannot be written.
    fn read_only(&self, extended_code: i32) -> DbError {
        let open_once =
            format!("open it once with write access, for example with `sqlite3 \"{}\" .schema`", self.name);
        let (reason, help) = match extended_code {
            ffi::SQLITE_READONLY_DIRECTORY => (
                "SQLite cannot create its journal beside it",
                "make the folder of the file writable, not only the file",
            ),
            ffi::SQLITE_READONLY_DBMOVED => (
                "the file was moved or deleted while it was open",
                "put the file back, and run the command again",
            ),
            ffi::SQLITE_READONLY_ROLLBACK | ffi::SQLITE_READONLY_RECOVERY | ffi::SQLITE_READONLY_CANTINIT => {
                (
                    "a process that wrote to it was killed, and what it left must be undone first",
                    open_once.as_str(),
                )
            }
            _ => ("it is read-only", "make the file writable, or use `--dry-run` to see the plan"),
        };
        DbError::ReadOnly { name: self.name.clone(), reason: reason.to_owned(), help: help.to_owned() }
    }
}

fn refused(message: String, code: Option<ffi::Error>, offset: Option<usize>, sql: &str) -> DbError {
    let code = code.map(|code| code.extended_code.to_string());
    DbError::Statement(Box::new(StatementError { message, code, offset, detail: None, sql: sql.to_owned() }))
}
