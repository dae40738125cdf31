//! `down`: takes back what was applied last.
//!
//! The guarantee is that of [`whimbrel_db::apply`]. All down files are read
//! before the first runs, and what loses data is asked about, with what the live
//! rows say of it.

use std::collections::HashSet;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use async_trait::async_trait;
use whimbrel_core::diff::Renames;
use whimbrel_core::history::{AppliedMigration, Entry, Script, Standing, State, losing, warnings};
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::{Answer, DownQuestion, Policy, Question, strict};
use whimbrel_db::apply::{
    Agenda, ApplyObserver, ApplyOptions, Job, Record, ResumeAt, Seen, Silent, Touched, Work, foresee_touched,
};
use whimbrel_db::introspect;
use whimbrel_db::tracking::TrackingTable;

use super::apply::place_in;
use crate::error::Error;
use crate::facts::{self, Probed};
use crate::history::{History, HistoryError, Target};
use crate::migrator::Migrator;
use crate::resolver::AsyncResolver;
use crate::resolving::{ByPolicy, resolve_losses};

/// Takes back what was applied last; refine it, then await it.
///
/// Without a resolver every loss is an [`Error::Unanswered`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.apply().await?;
/// use whimbrel::core::resolve::lenient;
///
/// let report = migrator.down().steps(1).resolver(lenient()).await?;
/// assert_eq!(report.migrations[0].entry.name, "users");
/// assert_eq!(migrator.pending().await?.len(), 1);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Down<'m> {
    migrator: &'m mut Migrator,
    extent: Extent,
    dry_run: bool,
    resume_at: Option<ResumeAt>,
    accept_data_loss: bool,
    resolver: Box<dyn AsyncResolver + 'm>,
    observer: Box<dyn ApplyObserver + 'm>,
}

/// What is said of a way back that is a program.
const OF_A_PROGRAM: &str = "it is a program: nobody can tell what it loses";

/// How much is taken back.
#[derive(Debug, Clone)]
enum Extent {
    Steps(usize),
    To(Target),
}

/// What `down` took back, or would take back.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.apply().await?;
/// let report = migrator.down().await?;
/// assert_eq!(report.migrations[0].entry.name, "users");
/// assert!(report.migrations[0].text.contains("DROP TABLE \"users\""));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DownReport {
    /// The migrations, newest first, each with its way back.
    pub migrations: Vec<Rolled>,
    /// What is worth knowing of the lock file.
    pub notes: Vec<String>,
}

/// A migration that was taken back.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.apply().await?;
/// use whimbrel::Rolled;
///
/// let report = migrator.down().dry_run(true).await?;
/// let Rolled { entry, text } = &report.migrations[0];
/// assert_eq!(entry.down_path(), "meta/_down/0000_users.sql");
/// assert!(text.contains("DROP TABLE \"users\""));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rolled {
    /// Its entry in the journal.
    pub entry: Entry,
    /// The text of its way back.
    pub text: String,
}

impl<'m> Down<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self {
            migrator,
            extent: Extent::Steps(1),
            dry_run: false,
            resume_at: None,
            accept_data_loss: false,
            resolver: Box::new(strict()),
            observer: Box::new(Silent),
        }
    }

    /// Takes back this many migrations. Default: 1. With 0 nothing is done.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// assert!(migrator.down().steps(0).await?.migrations.is_empty());
    /// assert_eq!(migrator.down().steps(5).await?.migrations.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn steps(mut self, steps: usize) -> Self {
        self.extent = Extent::Steps(steps);
        self
    }

    /// Takes back everything that came after this migration, which stays.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// // Nothing came after `users`, which stays.
    /// assert!(migrator.down().to("users").await?.migrations.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn to(mut self, target: impl Into<Target>) -> Self {
        self.extent = Extent::To(target.into());
        self
    }

    /// Looks and compares, and runs nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// assert_eq!(migrator.down().dry_run(true).await?.migrations.len(), 1);
    /// assert!(migrator.pending().await?.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Goes on at this statement with a way back that stopped where nobody can tell
    /// whether one had run. Where none has stopped midway it is an error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::db::apply::ResumeAt;
    /// use whimbrel::resolver::lenient;
    /// use whimbrel::{Layout, MemoryStore, Migrator};
    ///
    /// let text = "CREATE TABLE users (id INTEGER PRIMARY KEY);
    /// -- whimbrel: down
    /// -- whimbrel: no-transaction
    /// DROP TABLE users;
    /// DROP TABLE posts;";
    /// let store = MemoryStore::from([("0001_shop.sql", text)]);
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store).layout(Layout::LockFile);
    /// let mut migrator = builder.connect().await?;
    /// migrator.apply().await?;
    /// // Each statement is committed at once, and the second fails.
    /// assert!(migrator.down().resolver(lenient()).await.is_err());
    ///
    /// // Somebody has looked: nothing is left to do.
    /// let place = ResumeAt { migration: "shop".to_owned(), statement: 3 };
    /// migrator.down().resume_at(place).resolver(lenient()).await?;
    /// assert_eq!(migrator.pending().await?.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resume_at(mut self, place: ResumeAt) -> Self {
        self.resume_at = Some(place);
        self
    }

    /// Lets a way back drop a table though rows of other tables go with it, or change:
    /// what the rows say beforehand is then not asked about, and what comes to light only
    /// while it runs is not refused. See [`Apply::accept_data_loss`](super::apply::Apply::accept_data_loss).
    /// Default: with the policy [`Allow`](Policy::Allow) only.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Layout, MemoryStore, Migrator};
    ///
    /// let tables = "CREATE TABLE users (id INTEGER PRIMARY KEY);
    /// CREATE TABLE posts (user_id INTEGER REFERENCES users ON DELETE CASCADE);";
    /// let rebuild = "INSERT INTO users VALUES (1);
    /// INSERT INTO posts VALUES (1);
    /// -- whimbrel: down
    /// CREATE TABLE new (id INTEGER PRIMARY KEY);
    /// DROP TABLE users;
    /// ALTER TABLE new RENAME TO users;";
    /// let store = MemoryStore::from([("0001_tables.sql", tables), ("0002_rebuild.sql", rebuild)]);
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store).layout(Layout::LockFile);
    /// let mut migrator = builder.connect().await?;
    /// migrator.apply().await?;
    ///
    /// let Err(whimbrel::Error::Unanswered { questions }) = migrator.down().await else {
    ///     panic!("there is a post to lose");
    /// };
    /// let asked = "down of `rebuild`: 1 row of `posts` would be deleted with `users`";
    /// assert_eq!(questions[0].headline(), asked);
    /// assert_eq!(migrator.down().accept_data_loss(true).await?.migrations.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn accept_data_loss(mut self, accept: bool) -> Self {
        self.accept_data_loss = accept;
        self
    }

    /// Says who answers questions.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder(&url)?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// use whimbrel::db::connect;
    /// use whimbrel::resolver::lenient;
    ///
    /// let mut connection = connect(&url.parse()?, &Default::default()).await?;
    /// connection.execute("INSERT INTO users VALUES (1), (2)").await?;
    /// // There is something to lose now.
    /// let error = migrator.down().await.unwrap_err();
    /// assert!(matches!(error, whimbrel::Error::Unanswered { .. }));
    /// assert_eq!(migrator.down().resolver(lenient()).await?.migrations.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resolver(mut self, resolver: impl AsyncResolver + 'm) -> Self {
        self.resolver = Box::new(resolver);
        self
    }

    /// Says who hears how it is getting on.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.apply().await?;
    /// use whimbrel::db::apply::{ApplyObserver, Job};
    ///
    /// /// Keeps the names of what begins.
    /// #[derive(Default)]
    /// struct Names(Vec<String>);
    ///
    /// impl ApplyObserver for Names {
    ///     fn started(&mut self, _: usize, _: usize, job: &Job) {
    ///         self.0.push(job.name.clone());
    ///     }
    /// }
    ///
    /// let mut names = Names::default();
    /// migrator.down().observer(&mut names).await?;
    /// assert_eq!(names.0, ["users"]);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn observer(mut self, observer: impl ApplyObserver + 'm) -> Self {
        self.observer = Box::new(observer);
        self
    }

    async fn run(mut self) -> Result<DownReport, Error> {
        if !self.dry_run {
            self.migrator.writable()?;
        }
        let history = self.migrator.whole_history().await?;
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let standings = history.standings(&tracked.applied, &tracked.progress());
        let chosen = self.choose(&history, &standings)?;
        let later = unknown_since(&standings, &tracked.applied, &chosen);
        let names = chosen.iter().map(|chosen| chosen.entry.name.as_str());
        let parts = self.parts(&history, &standings)?;
        let names: Vec<&str> = names.chain(later).chain(parts).collect();
        history.refuse_down_problems(&standings, &names)?;
        let mut chosen =
            chosen.into_iter().map(|one| self.way_back(&history, one)).collect::<Result<Vec<_>, _>>()?;
        let rolled: Vec<Rolled> = chosen.iter().map(|chosen| chosen.rolled.clone()).collect();
        if self.dry_run || chosen.is_empty() {
            // A run that was killed may have come this far without the lock file.
            let is_behind = !self.dry_run && self.migrator.had_any(&table, &tracked).await?;
            let notes = if is_behind { self.migrator.keep_lock_file(true).await? } else { Vec::new() };
            return Ok(DownReport { migrations: rolled, notes });
        }
        let accept_data_loss = self.asked(&mut chosen, &table).await?;
        let known = tracked.applied.into_iter().map(|row| row.name).collect();
        let mut agenda = Downward { chosen: chosen.into_iter().map(Back::job).collect(), known };
        let resume_at = self.resume_at.take().map(|place| place_in(&history, place)).transpose()?;
        let options = ApplyOptions { resume_at, accept_data_loss, ..ApplyOptions::new(table) };
        let ran = self.migrator.run_jobs(&mut agenda, &options, self.observer.as_mut()).await;
        let kept = self.migrator.keep_lock_file(true).await;
        let (names, mut notes) = (HashSet::<String>::from_iter(ran?), kept?);
        let (migrations, others) =
            rolled.into_iter().partition::<Vec<_>, _>(|one| names.contains(&one.entry.name));
        let taken_back = |one: &Rolled| format!("another run took `{}` back meanwhile", one.entry.name);
        notes.extend(others.iter().map(taken_back));
        Ok(DownReport { migrations, notes })
    }

    /// The newest first.
    fn choose<'h>(
        &self,
        history: &'h History,
        standings: &[Standing],
    ) -> Result<Vec<Chosen<'h>>, HistoryError> {
        let (keep, steps) = match &self.extent {
            Extent::Steps(steps) => (0, *steps),
            Extent::To(target) => (target.find(&history.journal)?.0 + 1, usize::MAX),
        };
        // The standings begin with those of the journal.
        let candidates = history.journal.entries.iter().zip(standings).skip(keep).rev();
        let chosen = candidates.filter_map(|(entry, standing)| Chosen::new(entry, standing));
        Ok(chosen.take(steps).collect())
    }

    /// What has run in part after the migration that is to be the last one: not even
    /// where nothing else is applied has the database come back there.
    fn parts<'s>(
        &self,
        history: &History,
        standings: &'s [Standing],
    ) -> Result<impl Iterator<Item = &'s str>, HistoryError> {
        let beyond = match &self.extent {
            Extent::Steps(_) => &[],
            Extent::To(target) => &standings[target.find(&history.journal)?.0 + 1..],
        };
        let parts = beyond.iter().filter(|standing| standing.has_run_in_part());
        Ok(parts.map(|standing| standing.name.as_str()))
    }

    fn way_back(&self, history: &History, chosen: Chosen<'_>) -> Result<Back, Error> {
        let Chosen { entry, rows } = chosen;
        let dialect = self.migrator.dialect();
        let (text, work) = history.way_back(&self.migrator.settings.programs, dialect, entry)?;
        Ok(Back { rolled: Rolled { entry: entry.clone(), text }, work, rows })
    }

    /// Asks as [`Down::ask`] does. What another run takes back meanwhile cannot be asked
    /// about, need not be, and is chosen no longer.
    async fn asked(&mut self, chosen: &mut Vec<Back>, table: &TrackingTable) -> Result<bool, Error> {
        loop {
            let failure = match self.ask(chosen).await {
                Err(failure @ (Error::Db(_) | Error::Introspect(_))) => failure,
                asked => return asked,
            };
            let applied = self.migrator.tracked(table).await?.applied;
            let count = chosen.len();
            chosen.retain(|one| applied.iter().any(|row| one.rows.contains(&row.name)));
            if chosen.len() == count {
                return Err(failure);
            }
        }
    }

    /// Asks about everything that the scripts lose, as far as rows are there to
    /// be lost. Says whether rows of other tables may go with those that are dropped.
    async fn ask(&mut self, chosen: &[Back]) -> Result<bool, Error> {
        let dialect = self.migrator.dialect();
        let options = self.migrator.settings.introspect.clone();
        let connection = self.migrator.connection.as_mut();
        let live = introspect(connection, &options).await?.schema;
        let pair = Pair::new(&live, &live);
        let (mut probed, mut stated) = (Vec::new(), Vec::new());
        let accepts = self.accept_data_loss || self.migrator.settings.policy == Policy::Allow;
        let scripts: Vec<&Script> = chosen.iter().filter_map(|back| back.work.script()).collect();
        let foreseen = if accepts { Vec::new() } else { foresee_touched(connection, &scripts).await? };
        let is_foreseen = foreseen.iter().any(|touched| !touched.is_empty());
        let mut foreseen = foreseen.into_iter();
        for Back { rolled, work, .. } in chosen {
            let Work::Script(script) = work else {
                let warnings = vec![OF_A_PROGRAM.to_owned()];
                stated.push(DownQuestion { migration: rolled.entry.name.clone(), warnings });
                continue;
            };
            let found = losing(dialect, script);
            let touched = foreseen.next().unwrap_or_default();
            let stands = warnings(&rolled.text).filter(|_| found.losses.is_empty()).map(str::to_owned);
            let warnings: Vec<String> = stands.chain(touched.iter().map(Touched::to_string)).collect();
            if !warnings.is_empty() {
                stated.push(DownQuestion { migration: rolled.entry.name.clone(), warnings });
            }
            probed.extend(facts::probe_all(connection, pair, &Renames::default(), found.losses).await?);
        }
        let asked: Vec<&Probed> = probed.iter().filter(|one| one.needs_an_answer()).collect();
        let mut resolver = ByPolicy(self.migrator.settings.policy, self.resolver.as_mut());
        resolve_losses(&mut [], &asked, &mut resolver).await?;
        resolve_stated(stated, &mut resolver).await?;
        Ok(accepts || is_foreseen)
    }
}

/// A migration that is to be taken back.
struct Chosen<'h> {
    entry: &'h Entry,
    /// The rows of the tracking table that say that it is applied.
    rows: Vec<String>,
}

impl<'h> Chosen<'h> {
    /// Chooses a migration if it is applied, be it as those that it replaces.
    fn new(entry: &'h Entry, standing: &Standing) -> Option<Self> {
        standing.applied_at.as_ref()?;
        let replaced = standing.swap().map(<[String]>::to_vec);
        Some(Self { entry, rows: replaced.unwrap_or_else(|| vec![entry.name.clone()]) })
    }
}

/// What takes a migration back.
struct Back {
    rolled: Rolled,
    work: Work,
    rows: Vec<String>,
}

impl Back {
    fn job(self) -> Job {
        let Entry { name, checksum, .. } = self.rolled.entry;
        Job { name, checksum, work: self.work, record: Record::Delete { rows: self.rows } }
    }
}

/// The names of what was applied after the first of the chosen ones, and is not in
/// the journal: it may build on them.
fn unknown_since<'r>(
    standings: &'r [Standing],
    applied: &'r [AppliedMigration],
    chosen: &[Chosen<'_>],
) -> impl Iterator<Item = &'r str> {
    let rows: HashSet<&str> = chosen.iter().flat_map(|one| &one.rows).map(String::as_str).collect();
    let first = applied.iter().position(|row| rows.contains(row.name.as_str())).unwrap_or(applied.len());
    let unknown = standings.iter().filter(|one| one.state == State::Unknown);
    let unknown: HashSet<&str> = unknown.map(|one| one.name.as_str()).collect();
    let names = applied[first..].iter().map(|row| row.name.as_str());
    names.filter(move |name| unknown.contains(name))
}

/// Asks about what the authors of migrations say that their ways back lose, and about
/// what goes with the tables that they drop.
async fn resolve_stated(stated: Vec<DownQuestion>, resolver: &mut dyn AsyncResolver) -> Result<(), Error> {
    let mut unanswered = Vec::new();
    for question in stated.into_iter().map(Question::Down) {
        match resolver.answer(&question).await {
            Some(Answer::Accept) => {}
            Some(Answer::Reject) => return Err(Error::Rejected { question: Box::new(question) }),
            Some(Answer::New | Answer::RenamedFrom(_) | Answer::Replace(_)) | None => {
                unanswered.push(question);
            }
        }
    }
    if unanswered.is_empty() { Ok(()) } else { Err(Error::Unanswered { questions: unanswered }) }
}

/// Wants what was chosen, and nothing else: what somebody else takes back
/// meanwhile is not made up for.
struct Downward {
    /// The newest first.
    chosen: Vec<Job>,
    /// What was applied when it was chosen.
    known: HashSet<String>,
}

#[async_trait]
impl Agenda for Downward {
    type Error = Error;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Error> {
        if let Some(row) = seen.applied.iter().find(|row| !self.known.contains(&row.name)) {
            return Err(HistoryError::Overtaken { migration: row.name.clone() }.into());
        }
        let applied: HashSet<&String> = seen.applied.iter().map(|row| &row.name).collect();
        let is_applied = |job: &&Job| job.record.deleted().iter().any(|row| applied.contains(row));
        Ok(self.chosen.iter().filter(is_applied).cloned().collect())
    }
}

impl<'m> IntoFuture for Down<'m> {
    type Output = Result<DownReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Down<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Down")
            .field("extent", &self.extent)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
