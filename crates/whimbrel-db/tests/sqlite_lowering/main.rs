//! What the lowering of SQLite promises, tried on SQLite itself: the plan runs,
//! the database then has the desired schema, a second plan is empty, and the
//! rows are what they were.
#![cfg(feature = "sqlite")]

mod in_place;
mod probes;
mod rebuild;
mod views;

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Rename, Renames, diff};
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, plan};
use whimbrel_core::resolve::RenameKind;
use whimbrel_core::schema::Schema;
use whimbrel_core::sql::{Lexicon, split};
use whimbrel_db::execute::{ExecuteError, Silent, Unguarded, execute};
use whimbrel_db::{Connection, IntrospectOptions, SqliteConnection, Value, introspect};

/// Runs a future to its end.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// A database, and what was planned for it.
struct Database {
    connection: SqliteConnection,
}

impl Database {
    /// A database with foreign keys on, as applications have them.
    fn new(sql: &str) -> Self {
        block_on(async {
            let mut connection = SqliteConnection::open_in_memory().await.expect("a database");
            connection.execute("PRAGMA foreign_keys=ON").await.expect("a pragma");
            let mut database = Self { connection };
            database.run(sql).await;
            database
        })
    }

    async fn run(&mut self, sql: &str) {
        for statement in split(sql, Lexicon::SQLITE) {
            let done = self.connection.execute(statement.text).await;
            done.unwrap_or_else(|error| panic!("{error}: {}", statement.text));
        }
    }

    async fn schema(&mut self) -> Schema {
        let read = introspect(&mut self.connection, &IntrospectOptions::default()).await;
        read.unwrap_or_else(|error| panic!("{error}")).schema
    }

    /// Brings the database to `to`, and checks that it is there.
    fn push(&mut self, to: &str, renames: &[&str]) -> Plan {
        match self.try_push(to, renames) {
            (plan, Ok(())) => plan,
            (plan, Err(error)) => panic!("{error}\n{}", plan.render_sql()),
        }
    }

    fn try_push(&mut self, to: &str, renames: &[&str]) -> (Plan, Result<(), ExecuteError>) {
        let desired = Self::new(to).into_schema();
        block_on(async {
            let current = self.schema().await;
            let pair = Pair::new(&current, &desired);
            let changes = diff(Dialect::Sqlite, pair, &self::renames(renames)).changes;
            let plan = made(pair, &changes);
            check_order(pair, &changes, &plan);
            let done = execute(&mut self.connection, &plan, &mut Unguarded, &mut Silent).await;
            if done.is_ok() {
                let reached = self.schema().await;
                let left = diff(Dialect::Sqlite, Pair::new(&reached, &desired), &Renames::default());
                assert_eq!(left.changes, [], "after\n{}", plan.render_sql());
                assert_eq!(self.query("PRAGMA foreign_keys").await, "1", "foreign keys are on again");
                assert_eq!(self.query("PRAGMA integrity_check").await, "ok");
            }
            (plan, done.map(drop))
        })
    }

    fn into_schema(mut self) -> Schema {
        block_on(self.schema())
    }

    /// The result of a query: columns between `|`, rows between line ends.
    async fn query(&mut self, sql: &str) -> String {
        let rows = self.connection.query(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
        let text = |value: &Value| match value {
            Value::Null => "NULL".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => format!("{number:?}"),
            Value::Text(text) => text.clone(),
            Value::Blob(bytes) => format!("{bytes:?}"),
        };
        let line = |row: &whimbrel_db::Row| row.0.iter().map(text).collect::<Vec<_>>().join("|");
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Checks the result of a query.
    fn holds(&mut self, sql: &str, expected: &str) {
        assert_eq!(block_on(self.query(sql)), expected, "{sql}");
    }
}

fn made(pair: Pair<&Schema>, changes: &[Change]) -> Plan {
    plan(Dialect::Sqlite, pair, changes).unwrap_or_else(|error| panic!("{error}"))
}

/// The plan does not depend on the order of the changes or of the schemas.
fn check_order(pair: Pair<&Schema>, changes: &[Change], plan: &Plan) {
    let backwards: Vec<_> = changes.iter().rev().cloned().collect();
    let turned = pair.map(|schema| {
        let mut schema = schema.clone();
        schema.tables.reverse();
        schema.objects.reverse();
        schema
    });
    assert_eq!(made(turned.as_ref(), &backwards), *plan);
}

/// Reads `table=new_table` and `table.column=new_column` (the table by its new
/// name).
fn renames(lines: &[&str]) -> Renames {
    let read = |line: &&str| {
        let (from, to) = line.split_once('=').expect("an equals sign");
        match from.split_once('.') {
            Some((table, column)) => Rename {
                kind: RenameKind::Column,
                parent: Some(table.into()),
                from: column.into(),
                to: to.into(),
            },
            None => Rename { kind: RenameKind::Table, parent: None, from: from.into(), to: to.into() },
        }
    };
    Renames { renamed: lines.iter().map(read).collect(), ..Renames::default() }
}

/// The statements of a plan, a line each, with line ends inside taken out.
fn statements(plan: &Plan) -> String {
    let line = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    plan.steps().map(|step| line(&step.sql)).collect::<Vec<_>>().join("\n")
}

/// Checks a push that starts with `rows` in `from`; the whole plan is compared.
fn check(from: &str, rows: &str, to: &str, names: &[&str], expected: &str) -> Database {
    let mut database = Database::new(&format!("{from};{rows}"));
    let plan = database.push(to, names);
    let expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(statements(&plan), expected.join("\n"));
    database
}

#[test]
fn the_names_of_tables_are_of_no_namespace() {
    let schema = Database::new("CREATE TABLE t (a)").into_schema();
    assert_eq!(schema.tables[0].name, ObjectName::new("t"));
}
