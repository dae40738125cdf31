//! `rebase`: after a merge in which both branches added migrations, ours come
//! after theirs.
//!
//! The journal is read as the merge left it, conflict markers and all. Where
//! there are none, migrations that are pending although later ones are applied
//! are put after those. Ours are tried out on top of theirs before anything is
//! written, and all files change in one edit of the store.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::history::{
    Conflict, Entry, FileTexts, Journal, JournalError, Move, Rebase as Rebased, Sides, Standing, State,
    rebase,
};
use whimbrel_core::lockfile::{LOCK_FILE, LockFile, LockFileError};
use whimbrel_core::schema::Schema;

use crate::error::Error;
use crate::history::{
    File, Folder, History, HistoryError, JOURNAL, Layout, Trial, in_store, sound_lock, try_out,
};
use crate::migrator::Migrator;
use crate::store::{Edit, View, recover};

/// Puts our migrations after theirs; refine it, then await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// // No merge, nothing out of order: there is nothing to do.
/// let report = migrator.rebase().await?;
/// assert!(!report.written);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Rebase<'m> {
    migrator: &'m mut Migrator,
    keep: Keep,
    dry_run: bool,
}

/// Whose migrations keep their place.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator};
/// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new()).connect().await?;
/// use whimbrel::Keep;
///
/// assert_eq!(Keep::default(), Keep::Theirs);
/// assert!(!migrator.rebase().keep(Keep::Ours).await?.written);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Those that the merge brought in.
    #[default]
    Theirs,
    /// Those of the branch that was merged into.
    Ours,
}

/// What `rebase` did, or would do.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::core::dialect::Dialect;
/// # use whimbrel::core::history::Journal;
/// # use whimbrel::store::Store;
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let branch = async |table: &str| {
/// #     let store = MemoryStore::new();
/// #     let source = Source::sql("schema.sql", format!("CREATE TABLE {table} (id INTEGER);"));
/// #     let builder = Migrator::builder("sqlite::memory:")?.source(source).store(store.clone());
/// #     builder.connect().await?.generate().name(table).await?;
/// #     Ok::<_, whimbrel::Error>(store)
/// # };
/// # let (ours, theirs) = (branch("users").await?, branch("posts").await?);
/// # let store = ours.clone();
/// # let of = |store: &MemoryStore| store.texts()["meta/_journal.json"].clone();
/// # let (mine, other) = (of(&ours), of(&theirs));
/// # for (path, text) in theirs.texts() { store.put(&path, &text).await?; }
/// # let (mine, other) = (mine.trim_end(), other.trim_end());
/// # let journal = format!("<<<<<<< HEAD\n{mine}\n=======\n{other}\n>>>>>>> theirs\n");
/// # store.put("meta/_journal.json", &journal).await?;
/// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
/// // Two branches had a first migration each, and were merged.
/// let report = migrator.rebase().await?;
/// let (before, after) = &report.moved[0];
/// assert_eq!((before.path(), after.path()), ("0000_users.sql".to_owned(), "0001_users.sql".to_owned()));
/// assert!(report.written);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RebaseReport {
    /// Each migration that moved: as it was, and as it is now.
    pub moved: Vec<(Entry, Entry)>,
    /// The migrations that come last now, as they are.
    pub rebased: Vec<Entry>,
    /// Whether files were written.
    pub written: bool,
}

/// Takes one side of a file with conflict markers.
type OneSide = fn(Sides) -> String;

/// Two sides, of which the second comes after the first.
struct Both {
    text: String,
    first: Journal,
    second: Journal,
    /// The side of a file with conflict markers that belongs to `first`.
    first_is: OneSide,
    /// The side that belongs to `second`.
    second_is: OneSide,
    /// What git calls the first side, if there is a merge with conflicts.
    first_name: Option<&'static str>,
    /// The lock file that stays, in the layout that has one.
    lock: LockFile,
    /// The names of all texts in no folder, in that layout.
    names: Option<Vec<String>>,
}

/// The history as it is to be.
struct Placed {
    journal: Journal,
    texts: BTreeMap<String, FileTexts>,
    /// The files that are not yet as they are to be.
    changed: Vec<File>,
}

impl<'m> Rebase<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator, keep: Keep::default(), dry_run: false }
    }

    /// Says whose migrations keep their place. Default: theirs.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{Keep, MemoryStore, Migrator};
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(MemoryStore::new()).connect().await?;
    /// // Without a merge there is nothing to put in order.
    /// assert!(migrator.rebase().keep(Keep::Ours).await?.moved.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Tries it out, and writes nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// assert!(!migrator.rebase().dry_run(true).await?.written);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    async fn run(mut self) -> Result<RebaseReport, Error> {
        if !self.dry_run {
            // One that was killed is finished: the folder is about to be added to a commit.
            recover(self.migrator.store()?.as_ref()).await?;
        }
        let Some(both) = self.both().await? else {
            return Ok(RebaseReport { moved: Vec::new(), rebased: Vec::new(), written: false });
        };
        let rebased = rebase(&both.first, &both.second)?;
        self.refuse_applied(&both, &rebased).await?;
        let Placed { journal, texts, changed } = self.files(&both, &rebased).await?;
        let mut history = History::of(self.migrator.store()?.name(), journal, texts);
        history.layout = self.migrator.settings.layout;
        history.lock = both.lock.clone();
        // A file of both sides that was settled by hand holds the statements of one alone.
        if let Some(migration) = history.edited().into_iter().next() {
            return Err(HistoryError::EditedBefore { migration }.into());
        }
        let kept = history.journal.entries.len() - rebased.ours.len();
        let schema = match self.prove(&mut history, kept).await {
            Err(NotProved { name, error }) => return Err(self.explained(&both, &rebased, &name, error)),
            Ok(schema) => schema,
        };
        if !self.dry_run {
            self.write(&both, &rebased, &history, changed, schema).await?;
        }
        let now = |one: &Move| history.journal.entry(&one.to.name).cloned().unwrap_or_else(|| one.to.clone());
        Ok(RebaseReport {
            moved: rebased.moves.iter().map(|one| (one.from.clone(), now(one))).collect(),
            rebased: history.journal.entries[kept..].to_vec(),
            written: !self.dry_run,
        })
    }

    /// The two sides: of the merge, or of what the database has and has not
    /// applied. `None` if there is nothing to put in order.
    async fn both(&mut self) -> Result<Option<Both>, Error> {
        if self.migrator.settings.layout == Layout::LockFile {
            return self.both_of_folder().await;
        }
        let store = self.migrator.store()?;
        let file = in_store(store.as_ref(), JOURNAL);
        let Some(text) = View::open(store.as_ref()).await?.get(JOURNAL).await? else { return Ok(None) };
        match Journal::from_json(&file, &text) {
            Err(JournalError::Conflict { .. }) => {
                let Conflict { ours, theirs, .. } = Conflict::read(&file, &text)?;
                let ours_is: OneSide = |sides| sides.ours;
                let theirs_is: OneSide = |sides| sides.theirs;
                let (first, second, first_is, second_is, first_name) = match self.keep {
                    Keep::Theirs => (theirs, ours, theirs_is, ours_is, "theirs"),
                    Keep::Ours => (ours, theirs, ours_is, theirs_is, "ours"),
                };
                Ok(Some(Both {
                    text,
                    first,
                    second,
                    first_is,
                    second_is,
                    first_name: Some(first_name),
                    lock: LockFile::empty(),
                    names: None,
                }))
            }
            Err(error) => Err(error.into()),
            Ok(journal) => self.out_of_order(text, journal).await,
        }
    }

    async fn out_of_order(&mut self, text: String, journal: Journal) -> Result<Option<Both>, Error> {
        let history = self.migrator.history().await?;
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let standings = history.standings(&tracked.applied, &tracked.progress());
        if !standings.iter().any(|one| one.state == State::OutOfOrder) {
            return Ok(None);
        }
        let both = journal.entries.iter().zip(&standings);
        let is_applied = |(_, standing): &(&Entry, &Standing)| standing.applied_at.is_some();
        let entries = both.filter(is_applied).map(|(entry, _)| entry.clone()).collect();
        let first = Journal { entries, ..journal.clone() };
        let as_it_is: OneSide = |sides| sides.ours;
        Ok(Some(Both {
            text,
            first,
            second: journal,
            first_is: as_it_is,
            second_is: as_it_is,
            first_name: None,
            lock: LockFile::empty(),
            names: None,
        }))
    }

    /// The two sides of a folder with a lock file: what stays is what the lock file
    /// has (that of the side to keep, after a merge) or the database has applied.
    async fn both_of_folder(&mut self) -> Result<Option<Both>, Error> {
        let store = self.migrator.store()?;
        let (file, keep) = (in_store(store.as_ref(), LOCK_FILE), self.keep);
        let view = View::open(store.as_ref()).await?;
        let folder = Folder::read(&view, |text| sound_lock(&file, &of_side(&file, text, keep)?)).await?;
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let dialect = self.migrator.dialect();
        let all = Journal { dialect, entries: folder.entries() };
        let lock = folder.lock.named(&all);
        let is_applied = |entry: &&Entry| tracked.applied.iter().any(|row| row.name == entry.name);
        let last_applied = all.entries.iter().rposition(|entry| is_applied(&entry));
        // What is applied stays, and what is recorded unless it is out of order here.
        let stays = |(at, entry): &(usize, &Entry)| {
            let is_late = last_applied.is_some_and(|last| *at < last) && !tracked.applied.is_empty();
            is_applied(entry) || (lock.record(&entry.name).is_some() && !is_late)
        };
        let (settled, others): (Vec<_>, Vec<_>) = all.entries.iter().enumerate().partition(stays);
        let mut first: Vec<Entry> = settled.into_iter().map(|(_, entry)| entry.clone()).collect();
        let conflict = folder
            .lock_text
            .as_deref()
            .is_some_and(|text| Sides::read(text).is_ok_and(|sides| sides.ours != sides.theirs));
        // Of those that are neither, the ones that are in nobody's way stay too.
        for (_, entry) in others {
            let next = first.last().map_or(1, |last| last.idx + 1);
            if entry.idx == next && !first.iter().any(|one| one.name == entry.name) {
                first.push(entry.clone());
            }
        }
        let is_in_order = first.len() == all.entries.len();
        if is_in_order && !conflict {
            return Ok(None);
        }
        let as_it_is: OneSide = |sides| sides.ours;
        Ok(Some(Both {
            text: folder.lock_text.unwrap_or_default(),
            first: Journal { dialect, entries: first },
            second: all,
            first_is: as_it_is,
            second_is: as_it_is,
            first_name: None,
            lock,
            names: Some(folder.names),
        }))
    }

    /// What is to come last must not be applied while something before it is not.
    async fn refuse_applied(&mut self, both: &Both, rebased: &Rebased) -> Result<(), Error> {
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let is_applied = |name: &str| tracked.applied.iter().any(|row| row.name == name);
        let kept = rebased.journal.entries.len() - rebased.ours.len();
        let waits = rebased.journal.entries[..kept].iter().find(|entry| !is_applied(&entry.name));
        let last = both.second.entries.iter().filter(|entry| both.first.entry(&entry.name) != Some(entry));
        match (waits, last.clone().find(|entry| is_applied(&entry.name))) {
            (Some(pending), Some(applied)) => Err(HistoryError::RebaseApplied {
                applied: applied.name.clone(),
                pending: pending.name.clone(),
                keep: match self.keep {
                    Keep::Theirs => "ours",
                    Keep::Ours => "theirs",
                },
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// The files of the whole journal as they are to be.
    async fn files(&mut self, both: &Both, rebased: &Rebased) -> Result<Placed, Error> {
        let store = self.migrator.store()?;
        let view = View::open(store.as_ref()).await?;
        let mut journal = rebased.journal.clone();
        let (mut texts, mut changed) = (BTreeMap::new(), Vec::new());
        let kept = journal.entries.len() - rebased.ours.len();
        for (at, entry) in journal.entries.iter_mut().enumerate() {
            let (side, moved): (OneSide, _) = match at < kept {
                true => (both.first_is, None),
                false => (both.second_is, rebased.moves.iter().find(|one| one.to.name == entry.name)),
            };
            let old = moved.map_or(&*entry, |one| &one.from);
            let (path, down_path) = (old.path(), old.down_path());
            let of_side = |text: &String| Sides::read(text).map_or_else(|_| text.clone(), side);
            let found = (view.get(&path).await?, view.get(&down_path).await?);
            let missing = || HistoryError::Missing { file: in_store(store.as_ref(), &path) };
            let up = found.0.as_ref().map(of_side).ok_or_else(missing)?;
            let down = found.1.as_ref().map(of_side);
            let files = match moved {
                Some(one) => {
                    let files = one.files(&up, down.as_deref());
                    *entry = files.entry;
                    FileTexts { up: files.up, down: files.down }
                }
                None => FileTexts { up, down },
            };
            if moved.is_some() || found.0.as_ref() != Some(&files.up) || found.1 != files.down {
                changed.push(File { path: entry.path(), text: files.up.clone() });
                changed.extend(files.down.clone().map(|text| File { path: entry.down_path(), text }));
            }
            texts.insert(entry.name.clone(), files);
        }
        Ok(Placed { journal, texts, changed })
    }

    /// Tries out what comes last, on top of all before it; its entries get their
    /// proofs.
    async fn prove(&mut self, history: &mut History, kept: usize) -> Result<Schema, NotProved> {
        self.migrator.rebuild(history, kept).await?;
        let mut before = self.migrator.workshop().await?.read().await?;
        for at in kept..history.journal.entries.len() {
            let name = history.journal.entries[at].name.clone();
            let tried = self.prove_one(history, at, &before).await;
            before = tried.map_err(|error| NotProved { name, error })?;
        }
        Ok(before)
    }

    /// Tries out one of them, and returns the schema that it leads to.
    async fn prove_one(
        &mut self,
        history: &mut History,
        at: usize,
        before: &Schema,
    ) -> Result<Schema, Error> {
        let dialect = self.migrator.dialect();
        let entry = history.journal.entries[at].clone();
        let programs = &self.migrator.settings.programs;
        let up = history.way_there(programs, dialect, &entry)?;
        let down = history.way_back(programs, dialect, &entry).map_err(|error| error.to_string());
        let down = down.as_ref().map(|(_, work)| work).map_err(Clone::clone);
        let trial = Trial { before, up: &up, down, is_lossy: None };
        let tried = try_out(self.migrator.workshop().await?, trial).await?;
        if !tried.is_clean {
            self.migrator.rebuild(history, at + 1).await?;
        }
        let engine = self.migrator.server().engine();
        let entry = &mut history.journal.entries[at];
        (entry.proof, entry.engine) = (Some(tried.proof), Some(engine));
        Ok(tried.after)
    }

    /// Speaks of a migration that does not replay as it is on disk, and says what
    /// can be done there.
    fn explained(&self, both: &Both, rebased: &Rebased, name: &str, error: Error) -> Error {
        let moved = rebased.moves.iter().find(|one| one.to.name == name);
        let old = moved.map(|one| &one.from).or_else(|| rebased.journal.entry(name));
        let (Ok(store), Some(old)) = (self.migrator.store(), old) else { return error };
        let problem = match error {
            Error::History(history) => match *history {
                HistoryError::Replay(problem) => problem,
                other => return other.into(),
            },
            other => return other,
        };
        let (store, file) = (store.name(), in_store(store.as_ref(), &old.path()));
        let is_theirs_too = both.first.entries.iter().any(|entry| entry.path() == old.path());
        let first = match both.first_name {
            Some(side) if is_theirs_too => {
                format!("let the other side stand alone (`git checkout --{side} -- {store}`)")
            }
            Some(side) => {
                format!(
                    "let the other side stand alone (`git checkout --{side} -- {store}`), delete `{file}`"
                )
            }
            None => format!("take `{}` out of `{store}/{JOURNAL}`, delete `{file}`", old.name),
        };
        let advice = format!(
            "{first}, and write the migration anew with `whimbrel migrate generate` or `whimbrel migrate create`"
        );
        problem.in_rebase(file, advice).into()
    }

    /// All files at once.
    async fn write(
        &mut self,
        both: &Both,
        rebased: &Rebased,
        history: &History,
        changed: Vec<File>,
        schema: Schema,
    ) -> Result<(), Error> {
        let mut edit = match &both.names {
            None => Edit::new().expect(JOURNAL, Some(&both.text)),
            Some(names) => {
                let is_there = names.iter().any(|name| name == LOCK_FILE);
                let edit = Edit::new().expect(LOCK_FILE, is_there.then_some(both.text.as_str()));
                let edit = edit.expect_names(names.iter().cloned());
                // Without the marks of a merge, also where nothing else changes in it.
                if is_there { edit.put(LOCK_FILE, both.lock.to_json()) } else { edit }
            }
        };
        // Where both sides had a file of one name, the old path is still somebody's.
        let is_free = |old: &Entry| !history.journal.entries.iter().any(|entry| entry.path() == old.path());
        for old in rebased.moves.iter().map(|one| &one.from).filter(|old| is_free(old)) {
            edit = edit.delete(old.path()).delete(old.down_path());
        }
        for File { path, text } in changed {
            edit = edit.put(path, text);
        }
        self.migrator.commit(edit, history, &history.journal, Some(schema)).await
    }
}

/// The side to keep of a lock file that a merge left its marks in.
fn of_side(file: &str, text: &str, keep: Keep) -> Result<String, Error> {
    let sides = match LockFile::from_json(file, text) {
        Err(LockFileError::Conflict { .. }) => Sides::read(text),
        Ok(_) | Err(_) => return Ok(text.to_owned()),
    };
    let sides = sides.map_err(|line| JournalError::Markers { file: file.to_owned(), line })?;
    Ok(match keep {
        Keep::Theirs => sides.theirs,
        Keep::Ours => sides.ours,
    })
}

/// Why what comes last could not be tried out, and at which migration, if it was
/// one of these.
struct NotProved {
    name: String,
    error: Error,
}

impl<E: Into<Error>> From<E> for NotProved {
    fn from(error: E) -> Self {
        Self { name: String::new(), error: error.into() }
    }
}

impl<'m> IntoFuture for Rebase<'m> {
    type Output = Result<RebaseReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Rebase<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rebase")
            .field("keep", &self.keep)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
