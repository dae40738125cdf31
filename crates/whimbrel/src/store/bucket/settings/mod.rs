//! What a person's variables and files come to: for each provider, the variables
//! that its client knows.
//!
//! Whatever the tools of the provider read, and its client does not, is made out
//! here: profiles of AWS, connection strings of Azure, emulators. What would have to be
//! guessed is refused.

pub(super) mod aws;
pub(super) mod azure;
pub(super) mod google;
mod ini;
pub(super) mod process;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Variables by name.
pub(in crate::store::bucket) type Variables = BTreeMap<String, String>;

/// Settings that do not fit together, and what to do about it.
#[derive(Debug)]
pub(in crate::store::bucket) struct Unfit {
    pub(in crate::store::bucket) reason: String,
    /// What to do, if it is not to look at the credentials.
    pub(in crate::store::bucket) help: Option<String>,
}

impl From<String> for Unfit {
    fn from(reason: String) -> Self {
        Self { reason, help: None }
    }
}

/// A variable, unless it is empty.
pub(in crate::store::bucket) fn get<'v>(variables: &'v Variables, name: &str) -> Option<&'v str> {
    variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// The folder of the person.
fn home(variables: &Variables) -> Option<&Path> {
    get(variables, if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(Path::new)
}

/// A path as a person writes it into a file: `~` is home.
fn expanded(variables: &Variables, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), home(variables)) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_) | None, Some(_) | None) => PathBuf::from(path),
    }
}
