//! Empty databases for tests, of any engine.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::Schema;
use whimbrel_core::sql::split;
use whimbrel_db::{Connection, DbError, IntrospectOptions, SqliteConnection, introspect};

/// A database of its own for one test, and a session with it. It is gone when
/// this is dropped.
pub struct Database {
    /// The session.
    pub connection: Box<dyn Connection>,
}

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
    /// Makes an empty database.
    ///
    /// # Panics
    ///
    /// If the engine gives none.
    pub async fn empty(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => {
                let mut connection = SqliteConnection::open_in_memory().await.expect("a database in memory");
                connection.execute("PRAGMA foreign_keys = ON").await.expect("a pragma");
                Self { connection: Box::new(connection) }
            }
            Dialect::Postgres => panic!("not yet"),
        }
    }

    /// Runs every statement of a text.
    ///
    /// # Errors
    ///
    /// The first that fails, with the statement.
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
        let read = introspect(&mut *self.connection, &IntrospectOptions::default()).await;
        read.map(|read| read.schema).map_err(|error| error.to_string())
    }
}
