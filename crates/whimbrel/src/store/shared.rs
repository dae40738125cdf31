//! A store that several hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use whimbrel_core::name::ObjectName;

use super::{Capabilities, Store, StoreError, StoreLock};

#[async_trait]
impl<S: Store + ?Sized> Store for Arc<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn place(&self, path: &str) -> String {
        (**self).place(path)
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        (**self).get(path).await
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        (**self).put(path, text).await
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        (**self).delete(path).await
    }

    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }

    fn table(&self) -> Option<ObjectName> {
        (**self).table()
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        (**self).get_many(paths).await
    }

    async fn mark(&self, paths: &[String]) -> Option<String> {
        (**self).mark(paths).await
    }

    async fn put_many(&self, texts: &BTreeMap<String, String>) -> Result<(), StoreError> {
        (**self).put_many(texts).await
    }

    async fn delete_many(&self, paths: &BTreeSet<String>) -> Result<(), StoreError> {
        (**self).delete_many(paths).await
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        (**self).list().await
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        (**self).create(path, text).await
    }

    async fn replace(&self, path: &str, expected: &str, text: &str) -> Result<bool, StoreError> {
        (**self).replace(path, expected, text).await
    }

    async fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        (**self).lock().await
    }
}
