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
mod dir;
mod duration;
mod error;
mod exit;
mod interrupt;
mod observer;
mod progress;
mod prompt;
mod render;
mod settings;
mod term;

use std::ffi::OsString;

use clap::Parser as _;

use crate::args::Cli;
pub use crate::exit::Exit;
use crate::term::Term;

/// Runs one command, given the arguments of the process (the first being its
/// own name), and says how it ended.
///
/// Everything that is to be said has been printed by then.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => commands::run(cli),
        Err(error) => usage(&arguments, &error),
    }
}

/// Arguments that make no sense, or a request for help.
fn usage(arguments: &[OsString], error: &clap::Error) -> Exit {
    let is_problem = error.use_stderr();
    if is_problem && arguments.iter().any(|argument| argument == "--json") {
        let message = error.render().to_string();
        let headline = message.lines().next().unwrap_or_default();
        let output = render::json::Output::failed(render::json::Failure {
            code: "whimbrel::cli::usage".into(),
            message: headline.trim_start_matches("error: ").to_owned(),
            help: Some("see `whimbrel --help`".into()),
            problems: Vec::new(),
        });
        // Nobody is left to be told that nobody listens.
        let _ = Term::detect(true).data(&output.line());
    } else {
        let _ = error.print();
    }
    if is_problem { Exit::Usage } else { Exit::Done }
}
