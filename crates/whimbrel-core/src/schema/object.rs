//! Objects that are only their definition.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SqlExpr;
use crate::name::ObjectName;

/// A view, trigger, function or the like: created, replaced and dropped by its
/// definition, in dependency order.
///
/// ```
/// use whimbrel_core::schema::{Object, ObjectKind};
/// let view = Object::new(ObjectKind::View, "adults", "CREATE VIEW adults AS SELECT 1");
/// assert_eq!((view.kind.noun(), view.name.to_string()), ("view", "adults".to_owned()));
/// assert!(view.depends_on.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: ObjectName,
    /// The argument types of a function, in parentheses: part of its identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The table a trigger stands on: on PostgreSQL part of its identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<ObjectName>,
    /// The whole statement that creates it, without a final semicolon.
    pub definition: SqlExpr,
    /// What must exist for it to exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    /// The columns of a view, where the engine tells them. They follow from the
    /// definition, so only their comments are compared; but they decide whether
    /// a view can be replaced in place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ObjectColumn>,
    /// The comment on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A column of a view.
///
/// ```
/// use whimbrel_core::schema::{Object, ObjectColumn, ObjectKind};
/// let id = ObjectColumn { name: "id".into(), sql_type: "bigint".into(), collation: None, comment: None };
/// let view = Object::new(ObjectKind::View, "adults", "CREATE VIEW adults AS SELECT 1::bigint AS id");
/// let view = Object { columns: vec![id], ..view };
/// assert_eq!(view.columns[0].sql_type, "bigint");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectColumn {
    /// The column's name.
    pub name: String,
    /// Its type in the engine's spelling.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// Its collation, if it is not the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The comment on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Object {
    /// An object of which only the definition is known.
    pub fn new(kind: ObjectKind, name: impl Into<ObjectName>, definition: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            signature: None,
            table: None,
            definition: SqlExpr(definition.into()),
            depends_on: Vec::new(),
            columns: Vec::new(),
            comment: None,
        }
    }
}

/// The kinds of objects, structural ones included, so that dependencies and
/// plan steps can name any of them.
///
/// ```
/// use whimbrel_core::schema::ObjectKind;
/// assert_eq!(ObjectKind::MaterializedView.noun(), "materialized view");
/// assert_eq!(ObjectKind::Trigger.to_string(), "trigger");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ObjectKind {
    /// A namespace.
    Namespace,
    /// An extension.
    Extension,
    /// An enum, domain, composite or range type.
    Type,
    /// A sequence.
    Sequence,
    /// A table.
    Table,
    /// An index.
    Index,
    /// A constraint of a table.
    Constraint,
    /// SQLite's virtual table: it holds data, its module knows how.
    VirtualTable,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
    /// A trigger.
    Trigger,
    /// A rewrite rule.
    Rule,
    /// A row-security policy.
    Policy,
}

impl ObjectKind {
    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Extension => "extension",
            Self::Type => "type",
            Self::Sequence => "sequence",
            Self::Table => "table",
            Self::Index => "index",
            Self::Constraint => "constraint",
            Self::VirtualTable => "virtual table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Trigger => "trigger",
            Self::Rule => "rule",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())
    }
}

/// Something that an object needs.
///
/// ```
/// use whimbrel_core::schema::{Dependency, Object, ObjectKind};
/// let users =
///     Dependency { kind: ObjectKind::Table, name: "users".into(), signature: None, column: None };
/// let view = Object::new(ObjectKind::View, "adults", "CREATE VIEW adults AS SELECT * FROM users");
/// let view = Object { depends_on: vec![users], ..view };
/// assert_eq!(view.depends_on[0].name.to_string(), "users");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dependency {
    /// The kind of what is needed.
    pub kind: ObjectKind,
    /// Its name.
    pub name: ObjectName,
    /// The argument types, where a function is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The column that is needed, where the engine knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}
