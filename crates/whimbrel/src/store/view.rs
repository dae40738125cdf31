//! Reads a store through an unfinished edit.

use super::intent::{INTENT, Intent};
use super::{Edit, Store, StoreError};

/// Reads a store as if an unfinished edit were finished. It never writes.
///
/// A view looks for an unfinished edit once, when it is opened. Who reads one
/// text and then others that it names, while others may write, reads the first
/// one again at the end: see [`View::is_current`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{EmbeddedStore, View};
///
/// // Read-only, and a writer died in the middle.
/// static STORE: EmbeddedStore = EmbeddedStore::new(&[
///     ("a.sql", "old"),
///     ("b.sql", "goes"),
///     ("meta/_edit.json", r#"{"version":1,"id":"x","edit":{"put":{"a.sql":"new"},"delete":["b.sql"]}}"#),
/// ]);
///
/// let view = View::open(&STORE).await?;
/// assert_eq!(view.get("a.sql").await?.as_deref(), Some("new"));
/// assert_eq!(view.list().await?, ["a.sql"]);
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct View<'a> {
    store: &'a dyn Store,
    edit: Option<Edit>,
}

impl<'a> View<'a> {
    /// Opens a view of `store`.
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or the file with the edit does not read.
    pub async fn open(store: &'a dyn Store) -> Result<Self, StoreError> {
        let edit = match store.get(INTENT).await? {
            None => None,
            Some(text) => match Intent::from_json(&store.name(), &text)? {
                Intent::Free | Intent::Claim => None,
                Intent::Edit(edit) => Some(edit),
            },
        };
        Ok(Self { store, edit })
    }

    /// The store.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, View};
    /// let store = MemoryStore::new();
    /// assert_eq!(View::open(&store).await?.store().name(), "memory");
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    pub fn store(&self) -> &'a dyn Store {
        self.store
    }

    /// The unfinished edit, if there is one.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{Edit, INTENT, MemoryStore, View, commit};
    ///
    /// let left = r#"{"version":1,"id":"x","edit":{"put":{},"delete":["0000_users.sql"]}}"#;
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;"), (INTENT, left)]);
    /// assert_eq!(View::open(&store).await?.unfinished(), Some(&Edit::new().delete("0000_users.sql")));
    /// // The next who writes finishes it.
    /// commit(&store, Edit::new()).await?;
    /// assert_eq!(View::open(&store).await?.unfinished(), None);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    pub fn unfinished(&self) -> Option<&Edit> {
        self.edit.as_ref()
    }

    /// Returns the text at `path`, `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`Store::get`].
    pub async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        match self.overlay(path) {
            Some(text) => Ok(text.cloned()),
            None => self.store.get(path).await,
        }
    }

    /// Returns the texts at `paths`, in their order.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, View};
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;")]);
    /// let paths = ["0000_users.sql", "0001_posts.sql"].map(str::to_owned);
    /// let texts = View::open(&store).await?.get_many(&paths).await?;
    /// assert_eq!(texts, [Some("SELECT 1;".to_owned()), None]);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::get`].
    pub async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        if self.edit.is_none() {
            return self.store.get_many(paths).await;
        }
        let below = paths.iter().filter(|path| self.overlay(path).is_none()).cloned().collect::<Vec<_>>();
        let mut below = self.store.get_many(&below).await?.into_iter();
        let text = |path: &String| match self.overlay(path) {
            Some(text) => text.cloned(),
            None => below.next().flatten(),
        };
        Ok(paths.iter().map(text).collect())
    }

    /// Returns a mark of the texts at `paths`, as [`Store::mark`] has it.
    pub(crate) async fn mark(&self, paths: &[String]) -> Option<String> {
        // An edit that is not finished is not in the texts yet.
        if self.edit.is_some() { None } else { self.store.mark(paths).await }
    }

    /// Returns all paths, sorted.
    ///
    /// # Errors
    ///
    /// As [`Store::list`].
    pub async fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut paths = self.store.list().await?;
        paths.retain(|path| path != INTENT && self.overlay(path).is_none());
        paths.extend(self.edit.iter().flat_map(|edit| edit.puts().keys().cloned()));
        paths.sort();
        Ok(paths)
    }

    /// Says whether `path` still holds `text`, for whoever opens a view now.
    ///
    /// If every edit writes the journal, and the journal is still what it was
    /// before its migrations were read, then nobody wrote in between.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{Edit, MemoryStore, View, commit};
    /// let store = MemoryStore::from([("meta/_journal.json", "one")]);
    /// let view = View::open(&store).await?;
    /// let journal = view.get("meta/_journal.json").await?;
    /// assert!(view.is_current("meta/_journal.json", journal.as_deref()).await?);
    /// commit(&store, Edit::new().put("meta/_journal.json", "two")).await?;
    /// assert!(!view.is_current("meta/_journal.json", journal.as_deref()).await?);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`View::open`] and [`Store::get`].
    pub async fn is_current(&self, path: &str, text: Option<&str>) -> Result<bool, StoreError> {
        let now = View::open(self.store).await?.get(path).await?;
        Ok(now.as_deref() == text)
    }

    /// What the edit says of `path`: nothing, that it goes, or its text.
    fn overlay(&self, path: &str) -> Option<Option<&String>> {
        let edit = self.edit.as_ref()?;
        match edit.puts().get(path) {
            Some(text) => Some(Some(text)),
            None => edit.deletes().contains(path).then_some(None),
        }
    }
}
