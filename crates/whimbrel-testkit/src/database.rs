//! Empty databases for tests, of any engine.

use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::Schema;
use whimbrel_core::sql::split;
use whimbrel_db::{
    ConnectOptions, Connection, DbError, IntrospectOptions, Missing, SqliteConnection, connect, introspect,
};

use crate::cluster::{Cluster, TestDatabase};

/// A database of its own for one test, and a session with it. It is gone when
/// this is dropped.
pub struct Database {
    /// The session.
    pub connection: Box<dyn Connection>,
    /// Where others reach it.
    url: String,
    /// What must outlive the session.
    _place: Place,
}

enum Place {
    Memory,
    Folder { _folder: TempDir },
    Cluster(Option<TestDatabase<'static>>),
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Cluster(database) = self {
            POOL.lock().unwrap_or_else(PoisonError::into_inner).extend(database.take());
        }
    }
}

/// Databases that nobody uses: to clear one takes milliseconds, to make one
/// takes a tenth of a second.
static POOL: Mutex<Vec<TestDatabase<'static>>> = Mutex::new(Vec::new());

/// Drops everything in a database of PostgreSQL but what belongs to the server.
const CLEAR: &str = "DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension WHERE oid >= 16384
        UNION ALL
        SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    LOOP
        EXECUTE statement;
    END LOOP;
    CREATE SCHEMA public;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
END
$$";

/// Runs a test's future to its end.
///
/// # Panics
///
/// If the system gives no runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime on this thread").block_on(future)
}

impl Database {
    /// Makes an empty database, in memory where the engine can.
    ///
    /// # Panics
    ///
    /// If the engine gives none.
    pub async fn empty(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => {
                let connection = SqliteConnection::open_in_memory().await.expect("a database in memory");
                let (url, _place) = ("sqlite::memory:".to_owned(), Place::Memory);
                Self { connection: Box::new(connection), url, _place }
            }
            Dialect::Postgres => Self::shared(dialect).await,
        }
    }

    /// Makes an empty database that several sessions can reach.
    ///
    /// # Panics
    ///
    /// If the engine gives none.
    pub async fn shared(dialect: Dialect) -> Self {
        let (url, _place) = match dialect {
            Dialect::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                (
                    format!("sqlite://{}", folder.path().join("test.db").display()),
                    Place::Folder { _folder: folder },
                )
            }
            Dialect::Postgres => {
                let used = POOL.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let database = used.unwrap_or_else(|| Cluster::shared().database());
                (database.url(), Place::Cluster(Some(database)))
            }
        };
        let mut connection = open(&url).await;
        if dialect == Dialect::Postgres {
            connection.execute(CLEAR).await.expect("a database of our own is ours to clear");
        }
        Self { connection, url, _place }
    }

    /// Where others reach it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens another session with it.
    ///
    /// # Panics
    ///
    /// If the engine gives none.
    pub async fn another_session(&self) -> Box<dyn Connection> {
        open(&self.url).await
    }

    /// Runs every statement of a text.
    ///
    /// # Errors
    ///
    /// The first that fails.
    pub async fn run(&mut self, text: &str) -> Result<(), DbError> {
        let lexicon = self.connection.server().dialect.lexicon();
        for statement in split(text, lexicon) {
            self.connection.execute(statement.text).await?;
        }
        Ok(())
    }

    /// Reads the schema.
    ///
    /// # Errors
    ///
    /// If it cannot be read; the text says why.
    pub async fn schema(&mut self) -> Result<Schema, String> {
        read_schema(&mut *self.connection).await
    }
}

/// Reads the schema through any session.
///
/// # Errors
///
/// If it cannot be read; the text says why.
pub async fn read_schema(connection: &mut dyn Connection) -> Result<Schema, String> {
    let read = introspect(connection, &IntrospectOptions::default()).await;
    read.map(|read| read.schema).map_err(|error| error.to_string())
}

async fn open(url: &str) -> Box<dyn Connection> {
    let options = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
    let url = url.parse().expect("a URL of our own making");
    connect(&url, &options).await.unwrap_or_else(|error| panic!("{error}"))
}
