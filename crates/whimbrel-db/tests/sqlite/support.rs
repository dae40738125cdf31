//! What the tests share.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use whimbrel_db::introspect::{IntrospectOptions, Introspection, introspect};
use whimbrel_db::{
    Access, ConnectOptions, Connection, DatabaseUrl, DbError, LockWait, Missing, Row, SqliteConnection,
    Value, connect,
};

/// A database in memory in which these statements have run.
pub(crate) async fn memory(statements: &[&str]) -> SqliteConnection {
    let mut connection = SqliteConnection::open_in_memory().await.unwrap();
    run(&mut connection, statements).await;
    connection
}

/// Runs statements.
pub(crate) async fn run(connection: &mut dyn Connection, statements: &[&str]) {
    for sql in statements {
        connection.execute(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

/// Reads the schema.
pub(crate) async fn read(connection: &mut dyn Connection) -> Introspection {
    introspect(connection, &IntrospectOptions::default()).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The rows of a query.
pub(crate) async fn query(connection: &mut dyn Connection, sql: &str) -> Vec<Row> {
    connection.query(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
}

/// The one number of a query.
pub(crate) async fn number(connection: &mut dyn Connection, sql: &str) -> i64 {
    query(connection, sql).await[0].integer(0).unwrap()
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

/// Opens a file, without waiting long for locks.
pub(crate) async fn open(
    path: &Path,
    access: Access,
    missing: Missing,
) -> Result<Box<dyn Connection>, DbError> {
    let lock_wait = LockWait::up_to(Duration::from_millis(200));
    connect(
        &DatabaseUrl::sqlite_file(path),
        &ConnectOptions { access, missing, lock_wait, ..ConnectOptions::default() },
    )
    .await
}

/// Opens a file for writing, and creates it where it is missing.
pub(crate) async fn file(path: &Path) -> Box<dyn Connection> {
    open(path, Access::ReadWrite, Missing::Create).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A file in which these statements have run.
pub(crate) async fn file_with(path: &Path, statements: &[&str]) {
    let mut connection = file(path).await;
    run(&mut *connection, statements).await;
    connection.close().await.unwrap();
}

/// Every file in a folder with its content.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// The message of an error and what it says to do.
pub(crate) fn message(error: &(impl miette::Diagnostic + ?Sized)) -> String {
    let help = error.help().map(|help| format!(" / {help}")).unwrap_or_default();
    format!("{error}{help}")
}
