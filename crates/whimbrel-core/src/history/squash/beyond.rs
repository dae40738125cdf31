//! What a range does beyond the schema that it leads to.
//!
//! A range that begins with the first migration runs only where none of it is
//! there: all that counts of it is what it leaves behind. If that is a schema and
//! nothing else, any statements that make this schema from nothing are as good,
//! and those of a plan hold no table that is dropped again and no column that is
//! added later. Whether a plan does make it is for a replay to say; here are the
//! statements of which no replay can tell, or which none runs.

use std::collections::BTreeSet;
use std::fmt;

use crate::dialect::Dialect;
use crate::history::{Script, ScriptStatement};
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::LeftAlone;
use crate::sql::{Class, Cursor, Data, DataVerb, Ddl, DdlKind, DdlVerb, Token, position};

/// Where the statements of a squashed migration are from.
///
/// ```
/// use whimbrel_core::history::{AsWritten, SquashForm};
/// use whimbrel_core::pair::Pair;
///
/// let anew = SquashForm::Anew { statements: Pair::new(12, 3) };
/// assert_eq!(anew.to_string(), "planned anew: 3 in place of 12 statements");
/// let written = SquashForm::AsWritten(AsWritten::Rows { table: "colors".into() });
/// assert_eq!(written.to_string(), "kept as written: `colors` holds rows after it");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SquashForm {
    /// They are a plan from nothing to the schema that the range leads to.
    Anew {
        /// How many there were, and how many there are.
        statements: Pair<usize>,
    },
    /// They are those of the replaced migrations.
    AsWritten(AsWritten),
}

/// Why the statements of a range stay as they were written.
///
/// ```
/// use whimbrel_core::history::AsWritten;
/// use whimbrel_core::schema::LeftAlone;
///
/// let told = |reason: AsWritten| reason.to_string();
/// assert_eq!(
///     told(AsWritten::NotTheFirst { after: "0003_users".into() }),
///     "a database may hold rows after `0003_users`"
/// );
/// assert_eq!(
///     told(AsWritten::LeftAlone(LeftAlone::new("policy", "own_rows"))),
///     "whimbrel does not manage the policy `own_rows`"
/// );
/// assert_eq!(told(AsWritten::NotShorter), "anew it would not be shorter");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsWritten {
    /// Somebody wanted it so.
    Asked,
    /// A database that has come to where the range begins may hold rows.
    NotTheFirst {
        /// The migration before the range, as `0003_name`.
        after: String,
    },
    /// The range begins on tables that no migration made.
    Base,
    /// A statement does more, or may do more, than a replay shows.
    Statement {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What the statement does.
        does: &'static str,
    },
    /// There are rows after it.
    Rows {
        /// A table that holds some.
        table: String,
    },
    /// It makes an object of a kind that whimbrel does not manage.
    LeftAlone(LeftAlone),
    /// Its way back does not lead back, and a plan's would.
    NoWayBack,
    /// A plan would be committed in between.
    Several {
        /// How many migrations it would take.
        migrations: usize,
    },
    /// A plan has no fewer statements.
    NotShorter,
    /// A plan is not shown to come to the same.
    Differs {
        /// The difference, or what failed.
        reason: String,
    },
}

impl fmt::Display for SquashForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anew { statements: Pair { from, to } } => {
                write!(f, "planned anew: {to} in place of {from} statements")
            }
            Self::AsWritten(reason) => write!(f, "kept as written: {reason}"),
        }
    }
}

impl fmt::Display for AsWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("it was asked for"),
            Self::NotTheFirst { after } => write!(f, "a database may hold rows after `{after}`"),
            Self::Base => f.write_str("it begins on tables that no migration made"),
            Self::Statement { file, line, does } => write!(f, "`{file}:{line}` {does}"),
            Self::Rows { table } => write!(f, "`{table}` holds rows after it"),
            Self::LeftAlone(one) => write!(f, "whimbrel does not manage the {} `{one}`", one.kind),
            Self::NoWayBack => f.write_str("its way back does not lead back"),
            Self::Several { migrations } => write!(f, "anew it would be {migrations} migrations"),
            Self::NotShorter => f.write_str("anew it would not be shorter"),
            Self::Differs { reason } => write!(f, "anew it would not be the same: {reason}"),
        }
    }
}

/// Finds a statement of which a replay cannot show all that it does elsewhere;
/// `scripts` are those of a range that begins with nothing, in order.
///
/// What changes rows that are there changes none: nothing put any in. So neither
/// UPDATE nor DELETE is in the way, nor the copy of an SQLite rebuild.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Script, beyond_schema};
/// let text = "CREATE TABLE a (b);\nUPDATE a SET b = 1;\nINSERT INTO a VALUES (1);";
/// let script = Script::read(Dialect::Sqlite, "0000_a.sql", text).unwrap();
/// let found = beyond_schema(Dialect::Sqlite, [&script]).unwrap();
/// assert_eq!(found.to_string(), "`0000_a.sql:3` puts rows in");
/// ```
pub fn beyond_schema<'a>(
    dialect: Dialect,
    scripts: impl IntoIterator<Item = &'a Script>,
) -> Option<AsWritten> {
    let mut looker = Looker { dialect, tables: BTreeSet::new() };
    scripts.into_iter().find_map(|script| {
        script.statements.iter().find_map(|statement| {
            let does = looker.look(statement, script.sql(statement))?;
            let line = position(&script.text, statement.offset).line;
            Some(AsWritten::Statement { file: script.file.clone(), line, does })
        })
    })
}

const PUTS_ROWS_IN: &str = "puts rows in";
const RUNS_CODE: &str = "runs code that may do anything";
const IS_CONDITIONAL: &str = "depends on what is there";
const IS_LEFT_ALONE: &str = "is about what whimbrel does not manage";

struct Looker {
    dialect: Dialect,
    /// The tables that were made so far, under all their names: no row is in them.
    tables: BTreeSet<ObjectName>,
}

impl Looker {
    /// What a statement does that is not seen in the schema, if it does.
    fn look(&mut self, statement: &ScriptStatement, sql: &str) -> Option<&'static str> {
        match &statement.class {
            Class::Ddl(ddl) => self.ddl(ddl, sql),
            Class::Data(data) => self.data(data, sql),
            Class::Session => self.session(sql),
            Class::Comment => None,
            Class::Pragma(_) => Some("sets what no schema holds"),
            Class::Ownership | Class::Privilege => Some("says who may do what"),
            Class::Beyond(_) | Class::Attach | Class::ExtensionLoading => Some("reaches beyond the database"),
            Class::Maintenance(_) => Some("tends what no schema holds"),
            Class::Do => Some(RUNS_CODE),
            Class::Transaction(_)
            | Class::Explain
            | Class::MetaCommand { .. }
            | Class::DotCommand { .. }
            | Class::Unknown => Some("is not understood"),
        }
    }

    fn ddl(&mut self, ddl: &Ddl, sql: &str) -> Option<&'static str> {
        self.tables.extend(self.named(ddl, sql).map(|name| self.dialect.fold_name(&name)));
        if !is_managed(ddl.kind) {
            return Some(IS_LEFT_ALONE);
        }
        if ddl.temporary {
            return Some("makes something for the session alone");
        }
        if ddl.conditional {
            return Some(IS_CONDITIONAL);
        }
        match (ddl.verb, ddl.kind) {
            (DdlVerb::Create, DdlKind::Table) if self.is_filled(sql) => Some(PUTS_ROWS_IN),
            (DdlVerb::Create | DdlVerb::Alter, DdlKind::Extension) if !self.has_word(sql, "version") => {
                Some("takes the version of an extension that is there")
            }
            (_, _) => None,
        }
    }

    /// The name that a statement gives a table.
    fn named(&self, ddl: &Ddl, sql: &str) -> Option<ObjectName> {
        if ddl.kind != DdlKind::Table {
            return None;
        }
        match ddl.verb {
            DdlVerb::Create => ddl.name.clone(),
            DdlVerb::Alter => {
                let mut cursor = Cursor::new(sql, self.dialect.lexicon());
                cursor.by_ref().find(|token| token.is_word("rename"))?;
                let namespace = ddl.name.as_ref()?.namespace.clone();
                let name = cursor.eat("to").then(|| cursor.name()).flatten()?.into_owned();
                Some(ObjectName { namespace, name })
            }
            DdlVerb::Drop => None,
        }
    }

    /// Says whether a CREATE TABLE is made from a query: outside of parentheses,
    /// AS stands before nothing else.
    fn is_filled(&self, sql: &str) -> bool {
        let mut cursor = Cursor::new(sql, self.dialect.lexicon());
        while cursor.peek().is_some() {
            if cursor.at_word("as") {
                return true;
            }
            if cursor.at_punct("(") {
                cursor.skip_parentheses();
            } else {
                cursor.next();
            }
        }
        false
    }

    fn data(&self, data: &Data, sql: &str) -> Option<&'static str> {
        match data.verb {
            DataVerb::Update | DataVerb::Delete | DataVerb::Truncate => {
                let is_empty = data.target.as_ref().is_some_and(|table| self.is_empty(table));
                (!is_empty).then_some("changes rows that it did not make")
            }
            DataVerb::Insert if self.is_copy(sql) => None,
            DataVerb::Insert | DataVerb::Merge | DataVerb::CopyFromStdin => Some(PUTS_ROWS_IN),
            DataVerb::Select | DataVerb::With | DataVerb::Call | DataVerb::CopyToStdout => Some(RUNS_CODE),
            DataVerb::Refresh => Some("fills a view"),
        }
    }

    /// Says whether an INSERT copies rows from one table that was made before and
    /// from nowhere else: then it copies none.
    fn is_copy(&self, sql: &str) -> bool {
        const OTHERS: [&str; 8] =
            ["union", "except", "intersect", "with", "group", "having", "returning", "conflict"];
        let lexicon = self.dialect.lexicon();
        let tokens: Vec<Token<'_>> = Cursor::new(sql, lexicon).collect();
        let count = |word: &str| tokens.iter().filter(|token| token.is_word(word)).count();
        if count("select") != 1 || count("from") != 1 || OTHERS.iter().any(|word| count(word) > 0) {
            return false;
        }
        let mut cursor = Cursor::new(sql, lexicon);
        cursor.by_ref().find(|token| token.is_word("from"));
        let source = cursor.object_name();
        let is_alone = cursor.peek().is_none_or(|token| token.is_word("where") || token.is_word("order"));
        is_alone && source.is_some_and(|name| self.is_empty(&name))
    }

    fn is_empty(&self, table: &ObjectName) -> bool {
        let counters = self.dialect == Dialect::Sqlite && table.name == "sqlite_sequence";
        counters || self.tables.contains(&self.dialect.fold_name(table))
    }

    /// Says what a setting does, unless it only says how long to wait, or that
    /// bodies are not looked into.
    fn session(&self, sql: &str) -> Option<&'static str> {
        const HARMLESS: [&str; 3] = ["check_function_bodies", "lock_timeout", "statement_timeout"];
        let mut cursor = Cursor::new(sql, self.dialect.lexicon());
        let sets = cursor.eat_any(&["set", "reset"]);
        cursor.eat_any(&["local", "session"]);
        let is_harmless = sets && cursor.eat_any(&HARMLESS);
        (!is_harmless).then_some("sets how others are read")
    }

    fn has_word(&self, sql: &str, word: &str) -> bool {
        Cursor::new(sql, self.dialect.lexicon()).any(|token| token.is_word(word))
    }
}

/// Says whether a schema has a place for objects of this kind.
fn is_managed(kind: DdlKind) -> bool {
    match kind {
        DdlKind::Table
        | DdlKind::VirtualTable
        | DdlKind::Index
        | DdlKind::View
        | DdlKind::MaterializedView
        | DdlKind::Trigger
        | DdlKind::Sequence
        | DdlKind::Type
        | DdlKind::Domain
        | DdlKind::Namespace
        | DdlKind::Extension
        | DdlKind::Function
        | DdlKind::Procedure
        | DdlKind::Routine
        | DdlKind::Aggregate => true,
        DdlKind::ForeignTable
        | DdlKind::EventTrigger
        | DdlKind::Rule
        | DdlKind::Policy
        | DdlKind::Operator
        | DdlKind::OperatorClass
        | DdlKind::OperatorFamily
        | DdlKind::Cast
        | DdlKind::Collation
        | DdlKind::Conversion
        | DdlKind::Statistics
        | DdlKind::TextSearch
        | DdlKind::Publication
        | DdlKind::Language
        | DdlKind::Transform
        | DdlKind::AccessMethod
        | DdlKind::ForeignDataWrapper
        | DdlKind::Server
        | DdlKind::UserMapping
        | DdlKind::LargeObject => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of the first statement that is in the way, with its line.
    #[track_caller]
    fn check(dialect: Dialect, text: &str, expected: Option<&str>) {
        let script = Script::read(dialect, "0000_a.sql", text).unwrap();
        let found = beyond_schema(dialect, [&script]).map(|reason| reason.to_string());
        assert_eq!(found, expected.map(|words| format!("`0000_a.sql:{words}")), "{text}");
    }

    #[test]
    fn what_makes_a_schema_is_not_in_the_way() {
        check(
            Dialect::Sqlite,
            "PRAGMA foreign_keys=OFF;\nCREATE TABLE \"__new_a\" (b INTEGER PRIMARY KEY AUTOINCREMENT, c TEXT AS (b));\n\
             CREATE TABLE a (b);\n\
             INSERT INTO \"__new_a\" (rowid, \"b\") SELECT rowid, coalesce(\"b\", 0) FROM \"A\";\n\
             DELETE FROM \"sqlite_sequence\" WHERE \"name\" = '__new_a';\n\
             INSERT INTO \"sqlite_sequence\" (\"name\", \"seq\") SELECT '__new_a', \"seq\" FROM \"sqlite_sequence\" \
             WHERE \"name\" = 'a';\nDROP TABLE a;\nALTER TABLE \"__new_a\" RENAME TO \"a\";\n\
             CREATE VIEW v AS SELECT b FROM a;\n\
             CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO a VALUES (1); END;\n\
             CREATE VIRTUAL TABLE f USING fts5(x);\nPRAGMA foreign_keys=ON;\n",
            None,
        );
        check(
            Dialect::Postgres,
            "SET LOCAL check_function_bodies = off;\nSET lock_timeout = '2s';\nCREATE SCHEMA app;\n\
             CREATE EXTENSION citext WITH SCHEMA app VERSION '1.6';\nCREATE TYPE mood AS ENUM ('ok');\n\
             ALTER TYPE mood ADD VALUE 'sad';\nCREATE TABLE app.a (b int GENERATED ALWAYS AS (1) STORED);\n\
             ALTER TABLE app.a RENAME COLUMN b TO c;\nALTER TABLE app.a RENAME TO d;\n\
             UPDATE app.d SET c = DEFAULT WHERE c IS NULL;\nTRUNCATE app.d;\n\
             INSERT INTO app.a SELECT * FROM app.d WHERE c > 1;\n\
             CREATE INDEX CONCURRENTLY i ON app.d (c);\nCOMMENT ON TABLE app.d IS 'x';\n\
             CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n",
            None,
        );
    }

    #[test]
    fn rows_are_in_the_way() {
        let table = |rest: &str| format!("CREATE TABLE a (b);\nCREATE TABLE c (b);\n{rest}");
        for rest in [
            "INSERT INTO a VALUES (1);",
            "INSERT INTO a SELECT 1;",
            "INSERT INTO a SELECT b FROM elsewhere;",
            "INSERT INTO a SELECT b FROM c UNION SELECT 1;",
            "INSERT INTO a SELECT b FROM (SELECT 1 AS b);",
            "INSERT INTO a SELECT c.b FROM c, elsewhere;",
            "INSERT INTO a SELECT c.b FROM c LEFT JOIN elsewhere;",
            "INSERT INTO a SELECT 1 FROM c HAVING random() > 0;",
            "INSERT INTO a WITH d AS (VALUES (1)) SELECT b FROM c;",
            "CREATE TABLE d AS SELECT 1;",
        ] {
            check(Dialect::Sqlite, &table(rest), Some("3` puts rows in"));
        }
        for rest in [
            "COPY a FROM stdin;\n1\n\\.\n",
            "MERGE INTO a USING c ON true WHEN NOT MATCHED THEN INSERT VALUES (1);",
            "INSERT INTO a SELECT b FROM generate_series(1, 3);",
            "CREATE TABLE d (e) AS SELECT 1;",
        ] {
            check(Dialect::Postgres, &table(rest), Some("3` puts rows in"));
        }
        check(Dialect::Sqlite, "UPDATE elsewhere SET b = 1;", Some("1` changes rows that it did not make"));
        check(Dialect::Postgres, "DELETE FROM pg_class;", Some("1` changes rows that it did not make"));
    }

    #[test]
    fn what_depends_on_where_it_runs_is_in_the_way() {
        let there = Some("1` depends on what is there");
        check(Dialect::Sqlite, "CREATE TABLE IF NOT EXISTS a (b);", there);
        check(Dialect::Sqlite, "DROP VIEW IF EXISTS a;", there);
        check(Dialect::Postgres, "CREATE EXTENSION IF NOT EXISTS citext VERSION '1';", there);
        let version = Some("1` takes the version of an extension that is there");
        check(Dialect::Postgres, "CREATE EXTENSION citext;", version);
        check(Dialect::Postgres, "ALTER EXTENSION citext UPDATE;", version);
        let code = Some("1` runs code that may do anything");
        check(Dialect::Postgres, "DO $$ BEGIN END $$;", code);
        check(Dialect::Postgres, "SELECT setval('s', 7);", code);
        check(Dialect::Postgres, "WITH a AS (SELECT 1) DELETE FROM b;", code);
        check(Dialect::Postgres, "CALL p();", code);
    }

    #[test]
    fn what_no_schema_holds_is_in_the_way() {
        check(Dialect::Sqlite, "PRAGMA user_version = 3;", Some("1` sets what no schema holds"));
        check(Dialect::Sqlite, "ANALYZE;", Some("1` tends what no schema holds"));
        let session = Some("1` makes something for the session alone");
        check(Dialect::Sqlite, "CREATE TEMP TABLE a (b);", session);
        check(Dialect::Postgres, "SET search_path = app;", Some("1` sets how others are read"));
        check(Dialect::Postgres, "GRANT SELECT ON a TO b;", Some("1` says who may do what"));
        check(Dialect::Postgres, "ALTER TABLE a OWNER TO b;", Some("1` says who may do what"));
        check(Dialect::Postgres, "CREATE ROLE a;", Some("1` reaches beyond the database"));
        let unmanaged = Some("1` is about what whimbrel does not manage");
        check(Dialect::Postgres, "CREATE PUBLICATION p;", unmanaged);
        check(Dialect::Postgres, "CREATE POLICY p ON a;", unmanaged);
        check(Dialect::Postgres, "REFRESH MATERIALIZED VIEW a;", Some("1` fills a view"));
    }
}
