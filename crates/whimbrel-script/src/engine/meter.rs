//! How long a script has run, the time aside in which it waited for the database.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts the time of a script.
#[derive(Debug)]
pub(super) struct Meter {
    limit: Duration,
    count: Mutex<Count>,
}

#[derive(Debug)]
struct Count {
    /// What it took before it waited last.
    taken: Duration,
    /// Since when it runs; `None` while it waits.
    since: Option<Instant>,
}

impl Meter {
    /// A script begins.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, count: Mutex::new(Count { taken: Duration::ZERO, since: Some(Instant::now()) }) }
    }

    /// Does what the script waits for.
    pub(super) fn paused<T>(&self, wait: impl FnOnce() -> T) -> T {
        let mut count = self.count();
        count.taken = count.total();
        count.since = None;
        drop(count);
        let result = wait();
        self.count().since = Some(Instant::now());
        result
    }

    /// How long it may go on.
    pub(super) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.count().total())
    }

    /// Says whether it runs longer than it may.
    pub(super) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    fn total(&self) -> Duration {
        self.taken + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}
