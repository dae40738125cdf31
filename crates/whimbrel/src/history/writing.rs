//! From drafts to files: names, headers, notes, warnings, journal, snapshot.

use whimbrel_core::change::{Change, EnumReplacement};
use whimbrel_core::describe::{loss_question, object_name, one_line};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Rename, Renames};
use whimbrel_core::history::{Checksum, DownFile, Entry, Journal, Script, UpFile, automatic_name, kebab};
use whimbrel_core::name::ObjectName;
use whimbrel_core::plan::{Hazard, Plan, Proof};
use whimbrel_core::resolve::LossQuestion;
use whimbrel_core::schema::Engine;

use super::{File, History, HistoryError, Layout, in_store, one_file};
use crate::draft::Draft;
use crate::error::{Error, ProofError};
use crate::store::{Edit, Store, View};

/// A migration that was written, or would be.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// let written = migrator.generate().name("users").await?.migrations.remove(0);
/// assert_eq!(written.entry.name, "users");
/// assert!(written.up.text.contains("CREATE TABLE \"users\""));
/// assert!(written.down.unwrap().text.contains("DROP TABLE \"users\""));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Its entry in the journal.
    pub entry: Entry,
    /// The way there.
    pub up: File,
    /// The way back, where it has a file of its own.
    pub down: Option<File>,
}

impl Written {
    /// Its files.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// let written = migrator.create("slugs").await?;
    /// let paths: Vec<_> = written.files().map(|file| file.path.as_str()).collect();
    /// assert_eq!(paths, ["0000_slugs.sql", "meta/_down/0000_slugs.sql"]);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn files(&self) -> impl Iterator<Item = &File> {
        [&self.up].into_iter().chain(&self.down)
    }
}

/// Adds the files of new migrations to an edit.
///
/// # Errors
///
/// [`HistoryError::Orphan`] if a file is there already.
pub(crate) async fn new_files(
    store: &dyn Store,
    mut edit: Edit,
    migrations: impl IntoIterator<Item = &Written>,
) -> Result<Edit, Error> {
    let view = View::open(store).await?;
    for file in migrations.into_iter().flat_map(Written::files) {
        if view.get(&file.path).await?.is_some() {
            return Err(HistoryError::Orphan { path: in_store(store, &file.path) }.into());
        }
        edit = edit.expect(&file.path, None).put(&file.path, &file.text);
    }
    Ok(edit)
}

/// What there is to say above the first statement of a migration, besides what
/// its changes say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    /// What a person accepted to lose.
    pub(crate) accepted: &'a [LossQuestion],
    /// What goes and comes back, and what that takes away.
    pub(crate) remade: &'a [String],
}

/// What all migrations of one run are written with.
pub(crate) struct Writer<'a> {
    pub(crate) history: &'a History,
    pub(crate) dialect: Dialect,
    pub(crate) engine: Engine,
    /// Milliseconds since 1970-01-01 UTC.
    pub(crate) now: i64,
}

impl Writer<'_> {
    /// Makes files of drafts; the journal is that of the history with their
    /// entries.
    ///
    /// # Errors
    ///
    /// [`ProofError::Unreadable`] if a file would not read back as its plan.
    pub(crate) fn write(
        &self,
        name: Option<&str>,
        said: Said<'_>,
        drafts: Vec<Draft>,
    ) -> Result<(Vec<Written>, Journal), Error> {
        let mut journal = self.history.journal.clone();
        let last = drafts.len().saturating_sub(1);
        let mut written = Vec::with_capacity(drafts.len());
        for (at, draft) in drafts.into_iter().enumerate() {
            // What is cut off in front only prepares: nothing is lost there.
            let said = if at == last { said } else { Said::default() };
            let notes = notes(&draft.changes, said);
            let wanted = match name {
                Some(name) => name.to_owned(),
                None => automatic_name(&draft.changes, journal.entries.is_empty()),
            };
            let one = self.one(&journal, &wanted, notes, &draft)?;
            journal.entries.push(one.entry.clone());
            written.push(one);
        }
        Ok((written, journal))
    }

    fn one(
        &self,
        journal: &Journal,
        wanted: &str,
        notes: Vec<String>,
        draft: &Draft,
    ) -> Result<Written, Error> {
        let name = journal.unique_name(&kebab(wanted));
        let (when, layout) = (self.now, self.history.layout);
        let up = UpFile { name: name.clone(), when, notes, statements: draft.up.statements() };
        let down =
            DownFile { name: name.clone(), warnings: warnings(draft), statements: down_statements(draft) };
        let entry = Entry {
            down_checksum: (layout == Layout::Journal).then(|| down.checksum()),
            engine: Some(self.engine.clone()),
            proof: Some(draft.proof.clone()),
            ..Entry::new(layout.next_index(journal), name, when, up.checksum())
        };
        let up = File { path: entry.path(), text: up.render() };
        let down = File { path: entry.down_path(), text: down.render() };
        let written = match layout {
            Layout::Journal => Written { entry, up, down: Some(down) },
            Layout::LockFile => {
                let up = one_file(up, Some(&down.text), entry.proof.as_ref());
                let entry = Entry { checksum: Checksum::of_file(&up.text), ..entry };
                Written { entry, up, down: None }
            }
        };
        self.check(&written, draft)?;
        Ok(written)
    }

    /// Reads the files as whoever applies them will, and compares them with the
    /// plans.
    fn check(&self, written: &Written, draft: &Draft) -> Result<(), Error> {
        let Written { entry, up, down } = written;
        let unreadable = |file: &File| ProofError::Unreadable { file: file.path.clone() };
        let script = Script::read(self.dialect, &up.path, &up.text).map_err(|_| unreadable(up))?;
        if !reads_as(&script, &draft.up) || Checksum::of_file(&up.text) != entry.checksum {
            return Err(unreadable(up).into());
        }
        let back = down.as_ref().unwrap_or(up);
        let down = down.as_ref().map(|down| down.text.as_str());
        let script = Script::way_back(self.dialect, entry, &up.text, down).map_err(|_| unreadable(back))?;
        let is_same = match (&draft.down, &script) {
            (Some(plan), Some(script)) => reads_as(script, plan),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let checksum = down.map(Checksum::of_file);
        if is_same && checksum == entry.down_checksum { Ok(()) } else { Err(unreadable(back).into()) }
    }
}

/// Says whether a script has the statements of a plan.
fn reads_as(script: &Script, plan: &Plan) -> bool {
    let read = script.statements.iter().map(|statement| script.sql(statement));
    read.eq(plan.steps().map(|step| step.sql.trim()))
}

/// What a person decided, for whoever reads the file.
fn notes(changes: &[Change], said: Said<'_>) -> Vec<String> {
    let renames = Renames::of_changes(changes);
    let renamed = renames.renamed.iter().map(renamed);
    let replaced = changes.iter().flat_map(replaced);
    let losses = said.accepted.iter().map(|loss| format!("Accepted: {}", one_line(&loss_question(loss))));
    let remade = said.remade.iter().map(|note| format!("Note: {}", one_line(note)));
    renamed.chain(replaced).chain(losses).chain(remade).collect()
}

fn renamed(rename: &Rename) -> String {
    let full = |name: &ObjectName| match &rename.parent {
        Some(parent) => format!("{}.{}", object_name(parent), object_name(name)),
        None => object_name(name),
    };
    format!("Renamed: {} {} to {}", rename.kind.noun(), full(&rename.from), full(&rename.to))
}

fn replaced(change: &Change) -> Vec<String> {
    let quoted = |value: &str| format!("'{}'", one_line(value));
    let replacement = |one: &EnumReplacement| {
        let to = one.to.as_deref().map_or_else(|| "NULL".to_owned(), quoted);
        let column = format!("{}.{}", object_name(&one.table_name), one.column_name);
        format!("Replaced: {} in {} by {to}", quoted(&one.from), one_line(&column))
    };
    change.replacements().iter().map(replacement).collect()
}

/// What the way back loses.
pub(crate) fn warnings(draft: &Draft) -> Vec<String> {
    let mut warnings: Vec<String> = match (&draft.down, &draft.proof) {
        (Some(down), _) => {
            let hazards = down.steps().flat_map(|step| &step.hazards).filter(|hazard| hazard.loses_data());
            hazards.map(|hazard| one_line(&hazard.to_string())).collect()
        }
        (None, Proof::Irreversible { reason }) => {
            vec![format!("there is no way back: {}", one_line(reason))]
        }
        (None, Proof::Exact | Proof::Lossy | Proof::Unproved { .. }) => {
            vec!["there is no way back".to_owned()]
        }
    };
    warnings.dedup();
    warnings
}

/// The statements of the way back; the first says what they do not bring back.
pub(crate) fn down_statements(draft: &Draft) -> Vec<String> {
    let mut statements = draft.down.as_ref().map(Plan::statements).unwrap_or_default();
    let mut gone: Vec<String> =
        draft.up.steps().flat_map(|step| &step.hazards).filter_map(not_brought_back).collect();
    gone.dedup();
    if let Some(first) = statements.first_mut() {
        let gone: String = gone.iter().map(|line| format!("-- {line}\n")).collect();
        first.insert_str(0, &gone);
    }
    statements
}

/// What `up` loses and no way back brings back.
fn not_brought_back(hazard: &Hazard) -> Option<String> {
    let (subject, what) = match hazard {
        Hazard::LosesTable { subject } => (subject, "the rows do not come back"),
        Hazard::LosesColumn { subject } => (subject, "the values do not come back"),
        Hazard::LosesPrecision { subject } | Hazard::LosesEnumValues { subject } => {
            (subject, "the values do not become what they were")
        }
        Hazard::FailsOnNulls { .. }
        | Hazard::FailsOnRows { .. }
        | Hazard::FailsOnDuplicates { .. }
        | Hazard::FailsOnViolations { .. }
        | Hazard::FailsOnOrphans { .. }
        | Hazard::FailsOnValues { .. }
        | Hazard::RewritesTable { .. }
        | Hazard::BlocksWrites { .. }
        | Hazard::KeepsComputedValues { .. }
        | Hazard::KeepsComputedEntries { .. }
        | Hazard::KeepsCheckedRows { .. } => return None,
    };
    Some(one_line(&format!("{subject}: {what}")))
}
