//! The history as a store holds it: journal, files and snapshot.
//!
//! It is read once at the beginning of a verb, through a [`View`], so that an
//! edit that somebody left unfinished is seen as finished.

mod ahead;
mod base;
mod error;
mod known;
mod layout;
mod lock_layout;
mod replay;
mod schema;
mod target;
mod trial;
mod writing;

pub(crate) use ahead::Ahead;
pub use error::HistoryError;
pub use layout::Layout;
pub(crate) use lock_layout::{Folder, one_file, sound_lock, with_proofs};
pub(crate) use replay::replay;
pub(crate) use schema::replay_error;
pub use schema::{RebaseProblem, ReplayProblem};
pub use target::Target;
pub(crate) use trial::{Trial, Tried, difference, is_fault_of_the_file, try_out};
pub use writing::Written;
pub(crate) use writing::{Said, Writer, down_statements, new_files, warnings};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use tokio::task::yield_now;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{
    AppliedMigration, Checksum, Detail, Entry, FileState, FileTexts, HistoryProblem, Journal, Progress,
    Script, Standing, down_problems, is_settled, is_template, problems, standings,
};

use whimbrel_core::lockfile::LockFile;
use whimbrel_core::plan::Proof;
use whimbrel_core::schema::Engine;
use whimbrel_db::apply::Work;
use whimbrel_db::tracking::{Tracked, TrackingTable};

use self::ahead::Found;
use self::known::Note;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::program::Programs;
use crate::store::{Edit, Store, StoreError, View};

/// Where the journal is.
pub(crate) const JOURNAL: &str = "meta/_journal.json";
/// Where the snapshot is.
pub(crate) const SNAPSHOT: &str = "meta/_snapshot.json";

/// How often a history is read anew while somebody keeps writing it.
const ATTEMPTS: usize = 5;

/// A file of a store.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::File;
///
/// let written = migrator.create("slugs").await?;
/// let File { path, text } = &written.up;
/// assert_eq!(path, "0000_slugs.sql");
/// assert!(text.starts_with("-- Migration: slugs\n"));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path in the store, such as `0003_add-users.sql`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The history of a project.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// The journal; an empty one where the store has none.
    pub(crate) journal: Journal,
    /// How the store keeps it.
    pub(crate) layout: Layout,
    /// The file that every change goes through, as it stands in the store: the
    /// journal or the lock file.
    pub(crate) head_text: Option<String>,
    /// The mark that it had before it was read.
    head_mark: Option<String>,
    /// The lock file; an empty one in the other layout.
    pub(crate) lock: LockFile,
    /// The names of all texts in no folder, where the folder says which migrations
    /// there are.
    names: Option<Vec<String>>,
    /// The files of each entry, in the order of the journal.
    files: Vec<Files>,
    /// What was found of them, in the same order.
    states: Vec<FileState>,
    /// What messages call the store.
    store: String,
    /// What is remembered of it, and by what, if all up files are as the journal says.
    note: Option<(String, Note)>,
}

/// The files of one migration, as far as they are there and were read.
#[derive(Debug, Clone, Default)]
struct Files {
    up: Option<String>,
    down: Option<String>,
}

/// Which files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All up files, and the down files that are needed to recognise them.
    Ups,
    /// All files.
    All,
}

impl Migrator {
    /// Reads the history, without the ways back.
    pub(crate) async fn history(&mut self) -> Result<History, Error> {
        let (ahead, dialect, store) = (self.ahead.take(), self.dialect(), self.store()?);
        let layout = self.settings.layout;
        let history = match Found::of(ahead, store.as_ref(), layout, dialect).await? {
            Found::Read(history) => *history,
            Found::Known(_) => History::read(store.as_ref(), layout, dialect).await?,
        };
        history.with_journal(store.as_ref(), dialect, Extent::Ups).await
    }

    /// Reads what the database says that it has applied, and meanwhile the history,
    /// without the ways back: `None` if it is known that the database has all of it,
    /// and that there is nothing to be said of any migration.
    pub(crate) async fn tracked_and_unsettled(
        &mut self,
        table: &TrackingTable,
    ) -> Result<(Tracked, Option<History>), Error> {
        let (ahead, dialect, store) = (self.ahead.take(), self.dialect(), self.store()?);
        let (layout, cache) = (self.settings.layout, self.settings.cache.clone());
        let found = Found::of(ahead, store.as_ref(), layout, dialect);
        // The database is asked first: it works while files are read here.
        let (tracked, found) = tokio::join!(self.tracked(table), found);
        let (found, tracked) = (found?, tracked?);
        let history = match found {
            Found::Known(known) if known.is_settled(&tracked) => return Ok((tracked, None)),
            Found::Known(_) => History::read(store.as_ref(), layout, dialect).await?,
            Found::Read(history) => *history,
        };
        let history = history.with_journal(store.as_ref(), dialect, Extent::Ups).await?;
        if let Some(cache) = &cache {
            history.remember(cache);
        }
        Ok((tracked, Some(history)))
    }

    /// Reads the history with all its files.
    pub(crate) async fn whole_history(&mut self) -> Result<History, Error> {
        // What is read ahead has no ways back.
        self.ahead = None;
        let (store, layout, dialect) = (self.store()?, self.settings.layout, self.dialect());
        let history = History::load(store.as_ref(), layout, dialect, Extent::All).await?;
        history.with_journal(store.as_ref(), dialect, Extent::All).await
    }
}

impl History {
    /// Reads journal and up files.
    ///
    /// # Errors
    ///
    /// If the store fails, or the journal does not read or is one of another
    /// dialect.
    pub(crate) async fn read(store: &dyn Store, layout: Layout, dialect: Dialect) -> Result<Self, Error> {
        Self::load(store, layout, dialect, Extent::Ups).await
    }

    /// Reads journal and all files.
    ///
    /// # Errors
    ///
    /// As [`History::read`].
    pub(crate) async fn read_whole(
        store: &dyn Store,
        layout: Layout,
        dialect: Dialect,
    ) -> Result<Self, Error> {
        Self::load(store, layout, dialect, Extent::All).await
    }

    /// Journal and files that belong together: where somebody wrote meanwhile,
    /// all is read again.
    async fn load(
        store: &dyn Store,
        layout: Layout,
        dialect: Dialect,
        extent: Extent,
    ) -> Result<Self, Error> {
        for _ in 0..ATTEMPTS {
            let view = View::open(store).await?;
            let history = Self::through_layout(&view, layout, dialect, extent).await?;
            if history.is_current(store).await? {
                return Ok(history);
            }
        }
        Err(StoreError::Changed { store: store.name(), path: layout.head().to_owned() }.into())
    }

    /// The history, unless there are migrations and the journal is not: it was not
    /// deployed with them, or they are another tool's. Where somebody wrote the first
    /// ones meanwhile, the history that they wrote.
    async fn with_journal(
        mut self,
        store: &dyn Store,
        dialect: Dialect,
        extent: Extent,
    ) -> Result<Self, Error> {
        for _ in 0..ATTEMPTS {
            match (self.layout, &self.head_text) {
                (Layout::Journal, None) => {}
                (Layout::Journal | Layout::LockFile, _) => return Ok(self),
            }
            let Some(file) = self.unlisted(store).await?.into_iter().next() else { return Ok(self) };
            if self.is_current(store).await? {
                return Err(HistoryError::NoJournal { store: self.store, journal: JOURNAL, file }.into());
            }
            self = Self::load(store, self.layout, dialect, extent).await?;
        }
        Err(StoreError::Changed { store: store.name(), path: JOURNAL.to_owned() }.into())
    }

    /// The files that are called as those of migrations are, and that the journal
    /// does not know; none where the store cannot tell.
    pub(crate) async fn unlisted(&self, store: &dyn Store) -> Result<Vec<String>, StoreError> {
        match (self.layout, store.capabilities().list) {
            (Layout::Journal, true) => Ok(self.journal.unlisted(View::open(store).await?.list().await?)),
            (Layout::Journal | Layout::LockFile, _) => Ok(Vec::new()),
        }
    }

    /// Says whether nobody has written since it was read.
    async fn is_current(&self, store: &dyn Store) -> Result<bool, StoreError> {
        let view = View::open(store).await?;
        let mark = view.mark(&[self.layout.head().to_owned()]).await;
        let is_untouched = mark.is_some() && mark == self.head_mark;
        let is_current = is_untouched || view.get(self.layout.head()).await? == self.head_text;
        match &self.names {
            Some(names) if is_current => Ok(lock_layout::top_names(view.list().await?) == *names),
            Some(_) | None => Ok(is_current),
        }
    }

    /// An edit that is made only if nobody else made one since.
    pub(crate) fn edit(&self) -> Edit {
        let edit = Edit::new().expect(self.layout.head(), self.head_text.as_deref());
        match &self.names {
            Some(names) => edit.expect_names(names.iter().cloned()),
            None => edit,
        }
    }

    async fn through_layout(
        view: &View<'_>,
        layout: Layout,
        dialect: Dialect,
        extent: Extent,
    ) -> Result<Self, Error> {
        match layout {
            Layout::Journal => Self::through(view, dialect, extent).await,
            Layout::LockFile => Self::through_lock(view, dialect).await,
        }
    }

    async fn through(view: &View<'_>, dialect: Dialect, extent: Extent) -> Result<Self, Error> {
        let head_mark = view.mark(&[JOURNAL.to_owned()]).await;
        let (text, journal) = read_journal(view, dialect).await?;
        let history = Self::of_journal(view, text, journal, extent).await?;
        Ok(Self { head_mark, ..history })
    }

    /// Reads the files of a journal.
    async fn of_journal(
        view: &View<'_>,
        text: Option<String>,
        journal: Journal,
        extent: Extent,
    ) -> Result<Self, Error> {
        let paths: Vec<String> = journal.entries.iter().map(Entry::path).collect();
        let ups = up_files(view, journal.dialect, &paths).await?;
        // VibORM's checksums are recognised with the help of the down file.
        let is_read = |(entry, up): (&Entry, &UpText)| {
            extent == Extent::All || up.checksum.as_ref().is_some_and(|up| *up != entry.checksum)
        };
        let read: Vec<bool> = journal.entries.iter().zip(&ups).map(is_read).collect();
        let paths =
            journal.entries.iter().zip(&read).filter(|(_, read)| **read).map(|(entry, _)| entry.down_path());
        let mut downs = view.get_many(&paths.collect::<Vec<_>>()).await?.into_iter();
        let look = |((entry, up), is_read): ((&Entry, UpText), bool)| {
            let files = Files { up: up.text, down: if is_read { downs.next().flatten() } else { None } };
            (state(entry, &files, up.checksum, extent), files)
        };
        let (states, files) = journal.entries.iter().zip(ups).zip(read).map(look).unzip();
        Ok(Self { states, head_text: text, ..Self::bare(view.store().name(), journal, files) })
    }

    fn bare(store: String, journal: Journal, files: Vec<Files>) -> Self {
        Self {
            journal,
            layout: Layout::Journal,
            head_text: None,
            head_mark: None,
            lock: LockFile::empty(),
            names: None,
            files,
            states: Vec::new(),
            store,
            note: None,
        }
    }

    /// A history with files that were all read.
    fn with_files(store: String, journal: Journal, files: Vec<Files>) -> Self {
        let both = journal.entries.iter().zip(&files);
        let states =
            both.map(|(entry, files)| FileState::of(entry, files.up.as_deref(), files.down.as_deref()));
        Self { states: states.collect(), ..Self::bare(store, journal, files) }
    }

    /// A history that is not in a store yet; `store` is what messages call it.
    pub(crate) fn of(store: String, journal: Journal, mut texts: BTreeMap<String, FileTexts>) -> Self {
        let files = journal.entries.iter().map(|entry| {
            let texts = texts.remove(&entry.name);
            texts.map_or_else(Files::default, |FileTexts { up, down }| Files { up: Some(up), down })
        });
        let files: Vec<Files> = files.collect();
        Self::with_files(store, journal, files)
    }

    /// Each entry with the text of its up file.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = (&Entry, Option<&str>)> {
        self.journal.entries.iter().zip(self.files.iter().map(|files| files.up.as_deref()))
    }

    /// Where each migration stands in a database.
    pub(crate) fn standings(&self, applied: &[AppliedMigration], progress: &[Progress]) -> Vec<Standing> {
        standings(&self.journal, &self.states, applied, progress)
    }

    /// Says whether all migrations are applied and nothing is to be said of any.
    pub(crate) fn is_settled(&self, applied: &[AppliedMigration], progress: &[Progress]) -> bool {
        is_settled(&self.journal, &self.states, applied, progress)
    }

    /// Everything that keeps migrations from being applied.
    pub(crate) fn problems(&self, standings: &[Standing]) -> Vec<HistoryProblem> {
        problems(&self.journal, standings)
    }

    /// Refuses to apply anything where something does not agree.
    pub(crate) fn refuse_problems(&self, standings: &[Standing]) -> Result<(), HistoryError> {
        refuse(self.problems(standings))
    }

    /// Refuses to take back these migrations where something does not agree.
    pub(crate) fn refuse_down_problems(
        &self,
        standings: &[Standing],
        names: &[&str],
    ) -> Result<(), HistoryError> {
        refuse(down_problems(&self.journal, standings, names))
    }

    /// The up file of an entry as messages show it.
    pub(crate) fn file(&self, entry: &Entry) -> String {
        format!("{}/{}", self.store, entry.path())
    }

    /// The files of all migrations whose up file is there, by their names.
    pub(crate) fn texts(&self) -> BTreeMap<String, FileTexts> {
        let both = self.journal.entries.iter().zip(&self.files);
        let texts = |(entry, files): (&Entry, &Files)| {
            Some((entry.name.clone(), FileTexts { up: files.up.clone()?, down: files.down.clone() }))
        };
        both.filter_map(texts).collect()
    }

    /// The names of the migrations of which a file is not what the journal says.
    pub(crate) fn edited(&self) -> BTreeSet<String> {
        let is_edit = |detail: &Detail| {
            matches!(detail, Detail::FileEdited { .. } | Detail::DownEdited { .. } | Detail::DownMissing)
        };
        let edited = self.standings(&[], &[]).into_iter().filter(|one| one.details.iter().any(is_edit));
        edited.map(|one| one.name).collect()
    }

    /// The entry with what its files are now. The checksums that it had stay in
    /// it, but for that of a file in which nothing was written yet.
    pub(crate) fn stamped(&self, entry: &Entry, proof: Proof, engine: Engine) -> Entry {
        let Files { up, down } = self.files_of(entry);
        let checksum = up.as_deref().map_or_else(|| entry.checksum.clone(), Checksum::of_file);
        let mut stamped = entry.clone();
        match entry.engine.is_some() || entry.proof.is_none() {
            true => stamped.restamp(checksum),
            false => stamped.checksum = checksum,
        }
        let down_checksum = down.as_deref().map(Checksum::of_file);
        Entry { down_checksum, proof: Some(proof), engine: Some(engine), ..stamped }
    }

    /// Where the way back of an entry is, or would be.
    fn down_path(&self, entry: &Entry) -> String {
        match self.layout {
            Layout::Journal => entry.down_path(),
            Layout::LockFile => entry.path(),
        }
    }

    fn files_of(&self, entry: &Entry) -> Files {
        let entries = &self.journal.entries;
        let is_it = |one: &Entry| one.name == entry.name;
        // Unless it was given another number since, it stands where that says.
        let there = entries.partition_point(|one| one.idx < entry.idx);
        let at = match entries.get(there).is_some_and(is_it) {
            true => Some(there),
            false => entries.iter().position(is_it),
        };
        at.map(|at| self.files[at].clone()).unwrap_or_default()
    }

    /// The way there: the up file of an entry.
    ///
    /// # Errors
    ///
    /// If it is not there, empty, or holds what may not stand there.
    pub(crate) fn way_there(
        &self,
        programs: &Programs,
        dialect: Dialect,
        entry: &Entry,
    ) -> Result<Work, Error> {
        let file = self.file(entry);
        let up = self.files_of(entry).up.ok_or_else(|| HistoryError::Missing { file: file.clone() })?;
        let work = programs.way_there(dialect, entry, &file, &up)?;
        self.refuse_empty(entry, &work, &up)?;
        Ok(work)
    }

    /// Refuses a migration into which nothing was written yet.
    pub(crate) fn refuse_empty(&self, entry: &Entry, work: &Work, up: &str) -> Result<(), HistoryError> {
        let is_empty = match work {
            Work::Script(script) => script.statements.is_empty(),
            Work::Program(_) => is_template(entry.format, entry.idx, up),
        };
        let file = self.file(entry);
        if is_empty { Err(HistoryError::Empty { migration: entry.name.clone(), file }) } else { Ok(()) }
    }

    /// The way back of an entry: its down file, or what its up file holds inline.
    ///
    /// # Errors
    ///
    /// If there is none, or it holds what may not stand there.
    pub(crate) fn way_back(
        &self,
        programs: &Programs,
        dialect: Dialect,
        entry: &Entry,
    ) -> Result<(String, Work), Error> {
        let Files { up, down } = self.files_of(entry);
        let up = up.unwrap_or_default();
        if entry.format.is_program() {
            let file = self.file(entry);
            let none = || HistoryError::NoWayBack { migration: entry.name.clone(), file: file.clone() };
            let work = programs.way_back(entry, &file, &up)?.ok_or_else(none)?;
            return Ok((up, work));
        }
        let script = Script::way_back(dialect, entry, &up, down.as_deref())?;
        let none = || HistoryError::NoWayBack {
            migration: entry.name.clone(),
            file: format!("{}/{}", self.store, self.down_path(entry)),
        };
        let mut script = script.filter(|script| !script.statements.is_empty()).ok_or_else(none)?;
        script.file = format!("{}/{}", self.store, script.file);
        Ok((script.text[script.section.clone()].to_owned(), script.into()))
    }
}

/// Reads the journal, an empty one where there is none; also as it stands there.
async fn read_journal(view: &View<'_>, dialect: Dialect) -> Result<(Option<String>, Journal), Error> {
    let file = in_store(view.store(), JOURNAL);
    let text = view.get(JOURNAL).await?;
    let journal = match &text {
        Some(text) => Journal::from_json(&file, text)?,
        None => Journal::new(dialect),
    };
    if journal.dialect != dialect {
        return Err(HistoryError::OtherDialect { file, journal: journal.dialect, database: dialect }.into());
    }
    Ok((text, journal))
}

/// An up file as it is found, if it is there.
struct UpText {
    text: Option<String>,
    checksum: Option<Checksum>,
}

/// Reads up files.
///
/// A server has a processor to itself meanwhile. Where the engine is in this
/// process, two read: one aside, from the end, and one here.
async fn up_files(view: &View<'_>, dialect: Dialect, paths: &[String]) -> Result<Vec<UpText>, StoreError> {
    let rest = Rest(Mutex::new(paths));
    let here = in_shares(view, || rest.first());
    let aside = async {
        match dialect {
            Dialect::Sqlite => in_shares(view, || rest.last()).await,
            Dialect::Postgres => Ok(Vec::new()),
        }
    };
    let (aside, here) = tokio::join!(aside, here);
    let (aside, here) = (aside?, here?);
    let mut all = Vec::with_capacity(paths.len());
    all.extend(here.into_iter().chain(aside.into_iter().rev()).flatten());
    Ok(all)
}

/// Reads up files, so many at a time: whatever else waits has its turn after
/// each share.
async fn in_shares<'p>(
    view: &View<'_>,
    next: impl Fn() -> Option<&'p [String]>,
) -> Result<Vec<Vec<UpText>>, StoreError> {
    let mut shares = Vec::new();
    loop {
        yield_now().await;
        let Some(share) = next() else { return Ok(shares) };
        let texts = view.get_many(share).await?;
        let up_text =
            |text: Option<String>| UpText { checksum: text.as_deref().map(Checksum::of_file), text };
        shares.push(texts.into_iter().map(up_text).collect());
    }
}

/// The paths of files that nobody has begun to read.
struct Rest<'p>(Mutex<&'p [String]>);

impl<'p> Rest<'p> {
    /// So few that whoever reads them here is soon done.
    fn first(&self) -> Option<&'p [String]> {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (share, others) = rest.split_at(rest.len().min(32));
        *rest = others;
        (!share.is_empty()).then_some(share)
    }

    /// So many that handing them to a thread is worth it, and the fewer the nearer the
    /// end is, so that both end together.
    fn last(&self) -> Option<&'p [String]> {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let size = (rest.len() / 3).max(64).min(rest.len());
        let (others, share) = rest.split_at(rest.len() - size);
        *rest = others;
        (!share.is_empty()).then_some(share)
    }
}

fn state(entry: &Entry, files: &Files, up: Option<Checksum>, extent: Extent) -> FileState {
    let state = match &up {
        Some(checksum) if *checksum != entry.checksum => {
            FileState::of(entry, files.up.as_deref(), files.down.as_deref())
        }
        Some(_) | None => {
            FileState { up, down: files.down.as_deref().map(Checksum::of_file), up_matches_legacy: false }
        }
    };
    match extent {
        Extent::All => state,
        // What was not looked at is taken to be as it should.
        Extent::Ups => FileState { down: entry.down_checksum.clone(), ..state },
    }
}

fn refuse(problems: Vec<HistoryProblem>) -> Result<(), HistoryError> {
    if problems.is_empty() { Ok(()) } else { Err(HistoryError::Problems { problems }) }
}

/// A path as messages show it: with the name of the store before it.
pub(crate) fn in_store(store: &dyn Store, path: &str) -> String {
    store.place(path)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use whimbrel_core::history::{Checksum, Journal};

    use super::*;
    use crate::store::{Capabilities, MemoryStore};

    /// A store into which somebody writes the first migration as soon as it is listed.
    #[derive(Debug, Default)]
    struct Begun(MemoryStore);

    #[async_trait]
    impl Store for Begun {
        fn name(&self) -> String {
            self.0.name()
        }

        async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
            self.0.get(path).await
        }

        async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
            self.0.put(path, text).await
        }

        async fn delete(&self, path: &str) -> Result<(), StoreError> {
            self.0.delete(path).await
        }

        async fn list(&self) -> Result<Vec<String>, StoreError> {
            let mut journal = Journal::new(Dialect::Sqlite);
            journal.entries.push(Entry::new(0, "users", 0, Checksum::of_file("SELECT 1;")));
            self.put(JOURNAL, &journal.to_json()).await?;
            self.put("0000_users.sql", "SELECT 1;").await?;
            self.0.list().await
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities { list: true, ..Capabilities::default() }
        }
    }

    #[tokio::test]
    async fn the_first_migration_that_somebody_writes_meanwhile_has_its_journal() {
        let (store, dialect) = (Begun::default(), Dialect::Sqlite);
        let empty = History::read(&store, Layout::Journal, dialect).await.unwrap();
        assert_eq!(empty.head_text, None);
        let history = empty.with_journal(&store, dialect, Extent::Ups).await.unwrap();
        assert_eq!(history.journal.entries[0].name, "users");
        assert!(history.is_as_the_journal_says());
    }

    #[test]
    fn what_two_take_from_both_ends_is_all_there_is_and_nothing_twice() {
        for count in [0, 1, 63, 65, 1_000] {
            let paths: Vec<String> = (0..count).map(|number: u32| number.to_string()).collect();
            let rest = Rest(Mutex::new(&paths));
            let (mut first, mut last) = (Vec::new(), Vec::new());
            loop {
                let shares = (rest.first(), rest.last());
                first.extend(shares.0);
                last.extend(shares.1);
                if shares == (None, None) {
                    break;
                }
            }
            let taken = first.iter().copied().chain(last.into_iter().rev());
            assert_eq!(taken.flatten().collect::<Vec<_>>(), paths.iter().collect::<Vec<_>>());
        }
    }
}
