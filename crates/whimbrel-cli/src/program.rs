//! The command line of a program of one's own: its models, stores and closures
//! take the place of what is nowhere said.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use clap::{CommandFactory as _, FromArgMatches as _};
use whimbrel::resolver::AsyncResolver;
use whimbrel::store::Store;
use whimbrel::{Migration, MigratorBuilder, Source};

use crate::args::Cli;
use crate::commands;
use crate::exit::Exit;
use crate::named;
use crate::render::json;
use crate::term::Term;

/// What a program supplies to its command line.
///
/// Flags, `DATABASE_URL` and `whimbrel.toml` are read as by the binary `whimbrel`;
/// what they leave open is taken from here.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use whimbrel::{FsStore, Source};
/// use whimbrel_cli::Program;
///
/// fn main() -> ExitCode {
///     let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
///     let program = Program::new(env!("CARGO_PKG_NAME"))
///         .url("sqlite://app.db")
///         .source(schema) // with models: `whimbrel::schema!()`
///         .store(FsStore::new("migrations"));
///     whimbrel_cli::run(program).into()
/// }
/// ```
#[derive(Default)]
pub struct Program {
    name: &'static str,
    pub(crate) url: Option<String>,
    pub(crate) source: Option<Source>,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) resolver: Option<Box<dyn AsyncResolver>>,
    pub(crate) migrations: Vec<Migration>,
    pub(crate) configure: Option<Configure>,
}

/// Sets what else a migrator is built with.
pub(crate) type Configure = Box<dyn Fn(MigratorBuilder) -> MigratorBuilder + Send + Sync>;

impl Program {
    /// Begins with the name by which it is called, which its help shows.
    ///
    /// ```
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// let exit = Program::new("shop").run(["shop", "--version"].map(Into::into));
    /// assert_eq!(exit, Exit::Done);
    /// ```
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Names the database, where `--url`, `DATABASE_URL` and `whimbrel.toml` do not.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(&folder)?;
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// std::fs::write("app.db", "")?;
    /// let program = Program::new("shop").url("sqlite://app.db");
    /// assert_eq!(program.run(["shop", "inspect"].map(Into::into)), Exit::Done);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Says what the schema should be, where `--schema` and `whimbrel.toml` do not.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(&folder)?;
    /// use whimbrel::Source;
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// let program = Program::new("shop")
    ///     .url("sqlite://app.db")
    ///     .source(Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"));
    /// assert_eq!(program.run(["shop", "push"].map(Into::into)), Exit::Done);
    /// assert!(std::fs::metadata("app.db")?.len() > 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// Says where the migrations are, where `--dir` and `whimbrel.toml` do not.
    /// Default: the folder `migrations`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(&folder)?;
    /// use whimbrel::Source;
    /// use whimbrel::store::MemoryStore;
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// let store = MemoryStore::new();
    /// let program = Program::new("shop")
    ///     .url("sqlite::memory:")
    ///     .source(Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"))
    ///     .store(store.clone());
    /// let arguments = ["shop", "migrate", "generate", "--name", "users"];
    /// assert_eq!(program.run(arguments.map(Into::into)), Exit::Done);
    /// assert!(store.texts().contains_key("0000_users.sql"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Says who answers questions that no flag answers. A person at a terminal is
    /// asked what this leaves open.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(&folder)?;
    /// use whimbrel::{Source, resolver};
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// let push = |sql: &str| {
    ///     let program = Program::new("shop")
    ///         .url("sqlite://app.db")
    ///         .source(Source::sql("schema.sql", sql))
    ///         .resolver(resolver::lenient());
    ///     program.run(["shop", "push"].map(Into::into))
    /// };
    /// assert_eq!(push("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);"), Exit::Done);
    /// // Nobody has to say whether `name` has another name now.
    /// assert_eq!(push("CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);"), Exit::Done);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn resolver(mut self, resolver: impl AsyncResolver + 'static) -> Self {
        self.resolver = Some(Box::new(resolver));
        self
    }

    /// Registers a migration that is a closure of this program: `migrate create
    /// NAME --format rust` gives it its place.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(&folder)?;
    /// use whimbrel::Migration;
    /// use whimbrel::store::MemoryStore;
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// let store = MemoryStore::new();
    /// let run = |arguments: &[&str]| {
    ///     let hours = Migration::new("opening-hours").up(|tx| async move {
    ///         tx.execute("CREATE TABLE hours (day TEXT)", []).await?;
    ///         Ok(())
    ///     });
    ///     let program = Program::new("shop")
    ///         .url("sqlite://app.db")
    ///         .store(store.clone())
    ///         .migration(hours);
    ///     program.run(arguments.iter().map(Into::into))
    /// };
    /// assert_eq!(run(&["shop", "migrate", "create", "opening-hours", "--format", "rust"]), Exit::Done);
    /// assert_eq!(run(&["shop", "migrate", "apply"]), Exit::Done);
    /// assert_eq!(run(&["shop", "migrate", "pending"]), Exit::Done);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn migration(mut self, migration: Migration) -> Self {
        self.migrations.push(migration);
        self
    }

    /// Sets what else a [`Migrator`](whimbrel::Migrator) is built with, such as its
    /// policy, tracking table or cache. Flags and `whimbrel.toml` come after.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(&folder)?;
    /// use whimbrel::Source;
    /// use whimbrel::core::resolve::Policy;
    /// use whimbrel::store::MemoryStore;
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// let store = MemoryStore::new();
    /// let generate = |sql: &str| {
    ///     let program = Program::new("shop")
    ///         .url("sqlite::memory:")
    ///         .source(Source::sql("schema.sql", sql))
    ///         .store(store.clone())
    ///         .configure(|builder| builder.policy(Policy::Additive));
    ///     program.run(["shop", "migrate", "generate"].map(Into::into))
    /// };
    /// assert_eq!(generate("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);"), Exit::Done);
    /// // The policy lets nothing go.
    /// assert_eq!(generate("CREATE TABLE users (id INTEGER PRIMARY KEY);"), Exit::Failed);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn configure(
        mut self,
        configure: impl Fn(MigratorBuilder) -> MigratorBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure = Some(Box::new(configure));
        self
    }

    /// Runs one command, given the arguments of the process (the first being its
    /// own name), and says how it ended.
    ///
    /// Everything that is to be said has been printed by then.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(&folder)?;
    /// use whimbrel_cli::{Exit, Program};
    ///
    /// // There is neither a URL nor a schema.
    /// assert_ne!(Program::new("shop").run(["shop", "push"].map(Into::into)), Exit::Done);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn run(self, arguments: impl IntoIterator<Item = OsString>) -> Exit {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let cli = match named::read(self.name, command(self.name), &arguments) {
            Some(cli) => Ok(cli),
            None => {
                let matches = command(self.name).try_get_matches_from(&arguments);
                matches.and_then(|matches| Cli::from_arg_matches(&matches))
            }
        };
        match cli {
            Ok(cli) => commands::run(cli, self),
            Err(error) => usage(self.name, &arguments, &error),
        }
    }

    /// The name by which it is called.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }
}

/// The command line under the name of a program.
pub(crate) fn command(name: &'static str) -> clap::Command {
    Cli::command().name(name).bin_name(name)
}

/// Arguments that make no sense, or a request for help.
fn usage(name: &'static str, arguments: &[OsString], error: &clap::Error) -> Exit {
    let is_problem = error.use_stderr();
    if is_problem && arguments.iter().any(|argument| argument == "--json") {
        let message = error.render().to_string();
        let headline = message.lines().next().unwrap_or_default();
        let output = json::Output::failed(json::Failure {
            code: "whimbrel::cli::usage".into(),
            message: headline.trim_start_matches("error: ").to_owned(),
            causes: Vec::new(),
            help: Some(format!("see `{name} --help`")),
            problems: Vec::new(),
        });
        // Nobody is left to be told that nobody listens.
        let _ = Term::detect(name, true).json(output);
    } else {
        let _ = error.print();
    }
    if is_problem { Exit::Usage } else { Exit::Done }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("source", &self.source)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
