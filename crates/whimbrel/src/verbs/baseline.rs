//! `baseline`: marks as applied what an existing database has already.
//!
//! It is not taken on trust: the migrations are replayed in the scratch database
//! and the result is compared with the live schema. Only where the two are the
//! same is anything recorded, and nothing else in the database is touched.

use std::collections::HashSet;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{AppliedMigration, Entry, Script, Standing, State};
use whimbrel_core::schema::Schema;
use whimbrel_db::apply::{Agenda, ApplyOptions, Job, Record, Seen, Silent};
use whimbrel_db::introspect;

use crate::error::Error;
use crate::history::{History, HistoryError, Target, replay};
use crate::migrator::Migrator;

/// Marks as applied what an existing database has already; refine it, then
/// await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.push().await?;
/// // The table is there already: nobody has to create it again.
/// let migrations = migrator.baseline().to("users").await?;
/// assert_eq!(migrations[0].name, "users");
/// assert!(migrator.apply().await?.migrations.is_empty());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Baseline<'m> {
    migrator: &'m mut Migrator,
    to: Option<Target>,
    dry_run: bool,
}

impl<'m> Baseline<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator, to: None, dry_run: false }
    }

    /// Names the last migration that the database has. Default: the last there
    /// is.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// # migrator.push().await?;
    /// assert_eq!(migrator.baseline().to("users").await?.len(), 1);
    /// assert_eq!(migrator.pending().await?[0].name, "slugs");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn to(mut self, target: impl Into<Target>) -> Self {
        self.to = Some(target.into());
        self
    }

    /// Compares, and records nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.push().await?;
    /// assert_eq!(migrator.baseline().dry_run(true).await?.len(), 1);
    /// assert_eq!(migrator.pending().await?.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Returns the entries that were recorded.
    async fn run(self) -> Result<Vec<Entry>, Error> {
        let history = self.migrator.history().await?;
        let count = match &self.to {
            Some(target) => target.find(&history.journal)?.0 + 1,
            None => history.journal.entries.len(),
        };
        let options = self.migrator.settings.introspect.clone();
        let live = introspect(self.migrator.connection.as_mut(), &options).await?.schema;
        if let Some(difference) = self.migrator.difference(&history, count, &live).await? {
            let fits = self.migrator.fitting(&history, &live).await?;
            let last = history.journal.entries[..count].last().map(|entry| entry.name.clone());
            return Err(
                HistoryError::NotTheBaseline { last: last.unwrap_or_default(), difference, fits }.into()
            );
        }
        let table = self.migrator.tracking_table()?;
        let mut agenda = Marks { dialect: self.migrator.dialect(), history: &history, count };
        let names = match self.dry_run {
            true => {
                let jobs = Migrator::preview(&mut agenda, &self.migrator.tracked(&table).await?).await?;
                jobs.into_iter().map(|job| job.name).collect()
            }
            false => {
                let ran = self.migrator.run_jobs(&mut agenda, &ApplyOptions::new(table), &mut Silent).await;
                let kept = self.migrator.keep_lock_file(false).await;
                let names = ran?;
                kept?;
                names
            }
        };
        let names: HashSet<String> = HashSet::from_iter(names);
        Ok(history.journal.entries.iter().filter(|entry| names.contains(&entry.name)).cloned().collect())
    }
}

impl Migrator {
    /// How `live` differs from what the first `count` migrations lead to.
    async fn difference(
        &mut self,
        history: &History,
        count: usize,
        live: &Schema,
    ) -> Result<Option<String>, Error> {
        let replayed = self.replayed(history, count).await?;
        let states = self.ends(history).await?;
        Ok(history.differs(self.dialect(), live, &states, &replayed))
    }

    /// What replaying begins with and what it comes to, where tables were there
    /// before the first migration.
    async fn ends(&mut self, history: &History) -> Result<Vec<Schema>, Error> {
        if history.lock.base().is_empty() {
            return Ok(Vec::new());
        }
        let last = history.journal.entries.len();
        Ok(vec![self.replayed(history, 0).await?, self.replayed(history, last).await?])
    }

    /// The last migration after which the schema is `live`: all are replayed
    /// once, one after the other.
    async fn fitting(&mut self, history: &History, live: &Schema) -> Result<Option<String>, Error> {
        let works = self.works(history, history.journal.entries.len())?;
        let dialect = self.dialect();
        let states = self.ends(history).await.unwrap_or_default();
        self.begin(history).await?;
        let workshop = self.workshop().await?;
        let mut fitting = None;
        for (entry, work) in history.journal.entries.iter().zip(&works) {
            // What comes after one that does not replay cannot be compared.
            if replay(workshop, work).await.is_err() {
                break;
            }
            if history.differs(dialect, live, &states, &workshop.read().await?).is_none() {
                fitting = Some(entry.name.clone());
            }
        }
        Ok(fitting)
    }
}

/// Wants records of the first migrations, and nothing run.
pub(crate) struct Marks<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) history: &'a History,
    pub(crate) count: usize,
}

#[async_trait]
impl Agenda for Marks<'_> {
    type Error = Error;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Error> {
        let standings = self.history.standings(seen.applied, seen.progress);
        self.history.refuse_problems(&self.marked(&standings, seen))?;
        let both = self.history.journal.entries.iter().zip(&standings).take(self.count);
        let unmarked = both.filter(|(_, standing)| standing.applied_at.is_none()).map(|(entry, _)| entry);
        unmarked.map(|entry| self.mark(entry)).collect()
    }
}

impl Marks<'_> {
    /// Where all would stand with the records: what comes before something that is
    /// applied is not out of order any more.
    fn marked(&self, standings: &[Standing], seen: &Seen<'_>) -> Vec<Standing> {
        let both = self.history.journal.entries.iter().zip(standings).take(self.count);
        let unmarked = both.filter(|(_, one)| one.state == State::OutOfOrder).map(|(entry, _)| entry);
        let row = |entry: &Entry| AppliedMigration {
            id: 0,
            name: entry.name.clone(),
            checksum: entry.checksum.to_string(),
            applied_at: String::new(),
        };
        let rows: Vec<_> = seen.applied.iter().cloned().chain(unmarked.map(row)).collect();
        self.history.standings(&rows, seen.progress)
    }

    fn mark(&self, entry: &Entry) -> Result<Job, Error> {
        let work = Script::read(self.dialect, &self.history.file(entry), "")?.into();
        let (name, checksum) = (entry.name.clone(), entry.checksum.clone());
        Ok(Job { name, checksum, work, record: Record::Insert })
    }
}

impl<'m> IntoFuture for Baseline<'m> {
    type Output = Result<Vec<Entry>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Baseline<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Baseline")
            .field("to", &self.to)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
