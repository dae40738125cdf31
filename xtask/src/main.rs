//! Everything a contributor runs: `cargo xtask <command>`.
//!
//! Uses the standard library alone, so that it builds in a moment. What needs
//! whimbrel itself (golden cases, the measuring of speed) lives in the test kit
//! and is started from here.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to the person who runs it")]

mod bench;
mod bless;
mod ci;
mod postgres;
mod run;
mod test;
mod tidy;

use std::process::ExitCode;

/// One command: its name, what it does, its help, and its code.
struct Command {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

const COMMANDS: &[Command] = &[
    Command { name: "test", about: "run all tests", help: test::HELP, run: test::run },
    Command {
        name: "ci",
        about: "run everything that must hold before a change lands",
        help: ci::HELP,
        run: ci::run,
    },
    Command {
        name: "bless",
        about: "write the expected half of the golden cases anew",
        help: bless::HELP,
        run: bless::run,
    },
    Command { name: "tidy", about: "check what the compiler does not", help: tidy::HELP, run: tidy::run },
    Command {
        name: "bench",
        about: "measure speed and size against their bounds",
        help: bench::HELP,
        run: bench::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        eprint!("{}", usage());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("error: there is no command `{name}`\n\n{}", usage());
        return ExitCode::from(2);
    };
    if rest.first().is_some_and(|first| matches!(first.as_str(), "--help" | "-h")) {
        print!("{}", command.help);
        return ExitCode::SUCCESS;
    }
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let width = COMMANDS.iter().map(|command| command.name.len()).max().unwrap_or_default();
    let lines = COMMANDS.iter().map(|command| format!("  {:width$}  {}\n", command.name, command.about));
    format!(
        "usage: cargo xtask <command> [arguments]\n\n{}\n`cargo xtask <command> --help` says more.\n",
        lines.collect::<String>()
    )
}
