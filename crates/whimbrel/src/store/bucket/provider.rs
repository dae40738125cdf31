//! The clients of the providers, set up by variables.

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
use super::settings::process::Process;
use super::settings::{Unfit, Variables, aws, azure, check, get, google};

/// How often a request is made again that a server could not take.
const RETRIES: usize = 4;

/// After what time none is made again. A person is waiting.
const PATIENCE: Duration = Duration::from_secs(10);

type Opened = object_store::Result<Arc<dyn ObjectStore>>;

/// Sets up the client for the bucket at `location`. It connects to nothing.
pub(super) fn open(location: &Location, variables: &Variables) -> Result<Arc<dyn ObjectStore>, BucketError> {
    settle(location, variables).map_err(|unfit| {
        let help = unfit.help.unwrap_or_else(|| location.provider.credentials().to_owned());
        BucketError::Settings { store: location.to_string(), reason: unfit.reason, help }
    })
}

fn settle(location: &Location, variables: &Variables) -> Result<Arc<dyn ObjectStore>, Unfit> {
    let (variables, process) = match location.provider {
        Provider::S3 => aws::settled(variables)?,
        Provider::Google => (google::settled(variables)?, None),
        Provider::Azure => (azure::settled(variables)?, None),
    };
    check(location.provider, &variables)?;
    let connector = Connector::new(&variables)?;
    let opened = match location.provider {
        Provider::S3 => open_s3(location, &variables, process, connector),
        Provider::Google => open_google(location, &variables, connector),
        Provider::Azure => open_azure(location, &variables, connector),
    };
    opened.map_err(|error| without_values(&reason(&error), &variables).into())
}

/// What is wrong, without the words that every such error begins with.
fn reason(error: &object_store::Error) -> String {
    match error {
        object_store::Error::Generic { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}

fn open_s3(
    location: &Location,
    variables: &Variables,
    process: Option<Process>,
    connector: Connector,
) -> Opened {
    let mut builder = known::<AmazonS3ConfigKey>(location, variables)
        .fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value));
    if let Some(process) = process {
        builder = builder.with_credentials(Arc::new(process));
    }
    let store = builder
        .with_bucket_name(&location.bucket)
        .with_client_options(options(variables, ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]))
        .with_retry(retries())
        .with_http_connector(connector)
        .build()?;
    Ok(Arc::new(store))
}

fn open_google(location: &Location, variables: &Variables, connector: Connector) -> Opened {
    let builder = known::<GoogleConfigKey>(location, variables)
        .fold(GoogleCloudStorageBuilder::new(), |builder, (key, value)| builder.with_config(key, value));
    let store = builder
        .with_bucket_name(&location.bucket)
        .with_client_options(options(variables, ["GOOGLE_BASE_URL"]))
        .with_retry(retries())
        .with_http_connector(connector)
        .build()?;
    Ok(Arc::new(store))
}

fn open_azure(location: &Location, variables: &Variables, connector: Connector) -> Opened {
    let builder = known::<AzureConfigKey>(location, variables)
        .fold(MicrosoftAzureBuilder::new(), |builder, (key, value)| builder.with_config(key, value));
    let store = builder
        .with_container_name(&location.bucket)
        .with_client_options(options(variables, ["AZURE_ENDPOINT", "AZURE_STORAGE_ENDPOINT"]))
        .with_retry(retries())
        .with_http_connector(connector)
        .build()?;
    Ok(Arc::new(store))
}

/// The variables that a provider knows, as it calls them.
fn known<K: FromStr>(location: &Location, variables: &Variables) -> impl Iterator<Item = (K, String)> {
    let prefix = location.provider.variables();
    variables
        .iter()
        .filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value.clone())))
}

/// Plain HTTP is spoken only to an endpoint that was written so.
fn options<const N: usize>(variables: &Variables, endpoints: [&str; N]) -> ClientOptions {
    let endpoint = endpoints.iter().find_map(|name| get(variables, name));
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

/// Takes out of a message whatever a variable holds: it may be a secret, unless it is
/// as short as parts of words are.
fn without_values(message: &str, variables: &Variables) -> String {
    let values = variables.iter().filter(|(name, value)| is_secret(name) && value.len() > 3);
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
            "`s3://b` cannot be opened: AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not"
        );
        assert_eq!(
            error("s3://b", &[("AWS_PROFILE", "work")]),
            "`s3://b` cannot be opened: neither `~/.aws/config` nor `~/.aws/credentials` has a profile `work`"
        );
        assert_eq!(
            error("gs://b", &[("HTTPS_PROXY", "ftp://me:hunter2@proxy")]),
            "`gs://b` cannot be opened: what HTTPS_PROXY holds does not read as a proxy"
        );
        let shown = error("gs://b", &[("GOOGLE_SERVICE_ACCOUNT_KEY", "\"hunter2\"")]);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(
            error("s3://b", &[("AWS_ENDPOINT_URL", "hunter2:9000")]),
            "`s3://b` cannot be opened: AWS_ENDPOINT_URL does not read as a URL"
        );
        assert_eq!(
            error("s3://b", &[("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "hunter2\n")]),
            "`s3://b` cannot be opened: AWS_SECRET_ACCESS_KEY holds a space, a line break or a character beyond ASCII"
        );
        for (name, reason) in [
            ("AZURE_TENANT_ID", "AZURE_TENANT_ID holds no name"),
            (
                "AZURE_FEDERATED_TOKEN_FILE",
                "`no hunter` (AZURE_FEDERATED_TOKEN_FILE): No such file or directory (os error 2)",
            ),
        ] {
            let shown = error("az://b", &[("AZURE_STORAGE_ACCOUNT", "a"), (name, "no hunter")]);
            assert_eq!(shown, format!("`az://b` cannot be opened: {reason}"));
        }
        assert_eq!(error("az://b", &[]), "`az://b` cannot be opened: no variable names the account");
        assert_eq!(
            error("s3://b", &[("SSL_CERT_FILE", "/nowhere/ca.pem")]),
            "`s3://b` cannot be opened: `/nowhere/ca.pem` (SSL_CERT_FILE): No such file or directory (os error 2)"
        );
    }
}
