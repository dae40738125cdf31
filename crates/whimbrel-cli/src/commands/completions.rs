//! `completions`: a script that makes a shell complete arguments.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::error::CliError;
use crate::exit::Exit;
use crate::term::Term;

pub(crate) fn run(shell: Shell, term: Term) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "whimbrel", &mut script);
    term.data(&String::from_utf8_lossy(&script)).map_err(CliError::output)?;
    Ok(Exit::Done)
}
