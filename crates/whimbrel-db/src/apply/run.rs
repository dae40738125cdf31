//! [`Run`]: one run, from the first look at the tracking table to its end.

use std::sync::Arc;
use std::time::Instant;

use miette::{NamedSource, SourceSpan};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Script, ScriptStatement};

use super::error::Next;
use super::group::Group;
use super::pipe::{Failure, Place};
use super::pipelined::Pipelined;
use super::steps::Steps;
use super::{
    Agenda, Applied, ApplyError, ApplyObserver, ApplyOptions, Job, Kept, ProgramFailure, ProgramProblem,
    Record, Seen, Stopped, TransactionMode,
};
use crate::connection::Connection;
use crate::error::DbError;
use crate::session;
use crate::tracking::{Tracked, Unfinished};

/// How far a run has come.
pub(super) struct Run<'a> {
    pub(super) options: &'a ApplyOptions,
    /// What the tracking table holds, unless others have written to it.
    pub(super) tracked: Tracked,
    /// What was committed, in order.
    pub(super) done: Vec<String>,
    /// How many jobs there are, those that are done included.
    pub(super) total: usize,
    /// Since when another session holds what the next one needs, if one was seen to.
    pub(super) held_since: Option<Instant>,
}

/// How one part of a run ended.
pub(super) enum End {
    /// It is committed.
    Committed,
    /// Others have written to the tracking table: nothing was done.
    Moved(Tracked),
}

impl<'a> Run<'a> {
    pub(super) fn new(options: &'a ApplyOptions) -> Self {
        Self { options, tracked: Tracked::default(), done: Vec::new(), total: 0, held_since: None }
    }

    /// Does all that the agenda wants; nothing is locked and nothing written
    /// where it wants nothing.
    pub(super) async fn all<E: Send>(
        mut self,
        connection: &mut dyn Connection,
        agenda: &mut dyn Agenda<Error = E>,
        observer: &mut dyn ApplyObserver,
    ) -> Result<Applied, Stopped<E>> {
        let looked;
        let tracked = match &self.options.first_look {
            Some(tracked) => tracked,
            None => {
                looked = self.read(connection).await?;
                &looked
            }
        };
        let jobs = self.ask(agenda, tracked).await?;
        if jobs.is_empty() {
            return Ok(Applied::default());
        }
        self.tracked = tracked.clone();
        session::lock(connection).await.map_err(|error| self.around("take the lock", error))?;
        let result = self.locked(connection, agenda, jobs, observer).await;
        session::unlock(connection).await;
        result.map(|()| Applied { migrations: self.done })
    }

    async fn locked<E: Send>(
        &mut self,
        connection: &mut dyn Connection,
        agenda: &mut dyn Agenda<Error = E>,
        mut jobs: Vec<Job>,
        observer: &mut dyn ApplyObserver,
    ) -> Result<(), Stopped<E>> {
        match connection.server().dialect {
            Dialect::Postgres => {
                let tracked = self.read(connection).await?;
                if !self.is_as_expected(&tracked) {
                    self.tracked = tracked;
                    jobs = self.ask(agenda, &self.tracked).await?;
                }
                self.create_table(connection).await?;
            }
            // Only a transaction keeps others out: each looks once more.
            Dialect::Sqlite => {}
        }
        loop {
            if let Some(problem) = self.problem(&jobs) {
                return Err(problem.into());
            }
            self.total = self.done.len() + jobs.len();
            observer.began(self.total);
            match self.jobs(connection, &jobs, observer).await? {
                End::Committed => return Ok(()),
                End::Moved(tracked) => self.tracked = tracked,
            }
            jobs = self.ask(agenda, &self.tracked).await?;
            if jobs.is_empty() {
                return Ok(());
            }
        }
    }

    /// Runs jobs, part by part.
    async fn jobs(
        &mut self,
        connection: &mut dyn Connection,
        jobs: &[Job],
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, ApplyError> {
        let mut rest = jobs;
        while let Some(first) = rest.first() {
            let before = self.done.len();
            let dialect = connection.server().dialect;
            let in_steps = first.work.script().filter(|_| !self.is_atomic(first));
            let end = match (in_steps, Pipelined::begins(self, dialect, rest)) {
                (Some(script), _) => {
                    Steps::new(self, dialect, first, script).run(connection, observer).await?
                }
                (None, []) => Group::new(self, dialect, rest).run(connection, observer).await?,
                (None, many) => Pipelined::new(self, many).run(connection, observer).await?,
            };
            if matches!(end, End::Moved(_)) {
                return Ok(end);
            }
            rest = &rest[self.done.len() - before..];
        }
        Ok(End::Committed)
    }

    /// Says whether a job is one transaction. One of which a part has run, or
    /// is said to have, is none, whatever it looks like now, unless that is to be forgotten.
    pub(super) fn is_atomic(&self, job: &Job) -> bool {
        if matches!(job.record, Record::Forget { .. }) {
            return true;
        }
        let is_named = self.options.resume_at.as_ref().is_some_and(|place| place.migration == job.name);
        let is_begun = is_named || self.unfinished(job).is_some_and(Unfinished::is_begun);
        match self.options.transaction {
            TransactionMode::Each | TransactionMode::All => job.work.is_atomic() && !is_begun,
            // A program is one transaction in any case: nothing could go on in its midst.
            TransactionMode::None => job.work.statements().is_empty() && !is_begun,
        }
    }

    /// How far an earlier run came with a job.
    pub(super) fn unfinished(&self, job: &Job) -> Option<&Unfinished> {
        self.tracked.unfinished.iter().find(|row| row.name == job.name)
    }

    /// The names of what no longer counts as begun once a job is done.
    pub(super) fn ended(&self, job: &Job) -> Vec<String> {
        let ends = |row: &&Unfinished| job.record == Record::Clear || row.name == job.name;
        self.tracked.unfinished.iter().filter(ends).map(|row| row.name.clone()).collect()
    }

    /// What speaks against the jobs before any of them has run.
    fn problem(&self, jobs: &[Job]) -> Option<ApplyError> {
        let cannot = |job: &&Job| !self.is_atomic(job);
        let migrations: Vec<String> = match self.options.transaction {
            TransactionMode::All => jobs.iter().filter(cannot).map(|job| job.name.clone()).collect(),
            TransactionMode::Each | TransactionMode::None => Vec::new(),
        };
        (!migrations.is_empty()).then_some(ApplyError::NotAtomic { migrations })
    }

    async fn ask<E: Send>(
        &self,
        agenda: &mut dyn Agenda<Error = E>,
        tracked: &Tracked,
    ) -> Result<Vec<Job>, Stopped<E>> {
        let progress = tracked.progress();
        let seen = Seen { applied: &tracked.applied, progress: &progress, done: &self.done };
        let decided = agenda.decide(&seen).await;
        let jobs = decided.map_err(|error| Stopped::Agenda { error, kept: self.kept() })?;
        match &self.options.resume_at {
            Some(place) if !self.done.contains(&place.migration) => {
                place.check(tracked, &jobs).map_err(Stopped::Run)?;
            }
            Some(_) | None => {}
        }
        Ok(jobs)
    }

    pub(super) async fn read(&self, connection: &mut dyn Connection) -> Result<Tracked, ApplyError> {
        self.options.table.read(connection).await.map_err(ApplyError::from)
    }

    async fn create_table(&mut self, connection: &mut dyn Connection) -> Result<(), ApplyError> {
        if !self.tracked.exists {
            let created = connection.execute(&self.options.table.create_sql()).await;
            created.map_err(|error| self.around("create the tracking table", error))?;
            self.tracked.exists = true;
        }
        Ok(())
    }

    /// Says whether the tracking table holds what this run has left there.
    pub(super) fn is_as_expected(&self, tracked: &Tracked) -> bool {
        let rows = |tracked: &Tracked| -> Vec<(String, String)> {
            tracked.applied.iter().map(|row| (row.name.clone(), row.checksum.clone())).collect()
        };
        let begun = |tracked: &Tracked| -> Vec<(String, usize)> {
            tracked.unfinished.iter().map(|row| (row.name.clone(), row.done)).collect()
        };
        rows(tracked) == rows(&self.tracked) && begun(tracked) == begun(&self.tracked)
    }

    /// Notes that a job is committed.
    pub(super) fn commit(&mut self, job: &Job) {
        self.done.push(job.name.clone());
        self.held_since = None;
        let ended = self.ended(job);
        let applied = &mut self.tracked.applied;
        for name in job.record.deleted() {
            // What is taken back first was applied last.
            if let Some(at) = applied.iter().rposition(|row| row.name == *name) {
                applied.remove(at);
            }
        }
        match job.record {
            Record::Insert | Record::Swap { .. } => applied.push(job.as_applied()),
            Record::Clear => applied.clear(),
            Record::Delete { .. } | Record::Forget { .. } | Record::None => {}
        }
        self.tracked.unfinished.retain(|row| !ended.contains(&row.name));
        self.tracked.exists = true;
    }

    pub(super) fn kept(&self) -> Kept {
        Kept { migrations: self.done.clone() }
    }

    /// The error of something around the statements.
    pub(super) fn around(&self, doing: impl Into<String>, source: DbError) -> ApplyError {
        let kept = self.kept();
        if source.is_cancelled() {
            return ApplyError::Cancelled { kept, next: Next::RunAgain };
        }
        ApplyError::Session { doing: doing.into(), kept, source }
    }

    /// The error of a session that was lost when these were to be committed.
    pub(super) fn unknown(&self, migrations: Vec<String>, source: DbError) -> ApplyError {
        ApplyError::OutcomeUnknown { migrations, kept: self.kept(), source }
    }

    /// The error of whatever failed while a job was on its way.
    pub(super) fn failed(&self, job: &Job, failure: Failure, next: Next) -> ApplyError {
        let Failure { place, error, is_unknown } = failure;
        if is_unknown {
            return self.unknown(vec![job.name.clone()], error);
        }
        match place {
            Place::Script(number) => self.refused(job, number, error, next),
            Place::Begin => self.around("begin a transaction", error),
            Place::Settings => self.around(format!("settle the session of `{}`", job.name), error),
            Place::Record => self.around(format!("record `{}`", job.name), error),
            Place::Commit => self.around(format!("commit `{}`", job.name), error),
        }
    }

    /// The error of a program.
    pub(super) fn program_failed(&self, job: &Job, failure: ProgramFailure) -> ApplyError {
        let ProgramFailure { sql, error } = failure;
        let kept = self.kept();
        if error.is_stopped || sql.as_ref().is_some_and(|sql| sql.error.is_cancelled()) {
            return ApplyError::Cancelled { kept, next: Next::RunAgain };
        }
        ApplyError::Program(Box::new(ProgramProblem {
            migration: job.name.clone(),
            error,
            sql,
            kept: Some(kept),
        }))
    }

    /// The error of a statement of a script.
    fn refused(&self, job: &Job, number: usize, source: DbError, next: Next) -> ApplyError {
        if source.is_cancelled() {
            return ApplyError::Cancelled { kept: self.kept(), next };
        }
        let statement = job.work.script().and_then(|script| Some((script, script.statements.get(number)?)));
        let Some((script, statement)) = statement else {
            return self.around(format!("run `{}`", job.name), source);
        };
        let at = place_of(self.options.table.dialect(), script, statement, &source);
        ApplyError::Statement {
            migration: job.name.clone(),
            number: number + 1,
            of: script.statements.len(),
            line: whimbrel_core::sql::position(&script.text, at.offset()).line,
            file: named_source(script),
            at,
            kept: self.kept(),
            next,
            source,
        }
    }
}

/// The text of a script, as errors show it.
pub(super) fn named_source(script: &Script) -> NamedSource<Arc<str>> {
    NamedSource::new(&script.file, Arc::clone(&script.text))
}

/// Where in its file a statement failed: where the engine says, or all of it.
fn place_of(dialect: Dialect, script: &Script, statement: &ScriptStatement, error: &DbError) -> SourceSpan {
    let sql = script.sql(statement);
    let part = error.statement().map_or(0..sql.len(), |error| error.part_of(sql, dialect));
    SourceSpan::from((statement.offset + part.start, part.len()))
}
