//! A connection that fails on purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use whimbrel_db::{Canceller, Connection, Datum, DbError, FailedAt, Fetched, LockWait, Row, ServerInfo};

/// Wraps a connection and lets one call to it fail, or that one and all after
/// it.
pub struct FailingConnection {
    inner: Option<Box<dyn Connection>>,
    info: ServerInfo,
    fault: Fault,
    /// The call that fails, from 0.
    at: usize,
    calls: Calls,
}

/// Counts calls; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<AtomicUsize>);

/// What happens at the call that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The engine refuses it; the session goes on.
    Refused,
    /// The session dies before the engine hears of it.
    Dies,
    /// The engine does it, and the session dies before its answer arrives.
    AnswerLost,
}

/// Every fault.
pub const FAULTS: [Fault; 3] = [Fault::Refused, Fault::Dies, Fault::AnswerLost];

impl Calls {
    /// How many calls there were.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

impl FailingConnection {
    /// Lets call `at` (from 0) of `inner` fail.
    pub fn new(inner: Box<dyn Connection>, fault: Fault, at: usize) -> Self {
        let info = inner.server().clone();
        Self { inner: Some(inner), info, fault, at, calls: Calls::default() }
    }

    /// The number of calls so far, also when the connection is out of reach.
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// Counts a call; `Err` if it fails before the engine hears of it, else
    /// whether its answer gets lost.
    fn begin(&mut self) -> Result<bool, DbError> {
        let fails = self.calls.next() == self.at;
        match self.fault {
            Fault::Refused if fails => Err(self.refusal()),
            Fault::Dies if fails => Err(self.die()),
            Fault::Refused | Fault::Dies | Fault::AnswerLost => Ok(fails),
        }
    }

    /// A living session.
    fn alive(&mut self) -> Result<&mut dyn Connection, DbError> {
        match &mut self.inner {
            Some(inner) => Ok(&mut **inner),
            None => Err(lost(&self.info)),
        }
    }

    fn refusal(&self) -> DbError {
        // What engines say when the system fails them: any call may meet it.
        DbError::Io { name: self.info.name.clone(), message: "failing on purpose".to_owned() }
    }

    /// Ends the session: whatever is open is rolled back.
    fn die(&mut self) -> DbError {
        self.inner = None;
        lost(&self.info)
    }
}

fn lost(info: &ServerInfo) -> DbError {
    DbError::Lost { name: info.name.clone(), reason: "failing on purpose".to_owned() }
}

#[async_trait]
impl Connection for FailingConnection {
    fn server(&self) -> &ServerInfo {
        &self.info
    }

    async fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
        let is_lost = self.begin()?;
        let result = self.alive()?.execute(sql).await;
        if is_lost { Err(self.die()) } else { result }
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DbError> {
        let is_lost = self.begin()?;
        let result = self.alive()?.query(sql).await;
        if is_lost { Err(self.die()) } else { result }
    }

    async fn query_all(&mut self, statements: &[&str]) -> Result<Vec<Vec<Row>>, DbError> {
        let is_lost = self.begin()?;
        let result = self.alive()?.query_all(statements).await;
        if is_lost { Err(self.die()) } else { result }
    }

    /// Every statement is a call: the session may die between any two of them.
    /// Where only the answer is lost, the engine carries out all of them.
    async fn execute_all(&mut self, statements: &[&str]) -> Result<Vec<u64>, FailedAt> {
        let fails = statements.iter().position(|_| self.calls.next() == self.at);
        let Some(index) = fails else {
            return match self.alive() {
                Ok(inner) => inner.execute_all(statements).await,
                Err(error) => Err(FailedAt { index: 0, error, ends_there: false }),
            };
        };
        let reached = if self.fault == Fault::AnswerLost { statements } else { &statements[..index] };
        match self.alive() {
            Ok(inner) => inner.execute_all(reached).await?,
            Err(error) => return Err(FailedAt { index: 0, error, ends_there: false }),
        };
        match self.fault {
            Fault::Refused => Err(FailedAt { index, error: self.refusal(), ends_there: true }),
            Fault::Dies | Fault::AnswerLost => Err(FailedAt { index, error: self.die(), ends_there: false }),
        }
    }

    async fn fetch(&mut self, sql: &str, values: &[Datum]) -> Result<Fetched, DbError> {
        let is_lost = self.begin()?;
        let result = self.alive()?.fetch(sql, values).await;
        if is_lost { Err(self.die()) } else { result }
    }

    async fn copy_in(&mut self, sql: &str, rows: &str) -> Result<u64, DbError> {
        let is_lost = self.begin()?;
        let result = self.alive()?.copy_in(sql, rows).await;
        if is_lost { Err(self.die()) } else { result }
    }

    async fn in_transaction(&mut self) -> Result<bool, DbError> {
        self.alive()?.in_transaction().await
    }

    fn resets(&self) -> &'static [String] {
        self.inner.as_ref().map(|inner| inner.resets()).unwrap_or_default()
    }

    fn lock_wait(&self) -> LockWait {
        self.inner.as_ref().map(|inner| inner.lock_wait()).unwrap_or_default()
    }

    fn canceller(&self) -> Arc<dyn Canceller> {
        match &self.inner {
            Some(inner) => inner.canceller(),
            None => Arc::new(Nobody),
        }
    }

    async fn close(self: Box<Self>) -> Result<(), DbError> {
        match self.inner {
            Some(inner) => inner.close().await,
            None => Ok(()),
        }
    }
}

/// There is nobody to stop.
struct Nobody;

#[async_trait]
impl Canceller for Nobody {
    async fn cancel(&self) {}
}
