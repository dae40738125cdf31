//! Columns and the expressions they hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ConflictClause, Sequence, is_default};

/// An SQL expression as an engine or a person spelled it.
///
/// Equality of the Rust values is equality of the text. Whether two texts mean
/// the same to an engine is the dialect's question: see
/// [`Dialect::same_sql`](crate::dialect::Dialect::same_sql).
///
/// ```
/// use whimbrel_core::schema::{Column, SqlExpr};
/// let column = Column { default: Some(SqlExpr::from("now()")), ..Column::new("at", "timestamptz") };
/// assert_eq!(column.default.unwrap().as_str(), "now()");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SqlExpr(pub String);

impl SqlExpr {
    /// The expression's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SqlExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for SqlExpr {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A column of a table.
///
/// ```
/// use whimbrel_core::schema::Column;
/// let age = Column { nullable: false, ..Column::new("age", "INTEGER") };
/// assert_eq!(
///     serde_json::to_string(&age).unwrap(),
///     r#"{"name":"age","type":"INTEGER","nullable":false}"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// The type in the engine's spelling; empty for an untyped SQLite column.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// Whether the column was declared without NOT NULL.
    pub nullable: bool,
    /// The default, as an SQL expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<SqlExpr>,
    /// SQLite's AUTOINCREMENT, MySQL's AUTO_INCREMENT, PostgreSQL's serial types.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auto_increment: bool,
    /// The expression of a generated column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// PostgreSQL's GENERATED ... AS IDENTITY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Box<Identity>>,
    /// The collation, if it is not the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// How PostgreSQL keeps the values, where that is not as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Box<ColumnOptions>>,
    /// The comment on the sequence of a serial column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence_comment: Option<String>,
    /// SQLite's `NOT NULL ON CONFLICT ...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_conflict: Option<ConflictClause>,
    /// The comment on the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Column {
    /// A nullable column with nothing else said of it.
    pub fn new(name: impl Into<String>, sql_type: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sql_type: sql_type.into(),
            nullable: true,
            default: None,
            auto_increment: false,
            generated: None,
            identity: None,
            collation: None,
            options: None,
            sequence_comment: None,
            not_null_conflict: None,
            comment: None,
        }
    }
}

/// How PostgreSQL keeps the values of a column and what it knows of them, as far
/// as that is not what it would choose.
///
/// ```
/// use whimbrel_core::schema::{Column, ColumnOptions};
/// let options = ColumnOptions { storage: Some("external".into()), ..ColumnOptions::default() };
/// let body = Column { options: Some(Box::new(options)), ..Column::new("body", "text") };
/// assert!(serde_json::to_string(&body).unwrap().contains(r#""storage":"external""#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ColumnOptions {
    /// The storage mode (`SET STORAGE`), in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// The compression method (`SET COMPRESSION`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// The statistics target (`SET STATISTICS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
}

/// How a generated column is computed.
///
/// ```
/// use whimbrel_core::schema::{Column, Generated};
/// let area = Generated { expression: "width * height".into(), stored: true };
/// let column = Column { generated: Some(area), ..Column::new("area", "integer") };
/// assert!(serde_json::to_string(&column).unwrap().contains(r#""expression":"width * height""#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Generated {
    /// The expression.
    pub expression: SqlExpr,
    /// Whether the value is stored (else it is computed when read).
    #[serde(default, skip_serializing_if = "is_default")]
    pub stored: bool,
}

/// PostgreSQL's identity of a column.
///
/// ```
/// use whimbrel_core::schema::{Column, Identity, Sequence};
/// let sequence = Sequence {
///     name: "users_id_seq".into(),
///     sql_type: "bigint".into(),
///     start: 1,
///     increment: 1,
///     min: 1,
///     max: i64::MAX,
///     cache: 1,
///     cycle: false,
///     owned_by: None,
///     comment: None,
/// };
/// let identity = Identity { always: true, sequence };
/// let id = Column { identity: Some(Box::new(identity)), ..Column::new("id", "bigint") };
/// assert!(id.identity.unwrap().always);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// GENERATED ALWAYS (else BY DEFAULT).
    #[serde(default, skip_serializing_if = "is_default")]
    pub always: bool,
    /// The sequence behind the column.
    pub sequence: Sequence,
}
