//! An adopted history, tried out and compared with the database.

use whimbrel_core::lockfile::LockTable;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::Schema;

use super::{AdoptError, Origin};
use crate::error::Error;
use crate::history::{History, Layout};
use crate::migrator::Migrator;

/// What a trial showed.
pub(crate) struct Tried {
    /// How many of the migrations the database has applied.
    pub(crate) applied: usize,
    /// The schema after the last migration.
    pub(crate) schema: Schema,
    /// What is worth knowing.
    pub(crate) notes: Vec<String>,
}

impl Migrator {
    /// Tries every migration out, stamps it with what that showed, and compares
    /// what the applied ones lead to with the live schema: it must be that after
    /// one of the numbers in `applied`.
    ///
    /// # Errors
    ///
    /// If a migration does not replay, or the live schema is another.
    pub(crate) async fn try_adopted(
        &mut self,
        history: &mut History,
        origin: Origin,
        applied: &[usize],
        live: &Schema,
    ) -> Result<Tried, Error> {
        let engine = self.server().engine();
        let mut schemas = vec![self.begin(history).await?];
        for at in 0..history.journal.entries.len() {
            let tried = self.tried(history, at, &schemas[at]).await?;
            schemas.push(tried.after);
            let entry = &mut history.journal.entries[at];
            (entry.proof, entry.engine) = (Some(tried.proof), Some(engine.clone()));
        }
        let notes = self.take_in_registered(history, live, &schemas).await?;
        let fits =
            |count: &usize| history.differs(self.dialect(), live, &schemas, &schemas[*count]).is_none();
        let fitting = applied.iter().copied().find(fits);
        let likeliest = applied.first().copied().unwrap_or_default();
        let Some(applied) = fitting else {
            return Err(self.other_schema(history, origin, likeliest, live, &schemas).into());
        };
        let schema = schemas.pop().unwrap_or_default();
        Ok(Tried { applied, schema, notes })
    }

    fn other_schema(
        &self,
        history: &History,
        origin: Origin,
        applied: usize,
        live: &Schema,
        schemas: &[Schema],
    ) -> AdoptError {
        let dialect = self.dialect();
        let differs = |schema: &Schema| history.differs(dialect, live, schemas, schema);
        let name = |count: usize| Some(history.journal.entries.get(count.checked_sub(1)?)?.name.clone());
        let fits = (1..schemas.len()).rev().find(|count| differs(&schemas[*count]).is_none());
        let difference = differs(&schemas[applied]).unwrap_or_default();
        let (last, fits) = (name(applied).unwrap_or_default(), fits.and_then(name));
        AdoptError::Differs { origin, last, difference, fits }
    }

    /// Puts tables that Kontract keeps account of, and no migration makes, into the
    /// lock file: without fields, since those are in its documents.
    async fn take_in_registered(
        &mut self,
        history: &mut History,
        live: &Schema,
        schemas: &[Schema],
    ) -> Result<Vec<String>, Error> {
        if history.layout == Layout::Journal {
            return Ok(Vec::new());
        }
        let dialect = self.dialect();
        let is_made = |name: &ObjectName| {
            schemas.iter().flat_map(|schema| &schema.tables).any(|table| dialect.same_name(&table.name, name))
        };
        let registered = self.registered(live).await?;
        let new = registered.into_iter().filter(|(logical, name)| {
            let is_known = history.lock.tables.contains(logical);
            !is_known && history.lock.table_at(&name.name).is_none() && !is_made(name)
        });
        let new: Vec<_> = new.collect();
        for (logical, name) in &new {
            let table = LockTable { ptr: name.name.clone(), ..LockTable::default() };
            history.lock.tables.insert(logical.as_str(), table);
        }
        let note = |(logical, name): &(String, ObjectName)| {
            format!(
                "`{name}` is in the database and made by no migration: it is `tables.{logical}` in the lock file now"
            )
        };
        Ok(new.iter().map(note).collect())
    }
}
