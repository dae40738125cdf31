//! What is to be run: who decides it, and when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{AppliedMigration, Checksum, Progress, Script, ScriptStatement};
use whimbrel_core::sql::{Class, Cursor, Ddl, DdlVerb};

use super::Program;

/// One migration to run, up or down, and what the tracking table says afterwards.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Script};
/// use whimbrel_db::apply::{Job, Record};
///
/// let text = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
/// let script = Script::read(Dialect::Sqlite, "migrations/0000_users.sql", text).unwrap();
/// let (name, checksum) = ("users".to_owned(), Checksum::of_file(text));
/// let job = Job { name, checksum, work: script.into(), record: Record::Insert };
/// assert_eq!(job.label(), "0000_users");
/// ```
#[derive(Debug, Clone)]
pub struct Job {
    /// The migration.
    pub name: String,
    /// The checksum that its record has.
    pub checksum: Checksum,
    /// What is run.
    pub work: Work,
    /// What happens to the tracking table, in the same transaction.
    pub record: Record,
}

impl Job {
    /// What people look for in the folder: the name of its file without the
    /// ending, such as `0003_add-users`.
    pub fn label(&self) -> &str {
        let file = self.work.file().rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.').map_or(file, |(label, _)| label)
    }

    /// The row that its record is.
    pub(super) fn as_applied(&self) -> AppliedMigration {
        AppliedMigration {
            id: 0,
            name: self.name.clone(),
            checksum: self.checksum.to_string(),
            applied_at: String::new(),
        }
    }
}

/// What a migration does, in one direction.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
/// use whimbrel_db::apply::Work;
///
/// let script = Script::read(Dialect::Sqlite, "0000_users.sql", "CREATE TABLE a (b); VACUUM;").unwrap();
/// let work = Work::from(script);
/// assert_eq!((work.file(), work.statements().len()), ("0000_users.sql", 2));
/// assert!(work.script().is_some() && !work.is_atomic() && !work.changes_session());
/// ```
#[derive(Clone)]
pub enum Work {
    /// It runs statements.
    Script(Script),
    /// It is a program.
    Program(Arc<dyn Program>),
}

impl Work {
    /// What errors call its file.
    pub fn file(&self) -> &str {
        match self {
            Self::Script(script) => &script.file,
            Self::Program(program) => program.file(),
        }
    }

    /// Its statements; a program has none that could be known before.
    pub fn statements(&self) -> &[ScriptStatement] {
        match self {
            Self::Script(script) => &script.statements,
            Self::Program(_) => &[],
        }
    }

    /// The statements, if that is what it is.
    pub fn script(&self) -> Option<&Script> {
        match self {
            Self::Script(script) => Some(script),
            Self::Program(_) => None,
        }
    }

    /// Says whether it may run as one transaction, together with its record.
    pub fn is_atomic(&self) -> bool {
        self.script().is_none_or(Script::is_atomic)
    }

    /// Says whether it may leave SQLite's session another than it was: it has
    /// pragmas, it makes something temporary, or nobody knows what it has.
    pub fn changes_session(&self) -> bool {
        let is_pragma = |class: &Class| matches!(class, Class::Pragma(_));
        let makes_temporary = |class: &Class| matches!(class, Class::Ddl(ddl) if is_temporary(ddl));
        let changes = |one: &ScriptStatement| is_pragma(&one.class) || makes_temporary(&one.class);
        self.script().is_none_or(|script| script.statements.iter().any(changes))
    }

    /// The statements that end what it may have begun in the session of the engine and
    /// [`Connection::resets`] leave: statements that SQL has prepared, and channels
    /// that are listened to. What the client has prepared stays. Most scripts need none.
    ///
    /// [`Connection::resets`]: crate::Connection::resets
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::Script;
    /// use whimbrel_db::apply::Work;
    ///
    /// let endings = |text| {
    ///     let script = Script::read(Dialect::Postgres, "0000_users.sql", text).unwrap();
    ///     Work::from(script).endings(Dialect::Postgres)
    /// };
    /// assert!(endings("CREATE TABLE users (id integer);").is_empty());
    /// assert_eq!(endings("LISTEN news;")[0], "UNLISTEN *");
    /// ```
    pub fn endings(&self, dialect: Dialect) -> &'static [&'static str] {
        // Statements of ours with parameters are prepared by SQL, too, and kept.
        const ENDINGS: [&str; 2] = [
            "UNLISTEN *",
            "DO $$ DECLARE one text; BEGIN \
             FOR one IN SELECT name FROM pg_catalog.pg_prepared_statements \
             WHERE from_sql AND name !~ '^whimbrel_[0-9]+$' LOOP \
             EXECUTE pg_catalog.format('DEALLOCATE %I', one); END LOOP; END $$",
        ];
        let begins = |script: &Script| {
            let is_such = |one: &ScriptStatement| begins_something(script.sql(one), &one.class);
            script.statements.iter().any(is_such)
        };
        match dialect {
            Dialect::Postgres if self.script().is_none_or(begins) => &ENDINGS,
            Dialect::Postgres | Dialect::Sqlite => &[],
        }
    }

    /// Says whether SQLite's foreign keys are to be off for it.
    pub(super) fn suspends_foreign_keys(&self) -> bool {
        self.script().is_some_and(|script| script.foreign_keys_off)
    }

    /// How long it waits for locks, if it says so.
    pub(super) fn lock_timeout(&self) -> Option<Duration> {
        self.script()?.lock_timeout
    }
}

/// Says whether a statement of PostgreSQL prepares another, or listens.
fn begins_something(sql: &str, class: &Class) -> bool {
    let word = Cursor::new(sql, Dialect::Postgres.lexicon()).next();
    *class == Class::Session && word.is_some_and(|word| word.is_word("prepare") || word.is_word("listen"))
}

/// Says whether what a statement makes lasts as long as the session.
fn is_temporary(ddl: &Ddl) -> bool {
    let namespace = ddl.name.as_ref().and_then(|name| name.namespace.as_deref());
    ddl.verb == DdlVerb::Create
        && (ddl.temporary || namespace.is_some_and(|namespace| namespace.eq_ignore_ascii_case("temp")))
}

impl From<Script> for Work {
    fn from(script: Script) -> Self {
        Self::Script(script)
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script(script) => f.debug_tuple("Script").field(script).finish(),
            Self::Program(_) => f.write_str("Program"),
        }
    }
}

/// What a job does to the tracking table.
///
/// ```
/// use whimbrel_db::apply::Record;
/// let squashed = Record::Swap { rows: vec!["users".into(), "posts".into()] };
/// assert_eq!(squashed.deleted(), ["users", "posts"]);
/// assert!(Record::Insert.deleted().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// The migration counts as applied.
    Insert,
    /// The migration no longer counts as applied, under its name or those of what it
    /// replaces.
    Delete {
        /// The names.
        rows: Vec<String>,
    },
    /// The migration counts as applied instead of others.
    Swap {
        /// The names of the others.
        rows: Vec<String>,
    },
    /// The migration counts neither as applied, under these names, nor as begun:
    /// what an earlier run did of it is not gone on with.
    Forget {
        /// The names.
        rows: Vec<String>,
    },
    /// No migration counts as applied any more, or as begun.
    Clear,
    /// Nothing.
    None,
}

impl Record {
    /// The names of the rows that go.
    pub fn deleted(&self) -> &[String] {
        match self {
            Self::Delete { rows } | Self::Swap { rows } | Self::Forget { rows } => rows,
            Self::Insert | Self::Clear | Self::None => &[],
        }
    }
}

/// What a database is seen to hold when an agenda is asked.
///
/// ```
/// use whimbrel_db::apply::Seen;
///
/// let done = ["users".to_owned()];
/// let seen = Seen { applied: &[], progress: &[], done: &done };
/// let pending: Vec<_> = ["users", "posts"]
///     .into_iter()
///     .filter(|name| seen.applied.iter().all(|row| row.name != *name))
///     .filter(|name| seen.done.iter().all(|done| done != name))
///     .collect();
/// assert_eq!(pending, ["posts"]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The rows of the tracking table, oldest first.
    pub applied: &'a [AppliedMigration],
    /// What was begun and not finished.
    pub progress: &'a [Progress],
    /// The names of the jobs that this run has committed, in order.
    pub done: &'a [String],
}

/// Decides what a run does.
///
/// It is asked at first without any lock: where it wants nothing, nothing is
/// locked and nothing written. It is asked once more under the lock if the
/// tracking table is another by then; and on SQLite, where a run of many
/// migrations is several transactions, whenever others have changed the table
/// between two of them. What it decided last holds.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_db::apply::{Agenda, Job, Seen};
///
/// /// Runs what was prepared, once, and only in a database in which nothing ran yet.
/// struct Fresh(Vec<Job>);
///
/// #[async_trait]
/// impl Agenda for Fresh {
///     type Error = String;
///
///     async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, String> {
///         match seen.applied {
///             [] => Ok(self.0.drain(..).collect()),
///             [first, ..] => Err(format!("`{}` is applied already", first.name)),
///         }
///     }
/// }
///
/// let empty = Seen { applied: &[], progress: &[], done: &[] };
/// assert!(Fresh(Vec::new()).decide(&empty).await.unwrap().is_empty());
/// # });
/// ```
#[async_trait]
pub trait Agenda: Send {
    /// Why it may refuse.
    type Error: Send;

    /// Says what is (still) to be run, in order.
    ///
    /// # Errors
    ///
    /// Ends the run. What it has committed stays.
    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Self::Error>;
}
