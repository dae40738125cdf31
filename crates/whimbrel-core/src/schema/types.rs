//! What columns are made of besides the engine's own types.

use serde::{Deserialize, Serialize};

use super::{SqlExpr, is_default};
use crate::name::ObjectName;

/// An enum type.
///
/// ```
/// use whimbrel_core::schema::EnumType;
/// let status = EnumType::new("status", ["open", "closed"]);
/// let json = serde_json::to_string(&status).unwrap();
/// assert_eq!(json, r#"{"name":"status","values":["open","closed"]}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnumType {
    /// The type's name.
    pub name: ObjectName,
    /// The values, in their sort order.
    pub values: Vec<String>,
    /// The comment on the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl EnumType {
    /// An enum without a comment.
    pub fn new<V: Into<String>>(name: impl Into<ObjectName>, values: impl IntoIterator<Item = V>) -> Self {
        Self { name: name.into(), values: values.into_iter().map(Into::into).collect(), comment: None }
    }
}

/// A domain, composite or range type.
///
/// ```
/// use whimbrel_core::schema::TypeDef;
///
/// let address = TypeDef::Composite {
///     name: "address".into(),
///     attributes: vec![("street".into(), "text".into()), ("zip".into(), "integer".into())],
///     comment: None,
/// };
/// assert_eq!(address.name(), &"address".into());
/// assert_eq!(
///     serde_json::to_string(&address).unwrap(),
///     r#"{"kind":"composite","name":"address","attributes":[["street","text"],["zip","integer"]]}"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum TypeDef {
    /// A type with conditions.
    Domain {
        /// The type's name.
        name: ObjectName,
        /// The type it rests on.
        base: String,
        /// NOT NULL.
        #[serde(default, skip_serializing_if = "is_default")]
        not_null: bool,
        /// The default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<SqlExpr>,
        /// The collation, if it is not the base type's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        collation: Option<String>,
        /// The conditions, by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        checks: Vec<(String, SqlExpr)>,
        /// The comment on the type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// A row type.
    Composite {
        /// The type's name.
        name: ObjectName,
        /// The attributes: name and type.
        attributes: Vec<(String, String)>,
        /// The comment on the type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// A range type, by what stands in the parentheses of its definition.
    Range {
        /// The type's name.
        name: ObjectName,
        /// The options, from SUBTYPE on.
        definition: SqlExpr,
        /// The comment on the type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
}

impl TypeDef {
    /// The type's name.
    pub fn name(&self) -> &ObjectName {
        match self {
            Self::Domain { name, .. } | Self::Composite { name, .. } | Self::Range { name, .. } => name,
        }
    }
}

/// A sequence.
///
/// ```
/// use whimbrel_core::schema::{Schema, Sequence};
/// let numbers = Sequence { start: 1_000, ..Sequence::new("invoice_numbers") };
/// let schema = Schema { sequences: vec![numbers], ..Schema::default() };
/// assert_eq!(schema.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sequence {
    /// The sequence's name.
    pub name: ObjectName,
    /// The type of its values.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// The first value.
    pub start: i64,
    /// The step.
    pub increment: i64,
    /// The least value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Whether it starts over at its end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cycle: bool,
    /// The column that owns it: table and column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<(ObjectName, String)>,
    /// The comment on the sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Sequence {
    /// A sequence as PostgreSQL makes one of which nothing is said: from 1 upwards.
    pub fn new(name: impl Into<ObjectName>) -> Self {
        Self {
            name: name.into(),
            sql_type: "bigint".to_owned(),
            start: 1,
            increment: 1,
            min: 1,
            max: i64::MAX,
            cache: 1,
            cycle: false,
            owned_by: None,
            comment: None,
        }
    }
}

/// An extension.
///
/// ```
/// use whimbrel_core::schema::Extension;
/// let citext = Extension { version: Some("1.6".into()), ..Extension::new("citext") };
/// assert_eq!(citext.version.as_deref(), Some("1.6"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Extension {
    /// The extension's name.
    pub name: String,
    /// The namespace its objects live in, absent for the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The version, as installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The comment, if it is not the extension's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Extension {
    /// An extension in the default namespace, in whatever version there is.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), namespace: None, version: None, comment: None }
    }
}
