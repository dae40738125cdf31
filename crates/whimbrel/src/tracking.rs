//! The tracking table of a migrator, and running what is recorded there.

use whimbrel_core::name::ObjectName;
use whimbrel_db::apply::{Agenda, ApplyObserver, ApplyOptions, Seen, Stopped, apply};
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

    /// The names of what `agenda` wants, without running it.
    pub(crate) async fn preview(
        &mut self,
        agenda: &mut dyn Agenda<Error = Error>,
        table: &TrackingTable,
    ) -> Result<Vec<String>, Error> {
        let tracked = self.tracked(table).await?;
        let progress = tracked.progress();
        let seen = Seen { applied: &tracked.applied, progress: &progress, done: &[] };
        Ok(agenda.decide(&seen).await?.into_iter().map(|job| job.name).collect())
    }

    /// Runs what `agenda` wants, and returns the names of what was run.
    pub(crate) async fn run_jobs(
        &mut self,
        agenda: &mut dyn Agenda<Error = Error>,
        options: &ApplyOptions,
        observer: &mut dyn ApplyObserver,
    ) -> Result<Vec<String>, Error> {
        match apply(self.connection.as_mut(), agenda, options, observer).await {
            Ok(applied) => Ok(applied.migrations),
            Err(Stopped::Agenda { error, .. }) => Err(error),
            Err(Stopped::Run(error)) => Err(error.into()),
        }
    }
}
