//! `apply`: runs what the database has not applied.
//!
//! The engine is [`whimbrel_db::apply`], which states the guarantee. What is said
//! here is what is to be run: whenever the tracking table was read, journal,
//! files and rows are compared, and nothing runs unless they agree.

use std::collections::HashSet;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Entry, Script, Standing, State};
use whimbrel_core::plan::Proof;
use whimbrel_core::resolve::Policy;
use whimbrel_db::apply::{
    Agenda, ApplyObserver, ApplyOptions, Job, Record, ResumeAt, Seen, Silent, TransactionMode,
};

use crate::error::Error;
use crate::history::{History, HistoryError, Layout, Target};
use crate::migrator::Migrator;
use crate::program::Programs;

/// Applies what the database has not applied; refine it, then await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// let report = migrator.apply().await?;
/// assert_eq!(report.migrations[0].name, "users");
/// assert!(migrator.apply().await?.migrations.is_empty());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Apply<'m> {
    migrator: &'m mut Migrator,
    to: Option<Target>,
    dry_run: bool,
    require_proof: bool,
    transaction: TransactionMode,
    resume_at: Option<ResumeAt>,
    accept_data_loss: bool,
    observer: Box<dyn ApplyObserver + 'm>,
}

/// What `apply` did, or would do.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.create("slugs").await?;
/// let report = migrator.apply().to("users").await?;
/// assert_eq!(report.migrations[0].name, "users");
/// assert!(report.texts[0].contains("CREATE TABLE \"users\""));
/// assert_eq!(report.pending[0].name, "slugs");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApplyReport {
    /// The migrations that were applied, in order; for a dry run those that
    /// would be.
    pub migrations: Vec<Entry>,
    /// The text of each one's file.
    pub texts: Vec<String>,
    /// Those that are still pending, beyond the one to stop at.
    pub pending: Vec<Entry>,
    /// What is worth knowing of the lock file.
    pub notes: Vec<String>,
}

impl<'m> Apply<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self {
            migrator,
            to: None,
            dry_run: false,
            require_proof: false,
            transaction: TransactionMode::default(),
            resume_at: None,
            accept_data_loss: false,
            observer: Box::new(Silent),
        }
    }

    /// Goes no further than this migration.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// // By name or number: 0 is `0000_users.sql`.
    /// assert_eq!(migrator.apply().to(0).await?.migrations.len(), 1);
    /// assert_eq!(migrator.apply().to("users").await?.migrations.len(), 0);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn to(mut self, target: impl Into<Target>) -> Self {
        self.to = Some(target.into());
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
    /// assert_eq!(migrator.apply().dry_run(true).await?.migrations.len(), 1);
    /// assert_eq!(migrator.pending().await?.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Refuses migrations that no replay has proved.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator};
    /// # let store = MemoryStore::new();
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
    /// use whimbrel::store::Store;
    ///
    /// let written = migrator.create("users").await?;
    /// store.put(&written.up.path, "CREATE TABLE users (id INTEGER PRIMARY KEY);").await?;
    /// migrator.verify().accept("users").await?;
    /// // What was written by hand is proved by now.
    /// assert_eq!(migrator.apply().require_proof(true).await?.migrations.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn require_proof(mut self, require_proof: bool) -> Self {
        self.require_proof = require_proof;
        self
    }

    /// Says what shares a transaction. Default: each migration has its own.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::db::apply::TransactionMode;
    /// use whimbrel::{Layout, MemoryStore, Migrator};
    ///
    /// let store = MemoryStore::from([
    ///     ("0001_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"),
    ///     ("0002_ann.sql", "INSERT INTO users VALUES ('Ann');"),
    /// ]);
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store).layout(Layout::LockFile);
    /// let mut migrator = builder.connect().await?;
    /// // `Ann` is no number. Since the two share a transaction, `users` is rolled back too.
    /// assert!(migrator.apply().transaction(TransactionMode::All).await.is_err());
    /// assert_eq!(migrator.pending().await?.len(), 2);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn transaction(mut self, mode: TransactionMode) -> Self {
        self.transaction = mode;
        self
    }

    /// Says where to go on in a migration that stopped where nobody can tell
    /// whether a statement had run. Of one that did not stop midway it is an error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::db::apply::{ResumeAt, TransactionMode};
    /// use whimbrel::{Layout, MemoryStore, Migrator};
    ///
    /// let text = "CREATE TABLE users (id INTEGER PRIMARY KEY);
    ///     INSERT INTO users VALUES ('Ann');
    ///     CREATE TABLE posts (id INTEGER PRIMARY KEY);";
    /// let store = MemoryStore::from([("0001_shop.sql", text)]);
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store).layout(Layout::LockFile);
    /// let mut migrator = builder.connect().await?;
    /// // Each statement is committed at once, and the second fails.
    /// assert!(migrator.apply().transaction(TransactionMode::None).await.is_err());
    ///
    /// // Somebody has looked: it is to go on with the third.
    /// let place = ResumeAt { migration: "shop".to_owned(), statement: 3 };
    /// migrator.apply().transaction(TransactionMode::None).resume_at(place).await?;
    /// assert_eq!(migrator.inspect().await?.schema.tables.len(), 2);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resume_at(mut self, place: ResumeAt) -> Self {
        self.resume_at = Some(place);
        self
    }

    /// Lets a migration drop a table though rows of other tables go with it, or change.
    /// Default: with the policy [`Allow`](Policy::Allow) only.
    ///
    /// That is what `DROP TABLE` does on SQLite where foreign keys are on and one says
    /// `ON DELETE CASCADE`, `SET NULL` or `SET DEFAULT`. Otherwise the migration is
    /// refused, and rolled back.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Layout, MemoryStore, Migrator};
    ///
    /// let tables = "CREATE TABLE users (id INTEGER PRIMARY KEY);
    /// CREATE TABLE posts (user_id INTEGER REFERENCES users ON DELETE CASCADE);
    /// INSERT INTO users VALUES (1);
    /// INSERT INTO posts VALUES (1);";
    /// let rebuild = "CREATE TABLE new (id INTEGER PRIMARY KEY);
    /// INSERT INTO new SELECT id FROM users;
    /// DROP TABLE users;
    /// ALTER TABLE new RENAME TO users;";
    /// let store = MemoryStore::from([("0001_tables.sql", tables), ("0002_rebuild.sql", rebuild)]);
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store).layout(Layout::LockFile);
    /// let mut migrator = builder.connect().await?;
    ///
    /// // The post would be deleted with the table that is rebuilt.
    /// assert!(migrator.apply().await.is_err());
    /// assert_eq!(migrator.pending().await?[0].name, "rebuild");
    /// assert_eq!(migrator.apply().accept_data_loss(true).await?.migrations.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn accept_data_loss(mut self, accept: bool) -> Self {
        self.accept_data_loss = accept;
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
    /// use std::time::Duration;
    ///
    /// use whimbrel::db::apply::{ApplyObserver, Job};
    ///
    /// /// Keeps the names of what was applied.
    /// #[derive(Default)]
    /// struct Names(Vec<String>);
    ///
    /// impl ApplyObserver for Names {
    ///     fn applied(&mut self, job: &Job, _: Duration) {
    ///         self.0.push(job.name.clone());
    ///     }
    /// }
    ///
    /// let mut names = Names::default();
    /// migrator.apply().observer(&mut names).await?;
    /// assert_eq!(names.0, ["users"]);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn observer(mut self, observer: impl ApplyObserver + 'm) -> Self {
        self.observer = Box::new(observer);
        self
    }

    async fn run(mut self) -> Result<ApplyReport, Error> {
        let table = self.migrator.tracking_table()?;
        let (tracked, history) = self.migrator.tracked_and_unsettled(&table).await?;
        let history = match history {
            Some(history) => history,
            None if self.to.is_none() && self.resume_at.is_none() => return Ok(ApplyReport::default()),
            // Whether there is such a migration, only the journal says.
            None => self.migrator.history().await?,
        };
        let limit = match &self.to {
            Some(target) => target.find(&history.journal)?.0 + 1,
            None => history.journal.entries.len(),
        };
        let resume_at = self.resume_at.take().map(|place| place_in(&history, place)).transpose()?;
        let dialect = self.migrator.dialect();
        let require_proof = self.require_proof;
        let programs = self.migrator.settings.programs.clone();
        let mut agenda =
            Upward { dialect, history: &history, programs, limit, require_proof, beyond: Vec::new() };
        let mut notes = Vec::new();
        let names = if self.dry_run {
            let jobs = Migrator::preview(&mut agenda, &tracked).await?;
            if let Some(place) = &resume_at {
                place.check(&tracked, &jobs)?;
            }
            jobs.into_iter().map(|job| job.name).collect()
        } else {
            let options = ApplyOptions {
                transaction: self.transaction,
                resume_at,
                first_look: Some(tracked),
                accept_data_loss: self.accept_data_loss || self.migrator.settings.policy == Policy::Allow,
                ..ApplyOptions::new(table)
            };
            let ran = self.migrator.run_jobs(&mut agenda, &options, self.observer.as_mut()).await;
            // Also after a failure: what was applied before it is there.
            let kept = self.migrator.keep_lock_file(false).await;
            let names = ran?;
            notes = kept?;
            names
        };
        let names: HashSet<String> = HashSet::from_iter(names);
        let run = history.entries().filter(|(entry, _)| names.contains(&entry.name));
        let (migrations, texts) =
            run.map(|(entry, up)| (entry.clone(), up.unwrap_or_default().to_owned())).unzip();
        Ok(ApplyReport { migrations, texts, pending: agenda.beyond, notes })
    }
}

/// The place as the tracking table calls it: people may name a migration by its
/// number or file too.
pub(super) fn place_in(history: &History, place: ResumeAt) -> Result<ResumeAt, HistoryError> {
    let (_, entry) = Target::from(place.migration).find(&history.journal)?;
    Ok(ResumeAt { migration: entry.name.clone(), statement: place.statement })
}

/// Wants everything that is pending, up to a limit.
struct Upward<'a> {
    dialect: Dialect,
    history: &'a History,
    programs: Programs,
    /// How many entries of the journal may be applied.
    limit: usize,
    require_proof: bool,
    /// What is pending beyond the limit, as seen last.
    beyond: Vec<Entry>,
}

#[async_trait]
impl Agenda for Upward<'_> {
    type Error = Error;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Error> {
        if self.history.is_settled(seen.applied, seen.progress) {
            self.beyond.clear();
            return Ok(Vec::new());
        }
        let standings = self.history.standings(seen.applied, seen.progress);
        self.history.refuse_problems(&standings)?;
        let pending = |(standing, entry): (&Standing, &Entry)| {
            (standing.state == State::Pending).then(|| entry.clone())
        };
        let beyond = standings.iter().zip(&self.history.journal.entries).skip(self.limit);
        self.beyond = beyond.filter_map(pending).collect();
        let here = standings.iter().take(self.limit).zip(self.history.entries());
        here.filter_map(|(standing, (entry, up))| self.job(standing, entry, up).transpose()).collect()
    }
}

impl Upward<'_> {
    /// What there is to do for one migration, if anything.
    fn job(&self, standing: &Standing, entry: &Entry, up: Option<&str>) -> Result<Option<Job>, Error> {
        let record = match standing.state {
            State::Pending | State::Failed => Record::Insert,
            State::Applied => match standing.swap() {
                Some(rows) => Record::Swap { rows: rows.to_vec() },
                None => return Ok(None),
            },
            // Refused before.
            State::Missing | State::Edited | State::OutOfOrder | State::Unknown => return Ok(None),
        };
        let is_swap = matches!(record, Record::Swap { .. });
        let file = self.history.file(entry);
        let work = match is_swap {
            true => Script::read(self.dialect, &file, "")?.into(),
            false => {
                let up = up.unwrap_or_default();
                let work = self.programs.way_there(self.dialect, entry, &file, up)?;
                self.history.refuse_empty(entry, &work, up)?;
                self.refuse_unproved(entry)?;
                work
            }
        };
        Ok(Some(Job { name: entry.name.clone(), checksum: entry.checksum.clone(), work, record }))
    }

    fn refuse_unproved(&self, entry: &Entry) -> Result<(), HistoryError> {
        let unproved = match &entry.proof {
            Some(Proof::Exact | Proof::Lossy | Proof::Irreversible { .. }) => None,
            Some(Proof::Unproved { reason }) => Some(reason.clone()),
            None => Some(match self.history.layout {
                Layout::Journal => "its journal entry has no proof".to_owned(),
                Layout::LockFile => "its file has no proof, or was edited since".to_owned(),
            }),
        };
        let Some(reason) = unproved.filter(|_| self.require_proof) else { return Ok(()) };
        let migration = entry.name.clone();
        Err(match self.history.layout {
            Layout::LockFile if entry.format.is_program() => HistoryError::NoPlaceForProof { migration },
            Layout::Journal | Layout::LockFile => HistoryError::Unproved { migration, reason },
        })
    }
}

impl<'m> IntoFuture for Apply<'m> {
    type Output = Result<ApplyReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Apply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apply").field("to", &self.to).field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}
