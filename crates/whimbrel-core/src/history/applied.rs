//! What a database says of itself: the rows of its tracking table.

/// A row of the tracking table: a migration that the database has applied.
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
