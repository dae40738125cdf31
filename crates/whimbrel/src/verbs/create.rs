//! `create`: an empty migration, to be filled in by hand.
//!
//! It is in the journal at once, so that its number is taken; it is applied only
//! when its file holds statements and was accepted as it is.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Checksum, DownFile, Entry, Format, UpFile, kebab, template};
use whimbrel_core::plan::Proof;

use crate::clock::Clock;
use crate::error::Error;
use crate::history::{File, History, HistoryError, JOURNAL, Written, new_files};
use crate::migrator::Migrator;
use crate::store::{Edit, Store, commit};

/// Writes an empty migration; await it.
pub struct Create<'m> {
    migrator: &'m mut Migrator,
    name: String,
    format: Format,
}

impl<'m> Create<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator, name: String) -> Self {
        Self { migrator, name, format: Format::default() }
    }

    /// Says what its file is written in. Default: SQL.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    async fn run(self) -> Result<Written, Error> {
        let (store, dialect) = (self.migrator.store()?, self.migrator.dialect());
        create(store.as_ref(), dialect, &self.migrator.settings.clock, &self.name, self.format).await
    }
}

/// Writes an empty migration, up and down, without any database.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::MemoryStore;
/// use whimbrel::core::{dialect::Dialect, history::Format};
/// use whimbrel::{Clock, create};
/// let store = MemoryStore::new();
/// let written = create(&store, Dialect::Sqlite, &Clock::system(), "Fill in slugs", Format::Sql).await?;
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
    format: Format,
) -> Result<Written, Error> {
    let history = History::read(store, dialect).await?;
    let mut journal = history.journal.clone();
    let kebab = kebab(name);
    if kebab.is_empty() {
        return Err(HistoryError::NoName { name: name.to_owned() }.into());
    }
    let (name, when) = (journal.unique_name(&kebab), clock.now());
    let idx = journal.next_index();
    let written = match format {
        Format::Sql => statements(idx, name, when),
        Format::Ts | Format::Js | Format::Rust => program(format, idx, name, when),
    };
    journal.entries.push(written.entry.clone());
    let edit = Edit::new().expect(JOURNAL, history.journal_text.as_deref()).put(JOURNAL, journal.to_json());
    commit(store, new_files(store, edit, [&written]).await?).await?;
    Ok(written)
}

fn by_hand() -> Option<Proof> {
    Some(Proof::Unproved { reason: "it is to be written by hand".to_owned() })
}

/// A module or a closure: one file with both ways.
fn program(format: Format, idx: u32, name: String, when: i64) -> Written {
    let text = template(format, idx, &name, when);
    let entry = Entry { format, proof: by_hand(), ..Entry::new(idx, name, when, Checksum::of_file(&text)) };
    Written { up: File { path: entry.path(), text }, down: None, entry }
}

/// A file of statements, and one for the way back.
fn statements(idx: u32, name: String, when: i64) -> Written {
    let notes = vec![
        "Write the statements of this migration below, and the way back into the file of the same".to_owned(),
        format!("name in meta/_down; then run `whimbrel migrate verify --accept {name}`."),
    ];
    let up = UpFile { name: name.clone(), when, notes, statements: Vec::new() };
    let down = DownFile { name: name.clone(), warnings: Vec::new(), statements: Vec::new() };
    let entry = Entry {
        down_checksum: Some(down.checksum()),
        proof: by_hand(),
        ..Entry::new(idx, name, when, up.checksum())
    };
    Written {
        up: File { path: entry.path(), text: up.render() },
        down: Some(File { path: entry.down_path(), text: down.render() }),
        entry,
    }
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
