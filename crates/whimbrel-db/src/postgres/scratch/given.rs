//! The empty database that `--scratch-url` names, for a role that may not make
//! databases. It is left as empty as it was found.

use async_trait::async_trait;

use super::{connect, empty};
use crate::connection::Connection;
use crate::error::DbError;
use crate::postgres::PostgresConnection;
use crate::postgres::config::PostgresConfig;
use crate::scratch::{Scratch, ScratchLimits};

/// Keeps a second run out of the same database: the bytes of "scratch".
const LOCK: i64 = 0x0073_6372_6174_6368;

/// Counts what a person has made.
const OBJECTS: &str = "SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.oid >= 16384 AND n.nspname !~ '^pg_') + (SELECT count(*) FROM pg_proc WHERE oid >= 16384) \
     + (SELECT count(*) FROM pg_type WHERE oid >= 16384 AND typrelid = 0) \
     + (SELECT count(*) FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_' AND nspname <> 'public')";

/// The named database, while it is ours.
pub(super) struct Given {
    connection: PostgresConnection,
    /// Holds the lock; the other session's settings are all discarded.
    keeper: PostgresConnection,
    is_dirty: bool,
}

impl Given {
    /// Takes the database, if it is empty and nobody else has it.
    pub(super) async fn open(config: PostgresConfig) -> Result<Self, DbError> {
        let name = config.name();
        let refused = |reason: &str, help: &str| DbError::Connect {
            name: name.clone(),
            reason: reason.to_owned(),
            help: help.to_owned(),
        };
        let mut keeper = connect(&config).await?;
        let locked = keeper.query(&format!("SELECT pg_try_advisory_lock({LOCK})")).await?;
        if !locked.first().is_some_and(|row| row.is_true(0)) {
            return Err(refused(
                "another run uses it as its scratch database",
                "wait for it to end, or name another database with `--scratch-url`",
            ));
        }
        let objects = keeper.query(OBJECTS).await?;
        if objects.first().and_then(|row| row.integer(0)) != Some(0) {
            return Err(refused(
                "it holds objects, and the role may not make a database of its own",
                "let `--scratch-url` name an empty database, or a role with CREATEDB",
            ));
        }
        let connection = connect(&config).await?;
        Ok(Self { connection, keeper, is_dirty: false })
    }

    async fn empty(&mut self) -> Result<(), DbError> {
        if !self.is_dirty || empty::empty(&mut self.connection).await? {
            self.is_dirty = false;
            return Ok(());
        }
        Err(DbError::Connect {
            name: self.connection.server().name.clone(),
            reason: "it could not be emptied".to_owned(),
            help: "let `--scratch-url` name a role that owns the database, or one with CREATEDB".to_owned(),
        })
    }
}

#[async_trait]
impl Scratch for Given {
    fn connection(&mut self) -> &mut dyn Connection {
        self.is_dirty = true;
        &mut self.connection
    }

    fn limits(&self) -> ScratchLimits {
        ScratchLimits::default()
    }

    async fn reset(&mut self) -> Result<(), DbError> {
        self.empty().await
    }

    async fn close(mut self: Box<Self>) -> Result<(), DbError> {
        self.empty().await?;
        let Self { connection, keeper, .. } = *self;
        Box::new(connection).close().await?;
        Box::new(keeper).close().await
    }
}
