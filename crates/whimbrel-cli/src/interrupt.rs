//! Ctrl-C and SIGTERM.
//!
//! The first signal asks the engine to stop the running statement: the verb
//! then rolls back and ends. A second one ends the process at once, and so does
//! one that comes while a person is being asked, for then nothing is running;
//! closing the connection rolls back all the same.
//!
//! Signals are heard on a thread of their own, because a prompt keeps the main
//! thread busy. It begins when there is something to be stopped that has to wait:
//! until then they end the process, as nothing is running.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use whimbrel::db::Canceller;

use crate::crash::restore_terminal;
use crate::exit::Exit;

/// How long a verb may take to end after it was told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How often the engine is told again, for a statement may begin in between.
const AGAIN: Duration = Duration::from_millis(50);

/// Hears signals.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<State>);

#[derive(Default)]
struct State {
    listening: OnceLock<()>,
    notify: Notify,
    heard: AtomicBool,
    prompting: AtomicBool,
}

/// A person is being asked for as long as this lives.
pub(crate) struct Prompting<'a>(&'a State);

impl Interrupt {
    /// Begins to listen, if that was not done before.
    fn listen(&self) {
        self.0.listening.get_or_init(|| {
            let state = Arc::clone(&self.0);
            // Without the thread the signals keep their defaults: they end the process.
            let _ = std::thread::Builder::new().name("signals".into()).spawn(move || listen(&state));
        });
    }

    /// Ends when a signal is heard.
    async fn heard(&self) {
        self.listen();
        self.0.notify.notified().await;
    }

    /// Says that a person is being asked.
    pub(crate) fn prompting(&self) -> Prompting<'_> {
        self.listen();
        self.0.prompting.store(true, Ordering::SeqCst);
        Prompting(&self.0)
    }

    /// Whether a signal was heard.
    pub(crate) fn was_heard(&self) -> bool {
        self.0.heard.load(Ordering::SeqCst)
    }

    /// Runs `work` to its end, or drops it when a signal is heard.
    pub(crate) async fn abandon<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            result = work => Some(result),
            () = self.heard() => None,
        }
    }

    /// Runs `work` to its end, or until a signal is heard and it has stopped.
    ///
    /// Returns `None` if it had to be abandoned.
    pub(crate) async fn guard<T>(
        &self,
        canceller: &dyn Canceller,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::pin!(work);
        tokio::select! {
            biased;
            result = &mut work => return Some(result),
            () = self.heard() => {}
        }
        let stopping = async {
            loop {
                canceller.cancel().await;
                if let Ok(result) = tokio::time::timeout(AGAIN, &mut work).await {
                    return result;
                }
            }
        };
        tokio::time::timeout(GRACE, stopping).await.ok()
    }
}

impl Drop for Prompting<'_> {
    fn drop(&mut self) {
        self.0.prompting.store(false, Ordering::SeqCst);
    }
}

impl State {
    fn signal(&self) {
        if self.prompting.load(Ordering::SeqCst) {
            restore_terminal();
            std::process::exit(Exit::Interrupted as i32);
        }
        if self.heard.swap(true, Ordering::SeqCst) {
            std::process::exit(Exit::Interrupted as i32);
        }
        self.notify.notify_one();
    }
}

fn listen(state: &State) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let Ok(runtime) = runtime else { return };
    // An error means that signals cannot be heard: they keep their defaults.
    let _: std::io::Result<()> = runtime.block_on(async {
        let mut signals = Signals::new()?;
        loop {
            signals.next().await?;
            state.signal();
        }
    });
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> std::io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => Ok(()),
            _ = self.terminate.recv() => Ok(()),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
