//! The records of a lock file, kept in step with a journal.

use super::LockFile;
use super::inverse::undo;
use super::{LockMigration, LockTable, Ordered, schema_hash};
use crate::history::{Entry, Journal};

impl LockFile {
    /// The lock file in which every record says the name of its file: what
    /// Kontract wrote says a number alone.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, Journal};
    /// use whimbrel_core::lockfile::{LockFile, LockMigration};
    ///
    /// let of_kontract = LockMigration { version: 1, ..LockMigration::default() };
    /// let lock = LockFile { version: 1, migrations: vec![of_kontract], ..LockFile::empty() };
    /// let users = Entry::new(1, "users", 0, Checksum::of_file(""));
    /// let journal = Journal { dialect: Dialect::Sqlite, entries: vec![users] };
    /// assert_eq!(lock.named(&journal).migrations[0].name.as_deref(), Some("users"));
    /// ```
    pub fn named(&self, journal: &Journal) -> Self {
        let mut lock = self.clone();
        for record in lock.migrations.iter_mut().filter(|record| record.name.is_none()) {
            let entry = journal.entries.iter().find(|entry| entry.idx == record.version);
            record.name = entry.map(|entry| entry.name.clone());
        }
        lock
    }

    /// Returns the record of a migration.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{LockFile, LockMigration};
    /// let users = LockMigration { version: 1, name: Some("users".into()), ..LockMigration::default() };
    /// let lock = LockFile { version: 1, migrations: vec![users], ..LockFile::empty() };
    /// assert_eq!(lock.record("users").unwrap().version, 1);
    /// assert!(lock.record("posts").is_none());
    /// ```
    pub fn record(&self, name: &str) -> Option<&LockMigration> {
        self.migrations.iter().find(|record| record.name.as_deref() == Some(name))
    }

    /// The lock file for another journal: records get the numbers and checksums
    /// of their entries, those of squashed migrations become one, and what comes
    /// after a migration that is not recorded waits for a database to say so.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, Journal};
    /// use whimbrel_core::lockfile::{LockFile, LockMigration};
    ///
    /// let users = LockMigration { version: 1, name: Some("users".into()), ..LockMigration::default() };
    /// let lock = LockFile { version: 1, migrations: vec![users], ..LockFile::empty() };
    /// // A rebase put a migration of theirs before it, which is not recorded yet.
    /// let entries = vec![
    ///     Entry::new(1, "posts", 0, Checksum::of_file("")),
    ///     Entry::new(2, "users", 0, Checksum::of_file("")),
    /// ];
    /// let journal = Journal { dialect: Dialect::Sqlite, entries };
    /// assert_eq!(lock.with_journal(&journal).migrations, []);
    /// let alone = Journal { entries: journal.entries[1..].to_vec(), ..journal };
    /// assert_eq!(lock.with_journal(&alone).version, 2);
    /// ```
    pub fn with_journal(&self, journal: &Journal) -> Self {
        let records = journal.entries.iter().map_while(|entry| self.record_of(entry));
        let migrations: Vec<_> = records.collect();
        let version = migrations.last().map_or(0, |record| record.version);
        Self { version, migrations, ..self.clone() }
    }

    fn record_of(&self, entry: &Entry) -> Option<LockMigration> {
        let before = match self.record(&entry.name) {
            Some(record) => record.clone(),
            None => self.squashed(entry)?,
        };
        let changed = before.checksum.as_ref() != Some(&entry.checksum);
        Some(LockMigration {
            version: entry.idx,
            name: Some(entry.name.clone()),
            checksum: before.checksum.clone().filter(|_| !changed).or_else(|| Some(entry.checksum.clone())),
            legacy_checksums: entry.legacy_checksums.clone(),
            replaces: entry.replaces.clone(),
            ..before
        })
    }

    /// The records of what an entry replaces, as one.
    fn squashed(&self, entry: &Entry) -> Option<LockMigration> {
        let replaced = entry.replaces.iter().filter(|one| one.by.is_none());
        let records: Vec<_> = replaced.map(|one| self.record(&one.name)).collect::<Option<_>>()?;
        let last = *records.last()?;
        let sql: Vec<_> = records.iter().map(|record| record.sql.as_str()).collect();
        Some(LockMigration {
            changes: records.iter().flat_map(|record| record.changes.clone()).collect(),
            sql: sql.join("\n"),
            ..last.clone()
        })
    }

    /// The lock file as it was after its first `count` migrations: the later
    /// records go, and their changes are taken back from the tables.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{Field, LockChange, LockFile, LockMigration, LockTable};
    /// let fields = [("id", Field::new("string")), ("age", Field::new("number"))];
    /// let users = LockTable { ptr: "users".into(), schema: fields.into_iter().collect(), ..LockTable::default() };
    /// let added = LockChange::add_field("users", "age", "number");
    /// let lock = LockFile {
    ///     version: 1,
    ///     tables: [("users", users)].into_iter().collect(),
    ///     migrations: vec![LockMigration { version: 1, changes: vec![added], ..LockMigration::default() }],
    ///     ..LockFile::empty()
    /// };
    /// let before = lock.truncated(0);
    /// assert_eq!((before.version, before.migrations.len()), (0, 0));
    /// assert!(!before.tables.get("users").unwrap().schema.contains("age"));
    /// ```
    pub fn truncated(&self, count: usize) -> Self {
        let mut lock = self.clone();
        let gone = lock.migrations.split_off(count.min(lock.migrations.len()));
        for change in gone.iter().rev().flat_map(|record| record.changes.iter().rev()) {
            undo(&mut lock.tables, change);
        }
        lock.version = lock.migrations.last().map_or(0, |record| record.version);
        refresh_hashes(&mut lock.tables, &self.tables);
        lock
    }
}

/// Gives every table whose fields are not what they were `before` a new hash;
/// returns the names of those that had one that is not whimbrel's.
pub(super) fn refresh_hashes(tables: &mut Ordered<LockTable>, before: &Ordered<LockTable>) -> Vec<String> {
    let names: Vec<String> = tables.iter().map(|(name, _)| name.to_owned()).collect();
    let mut foreign = Vec::new();
    for name in names {
        let Some(table) = tables.get_mut(&name) else { continue };
        let old = before.get(&name);
        if old.is_some_and(|old| old.schema == table.schema) {
            continue;
        }
        let is_foreign = |old: &&LockTable| {
            old.hash.as_ref().is_some_and(|hash| !hash.is_empty() && *hash != schema_hash(&old.schema))
        };
        if old.filter(is_foreign).is_some() {
            foreign.push(name);
        }
        table.hash = Some(schema_hash(&table.schema));
    }
    foreign
}
