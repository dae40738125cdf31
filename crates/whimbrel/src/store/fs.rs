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
//! cannot be cut in two by whoever drops the future. Only where many files are
//! read at once, a thread does so: whoever connects meanwhile hears the server, and
//! the server has a processor to itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::near::{Near, Trace};
use super::{Capabilities, Store, StoreError, StoreLock, check_path, decode, disk};

/// The folder whose lock is the store's. An edit is written there, too.
const META: &str = "meta";

/// What is locked where a folder cannot be.
const LOCK_FILE: &str = ".whimbrel.lock";

/// How long the lock is waited for unless stated.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// From this number of files on, a thread reads them.
const MANY: usize = 64;

/// Longer than most migrations are, in bytes.
const USUAL: usize = 16 * 1024;

/// How coarse a system's clock of files may be, and more: within this time two
/// changes may leave the same trace. That of FAT goes in steps of two seconds.
const COARSE: Duration = Duration::from_secs(3);

/// What many files hold, in the order of their paths.
type Texts = Result<Vec<Option<String>>, StoreError>;

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
        let root = root.into();
        // To the system, an empty name is no folder.
        let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
        Self { root, lock_wait: LOCK_WAIT }
    }

    /// Waits this long for another process that writes; 10 seconds unless stated.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use whimbrel::store::{FsStore, Store};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let store = FsStore::new(folder.path()).lock_wait(Duration::from_millis(10));
    /// let held = store.lock().await.unwrap();
    /// let refusal = store.lock().await.unwrap_err();
    /// assert!(refusal.to_string().ends_with("is being written by another process; waited 10ms for it"));
    /// # drop(held);
    /// # });
    /// ```
    #[must_use]
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    /// The folder.
    ///
    /// ```
    /// use std::path::Path;
    /// use whimbrel::store::FsStore;
    /// assert_eq!(FsStore::new("db/migrations").root(), Path::new("db/migrations"));
    /// ```
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

    /// As [`Store::get`], for who cannot wait.
    pub(crate) fn read(&self, path: &str) -> Result<Option<String>, StoreError> {
        let place = self.locate(path)?;
        match fs::metadata(&place) {
            Ok(data) if data.is_file() => read_file(&place),
            // Opening what is neither a file nor a folder could wait for ever.
            Ok(_) => Err(StoreError::NotAFile { path: place.display().to_string() }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(problem("read", &place, &error)),
        }
    }

    /// As [`Store::put`], for who cannot wait.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), StoreError> {
        let place = self.locate(path)?;
        disk::replace(&place, text).map_err(|error| problem("write", &place, &error))
    }

    /// As [`Store::create`], for who cannot wait.
    pub(crate) fn write_new(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        let place = self.locate(path)?;
        disk::create(&place, text).map_err(|error| problem("write", &place, &error))
    }

    /// The names of what is in the folder itself.
    pub(crate) fn file_names(&self) -> Result<Vec<String>, StoreError> {
        let failed = |error: io::Error| problem("read", &self.root, &error);
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let name =
            |entry: io::Result<fs::DirEntry>| Ok(entry.map_err(failed)?.file_name().into_string().ok());
        entries.filter_map(|entry| name(entry).transpose()).collect()
    }

    /// Begins to read files on a thread, for as long as they are wanted.
    fn read_aside(&self, runtime: &Handle, paths: &[String], wanted: Weak<()>) -> JoinHandle<Texts> {
        let (store, paths) = (self.clone(), paths.to_vec());
        runtime.spawn_blocking(move || store.read_many(&paths, || wanted.strong_count() > 0))
    }

    /// Reads the files at `paths`, in their order, for as long as they are wanted.
    fn read_many(&self, paths: &[String], are_wanted: impl Fn() -> bool) -> Texts {
        let mut folders = Folders::of(self);
        let mut texts = Vec::with_capacity(paths.len());
        let mut buffer = vec![0; USUAL];
        for path in paths.iter().take_while(|_| are_wanted()) {
            let (near, name) = folders.find(path);
            let text = near.and_then(|near| near.read(name, &mut buffer));
            texts.push(text.map_or_else(|| self.read(path), |text| Ok(Some(text)))?);
        }
        Ok(texts)
    }

    /// The traces of the files at `paths` in one; `None` where one is not there, or
    /// changed so lately that it does not tell.
    fn traces(&self, paths: &[String]) -> Option<String> {
        let now = SystemTime::now();
        let is_old = |trace: &Trace| now.duration_since(trace.changed).is_ok_and(|age| age >= COARSE);
        let mut folders = Folders::of(self);
        let mut digest = Sha256::new();
        for path in paths {
            let (near, name) = folders.find(path);
            let trace = near?.trace(name).filter(is_old)?;
            digest.update(path.as_bytes());
            digest.update([0]);
            digest.update(trace.numbers.map(u64::to_le_bytes).as_flattened());
        }
        Some(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Opens a folder of the store to read many files of it; `None` where each of
    /// them is better looked at.
    fn near(&self, folder: &str) -> Option<Near> {
        let place = if folder.is_empty() { self.root.clone() } else { self.locate(folder).ok()? };
        Near::open(&place)
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
            } else if name != LOCK_FILE && !disk::is_temporary(name) {
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
        self.write(path, text)
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        let place = self.locate(path)?;
        disk::delete(&place).map_err(|error| problem("delete", &place, &error))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { writable: true, list: true, create: true, replace: false, lock: true }
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        paths.iter().try_for_each(|path| check_path(path))?;
        let runtime = Handle::try_current().ok().filter(|_| paths.len() >= MANY);
        let wanted = Arc::new(());
        match runtime.map(|runtime| self.read_aside(&runtime, paths, Arc::downgrade(&wanted))) {
            None => self.read_many(paths, || true),
            Some(reading) => match reading.await {
                Ok(texts) => texts,
                // A runtime that is about to end begins nothing any more.
                Err(error) if error.is_cancelled() => self.read_many(paths, || true),
                Err(error) => resume_unwind(error.into_panic()),
            },
        }
    }

    async fn mark(&self, paths: &[String]) -> Option<String> {
        paths.iter().all(|path| check_path(path).is_ok()).then(|| self.traces(paths))?
    }

    async fn put_many(&self, texts: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let places = texts.keys().map(|path| self.locate(path)).collect::<Result<Vec<_>, _>>()?;
        let files = places.iter().map(PathBuf::as_path).zip(texts.values().map(String::as_str));
        disk::replace_all(&files.collect::<Vec<_>>())
            .map_err(|(place, error)| problem("write", place, &error))
    }

    async fn delete_many(&self, paths: &BTreeSet<String>) -> Result<(), StoreError> {
        let places = paths.iter().map(|path| self.locate(path)).collect::<Result<Vec<_>, _>>()?;
        disk::delete_all(&places.iter().map(PathBuf::as_path).collect::<Vec<_>>())
            .map_err(|(place, error)| problem("delete", place, &error))
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut paths = Vec::new();
        self.walk(&self.root, "", &mut paths)?;
        paths.sort();
        Ok(paths)
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        self.write_new(path, text)
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
        disk::sweep(&self.root);
        Ok(Box::new(Held(file)))
    }
}

/// The folder of the file that was looked at last: the next one is nearly always
/// there too.
struct Folders<'s, 'p> {
    store: &'s FsStore,
    last: Option<(&'p str, Option<Near>)>,
}

impl<'s, 'p> Folders<'s, 'p> {
    fn of(store: &'s FsStore) -> Self {
        Self { store, last: None }
    }

    /// The folder of a file, if it is open, and its name there.
    fn find(&mut self, path: &'p str) -> (Option<&Near>, &'p str) {
        let (folder, name) = split(path);
        if self.last.as_ref().is_none_or(|(open, _)| *open != folder) {
            self.last = Some((folder, self.store.near(folder)));
        }
        (self.last.as_ref().and_then(|(_, near)| near.as_ref()), name)
    }
}

/// Opens what is locked: the folder `meta` itself, so that no file is left
/// behind, or a file in it where the system locks no folders (Windows, NFS).
fn open_lock(meta: &Path) -> io::Result<File> {
    let folder = File::open(meta).ok().filter(|folder| match folder.try_lock() {
        Ok(()) | Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => false,
    });
    folder.map_or_else(|| open_lock_file(meta), Ok)
}

fn open_lock_file(meta: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(meta.join(LOCK_FILE))
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

/// Splits a path into its folder, empty for the root, and its name there.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Reads the file at `place`.
fn read_file(place: &Path) -> Result<Option<String>, StoreError> {
    match fs::read(place) {
        Ok(bytes) => decode(bytes, || place.display().to_string()).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(problem("read", place, &error)),
    }
}

/// What stands where `place` needs a folder.
fn in_the_way(place: &Path) -> String {
    let is_there = |path: &&Path| fs::symlink_metadata(path).is_ok();
    place.ancestors().find(is_there).unwrap_or(place).display().to_string()
}

/// Says what the failure of a call of the system means.
fn problem(action: &'static str, place: &Path, error: &io::Error) -> StoreError {
    let path = place.display().to_string();
    let reason = error.to_string();
    match error.kind() {
        ErrorKind::IsADirectory => StoreError::NotAFile { path },
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            StoreError::NotAFolder { path: in_the_way(place) }
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full { path, reason },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem if action != "read" => {
            StoreError::Denied { path, reason }
        }
        _ => StoreError::Io { path, action, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn where_no_folder_can_be_locked_a_file_is_and_nobody_sees_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = FsStore::new(folder.path());
        store.put("meta/_journal.json", "{}").await.unwrap();
        let open = || open_lock_file(&folder.path().join(META)).unwrap();
        let (held, other) = (open(), open());
        held.try_lock().unwrap();
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(held);
        other.try_lock().unwrap();
        assert_eq!(store.list().await.unwrap(), ["meta/_journal.json"]);
    }

    #[test]
    fn an_empty_name_is_the_working_folder() {
        assert_eq!(FsStore::new("").root(), Path::new("."));
    }
}
