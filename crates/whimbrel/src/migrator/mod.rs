//! The [`Migrator`]: one database, one source, and the verbs on them.

mod builder;

pub use builder::MigratorBuilder;

use std::collections::BTreeMap;
use std::sync::Arc;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::Policy;
use whimbrel_db::apply::Account;
use whimbrel_db::scratch::{self, ScratchOptions};
use whimbrel_db::{
    Canceller, Connection, DatabaseUrl, DbError, IntrospectOptions, LockWait, ServerInfo, locale,
};

use crate::cache::Cache;
use crate::clock::Clock;
use crate::error::Error;
use crate::history::{Ahead, Layout};
use crate::program::Programs;
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
    /// Why nothing can be written, if the database was opened for reading for that.
    pub(crate) refusal: Option<DbError>,
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

impl Migrator {
    /// Starts with the URL of a database: `sqlite://app.db`, `postgres://...`.
    ///
    /// ```
    /// use whimbrel::Migrator;
    /// assert!(Migrator::builder("sqlite://app.db").is_ok());
    /// let error = Migrator::builder("oracle://db.example/shop").unwrap_err();
    /// assert_eq!(error.to_string(), "`oracle:` is no scheme of a database that whimbrel knows");
    /// ```
    ///
    /// # Errors
    ///
    /// If the URL is none, or names an engine that whimbrel does not speak.
    pub fn builder(url: &str) -> Result<MigratorBuilder, Error> {
        Ok(Self::at(url.parse()?))
    }

    /// Starts with a URL that has been read already.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::Migrator;
    /// use whimbrel::db::DatabaseUrl;
    ///
    /// let url = DatabaseUrl::sqlite_memory();
    /// let mut migrator = Migrator::at(url).connect().await?;
    /// assert!(migrator.inspect().await?.schema.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn at(url: DatabaseUrl) -> MigratorBuilder {
        MigratorBuilder::new(url)
    }

    /// Makes the database have the schema of the source. Await the result, or
    /// refine it first.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// let report = migrator.push().await?;
    /// assert!(report.applied);
    /// assert_eq!(report.plan.statements().len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn push(&mut self) -> Push<'_> {
        Push::new(self)
    }

    /// Writes the migration from the migrations' schema to the source's.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// let report = migrator.generate().name("users").await?;
    /// assert_eq!(report.migrations[0].up.path, "0000_users.sql");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn generate(&mut self) -> Generate<'_> {
        Generate::new(self)
    }

    /// Writes an empty migration, to be filled in by hand.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// let written = migrator.create("Fill in slugs").await?;
    /// assert_eq!(written.up.path, "0000_fill-in-slugs.sql");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn create(&mut self, name: impl Into<String>) -> Create<'_> {
        Create::new(self, name.into())
    }

    /// Applies what the database has not applied.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// let report = migrator.apply().await?;
    /// assert_eq!(report.migrations[0].name, "users");
    /// assert!(migrator.apply().await?.migrations.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn apply(&mut self) -> Apply<'_> {
        Apply::new(self)
    }

    /// Takes back what was applied last.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// // The table is empty: nothing is lost, and nothing is asked.
    /// let report = migrator.down().await?;
    /// assert_eq!(report.migrations[0].entry.name, "users");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn down(&mut self) -> Down<'_> {
        Down::new(self)
    }

    /// Says of every migration where it stands.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// use whimbrel::core::history::State;
    ///
    /// let report = migrator.status().await?;
    /// assert_eq!(report.migrations[0].state, State::Pending);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn status(&mut self) -> Status<'_> {
        Status::new(self)
    }

    /// Lists what is not applied.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// assert_eq!(migrator.pending().await?[0].name, "users");
    /// migrator.apply().await?;
    /// assert!(migrator.pending().await?.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn pending(&mut self) -> Pending<'_> {
        Pending::new(self)
    }

    /// Forgets that the last `count` migrations were applied, and runs nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// assert_eq!(migrator.forget(1).await?, ["users"]);
    /// // The table is still there; only the record of the migration is gone.
    /// assert_eq!(migrator.inspect().await?.schema.tables.len(), 1);
    /// assert_eq!(migrator.pending().await?.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn forget(&mut self, count: usize) -> Forget<'_> {
        Forget::new(self, count)
    }

    /// Marks as applied what an existing database has already.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// migrator.push().await?;
    /// assert_eq!(migrator.baseline().await?[0].name, "users");
    /// assert!(migrator.apply().await?.migrations.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
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
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// assert!(migrator.verify().await?.is_fine());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn verify(&mut self) -> Verify<'_> {
        Verify::new(self)
    }

    /// Makes one migration of several.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// // The migrations `users` and `slugs` become one.
    /// let report = migrator.squash().name("initial").await?;
    /// assert_eq!(report.migration.up.path, "0000_initial.sql");
    /// assert_eq!(report.replaced.len(), 2);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn squash(&mut self) -> Squash<'_> {
        Squash::new(self)
    }

    /// Drops everything, then applies all migrations.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// let report = migrator.reset().await?;
    /// assert_eq!((report.dropped.len(), report.migrations.len()), (1, 1));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn reset(&mut self) -> Reset<'_> {
        Reset::new(self)
    }

    /// After a merge, puts our migrations after theirs.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// // Nothing is out of order, so nothing is written.
    /// assert!(!migrator.rebase().await?.written);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn rebase(&mut self) -> Rebase<'_> {
        Rebase::new(self)
    }

    /// Says whether database, migrations and source agree.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// use whimbrel::Finding;
    ///
    /// // The source has a table, and no migration makes it.
    /// let report = migrator.check().await?;
    /// assert!(matches!(&report.findings[..], [Finding::SourceAhead(changes)] if changes.len() == 1));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn check(&mut self) -> Check<'_> {
        Check::new(self)
    }

    /// Reads the live schema.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.push().await?;
    /// let live = migrator.inspect().await?;
    /// assert_eq!(live.schema.tables[0].name.to_string(), "users");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn inspect(&mut self) -> Inspect<'_> {
        Inspect::new(self)
    }

    /// Compares any two schemas with the help of this database's engine.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// use whimbrel::Side;
    ///
    /// let wanted = Source::sql("wanted.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// let report = migrator.diff(Side::Live, Side::Source(wanted)).await?;
    /// assert_eq!(report.changes.len(), 1);
    /// // It only compares: the table is not there.
    /// assert!(migrator.inspect().await?.schema.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn diff(&mut self, from: Side, to: Side) -> Diff<'_> {
        Diff::new(self, Pair::new(from, to))
    }

    /// What is at the other end.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// assert_eq!((migrator.server().name.as_str(), migrator.server().major), (":memory:", 3));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn server(&self) -> &ServerInfo {
        self.connection.server()
    }

    /// The dialect of the database.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// use whimbrel::core::dialect::Dialect;
    ///
    /// assert_eq!(migrator.dialect(), Dialect::Sqlite);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dialect(&self) -> Dialect {
        self.server().dialect
    }

    /// Says whether anything may be written to the database. One that is read-only, be
    /// it a file or a standby, was opened for reading: `apply` is done there if nothing is
    /// pending.
    ///
    /// # Errors
    ///
    /// [`DbError::ReadOnly`], with what stands in the way: what any verb ends with that
    /// would have to write.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Layout, MemoryStore, Migrator};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let file = folder.path().join("app.db");
    /// let store = MemoryStore::from([("0001_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);")]);
    /// let url = format!("sqlite://{}", file.display());
    /// let builder = Migrator::builder(&url)?.store(store.clone()).layout(Layout::LockFile);
    /// builder.clone().connect().await?.apply().await?;
    ///
    /// let mut rights = file.metadata().unwrap().permissions();
    /// rights.set_readonly(true);
    /// std::fs::set_permissions(&file, rights).unwrap();
    /// let mut migrator = builder.connect().await?;
    /// assert!(migrator.apply().await?.migrations.is_empty());
    /// assert!(migrator.writable().unwrap_err().to_string().ends_with("the file is read-only"));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn writable(&self) -> Result<(), Error> {
        self.refusal.clone().map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// Returns a handle that stops whatever statement or script is running: what was
    /// begun is then rolled back, and the verb ends with a cancellation.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{Clock, CreateOptions, MemoryStore, Migration, Migrator, create};
    /// # use whimbrel::core::{dialect::Dialect, history::Format};
    /// # let store = MemoryStore::new();
    /// # let options = CreateOptions { format: Format::Rust, ..CreateOptions::default() };
    /// # create(&store, Dialect::Sqlite, &Clock::system(), "endless", options).await?;
    /// use std::time::Duration;
    ///
    /// let endless = Migration::new("endless").up(|tx| async move {
    ///     let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
    ///     tx.query(format!("{numbers} SELECT max(i) FROM n"), []).await?;
    ///     Ok(())
    /// });
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store).migration(endless);
    /// let mut migrator = builder.connect().await?;
    /// let canceller = migrator.canceller();
    /// let stop = async {
    ///     tokio::time::sleep(Duration::from_millis(50)).await;
    ///     canceller.cancel().await;
    /// };
    /// let (outcome, ()) = tokio::join!(async { migrator.apply().await }, stop);
    /// assert_eq!(outcome.unwrap_err().to_string(), "interrupted");
    /// assert_eq!(migrator.pending().await?.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn canceller(&self) -> Arc<dyn Canceller> {
        self.settings.programs.scripts.stopped_with(self.connection.canceller())
    }

    /// Ends the session and drops the scratch database, if there was one.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let file = folder.path().join("app.db");
    /// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// let url = format!("sqlite://{}", file.display());
    /// let mut migrator = Migrator::builder(&url)?.source(schema).connect().await?;
    /// migrator.push().await?;
    /// migrator.close().await?;
    /// assert!(file.is_file());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
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

impl std::fmt::Debug for Migrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Migrator").field("server", self.server()).finish_non_exhaustive()
    }
}
