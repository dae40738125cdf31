//! `squash`: one migration of several.
//!
//! The new migration is proved to lead where the old ones led before anything is
//! written, and all files change in one edit of the store. No database is
//! touched: the journal says what the new migration replaces, so that one that
//! has applied the old ones counts it as applied, and one that has applied none
//! of them applies it. A database that has applied some of them stands in
//! between: where the migrator's own is such a one, nothing is squashed.
//!
//! What is superseded within the range goes where that is certain to make no
//! difference: see [`anew`].

mod anew;

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::history::{
    Checksum, Entry, Script, Squash as Squashed, SquashForm, SquashRequest, squash,
};
use whimbrel_core::plan::Proof;

use self::anew::{Anew, Obstacle};
use crate::error::Error;
use crate::history::{
    File, History, HistoryError, Layout, Target, Trial, Written, difference, in_store, one_file, try_out,
};
use crate::migrator::Migrator;

/// Makes one migration of several; refine it, then await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// migrator.create("fill in").await?;
/// let report = migrator.squash().name("all").dry_run(true).await?;
/// assert_eq!(report.migration.up.path, "0000_all.sql");
/// assert_eq!(report.replaced.len(), 2);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Squash<'m> {
    migrator: &'m mut Migrator,
    from: Option<Target>,
    to: Option<Target>,
    name: Option<String>,
    as_written: bool,
    dry_run: bool,
}

/// Where in the journal the range begins and ends.
type Range = (usize, usize);

/// What `squash` made.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// # migrator.create("slugs").await?;
/// use whimbrel::core::history::SquashForm;
///
/// let report = migrator.squash().await?;
/// assert_eq!(report.migration.up.path, "0000_squash-0-to-1.sql");
/// assert_eq!(report.replaced.len(), 2);
/// assert!(matches!(report.form, SquashForm::Anew { .. } | SquashForm::AsWritten(_)));
/// assert!(report.renumbered.is_empty() && report.written);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SquashReport {
    /// The new migration.
    pub migration: Written,
    /// Where its statements are from, and why.
    pub form: SquashForm,
    /// The migrations that it replaces.
    pub replaced: Vec<Entry>,
    /// The later migrations whose numbers changed, as they are now.
    pub renumbered: Vec<Entry>,
    /// The names of the replaced migrations that have no way back: with one of
    /// them the new one has none.
    pub without_down: Vec<String>,
    /// Whether files were written.
    pub written: bool,
}

impl<'m> Squash<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator) -> Self {
        Self { migrator, from: None, to: None, name: None, as_written: false, dry_run: false }
    }

    /// Names the first migration of the range. Default: the first there is.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// # migrator.create("prices").await?;
    /// let report = migrator.squash().from("slugs").name("data").await?;
    /// assert_eq!(report.migration.up.path, "0001_data.sql");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn from(mut self, target: impl Into<Target>) -> Self {
        self.from = Some(target.into());
        self
    }

    /// Names the last migration of the range. Default: the last there is.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// # migrator.create("prices").await?;
    /// let report = migrator.squash().to("slugs").name("initial").await?;
    /// assert_eq!(report.migration.up.path, "0000_initial.sql");
    /// // What comes after it moves up.
    /// assert_eq!(report.renumbered[0].path(), "0001_prices.sql");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn to(mut self, target: impl Into<Target>) -> Self {
        self.to = Some(target.into());
        self
    }

    /// Names the new migration. Default: `squash-FROM-to-TO`.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// let report = migrator.squash().name("All of it").await?;
    /// assert_eq!(report.migration.entry.name, "all-of-it");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Keeps every statement as it was written. Default: where fewer statements are
    /// certain to come to the same, the range is planned anew.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// use whimbrel::core::history::SquashForm;
    ///
    /// let report = migrator.squash().as_written(true).await?;
    /// assert!(matches!(report.form, SquashForm::AsWritten(_)));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn as_written(mut self, as_written: bool) -> Self {
        self.as_written = as_written;
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
    /// # migrator.generate().name("users").await?;
    /// # migrator.create("slugs").await?;
    /// assert!(!migrator.squash().dry_run(true).await?.written);
    /// assert_eq!(migrator.pending().await?.len(), 2);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    async fn run(mut self) -> Result<SquashReport, Error> {
        let history = self.migrator.whole_history().await?;
        if let Some(name) = history.edited().into_iter().next() {
            return Err(HistoryError::EditedBefore { migration: name }.into());
        }
        let (first, last) = self.range(&history)?;
        self.refuse_half_applied(&history, first, last).await?;
        refuse_half_recorded(&history, first, last)?;
        let request = SquashRequest {
            from: history.journal.entries[first].idx,
            to: history.journal.entries[last].idx,
            name: self.name.clone(),
            when: self.migrator.settings.clock.now(),
        };
        let written = squash(&history.journal, &request, &history.texts())?;
        let (mut squashed, proof, form) = self.shortest(&history, (first, last), written).await?;
        if history.layout == Layout::LockFile {
            let up = File { path: squashed.entry.path(), text: squashed.up };
            squashed.up = one_file(up, squashed.down.take().as_deref(), Some(&proof)).text;
            squashed.entry.checksum = Checksum::of_file(&squashed.up);
            squashed.entry.down_checksum = None;
        }
        self.stamp(&mut squashed, proof);
        if !self.dry_run {
            self.write(&history, &squashed).await?;
        }
        Ok(self.report(history.layout, squashed, form))
    }

    fn range(&self, history: &History) -> Result<Range, HistoryError> {
        let place = |target: &Option<Target>, default: usize| match target {
            Some(target) => Ok(target.find(&history.journal)?.0),
            None => Ok(default),
        };
        let last = history.journal.entries.len().checked_sub(1).ok_or(HistoryError::NothingToSquash)?;
        let (first, last) = (place(&self.from, 0)?, place(&self.to, last)?);
        if first < last { Ok((first, last)) } else { Err(HistoryError::NothingToSquash) }
    }

    async fn refuse_half_applied(
        &mut self,
        history: &History,
        first: usize,
        last: usize,
    ) -> Result<(), Error> {
        let table = self.migrator.tracking_table()?;
        let tracked = self.migrator.tracked(&table).await?;
        let standings = history.standings(&tracked.applied, &tracked.progress());
        let range = &standings[first..=last];
        let name = |standing: &whimbrel_core::history::Standing| standing.name.clone();
        let (applied, pending): (Vec<_>, Vec<_>) = range.iter().partition(|one| one.applied_at.is_some());
        if applied.is_empty() || pending.is_empty() {
            return Ok(());
        }
        let (applied, pending) =
            (applied.into_iter().map(name).collect(), pending.into_iter().map(name).collect());
        Err(HistoryError::HalfSquashed { applied, pending }.into())
    }

    /// The squash, planned anew if that may be, with its proof.
    async fn shortest(
        &mut self,
        history: &History,
        range: Range,
        written: Squashed,
    ) -> Result<(Squashed, Proof, SquashForm), Error> {
        let proof = self.prove(history, range, &written).await?;
        match self.anew(history, range, &written, &proof).await {
            Ok(Anew { squashed, proof, statements }) => {
                Ok((squashed, proof, SquashForm::Anew { statements }))
            }
            Err(Obstacle::Reason(reason)) => Ok((written, proof, SquashForm::AsWritten(reason))),
            Err(Obstacle::Failed(error)) => Err(error),
        }
    }

    /// Tries the new migration out in place of the old ones.
    async fn prove(
        &mut self,
        history: &History,
        (first, last): Range,
        squashed: &Squashed,
    ) -> Result<Proof, Error> {
        let dialect = self.migrator.dialect();
        let store = self.migrator.store()?;
        let expected = self.migrator.replayed(history, last + 1).await?;
        let before = match first {
            0 => self.migrator.begin(history).await?,
            _ => self.migrator.replayed(history, first).await?,
        };
        self.migrator.rebuild(history, first).await?;
        let up =
            Script::read(dialect, &in_store(store.as_ref(), &squashed.entry.path()), &squashed.up)?.into();
        let down_path = in_store(store.as_ref(), &squashed.entry.down_path());
        let down = match &squashed.down {
            Some(text) => Ok(Script::read_down_file(dialect, &down_path, text)?.into()),
            None => Err("not every migration that it replaces has a way back".to_owned()),
        };
        let trial =
            Trial { before: &before, up: &up, down: down.as_ref().map_err(Clone::clone), is_lossy: None };
        let tried = try_out(self.migrator.workshop().await?, trial).await?;
        match difference(dialect, &tried.after, &expected) {
            None => Ok(tried.proof),
            Some(difference) => Err(HistoryError::SquashDiffers { difference }.into()),
        }
    }

    fn stamp(&self, squashed: &mut Squashed, proof: Proof) {
        squashed.entry.proof = Some(proof);
        squashed.entry.engine = Some(self.migrator.server().engine());
        let name = squashed.entry.name.clone();
        let entry = squashed.journal.entries.iter_mut().find(|entry| entry.name == name);
        entry.expect("the journal has the new entry").clone_from(&squashed.entry);
    }

    /// All files at once: the new ones, the moved ones, the journal.
    async fn write(&mut self, history: &History, squashed: &Squashed) -> Result<(), Error> {
        let schema = self.migrator.schema_of_history(history).await?;
        let mut journal = squashed.journal.clone();
        let mut edit = history.edit();
        let old = squashed.replaced.iter().chain(squashed.moves.iter().map(|one| &one.from));
        for entry in old {
            edit = edit.delete(entry.path()).delete(entry.down_path());
        }
        edit = edit.put(squashed.entry.path(), &squashed.up);
        if let Some(down) = &squashed.down {
            edit = edit.put(squashed.entry.down_path(), down);
        }
        let texts = history.texts();
        for one in &squashed.moves {
            let texts = texts.get(&one.from.name).cloned().unwrap_or_default();
            let moved = one.files(&texts.up, texts.down.as_deref());
            edit = edit.put(moved.entry.path(), &moved.up);
            if let Some(down) = &moved.down {
                edit = edit.put(moved.entry.down_path(), down);
            }
            if let Some(entry) = journal.entries.iter_mut().find(|entry| entry.name == moved.entry.name) {
                *entry = moved.entry;
            }
        }
        self.migrator.commit(edit, history, &journal, Some(schema)).await
    }

    fn report(self, layout: Layout, squashed: Squashed, form: SquashForm) -> SquashReport {
        let Squashed { entry, up, down, replaced, moves, without_down, .. } = squashed;
        let up = File { path: entry.path(), text: up };
        let down = match layout {
            Layout::Journal => Some(File { path: entry.down_path(), text: down.unwrap_or_default() }),
            Layout::LockFile => None,
        };
        SquashReport {
            migration: Written { entry, up, down },
            form,
            replaced,
            renumbered: moves.into_iter().map(|one| one.to).collect(),
            without_down,
            written: !self.dry_run,
        }
    }
}

/// What a lock file records of a range must be all of it or nothing.
fn refuse_half_recorded(history: &History, first: usize, last: usize) -> Result<(), HistoryError> {
    let range = history.journal.entries[first..=last].iter();
    let is_recorded = |entry: &&Entry| history.lock.record(&entry.name).is_some();
    let (recorded, others): (Vec<_>, Vec<_>) = range.partition(is_recorded);
    if history.layout == Layout::Journal || recorded.is_empty() || others.is_empty() {
        return Ok(());
    }
    let names = |entries: Vec<&Entry>| entries.into_iter().map(|entry| entry.name.clone()).collect();
    Err(HistoryError::HalfRecorded { recorded: names(recorded), others: names(others) })
}

impl<'m> IntoFuture for Squash<'m> {
    type Output = Result<SquashReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Squash<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Squash").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}
