//! Keys, indexes and conditions.

use serde::{Deserialize, Serialize};

use crate::at::At;

/// The name of a key, index or constraint.
///
/// ```
/// use whimbrel_model::item::Name;
/// // Unless one is given, a name follows from those of table and columns.
/// assert_eq!(Name::default(), Name::Automatic);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Name {
    /// Made up by the rules of [`build`](crate::build).
    #[default]
    Automatic,
    /// As written.
    Given(String),
    /// It has none (`name = none`): SQLite does not ask for names.
    Absent,
}

/// A primary key or a unique constraint.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{KeyDef, Part};
/// let parts = ["tenant", "email"].map(|key| Part::field(key, At::default())).to_vec();
/// let unique = KeyDef { parts, ..KeyDef::default() };
/// assert_eq!(unique.parts[1].key(), Some("email"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KeyDef {
    /// The name.
    pub name: Name,
    /// What is in it: fields, in order.
    pub parts: Vec<Part>,
    /// PostgreSQL's INCLUDE: fields.
    pub include: Vec<String>,
    /// PostgreSQL's NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// Where it stands.
    pub at: At,
}

/// An index.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::At;
/// use whimbrel_model::build::build;
/// use whimbrel_model::item::{Field, IndexDef, Model, Part, Scalar, Type};
///
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let age = Field::new("age", Type::Scalar(Scalar::Int));
/// let index = IndexDef { parts: vec![Part::field("age", At::default())], ..IndexDef::default() };
/// let user = Model { indexes: vec![index], fields: vec![id, age], ..Model::new("User", "users".into()) };
/// let built = build(Dialect::Sqlite, &[user]).unwrap();
/// assert_eq!(built.schema.tables[0].indexes[0].name, "users_age_idx");
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct IndexDef {
    /// The name.
    pub name: Name,
    /// What is indexed, in order.
    pub parts: Vec<Part>,
    /// Whether equal keys are refused.
    pub unique: bool,
    /// The access method.
    pub method: Option<String>,
    /// The predicate of a partial index.
    pub predicate: Option<String>,
    /// PostgreSQL's INCLUDE: fields.
    pub include: Vec<String>,
    /// PostgreSQL's NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// Where it stands.
    pub at: At,
}

/// A part of a key.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{Part, PartTarget};
/// let newest = Part { descending: true, ..Part::field("created_at", At::default()) };
/// assert_eq!(newest.key(), Some("created_at"));
/// let lower = Part { target: PartTarget::Expression("lower(email)".into()), ..newest };
/// assert_eq!(lower.key(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is.
    pub target: PartTarget,
    /// Whether it descends.
    pub descending: bool,
    /// Whether NULLs come first, if not where the direction puts them.
    pub nulls_first: Option<bool>,
    /// The collation.
    pub collation: Option<String>,
    /// The operator class.
    pub operator_class: Option<String>,
    /// Where it stands.
    pub at: At,
}

/// What a part of a key is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PartTarget {
    /// A field, by its name.
    Field(String),
    /// An expression in SQL.
    Expression(String),
}

impl Part {
    /// An ascending field with nothing else said of it.
    pub fn field(key: impl Into<String>, at: At) -> Self {
        let target = PartTarget::Field(key.into());
        Self { target, descending: false, nulls_first: None, collation: None, operator_class: None, at }
    }

    /// The field's name, if it is a field.
    pub fn key(&self) -> Option<&str> {
        match &self.target {
            PartTarget::Field(key) => Some(key),
            PartTarget::Expression(_) => None,
        }
    }
}

/// A condition that every row must meet.
///
/// ```
/// use whimbrel_model::item::{CheckDef, Name};
/// let check = CheckDef { expression: "age >= 0".into(), ..CheckDef::default() };
/// assert_eq!(check.name, Name::Automatic);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CheckDef {
    /// The name; an automatic one is left to the engine.
    pub name: Name,
    /// The condition in SQL.
    pub expression: String,
    /// Where it stands.
    pub at: At,
}
