//! What other migration tools have applied, as their tables say it. Nothing is
//! ever written there.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::Tool;
use whimbrel_core::name::ObjectName;

use crate::connection::{Connection, Row, Value};
use crate::error::DbError;

use super::table::is_missing_column;

/// A row of another tool's tracking table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRow {
    /// What the tool knows the migration by.
    pub key: String,
    /// The checksum, in lower case, if the tool keeps one.
    pub checksum: Option<String>,
    /// Whether it ended well.
    pub is_finished: bool,
}

/// Reads what a tool has applied, oldest first; `None` where it has no table.
/// `table` is the name of the table where it is not the usual one.
///
/// # Errors
///
/// If the table cannot be read, or is another.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::history::Tool;
/// use whimbrel_db::tracking::{ForeignRow, read_foreign};
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// assert_eq!(read_foreign(&mut connection, Tool::Diesel, None).await?, None);
///
/// connection.execute("CREATE TABLE __diesel_schema_migrations (version TEXT PRIMARY KEY)").await?;
/// connection.execute("INSERT INTO __diesel_schema_migrations VALUES ('20260131102030')").await?;
/// let row = ForeignRow { key: "20260131102030".into(), checksum: None, is_finished: true };
/// assert_eq!(read_foreign(&mut connection, Tool::Diesel, None).await?, Some(vec![row]));
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
pub async fn read_foreign(
    connection: &mut dyn Connection,
    tool: Tool,
    table: Option<&ObjectName>,
) -> Result<Option<Vec<ForeignRow>>, DbError> {
    let dialect = connection.server().dialect;
    let table = dialect.quote_name(&table.cloned().unwrap_or_else(|| usual(dialect, tool)));
    let sql = query(dialect, tool, &table);
    let mut answer = connection.query(&sql).await;
    if let (Tool::Drizzle, Err(DbError::Statement(error))) = (tool, &answer)
        && is_missing_column(error)
    {
        answer = connection.query(&older_drizzle(&table)).await;
    }
    match answer {
        Ok(rows) => Ok(Some(rows.iter().map(read).collect())),
        Err(error) if error.is_missing_table() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The query for Drizzle's table as it was before version 1: the time is the key.
fn older_drizzle(table: &str) -> String {
    format!("SELECT created_at, hash, 1 FROM {table} ORDER BY created_at")
}

/// The table, where the tool makes it.
fn usual(dialect: Dialect, tool: Tool) -> ObjectName {
    match (dialect, tool) {
        (Dialect::Postgres, Tool::Drizzle) => ObjectName::qualified("drizzle", tool.tracking_table()),
        (Dialect::Sqlite | Dialect::Postgres, _) => ObjectName::new(tool.tracking_table()),
    }
}

/// The query for key, checksum, and whether it ended well.
fn query(dialect: Dialect, tool: Tool, table: &str) -> String {
    match tool {
        Tool::Diesel => format!("SELECT version, NULL, 1 FROM {table} ORDER BY version"),
        Tool::Drizzle => format!("SELECT name, hash, 1 FROM {table} ORDER BY id"),
        Tool::Prisma => format!(
            "SELECT migration_name, checksum, CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END FROM {table} \
             WHERE rolled_back_at IS NULL ORDER BY started_at, migration_name"
        ),
        Tool::Refinery => format!("SELECT version, checksum, 1 FROM {table} ORDER BY version"),
        Tool::Sqlx => {
            let digits = match dialect {
                Dialect::Sqlite => "hex(checksum)",
                Dialect::Postgres => "encode(checksum, 'hex')",
            };
            format!("SELECT version, lower({digits}), success FROM {table} ORDER BY version")
        }
        Tool::Viborm => format!("SELECT name, checksum, 1 FROM {table} ORDER BY id"),
    }
}

fn read(row: &Row) -> ForeignRow {
    ForeignRow {
        key: words(row.value(0)).unwrap_or_default(),
        checksum: words(row.value(1)),
        is_finished: row.is_true(2),
    }
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Blob(_) => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}
