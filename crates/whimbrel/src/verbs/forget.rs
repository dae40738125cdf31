//! `drop`: forgets that migrations were applied, and runs nothing.
//!
//! What they made stays in the database. It is for a database that was put back
//! by other means; whoever applies again runs them again, from their beginning.

use std::collections::{HashMap, HashSet};
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Checksum, Script, Standing};
use whimbrel_db::apply::{Agenda, ApplyOptions, Job, Record, Seen, Silent};
use whimbrel_db::tracking::Tracked;

use crate::error::Error;
use crate::migrator::Migrator;

/// Forgets that the last migrations were applied; await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.apply().await?;
/// migrator.forget(1).await?;
/// assert_eq!(migrator.pending().await?[0].name, "users");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Forget<'m> {
    migrator: &'m mut Migrator,
    count: usize,
}

impl<'m> Forget<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator, count: usize) -> Self {
        Self { migrator, count }
    }

    /// Returns the names of those that were forgotten, the newest first.
    async fn run(self) -> Result<Vec<String>, Error> {
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let standings = match self.migrator.settings.store {
            Some(_) => self.migrator.history().await?.standings(&tracked.applied, &tracked.progress()),
            None => Vec::new(),
        };
        let newest = remembered(&tracked, &standings).into_iter().take(self.count);
        let jobs = newest.map(|one| one.job(self.migrator.dialect())).collect::<Result<_, _>>()?;
        let mut agenda = Chosen { jobs };
        let names = self.migrator.run_jobs(&mut agenda, &ApplyOptions::new(table), &mut Silent).await?;
        if self.migrator.settings.store.is_some() {
            self.migrator.keep_lock_file(true).await?;
        }
        Ok(names)
    }
}

/// What a database knows of a migration.
struct Remembered {
    name: String,
    /// The rows of the tracking table that say that it is applied; none if it was
    /// only begun.
    rows: Vec<String>,
}

impl Remembered {
    fn job(self, dialect: Dialect) -> Result<Job, Error> {
        let work = Script::read(dialect, "nothing", "")?.into();
        let (checksum, record) = (Checksum::of_file(""), Record::Forget { rows: self.rows });
        Ok(Job { name: self.name, checksum, work, record })
    }
}

/// All that a database knows of, the newest first: what was begun, then what is
/// applied, a squash as one.
fn remembered(tracked: &Tracked, standings: &[Standing]) -> Vec<Remembered> {
    let squashes = standings.iter().filter_map(|one| Some((one.name.as_str(), one.swap()?)));
    let squashes = squashes.flat_map(|(name, rows)| rows.iter().map(move |row| (row, (name, rows))));
    let squashes: HashMap<&String, (&str, &[String])> = squashes.collect();
    let applied = tracked.applied.iter().rev().map(|row| {
        let alone = (row.name.as_str(), std::slice::from_ref(&row.name));
        squashes.get(&row.name).copied().unwrap_or(alone)
    });
    let begun = tracked.unfinished.iter().rev().map(|row| (row.name.as_str(), &[][..]));
    let (mut seen, applied) = (HashSet::new(), Vec::from_iter(applied));
    let names: HashSet<&str> = applied.iter().map(|(name, _)| *name).collect();
    let only_begun = begun.filter(|(name, _)| !names.contains(name));
    let all = only_begun.chain(applied.iter().copied()).filter(|(name, _)| seen.insert(*name));
    all.map(|(name, rows)| Remembered { name: name.to_owned(), rows: rows.to_vec() }).collect()
}

/// Wants forgotten what was chosen, if it is still known of.
struct Chosen {
    jobs: Vec<Job>,
}

#[async_trait]
impl Agenda for Chosen {
    type Error = Error;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Error> {
        let is_known = |job: &&Job| {
            let is_begun = seen.progress.iter().any(|row| row.name == job.name);
            is_begun || seen.applied.iter().any(|row| job.record.deleted().contains(&row.name))
        };
        Ok(self.jobs.iter().filter(is_known).cloned().collect())
    }
}

impl<'m> IntoFuture for Forget<'m> {
    type Output = Result<Vec<String>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Forget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forget").field("count", &self.count).finish_non_exhaustive()
    }
}
