//! `generate`: from the schema of the migrations to that of the source, as a
//! migration.
//!
//! Every migration is proved in the scratch database, up and down, before it is
//! written. The guarantee: the store holds the old set of files or the new one,
//! whatever happens meanwhile; and where somebody else wrote migrations in the
//! meantime, nothing is written.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::change::Change;
use whimbrel_core::describe::object_name;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Renames;
use whimbrel_core::history::Journal;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, Proof, plan};
use whimbrel_core::resolve::{Loss, LossQuestion, losses, strict};
use whimbrel_core::schema::Schema;
use whimbrel_db::grants::Recreated;

use crate::draft::drafts;
use crate::error::Error;
use crate::facts::Probed;
use crate::history::{History, Said, Writer, Written, in_store, new_files};
use crate::migrator::Migrator;
use crate::prove::Claim;
use crate::recreated::recreated;
use crate::resolver::AsyncResolver;
use crate::resolving::{ByPolicy, check_policy, known_renames, resolve_losses, resolve_renames};
use crate::unmanaged::check_ground;

/// Writes the migration from the migrations' schema to the source's; refine it,
/// then await it.
///
/// Whatever may lose data is asked about, for the file will meet other
/// databases: without a resolver every question is an [`Error::Unanswered`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// let report = migrator.generate().name("users").await?;
/// assert_eq!(report.migrations[0].up.path, "0000_users.sql");
/// assert!(migrator.generate().await?.migrations.is_empty());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Generate<'m> {
    migrator: &'m mut Migrator,
    name: Option<String>,
    dry_run: bool,
    renames: Renames,
    resolver: Box<dyn AsyncResolver + 'm>,
}

/// What `generate` made.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::core::plan::Proof;
///
/// let report = migrator.generate().await?;
/// assert_eq!((report.changes.len(), report.plan.steps().count()), (1, 1));
/// assert_eq!(report.proof, Proof::Exact);
/// assert_eq!(report.migrations[0].files().count(), 2);
/// assert!(report.written);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateReport {
    /// The differences; empty when the migrations lead to the source's schema
    /// already.
    pub changes: Vec<Change>,
    /// The steps that make them good, over all migrations.
    pub plan: Plan,
    /// The weakest of the migrations' proofs.
    pub proof: Proof,
    /// The migrations: more than one where something must be committed first.
    pub migrations: Vec<Written>,
    /// What was skipped in the source, or is worth knowing.
    pub notes: Vec<String>,
    /// Whether files were written.
    pub written: bool,
}

impl<'m> Generate<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self {
            migrator,
            name: None,
            dry_run: false,
            renames: Renames::default(),
            resolver: Box::new(strict()),
        }
    }

    /// Names the migration. Default: what its first change suggests.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// let report = migrator.generate().name("Who is who").await?;
    /// assert_eq!(report.migrations[0].up.path, "0000_who-is-who.sql");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes and proves the migration, and writes nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// let report = migrator.generate().dry_run(true).await?;
    /// assert!(report.migrations[0].up.text.contains("CREATE TABLE \"users\""));
    /// assert!(!report.written);
    /// assert!(migrator.pending().await?.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// States renames beforehand. One that does not fit is an error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let builder = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new());
    /// # let before = Source::sql("before.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);");
    /// # builder.clone().source(before).connect().await?.generate().await?;
    /// use whimbrel::core::diff::Renames;
    /// use whimbrel::core::resolve::{RenameKind, parse_rename};
    ///
    /// // The migrations so far make a column `nick`.
    /// let after = Source::sql("after.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
    /// let mut migrator = builder.source(after).connect().await?;
    /// let renamed = parse_rename("users.nick=name", RenameKind::Column).unwrap();
    /// let report = migrator.generate().renames(Renames { renamed, ..Renames::default() }).await?;
    /// assert_eq!(report.plan.statements(), ["ALTER TABLE \"users\" RENAME COLUMN \"nick\" TO \"name\";"]);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn renames(mut self, renames: Renames) -> Self {
        self.renames = renames;
        self
    }

    /// Says who answers questions.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let builder = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new());
    /// # let before = Source::sql("before.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # builder.clone().source(before).connect().await?.generate().await?;
    /// use whimbrel::resolver::lenient;
    ///
    /// // The migrations so far make a table that the source has no more.
    /// let mut migrator = builder.source(Source::sql("after.sql", "")).connect().await?;
    /// assert!(migrator.generate().await.is_err());
    /// let report = migrator.generate().resolver(lenient()).await?;
    /// assert_eq!(report.plan.steps().next().unwrap().sql, "DROP TABLE \"users\"");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resolver(mut self, resolver: impl AsyncResolver + 'm) -> Self {
        self.resolver = Box::new(resolver);
        self
    }

    async fn run(mut self) -> Result<GenerateReport, Error> {
        let history = self.migrator.history().await?;
        let desired = self.migrator.desired_in(&history).await?;
        let current = self.migrator.schema_of_history(&history).await?;
        let pair = Pair::new(&current, &desired.schema);
        let dialect = self.migrator.dialect();

        let renames = known_renames(dialect, pair, &self.renames, &desired.hints)?;
        let (mut changes, renames) = resolve_renames(dialect, pair, renames, self.resolver.as_mut()).await?;
        check_policy(self.migrator.settings.policy, &changes, Some(&self.next_file(&history)?))?;
        check_ground(dialect, pair.to, &changes)?;
        let accepted = self.accept_losses(pair, &mut changes).await?;
        let plan = plan(dialect, pair, &changes)?;
        let claim = Claim { pair, renames: &renames, changes: &changes, plan: &plan };
        let drafts = match plan.is_empty() {
            true => Vec::new(),
            false => drafts(self.migrator.workshop().await?, claim).await?,
        };
        let proof = drafts.iter().map(|draft| &draft.proof).max_by_key(|proof| weakness(proof));
        let proof = proof.cloned().unwrap_or(Proof::Exact);
        let batches = drafts.iter().flat_map(|draft| draft.up.batches.clone()).collect();
        let plan = Plan { batches, ..plan };

        let left_out = self.migrator.left_out_of(&history, &desired, !changes.is_empty()).await?;
        let remade = remade(dialect, pair.to, &renames, &plan);
        let said = Said { accepted: &accepted, remade: &remade };
        let (migrations, journal) = self.writer(&history).write(self.name.as_deref(), said, drafts)?;
        let written = !self.dry_run && !migrations.is_empty();
        if written {
            self.write(&history, &migrations, &journal, desired.schema).await?;
        }
        let notes = desired.notes.into_iter().chain(left_out).chain(remade).collect();
        Ok(GenerateReport { changes, plan, proof, migrations, notes, written })
    }

    fn writer<'h>(&self, history: &'h History) -> Writer<'h> {
        Writer {
            history,
            dialect: self.migrator.dialect(),
            engine: self.migrator.server().engine(),
            now: self.migrator.settings.clock.now(),
        }
    }

    /// The file that a migration written by hand would get, but for its name.
    fn next_file(&self, history: &History) -> Result<String, Error> {
        let idx = history.layout.next_index(&history.journal);
        Ok(in_store(self.migrator.store()?.as_ref(), &format!("{idx:04}_NAME.sql")))
    }

    /// Puts all files into the store, if nobody was faster.
    async fn write(
        &mut self,
        history: &History,
        migrations: &[Written],
        journal: &Journal,
        schema: Schema,
    ) -> Result<(), Error> {
        let store = self.migrator.store()?;
        let edit = new_files(store.as_ref(), history.edit(), migrations).await?;
        self.migrator.commit(edit, history, journal, Some(schema)).await
    }

    /// Asks about all that may be lost somewhere. What rows may stand in the way
    /// of is a hazard of the steps, and no answer changes that.
    async fn accept_losses(
        &mut self,
        pair: Pair<&Schema>,
        changes: &mut [Change],
    ) -> Result<Vec<LossQuestion>, Error> {
        let losses = losses(self.migrator.dialect(), pair, changes);
        let asked: Vec<Probed> = losses
            .into_iter()
            .filter(Loss::is_acceptable)
            .map(|loss| Probed { loss, probe: None, facts: None })
            .collect();
        let asked: Vec<&Probed> = asked.iter().collect();
        let mut resolver = ByPolicy(self.migrator.settings.policy, self.resolver.as_mut());
        resolve_losses(changes, &asked, &mut resolver).await
    }
}

/// What goes and comes back under its name, where that takes grants away: a file
/// that will meet many databases cannot know what they were.
fn remade(dialect: Dialect, desired: &Schema, renames: &Renames, plan: &Plan) -> Vec<String> {
    let name = |one: &Recreated| match one {
        Recreated::Relation { name, .. } => object_name(&name.to),
        Recreated::Routine { name, signature } => format!("{}({signature})", object_name(name)),
        Recreated::Column { table, column } => format!("{}.{}", object_name(&table.to), column.to),
    };
    let say = |one: &Recreated| {
        format!("`{}` is dropped and made again: grants on it must be given again", name(one))
    };
    match dialect {
        Dialect::Sqlite => Vec::new(),
        Dialect::Postgres => recreated(dialect, desired, renames, &plan.recreated).iter().map(say).collect(),
    }
}

/// Proofs from the strongest to the weakest.
fn weakness(proof: &Proof) -> u8 {
    match proof {
        Proof::Exact => 0,
        Proof::Lossy => 1,
        Proof::Irreversible { .. } => 2,
        Proof::Unproved { .. } => 3,
    }
}

impl<'m> IntoFuture for Generate<'m> {
    type Output = Result<GenerateReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Generate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generate")
            .field("name", &self.name)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
