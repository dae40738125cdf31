//! For programs without a runtime: everything that is awaited can be waited for.
//!
//! There is one [`Migrator`](crate::Migrator), and one set of verbs. [`Wait::wait`]
//! stands where `.await` would:
//!
//! ```
//! use whimbrel::blocking::Wait;
//! use whimbrel::{Migrator, Source};
//!
//! # fn main() -> Result<(), whimbrel::Error> {
//! let folder = tempfile::tempdir().unwrap();
//! let url = format!("sqlite://{}", folder.path().join("app.db").display());
//! let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
//!
//! let mut migrator = Migrator::builder(&url)?.source(schema).connect().wait()?;
//! assert_eq!(migrator.push().dry_run(true).wait()?.changes.len(), 1);
//! assert!(migrator.push().wait()?.applied);
//! migrator.close().wait()?;
//! # Ok(())
//! # }
//! ```
//!
//! The first wait starts a thread that stays, and on which sessions with servers
//! live. A program that has a runtime should await instead, since a wait keeps its
//! thread busy; but it may wait, and mix both.

use std::future::{IntoFuture, pending};
use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::thread;

use tokio::runtime::{Builder, Handle};

/// Waits for what others await.
///
/// ```
/// use whimbrel::blocking::Wait;
///
/// assert_eq!(async { 40 + 2 }.wait(), 42);
/// ```
pub trait Wait: IntoFuture {
    /// Blocks this thread until it is done, and returns what it came to.
    ///
    /// # Panics
    ///
    /// If the system has no thread to give, or what is waited for panics.
    fn wait(self) -> Self::Output;
}

impl<F> Wait for F
where
    F: IntoFuture<IntoFuture: Send, Output: Send>,
{
    fn wait(self) -> F::Output {
        let future = self.into_future();
        // On a thread of its own, for a thread of a runtime refuses to block on a future.
        let done = thread::scope(|scope| scope.spawn(|| runtime().block_on(future)).join());
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// The runtime behind all waits, which a thread of its own keeps going: sessions
/// must hear their servers between two waits, too.
fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the system has a file handle to give");
        let handle = runtime.handle().clone();
        let driver = thread::Builder::new().name("whimbrel".to_owned());
        driver.spawn(move || runtime.block_on(pending::<()>())).expect("the system has a thread to give");
        handle
    })
}
