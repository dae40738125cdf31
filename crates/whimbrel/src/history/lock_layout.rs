//! The history of a project with a lock file: read as a journal, and kept in step.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Checksum, Entry, Journal, Script, inlined, proof_of, proved};
use whimbrel_core::lockfile::{
    Caught, Fields, FileName, FolderProblem, Found, LOCK_FILE, LockFile, LockFileError, catch_up,
    folder_entries, folder_journal, read_fields,
};
use whimbrel_core::name::ObjectName;
use whimbrel_core::plan::Proof;
use whimbrel_core::schema::{Schema, Table};
use whimbrel_db::apply::{Account, Described, Work};
use whimbrel_db::introspect;

use super::{File, Files, History, HistoryError, Layout, in_store, replay, replay_error};
use crate::desired::Desired;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::prove::build;
use crate::store::{Edit, Store, StoreError, View, commit, recover};

/// How often the lock file is tried to be brought up to date while somebody else
/// keeps writing.
const ATTEMPTS: usize = 5;

/// A folder with its lock file, as they are.
pub(crate) struct Folder {
    pub(crate) lock: LockFile,
    pub(crate) lock_text: Option<String>,
    /// The files of migrations, in the order of their numbers.
    pub(crate) files: Vec<(Found, String)>,
    /// The names of all texts at the top of the store.
    pub(crate) names: Vec<String>,
}

impl Folder {
    /// Reads the folder; `lock` makes a lock file of the text that is there.
    pub(crate) async fn read(
        view: &View<'_>,
        lock: impl FnOnce(&str) -> Result<LockFile, Error>,
    ) -> Result<Self, Error> {
        let store = view.store();
        if !store.capabilities().list {
            return Err(StoreError::unsupported(&store.name(), "list its files").into());
        }
        let lock_text = view.get(LOCK_FILE).await?;
        let lock = lock_text.as_deref().map(lock).transpose()?.unwrap_or_default();
        let names = top_names(view.list().await?);
        let problems: Vec<_> = names
            .iter()
            .filter(|name| FileName::is_misnamed(name))
            .map(|name| FolderProblem::Misnamed { file: name.clone() })
            .collect();
        refuse(problems)?;
        let mut found: Vec<FileName> = names.iter().filter_map(|name| FileName::read(name)).collect();
        found.sort();
        let paths: Vec<String> = found.iter().map(ToString::to_string).collect();
        let texts = view.get_many(&paths).await?;
        let file = |(name, text): (FileName, Option<String>)| {
            let text = text?;
            Some((Found { name, checksum: Checksum::of_file(&text) }, text))
        };
        let files = found.into_iter().zip(texts).filter_map(file).collect();
        Ok(Self { lock, lock_text, files, names })
    }

    pub(crate) fn found(&self) -> Vec<Found> {
        self.files.iter().map(|(found, _)| found.clone()).collect()
    }

    /// All migrations as they are, numbers perhaps twice.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        folder_entries(&self.lock, &self.found())
    }

    fn text_of(&self, entry: &Entry) -> Option<String> {
        let name = entry.file_name();
        self.files.iter().find(|(found, _)| found.name.to_string() == name).map(|(_, text)| text.clone())
    }
}

/// The names of what is in the store itself, and in none of its folders.
pub(crate) fn top_names(paths: Vec<String>) -> Vec<String> {
    paths.into_iter().filter(|path| !path.contains('/')).collect()
}

fn refuse(problems: Vec<FolderProblem>) -> Result<(), HistoryError> {
    if problems.is_empty() { Ok(()) } else { Err(HistoryError::Folder { problems }) }
}

/// Reads a lock file of which all parts agree.
pub(crate) fn sound_lock(file: &str, text: &str) -> Result<LockFile, Error> {
    let lock = LockFile::from_json(file, text)?;
    match LockFileError::of(file, lock.contradictions()) {
        Some(error) => Err(error.into()),
        None => Ok(lock),
    }
}

impl History {
    /// Reads the history of a folder with a lock file.
    pub(super) async fn through_lock(view: &View<'_>, dialect: Dialect) -> Result<Self, Error> {
        let store = view.store();
        let folder = Folder::read(view, |text| sound_lock(&in_store(store, LOCK_FILE), text)).await?;
        let journal = folder_journal(dialect, &folder.lock, &folder.found())
            .map_err(|problems| HistoryError::Folder { problems })?;
        Ok(Self::of_folder(store, folder, journal))
    }

    fn of_folder(store: &dyn Store, folder: Folder, journal: Journal) -> Self {
        let files = journal.entries.iter().map(|entry| Files { up: folder.text_of(entry), down: None });
        let files = files.collect();
        let mut history = Self::with_files(store.name(), journal, files);
        history.take_proofs();
        history.layout = Layout::LockFile;
        history.lock = folder.lock.named(&history.journal);
        history.head_text = folder.lock_text;
        history.names = Some(folder.names);
        history
    }

    /// What the files say was shown of them, where they are those that count.
    fn take_proofs(&mut self) {
        for (entry, files) in self.journal.entries.iter_mut().zip(&self.files) {
            let text = files.up.as_deref().filter(|text| Checksum::of_file(text) == entry.checksum);
            entry.proof = text.and_then(proof_of);
        }
    }

    /// The tables that were there before the first migration, as statements.
    ///
    /// # Errors
    ///
    /// If the lock file has fields in them of a type that is not known.
    pub(crate) fn base(&self, dialect: Dialect) -> Result<Option<Script>, Error> {
        let unknown = |problems| HistoryError::UnknownTypes { problems };
        let sql = self.lock.base_sql(dialect).map_err(unknown)?;
        if sql.is_empty() {
            return Ok(None);
        }
        Ok(Some(Script::read(dialect, LOCK_FILE, &sql)?))
    }

    /// Without the tables that no migration made: of those only the fields are
    /// known.
    pub(crate) fn without_base(&self, dialect: Dialect, mut schema: Schema) -> Schema {
        let base = self.lock.base();
        schema
            .tables
            .retain(|table| !base.iter().any(|(_, one)| dialect.same_name(&one.name(dialect), &table.name)));
        schema
    }
}

impl Migrator {
    /// Reads the source of this migrator, with its tables under the names that they
    /// have in the database.
    ///
    /// # Errors
    ///
    /// If the source does not read, or its tables are not to be renamed.
    pub(crate) async fn desired_in(&mut self, history: &History) -> Result<Desired, Error> {
        let mut desired = self.desired().await?;
        if history.layout == Layout::LockFile {
            desired.schema = self.under_physical_names(history, desired.schema).await?;
        }
        Ok(desired)
    }

    /// The schema in which every table that the lock file knows by its logical
    /// name has the name that it has in the database.
    ///
    /// The engine renames them, with all that refers to them, in the scratch
    /// database.
    ///
    /// # Errors
    ///
    /// If the schema does not replay, or the scratch database fails.
    async fn under_physical_names(&mut self, history: &History, schema: Schema) -> Result<Schema, Error> {
        let dialect = self.dialect();
        let has = |name: &ObjectName| schema.tables.iter().any(|table| dialect.same_name(&table.name, name));
        let other = history.lock.tables.iter().filter_map(|(logical, table)| {
            let (from, to) = (ObjectName::new(logical), table.name(dialect));
            (logical != table.ptr && has(&from) && !has(&to)).then_some((from, to))
        });
        let other: Vec<_> = other.collect();
        if other.is_empty() {
            return Ok(schema);
        }
        let workshop = self.workshop().await?;
        if let Err(reason) = build(workshop, &schema).await? {
            return Err(HistoryError::NotRenamed { reason }.into());
        }
        for (from, to) in other {
            let found = schema.tables.iter().find(|table| dialect.same_name(&table.name, &from));
            for sql in found.into_iter().flat_map(|found| renaming(dialect, found, &to)) {
                workshop.connection().execute(&sql).await?;
            }
        }
        Ok(workshop.read().await?)
    }

    /// Makes the lock file say what the database has, where it lags behind; with
    /// `down` also where it is ahead. Where it says so already, nothing is read or
    /// written. Returns what is worth knowing.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or the lock file cannot be written for
    /// another reason than that it is read-only.
    pub(crate) async fn keep_lock_file(&mut self, down: bool) -> Result<Vec<String>, Error> {
        if self.settings.layout == Layout::Journal {
            return Ok(Vec::new());
        }
        // What a crash left half written is finished, where it can be.
        match recover(self.store()?.as_ref()).await {
            Ok(_) | Err(StoreError::ReadOnly { .. } | StoreError::Denied { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        for _ in 1..ATTEMPTS {
            match self.bring_up_to_date(down).await {
                Err(Error::Store(StoreError::Changed { .. })) => {}
                outcome => return outcome,
            }
        }
        self.bring_up_to_date(down).await
    }

    async fn bring_up_to_date(&mut self, down: bool) -> Result<Vec<String>, Error> {
        let history = self.history().await?;
        let table = self.tracking_table()?;
        let tracked = self.tracked(&table).await?;
        let standings = history.standings(&tracked.applied, &tracked.progress());
        let both = history.journal.entries.iter().zip(&standings);
        let applied: Vec<&Entry> =
            both.take_while(|(_, standing)| standing.applied_at.is_some()).map(|(entry, _)| entry).collect();
        let recorded = history.lock.migrations.len();
        let (lock, mut notes) = if applied.len() > recorded {
            // Before anything is written down, files and rows must agree.
            history.refuse_problems(&standings)?;
            self.caught_up(&history, &applied[recorded..]).await?
        } else if down && applied.len() < recorded {
            (history.lock.truncated(applied.len()), Vec::new())
        } else {
            return Ok(Vec::new());
        };
        let edit = Edit::new().expect(LOCK_FILE, history.head_text.as_deref()).put(LOCK_FILE, lock.to_json());
        let store = self.store()?;
        match commit(store.as_ref(), edit).await {
            Ok(()) => {}
            Err(error @ (StoreError::ReadOnly { .. } | StoreError::Denied { .. })) => {
                let file = store.place(LOCK_FILE);
                notes = vec![format!(
                    "`{file}` was not brought up to date: {error}; the next `whimbrel migrate apply` \
                     where it may be written does so"
                )];
            }
            Err(error) => return Err(error.into()),
        }
        Ok(notes)
    }

    /// The lock file with these migrations, and what is worth knowing.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or a file holds what may not stand there.
    pub(crate) async fn caught_up(
        &mut self,
        history: &History,
        applied: &[&Entry],
    ) -> Result<(LockFile, Vec<String>), Error> {
        let options = self.settings.introspect.clone();
        let live = introspect(self.connection.as_mut(), &options).await?.schema;
        let mut deeds = Vec::new();
        let mut notes = Vec::new();
        for entry in applied {
            deeds.push(self.deed(history, entry, &mut notes).await?);
        }
        let caught: Vec<_> = applied.iter().zip(&deeds).map(|(entry, deed)| deed.of(entry)).collect();
        let caught_up = catch_up(self.dialect(), &history.lock, &caught, &live, self.settings.clock.now());
        notes.extend(caught_up.foreign_hashes.iter().map(|table| foreign_hash(table)));
        Ok((caught_up.lock, notes))
    }

    /// What an applied migration did. A program that ran at another time is asked
    /// in the scratch database.
    async fn deed(
        &mut self,
        history: &History,
        entry: &Entry,
        notes: &mut Vec<String>,
    ) -> Result<Deed, Error> {
        let dialect = self.dialect();
        let work = history.way_there(&self.settings.programs, dialect, entry)?;
        let account = match (work, self.accounts.get(&entry.name)) {
            (Work::Script(script), _) => return Ok(Deed { script: Some(script), described: Vec::new() }),
            (Work::Program(_), Some(account)) => account.clone(),
            (work @ Work::Program(_), None) => match self.account(history, entry, &work).await {
                Ok(account) => account.unwrap_or_default(),
                Err(error) => {
                    notes.push(untold(&entry.name, &error));
                    Account::default()
                }
            },
        };
        let script = Script::read_part(dialect, &account.ddl.join(";\n"))?;
        let fields = |one: &Described| Some((one.table.clone(), read_fields(&one.fields).ok()?));
        Ok(Deed { script: Some(script), described: account.described.iter().filter_map(fields).collect() })
    }

    async fn account(
        &mut self,
        history: &History,
        entry: &Entry,
        work: &Work,
    ) -> Result<Option<Account>, Error> {
        let before = history.journal.entries.iter().take_while(|one| one.name != entry.name).count();
        self.rebuild(history, before).await?;
        let dialect = self.dialect();
        let replayed = replay(self.workshop().await?, work).await;
        replayed.map(|done| done.account).map_err(|failure| replay_error(dialect, work, failure))
    }
}

/// What a migration did, as far as the lock file is concerned.
struct Deed {
    script: Option<Script>,
    described: Vec<(String, Fields)>,
}

impl Deed {
    fn of<'d>(&'d self, entry: &'d Entry) -> Caught<'d> {
        Caught { entry, script: self.script.as_ref(), described: &self.described }
    }
}

fn untold(migration: &str, error: &Error) -> String {
    format!(
        "what `{migration}` did to tables is not in the lock file: it ran at another time, and does not in a \
         scratch database: {error}"
    )
}

/// The statements that give a table another name, with the constraints that are
/// named after it, and move it to another namespace.
fn renaming(dialect: Dialect, table: &Table, to: &ObjectName) -> Vec<String> {
    let (from, name) = (dialect.quote_name(&table.name), dialect.quote_ident(&to.name));
    let renamed = dialect.quote_name(&table.name.with_name(to.name.clone()));
    let mut statements = vec![format!("ALTER TABLE {from} RENAME TO {name}")];
    statements.extend(constraints_named_after(dialect, table).into_iter().map(|constraint| {
        let new = format!("{}{}", to.name, &constraint[table.name.name.len()..]);
        let (old, new) = (dialect.quote_ident(&constraint), dialect.quote_ident(&new));
        format!("ALTER TABLE {renamed} RENAME CONSTRAINT {old} TO {new}")
    }));
    if let Some(namespace) = &to.namespace {
        let namespace = dialect.quote_ident(namespace);
        statements.push(format!("CREATE SCHEMA IF NOT EXISTS {namespace}"));
        statements.push(format!("ALTER TABLE {renamed} SET SCHEMA {namespace}"));
    }
    statements
}

/// The constraints that PostgreSQL names after their table: a table that had its
/// name from the beginning has them under that one.
fn constraints_named_after(dialect: Dialect, table: &Table) -> Vec<String> {
    let names = match dialect {
        Dialect::Sqlite => Vec::new(),
        Dialect::Postgres => {
            let primary_key = table.primary_key.iter().map(|key| &key.name);
            let uniques = table.unique_constraints.iter().map(|unique| &unique.name);
            let keys = table.foreign_keys.iter().map(|key| &key.name);
            let checks = table.checks.iter().map(|check| &check.name);
            primary_key.chain(uniques).chain(keys).chain(checks).flatten().collect()
        }
    };
    let start = format!("{}_", table.name.name);
    names.into_iter().filter(|name| name.starts_with(&start)).cloned().collect()
}

fn foreign_hash(table: &str) -> String {
    format!(
        "the hash of `{table}` in the lock file was not whimbrel's; the fields have changed, and it is now"
    )
}

/// One file of two, as this layout has it, with what was shown of it.
pub(crate) fn one_file(up: File, down: Option<&str>, proof: Option<&Proof>) -> File {
    let text = inlined(&up.text, down);
    File { text: proof.map_or(text.clone(), |proof| proved(&text, proof)), ..up }
}

/// An edit that also writes into the files of these migrations what was shown of
/// them. Programs say nothing: what they do is not known from their text.
pub(crate) fn with_proofs<'e>(
    history: &History,
    entries: impl IntoIterator<Item = &'e Entry>,
    mut edit: Edit,
) -> Edit {
    let texts = history.texts();
    for entry in entries.into_iter().filter(|entry| !entry.format.is_program()) {
        let (Some(texts), Some(proof)) = (texts.get(&entry.name), &entry.proof) else { continue };
        let path = entry.path();
        edit = edit.expect(&path, Some(&texts.up)).put(&path, proved(&texts.up, proof));
    }
    edit
}
