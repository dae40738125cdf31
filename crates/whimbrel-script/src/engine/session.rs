//! What a run knows besides the engine: its transaction, and what went wrong.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use rquickjs::{Ctx, Exception, Persistent, Value};
use whimbrel_db::apply::{ProgramError, Transaction};
use whimbrel_db::{Datum, Fetched};

use super::failure::{self, Failed};
use super::meter::Meter;
use super::object::below;
use super::{Limits, Task};
use crate::module::Module;

/// Why the engine was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// It ran longer than it may.
    Time,
    /// Somebody asked for it, or nobody waits any more.
    Stopped,
}

/// A run.
pub(super) struct Session {
    pub(super) module: Arc<Module>,
    pub(super) limits: Limits,
    transaction: Transaction,
    meter: Arc<Meter>,
    halted: Cell<Option<Halt>>,
    /// The first statement that failed.
    sql: RefCell<Option<ProgramError>>,
    /// Promises that failed, while nobody has taken notice.
    unhandled: RefCell<Vec<(Persistent<Value<'static>>, ProgramError)>>,
}

impl Session {
    pub(super) fn new(task: &Task) -> Self {
        Self {
            module: Arc::clone(&task.module),
            limits: task.limits,
            transaction: task.transaction.clone(),
            meter: Arc::clone(&task.meter),
            halted: Cell::new(None),
            sql: RefCell::default(),
            unhandled: RefCell::default(),
        }
    }

    /// Says whether the transaction is gone.
    pub(super) fn has_ended(&self) -> bool {
        self.transaction.has_ended()
    }

    pub(super) fn halt(&self, halt: Halt) {
        self.halted.set(self.halted.get().or(Some(halt)));
    }

    pub(super) fn halted(&self) -> Option<Halt> {
        self.halted.get()
    }

    /// Has the database do something.
    ///
    /// # Errors
    ///
    /// If it fails, the error that the script gets.
    pub(super) fn ask(
        &self,
        ctx: &Ctx<'_>,
        sql: &str,
        values: Vec<Datum>,
        is_query: bool,
    ) -> rquickjs::Result<Fetched> {
        let answer = self.meter.paused(|| self.transaction.ask_blocking(sql, values, is_query));
        answer.map_err(|error| {
            let exception = match Exception::from_message(ctx.clone(), &error.to_string()) {
                Ok(exception) => exception,
                Err(error) => return error,
            };
            let function = if is_query { "query" } else { "exec" };
            let stack = below(function, &exception.stack().unwrap_or_default());
            let place = failure::place(&self.module, &stack);
            self.sql.borrow_mut().get_or_insert_with(|| ProgramError::of_sql(&error).at(place));
            match exception.set("sql", error.sql.as_str()) {
                Ok(()) => exception.throw(),
                Err(error) => error,
            }
        })
    }

    /// Says a line to whoever watches the run.
    pub(super) fn say(&self, line: String) {
        self.transaction.say_blocking(line);
    }

    /// Says which fields a table has.
    pub(super) fn describe(&self, table: String, fields: String) {
        self.transaction.describe_blocking(table, fields);
    }

    /// A promise has failed, or somebody has taken notice of it after all.
    pub(super) fn rejected<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: Value<'js>,
        is_handled: bool,
    ) {
        let promise = Persistent::save(ctx, promise);
        match is_handled {
            true => self.unhandled.borrow_mut().retain(|(one, _)| *one != promise),
            false => {
                let error = failure::thrown(&self.module, self.limits, &reason);
                self.unhandled.borrow_mut().push((promise, error));
            }
        }
    }

    /// What a run comes to. A statement that failed ends it, whatever the script
    /// made of it, and so does a promise that failed unheard.
    pub(super) fn outcome(&self, result: Result<(), Failed<'_>>) -> Result<(), ProgramError> {
        // What is kept must be gone before the engine is.
        let unhandled = std::mem::take(&mut *self.unhandled.borrow_mut());
        match self.halted.get() {
            Some(Halt::Time) => return Err(failure::too_long(self.limits.time)),
            Some(Halt::Stopped) => return Err(ProgramError::stopped()),
            None => {}
        }
        let failed = result.map_err(|failed| failed.into_error(&self.module, self.limits));
        let alone = || unhandled.into_iter().map(|(_, error)| error).next().map_or(Ok(()), Err);
        let outcome = failed.and_then(|()| alone());
        match (self.sql.borrow_mut().take(), outcome) {
            (None, outcome) => outcome,
            (Some(sql), Ok(())) => Err(sql),
            // What the script says of it, where it says more.
            (Some(sql), Err(error)) => {
                let says_it = error.message.contains(&sql.message);
                let both = || format!("{}: {}", error.message, sql.message);
                Err(ProgramError { message: if says_it { error.message } else { both() }, ..sql })
            }
        }
    }
}
