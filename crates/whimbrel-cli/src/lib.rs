//! The command line of whimbrel.
//!
//! A command is three lines of thought: read the arguments, make one call into
//! the library, show the result. No migration logic lives here.
//!
//! Standard output carries data that can be piped (SQL, snapshots, JSON);
//! everything else goes to standard error. A person is asked only where standard
//! input and standard error are terminals.

mod answers;
mod args;
mod commands;
mod config;
mod context;
mod crash;
mod dir;
mod duration;
mod error;
mod exit;
mod interrupt;
mod named;
mod observer;
mod program;
mod progress;
mod prompt;
mod render;
mod settings;
mod term;

pub use crate::exit::Exit;
pub use crate::program::Program;

/// Runs the command that the arguments of this process ask for, and says how it
/// ended; everything that is to be said has been printed by then.
///
/// A program of one's own that supplies its models, store and closures has the
/// whole command line too: see [`Program`]. The binary `whimbrel` supplies none:
///
/// ```no_run
/// use std::process::ExitCode;
/// use whimbrel_cli::{Program, run};
///
/// fn main() -> ExitCode {
///     run(Program::new("whimbrel")).into()
/// }
/// ```
///
/// A panic, of whatever thread, ends the process with status 101.
pub fn run(program: Program) -> Exit {
    crash::end_at_panics();
    program.run(std::env::args_os())
}
