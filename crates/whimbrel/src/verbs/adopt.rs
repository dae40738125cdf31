//! `adopt`: makes the history of another tool ours.
//!
//! What was applied there is applied here, and what is pending stays pending.
//! Nothing of the other tool is touched, neither its folder nor its table: going
//! back is going on with it.
//!
//! It is not taken on trust: the migrations are tried out in the scratch
//! database, and what the applied ones lead to is compared with the live schema
//! before anything is written. First come the files, as one edit, then the
//! records; whoever was stopped in between runs it again.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use whimbrel_core::history::{Entry, Foreign, Journal, Texts, Tool};
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::Schema;
use whimbrel_db::apply::{ApplyOptions, Silent};
use whimbrel_db::introspect;
use whimbrel_db::tracking::read_foreign;

use super::baseline::Marks;
use crate::adopt::{AdoptError, Adopted};
use crate::error::Error;
use crate::history::{History, HistoryError, Layout, difference, in_store};
use crate::migrator::Migrator;
use crate::store::{Edit, Store, View};

/// Makes the history of another tool ours; refine it, then await it.
pub struct Adopt<'m> {
    migrator: &'m mut Migrator,
    from: Arc<dyn Store>,
    tool: Option<Tool>,
    table: Option<ObjectName>,
    dry_run: bool,
}

/// What was adopted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AdoptReport {
    /// Whose history it was.
    pub tool: Tool,
    /// The migrations, oldest first.
    pub migrations: Vec<Entry>,
    /// How many of them the database had applied.
    pub applied: usize,
    /// Whether the files were written, or are there from a run that was stopped.
    pub written: bool,
}

impl<'m> Adopt<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator, from: Arc<dyn Store>) -> Self {
        Self { migrator, from, tool: None, table: None, dry_run: false }
    }

    /// Says whose folder it is. Default: what is in it tells.
    pub fn tool(mut self, tool: Tool) -> Self {
        self.tool = Some(tool);
        self
    }

    /// Names the table in which the other tool keeps what was applied. Default:
    /// the one that it makes by itself.
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = Some(ObjectName::new(name));
        self
    }

    /// Tries all out and compares it, and writes nothing.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    async fn run(self) -> Result<AdoptReport, Error> {
        let Self { migrator, from, tool, table, dry_run } = self;
        let (tool, foreign) = read(from.as_ref(), tool).await?;
        let rows = read_foreign(migrator.connection.as_mut(), tool, table.as_ref()).await?;
        let now = migrator.settings.clock.now();
        let adopted =
            Adopted::new(tool, migrator.dialect(), now, foreign, rows.as_deref().unwrap_or_default())?;
        let store = migrator.store()?;
        let name = store.name();
        let mut history = History::of(name, adopted.journal, adopted.texts);
        let schema = migrator.try_adopted(&mut history, adopted.applied).await?;
        if !dry_run {
            migrator.write_adopted(&history, from.as_ref(), schema).await?;
            migrator.mark_adopted(&history, adopted.applied).await?;
        }
        let (migrations, applied) = (history.journal.entries, adopted.applied);
        Ok(AdoptReport { tool, migrations, applied, written: !dry_run })
    }
}

/// Whose folder it is, and what is in it.
async fn read(from: &dyn Store, tool: Option<Tool>) -> Result<(Tool, Vec<Foreign>), Error> {
    let view = View::open(from).await?;
    let paths = view.list().await?;
    let texts = view.get_many(&paths).await?;
    let texts: Texts = paths.into_iter().zip(texts).filter_map(|(path, text)| Some((path, text?))).collect();
    let tool = tool.or_else(|| Tool::of_folder(&texts));
    let tool = tool.ok_or_else(|| AdoptError::UnknownTool { folder: from.name() })?;
    let foreign = tool.read(&texts).map_err(|error| AdoptError::Foreign(Box::new(error)))?;
    if foreign.is_empty() {
        return Err(AdoptError::Nothing { folder: from.name(), tool }.into());
    }
    Ok((tool, foreign))
}

impl Migrator {
    /// Tries every migration out, stamps it with what that showed, and compares
    /// what the first `applied` lead to with the live schema. Returns the schema
    /// after the last.
    async fn try_adopted(&mut self, history: &mut History, applied: usize) -> Result<Schema, Error> {
        let options = self.settings.introspect.clone();
        let live = introspect(self.connection.as_mut(), &options).await?.schema;
        let engine = self.server().engine();
        self.workshop().await?.reset().await?;
        let mut schema = Schema::default();
        for at in 0..=history.journal.entries.len() {
            if at == applied {
                self.refuse_difference(history, applied, &live, &schema)?;
            }
            if at < history.journal.entries.len() {
                let (proof, after) = self.tried(history, at, &schema).await?;
                schema = after;
                let entry = &mut history.journal.entries[at];
                (entry.proof, entry.engine) = (Some(proof), Some(engine.clone()));
            }
        }
        Ok(schema)
    }

    fn refuse_difference(
        &self,
        history: &History,
        applied: usize,
        live: &Schema,
        replayed: &Schema,
    ) -> Result<(), Error> {
        let Some(difference) = difference(self.dialect(), live, replayed) else { return Ok(()) };
        let last = history.journal.entries[..applied].last().map(|entry| entry.name.clone());
        Err(HistoryError::NotTheBaseline { last: last.unwrap_or_default(), difference, fits: None }.into())
    }

    /// Writes the files, unless they are there from a run that was stopped.
    async fn write_adopted(
        &mut self,
        history: &History,
        from: &dyn Store,
        schema: Schema,
    ) -> Result<(), Error> {
        let store = self.store()?;
        if self.settings.layout == Layout::LockFile {
            return Err(AdoptError::LockFile.into());
        }
        let there = History::read(store.as_ref(), Layout::Journal, self.dialect()).await?;
        if is_same(&there.journal, &history.journal) {
            return Ok(());
        }
        let mut edit = there.edit();
        // VibORM's folder can be taken over where it is: its files stay as they are.
        let is_in_place = from.name() == store.name() && names(&there.journal).eq(names(&history.journal));
        if !there.journal.entries.is_empty() && !is_in_place {
            return Err(AdoptError::NotEmpty { store: store.name() }.into());
        }
        if !is_in_place {
            edit = with_files(store.as_ref(), edit, history).await?;
        }
        self.commit(edit, history, &history.journal, Some(schema)).await
    }

    /// Records as applied what is.
    async fn mark_adopted(&mut self, history: &History, applied: usize) -> Result<(), Error> {
        let table = self.tracking_table()?;
        let mut agenda = Marks { dialect: self.dialect(), history, count: applied };
        self.run_jobs(&mut agenda, &ApplyOptions::new(table), &mut Silent).await?;
        Ok(())
    }
}

/// Adds all files of a history to an edit.
async fn with_files(store: &dyn Store, mut edit: Edit, history: &History) -> Result<Edit, Error> {
    let view = View::open(store).await?;
    let texts = history.texts();
    for entry in &history.journal.entries {
        let Some(texts) = texts.get(&entry.name) else { continue };
        let down = texts.down.as_ref().map(|down| (entry.down_path(), down));
        for (path, text) in [(entry.path(), &texts.up)].into_iter().chain(down) {
            if view.get(&path).await?.is_some() {
                return Err(HistoryError::Orphan { path: in_store(store, &path) }.into());
            }
            edit = edit.expect(&path, None).put(path, text);
        }
    }
    Ok(edit)
}

fn names(journal: &Journal) -> impl Iterator<Item = &str> {
    journal.entries.iter().map(|entry| entry.name.as_str())
}

/// Whether two journals are of the same files.
fn is_same(one: &Journal, other: &Journal) -> bool {
    let checksums = |journal: &Journal| {
        journal.entries.iter().map(|entry| (entry.name.clone(), entry.checksum.clone())).collect::<Vec<_>>()
    };
    checksums(one) == checksums(other)
}

impl<'m> IntoFuture for Adopt<'m> {
    type Output = Result<AdoptReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'm>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl std::fmt::Debug for Adopt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adopt")
            .field("from", &self.from)
            .field("tool", &self.tool)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
