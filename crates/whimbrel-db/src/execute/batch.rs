//! One batch: from before its transaction until after it.

use std::time::Instant;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};

use super::{ExecuteError, ExecuteObserver, Guard, Kept, Outcome};
use crate::connection::Connection;
use crate::error::DbError;
use crate::introspect::IntrospectError;
use crate::session::{self, Enforcement, Violations};

/// How far a plan has come.
pub(super) struct Run {
    batches: usize,
    committed: usize,
    steps: usize,
    /// The step that runs, from 1; the steps before it are done.
    number: usize,
}

impl Run {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { batches: plan.batches.len(), committed: 0, steps: plan.steps().count(), number: 0 }
    }

    /// Runs all batches; the guard watches over the first.
    pub(super) async fn batches(
        &mut self,
        connection: &mut dyn Connection,
        plan: &Plan,
        guard: &mut dyn Guard,
        observer: &mut dyn ExecuteObserver,
    ) -> Result<Outcome, ExecuteError> {
        let mut guard = Some(guard);
        for batch in &plan.batches {
            if self.batch(connection, batch, guard.take(), observer).await? == Outcome::Moved {
                return Ok(Outcome::Moved);
            }
        }
        Ok(Outcome::Done)
    }

    /// Runs one batch, and leaves the session as it was before it.
    async fn batch(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        guard: Option<&mut dyn Guard>,
        observer: &mut dyn ExecuteObserver,
    ) -> Result<Outcome, ExecuteError> {
        let suspended = match &batch.foreign_keys {
            ForeignKeys::Suspended { .. } => session::suspend(connection).await,
            ForeignKeys::AsIs => Ok(Enforcement::Untouched),
        };
        let enforcement = suspended.map_err(|error| self.around("suspend foreign keys", error))?;
        let result = match enforcement {
            Enforcement::StaysOn => Err(ExecuteError::ForeignKeysStayOn { kept: self.kept() }),
            _ if batch.transaction => self.transaction(connection, batch, guard, observer).await,
            _ => self.alone(connection, batch, guard, observer).await,
        };
        let restored = session::restore(connection, &enforcement).await;
        match (result, restored) {
            (Ok(_), Err(error)) => Err(self.around("restore foreign keys", error)),
            (result, _) => result,
        }
    }

    /// Runs the steps in a transaction; again and again where another session
    /// holds what they need, for as long as the connection waits for locks.
    async fn transaction(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        mut guard: Option<&mut dyn Guard>,
        observer: &mut dyn ExecuteObserver,
    ) -> Result<Outcome, ExecuteError> {
        let mut retry = session::Retry::begin(connection);
        let number = self.number;
        loop {
            // Reborrowed by hand: a trait object's lifetime is not shortened inside an Option.
            let guard: Option<&mut dyn Guard> = match &mut guard {
                Some(guard) => Some(&mut **guard),
                None => None,
            };
            let result = self.attempt(connection, batch, guard, observer).await;
            match result {
                Err(error) if error.is_locked() && retry.pause().await => self.number = number,
                result => return result,
            }
        }
    }

    /// Runs the steps in a transaction, and ends it in any case.
    async fn attempt(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        guard: Option<&mut dyn Guard>,
        observer: &mut dyn ExecuteObserver,
    ) -> Result<Outcome, ExecuteError> {
        let begun = session::begin(connection).await;
        begun.map_err(|error| self.around("begin a transaction", error))?;
        let result = match self.inside(connection, batch, guard, observer).await {
            Ok(Outcome::Done) => self.commit(connection).await,
            result => result,
        };
        match result {
            Ok(Outcome::Done) => Ok(Outcome::Done),
            Ok(Outcome::Moved) => {
                let rolled_back = session::roll_back(connection).await;
                rolled_back.map_err(|error| self.around("roll back", error))?;
                Ok(Outcome::Moved)
            }
            Err(error) => {
                // The first error tells more. A session that cannot roll back
                // is lost, and a lost session is rolled back by the engine.
                drop(session::roll_back(connection).await);
                Err(error)
            }
        }
    }

    /// Everything between BEGIN and COMMIT.
    async fn inside(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        guard: Option<&mut dyn Guard>,
        observer: &mut dyn ExecuteObserver,
    ) -> Result<Outcome, ExecuteError> {
        if self.guarded(connection, guard).await? == Outcome::Moved {
            return Ok(Outcome::Moved);
        }
        let ForeignKeys::Suspended { check: tables } = &batch.foreign_keys else {
            self.steps(connection, &batch.steps, observer).await?;
            return Ok(Outcome::Done);
        };
        let before = self.violations(connection, tables).await?;
        self.steps(connection, &batch.steps, observer).await?;
        let after = self.violations(connection, tables).await?;
        match after.new_since(&before) {
            violations if violations.is_empty() => Ok(Outcome::Done),
            violations => Err(ExecuteError::ForeignKeys { violations, kept: self.kept() }),
        }
    }

    async fn commit(&mut self, connection: &mut dyn Connection) -> Result<Outcome, ExecuteError> {
        match connection.execute("COMMIT").await {
            Ok(_) => {
                self.committed += 1;
                Ok(Outcome::Done)
            }
            Err(source @ DbError::Lost { .. }) => {
                Err(ExecuteError::OutcomeUnknown { kept: self.kept(), source })
            }
            Err(error) => Err(self.around("commit", error)),
        }
    }

    /// Runs steps that cannot be in a transaction.
    async fn alone(
        &mut self,
        connection: &mut dyn Connection,
        batch: &Batch,
        guard: Option<&mut dyn Guard>,
        observer: &mut dyn ExecuteObserver,
    ) -> Result<Outcome, ExecuteError> {
        if self.guarded(connection, guard).await? == Outcome::Moved {
            return Ok(Outcome::Moved);
        }
        self.steps(connection, &batch.steps, observer).await?;
        self.committed += 1;
        Ok(Outcome::Done)
    }

    async fn guarded(
        &self,
        connection: &mut dyn Connection,
        guard: Option<&mut dyn Guard>,
    ) -> Result<Outcome, ExecuteError> {
        let holds = match guard {
            Some(guard) => guard.holds(connection).await.map_err(|error| self.unguarded(error))?,
            None => true,
        };
        Ok(if holds { Outcome::Done } else { Outcome::Moved })
    }

    async fn violations(
        &self,
        connection: &mut dyn Connection,
        tables: &[ObjectName],
    ) -> Result<Violations, ExecuteError> {
        let violations = Violations::read(connection, tables).await;
        violations.map_err(|error| self.around("check foreign keys", error))
    }

    async fn steps(
        &mut self,
        connection: &mut dyn Connection,
        steps: &[Step],
        observer: &mut dyn ExecuteObserver,
    ) -> Result<(), ExecuteError> {
        for step in steps {
            self.number += 1;
            observer.step_started(self.number - 1, self.steps, step);
            let start = Instant::now();
            self.step(connection, step).await?;
            observer.step_finished(start.elapsed());
        }
        Ok(())
    }

    async fn step(&mut self, connection: &mut dyn Connection, step: &Step) -> Result<(), ExecuteError> {
        let dialect = connection.server().dialect;
        let expected = match &step.expect_rows {
            Some(query) => {
                Some(number(connection, query).await.map_err(|error| self.failed(dialect, step, error))?)
            }
            None => None,
        };
        let found = connection.execute(&step.sql).await.map_err(|error| self.failed(dialect, step, error))?;
        match expected {
            Some(expected) if expected != found => Err(ExecuteError::Rows {
                number: self.number,
                of: self.steps,
                sql: step.sql.clone(),
                expected,
                found,
                kept: self.kept(),
            }),
            _ => Ok(()),
        }
    }

    fn kept(&self) -> Kept {
        Kept { batches: self.committed, of: self.batches }
    }

    /// The error of a step.
    fn failed(&self, dialect: Dialect, step: &Step, source: DbError) -> ExecuteError {
        let kept = self.kept();
        if source.is_cancelled() {
            return ExecuteError::Cancelled { kept };
        }
        let at = source.statement().filter(|error| error.offset.is_some());
        let at = at.map(|error| miette::SourceSpan::from(error.part_of(&step.sql, dialect)));
        ExecuteError::Step { number: self.number, of: self.steps, sql: step.sql.clone(), at, kept, source }
    }

    /// The error of a guard.
    fn unguarded(&self, error: IntrospectError) -> ExecuteError {
        match error {
            IntrospectError::Db(error) => self.around("see whether the database is still the same", error),
            error => ExecuteError::Guard { kept: self.kept(), source: error },
        }
    }

    /// The error of something around the steps.
    pub(super) fn around(&self, doing: &'static str, source: DbError) -> ExecuteError {
        let kept = self.kept();
        if source.is_cancelled() {
            return ExecuteError::Cancelled { kept };
        }
        ExecuteError::Session { doing, kept, source }
    }
}

/// The one number that a query returns.
async fn number(connection: &mut dyn Connection, query: &str) -> Result<u64, DbError> {
    let rows = connection.query(query).await?;
    Ok(rows.first().and_then(|row| row.integer(0)).and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}
