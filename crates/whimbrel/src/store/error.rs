//! What can go wrong with a store.

use std::error::Error;
use std::time::Duration;

use miette::Diagnostic;

use super::database::DEFAULT_TABLE;

/// Why a store could not be read or written.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use miette::Diagnostic;
/// use whimbrel::store::{EmbeddedStore, Store, StoreError};
///
/// let error = EmbeddedStore::new(&[]).put("0000_users.sql", "SELECT 1;").await.unwrap_err();
/// assert!(matches!(error, StoreError::ReadOnly { .. }));
/// assert_eq!(error.to_string(), "the store `the binary` cannot be written");
/// assert_eq!(error.code().unwrap().to_string(), "whimbrel::store::read_only");
/// # });
/// ```
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum StoreError {
    /// A path is none, or leads out of the store.
    #[error("`{}` is no path in a store: {reason}", path.escape_debug())]
    #[diagnostic(
        code(whimbrel::store::path),
        help("a path is relative, has `/` between its parts, and only names that every system takes")
    )]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A link inside a folder leads out of it, or nowhere.
    #[error("`{path}` is a link that leads out of `{store}` or to nothing")]
    #[diagnostic(
        code(whimbrel::store::link),
        help(
            "put the file itself into the folder; a folder that is a link as a whole is fine: name it as the folder of migrations"
        )
    )]
    Link {
        /// The store.
        store: String,
        /// The link.
        path: String,
    },
    /// The store is one that cannot be written.
    #[error("the store `{store}` cannot be written")]
    #[diagnostic(
        code(whimbrel::store::read_only),
        help("run it where the migrations are a folder that may be written: `--dir migrations`")
    )]
    ReadOnly {
        /// The store.
        store: String,
    },
    /// The system does not let us write.
    #[error("may not write `{path}`: {reason}")]
    #[diagnostic(
        code(whimbrel::store::denied),
        help("allow this user to write the folder and all in it, or run it where it may be written")
    )]
    Denied {
        /// The file or folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// There is no room left.
    #[error("no room is left to write `{path}`: {reason}")]
    #[diagnostic(code(whimbrel::store::full), help("make room, then run it again"))]
    Full {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A folder, or something stranger, is where a file should be.
    #[error("`{path}` is no file")]
    #[diagnostic(code(whimbrel::store::not_a_file), help("move it away: a file belongs there"))]
    NotAFile {
        /// What is no file.
        path: String,
    },
    /// A file is where a folder should be.
    #[error("`{path}` is no folder")]
    #[diagnostic(code(whimbrel::store::not_a_folder), help("move it away: a folder belongs there"))]
    NotAFolder {
        /// What is no folder.
        path: String,
    },
    /// A file is not UTF-8.
    #[error("`{path}` is not UTF-8: byte {offset}, on line {line}, is no character")]
    #[diagnostic(code(whimbrel::store::not_utf8), help("save the file as UTF-8"))]
    NotUtf8 {
        /// The path.
        path: String,
        /// The first byte that is no character, from 0.
        offset: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// The system failed us in another way.
    #[error("cannot {action} `{path}`: {reason}")]
    #[diagnostic(code(whimbrel::store::io), help("check the disk and the folder, then run it again"))]
    Io {
        /// The file or folder.
        path: String,
        /// What we were doing: `read`, `write`, `delete`.
        action: &'static str,
        /// What the system said.
        reason: String,
    },
    /// Somebody else holds the lock.
    #[error("`{store}` is being written by another process; waited {waited:?} for it")]
    #[diagnostic(
        code(whimbrel::store::locked),
        help("wait until the other `whimbrel` has ended, then run it again")
    )]
    Locked {
        /// The store.
        store: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A text on which an edit is built has changed since it was read.
    #[error("`{path}` in `{store}` has changed since it was read")]
    #[diagnostic(
        code(whimbrel::store::changed),
        help("somebody else wrote migrations at the same time; nothing was written: run it again")
    )]
    Changed {
        /// The store.
        store: String,
        /// The path.
        path: String,
    },
    /// An edit was decided, and then could not be carried out.
    #[error("the files in `{store}` are not all written yet: {source}")]
    #[diagnostic(
        code(whimbrel::store::unfinished),
        help(
            "the edit counts as done and is kept in `meta/_edit.json`: once the cause is gone, the next `whimbrel` that writes there finishes it"
        )
    )]
    Unfinished {
        /// The store.
        store: String,
        /// What stopped it.
        #[source]
        source: Box<StoreError>,
    },
    /// The file with an unfinished edit does not read.
    #[error("`{path}` in `{store}` does not read as an unfinished edit: {reason}")]
    #[diagnostic(
        code(whimbrel::store::intent),
        help(
            "whimbrel writes this file whole and deletes it after use; if it was touched by hand, restore it, else move it away and compare the folder with its last commit"
        )
    )]
    Intent {
        /// The store.
        store: String,
        /// The path of the file.
        path: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The store cannot do what was asked of it.
    #[error("the store `{store}` cannot {action}")]
    #[diagnostic(code(whimbrel::store::unsupported), help("its capabilities say so; use another store"))]
    Unsupported {
        /// The store.
        store: String,
        /// What it cannot do.
        action: &'static str,
    },
    /// A database that holds migrations failed.
    #[error("the migrations in `{store}` cannot be reached: {source}")]
    #[diagnostic(code(whimbrel::store::database))]
    Database {
        /// The store.
        store: String,
        /// What happened.
        source: Box<whimbrel_db::DbError>,
        /// What to do next, as far as the database or its client says so.
        #[help]
        help: Option<String>,
    },
    /// A table may not be called so.
    #[error("migrations cannot be kept in a table called `{}`", name.escape_debug())]
    #[diagnostic(
        code(whimbrel::store::table),
        help("take at most 63 letters, digits and `_`, not beginning with a digit: {DEFAULT_TABLE}")
    )]
    Table {
        /// The name.
        name: String,
    },
    /// There is a table of that name, and it is somebody else's.
    #[error("the table `{table}` of `{store}` is there, and is not one of whimbrel's")]
    #[diagnostic(
        code(whimbrel::store::other_table),
        help(
            "it was left as it is; keep the migrations in a table of another name: `--dir table:{DEFAULT_TABLE}`"
        )
    )]
    OtherTable {
        /// The store.
        store: String,
        /// The table.
        table: String,
    },
    /// A bucket failed.
    #[cfg(feature = "object-store")]
    #[error(transparent)]
    #[diagnostic(transparent)]
    Bucket(#[from] super::BucketError),
    /// A store of another make failed.
    #[error("the store `{store}` failed: {source}")]
    #[diagnostic(code(whimbrel::store::other), help("once its cause is gone, run it again"))]
    Other {
        /// The store.
        store: String,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// The failure of a store of one's own.
    ///
    /// ```
    /// use whimbrel::store::StoreError;
    /// let error = StoreError::other("the bucket", "403 forbidden");
    /// assert_eq!(error.to_string(), "the store `the bucket` failed: 403 forbidden");
    /// ```
    pub fn other(store: &str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other { store: store.to_owned(), source: source.into() }
    }

    pub(crate) fn unsupported(store: &str, action: &'static str) -> Self {
        Self::Unsupported { store: store.to_owned(), action }
    }
}
