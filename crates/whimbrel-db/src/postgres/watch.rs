//! Looks, from a session of its own, at who stands in a statement's way.
//!
//! A statement that waits for a lock cannot ask what it waits for. One that has
//! run for a second is asked about every second by another session, until it is
//! done; whoever wants to know is told once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::SimpleQueryMessage;

use super::config::PostgresConfig;
use super::{connect, holder};
use crate::lock::{LockWait, Waiting};

const INTERVAL: Duration = Duration::from_secs(1);

/// The watch over one statement. Dropping it ends it.
pub(super) struct Watch(JoinHandle<()>);

impl Watch {
    /// Begins to watch over what `backend` runs. Who stands in its way is told
    /// to `wait`, and left in `seen`.
    pub(super) fn begin(
        config: &PostgresConfig,
        backend: i64,
        wait: &LockWait,
        seen: &Arc<Mutex<Option<String>>>,
    ) -> Self {
        let (config, wait, seen) = (config.clone(), wait.clone(), Arc::clone(seen));
        Self(tokio::spawn(async move {
            tokio::time::sleep(INTERVAL).await;
            watch(&config, backend, &wait, &seen).await;
        }))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn watch(config: &PostgresConfig, backend: i64, wait: &LockWait, seen: &Mutex<Option<String>>) {
    // Who cannot be seen cannot be named: the wait itself goes on as it would.
    let Ok(opened) = connect::open(config, None, Duration::ZERO).await else {
        return;
    };
    tokio::spawn(opened.driver);
    let mut told = false;
    while let Ok(messages) = opened.client.simple_query(&blockers(backend)).await {
        let holder = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(holder::describe(|at| row.get(at))),
            _ => None,
        });
        if let Some(holder) = holder {
            if let Ok(mut seen) = seen.lock() {
                *seen = Some(holder.clone());
            }
            if let (Some(notice), false) = (&wait.notice, told) {
                notice(&Waiting { database: config.name(), holder: Some(holder), limit: wait.limit });
            }
            told = true;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Of the sessions in the way, the one that has been at it longest.
fn blockers(backend: i64) -> String {
    format!(
        "SELECT {} WHERE a.pid = ANY (pg_blocking_pids({backend})) ORDER BY a.xact_start LIMIT 1",
        holder::COLUMNS
    )
}
