//! Scratch databases of SQLite: in memory, and confined to it.

use async_trait::async_trait;

use super::SqliteConnection;
use crate::connection::Connection;
use crate::error::DbError;
use crate::scratch::{Scratch, ScratchLimits};

/// A database in memory from which no statement reaches out: no file can be
/// attached (VACUUM INTO counts as that), and extensions cannot be loaded.
/// Foreign keys are not enforced while a schema is loaded.
pub(crate) struct SqliteScratch(SqliteConnection);

/// Opens an empty scratch database.
pub(crate) async fn open() -> Result<SqliteScratch, DbError> {
    let mut connection = SqliteConnection::open_in_memory().await?;
    connection.confine().await?;
    connection.execute("PRAGMA foreign_keys = OFF").await?;
    Ok(SqliteScratch(connection))
}

#[async_trait]
impl Scratch for SqliteScratch {
    fn connection(&mut self) -> &mut dyn Connection {
        &mut self.0
    }

    fn limits(&self) -> ScratchLimits {
        ScratchLimits::default()
    }

    async fn reset(&mut self) -> Result<(), DbError> {
        *self = open().await?;
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), DbError> {
        Box::new(self.0).close().await
    }
}
