//! The schema that the migrations lead to.
//!
//! The snapshot says it, if it belongs to the newest migration and no file was
//! touched since; otherwise the folder is replayed in the scratch database.

use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Checksum, Entry, Journal, Script, ScriptStatement};
use whimbrel_core::lockfile::LOCK_FILE;
use whimbrel_core::schema::{LeftAlone, Schema, Snapshot, SnapshotHead};
use whimbrel_core::sql::position;
use whimbrel_db::DbError;
use whimbrel_db::apply::{ProgramError, ProgramProblem, Work};
use whimbrel_db::error::StatementError;
use whimbrel_db::execute::{Violation, list_violations};

use super::replay::{ReplayFailure, replay};
use super::trial::is_fault_of_the_file;
use super::{History, HistoryError, JOURNAL, Layout, SNAPSHOT, in_store};
use crate::cache::{self, Cache};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::store::{Edit, Store, View, commit};

impl Migrator {
    /// Where the migrations are.
    ///
    /// # Errors
    ///
    /// [`HistoryError::NoStore`] if nobody said so.
    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, Error> {
        Ok(self.settings.store.clone().ok_or(HistoryError::NoStore)?)
    }

    /// Makes an edit of the store, together with the journal and the snapshot of
    /// the schema that it leads to, all of it or nothing. With a lock file in the
    /// journal's place, that one is written if what it records is concerned. Without a schema the
    /// snapshot stays, and fits no more.
    pub(crate) async fn commit(
        &mut self,
        edit: Edit,
        history: &History,
        journal: &Journal,
        schema: Option<Schema>,
    ) -> Result<(), Error> {
        let mut edit = match history.layout {
            Layout::Journal => edit.put(JOURNAL, journal.to_json()),
            Layout::LockFile => {
                let lock = history.lock.with_journal(journal);
                let edit = if lock == history.lock { edit } else { edit.put(LOCK_FILE, lock.to_json()) };
                return Ok(commit(self.store()?.as_ref(), edit).await?);
            }
        };
        if let Some(schema) = schema {
            let mut snapshot = Snapshot::new(self.server().engine(), schema);
            snapshot.head = snapshot_head(journal);
            edit = edit.put(SNAPSHOT, snapshot.to_json());
        }
        Ok(commit(self.store()?.as_ref(), edit).await?)
    }

    /// The schema that the whole history leads to.
    pub(crate) async fn schema_of_history(&mut self, history: &History) -> Result<Schema, Error> {
        let store = self.store()?;
        self.schema_in_store(store.as_ref(), history).await
    }

    /// The schema that the whole history leads to, which is in `store`.
    async fn schema_in_store(&mut self, store: &dyn Store, history: &History) -> Result<Schema, Error> {
        if history.layout == Layout::LockFile {
            return self.replayed(history, history.journal.entries.len()).await;
        }
        if history.journal.entries.is_empty() {
            return Ok(Schema::default());
        }
        let text = View::open(store).await?.get(SNAPSHOT).await?;
        // A snapshot that does not read is as good as none: the files say all.
        let snapshot = text.and_then(|text| Snapshot::from_json(&text).ok());
        match snapshot.filter(|snapshot| history.fits(snapshot)) {
            Some(snapshot) => Ok(self.read_snapshot(&in_store(store, SNAPSHOT), snapshot).await?.schema),
            None => self.replayed(history, history.journal.entries.len()).await,
        }
    }

    /// What the migrations of any store lead to.
    pub(crate) async fn end_of_store(&mut self, store: &dyn Store) -> Result<cache::Entry, Error> {
        let history = History::read(store, self.settings.layout, self.dialect()).await?;
        let schema = self.schema_in_store(store, &history).await?;
        Ok(cache::Entry { schema, left_alone: self.left_alone_by(&history).await? })
    }

    /// The schema after the first `count` migrations, replayed.
    pub(crate) async fn replayed(&mut self, history: &History, count: usize) -> Result<Schema, Error> {
        Ok(self.replayed_all(history, count).await?.schema)
    }

    /// What the whole history makes of kinds that are not managed. A snapshot does
    /// not tell, and nothing is known of files that do not replay.
    pub(crate) async fn left_alone_by(&mut self, history: &History) -> Result<Vec<LeftAlone>, Error> {
        let last = history.journal.entries.len();
        let replayed = match self.replayed_all(history, last).await {
            Err(error) if is_fault_of_the_file(&error) => return Ok(Vec::new()),
            replayed => replayed?.left_alone,
        };
        let lexicon = self.dialect().lexicon();
        let works = self.works(history, last)?;
        let stated = works.iter().filter_map(Work::script).flat_map(|script| {
            let of_one =
                |one: &ScriptStatement| LeftAlone::of_statement(&one.class, script.sql(one), lexicon);
            script.statements.iter().flat_map(of_one)
        });
        Ok(replayed.into_iter().chain(stated).collect())
    }

    /// What there is after the first `count` migrations, replayed.
    async fn replayed_all(&mut self, history: &History, count: usize) -> Result<cache::Entry, Error> {
        let base = history.base(self.dialect())?;
        let key = self.replay_key(history, base.as_ref(), count).await?;
        let cached = self.settings.cache.as_ref().and_then(|cache| cache.get(&key));
        if let Some(entry) = cached {
            return Ok(entry);
        }
        self.rebuild(history, count).await?;
        let entry = self.workshop().await?.read_all().await?;
        if let Some(cache) = &self.settings.cache {
            cache.put(&key, &entry);
        }
        Ok(entry)
    }

    /// Makes the scratch database what the first `count` migrations make it.
    pub(crate) async fn rebuild(&mut self, history: &History, count: usize) -> Result<(), Error> {
        let works = self.works(history, count)?;
        self.begin(history).await?;
        let dialect = self.dialect();
        let workshop = self.workshop().await?;
        for work in &works {
            replay(workshop, work).await.map_err(|failure| replay_error(dialect, work, failure))?;
        }
        Ok(())
    }

    /// Makes the scratch database what it is before the first migration, and says
    /// what that is.
    pub(crate) async fn begin(&mut self, history: &History) -> Result<Schema, Error> {
        let dialect = self.dialect();
        let base = history.base(dialect)?.map(Work::from);
        let workshop = self.workshop().await?;
        workshop.reset().await?;
        let Some(base) = base else { return Ok(Schema::default()) };
        replay(workshop, &base).await.map_err(|failure| replay_error(dialect, &base, failure))?;
        Ok(workshop.read().await?)
    }

    /// What the first `count` migrations do.
    pub(crate) fn works(&self, history: &History, count: usize) -> Result<Vec<Work>, Error> {
        let work = |(entry, up): (&Entry, Option<&str>)| {
            let file = history.file(entry);
            let text = up.ok_or_else(|| HistoryError::Missing { file: file.clone() })?;
            self.settings.programs.way_there(self.dialect(), entry, &file, text)
        };
        history.entries().take(count).map(work).collect()
    }

    async fn replay_key(
        &mut self,
        history: &History,
        base: Option<&Script>,
        count: usize,
    ) -> Result<String, Error> {
        let spelling = self.spelling().await?;
        let texts: Vec<_> =
            history.entries().take(count).map(|(entry, up)| (history.file(entry), up)).collect();
        let base = base.into_iter().flat_map(|base| [base.file.as_str(), &base.text]);
        let parts = texts.iter().flat_map(|(file, up)| [file.as_str(), up.unwrap_or_default()]);
        let parts = base.chain(parts);
        Ok(Cache::key(["history"].into_iter().chain(spelling.iter().map(String::as_str)).chain(parts)))
    }
}

impl History {
    /// Says whether a snapshot is that of the newest migration, and all files
    /// are as the journal has them.
    fn fits(&self, snapshot: &Snapshot) -> bool {
        let head = snapshot_head(&self.journal);
        head.is_some()
            && snapshot.head == head
            && self
                .entries()
                .all(|(entry, up)| up.is_some_and(|text| Checksum::of_file(text) == entry.checksum))
    }
}

/// What a snapshot that belongs to the newest migration names.
fn snapshot_head(journal: &Journal) -> Option<SnapshotHead> {
    let head = journal.head()?;
    Some(SnapshotHead { name: head.name.clone(), checksum: head.checksum.clone() })
}

/// A statement that does not replay, shown where it stands.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator};
/// # let store = MemoryStore::new();
/// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
/// use whimbrel::store::Store;
/// use whimbrel::{Error, HistoryError, Outcome};
///
/// let written = migrator.create("users").await?;
/// let text = written.up.text + "\nCREATE TABLE users (id INTEGER PRIMARY KEY,);\n";
/// store.put(&written.up.path, &text).await?;
///
/// let report = migrator.verify().await?;
/// let Outcome::Fails(error) = &report.verdicts[0].outcome else { panic!("there is a comma too many") };
/// let Error::History(error) = &**error else { panic!("{error}") };
/// let HistoryError::Replay(problem) = &**error else { panic!("{error}") };
/// assert_eq!(problem.to_string(), "memory/0000_users.sql:9: near \")\": syntax error");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{file}:{line}: {message}")]
#[diagnostic(
    code(whimbrel::history::replay),
    help(
        "this is what a new database would meet; put the statement right, then `whimbrel migrate verify --accept` the file"
    )
)]
pub struct ReplayProblem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The engine's own message.
    pub message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    span: SourceSpan,
}

/// A migration that cannot come last in a rebase, shown where its statement
/// stands on disk.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::store::Store;
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let branch = async |name: &str| {
/// #     let store = MemoryStore::new();
/// #     let source = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER);");
/// #     let builder = Migrator::builder("sqlite::memory:")?.source(source).store(store.clone());
/// #     builder.connect().await?.generate().name(name).await?;
/// #     Ok::<_, whimbrel::Error>(store)
/// # };
/// # let (store, theirs) = (branch("people").await?, branch("users").await?);
/// # let of = |store: &MemoryStore| store.texts()["meta/_journal.json"].trim_end().to_owned();
/// # let (mine, other) = (of(&store), of(&theirs));
/// # for (path, text) in theirs.texts() { store.put(&path, &text).await?; }
/// # let journal = format!("<<<<<<< HEAD\n{mine}\n=======\n{other}\n>>>>>>> theirs\n");
/// # store.put("meta/_journal.json", &journal).await?;
/// # let mut migrator = Migrator::builder("sqlite::memory:")?.store(store.clone()).connect().await?;
/// use whimbrel::{Error, HistoryError};
///
/// // Two branches that were merged create the same table.
/// let Err(Error::History(error)) = migrator.rebase().await else { panic!("it cannot be there twice") };
/// let HistoryError::RebaseReplay(problem) = *error else { panic!("{error}") };
/// assert_eq!(problem.file, "memory/0000_people.sql");
/// assert_eq!(problem.message, "table \"users\" already exists");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("`{file}` does not run after the migrations that keep their place: line {line}: {message}")]
#[diagnostic(code(whimbrel::rebase::replay), help("nothing was written; {advice}"))]
pub struct RebaseProblem {
    /// The file, as it is called now.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The engine's own message.
    pub message: String,
    /// What to do.
    pub advice: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    span: SourceSpan,
}

impl ReplayProblem {
    /// The same of a migration that is to come last in a rebase: `file` is what
    /// it is called on disk, where nothing of the rebase has been written.
    pub(crate) fn in_rebase(self, file: String, advice: String) -> HistoryError {
        let Self { line, message, text, span, .. } = self;
        let text = NamedSource::new(&file, text.inner().clone());
        HistoryError::RebaseReplay(Box::new(RebaseProblem { file, line, message, advice, text, span }))
    }
}

/// What a failed replay means: the statement's fault, or the session's.
pub(crate) fn replay_error(dialect: Dialect, work: &Work, failure: ReplayFailure) -> Error {
    match (work, failure) {
        (Work::Script(script), ReplayFailure::Statement(at, DbError::Statement(refusal))) => {
            let statement = &script.statements[at];
            let part = refusal.part_of(script.sql(statement), dialect);
            refused(script, statement.offset + part.start, part.len(), words(&refusal))
        }
        (Work::Script(script), ReplayFailure::Commit(DbError::Statement(refusal))) => {
            let message = format!("at the end of its transaction: {}", words(&refusal));
            match script.statements.last() {
                Some(last) => refused(script, last.offset, last.length, message),
                None => DbError::Statement(refusal).into(),
            }
        }
        (Work::Script(script), ReplayFailure::ForeignKeys(rows)) => {
            let last = script.statements.last().map_or((0, 0), |last| (last.offset, last.length));
            refused(script, last.0, last.1, orphans(&rows))
        }
        (Work::Program(program), ReplayFailure::Commit(DbError::Statement(refusal))) => {
            refused_program(program.name(), format!("at the end of its transaction: {}", words(&refusal)))
        }
        (Work::Program(program), ReplayFailure::ForeignKeys(rows)) => {
            refused_program(program.name(), orphans(&rows))
        }
        (work, ReplayFailure::Program(failure)) => {
            let migration = match work {
                Work::Program(program) => program.name().to_owned(),
                Work::Script(script) => script.file.clone(),
            };
            let problem = ProgramProblem { migration, error: failure.error, sql: failure.sql, kept: None };
            HistoryError::Program(Box::new(problem)).into()
        }
        (
            _,
            ReplayFailure::Statement(_, source)
            | ReplayFailure::Commit(source)
            | ReplayFailure::Session(source),
        ) => source.into(),
    }
}

/// What is said of rows that a migration leaves without what they refer to.
fn orphans(rows: &[Violation]) -> String {
    format!("it leaves rows that refer to nothing: {}", list_violations(rows))
}

/// The error of a program that the database takes no further.
fn refused_program(name: &str, message: String) -> Error {
    let (migration, error) = (name.to_owned(), ProgramError::new(message));
    HistoryError::Program(Box::new(ProgramProblem { migration, error, sql: None, kept: None })).into()
}

/// What the engine said, with its details.
fn words(refusal: &StatementError) -> String {
    match &refusal.detail {
        Some(detail) => format!("{}\n{detail}", refusal.message),
        None => refusal.message.clone(),
    }
}

/// The error of a script, shown where it stands.
fn refused(script: &Script, offset: usize, length: usize, message: String) -> Error {
    let problem = ReplayProblem {
        file: script.file.clone(),
        line: position(&script.text, offset).line,
        message,
        text: NamedSource::new(&script.file, script.text.to_string()),
        span: (offset, length).into(),
    };
    HistoryError::Replay(Box::new(problem)).into()
}
