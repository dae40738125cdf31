//! What a column holds when nobody says what.

use serde::{Deserialize, Serialize};

use super::PerEngine;

/// A default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Default {
    /// A value that the attribute writes out.
    Literal(Literal),
    /// A value that is made for each row.
    Generated(Generator),
    /// An expression in SQL.
    Sql(PerEngine),
}

/// A value in an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// NULL
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number, as written.
    Int(String),
    /// A fraction, as written.
    Float(String),
    /// A text.
    Text(String),
    /// A variant of an enum, `Role::Member`, by its last name.
    Variant(String),
}

/// Who makes a value for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Generator {
    /// The present moment, by the database.
    Now,
    /// A random UUID: by the database where it can, else by the program.
    Uuid,
    /// A ULID, by the program.
    Ulid,
    /// A CUID, by the program.
    Cuid,
    /// A nano ID, by the program.
    NanoId,
}

impl Generator {
    /// How the attribute `default = ...` writes it.
    pub fn spelling(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Uuid => "uuid",
            Self::Ulid => "ulid",
            Self::Cuid => "cuid",
            Self::NanoId => "nanoid",
        }
    }

    /// Reads what `default = ...` writes before its parentheses.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Now, Self::Uuid, Self::Ulid, Self::Cuid, Self::NanoId]
            .into_iter()
            .find(|one| one.spelling() == word)
    }
}

/// How a generated column is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// The expression.
    pub expression: String,
    /// Whether the value is stored (else it is computed when read).
    pub stored: bool,
}

/// PostgreSQL's GENERATED ... AS IDENTITY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentitySpec {
    /// GENERATED ALWAYS (else BY DEFAULT).
    pub always: bool,
}
