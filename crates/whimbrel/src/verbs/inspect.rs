//! `inspect`: the live schema, as SQL or as a snapshot.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::plan;
use whimbrel_core::schema::{Engine, LeftAlone, Schema, Snapshot};
use whimbrel_db::introspect;

use crate::error::Error;
use crate::migrator::Migrator;

/// Reads the live schema; await it. Nothing is written.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.push().await?;
/// let live = migrator.inspect().await?;
/// assert_eq!(live.schema.tables[0].name.to_string(), "users");
/// assert!(live.to_sql()?.starts_with("CREATE TABLE"));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Inspect<'m> {
    migrator: &'m mut Migrator,
}

/// What is in a database.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{Migrator, Source};
///
/// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
/// let mut migrator = Migrator::builder("sqlite::memory:")?.source(schema).connect().await?;
/// migrator.push().await?;
/// let inspection = migrator.inspect().await?;
/// assert_eq!(inspection.schema.tables[0].columns.len(), 2);
/// assert!(inspection.to_sql()?.starts_with("CREATE TABLE \"users\""));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The schema.
    pub schema: Schema,
    /// The engine that spelled it.
    pub engine: Engine,
    /// Objects of kinds that whimbrel does not manage, counted by kind.
    pub left_alone: BTreeMap<String, u64>,
    /// The same objects by name.
    pub(crate) named: Vec<LeftAlone>,
    dialect: Dialect,
}

impl<'m> Inspect<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator }
    }

    async fn run(self) -> Result<Inspection, Error> {
        let options = self.migrator.settings.introspect.clone();
        let found = introspect(self.migrator.connection.as_mut(), &options).await?;
        let server = self.migrator.server();
        Ok(Inspection {
            engine: server.engine(),
            left_alone: found.count_left_alone(),
            schema: found.schema,
            named: found.left_alone,
            dialect: server.dialect,
        })
    }
}

impl<'m> IntoFuture for Inspect<'m> {
    type Output = Result<Inspection, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl Inspection {
    /// Writes the SQL that creates the schema in an empty database.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.push().await?;
    /// let sql = migrator.inspect().await?.to_sql()?;
    /// assert_eq!(sql, "CREATE TABLE \"users\" (\n  \"id\" INTEGER PRIMARY KEY\n);\n");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the schema holds what whimbrel cannot create.
    pub fn to_sql(&self) -> Result<String, Error> {
        let empty = Schema::default();
        let pair = Pair::new(&empty, &self.schema);
        let changes = diff(self.dialect, pair, &Renames::default()).changes;
        let plan = plan(self.dialect, pair, &changes)?;
        Ok(plan.steps().map(|step| format!("{};\n", step.sql)).collect::<Vec<_>>().join("\n"))
    }

    /// The schema as a snapshot, which is a source like any other.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.push().await?;
    /// use whimbrel::core::schema::Snapshot;
    ///
    /// let snapshot = migrator.inspect().await?.to_snapshot();
    /// assert_eq!(Snapshot::from_json(&snapshot.to_json()).unwrap(), snapshot);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn to_snapshot(&self) -> Snapshot {
        Snapshot::new(self.engine.clone(), self.schema.clone())
    }
}

impl std::fmt::Debug for Inspect<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspect").finish_non_exhaustive()
    }
}
