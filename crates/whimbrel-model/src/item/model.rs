//! A model: a struct that is a table.

use serde::{Deserialize, Serialize};
use whimbrel_core::name::ObjectName;

use super::{CheckDef, Field, IndexDef, KeyDef, ManyToMany, PerEngine, Reference};
use crate::at::At;

/// A struct that derives `Model`.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::build::build;
/// use whimbrel_model::item::{Field, Model, Scalar, Type};
///
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let user = Model { fields: vec![id], ..Model::new("User", "users".into()) };
/// let built = build(Dialect::Sqlite, &[user.clone()]).unwrap();
/// assert_eq!(built.schema.tables[0].name.to_string(), "users");
/// // Two models cannot share a table.
/// assert!(build(Dialect::Sqlite, &[user.clone(), Model { name: "Person".into(), ..user }]).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The name of the struct.
    pub name: String,
    /// The source file.
    pub file: String,
    /// Where the name of the struct stands.
    pub at: At,
    /// The table; a unit struct has none, it only carries SQL.
    pub table: Option<ObjectName>,
    /// What the table was called.
    pub renamed_from: Option<ObjectName>,
    /// The doc comment.
    pub comment: Option<String>,
    /// The fields.
    pub fields: Vec<Field>,
    /// The primary key, if the struct names it and not its fields.
    pub primary_key: Option<KeyDef>,
    /// The unique constraints.
    pub uniques: Vec<KeyDef>,
    /// The indexes.
    pub indexes: Vec<IndexDef>,
    /// The conditions.
    pub checks: Vec<CheckDef>,
    /// The foreign keys that the struct names and not its fields.
    pub references: Vec<Reference>,
    /// The relations through junction tables.
    pub many_to_many: Vec<ManyToMany>,
    /// What else the table is.
    pub flags: TableFlags,
    /// SQL for what models cannot say.
    pub sql: Vec<RawSql>,
}

/// What a table is besides its columns.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::item::{Scalar, TableFlags};
/// use whimbrel_model::types::scalar_type;
/// let strict = TableFlags { strict: true, ..TableFlags::default() };
/// assert_eq!(scalar_type(Dialect::Sqlite, Scalar::BigInt, strict), "INTEGER");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableFlags {
    /// SQLite's STRICT.
    pub strict: bool,
    /// SQLite's WITHOUT ROWID.
    pub without_rowid: bool,
    /// PostgreSQL's UNLOGGED.
    pub unlogged: bool,
    /// The table has no primary key, and is meant to have none.
    pub no_primary_key: bool,
}

/// SQL for what models cannot say.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::At;
/// use whimbrel_model::build::build;
/// use whimbrel_model::item::{Field, Model, PerEngine, RawSql, Scalar, Type};
///
/// let text = PerEngine::all("CREATE VIEW all_users AS SELECT * FROM users;");
/// let view = RawSql { text, before: false, at: At::default() };
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let user = Model { sql: vec![view], fields: vec![id], ..Model::new("User", "users".into()) };
/// assert!(build(Dialect::Sqlite, &[user]).unwrap().after[0].text.starts_with("CREATE VIEW"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawSql {
    /// The statements.
    pub text: PerEngine,
    /// Whether they come before the tables (extensions, types), not after.
    pub before: bool,
    /// Where they stand.
    pub at: At,
}

impl Model {
    /// A model with a table and nothing in it.
    pub fn new(name: impl Into<String>, table: ObjectName) -> Self {
        Self { table: Some(table), ..Self::unit(name) }
    }

    /// A model that is no table.
    pub(crate) fn unit(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            file: String::new(),
            at: At::default(),
            table: None,
            renamed_from: None,
            comment: None,
            fields: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            references: Vec::new(),
            many_to_many: Vec::new(),
            flags: TableFlags::default(),
            sql: Vec::new(),
        }
    }
}
