//! `verify`: every migration replayed in the scratch database: up, down, and up
//! again.
//!
//! It looks at the files as they are now, edited or not. An edit is taken on
//! only by name ([`Verify::accept`]): the journal then has the new checksums and
//! the new proof, and the snapshot is rebuilt, all in one edit of the store. With a
//! lock file the proof is written into the header of the migration's file. The
//! old checksum stays in the journal, so that databases that applied the
//! migration before still agree.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::history::{Checksum, Entry, Journal};
use whimbrel_core::plan::Proof;
use whimbrel_core::schema::Schema;
use whimbrel_db::apply::Work;

use crate::error::Error;
use crate::history::{
    History, HistoryError, Layout, Target, Trial, Tried, is_fault_of_the_file, try_out, with_proofs,
};
use crate::migrator::Migrator;

/// Replays every migration up, down and up again; refine it, then await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// let report = migrator.verify().await?;
/// assert!(report.is_fine());
/// assert_eq!(report.verdicts[0].entry.name, "users");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Verify<'m> {
    migrator: &'m mut Migrator,
    accept: Vec<Target>,
    observer: Box<dyn FnMut(&Verdict) + Send + 'm>,
}

/// What the replay of one migration showed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// use whimbrel::Outcome;
/// use whimbrel::core::plan::Proof;
///
/// let report = migrator.verify().await?;
/// let verdict = &report.verdicts[0];
/// assert_eq!((verdict.entry.name.as_str(), verdict.edited), ("users", false));
/// assert!(matches!(verdict.outcome, Outcome::Proved(Proof::Exact)));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Verdict {
    /// Its entry in the journal; with the new checksums, if they were accepted.
    pub entry: Entry,
    /// Whether a file of it is not what the journal says.
    pub edited: bool,
    /// What was shown.
    pub outcome: Outcome,
    /// What is worth knowing, and no failure: on SQLite, that it drops a table with
    /// foreign keys on while rows of others would go with it, or change.
    pub notes: Vec<String>,
}

/// How a replay ended.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator};
/// # let store = MemoryStore::new();
/// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
/// # use whimbrel::store::Store;
/// use whimbrel::Outcome;
///
/// let [users, posts] = [migrator.create("users").await?, migrator.create("posts").await?];
/// store.put(&users.up.path, "CREATE TABEL users (id INTEGER);").await?;
/// store.put(&posts.up.path, "CREATE TABLE posts (id INTEGER);").await?;
///
/// let report = migrator.verify().await?;
/// assert!(matches!(report.verdicts[0].outcome, Outcome::Fails(_)));
/// assert!(matches!(report.verdicts[1].outcome, Outcome::NotReached));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub enum Outcome {
    /// It replays; the proof says whether there is a way back.
    Proved(Proof),
    /// It does not replay.
    Fails(Box<Error>),
    /// It comes after one that does not replay; its own file can be read.
    NotReached,
}

/// What `verify` found.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// let report = migrator.verify().await?;
/// assert_eq!((report.verdicts.len(), report.accepted.len()), (1, 0));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct VerifyReport {
    /// One for each migration, in order.
    pub verdicts: Vec<Verdict>,
    /// The names of those whose edits were recorded.
    pub accepted: Vec<String>,
}

impl VerifyReport {
    /// Says whether everything replays and nothing is edited.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// assert!(migrator.verify().await?.is_fine());
    /// // Nothing was written into this one yet.
    /// migrator.create("slugs").await?;
    /// assert!(!migrator.verify().await?.is_fine());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn is_fine(&self) -> bool {
        let is_fine = |one: &Verdict| !one.edited && matches!(one.outcome, Outcome::Proved(_));
        self.verdicts.iter().all(is_fine)
    }
}

impl<'m> Verify<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator, accept: Vec::new(), observer: Box::new(|_| ()) }
    }

    /// Takes the files of this migration as they are now.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator};
    /// # let store = MemoryStore::new();
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
    /// # use whimbrel::store::Store;
    /// let written = migrator.create("users").await?;
    /// store.put(&written.up.path, "CREATE TABLE users (id INTEGER PRIMARY KEY);").await?;
    /// assert!(migrator.verify().await?.verdicts[0].edited);
    ///
    /// assert_eq!(migrator.verify().accept("users").await?.accepted, ["users"]);
    /// assert!(migrator.verify().await?.is_fine());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn accept(mut self, target: impl Into<Target>) -> Self {
        self.accept.push(target.into());
        self
    }

    /// Says who hears of each verdict as soon as it is there.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// let mut names = Vec::new();
    /// migrator.verify().observer(|verdict| names.push(verdict.entry.name.clone())).await?;
    /// assert_eq!(names, ["users"]);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn observer(mut self, observer: impl FnMut(&Verdict) + Send + 'm) -> Self {
        self.observer = Box::new(observer);
        self
    }

    async fn run(mut self) -> Result<VerifyReport, Error> {
        let history = self.migrator.whole_history().await?;
        let accepted = self.accept.iter().map(|target| Ok(target.find(&history.journal)?.1.name.clone()));
        let accepted = accepted.collect::<Result<Vec<String>, HistoryError>>()?;
        let (verdicts, schema) = self.replay(&history, &accepted).await?;
        if let Some(failed) = verdicts
            .iter()
            .position(|one| accepted.contains(&one.entry.name) && !matches!(one.outcome, Outcome::Proved(_)))
        {
            return Err(refusal(verdicts, failed));
        }
        let report = VerifyReport { verdicts, accepted };
        if !report.accepted.is_empty() {
            self.record(&history, &report, schema).await?;
        }
        Ok(report)
    }

    /// Replays the whole history; returns the schema at its end, if that was
    /// reached.
    async fn replay(
        &mut self,
        history: &History,
        accepted: &[String],
    ) -> Result<(Vec<Verdict>, Option<Schema>), Error> {
        let edited = history.edited();
        let mut schema = Some(self.migrator.begin(history).await?);
        let mut verdicts = Vec::with_capacity(history.journal.entries.len());
        for (at, entry) in history.journal.entries.iter().enumerate() {
            let is_accepted = accepted.contains(&entry.name);
            let edited = edited.contains(&entry.name);
            let mut verdict =
                Verdict { entry: entry.clone(), edited, outcome: Outcome::NotReached, notes: Vec::new() };
            let tried = match schema.take() {
                Some(before) => self.migrator.tried(history, at, &before).await.map(Some),
                // That a file is not there is told wherever it should be.
                None => self.migrator.way_there(history, entry).map(|_| None),
            };
            match tried {
                Ok(Some(Tried { proof, after, notes, .. })) => {
                    schema = Some(after);
                    verdict.outcome = Outcome::Proved(proof);
                    verdict.notes = notes;
                }
                Ok(None) => {}
                Err(error) if is_fault_of_the_file(&error) => {
                    verdict.outcome = Outcome::Fails(Box::new(error));
                }
                Err(error) => return Err(error),
            }
            if is_accepted && let Outcome::Proved(proof) = &verdict.outcome {
                verdict.entry = history.stamped(entry, proof.clone(), self.migrator.server().engine());
                verdict.edited = false;
            }
            (self.observer)(&verdict);
            verdicts.push(verdict);
        }
        Ok((verdicts, schema))
    }

    /// Writes what was accepted into journal and snapshot.
    async fn record(
        &mut self,
        history: &History,
        report: &VerifyReport,
        schema: Option<Schema>,
    ) -> Result<(), Error> {
        let entries = report.verdicts.iter().map(|verdict| verdict.entry.clone()).collect();
        let journal = Journal { entries, ..history.journal.clone() };
        let accepted = journal.entries.iter().filter(|entry| report.accepted.contains(&entry.name));
        let edit = match history.layout {
            Layout::Journal => history.edit(),
            Layout::LockFile => with_proofs(history, accepted, history.edit()),
        };
        self.migrator.commit(edit, history, &journal, schema).await
    }
}

impl Migrator {
    /// Replays one migration up, down and up again, on top of those before it.
    pub(crate) async fn tried(
        &mut self,
        history: &History,
        at: usize,
        before: &Schema,
    ) -> Result<Tried, Error> {
        let dialect = self.dialect();
        let entry = &history.journal.entries[at];
        let up = self.way_there(history, entry)?;
        let programs = &self.settings.programs;
        let down = history.way_back(programs, dialect, entry).map_err(|error| error.to_string());
        let down = down.as_ref().map(|(_, work)| work).map_err(Clone::clone);
        let trial = Trial { before, up: &up, down, is_lossy: known_lossy(entry, &up) };
        let tried = try_out(self.workshop().await?, trial).await?;
        if !tried.is_clean {
            self.rebuild(history, at + 1).await?;
        }
        Ok(tried)
    }

    fn way_there(&self, history: &History, entry: &Entry) -> Result<Work, Error> {
        history.way_there(&self.settings.programs, self.dialect(), entry)
    }
}

/// The error of a migration that was to be accepted and does not replay: its
/// own, or that of the first that does not.
fn refusal(verdicts: Vec<Verdict>, failed: usize) -> Error {
    let name = verdicts[failed].entry.name.clone();
    let first = verdicts.into_iter().find_map(|one| match one.outcome {
        Outcome::Fails(error) => Some(*error),
        Outcome::Proved(_) | Outcome::NotReached => None,
    });
    first.unwrap_or_else(|| HistoryError::NoSuchMigration { wanted: name }.into())
}

/// What the generator found out with rows holds as long as the file is the same.
fn known_lossy(entry: &Entry, up: &Work) -> Option<bool> {
    let is_same = up.script().is_some_and(|up| Checksum::of_file(&up.text) == entry.checksum);
    match &entry.proof {
        Some(Proof::Exact) if is_same => Some(false),
        Some(Proof::Lossy) if is_same => Some(true),
        Some(_) | None => None,
    }
}

impl<'m> IntoFuture for Verify<'m> {
    type Output = Result<VerifyReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Verify<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verify").field("accept", &self.accept).finish_non_exhaustive()
    }
}
