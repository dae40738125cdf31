//! `drop`: forgets that migrations were applied, and runs nothing.
//!
//! What they made stays in the database. It is for a database that was put back
//! by other means; whoever applies again runs them again.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use async_trait::async_trait;
use whimbrel_core::history::{AppliedMigration, Checksum, Script};
use whimbrel_db::apply::{Agenda, ApplyOptions, Job, Record, Seen, Silent};

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
        let newest = tracked.applied.into_iter().rev().take(self.count);
        let jobs = newest.map(|row| forget(self.migrator, row)).collect::<Result<_, _>>()?;
        let mut agenda = Chosen { jobs };
        let names = self.migrator.run_jobs(&mut agenda, &ApplyOptions::new(table), &mut Silent).await?;
        if self.migrator.settings.store.is_some() {
            self.migrator.keep_lock_file(true).await?;
        }
        Ok(names)
    }
}

fn forget(migrator: &Migrator, row: AppliedMigration) -> Result<Job, Error> {
    let work = Script::read(migrator.dialect(), "nothing", "")?.into();
    // A row that holds no checksum can be forgotten too.
    let checksum = row.checksum.parse().unwrap_or_else(|_| Checksum::of_file(""));
    Ok(Job { name: row.name, checksum, work, record: Record::Delete })
}

/// Wants the rows gone that were chosen, if they are still there.
struct Chosen {
    jobs: Vec<Job>,
}

#[async_trait]
impl Agenda for Chosen {
    type Error = Error;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Error> {
        let is_there = |job: &&Job| seen.applied.iter().any(|row| row.name == job.name);
        Ok(self.jobs.iter().filter(is_there).cloned().collect())
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
