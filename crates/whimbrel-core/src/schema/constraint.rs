//! Keys and constraints of a table.

use serde::{Deserialize, Serialize};

use super::{KeyPart, SqlExpr, is_default};
use crate::name::ObjectName;

/// A primary key.
///
/// ```
/// use whimbrel_core::schema::{KeyPart, PrimaryKey, Table};
/// let key = PrimaryKey { columns: vec![KeyPart::column("id")], ..PrimaryKey::default() };
/// let users = Table { primary_key: Some(key), ..Table::new("users") };
/// assert_eq!(users.primary_key.unwrap().columns[0].column_name(), Some("id"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrimaryKey {
    /// The key columns, in order.
    pub columns: Vec<KeyPart>,
    /// The constraint's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// PostgreSQL's INCLUDE columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// When the key is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferrable: Deferrability,
    /// SQLite's ON CONFLICT clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<ConflictClause>,
    /// The comment on the constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A unique constraint.
///
/// ```
/// use whimbrel_core::schema::{KeyPart, Unique};
/// let unique = Unique { columns: vec![KeyPart::column("email")], ..Unique::default() };
/// assert_eq!(serde_json::to_string(&unique).unwrap(), r#"{"columns":["email"]}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unique {
    /// The constraint's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The columns, in order.
    pub columns: Vec<KeyPart>,
    /// PostgreSQL's INCLUDE columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// PostgreSQL's NULLS NOT DISTINCT.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nulls_not_distinct: bool,
    /// When the constraint is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferrable: Deferrability,
    /// SQLite's ON CONFLICT clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<ConflictClause>,
    /// The comment on the constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A foreign key.
///
/// ```
/// use whimbrel_core::schema::{ForeignKey, ReferentialAction};
/// let key = ForeignKey { on_delete: ReferentialAction::Cascade, ..ForeignKey::new(["author"], "users") };
/// assert_eq!((key.columns[0].as_str(), key.on_delete.sql()), ("author", "CASCADE"));
/// assert!(key.referenced_columns.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForeignKey {
    /// The constraint's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The referencing columns, in order.
    pub columns: Vec<String>,
    /// The referenced table.
    pub referenced_table: ObjectName,
    /// The referenced columns; empty where SQLite is to take the primary key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referenced_columns: Vec<String>,
    /// What happens when the referenced row is deleted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_delete: ReferentialAction,
    /// What happens when the referenced key changes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_update: ReferentialAction,
    /// The columns that ON DELETE SET NULL or SET DEFAULT touches, if not all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_delete_columns: Vec<String>,
    /// MATCH FULL (else SIMPLE).
    #[serde(default, skip_serializing_if = "is_default")]
    pub match_full: bool,
    /// When the constraint is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferrable: Deferrability,
    /// PostgreSQL's NOT VALID: rows that were there before were never checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_valid: bool,
    /// The comment on the constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl ForeignKey {
    /// A key without a name that refers to the primary key of a table, with
    /// nothing else said of it.
    pub fn new<C: Into<String>>(
        columns: impl IntoIterator<Item = C>,
        referenced_table: impl Into<ObjectName>,
    ) -> Self {
        Self {
            name: None,
            columns: columns.into_iter().map(Into::into).collect(),
            referenced_table: referenced_table.into(),
            referenced_columns: Vec::new(),
            on_delete: ReferentialAction::NoAction,
            on_update: ReferentialAction::NoAction,
            on_delete_columns: Vec::new(),
            match_full: false,
            deferrable: Deferrability::NotDeferrable,
            not_valid: false,
            comment: None,
        }
    }
}

/// A check constraint.
///
/// ```
/// use whimbrel_core::schema::Check;
/// let check = Check::new("age >= 0");
/// assert_eq!(serde_json::to_string(&check).unwrap(), r#"{"expression":"age >= 0"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// The constraint's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The condition that every row must meet (or leave unknown).
    pub expression: SqlExpr,
    /// PostgreSQL's NO INHERIT.
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_inherit: bool,
    /// PostgreSQL's NOT VALID.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_valid: bool,
    /// The comment on the constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Check {
    /// A condition without a name, with nothing else said of it.
    pub fn new(expression: impl Into<SqlExpr>) -> Self {
        Self { name: None, expression: expression.into(), no_inherit: false, not_valid: false, comment: None }
    }
}

/// PostgreSQL's exclusion constraint, in the engine's own spelling.
///
/// ```
/// use whimbrel_core::schema::Exclusion;
/// let exclusion = Exclusion {
///     name: "no_overlap".into(),
///     definition: "EXCLUDE USING gist (during WITH &&)".into(),
///     columns: vec!["during".into()],
///     comment: None,
/// };
/// assert!(exclusion.definition.as_str().starts_with("EXCLUDE"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exclusion {
    /// The constraint's name.
    pub name: String,
    /// All that follows the name, from EXCLUDE on.
    pub definition: SqlExpr,
    /// The columns it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The comment on the constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What a foreign key does to its rows when the referenced row goes or changes.
///
/// ```
/// use whimbrel_core::schema::ReferentialAction;
/// assert_eq!(ReferentialAction::default().sql(), "NO ACTION");
/// assert_eq!(ReferentialAction::SetNull.sql(), "SET NULL");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReferentialAction {
    /// Refuse at the end of the statement (the default).
    #[default]
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Do the same to the referencing rows.
    Cascade,
    /// Set the referencing columns to NULL.
    SetNull,
    /// Set the referencing columns to their defaults.
    SetDefault,
}

impl ReferentialAction {
    /// The SQL key words.
    pub fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

/// When a constraint is checked.
///
/// ```
/// use whimbrel_core::schema::Deferrability;
/// let json = serde_json::to_string(&Deferrability::InitiallyDeferred).unwrap();
/// assert_eq!(json, r#""initiallyDeferred""#);
/// assert_eq!(Deferrability::default(), Deferrability::NotDeferrable);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Deferrability {
    /// At every statement, always (the default).
    #[default]
    NotDeferrable,
    /// At every statement unless the transaction says otherwise.
    InitiallyImmediate,
    /// At commit unless the transaction says otherwise.
    InitiallyDeferred,
}

/// SQLite's ON CONFLICT clause of a constraint.
///
/// ```
/// use whimbrel_core::schema::ConflictClause;
/// assert_eq!(ConflictClause::Replace.sql(), "REPLACE");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConflictClause {
    /// ROLLBACK
    Rollback,
    /// ABORT
    Abort,
    /// FAIL
    Fail,
    /// IGNORE
    Ignore,
    /// REPLACE
    Replace,
}

impl ConflictClause {
    /// The SQL key word.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::Abort => "ABORT",
            Self::Fail => "FAIL",
            Self::Ignore => "IGNORE",
            Self::Replace => "REPLACE",
        }
    }
}
