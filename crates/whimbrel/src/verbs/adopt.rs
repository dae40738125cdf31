//! `adopt`: makes the history of another tool ours.
//!
//! What was applied there is applied here, and what is pending stays pending.
//! Nothing of the other tool is touched, neither its folder nor its table: going
//! back is going on with it. The other tool may be whimbrel in its other layout,
//! and Kontract's is one of them.
//!
//! It is not taken on trust: the migrations are tried out in the scratch
//! database, and what the applied ones lead to is compared with the live schema
//! before anything is written. First come the files, as one edit, then the
//! records; whoever was stopped in between runs it again.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use whimbrel_core::history::{Entry, Foreign, Texts, Tool};
use whimbrel_core::name::ObjectName;
use whimbrel_db::apply::{ApplyOptions, Silent};
use whimbrel_db::tracking::read_foreign;
use whimbrel_db::{IntrospectOptions, introspect};

use super::baseline::Marks;
use crate::adopt::{AdoptError, Adopted, Origin};
use crate::error::Error;
use crate::history::{History, Layout, Target};
use crate::migrator::Migrator;
use crate::store::{Store, View};

/// Makes the history of another tool ours; refine it, then await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::core::history::Tool;
/// use whimbrel::{MemoryStore, Migrator, Origin};
///
/// // The folder of a project that uses sqlx, and a database that sqlx has migrated.
/// let sqlx = MemoryStore::from([
///     ("20260131102030_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"),
///     ("20260207080000_posts.sql", "CREATE TABLE posts (id INTEGER PRIMARY KEY);"),
/// ]);
/// let mut migrator = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new()).connect().await?;
/// let report = migrator.adopt(sqlx).dry_run(true).await?;
/// assert_eq!(report.origin, Origin::Tool(Tool::Sqlx));
/// assert_eq!(report.migrations[1].path(), "0001_posts.sql");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Adopt<'m> {
    migrator: &'m mut Migrator,
    from: Arc<dyn Store>,
    origin: Option<Origin>,
    table: Option<ObjectName>,
    to: Option<Target>,
    dry_run: bool,
}

/// What was adopted.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator};
/// # let users = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
/// # let sqlx = MemoryStore::from([("20260131102030_users.sql", users)]);
/// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new()).connect().await?;
/// let report = migrator.adopt(sqlx).await?;
/// assert_eq!((report.migrations.len(), report.applied), (1, 0));
/// assert!(report.written);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AdoptReport {
    /// Whose history it was.
    pub origin: Origin,
    /// The migrations, oldest first.
    pub migrations: Vec<Entry>,
    /// How many of them the database had applied.
    pub applied: usize,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// Whether the files were written, or are there from a run that was stopped.
    pub written: bool,
}

impl<'m> Adopt<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator, from: Arc<dyn Store>) -> Self {
        Self { migrator, from, origin: None, table: None, to: None, dry_run: false }
    }

    /// Says whose folder it is. Default: what is in it tells.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator};
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new()).connect().await?;
    /// use whimbrel::core::history::Tool;
    ///
    /// // Nothing in the folder says whose it is.
    /// let error = migrator.adopt(MemoryStore::new()).origin(Tool::Refinery).await.unwrap_err();
    /// assert_eq!(error.to_string(), "`memory` holds no migration of refinery");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn origin(mut self, origin: impl Into<Origin>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Names the table in which the other tool keeps what was applied. Default:
    /// the one that it makes by itself. For later verbs a table of another name is
    /// one like any other, and to be dropped: nothing of the other tool is touched
    /// here.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// use whimbrel::db::{ConnectOptions, Missing, connect};
    ///
    /// // A database that diesel has migrated, with a table of another name than usual.
    /// let options = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
    /// let mut connection = connect(&url.parse()?, &options).await?;
    /// for sql in [
    ///     "CREATE TABLE users (id INTEGER PRIMARY KEY)",
    ///     "CREATE TABLE shop_history (version VARCHAR(50) PRIMARY KEY, run_on TIMESTAMP)",
    ///     "INSERT INTO shop_history VALUES ('20260131102030', CURRENT_TIMESTAMP)",
    /// ] {
    ///     connection.execute(sql).await?;
    /// }
    ///
    /// let users = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
    /// let diesel = MemoryStore::from([("2026-01-31-102030_users/up.sql", users)]);
    /// let mut migrator = Migrator::builder(&url)?.store(MemoryStore::new()).connect().await?;
    /// let report = migrator.adopt(diesel).table("shop_history").await?;
    /// assert_eq!(report.applied, 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = Some(ObjectName::new(name));
        self
    }

    /// Names the last migration that the database has, where it keeps no table
    /// that says so. Default: what the lock file says.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// # let users = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
    /// # let source = whimbrel::Source::sql("schema.sql", users);
    /// # Migrator::builder(&url)?.source(source).connect().await?.push().await?;
    /// # let posts = "CREATE TABLE posts (id INTEGER PRIMARY KEY);";
    /// # let kontract = MemoryStore::from([
    /// #     ("kontract.lock.json", "{\"version\":0,\"tables\":{},\"migrations\":[]}"),
    /// #     ("0001_users.sql", users),
    /// #     ("0002_posts.sql", posts),
    /// # ]);
    /// # let mut migrator = Migrator::builder(&url)?.store(MemoryStore::new()).connect().await?;
    /// // Kontract keeps no table: somebody has to know that the database has `users`.
    /// let report = migrator.adopt(kontract).to("users").await?;
    /// assert_eq!((report.migrations.len(), report.applied), (2, 1));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn to(mut self, target: impl Into<Target>) -> Self {
        self.to = Some(target.into());
        self
    }

    /// Tries all out and compares it, and writes nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator};
    /// # let users = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
    /// # let sqlx = MemoryStore::from([("20260131102030_users.sql", users)]);
    /// # let store = MemoryStore::new();
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
    /// assert!(!migrator.adopt(sqlx).dry_run(true).await?.written);
    /// assert!(store.texts().is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    async fn run(self) -> Result<AdoptReport, Error> {
        let Self { migrator, from, origin, table, to, dry_run } = self;
        if !dry_run {
            migrator.writable()?;
        }
        let options =
            IntrospectOptions { foreign_table: table.clone(), ..migrator.settings.introspect.clone() };
        let live = introspect(migrator.connection.as_mut(), &options).await?.schema;
        let (origin, texts) = read(from.as_ref(), origin).await?;
        let adopted = match origin {
            Origin::Tool(_) if to.is_some() => return Err(AdoptError::Told { origin }.into()),
            Origin::Tool(tool) => migrator.read_tool(tool, &texts, table.as_ref()).await?,
            Origin::Layout(layout) => {
                migrator.read_project(from.as_ref(), layout, table.as_ref(), to.as_ref(), &live).await?
            }
        };
        if adopted.journal.entries.is_empty() {
            return Err(AdoptError::Nothing { folder: from.name(), origin }.into());
        }
        let layout = migrator.settings.layout;
        let first = match layout {
            Layout::Journal => migrator.base_of(&adopted, &live).await?,
            Layout::LockFile => Vec::new(),
        };
        let adopted = adopted.relaid(layout, migrator.settings.clock.now(), first);
        let store = migrator.store()?;
        let mut history = adopted.history(store.name());
        let tried = migrator.try_adopted(&mut history, origin, &adopted.applied, &live).await?;
        let (applied, mut notes) = (tried.applied, tried.notes.clone());
        if !dry_run {
            let is_in_place = from.name() == store.name();
            notes.extend(migrator.write_adopted(&history, is_in_place, &tried).await?);
            migrator.mark_adopted(&history, applied).await?;
        }
        let migrations = history.journal.entries;
        Ok(AdoptReport { origin, migrations, applied, notes, written: !dry_run })
    }
}

/// Whose folder it is, and what is in it.
async fn read(from: &dyn Store, origin: Option<Origin>) -> Result<(Origin, Texts), Error> {
    let view = View::open(from).await?;
    let paths = view.list().await?;
    let texts = view.get_many(&paths).await?;
    let texts: Texts = paths.into_iter().zip(texts).filter_map(|(path, text)| Some((path, text?))).collect();
    let origin = origin.or_else(|| Origin::of_folder(&texts));
    let origin = origin.ok_or_else(|| AdoptError::UnknownTool { folder: from.name() })?;
    Ok((origin, texts))
}

impl Migrator {
    /// Reads the folder and the table of another tool.
    async fn read_tool(
        &mut self,
        tool: Tool,
        texts: &Texts,
        table: Option<&ObjectName>,
    ) -> Result<Adopted, Error> {
        let read = tool.read(texts).map_err(|error| AdoptError::Foreign(Box::new(error)));
        let foreign: Vec<Foreign> = read?;
        let rows = read_foreign(self.connection.as_mut(), tool, table).await?.unwrap_or_default();
        Adopted::new(tool, self.dialect(), self.settings.clock.now(), foreign, &rows)
    }

    /// Records as applied what is.
    async fn mark_adopted(&mut self, history: &History, applied: usize) -> Result<(), Error> {
        let table = self.tracking_table()?;
        let mut agenda = Marks { dialect: self.dialect(), history, count: applied };
        self.run_jobs(&mut agenda, &ApplyOptions::new(table), &mut Silent).await?;
        self.keep_lock_file(false).await?;
        Ok(())
    }
}

impl<'m> IntoFuture for Adopt<'m> {
    type Output = Result<AdoptReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Adopt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adopt")
            .field("from", &self.from)
            .field("origin", &self.origin)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
