//! [`Group`]: migrations that share one transaction.
//!
//! On PostgreSQL a group is one migration, and all of its statements with BEGIN,
//! its record and COMMIT are one round trip. On SQLite, where every COMMIT waits
//! for the disk, a group is as many migrations as begin within a second.
//!
//! A group whose migration fails is rolled back as a whole: that is what the
//! engine may have done anyway. Those before the failing one then run again in
//! a transaction of their own.

use std::time::{Duration, Instant};

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Script, ScriptStatement};
use whimbrel_core::sql::Class;

use super::error::Next;
use super::pipe::{Failure, Pipe, Place};
use super::run::{End, Run};
use super::{
    ApplyError, ApplyObserver, Described, Job, ProgramFailure, Record, TransactionMode, Work, run_program,
};
use crate::connection::Connection;
use crate::error::DbError;
use crate::session::{self, Enforcement, Violations};
use crate::tracking::TrackingTable;

/// Migrations that share one transaction.
pub(super) struct Group<'r, 'o, 'j> {
    run: &'r mut Run<'o>,
    dialect: Dialect,
    jobs: &'j [Job],
    /// Whether it ends before its last job if it takes long.
    is_timed: bool,
    /// Whether foreign keys are off for it.
    suspends: bool,
}

/// What stopped a transaction, all of which is rolled back.
struct Trouble {
    /// The job that was on its way, by its number in the group.
    at: usize,
    cause: Cause,
}

enum Cause {
    Failure(Failure),
    Program(ProgramFailure),
    Error(ApplyError),
}

/// What a migration failed of.
enum Failed {
    Statement(Failure),
    Program(ProgramFailure),
}

impl Failed {
    /// What the database said, if it said anything.
    fn db(&self) -> Option<&DbError> {
        match self {
            Self::Statement(failure) => Some(&failure.error),
            Self::Program(failure) => Some(&failure.sql.as_ref()?.error),
        }
    }

    /// Says whether it came to light only when all was to be committed.
    fn at_commit(&self) -> bool {
        matches!(self, Self::Statement(failure) if failure.place == Place::Commit)
    }

    fn into_error(self, run: &Run<'_>, job: &Job) -> ApplyError {
        match self {
            Self::Statement(failure) => run.failed(job, failure, Next::RunAgain),
            Self::Program(failure) => run.program_failed(job, failure),
        }
    }
}

impl Trouble {
    /// Says whether another session held what was needed.
    fn is_locked(&self) -> bool {
        match &self.cause {
            Cause::Failure(failure) => failure.error.is_locked(),
            Cause::Program(failure) => failure.sql.as_ref().is_some_and(|sql| sql.error.is_locked()),
            Cause::Error(_) => false,
        }
    }
}

impl<'r, 'o, 'j> Group<'r, 'o, 'j> {
    /// After this long a group ends, so that others may write too.
    const LONG: Duration = Duration::from_secs(1);

    /// The longest group that `jobs` begin with; the first of them is atomic.
    pub(super) fn new(run: &'r mut Run<'o>, dialect: Dialect, jobs: &'j [Job]) -> Self {
        let is_one = run.options.transaction == TransactionMode::All;
        let joins = |job: &&Job| run.is_atomic(job) && !job.work.suspends_foreign_keys();
        let count = match dialect {
            _ if is_one => jobs.len(),
            Dialect::Sqlite => jobs.iter().take_while(joins).count().max(1),
            Dialect::Postgres => 1,
        };
        let jobs = &jobs[..count];
        let suspends = dialect == Dialect::Sqlite && jobs.iter().any(|job| job.work.suspends_foreign_keys());
        Self { run, dialect, jobs, is_timed: !is_one, suspends }
    }

    /// Runs the group, or what can be had of it.
    pub(super) async fn run(
        mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, ApplyError> {
        let mut failed: Option<(&Job, Failed)> = None;
        loop {
            let trouble = match self.patiently(connection, observer).await {
                Ok(End::Moved(tracked)) => return Ok(End::Moved(tracked)),
                Ok(End::Committed) => break,
                Err(trouble) => trouble,
            };
            let failure = match trouble.cause {
                Cause::Error(error) => return Err(error),
                Cause::Failure(failure) if failure.is_unknown => {
                    let migrations = self.jobs[..=trouble.at].iter().map(|job| job.name.clone()).collect();
                    return Err(self.run.unknown(migrations, failure.error));
                }
                Cause::Failure(failure) => Failed::Statement(failure),
                Cause::Program(failure) => Failed::Program(failure),
            };
            let job = &self.jobs[trouble.at];
            let Some(count) = self.rest_of(trouble.at, &failure) else {
                return Err(failure.into_error(self.run, job));
            };
            if !failure.at_commit() {
                failed = Some((job, failure));
            }
            self.jobs = &self.jobs[..count];
            self.is_timed = false;
        }
        match failed {
            Some((job, failure)) => Err(failure.into_error(self.run, job)),
            None => Ok(End::Committed),
        }
    }

    /// How many of the jobs are worth another transaction after a failure.
    fn rest_of(&self, at: usize, failure: &Failed) -> Option<usize> {
        let is_hopeless = match failure.db() {
            Some(DbError::Lost { .. } | DbError::Cancelled | DbError::Locked { .. }) => true,
            _ => self.run.options.transaction == TransactionMode::All,
        };
        if is_hopeless || at == 0 {
            return None;
        }
        // Constraints that were deferred until now: nobody knows whose they are.
        Some(if failure.at_commit() { at.div_ceil(2) } else { at })
    }

    /// Tries again where another session holds what is needed, for as long as
    /// the connection waits for locks.
    async fn patiently(
        &mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, Trouble> {
        let mut retry = session::Retry::begin(connection);
        loop {
            match self.attempt(connection, observer).await {
                Err(trouble) if trouble.is_locked() && retry.pause().await => {}
                result => return result,
            }
        }
    }

    /// Runs the transaction, and ends it in any case.
    async fn attempt(
        &mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, Trouble> {
        let suspended =
            if self.suspends { session::suspend(connection).await } else { Ok(Enforcement::Untouched) };
        let enforcement = suspended.map_err(|error| self.around("suspend foreign keys", error))?;
        let result = match enforcement {
            Enforcement::StaysOn => {
                Err(self.trouble(ApplyError::ForeignKeysStayOn { kept: self.run.kept() }))
            }
            _ => self.transaction(connection, observer).await,
        };
        let rolled_back = match result {
            Ok(End::Committed) => Ok(()),
            Ok(End::Moved(_)) | Err(_) => session::roll_back(connection).await,
        };
        let restored = session::restore(connection, &enforcement).await;
        match (result, rolled_back.and(restored)) {
            (Ok(_), Err(error)) => Err(self.around("leave the session as it was", error)),
            // The first error tells more. A session that cannot roll back is
            // lost, and a lost session is rolled back by the engine.
            (result, _) => result,
        }
    }

    /// From BEGIN to COMMIT.
    async fn transaction(
        &mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, Trouble> {
        let begun = Instant::now();
        let mut pipe = Pipe::default();
        pipe.push(Place::Begin, session::begin_sql(self.dialect));
        if self.dialect == Dialect::Sqlite {
            // From here on nobody else can write, so what is read now holds.
            pipe.flush(connection).await.map_err(|failure| Trouble { at: 0, cause: failure.into() })?;
            let tracked = self.run.read(connection).await.map_err(|error| self.trouble(error))?;
            if !self.run.is_as_expected(&tracked) {
                return Ok(End::Moved(tracked));
            }
            if !tracked.exists {
                pipe.push(Place::Record, self.table().create_sql());
            }
        }
        let before = self.violations(connection).await?;
        let mut times: Vec<(Instant, Option<Duration>, Vec<Described>)> = Vec::new();
        for (at, job) in self.jobs.iter().enumerate() {
            if at > 0 && self.is_timed && begun.elapsed() >= Self::LONG {
                break;
            }
            observer.started(self.run.done.len() + at, self.run.total, job);
            let start = Instant::now();
            let sent = self.send(&mut pipe, connection, job, at, observer).await;
            let described = sent.map_err(|cause| Trouble { at, cause })?;
            times.push((start, pipe.is_empty().then(|| start.elapsed()), described));
        }
        self.check(connection, before).await?;
        pipe.push(Place::Commit, "COMMIT");
        let at = times.len() - 1;
        pipe.flush(connection).await.map_err(|failure| Trouble { at, cause: failure.into() })?;
        for (job, (start, elapsed, described)) in self.jobs.iter().zip(times) {
            self.run.commit(job);
            described.iter().for_each(|described| observer.described(&job.name, described));
            observer.applied(job, elapsed.unwrap_or_else(|| start.elapsed()));
        }
        Ok(End::Committed)
    }

    /// Sends the statements of a job and its record. On PostgreSQL those of the
    /// last one wait for COMMIT.
    async fn send(
        &self,
        pipe: &mut Pipe<'j>,
        connection: &mut dyn Connection,
        job: &'j Job,
        at: usize,
        observer: &mut dyn ApplyObserver,
    ) -> Result<Vec<Described>, Cause> {
        push_lock_timeout(pipe, self.dialect, job);
        let (count, described) = match &job.work {
            Work::Script(script) => {
                self.script(pipe, connection, script, observer).await?;
                (script.statements.len(), Vec::new())
            }
            Work::Program(program) => {
                pipe.flush(connection).await?;
                let mut said = |line: &str| observer.said(line);
                let described = run_program(connection, program.as_ref(), &|_, _| true, &mut said).await;
                (0, described.map_err(Cause::Program)?)
            }
        };
        for sql in connection.resets() {
            pipe.push(Place::Settings, sql.as_str());
        }
        push_record(pipe, self.table(), job);
        if self.run.unfinished(job).is_some() {
            pipe.push(Place::Record, self.table().forget_progress_sql(&job.name));
        }
        if self.dialect == Dialect::Sqlite || at + 1 < self.jobs.len() {
            pipe.flush(connection).await?;
            observer.statements(count, count);
        }
        Ok(described)
    }

    /// Sends the statements of a script.
    async fn script(
        &self,
        pipe: &mut Pipe<'j>,
        connection: &mut dyn Connection,
        script: &'j Script,
        observer: &mut dyn ApplyObserver,
    ) -> Result<(), Failure> {
        let count = script.statements.len();
        for (number, statement) in script.statements.iter().enumerate() {
            push_statement(pipe, connection, self.dialect, script, number, statement).await?;
            if pipe.is_full() {
                pipe.flush(connection).await?;
                observer.statements(number + 1, count);
            }
        }
        Ok(())
    }

    async fn violations(&self, connection: &mut dyn Connection) -> Result<Option<Violations>, Trouble> {
        if !self.suspends {
            return Ok(None);
        }
        let violations = Violations::read_all(connection).await;
        violations.map(Some).map_err(|error| self.around("check foreign keys", error))
    }

    /// Looks for rows that refer to nothing since `before`.
    async fn check(
        &self,
        connection: &mut dyn Connection,
        before: Option<Violations>,
    ) -> Result<(), Trouble> {
        let (Some(before), Some(after)) = (before, self.violations(connection).await?) else { return Ok(()) };
        let violations = after.new_since(&before);
        if violations.is_empty() {
            return Ok(());
        }
        let suspect = self.jobs.iter().find(|job| job.work.suspends_foreign_keys());
        let migration = suspect.map(|job| job.name.clone()).unwrap_or_default();
        Err(self.trouble(ApplyError::ForeignKeys { migration, violations, kept: self.run.kept() }))
    }

    fn table(&self) -> &'o TrackingTable {
        &self.run.options.table
    }

    fn around(&self, doing: &str, error: DbError) -> Trouble {
        self.trouble(self.run.around(doing, error))
    }

    fn trouble(&self, error: ApplyError) -> Trouble {
        Trouble { at: 0, cause: Cause::Error(error) }
    }
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Adds the lock timeout that a script asks for, until the transaction's end.
pub(super) fn push_lock_timeout(pipe: &mut Pipe<'_>, dialect: Dialect, job: &Job) {
    match (dialect, job.work.lock_timeout()) {
        (Dialect::Postgres, Some(limit)) => {
            let limit = limit.as_millis().max(1);
            pipe.push(Place::Settings, format!("SET LOCAL lock_timeout = '{limit}ms'"));
        }
        (Dialect::Postgres, None) | (Dialect::Sqlite, _) => {}
    }
}

/// Adds a statement of a script; where it brings rows, it is sent at once.
pub(super) async fn push_statement<'j>(
    pipe: &mut Pipe<'j>,
    connection: &mut dyn Connection,
    dialect: Dialect,
    script: &'j Script,
    number: usize,
    statement: &'j ScriptStatement,
) -> Result<(), Failure> {
    let place = Place::Script(number);
    match script.copy_data(statement) {
        Some(rows) => pipe.copy(connection, place, script.sql(statement), rows).await?,
        None => pipe.push(place, script.sql(statement)),
    }
    if dialect == Dialect::Postgres && statement.class == Class::Session {
        // Whatever it has set: what we send is in UTF-8.
        pipe.push(Place::Settings, "SET client_encoding = 'UTF8'");
        // The server reads all that comes in one round trip before it runs any of it.
        if script.sql(statement).to_ascii_lowercase().contains("standard_conforming_strings") {
            pipe.flush(connection).await?;
        }
    }
    Ok(())
}

/// Adds what a job does to the tracking table.
pub(super) fn push_record(pipe: &mut Pipe<'_>, table: &TrackingTable, job: &Job) {
    let insert = || table.insert_sql(&job.name, &job.checksum.to_string());
    match &job.record {
        Record::Insert => pipe.push(Place::Record, insert()),
        Record::Delete => pipe.push(Place::Record, table.delete_sql(&job.name)),
        Record::Swap { delete } => {
            for name in delete {
                pipe.push(Place::Record, table.delete_sql(name));
            }
            pipe.push(Place::Record, insert());
        }
        Record::Clear => pipe.push(Place::Record, table.clear_sql()),
        Record::None => {}
    }
}
