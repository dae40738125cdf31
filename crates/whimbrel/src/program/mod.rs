//! Migrations that are programs: scripts, and closures of the program that embeds
//! whimbrel.
//!
//! Whatever a migration is, the journal orders it, its file has a checksum, and
//! it runs in one transaction with its record. Here it is decided what a file
//! comes to: statements, or something that [`whimbrel_db::apply`] can run.

mod migration;
mod scripts;

pub use migration::{BoxError, Migration};
pub(crate) use scripts::Scripts;

use std::collections::BTreeMap;
use std::sync::Arc;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Entry, Format, Script, closure_version};
use whimbrel_db::apply::Work;

use crate::error::Error;
use crate::history::HistoryError;
use migration::Way;

/// What runs the migrations that are no statements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Programs {
    closures: BTreeMap<String, Arc<Migration>>,
    /// What runs scripts.
    pub(crate) scripts: Scripts,
}

impl Programs {
    /// Takes a closure; a later one of the same name takes its place.
    pub(crate) fn register(&mut self, migration: Migration) {
        self.closures.insert(migration.name.clone(), Arc::new(migration));
    }

    /// What a migration does on the way there; `up` is the text of its file.
    ///
    /// # Errors
    ///
    /// If the file holds what may not stand there, or nothing can run it.
    pub(crate) fn way_there(
        &self,
        dialect: Dialect,
        entry: &Entry,
        file: &str,
        up: &str,
    ) -> Result<Work, Error> {
        let work = match entry.format {
            Format::Sql => Some(Work::Script(Script::read(dialect, file, up)?)),
            Format::Ts | Format::Js => self.scripts.work(entry, file, up, Way::There)?,
            Format::Rust => self.closure(entry, file, up, Way::There)?,
        };
        let empty = || HistoryError::Empty { migration: entry.name.clone(), file: file.to_owned() };
        Ok(work.ok_or_else(empty)?)
    }

    /// What a program does on the way back; `None` if it has none.
    ///
    /// # Errors
    ///
    /// As [`Programs::way_there`].
    pub(crate) fn way_back(&self, entry: &Entry, file: &str, up: &str) -> Result<Option<Work>, Error> {
        match entry.format {
            // Statements have a file of their own for it.
            Format::Sql => Ok(None),
            Format::Ts | Format::Js => self.scripts.work(entry, file, up, Way::Back),
            Format::Rust => self.closure(entry, file, up, Way::Back),
        }
    }

    fn closure(&self, entry: &Entry, file: &str, up: &str, way: Way) -> Result<Option<Work>, Error> {
        let unregistered = || HistoryError::Unregistered { migration: entry.name.clone() };
        let migration = self.closures.get(&entry.name).ok_or_else(unregistered)?;
        let (registered, written) = (migration.version, closure_version(up));
        if written != Some(registered) {
            let (migration, file) = (entry.name.clone(), file.to_owned());
            return Err(HistoryError::OtherVersion { migration, file, registered, written }.into());
        }
        Ok(migration.program(file, way).map(Work::Program))
    }
}
