//! A store that is a part of the binary.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Capabilities, Store, StoreError, check_path};

/// A store that is a part of the binary. It cannot be written.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{EmbeddedStore, Store};
///
/// // In a program the texts are `include_str!("../migrations/meta/_journal.json")` and so on.
/// static MIGRATIONS: EmbeddedStore = EmbeddedStore::new(&[
///     ("0000_initial.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"),
///     ("meta/_journal.json", "{}"),
/// ]);
///
/// assert!(MIGRATIONS.get("0000_initial.sql").await?.is_some());
/// let refusal = MIGRATIONS.put("0001_more.sql", "SELECT 1;").await.unwrap_err();
/// assert_eq!(refusal.to_string(), "the store `the binary` cannot be written");
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedStore {
    texts: &'static [(&'static str, &'static str)],
}

impl EmbeddedStore {
    /// Returns the store of these texts, each with its path.
    pub const fn new(texts: &'static [(&'static str, &'static str)]) -> Self {
        Self { texts }
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    fn name(&self) -> String {
        "the binary".to_owned()
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        check_path(path)?;
        let found = self.texts.iter().find(|(known, _)| *known == path);
        Ok(found.map(|(_, text)| (*text).to_owned()))
    }

    async fn put(&self, path: &str, _: &str) -> Result<(), StoreError> {
        check_path(path)?;
        Err(StoreError::ReadOnly { store: self.name() })
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        check_path(path)?;
        Err(StoreError::ReadOnly { store: self.name() })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { writable: false, list: true, create: false, replace: false, lock: false }
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        let texts = self.texts.iter().copied().collect::<BTreeMap<_, _>>();
        let get = |path: &String| {
            check_path(path)?;
            Ok(texts.get(path.as_str()).map(|text| (*text).to_owned()))
        };
        paths.iter().map(get).collect()
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut paths = self.texts.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>();
        paths.sort();
        Ok(paths)
    }
}
