//! [`Group`]: migrations that share one transaction.
//!
//! On PostgreSQL a group is one migration, and all of its statements with BEGIN,
//! its record and COMMIT are one round trip; many small ones go another way, see
//! [`Pipelined`](super::pipelined::Pipelined). On SQLite, where every COMMIT waits for
//! the disk, a group is as many migrations as begin within a second.
//!
//! Each migration but the first has a savepoint. Where one fails, the transaction
//! goes back to that and is committed with those before. The engine may have
//! rolled back all of it (`RAISE(ROLLBACK)`, a full disk), or refuse the COMMIT
//! (constraints that wait for it): then those before the failing one run again in
//! a transaction of their own.

use std::time::{Duration, Instant};

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::Script;

use super::pipe::{Failure, Pipe, Place};
use super::push::{push_endings, push_lock_timeout, push_record, push_resets, push_statement};
use super::run::{End, Run};
use super::trouble::{Cause, Failed, Trouble};
use super::{Account, ApplyError, ApplyObserver, Drops, Job, TransactionMode, Work, run_guarded};
use crate::connection::Connection;
use crate::error::DbError;
use crate::session::{self, Enforcement, SessionSettings, Violations};
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
    /// What the session's settings were, if its migrations may change them.
    settings: Option<SessionSettings>,
}

/// The savepoint that a migration begins with.
pub(super) const SAVEPOINT: &str = "whimbrel_migration";

/// A job that was sent and is not committed yet.
struct Sent {
    start: Instant,
    /// How long it took, if all of it has run.
    elapsed: Option<Duration>,
    account: Option<Account>,
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
        Self { run, dialect, jobs, is_timed: !is_one, suspends, settings: None }
    }

    /// Runs the group, or what can be had of it.
    pub(super) async fn run(
        mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, ApplyError> {
        let mut failed: Option<(&Job, Failed)> = None;
        while !self.jobs.is_empty() {
            let before = self.run.done.len();
            let trouble = match self.patiently(connection, observer).await {
                Ok(End::Moved(tracked)) => return Ok(End::Moved(tracked)),
                Ok(End::Committed) if failed.is_none() => break,
                Ok(End::Committed) => {
                    self.jobs = &self.jobs[self.run.done.len() - before..];
                    continue;
                }
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
            let rest = if trouble.is_kept { None } else { self.rest_of(trouble.at, &failure) };
            let Some(count) = rest else {
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
        if at == 0 || self.is_hopeless(failure.db()) {
            return None;
        }
        // Constraints that were deferred until now: nobody knows whose they are.
        Some(if failure.at_commit() { at.div_ceil(2) } else { at })
    }

    /// Says whether nothing is to be kept after what the database said.
    fn is_hopeless(&self, said: Option<&DbError>) -> bool {
        match said {
            Some(DbError::Lost { .. } | DbError::Cancelled | DbError::Locked { .. }) => true,
            Some(_) | None => self.run.options.transaction == TransactionMode::All,
        }
    }

    /// Tries again where another session holds what is needed, for as long as
    /// the connection waits for locks.
    async fn patiently(
        &mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, Trouble> {
        let since = self.run.held_since.unwrap_or_else(Instant::now);
        let mut retry = session::Retry::since(connection, since);
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
        let put_back = match &self.settings {
            Some(settings) if result.is_err() => settings.put_back(connection).await,
            Some(_) | None => Ok(()),
        };
        let restored = session::restore(connection, &enforcement).await;
        match (result, rolled_back.and(put_back).and(restored)) {
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
        if self.dialect == Dialect::Sqlite && self.jobs.iter().any(|job| job.work.changes_session()) {
            let settings = SessionSettings::read(connection).await;
            self.settings = Some(settings.map_err(|error| self.around("read the settings", error))?);
        }
        let mut pipe = Pipe::default();
        pipe.push(Place::Begin, session::begin_sql(self.dialect));
        if self.dialect == Dialect::Sqlite {
            // From here on nobody else can write, so what is read now holds.
            pipe.flush(connection).await.map_err(|failure| Trouble::new(0, failure))?;
            let tracked = self.run.read(connection).await.map_err(|error| self.trouble(error))?;
            if !self.run.is_as_expected(&tracked) {
                return Ok(End::Moved(tracked));
            }
            if !tracked.exists {
                pipe.push(Place::Record, self.table().create_sql());
            }
        }
        let before = self.violations(connection).await?;
        let mut sent: Vec<Sent> = Vec::new();
        for (at, job) in self.jobs.iter().enumerate() {
            if at > 0 && self.is_timed && begun.elapsed() >= Self::LONG {
                break;
            }
            observer.started(self.run.done.len() + at, self.run.total, job);
            let start = Instant::now();
            let account = match self.send(&mut pipe, connection, job, at, observer).await {
                Ok(account) => account,
                Err(cause) => {
                    return Err(self.keep(connection, sent, Trouble::new(at, cause), observer).await);
                }
            };
            sent.push(Sent { start, elapsed: pipe.is_empty().then(|| start.elapsed()), account });
            if self.ends_after(connection, job).await.map_err(|failure| Trouble::new(at, failure))? {
                break;
            }
        }
        self.check(connection, before).await?;
        pipe.push(Place::Commit, "COMMIT");
        let at = sent.len() - 1;
        pipe.flush(connection).await.map_err(|failure| Trouble::new(at, failure))?;
        self.committed(sent, observer);
        Ok(End::Committed)
    }

    /// Notes that the jobs that were sent are committed.
    fn committed(&mut self, sent: Vec<Sent>, observer: &mut dyn ApplyObserver) {
        for (job, Sent { start, elapsed, account }) in self.jobs.iter().zip(sent) {
            self.run.commit(job);
            if let Some(account) = account {
                observer.accounted(&job.name, &account);
            }
            observer.applied(job, elapsed.unwrap_or_else(|| start.elapsed()));
        }
    }

    /// After a failure, commits the jobs before the one that failed, if the
    /// engine has kept them. Where it has not, or does not commit them, all is
    /// rolled back.
    async fn keep(
        &mut self,
        connection: &mut dyn Connection,
        before: Vec<Sent>,
        trouble: Trouble,
        observer: &mut dyn ApplyObserver,
    ) -> Trouble {
        let has_savepoint = self.dialect == Dialect::Sqlite && !before.is_empty();
        if !has_savepoint || self.is_hopeless(trouble.db()) {
            return trouble;
        }
        if !connection.in_transaction().await.unwrap_or_default() {
            return trouble;
        }
        let mut pipe = Pipe::default();
        pipe.push(Place::Settings, format!("ROLLBACK TO {SAVEPOINT}"));
        pipe.push(Place::Commit, "COMMIT");
        match pipe.flush(connection).await {
            Ok(()) => {
                self.committed(before, observer);
                Trouble { is_kept: true, ..trouble }
            }
            Err(failure) if failure.is_unknown => Trouble::new(trouble.at - 1, failure),
            Err(_) => trouble,
        }
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
    ) -> Result<Option<Account>, Cause> {
        let has_savepoint = self.dialect == Dialect::Sqlite && at > 0;
        if has_savepoint {
            pipe.push(Place::Settings, format!("SAVEPOINT {SAVEPOINT}"));
        }
        push_endings(pipe, connection, &job.work);
        push_lock_timeout(pipe, self.dialect, job);
        let (count, account) = match &job.work {
            Work::Script(script) => {
                self.script(pipe, connection, script, observer).await?;
                (script.statements.len(), None)
            }
            Work::Program(program) => {
                pipe.flush(connection).await?;
                let mut said = |line: &str| observer.said(line);
                let drops = if self.run.options.accept_data_loss { Drops::Accept } else { Drops::Guard };
                let ran = run_guarded(connection, program.as_ref(), &|_, _| true, drops, &mut said).await;
                (0, Some(ran.map_err(Cause::Program)?))
            }
        };
        push_resets(pipe, connection, &job.work);
        if let Some(settings) = self.settings.as_ref().filter(|_| job.work.changes_session()) {
            pipe.flush(connection).await?;
            settings.put_back(connection).await.map_err(unsettled)?;
        }
        push_record(pipe, self.table(), job);
        for name in self.run.ended(job) {
            pipe.push(Place::Record, self.table().forget_progress_sql(&name));
        }
        if has_savepoint {
            pipe.push(Place::Settings, format!("RELEASE {SAVEPOINT}"));
        }
        if self.dialect == Dialect::Sqlite || at + 1 < self.jobs.len() {
            pipe.flush(connection).await?;
            observer.statements(count, count);
        }
        Ok(account)
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
        for number in 0..count {
            push_statement(pipe, connection, self.run.options, script, number, 0).await?;
            if pipe.is_full() {
                pipe.flush(connection).await?;
                observer.statements(number + 1, count);
            }
        }
        Ok(())
    }

    /// Says whether the transaction is to be committed after a job, lest the next
    /// one run with foreign keys that wait for the end.
    async fn ends_after(&self, connection: &mut dyn Connection, job: &Job) -> Result<bool, Failure> {
        let may_end = self.run.options.transaction != TransactionMode::All;
        if !may_end || self.settings.is_none() || !job.work.changes_session() {
            return Ok(false);
        }
        session::defers_foreign_keys(connection).await.map_err(unsettled)
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
        Trouble::new(0, error)
    }
}

/// The failure of putting the session's settings back.
fn unsettled(error: DbError) -> Failure {
    Failure { place: Place::Settings, error, is_unknown: false }
}
