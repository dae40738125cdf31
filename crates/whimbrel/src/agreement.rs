//! Whether models and migrations agree: what a test asks with `verify!()`.
//!
//! Nothing is written, and no database is changed: the migrations are replayed in
//! a scratch database, and what the models say is created there and read back.

use std::path::PathBuf;
use std::sync::Arc;

use miette::Diagnostic;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Journal, down_problems};
use whimbrel_core::lockfile::LOCK_FILE;
use whimbrel_db::{Access, ConnectOptions, DatabaseUrl, Missing};

use crate::blocking::Wait as _;
use crate::error::Error;
use crate::history::{HistoryError, JOURNAL, Layout, difference, in_store};
use crate::migrator::{Migrator, MigratorBuilder};
use crate::program::Migration;
use crate::source::Source;
use crate::store::{FsStore, LockFileStore, Store, View};

/// A source and the migrations that should lead to it.
///
/// A test asks with [`verify!`](crate::verify), which hands its arguments on to the
/// methods of the same names. Others learn of a disagreement as a value:
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{Agreement, Source, embed};
///
/// let schema = "CREATE TABLE users (
///     id INTEGER PRIMARY KEY,
///     email TEXT NOT NULL,
///     age INTEGER,
///     CONSTRAINT users_email_key UNIQUE (email)
/// );";
/// let agreement = Agreement::of(Source::sql("schema.sql", schema)).store(embed!("tests/agreement/sqlite"));
/// let disagreement = agreement.check().await.unwrap_err();
/// assert_eq!(
///     disagreement.to_string(),
///     "`the binary` does not lead to what the models say:\nalter users\n  + age: INTEGER"
/// );
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Agreement {
    source: Source,
    place: Place,
    layout: Layout,
    url: Option<String>,
    program: Option<String>,
    migrations: Vec<Migration>,
}

/// Where the migrations are.
#[derive(Debug, Clone)]
enum Place {
    /// In a folder, in whichever layout.
    Folder(PathBuf),
    /// In a store.
    Store(Arc<dyn Store>),
}

/// How models and migrations disagree, or why nobody can tell.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use miette::Diagnostic;
/// use whimbrel::{Agreement, Disagreement, MemoryStore, Source};
///
/// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// let disagreement = Agreement::of(schema).store(MemoryStore::new()).check().await.unwrap_err();
/// assert!(matches!(disagreement, Disagreement::NoJournal { .. }));
/// assert_eq!(disagreement.to_string(), "`memory/meta/_journal.json` is missing");
/// assert!(disagreement.help().unwrap().to_string().contains("`whimbrel migrate generate`"));
/// # Ok::<(), whimbrel::Disagreement>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Disagreement {
    /// The migrations lead elsewhere.
    #[error("`{store}` does not lead to what the models say:\n{difference}")]
    #[diagnostic(
        code(whimbrel::agreement::ahead),
        help("run `whimbrel migrate generate`, and commit what it writes")
    )]
    Ahead {
        /// What messages call the store.
        store: String,
        /// What would have to change.
        difference: String,
    },
    /// There are no migrations.
    #[error("`{file}` is missing")]
    #[diagnostic(
        code(whimbrel::agreement::no_journal),
        help(
            "write the first migration with `whimbrel migrate generate`, or name the folder: `verify!(dir = \"...\")`"
        )
    )]
    NoJournal {
        /// The journal.
        file: String,
    },
    /// The migrations are for an engine that needs a server.
    #[error("`{file}` is of migrations for {dialect}, and no server is named")]
    #[diagnostic(
        code(whimbrel::agreement::no_server),
        help(
            "name one on which databases may be made: `verify!(url = \"postgres://USER@HOST/DATABASE\")`; the database itself is left alone"
        )
    )]
    NoServer {
        /// The journal.
        file: String,
        /// The engine.
        dialect: Dialect,
    },
    /// The layout has no journal, which would name the engine.
    #[error("nothing in `{store}` says for which engine its migrations are")]
    #[diagnostic(code(whimbrel::agreement::no_engine), help("{NAME_THE_ENGINE}"))]
    NoEngine {
        /// What messages call the store.
        store: String,
    },
    /// There is no journal, and a lock file.
    #[error("`{file}` is missing, and there is a `{lock}`")]
    #[diagnostic(code(whimbrel::agreement::other_layout), help("{NAME_THE_ENGINE}"))]
    OtherLayout {
        /// The journal.
        file: String,
        /// The lock file.
        lock: String,
    },
    /// There are no migrations beside the lock file.
    #[error("there is no migration in `{store}`")]
    #[diagnostic(
        code(whimbrel::agreement::no_migrations),
        help(
            "write the first with `whimbrel migrate generate`, or name the folder: `verify!(dir = \"...\")`"
        )
    )]
    NoMigrations {
        /// What messages call the store.
        store: String,
    },
    /// Source, files or server are not as they should be.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Whimbrel(#[from] Error),
}

const NAME_THE_ENGINE: &str = "name layout and engine: `verify!(layout = whimbrel::Layout::LockFile, \
                               url = \"sqlite::memory:\")`, or for PostgreSQL a server on which databases may be made, \
                               `url = \"postgres://USER@HOST/DATABASE\"`; the database itself is left alone";

impl Agreement {
    /// Begins with a source. The migrations are in `migrations`, relative to the
    /// working directory, which for a test is the folder of its package.
    ///
    /// ```
    /// use whimbrel::{Agreement, schema};
    /// # use whimbrel::Model;
    /// # #[derive(Model)]
    /// # #[model(table = "users")]
    /// # struct User {
    /// #     #[column(primary_key)]
    /// #     id: i32,
    /// #     #[column(type = varchar(80), unique)]
    /// #     email: String,
    /// # }
    ///
    /// Agreement::of(schema![User]).dir("tests/agreement/sqlite").assert();
    /// ```
    pub fn of(source: Source) -> Self {
        let place = Place::Folder(PathBuf::from("migrations"));
        let layout = Layout::default();
        Self { source, place, layout, url: None, program: None, migrations: Vec::new() }
    }

    /// Says what the migrations should lead to.
    ///
    /// ```
    /// use whimbrel::{Agreement, Source};
    ///
    /// let schema = "CREATE TABLE users (
    ///     id INTEGER PRIMARY KEY,
    ///     email TEXT NOT NULL,
    ///     CONSTRAINT users_email_key UNIQUE (email)
    /// );";
    /// let nothing = Agreement::of(Source::sql("schema.sql", "")).dir("tests/agreement/sqlite");
    /// nothing.source(Source::sql("schema.sql", schema)).assert();
    /// ```
    pub fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Says in which folder the migrations are.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Agreement, Source};
    ///
    /// let schema = Source::sql("schema.sql", "");
    /// let disagreement = Agreement::of(schema).dir("no/such/folder").check().await.unwrap_err();
    /// assert_eq!(disagreement.to_string(), "`no/such/folder/meta/_journal.json` is missing");
    /// # Ok::<(), whimbrel::Disagreement>(())
    /// # }).unwrap();
    /// ```
    pub fn dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.place = Place::Folder(folder.into());
        self
    }

    /// Says where the migrations are, if it is no folder.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Agreement, MemoryStore, Source};
    ///
    /// let journal = r#"{"version":"1","dialect":"sqlite","entries":[]}"#;
    /// let store = MemoryStore::from([("meta/_journal.json", journal)]);
    /// let agreement = Agreement::of(Source::sql("schema.sql", "")).store(store);
    /// assert!(agreement.check().await.is_ok());
    /// # });
    /// ```
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.place = Place::Store(Arc::new(store));
        self
    }

    /// Says how the migrations are kept. Default: [`Layout::Journal`]. A lock file
    /// does not name the engine, so in its layout [`url`](Self::url) is needed too.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Agreement, Layout, MemoryStore, Source};
    ///
    /// let migration = "CREATE TABLE users (id INTEGER PRIMARY KEY);\n";
    /// let store = MemoryStore::from([("0001_users.sql", migration)]);
    /// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// let agreement = Agreement::of(schema).store(store).layout(Layout::LockFile).url("sqlite::memory:");
    /// assert!(agreement.check().await.is_ok());
    /// # });
    /// ```
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Names a server on which scratch databases may be made, for migrations that
    /// need one. Those for SQLite are replayed in memory.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Agreement, MemoryStore, Source};
    ///
    /// let journal = r#"{"version":"1","dialect":"postgresql","entries":[]}"#;
    /// let store = MemoryStore::from([("meta/_journal.json", journal)]);
    /// let agreement = Agreement::of(Source::sql("schema.sql", "")).store(store);
    /// let without = agreement.clone().check().await.unwrap_err();
    /// assert!(without.to_string().ends_with("is of migrations for PostgreSQL, and no server is named"));
    /// // The server that is named here is not there.
    /// let named = agreement.url("postgres://dev@localhost:1/app").check().await.unwrap_err();
    /// assert!(named.to_string().starts_with("cannot open `postgres://dev@localhost:1/app`"));
    /// # });
    /// ```
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Names the program whose command line is to be run when they disagree, as it
    /// is called: one of your own, which has the models, in place of `whimbrel`.
    ///
    /// ```no_run
    /// // "... help: run `cargo run --bin shop -- migrate generate`, ..."
    /// whimbrel::verify!(program = "cargo run --bin shop --");
    /// ```
    pub fn program(mut self, command: impl Into<String>) -> Self {
        self.program = Some(command.into());
        self
    }

    /// Registers a migration that is a closure of this program.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::core::{dialect::Dialect, history::Format};
    /// use whimbrel::{Agreement, Clock, CreateOptions, MemoryStore, Migration, Source, create};
    ///
    /// let store = MemoryStore::new();
    /// let options = CreateOptions { format: Format::Rust, ..CreateOptions::default() };
    /// create(&store, Dialect::Sqlite, &Clock::system(), "slugs", options).await?;
    /// let slugs = Migration::new("slugs").up(|tx| async move {
    ///     tx.execute("CREATE TABLE slugs (slug TEXT)", []).await?;
    ///     Ok(())
    /// });
    /// let schema = Source::sql("schema.sql", "CREATE TABLE slugs (slug TEXT);");
    /// assert!(Agreement::of(schema).store(store).migration(slugs).check().await.is_ok());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn migration(mut self, migration: Migration) -> Self {
        self.migrations.push(migration);
        self
    }

    /// Compares.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Agreement, Disagreement, Source};
    ///
    /// let schema = Source::sql("schema.sql", "CREATE TABLE posts (id INTEGER PRIMARY KEY);");
    /// let disagreement = Agreement::of(schema).dir("tests/agreement/sqlite").check().await.unwrap_err();
    /// let Disagreement::Ahead { difference, .. } = disagreement else { panic!("{disagreement}") };
    /// assert!(difference.contains("posts"));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// If they disagree, with the difference; or if that cannot be found out.
    pub async fn check(self) -> Result<(), Disagreement> {
        let store = self.opened();
        let url = self.database(store.as_ref()).await?;
        let name = store.name();
        let options = ConnectOptions {
            access: Access::ReadOnly,
            missing: Missing::Create,
            ..ConnectOptions::default()
        };
        let builder = Migrator::at(url).connect_options(options).source(self.source);
        let builder = builder.store(store).layout(self.layout);
        let builder = self.migrations.into_iter().fold(builder, MigratorBuilder::migration);
        let mut migrator = builder.connect().await?;
        let found = migrator.disagreement(&name).await;
        let closed = migrator.close().await;
        match found? {
            Some(difference) => Err(Disagreement::Ahead { store: name, difference }),
            None => Ok(closed?),
        }
    }

    /// Compares, blocking this thread.
    ///
    /// ```should_panic
    /// use whimbrel::{Agreement, Source};
    ///
    /// let schema = Source::sql("schema.sql", "CREATE TABLE posts (id INTEGER PRIMARY KEY);");
    /// Agreement::of(schema).dir("tests/agreement/sqlite").assert();
    /// ```
    ///
    /// # Panics
    ///
    /// If they disagree: this is for tests.
    #[track_caller]
    pub fn assert(self) {
        let program = self.program.clone();
        if let Err(disagreement) = self.check().wait() {
            let text = told(&disagreement).join("\n\n");
            panic!("{}", spoken(&text, program.as_deref()));
        }
    }

    /// The store that has the migrations.
    fn opened(&self) -> Arc<dyn Store> {
        match (&self.place, self.layout) {
            (Place::Store(store), _) => Arc::clone(store),
            (Place::Folder(folder), Layout::Journal) => Arc::new(FsStore::new(folder)),
            (Place::Folder(folder), Layout::LockFile) => Arc::new(LockFileStore::new(folder)),
        }
    }

    /// Where scratch databases of the engine of the migrations are made.
    async fn database(&self, store: &dyn Store) -> Result<DatabaseUrl, Disagreement> {
        let url = self.url.as_ref().map(|url| url.parse::<DatabaseUrl>()).transpose().map_err(Error::from)?;
        match (self.layout, url) {
            (Layout::LockFile, None) => Err(Disagreement::NoEngine { store: store.name() }),
            (Layout::LockFile, Some(url)) => Ok(match url.dialect() {
                Dialect::Sqlite => DatabaseUrl::sqlite_memory(),
                Dialect::Postgres => url,
            }),
            (Layout::Journal, url) => match (self.journal(store).await?, url) {
                (Journal { dialect: Dialect::Sqlite, .. }, _) => Ok(DatabaseUrl::sqlite_memory()),
                (Journal { dialect: Dialect::Postgres, .. }, Some(url)) => Ok(url),
                (Journal { dialect: dialect @ Dialect::Postgres, .. }, None) => {
                    Err(Disagreement::NoServer { file: in_store(store, JOURNAL), dialect })
                }
            },
        }
    }

    async fn journal(&self, store: &dyn Store) -> Result<Journal, Disagreement> {
        let file = in_store(store, JOURNAL);
        let view = View::open(store).await.map_err(Error::from)?;
        match view.get(JOURNAL).await.map_err(Error::from)? {
            Some(text) => Ok(Journal::from_json(&file, &text).map_err(Error::from)?),
            None => Err(match self.lock_file().await? {
                Some(lock) => Disagreement::OtherLayout { file, lock },
                None => Disagreement::NoJournal { file },
            }),
        }
    }

    /// The lock file beside a folder, if there is one.
    async fn lock_file(&self) -> Result<Option<String>, Error> {
        let Place::Folder(folder) = &self.place else { return Ok(None) };
        let store = LockFileStore::new(folder);
        Ok(store.get(LOCK_FILE).await?.map(|_| store.place(LOCK_FILE)))
    }
}

impl Migrator {
    /// How the source differs from what the migrations, replayed, lead to. `store`
    /// is what messages call the store.
    async fn disagreement(&mut self, store: &str) -> Result<Option<String>, Disagreement> {
        let history = self.whole_history().await?;
        if history.layout == Layout::LockFile && history.journal.entries.is_empty() {
            return Err(Disagreement::NoMigrations { store: store.to_owned() });
        }
        let standings = history.standings(&[], &[]);
        let names: Vec<&str> = standings.iter().map(|one| one.name.as_str()).collect();
        let ways_back = down_problems(&history.journal, &standings, &names);
        let problems = [history.problems(&standings), ways_back].concat();
        if !problems.is_empty() {
            return Err(Error::from(HistoryError::Problems { problems }).into());
        }
        let desired = self.desired_in(&history).await?.schema;
        let current = self.replayed(&history, history.journal.entries.len()).await?;
        Ok(difference(self.dialect(), &current, &desired))
    }
}

/// Has a text speak of the program that is to be run. Which one that is cannot be
/// known here: unless it was named, it is said how to name it.
fn spoken(text: &str, program: Option<&str>) -> String {
    let ours = "`whimbrel ";
    match program {
        Some(program) => text.replace(ours, &format!("`{program} ")),
        None if text.contains(ours) => format!("{text}\n{NAME_IT}"),
        None => text.to_owned(),
    }
}

const NAME_IT: &str = "note: if a program of your own has these commands, run that instead of `whimbrel`; \
                       name it for this text with `verify!(program = \"cargo run --bin NAME --\")`";

/// A problem and what to do about it; where it consists of several, each.
fn told(problem: &dyn Diagnostic) -> Vec<String> {
    let parts: Vec<String> = problem.related().into_iter().flatten().flat_map(told).collect();
    match (parts.is_empty(), problem.help()) {
        (false, _) => parts,
        (true, Some(help)) => vec![format!("{problem}\nhelp: {help}")],
        (true, None) => vec![problem.to_string()],
    }
}

/// Fails, in a test, unless models and migrations agree.
///
/// The whole test is one line:
///
/// ```no_run
/// whimbrel::verify!();
/// ```
///
/// That takes all models of the package, as [`schema!()`](crate::schema), and the
/// migrations in its folder `migrations`. Arguments say otherwise, with the names
/// of the methods of [`Agreement`]:
///
/// ```
/// use whimbrel::{Model, embed, schema, verify};
///
/// #[derive(Model)]
/// #[model(table = "users")]
/// struct User {
///     #[column(primary_key)]
///     id: i32,
///     #[column(type = varchar(80), unique)]
///     email: String,
/// }
///
/// verify!(source = schema![User], store = embed!("tests/agreement/sqlite"));
/// ```
///
/// Migrations for SQLite are replayed in memory. Those for PostgreSQL need a
/// server, `url = "postgres://..."`, where a scratch database may be made; the
/// database in the URL is left alone. With a lock file in place of a journal, which
/// does not name the engine, it is `layout = whimbrel::Layout::LockFile` and an `url`,
/// `"sqlite::memory:"` for SQLite.
///
/// # Panics
///
/// If they disagree. The text says how, and what to run: `whimbrel`, or the program
/// that is named with `program = "cargo run --bin NAME --"`.
#[cfg(feature = "models")]
#[macro_export]
macro_rules! verify {
    ($($option:ident = $value:expr),* $(,)?) => {
        $crate::Agreement::of($crate::schema!())$(.$option($value))*.assert()
    };
}
