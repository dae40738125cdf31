//! Where a desired schema comes from.
//!
//! A source is read as text first; the texts decide the cache key. SQL is then
//! created in a scratch database and read back; so are models, which become SQL
//! first; a snapshot that the same engine spelled is taken as it is.

mod error;
mod files;
mod locate;
#[cfg(feature = "models")]
mod models;
mod overlooked;
#[cfg(feature = "models")]
mod printed;
mod program;
#[cfg(feature = "model-files")]
mod rust;
mod statements;

pub use error::{ModelProblem, SourceError, StatementProblem};
pub(crate) use files::SourceText;
pub(crate) use locate::locate;
pub(crate) use statements::{Prepared, Runnable, prepare};

use std::path::{Path, PathBuf};

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Rename;
use whimbrel_core::schema::Snapshot;

/// Where a desired schema comes from.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{Migrator, Source};
///
/// let folder = tempfile::tempdir().unwrap();
/// let file = folder.path().join("schema.sql");
/// std::fs::write(&file, "CREATE TABLE users (id INTEGER PRIMARY KEY);").unwrap();
///
/// let from_disk = Source::path(&file);
/// let in_place = Source::sql("in place", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// for source in [from_disk, in_place] {
///     let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
///     assert_eq!(migrator.push().await?.plan.statements().len(), 1);
/// }
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Source(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Path(PathBuf),
    Sql(SourceText),
    Snapshot(Box<Snapshot>),
    Program {
        command: String,
        folder: Option<PathBuf>,
    },
    #[cfg(feature = "models")]
    Models {
        models: Vec<whimbrel_model::item::Model>,
        sql: Vec<SourceText>,
    },
    #[cfg(feature = "model-files")]
    Rust(SourceText),
}

/// A source as read: texts to be run, or a schema that needs no engine.
pub(crate) enum Loaded {
    /// SQL, and the renames that are known besides those that it hints at.
    Sql {
        texts: Vec<SourceText>,
        renames: Vec<Rename>,
        /// What was passed over in the files that it was made of.
        notes: Vec<String>,
    },
    Snapshot {
        name: String,
        snapshot: Box<Snapshot>,
    },
}

impl Source {
    /// A path: an SQL file, a folder (all its `.sql` files, in sorted order), a
    /// glob, or a `.json` snapshot; with the feature `model-files` also a Rust
    /// file or a folder of them, in which models are found without compiling.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let file = |name, sql| std::fs::write(folder.path().join(name), sql).unwrap();
    /// file("1_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// file("2_posts.sql", "CREATE TABLE posts (author INTEGER REFERENCES users (id));");
    /// let source = Source::path(folder.path());
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
    /// assert_eq!(migrator.push().await?.changes.len(), 2);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Path(path.into()))
    }

    /// A command that prints a snapshot or, with the feature `models`, what
    /// [`to_json`](Self::to_json) gives. It is run by the shell, in `folder` or else
    /// in the working directory.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mut migrator = Migrator::builder("sqlite::memory:")?.connect().await?;
    /// # let snapshot = migrator.inspect().await?.to_snapshot().to_json();
    /// # std::fs::write(folder.path().join("schema.json"), snapshot).unwrap();
    /// # if cfg!(windows) { return Ok(()) }
    /// // Stands for `cargo run --bin print-schema`.
    /// let source = Source::program("cat schema.json", Some(folder.path().to_owned()));
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
    /// assert!(migrator.push().await?.changes.is_empty());
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn program(command: impl Into<String>, folder: Option<PathBuf>) -> Self {
        Self(Kind::Program { command: command.into(), folder })
    }

    /// Models: what [`schema!`](crate::schema) gives.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::model::Model as _;
    /// use whimbrel::{Migrator, Model, Source};
    ///
    /// #[derive(Model)]
    /// #[model(table = "users")]
    /// struct User {
    ///     #[column(primary_key)]
    ///     id: i64,
    /// }
    ///
    /// let source = Source::models([User::model()]);
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
    /// assert_eq!(migrator.push().await?.changes.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "models")]
    pub fn models(models: impl IntoIterator<Item = whimbrel_model::item::Model>) -> Self {
        Self(Kind::Models { models: models.into_iter().collect(), sql: Vec::new() })
    }

    /// Models in the text of a Rust file, with a name for messages. It is not
    /// compiled, and nothing outside of it is looked at.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// let text = "
    ///     #[derive(Model)]
    ///     #[model(table = \"users\")]
    ///     struct User {
    ///         #[column(primary_key)]
    ///         id: i64,
    ///     }
    /// ";
    /// let source = Source::rust_text("src/models.rs", text);
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
    /// assert_eq!(migrator.push().await?.changes.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "model-files")]
    pub fn rust_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Kind::Rust(SourceText { name: name.into(), text: text.into() }))
    }

    /// Adds SQL for what models cannot say; it runs after the tables are made.
    /// To any other source it adds nothing.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::Migrator;
    /// use whimbrel::{Model, schema};
    ///
    /// #[derive(Model)]
    /// #[model(table = "users")]
    /// struct User {
    ///     #[column(primary_key)]
    ///     id: i64,
    ///     active: bool,
    /// }
    ///
    /// let view = "CREATE VIEW active_users AS SELECT id FROM users WHERE active;";
    /// let source = schema![User].and_sql("views", view);
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
    /// migrator.push().await?;
    /// assert_eq!(migrator.inspect().await?.schema.objects[0].name.to_string(), "active_users");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "models")]
    pub fn and_sql(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        if let Kind::Models { sql, .. } = &mut self.0 {
            sql.push(SourceText { name: name.into(), text: text.into() });
        }
        self
    }

    /// SQL text, with a name for messages.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// let source = Source::sql("schema.sql", "CREATE TABEL users (id INTEGER);");
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
    /// let error = migrator.push().await.unwrap_err();
    /// assert_eq!(error.to_string(), "schema.sql:1:8: near \"TABEL\": syntax error");
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn sql(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Kind::Sql(SourceText { name: name.into(), text: text.into() }))
    }

    /// A snapshot.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::{MemoryStore, Migrator, Source};
    /// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    /// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
    /// # let mut migrator = builder.connect().await?;
    /// # migrator.push().await?;
    /// let snapshot = migrator.inspect().await?.to_snapshot();
    /// let builder = Migrator::builder("sqlite::memory:")?.source(Source::snapshot(snapshot));
    /// assert_eq!(builder.connect().await?.push().await?.changes.len(), 1);
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn snapshot(snapshot: Snapshot) -> Self {
        Self(Kind::Snapshot(Box::new(snapshot)))
    }

    /// Writes models, or a snapshot, as JSON: what a program prints for
    /// `--schema program:CMD`. Models in files are read for this.
    ///
    /// ```
    /// use whimbrel::{Model, Source, schema};
    ///
    /// #[derive(Model)]
    /// struct User {
    ///     #[column(primary_key)]
    ///     id: i64,
    /// }
    ///
    /// // The whole program: `println!("{}", schema![User].to_json()?)`.
    /// let printed = schema![User].to_json().unwrap();
    /// assert!(printed.contains("\"User\""));
    /// // What is SQL already has no such form.
    /// assert!(Source::sql("schema.sql", "CREATE TABLE users (id INTEGER);").to_json().is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If it is neither, or files have mistakes.
    #[cfg(feature = "models")]
    pub fn to_json(&self) -> Result<String, SourceError> {
        match &self.0 {
            Kind::Models { models, sql } => Ok(printed::write(models, sql)),
            Kind::Snapshot(snapshot) => Ok(snapshot.to_json()),
            #[cfg(feature = "model-files")]
            Kind::Rust(text) => Ok(printed::write(&rust::models_of_text(text)?, &[])),
            #[cfg(feature = "model-files")]
            Kind::Path(path) if rust::is_rust(path) => Ok(printed::write(&rust::models_of(path)?, &[])),
            Kind::Path(_) | Kind::Sql(_) | Kind::Program { .. } => Err(SourceError::NoJson),
        }
    }

    /// Reads the source from where it is, for a dialect.
    ///
    /// # Errors
    ///
    /// If a file is not there, cannot be read, or is not what it should be.
    pub(crate) fn load(&self, dialect: Dialect) -> Result<Loaded, SourceError> {
        match &self.0 {
            Kind::Path(path) => load_path(path, dialect),
            Kind::Sql(text) => Ok(Loaded::sql(vec![text.clone()])),
            Kind::Snapshot(snapshot) => {
                Ok(Loaded::Snapshot { name: "snapshot".to_owned(), snapshot: snapshot.clone() })
            }
            Kind::Program { command, folder } => {
                let text = program::run(command, folder.as_deref())?;
                parse_json(format!("program:{command}"), &text, dialect)
            }
            #[cfg(feature = "models")]
            Kind::Models { models, sql } => models::load(dialect, models, sql),
            #[cfg(feature = "model-files")]
            Kind::Rust(text) => rust::load_text(dialect, text),
        }
    }
}

impl Loaded {
    fn sql(texts: Vec<SourceText>) -> Self {
        Self::Sql { texts, renames: Vec::new(), notes: Vec::new() }
    }

    /// What was passed over in files, which the texts do not show.
    pub(crate) fn notes(&self) -> &[String] {
        match self {
            Self::Sql { notes, .. } => notes,
            Self::Snapshot { .. } => &[],
        }
    }
}

fn load_path(path: &Path, dialect: Dialect) -> Result<Loaded, SourceError> {
    if path.extension().is_some_and(|extension| extension == "json") {
        let SourceText { name, text } = files::read(path)?;
        return parse_json(name, &text, dialect);
    }
    #[cfg(feature = "model-files")]
    if rust::is_rust(path) {
        return rust::load(path, dialect);
    }
    Ok(Loaded::sql(files::collect(path)?))
}

/// Reads a snapshot, or models that a program has printed.
fn parse_json(name: String, text: &str, dialect: Dialect) -> Result<Loaded, SourceError> {
    #[cfg(feature = "models")]
    if let Some(models) = printed::read(&name, text)? {
        return Source(models).load(dialect);
    }
    #[cfg(not(feature = "models"))]
    let _ = dialect;
    let snapshot =
        Snapshot::from_json(text).map_err(|source| SourceError::Snapshot { name: name.clone(), source })?;
    Ok(Loaded::Snapshot { name, snapshot: Box::new(snapshot) })
}
