//! The command line as far as the arguments name it.
//!
//! clap copies the global options into every subcommand, also into those that nobody
//! asks for, which takes longer than all else that is done with the arguments. So they
//! are read with the subcommands alone that they name. Whatever does not read so
//! (mistakes, `--help`) is read with the whole command line, which knows what to say.

use std::ffi::OsString;

use clap::{Command, FromArgMatches as _};

use crate::args::Cli;

/// The command that has most of the subcommands.
const MIGRATE: &str = "migrate";

/// Reads the arguments of the program `name` with as little of its command line as they
/// take; `None` where that does not do.
pub(crate) fn read(name: &'static str, whole: Command, arguments: &[OsString]) -> Option<Cli> {
    let named = named(name, whole, arguments);
    let matches = named.has_subcommands().then(|| named.try_get_matches_from(arguments))?;
    Cli::from_arg_matches(&matches.ok()?).ok()
}

/// The command `name` with the subcommands whose names are anywhere among the arguments.
/// What it says of itself is left out.
fn named(name: &'static str, mut whole: Command, arguments: &[OsString]) -> Command {
    let is_named = |one: &&mut Command| {
        let mut names = one.get_all_aliases().chain([one.get_name()]);
        names.any(|name| arguments.iter().any(|argument| argument == name))
    };
    let subcommands = whole.get_subcommands_mut().filter(is_named).map(std::mem::take);
    let subcommands = subcommands.map(|one| match one.get_name() == MIGRATE {
        true => named(MIGRATE, one, arguments),
        false => one,
    });
    let subcommands: Vec<Command> = subcommands.collect();
    Command::new(name)
        .args(whole.get_arguments().cloned())
        .groups(whole.get_groups().cloned())
        .subcommands(subcommands)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::command;

    /// Lines that name every command, with and without options around it.
    fn lines(command: &Command, before: &str) -> Vec<String> {
        let names = |one: &Command| {
            let names = one.get_all_aliases().chain([one.get_name()]);
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        let subcommands = command.get_subcommands().flat_map(|one| {
            names(one).into_iter().flat_map(move |name| lines(one, &format!("{before} {name}")))
        });
        let own = ["", " --json --dir push", " -y --env=migrate one", " one two", " --no-such", " --help"];
        own.map(|rest| format!("{before}{rest}")).into_iter().chain(subcommands).collect()
    }

    #[test]
    fn what_is_read_with_less_is_what_the_whole_command_line_reads() {
        let name = "whimbrel";
        let (mut read_so, mut left) = (0, 0);
        for global in ["", " --dir apply", " --yes"] {
            for line in lines(&command(name), &format!("{name}{global}")) {
                let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
                let whole = command(name).try_get_matches_from(&arguments);
                let whole = whole.and_then(|matches| Cli::from_arg_matches(&matches));
                match (read(name, command(name), &arguments), whole) {
                    (Some(read), whole) => {
                        read_so += 1;
                        assert_eq!(format!("{read:?}"), format!("{:?}", whole.expect(&line)), "{line}");
                    }
                    (None, Ok(_)) => panic!("`{line}` is read by the whole command line alone"),
                    (None, Err(_)) => left += 1,
                }
            }
        }
        assert!(read_so > 100 && left > 100, "{read_so} {left}");
    }
}
