//! The commands: one file each.

mod check;
mod completions;
mod diff;
mod init;
mod inspect;
mod migrate;
mod push;

use std::path::PathBuf;

use crate::args::{Cli, Command, Global};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::program::Program;
use crate::render::{json, problem, question};
use crate::settings::Settings;
use crate::term::Term;

/// Runs a command and tells how it ended.
pub(crate) fn run(cli: Cli, program: Program) -> Exit {
    let Cli { command, global } = cli;
    let term = Term::detect(program.name(), global.no_color);
    let (name, json) = (command.name(), global.json);
    match dispatch(command, global, program, term) {
        Ok(exit) => exit,
        Err(error) => report(term, name, json, &error),
    }
}

fn dispatch(command: Command, global: Global, program: Program, term: Term) -> Result<Exit, CliError> {
    match command {
        Command::Push(args) => with_database(global, program, term, async |cx| push::run(cx, &args).await),
        Command::Inspect(args) => {
            with_database(global, program, term, async |cx| inspect::run(cx, &args).await)
        }
        Command::Diff(args) => with_database(global, program, term, async |cx| diff::run(cx, &args).await),
        Command::Check => with_database(global, program, term, async |cx| check::run(cx).await),
        Command::Migrate(command) => {
            with_database(global, program, term, async |cx| migrate::run(cx, &command).await)
        }
        Command::Init => init::run(&global, term, &working_dir()),
        Command::Completions { shell } => completions::run(shell, program.name(), term),
    }
}

/// Reads the settings and starts what a command on a database needs.
fn with_database(
    global: Global,
    program: Program,
    term: Term,
    command: impl AsyncFnOnce(&Context) -> Result<Exit, CliError>,
) -> Result<Exit, CliError> {
    let settings = Settings::load(&global, &program, &working_dir())?;
    let context = Context::new(term, global, settings, program);
    tell_settings(&context);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|reason| CliError::Write { path: "a pipe".into(), reason })?;
    let exit = runtime.block_on(command(&context));
    // All is done or was given up: nobody waits for its threads to end.
    runtime.shutdown_background();
    exit
}

/// What a run uses besides the database itself.
fn tell_settings(cx: &Context) {
    if let Some(path) = &cx.settings.config {
        cx.detail(format_args!("settings: `{}`", path.display()));
    }
    if let Some(path) = &cx.settings.cache {
        cx.detail(format_args!("cache: `{}`", path.display()));
    }
}

/// The folder that relative paths start from; where it is gone, the empty path
/// stands for it and whatever is tried there says so.
fn working_dir() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

fn report(term: Term, command: &'static str, json: bool, error: &CliError) -> Exit {
    let questions = error.questions();
    if json {
        let mut output = json::Output::new(command);
        output.questions = (!questions.is_empty()).then(|| json::questions(questions));
        output.error = Some(error.failure(term));
        // Nobody is left to be told that nobody listens.
        let _ = term.json(output);
    } else {
        if !questions.is_empty() {
            term.say(question::unanswered(questions));
        }
        term.say(problem::text(&term, error));
    }
    error.exit()
}
