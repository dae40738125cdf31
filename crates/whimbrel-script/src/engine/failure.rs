//! What went wrong, in words, and where in the file.

use std::time::Duration;

use rquickjs::{CaughtError, Exception, Object, Value};
use whimbrel_db::apply::{Place, ProgramError};

use super::{Limits, console};
use crate::module::Module;

/// What ends a run early.
pub(super) enum Failed<'js> {
    /// Something was thrown.
    Thrown(CaughtError<'js>),
    /// The module is not what it should be: what is wrong, and what to do.
    Ours(String, &'static str),
    /// The engine was stopped.
    Halted,
}

impl<'js> From<CaughtError<'js>> for Failed<'js> {
    fn from(error: CaughtError<'js>) -> Self {
        Self::Thrown(error)
    }
}

impl Failed<'_> {
    /// The error of a run that was not stopped.
    pub(super) fn into_error(self, module: &Module, limits: Limits) -> ProgramError {
        match self {
            Self::Thrown(CaughtError::Exception(exception)) => {
                thrown(module, limits, exception.as_object().as_value())
            }
            Self::Thrown(CaughtError::Value(value)) => thrown(module, limits, &value),
            Self::Thrown(CaughtError::Error(error)) => ProgramError::new(error.to_string()),
            Self::Ours(message, help) => {
                ProgramError { help: Some(help.to_owned()), ..ProgramError::new(message) }
            }
            Self::Halted => ProgramError::stopped(),
        }
    }
}

/// The error of what was thrown.
pub(super) fn thrown(module: &Module, limits: Limits, value: &Value<'_>) -> ProgramError {
    let Some(exception) = value.as_object().cloned().and_then(Exception::from_object) else {
        return ProgramError::new(format!("it threw {}", console::shown(value)));
    };
    let message = exception.message().unwrap_or_default();
    let name = name(exception.as_object());
    let place = place(module, &exception.stack().unwrap_or_default());
    if name == "InternalError" && message == "out of memory" {
        return too_much_memory(limits.memory).at(place);
    }
    let message = match name.as_str() {
        "" | "Error" => message,
        name => format!("{name}: {message}"),
    };
    ProgramError::new(message).at(place)
}

fn name(exception: &Object<'_>) -> String {
    exception.get::<_, String>("name").unwrap_or_default()
}

/// Where the first line of a stack that is of the file says that it was; above it
/// may stand the function that failed.
pub(super) fn place(module: &Module, stack: &str) -> Option<Place> {
    let position = |line: &str| position(&module.file, line);
    let native = |line: &'_ str| -> Option<String> {
        Some(line.trim_start().strip_prefix("at ")?.strip_suffix(" (native)")?.to_owned())
    };
    let (line, column) = stack.lines().find_map(position)?;
    let function = stack.lines().take_while(|line| position(line).is_none()).filter_map(native).last();
    module.place(line, column, function.as_deref())
}

/// The line and column that a line of a stack names, if it is of the file.
pub(super) fn position(file: &str, line: &str) -> Option<(usize, usize)> {
    let (_, at) = line.rsplit_once(&format!("{file}:"))?;
    let (line, column) = at.trim_end_matches(')').split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The error of a script that ran for longer than it may.
pub(super) fn too_long(limit: Duration) -> ProgramError {
    ProgramError {
        help: Some("look for a loop without end, or allow more with `--script-time`".to_owned()),
        ..ProgramError::new(format!(
            "it ran for more than {} s, without the time in which it waited for the database",
            limit.as_secs_f64()
        ))
    }
}

/// The error of a script that wanted more memory than it may have.
pub(super) fn too_much_memory(limit: usize) -> ProgramError {
    ProgramError {
        help: Some("read large tables page by page, or allow more with `--script-memory`".to_owned()),
        ..ProgramError::new(format!("it needs more than {} MiB of memory", limit >> 20))
    }
}
