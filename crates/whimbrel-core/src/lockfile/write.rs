//! Writes a lock file: what was read and not changed has the same bytes again.

use super::json::Json;
use super::{Field, Fields, LockChange, LockFile, LockMigration, LockTable, Ordered, Rest};
use crate::checksum::Checksum;
use crate::history::Replaced;

impl LockFile {
    /// Writes the lock file.
    ///
    /// ```
    /// use whimbrel_core::lockfile::LockFile;
    ///
    /// // Spaced as others have spaced it, it is written as Kontract writes it.
    /// let lock = LockFile::from_json("kontract.lock.json", r#"{"tables":{},"version":3,"migrations":[]}"#).unwrap();
    /// assert_eq!(lock.to_json(), "{\n  \"tables\": {},\n  \"version\": 3,\n  \"migrations\": []\n}\n");
    /// ```
    pub fn to_json(&self) -> String {
        let tables = self.tables.iter().map(|(name, table)| (name, lock_table(table))).collect();
        let migrations = self.migrations.iter().map(lock_migration).collect();
        let json = self.rest.object([
            ("version", Some(number(self.version))),
            ("tables", Some(Json::Object(tables))),
            ("migrations", Some(Json::List(migrations))),
        ]);
        format!("{}\n", json.pretty())
    }
}

pub(super) fn lock_table(table: &LockTable) -> Json {
    table.rest.object([
        ("ptr", text(&table.ptr)),
        ("schema", Some(fields(&table.schema))),
        ("hash", table.hash.as_ref().and_then(text)),
    ])
}

pub(super) fn fields(schema: &Fields) -> Json {
    Json::Object(schema.iter().map(|(name, one)| (name, field(one))).collect())
}

pub(super) fn field(field: &Field) -> Json {
    field.rest.object([
        ("type", text(&field.field_type)),
        ("primkey", field.primkey.map(Json::Bool)),
        ("perm", field.perm.map(|perm| Json::Number(perm.into()))),
    ])
}

fn lock_migration(migration: &LockMigration) -> Json {
    migration.rest.object([
        ("version", Some(number(migration.version))),
        ("changes", Some(Json::List(migration.changes.iter().map(lock_change).collect()))),
        ("sql", text(&migration.sql)),
        ("name", migration.name.as_ref().and_then(text)),
        ("checksum", migration.checksum.as_ref().and_then(|checksum| text(checksum.as_str()))),
        ("legacyChecksum", checksums(&migration.legacy_checksums)),
        ("replaces", Some(&migration.replaces).filter(|all| !all.is_empty()).map(|all| replaces(all))),
        ("timestamp", migration.timestamp.as_ref().and_then(text)),
    ])
}

fn replaces(all: &[Replaced]) -> Json {
    let one = |one: &Replaced| {
        Rest::default().object([
            ("name", text(&one.name)),
            ("checksum", text(one.checksum.as_str())),
            ("legacyChecksum", checksums(&one.legacy_checksums)),
            ("by", one.by.as_ref().and_then(text)),
        ])
    };
    Json::List(all.iter().map(one).collect())
}

fn lock_change(change: &LockChange) -> Json {
    change.rest.object([
        ("type", text(&change.kind)),
        ("table", text(&change.table)),
        ("field", change.field.as_ref().and_then(text)),
        ("fieldType", change.field_type.as_ref().and_then(text)),
    ])
}

/// Nothing, one checksum, or a list of them.
fn checksums(all: &[Checksum]) -> Option<Json> {
    match all {
        [] => None,
        [one] => text(one.as_str()),
        several => Some(Json::List(several.iter().filter_map(|one| text(one.as_str())).collect())),
    }
}

fn text(text: impl AsRef<str>) -> Option<Json> {
    Some(Json::Text(text.as_ref().to_owned()))
}

fn number(number: u32) -> Json {
    Json::Number(number.into())
}

impl Rest {
    /// A value that has no field of its own here.
    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        self.keys.iter().find(|(one, _)| one == key)?.1.as_ref()
    }

    /// Puts a value that has no field of its own here.
    pub(super) fn with(mut self, key: &str, value: Json) -> Self {
        self.keys.retain(|(one, _)| one != key);
        self.keys.push((key.to_owned(), Some(value)));
        self
    }

    /// The object with the fields that have a meaning where they stood, and those
    /// that are new at the end.
    fn object<const N: usize>(&self, fields: [(&'static str, Option<Json>); N]) -> Json {
        let mut fields = fields.to_vec();
        let mut object = Ordered::default();
        for (key, value) in &self.keys {
            let value = match fields.iter_mut().find(|(name, _)| name == key) {
                Some((_, value)) => value.take(),
                None => value.clone(),
            };
            if let Some(value) = value {
                object.insert(key.as_str(), value);
            }
        }
        for (key, value) in fields {
            if let Some(value) = value {
                object.insert(key, value);
            }
        }
        Json::Object(object)
    }
}
