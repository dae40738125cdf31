//! `create`: an empty migration, to be filled in by hand.
//!
//! It is in the journal at once, so that its number is taken; it is applied only
//! when its file holds statements and was accepted as it is. With a lock file its
//! number is taken by the file itself.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Checksum, DownFile, Entry, Format, UpFile, kebab, template};
use whimbrel_core::plan::Proof;

use crate::clock::Clock;
use crate::error::Error;
use crate::history::{File, History, HistoryError, JOURNAL, Layout, Written, new_files, one_file};
use crate::migrator::Migrator;
use crate::store::{Store, commit};

/// Writes an empty migration; refine it, then await it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// let written = migrator.create("Fill in slugs").await?;
/// assert_eq!(written.up.path, "0000_fill-in-slugs.sql");
/// // It is pending, and refused until there are statements in its file.
/// assert_eq!(migrator.pending().await?.len(), 1);
/// let error = migrator.apply().await.unwrap_err();
/// assert_eq!(error.to_string(), "`fill-in-slugs` holds no statement yet");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub struct Create<'m> {
    migrator: &'m mut Migrator,
    name: String,
    format: Format,
}

/// How an empty migration is to be.
///
/// ```
/// use whimbrel::core::history::Format;
/// use whimbrel::{CreateOptions, Layout};
///
/// let options = CreateOptions { layout: Layout::LockFile, ..CreateOptions::default() };
/// assert_eq!(options.format, Format::Sql);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreateOptions {
    /// How the store keeps its migrations.
    pub layout: Layout,
    /// What the file is to be written in.
    pub format: Format,
}

impl<'m> Create<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator, name: String) -> Self {
        Self { migrator, name, format: Format::default() }
    }

    /// Says what its file is written in. Default: SQL.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// use whimbrel::core::history::Format;
    ///
    /// let written = migrator.create("slugs").format(Format::Ts).await?;
    /// assert_eq!(written.up.path, "0000_slugs.ts");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    async fn run(self) -> Result<Written, Error> {
        let (store, dialect) = (self.migrator.store()?, self.migrator.dialect());
        let settings = &self.migrator.settings;
        let options = CreateOptions { layout: settings.layout, format: self.format };
        create(store.as_ref(), dialect, &settings.clock, &self.name, options).await
    }
}

/// Writes an empty migration, up and down, without any database.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::MemoryStore;
/// use whimbrel::{Clock, CreateOptions, core::dialect::Dialect, create};
/// let store = MemoryStore::new();
/// let options = CreateOptions::default();
/// let written = create(&store, Dialect::Sqlite, &Clock::system(), "Fill in slugs", options).await?;
/// assert_eq!(written.up.path, "0000_fill-in-slugs.sql");
/// assert!(store.texts().contains_key("meta/_down/0000_fill-in-slugs.sql"));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// If the name holds nothing to name a file by, or the store fails.
pub async fn create(
    store: &dyn Store,
    dialect: Dialect,
    clock: &Clock,
    name: &str,
    options: CreateOptions,
) -> Result<Written, Error> {
    let CreateOptions { layout, format } = options;
    let history = History::read(store, layout, dialect).await?;
    let mut journal = history.journal.clone();
    let kebab = kebab(name);
    if kebab.is_empty() {
        return Err(HistoryError::NoName { name: name.to_owned() }.into());
    }
    let (name, when) = (journal.unique_name(&kebab), clock.now());
    let idx = layout.next_index(&journal);
    let written = match format {
        Format::Sql => empty(layout, idx, name, when),
        Format::Ts | Format::Js | Format::Rust => program(format, idx, name, when),
    };
    journal.entries.push(written.entry.clone());
    let edit = match layout {
        Layout::Journal => history.edit().put(JOURNAL, journal.to_json()),
        // The lock file says what was applied, and this was not.
        Layout::LockFile => history.edit(),
    };
    commit(store, new_files(store, edit, [&written]).await?).await?;
    Ok(written)
}

fn unproved() -> Option<Proof> {
    Some(Proof::Unproved { reason: "it is to be written by hand".to_owned() })
}

/// Files for statements, without any.
fn empty(layout: Layout, idx: u32, name: String, when: i64) -> Written {
    let notes = match layout {
        Layout::Journal => vec![
            "Write the statements of this migration below, and the way back into the file of the same"
                .to_owned(),
            format!("name in meta/_down; then run `whimbrel migrate verify --accept {name}`."),
        ],
        Layout::LockFile => vec![
            "Write the statements of this migration below, and the way back at the end of the file;"
                .to_owned(),
            "then run `whimbrel migrate verify`.".to_owned(),
        ],
    };
    let up = UpFile { name: name.clone(), when, notes, statements: Vec::new() };
    let down = DownFile { name: name.clone(), warnings: Vec::new(), statements: Vec::new() };
    let entry = Entry { proof: unproved(), ..Entry::new(idx, name, when, up.checksum()) };
    let up = File { path: entry.path(), text: up.render() };
    match layout {
        Layout::Journal => {
            let entry = Entry { down_checksum: Some(down.checksum()), ..entry };
            let down = File { path: entry.down_path(), text: down.render() };
            Written { entry, up, down: Some(down) }
        }
        Layout::LockFile => {
            let up = one_file(up, Some(&down.render()), None);
            let entry = Entry { checksum: Checksum::of_file(&up.text), ..entry };
            Written { entry, up, down: None }
        }
    }
}

/// The one file of a program.
fn program(format: Format, idx: u32, name: String, when: i64) -> Written {
    let text = template(format, idx, &name, when);
    let entry = Entry { format, proof: unproved(), ..Entry::new(idx, name, when, Checksum::of_file(&text)) };
    Written { up: File { path: entry.path(), text }, entry, down: None }
}

impl<'m> IntoFuture for Create<'m> {
    type Output = Result<Written, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Create<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Create").field("name", &self.name).finish_non_exhaustive()
    }
}
