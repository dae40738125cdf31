//! `cargo xtask ci`: everything that must hold before a change lands.

use std::process::Command;
use std::time::Instant;

use crate::{run, test};

pub(crate) const HELP: &str = "\
usage: cargo xtask ci

Formatting, clippy with warnings denied, the documentation with warnings denied,
and all tests (`cargo xtask test`), in this order; stops at the first that fails.
`.ci/run` does the same.
";

/// Runs every check in turn.
///
/// All of them name the whole workspace, so that cargo settles on one set of
/// features: clippy and the documentation share what they compile, and the
/// tests build it once more, this time to run.
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    let mut doc = run::cargo(["doc", "--quiet", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    step("formatting", &mut run::cargo(["fmt", "--all", "--check"]))?;
    step("clippy", &mut run::cargo(clippy))?;
    step("documentation", &mut doc)?;
    println!("==> tests");
    test::run(&["--workspace", "--", "--quiet"].map(str::to_owned))
}

fn step(name: &str, command: &mut Command) -> Result<(), String> {
    println!("==> {name}");
    let started = Instant::now();
    run::run(command)?;
    println!("    {name} is fine ({:.0} s)", started.elapsed().as_secs_f64());
    Ok(())
}
