//! The binary `whimbrel`: hands the arguments to the library half and exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    whimbrel_cli::run(std::env::args_os()).into()
}
