//! Rows that refer to nothing, before and after a transaction.
//!
//! A database may hold such rows from times when nobody checked. A transaction
//! is not to blame for those: only what is new fails it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;

use crate::connection::{Connection, Row};
use crate::error::DbError;

/// Only SQLite lets foreign keys step aside.
const DIALECT: Dialect = Dialect::Sqlite;

/// A row that refers to one that is not there.
///
/// ```
/// use whimbrel_db::execute::Violation;
///
/// let violation = Violation { table: "posts".into(), rowid: Some(7), parent: "users".into() };
/// assert_eq!(violation.to_string(), "row 7 of `posts` refers to a row of `users` that is not there");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The table of the row.
    pub table: String,
    /// Its rowid; absent in a table without rowids.
    pub rowid: Option<i64>,
    /// The table that it refers to.
    pub parent: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, parent, .. } = self;
        match self.rowid {
            Some(rowid) => {
                write!(f, "row {rowid} of `{table}` refers to a row of `{parent}` that is not there")
            }
            None => write!(f, "a row of `{table}` refers to a row of `{parent}` that is not there"),
        }
    }
}

/// The violations in some tables at one moment.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::execute::{Violations, list_violations};
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("PRAGMA foreign_keys = OFF").await?;
/// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").await?;
/// connection.execute("CREATE TABLE posts (author INTEGER REFERENCES users)").await?;
/// let before = Violations::read_all(&mut connection).await?;
/// connection.execute("INSERT INTO posts VALUES (7)").await?;
/// let new = Violations::read_all(&mut connection).await?.new_since(&before);
/// assert_eq!(list_violations(&new), "row 1 of `posts` refers to a row of `users` that is not there");
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Violations {
    /// How often each one is there, by folded names.
    counts: BTreeMap<Violation, usize>,
    /// The folded names of all tables.
    tables: BTreeSet<String>,
}

impl Violations {
    /// Looks for violations in those of `tables` that exist.
    pub(crate) async fn read(
        connection: &mut dyn Connection,
        tables: &[ObjectName],
    ) -> Result<Self, DbError> {
        let all = existing(connection).await?;
        let tables = tables.iter().map(|table| fold(&table.name)).filter(|table| all.contains(table));
        let tables = tables.collect();
        Self::count(connection, tables, all).await
    }

    /// Looks for violations in every table; only SQLite can have any.
    ///
    /// # Errors
    ///
    /// If the session is lost, or the database cannot be read.
    pub async fn read_all(connection: &mut dyn Connection) -> Result<Self, DbError> {
        let all = existing(connection).await?;
        Self::count(connection, all.clone(), all).await
    }

    async fn count(
        connection: &mut dyn Connection,
        tables: BTreeSet<String>,
        all: BTreeSet<String>,
    ) -> Result<Self, DbError> {
        let mut counts = BTreeMap::new();
        for table in &tables {
            let sql = format!("PRAGMA foreign_key_check({})", DIALECT.quote_ident(table));
            let rows = match connection.query(&sql).await {
                // Its parent has no such key: SQLite lets that be declared, and cannot look for orphans.
                Err(error) if is_mismatch(&error) => continue,
                rows => rows?,
            };
            for row in rows {
                *counts.entry(violation(&row)).or_default() += 1;
            }
        }
        Ok(Self { counts, tables: all })
    }

    /// The violations here that were not there before.
    ///
    /// A batch may rename tables: where neither side knows the other's name of
    /// a table, the two names may be of the same one. It may also take the
    /// rowids from a table, or give it some: then rows are only counted.
    pub fn new_since(self, before: &Self) -> Vec<Violation> {
        let mut old = before.counts.clone();
        let mut unmatched = Vec::new();
        for (violation, count) in &self.counts {
            let known = old.get_mut(violation).map_or(0, |left| {
                let known = (*left).min(*count);
                *left -= known;
                known
            });
            unmatched.extend(std::iter::repeat_n(violation.clone(), count - known));
        }
        let same_table =
            |was: &str, is: &str| was == is || !(self.tables.contains(was) || before.tables.contains(is));
        unmatched.retain(|violation| {
            let renamed = old.iter_mut().find(|(was, left)| {
                **left > 0
                    && same_row(was.rowid, violation.rowid)
                    && same_table(&was.table, &violation.table)
                    && same_table(&was.parent, &violation.parent)
            });
            renamed.map(|(_, left)| *left -= 1).is_none()
        });
        unmatched
    }
}

fn same_row(was: Option<i64>, is: Option<i64>) -> bool {
    was == is || was.is_none() || is.is_none()
}

fn is_mismatch(error: &DbError) -> bool {
    error.statement().is_some_and(|error| error.message.starts_with("foreign key mismatch"))
}

fn fold(name: &str) -> String {
    DIALECT.fold_ident(name).into_owned()
}

/// The folded names of all tables.
async fn existing(connection: &mut dyn Connection) -> Result<BTreeSet<String>, DbError> {
    let names = connection.query("SELECT name FROM sqlite_schema WHERE type = 'table'").await?;
    Ok(names.iter().filter_map(|row| row.text(0)).map(fold).collect())
}

fn violation(row: &Row) -> Violation {
    let name = |index| row.text(index).map(fold).unwrap_or_default();
    Violation { table: name(0), rowid: row.integer(1), parent: name(2) }
}

/// The violations that a message names before it only counts.
const NAMED: usize = 5;

/// Lists violations in one line; of many, it counts the rest.
///
/// ```
/// use whimbrel_db::execute::{Violation, list_violations};
///
/// let one = Violation { table: "posts".into(), rowid: None, parent: "users".into() };
/// let text = list_violations(&vec![one; 7]);
/// assert!(text.ends_with("; a row of `posts` refers to a row of `users` that is not there; and 2 more"));
/// ```
pub fn list_violations(all: &[Violation]) -> String {
    let mut text = all.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if all.len() > NAMED {
        text += &format!("; and {} more", all.len() - NAMED);
    }
    text
}
