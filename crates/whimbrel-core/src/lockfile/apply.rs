//! A migration enters the lock file.

use super::{LockFile, LockMigration};
use crate::history::iso_time;

/// Returns the lock file with one more applied migration: its record comes last,
/// and the file has its version. The record's timestamp is `now`, in milliseconds
/// since 1970-01-01 UTC, whatever it was before.
///
/// Nothing else changes: the tables stay as they are, no SQL is run, and the
/// version may be any.
///
/// ```
/// use whimbrel_core::lockfile::{LockChange, LockFile, LockMigration, apply_migration};
/// let migration = LockMigration {
///     version: 1,
///     changes: vec![LockChange::add_field("users", "email", "string")],
///     sql: "ALTER TABLE tbl_users_abc123 ADD COLUMN email TEXT;".into(),
///     ..LockMigration::default()
/// };
/// let lock = apply_migration(&LockFile::empty(), migration, 1_768_478_400_000);
/// assert_eq!(lock.version, 1);
/// assert_eq!(lock.migrations[0].timestamp.as_deref(), Some("2026-01-15T12:00:00.000Z"));
/// ```
pub fn apply_migration(lock: &LockFile, mut migration: LockMigration, now: i64) -> LockFile {
    migration.timestamp = Some(iso_time(now));
    let mut lock = lock.clone();
    lock.version = migration.version;
    lock.migrations.push(migration);
    lock
}
