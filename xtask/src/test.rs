//! `cargo xtask test`: all tests, with a PostgreSQL for those that need one.

use crate::{postgres, run};

pub(crate) const HELP: &str = "\
usage: cargo xtask test [arguments of cargo test]

Finds PostgreSQL's server programs (where there are none, and run by root on a
system with apt, installs them), then runs `cargo test` with the arguments, or
with `--workspace` where there are none:

  cargo xtask test
  cargo xtask test -p whimbrel-core diff

Tests start servers of their own, in temporary folders, and stop them.
";

/// Runs the tests.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let programs = postgres::find_or_install(&mut |line| println!("{line}"))?;
    let mut command = run::cargo(["test"]);
    if arguments.is_empty() {
        command.arg("--workspace");
    }
    run::run(command.args(arguments).env(postgres::VARIABLE, programs))
}
