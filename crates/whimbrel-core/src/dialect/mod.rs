//! How an engine spells things.
//!
//! [`Dialect`] is the value: small, `Copy`, saved in files. The sealed trait
//! `Backend` is the behaviour, one folder a dialect, with no default method
//! bodies. One `match` joins the two.

pub mod postgres;
pub mod sqlite;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::diff::Renames;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::plan::{Action, PlanError, Probe};
use crate::resolve::Loss;
use crate::schema::{Column, Schema, Table};
use crate::sql::Lexicon;

/// An engine that whimbrel speaks.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// let sqlite = Dialect::Sqlite;
/// assert_eq!(sqlite.quote_ident(r#"a"b"#), r#""a""b""#);
/// assert!(sqlite.same_ident("Users", "users"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// SQLite 3.40 and newer.
    Sqlite,
    /// PostgreSQL 14 and newer.
    #[serde(rename = "postgresql")]
    Postgres,
}

impl Dialect {
    /// The behaviour behind the value: the only place where one is chosen.
    fn backend(self) -> &'static dyn Backend {
        match self {
            Self::Sqlite => &sqlite::Sqlite,
            Self::Postgres => &postgres::Postgres,
        }
    }

    /// The engine's name as people write it.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// How the engine's text falls into tokens.
    pub fn lexicon(self) -> Lexicon {
        self.backend().lexicon()
    }

    /// Writes an identifier: always quoted, quotes inside doubled.
    pub fn quote_ident(self, name: &str) -> String {
        self.backend().quote_ident(name)
    }

    /// Writes a name with its namespace, if it has one.
    pub fn quote_name(self, name: &ObjectName) -> String {
        match &name.namespace {
            Some(namespace) => format!("{}.{}", self.quote_ident(namespace), self.quote_ident(&name.name)),
            None => self.quote_ident(&name.name),
        }
    }

    /// Writes a string literal.
    pub fn quote_literal(self, text: &str) -> String {
        self.backend().quote_literal(text)
    }

    /// The form of an identifier under which the engine compares it.
    pub fn fold_ident(self, name: &str) -> Cow<'_, str> {
        self.backend().fold_ident(name)
    }

    /// Folds both parts of a name.
    pub fn fold_name(self, name: &ObjectName) -> ObjectName {
        ObjectName {
            namespace: name.namespace.as_deref().map(|part| self.fold_ident(part).into_owned()),
            name: self.fold_ident(&name.name).into_owned(),
        }
    }

    /// Says whether the engine takes the two for the same identifier.
    pub fn same_ident(self, a: &str, b: &str) -> bool {
        a == b || self.fold_ident(a) == self.fold_ident(b)
    }

    /// Says whether the engine takes the two for the same name.
    pub fn same_name(self, a: &ObjectName, b: &ObjectName) -> bool {
        let same_namespace = match (&a.namespace, &b.namespace) {
            (Some(a), Some(b)) => self.same_ident(a, b),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same_namespace && self.same_ident(&a.name, &b.name)
    }

    /// Says whether two texts differ in nothing but white space, comments and
    /// the way identifiers are quoted.
    pub fn same_sql(self, a: &str, b: &str) -> bool {
        crate::sql::same(a, b, self.lexicon())
    }

    /// Says whether two type names mean the same type.
    pub fn same_type(self, a: &str, b: &str) -> bool {
        a == b || self.backend().same_type(a, b)
    }

    /// Says what may become of values where `from` becomes `to`, whatever the
    /// rows hold; `table` is the one that will have the column.
    pub fn conversion(self, pair: Pair<&Schema>, table: &Table, columns: Pair<&Column>) -> Conversion {
        match columns.from.sql_type == columns.to.sql_type {
            true => Conversion::default(),
            false => self.backend().conversion(pair, table, columns),
        }
    }

    /// Lowers changes to the actions that carry them out, unordered.
    ///
    /// # Errors
    ///
    /// If the engine has no way to do it.
    pub fn lower(self, pair: Pair<&Schema>, changes: &[Change]) -> Result<Vec<Action>, PlanError> {
        self.backend().lower(pair, changes)
    }

    /// The bounded read-only query that tells what `loss` would cost on the
    /// live database, `None` where rows cannot tell.
    ///
    /// A loss speaks new names, the live database still has the old ones:
    /// `renames` (see [`Renames::of_changes`]) leads back, through
    /// [`Renames::old_table`] and [`Renames::old_column`].
    pub fn probe(self, pair: Pair<&Schema>, renames: &Renames, loss: &Loss) -> Option<Probe> {
        self.backend().probe(pair, renames, loss)
    }

    /// A statement that puts one generated row into `table`; `attempt` counts
    /// from 0 and varies the values. `None` when there is nothing more to try.
    pub fn sample_row(self, schema: &Schema, table: &Table, attempt: u32) -> Option<String> {
        self.backend().sample_row(schema, table, attempt)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.display_name())
    }
}

/// What may become of the values of a column whose type changes; by default all
/// of them survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conversion {
    /// A value may be cut, rounded or written otherwise.
    pub alters: bool,
    /// A value may have no counterpart, so that the change fails.
    pub refuses: bool,
}

/// What a dialect must answer. Sealed: dialects are closed.
pub(crate) trait Backend: Sync {
    fn lexicon(&self) -> Lexicon;
    fn quote_ident(&self, name: &str) -> String;
    fn quote_literal(&self, text: &str) -> String;
    fn fold_ident<'a>(&self, name: &'a str) -> Cow<'a, str>;
    fn same_type(&self, a: &str, b: &str) -> bool;
    fn conversion(&self, pair: Pair<&Schema>, table: &Table, columns: Pair<&Column>) -> Conversion;
    fn lower(&self, pair: Pair<&Schema>, changes: &[Change]) -> Result<Vec<Action>, PlanError>;
    fn probe(&self, pair: Pair<&Schema>, renames: &Renames, loss: &Loss) -> Option<Probe>;
    fn sample_row(&self, schema: &Schema, table: &Table, attempt: u32) -> Option<String>;
}
