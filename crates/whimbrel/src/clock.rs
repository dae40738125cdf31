//! The time of day, as a value that is passed in.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time that generated migrations are stamped with.
///
/// ```
/// use whimbrel::Clock;
/// let pinned = Clock::pinned(1_769_853_600_000);
/// assert_eq!(pinned.now(), 1_769_853_600_000);
/// assert!(Clock::system().now() > pinned.now());
/// ```
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The clock of the system.
    pub fn system() -> Self {
        Self::from_fn(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }

    /// A clock that stands still at `millis` milliseconds after 1970-01-01 UTC:
    /// the same input then gives the same files.
    pub fn pinned(millis: i64) -> Self {
        Self::from_fn(move || millis)
    }

    /// A clock of your own: milliseconds after 1970-01-01 UTC.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicI64, Ordering};
    /// use whimbrel::Clock;
    ///
    /// // Every look takes a second.
    /// let millis = AtomicI64::new(0);
    /// let clock = Clock::from_fn(move || millis.fetch_add(1_000, Ordering::Relaxed));
    /// assert_eq!([clock.now(), clock.now(), clock.now()], [0, 1_000, 2_000]);
    /// ```
    pub fn from_fn(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Milliseconds after 1970-01-01 UTC.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
