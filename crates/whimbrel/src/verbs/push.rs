//! `push`: from a source straight to a live database.
//!
//! The guarantee: the plan runs in as few transactions as the engine allows
//! (SQLite: one; PostgreSQL: one, unless enum values are added, or thousands of
//! objects created and nothing else done), under the engine's lock, and only on the schema it was made
//! for. If the live schema or the rows that answers rested on moved meanwhile,
//! nothing runs and everything is planned anew. After a failure or an
//! interruption at any point the database is as it was before the batch that
//! was running.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, Proof, Step, plan};
use whimbrel_core::resolve::{LossQuestion, losses, strict};
use whimbrel_core::schema::Schema;
use whimbrel_db::asked_for::{asked_for, has_to_be};
use whimbrel_db::execute::{self, ExecuteObserver, Guard, Outcome};
use whimbrel_db::introspect::fingerprint;
use whimbrel_db::{Connection, Fingerprint, IntrospectError, IntrospectOptions, Introspection, introspect};

use crate::error::Error;
use crate::facts::{self, Probed};
use crate::in_sync::InSync;
use crate::left_out::left_out;
use crate::migrator::Migrator;
use crate::portions::fit;
use crate::prove::{Claim, prove};
use crate::recreated::{keep_grants, recreated};
use crate::resolver::AsyncResolver;
use crate::resolving::{ByPolicy, check_policy, known_renames, resolve_losses, resolve_renames};
use crate::source::{Loaded, SourceText};
use crate::unmanaged::{check_ground, obstacles, obstacles_to_recreation};

/// How often a plan is made anew when the live schema keeps moving.
const ATTEMPTS: u32 = 10;

/// What a proof in a rolled-back namespace is worth.
const WITHOUT_BOUNDARIES: &str = "the role may not make databases, so the plan was replayed in a namespace, without transaction boundaries";

/// Makes a database have the schema of its source; refine it, then await it.
///
/// Without a resolver every question is reported as [`Error::Unanswered`];
/// without an observer the plan runs without being shown.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// let planned = migrator.push().dry_run(true).await?;
/// assert_eq!(planned.changes.len(), 1);
/// assert!(migrator.push().await?.applied);
/// assert!(migrator.push().await?.changes.is_empty());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Push<'m> {
    migrator: &'m mut Migrator,
    options: PushOptions,
    renames: Renames,
    resolver: Box<dyn AsyncResolver + 'm>,
    observer: Box<dyn PushObserver + 'm>,
}

#[derive(Debug, Clone, Copy, Default)]
struct PushOptions {
    dry_run: bool,
    force_reset: bool,
}

/// What a push is about to do.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use std::sync::Mutex;
/// use whimbrel::{PushObserver, PushPlan};
///
/// /// Keeps the statements, and says no.
/// struct Statements<'a>(&'a Mutex<Vec<String>>);
///
/// impl PushObserver for Statements<'_> {
///     fn confirm(&mut self, plan: &PushPlan) -> bool {
///         self.0.lock().unwrap().extend(plan.plan.statements());
///         false
///     }
/// }
///
/// let statements = Mutex::default();
/// let report = migrator.push().observer(Statements(&statements)).await?;
/// assert!(!report.applied);
/// assert!(statements.into_inner().unwrap()[0].starts_with("CREATE TABLE \"users\""));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PushPlan {
    /// The differences; empty when the database is in sync.
    pub changes: Vec<Change>,
    /// The steps that make them good.
    pub plan: Plan,
    /// What a replay in a scratch database showed.
    pub proof: Proof,
    /// What the answers accept, with the facts they were given on.
    pub accepted: Vec<LossQuestion>,
    /// What was skipped in the source, or is worth knowing.
    pub notes: Vec<String>,
    /// Objects of kinds that whimbrel does not manage, counted by kind.
    pub left_alone: BTreeMap<String, u64>,
}

/// What a push did.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::core::plan::Proof;
///
/// let report = migrator.push().await?;
/// assert_eq!((report.changes.len(), report.plan.steps().count()), (1, 1));
/// assert_eq!(report.proof, Proof::Exact);
/// assert!(report.applied);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PushReport {
    /// The differences that there were.
    pub changes: Vec<Change>,
    /// The plan for them.
    pub plan: Plan,
    /// What a replay in a scratch database showed.
    pub proof: Proof,
    /// What was skipped in the source, or is worth knowing.
    pub notes: Vec<String>,
    /// Objects of kinds that whimbrel does not manage, counted by kind.
    pub left_alone: BTreeMap<String, u64>,
    /// Whether the plan ran. `false` for a dry run, when it was declined, and
    /// when there was nothing to do.
    pub applied: bool,
    /// How long the steps ran.
    pub elapsed: Duration,
}

/// Watches a push, and has the last word before it runs; what it does not care
/// for, it leaves out.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{Migrator, PushObserver, PushPlan, Source};
///
/// /// Lets additions pass, and nothing else.
/// struct Careful;
///
/// impl PushObserver for Careful {
///     fn confirm(&mut self, plan: &PushPlan) -> bool {
///         plan.accepted.is_empty() && plan.plan.steps().all(|step| step.hazards.is_empty())
///     }
/// }
///
/// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// let mut migrator = Migrator::builder("sqlite::memory:")?.source(schema).connect().await?;
/// assert!(migrator.push().observer(Careful).await?.applied);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use whimbrel::core::plan::Step;
/// # use whimbrel::{Migrator, PushObserver, PushPlan, Source};
///
/// /// Keeps a log of what is heard.
/// #[derive(Default)]
/// struct Log(Vec<String>);
///
/// impl PushObserver for &mut Log {
///     fn planned(&mut self, plan: &PushPlan) {
///         self.0.push(format!("{} to do", plan.changes.len()));
///     }
///
///     fn step_started(&mut self, index: usize, total: usize, step: &Step) {
///         let verb = step.sql.split(' ').next().unwrap_or_default();
///         self.0.push(format!("{} of {total}: {verb}", index + 1));
///     }
///
///     fn step_finished(&mut self, _: Duration) {
///         self.0.push("done".to_owned());
///     }
///
///     fn replanning(&mut self) {
///         self.0.push("somebody else was faster".to_owned());
///     }
/// }
///
/// let mut log = Log::default();
/// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// let mut migrator = Migrator::builder("sqlite::memory:")?.source(schema).connect().await?;
/// migrator.push().observer(&mut log).await?;
/// assert_eq!(log.0, ["1 to do", "1 of 1: CREATE", "done"]);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub trait PushObserver: Send {
    /// A plan was made and is about to run, unless this is a dry run.
    fn planned(&mut self, plan: &PushPlan) {
        let _ = plan;
    }

    /// Says whether the plan may run. It may, unless this says otherwise.
    fn confirm(&mut self, plan: &PushPlan) -> bool {
        let _ = plan;
        true
    }

    /// Step `index` of `total` begins.
    fn step_started(&mut self, index: usize, total: usize, step: &Step) {
        let _ = (index, total, step);
    }

    /// The step that began last is done.
    fn step_finished(&mut self, elapsed: Duration) {
        let _ = elapsed;
    }

    /// The live schema moved since the plan was made; another is made.
    fn replanning(&mut self) {}
}

/// The observer that lets everything pass without a word.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::Accepting;
/// assert!(migrator.push().observer(Accepting).await?.applied);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Accepting;

impl PushObserver for Accepting {}

impl<'m> Push<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self {
            migrator,
            options: PushOptions::default(),
            renames: Renames::default(),
            resolver: Box::new(strict()),
            observer: Box::new(Accepting),
        }
    }

    /// Plans and proves, and changes nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// assert!(!migrator.push().dry_run(true).await?.applied);
    /// assert!(migrator.inspect().await?.schema.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.options.dry_run = dry_run;
        self
    }

    /// Drops everything first, in the same transaction where the engine can.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{Migrator, Source};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// use whimbrel::core::change::Change;
    ///
    /// let before = Source::sql("before.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);");
    /// Migrator::builder(&url)?.source(before).connect().await?.push().await?;
    /// let after = Source::sql("after.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
    /// let mut migrator = Migrator::builder(&url)?.source(after).connect().await?;
    /// // Nothing is kept, so nothing has to be asked about the names.
    /// let report = migrator.push().force_reset(true).await?;
    /// assert!(matches!(&report.changes[..], [Change::DropTable { .. }, Change::CreateTable { .. }]));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn force_reset(mut self, force_reset: bool) -> Self {
        self.options.force_reset = force_reset;
        self
    }

    /// States renames beforehand. One that does not fit is an error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{Migrator, Source};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// use whimbrel::core::diff::Renames;
    /// use whimbrel::core::resolve::{RenameKind, parse_rename};
    ///
    /// let before = Source::sql("before.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);");
    /// Migrator::builder(&url)?.source(before).connect().await?.push().await?;
    /// let after = Source::sql("after.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
    /// let mut migrator = Migrator::builder(&url)?.source(after).connect().await?;
    /// let renamed = parse_rename("users.nick=name", RenameKind::Column).unwrap();
    /// let report = migrator.push().renames(Renames { renamed, ..Renames::default() }).await?;
    /// assert!(report.changes[0].is_rename());
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
    /// # use whimbrel::{Migrator, Source};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// use whimbrel::resolver::always_rename;
    ///
    /// let before = Source::sql("before.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);");
    /// Migrator::builder(&url)?.source(before).connect().await?.push().await?;
    /// let after = Source::sql("after.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
    /// let mut migrator = Migrator::builder(&url)?.source(after).connect().await?;
    /// assert!(migrator.push().await.is_err());
    /// assert!(migrator.push().resolver(always_rename()).await?.applied);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resolver(mut self, resolver: impl AsyncResolver + 'm) -> Self {
        self.resolver = Box::new(resolver);
        self
    }

    /// Says who watches and confirms.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// use whimbrel::{PushObserver, PushPlan};
    ///
    /// struct No;
    ///
    /// impl PushObserver for No {
    ///     fn confirm(&mut self, _: &PushPlan) -> bool {
    ///         false
    ///     }
    /// }
    ///
    /// assert!(!migrator.push().observer(No).await?.applied);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn observer(mut self, observer: impl PushObserver + 'm) -> Self {
        self.observer = Box::new(observer);
        self
    }

    async fn run(mut self) -> Result<PushReport, Error> {
        if !self.options.dry_run {
            self.migrator.writable()?;
        }
        for _ in 0..ATTEMPTS {
            let prepared = self.prepare().await?;
            self.observer.planned(&prepared.plan);
            if self.options.dry_run || prepared.plan.plan.is_empty() || !self.observer.confirm(&prepared.plan)
            {
                return Ok(prepared.report(None));
            }
            if let Some(elapsed) = self.execute(&prepared).await? {
                return Ok(prepared.report(Some(elapsed)));
            }
            self.observer.replanning();
        }
        Err(Error::Restless { times: ATTEMPTS })
    }

    /// From the source and the live schema to a proved plan.
    async fn prepare(&mut self) -> Result<Prepared, Error> {
        let loaded = self.migrator.load()?;
        let texts = self.remembered(&loaded);
        if let Some(texts) = texts
            && let Some((fingerprint, mut known)) = self.migrator.known_in_sync(texts).await?
        {
            known.notes.splice(0..0, loaded.notes().iter().cloned());
            return Ok(Prepared::in_sync(fingerprint, known));
        }
        let desired = self.migrator.read_loaded(&loaded).await?;
        self.migrator.let_go().await?;
        let options = self.migrator.settings.introspect.clone();
        let live = introspect(self.migrator.connection.as_mut(), &options).await?;
        let pair = Pair::new(&live.schema, &desired.schema);
        let dialect = self.migrator.dialect();

        let renames = known_renames(dialect, pair, &self.renames, &desired.hints)?;
        let (mut changes, renames) = if self.options.force_reset {
            (reset_changes(dialect, pair), Renames::default())
        } else {
            resolve_renames(dialect, pair, renames, self.resolver.as_mut()).await?
        };
        check_policy(self.migrator.settings.policy, &changes, None)?;
        check_left_alone(obstacles(dialect, &live.unmanaged, &renames, &changes))?;
        check_ground(dialect, pair.to, &changes)?;
        let losses = losses(dialect, pair, &changes);
        let probed = facts::probe_all(self.migrator.connection.as_mut(), pair, &renames, losses).await?;
        let accepted = self.accept_losses(&mut changes, &probed, desired.schema.is_empty()).await?;
        let mut plan = plan(dialect, pair, &changes)?;
        let too_large = fit(self.migrator.connection.as_mut(), pair, &changes, &mut plan).await?;
        let recreated = recreated(dialect, pair.to, &renames, &plan.recreated);
        check_left_alone(obstacles_to_recreation(&live.unmanaged, &recreated))?;
        let claim = Claim { pair, renames: &renames, changes: &changes, plan: &plan };
        let proof = if plan.is_empty() {
            Proof::Exact
        } else {
            prove(self.migrator.workshop().await?, claim).await?
        };
        self.migrator.let_go().await?;
        keep_grants(self.migrator.connection.as_mut(), &recreated, &mut plan).await?;

        let asked_for = asked_for(self.migrator.connection.as_mut(), &desired.spoken_of()).await?;
        let there = [live.left_alone.as_slice(), &asked_for].concat();
        let left_out = left_out(&desired, &there, !changes.is_empty());
        // The fingerprint knows nothing of what is asked for.
        let texts = texts.filter(|_| changes.is_empty() && !desired.spoken_of().into_iter().any(has_to_be));
        let mut notes = desired.notes;
        notes.extend(left_out);
        let is_replayed = !plan.is_empty() && !matches!(proof, Proof::Unproved { .. });
        if is_replayed && self.migrator.workshop().await?.limits().no_transactions {
            notes.push(WITHOUT_BOUNDARIES.to_owned());
        }

        let left_alone = live.count_left_alone();
        let Introspection { fingerprint, .. } = live;
        if let Some(texts) = texts {
            // What was passed over in files does not show in the texts, and is told anew each time.
            let notes = &notes[loaded.notes().len()..];
            self.migrator.remember_in_sync(texts, &fingerprint, notes, &left_alone).await?;
        }
        notes.extend(too_large);
        let plan = PushPlan { changes, plan, proof, accepted, notes, left_alone };
        Ok(Prepared { plan, fingerprint, probed })
    }

    /// The texts of a source whose outcome is worth remembering: that of a push
    /// that rests on nothing but them and the database.
    fn remembered<'l>(&self, loaded: &'l Loaded) -> Option<&'l [SourceText]> {
        match loaded {
            Loaded::Sql { texts, .. } if !self.options.force_reset && self.renames == Renames::default() => {
                Some(texts)
            }
            Loaded::Sql { .. } | Loaded::Snapshot { .. } => None,
        }
    }

    async fn accept_losses(
        &mut self,
        changes: &mut [Change],
        probed: &[Probed],
        drops_all: bool,
    ) -> Result<Vec<LossQuestion>, Error> {
        // An empty source is more likely a mistake than a wish: then every drop is asked about.
        let asked: Vec<&Probed> = probed.iter().filter(|one| drops_all || one.needs_an_answer()).collect();
        let mut resolver = ByPolicy(self.migrator.settings.policy, self.resolver.as_mut());
        resolve_losses(changes, &asked, &mut resolver).await
    }

    /// Runs the plan; `None` if the database moved and nothing was done.
    async fn execute(&mut self, prepared: &Prepared) -> Result<Option<Duration>, Error> {
        let mut guard = Unmoved { prepared, introspect: self.migrator.settings.introspect.clone() };
        let mut observer = Steps { observer: self.observer.as_mut() };
        let connection = self.migrator.connection.as_mut();
        let start = Instant::now();
        let outcome = execute::execute(connection, &prepared.plan.plan, &mut guard, &mut observer).await?;
        Ok(match outcome {
            Outcome::Done => Some(start.elapsed()),
            Outcome::Moved => None,
        })
    }
}

impl<'m> IntoFuture for Push<'m> {
    type Output = Result<PushReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Push<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Push").field("options", &self.options).finish_non_exhaustive()
    }
}

fn check_left_alone(reasons: Vec<String>) -> Result<(), Error> {
    if reasons.is_empty() { Ok(()) } else { Err(Error::LeftAlone { reasons }) }
}

/// Drops all there is and creates all there should be.
fn reset_changes(dialect: Dialect, pair: Pair<&Schema>) -> Vec<Change> {
    let empty = Schema::default();
    let drops = diff(dialect, Pair::new(pair.from, &empty), &Renames::default());
    let creates = diff(dialect, Pair::new(&empty, pair.to), &Renames::default());
    [drops.changes, creates.changes].concat()
}

/// A plan with what it rests on.
struct Prepared {
    plan: PushPlan,
    fingerprint: Fingerprint,
    probed: Vec<Probed>,
}

impl Prepared {
    /// Nothing to do, as is known from before.
    fn in_sync(fingerprint: Fingerprint, known: InSync) -> Self {
        let InSync { notes, left_alone, .. } = known;
        let plan = PushPlan {
            changes: Vec::new(),
            plan: Plan::default(),
            proof: Proof::Exact,
            accepted: Vec::new(),
            notes,
            left_alone,
        };
        Self { plan, fingerprint, probed: Vec::new() }
    }

    fn report(self, ran: Option<Duration>) -> PushReport {
        let PushPlan { changes, plan, proof, notes, left_alone, .. } = self.plan;
        let (applied, elapsed) = (ran.is_some(), ran.unwrap_or_default());
        PushReport { changes, plan, proof, notes, left_alone, applied, elapsed }
    }
}

/// Says, inside the transaction that is about to run the plan, whether the
/// database is still the one that it was made for.
struct Unmoved<'a> {
    prepared: &'a Prepared,
    introspect: IntrospectOptions,
}

#[async_trait]
impl Guard for Unmoved<'_> {
    async fn holds(&mut self, connection: &mut dyn Connection) -> Result<bool, IntrospectError> {
        let now = fingerprint(connection, &self.introspect).await?;
        Ok(now == self.prepared.fingerprint && facts::still_hold(connection, &self.prepared.probed).await?)
    }
}

/// Passes the runner's events on.
struct Steps<'a> {
    observer: &'a mut dyn PushObserver,
}

impl ExecuteObserver for Steps<'_> {
    fn step_started(&mut self, index: usize, total: usize, step: &Step) {
        self.observer.step_started(index, total, step);
    }

    fn step_finished(&mut self, elapsed: Duration) {
        self.observer.step_finished(elapsed);
    }
}
