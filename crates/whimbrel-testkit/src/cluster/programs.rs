//! Finds PostgreSQL's server programs.
//!
//! `xtask` includes this file by its path, so that finding and installing never
//! disagree: it uses the standard library alone.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that names the folder of the programs.
pub const VARIABLE: &str = "WHIMBREL_TEST_PG_BIN";

/// What a folder must hold to be of use.
const NEEDED: [&str; 4] = ["initdb", "postgres", "psql", "pg_dump"];

/// Where systems put the programs outside of PATH: a parent folder, and what
/// stands before and after the version in it.
const PLACES: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// Returns the folder of the server programs: what [`VARIABLE`] names, else
/// where PATH has them, else the newest of the usual places.
///
/// # Errors
///
/// If there is none. The text says what to do.
pub fn find() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(VARIABLE) {
        let folder = PathBuf::from(named);
        return match missing(&folder) {
            None => Ok(folder),
            Some(program) => {
                Err(format!("{VARIABLE} is `{}`, where there is no `{program}`", folder.display()))
            }
        };
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).find(|folder| missing(folder).is_none()).or_else(newest);
    found.ok_or_else(|| {
        format!(
            "PostgreSQL's server programs are not installed: run `cargo xtask test` as root (it installs \
             Debian's package `postgresql`), install them yourself, or let {VARIABLE} name their folder"
        )
    })
}

/// The first needed program that `folder` lacks.
fn missing(folder: &Path) -> Option<&'static str> {
    NEEDED.into_iter().find(|program| !folder.join(program).is_file())
}

/// The whole folder of the highest version among the usual places.
fn newest() -> Option<PathBuf> {
    PLACES
        .into_iter()
        .flat_map(|(parent, prefix, inner)| versions(Path::new(parent), prefix, inner))
        .filter(|(_, folder)| missing(folder).is_none())
        .max()
        .map(|(_, folder)| folder)
}

fn versions(parent: &Path, prefix: &str, inner: &str) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let version = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
        Some((number, entry.path().join(inner)))
    };
    entries.filter_map(|entry| version(entry.ok()?)).collect()
}
