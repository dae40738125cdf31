//! Where migration files live.
//!
//! A [`Store`] holds texts under relative paths with `/` between their parts,
//! such as `0003_add-users.sql` or `meta/_journal.json`. It knows nothing of
//! migrations. [`FsStore`] is a folder, [`MemoryStore`] holds everything in
//! memory, [`EmbeddedStore`] is a part of the binary, and whoever keeps
//! migrations elsewhere writes a store of their own.
//!
//! # The guarantee
//!
//! A change of several files is an [`Edit`], and [`commit`] makes it all or
//! nothing over any store. It first writes the whole edit to one file, the
//! intent ([`INTENT`]), then carries it out, then deletes the intent.
//!
//! | stopped | the files | what a [`View`] reads | the next [`commit`] or [`recover`] |
//! | --- | --- | --- | --- |
//! | before the intent is written | old | old | has nothing to do |
//! | after it, before it is deleted | some old, some new | new, through the intent | finishes the edit |
//! | after it is deleted | new | new | has nothing to do |
//!
//! So whoever reads does so through a [`View`]. It never writes: a read-only
//! deploy of a folder with an unfinished edit reads as the new files.
//!
//! Two who commit at once go one after the other. Who committed on the ground
//! of a text that has changed since learns so, if the edit names that text
//! ([`Edit::expect`]), and nothing is written.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use whimbrel::store::{Edit, MemoryStore, StoreError, View, commit};
//!
//! let store = MemoryStore::from([("meta/_journal.json", "[]")]);
//! let journal = View::open(&store).await?.get("meta/_journal.json").await?;
//!
//! // A new migration and the journal that names it: both, or neither.
//! let edit = Edit::new()
//!     .expect("meta/_journal.json", journal.as_deref())
//!     .put("0000_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);")
//!     .put("meta/_journal.json", r#"["users"]"#);
//! commit(&store, edit.clone()).await?;
//! assert_eq!(store.texts().len(), 2);
//!
//! // Who comes later with the old journal in mind learns of it.
//! assert!(matches!(commit(&store, edit).await, Err(StoreError::Changed { .. })));
//! # Ok::<(), whimbrel::store::StoreError>(())
//! # }).unwrap();
//! ```

#[cfg(feature = "object-store")]
mod bucket;
mod database;
mod disk;
mod edit;
mod embedded;
mod error;
mod fs;
mod intent;
mod lock_file;
mod memory;
mod near;
mod path;
#[cfg(test)]
mod power_cut;
mod shared;
mod swap;
mod turn;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;
use whimbrel_core::name::ObjectName;

#[cfg(feature = "object-store")]
pub use bucket::{BucketError, BucketStore};
pub use database::DatabaseStore;
pub use edit::{Edit, commit, recover};
pub use embedded::EmbeddedStore;
pub use error::StoreError;
pub use fs::FsStore;
pub use intent::INTENT;
pub use lock_file::LockFileStore;
pub use memory::MemoryStore;
pub use path::check_path;
pub use view::View;

/// A place for migration files.
///
/// Four methods are required. What else a store can do it says in its
/// [`Capabilities`], and only what it says there is called.
///
/// Paths are relative, with `/` between their parts. A store that turns them
/// into names of another system calls [`check_path`] first.
///
/// # A store of one's own
///
/// This one keeps its texts in a map. In place of the map there may be a bucket
/// or a table; a failure of theirs is [`StoreError::other`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use whimbrel::store::{Capabilities, Edit, Store, StoreError, View, check_path, commit};
///
/// #[derive(Debug, Default)]
/// struct Bucket(Mutex<BTreeMap<String, String>>);
///
/// #[async_trait::async_trait]
/// impl Store for Bucket {
///     fn name(&self) -> String {
///         "the bucket".to_owned()
///     }
///
///     async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
///         check_path(path)?;
///         Ok(self.0.lock().unwrap().get(path).cloned())
///     }
///
///     async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
///         check_path(path)?;
///         self.0.lock().unwrap().insert(path.to_owned(), text.to_owned());
///         Ok(())
///     }
///
///     async fn delete(&self, path: &str) -> Result<(), StoreError> {
///         check_path(path)?;
///         self.0.lock().unwrap().remove(path);
///         Ok(())
///     }
///
///     // With this one alone, two who commit at once cannot disturb each other.
///     async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
///         check_path(path)?;
///         let mut texts = self.0.lock().unwrap();
///         let is_new = !texts.contains_key(path);
///         texts.entry(path.to_owned()).or_insert_with(|| text.to_owned());
///         Ok(is_new)
///     }
///
///     fn capabilities(&self) -> Capabilities {
///         Capabilities { create: true, ..Capabilities::default() }
///     }
/// }
///
/// let bucket = Bucket::default();
/// let edit = Edit::new().put("0000_initial.sql", "SELECT 1;").put("meta/_journal.json", "{}");
/// commit(&bucket, edit).await?;
/// let view = View::open(&bucket).await?;
/// assert_eq!(view.get("0000_initial.sql").await?.as_deref(), Some("SELECT 1;"));
/// # Ok::<(), StoreError>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Store: Send + Sync + Debug {
    /// What messages call the store, such as `migrations`.
    ///
    /// ```
    /// use whimbrel::store::{MemoryStore, Store};
    /// assert_eq!(MemoryStore::new().name(), "memory");
    /// ```
    fn name(&self) -> String;

    /// What messages call the text at `path`.
    ///
    /// ```
    /// use whimbrel::store::{MemoryStore, Store};
    /// assert_eq!(MemoryStore::new().place("0000_users.sql"), "memory/0000_users.sql");
    /// ```
    fn place(&self, path: &str) -> String {
        format!("{}/{path}", self.name())
    }

    /// Returns the text at `path`, `None` if there is none.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;")]);
    /// assert_eq!(store.get("0000_users.sql").await?.as_deref(), Some("SELECT 1;"));
    /// assert_eq!(store.get("0001_posts.sql").await?, None);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or the path is none.
    async fn get(&self, path: &str) -> Result<Option<String>, StoreError>;

    /// Writes `text` to `path`, over what may be there.
    ///
    /// It must be atomic: whoever reads sees the old text or the new one, also
    /// after a crash. When it returns, the text is kept for good.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;")]);
    /// store.put("0000_users.sql", "SELECT 2;").await?;
    /// assert_eq!(store.texts()["0000_users.sql"], "SELECT 2;");
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the store cannot be written, or the path is none.
    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError>;

    /// Deletes the text at `path`; that there is none is no error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;")]);
    /// store.delete("0000_users.sql").await?;
    /// store.delete("0000_users.sql").await?;
    /// assert!(store.texts().is_empty());
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the store cannot be written, or the path is none.
    async fn delete(&self, path: &str) -> Result<(), StoreError>;

    /// What the store can do beyond that.
    ///
    /// ```
    /// use whimbrel::store::{EmbeddedStore, MemoryStore, Store};
    /// assert!(MemoryStore::new().capabilities().writable);
    /// assert!(!EmbeddedStore::new(&[]).capabilities().writable);
    /// ```
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// The table that the store keeps in a database, if it does. Where it is in
    /// the database that is migrated, it is no part of the schema.
    ///
    /// ```
    /// use whimbrel::store::{DatabaseStore, MemoryStore, Store};
    /// let url = "postgres://app@db.example/shop".parse().unwrap();
    /// let store = DatabaseStore::new(url, "migrations").unwrap();
    /// assert_eq!(store.table().unwrap().to_string(), "public.migrations");
    /// assert_eq!(MemoryStore::new().table(), None);
    /// ```
    fn table(&self) -> Option<ObjectName> {
        None
    }

    /// Returns the texts at `paths`, in their order.
    ///
    /// A store that can fetch many at once should: a run reads all its
    /// migrations in one call.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;")]);
    /// let paths = ["0001_posts.sql", "0000_users.sql"].map(str::to_owned);
    /// assert_eq!(store.get_many(&paths).await?, [None, Some("SELECT 1;".to_owned())]);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::get`].
    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        let mut texts = Vec::with_capacity(paths.len());
        for path in paths {
            texts.push(self.get(path).await?);
        }
        Ok(texts)
    }

    /// Returns a mark of the texts at `paths`: another one as soon as any of them is
    /// another text. `None` where one is not there, or nothing tells.
    ///
    /// It is asked for to save a look into all of them, so it must cost much less
    /// than that. Nor may a text have changed so lately that it could change again
    /// and leave the mark as it is.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;")]);
    /// // What is in memory is looked into at once.
    /// assert_eq!(store.mark(&["0000_users.sql".to_owned()]).await, None);
    /// # });
    /// ```
    async fn mark(&self, paths: &[String]) -> Option<String> {
        let _ = paths;
        None
    }

    /// Writes many texts, by path, in the order of their paths.
    ///
    /// It need not be all or nothing: a [`commit`] makes it so. A store for
    /// which many writes at once cost less than one by one should make use of it.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::new();
    /// let text = |path: &str| (path.to_owned(), "SELECT 1;".to_owned());
    /// store.put_many(&[text("0000_users.sql"), text("0001_posts.sql")].into()).await?;
    /// assert_eq!(store.list().await?, ["0000_users.sql", "0001_posts.sql"]);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::put`]; some texts may have been written.
    async fn put_many(&self, texts: &BTreeMap<String, String>) -> Result<(), StoreError> {
        for (path, text) in texts {
            self.put(path, text).await?;
        }
        Ok(())
    }

    /// Deletes the texts at `paths`; that some are not there is no error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("0000_users.sql", "SELECT 1;"), ("0001_posts.sql", "SELECT 1;")]);
    /// store.delete_many(&["0000_users.sql".to_owned()].into()).await?;
    /// assert_eq!(store.list().await?, ["0001_posts.sql"]);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::delete`]; some texts may have been deleted.
    async fn delete_many(&self, paths: &BTreeSet<String>) -> Result<(), StoreError> {
        for path in paths {
            self.delete(path).await?;
        }
        Ok(())
    }

    /// Returns all paths, sorted. Called if [`Capabilities::list`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("meta/_journal.json", "[]"), ("0000_users.sql", "SELECT 1;")]);
    /// assert_eq!(store.list().await?, ["0000_users.sql", "meta/_journal.json"]);
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or cannot list.
    async fn list(&self) -> Result<Vec<String>, StoreError> {
        Err(StoreError::unsupported(&self.name(), "list its files"))
    }

    /// Writes `text` to `path` if nothing is there, and says whether it did.
    /// Called if [`Capabilities::create`].
    ///
    /// Of several who create the same path at once, one must win.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::new();
    /// assert!(store.create("meta/_edit.json", "mine").await?);
    /// assert!(!store.create("meta/_edit.json", "yours").await?);
    /// assert_eq!(store.texts()["meta/_edit.json"], "mine");
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::put`], or if the store cannot do it.
    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        let _ = (path, text);
        Err(StoreError::unsupported(&self.name(), "create a file only if there is none"))
    }

    /// Writes `text` to `path` if it still holds `expected`, and says whether it
    /// did. Called if [`Capabilities::replace`].
    ///
    /// Of several who replace the same text at once, one must win.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{MemoryStore, Store};
    /// let store = MemoryStore::from([("meta/_journal.json", "one")]);
    /// assert!(store.replace("meta/_journal.json", "one", "two").await?);
    /// assert!(!store.replace("meta/_journal.json", "one", "three").await?);
    /// assert_eq!(store.texts()["meta/_journal.json"], "two");
    /// # Ok::<(), whimbrel::store::StoreError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::put`], or if the store cannot do it.
    async fn replace(&self, path: &str, expected: &str, text: &str) -> Result<bool, StoreError> {
        let _ = (path, expected, text);
        Err(StoreError::unsupported(&self.name(), "replace a file only if it is unchanged"))
    }

    /// Waits for, and takes, the one lock of the store. Called if
    /// [`Capabilities::lock`].
    ///
    /// The lock must not outlive a process that died.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] if it does not come free in reasonable time.
    async fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        Err(StoreError::unsupported(&self.name(), "be locked"))
    }
}

/// What a store can do beyond `get`, `put` and `delete`.
///
/// ```
/// use whimbrel::store::{Capabilities, FsStore, Store};
/// assert!(FsStore::new("migrations").capabilities().lock);
/// assert!(!Capabilities::default().lock);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// [`Store::put`] and [`Store::delete`] work. True unless stated.
    pub writable: bool,
    /// [`Store::list`] works. False unless stated.
    pub list: bool,
    /// [`Store::create`] works. False unless stated.
    ///
    /// Object stores call it a conditional put, databases have it as a key. Where
    /// there is no lock it keeps writers apart: one creates [`INTENT`], the others
    /// wait until it is gone, or has stayed unchanged for 10 seconds, which says
    /// that its writer died.
    pub create: bool,
    /// [`Store::replace`] works. False unless stated.
    ///
    /// Together with [`Store::create`] it keeps also a writer from doing harm that
    /// was taken for dead and wakes up in the middle of a write: nothing is
    /// written over but what it has seen.
    pub replace: bool,
    /// [`Store::lock`] works. False unless stated.
    pub lock: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { writable: true, list: false, create: false, replace: false, lock: false }
    }
}

/// A lock that is held on a store. Dropping it frees it too, as soon as the
/// store learns of it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use whimbrel::store::{FsStore, Store, StoreError};
///
/// let folder = tempfile::tempdir().unwrap();
/// let store = FsStore::new(folder.path()).lock_wait(Duration::from_millis(10));
/// let lock = store.lock().await?;
/// assert!(matches!(store.lock().await, Err(StoreError::Locked { .. })));
/// lock.release().await?;
/// assert!(store.lock().await.is_ok());
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait StoreLock: Send + Sync + Debug {
    /// Frees the lock.
    ///
    /// # Errors
    ///
    /// If the store does not answer; the lock is then freed as if its holder
    /// had died.
    async fn release(self: Box<Self>) -> Result<(), StoreError>;
}

/// Turns the bytes of the file called `name` into text.
fn decode(bytes: Vec<u8>, name: impl FnOnce() -> String) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        StoreError::NotUtf8 { path: name(), offset, line }
    })
}
