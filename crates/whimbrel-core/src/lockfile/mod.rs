//! Kontract's lock file, `kontract.lock.json`: which migrations were applied,
//! and which fields each logical table has.
//!
//! The file is JSON as a JavaScript engine prints it, with an indentation of two
//! spaces and one newline at the end. What it holds besides the fields named here
//! is kept, and so is the order of all keys: a lock file that is read and written
//! again has the same bytes. Everything here is texts and values; who reads and
//! writes the file is told by none of it.

mod apply;
mod base;
mod catch_up;
mod contradiction;
mod diff;
mod file;
mod folder;
mod hash;
mod inverse;
mod json;
mod ordered;
mod problem;
mod read;
mod records;
mod sql;
mod touch;
mod write;

pub use apply::apply_migration;
pub use base::UnknownType;
pub use catch_up::{Caught, CaughtUp, catch_up};
pub use diff::{FieldChange, FieldDifference, SchemaDiff, diff_schemas};
pub use file::FileName;
pub use folder::{FolderProblem, Found, folder_entries, folder_journal};
pub use hash::schema_hash;
pub use ordered::Ordered;
pub use problem::{LockFileError, LockFileProblem, LockFileProblemKind};
pub use read::read_fields;
pub use sql::{column_type, generate_sql_add_field, known_column_type, known_field_type};

use json::Json;

use crate::checksum::Checksum;
use crate::dialect::Dialect;
use crate::history::Replaced;
use crate::name::ObjectName;

/// The name of the file.
///
/// ```
/// use whimbrel_core::lockfile::LOCK_FILE;
/// assert_eq!(LOCK_FILE, "kontract.lock.json");
/// ```
pub const LOCK_FILE: &str = "kontract.lock.json";

/// What a lock file says.
///
/// ```
/// use whimbrel_core::lockfile::LockFile;
/// let empty = LockFile::empty();
/// let text = "{\n  \"version\": 0,\n  \"tables\": {},\n  \"migrations\": []\n}\n";
/// assert_eq!(empty.to_json(), text);
/// assert_eq!(LockFile::from_json("kontract.lock.json", text).unwrap(), empty);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LockFile {
    /// The version of the last applied migration; 0 at the start.
    pub version: u32,
    /// The tables, by their logical names.
    pub tables: Ordered<LockTable>,
    /// The applied migrations, oldest first.
    pub migrations: Vec<LockMigration>,
    /// What else there is.
    pub rest: Rest,
}

/// A table, as the lock file has it.
///
/// ```
/// use whimbrel_core::lockfile::{Field, LockTable, schema_hash};
///
/// let schema = [("id", Field::new("string"))].into_iter().collect();
/// let hash = Some(schema_hash(&schema));
/// let users = LockTable { ptr: "tbl_users_abc123".into(), schema, hash, ..LockTable::default() };
/// assert_eq!(users.schema.get("id").unwrap().field_type, "string");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LockTable {
    /// The name of the table in the database.
    pub ptr: String,
    /// The fields, by name.
    pub schema: Fields,
    /// A hash of the fields: see [`schema_hash`]. Others write what they like
    /// there, and it is kept until the fields change.
    pub hash: Option<String>,
    /// What else there is.
    pub rest: Rest,
}

/// The fields of a table, by name.
///
/// ```
/// use whimbrel_core::lockfile::{Field, Fields};
/// let fields: Fields = [("id", Field::new("string")), ("age", Field::new("number"))].into_iter().collect();
/// assert_eq!(fields.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["id", "age"]);
/// ```
pub type Fields = Ordered<Field>;

/// A field of a table.
///
/// ```
/// use whimbrel_core::lockfile::{Field, read_fields};
/// let fields = read_fields(r#"{ "id": { "type": "string", "primkey": true } }"#).unwrap();
/// assert_eq!(fields.get("id"), Some(&Field { primkey: Some(true), ..Field::new("string") }));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Field {
    /// What it holds: `string`, `number`, `boolean`, or any other text.
    pub field_type: String,
    /// Whether it is the primary key.
    pub primkey: Option<bool>,
    /// What may be done with it: 4 read, 2 write, 1 execute or delete, or sums.
    pub perm: Option<i64>,
    /// What else there is.
    pub rest: Rest,
}

/// The record of an applied migration.
///
/// ```
/// use whimbrel_core::lockfile::{LockChange, LockFile, LockMigration, apply_migration};
///
/// let changes = vec![LockChange::add_field("users", "age", "number")];
/// let migration = LockMigration { version: 1, changes, name: Some("add-age".into()), ..Default::default() };
/// let lock = apply_migration(&LockFile::empty(), migration, 0);
/// assert_eq!(lock.record("add-age").unwrap().version, 1);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LockMigration {
    /// Its number.
    pub version: u32,
    /// What it changed.
    pub changes: Vec<LockChange>,
    /// The SQL that it ran.
    pub sql: String,
    /// Its name. Kontract writes none.
    pub name: Option<String>,
    /// The checksum of its file. Kontract writes none.
    pub checksum: Option<Checksum>,
    /// Checksums that its file had before, oldest first: databases may have one of
    /// them. Kontract writes none.
    pub legacy_checksums: Vec<Checksum>,
    /// The migrations that it stands for, oldest first. Kontract writes none.
    pub replaces: Vec<Replaced>,
    /// When it was applied, such as `2026-01-15T12:00:00.000Z`.
    pub timestamp: Option<String>,
    /// What else there is.
    pub rest: Rest,
}

/// One change of a migration.
///
/// ```
/// use whimbrel_core::lockfile::LockChange;
/// let change = LockChange::add_field("users", "age", "number");
/// assert_eq!((change.kind.as_str(), change.field.as_deref()), ("add_field", Some("age")));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LockChange {
    /// Its kind; Kontract knows `add_field` alone.
    pub kind: String,
    /// The logical name of the table.
    pub table: String,
    /// The field, where it is about one.
    pub field: Option<String>,
    /// The type that the field has or had.
    pub field_type: Option<String>,
    /// What else there is.
    pub rest: Rest,
}

/// What stands in an object of the file besides the fields that have a meaning
/// here, and in which order all of it stands.
///
/// ```
/// use whimbrel_core::lockfile::LockFile;
///
/// // What has no meaning here is kept where it stands.
/// let text = "{\n  \"note\": \"ours\",\n  \"version\": 0,\n  \"tables\": {},\n  \"migrations\": []\n}\n";
/// let lock = LockFile::from_json("kontract.lock.json", text).unwrap();
/// assert_eq!(lock.to_json(), text);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Rest {
    /// The keys in order; those that have a meaning are there without a value.
    keys: Vec<(String, Option<Json>)>,
}

/// Where the keys that have a meaning stand makes no difference.
impl PartialEq for Rest {
    fn eq(&self, other: &Self) -> bool {
        let others = |rest: &Self| {
            let others = rest.keys.iter().filter(|(_, value)| value.is_some());
            others.cloned().collect::<Vec<_>>()
        };
        others(self) == others(other)
    }
}

impl LockFile {
    /// The lock file of a project in which nothing was applied.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The table whose name in the database is `ptr`, with its logical name.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{LockFile, LockTable};
    /// let users = LockTable { ptr: "tbl_users_abc123".into(), ..LockTable::default() };
    /// let lock = LockFile { tables: [("users", users)].into_iter().collect(), ..LockFile::empty() };
    /// assert_eq!(lock.table_at("tbl_users_abc123").unwrap().0, "users");
    /// assert!(lock.table_at("users").is_none());
    /// ```
    pub fn table_at(&self, ptr: &str) -> Option<(&str, &LockTable)> {
        self.tables.iter().find(|(_, table)| table.ptr == ptr)
    }
}

impl LockTable {
    /// The name of the table in the database: `ptr`, with its namespace where the
    /// engine has namespaces.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::lockfile::LockTable;
    /// let table = LockTable { ptr: "app.tbl_users".into(), ..LockTable::default() };
    /// assert_eq!(table.name(Dialect::Postgres).namespace.as_deref(), Some("app"));
    /// assert_eq!(table.name(Dialect::Sqlite).namespace, None);
    /// ```
    pub fn name(&self, dialect: Dialect) -> ObjectName {
        match dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres => ObjectName::parse(&self.ptr),
        }
        .unwrap_or_else(|| ObjectName::new(&self.ptr))
    }
}

impl Field {
    /// A field of a type, with nothing else said of it.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{Field, diff_schemas};
    /// let old = [("id", Field::new("string"))].into_iter().collect();
    /// let new = [("id", Field::new("string")), ("age", Field::new("number"))].into_iter().collect();
    /// assert!(diff_schemas(&old, &new).safe);
    /// ```
    pub fn new(field_type: impl Into<String>) -> Self {
        Self { field_type: field_type.into(), ..Self::default() }
    }
}

impl LockChange {
    /// A field that a table gains.
    pub fn add_field(
        table: impl Into<String>,
        field: impl Into<String>,
        field_type: impl Into<String>,
    ) -> Self {
        Self {
            kind: "add_field".to_owned(),
            table: table.into(),
            field: Some(field.into()),
            field_type: Some(field_type.into()),
            rest: Rest::default(),
        }
    }
}

#[cfg(test)]
mod tests;
