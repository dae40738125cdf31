//! The scratch database of a run, opened when it is first needed.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::{LeftAlone, Schema};
use whimbrel_db::apply::Work;
use whimbrel_db::inventory::{Inventory, inventory};
use whimbrel_db::scratch::{Scratch, ScratchLimits};
use whimbrel_db::{Connection, DbError, IntrospectError, IntrospectOptions, introspect, reset_session};

use crate::cache::Entry;

/// A scratch database together with how schemas are read from it.
pub(crate) struct Workshop {
    scratch: Box<dyn Scratch>,
    introspect: IntrospectOptions,
}

impl Workshop {
    pub(crate) fn new(scratch: Box<dyn Scratch>, introspect: IntrospectOptions) -> Self {
        Self { scratch, introspect }
    }

    pub(crate) fn connection(&mut self) -> &mut dyn Connection {
        self.scratch.connection()
    }

    pub(crate) fn dialect(&mut self) -> Dialect {
        self.connection().server().dialect
    }

    /// What the database cannot do.
    pub(crate) fn limits(&self) -> ScratchLimits {
        self.scratch.limits()
    }

    /// Empties the database for the next use.
    pub(crate) async fn reset(&mut self) -> Result<(), DbError> {
        self.scratch.reset().await
    }

    /// Takes back what a migration changed of the session itself.
    pub(crate) async fn reset_session(&mut self, work: &Work) -> Result<(), DbError> {
        // In a namespace of the target the session is not ours to reset.
        if !self.limits().no_transactions {
            reset_session(self.scratch.connection()).await?;
        }
        match work.endings(self.dialect()) {
            [] => Ok(()),
            endings => self.scratch.connection().query_all(endings).await.map(drop),
        }
    }

    /// Reads back what is in it.
    pub(crate) async fn read(&mut self) -> Result<Schema, IntrospectError> {
        Ok(self.read_all().await?.schema)
    }

    /// Reads back what is in it, with what is left alone.
    pub(crate) async fn read_all(&mut self) -> Result<Entry, IntrospectError> {
        let read = introspect(self.scratch.connection(), &self.introspect).await?;
        // No GRANT is run here: what there is comes of the namespaces that were made.
        let is_of_the_source = |one: &LeftAlone| one.kind != LeftAlone::GRANT;
        let left_alone = read.left_alone.into_iter().filter(is_of_the_source).collect();
        Ok(Entry { schema: read.schema, left_alone })
    }

    /// Reads back all that is in it, and takes stock.
    pub(crate) async fn stock(&mut self) -> Result<(Entry, Inventory), IntrospectError> {
        Ok((self.read_all().await?, inventory(self.scratch.connection()).await?))
    }

    /// Drops the database.
    pub(crate) async fn close(self) -> Result<(), DbError> {
        self.scratch.close().await
    }
}
