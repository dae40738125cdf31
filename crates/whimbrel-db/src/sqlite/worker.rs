//! The thread on which a SQLite connection lives.
//!
//! SQLite's calls block, so they happen on a thread of their own: the caller's
//! async runtime keeps going, and a running statement can be stopped. A job is
//! a closure over [`Session`]; jobs run one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::ffi;
use rusqlite::limits::Limit;
use tokio::sync::oneshot;

use super::bind;
use super::error::Translator;
use super::open::{Opened, tidy};
use crate::connection::{FailedAt, Row, Value};
use crate::datum::{self, Datum, Fetched, Room};
use crate::error::DbError;
use crate::lock::LockWait;

/// What a job works on.
pub(super) struct Session {
    connection: rusqlite::Connection,
    translator: Translator,
    wait: LockWait,
    signals: Arc<Signals>,
}

type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// How jobs are told to stop. Jobs are numbered from 1; a stop of one job is a
/// stop of all before it, which nobody waits for any more.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// The job that somebody waits for, 0 if there is none.
    awaited: AtomicU64,
    /// The job that runs.
    running: AtomicU64,
    /// The last job that must stop.
    stop: AtomicU64,
}

impl Signals {
    /// Stops the job that somebody waits for, if there is one.
    pub(super) fn stop_awaited(&self) {
        self.stop.fetch_max(self.awaited.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst) >= self.running.load(Ordering::SeqCst)
    }
}

/// The handle on the thread. Dropping it stops what runs, closes the connection
/// (which rolls back) and waits for that.
pub(super) struct Worker {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    ended: oneshot::Receiver<()>,
    signals: Arc<Signals>,
    last_job: u64,
    name: String,
}

impl Worker {
    /// How many steps of SQLite's machine pass between two looks at the signals.
    const STEPS_BETWEEN_LOOKS: i32 = 4096;

    /// Starts a thread that opens a connection with `open` and then runs jobs.
    ///
    /// The first of them is given along: the thread opens and greets while the caller
    /// is busy with something else.
    pub(super) async fn start(
        name: String,
        wait: LockWait,
        open: impl FnOnce() -> Result<Opened, DbError> + Send + 'static,
        greet: impl FnOnce(&mut Session) -> Result<(), DbError> + Send + 'static,
    ) -> Result<Self, DbError> {
        let signals = Arc::new(Signals::default());
        let (jobs, inbox) = channel::<Job>();
        let (ready, opened) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sqlite".to_owned()).spawn({
            let (signals, name) = (Arc::clone(&signals), name.clone());
            move || {
                let _end: oneshot::Sender<()> = end;
                make_room();
                match open() {
                    Ok(opened) => {
                        // Where nobody listens, there are no jobs either.
                        drop(ready.send(Ok(())));
                        run(opened, name, wait, signals, &inbox);
                    }
                    Err(error) => drop(ready.send(Err(error))),
                }
            }
        });
        let thread = thread.map_err(|error| lost(&name, &format!("no thread could be started: {error}")))?;
        let mut worker = Self { jobs: Some(jobs), thread: Some(thread), ended, signals, last_job: 0, name };
        let (opened, greeted) = tokio::join!(opened, worker.run(greet));
        opened.unwrap_or_else(|_| Err(worker.gone()))?;
        greeted?;
        Ok(worker)
    }

    /// Runs a job and waits for its result. If the future is dropped before
    /// that, the job is stopped.
    pub(super) async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.last_job += 1;
        let id = self.last_job;
        self.signals.awaited.store(id, Ordering::SeqCst);
        let _stop = StopOnDrop { signals: &self.signals, id };
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |session: &mut Session| {
            session.signals.running.store(id, Ordering::SeqCst);
            let result = if session.signals.is_stopped() { Err(DbError::Cancelled) } else { work(session) };
            // Nobody listens any more where the future was dropped.
            drop(reply.send(result));
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(self.gone());
        }
        answer.await.unwrap_or_else(|_| Err(self.gone()))
    }

    /// Closes the connection and waits for that without blocking.
    pub(super) async fn close(mut self) {
        drop(self.jobs.take());
        // The thread sends nothing: the channel closes when it ends.
        drop((&mut self.ended).await);
    }

    pub(super) fn signals(&self) -> Arc<Signals> {
        Arc::clone(&self.signals)
    }

    fn gone(&self) -> DbError {
        lost(&self.name, "its thread has ended")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.signals.stop.store(u64::MAX, Ordering::SeqCst);
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was already reported as a lost connection.
            drop(thread.join());
        }
    }
}

/// Ends the wait for a job; if it is not done by then, stops it.
struct StopOnDrop<'a> {
    signals: &'a Signals,
    id: u64,
}

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        // Harmless for a job that is done: later jobs have higher numbers.
        self.signals.stop.fetch_max(self.id, Ordering::SeqCst);
        self.signals.awaited.store(0, Ordering::SeqCst);
    }
}

fn lost(name: &str, reason: &str) -> DbError {
    DbError::Lost { name: name.to_owned(), reason: reason.to_owned() }
}

/// The thread's life after opening.
fn run(opened: Opened, name: String, wait: LockWait, signals: Arc<Signals>, inbox: &Receiver<Job>) {
    let Opened { connection, traces } = opened;
    let watch = Arc::clone(&signals);
    let looks = connection.progress_handler(Worker::STEPS_BETWEEN_LOOKS, Some(move || watch.is_stopped()));
    debug_assert!(looks.is_ok(), "the connection is owned");
    let mut session = Session { connection, translator: Translator::new(name), wait, signals };
    while let Ok(job) = inbox.recv() {
        job(&mut session);
    }
    // Tidying is short and must not be stopped.
    session.signals.stop.store(0, Ordering::SeqCst);
    session.signals.running.store(1, Ordering::SeqCst);
    tidy(session.connection, traces);
}

impl Session {
    /// Runs one statement and counts the rows that it changed.
    pub(super) fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
        self.waiting(sql, |connection| {
            let before = connection.total_changes();
            for_each_row(connection, sql, |_| Ok(()))?;
            // `changes` keeps its value over statements that change no row.
            Ok(if connection.total_changes() == before { 0 } else { connection.changes() })
        })
    }

    /// Runs statements one after the other, and counts the rows that each
    /// changed. A stop is also heard between two of them.
    pub(super) fn execute_all(&mut self, statements: &[String]) -> Result<Vec<u64>, FailedAt> {
        let mut counts = Vec::with_capacity(statements.len());
        for (index, sql) in statements.iter().enumerate() {
            let ran = if self.signals.is_stopped() { Err(DbError::Cancelled) } else { self.execute(sql) };
            counts.push(ran.map_err(|error| FailedAt { index, error, ends_there: true })?);
        }
        Ok(counts)
    }

    /// Runs one statement and gathers its rows.
    pub(super) fn query(&mut self, sql: &str) -> Result<Vec<Row>, DbError> {
        self.waiting(sql, |connection| {
            let mut rows = Vec::new();
            for_each_row(connection, sql, |row| {
                let columns = row.as_ref().column_count();
                let values = (0..columns).map(|index| row.get_ref(index).map(value));
                rows.push(Row(values.collect::<Result<_, _>>()?));
                Ok(())
            })?;
            Ok(rows)
        })
    }

    /// Runs one statement with values for its parameters, and gathers its rows.
    pub(super) fn fetch(&mut self, sql: &str, values: &[Datum]) -> Result<Fetched, DbError> {
        bind::check(sql, values)?;
        let parameters = bind::parameters(&self.connection, sql);
        let parameters = parameters.map_err(|error| self.translator.statement(error, sql))?;
        if parameters != values.len() {
            return Err(datum::wrong_number(parameters, values.len(), sql));
        }
        let fetched = self.waiting(sql, |connection| bind::fetch(connection, sql, values, Room::new()))?;
        fetched.ok_or_else(|| datum::too_large(sql))
    }

    /// Lets no database be attached. `ATTACH` and `VACUUM INTO` then fail.
    pub(super) fn confine(&mut self) -> Result<(), DbError> {
        let limited = self.connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0);
        limited.map(drop).map_err(|error| self.translator.statement(error, ""))
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Runs a statement, again and again while another process holds a lock
    /// that it needs. A statement that SQLite calls busy has done nothing, and
    /// a COMMIT that is busy has left its transaction open, so both can be
    /// repeated.
    fn waiting<T>(
        &mut self,
        sql: &str,
        run: impl Fn(&rusqlite::Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DbError> {
        let mut patience = self.wait.begin();
        loop {
            let autocommit = self.connection.is_autocommit();
            let error = match run(&self.connection) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if self.signals.is_stopped() {
                return Err(DbError::Cancelled);
            }
            let repeatable = is_busy(&error) && self.connection.is_autocommit() == autocommit;
            match patience.next_pause(self.translator.name(), || None) {
                Some(pause) if repeatable => std::thread::sleep(pause),
                _ => return Err(self.translator.statement(error, sql)),
            }
        }
    }
}

/// Runs the one statement in `sql`; of a text without any, such as a comment,
/// nothing is run.
fn for_each_row(
    connection: &rusqlite::Connection,
    sql: &str,
    mut each: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut batch = rusqlite::Batch::new(connection, sql);
    let Some(mut statement) = batch.next()? else { return Ok(()) };
    if batch.next()?.is_some() {
        return Err(rusqlite::Error::MultipleStatement);
    }
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        each(row)?;
    }
    Ok(())
}

fn value(value: rusqlite::types::ValueRef<'_>) -> Value {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => Value::Text(text(bytes)),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// SQLite does not see to it that text is UTF-8.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Says whether another process held a lock. Not so `SQLITE_BUSY_SNAPSHOT`:
/// that transaction is out of date and can only be rolled back.
fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        error.code == ffi::ErrorCode::DatabaseBusy && error.extended_code != ffi::SQLITE_BUSY_SNAPSHOT
    })
}

/// Has the allocator take from the system, at once, what a schema of some hundred
/// tables needs: that of glibc asks for every page, if the thread is not the first.
fn make_room() {
    let blocks: Vec<Vec<u8>> = (0..16).map(|_| Vec::with_capacity(64 * 1024)).collect();
    std::hint::black_box(&blocks);
}
