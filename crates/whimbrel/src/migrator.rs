//! The [`Migrator`]: one database, one source, and the verbs on them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::Policy;
use whimbrel_db::apply::Account;
use whimbrel_db::scratch::{self, ScratchOptions};
use whimbrel_db::{
    Canceller, ConnectOptions, Connection, DatabaseUrl, DbError, IntrospectOptions, LockWait, Missing,
    ServerInfo, connect, locale,
};

use crate::cache::Cache;
use crate::clock::Clock;
use crate::error::Error;
use crate::history::{Ahead, Layout};
use crate::program::{Migration, Programs};
use crate::scratch::Workshop;
use crate::source::Source;
use crate::store::Store;
use crate::verbs::{
    Adopt, Apply, Baseline, Check, Create, Diff, Down, Forget, Generate, Inspect, Pending, Push, Rebase,
    Reset, Side, Squash, Status, Verify,
};

/// One database and the schema it should have.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{Migrator, Source};
///
/// let folder = tempfile::tempdir().unwrap();
/// let url = format!("sqlite://{}", folder.path().join("app.db").display());
/// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
/// let mut migrator = Migrator::builder(&url)?.source(schema).connect().await?;
/// let report = migrator.push().await?;
/// assert!(report.applied);
/// assert!(migrator.push().await?.changes.is_empty());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Migrator {
    pub(crate) connection: Box<dyn Connection>,
    pub(crate) settings: Settings,
    workshop: Option<Workshop>,
    /// Encoding and locale of the database, once somebody has asked.
    locale: Option<String>,
    /// The history that is read since connecting began, for the first who asks.
    pub(crate) ahead: Option<Ahead>,
    /// What the programs of the last run did to the schema, by the names of their
    /// migrations.
    pub(crate) accounts: BTreeMap<String, Account>,
}

/// What a [`Migrator`] was built with.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) source: Option<Source>,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) layout: Layout,
    pub(crate) clock: Clock,
    pub(crate) cache: Option<Cache>,
    pub(crate) policy: Policy,
    pub(crate) lock_wait: LockWait,
    pub(crate) introspect: IntrospectOptions,
    pub(crate) programs: Programs,
    scratch: ScratchOptions,
}

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

impl Migrator {
    /// Starts with the URL of a database: `sqlite://app.db`, `postgres://...`.
    ///
    /// # Errors
    ///
    /// If the URL is none, or names an engine that whimbrel does not speak.
    pub fn builder(url: &str) -> Result<MigratorBuilder, Error> {
        Ok(Self::at(url.parse()?))
    }

    /// Starts with a URL that has been read already.
    pub fn at(url: DatabaseUrl) -> MigratorBuilder {
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
        MigratorBuilder { url, settings, connect, reads_ahead: false }
    }

    /// Makes the database have the schema of the source. Await the result, or
    /// refine it first.
    pub fn push(&mut self) -> Push<'_> {
        Push::new(self)
    }

    /// Writes the migration from the migrations' schema to the source's.
    pub fn generate(&mut self) -> Generate<'_> {
        Generate::new(self)
    }

    /// Writes an empty migration, to be filled in by hand.
    pub fn create(&mut self, name: impl Into<String>) -> Create<'_> {
        Create::new(self, name.into())
    }

    /// Applies what the database has not applied.
    pub fn apply(&mut self) -> Apply<'_> {
        Apply::new(self)
    }

    /// Takes back what was applied last.
    pub fn down(&mut self) -> Down<'_> {
        Down::new(self)
    }

    /// Says of every migration where it stands.
    pub fn status(&mut self) -> Status<'_> {
        Status::new(self)
    }

    /// Lists what is not applied.
    pub fn pending(&mut self) -> Pending<'_> {
        Pending::new(self)
    }

    /// Forgets that the last `count` migrations were applied, and runs nothing.
    pub fn forget(&mut self, count: usize) -> Forget<'_> {
        Forget::new(self, count)
    }

    /// Marks as applied what an existing database has already.
    pub fn baseline(&mut self) -> Baseline<'_> {
        Baseline::new(self)
    }

    /// Makes the history of another tool ours: `from` is its folder.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::Migrator;
    /// use whimbrel::store::MemoryStore;
    ///
    /// let sqlx = MemoryStore::from([("20260131102030_users.sql", "CREATE TABLE users (id INTEGER);")]);
    /// let store = MemoryStore::new();
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
    /// migrator.adopt(sqlx).await?;
    /// assert!(store.texts().contains_key("0000_users.sql"));
    /// assert_eq!(migrator.pending().await?.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn adopt(&mut self, from: impl Store + 'static) -> Adopt<'_> {
        Adopt::new(self, Arc::new(from))
    }

    /// Replays every migration up, down and up again in a scratch database.
    pub fn verify(&mut self) -> Verify<'_> {
        Verify::new(self)
    }

    /// Makes one migration of several.
    pub fn squash(&mut self) -> Squash<'_> {
        Squash::new(self)
    }

    /// Drops everything, then applies all migrations.
    pub fn reset(&mut self) -> Reset<'_> {
        Reset::new(self)
    }

    /// After a merge, puts our migrations after theirs.
    pub fn rebase(&mut self) -> Rebase<'_> {
        Rebase::new(self)
    }

    /// Says whether database, migrations and source agree.
    pub fn check(&mut self) -> Check<'_> {
        Check::new(self)
    }

    /// Reads the live schema.
    pub fn inspect(&mut self) -> Inspect<'_> {
        Inspect::new(self)
    }

    /// Compares any two schemas with the help of this database's engine.
    pub fn diff(&mut self, from: Side, to: Side) -> Diff<'_> {
        Diff::new(self, Pair::new(from, to))
    }

    /// What is at the other end.
    pub fn server(&self) -> &ServerInfo {
        self.connection.server()
    }

    /// The dialect of the database.
    pub fn dialect(&self) -> Dialect {
        self.server().dialect
    }

    /// Returns a handle that stops whatever statement or script is running: what was
    /// begun is then rolled back, and the verb ends with a cancellation.
    pub fn canceller(&self) -> Arc<dyn Canceller> {
        self.settings.programs.scripts.stopped_with(self.connection.canceller())
    }

    /// Ends the session and drops the scratch database, if there was one.
    ///
    /// # Errors
    ///
    /// If the engine reports a problem with closing.
    pub async fn close(self) -> Result<(), Error> {
        if let Some(workshop) = self.workshop {
            workshop.close().await?;
        }
        Ok(self.connection.close().await?)
    }

    /// The scratch database of this run, opened at the first call.
    pub(crate) async fn workshop(&mut self) -> Result<&mut Workshop, DbError> {
        if self.workshop.is_none() {
            let scratch = scratch::open(self.dialect(), &self.settings.scratch).await?;
            self.workshop = Some(Workshop::new(scratch, self.settings.introspect.clone()));
        }
        Ok(self.workshop.as_mut().expect("it was just opened if it was absent"))
    }

    /// What decides how the engine spells a schema, for the keys of what is cached:
    /// its name, its version, and the locale of the database.
    pub(crate) async fn spelling(&mut self) -> Result<[String; 3], DbError> {
        let locale = match self.locale.take() {
            Some(locale) => locale,
            None => locale(self.connection.as_mut()).await?,
        };
        self.locale = Some(locale.clone());
        let server = self.server();
        Ok([server.dialect.display_name().to_owned(), server.version.clone(), locale])
    }

    /// Empties a scratch database that is a transaction on the target: what it
    /// holds would stand in the way of the plan, and of others while a person
    /// answers.
    pub(crate) async fn let_go(&mut self) -> Result<(), DbError> {
        match &mut self.workshop {
            Some(workshop) if workshop.limits().no_transactions => workshop.reset().await,
            Some(_) | None => Ok(()),
        }
    }
}

impl MigratorBuilder {
    /// Says where the desired schema comes from; `push` needs it.
    pub fn source(mut self, source: Source) -> Self {
        self.settings.source = Some(source);
        self
    }

    /// Says where the migrations are; `push`, `inspect` and `diff` work without.
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
    pub fn layout(mut self, layout: Layout) -> Self {
        self.settings.layout = layout;
        self
    }

    /// Says what time it is. Default: what the system says.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Keeps schemas that were read back in this folder, so that an unchanged
    /// source costs nothing the second time. Default: they are not kept.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.cache = Some(Cache::new(folder.into()));
        self
    }

    /// Says which changes may be made at all. Default: [`Policy::Ask`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// Says how long to wait for another process's lock, and whom to tell.
    /// Default: 60 seconds, nobody.
    pub fn lock_wait(mut self, wait: LockWait) -> Self {
        self.connect.lock_wait = wait.clone();
        self.settings.lock_wait = wait;
        self
    }

    /// Says how to connect: create a missing file, only read, wait for a
    /// server. Default: read and write, creating what is missing.
    pub fn connect_options(mut self, options: ConnectOptions) -> Self {
        self.connect = options;
        self
    }

    /// Names a server where scratch databases may be made. Default: that of the
    /// database itself (SQLite: in memory).
    pub fn scratch_url(mut self, url: DatabaseUrl) -> Self {
        self.settings.scratch.url = Some(url);
        self
    }

    /// Names the tracking table of migrations, which is never part of a schema.
    /// Default: `_whimbrel_migrations`.
    pub fn table_name(mut self, name: impl Into<String>) -> Self {
        self.settings.introspect.tracking_table = Some(ObjectName::new(name));
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened.
    pub async fn connect(self) -> Result<Migrator, Error> {
        let store = self.settings.store.as_ref().filter(|_| self.reads_ahead);
        let ahead = store.and_then(|store| Ahead::begin(store, self.settings.layout, self.url.dialect()));
        let connection = connect(&self.url, &self.connect).await?;
        Ok(Migrator { ahead, ..self.over(connection) })
    }

    /// Works over a connection that is open already, or is of your own making.
    /// It must lead to where the URL points.
    pub fn over(self, connection: Box<dyn Connection>) -> Migrator {
        let accounts = BTreeMap::new();
        let (settings, workshop, locale, ahead) = (self.settings, None, None, None);
        Migrator { connection, settings, workshop, locale, ahead, accounts }
    }
}

impl std::fmt::Debug for Migrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Migrator").field("server", self.server()).finish_non_exhaustive()
    }
}
