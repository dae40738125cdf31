//! The base: the tables that were there before the first migration.
//!
//! A lock file may know tables that no migration made. Where migrations are
//! replayed, those must be there first; all that is known of them are their
//! fields.

use std::collections::BTreeSet;

use super::{LockFile, LockTable, Ordered, known_column_type};
use crate::dialect::Dialect;

/// A field of the base whose type is none that has a column.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::lockfile::{Field, LockFile, LockTable};
///
/// let schema = [("tags", Field::new("string[]"))].into_iter().collect();
/// let users = LockTable { ptr: "tbl_users".into(), schema, ..LockTable::default() };
/// let lock = LockFile { tables: [("users", users)].into_iter().collect(), ..LockFile::empty() };
/// let unknown = lock.base_sql(Dialect::Sqlite).unwrap_err();
/// assert_eq!((unknown[0].field.as_str(), unknown[0].field_type.as_str()), ("tags", "string[]"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("`tables.{table}.schema.{field}` has the type `{field_type}`, and no column type is known for that")]
#[diagnostic(
    code(whimbrel::lockfile::unknown_type),
    help("the types are `string`, `number`, `boolean`, `bigint`, `Date` and `Uint8Array`")
)]
pub struct UnknownType {
    /// The logical name of the table.
    pub table: String,
    /// The field.
    pub field: String,
    /// Its type.
    pub field_type: String,
}

impl LockFile {
    /// The tables as they were before the first migration: all changes of all
    /// records taken back.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{Field, LockChange, LockFile, LockMigration, LockTable};
    ///
    /// let schema = [("id", Field::new("string")), ("age", Field::new("number"))].into_iter().collect();
    /// let users = LockTable { ptr: "users".into(), schema, ..LockTable::default() };
    /// let changes = vec![LockChange::add_field("users", "age", "number")];
    /// let lock = LockFile {
    ///     version: 1,
    ///     tables: [("users", users)].into_iter().collect(),
    ///     migrations: vec![LockMigration { version: 1, changes, ..LockMigration::default() }],
    ///     ..LockFile::empty()
    /// };
    /// assert!(!lock.base().get("users").unwrap().schema.contains("age"));
    /// ```
    pub fn base(&self) -> Ordered<LockTable> {
        self.truncated(0).tables
    }

    /// The statements that make the tables of the base; nothing, if there are none.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::lockfile::{Field, LockFile, LockTable};
    /// let key = Field { primkey: Some(true), ..Field::new("string") };
    /// let schema = [("id", key), ("age", Field::new("number"))].into_iter().collect();
    /// let users = LockTable { ptr: "tbl_users".into(), schema, ..LockTable::default() };
    /// let lock = LockFile { tables: [("users", users)].into_iter().collect(), ..LockFile::empty() };
    /// assert_eq!(
    ///     lock.base_sql(Dialect::Postgres).unwrap(),
    ///     "CREATE TABLE \"tbl_users\" (\"id\" TEXT, \"age\" DOUBLE PRECISION, PRIMARY KEY (\"id\"));\n"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Every field of a type that has no column.
    pub fn base_sql(&self, dialect: Dialect) -> Result<String, Vec<UnknownType>> {
        let base = self.base();
        let tables = || base.iter().filter(|(_, table)| !table.schema.is_empty());
        let namespaces: BTreeSet<String> =
            tables().filter_map(|(_, table)| table.name(dialect).namespace).collect();
        let namespace =
            |name: &String| format!("CREATE SCHEMA IF NOT EXISTS {};\n", dialect.quote_ident(name));
        let mut sql: String = namespaces.iter().map(namespace).collect();
        let mut problems = Vec::new();
        for (name, table) in tables() {
            let mut parts = Vec::new();
            for (field, one) in table.schema.iter() {
                match known_column_type(dialect, &one.field_type) {
                    Some(column) => parts.push(format!("{} {column}", dialect.quote_ident(field))),
                    None => problems.push(UnknownType {
                        table: name.to_owned(),
                        field: field.to_owned(),
                        field_type: one.field_type.clone(),
                    }),
                }
            }
            let keys = table.schema.iter().filter(|(_, field)| field.primkey == Some(true));
            let keys: Vec<_> = keys.map(|(field, _)| dialect.quote_ident(field)).collect();
            if !keys.is_empty() {
                parts.push(format!("PRIMARY KEY ({})", keys.join(", ")));
            }
            sql += &format!(
                "CREATE TABLE {} ({});\n",
                dialect.quote_name(&table.name(dialect)),
                parts.join(", ")
            );
        }
        if problems.is_empty() { Ok(sql) } else { Err(problems) }
    }
}
