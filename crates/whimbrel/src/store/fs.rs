//! A folder as a store.
//!
//! A file is written beside its place, brought to the disk and renamed: whoever
//! reads it sees the old text or the new one, also after a power cut.
//!
//! Nothing outside the folder is read or written. The folder itself may be a
//! link; a link inside it is followed only to what is inside too.
//!
//! All calls are the plain ones of the standard library, made where the future
//! is polled: the files are small, and a write that has no place to stop at
//! cannot be cut in two by whoever drops the future.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use super::{Capabilities, Store, StoreError, StoreLock, check_path, disk};

/// The folder whose lock is the store's. An edit is written there, too.
const META: &str = "meta";

/// How long the lock is waited for unless stated.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// A folder as a store.
///
/// A folder that is not there is an empty store; the first write makes it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{FsStore, Store};
/// let folder = tempfile::tempdir().unwrap();
/// let store = FsStore::new(folder.path().join("migrations"));
/// assert_eq!(store.get("0000_initial.sql").await?, None);
/// store.put("0000_initial.sql", "SELECT 1;").await?;
/// assert_eq!(store.list().await?, ["0000_initial.sql"]);
/// assert!(store.put("../elsewhere.sql", "SELECT 1;").await.is_err());
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FsStore {
    root: PathBuf,
    lock_wait: Duration,
}

impl FsStore {
    /// Returns the store in the folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), lock_wait: LOCK_WAIT }
    }

    /// Waits this long for another process that writes; 10 seconds unless stated.
    ///
    /// ```
    /// use std::time::Duration;
    /// use whimbrel::store::FsStore;
    /// let store = FsStore::new("migrations").lock_wait(Duration::from_secs(60));
    /// # let _ = store;
    /// ```
    #[must_use]
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Turns a path in the store into one of the system, if it is inside.
    fn locate(&self, path: &str) -> Result<PathBuf, StoreError> {
        check_path(path)?;
        let mut place = self.root.clone();
        for part in path.split('/') {
            place.push(part);
            if fs::symlink_metadata(&place).is_ok_and(|data| data.is_symlink()) {
                self.follow(&place)?;
            }
        }
        Ok(place)
    }

    /// Checks that the link at `place` leads to what is inside.
    fn follow(&self, place: &Path) -> Result<(), StoreError> {
        let is_inside = || io::Result::Ok(place.canonicalize()?.starts_with(self.root.canonicalize()?));
        match is_inside() {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => {
                Err(StoreError::Link { store: self.name(), path: place.display().to_string() })
            }
        }
    }

    fn read(&self, path: &str) -> Result<Option<String>, StoreError> {
        let place = self.locate(path)?;
        let failed = |error: io::Error| problem("read", &place, &error);
        let mut file = match File::open(&place) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        decode(&place, bytes).map(Some)
    }

    /// Adds the files under `folder` to `paths`; `prefix` is its path with `/`.
    fn walk(&self, folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<(), StoreError> {
        let failed = |error: io::Error| problem("read", folder, &error);
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            // What has a name that is no path in a store is none of its files.
            let Some(name) = name.to_str().filter(|name| check_path(name).is_ok()) else {
                continue;
            };
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                self.walk(&entry.path(), &format!("{path}/"), paths)?;
            } else if !disk::is_temporary(name) {
                paths.push(path);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Store for FsStore {
    fn name(&self) -> String {
        self.root.display().to_string()
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        self.read(path)
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        let place = self.locate(path)?;
        disk::replace(&place, text).map_err(|error| problem("write", &place, &error))
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        let place = self.locate(path)?;
        disk::delete(&place).map_err(|error| problem("delete", &place, &error))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { writable: true, list: true, create: true, lock: true }
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        paths.iter().map(|path| self.read(path)).collect()
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut paths = Vec::new();
        self.walk(&self.root, "", &mut paths)?;
        paths.sort();
        Ok(paths)
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        let place = self.locate(path)?;
        disk::create(&place, text).map_err(|error| problem("write", &place, &error))
    }

    /// Locks the folder `meta`; what writers who died left is swept.
    async fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        let meta = self.locate(META)?;
        let failed = |error: io::Error| problem("lock", &meta, &error);
        disk::create_folder(&meta).map_err(failed)?;
        let file = open_lock(&meta).map_err(failed)?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if since.elapsed() < self.lock_wait => sleep(PAUSE).await,
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Locked { store: self.name(), waited: self.lock_wait });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        for folder in [&self.root, &meta, &meta.join("_down")] {
            disk::sweep(folder).map_err(failed)?;
        }
        Ok(Box::new(Held(file)))
    }
}

/// Opens what is locked. A folder can be, so no file is left behind.
#[cfg(unix)]
fn open_lock(meta: &Path) -> io::Result<File> {
    File::open(meta)
}

/// Opens what is locked: Windows locks files alone.
#[cfg(not(unix))]
fn open_lock(meta: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(meta.join(".lock"))
}

/// The lock of a folder.
#[derive(Debug)]
struct Held(File);

#[async_trait]
impl StoreLock for Held {
    async fn release(self: Box<Self>) -> Result<(), StoreError> {
        // The system frees the lock of a file that is closed.
        drop(self.0);
        Ok(())
    }
}

/// Turns the bytes of a file into text.
fn decode(place: &Path, bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        StoreError::NotUtf8 { path: place.display().to_string(), offset, line }
    })
}

/// Says what the failure of a call of the system means.
fn problem(action: &'static str, place: &Path, error: &io::Error) -> StoreError {
    let path = place.display().to_string();
    let reason = error.to_string();
    match error.kind() {
        ErrorKind::IsADirectory => StoreError::NotAFile { path },
        ErrorKind::NotADirectory => StoreError::NotAFolder { path },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full { path, reason },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem if action != "read" => {
            StoreError::Denied { path, reason }
        }
        _ => StoreError::Io { path, action, reason },
    }
}
