//! `cargo xtask bless`: the expected half of the golden cases, written anew.

use crate::{postgres, run};

pub(crate) const HELP: &str = "\
usage: cargo xtask bless [filter]

Reads both schemas of every golden case with every engine it is for, stores what
was read beside the case, and writes the expected half of the case anew. With a
filter, only the cases whose path contains it. Read the difference as if it were
code.

Without PostgreSQL's server programs its halves stay as they are; so do those that
another of its versions has stored (15, or the newer one that a case asks for).
";

/// The variables that the golden tests look for.
const BLESS: &str = "WHIMBREL_BLESS";
const FILTER: &str = "WHIMBREL_GOLDEN";

/// Runs the golden tests in the mode that writes.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut command = run::cargo(["test", "--quiet", "-p", "whimbrel-testkit", "--test", "golden"]);
    command.env(BLESS, "1");
    if let Some(filter) = arguments.first() {
        command.env(FILTER, filter);
    }
    match postgres::find_or_install(&mut |line| println!("{line}")) {
        Ok(programs) => {
            command.env(postgres::VARIABLE, programs);
        }
        Err(reason) => println!("{reason}\nThe halves of PostgreSQL stay as they are."),
    }
    run::run(&mut command)
}
