//! A project in one of our two layouts, read to be adopted by another.
//!
//! Its tracking table is our own, and says what was applied. Kontract keeps none:
//! there the lock file says it, unless nothing is in the database, or a person
//! says otherwise. Whoever says it, the live schema must bear it out.

use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Schema, Table};
use whimbrel_db::tracking::{TrackingTable, read_register};

use super::{AdoptError, Adopted};
use crate::error::Error;
use crate::history::{History, Layout, Target};
use crate::migrator::Migrator;
use crate::store::Store;

/// The table in which Kontract registers its tables.
const REGISTER: &str = "storage";

/// Another table that Kontract keeps for itself.
const TRANSACTIONS: &str = "trxs";

impl Migrator {
    /// Reads a project; `table` is its tracking table, where that is not the one
    /// of this migrator, and `to` the last migration that the database has, where
    /// it keeps no such table.
    ///
    /// # Errors
    ///
    /// If files, journal or lock file, and tracking table do not agree.
    pub(crate) async fn read_project(
        &mut self,
        from: &dyn Store,
        layout: Layout,
        table: Option<&ObjectName>,
        to: Option<&Target>,
        live: &Schema,
    ) -> Result<Adopted, Error> {
        let dialect = self.dialect();
        let history = History::read_whole(from, layout, dialect).await?;
        let table = match table {
            Some(name) => TrackingTable::resolve(dialect, name)?,
            None => self.tracking_table()?,
        };
        let tracked = self.tracked(&table).await?;
        let standings = history.standings(&tracked.applied, &tracked.progress());
        history.refuse_problems(&standings)?;
        let known = standings.iter().take(history.journal.entries.len());
        let in_table = known.take_while(|standing| standing.applied_at.is_some()).count();
        let in_lock = history.lock.migrations.len();
        let applied = match (layout, to) {
            (_, None) if live.is_empty() => vec![0],
            (Layout::Journal, None) => vec![in_table],
            (Layout::LockFile, None) if tracked.exists => vec![in_table, in_lock],
            (Layout::LockFile, None) => vec![in_lock],
            (Layout::LockFile, Some(to)) if !tracked.exists => vec![to.find(&history.journal)?.0 + 1],
            (Layout::Journal | Layout::LockFile, Some(_)) => {
                return Err(AdoptError::Told { origin: layout.into() }.into());
            }
        };
        let (texts, is_tracked) = (history.texts(), true);
        Ok(Adopted { journal: history.journal, layout, lock: history.lock, texts, applied, is_tracked })
    }

    /// The tables of which Kontract itself keeps account in the database, by their
    /// logical names, with those that it keeps that account in.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(crate) async fn registered(&mut self, live: &Schema) -> Result<Vec<(String, ObjectName)>, Error> {
        let find = |name: &str| live.tables.iter().find(|table| table.name.name == name);
        let has = |table: &&Table, name: &str| table.columns.iter().any(|column| column.name == name);
        let is_register = |table: &&Table| has(table, "id") && has(table, "ptr");
        let Some(register) = find(REGISTER).filter(is_register) else { return Ok(Vec::new()) };
        let own = [REGISTER, TRANSACTIONS].map(|name| (name.to_owned(), ObjectName::new(name)));
        let entries = read_register(self.connection.as_mut(), &register.name).await?;
        Ok(entries.into_iter().chain(own).filter(|(_, name)| find(&name.name).is_some()).collect())
    }
}
