//! Keys, indexes and conditions.

use serde::{Deserialize, Serialize};

use crate::at::At;

/// The name of a key, index or constraint.
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CheckDef {
    /// The name; an automatic one is left to the engine.
    pub name: Name,
    /// The condition in SQL.
    pub expression: String,
    /// Where it stands.
    pub at: At,
}
