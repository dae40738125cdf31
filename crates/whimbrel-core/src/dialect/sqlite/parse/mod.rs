//! The reader: what SQLite keeps in `sqlite_schema`, as a [`Schema`].
//!
//! SQLite stores the text of every CREATE statement, and nothing else says all
//! of it: the pragmas know neither the names of constraints nor checks. The
//! engine has validated the text (with `ALTER TABLE` it edits it, too), so this
//! is a reader of valid text: it does not look for mistakes, and where it finds
//! something it does not know it says so instead of guessing.
//!
//! What the schema holds is canonical in these ways:
//!
//! * Names are without quotes, in all four styles SQLite reads.
//! * Types are as written, with one blank between words and none elsewhere:
//!   `DECIMAL(10,2)`.
//! * Expressions are as written, from their first to their last token.
//! * A default is what can stand behind DEFAULT: a literal, a signed number, or
//!   an expression in parentheses. Parentheses that are not needed are gone;
//!   `DEFAULT word` is the string it means; `DEFAULT NULL` says nothing.
//! * A column is nullable unless it was declared NOT NULL, even in a primary
//!   key.
//! * The direction of a primary key is kept where it means something: not in
//!   `PRIMARY KEY(id DESC)` over the one INTEGER column that is the rowid. So a
//!   descending single INTEGER column says that it was declared
//!   `INTEGER PRIMARY KEY DESC` at the column, and is *not* the rowid
//!   (<https://sqlite.org/lang_createtable.html#rowids_and_the_integer_primary_key>).

mod column;
mod constraint;
mod cursor;
mod default;
mod index;
pub(super) mod mentions;
mod shadow;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::cursor::Unreadable;
use crate::name::ObjectName;
use crate::schema::{Dependency, Object, ObjectKind, Schema, SqlExpr, Table};

/// A row of `sqlite_schema`.
///
/// ```
/// use whimbrel_core::dialect::sqlite::parse::{CatalogRow, read_schema};
///
/// let row = |kind: &str, name: &str, sql: &str| CatalogRow {
///     kind: kind.into(),
///     name: name.into(),
///     table: "users".into(),
///     sql: (!sql.is_empty()).then(|| sql.into()),
/// };
/// let rows = [
///     row("table", "users", "CREATE TABLE users (name TEXT UNIQUE)"),
///     // The index behind the constraint: SQLite makes it, and has no text of it.
///     row("index", "sqlite_autoindex_users_1", ""),
///     row("index", "by_name", "CREATE INDEX by_name ON users (name)"),
/// ];
/// let schema = read_schema(&rows, &[], |_| false).unwrap();
/// assert_eq!(schema.tables[0].unique_constraints.len(), 1);
/// assert_eq!(schema.tables[0].indexes[0].name, "by_name");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CatalogRow {
    /// `table`, `index`, `view` or `trigger`.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The table (or view) it belongs to.
    pub table: String,
    /// The text that created it; absent for the indexes behind constraints.
    pub sql: Option<String>,
}

impl CatalogRow {
    /// Says whether the row is a virtual table.
    ///
    /// ```
    /// use whimbrel_core::dialect::sqlite::parse::CatalogRow;
    ///
    /// let row = |sql: &str| CatalogRow {
    ///     kind: "table".into(),
    ///     name: "docs".into(),
    ///     table: "docs".into(),
    ///     sql: Some(sql.into()),
    /// };
    /// assert!(row("CREATE VIRTUAL TABLE docs USING fts5(body)").is_virtual_table());
    /// assert!(!row("CREATE TABLE docs (body)").is_virtual_table());
    /// ```
    pub fn is_virtual_table(&self) -> bool {
        const START: &[u8] = b"create virtual";
        let sql = self.sql.as_deref().unwrap_or_default().as_bytes();
        sql.get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START))
    }
}

/// Why a catalogue could not be read.
///
/// ```
/// use whimbrel_core::dialect::sqlite::parse::{CatalogRow, read_schema};
///
/// let row = CatalogRow {
///     kind: "table".into(),
///     name: "users".into(),
///     table: "users".into(),
///     sql: Some("CREATE TABLE users (id ?)".into()),
/// };
/// let error = read_schema(&[row], &[], |_| false).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "cannot read the definition of table `users`: expected a constraint, a comma or `)` instead of `?` at byte 23"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("cannot read the definition of {kind} `{name}`: {reason}")]
#[diagnostic(
    code(whimbrel::sqlite::unreadable),
    help("this is a defect of whimbrel: please report it with the definition, {sql}")
)]
pub struct ReadError {
    /// What the row says it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What was not understood, and where.
    pub reason: String,
    /// The stored text.
    pub sql: String,
}

/// Reads the rows of `sqlite_schema`, in their order.
///
/// Left out are SQLite's own tables, what `is_hidden` says of a table's name,
/// and the shadow tables of virtual tables, each with its indexes and triggers.
/// `shadows` names shadow tables that the engine knows; those of well-known
/// modules are recognised without it.
///
/// # Errors
///
/// If a definition is not understood.
///
/// ```
/// use whimbrel_core::dialect::sqlite::parse::{CatalogRow, read_schema};
/// let row = CatalogRow {
///     kind: "table".into(),
///     name: "users".into(),
///     table: "users".into(),
///     sql: Some("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)".into()),
/// };
/// let schema = read_schema(&[row], &[], |_| false).unwrap();
/// assert_eq!(schema.tables[0].columns.len(), 2);
/// ```
pub fn read_schema(
    rows: &[CatalogRow],
    shadows: &[String],
    is_hidden: impl Fn(&str) -> bool,
) -> Result<Schema, ReadError> {
    let shadows = shadow::names(rows, shadows);
    let is_left_out = |row: &CatalogRow| {
        is_internal(&row.name) || is_hidden(&row.table) || shadows.contains(&row.table.to_ascii_lowercase())
    };
    let rows: Vec<&CatalogRow> = rows.iter().filter(|row| !is_left_out(row)).collect();
    let mut reading = Reading { relations: relations(&rows), ..Reading::default() };
    for row in rows {
        if let Some(sql) = &row.sql {
            reading.read(row, sql).map_err(|unreadable| error(row, sql, &unreadable))?;
        }
    }
    Ok(reading.schema)
}

/// Says whether SQLite keeps the name for itself.
///
/// ```
/// use whimbrel_core::dialect::sqlite::parse::is_internal;
///
/// assert!(is_internal("sqlite_sequence"));
/// assert!(!is_internal("sqlites"));
/// ```
pub fn is_internal(name: &str) -> bool {
    name.as_bytes().get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"sqlite_"))
}

fn error(row: &CatalogRow, sql: &str, unreadable: &Unreadable) -> ReadError {
    let (kind, name, reason) = (row.kind.clone(), row.name.clone(), unreadable.to_string());
    ReadError { kind, name, reason, sql: sql.to_owned() }
}

/// The tables and views, by their folded names.
type Relations = BTreeMap<String, (ObjectKind, String)>;

fn relations(rows: &[&CatalogRow]) -> Relations {
    let mut relations = Relations::new();
    for row in rows {
        let kind = match row.kind.as_str() {
            "table" if row.is_virtual_table() => ObjectKind::VirtualTable,
            "table" => ObjectKind::Table,
            "view" => ObjectKind::View,
            _ => continue,
        };
        relations.insert(row.name.to_ascii_lowercase(), (kind, row.name.clone()));
    }
    relations
}

#[derive(Default)]
struct Reading {
    schema: Schema,
    relations: Relations,
    /// Where each table is in the schema, by its folded name.
    tables: BTreeMap<String, usize>,
}

impl Reading {
    fn read(&mut self, row: &CatalogRow, sql: &str) -> Result<(), Unreadable> {
        match row.kind.as_str() {
            "table" if row.is_virtual_table() => self.object(ObjectKind::VirtualTable, row, sql),
            "table" => self.table(row, sql)?,
            "view" => self.object(ObjectKind::View, row, sql),
            "trigger" => self.object(ObjectKind::Trigger, row, sql),
            "index" => self.index(row, sql)?,
            other => return Err(Unreadable::new(format!("`{other}` is an unknown kind"))),
        }
        Ok(())
    }

    fn table(&mut self, row: &CatalogRow, sql: &str) -> Result<(), Unreadable> {
        let table = Table { name: ObjectName::new(&row.name), ..table::read(sql)? };
        self.tables.insert(row.name.to_ascii_lowercase(), self.schema.tables.len());
        self.schema.tables.push(table);
        Ok(())
    }

    fn index(&mut self, row: &CatalogRow, sql: &str) -> Result<(), Unreadable> {
        let position = self.tables.get(&row.table.to_ascii_lowercase());
        let table = position.and_then(|&position| self.schema.tables.get_mut(position));
        let table = table.ok_or_else(|| Unreadable::new(format!("there is no table `{}`", row.table)))?;
        let index = index::read(sql, &row.name, &table.columns)?;
        table.indexes.push(index);
        Ok(())
    }

    fn object(&mut self, kind: ObjectKind, row: &CatalogRow, sql: &str) {
        let (definition, mentions) = mentions::read(sql);
        let mut depends_on = BTreeSet::new();
        if kind == ObjectKind::Trigger {
            depends_on.extend(self.dependency(&row.table));
        }
        let others = mentions.iter().filter(|mention| !mention.eq_ignore_ascii_case(&row.name));
        depends_on.extend(others.filter_map(|mention| self.dependency(mention)));
        self.schema.objects.push(Object {
            kind,
            name: ObjectName::new(&row.name),
            signature: None,
            table: (kind == ObjectKind::Trigger).then(|| ObjectName::new(&row.table)),
            definition: SqlExpr(definition.to_owned()),
            depends_on: depends_on.into_iter().collect(),
            columns: Vec::new(),
            comment: None,
        });
    }

    fn dependency(&self, name: &str) -> Option<Dependency> {
        let (kind, name) = self.relations.get(&name.to_ascii_lowercase())?;
        Some(Dependency { kind: *kind, name: ObjectName::new(name), signature: None, column: None })
    }
}
