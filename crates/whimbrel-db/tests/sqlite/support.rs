//! What the tests share.

use whimbrel_db::introspect::{IntrospectOptions, Introspection, introspect};
use whimbrel_db::{Connection, Row, SqliteConnection, Value};

/// A database in memory in which these statements have run.
pub(crate) async fn memory(statements: &[&str]) -> SqliteConnection {
    let mut connection = SqliteConnection::open_in_memory().await.unwrap();
    for sql in statements {
        connection.execute(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
    connection
}

/// Reads the schema.
pub(crate) async fn read(connection: &mut dyn Connection) -> Introspection {
    introspect(connection, &IntrospectOptions::default()).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The rows of a query.
pub(crate) async fn query(connection: &mut dyn Connection, sql: &str) -> Vec<Row> {
    connection.query(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
}

/// A value as text.
pub(crate) fn text(row: &Row, index: usize) -> Option<String> {
    match row.value(index) {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::Blob(bytes) => Some(format!("{bytes:?}")),
    }
}
