//! A store in memory, for tests and for programs that make their migrations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;

use super::{Capabilities, Store, StoreError, StoreLock, check_path};

/// A store in memory. Clones share what is in it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{MemoryStore, Store};
/// let store = MemoryStore::from([("0000_initial.sql", "SELECT 1;")]);
/// let same = store.clone();
/// same.put("meta/_journal.json", "{}").await?;
/// assert_eq!(store.list().await?, ["0000_initial.sql", "meta/_journal.json"]);
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    texts: Arc<Mutex<BTreeMap<String, String>>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryStore {
    /// Returns an empty store.
    ///
    /// ```
    /// use whimbrel::store::MemoryStore;
    /// assert!(MemoryStore::new().texts().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a copy of all that is in the store, by path.
    ///
    /// ```
    /// use whimbrel::store::MemoryStore;
    /// let store = MemoryStore::from([("a.sql", "SELECT 1;")]);
    /// assert_eq!(store.texts()["a.sql"], "SELECT 1;");
    /// ```
    pub fn texts(&self) -> BTreeMap<String, String> {
        self.map().clone()
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        // Nobody panics halfway through a change of the map.
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for MemoryStore {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(texts: I) -> Self {
        let texts = texts.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        Self { texts: Arc::new(Mutex::new(texts)), lock: Arc::default() }
    }
}

impl<P: Into<String>, T: Into<String>, const N: usize> From<[(P, T); N]> for MemoryStore {
    fn from(texts: [(P, T); N]) -> Self {
        texts.into_iter().collect()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        check_path(path)?;
        Ok(self.map().get(path).cloned())
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        check_path(path)?;
        self.map().insert(path.to_owned(), text.to_owned());
        Ok(())
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        check_path(path)?;
        self.map().remove(path);
        Ok(())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { writable: true, list: true, create: true, replace: true, lock: true }
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.map().keys().cloned().collect())
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        check_path(path)?;
        let mut map = self.map();
        if map.contains_key(path) {
            return Ok(false);
        }
        map.insert(path.to_owned(), text.to_owned());
        Ok(true)
    }

    async fn replace(&self, path: &str, expected: &str, text: &str) -> Result<bool, StoreError> {
        check_path(path)?;
        let mut map = self.map();
        let is_unchanged = map.get(path).is_some_and(|found| found == expected);
        if is_unchanged {
            map.insert(path.to_owned(), text.to_owned());
        }
        Ok(is_unchanged)
    }

    async fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        Ok(Box::new(Held(self.lock.clone().lock_owned().await)))
    }
}

/// The lock of a store in memory.
#[derive(Debug)]
struct Held(OwnedMutexGuard<()>);

#[async_trait]
impl StoreLock for Held {
    async fn release(self: Box<Self>) -> Result<(), StoreError> {
        drop(self.0);
        Ok(())
    }
}
