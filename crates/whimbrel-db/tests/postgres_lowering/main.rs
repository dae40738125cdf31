//! What the lowering of PostgreSQL promises, tried on a real server: the plan
//! runs, the database then has the desired schema, a second plan is empty, and
//! the rows are what they were.
#![cfg(feature = "postgres")]

mod generators;
mod objects;
mod types;

use whimbrel_core::change::{AlterEnum, Change, EnumReplacement};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::plan;
use whimbrel_core::schema::Schema;
use whimbrel_core::sql::{Lexicon, split};
use whimbrel_db::execute::{Silent, Unguarded, execute};
use whimbrel_db::postgres::{Environment, PostgresConfig, PostgresConnection};
use whimbrel_db::{Access, Connection, IntrospectOptions, Value, introspect};
use whimbrel_testkit::cluster::{Cluster, TestDatabase};

/// A database, and the session that it is planned for.
struct Database {
    connection: PostgresConnection,
    _database: TestDatabase<'static>,
}

impl Database {
    async fn new(sql: &str) -> Self {
        let database = Cluster::shared().database();
        let config = PostgresConfig::parse(&database.url(), &Environment::default()).expect("a URL");
        let wait = std::time::Duration::ZERO;
        let connection =
            PostgresConnection::connect(config, Access::ReadWrite, wait).await.expect("a server");
        let mut made = Self { connection, _database: database };
        for statement in split(sql, Lexicon::POSTGRES) {
            let done = made.connection.execute(statement.text).await;
            done.unwrap_or_else(|error| panic!("{error}: {}", statement.text));
        }
        made
    }

    async fn schema(&mut self) -> Schema {
        let read = introspect(&mut self.connection, &IntrospectOptions::default()).await;
        read.unwrap_or_else(|error| panic!("{error}")).schema
    }

    /// The values of a query, blanks between, one row a line.
    async fn query(&mut self, sql: &str) -> String {
        let rows = self.connection.query(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
        let text = |value: &Value| match value {
            Value::Null => "-".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Blob(bytes) => format!("{bytes:?}"),
        };
        let rows: Vec<_> =
            rows.iter().map(|row| row.0.iter().map(text).collect::<Vec<_>>().join(" ")).collect();
        rows.join("\n")
    }
}

/// Brings a database from one schema to the other and back, and checks that it
/// gets there both times.
async fn there_and_back(from: &str, to: &str) {
    let mut database = push(from, to, &[]).await;
    let desired = Database::new(from).await.schema().await;
    bring(&mut database, &desired, &[]).await;
}

/// Brings a database that has `from` to the schema of `to`. A replacement is
/// `table.column old new`.
async fn push(from: &str, to: &str, replacements: &[&str]) -> Database {
    let desired = Database::new(to).await.schema().await;
    let mut database = Database::new(from).await;
    bring(&mut database, &desired, replacements).await;
    database
}

async fn bring(database: &mut Database, desired: &Schema, replacements: &[&str]) {
    let current = database.schema().await;
    let pair = Pair::new(&current, desired);
    let mut changes = diff(Dialect::Postgres, pair, &Renames::default()).changes;
    for change in &mut changes {
        if let Change::AlterEnum(AlterEnum { replacements: list, .. }) = change {
            list.extend(replacements.iter().map(|text| replacement(text)));
        }
    }
    let plan = plan(Dialect::Postgres, pair, &changes).unwrap_or_else(|error| panic!("{error}"));
    if let Err(error) = execute(&mut database.connection, &plan, &mut Unguarded, &mut Silent).await {
        panic!("{error}\n{}", plan.render_sql());
    }
    let reached = database.schema().await;
    let left = diff(Dialect::Postgres, Pair::new(&reached, desired), &Renames::default());
    assert_eq!(left.changes, [], "after\n{}", plan.render_sql());
}

fn replacement(text: &str) -> EnumReplacement {
    let parts: Vec<_> = text.split(' ').collect();
    let (table, column) = parts[0].split_once('.').expect("a table and a column");
    EnumReplacement {
        table_name: table.into(),
        column_name: column.into(),
        from: parts[1].into(),
        to: parts.get(2).map(|value| (*value).to_owned()),
    }
}
