//! What the dialects do around the steps of a batch.

use std::time::{Duration, Instant};

use whimbrel_core::dialect::Dialect;
use whimbrel_core::plan::ForeignKeys;

use crate::connection::Connection;
use crate::error::DbError;
use crate::lock::jittered;

/// The patience of a batch that waits for other sessions' locks.
pub(super) struct Retry {
    /// When it ends; `None` where the engine itself has waited.
    end: Option<Instant>,
}

impl Retry {
    /// About as long as those behind us in a queue need to get through.
    const PAUSE: Duration = Duration::from_secs(1);

    pub(super) fn begin(connection: &dyn Connection) -> Self {
        let end = match connection.server().dialect {
            Dialect::Postgres => Instant::now().checked_add(connection.lock_wait().limit),
            Dialect::Sqlite => None,
        };
        Self { end }
    }

    /// Waits a moment before the next attempt; `false` if there is to be none.
    pub(super) async fn pause(&mut self) -> bool {
        let pause = jittered(Self::PAUSE);
        let has_time = self.end.is_some_and(|end| Instant::now() + pause < end);
        if has_time {
            tokio::time::sleep(pause).await;
        }
        has_time
    }
}

/// Takes the lock that keeps two runs apart, where transactions do not.
pub(super) async fn lock(connection: &mut dyn Connection) -> Result<(), DbError> {
    match connection.server().dialect {
        #[cfg(feature = "postgres")]
        Dialect::Postgres => crate::postgres::lock::take(connection).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => Ok(()),
        Dialect::Sqlite => Ok(()),
    }
}

/// Gives the lock back.
pub(super) async fn unlock(connection: &mut dyn Connection) {
    match connection.server().dialect {
        #[cfg(feature = "postgres")]
        Dialect::Postgres => crate::postgres::lock::release(connection).await,
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgres => {}
        Dialect::Sqlite => {}
    }
}

/// Begins a transaction that may write.
pub(super) async fn begin(connection: &mut dyn Connection) -> Result<(), DbError> {
    let sql = match connection.server().dialect {
        // The write lock is taken now, not in the midst of the steps.
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
    };
    connection.execute(sql).await.map(drop)
}

/// Rolls back if a transaction is open: after some errors the engine has done
/// so itself.
pub(super) async fn roll_back(connection: &mut dyn Connection) -> Result<(), DbError> {
    if connection.in_transaction().await? {
        connection.execute("ROLLBACK").await?;
    }
    Ok(())
}

/// How foreign keys were before a batch suspended them.
pub(super) enum Enforcement {
    /// As they are: the batch does not touch them.
    Untouched,
    /// Suspended, and on before.
    WasOn,
    /// They were off anyway.
    WasOff,
    /// They should be off, and are not.
    StaysOn,
}

const IS_ENFORCED: &str = "PRAGMA foreign_keys";

/// Suspends foreign keys if the batch asks for it. Inside a transaction SQLite
/// ignores that without a word, so the setting is read back.
pub(super) async fn suspend(
    connection: &mut dyn Connection,
    foreign_keys: &ForeignKeys,
) -> Result<Enforcement, DbError> {
    match (connection.server().dialect, foreign_keys) {
        (Dialect::Sqlite, ForeignKeys::Suspended { .. }) => {}
        (Dialect::Sqlite, ForeignKeys::AsIs) | (Dialect::Postgres, _) => return Ok(Enforcement::Untouched),
    }
    let is_on = |rows: &[crate::Row]| rows.first().is_some_and(|row| row.is_true(0));
    if !is_on(&connection.query(IS_ENFORCED).await?) {
        return Ok(Enforcement::WasOff);
    }
    let stays_on = async {
        connection.execute("PRAGMA foreign_keys = OFF").await?;
        connection.query(IS_ENFORCED).await
    };
    match stays_on.await {
        Ok(rows) if is_on(&rows) => Ok(Enforcement::StaysOn),
        Ok(_) => Ok(Enforcement::WasOn),
        Err(error) => {
            drop(restore(connection, &Enforcement::WasOn).await);
            Err(error)
        }
    }
}

/// Puts foreign keys back to what they were.
pub(super) async fn restore(
    connection: &mut dyn Connection,
    enforcement: &Enforcement,
) -> Result<(), DbError> {
    match enforcement {
        Enforcement::WasOn => connection.execute("PRAGMA foreign_keys = ON").await.map(drop),
        Enforcement::Untouched | Enforcement::WasOff | Enforcement::StaysOn => Ok(()),
    }
}
