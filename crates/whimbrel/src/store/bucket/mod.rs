//! A bucket as a store: S3, Google Cloud Storage, Azure Blob Storage, and what
//! speaks like one of them.
//!
//! A put is atomic there, and can be made to depend on what is there: so there
//! is no lock to be left behind, and of two writers one wins.
//!
//! What a server says of its refusals may hold signatures and parts of keys.
//! Of all that it answers, only its status and its code are ever printed.

mod error;
mod http;
mod location;
mod provider;
mod proxy;
mod route;
mod settings;
mod tls;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};

pub use error::BucketError;

use super::{Capabilities, Store, StoreError, check_path, decode};
use location::Location;

/// How many files are read or written at a time.
const AT_ONCE: usize = 32;

/// A bucket as a store, or a folder in one.
///
/// Nothing is asked of it before it is used. Writers are kept apart by
/// conditional puts, and readers read many files at a time.
///
/// ```
/// use whimbrel::store::{BucketStore, Store};
/// let variables = [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "secret")];
/// let store = BucketStore::open("s3://releases/shop/migrations", variables)?;
/// assert_eq!(store.name(), "s3://releases/shop/migrations");
/// # Ok::<(), whimbrel::store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct BucketStore {
    objects: Arc<dyn ObjectStore>,
    location: Location,
    /// Whether the server has shown that it heeds conditions.
    is_conditional: AtomicBool,
}

impl BucketStore {
    /// Says whether `text` is written as the URL of a bucket.
    ///
    /// ```
    /// use whimbrel::store::BucketStore;
    /// assert!(BucketStore::is_url("gs://releases/shop"));
    /// assert!(!BucketStore::is_url("migrations"));
    /// ```
    pub fn is_url(text: &str) -> bool {
        Location::is_url(text)
    }

    /// Returns the store at `s3://BUCKET/FOLDER`, `gs://BUCKET/FOLDER` or
    /// `az://CONTAINER/FOLDER`.
    ///
    /// How to reach it, and with what credentials, the variables say that all
    /// programs know: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`;
    /// `GOOGLE_APPLICATION_CREDENTIALS`, `GOOGLE_SERVICE_ACCOUNT_KEY`;
    /// `AZURE_STORAGE_ACCOUNT`, `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`,
    /// `AZURE_STORAGE_CONNECTION_STRING`; `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`;
    /// `SSL_CERT_FILE`. By `HOME` the files are found that the tools of AWS and Google
    /// leave there: a profile (`AWS_PROFILE`), the default credentials of applications.
    /// Where nothing names credentials, the machine is asked for its own. A program
    /// passes what it likes, such as [`std::env::vars`].
    ///
    /// ```
    /// use whimbrel::store::{BucketStore, Store};
    /// let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s3cret")];
    /// let store = BucketStore::open("s3://releases/shop", keys)?;
    /// // Nothing that is printed holds a secret.
    /// assert!(!format!("{store:?}").contains("s3cret"));
    /// assert!(BucketStore::open("ftp://releases/shop", keys).is_err());
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BucketError::Location`] if the URL is none, and
    /// [`BucketError::Settings`] if the variables do not fit together.
    pub fn open<K, V>(url: &str, variables: impl IntoIterator<Item = (K, V)>) -> Result<Self, StoreError>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let location = Location::parse(url)?;
        let variables = variables.into_iter().map(|(key, value)| (key.into(), value.into()));
        let objects = provider::open(&location, &variables.collect())?;
        Ok(Self { objects, location, is_conditional: AtomicBool::new(false) })
    }

    /// Where the file at `path` is in the bucket.
    fn locate(&self, path: &str) -> Result<Path, StoreError> {
        check_path(path)?;
        let key = if self.location.prefix.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.location.prefix)
        };
        Path::parse(key).map_err(|error| self.failure(&error.into()))
    }

    fn failure(&self, error: &Error) -> StoreError {
        BucketError::of(&self.location, error).into()
    }

    /// The text at `path` and its version.
    async fn read(&self, path: &str) -> Result<Option<(String, UpdateVersion)>, StoreError> {
        let found = match self.objects.get(&self.locate(path)?).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failure(&error)),
        };
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let bytes = found.bytes().await.map_err(|error| self.failure(&error))?;
        let text = decode(bytes.into(), || format!("{}/{path}", self.name()))?;
        Ok(Some((text, version)))
    }

    /// Writes if `mode` allows it, and says whether it did.
    async fn write(&self, path: &str, text: &str, mode: PutMode) -> Result<bool, StoreError> {
        let payload = PutPayload::from(text.to_owned());
        let is_conditional = mode != PutMode::Overwrite;
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.objects.put_opts(&self.locate(path)?, payload, options).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. })
                if is_conditional =>
            {
                Ok(false)
            }
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// Tries whether the server heeds conditions: it must refuse to create what
    /// has just been created.
    async fn ensure_conditional(&self, path: &str, text: &str) -> Result<(), StoreError> {
        if !self.is_conditional.load(Ordering::Relaxed) {
            if self.write(path, text, PutMode::Create).await? {
                return Err(BucketError::Unconditional { store: self.name() }.into());
            }
            self.is_conditional.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[async_trait]
impl Store for BucketStore {
    fn name(&self) -> String {
        self.location.to_string()
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        Ok(self.read(path).await?.map(|(text, _)| text))
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        self.write(path, text, PutMode::Overwrite).await?;
        Ok(())
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.delete_many(&BTreeSet::from([path.to_owned()])).await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { writable: true, list: true, create: true, replace: true, lock: false }
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        let reads = paths.iter().map(|path| self.get(path)).collect::<Vec<_>>();
        stream::iter(reads).buffered(AT_ONCE).try_collect().await
    }

    async fn put_many(&self, texts: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let writes = texts.iter().map(|(path, text)| Ok(self.put(path, text))).collect::<Vec<_>>();
        stream::iter(writes).try_for_each_concurrent(AT_ONCE, |write| write).await
    }

    async fn delete_many(&self, paths: &BTreeSet<String>) -> Result<(), StoreError> {
        let paths = paths.iter().map(|path| self.locate(path)).collect::<Result<Vec<_>, _>>()?;
        let mut deleted = self.objects.delete_stream(stream::iter(paths).map(Ok).boxed());
        while let Some(one) = deleted.next().await {
            match one {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(self.failure(&error)),
            }
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        let prefix = Path::parse(&self.location.prefix).map_err(|error| self.failure(&error.into()))?;
        let found = self.objects.list(Some(&prefix)).try_collect::<Vec<_>>().await;
        let found = found.map_err(|error| self.failure(&error))?;
        let within = found.iter().filter_map(|one| {
            let key = one.location.as_ref().strip_prefix(prefix.as_ref())?;
            Some(key.strip_prefix('/').unwrap_or(key).to_owned())
        });
        // Some tools put an empty object where they think of a folder.
        let mut paths = within.filter(|path| !path.is_empty()).collect::<Vec<_>>();
        paths.sort();
        Ok(paths)
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        let is_new = self.write(path, text, PutMode::Create).await?;
        if is_new {
            self.ensure_conditional(path, text).await?;
        }
        Ok(is_new)
    }

    async fn replace(&self, path: &str, expected: &str, text: &str) -> Result<bool, StoreError> {
        match self.read(path).await? {
            Some((found, version)) if found == expected => {
                self.write(path, text, PutMode::Update(version)).await
            }
            Some(_) | None => Ok(false),
        }
    }
}
