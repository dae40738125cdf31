//! `check`: whether database, migrations and source agree. Nothing is written.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::history::{Entry, HistoryProblem, Standing};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::Proof;
use whimbrel_core::schema::Schema;
use whimbrel_db::introspect;

use crate::error::Error;
use crate::history::History;
use crate::migrator::Migrator;
use crate::verbs::LockStanding;

/// Says whether database, migrations and source agree; await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// use whimbrel::Finding;
///
/// let report = migrator.check().await?;
/// assert!(matches!(&report.findings[0], Finding::Pending(migrations) if migrations[0].name == "users"));
/// migrator.apply().await?;
/// assert!(migrator.check().await?.findings.is_empty());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Check<'m> {
    migrator: &'m mut Migrator,
}

/// What `check` found; nothing, if all agree.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.apply().await?;
/// let report = migrator.check().await?;
/// assert_eq!((report.findings, report.notes), (vec![], vec![]));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReport {
    /// In the order of the list of [`Finding`].
    pub findings: Vec<Finding>,
    /// What is worth knowing of the source.
    pub notes: Vec<String>,
}

/// Something that does not agree with something else.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let folder = tempfile::tempdir().unwrap();
/// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let mut migrator = Migrator::builder(&url)?.source(schema).store(MemoryStore::new()).connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.apply().await?;
/// use whimbrel::Finding;
/// use whimbrel::core::describe::describe;
/// use whimbrel::db::connect;
///
/// // Somebody adds a column by hand.
/// let mut connection = connect(&url.parse()?, &Default::default()).await?;
/// connection.execute("ALTER TABLE users ADD COLUMN nick TEXT").await?;
///
/// let report = migrator.check().await?;
/// let Finding::Drift(changes) = &report.findings[0] else { panic!("{report:?}") };
/// assert_eq!(describe(changes)[0].to_string(), "alter users\n  + nick: TEXT\n");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// Journal, files and tracking table do not agree.
    Problem(HistoryProblem),
    /// The lock file does not know what the database has applied.
    LockBehind(LockStanding),
    /// Migrations are not applied.
    Pending(Vec<Entry>),
    /// Migrations that no replay has proved, each with the reason.
    Unproved(Vec<(Entry, String)>),
    /// The database differs from what its migrations lead to: what was done to
    /// it besides.
    Drift(Vec<Change>),
    /// The source differs from what the migrations lead to: what is not yet a
    /// migration.
    SourceAhead(Vec<Change>),
}

impl Finding {
    /// What to do next.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// let report = migrator.check().await?;
    /// assert_eq!(report.findings[0].help(), "run `whimbrel migrate apply`");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn help(&self) -> String {
        match self {
            Self::Problem(problem) => {
                miette::Diagnostic::help(problem).map(|help| help.to_string()).unwrap_or_default()
            }
            Self::LockBehind(_) => "run `whimbrel migrate apply`, and commit the lock file".to_owned(),
            Self::Pending(_) => "run `whimbrel migrate apply`".to_owned(),
            Self::Unproved(entries) => {
                let name = entries.first().map(|(entry, _)| entry.name.as_str()).unwrap_or_default();
                format!("prove it with `whimbrel migrate verify --accept {name}`")
            }
            Self::Drift(_) => {
                "take it back in the database, or take it into the schema and a migration".to_owned()
            }
            Self::SourceAhead(_) => "run `whimbrel migrate generate`".to_owned(),
        }
    }
}

impl<'m> Check<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator }
    }

    async fn run(self) -> Result<CheckReport, Error> {
        let history = self.migrator.whole_history().await?;
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let standings = history.standings(&tracked.applied, &tracked.progress());
        let mut findings: Vec<Finding> =
            history.problems(&standings).into_iter().map(Finding::Problem).collect();
        let is_whole = findings.is_empty();
        let unlisted = history.unlisted(self.migrator.store()?.as_ref()).await?;
        findings.extend(unlisted.into_iter().map(|file| Finding::Problem(HistoryProblem::Unlisted { file })));
        let lock = history.lock_standing(&standings).filter(|lock| lock.is_behind());
        findings.extend(lock.map(Finding::LockBehind));
        findings.extend(some(Finding::Pending, pending(&history, &standings)));
        findings.extend(some(Finding::Unproved, unproved(&history)));
        let mut notes = Vec::new();
        // Where the files are not what they were, there is nothing to compare with.
        if is_whole {
            let drift = self.migrator.drift(&history, &standings).await?;
            findings.extend(some(Finding::Drift, drift));
            let ahead = self.migrator.source_ahead(&history, &mut notes).await?;
            findings.extend(some(Finding::SourceAhead, ahead));
        }
        Ok(CheckReport { findings, notes })
    }
}

impl Migrator {
    /// What was done to the database besides its migrations.
    async fn drift(&mut self, history: &History, standings: &[Standing]) -> Result<Vec<Change>, Error> {
        let known = standings.iter().take(history.journal.entries.len());
        let applied = known.filter(|standing| standing.applied_at.is_some()).count();
        let expected = match applied == history.journal.entries.len() {
            true => self.schema_of_history(history).await?,
            false => self.replayed(history, applied).await?,
        };
        let options = self.settings.introspect.clone();
        let live = introspect(self.connection.as_mut(), &options).await?.schema;
        let dialect = self.dialect();
        let made = |schema| history.without_base(dialect, schema);
        Ok(changes(dialect, &made(expected), &made(live)))
    }

    /// What of the source is not yet a migration; nothing without a source.
    async fn source_ahead(
        &mut self,
        history: &History,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Change>, Error> {
        if self.settings.source.is_none() {
            return Ok(Vec::new());
        }
        let desired = self.desired_in(history).await?;
        let current = self.schema_of_history(history).await?;
        let ahead = changes(self.dialect(), &current, &desired.schema);
        notes.extend(self.left_out_of(history, &desired, !ahead.is_empty()).await?);
        Ok(ahead)
    }
}

fn changes(dialect: Dialect, from: &Schema, to: &Schema) -> Vec<Change> {
    diff(dialect, Pair::new(from, to), &Renames::default()).changes
}

fn some<T>(finding: fn(Vec<T>) -> Finding, list: Vec<T>) -> Option<Finding> {
    (!list.is_empty()).then(|| finding(list))
}

fn pending(history: &History, standings: &[Standing]) -> Vec<Entry> {
    let both = history.journal.entries.iter().zip(standings);
    both.filter(|(_, standing)| standing.applied_at.is_none()).map(|(entry, _)| entry.clone()).collect()
}

fn unproved(history: &History) -> Vec<(Entry, String)> {
    let reason = |entry: &Entry| match &entry.proof {
        Some(Proof::Unproved { reason }) => Some((entry.clone(), reason.clone())),
        Some(Proof::Exact | Proof::Lossy | Proof::Irreversible { .. }) | None => None,
    };
    history.journal.entries.iter().filter_map(reason).collect()
}

impl<'m> IntoFuture for Check<'m> {
    type Output = Result<CheckReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").finish_non_exhaustive()
    }
}
