//! What is in the store, without any database: the journal, the snapshot, the
//! files of a migration.

use whimbrel_core::history::{Entry, Journal};
use whimbrel_core::schema::Snapshot;

use crate::error::Error;
use crate::history::{File, Layout, SNAPSHOT, Target, Written, in_store};
use crate::migrator::Migrator;
use crate::source::SourceError;
use crate::store::View;

impl Migrator {
    /// Reads the journal; an empty one where the store has none.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::Migrator;
    /// use whimbrel::store::MemoryStore;
    /// let mut migrator =
    ///     Migrator::builder("sqlite::memory:")?.store(MemoryStore::new()).connect().await?;
    /// migrator.create("fill in slugs").await?;
    /// assert_eq!(migrator.journal().await?.entries.len(), 1);
    /// assert_eq!(migrator.list().await?[0].name, "fill-in-slugs");
    /// assert_eq!(migrator.read("fill-in-slugs").await?.up.path, "0000_fill-in-slugs.sql");
    /// assert!(migrator.snapshot().await?.is_none());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no store, it fails, or the journal does not read.
    pub async fn journal(&mut self) -> Result<Journal, Error> {
        Ok(self.history().await?.journal)
    }

    /// Lists the migrations, oldest first.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// assert_eq!(migrator.list().await?[0].path(), "0000_users.sql");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::journal`].
    pub async fn list(&mut self) -> Result<Vec<Entry>, Error> {
        Ok(self.journal().await?.entries)
    }

    /// Reads the snapshot as it is, whichever migration it belongs to.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// let snapshot = migrator.snapshot().await?.unwrap();
    /// assert_eq!(snapshot.into_schema().tables[0].name.to_string(), "users");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no store, it fails, or the snapshot does not read.
    pub async fn snapshot(&mut self) -> Result<Option<Snapshot>, Error> {
        let store = self.store()?;
        let Some(text) = View::open(store.as_ref()).await?.get(SNAPSHOT).await? else { return Ok(None) };
        let name = || in_store(store.as_ref(), SNAPSHOT);
        let snapshot =
            Snapshot::from_json(&text).map_err(|source| SourceError::Snapshot { name: name(), source })?;
        Ok(Some(snapshot))
    }

    /// Reads the files of one migration; the text of one that is not there is
    /// empty.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// let written = migrator.read("users").await?;
    /// assert!(written.up.text.contains("CREATE TABLE \"users\""));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Migrator::journal`], or if there is no such migration.
    pub async fn read(&mut self, target: impl Into<Target>) -> Result<Written, Error> {
        let history = self.whole_history().await?;
        let entry = target.into().find(&history.journal)?.1.clone();
        let texts = history.texts().remove(&entry.name).unwrap_or_default();
        let up = File { path: entry.path(), text: texts.up };
        let down = match history.layout {
            Layout::Journal if !entry.format.is_program() => {
                Some(File { path: entry.down_path(), text: texts.down.unwrap_or_default() })
            }
            Layout::Journal | Layout::LockFile => None,
        };
        Ok(Written { entry, up, down })
    }
}
