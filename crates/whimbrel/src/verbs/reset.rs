//! `reset`: drops everything, then applies all migrations.
//!
//! Each migration, and the dropping, is a transaction of its own with its record:
//! what the tracking table says is what the database has, wherever it stops.

use std::collections::HashSet;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use async_trait::async_trait;
use whimbrel_core::change::Change;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::history::{Checksum, Entry, Script};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, plan};
use whimbrel_core::resolve::{losses, strict};
use whimbrel_core::schema::Schema;
use whimbrel_db::apply::{Agenda, ApplyObserver, ApplyOptions, Job, Record, Seen, Silent};
use whimbrel_db::introspect;

use crate::error::Error;
use crate::facts::{self, Probed};
use crate::history::History;
use crate::migrator::Migrator;
use crate::resolver::AsyncResolver;
use crate::resolving::{ByPolicy, check_policy, resolve_losses};

/// The name of the job that drops everything; no migration can have it.
const DROPPING: &str = "(drop everything)";

/// Drops everything, then applies all migrations; refine it, then await it.
///
/// Without a resolver every loss is an [`Error::Unanswered`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.apply().await?;
/// use whimbrel::core::resolve::lenient;
///
/// let report = migrator.reset().resolver(lenient()).await?;
/// assert_eq!((report.dropped.len(), report.migrations.len()), (1, 1));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Reset<'m> {
    migrator: &'m mut Migrator,
    dry_run: bool,
    resolver: Box<dyn AsyncResolver + 'm>,
    observer: Box<dyn ApplyObserver + 'm>,
}

/// What `reset` did, or would do.
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
/// assert_eq!(report.dropped[0].table_name().unwrap().to_string(), "users");
/// assert_eq!(report.migrations[0].name, "users");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResetReport {
    /// What was dropped.
    pub dropped: Vec<Change>,
    /// The migrations that were applied then.
    pub migrations: Vec<Entry>,
}

impl<'m> Reset<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator, dry_run: false, resolver: Box::new(strict()), observer: Box::new(Silent) }
    }

    /// Looks, and changes nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// assert_eq!(migrator.reset().dry_run(true).await?.dropped.len(), 1);
    /// assert_eq!(migrator.inspect().await?.schema.tables.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Says who answers questions.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder(&url)?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// use whimbrel::db::connect;
    /// use whimbrel::resolver::{lenient, reject_all};
    ///
    /// let mut connection = connect(&url.parse()?, &Default::default()).await?;
    /// connection.execute("INSERT INTO users VALUES (1)").await?;
    /// assert!(migrator.reset().resolver(reject_all()).await.is_err());
    /// assert_eq!(migrator.reset().resolver(lenient()).await?.dropped.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resolver(mut self, resolver: impl AsyncResolver + 'm) -> Self {
        self.resolver = Box::new(resolver);
        self
    }

    /// Says who hears how it is getting on.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// use whimbrel::db::apply::{ApplyObserver, Job};
    ///
    /// /// Counts what begins.
    /// #[derive(Default)]
    /// struct Count(usize);
    ///
    /// impl ApplyObserver for Count {
    ///     fn started(&mut self, _: usize, _: usize, _: &Job) {
    ///         self.0 += 1;
    ///     }
    /// }
    ///
    /// let mut count = Count::default();
    /// migrator.reset().observer(&mut count).await?;
    /// // Dropping everything, and one migration.
    /// assert_eq!(count.0, 2);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn observer(mut self, observer: impl ApplyObserver + 'm) -> Self {
        self.observer = Box::new(observer);
        self
    }

    async fn run(mut self) -> Result<ResetReport, Error> {
        if !self.dry_run {
            self.migrator.writable()?;
        }
        let history = self.migrator.history().await?;
        // What does not hold together in files and journal is found before anything goes.
        history.refuse_problems(&history.standings(&[], &[]))?;
        let dialect = self.migrator.dialect();
        let options = self.migrator.settings.introspect.clone();
        let live = introspect(self.migrator.connection.as_mut(), &options).await?;
        let empty = Schema::default();
        let pair = Pair::new(&live.schema, &empty);
        let dropped = diff(dialect, pair, &Renames::default()).changes;
        let drops = plan(dialect, pair, &dropped)?;
        let jobs = self.jobs(&history, &drops)?;
        if !self.dry_run {
            check_policy(self.migrator.settings.policy, &dropped, None)?;
            self.ask(pair, &dropped).await?;
            let table = self.migrator.tracking_table()?;
            let mut agenda = Everything { jobs };
            // All rows are accepted to go: what is lost on the way from nothing, the migrations
            // themselves have put in.
            let options = ApplyOptions { accept_data_loss: true, ..ApplyOptions::new(table) };
            let ran = self.migrator.run_jobs(&mut agenda, &options, self.observer.as_mut()).await;
            let kept = self.migrator.keep_lock_file(false).await;
            ran?;
            kept?;
        }
        Ok(ResetReport { dropped, migrations: history.journal.entries.clone() })
    }

    /// The dropping, then every migration.
    fn jobs(&self, history: &History, drops: &Plan) -> Result<Vec<Job>, Error> {
        let dialect = self.migrator.dialect();
        let text = drops.statements().join("\n");
        let work = Script::read(dialect, DROPPING, &text)?.into();
        let checksum = Checksum::of_file(&text);
        let mut jobs = vec![Job { name: DROPPING.to_owned(), checksum, work, record: Record::Clear }];
        for entry in &history.journal.entries {
            let (name, checksum) = (entry.name.clone(), entry.checksum.clone());
            jobs.push(Job {
                name,
                checksum,
                work: history.way_there(&self.migrator.settings.programs, dialect, entry)?,
                record: Record::Insert,
            });
        }
        Ok(jobs)
    }

    async fn ask(&mut self, pair: Pair<&Schema>, dropped: &[Change]) -> Result<(), Error> {
        let losses = losses(self.migrator.dialect(), pair, dropped);
        let connection = self.migrator.connection.as_mut();
        let probed = facts::probe_all(connection, pair, &Renames::default(), losses).await?;
        let asked: Vec<&Probed> = probed.iter().filter(|one| one.needs_an_answer()).collect();
        let mut resolver = ByPolicy(self.migrator.settings.policy, self.resolver.as_mut());
        resolve_losses(&mut [], &asked, &mut resolver).await.map(drop)
    }
}

/// Wants the same as long as it is not done.
struct Everything {
    jobs: Vec<Job>,
}

#[async_trait]
impl Agenda for Everything {
    type Error = Error;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Error> {
        let done: HashSet<&String> = seen.done.iter().collect();
        Ok(self.jobs.iter().filter(|job| !done.contains(&job.name)).cloned().collect())
    }
}

impl<'m> IntoFuture for Reset<'m> {
    type Output = Result<ResetReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Reset<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reset").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}
