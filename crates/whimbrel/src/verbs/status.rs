//! `status` and `pending`: where every migration stands. Nothing is written.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::history::{Entry, Standing, State};

use crate::error::Error;
use crate::history::{History, Layout};
use crate::migrator::Migrator;

/// Says of every migration where it stands; await it.
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
/// assert_eq!(migrator.status().await?.count(State::Pending), 1);
/// migrator.apply().await?;
/// assert_eq!(migrator.status().await?.count(State::Applied), 1);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Status<'m> {
    migrator: &'m mut Migrator,
}

/// Lists what is not applied; await it.
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
pub struct Pending<'m> {
    migrator: &'m mut Migrator,
}

/// Where the migrations stand.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// let report = migrator.status().await?;
/// assert_eq!(report.migrations[0].name, "users");
/// assert!(report.to_string().starts_with("0000_users"));
/// assert_eq!(report.lock, None);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StatusReport {
    /// Those of the journal in its order, then those that only the database
    /// knows.
    pub migrations: Vec<Standing>,
    /// How far lock file and database have come, in the layout that has one.
    pub lock: Option<LockStanding>,
}

/// How far a lock file and a database have come. That the lock file is ahead is
/// usual: others have applied what this database has not. Where it is behind, the
/// next `apply` brings it up to date.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{Layout, MemoryStore, Migrator};
/// # let store = MemoryStore::from([("0001_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);\n")]);
/// # let builder = Migrator::builder("sqlite::memory:")?.store(store).layout(Layout::LockFile);
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::LockStanding;
///
/// assert_eq!(migrator.status().await?.lock, Some(LockStanding { lock: 0, database: 0 }));
/// migrator.apply().await?;
/// assert_eq!(migrator.status().await?.lock, Some(LockStanding { lock: 1, database: 1 }));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockStanding {
    /// The version of the lock file.
    pub lock: u32,
    /// The number of the last migration that the database has applied.
    pub database: u32,
}

impl LockStanding {
    /// Says whether the database has applied what the lock file does not know.
    ///
    /// ```
    /// use whimbrel::LockStanding;
    ///
    /// assert!(LockStanding { lock: 2, database: 3 }.is_behind());
    /// // Others have applied more: that is usual.
    /// assert!(!LockStanding { lock: 4, database: 3 }.is_behind());
    /// ```
    pub fn is_behind(self) -> bool {
        self.lock < self.database
    }
}

impl History {
    /// How far lock file and database have come; `None` in the other layout.
    pub(crate) fn lock_standing(&self, standings: &[Standing]) -> Option<LockStanding> {
        let applied = |one: &&Standing| one.applied_at.is_some() && one.idx.is_some();
        let database = standings.iter().filter(applied).filter_map(|one| one.idx).max().unwrap_or(0);
        match self.layout {
            Layout::Journal => None,
            Layout::LockFile => Some(LockStanding { lock: self.lock.version, database }),
        }
    }
}

impl<'m> Status<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator }
    }

    async fn run(self) -> Result<StatusReport, Error> {
        let history = self.migrator.whole_history().await?;
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let migrations = history.standings(&tracked.applied, &tracked.progress());
        Ok(StatusReport { lock: history.lock_standing(&migrations), migrations })
    }
}

impl<'m> Pending<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator }
    }

    async fn run(self) -> Result<Vec<Entry>, Error> {
        let history = self.migrator.history().await?;
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let standings = history.standings(&tracked.applied, &tracked.progress());
        let both = history.journal.entries.iter().zip(&standings);
        let pending = both.filter(|(_, standing)| standing.applied_at.is_none());
        Ok(pending.map(|(entry, _)| entry.clone()).collect())
    }
}

impl StatusReport {
    /// The number of migrations in a state.
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
    /// assert_eq!((report.count(State::Pending), report.count(State::Applied)), (1, 0));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn count(&self, state: State) -> usize {
        self.migrations.iter().filter(|one| one.state == state).count()
    }
}

impl fmt::Display for StatusReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.migrations.iter().try_for_each(|one| writeln!(f, "{one}"))
    }
}

impl<'m> IntoFuture for Status<'m> {
    type Output = Result<StatusReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<'m> IntoFuture for Pending<'m> {
    type Output = Result<Vec<Entry>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status").finish_non_exhaustive()
    }
}

impl fmt::Debug for Pending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}
