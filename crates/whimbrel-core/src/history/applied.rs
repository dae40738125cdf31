//! What a database says of itself: the rows of its tracking table.

/// A row of the tracking table: a migration that the database has applied.
///
/// ```
/// use whimbrel_core::history::AppliedMigration;
/// let row = AppliedMigration {
///     id: 1,
///     name: "users".into(),
///     checksum: "0".repeat(64),
///     applied_at: "2026-01-31 10:00:00".into(),
/// };
/// assert_eq!(row.checksum.len(), 64);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMigration {
    /// The number of the row; rows ascend in the order of application.
    pub id: i64,
    /// The name of the migration.
    pub name: String,
    /// The checksum as stored, which may be anything.
    pub checksum: String,
    /// When it was applied, as the database writes it.
    pub applied_at: String,
}

/// A migration that runs statement by statement, was begun and is not finished.
///
/// ```
/// use whimbrel_core::history::Progress;
/// let stopped = Progress {
///     name: "users".into(),
///     checksum: "0".repeat(64),
///     done: 2,
///     is_open: true,
///     started_at: "2026-01-31 10:00:00".into(),
/// };
/// assert!(stopped.is_open && stopped.done == 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The name of the migration.
    pub name: String,
    /// The checksum of the file that was begun, as stored.
    pub checksum: String,
    /// How many of its statements are known to be done.
    pub done: usize,
    /// Whether the next one was begun, and nobody knows how it ended.
    pub is_open: bool,
    /// When it was begun, as the database writes it.
    pub started_at: String,
}
