//! Waiting for a lock that another session holds.
//!
//! An engine is asked again and again, with pauses of random length so that
//! two waiting processes do not fall into step. Nothing is held meanwhile.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait for another session's lock, and whom to tell.
///
/// ```
/// use std::time::Duration;
/// use whimbrel_db::LockWait;
///
/// assert_eq!(LockWait::default().limit, LockWait::DEFAULT_LIMIT);
/// let short = LockWait::up_to(Duration::from_secs(2));
/// assert!(short.limit < LockWait::DEFAULT_LIMIT && short.notice.is_none());
/// ```
#[derive(Clone)]
pub struct LockWait {
    /// The longest wait; 60 seconds by default.
    pub limit: Duration,
    /// Told once a wait, when it has lasted a second.
    pub notice: Option<LockNotice>,
}

/// What is told that a lock keeps us waiting. It is called on any thread.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
/// use whimbrel_db::{LockNotice, LockWait, Waiting};
///
/// let heard = Arc::new(Mutex::new(Vec::new()));
/// let hears = Arc::clone(&heard);
/// let notice: LockNotice = Arc::new(move |waiting| hears.lock().unwrap().push(waiting.to_string()));
/// let wait = LockWait { notice: Some(notice), ..LockWait::default() };
///
/// let limit = Duration::from_secs(60);
/// (wait.notice.unwrap())(&Waiting { database: "app.db".into(), holder: None, limit });
/// assert_eq!(heard.lock().unwrap().len(), 1);
/// ```
pub type LockNotice = Arc<dyn Fn(&Waiting) + Send + Sync>;

/// A wait that has lasted a while.
///
/// ```
/// use std::time::Duration;
/// use whimbrel_db::Waiting;
///
/// let limit = Duration::from_secs(60);
/// let waiting = Waiting { database: "app.db".into(), holder: Some("`nightly`".into()), limit };
/// assert_eq!(waiting.to_string(), "waiting for `app.db`, locked by `nightly` (up to 60 s)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The database, as messages name it.
    pub database: String,
    /// Who holds the lock and what they do, if the engine tells.
    pub holder: Option<String>,
    /// When the wait will be given up, from its start.
    pub limit: Duration,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holder = self.holder.as_deref().unwrap_or("another process");
        write!(f, "waiting for `{}`, locked by {holder} (up to {} s)", self.database, self.limit.as_secs())
    }
}

impl LockWait {
    /// The default of [`LockWait::limit`].
    pub const DEFAULT_LIMIT: Duration = Duration::from_secs(60);

    /// Waits up to `limit` and tells nobody.
    pub fn up_to(limit: Duration) -> Self {
        Self { limit, notice: None }
    }

    /// Begins a wait.
    pub(crate) fn begin(&self) -> Patience {
        Patience { wait: self.clone(), start: Instant::now(), noticed: false }
    }
}

impl Default for LockWait {
    fn default() -> Self {
        Self::up_to(Self::DEFAULT_LIMIT)
    }
}

impl fmt::Debug for LockWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockWait").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// One wait: says how long to pause before the next try, and when to give up.
#[derive(Debug)]
pub(crate) struct Patience {
    wait: LockWait,
    start: Instant,
    noticed: bool,
}

impl Patience {
    /// A wait is noticed when it has lasted this long.
    const NOTICE_AFTER: Duration = Duration::from_secs(1);
    /// The longest pause; it also bounds how late a cancel is seen.
    const LONGEST_PAUSE: Duration = Duration::from_millis(50);

    /// The pause before the next try, `None` when patience has run out.
    /// `holder` is asked for only if the notice goes out.
    pub(crate) fn next_pause(
        &mut self,
        database: &str,
        holder: impl FnOnce() -> Option<String>,
    ) -> Option<Duration> {
        let elapsed = self.start.elapsed();
        let left = self.wait.limit.checked_sub(elapsed).filter(|left| !left.is_zero())?;
        if elapsed >= Self::NOTICE_AFTER && !std::mem::replace(&mut self.noticed, true) {
            self.notice(database, holder());
        }
        // Short pauses at first: most locks are held for milliseconds.
        let longest = (elapsed / 4).clamp(Duration::from_millis(2), Self::LONGEST_PAUSE);
        Some(jittered(longest).min(left))
    }

    fn notice(&self, database: &str, holder: Option<String>) {
        if let Some(notice) = &self.wait.notice {
            notice(&Waiting { database: database.to_owned(), holder, limit: self.wait.limit });
        }
    }
}

/// A random duration between the half of `longest` and `longest`.
pub(crate) fn jittered(longest: Duration) -> Duration {
    // The standard library seeds every `RandomState` anew.
    let random = RandomState::new().hash_one(0u8) % 1024;
    let half = longest / 2;
    half + half * u32::try_from(random).expect("a number below 1024") / 1024
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn patience_ends_at_the_limit() {
        let mut patience = LockWait::up_to(Duration::from_millis(5)).begin();
        let first = patience.next_pause("app.db", || None).unwrap();
        assert!(first <= Duration::from_millis(5));
        std::thread::sleep(Duration::from_millis(6));
        assert_eq!(patience.next_pause("app.db", || None), None);
    }

    #[test]
    fn a_long_wait_is_noticed_once() {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&count);
        let notice: LockNotice = Arc::new(move |waiting| {
            assert_eq!(waiting.to_string(), "waiting for `app.db`, locked by pid 7 (up to 60 s)");
            seen.fetch_add(1, Ordering::Relaxed);
        });
        let mut patience = LockWait { notice: Some(notice), ..LockWait::default() }.begin();
        let holder = || Some("pid 7".to_owned());
        patience.next_pause("app.db", holder);
        assert_eq!(count.load(Ordering::Relaxed), 0);
        patience.start -= Duration::from_secs(2);
        patience.next_pause("app.db", holder);
        patience.next_pause("app.db", holder);
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}
