//! The binary `whimbrel`: hands the arguments to the library half and exits.

use std::process::ExitCode;

use whimbrel_cli::Program;

fn main() -> ExitCode {
    whimbrel_cli::run(Program::new("whimbrel")).into()
}
