//! The [`MigratorBuilder`]: all that a [`Migrator`] is told before it connects.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use whimbrel_core::name::ObjectName;
use whimbrel_core::resolve::Policy;
use whimbrel_db::scratch::ScratchOptions;
use whimbrel_db::{
    Access, ConnectOptions, Connection, DatabaseUrl, DbError, IntrospectOptions, LockWait, Missing, connect,
};

use super::{Migrator, Settings};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::error::Error;
use crate::history::{Ahead, Layout};
use crate::program::{Migration, Programs};
use crate::source::Source;
use crate::store::Store;

/// Builds a [`Migrator`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use whimbrel::core::resolve::Policy;
/// use whimbrel::db::LockWait;
/// use whimbrel::{Clock, MemoryStore, Migrator, Source};
///
/// let builder = Migrator::builder("sqlite::memory:")?
///     .source(Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"))
///     .store(MemoryStore::new())
///     .table_name("_app_migrations")
///     .policy(Policy::Additive)
///     .lock_wait(LockWait { limit: Duration::from_secs(5), ..LockWait::default() })
///     .clock(Clock::pinned(1_769_853_600_000));
/// // What is built once can be connected again, also elsewhere.
/// let mut migrator = builder.clone().connect().await?;
/// migrator.generate().name("users").await?;
/// let report = migrator.apply().await?;
/// assert_eq!(report.migrations[0].path(), "0000_users.sql");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct MigratorBuilder {
    url: DatabaseUrl,
    settings: Settings,
    connect: ConnectOptions,
    reads_ahead: bool,
}

impl MigratorBuilder {
    pub(super) fn new(url: DatabaseUrl) -> Self {
        let settings = Settings {
            source: None,
            store: None,
            layout: Layout::default(),
            clock: Clock::system(),
            cache: None,
            policy: Policy::default(),
            lock_wait: LockWait::default(),
            introspect: IntrospectOptions::default(),
            programs: Programs::default(),
            scratch: ScratchOptions { url: None, target: Some(url.clone()) },
        };
        let connect = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
        Self { url, settings, connect, reads_ahead: false }
    }

    /// Says where the desired schema comes from; `push` needs it.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(schema).connect().await?;
    /// assert!(migrator.push().await?.applied);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn source(mut self, source: Source) -> Self {
        self.settings.source = Some(source);
        self
    }

    /// Says where the migrations are; `push`, `inspect` and `diff` work without.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{FsStore, Migrator};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let store = FsStore::new(folder.path().join("migrations"));
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.store(store).connect().await?;
    /// migrator.create("users").await?;
    /// assert!(folder.path().join("migrations/0000_users.sql").is_file());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.settings.introspect.store_table = store.table();
        self.settings.store = Some(Arc::new(store));
        self
    }

    /// Reads the migrations while it connects: for a verb on migrations that
    /// follows at once, such as the `apply` of a service that starts. The first
    /// verb takes them if the journal still is the same.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::Migrator;
    /// use whimbrel::store::FsStore;
    ///
    /// let builder = Migrator::builder("sqlite::memory:")?.store(FsStore::new("migrations"));
    /// builder.read_ahead().connect().await?.apply().await?;
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn read_ahead(mut self) -> Self {
        self.reads_ahead = true;
        self
    }

    /// Registers a migration that is a closure of this program.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::core::{dialect::Dialect, history::Format};
    /// use whimbrel::{Clock, CreateOptions, MemoryStore, Migration, Migrator, create};
    ///
    /// // What `whimbrel migrate create slugs --format rust` does.
    /// let store = MemoryStore::new();
    /// let options = CreateOptions { format: Format::Rust, ..CreateOptions::default() };
    /// create(&store, Dialect::Sqlite, &Clock::system(), "slugs", options).await?;
    ///
    /// let slugs = Migration::new("slugs").up(|tx| async move {
    ///     tx.execute("CREATE TABLE slugs (slug TEXT)", []).await?;
    ///     Ok(())
    /// });
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store);
    /// let error = builder.clone().connect().await?.apply().await.unwrap_err();
    /// assert_eq!(error.to_string(), "`slugs` is a closure of a program, and this one does not have it");
    /// assert_eq!(builder.migration(slugs).connect().await?.apply().await?.migrations.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn migration(mut self, migration: Migration) -> Self {
        self.settings.programs.register(migration);
        self
    }

    /// Says what each migration that is a script may take in memory and time.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use whimbrel::store::MemoryStore;
    /// use whimbrel::{Layout, Migrator, ScriptLimits};
    ///
    /// let script = "export default {
    ///   version: 1,
    ///   up: async (db) => {
    ///     await db.exec('CREATE TABLE squares (n INTEGER PRIMARY KEY, square INTEGER)');
    ///     for (let n = 1; n <= 3; n++) {
    ///       await db.exec('INSERT INTO squares VALUES (?, ?)', [n, n * n]);
    ///     }
    ///   },
    ///   down: async (db) => {
    ///     await db.exec('DROP TABLE squares');
    ///   },
    /// };";
    /// let mut migrator = Migrator::builder("sqlite::memory:")?
    ///     .layout(Layout::LockFile)
    ///     .store(MemoryStore::from([("0001_squares.ts", script)]))
    ///     .script_limits(ScriptLimits { time: Duration::from_secs(5), ..ScriptLimits::default() })
    ///     .connect()
    ///     .await?;
    /// assert_eq!(migrator.apply().await?.migrations[0].name, "squares");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "scripts")]
    pub fn script_limits(mut self, limits: whimbrel_script::Limits) -> Self {
        self.settings.programs.scripts = crate::program::Scripts::within(limits);
        self
    }

    /// Says how the migrations are kept. Default: [`Layout::Journal`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Layout, MemoryStore, Migrator};
    ///
    /// let store = MemoryStore::new();
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store.clone()).layout(Layout::LockFile);
    /// builder.connect().await?.create("users").await?;
    /// // One file, and no journal.
    /// assert!(store.texts().keys().eq(["0001_users.sql"]));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn layout(mut self, layout: Layout) -> Self {
        self.settings.layout = layout;
        self
    }

    /// Says what time it is. Default: what the system says.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Clock, MemoryStore, Migrator};
    ///
    /// let builder = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new());
    /// let mut migrator = builder.clock(Clock::pinned(1_769_853_600_000)).connect().await?;
    /// assert_eq!(migrator.create("users").await?.entry.when, 1_769_853_600_000);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Keeps schemas that were read back in this folder, so that an unchanged
    /// source costs nothing the second time. Default: they are not kept.
    ///
    /// Also keeps what a database holds that has all migrations of a journal, so that
    /// [`read_ahead`](Self::read_ahead) reads neither journal nor files as long as nobody
    /// has touched one.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// let cache = tempfile::tempdir().unwrap();
    /// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// let builder = Migrator::builder("sqlite::memory:")?.source(schema).cache(cache.path());
    /// builder.connect().await?.push().await?;
    /// // What the source comes to is known from now on.
    /// assert_eq!(cache.path().read_dir().unwrap().count(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.cache = Some(Cache::new(folder.into()));
        self
    }

    /// Says which changes may be made at all. Default: [`Policy::Ask`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::core::resolve::Policy;
    /// use whimbrel::{Migrator, Source};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// let push = async |schema: &str| {
    ///     let builder = Migrator::builder(&url)?.source(Source::sql("schema.sql", schema));
    ///     builder.policy(Policy::Additive).connect().await?.push().await
    /// };
    /// push("CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE logs (line TEXT);").await?;
    /// let error = push("CREATE TABLE users (id INTEGER PRIMARY KEY);").await.unwrap_err();
    /// assert!(error.to_string().ends_with("refuses what is no addition: drops table `logs`"));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn policy(mut self, policy: Policy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// Says how long to wait for another process's lock, and whom to tell.
    /// Default: 60 seconds, nobody.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::time::Duration;
    ///
    /// use whimbrel::db::{ConnectOptions, LockWait, Missing, connect};
    /// use whimbrel::{Migrator, Source};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// let options = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
    /// let mut somebody = connect(&url.parse()?, &options).await?;
    /// somebody.execute("BEGIN IMMEDIATE").await?;
    ///
    /// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// let wait = LockWait::up_to(Duration::from_millis(10));
    /// let mut migrator = Migrator::builder(&url)?.source(schema).lock_wait(wait).connect().await?;
    /// let error = migrator.push().await.unwrap_err();
    /// assert!(matches!(error, whimbrel::Error::Execute(error) if error.is_locked()));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn lock_wait(mut self, wait: LockWait) -> Self {
        self.connect.lock_wait = wait.clone();
        self.settings.lock_wait = wait;
        self
    }

    /// Says how to connect: create a missing file, only read, wait for a
    /// server. Default: read and write, creating what is missing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::db::{ConnectOptions, Missing};
    /// use whimbrel::Migrator;
    ///
    /// // A file that is not there is a mistake here, not an empty database.
    /// let options = ConnectOptions { missing: Missing::Refuse, ..ConnectOptions::default() };
    /// let folder = tempfile::tempdir().unwrap();
    /// let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// let refused = Migrator::builder(&url)?.connect_options(options).connect().await;
    /// assert!(refused.unwrap_err().to_string().starts_with("cannot open"));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn connect_options(mut self, options: ConnectOptions) -> Self {
        self.connect = options;
        self
    }

    /// Names a server where scratch databases may be made. Default: that of the
    /// database itself (SQLite: in memory).
    ///
    /// ```
    /// use whimbrel::Migrator;
    ///
    /// let builder = Migrator::builder("postgres://app@db.example/shop")?
    ///     .scratch_url("postgres://dev@localhost/postgres".parse()?);
    /// let told = format!("{builder:?}");
    /// assert!(told.contains("postgres://dev@localhost/postgres"));
    /// # Ok::<(), whimbrel::Error>(())
    /// ```
    pub fn scratch_url(mut self, url: DatabaseUrl) -> Self {
        self.settings.scratch.url = Some(url);
        self
    }

    /// Names the tracking table of migrations, which is never part of a schema.
    /// Default: `_whimbrel_migrations`.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::db::connect;
    /// use whimbrel::{MemoryStore, Migrator, Source};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// let builder = Migrator::builder(&url)?.source(schema).store(MemoryStore::new());
    /// let mut migrator = builder.table_name("_shop_migrations").connect().await?;
    /// migrator.generate().name("users").await?;
    /// migrator.apply().await?;
    ///
    /// let mut connection = connect(&url.parse()?, &Default::default()).await?;
    /// let rows = connection.query("SELECT name FROM _shop_migrations").await?;
    /// assert_eq!(rows[0].text(0), Some("users"));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn table_name(mut self, name: impl Into<String>) -> Self {
        self.settings.introspect.tracking_table = Some(ObjectName::new(name));
        self
    }

    /// Connects. A database that cannot be written to is opened for reading: a
    /// service starts there too, as long as nothing is pending. What does write is
    /// refused (see [`Migrator::writable`]).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::Migrator;
    ///
    /// let migrator = Migrator::builder("sqlite::memory:")?.connect().await?;
    /// assert_eq!(migrator.server().major, 3);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the database cannot be opened.
    pub async fn connect(self) -> Result<Migrator, Error> {
        let store = self.settings.store.as_ref().filter(|_| self.reads_ahead);
        let (layout, cache) = (self.settings.layout, self.settings.cache.as_ref());
        let mut ahead = store.map(|store| Ahead::new(store, layout, self.url.dialect(), cache));
        let connecting = self.open();
        let opened = match &mut ahead {
            Some(ahead) => ahead.beside(connecting).await,
            None => connecting.await,
        };
        let (connection, refusal) = opened?;
        Ok(Migrator { ahead, refusal, ..self.over(connection) })
    }

    /// Opens the database; where it cannot be written to, for reading, and then with
    /// what stands in the way.
    async fn open(&self) -> Result<(Box<dyn Connection>, Option<DbError>), DbError> {
        match Box::pin(connect(&self.url, &self.connect)).await {
            Err(refusal @ DbError::ReadOnly { .. }) if self.connect.access == Access::ReadWrite => {
                let options = ConnectOptions { access: Access::ReadOnly, ..self.connect.clone() };
                Ok((Box::pin(connect(&self.url, &options)).await?, Some(refusal)))
            }
            connected => Ok((connected?, None)),
        }
    }

    /// Works over a connection that is open already, or is of your own making.
    /// It must lead to where the URL points.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::db::{Connection, SqliteConnection};
    /// use whimbrel::Migrator;
    ///
    /// let mut connection = SqliteConnection::open_in_memory().await?;
    /// connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").await?;
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.over(Box::new(connection));
    /// assert_eq!(migrator.inspect().await?.schema.tables.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn over(self, connection: Box<dyn Connection>) -> Migrator {
        let accounts = BTreeMap::new();
        let (settings, workshop, locale, ahead) = (self.settings, None, None, None);
        Migrator { connection, refusal: None, settings, workshop, locale, ahead, accounts }
    }
}
