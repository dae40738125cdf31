//! The service file: named sets of key words.
//!
//! <https://www.postgresql.org/docs/current/libpq-pgservice.html>

use std::fs;
use std::path::PathBuf;

use super::environment::Environment;
use super::key_words::{KeyWords, invalid};
use crate::error::DbError;

/// Sets what the named service says of key words that were not set before.
pub(super) fn fill(words: &mut KeyWords, environment: &Environment) -> Result<(), DbError> {
    let Some(service) = words.get("service").map(str::to_owned).or_else(|| environment.variable("PGSERVICE"))
    else {
        return Ok(());
    };
    for path in files(words, environment) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        if apply(&text, &service, words).map_err(|reason| {
            invalid(&format!("`{}`: {reason}", path.display()), "correct the service file")
        })? {
            return Ok(());
        }
    }
    let help = "define it in `~/.pg_service.conf`, or let PGSERVICEFILE name the file that does";
    Err(invalid(&format!("there is no service `{service}`"), help))
}

/// The user's file, then the system's.
fn files(words: &KeyWords, environment: &Environment) -> Vec<PathBuf> {
    let named = words.get("servicefile").map(PathBuf::from);
    let own = named.or_else(|| environment.variable("PGSERVICEFILE").map(PathBuf::from));
    let own = own.or_else(|| environment.home.as_ref().map(|home| home.join(".pg_service.conf")));
    let system = environment.variable("PGSYSCONFDIR").unwrap_or_else(|| "/etc/postgresql-common".to_owned());
    own.into_iter().chain([PathBuf::from(system).join("pg_service.conf")]).collect()
}

/// Applies the section of `service`, and says whether there is one.
fn apply(text: &str, service: &str, words: &mut KeyWords) -> Result<bool, String> {
    let mut inside = false;
    let mut found = false;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name == service;
            found |= inside;
        } else if inside {
            let (name, value) = line.split_once('=').ok_or_else(|| format!("line {number} lacks its `=`"))?;
            if !words.set(name.trim(), value.trim()) {
                return Err(format!("line {number} sets `{}`, which PostgreSQL does not know", name.trim()));
            }
        }
    }
    Ok(found)
}
