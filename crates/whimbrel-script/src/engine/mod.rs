//! Running a module, on a thread of its own.
//!
//! The thread belongs to the engine, which knows no other way than to block. It
//! asks the database through the migration's [`Transaction`] and waits; that wait
//! is not counted as time of the script. A second thread watches the first, and
//! gives it up where it cannot be stopped.

mod compile;
mod console;
mod failure;
mod meter;
mod object;
mod run;
mod session;
mod value;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;
use whimbrel_db::apply::{Program, ProgramError, Transaction};

pub(crate) use compile::compile;

use crate::module::Module;
use meter::Meter;

/// What a script may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How much memory, in bytes. Default: 256 MiB.
    pub memory: usize,
    /// How long it may run, the time aside in which it waits for the database.
    /// Default: 30 seconds.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 256 << 20, time: Duration::from_secs(30) }
    }
}

/// Runs scripts within limits. Clones stop together.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::Arc;
/// use whimbrel_db::apply::run_program;
/// use whimbrel_db::{Connection, SqliteConnection};
/// use whimbrel_script::{Engine, Language, Limits, Module};
///
/// let text = "export default {
///   version: 1,
///   up: async (db) => {
///     await db.exec('CREATE TABLE squares (n INTEGER PRIMARY KEY, square INTEGER)');
///     for (let n = 1; n <= 3; n++) {
///       await db.exec('INSERT INTO squares VALUES (?, ?)', [n, n * n]);
///     }
///     const [row] = await db.query('SELECT sum(square) AS sum FROM squares');
///     console.log('the sum is', row.sum);
///   },
/// };";
/// let module = Module::read(Language::JavaScript, 1, "0001_squares.js", text).unwrap();
/// let program = Engine::new(Limits::default()).way_there("squares", Arc::new(module));
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let mut said = Vec::new();
/// let mut hear = |line: &str| said.push(line.to_owned());
/// run_program(&mut connection, program.as_ref(), &|_, _| true, &mut hear).await.unwrap();
/// assert_eq!(said, ["the sum is 14n"]);
/// # });
/// ```
#[derive(Debug, Clone, Default)]
pub struct Engine {
    limits: Limits,
    /// How often everything that ran was stopped.
    stops: Arc<AtomicU64>,
}

/// A direction of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

impl Way {
    /// The function of a module for it.
    fn function(self) -> &'static str {
        match self {
            Self::There => "up",
            Self::Back => "down",
        }
    }
}

impl Engine {
    /// An engine with these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, stops: Arc::default() }
    }

    /// What a migration does: its `up`.
    pub fn way_there(&self, migration: &str, module: Arc<Module>) -> Arc<dyn Program> {
        self.program(migration, module, Way::There)
    }

    /// How it is taken back: its `down`.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use whimbrel_db::apply::run_program;
    /// use whimbrel_db::{Connection, SqliteConnection};
    /// use whimbrel_script::{Engine, Language, Limits, Module};
    ///
    /// let text = "export default {
    ///   version: 1,
    ///   up: async (db) => { await db.exec('CREATE TABLE a (b)'); },
    ///   down: async (db) => { await db.exec('DROP TABLE a'); },
    /// };";
    /// let module = Arc::new(Module::read(Language::JavaScript, 1, "0001_a.js", text).unwrap());
    /// assert!(module.goes_back());
    /// let program = Engine::default().way_back("a", module);
    /// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
    /// connection.execute("CREATE TABLE a (b)").await.unwrap();
    /// let account = run_program(&mut connection, program.as_ref(), &|_, _| true, &mut |_| {}).await.unwrap();
    /// assert_eq!(account.ddl, ["DROP TABLE a"]);
    /// # });
    /// ```
    pub fn way_back(&self, migration: &str, module: Arc<Module>) -> Arc<dyn Program> {
        self.program(migration, module, Way::Back)
    }

    /// Stops every script that is running now.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use whimbrel_db::SqliteConnection;
    /// use whimbrel_db::apply::run_program;
    /// use whimbrel_script::{Engine, Language, Module};
    ///
    /// let text = "export default { version: 1, up: async () => { for (;;); } };";
    /// let module = Module::read(Language::JavaScript, 1, "0001_endless.js", text).unwrap();
    /// let engine = Engine::default();
    /// let program = engine.way_there("endless", Arc::new(module));
    /// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
    /// let mut unheard = |_: &str| {};
    /// let run = run_program(&mut connection, program.as_ref(), &|_, _| true, &mut unheard);
    /// let stop = async {
    ///     tokio::time::sleep(Duration::from_millis(50)).await;
    ///     engine.stop();
    /// };
    /// let (outcome, ()) = tokio::join!(run, stop);
    /// assert!(outcome.unwrap_err().error.is_stopped);
    /// # });
    /// ```
    pub fn stop(&self) {
        self.stops.fetch_add(1, Ordering::Relaxed);
    }

    fn program(&self, migration: &str, module: Arc<Module>, way: Way) -> Arc<dyn Program> {
        Arc::new(Script { migration: migration.to_owned(), module, way, engine: self.clone() })
    }
}

/// One direction of a migration, ready to be run.
struct Script {
    migration: String,
    module: Arc<Module>,
    way: Way,
    engine: Engine,
}

/// One run of it.
struct Task {
    module: Arc<Module>,
    way: Way,
    limits: Limits,
    transaction: Transaction,
    meter: Arc<Meter>,
    stops: Arc<AtomicU64>,
}

#[async_trait]
impl Program for Script {
    fn name(&self) -> &str {
        &self.migration
    }

    fn file(&self) -> &str {
        &self.module.file
    }

    async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
        let (limits, stops) = (self.engine.limits, Arc::clone(&self.engine.stops));
        let meter = Arc::new(Meter::new(limits.time));
        let task =
            Task { module: Arc::clone(&self.module), way: self.way, limits, transaction, meter, stops };
        let (sender, ended) = oneshot::channel();
        let watch = move || {
            // Where nobody waits any more, the transaction is gone.
            drop(sender.send(watched(task)));
        };
        let started = thread::Builder::new().name("script watch".to_owned()).spawn(watch);
        started.map_err(|error| no_thread(&error))?;
        ended.await.unwrap_or_else(|_| Err(broken()))
    }
}

/// Runs a task on another thread, and waits for it no longer than its limits say.
fn watched(task: Task) -> Result<(), ProgramError> {
    /// How long the engine may take to stop.
    const GRACE: Duration = Duration::from_secs(2);
    /// What the engine has for its own calls, and some room for ours in them.
    const STACK: usize = run::STACK * 4;
    let (meter, time) = (Arc::clone(&task.meter), task.limits.time);
    let (sender, ended) = mpsc::channel();
    let run = move || drop(sender.send(run::run(&task)));
    let started = thread::Builder::new().name("script".to_owned()).stack_size(STACK).spawn(run);
    started.map_err(|error| no_thread(&error))?;
    loop {
        match ended.recv_timeout(meter.left() + GRACE) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) if meter.is_over() => return Err(failure::too_long(time)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(broken()),
        }
    }
}

fn no_thread(error: &std::io::Error) -> ProgramError {
    ProgramError::new(format!("the system gives no thread for the script: {error}"))
}

/// The error where a thread ended without a word.
fn broken() -> ProgramError {
    ProgramError::new("the script engine broke down")
}
