//! What a column holds when nobody says what.

use serde::{Deserialize, Serialize};

use super::PerEngine;

/// A default.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::At;
/// use whimbrel_model::build::build;
/// use whimbrel_model::item::{Default, Field, Literal, Model, Scalar, Type};
///
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let age = Literal::Int("18".into());
/// let age = Field {
///     default: Some((Default::Literal(age), At::default())),
///     ..Field::new("age", Type::Scalar(Scalar::Int))
/// };
/// let user = Model { fields: vec![id, age], ..Model::new("User", "users".into()) };
/// let built = build(Dialect::Postgres, &[user]).unwrap();
/// assert_eq!(built.schema.tables[0].columns[1].default, Some("18".into()));
/// ```
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
///
/// ```
/// use whimbrel_model::item::{Default, Literal};
/// // As in `#[column(default = "new")]`.
/// assert_ne!(Default::Literal(Literal::Text("new".into())), Default::Literal(Literal::Null));
/// ```
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
///
/// ```
/// use whimbrel_model::item::Generator;
/// assert_eq!(Generator::parse("uuid"), Some(Generator::Uuid));
/// assert_eq!(Generator::Now.spelling(), "now");
/// assert_eq!(Generator::parse("dice"), None);
/// ```
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
///
/// ```
/// use whimbrel_model::item::{Field, Generated, Scalar, Type};
/// let area = Generated { expression: "width * height".into(), stored: true };
/// let field = Field { generated: Some(area), ..Field::new("area", Type::Scalar(Scalar::Int)) };
/// assert!(field.generated.unwrap().stored);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// The expression.
    pub expression: String,
    /// Whether the value is stored (else it is computed when read).
    pub stored: bool,
}

/// PostgreSQL's GENERATED ... AS IDENTITY.
///
/// ```
/// use whimbrel_model::item::{Field, IdentitySpec, Scalar, Type};
/// let identity = Some(IdentitySpec { always: true });
/// let id = Field { identity, primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// assert!(id.identity.unwrap().always);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentitySpec {
    /// GENERATED ALWAYS (else BY DEFAULT).
    pub always: bool,
}
