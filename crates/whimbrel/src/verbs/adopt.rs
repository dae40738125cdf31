//! `adopt`: makes the history of another tool ours.
//!
//! What was applied there is applied here, and what is pending stays pending.
//! Nothing of the other tool is touched, neither its folder nor its table: going
//! back is going on with it. The other tool may be whimbrel in its other layout,
//! and Kontract's is one of them.
//!
//! It is not taken on trust: the migrations are tried out in the scratch
//! database, and what the applied ones lead to is compared with the live schema
//! before anything is written. First come the files, as one edit, then the
//! records; whoever was stopped in between runs it again.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use whimbrel_core::history::{Entry, Foreign, Texts, Tool};
use whimbrel_core::name::ObjectName;
use whimbrel_db::apply::{ApplyOptions, Silent};
use whimbrel_db::introspect;
use whimbrel_db::tracking::read_foreign;

use super::baseline::Marks;
use crate::adopt::{AdoptError, Adopted, Origin};
use crate::error::Error;
use crate::history::{History, Layout, Target};
use crate::migrator::Migrator;
use crate::store::{Store, View};

/// Makes the history of another tool ours; refine it, then await it.
pub struct Adopt<'m> {
    migrator: &'m mut Migrator,
    from: Arc<dyn Store>,
    origin: Option<Origin>,
    table: Option<ObjectName>,
    to: Option<Target>,
    dry_run: bool,
}

/// What was adopted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AdoptReport {
    /// Whose history it was.
    pub origin: Origin,
    /// The migrations, oldest first.
    pub migrations: Vec<Entry>,
    /// How many of them the database had applied.
    pub applied: usize,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// Whether the files were written, or are there from a run that was stopped.
    pub written: bool,
}

impl<'m> Adopt<'m> {
    pub(crate) fn new(migrator: &'m mut Migrator, from: Arc<dyn Store>) -> Self {
        Self { migrator, from, origin: None, table: None, to: None, dry_run: false }
    }

    /// Says whose folder it is. Default: what is in it tells.
    pub fn origin(mut self, origin: impl Into<Origin>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Names the table in which the other tool keeps what was applied. Default:
    /// the one that it makes by itself.
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = Some(ObjectName::new(name));
        self
    }

    /// Names the last migration that the database has, where it keeps no table
    /// that says so. Default: what the lock file says.
    pub fn to(mut self, target: impl Into<Target>) -> Self {
        self.to = Some(target.into());
        self
    }

    /// Tries all out and compares it, and writes nothing.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    async fn run(self) -> Result<AdoptReport, Error> {
        let Self { migrator, from, origin, table, to, dry_run } = self;
        let options = migrator.settings.introspect.clone();
        let live = introspect(migrator.connection.as_mut(), &options).await?.schema;
        let (origin, texts) = read(from.as_ref(), origin).await?;
        let adopted = match origin {
            Origin::Tool(_) if to.is_some() => return Err(AdoptError::Told { origin }.into()),
            Origin::Tool(tool) => migrator.read_tool(tool, &texts, table.as_ref()).await?,
            Origin::Layout(layout) => {
                migrator.read_project(from.as_ref(), layout, table.as_ref(), to.as_ref(), &live).await?
            }
        };
        if adopted.journal.entries.is_empty() {
            return Err(AdoptError::Nothing { folder: from.name(), origin }.into());
        }
        let layout = migrator.settings.layout;
        let first = match layout {
            Layout::Journal => migrator.base_of(&adopted, &live).await?,
            Layout::LockFile => Vec::new(),
        };
        let adopted = adopted.relaid(layout, migrator.settings.clock.now(), first);
        let store = migrator.store()?;
        let mut history = adopted.history(store.name());
        let tried = migrator.try_adopted(&mut history, origin, &adopted.applied, &live).await?;
        let (applied, mut notes) = (tried.applied, tried.notes.clone());
        if !dry_run {
            let is_in_place = from.name() == store.name();
            notes.extend(migrator.write_adopted(&history, is_in_place, &tried).await?);
            migrator.mark_adopted(&history, applied).await?;
        }
        let migrations = history.journal.entries;
        Ok(AdoptReport { origin, migrations, applied, notes, written: !dry_run })
    }
}

/// Whose folder it is, and what is in it.
async fn read(from: &dyn Store, origin: Option<Origin>) -> Result<(Origin, Texts), Error> {
    let view = View::open(from).await?;
    let paths = view.list().await?;
    let texts = view.get_many(&paths).await?;
    let texts: Texts = paths.into_iter().zip(texts).filter_map(|(path, text)| Some((path, text?))).collect();
    let origin = origin.or_else(|| Origin::of_folder(&texts));
    let origin = origin.ok_or_else(|| AdoptError::UnknownTool { folder: from.name() })?;
    Ok((origin, texts))
}

impl Migrator {
    /// Reads the folder and the table of another tool.
    async fn read_tool(
        &mut self,
        tool: Tool,
        texts: &Texts,
        table: Option<&ObjectName>,
    ) -> Result<Adopted, Error> {
        let read = tool.read(texts).map_err(|error| AdoptError::Foreign(Box::new(error)));
        let foreign: Vec<Foreign> = read?;
        let rows = read_foreign(self.connection.as_mut(), tool, table).await?.unwrap_or_default();
        Adopted::new(tool, self.dialect(), self.settings.clock.now(), foreign, &rows)
    }

    /// Records as applied what is.
    async fn mark_adopted(&mut self, history: &History, applied: usize) -> Result<(), Error> {
        let table = self.tracking_table()?;
        let mut agenda = Marks { dialect: self.dialect(), history, count: applied };
        self.run_jobs(&mut agenda, &ApplyOptions::new(table), &mut Silent).await?;
        self.keep_lock_file(false).await?;
        Ok(())
    }
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
            .field("origin", &self.origin)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
