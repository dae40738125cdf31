//! Tables.

use serde::{Deserialize, Serialize};

use super::{
    Check, Column, Exclusion, ForeignKey, Index, Parameters, PartitionBy, PartitionOf, PrimaryKey, Unique,
    is_default,
};
use crate::name::ObjectName;

/// A table with all that belongs to it.
///
/// ```
/// use whimbrel_core::schema::{Column, Table};
/// let users = Table { columns: vec![Column::new("name", "TEXT")], ..Table::new("users") };
/// assert_eq!(users.column("name").unwrap().sql_type, "TEXT");
/// assert!(users.column("age").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// The table's name.
    pub name: ObjectName,
    /// The columns, in the order in which `SELECT *` gives them.
    pub columns: Vec<Column>,
    /// The primary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKey>,
    /// The indexes that back no constraint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// The foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// The unique constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique_constraints: Vec<Unique>,
    /// The check constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// PostgreSQL's exclusion constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// How the rows of a partitioned table are told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<PartitionBy>,
    /// What a partition is one of. It has all columns of that table; of keys,
    /// conditions and indexes only its own are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<PartitionOf>,
    /// Whatever else was said after the closing parenthesis.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: TableOptions,
    /// The comment on the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The options of a table.
///
/// ```
/// use whimbrel_core::schema::{Table, TableOptions};
/// let options = TableOptions { strict: true, ..TableOptions::default() };
/// let users = Table { options, ..Table::new("users") };
/// assert!(serde_json::to_string(&users).unwrap().contains(r#""strict":true"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TableOptions {
    /// SQLite's STRICT.
    #[serde(skip_serializing_if = "is_default")]
    pub strict: bool,
    /// SQLite's WITHOUT ROWID.
    #[serde(skip_serializing_if = "is_default")]
    pub without_rowid: bool,
    /// PostgreSQL's UNLOGGED.
    #[serde(skip_serializing_if = "is_default")]
    pub unlogged: bool,
    /// PostgreSQL's storage parameters.
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    pub storage: Parameters,
    /// The table space, if it is not the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// PostgreSQL's table access method, if it is not `heap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
}

impl Table {
    /// A table without columns, to start from.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: ObjectName::new(name),
            columns: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            unique_constraints: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            partition_by: None,
            partition_of: None,
            options: TableOptions::default(),
            comment: None,
        }
    }

    /// Returns the column of exactly this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The table that it is a partition of.
    ///
    /// ```
    /// use whimbrel_core::schema::Table;
    ///
    /// assert_eq!(Table::new("users").parent(), None);
    /// ```
    pub fn parent(&self) -> Option<&ObjectName> {
        self.partition_of.as_ref().map(|of| &of.parent)
    }
}
