//! `cargo xtask bench`: speed and size against their bounds.

use crate::{postgres, run};

pub(crate) const HELP: &str = "\
usage: cargo xtask bench [filter]

Builds the release binary and measures it: start-up, size, the run that finds
nothing to do, the pure difference of two large schemas, and a large rebuild.
Every number stands beside a floor that was measured in the same run (`true`,
`sqlite3`, `psql`, `pg_dump`, bare SQL) and beside its bound. With a filter, only
the measurements whose name contains it. Fails if a bound is broken.
";

/// Builds and runs the measuring program of the test kit.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    run::run(&mut run::cargo(["build", "--release", "-p", "whimbrel-cli"]))?;
    let mut command =
        run::cargo(["run", "--release", "--quiet", "-p", "whimbrel-testkit", "--example", "bench", "--"]);
    match postgres::find_or_install(&mut |line| println!("{line}")) {
        Ok(programs) => {
            command.env(postgres::VARIABLE, programs);
        }
        Err(reason) => println!("{reason}\nPostgreSQL is not measured."),
    }
    run::run(command.args(arguments))
}
