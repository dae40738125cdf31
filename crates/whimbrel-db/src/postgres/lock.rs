//! The lock that one run at a time holds on a database.
//!
//! It is polled in statements of their own, outside of any transaction: one that
//! waits holds a snapshot, for which another's CREATE INDEX CONCURRENTLY would
//! wait in turn. It belongs to the session, so it ends with it on every path.

use super::holder;
use crate::connection::Connection;
use crate::error::DbError;

/// The number of the lock, which VibORM uses too: the bytes of "viborm".
const NUMBER: u64 = 0x7669_626F_726D;

/// Takes the lock, waiting as long as the connection waits for locks.
///
/// # Errors
///
/// [`DbError::Locked`] when patience runs out; it names the holder.
pub(crate) async fn take(connection: &mut dyn Connection) -> Result<(), DbError> {
    let (high, low) = (NUMBER >> 32, NUMBER & 0xFFFF_FFFF);
    let try_lock = format!("SELECT pg_try_advisory_lock({NUMBER})");
    let ask = format!(
        "SELECT {} JOIN pg_locks l ON l.pid = a.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND l.classid = {high} AND l.objid = {low} AND l.database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
        holder::COLUMNS
    );
    let name = connection.server().name.clone();
    let mut patience = connection.lock_wait().begin();
    loop {
        let answer = connection.query_all(&[&try_lock, &ask]).await?;
        let first = |at: usize| answer.get(at).and_then(|rows| rows.first());
        if first(0).is_some_and(|row| row.is_true(0)) {
            return Ok(());
        }
        let holder = first(1).map(|row| holder::describe(|at| row.text(at)));
        match patience.next_pause(&name, || holder.clone()) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(DbError::Locked { name, holder }),
        }
    }
}

/// Gives the lock back. A session that cannot do so is lost, and the lock with it.
pub(crate) async fn release(connection: &mut dyn Connection) {
    let _ = connection.query(&format!("SELECT pg_advisory_unlock({NUMBER})")).await;
}
