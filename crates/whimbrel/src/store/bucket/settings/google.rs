//! The credentials of Google's own tools, and emulators.

use std::path::PathBuf;

use serde_json::Value;

use super::{Unfit, Variables, get, home};

/// Files of these types hold credentials that can be used.
const TYPES: [&str; 2] = ["service_account", "authorized_user"];

/// Variables by which a person says what the credentials are.
const CREDENTIALS: [&str; 5] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_BEARER_TOKEN",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
];

/// The variables as Google's client knows them.
pub(in crate::store::bucket) fn settled(variables: &Variables) -> Result<Variables, Unfit> {
    let mut settled = variables.clone();
    if let Some(host) = get(variables, "STORAGE_EMULATOR_HOST") {
        CREDENTIALS.iter().for_each(|name| drop(settled.remove(*name)));
        let url = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
        settled.insert("GOOGLE_BASE_URL".to_owned(), url.trim_end_matches('/').to_owned());
        // Emulators ask for none, and take any.
        settled.insert("GOOGLE_BEARER_TOKEN".to_owned(), "emulated".to_owned());
        return Ok(settled);
    }
    if !CREDENTIALS.iter().any(|name| get(variables, name).is_some())
        && let Some(path) = application_default(variables).filter(|path| path.exists())
    {
        settled.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), path.display().to_string());
    }
    if let Some(path) = get(&settled, "GOOGLE_APPLICATION_CREDENTIALS") {
        check(path)?;
    }
    if get(&settled, "GOOGLE_BASE_URL").is_none()
        && let Some(url) = own_url(&settled)
    {
        settled.insert("GOOGLE_BASE_URL".to_owned(), url);
    }
    Ok(settled)
}

/// Where `gcloud auth application-default login` leaves a person's consent.
fn application_default(variables: &Variables) -> Option<PathBuf> {
    let own = || {
        if cfg!(windows) {
            Some(PathBuf::from(get(variables, "APPDATA")?).join("gcloud"))
        } else {
            Some(home(variables)?.join(".config/gcloud"))
        }
    };
    let folder = get(variables, "CLOUDSDK_CONFIG").map(PathBuf::from).or_else(own)?;
    Some(folder.join("application_default_credentials.json"))
}

/// Refuses credentials of a type that cannot be used, by its name.
fn check(path: &str) -> Result<(), Unfit> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    let json: Value = serde_json::from_str(&text).map_err(|_| format!("`{path}` is not JSON"))?;
    match json.get("type").and_then(Value::as_str) {
        Some(kind) if TYPES.contains(&kind) => Ok(()),
        Some(kind) if kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => Err(Unfit {
            reason: format!("`{path}` holds credentials of the type `{kind}`, which only Google's own tools know"),
            help: Some(
                "have them fetch a token: export GOOGLE_BEARER_TOKEN=\"$(gcloud auth application-default print-access-token)\""
                    .to_owned(),
            ),
        }),
        Some(_) | None => Err(format!("`{path}` does not say of what type its credentials are").into()),
    }
}

/// Where the file of a service account says that the server is.
fn own_url(variables: &Variables) -> Option<String> {
    let path =
        get(variables, "GOOGLE_SERVICE_ACCOUNT").or_else(|| get(variables, "GOOGLE_SERVICE_ACCOUNT_PATH"));
    let text = match (get(variables, "GOOGLE_SERVICE_ACCOUNT_KEY"), path) {
        (Some(text), _) => text.to_owned(),
        (None, path) => std::fs::read_to_string(path?).ok()?,
    };
    let json: Value = serde_json::from_str(&text).ok()?;
    Some(json.get("gcs_base_url")?.as_str()?.to_owned())
}
