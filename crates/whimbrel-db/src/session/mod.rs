//! What the dialects do around whatever changes a database: the lock, the
//! transaction, foreign keys that step aside.

mod settings;
mod violations;

pub use settings::SessionSettings;
pub(crate) use settings::{defers_foreign_keys, is_setting};
pub use violations::{Violation, Violations, list_violations};

use std::time::{Duration, Instant};

use whimbrel_core::dialect::Dialect;

use crate::connection::Connection;
use crate::error::DbError;
use crate::lock::jittered;

/// The patience of a transaction that waits for other sessions' locks.
pub(crate) struct Retry {
    /// When it ends; `None` where the engine itself has waited.
    end: Option<Instant>,
}

impl Retry {
    /// About as long as those behind us in a queue need to get through.
    const PAUSE: Duration = Duration::from_secs(1);

    pub(crate) fn begin(connection: &dyn Connection) -> Self {
        Self::since(connection, Instant::now())
    }

    /// The patience of one that has waited since then.
    pub(crate) fn since(connection: &dyn Connection, start: Instant) -> Self {
        let end = match connection.server().dialect {
            Dialect::Postgres => start.checked_add(connection.lock_wait().limit),
            Dialect::Sqlite => None,
        };
        Self { end }
    }

    /// Waits a moment before the next attempt; `false` if there is to be none.
    pub(crate) async fn pause(&mut self) -> bool {
        let pause = jittered(Self::PAUSE);
        let has_time = self.end.is_some_and(|end| Instant::now() + pause < end);
        if has_time {
            tokio::time::sleep(pause).await;
        }
        has_time
    }
}

/// Takes the lock that keeps two runs apart, where transactions do not.
pub(crate) async fn lock(connection: &mut dyn Connection) -> Result<(), DbError> {
    match connection.server().dialect {
        #[cfg(feature = "postgres")]
        Dialect::Postgres => crate::postgres::lock::take(connection).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Ok(()),
        Dialect::Sqlite => Ok(()),
    }
}

/// Gives the lock back.
pub(crate) async fn unlock(connection: &mut dyn Connection) {
    match connection.server().dialect {
        #[cfg(feature = "postgres")]
        Dialect::Postgres => crate::postgres::lock::release(connection).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => {}
        Dialect::Sqlite => {}
    }
}

/// The statement that begins a transaction that may write.
pub(crate) fn begin_sql(dialect: Dialect) -> &'static str {
    match dialect {
        // The write lock is taken now, not in the midst of the transaction.
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
    }
}

/// Begins a transaction that may write.
pub(crate) async fn begin(connection: &mut dyn Connection) -> Result<(), DbError> {
    connection.execute(begin_sql(connection.server().dialect)).await.map(drop)
}

/// Puts the session's settings back to what they were at its start, whatever
/// scripts have done to them: role, search path and the like.
///
/// # Errors
///
/// If the session is lost.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, SqliteConnection, reset_session};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// connection.execute("CREATE TABLE notes (text)").await?;
/// // On PostgreSQL: role, search path and the like, temporary tables. What a script made stays.
/// reset_session(&mut connection).await?;
/// assert!(connection.query("SELECT * FROM notes").await?.is_empty());
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
pub async fn reset_session(connection: &mut dyn Connection) -> Result<(), DbError> {
    let statements: Vec<&str> = connection.resets().iter().map(String::as_str).collect();
    if !statements.is_empty() {
        connection.query_all(&statements).await?;
    }
    Ok(())
}

/// Rolls back if a transaction is open: after some errors the engine has done
/// so itself.
pub(crate) async fn roll_back(connection: &mut dyn Connection) -> Result<(), DbError> {
    if connection.in_transaction().await? {
        connection.execute("ROLLBACK").await?;
    }
    Ok(())
}

/// How foreign keys were before they were suspended.
pub(crate) enum Enforcement {
    /// As they are: nobody touches them.
    Untouched,
    /// Suspended, and on before.
    WasOn,
    /// They were off anyway.
    WasOff,
    /// They should be off, and are not.
    StaysOn,
}

/// Says whether SQLite looks at foreign keys in this session.
pub(crate) async fn enforces_foreign_keys(connection: &mut dyn Connection) -> Result<bool, DbError> {
    let rows = connection.query("PRAGMA foreign_keys").await?;
    Ok(rows.first().is_some_and(|row| row.is_true(0)))
}

/// Suspends foreign keys, which only SQLite needs. Inside a transaction SQLite
/// ignores that without a word, so the setting is read back.
pub(crate) async fn suspend(connection: &mut dyn Connection) -> Result<Enforcement, DbError> {
    match connection.server().dialect {
        Dialect::Sqlite => {}
        Dialect::Postgres => return Ok(Enforcement::Untouched),
    }
    if !enforces_foreign_keys(connection).await? {
        return Ok(Enforcement::WasOff);
    }
    let stays_on = async {
        connection.execute("PRAGMA foreign_keys = OFF").await?;
        enforces_foreign_keys(connection).await
    };
    match stays_on.await {
        Ok(true) => Ok(Enforcement::StaysOn),
        Ok(false) => Ok(Enforcement::WasOn),
        Err(error) => {
            drop(restore(connection, &Enforcement::WasOn).await);
            Err(error)
        }
    }
}

/// Puts foreign keys back to what they were.
pub(crate) async fn restore(
    connection: &mut dyn Connection,
    enforcement: &Enforcement,
) -> Result<(), DbError> {
    match enforcement {
        Enforcement::WasOn => connection.execute("PRAGMA foreign_keys = ON").await.map(drop),
        Enforcement::Untouched | Enforcement::WasOff | Enforcement::StaysOn => Ok(()),
    }
}
