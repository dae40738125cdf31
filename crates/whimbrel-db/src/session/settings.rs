//! [`SessionSettings`]: what a script may have set for the rest of the session,
//! and nothing else would put back.
//!
//! PostgreSQL has statements that put everything back at once
//! ([`Connection::resets`]); SQLite has none, so what it was is read before and
//! compared afterwards. These are the pragmas that decide what a statement means,
//! whether it is refused, how safely it is written and how long others are kept
//! out. What is stored in the database itself (`user_version`, `journal_mode=WAL`)
//! is what the script is for, and stays; so do those that only say how much memory
//! may be used. Foreign keys are [`suspend`](super::suspend)'s.
//!
//! Temporary tables, views and triggers last as long as the session, too. A name
//! without its database means the temporary table first, so one that was left
//! would be altered in place of the real one, and another of that name could not be
//! made: what was made goes.

use whimbrel_core::dialect::Dialect;

use crate::connection::{Connection, Row, Value};
use crate::error::DbError;

/// The pragmas that are kept, with the query that reads each.
const KEPT: [(&str, &str); 18] = [
    // First, for it would refuse the others.
    ("query_only", "PRAGMA query_only"),
    ("busy_timeout", "PRAGMA busy_timeout"),
    // It cannot be read.
    ("case_sensitive_like", "SELECT 'a' NOT LIKE 'A'"),
    ("checkpoint_fullfsync", "PRAGMA checkpoint_fullfsync"),
    ("count_changes", "PRAGMA count_changes"),
    ("full_column_names", "PRAGMA full_column_names"),
    ("fullfsync", "PRAGMA fullfsync"),
    ("ignore_check_constraints", "PRAGMA ignore_check_constraints"),
    ("journal_mode", "PRAGMA journal_mode"),
    ("legacy_alter_table", "PRAGMA legacy_alter_table"),
    ("locking_mode", "PRAGMA main.locking_mode"),
    ("max_page_count", "PRAGMA max_page_count"),
    ("recursive_triggers", "PRAGMA recursive_triggers"),
    ("reverse_unordered_selects", "PRAGMA reverse_unordered_selects"),
    ("short_column_names", "PRAGMA short_column_names"),
    ("synchronous", "PRAGMA synchronous"),
    ("trusted_schema", "PRAGMA trusted_schema"),
    ("writable_schema", "PRAGMA writable_schema"),
];

/// Says whether a pragma of this name is put back after a script.
pub(crate) fn is_setting(name: &str) -> bool {
    KEPT.iter().any(|(kept, _)| *kept == name)
}

/// The settings of a session at one moment.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SessionSettings, SqliteConnection};
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let settings = SessionSettings::read(&mut connection).await?;
/// connection.execute("PRAGMA recursive_triggers = ON").await?;
/// settings.put_back(&mut connection).await?;
/// let rows = connection.query("PRAGMA recursive_triggers").await?;
/// assert_eq!(rows[0].integer(0), Some(0));
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SessionSettings {
    /// The value of each of the pragmas.
    pragmas: Vec<Option<String>>,
    /// The statements that drop what is temporary, in an order that works.
    temporary: Vec<String>,
}

/// What is temporary. Whatever stands on something was made after it, but for
/// the tables that a virtual table makes for itself and drops itself.
const TEMPORARY: &str = "SELECT type, name FROM temp.sqlite_schema \
     WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
     ORDER BY sql LIKE 'CREATE VIRTUAL %' DESC, rowid DESC";

impl SessionSettings {
    /// Reads the settings; where the engine can put them back itself there are none.
    ///
    /// # Errors
    ///
    /// If the session is lost, or the database cannot be read.
    pub async fn read(connection: &mut dyn Connection) -> Result<Self, DbError> {
        match connection.server().dialect {
            Dialect::Sqlite => {}
            Dialect::Postgres => return Ok(Self { pragmas: Vec::new(), temporary: Vec::new() }),
        }
        let answers = connection.query_all(&KEPT.map(|(_, query)| query)).await?;
        let temporary = connection.query(TEMPORARY).await?;
        Ok(Self {
            pragmas: answers.iter().map(|rows| value(rows)).collect(),
            temporary: temporary.iter().filter_map(drop_temporary).collect(),
        })
    }

    /// Sets what is another now to what it was, and drops what is temporary and
    /// was not there, in a transaction or outside of one: what cannot be set in
    /// one cannot have been set there either.
    ///
    /// # Errors
    ///
    /// If the session is lost, or the database cannot be read.
    pub async fn put_back(&self, connection: &mut dyn Connection) -> Result<(), DbError> {
        let now = Self::read(connection).await?;
        let pairs = KEPT.iter().zip(self.pragmas.iter().zip(&now.pragmas));
        let others = pairs.filter(|(_, (before, now))| before != now);
        let statements: Vec<String> = others
            .filter_map(|((name, _), (before, now))| {
                let value = wanted(name, before.as_deref()?, now.as_deref()?)?;
                Some(format!("PRAGMA {name} = {value}"))
            })
            .chain(now.temporary.into_iter().filter(|made| !self.temporary.contains(made)))
            .collect();
        if statements.is_empty() {
            return Ok(());
        }
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        connection.execute_all(&statements).await.map(drop).map_err(DbError::from)
    }
}

/// The statement that drops something temporary.
fn drop_temporary(row: &Row) -> Option<String> {
    let name = Dialect::Sqlite.quote_ident(row.text(1)?);
    Some(format!("DROP {} IF EXISTS temp.{name}", row.text(0)?))
}

/// What a pragma is to be set to; `None` if it is to stay as it is now.
fn wanted<'v>(name: &str, before: &'v str, now: &str) -> Option<&'v str> {
    match (name, before, now) {
        // The database itself has become one with a log, or ceased to be one: only
        // what a journal is until then is a matter of the session.
        ("journal_mode", _, "wal") | ("journal_mode", "wal", "delete") => None,
        ("journal_mode", "wal", _) => Some("delete"),
        // What was written to the schema is read anew, too.
        ("writable_schema", "0", _) => Some("RESET"),
        (_, before, _) => Some(before),
    }
}

/// The one value of a pragma, if this build of SQLite knows it.
fn value(rows: &[Row]) -> Option<String> {
    match rows.first()?.value(0) {
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::Null | Value::Real(_) | Value::Blob(_) => None,
    }
}

/// Says whether foreign keys are looked at only when all is to be committed.
/// SQLite forgets what it has found until then if that is turned off before.
///
/// # Errors
///
/// If the session is lost.
pub(crate) async fn defers_foreign_keys(connection: &mut dyn Connection) -> Result<bool, DbError> {
    match connection.server().dialect {
        Dialect::Sqlite => {}
        Dialect::Postgres => return Ok(false),
    }
    let rows = connection.query("PRAGMA defer_foreign_keys").await?;
    Ok(rows.first().is_some_and(|row| row.is_true(0)))
}
