//! The folders of other migration tools, read as they read them.
//!
//! Each tool says in its own way what a migration is, in what order they come,
//! and by what its tracking table knows one. Of all that is made one list. Who
//! asks the tracking table is in `whimbrel-db`, and who makes a history of both
//! is the verb `adopt`.

mod diesel;
mod digest;
mod drizzle;
mod prisma;
mod refinery;
mod sqlx;
mod viborm;

use std::collections::BTreeMap;
use std::fmt;

pub use viborm::is_own_journal;

use super::Entry;

/// Another migration tool.
///
/// ```
/// use whimbrel_core::history::{Texts, Tool};
///
/// let text = "CREATE TABLE users (id INTEGER);".to_owned();
/// let folder = Texts::from([("20260131102030_users.sql".to_owned(), text)]);
/// let tool = Tool::of_folder(&folder).unwrap();
/// assert_eq!((tool.name(), tool.tracking_table()), ("sqlx", "_sqlx_migrations"));
/// let migrations = tool.read(&folder).unwrap();
/// assert_eq!(migrations[0].name, "users");
/// assert!(migrations[0].is_known_as("20260131102030"));
/// assert!(Tool::ALL.contains(&tool));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// Diesel: a folder a migration, with `up.sql` and `down.sql`.
    Diesel,
    /// Drizzle: files, and a journal that names them; from version 1 on a folder a
    /// migration, with `migration.sql` and `snapshot.json`.
    Drizzle,
    /// Prisma: a folder a migration, with `migration.sql`.
    Prisma,
    /// Refinery: `V1__name.sql`.
    Refinery,
    /// sqlx: `20260131102030_name.sql`, or `.up.sql` and `.down.sql`.
    Sqlx,
    /// VibORM: the layout that whimbrel has too.
    Viborm,
}

/// The texts of a folder by path.
///
/// ```
/// use whimbrel_core::history::{Texts, Tool};
///
/// let folder = Texts::from([
///     ("20260131102030_users.up.sql".to_owned(), "CREATE TABLE users (id INTEGER);".to_owned()),
///     ("20260131102030_users.down.sql".to_owned(), "DROP TABLE users;".to_owned()),
/// ]);
/// assert_eq!(Tool::Sqlx.read(&folder).unwrap()[0].down.as_deref(), Some("DROP TABLE users;"));
/// ```
pub type Texts = BTreeMap<String, String>;

/// A migration of another tool.
///
/// ```
/// use whimbrel_core::history::{Texts, Tool};
///
/// let text = "CREATE TABLE users (id INTEGER);".to_owned();
/// let folder = Texts::from([("V1__users.sql".to_owned(), text)]);
/// let found = &Tool::Refinery.read(&folder).unwrap()[0];
/// assert_eq!((found.name.as_str(), found.file.as_str()), ("users", "V1__users.sql"));
/// assert!(found.down.is_none());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    /// What its tracking table knows it by.
    pub key: String,
    /// What a person called it.
    pub name: String,
    /// Its up file.
    pub file: String,
    /// What is in it.
    pub up: String,
    /// The way back, if the tool has one.
    pub down: Option<String>,
    /// Whether it runs in a transaction.
    pub is_atomic: bool,
    /// What its tracking table may hold as its checksum; nothing if the tool keeps
    /// none.
    pub checksums: Vec<String>,
    /// When it was made, in milliseconds since 1970-01-01 UTC, if the tool says.
    pub when: Option<i64>,
    /// The second in which it was made, since 1970-01-01 UTC, if an older table of
    /// the tool knows it by a millisecond of that.
    pub second: Option<i64>,
    /// Its entry in a journal that is like ours.
    pub entry: Option<Entry>,
}

/// Why a folder does not read as its tool would read it.
///
/// ```
/// use whimbrel_core::history::{ForeignError, Tool};
/// let (file, reason) = ("1.sql".to_owned(), "it has no name".to_owned());
/// let error = ForeignError { tool: Tool::Sqlx, file, reason };
/// assert!(error.to_string().contains("it has no name"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("`{file}` is nothing that {tool} could have run: {reason}")]
#[diagnostic(
    code(whimbrel::adopt::folder),
    help("nothing was written; put it right there first, or name another tool with `--tool`")
)]
pub struct ForeignError {
    /// The tool.
    pub tool: Tool,
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Tool {
    /// All of them, by name.
    pub const ALL: [Self; 6] =
        [Self::Diesel, Self::Drizzle, Self::Prisma, Self::Refinery, Self::Sqlx, Self::Viborm];

    /// Its name in small letters, as a flag has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Diesel => "diesel",
            Self::Drizzle => "drizzle",
            Self::Prisma => "prisma",
            Self::Refinery => "refinery",
            Self::Sqlx => "sqlx",
            Self::Viborm => "viborm",
        }
    }

    /// The table in which it keeps what was applied, unless told otherwise.
    pub fn tracking_table(self) -> &'static str {
        match self {
            Self::Diesel => "__diesel_schema_migrations",
            Self::Drizzle => "__drizzle_migrations",
            Self::Prisma => "_prisma_migrations",
            Self::Refinery => "refinery_schema_history",
            Self::Sqlx => "_sqlx_migrations",
            Self::Viborm => "_viborm_migrations",
        }
    }

    /// Says whose folder it is, by what is in it.
    ///
    /// ```
    /// use whimbrel_core::history::Tool;
    /// let texts = |path: &str| [(path.to_owned(), String::new())].into();
    /// assert_eq!(Tool::of_folder(&texts("V1__users.sql")), Some(Tool::Refinery));
    /// assert_eq!(Tool::of_folder(&texts("20260131102030_users.up.sql")), Some(Tool::Sqlx));
    /// assert_eq!(Tool::of_folder(&texts("README.md")), None);
    /// ```
    pub fn of_folder(texts: &Texts) -> Option<Self> {
        let has = |test: &dyn Fn(&str) -> bool| texts.keys().any(|path| test(path));
        if let Some(journal) = texts.get("meta/_journal.json") {
            return Some(if drizzle::is_journal(journal) { Self::Drizzle } else { Self::Viborm });
        }
        if drizzle::has_folders(texts) {
            Some(Self::Drizzle)
        } else if has(&|path| path.ends_with("/migration.sql")) {
            Some(Self::Prisma)
        } else if has(&|path| path.ends_with("/up.sql")) {
            Some(Self::Diesel)
        } else if has(&|path| refinery::parts(path).is_some()) {
            Some(Self::Refinery)
        } else if has(&|path| sqlx::parts(path).is_some()) {
            Some(Self::Sqlx)
        } else {
            None
        }
    }

    /// Reads the migrations of a folder, in the order in which the tool runs them.
    ///
    /// # Errors
    ///
    /// If the tool itself could not read it, or it holds what is no SQL.
    pub fn read(self, texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
        match self {
            Self::Diesel => diesel::read(texts),
            Self::Drizzle => drizzle::read(texts),
            Self::Prisma => prisma::read(texts),
            Self::Refinery => refinery::read(texts),
            Self::Sqlx => sqlx::read(texts),
            Self::Viborm => viborm::read(texts),
        }
    }

    fn error(self, file: &str, reason: impl Into<String>) -> ForeignError {
        ForeignError { tool: self, file: file.to_owned(), reason: reason.into() }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Foreign {
    /// A migration with nothing else said of it.
    fn new(key: impl Into<String>, name: impl Into<String>, file: &str, up: &str) -> Self {
        Self {
            key: key.into(),
            name: name.into(),
            file: file.to_owned(),
            up: up.to_owned(),
            down: None,
            is_atomic: true,
            checksums: Vec::new(),
            when: None,
            second: None,
            entry: None,
        }
    }

    /// Says whether a row of the tracking table with this key is its own.
    ///
    /// ```
    /// use whimbrel_core::history::{Texts, Tool};
    ///
    /// let folder = Texts::from([("V1__users.sql".to_owned(), "CREATE TABLE users (id INTEGER);".to_owned())]);
    /// let migration = &Tool::Refinery.read(&folder).unwrap()[0];
    /// assert!(migration.is_known_as("1"));
    /// assert!(!migration.is_known_as("2"));
    /// ```
    pub fn is_known_as(&self, key: &str) -> bool {
        let is_in = |second: i64| key.parse::<i64>().is_ok_and(|milli| milli.div_euclid(1000) == second);
        self.key == key || self.second.is_some_and(is_in)
    }
}

/// The folders in which a file of this name is, with its text, by name.
fn folders<'t>(texts: &'t Texts, file: &str) -> Vec<(&'t str, &'t str)> {
    let inside = |(path, text): (&'t String, &'t String)| {
        let (folder, name) = path.rsplit_once('/')?;
        (name == file && !folder.contains('/')).then_some((folder, text.as_str()))
    };
    texts.iter().filter_map(inside).collect()
}

#[cfg(test)]
mod tests;
