//! What a database had before its first migration.
//!
//! A lock file takes it for granted, a journal begins with it. It is not guessed:
//! the live schema is made in the scratch database, and the ways back of what was
//! applied are run there.

use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::history::{Entry, FileTexts, Journal};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::plan;
use whimbrel_core::schema::Schema;

use super::{AdoptError, Adopted};
use crate::draft::drafts;
use crate::error::Error;
use crate::history::{History, Layout, Said, Writer, is_fault_of_the_file, replay, replay_error};
use crate::migrator::Migrator;
use crate::prove::{Claim, build};

/// What the migration is called that comes before all others.
const NAME: &str = "base";

impl Migrator {
    /// The migrations that make what was there before the first of these, for a
    /// journal; none, if nothing was.
    ///
    /// # Errors
    ///
    /// If that cannot be made out.
    pub(crate) async fn base_of(
        &mut self,
        adopted: &Adopted,
        live: &Schema,
    ) -> Result<Vec<(Entry, FileTexts)>, Error> {
        let is_plain = adopted.lock.base().is_empty() && self.registered(live).await?.is_empty();
        if is_plain || live.is_empty() {
            return Ok(Vec::new());
        }
        let before = self.taken_back(adopted, live).await?;
        let (dialect, empty) = (self.dialect(), Schema::default());
        let pair = Pair::new(&empty, &before);
        let changes = diff(dialect, pair, &Renames::default()).changes;
        let plan = plan(dialect, pair, &changes)?;
        let claim = Claim { pair, renames: &Renames::default(), changes: &changes, plan: &plan };
        let drafts = if plan.is_empty() { Vec::new() } else { drafts(self.workshop().await?, claim).await? };
        let history = History::of(String::new(), Journal::new(dialect), [].into());
        let (engine, now) = (self.server().engine(), self.settings.clock.now());
        let writer = Writer { history: &history, dialect, engine, now };
        let name = adopted.journal.unique_name(NAME);
        let (written, _) = writer.write(Some(&name), Said::default(), drafts)?;
        let texts = |one: crate::history::Written| {
            (one.entry, FileTexts { up: one.up.text, down: one.down.map(|down| down.text) })
        };
        Ok(written.into_iter().map(texts).collect())
    }

    /// The live schema after the ways back of all that was applied.
    async fn taken_back(&mut self, adopted: &Adopted, live: &Schema) -> Result<Schema, Error> {
        let history = adopted.history(Layout::LockFile.head().to_owned());
        let (dialect, programs) = (self.dialect(), self.settings.programs.clone());
        let workshop = self.workshop().await?;
        if let Err(reason) = build(workshop, live).await? {
            return Err(AdoptError::NoBase { reason }.into());
        }
        let applied = adopted.applied.first().copied().unwrap_or_default();
        for entry in history.journal.entries[..applied].iter().rev() {
            let (_, work) = history.way_back(&programs, dialect, entry).map_err(no_base)?;
            replay(workshop, &work)
                .await
                .map_err(|failure| no_base(replay_error(dialect, &work, failure)))?;
        }
        Ok(workshop.read().await?)
    }
}

fn no_base(error: Error) -> Error {
    match is_fault_of_the_file(&error) || matches!(&error, Error::History(_)) {
        true => AdoptError::NoBase { reason: error.to_string() }.into(),
        false => error,
    }
}
