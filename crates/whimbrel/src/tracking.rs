//! The tracking table of a migrator, and running what is recorded there.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use whimbrel_core::name::ObjectName;
use whimbrel_db::DbError;
use whimbrel_db::apply::{Account, Agenda, ApplyObserver, ApplyOptions, Job, Seen, Stopped, apply};
use whimbrel_db::tracking::{Tracked, TrackingTable};

use crate::error::Error;
use crate::migrator::Migrator;

impl Migrator {
    /// The table in which the database keeps what was applied.
    pub(crate) fn tracking_table(&self) -> Result<TrackingTable, Error> {
        let configured = self.settings.introspect.tracking_table.clone();
        let name = configured.unwrap_or_else(|| ObjectName::new(TrackingTable::DEFAULT_NAME));
        Ok(TrackingTable::resolve(self.dialect(), &name)?)
    }

    /// What the database says that it has applied. Nothing is written.
    pub(crate) async fn tracked(&mut self, table: &TrackingTable) -> Result<Tracked, Error> {
        Ok(table.read(self.connection.as_mut()).await?)
    }

    /// Says whether the database has, or once had, applied anything: of one that
    /// never did a lock file is ahead, and rightly so.
    pub(crate) async fn had_any(&mut self, table: &TrackingTable, tracked: &Tracked) -> Result<bool, Error> {
        if !tracked.applied.is_empty() || !tracked.exists {
            return Ok(!tracked.applied.is_empty());
        }
        Ok(table.was_used(self.connection.as_mut()).await?)
    }

    /// What `agenda` wants where a database has applied `tracked`, without running
    /// it.
    pub(crate) async fn preview(
        agenda: &mut dyn Agenda<Error = Error>,
        tracked: &Tracked,
    ) -> Result<Vec<Job>, Error> {
        let progress = tracked.progress();
        let seen = Seen { applied: &tracked.applied, progress: &progress, done: &[] };
        agenda.decide(&seen).await
    }

    /// Runs what `agenda` wants, and returns the names of what was run. Where nothing
    /// can be written, that is refused if there is anything.
    pub(crate) async fn run_jobs(
        &mut self,
        agenda: &mut dyn Agenda<Error = Error>,
        options: &ApplyOptions,
        observer: &mut dyn ApplyObserver,
    ) -> Result<Vec<String>, Error> {
        let mut agenda = IfWritable { agenda, refusal: self.refusal.clone() };
        let mut witness = Witness { observer, accounts: &mut self.accounts };
        witness.accounts.clear();
        match apply(self.connection.as_mut(), &mut agenda, options, &mut witness).await {
            Ok(applied) => Ok(applied.migrations),
            Err(Stopped::Agenda { error, .. }) => Err(error),
            Err(Stopped::Run(error)) => Err(error.into()),
        }
    }
}

/// Wants what another agenda wants, unless nothing can be written.
struct IfWritable<'a> {
    agenda: &'a mut dyn Agenda<Error = Error>,
    refusal: Option<DbError>,
}

#[async_trait]
impl Agenda for IfWritable<'_> {
    type Error = Error;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Error> {
        let jobs = self.agenda.decide(seen).await?;
        match self.refusal.take_if(|_| !jobs.is_empty()) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(jobs),
        }
    }
}

/// Keeps what programs did to the schema, for the lock file.
struct Witness<'w> {
    observer: &'w mut dyn ApplyObserver,
    /// By the names of their migrations.
    accounts: &'w mut BTreeMap<String, Account>,
}

impl ApplyObserver for Witness<'_> {
    fn began(&mut self, total: usize) {
        self.observer.began(total);
    }

    fn started(&mut self, index: usize, total: usize, job: &Job) {
        self.observer.started(index, total, job);
    }

    fn statements(&mut self, done: usize, total: usize) {
        self.observer.statements(done, total);
    }

    fn said(&mut self, line: &str) {
        self.observer.said(line);
    }

    fn accounted(&mut self, name: &str, account: &Account) {
        self.accounts.insert(name.to_owned(), account.clone());
        self.observer.accounted(name, account);
    }

    fn applied(&mut self, job: &Job, elapsed: Duration) {
        self.observer.applied(job, elapsed);
    }
}
