//! Runs a plan: the only place where one is run.
//!
//! The guarantee: the batches run in order, each in one transaction (or as one
//! statement where the engine allows no transaction), and the first failure
//! ends the run. The batch that failed is rolled back; those before it stay.
//! Settings that a batch needs are put back on every path. If the future is
//! dropped or the process dies, the open transaction goes with the connection.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};

use crate::connection::{Connection, Row, Value};
use crate::error::DbError;
use crate::introspect::IntrospectError;

/// Says, inside the transaction of the first batch and before its first step,
/// whether the database is still the one that the plan was made for.
#[async_trait]
pub trait Guard: Send {
    /// Looks at the database; `false` ends the run with nothing done.
    ///
    /// # Errors
    ///
    /// If the database cannot be looked at.
    async fn holds(&mut self, connection: &mut dyn Connection) -> Result<bool, IntrospectError>;
}

/// The guard that lets every plan run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unguarded;

#[async_trait]
impl Guard for Unguarded {
    async fn holds(&mut self, _: &mut dyn Connection) -> Result<bool, IntrospectError> {
        Ok(true)
    }
}

/// Watches a plan run.
pub trait ExecuteObserver: Send {
    /// Step `index` (from 0) of `total` begins.
    fn step_started(&mut self, index: usize, total: usize, step: &Step);
    /// The step that began last is done.
    fn step_finished(&mut self, elapsed: Duration);
}

/// The observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl ExecuteObserver for Silent {
    fn step_started(&mut self, _: usize, _: usize, _: &Step) {}
    fn step_finished(&mut self, _: Duration) {}
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All batches are committed.
    Done,
    /// The guard did not hold: nothing was done.
    Moved,
}

/// Why a plan stopped.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{}{failure}", place(*step, *total))]
#[diagnostic(code(whimbrel::execute::failed), help("{}", kept(*committed)))]
pub struct ExecuteError {
    /// The step that failed, from 0; `None` between steps.
    pub step: Option<usize>,
    /// The number of steps in the plan.
    pub total: usize,
    /// The statement that failed, if one did.
    pub sql: Option<String>,
    /// How many batches were committed before.
    pub committed: usize,
    /// What happened.
    #[source]
    pub failure: Failure,
}

/// What stopped a plan.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The engine refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The schema could not be read to see whether it moved.
    #[error(transparent)]
    Introspect(#[from] IntrospectError),
    /// Rows refer to rows that are not there, and did not before.
    #[error("it would leave rows that refer to nothing: {}", violations.join("; "))]
    Orphans {
        /// Each violation in words.
        violations: Vec<String>,
    },
    /// A copy did not carry over every row.
    #[error("it carried over {found} rows of {expected}")]
    RowsMissing {
        /// The rows there should be.
        expected: u64,
        /// The rows there are.
        found: u64,
    },
    /// Foreign keys could not be suspended.
    #[error("SQLite keeps foreign keys enforced although it was told to suspend them")]
    NotSuspended,
}

fn place(step: Option<usize>, total: usize) -> String {
    step.map(|step| format!("step {} of {total} failed: ", step + 1)).unwrap_or_default()
}

fn kept(committed: usize) -> String {
    match committed {
        0 => "nothing was changed: all of it was rolled back".to_owned(),
        1 => "the first batch of the plan stays; run the command again for the rest".to_owned(),
        more => format!("the first {more} batches of the plan stay; run the command again for the rest"),
    }
}

impl ExecuteError {
    /// Says whether the run was stopped on request.
    pub fn is_cancelled(&self) -> bool {
        matches!(&self.failure, Failure::Db(error) if error.is_cancelled())
    }
}

/// Runs `plan`.
///
/// # Errors
///
/// The first failure; see the module's guarantee for what is left.
pub async fn execute(
    connection: &mut dyn Connection,
    plan: &Plan,
    guard: &mut dyn Guard,
    observer: &mut dyn ExecuteObserver,
) -> Result<Outcome, ExecuteError> {
    let mut run = Run { observer, total: plan.steps().count(), next: 0, current: None };
    for (committed, batch) in plan.batches.iter().enumerate() {
        let guard: &mut dyn Guard = if committed == 0 { guard } else { &mut Unguarded };
        match run.batch(connection, batch, guard).await {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Moved) => return Ok(Outcome::Moved),
            Err(failure) => return Err(run.failed(failure, committed)),
        }
    }
    Ok(Outcome::Done)
}

struct Run<'a> {
    observer: &'a mut dyn ExecuteObserver,
    total: usize,
    next: usize,
    current: Option<(usize, String)>,
}

impl Run<'_> {
    fn failed(&mut self, failure: Failure, committed: usize) -> ExecuteError {
        let (step, sql) = self.current.take().unzip();
        ExecuteError { step, total: self.total, sql, committed, failure }
    }

    /// Runs one batch with the settings it needs, and puts those back.
    async fn batch(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        guard: &mut dyn Guard,
    ) -> Result<Outcome, Failure> {
        let ForeignKeys::Suspended { check } = &batch.foreign_keys else {
            return self.transaction(connection, batch, &[], guard).await;
        };
        let enforced = suspend_foreign_keys(connection).await?;
        let result = self.transaction(connection, batch, check, guard).await;
        if enforced {
            let restored = connection.execute("PRAGMA foreign_keys=ON").await;
            // A connection that cannot even do this is lost, which `result` says too.
            if result.is_ok() {
                restored?;
            }
        }
        result
    }

    async fn transaction(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        check: &[ObjectName],
        guard: &mut dyn Guard,
    ) -> Result<Outcome, Failure> {
        if !batch.transaction {
            if !guard.holds(connection).await? {
                return Ok(Outcome::Moved);
            }
            self.steps(connection, batch).await?;
            return Ok(Outcome::Done);
        }
        connection.execute(begin(connection.server().dialect)).await?;
        let result = self.inside(connection, batch, check, guard).await;
        let committed = match result {
            Ok(Outcome::Done) => {
                connection.execute("COMMIT").await.map(|_| Outcome::Done).map_err(Failure::from)
            }
            other => other,
        };
        if !matches!(committed, Ok(Outcome::Done)) {
            roll_back(connection).await;
        }
        committed
    }

    async fn inside(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        check: &[ObjectName],
        guard: &mut dyn Guard,
    ) -> Result<Outcome, Failure> {
        if !guard.holds(connection).await? {
            return Ok(Outcome::Moved);
        }
        let before = orphans(connection, check).await?;
        self.steps(connection, batch).await?;
        self.current = None;
        let after = orphans(connection, check).await?;
        let violations = new_orphans(before, after);
        if violations.is_empty() { Ok(Outcome::Done) } else { Err(Failure::Orphans { violations }) }
    }

    async fn steps(&mut self, connection: &mut dyn Connection, batch: &Batch) -> Result<(), Failure> {
        for step in &batch.steps {
            let index = self.next;
            self.next += 1;
            self.current = Some((index, step.sql.clone()));
            self.observer.step_started(index, self.total, step);
            let start = Instant::now();
            run_step(connection, step).await?;
            self.observer.step_finished(start.elapsed());
        }
        self.current = None;
        Ok(())
    }
}

async fn run_step(connection: &mut dyn Connection, step: &Step) -> Result<(), Failure> {
    let expected = match &step.expect_rows {
        Some(query) => {
            let rows = connection.query(query).await?;
            rows.first().and_then(|row| row.integer(0)).and_then(|count| u64::try_from(count).ok())
        }
        None => None,
    };
    let found = connection.execute(&step.sql).await?;
    match expected {
        Some(expected) if expected != found => Err(Failure::RowsMissing { expected, found }),
        _ => Ok(()),
    }
}

fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        // The write lock is taken at once: a lock taken half-way cannot be waited for.
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
    }
}

/// Rolls back what is open. After some errors SQLite already has; if it cannot
/// be done the connection is gone, and the transaction with it.
async fn roll_back(connection: &mut dyn Connection) {
    if connection.in_transaction().await.unwrap_or(false) {
        drop(connection.execute("ROLLBACK").await);
    }
}

/// Turns SQLite's foreign keys off and says whether they were on.
///
/// Inside a transaction the pragma is ignored, so the result is read back: with
/// foreign keys on, dropping a table would empty every CASCADE child
/// (<https://sqlite.org/pragma.html#pragma_foreign_keys>).
async fn suspend_foreign_keys(connection: &mut dyn Connection) -> Result<bool, Failure> {
    let enforced = foreign_keys(connection).await?;
    if enforced {
        connection.execute("PRAGMA foreign_keys=OFF").await?;
        if foreign_keys(connection).await? {
            return Err(Failure::NotSuspended);
        }
    }
    Ok(enforced)
}

async fn foreign_keys(connection: &mut dyn Connection) -> Result<bool, DbError> {
    let rows = connection.query("PRAGMA foreign_keys").await?;
    Ok(rows.first().is_some_and(|row| row.is_true(0)))
}

/// Counts the rows of each table that refer to nothing, by table, parent and
/// row where the row can be named.
async fn orphans(
    connection: &mut dyn Connection,
    tables: &[ObjectName],
) -> Result<BTreeMap<String, usize>, DbError> {
    let dialect = connection.server().dialect;
    let mut found = BTreeMap::new();
    for table in tables {
        let sql = format!("PRAGMA foreign_key_check({})", dialect.quote_ident(&table.name));
        match connection.query(&sql).await {
            Ok(rows) => {
                for row in rows {
                    *found.entry(orphan(&row)).or_default() += 1;
                }
            }
            // A table that is created or dropped in the batch is missing on one side, and so are its orphans.
            Err(error) if error.statement().is_some_and(|one| one.message.starts_with("no such table")) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// One row of `PRAGMA foreign_key_check`: table, rowid (NULL without one),
/// parent, number of the foreign key. The number is left out: a rebuild may
/// number the keys anew.
fn orphan(row: &Row) -> String {
    let table = row.text(0).unwrap_or_default();
    let parent = row.text(2).unwrap_or_default();
    match row.value(1) {
        Value::Integer(rowid) => format!("row {rowid} of `{table}` refers to a missing row of `{parent}`"),
        _ => format!("a row of `{table}` refers to a missing row of `{parent}`"),
    }
}

/// The orphans that were not there before; at most a few are named.
fn new_orphans(before: BTreeMap<String, usize>, after: BTreeMap<String, usize>) -> Vec<String> {
    const NAMED: usize = 5;
    let mut fresh: Vec<String> = after
        .into_iter()
        .filter(|(orphan, count)| before.get(orphan).is_none_or(|earlier| count > earlier))
        .map(|(orphan, _)| orphan)
        .collect();
    if fresh.len() > NAMED {
        let more = fresh.len() - NAMED;
        fresh.truncate(NAMED);
        fresh.push(format!("and {more} more"));
    }
    fresh
}
