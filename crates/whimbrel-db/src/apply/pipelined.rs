//! [`Pipelined`]: migrations that are sent before the one before them is done.
//!
//! From its answer to a COMMIT until the next statement comes, a server has nothing
//! to do. So each of many small migrations is on its way while the one before runs.
//! It must not run where that one fails, whatever of. So a transaction is begun in
//! the round trip of the one before, behind the COMMIT there, with a savepoint; and
//! what is sent for the next begins with the release of that:
//!
//! | the one before | RELEASE SAVEPOINT |
//! |---|---|
//! | is committed | goes through |
//! | failed in a transaction, or was not even read | "current transaction is aborted" |
//! | failed at COMMIT, or before it had a transaction | "can only be used in transaction blocks" |
//!
//! Behind an error the server skips the rest of what came in one round trip
//! (PostgreSQL, "Multiple Statements in a Simple Query"), so nothing of it is done.
//! Then comes the transaction of the migration itself: one that is begun in the round
//! trip of another has its time, too, and `now()` would be that of the one before.
//! Each migration is committed on its own as ever, and is heard of on its own.

use std::time::Instant;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Script, ScriptStatement};
use whimbrel_core::sql::Class;

use super::error::Next;
use super::group::SAVEPOINT;
use super::pipe::{Pipe, Place};
use super::push::{push_lock_timeout, push_record, push_resets};
use super::run::{End, Run};
use super::{ApplyError, ApplyObserver, Job, TransactionMode};
use crate::connection::{Connection, FailedBatch};
use crate::error::DbError;
use crate::session;

/// Small migrations, each of which has a transaction of its own.
pub(super) struct Pipelined<'r, 'o, 'j> {
    run: &'r mut Run<'o>,
    jobs: &'j [Job],
}

impl<'r, 'o, 'j> Pipelined<'r, 'o, 'j> {
    /// So many are made ready at once.
    const MANY: usize = 256;

    /// The longest run of migrations that `jobs` begin with and that may be sent
    /// ahead; empty if there are not even two.
    pub(super) fn begins(run: &Run<'_>, dialect: Dialect, jobs: &'j [Job]) -> &'j [Job] {
        let is_each = run.options.transaction == TransactionMode::Each;
        let may_be = dialect == Dialect::Postgres && is_each && run.held_since.is_none();
        let is_fit = |job: &&Job| run.is_atomic(job) && job.work.script().is_some_and(is_small_and_plain);
        let count = jobs.iter().take(Self::MANY).take_while(is_fit).count();
        if may_be && count > 1 { &jobs[..count] } else { &[] }
    }

    pub(super) fn new(run: &'r mut Run<'o>, jobs: &'j [Job]) -> Self {
        Self { run, jobs }
    }

    /// Runs them until one fails.
    pub(super) async fn run(
        self,
        connection: &mut dyn Connection,
        observer: &mut dyn ApplyObserver,
    ) -> Result<End, ApplyError> {
        let pipes: Vec<Pipe<'_>> = (0..self.jobs.len()).map(|at| self.pipe(connection, at)).collect();
        let batches: Vec<Vec<&str>> = pipes.iter().map(Pipe::texts).collect();
        let Self { run, jobs } = self;
        let mut start = Instant::now();
        observer.started(run.done.len(), run.total, &jobs[0]);
        let mut committed = |at: usize| {
            run.commit(&jobs[at]);
            observer.applied(&jobs[at], start.elapsed());
            start = Instant::now();
            if let Some(next) = jobs.get(at + 1) {
                observer.started(run.done.len(), run.total, next);
            }
        };
        let Err(stopped) = connection.execute_in_turn(&batches, &mut committed).await else {
            return Ok(End::Committed);
        };
        let FailedBatch { mut batch, sent, failed } = stopped;
        let (ends_there, is_committed) = (failed.ends_there, pipes[batch].is_committed_before(&failed));
        let failure = pipes[batch].failure(failed);
        if is_committed {
            // It was the next one's transaction that could not be begun.
            committed(batch);
            batch += 1;
        }
        let rolled_back = session::roll_back(connection).await;
        let is_lost = matches!(failure.error, DbError::Lost { .. });
        if is_lost && !ends_there && batch < sent {
            let migrations = jobs[batch..sent].iter().map(|job| job.name.clone()).collect();
            return Err(run.unknown(migrations, failure.error));
        }
        if failure.error.is_locked() && rolled_back.is_ok() {
            // It is to wait, on its own.
            run.held_since = Some(start);
            return Ok(End::Committed);
        }
        Err(run.failed(&jobs[batch], failure, Next::RunAgain))
    }

    /// What is sent for one of them.
    fn pipe(&self, connection: &dyn Connection, at: usize) -> Pipe<'j> {
        let (job, table) = (&self.jobs[at], &self.run.options.table);
        let mut pipe = Pipe::default();
        match at {
            0 => pipe.push(Place::Begin, session::begin_sql(Dialect::Postgres)),
            _ => {
                pipe.push(Place::Begin, format!("RELEASE SAVEPOINT {SAVEPOINT}"));
                pipe.push(Place::Begin, "COMMIT AND CHAIN");
            }
        }
        push_lock_timeout(&mut pipe, Dialect::Postgres, job);
        for (number, statement) in job.work.statements().iter().enumerate() {
            let sql = job.work.script().map_or("", |script| script.sql(statement));
            pipe.push(Place::Script(number), sql);
        }
        push_resets(&mut pipe, connection, &job.work);
        push_record(&mut pipe, table, job);
        for name in self.run.ended(job) {
            pipe.push(Place::Record, table.forget_progress_sql(&name));
        }
        pipe.push(Place::Commit, "COMMIT");
        if at + 1 < self.jobs.len() {
            pipe.push(Place::Begin, session::begin_sql(Dialect::Postgres));
            pipe.push(Place::Begin, format!("SAVEPOINT {SAVEPOINT}"));
        }
        pipe
    }
}

/// Says whether all of a script goes in one round trip, and none of it decides how
/// the server reads what comes behind it.
fn is_small_and_plain(script: &Script) -> bool {
    const SMALL: usize = 64 * 1024;
    let is_plain = |one: &ScriptStatement| one.class != Class::Session && script.copy_data(one).is_none();
    script.text.len() <= SMALL && script.statements.iter().all(is_plain)
}
