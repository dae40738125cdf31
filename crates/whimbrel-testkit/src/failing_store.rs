//! A store that fails on purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use whimbrel::store::{Capabilities, Store, StoreError, StoreLock};

use crate::failing::{Calls, Fault};

/// Wraps a store and lets one call to it fail, or that one and all after it.
///
/// Stores that are clones share what is in them: keep one to see what a process
/// that died leaves to others. A failing store can also play one that can do less.
#[derive(Debug)]
pub struct FailingStore {
    inner: Arc<dyn Store>,
    can: Capabilities,
    fault: Fault,
    /// The call that fails, from 0.
    at: usize,
    calls: Calls,
    is_dead: AtomicBool,
}

/// What happens to one call.
enum Fate {
    Passes,
    AnswerLost,
}

impl FailingStore {
    /// Lets call `at` (from 0) of `inner` fail.
    pub fn new(inner: impl Store + 'static, fault: Fault, at: usize) -> Self {
        let can = inner.capabilities();
        let (calls, is_dead) = (Calls::default(), AtomicBool::new(false));
        Self { inner: Arc::new(inner), can, fault, at, calls, is_dead }
    }

    /// Lets no call fail.
    pub fn sound(inner: impl Store + 'static) -> Self {
        Self::new(inner, Fault::Refused, usize::MAX)
    }

    /// Plays a store that can do no more than this.
    #[must_use]
    pub fn with(mut self, can: Capabilities) -> Self {
        self.can = can;
        self
    }

    /// The number of calls so far.
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    fn begin(&self) -> Result<Fate, StoreError> {
        let fails = self.calls.next() == self.at;
        if self.is_dead.load(Ordering::Relaxed) {
            return Err(self.failure());
        }
        if !fails {
            return Ok(Fate::Passes);
        }
        match self.fault {
            Fault::Refused => Err(self.failure()),
            Fault::Dies => {
                self.is_dead.store(true, Ordering::Relaxed);
                Err(self.failure())
            }
            Fault::AnswerLost => {
                self.is_dead.store(true, Ordering::Relaxed);
                Ok(Fate::AnswerLost)
            }
        }
    }

    /// What the caller hears of a call that was made.
    fn end<T>(&self, fate: Fate, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match fate {
            Fate::Passes => outcome,
            Fate::AnswerLost => Err(self.failure()),
        }
    }

    fn failure(&self) -> StoreError {
        StoreError::other(&self.inner.name(), "failing on purpose")
    }
}

#[async_trait]
impl Store for FailingStore {
    fn name(&self) -> String {
        self.inner.name()
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        let fate = self.begin()?;
        self.end(fate, self.inner.get(path).await)
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        let fate = self.begin()?;
        self.end(fate, self.inner.put(path, text).await)
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        let fate = self.begin()?;
        self.end(fate, self.inner.delete(path).await)
    }

    fn capabilities(&self) -> Capabilities {
        self.can
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        assert!(self.can.list, "nobody asks a store for what it cannot do");
        let fate = self.begin()?;
        self.end(fate, self.inner.list().await)
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        assert!(self.can.create, "nobody asks a store for what it cannot do");
        let fate = self.begin()?;
        self.end(fate, self.inner.create(path, text).await)
    }

    async fn replace(&self, path: &str, expected: &str, text: &str) -> Result<bool, StoreError> {
        assert!(self.can.replace, "nobody asks a store for what it cannot do");
        let fate = self.begin()?;
        self.end(fate, self.inner.replace(path, expected, text).await)
    }

    async fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        assert!(self.can.lock, "nobody asks a store for what it cannot do");
        let fate = self.begin()?;
        self.end(fate, self.inner.lock().await)
    }
}
