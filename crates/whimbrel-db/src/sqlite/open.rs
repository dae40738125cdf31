//! Opening SQLite files, and leaving nothing behind.
//!
//! | access | file exists | file is missing |
//! |---|---|---|
//! | read-only | opened read-only: no page is written, not even by a checkpoint | refused, or an empty database in memory stands in for it |
//! | read-write | opened | refused, or created |
//!
//! What opening alone creates is removed on closing: a new file into which
//! nothing was written, and the empty `-wal` and `-shm` files that a read-only
//! connection makes beside a file in WAL mode and does not remove itself.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::connect::{Access, ConnectOptions, Missing};
use crate::error::DbError;
use crate::url::{SqliteLocation, SqliteMode};

/// An open connection and what opening it may have left on the disk.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) traces: Traces,
}

/// What to look at when the connection is closed.
#[derive(Debug)]
pub(super) enum Traces {
    /// Nothing.
    None,
    /// The file was created by opening it.
    NewFile(PathBuf),
    /// The file was opened read-only, and no write-ahead log was beside it.
    NoLogBefore(PathBuf),
}

/// How a file is to be opened.
#[derive(Debug, Clone)]
pub(super) struct Request {
    location: SqliteLocation,
    access: Access,
    missing: Missing,
    /// Reads without any lock: only for files that nobody can be writing.
    immutable: bool,
}

impl Request {
    /// Joins what the URL and the options ask for: the narrower one counts.
    pub(super) fn new(location: &SqliteLocation, options: &ConnectOptions) -> Self {
        let (access, missing) = match location.mode {
            None => (options.access, options.missing),
            Some(SqliteMode::ReadOnly) => (Access::ReadOnly, Missing::Refuse),
            Some(SqliteMode::ReadWrite) => (options.access, Missing::Refuse),
            Some(SqliteMode::Create) => (options.access, options.missing),
        };
        Self { location: location.clone(), access, missing, immutable: false }
    }

    /// The same, for a file in a folder where SQLite may not create the shared
    /// memory that reading a write-ahead log takes. `None` where a log exists,
    /// for then somebody may be writing.
    pub(super) fn without_locks(&self) -> Option<Self> {
        let path = self.location.path.as_deref()?;
        let applies = self.access == Access::ReadOnly && !self.immutable && !beside(path, "-wal").exists();
        (applies && is_wal(path)).then(|| Self { immutable: true, ..self.clone() })
    }

    /// What messages call the database.
    pub(super) fn name(&self) -> String {
        match &self.location.path {
            Some(path) => path.display().to_string(),
            None => ":memory:".to_owned(),
        }
    }

    /// Opens the database; nothing is read from it yet.
    pub(super) fn open(&self) -> Result<Opened, DbError> {
        let Some(path) = self.location.path.as_deref() else { return memory(&self.name()) };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                Err(self.refused("it is a folder", "give the path of a file in it"))
            }
            Ok(_) => self.open_existing(path),
            Err(error) if error.kind() == ErrorKind::NotFound => self.open_missing(path),
            Err(error) => Err(self.refused(&error.to_string(), "check the path and its permissions")),
        }
    }

    fn open_existing(&self, path: &Path) -> Result<Opened, DbError> {
        if self.access == Access::ReadWrite
            && fs::metadata(path).is_ok_and(|found| found.permissions().readonly())
        {
            return Err(self.read_only());
        }
        let connection = self.open_file(path, OpenFlags::empty())?;
        let writable = self.access == Access::ReadWrite;
        if writable && connection.is_readonly("main").unwrap_or(false) {
            return Err(self.read_only());
        }
        let no_log = !writable && !self.immutable && !beside(path, "-wal").exists();
        let traces = if no_log { Traces::NoLogBefore(path.to_owned()) } else { Traces::None };
        Ok(Opened { connection, traces })
    }

    fn open_missing(&self, path: &Path) -> Result<Opened, DbError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let reason = format!("there is no folder `{}`", folder.display());
            return Err(self.refused(&reason, "create the folder, or check the path"));
        }
        match (self.missing, self.access) {
            (Missing::Refuse, _) => Err(self.refused(
                "there is no such file",
                "check the path; `whimbrel push` and `whimbrel migrate apply` create the file",
            )),
            (Missing::Create, Access::ReadOnly) => memory(&self.name()),
            (Missing::Create, Access::ReadWrite) => {
                let connection = self.open_file(path, OpenFlags::SQLITE_OPEN_CREATE)?;
                Ok(Opened { connection, traces: Traces::NewFile(path.to_owned()) })
            }
        }
    }

    fn open_file(&self, path: &Path, extra: OpenFlags) -> Result<Connection, DbError> {
        let access = match self.access {
            Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let flags = access | extra | base_flags();
        let mut parameters = self.location.parameters.clone();
        if self.immutable {
            parameters.push("immutable=1".to_owned());
        }
        let opened = if parameters.is_empty() && !path.starts_with("file:") {
            Connection::open_with_flags(path, flags)
        } else {
            let uri = format!("{}?{}", file_uri(path), parameters.join("&"));
            Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
        };
        let connection = opened.map_err(|error| self.cannot_open(path, &error))?;
        configure(&connection).map_err(|error| self.cannot_open(path, &error))?;
        Ok(connection)
    }

    fn cannot_open(&self, path: &Path, error: &rusqlite::Error) -> DbError {
        match (File::open(path), self.access) {
            (Err(system), Access::ReadOnly) => {
                self.refused(&system.to_string(), "check the permissions of the file and of its folder")
            }
            (Err(system), Access::ReadWrite) if system.kind() != ErrorKind::NotFound => {
                self.refused(&system.to_string(), "check the permissions of the file and of its folder")
            }
            (Err(_), Access::ReadWrite) => self.refused(
                "the file cannot be created in its folder",
                "make the folder writable, or choose another path",
            ),
            (Ok(_), _) => {
                self.refused(&error.to_string(), "check the permissions of the file and of its folder")
            }
        }
    }

    fn read_only(&self) -> DbError {
        DbError::ReadOnly {
            name: self.name(),
            reason: "the file is read-only".to_owned(),
            help: "make the file writable, or use `--dry-run` to see the plan".to_owned(),
        }
    }

    fn refused(&self, reason: &str, help: &str) -> DbError {
        DbError::Connect { name: self.name(), reason: reason.to_owned(), help: help.to_owned() }
    }
}

/// Opens an empty database in memory under the name of another.
pub(super) fn memory(name: &str) -> Result<Opened, DbError> {
    let open = || {
        let connection = Connection::open_in_memory_with_flags(
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | base_flags(),
        )?;
        configure(&connection)?;
        Ok(connection)
    };
    match open() {
        Ok(connection) => Ok(Opened { connection, traces: Traces::None }),
        Err(error) => {
            let error: rusqlite::Error = error;
            let help = "there may be too little memory".to_owned();
            Err(DbError::Connect { name: name.to_owned(), reason: error.to_string(), help })
        }
    }
}

/// Every call happens on the connection's one thread: SQLite needs no mutex.
fn base_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // The session waits itself, so that it can tell and be stopped.
    connection.busy_timeout(std::time::Duration::ZERO)
}

/// Writes a path as SQLite's URI reads it.
fn file_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for c in path.to_string_lossy().chars() {
        match c {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    uri
}

/// The file that SQLite puts beside a database, such as `app.db-wal`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Says whether the header of the file asks for a write-ahead log
/// (<https://sqlite.org/fileformat2.html#the_database_header>).
fn is_wal(path: &Path) -> bool {
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[18..20] == [2, 2]
}

/// Closes a connection, and removes what it left.
pub(super) fn tidy(connection: Connection, traces: Traces) {
    // Whatever is open is rolled back. An error leaves a trace at worst.
    match traces {
        Traces::None => drop(connection.close()),
        Traces::NewFile(path) => remove_if_empty(connection, &path),
        Traces::NoLogBefore(path) => {
            drop(connection.close());
            remove_log(&path);
        }
    }
}

/// Removes a new file into which nothing was written. The exclusive lock keeps
/// out whoever opened it meanwhile: they find it moved before they can write.
fn remove_if_empty(connection: Connection, path: &Path) {
    let is_empty = || fs::metadata(path).is_ok_and(|found| found.len() == 0);
    let locked = || connection.execute_batch("ROLLBACK").is_ok() || connection.is_autocommit();
    if is_empty() && locked() && connection.execute_batch("BEGIN EXCLUSIVE").is_ok() && is_empty() {
        drop(fs::remove_file(path));
    }
    drop(connection.close());
}

/// Has SQLite remove an empty log that nobody uses: the last connection that
/// may write does so when it closes.
fn remove_log(path: &Path) {
    let is_left = || fs::metadata(beside(path, "-wal")).is_ok_and(|found| found.len() == 0);
    if !is_left() {
        return;
    }
    if let Ok(connection) =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | base_flags())
    {
        let read: rusqlite::Result<i64> = connection.query_row("PRAGMA schema_version", [], |row| row.get(0));
        if read.is_ok() {
            drop(connection.close());
        }
    }
}
