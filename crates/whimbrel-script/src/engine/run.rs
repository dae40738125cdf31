//! One run of a module, from the empty engine to the last promise.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use rquickjs::context::intrinsic::{
    Date, Eval, Json, MapSet, Promise as Promises, Proxy, RegExp, RegExpCompiler, TypedArrays, WeakRef,
};
use rquickjs::function::This;
use rquickjs::{CatchResultExt, Context, Ctx, Function, Module, Object, Promise, Runtime, Value};
use whimbrel_db::apply::ProgramError;

use super::failure::{self, Failed};
use super::session::{Halt, Session};
use super::{Task, Way, console, object};

/// How deep calls may go, in bytes of the stack.
pub(super) const STACK: usize = 1 << 20;

/// What scripts have of the language: all of it but clocks that are none of its
/// own, and what only browsers need.
type Language = (Date, Eval, RegExpCompiler, RegExp, Json, Proxy, MapSet, TypedArrays, Promises, WeakRef);

/// Runs a task to its end.
///
/// # Errors
///
/// If the script fails, or does not end as it should.
pub(super) fn run(task: &Task) -> Result<(), ProgramError> {
    let memory = |_| failure::too_much_memory(task.limits.memory);
    let runtime = Runtime::new().map_err(memory)?;
    runtime.set_memory_limit(task.limits.memory);
    runtime.set_max_stack_size(STACK);
    let session = Rc::new(Session::new(task));
    watch(&runtime, &session, task);
    let context = Context::custom::<Language>(&runtime).map_err(memory)?;
    context.with(|ctx| session.outcome(migrate(&ctx, task, &session)))
}

/// Has the engine asked now and then whether to go on, and told of promises that
/// fail unheard.
fn watch(runtime: &Runtime, session: &Rc<Session>, task: &Task) {
    let stops = (std::sync::Arc::clone(&task.stops), task.stops.load(Ordering::Relaxed));
    let meter = std::sync::Arc::clone(&task.meter);
    let watching = Rc::clone(session);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        let halt = if stops.0.load(Ordering::Relaxed) != stops.1 || watching.has_ended() {
            Halt::Stopped
        } else if meter.is_over() {
            Halt::Time
        } else {
            return false;
        };
        watching.halt(halt);
        true
    })));
    let hearing = Rc::clone(session);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, is_handled| {
        hearing.rejected(&ctx, promise, reason, is_handled);
    })));
}

/// Evaluates the module and calls what it exports.
fn migrate<'js>(ctx: &Ctx<'js>, task: &Task, session: &Rc<Session>) -> Result<(), Failed<'js>> {
    let globals = ctx.globals();
    console::install(ctx, &globals, session).catch(ctx)?;
    let db = object::database(ctx, session, task.transaction.dialect()).catch(ctx)?;
    let module = &*task.module;
    let declared = Module::declare(ctx.clone(), module.file.as_str(), module.code.as_str()).catch(ctx)?;
    let (evaluated, promise) = declared.eval().catch(ctx)?;
    settle(ctx, session, &promise, "the top of the module")?;
    let exported: Value<'js> = evaluated.get("default").catch(ctx)?;
    let function = checked(&exported, module.number, task.way)?;
    let result: Value<'js> = function.call((This(exported), db)).catch(ctx)?;
    match result.as_promise() {
        Some(promise) => settle(ctx, session, promise, task.way.function()),
        None => drain(ctx, session),
    }
}

/// Runs all that is waiting to be run.
fn drain<'js>(ctx: &Ctx<'js>, session: &Session) -> Result<(), Failed<'js>> {
    while ctx.execute_pending_job() && session.halted().is_none() {}
    if session.halted().is_some() { Err(Failed::Halted) } else { Ok(()) }
}

/// Runs until a promise is settled and nothing waits any more.
fn settle<'js>(
    ctx: &Ctx<'js>,
    session: &Session,
    promise: &Promise<'js>,
    what: &str,
) -> Result<(), Failed<'js>> {
    drain(ctx, session)?;
    match promise.result::<Value<'js>>() {
        Some(result) => Ok(result.catch(ctx).map(drop)?),
        None => {
            let message = format!("`{what}` never ends: it waits for a promise that nothing resolves");
            Err(Failed::Ours(message, "there are no timers and no events; only `db` is worth waiting for"))
        }
    }
}

/// The function of a migration for a direction.
fn checked<'js>(exported: &Value<'js>, number: u32, way: Way) -> Result<Function<'js>, Failed<'js>> {
    let ours = |message: String| {
        Failed::Ours(message, "export `{ version, up: async (db) => {}, down: async (db) => {} }`")
    };
    let object: &Object<'js> = exported
        .as_object()
        .ok_or_else(|| ours(format!("its default export is {}", console::kind(exported))))?;
    let ctx = exported.ctx();
    let version: Value<'js> = object.get("version").catch(ctx)?;
    if version.as_number() != Some(f64::from(number)) {
        let found = console::shown(&version);
        return Err(ours(format!("its `version` is {found}, and the number of its file is {number}")));
    }
    let name = way.function();
    let function: Value<'js> = object.get(name).catch(ctx)?;
    let kind = console::kind(&function);
    function.into_function().ok_or_else(|| ours(format!("its `{name}` is {kind}, and no function")))
}
