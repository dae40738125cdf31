//! One session with a PostgreSQL server.
//!
//! Statements go through the simple protocol: several in one round trip, and
//! every value comes as text, spelled as the pinned settings of the session
//! have it (see [`session`](super::session)).

use std::collections::VecDeque;
use std::io::Cursor;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use tokio::task::JoinHandle;
use tokio_postgres::{CancelToken, Client, SimpleQueryMessage, SimpleQueryRow, SimpleQueryStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::bind::{Prepared, PreparedStatements};
use super::config::PostgresConfig;
use super::connect::{self, Opened};
use super::pooler::Between;
use super::session::Pinned;
use super::{failure, pooler, session, watch};
use crate::connect::Access;
use crate::connection::{Canceller, Connection, FailedAt, FailedBatch, Row, ServerInfo, Value};
use crate::datum::{self, Datum, Fetched, Room};
use crate::error::{DbError, StatementError};
use crate::lock::LockWait;

/// How many bytes of rows go to the server at once.
const COPY_PART: usize = 256 * 1024;

/// How long an orderly end may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// How many batches are on their way at once: one that the server runs, and the next.
const AT_ONCE: usize = 2;

/// A session with a PostgreSQL server, prepared for whimbrel's work.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use whimbrel_db::postgres::{Environment, PostgresConfig, PostgresConnection};
/// use whimbrel_db::{Access, DbError, LockWait};
///
/// async fn open(url: &str) -> Result<PostgresConnection, DbError> {
///     let config = PostgresConfig::parse(url, &Environment::default())?;
///     let connection = PostgresConnection::connect(config, Access::ReadOnly, Duration::ZERO).await?;
///     let patience = LockWait { limit: Duration::from_secs(60), ..LockWait::default() };
///     Ok(connection.with_lock_wait(patience))
/// }
///
/// // Nobody listens on this port.
/// let error = open("postgres://ann@127.0.0.1:1/shop").await.err().unwrap();
/// assert_eq!(
///     error.to_string(),
///     "cannot open `postgres://ann@127.0.0.1:1/shop`: no server listens at `127.0.0.1`, port 1"
/// );
/// # });
/// ```
pub struct PostgresConnection {
    info: ServerInfo,
    config: PostgresConfig,
    client: Client,
    tls: MakeRustlsConnect,
    driver: Guard,
    shared: Arc<Shared>,
    lock_wait: LockWait,
    /// The process that the server has for the session.
    backend: i64,
    pinned: Pinned,
    /// The statements with parameters that the server knows by name.
    prepared: PreparedStatements,
}

/// The task that moves the bytes. It ends with the session's last statement; if
/// one is still running when the session is dropped, the socket is closed at
/// once, so that the server notices and rolls back.
struct Guard {
    task: JoinHandle<()>,
    busy: bool,
}

impl Guard {
    /// Waits until the task has ended, and says whether it has.
    async fn ended(&mut self, limit: Duration) -> bool {
        // A task that was waited for must not be waited for again.
        self.task.is_finished() || tokio::time::timeout(limit, &mut self.task).await.is_ok()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.busy {
            self.task.abort();
        }
    }
}

/// What the session, its driver and its cancellers know in common.
#[derive(Default)]
struct Shared {
    /// What the driver noticed last, if the session ended on its own.
    last_words: Mutex<Option<String>>,
    /// Whether the running statement was asked to stop.
    cancelled: AtomicBool,
    /// Who was last seen in the way of a statement.
    holder: Arc<Mutex<Option<String>>>,
}

impl PostgresConnection {
    /// Opens a session and prepares it. For as long as `wait`, a server that is
    /// not there yet or still starting is asked again. With
    /// [`Access::ReadOnly`] the server itself refuses whatever writes.
    ///
    /// # Errors
    ///
    /// If no server lets us in, it is older than 14, it is a standby that cannot
    /// be written, or a pooler stands between that hands statements to any session.
    pub async fn connect(config: PostgresConfig, access: Access, wait: Duration) -> Result<Self, DbError> {
        let Opened { client, driver, tls } =
            connect::open(&config, Some(&session::options(access)), wait).await?;
        let shared = Arc::new(Shared::default());
        let driver = Guard { task: tokio::spawn(drive(driver, Arc::clone(&shared))), busy: false };
        let info = session::unknown(&config);
        let (lock_wait, pinned) = (LockWait::default(), Pinned::Afterwards(access));
        let prepared = PreparedStatements::default();
        let mut connection =
            Self { info, config, client, tls, driver, shared, lock_wait, backend: 0, pinned, prepared };
        let prepared = session::prepare(&mut connection, access).await?;
        connection.info = prepared.info;
        connection.backend = prepared.backend;
        // What a pooler has set may have been set when the session had begun.
        connection.pinned = match pooler::look(&mut connection, prepared.backend).await? {
            Between::Nothing => prepared.pinned,
            Between::Pooler => pinned,
        };
        Ok(connection)
    }

    /// Says how long other sessions' locks are waited for, and who hears of it.
    #[must_use]
    pub fn with_lock_wait(mut self, lock_wait: LockWait) -> Self {
        self.lock_wait = lock_wait;
        self
    }

    /// How the session was opened.
    pub fn config(&self) -> &PostgresConfig {
        &self.config
    }

    pub(super) fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    /// Runs several statements in one round trip, and returns the rows of each
    /// and how many rows each affected.
    pub(super) async fn query_counting(
        &mut self,
        statements: &[&str],
    ) -> Result<(Vec<Vec<Row>>, Vec<u64>), DbError> {
        let mut results = vec![Vec::new(); statements.len()];
        let counts = self
            .run(statements, |at, row| {
                let row = decode(row)?;
                if let Some(rows) = results.get_mut(at) {
                    rows.push(row);
                }
                Ok(())
            })
            .await?;
        Ok((results, counts))
    }

    /// Runs several statements in one round trip, and hands each row, with the
    /// number of its statement, to `take`. Returns the affected rows of each.
    async fn run(
        &mut self,
        statements: &[&str],
        mut take: impl FnMut(usize, &SimpleQueryRow) -> Result<(), tokio_postgres::Error> + Send,
    ) -> Result<Vec<u64>, FailedAt> {
        let (sql, starts) = join(statements);
        let watch = self.begin();
        let sent = self.client.simple_query_raw(&sql).await;
        let answer = Answer::read(sent, &mut take).await;
        self.end(watch);
        match answer.error {
            None => Ok(answer.done),
            Some(error) => Err(self.failed_at(statements, &starts, answer.done.len(), &error).await),
        }
    }

    /// Where an error was met among statements of which so many had run.
    async fn failed_at(
        &mut self,
        statements: &[&str],
        starts: &[usize],
        done: usize,
        error: &tokio_postgres::Error,
    ) -> FailedAt {
        // The parser reads all before any is run, and counts from the very start.
        let found =
            failure::position(error).map_or(0, |position| starts.partition_point(|start| *start <= position));
        let index = done.max(found.saturating_sub(1)).min(statements.len().saturating_sub(1));
        let statement = statements.get(index).copied().unwrap_or_default();
        let start = starts.get(index).copied().unwrap_or_default();
        let ends_there = error.as_db_error().is_some();
        let error = self.explain(error, statement, start).await;
        FailedAt { index, error, ends_there }
    }

    /// Has the server say what a statement takes and brings.
    async fn prepare(&mut self, sql: &str) -> Result<Prepared, DbError> {
        if let Some(prepared) = self.prepared.take(sql) {
            return Ok(prepared);
        }
        let watch = self.begin();
        let told = self.client.prepare(sql).await;
        self.end(watch);
        match told {
            Ok(statement) => Ok(self.prepared.named(sql, &statement)),
            Err(error) => Err(self.explain(&error, sql, 0).await),
        }
    }

    /// Runs a statement that was prepared.
    async fn fetch_prepared(
        &mut self,
        prepared: &mut Prepared,
        values: &[Datum],
    ) -> Result<Fetched, DbError> {
        let mut texts = self.prepared.forget_sql();
        texts.extend(prepared.statements(values)?);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (mut fetched, mut room, mut is_full) = (Fetched::default(), Room::new(), false);
        let counts = self
            .run(&texts, |at, row| {
                if at + 1 == texts.len() && !is_full {
                    let row = prepared.typed(decode(row)?);
                    is_full = !room.take(&row);
                    fetched.rows.push(row);
                }
                Ok(())
            })
            .await;
        let counts = counts.map_err(|failed| failed.error.of_statement(&prepared.sql))?;
        prepared.is_known = true;
        if is_full {
            return Err(datum::too_large(&prepared.sql));
        }
        fetched.affected = counts.last().copied().unwrap_or_default();
        fetched.columns = prepared.columns.iter().map(|(name, _)| name.clone()).collect();
        Ok(fetched)
    }

    /// What is done before anything is sent.
    fn begin(&mut self) -> watch::Watch {
        self.shared.cancelled.store(false, Ordering::Relaxed);
        self.driver.busy = true;
        self.watch()
    }

    /// Watches over what runs from now on.
    fn watch(&self) -> watch::Watch {
        watch::Watch::begin(&self.config, self.backend, &self.lock_wait, &self.shared.holder)
    }

    /// What is done when the last answer is there.
    fn end(&mut self, watch: watch::Watch) {
        self.driver.busy = false;
        drop(watch);
    }

    /// Says what an error of the client means for `statement`, which began
    /// after `start` characters.
    async fn explain(&mut self, error: &tokio_postgres::Error, statement: &str, start: usize) -> DbError {
        match error.as_db_error() {
            Some(refusal) if failure::ends_session(refusal) => self.lost(refusal.message()),
            Some(refusal) => {
                let asked = self.shared.cancelled.load(Ordering::Relaxed);
                let code = refusal.code().code();
                if asked && code == "57014" {
                    return DbError::Cancelled;
                }
                if failure::is_locked(code) {
                    let holder = self.shared.holder.lock().ok().and_then(|mut holder| holder.take());
                    return DbError::Locked { name: self.info.name.clone(), holder };
                }
                DbError::Statement(Box::new(failure::statement_error(refusal, statement, start)))
            }
            None if failure::is_text(error) => DbError::Statement(Box::new(StatementError {
                message: "the result holds bytes that are no text in UTF-8".to_owned(),
                code: None,
                offset: None,
                detail: None,
                sql: statement.to_owned(),
            })),
            None => {
                // The driver knows more, and is about to say it.
                self.driver.ended(Duration::from_secs(1)).await;
                let words = self.shared.last_words.lock().ok().and_then(|words| words.clone());
                self.lost(&words.unwrap_or_else(|| error.to_string()))
            }
        }
    }

    fn lost(&self, reason: &str) -> DbError {
        DbError::Lost { name: self.info.name.clone(), reason: reason.to_owned() }
    }
}

/// What came back for statements that were sent in one round trip.
struct Answer {
    /// How many rows each affected that has run.
    done: Vec<u64>,
    /// What stopped them.
    error: Option<tokio_postgres::Error>,
}

impl Answer {
    /// Reads all of it, and hands each row, with the number of its statement, to `take`.
    async fn read(
        messages: Result<SimpleQueryStream, tokio_postgres::Error>,
        take: &mut (dyn FnMut(usize, &SimpleQueryRow) -> Result<(), tokio_postgres::Error> + Send),
    ) -> Self {
        let mut done = Vec::new();
        let outcome = async {
            let mut messages = pin!(messages?);
            while let Some(message) = messages.next().await {
                match message? {
                    SimpleQueryMessage::Row(row) => take(done.len(), &row)?,
                    SimpleQueryMessage::CommandComplete(rows) => done.push(rows),
                    _ => {}
                }
            }
            Ok(())
        };
        let error = outcome.await.err();
        Self { done, error }
    }
}

/// Moves bytes between client and server until one of them ends.
async fn drive(
    driver: tokio_postgres::Connection<tokio_postgres::Socket, connect::Stream>,
    shared: Arc<Shared>,
) {
    if let Err(error) = driver.await
        && let Ok(mut words) = shared.last_words.lock()
    {
        *words = Some(failure::last_words(&error));
    }
}

/// Joins statements into one text. Each is followed by a line break, lest a
/// comment at its end swallow the semicolon. Also returns after how many
/// characters each begins, for the server counts characters.
fn join(statements: &[&str]) -> (String, Vec<usize>) {
    let mut sql = String::with_capacity(statements.iter().map(|one| one.len() + 3).sum());
    let mut starts = Vec::with_capacity(statements.len());
    let mut characters = 0;
    for (at, statement) in statements.iter().enumerate() {
        if at > 0 {
            sql.push_str("\n;\n");
            characters += 3;
        }
        starts.push(characters);
        sql.push_str(statement);
        characters += statement.chars().count();
    }
    (sql, starts)
}

fn decode(row: &SimpleQueryRow) -> Result<Row, tokio_postgres::Error> {
    (0..row.len())
        .map(|at| {
            let value = row.try_get(at)?;
            Ok(value.map_or(Value::Null, |text| Value::Text(text.to_owned())))
        })
        .collect::<Result<_, _>>()
        .map(Row)
}

#[async_trait]
impl Connection for PostgresConnection {
    fn server(&self) -> &ServerInfo {
        &self.info
    }

    async fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
        self.prepared.doubt(&[sql]);
        let affected = self.run(&[sql], |_, _| Ok(())).await?;
        Ok(affected.last().copied().unwrap_or_default())
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DbError> {
        let mut rows = Vec::new();
        self.run(&[sql], |_, row| {
            rows.push(decode(row)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn query_all(&mut self, statements: &[&str]) -> Result<Vec<Vec<Row>>, DbError> {
        Ok(self.query_counting(statements).await?.0)
    }

    async fn query_each(
        &mut self,
        statements: &[&str],
        take: &mut (dyn FnMut(usize, Row) + Send),
    ) -> Result<(), DbError> {
        self.run(statements, |at, row| {
            take(at, decode(row)?);
            Ok(())
        })
        .await?;
        Ok(())
    }

    async fn execute_all(&mut self, statements: &[&str]) -> Result<Vec<u64>, FailedAt> {
        self.prepared.doubt(statements);
        self.run(statements, |_, _| Ok(())).await
    }

    async fn execute_in_turn(
        &mut self,
        batches: &[Vec<&str>],
        ran: &mut (dyn FnMut(usize) + Send),
    ) -> Result<(), FailedBatch> {
        batches.iter().for_each(|statements| self.prepared.doubt(statements));
        let mut watch = self.begin();
        let (mut flying, mut sent) = (VecDeque::new(), 0);
        let mut stopped = None;
        for (batch, statements) in batches.iter().enumerate() {
            while let Some(next) = batches.get(sent).filter(|_| sent - batch < AT_ONCE) {
                let (sql, starts) = join(next);
                flying.push_back((starts, self.client.simple_query_raw(&sql).await));
                sent += 1;
            }
            let Some((starts, messages)) = flying.pop_front() else { break };
            let answer = Answer::read(messages, &mut |_, _| Ok(())).await;
            match answer.error {
                None => {
                    watch = self.watch();
                    ran(batch);
                }
                Some(error) => {
                    stopped = Some((batch, statements, starts, answer.done.len(), error));
                    break;
                }
            }
        }
        // What was sent after a failure refuses to run: that is waited for.
        for (_, messages) in flying {
            Answer::read(messages, &mut |_, _| Ok(())).await;
        }
        self.end(watch);
        let Some((batch, statements, starts, done, error)) = stopped else { return Ok(()) };
        let failed = self.failed_at(statements, &starts, done, &error).await;
        Err(FailedBatch { batch, sent, failed })
    }

    async fn fetch(&mut self, sql: &str, values: &[Datum]) -> Result<Fetched, DbError> {
        let mut prepared = self.prepare(sql).await?;
        let fetched = self.fetch_prepared(&mut prepared, values).await;
        self.prepared.keep(prepared);
        fetched
    }

    async fn copy_in(&mut self, sql: &str, rows: &str) -> Result<u64, DbError> {
        let watch = self.begin();
        let outcome = async {
            let mut sink = pin!(self.client.copy_in::<_, Cursor<Vec<u8>>>(sql).await?);
            for part in rows.as_bytes().chunks(COPY_PART) {
                sink.send(Cursor::new(part.to_vec())).await?;
            }
            sink.finish().await
        }
        .await;
        self.end(watch);
        match outcome {
            Ok(count) => Ok(count),
            Err(error) => Err(self.explain(&error, sql, 0).await),
        }
    }

    async fn in_transaction(&mut self) -> Result<bool, DbError> {
        match self.query(session::STATE).await {
            Ok(rows) => Ok(rows.first().is_some_and(|row| row.is_true(0))),
            // Every statement is refused in a transaction that has failed.
            Err(DbError::Statement(error)) if error.code.as_deref() == Some("25P02") => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn resets(&self) -> &'static [String] {
        self.pinned.resets()
    }

    fn lock_wait(&self) -> LockWait {
        self.lock_wait.clone()
    }

    fn canceller(&self) -> Arc<dyn Canceller> {
        Arc::new(PostgresCanceller {
            token: self.cancel_token(),
            tls: self.tls.clone(),
            shared: Arc::clone(&self.shared),
        })
    }

    async fn close(self: Box<Self>) -> Result<(), DbError> {
        let Self { client, mut driver, .. } = *self;
        // The driver says good-bye when the client is gone.
        drop(client);
        driver.busy = !driver.ended(CLOSE_LIMIT).await;
        Ok(())
    }
}

/// Asks the server, through a connection of its own, to stop what a session runs.
struct PostgresCanceller {
    token: CancelToken,
    tls: MakeRustlsConnect,
    shared: Arc<Shared>,
}

#[async_trait]
impl Canceller for PostgresCanceller {
    async fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
        // A server that cannot be reached cannot be asked; then the session is
        // as good as lost, and whoever waits for it will hear that.
        let _ = self.token.cancel_query(self.tls.clone()).await;
    }
}
