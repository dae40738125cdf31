//! [`Steps`]: a migration that is no single transaction, statement by statement.
//!
//! How far it has come stands in the progress table. A statement that can run
//! in a transaction shares one with the row that says it is done, so it runs
//! exactly once. Of another the row says first that it has started; if nothing
//! is heard of its end, its [`verdict`] decides.
//!
//! On SQLite nothing keeps others from working on the same migration: each
//! transaction looks whether the rows are still those that this run has left.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Script, ScriptStatement};
use whimbrel_core::sql::{Class, Data, DataVerb, Run as Asks};

use super::error::Next;
use super::pipe::{Failure, Pipe, Place};
use super::push::{push_lock_timeout, push_record, push_resets, push_statement};
use super::run::{End, Run, named_source};
use super::verdict::{self, Verdict};
use super::{ApplyError, ApplyObserver, Job, TransactionMode};
use crate::connection::Connection;
use crate::error::DbError;
use crate::fingerprint::Fingerprinter;
use crate::session::{self, Enforcement, SessionSettings, Violations};
use crate::tracking::{State, Tracked, Unfinished};

/// A migration that goes statement by statement.
pub(super) struct Steps<'r, 'o, 'j> {
    run: &'r mut Run<'o>,
    dialect: Dialect,
    job: &'j Job,
    script: &'j Script,
    progress: Unfinished,
}

/// What stopped a step.
enum Stop {
    /// Others have written to the tracking table.
    Moved(Tracked),
    Failure(Failure),
    Error(ApplyError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<ApplyError> for Stop {
    fn from(error: ApplyError) -> Self {
        Self::Error(error)
    }
}

impl<'r, 'o, 'j> Steps<'r, 'o, 'j> {
    pub(super) fn new(run: &'r mut Run<'o>, dialect: Dialect, job: &'j Job, script: &'j Script) -> Self {
        let progress = run.unfinished(job).cloned().unwrap_or_else(|| Unfinished {
            name: job.name.clone(),
            checksum: job.checksum.to_string(),
            done: 0,
            digest: String::new(),
            state: State::Waiting,
            fingerprint: String::new(),
            started_at: String::new(),
        });
        Self { run, dialect, job, script, progress }
    }

    /// Runs what is left of the migration.
    pub(super) async fn run(
        mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, ApplyError> {
        let start = std::time::Instant::now();
        let settings = match self.job.work.changes_session() {
            true => Some(SessionSettings::read(connection).await),
            false => None,
        };
        let settings = settings.transpose().map_err(|error| self.run.around("read the settings", error))?;
        observer.started(self.run.done.len(), self.run.total, self.job);
        let result = self.enforced(connection, observer).await;
        let reset = self.reset(connection, settings.as_ref()).await;
        match result {
            Ok(()) => {
                self.run.commit(self.job);
                observer.applied(self.job, start.elapsed());
                reset.map_err(|error| self.run.around("leave the session as it was", error))?;
                Ok(End::Committed)
            }
            Err(Stop::Moved(tracked)) => Ok(End::Moved(tracked)),
            Err(Stop::Failure(failure)) => {
                let next = Next::GoOn { done: self.progress.done };
                Err(self.run.failed(self.job, failure, next))
            }
            Err(Stop::Error(error)) => Err(error),
        }
    }

    /// Runs all with foreign keys off if the script wants it so.
    async fn enforced(
        &mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<(), Stop> {
        if !self.script.foreign_keys_off {
            self.steps(connection, observer).await?;
            return self.finish(connection, None).await;
        }
        let suspended = session::suspend(connection).await;
        let enforcement = suspended.map_err(|error| self.run.around("suspend foreign keys", error))?;
        let result = match enforcement {
            Enforcement::StaysOn => Err(ApplyError::ForeignKeysStayOn { kept: self.run.kept() }.into()),
            _ => self.checked(connection, observer).await,
        };
        let restored = session::restore(connection, &enforcement).await;
        match (result, restored) {
            (Ok(()), Err(error)) => Err(self.run.around("restore foreign keys", error).into()),
            (result, _) => result,
        }
    }

    async fn checked(
        &mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<(), Stop> {
        let before = Violations::read_all(connection).await;
        let before = before.map_err(|error| self.run.around("check foreign keys", error))?;
        self.steps(connection, observer).await?;
        self.finish(connection, Some(before)).await
    }

    async fn steps(
        &mut self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<(), Stop> {
        self.begin(connection).await?;
        self.replay(connection).await?;
        let statements = &self.script.statements;
        while let Some(statement) = statements.get(self.progress.done) {
            let number = self.progress.done;
            if self.runs_alone(statement) {
                self.alone(connection, number, statement).await?;
            } else {
                self.together(connection, number).await?;
            }
            observer.statements(number + 1, statements.len());
        }
        Ok(())
    }

    /// Finds the place to go on, and makes the table that keeps it.
    async fn begin(&mut self, connection: &mut dyn Connection) -> Result<(), Stop> {
        let (migration, of) = (self.job.name.clone(), self.script.statements.len());
        match &self.run.options.resume_at {
            Some(resume) if resume.migration == migration => {
                let number = resume.statement;
                if number == 0 || number > of + 1 {
                    return Err(ApplyError::ResumeAt { migration, number, of }.into());
                }
                self.progress.done = number - 1;
                self.progress.state = State::Failed;
            }
            Some(_) | None => {
                let done = self.progress.done;
                if done > of || self.digest(done) != self.progress.digest && done > 0 {
                    return Err(ApplyError::OtherBeginning { migration, done }.into());
                }
            }
        }
        let table = &self.run.options.table;
        // Progress is looked for only where there is a tracking table.
        let tables = [table.create_sql(), table.create_progress_sql()];
        let created = connection.execute_all(&[&tables[0], &tables[1]]).await;
        created.map_err(|failed| self.run.around("create the progress table", failed.error))?;
        self.run.tracked.exists = true;
        Ok(())
    }

    /// Sets once more what statements that are done have set in the session, for
    /// this may be another one.
    async fn replay(&mut self, connection: &mut dyn Connection) -> Result<(), Stop> {
        let mut pipe = Pipe::default();
        let done = self.script.statements.iter().enumerate().take(self.progress.done);
        for (number, statement) in done {
            if sets(self.script.sql(statement), &statement.class) {
                push_statement(&mut pipe, connection, self.run.options, self.script, number, number).await?;
            }
        }
        Ok(pipe.flush(connection).await?)
    }

    /// Says whether a statement may not run in a transaction. Where the script
    /// itself asks for none, neither may what can commit on its own.
    fn runs_alone(&self, statement: &ScriptStatement) -> bool {
        let by_wish = self.script.no_transaction || self.run.options.transaction == TransactionMode::None;
        let may_commit = matches!(
            statement.class,
            Class::Do | Class::Unknown | Class::Data(Data { verb: DataVerb::Call, .. })
        );
        statement.run == Asks::Alone || by_wish && may_commit && self.dialect == Dialect::Postgres
    }

    /// Runs a statement in a transaction with the row that says it is done;
    /// again where another session holds what it needs.
    async fn together(&mut self, connection: &mut dyn Connection, number: usize) -> Result<(), Stop> {
        let progress = self.progress_at(number + 1, State::Waiting, String::new());
        let mut retry = session::Retry::begin(connection);
        loop {
            let result = self.transaction(connection, Some(number), &progress).await;
            let Err(Stop::Failure(Failure { error, .. })) = &result else { return result };
            if !(error.is_locked() && retry.pause().await) {
                return result;
            }
        }
    }

    /// Runs a statement that cannot be in a transaction.
    async fn alone(
        &mut self,
        connection: &mut dyn Connection,
        number: usize,
        statement: &'j ScriptStatement,
    ) -> Result<(), Stop> {
        let place = |error| Failure { place: Place::Script(number), error, is_unknown: false };
        let fingerprint = match self.judge(connection, number, statement).await? {
            Some(fingerprint) => fingerprint,
            None => return self.note(connection, number + 1, State::Waiting, String::new()).await,
        };
        self.note(connection, number, State::Started, fingerprint.clone()).await?;
        self.set_lock_timeout(connection).await.map_err(place)?;
        match connection.execute(self.script.sql(statement)).await {
            Ok(_) => self.note(connection, number + 1, State::Waiting, String::new()).await,
            Err(error) => {
                if !matches!(error, DbError::Lost { .. }) {
                    // That it could not be noted is told by the state it leaves: started.
                    drop(self.note(connection, number, State::Failed, fingerprint).await);
                }
                Err(place(error).into())
            }
        }
    }

    /// Decides what to do about a statement that cannot be in a transaction:
    /// `None` if it has run, else its fingerprint before it runs.
    async fn judge(
        &mut self,
        connection: &mut dyn Connection,
        number: usize,
        statement: &ScriptStatement,
    ) -> Result<Option<String>, Stop> {
        let looked = |error| Failure { place: Place::Script(number), error, is_unknown: false };
        let class = &statement.class;
        let state = std::mem::replace(&mut self.progress.state, State::Waiting);
        if state != State::Waiting {
            let before = std::mem::take(&mut self.progress.fingerprint);
            match verdict::verdict(connection, class, &before).await.map_err(looked)? {
                Verdict::Ran => return Ok(None),
                Verdict::Finish(sql) => {
                    connection.execute(&sql).await.map_err(looked)?;
                    return Ok(None);
                }
                Verdict::RunAgain(clear) => {
                    for sql in clear {
                        connection.execute(&sql).await.map_err(looked)?;
                    }
                }
                // It was refused, and the person who was told so lets it run again.
                Verdict::Unknown if state == State::Failed => {}
                Verdict::Unknown => return Err(self.undecided(number, statement).into()),
            }
        }
        Ok(Some(verdict::fingerprint(connection, class).await.map_err(looked)?))
    }

    /// Lets a statement that blocks nobody wait as long as the connection waits
    /// for locks: what it leaves when it gives up must be cleared away.
    async fn set_lock_timeout(&self, connection: &mut dyn Connection) -> Result<(), DbError> {
        let script = self.script;
        let sets_it = |statement: &ScriptStatement| {
            statement.class == Class::Session
                && script.sql(statement).to_ascii_lowercase().contains("lock_timeout")
        };
        match self.dialect {
            Dialect::Postgres if !script.statements.iter().any(sets_it) => {
                let limit = script.lock_timeout.unwrap_or(connection.lock_wait().limit);
                let limit = limit.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
                connection.execute(&format!("SET lock_timeout = '{limit}ms'")).await.map(drop)
            }
            Dialect::Postgres | Dialect::Sqlite => Ok(()),
        }
    }

    /// Writes how far the migration has come, in a transaction of its own.
    async fn note(
        &mut self,
        connection: &mut dyn Connection,
        done: usize,
        state: State,
        fingerprint: String,
    ) -> Result<(), Stop> {
        let progress = self.progress_at(done, state, fingerprint);
        self.transaction(connection, None, &progress).await
    }

    /// A transaction that writes the row, after a statement if there is one.
    async fn transaction(
        &mut self,
        connection: &mut dyn Connection,
        statement: Option<usize>,
        progress: &Unfinished,
    ) -> Result<(), Stop> {
        let result = async {
            let mut pipe = self.open(connection).await?;
            push_lock_timeout(&mut pipe, self.dialect, self.job);
            if let Some(number) = statement {
                push_statement(&mut pipe, connection, self.run.options, self.script, number, number).await?;
            }
            self.push_identity(&mut pipe);
            pipe.push(Place::Record, self.run.options.table.progress_sql(progress));
            pipe.push(Place::Commit, "COMMIT");
            Ok(pipe.flush(connection).await?)
        }
        .await;
        self.ended(connection, result).await?;
        self.run.tracked.unfinished.retain(|row| row.name != progress.name);
        self.run.tracked.unfinished.push(progress.clone());
        self.progress = progress.clone();
        Ok(())
    }

    /// Records the migration, and forgets how far it had come.
    async fn finish(
        &mut self,
        connection: &mut dyn Connection,
        before: Option<Violations>,
    ) -> Result<(), Stop> {
        let result = async {
            let mut pipe = self.open(connection).await?;
            if let Some(before) = before {
                let after = Violations::read_all(connection).await;
                let after = after.map_err(|error| self.run.around("check foreign keys", error))?;
                let violations = after.new_since(&before);
                if !violations.is_empty() {
                    let (migration, kept) = (self.job.name.clone(), self.run.kept());
                    return Err(ApplyError::ForeignKeys { migration, violations, kept }.into());
                }
            }
            let table = &self.run.options.table;
            push_resets(&mut pipe, connection, &self.job.work);
            push_record(&mut pipe, table, self.job);
            for name in self.run.ended(self.job) {
                pipe.push(Place::Record, table.forget_progress_sql(&name));
            }
            pipe.push(Place::Commit, "COMMIT");
            Ok(pipe.flush(connection).await?)
        }
        .await;
        self.ended(connection, result).await
    }

    /// Opens a transaction, on SQLite after a look at what others did.
    async fn open(&self, connection: &mut dyn Connection) -> Result<Pipe<'j>, Stop> {
        let mut pipe = Pipe::default();
        pipe.push(Place::Begin, session::begin_sql(self.dialect));
        if self.dialect == Dialect::Sqlite {
            pipe.flush(connection).await?;
            let tracked = self.run.read(connection).await?;
            if !self.run.is_as_expected(&tracked) {
                return Err(Stop::Moved(tracked));
            }
        }
        Ok(pipe)
    }

    /// Rolls back what a transaction that failed has left open.
    async fn ended(&self, connection: &mut dyn Connection, result: Result<(), Stop>) -> Result<(), Stop> {
        if result.is_err() {
            // The first error tells more; a lost session is rolled back by the engine.
            drop(session::roll_back(connection).await);
        }
        result
    }

    /// Until the end of the transaction, what is written is written by the role
    /// that has opened the session, whichever the script has taken.
    fn push_identity(&self, pipe: &mut Pipe<'_>) {
        if self.dialect == Dialect::Postgres {
            pipe.push(Place::Settings, "SET LOCAL SESSION AUTHORIZATION DEFAULT");
            pipe.push(Place::Settings, "SET LOCAL ROLE NONE");
        }
    }

    /// Puts the session's settings back, if it still is there.
    async fn reset(
        &self,
        connection: &mut dyn Connection,
        settings: Option<&SessionSettings>,
    ) -> Result<(), DbError> {
        if let Some(settings) = settings {
            settings.put_back(connection).await?;
        }
        let mut statements: Vec<&str> = connection.resets().iter().map(String::as_str).collect();
        statements.extend(self.job.work.endings(self.dialect));
        if statements.is_empty() {
            return Ok(());
        }
        connection.execute_all(&statements).await.map(drop).map_err(DbError::from)
    }

    fn progress_at(&self, done: usize, state: State, fingerprint: String) -> Unfinished {
        let digest = self.digest(done);
        Unfinished { done, digest, state, fingerprint, ..self.progress.clone() }
    }

    /// The digest of the first `count` statements.
    fn digest(&self, count: usize) -> String {
        let script = self.script;
        let mut digest = Fingerprinter::default();
        for statement in script.statements.iter().take(count) {
            digest.add(Some(script.sql(statement)));
            digest.add(script.copy_data(statement));
        }
        digest.finish().to_string()
    }

    fn undecided(&self, number: usize, statement: &ScriptStatement) -> ApplyError {
        ApplyError::Undecided {
            migration: self.job.name.clone(),
            number: number + 1,
            of: self.script.statements.len(),
            file: named_source(self.script),
            at: (statement.offset, statement.length).into(),
        }
    }
}

/// Says whether a statement leaves nothing but a setting of the session.
fn sets(sql: &str, class: &Class) -> bool {
    if let Class::Pragma(pragma) = class {
        return pragma.value.is_some() && session::is_setting(&pragma.name);
    }
    let word: String = sql.chars().take_while(char::is_ascii_alphabetic).collect();
    let words = ["set", "reset", "select", "prepare"];
    *class == Class::Session && words.iter().any(|one| word.eq_ignore_ascii_case(one))
}
