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

use hyper::Uri;

use super::location::Provider;

/// Variables by name.
pub(in crate::store::bucket) type Variables = BTreeMap<String, String>;

/// Variables that become parts of hosts and paths.
const NAMES: [&str; 5] = [
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_TENANT_ID",
    "AZURE_TENANT_ID",
];

/// Variables that become parts of headers.
const PLAIN: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_TOKEN",
    "GOOGLE_BEARER_TOKEN",
];

/// Variables that name files with tokens, and what goes before them.
const FILES: [(&str, &str); 3] = [
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_ACCESS_KEY_ID"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ACCESS_KEY_ID"),
    ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_STORAGE_ACCOUNT_KEY"),
];

/// Variables that say where a server is.
const URLS: [&str; 11] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_METADATA_ENDPOINT",
    "AZURE_AUTHORITY_HOST",
    "AZURE_ENDPOINT",
    "AZURE_MSI_ENDPOINT",
    "AZURE_STORAGE_ENDPOINT",
    "GOOGLE_BASE_URL",
];

/// Settings that do not fit together, and what to do about it.
#[derive(Debug)]
pub(in crate::store::bucket) struct Unfit {
    pub(in crate::store::bucket) reason: String,
    /// What to do, if it is not to look at the credentials.
    pub(in crate::store::bucket) help: Option<String>,
}

impl Unfit {
    pub(in crate::store::bucket) fn new(reason: String, help: &str) -> Self {
        Self { reason, help: Some(help.to_owned()) }
    }
}

impl From<String> for Unfit {
    fn from(reason: String) -> Self {
        Self { reason, help: None }
    }
}

/// Refuses what the client of a provider takes for granted: it would not say which
/// variable is at fault.
pub(in crate::store::bucket) fn check(provider: Provider, variables: &Variables) -> Result<(), Unfit> {
    let said = |name| get(variables, name).filter(|_| name.starts_with(provider.variables()));
    for (name, value) in NAMES.iter().filter_map(|name| Some((name, said(name)?))) {
        if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(Unfit::new(
                format!("{name} holds no name"),
                "only letters, digits, `-`, `_` and `.` can be in it",
            ));
        }
    }
    for (name, value) in PLAIN.iter().filter_map(|name| Some((name, said(name)?))) {
        if !is_plain(value) {
            let reason = format!("{name} holds a space, a line break or a character beyond ASCII");
            return Err(Unfit::new(reason, "set it to what was given out, and nothing around it"));
        }
    }
    for (name, value) in URLS.iter().filter_map(|name| Some((name, said(name)?))) {
        if !is_url(value) {
            return Err(Unfit::new(
                format!("{name} does not read as a URL"),
                "write it as https://HOST or http://HOST:PORT",
            ));
        }
    }
    let unsaid = FILES.iter().filter(|(_, before)| said(before).is_none());
    for (name, path) in unsaid.filter_map(|(name, _)| Some((name, said(name)?))) {
        if let Err(error) = std::fs::File::open(path) {
            return Err(format!("`{path}` ({name}): {error}").into());
        }
    }
    Ok(())
}

/// Says whether a header can hold it.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_url(text: &str) -> bool {
    let begins = text.starts_with("https://") || text.starts_with("http://");
    begins && text.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()))
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
