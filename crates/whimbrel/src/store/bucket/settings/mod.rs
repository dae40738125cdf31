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

/// Variables that become parts of headers and hosts.
const PLAIN: [&str; 8] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_TOKEN",
    "GOOGLE_BEARER_TOKEN",
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

impl From<String> for Unfit {
    fn from(reason: String) -> Self {
        Self { reason, help: None }
    }
}

/// Refuses what the client of a provider takes for granted: it would not say which
/// variable is at fault.
pub(in crate::store::bucket) fn check(provider: Provider, variables: &Variables) -> Result<(), Unfit> {
    let is_its = |name: &&str| name.starts_with(provider.variables());
    for name in PLAIN.into_iter().filter(is_its) {
        if !is_plain(get(variables, name).unwrap_or_default()) {
            return Err(format!("{name} holds a space, a line break or a character beyond ASCII").into());
        }
    }
    for name in URLS.into_iter().filter(is_its) {
        if get(variables, name).is_some_and(|url| !is_url(url)) {
            let help = Some("write it as https://HOST or http://HOST:PORT".to_owned());
            return Err(Unfit { reason: format!("{name} does not read as a URL"), help });
        }
    }
    Ok(())
}

/// Says whether a header can hold it, and a host's name.
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
