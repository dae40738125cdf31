//! What can go wrong with a bucket, in words that hold no secret.

use std::error::Error;

use miette::Diagnostic;

use super::location::{Location, Provider};
use super::proxy::is_machine;
use super::trouble::{Refusal, Trouble};

/// Why a bucket could not be read or written.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel::store::{BucketError, BucketStore, StoreError};
///
/// let nothing: [(&str, &str); 0] = [];
/// let error = BucketStore::open("s3://", nothing).unwrap_err();
/// assert!(matches!(error, StoreError::Bucket(BucketError::Location { .. })));
/// assert!(error.help().unwrap().to_string().starts_with("write it as s3://BUCKET/FOLDER"));
/// ```
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum BucketError {
    /// A URL names no bucket.
    #[error("the URL of a bucket does not read: {reason}")]
    #[diagnostic(
        code(whimbrel::store::bucket::location),
        help("write it as s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or az://CONTAINER/FOLDER")
    )]
    Location {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The variables do not fit together.
    #[error("`{store}` cannot be opened: {reason}")]
    #[diagnostic(code(whimbrel::store::bucket::settings), help("{help}"))]
    Settings {
        /// The store.
        store: String,
        /// What does not fit.
        reason: String,
        /// What to do about it.
        help: String,
    },
    /// Nobody answers.
    #[error("`{endpoint}`, which `{store}` needs, cannot be reached: {reason}")]
    #[diagnostic(code(whimbrel::store::bucket::unreachable), help("check the network, and {help}"))]
    Unreachable {
        /// The store.
        store: String,
        /// Who does not answer.
        endpoint: String,
        /// What happened instead.
        reason: String,
        /// The variables to look at.
        help: &'static str,
    },
    /// Who answers is not who should, or cannot show it.
    #[error("`{endpoint}`, which `{store}` needs, is not trusted: {reason}")]
    #[diagnostic(code(whimbrel::store::bucket::untrusted), help("{help}"))]
    Untrusted {
        /// The store.
        store: String,
        /// Who answers.
        endpoint: String,
        /// What is wrong with its certificate.
        reason: String,
        /// What to do about it.
        help: &'static str,
    },
    /// There are no credentials, and the machine has none of its own.
    #[error("there are no credentials for `{store}`")]
    #[diagnostic(code(whimbrel::store::bucket::no_credentials), help("{help}"))]
    NoCredentials {
        /// The store.
        store: String,
        /// The variables to set.
        help: &'static str,
    },
    /// The program that is to print the credentials does not.
    #[error("there are no credentials for `{store}`: {reason}")]
    #[diagnostic(
        code(whimbrel::store::bucket::process),
        help("run the command of the profile by hand to see why; what it prints is secret")
    )]
    Process {
        /// The store.
        store: String,
        /// Whose program it is, and what it does instead.
        reason: String,
    },
    /// The credentials are wrong, or do not suffice.
    #[error("`{endpoint}` does not let these credentials use `{store}`: {code}")]
    #[diagnostic(
        code(whimbrel::store::bucket::denied),
        help("{help}; they must be allowed to list, read, write and delete objects there")
    )]
    Denied {
        /// The store.
        store: String,
        /// Who refuses.
        endpoint: String,
        /// Its status and code.
        code: String,
        /// The variables to look at.
        help: &'static str,
    },
    /// There is no such bucket.
    #[error("`{endpoint}` knows no bucket `{bucket}`")]
    #[diagnostic(
        code(whimbrel::store::bucket::missing),
        help("create it first, or correct its name; and {help}")
    )]
    Missing {
        /// The bucket.
        bucket: String,
        /// Who does not know it.
        endpoint: String,
        /// The variables to look at.
        help: &'static str,
    },
    /// The bucket is in another region.
    #[error("the bucket of `{store}` is not in this region, but in `{region}`")]
    #[diagnostic(code(whimbrel::store::bucket::region), help("set AWS_REGION={region}"))]
    Region {
        /// The store.
        store: String,
        /// Its region.
        region: String,
    },
    /// The clocks differ by more than the server takes.
    #[error("the clock of this computer differs too much from that of `{endpoint}`{ahead}")]
    #[diagnostic(
        code(whimbrel::store::bucket::clock),
        help("set the clock, best by the network (`timedatectl set-ntp true`); nothing was written")
    )]
    Clock {
        /// Whose clock it is.
        endpoint: String,
        /// What the server says the time is, if it does: `, which shows ...`.
        ahead: String,
    },
    /// The server takes no notice of conditions.
    #[error("`{store}` writes over files that it was told to create only if there are none")]
    #[diagnostic(
        code(whimbrel::store::bucket::unconditional),
        help(
            "two who generate at once would overwrite each other's work there; use a server that heeds If-None-Match and If-Match, as S3, Google Cloud Storage, Azure, R2 and MinIO do"
        )
    )]
    Unconditional {
        /// The store.
        store: String,
    },
    /// Something else went wrong.
    #[error("`{store}` failed: {reason}")]
    #[diagnostic(code(whimbrel::store::bucket::failed), help("once its cause is gone, run it again"))]
    Failed {
        /// The store.
        store: String,
        /// What it was.
        reason: String,
    },
}

/// The command of Azure's command line that gives out tokens.
const AZ: &str = "az account get-access-token";

/// Codes by which servers say that a clock is wrong.
const CLOCK: [&str; 2] = ["RequestTimeTooSkewed", "RequestExpired"];

/// What is in the codes by which servers say that credentials are wrong, whatever the
/// status.
const DENIED: [&str; 5] = ["Token", "AccessDenied", "invalid_grant", "invalid_client", "unauthorized_client"];

/// Codes by which servers say that there is no bucket.
pub(super) const NO_BUCKET: [&str; 3] = ["NoSuchBucket", "ContainerNotFound", "ResourceNotFound"];

impl BucketError {
    /// Says in our words what went wrong at `location`.
    pub(super) fn of(location: &Location, error: &object_store::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(one) = cause {
            if let Some(trouble) = one.downcast_ref::<Trouble>() {
                return Self::of_trouble(location, trouble.clone());
            }
            cause = one.source();
        }
        Self::Failed { store: location.to_string(), reason: kind(error).to_owned() }
    }

    fn of_trouble(location: &Location, trouble: Trouble) -> Self {
        let store = location.to_string();
        let help = location.provider.reaching();
        match trouble {
            Trouble::Unreachable { endpoint, .. } if is_machine(&endpoint) => {
                Self::NoCredentials { store, help: location.provider.credentials() }
            }
            Trouble::Unreachable { endpoint, reason } => Self::Unreachable { store, endpoint, reason, help },
            Trouble::Untrusted { endpoint, reason, help } => {
                Self::Untrusted { store, endpoint, reason, help }
            }
            Trouble::Credentials(reason) => Self::Process { store, reason },
            Trouble::Refused(refusal) if is_machine(&refusal.endpoint) => {
                Self::NoCredentials { store, help: location.provider.credentials() }
            }
            Trouble::Refused(refusal) => Self::of_refusal(location, refusal),
        }
    }

    fn of_refusal(location: &Location, refusal: Refusal) -> Self {
        let store = location.to_string();
        let (endpoint, told) = (refusal.endpoint.clone(), refusal.told());
        let code = refusal.code.as_deref().unwrap_or_default();
        let is_denied = [401, 403].contains(&refusal.status) || DENIED.iter().any(|part| code.contains(part));
        match (refusal.region, refusal.other_time) {
            (_, time) if CLOCK.contains(&code) => Self::Clock { endpoint, ahead: showing(time) },
            // Google and Azure do not say that it is the clock.
            (_, Some(time)) if is_denied => Self::Clock { endpoint, ahead: showing(Some(time)) },
            _ if NO_BUCKET.contains(&code) => Self::Missing {
                bucket: location.bucket.clone(),
                endpoint,
                help: location.provider.reaching(),
            },
            (Some(region), _) if (300..=400).contains(&refusal.status) => Self::Region { store, region },
            _ if is_denied => {
                Self::Denied { store, endpoint, code: told, help: location.provider.credentials() }
            }
            _ => Self::Failed { store, reason: format!("`{endpoint}` answers {told}") },
        }
    }
}

impl Provider {
    /// What decides where a bucket is looked for.
    pub(super) fn reaching(self) -> &'static str {
        match self {
            Self::S3 => "the variables AWS_ENDPOINT_URL, AWS_REGION and HTTPS_PROXY",
            Self::Google => "the variable HTTPS_PROXY",
            Self::Azure => "the variables AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_ENDPOINT and HTTPS_PROXY",
        }
    }

    /// What holds the credentials.
    pub(super) fn credentials(self) -> &'static str {
        match self {
            Self::S3 => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_PROFILE"
            }
            Self::Google => {
                "set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`"
            }
            Self::Azure => {
                "set AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or AZURE_STORAGE_CONNECTION_STRING"
            }
        }
    }
}

fn showing(date: Option<String>) -> String {
    date.map(|date| format!(", which shows {date}")).unwrap_or_default()
}

/// What an error is that says nothing of the network. Its own words might hold a
/// URL with a signature.
fn kind(error: &object_store::Error) -> &'static str {
    match error {
        object_store::Error::InvalidPath { .. } => "a key in it is no path",
        object_store::Error::NotSupported { .. } | object_store::Error::NotImplemented { .. } => {
            "the server cannot do what is asked of it"
        }
        object_store::Error::Generic { source, .. } if source.to_string().contains(AZ) => {
            "`az account get-access-token` gives no token; run `az login`"
        }
        object_store::Error::Generic { .. } => "its answer does not read, or lacks the version of a file",
        _ => "its answer makes no sense here",
    }
}
