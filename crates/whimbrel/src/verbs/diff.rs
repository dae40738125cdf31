//! `diff`: the way from any schema to any other, as SQL. Nothing is changed.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use whimbrel_core::change::Change;
use whimbrel_core::diff::Renames;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, Proof, plan};
use whimbrel_core::resolve::strict;
use whimbrel_db::asked_for::asked_for;

use crate::cache::Entry;
use crate::desired::Desired;
use crate::error::Error;
use crate::left_out::left_out;
use crate::migrator::Migrator;
use crate::prove::{Claim, prove};
use crate::resolver::AsyncResolver;
use crate::resolving::{known_renames, resolve_renames};
use crate::source::Source;
use crate::store::Store;
use crate::verbs::Inspection;

/// One side of a comparison.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{Migrator, Source};
/// use whimbrel::Side;
///
/// let shop = Source::sql("shop.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// let mut other = Migrator::builder("sqlite::memory:")?.source(shop).connect().await?;
/// other.push().await?;
/// let inspected = Side::Inspected(Box::new(other.inspect().await?));
///
/// let mut migrator = Migrator::builder("sqlite::memory:")?.connect().await?;
/// let report = migrator.diff(Side::Live, inspected).await?;
/// assert!(report.plan.statements()[0].starts_with("CREATE TABLE \"users\""));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub enum Side {
    /// The live schema of the migrator's database.
    Live,
    /// Any source.
    Source(Source),
    /// What another database holds.
    Inspected(Box<Inspection>),
    /// What the migrations of a store lead to.
    Migrations(Arc<dyn Store>),
}

impl Side {
    /// What the migrations of this store lead to.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let store = MemoryStore::new();
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(store.clone());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// use whimbrel::Side;
    ///
    /// let report = migrator.diff(Side::Live, Side::migrations(store)).await?;
    /// assert_eq!(report.changes.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn migrations(store: impl Store + 'static) -> Self {
        Self::Migrations(Arc::new(store))
    }
}

/// Compares two schemas; await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::Side;
///
/// let wanted = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// let report = migrator.diff(Side::Live, Side::Source(wanted)).await?;
/// assert_eq!(report.plan.statements().len(), 1);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Diff<'m> {
    migrator: &'m mut Migrator,
    sides: Pair<Side>,
    renames: Renames,
    resolver: Box<dyn AsyncResolver + 'm>,
}

/// The way from one schema to another.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::Side;
/// use whimbrel::core::plan::{Hazard, Proof};
///
/// let nothing = Side::Source(Source::sql("nothing.sql", ""));
/// let users = Side::Source(Source::sql("users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"));
/// let report = migrator.diff(users, nothing).await?;
/// let step = report.plan.steps().next().unwrap();
/// assert_eq!(step.sql, "DROP TABLE \"users\"");
/// assert!(matches!(step.hazards[..], [Hazard::LosesTable { .. }]));
/// assert_eq!(report.proof, Proof::Lossy);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DiffReport {
    /// The differences.
    pub changes: Vec<Change>,
    /// The steps from the one to the other.
    pub plan: Plan,
    /// What a replay in a scratch database showed.
    pub proof: Proof,
    /// What was skipped in the sources, or is worth knowing.
    pub notes: Vec<String>,
}

impl<'m> Diff<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator, sides: Pair<Side>) -> Self {
        Self { migrator, sides, renames: Renames::default(), resolver: Box::new(strict()) }
    }

    /// States renames beforehand. One that does not fit is an error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{Migrator, Side, Source};
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.connect().await?;
    /// use whimbrel::core::diff::Renames;
    /// use whimbrel::core::resolve::{RenameKind, parse_rename};
    ///
    /// let sql = |table: &str| format!("CREATE TABLE {table} (id INTEGER);");
    /// let side = |table: &str| Side::Source(Source::sql("schema.sql", sql(table)));
    /// let renamed = parse_rename("users=people", RenameKind::Table).unwrap();
    /// let renames = Renames { renamed, ..Renames::default() };
    /// let report = migrator.diff(side("users"), side("people")).renames(renames).await?;
    /// assert_eq!(report.plan.statements(), ["ALTER TABLE \"users\" RENAME TO \"people\";"]);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn renames(mut self, renames: Renames) -> Self {
        self.renames = renames;
        self
    }

    /// Says who answers the rename questions; losses are hazards of the steps
    /// here, for there are no rows to ask about.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{Migrator, Side, Source};
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.connect().await?;
    /// use whimbrel::resolver::{always_add_drop, always_rename};
    ///
    /// let sql = |table: &str| format!("CREATE TABLE {table} (id INTEGER);");
    /// let side = |table: &str| Side::Source(Source::sql("schema.sql", sql(table)));
    /// let renamed = migrator.diff(side("users"), side("people")).resolver(always_rename()).await?;
    /// assert_eq!(renamed.plan.statements().len(), 1);
    /// let replaced = migrator.diff(side("users"), side("people")).resolver(always_add_drop()).await?;
    /// assert_eq!(replaced.plan.statements().len(), 2);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resolver(mut self, resolver: impl AsyncResolver + 'm) -> Self {
        self.resolver = Box::new(resolver);
        self
    }

    async fn run(mut self) -> Result<DiffReport, Error> {
        let from = self.migrator.read_side(&self.sides.from).await?;
        let to = self.migrator.read_side(&self.sides.to).await?;
        let dialect = self.migrator.dialect();
        let pair = Pair::new(&from.schema, &to.schema);
        let renames = known_renames(dialect, pair, &self.renames, &to.hints)?;
        let (changes, renames) = resolve_renames(dialect, pair, renames, self.resolver.as_mut()).await?;
        let plan = plan(dialect, pair, &changes)?;
        let claim = Claim { pair, renames: &renames, changes: &changes, plan: &plan };
        let proof = if plan.is_empty() {
            Proof::Exact
        } else {
            prove(self.migrator.workshop().await?, claim).await?
        };
        let mut there: Vec<_> = from.left_alone.into_iter().map(|found| found.what).collect();
        if let Side::Live = self.sides.from {
            there.extend(asked_for(self.migrator.connection.as_mut(), &to.spoken_of()).await?);
        }
        let left_out = left_out(&to, &there, !changes.is_empty());
        let notes = from.notes.into_iter().chain(to.notes).chain(left_out).collect();
        Ok(DiffReport { changes, plan, proof, notes })
    }
}

impl Migrator {
    async fn read_side(&mut self, side: &Side) -> Result<Desired, Error> {
        match side {
            Side::Live => {
                let Inspection { schema, named, .. } = self.inspect().await?;
                Ok(Desired::known(Entry { schema, left_alone: named }))
            }
            Side::Source(source) => self.read_source(source).await,
            Side::Inspected(inspection) => {
                let read = self.read_snapshot("snapshot", inspection.to_snapshot()).await?;
                Ok(Desired::known(Entry { schema: read.schema, left_alone: inspection.named.clone() }))
            }
            Side::Migrations(store) => Ok(Desired::known(self.end_of_store(store.as_ref()).await?)),
        }
    }
}

impl<'m> IntoFuture for Diff<'m> {
    type Output = Result<DiffReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Diff<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Diff").field("sides", &self.sides).finish_non_exhaustive()
    }
}
