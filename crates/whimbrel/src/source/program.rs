//! Runs a program that prints a snapshot.

use std::path::Path;
use std::process::{Command, Stdio};

use super::SourceError;

/// How much of what a failed program said is shown.
const SAID: usize = 2_000;

/// How many characters of what it printed in place of a schema.
const LINE: usize = 80;

/// Runs a command through the shell, and returns what it printed. What it says
/// on standard error is only shown if it fails.
pub(super) fn run(command: &str, folder: Option<&Path>) -> Result<String, SourceError> {
    let failed = |reason: String| SourceError::Program { command: command.to_owned(), reason };
    let mut shell = shell(command);
    if let Some(folder) = folder {
        shell.current_dir(folder);
    }
    let output = shell.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim_end();
        let start = (said.len().saturating_sub(SAID)..).find(|at| said.is_char_boundary(*at)).unwrap_or(0);
        return Err(failed(format!("{}\n{}", output.status, &said[start..]).trim_end().to_owned()));
    }
    let text =
        String::from_utf8(output.stdout).map_err(|_| failed("what it prints is not UTF-8".to_owned()))?;
    match other_than_json(&text) {
        Some(found) => Err(SourceError::Printed { command: command.to_owned(), found }),
        None => Ok(text),
    }
}

/// What a program printed where an object of JSON should begin.
fn other_than_json(text: &str) -> Option<String> {
    match text.trim_start().lines().next() {
        None => Some("nothing".to_owned()),
        Some(line) if line.starts_with('{') => None,
        Some(line) => {
            let start: String = line.trim_end().chars().take(LINE).collect();
            Some(format!("`{start}` where a snapshot or models should begin"))
        }
    }
}

fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command);
    shell
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_prints_and_runs_where_it_should() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.json"), "{}").unwrap();
        assert_eq!(run("cat x.json", Some(folder.path())).unwrap(), "{}");
    }

    #[test]
    fn a_program_that_fails_is_told_of_with_what_it_said() {
        let error = run("echo no such model >&2; exit 3", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the program `echo no such model >&2; exit 3` failed: exit status: 3\nno such model"
        );
    }

    #[test]
    fn what_is_no_json_is_shown_as_it_begins() {
        let told = |command: &str| run(command, None).unwrap_err().to_string();
        assert_eq!(told("true"), "the program `true` prints nothing");
        assert_eq!(
            told("echo; echo INFO starting; echo {}"),
            "the program `echo; echo INFO starting; echo {}` prints `INFO starting` where a snapshot or \
             models should begin"
        );
    }
}
