//! Compiling a module without running it.

use rquickjs::{CatchResultExt, CaughtError, Context, Module, Runtime, context::intrinsic};

use super::failure;
use super::run::STACK;

/// A line and a column in bytes, both from 1.
type Position = (usize, usize);

/// Has the engine compile a module.
///
/// # Errors
///
/// What it says against it, and where, if it tells.
pub(crate) fn compile(file: &str, code: &str) -> Result<(), (String, Option<Position>)> {
    /// More than any script of the size that one may have.
    const MEMORY: usize = 256 << 20;
    let no_room = |_| ("there is no memory to compile it".to_owned(), None);
    let runtime = Runtime::new().map_err(no_room)?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let context =
        Context::custom::<(intrinsic::Eval, intrinsic::RegExpCompiler)>(&runtime).map_err(no_room)?;
    context.with(|ctx| {
        Module::declare(ctx.clone(), file, code).catch(&ctx).map(drop).map_err(|error| match error {
            CaughtError::Exception(exception) => {
                let stack = exception.stack().unwrap_or_default();
                let message = exception.message().unwrap_or_default();
                (message, stack.lines().find_map(|line| failure::position(file, line)))
            }
            CaughtError::Value(_) | CaughtError::Error(_) => ("it does not compile".to_owned(), None),
        })
    })
}
