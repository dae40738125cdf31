//! Notices a pooler that hands every transaction to another session.
//!
//! Locks, settings and transactions belong to sessions: behind PgBouncer in
//! transaction or statement mode none of them would hold. A pooler makes up its
//! own key for cancel requests, so a key that does not name the server's process
//! raises the suspicion, without any cost. Only then a second connection looks
//! closer: in transaction mode it is given the server session that the first
//! one has just put back.

mod key;

use std::time::Duration;

use super::config::PostgresConfig;
use super::connect;
use super::connection::PostgresConnection;
use crate::connection::Connection;
use crate::error::DbError;

/// What stands between us and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    Nothing,
    /// A pooler that keeps a session together, as far as can be seen.
    Pooler,
}

/// Refuses to work behind a pooler that does not keep a session together.
pub(super) async fn look(connection: &mut PostgresConnection, backend: i64) -> Result<Between, DbError> {
    match key::process(connection.cancel_token()).await {
        Some(key) if i64::from(key) == backend => return Ok(Between::Nothing),
        Some(_) | None => {}
    }
    let config = connection.config().clone();
    let before = own_backend(connection).await?;
    let other = other_backend(&config).await?;
    let after = own_backend(connection).await?;
    if before == after && other.is_some_and(|other| other != before) {
        return Ok(Between::Pooler);
    }
    Err(DbError::Connect {
        name: config.name(),
        reason: "a pooler stands before the server and gives every transaction to another session".to_owned(),
        help: "connect to the server itself, or to a pool with `pool_mode = session`: locks and settings \
               belong to one session"
            .to_owned(),
    })
}

async fn own_backend(connection: &mut PostgresConnection) -> Result<i64, DbError> {
    let rows = connection.query("SELECT pg_catalog.pg_backend_pid()").await?;
    Ok(rows.first().and_then(|row| row.integer(0)).unwrap_or_default())
}

/// Opens a second session and returns its process while a transaction holds it;
/// `None` if the pooler knows no transactions (statement mode).
async fn other_backend(config: &PostgresConfig) -> Result<Option<i64>, DbError> {
    let opened = connect::open(config, None, Duration::ZERO).await?;
    let driver = tokio::spawn(opened.driver);
    let answer = opened.client.simple_query("BEGIN; SELECT pg_catalog.pg_backend_pid()").await;
    drop(opened.client);
    let _ = driver.await;
    Ok(answer.ok().and_then(|messages| {
        messages.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        })
    }))
}
