//! Finds PostgreSQL's server programs, or installs them.

#[expect(unreachable_pub, reason = "the file is also a module of the test kit, where it is public")]
#[path = "../../crates/whimbrel-testkit/src/cluster/programs.rs"]
mod programs;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

pub(crate) use programs::VARIABLE;

/// Returns the folder of the server programs. Where there are none and it runs
/// as root on a system with apt, it installs Debian's package; `say` hears what
/// is done.
///
/// # Errors
///
/// If there are none in the end. The text says what to do.
pub(crate) fn find_or_install(say: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    let missing = match programs::find() {
        Ok(folder) => {
            say(&format!("PostgreSQL: using the server programs in `{}`", folder.display()));
            return Ok(folder);
        }
        Err(missing) => missing,
    };
    // A folder that was named and is wrong is a mistake to correct, not a reason to install.
    if std::env::var_os(VARIABLE).is_some() || !is_root() {
        return Err(missing);
    }
    say("PostgreSQL: no server programs found; installing Debian's package `postgresql`");
    apt(&["update", "--quiet"])?;
    apt(&["install", "--quiet", "--yes", "--no-install-recommends", "postgresql"])?;
    let folder = programs::find()?;
    say(&format!("PostgreSQL: installed the server programs into `{}`", folder.display()));
    Ok(folder)
}

fn apt(arguments: &[&str]) -> Result<(), String> {
    let told = format!("apt-get {}", arguments.join(" "));
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            Err(format!("`{told}` failed ({status}): install PostgreSQL's server programs yourself"))
        }
        Err(error) => Err(format!("`{told}`: {error}: install PostgreSQL's server programs yourself")),
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
