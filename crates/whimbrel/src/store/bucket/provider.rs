//! The clients of the providers, set up by variables.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::BucketError;
use super::http::Connector;
use super::location::{Location, Provider};

/// Variables by name.
pub(super) type Variables = BTreeMap<String, String>;

/// How often a request is made again that a server could not take.
const RETRIES: usize = 4;

/// After what time none is made again. A person is waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sets up the client for the bucket at `location`. It connects to nothing.
pub(super) fn open(location: &Location, variables: &Variables) -> Result<Arc<dyn ObjectStore>, BucketError> {
    let bad = |reason: String| {
        let help = location.provider.credentials();
        BucketError::Settings { store: location.to_string(), reason, help }
    };
    if location.provider == Provider::S3 && only_names_a_profile(variables) {
        return Err(bad("the profile that AWS_PROFILE names is not read".to_owned()));
    }
    let connector = Connector::new(variables).map_err(bad)?;
    let opened = match location.provider {
        Provider::S3 => s3(location, variables, connector),
        Provider::Google => google(location, variables, connector),
        Provider::Azure => azure(location, variables, connector),
    };
    opened.map_err(|error| bad(without_values(&reason(&error), variables)))
}

/// Says whether a profile is all that is said of credentials. Its files belong to
/// AWS's own tools, and may say to run programs or to ask a person.
fn only_names_a_profile(variables: &Variables) -> bool {
    let says = |name: &&str| variables.get(*name).is_some_and(|value| !value.is_empty());
    let others = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_SKIP_SIGNATURE",
    ];
    says(&"AWS_PROFILE") && !others.iter().any(says)
}

/// What is wrong, without the words that every such error begins with.
fn reason(error: &object_store::Error) -> String {
    match error {
        object_store::Error::Generic { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}

fn s3(
    location: &Location,
    variables: &Variables,
    connector: Connector,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let builder = settings::<AmazonS3ConfigKey>(variables, "AWS_")
        .fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value));
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
        .iter()
        .find_map(|name| variables.get(*name));
    let store = builder
        .with_bucket_name(&location.bucket)
        .with_client_options(options(endpoint))
        .with_retry(retries())
        .with_http_connector(connector)
        .build()?;
    Ok(Arc::new(store))
}

fn google(
    location: &Location,
    variables: &Variables,
    connector: Connector,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let builder = settings::<GoogleConfigKey>(variables, "GOOGLE_")
        .fold(GoogleCloudStorageBuilder::new(), |builder, (key, value)| builder.with_config(key, value));
    let store = builder
        .with_bucket_name(&location.bucket)
        .with_client_options(options(None))
        .with_retry(retries())
        .with_http_connector(connector)
        .build()?;
    Ok(Arc::new(store))
}

fn azure(
    location: &Location,
    variables: &Variables,
    connector: Connector,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let builder = settings::<AzureConfigKey>(variables, "AZURE_")
        .fold(MicrosoftAzureBuilder::new(), |builder, (key, value)| builder.with_config(key, value));
    let endpoint = ["AZURE_ENDPOINT", "AZURE_STORAGE_ENDPOINT"].iter().find_map(|name| variables.get(*name));
    let store = builder
        .with_container_name(&location.bucket)
        .with_client_options(options(endpoint))
        .with_retry(retries())
        .with_http_connector(connector)
        .build()?;
    Ok(Arc::new(store))
}

/// The variables that a provider knows, as it calls them.
fn settings<K: FromStr>(variables: &Variables, prefix: &str) -> impl Iterator<Item = (K, String)> {
    variables
        .iter()
        .filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value.clone())))
}

/// Plain HTTP is spoken only to an endpoint that was written so.
fn options(endpoint: Option<&String>) -> ClientOptions {
    ClientOptions::new().with_allow_http(endpoint.is_some_and(|one| one.starts_with("http://")))
}

fn retries() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        ..BackoffConfig::default()
    };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: PATIENCE }
}

/// Takes out of a message whatever a variable holds: it may be a secret.
fn without_values(message: &str, variables: &Variables) -> String {
    let values = variables.iter().filter(|(name, value)| is_secret(name) && !value.is_empty());
    values.fold(message.to_owned(), |message, (name, value)| message.replace(value.as_str(), name))
}

fn is_secret(name: &str) -> bool {
    ["KEY", "SECRET", "TOKEN", "PASSWORD", "SAS"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(url: &str, variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        open(&Location::parse(url).unwrap(), &variables).unwrap_err().to_string()
    }

    #[test]
    fn settings_that_do_not_fit_are_said_without_secrets() {
        assert_eq!(
            error("s3://b", &[("AWS_SECRET_ACCESS_KEY", "hunter2")]),
            "`s3://b` cannot be opened: Missing AccessKeyId"
        );
        assert_eq!(
            error("s3://b", &[("AWS_PROFILE", "work")]),
            "`s3://b` cannot be opened: the profile that AWS_PROFILE names is not read"
        );
        let shown = error("gs://b", &[("GOOGLE_SERVICE_ACCOUNT_KEY", "\"hunter2\"")]);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(error("az://b", &[]), "`az://b` cannot be opened: Account must be specified");
        assert_eq!(
            error("s3://b", &[("SSL_CERT_FILE", "/nowhere/ca.pem")]),
            "`s3://b` cannot be opened: `/nowhere/ca.pem` (SSL_CERT_FILE): No such file or directory (os error 2)"
        );
    }
}
