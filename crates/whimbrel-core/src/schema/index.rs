//! Indexes and the parts of keys.

use serde::{Deserialize, Serialize};

use super::{Parameters, SqlExpr, is_default};

/// An index that backs no constraint.
///
/// ```
/// use whimbrel_core::schema::{Index, KeyPart, SortOrder};
/// let newest = KeyPart { order: SortOrder::Desc, ..KeyPart::column("created_at") };
/// let index = Index { name: "posts_newest_idx".into(), columns: vec![newest], ..Index::default() };
/// assert!(!index.unique && index.method.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Index {
    /// The index's name, in the namespace of its table.
    pub name: String,
    /// What is indexed, in order.
    pub columns: Vec<KeyPart>,
    /// Whether equal keys are refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unique: bool,
    /// The access method, absent for the engine's default (a B-tree).
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The predicate of a partial index.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<SqlExpr>,
    /// PostgreSQL's INCLUDE columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// PostgreSQL's NULLS NOT DISTINCT.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nulls_not_distinct: bool,
    /// Storage parameters (`WITH (...)`).
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub storage: Parameters,
    /// The table space, if it is not the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// PostgreSQL's INVALID: a build without a transaction failed, and left an
    /// index that serves nobody. It differs from every index that is wanted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invalid: bool,
    /// The comment on the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// One part of an index or key: a column or an expression, and how it sorts.
///
/// In JSON a bare column is a plain string, as the snapshot format has it.
///
/// ```
/// use whimbrel_core::schema::KeyPart;
/// let part: KeyPart = serde_json::from_str(r#""email""#).unwrap();
/// assert_eq!(part, KeyPart::column("email"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "PartJson", into = "PartJson")]
pub struct KeyPart {
    /// What is indexed.
    pub target: KeyTarget,
    /// The collation, if it is not the column's own.
    pub collation: Option<String>,
    /// The operator class, if it is not the type's default.
    pub operator_class: Option<String>,
    /// The direction.
    pub order: SortOrder,
    /// Where NULLs sort, if not where the direction puts them.
    pub nulls: Option<NullsOrder>,
}

/// What one part of a key is.
///
/// ```
/// use whimbrel_core::schema::{KeyPart, KeyTarget};
/// assert_eq!(KeyPart::column("email").target, KeyTarget::Column("email".into()));
/// assert_eq!(KeyPart::expression("lower(email)").column_name(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyTarget {
    /// A column, by name.
    Column(String),
    /// An expression over the table's columns.
    Expression(SqlExpr),
}

/// The direction of a part of a key.
///
/// ```
/// use whimbrel_core::schema::{KeyPart, SortOrder};
/// assert_eq!(KeyPart::column("age").order, SortOrder::Asc);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SortOrder {
    /// Ascending (the default).
    #[default]
    Asc,
    /// Descending.
    Desc,
}

/// Where NULLs sort.
///
/// ```
/// use whimbrel_core::schema::{KeyPart, NullsOrder};
/// let part = KeyPart { nulls: Some(NullsOrder::Last), ..KeyPart::column("age") };
/// assert!(serde_json::to_string(&part).unwrap().contains("last"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NullsOrder {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl KeyPart {
    /// An ascending column with nothing else said of it.
    pub fn column(name: impl Into<String>) -> Self {
        Self::of(KeyTarget::Column(name.into()))
    }

    /// An ascending expression with nothing else said of it.
    ///
    /// ```
    /// use whimbrel_core::schema::{KeyPart, KeyTarget};
    /// let part = KeyPart::expression("lower(email)");
    /// assert_eq!(part.target, KeyTarget::Expression("lower(email)".into()));
    /// ```
    pub fn expression(text: impl Into<String>) -> Self {
        Self::of(KeyTarget::Expression(SqlExpr(text.into())))
    }

    fn of(target: KeyTarget) -> Self {
        Self { target, collation: None, operator_class: None, order: SortOrder::Asc, nulls: None }
    }

    /// The column's name, if the part is a column.
    ///
    /// ```
    /// use whimbrel_core::schema::KeyPart;
    /// assert_eq!(KeyPart::column("email").column_name(), Some("email"));
    /// ```
    pub fn column_name(&self) -> Option<&str> {
        match &self.target {
            KeyTarget::Column(name) => Some(name),
            KeyTarget::Expression(_) => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PartJson {
    Column(String),
    Full(FullPart),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FullPart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expression: Option<SqlExpr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator_class: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    order: SortOrder,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nulls: Option<NullsOrder>,
}

impl From<PartJson> for KeyPart {
    fn from(json: PartJson) -> Self {
        match json {
            PartJson::Column(name) => Self::column(name),
            PartJson::Full(full) => Self {
                target: match full.expression {
                    Some(expression) => KeyTarget::Expression(expression),
                    None => KeyTarget::Column(full.column.unwrap_or_default()),
                },
                collation: full.collation,
                operator_class: full.operator_class,
                order: full.order,
                nulls: full.nulls,
            },
        }
    }
}

impl From<KeyPart> for PartJson {
    fn from(part: KeyPart) -> Self {
        let plain = part.collation.is_none()
            && part.operator_class.is_none()
            && part.order == SortOrder::Asc
            && part.nulls.is_none();
        let (column, expression) = match part.target {
            KeyTarget::Column(name) if plain => return Self::Column(name),
            KeyTarget::Column(name) => (Some(name), None),
            KeyTarget::Expression(expression) => (None, Some(expression)),
        };
        Self::Full(FullPart {
            column,
            expression,
            collation: part.collation,
            operator_class: part.operator_class,
            order: part.order,
            nulls: part.nulls,
        })
    }
}
