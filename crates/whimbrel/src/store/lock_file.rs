//! A project in Kontract's layout as a store: a folder of migrations, and the lock
//! file beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use whimbrel_core::lockfile::LOCK_FILE;

use crate::history::JOURNAL;

use super::{Capabilities, FsStore, Store, StoreError, StoreLock};

/// What Kontract calls the folder of migrations.
const FOLDER: &str = "migrations";

/// A folder of migrations with Kontract's lock file beside it, not in it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{LockFileStore, Store};
/// let project = tempfile::tempdir().unwrap();
/// let store = LockFileStore::new(project.path().join("migrations"));
/// store.put("kontract.lock.json", "{}").await?;
/// store.put("0001_initial.sql", "SELECT 1;").await?;
/// assert!(project.path().join("kontract.lock.json").is_file());
/// assert!(project.path().join("migrations/0001_initial.sql").is_file());
/// assert_eq!(store.list().await?, ["0001_initial.sql", "kontract.lock.json"]);
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFileStore {
    folder: FsStore,
    beside: FsStore,
}

impl LockFileStore {
    /// The store whose migrations are in `folder`; the lock file is in the folder
    /// that holds it.
    ///
    /// ```
    /// use whimbrel::store::{LockFileStore, Store};
    /// let store = LockFileStore::new("shop/migrations");
    /// assert_eq!(store.place("0001_users.sql"), "shop/migrations/0001_users.sql");
    /// assert_eq!(store.place("kontract.lock.json"), "shop/kontract.lock.json");
    /// ```
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let beside = match (folder.file_name(), folder.parent()) {
            (Some(_), Some(parent)) => parent.to_owned(),
            _ => folder.join(".."),
        };
        Self { folder: FsStore::new(folder), beside: FsStore::new(beside) }
    }

    /// The folder of migrations of a project that Kontract began: `named` itself, or
    /// in it; `None` where there is no such project.
    ///
    /// ```
    /// use whimbrel::store::LockFileStore;
    /// let project = tempfile::tempdir().unwrap();
    /// let migrations = project.path().join("migrations");
    /// std::fs::create_dir(&migrations).unwrap();
    /// assert_eq!(LockFileStore::folder_of(project.path()), None);
    /// std::fs::write(project.path().join("kontract.lock.json"), "{}").unwrap();
    /// assert_eq!(LockFileStore::folder_of(project.path()), Some(migrations.clone()));
    /// assert_eq!(LockFileStore::folder_of(&migrations), Some(migrations.clone()));
    /// ```
    pub fn folder_of(named: &Path) -> Option<PathBuf> {
        let within = named.join(FOLDER);
        if named.join(LOCK_FILE).is_file() && within.is_dir() {
            return Some(within);
        }
        let is_called_so = named.file_name().is_some_and(|name| name == FOLDER);
        let is_it =
            is_called_so && named.with_file_name(LOCK_FILE).is_file() && !named.join(JOURNAL).is_file();
        is_it.then(|| named.to_owned())
    }

    /// The store that holds a path.
    fn of(&self, path: &str) -> &FsStore {
        if path == LOCK_FILE { &self.beside } else { &self.folder }
    }
}

#[async_trait]
impl Store for LockFileStore {
    fn name(&self) -> String {
        self.folder.name()
    }

    fn place(&self, path: &str) -> String {
        match self.of(path).root() {
            root if root == Path::new(".") => path.to_owned(),
            root => root.join(path).display().to_string(),
        }
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        self.of(path).get(path).await
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        self.of(path).put(path, text).await
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.of(path).delete(path).await
    }

    fn capabilities(&self) -> Capabilities {
        self.folder.capabilities()
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        if !paths.iter().any(|path| path == LOCK_FILE) {
            return self.folder.get_many(paths).await;
        }
        let mut texts = Vec::with_capacity(paths.len());
        for path in paths {
            texts.push(self.get(path).await?);
        }
        Ok(texts)
    }

    async fn put_many(&self, texts: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let mut texts = texts.clone();
        let lock = texts.remove(LOCK_FILE);
        self.folder.put_many(&texts).await?;
        // What the lock file may name is there by then.
        match lock {
            Some(text) => self.put(LOCK_FILE, &text).await,
            None => Ok(()),
        }
    }

    async fn delete_many(&self, paths: &BTreeSet<String>) -> Result<(), StoreError> {
        let mut paths = paths.clone();
        if paths.remove(LOCK_FILE) {
            self.delete(LOCK_FILE).await?;
        }
        self.folder.delete_many(&paths).await
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut paths = self.folder.list().await?;
        paths.retain(|path| path != LOCK_FILE);
        if self.beside.get(LOCK_FILE).await?.is_some() {
            paths.push(LOCK_FILE.to_owned());
            paths.sort();
        }
        Ok(paths)
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        self.of(path).create(path, text).await
    }

    async fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        self.folder.lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_is_beside_the_folder() {
        let place = |folder: &str| LockFileStore::new(folder).place(LOCK_FILE);
        assert_eq!(place("migrations"), "kontract.lock.json");
        assert_eq!(place("app/migrations/"), "app/kontract.lock.json");
        assert_eq!(place("."), "./../kontract.lock.json");
        assert_eq!(LockFileStore::new("migrations").place("0001_a.sql"), "migrations/0001_a.sql");
    }
}
