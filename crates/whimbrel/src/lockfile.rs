//! Kontract's lock file as functions, for programs that do without a
//! [`Migrator`](crate::Migrator): read it, write it, record what was applied,
//! compare fields, make the file of a new migration.
//!
//! They know nothing of databases, and what they write Kontract reads, and the
//! other way round. The commands keep the same file by themselves: see
//! [`Migrator`](crate::Migrator).
//!
//! ```
//! use whimbrel::Clock;
//! use whimbrel::lockfile::{
//!     LockChange, LockMigration, apply_migration, create_empty_lock_file, create_migration,
//!     generate_sql_add_field, read_lock_file, write_lock_file,
//! };
//! let project = tempfile::tempdir().unwrap();
//! let clock = Clock::pinned(1_768_478_400_000);
//!
//! let created = create_migration(project.path(), "add-email", &clock)?;
//! assert_eq!(created.path, project.path().join("migrations/0001_add-email.ts"));
//!
//! let lock = read_lock_file(project.path())?.unwrap_or_else(create_empty_lock_file);
//! let migration = LockMigration {
//!     version: created.version,
//!     changes: vec![LockChange::add_field("users", "email", "string")],
//!     sql: generate_sql_add_field("tbl_users_abc123", "email", "string"),
//!     ..LockMigration::default()
//! };
//! write_lock_file(project.path(), &apply_migration(&lock, migration, &clock))?;
//! assert_eq!(read_lock_file(project.path())?.unwrap().version, 1);
//! # Ok::<(), whimbrel::Error>(())
//! ```

use std::path::{Path, PathBuf};

use whimbrel_core::history::{Format, check_name, template};
use whimbrel_core::lockfile;
pub use whimbrel_core::lockfile::{
    Field, FieldChange, FieldDifference, Fields, FileName, LOCK_FILE, LockChange, LockFile, LockFileError,
    LockFileProblem, LockFileProblemKind, LockMigration, LockTable, Ordered, Rest, SchemaDiff, column_type,
    diff_schemas, generate_sql_add_field, known_column_type, known_field_type, schema_hash,
};

use crate::clock::Clock;
use crate::error::Error;
use crate::history::HistoryError;
use crate::store::FsStore;

/// The folder of migrations in a project.
const FOLDER: &str = "migrations";

/// How often a number is looked for that others keep taking.
const ATTEMPTS: usize = 100;

/// Reads the lock file of the project in `dir`; `None` if there is none.
///
/// ```
/// use whimbrel::lockfile::read_lock_file;
///
/// let project = tempfile::tempdir().unwrap();
/// assert_eq!(read_lock_file(project.path())?, None);
/// std::fs::write(project.path().join("kontract.lock.json"), "half of a fi").unwrap();
/// assert!(read_lock_file(project.path()).is_err());
/// # Ok::<(), whimbrel::Error>(())
/// ```
///
/// # Errors
///
/// If the file cannot be read, is not JSON, or has the wrong shape.
pub fn read_lock_file(dir: impl AsRef<Path>) -> Result<Option<LockFile>, Error> {
    let dir = dir.as_ref();
    let Some(text) = FsStore::new(dir).read(LOCK_FILE)? else { return Ok(None) };
    Ok(Some(LockFile::from_json(&dir.join(LOCK_FILE).display().to_string(), &text)?))
}

/// Writes the lock file of the project in `dir`: whoever reads it meanwhile sees
/// the old one or the new one, also after a crash.
///
/// ```
/// use whimbrel::lockfile::{LockFile, read_lock_file, write_lock_file};
///
/// let project = tempfile::tempdir().unwrap();
/// let lock = LockFile { version: 3, ..LockFile::empty() };
/// write_lock_file(project.path(), &lock)?;
/// assert_eq!(read_lock_file(project.path())?, Some(lock));
/// # Ok::<(), whimbrel::Error>(())
/// ```
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_lock_file(dir: impl AsRef<Path>, lock: &LockFile) -> Result<(), Error> {
    Ok(FsStore::new(dir.as_ref()).write(LOCK_FILE, &lock.to_json())?)
}

/// The lock file of a project in which nothing was applied.
///
/// ```
/// use whimbrel::lockfile::create_empty_lock_file;
///
/// let lock = create_empty_lock_file();
/// assert_eq!((lock.version, lock.migrations.len()), (0, 0));
/// ```
pub fn create_empty_lock_file() -> LockFile {
    LockFile::empty()
}

/// Returns the lock file with one more applied migration, stamped with the time.
///
/// It appends the record and takes its version, and does nothing else: it runs no
/// SQL, and the tables stay as they are.
///
/// ```
/// use whimbrel::Clock;
/// use whimbrel::lockfile::{LockFile, LockMigration, apply_migration};
///
/// let migration = LockMigration { version: 1, ..LockMigration::default() };
/// let lock = apply_migration(&LockFile::empty(), migration, &Clock::pinned(1_768_478_400_000));
/// assert_eq!(lock.version, 1);
/// assert_eq!(lock.migrations[0].timestamp.as_deref(), Some("2026-01-15T12:00:00.000Z"));
/// ```
pub fn apply_migration(lock: &LockFile, migration: LockMigration, clock: &Clock) -> LockFile {
    lockfile::apply_migration(lock, migration, clock.now())
}

/// The file that [`create_migration`] made.
///
/// ```
/// use whimbrel::Clock;
/// use whimbrel::lockfile::{CreatedMigration, create_migration};
///
/// let project = tempfile::tempdir().unwrap();
/// let created = create_migration(project.path(), "add-email", &Clock::system())?;
/// let path = project.path().join("migrations/0001_add-email.ts");
/// assert_eq!(created, CreatedMigration { path, version: 1 });
/// # Ok::<(), whimbrel::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedMigration {
    /// Where it is.
    pub path: PathBuf,
    /// Its number.
    pub version: u32,
}

/// Writes the file of a new migration, to be filled in, into `migrations` in
/// `dir`. The lock file stays as it is.
///
/// The number is the next one after the lock file's version and after those of
/// all files, so that nothing is ever overwritten. The name is taken as it is.
///
/// ```
/// use whimbrel::Clock;
/// use whimbrel::lockfile::create_migration;
///
/// let (project, clock) = (tempfile::tempdir().unwrap(), Clock::system());
/// assert_eq!(create_migration(project.path(), "users", &clock)?.version, 1);
/// // The next number after those of all files.
/// assert_eq!(create_migration(project.path(), "posts", &clock)?.version, 2);
/// assert!(create_migration(project.path(), "../elsewhere", &clock).is_err());
/// # Ok::<(), whimbrel::Error>(())
/// ```
///
/// # Errors
///
/// If the name cannot be part of a file's name, the lock file does not read, or
/// the file cannot be written.
pub fn create_migration(dir: impl AsRef<Path>, name: &str, clock: &Clock) -> Result<CreatedMigration, Error> {
    let dir = dir.as_ref();
    if let Err(problem) = check_name(name) {
        return Err(HistoryError::BadName { name: name.to_owned(), problem }.into());
    }
    let last = read_lock_file(dir)?.map_or(0, |lock| lock.version);
    let folder = FsStore::new(dir.join(FOLDER));
    for _ in 0..ATTEMPTS {
        let files = folder.file_names()?;
        let highest = files.iter().filter_map(|file| FileName::read(file)).map(|file| file.version).max();
        let version = last.max(highest.unwrap_or(0)) + 1;
        let file = FileName { version, name: name.to_owned(), format: Format::Ts }.to_string();
        if folder.write_new(&file, &template(Format::Ts, version, name, clock.now()))? {
            return Ok(CreatedMigration { path: dir.join(FOLDER).join(file), version });
        }
    }
    Err(HistoryError::Orphan { path: dir.join(FOLDER).display().to_string() }.into())
}
