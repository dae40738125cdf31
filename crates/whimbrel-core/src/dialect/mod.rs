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
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert_eq!(Dialect::Postgres.display_name(), "PostgreSQL");
    /// ```
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// How the engine's text falls into tokens.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::sql::Lexicon;
    /// assert_eq!(Dialect::Sqlite.lexicon(), Lexicon::SQLITE);
    /// ```
    pub fn lexicon(self) -> Lexicon {
        self.backend().lexicon()
    }

    /// Writes an identifier: always quoted, quotes inside doubled.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert_eq!(Dialect::Postgres.quote_ident(r#"order "1""#), r#""order ""1""""#);
    /// ```
    pub fn quote_ident(self, name: &str) -> String {
        self.backend().quote_ident(name)
    }

    /// Writes a name with its namespace, if it has one.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::name::ObjectName;
    /// let name = ObjectName::qualified("audit", "users");
    /// assert_eq!(Dialect::Postgres.quote_name(&name), r#""audit"."users""#);
    /// ```
    pub fn quote_name(self, name: &ObjectName) -> String {
        match &name.namespace {
            Some(namespace) => format!("{}.{}", self.quote_ident(namespace), self.quote_ident(&name.name)),
            None => self.quote_ident(&name.name),
        }
    }

    /// Writes a string literal.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert_eq!(Dialect::Sqlite.quote_literal("it's"), "'it''s'");
    /// ```
    pub fn quote_literal(self, text: &str) -> String {
        self.backend().quote_literal(text)
    }

    /// The form of an identifier under which the engine compares it.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert_eq!(Dialect::Sqlite.fold_ident("Users"), "users");
    /// assert_eq!(Dialect::Postgres.fold_ident("Users"), "Users");
    /// ```
    pub fn fold_ident(self, name: &str) -> Cow<'_, str> {
        self.backend().fold_ident(name)
    }

    /// Folds both parts of a name.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert_eq!(Dialect::Sqlite.fold_name(&"Users".into()), "users".into());
    /// ```
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
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert!(Dialect::Sqlite.same_name(&"Users".into(), &"users".into()));
    /// assert!(!Dialect::Postgres.same_name(&"Users".into(), &"users".into()));
    /// ```
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
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert!(Dialect::Postgres.same_sql("age>0", "age > 0 -- grown"));
    /// assert!(!Dialect::Postgres.same_sql("age > 0", "age >= 0"));
    /// ```
    pub fn same_sql(self, a: &str, b: &str) -> bool {
        crate::sql::same(a, b, self.lexicon())
    }

    /// Says whether two type names mean the same type.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// assert!(Dialect::Postgres.same_type("varchar(80)", "character varying(80)"));
    /// assert!(!Dialect::Postgres.same_type("varchar(80)", "text"));
    /// ```
    pub fn same_type(self, a: &str, b: &str) -> bool {
        a == b || self.backend().same_type(a, b)
    }

    /// Says what may become of values where `from` becomes `to`, whatever the
    /// rows hold; `table` is the one that will have the column.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::pair::Pair;
    /// use whimbrel_core::schema::{Column, Schema, Table};
    ///
    /// let (schema, users) = (Schema::default(), Table::new("users"));
    /// let becomes = |from: &str, to: &str| {
    ///     let columns = Pair::new(Column::new("age", from), Column::new("age", to));
    ///     Dialect::Postgres.conversion(Pair::new(&schema, &schema), &users, columns.as_ref())
    /// };
    /// assert!(becomes("text", "integer").refuses);
    /// assert!(!becomes("integer", "bigint").refuses);
    /// ```
    pub fn conversion(self, pair: Pair<&Schema>, table: &Table, columns: Pair<&Column>) -> Conversion {
        match columns.from.sql_type == columns.to.sql_type {
            true => Conversion::default(),
            false => self.backend().conversion(pair, table, columns),
        }
    }

    /// Lowers changes to the actions that carry them out, unordered.
    ///
    /// ```
    /// use whimbrel_core::change::Change;
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::pair::Pair;
    /// use whimbrel_core::schema::{Schema, Table};
    ///
    /// let schema = Schema { tables: vec![Table::new("users")], ..Schema::default() };
    /// let pair = Pair::new(schema, Schema::default());
    /// let drop = Change::DropTable { table_name: "users".into() };
    /// let actions = Dialect::Postgres.lower(pair.as_ref(), &[drop]).unwrap();
    /// assert_eq!(actions[0].steps[0].sql, r#"DROP TABLE "users""#);
    /// ```
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
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::Renames;
    /// use whimbrel_core::pair::Pair;
    /// use whimbrel_core::resolve::{Loss, LossKind};
    /// use whimbrel_core::schema::{Schema, Table};
    ///
    /// let schema = Schema { tables: vec![Table::new("users")], ..Schema::default() };
    /// let pair = Pair::new(schema, Schema::default());
    /// let loss = Loss { table: "users".into(), kind: LossKind::DropTable };
    /// let probe = Dialect::Sqlite.probe(pair.as_ref(), &Renames::default(), &loss).unwrap();
    /// assert!(probe.sql.starts_with("SELECT") && probe.sql.contains(r#""users""#));
    /// ```
    pub fn probe(self, pair: Pair<&Schema>, renames: &Renames, loss: &Loss) -> Option<Probe> {
        self.backend().probe(pair, renames, loss)
    }

    /// A statement that puts one generated row into `table`; `attempt` counts
    /// from 0 and varies the values. `None` when there is nothing more to try.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::schema::{Column, Schema, Table};
    ///
    /// let users = Table { columns: vec![Column::new("age", "INTEGER")], ..Table::new("users") };
    /// let row = Dialect::Sqlite.sample_row(&Schema::default(), &users, 0).unwrap();
    /// assert!(row.starts_with(r#"INSERT INTO "users""#));
    /// ```
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
///
/// ```
/// use whimbrel_core::dialect::Conversion;
/// let every_value_survives = Conversion::default();
/// assert!(!every_value_survives.alters && !every_value_survives.refuses);
/// ```
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
