//! `completions`: a script that makes a shell complete arguments.

use clap_complete::Shell;

use crate::error::CliError;
use crate::exit::Exit;
use crate::program::command;
use crate::term::Term;

pub(crate) fn run(shell: Shell, name: &'static str, term: Term) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(name), name, &mut script);
    term.data(&String::from_utf8_lossy(&script)).map_err(CliError::output)?;
    Ok(Exit::Done)
}
