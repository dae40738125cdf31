//! A project with a database and a folder of migrations, both of its own.

use std::fmt::Display;

use miette::Diagnostic;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::{Checksum, Entry, Journal};
use whimbrel::core::resolve::lenient;
use whimbrel::db::{Row, Value};
use whimbrel::store::Store;
use whimbrel::{Clock, Error, GenerateReport, Layout, MemoryStore, Migrator, MigratorBuilder, Source};
use whimbrel_testkit::database::Database;

pub(crate) const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

/// 2026-01-31 10:00:00 UTC, when everything in these tests happens.
const NOW: i64 = 1_769_853_600_000;

pub(crate) const JOURNAL: &str = "meta/_journal.json";
pub(crate) const SNAPSHOT: &str = "meta/_snapshot.json";

/// Three schemas, each an addition to the one before it.
pub(crate) const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text);";
pub(crate) const AGED: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer);";
pub(crate) const POSTS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer);\n\
                                CREATE TABLE posts (id integer PRIMARY KEY, title text);";

pub(crate) struct Project {
    pub(crate) database: Database,
    pub(crate) store: MemoryStore,
    /// What time it is here, in milliseconds since 1970-01-01 UTC.
    pub(crate) now: i64,
    pub(crate) layout: Layout,
}

impl Project {
    /// Nothing in the database, nothing in the folder.
    pub(crate) async fn new(dialect: Dialect) -> Self {
        Self {
            database: Database::shared(dialect).await,
            store: MemoryStore::new(),
            now: NOW,
            layout: Layout::Journal,
        }
    }

    /// A migration for each schema, none of them applied.
    pub(crate) async fn generated(dialect: Dialect, schemas: &[&str]) -> Self {
        let project = Self::new(dialect).await;
        for schema in schemas {
            project.generate(schema).await;
        }
        project
    }

    /// A migration for each schema, all of them applied.
    pub(crate) async fn applied(dialect: Dialect, schemas: &[&str]) -> Self {
        let project = Self::generated(dialect, schemas).await;
        project.apply().await;
        project
    }

    /// The same folder, and an empty database.
    pub(crate) async fn elsewhere(&self) -> Self {
        Self {
            database: Database::shared(self.dialect()).await,
            store: self.store.clone(),
            now: self.now,
            layout: self.layout,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.database.connection.server().dialect
    }

    pub(crate) fn builder(&self) -> MigratorBuilder {
        let builder = Migrator::builder(self.database.url()).unwrap();
        builder.store(self.store.clone()).layout(self.layout).clock(Clock::pinned(self.now))
    }

    /// Verbs without a desired schema.
    pub(crate) async fn migrator(&self) -> Migrator {
        self.builder().connect().await.unwrap()
    }

    /// Verbs towards this schema.
    pub(crate) async fn towards(&self, schema: &str) -> Migrator {
        self.builder().source(Source::sql("schema.sql", schema)).connect().await.unwrap()
    }

    /// Generates a migration; whatever is asked is answered with yes.
    pub(crate) async fn generate(&self, schema: &str) -> GenerateReport {
        self.towards(schema).await.generate().resolver(lenient()).await.unwrap()
    }

    /// Applies everything, and returns the names.
    pub(crate) async fn apply(&self) -> Vec<String> {
        names(&self.migrator().await.apply().await.unwrap().migrations)
    }

    pub(crate) async fn put(&self, path: &str, text: &str) {
        self.store.put(path, text).await.unwrap();
    }

    pub(crate) fn text(&self, path: &str) -> String {
        self.store.texts().remove(path).unwrap_or_else(|| panic!("there is no {path}"))
    }

    /// Changes a file as a person would.
    pub(crate) async fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{text}");
        self.put(path, &text.replace(from, to)).await;
    }

    pub(crate) fn journal(&self) -> Journal {
        Journal::from_json(JOURNAL, &self.text(JOURNAL)).unwrap()
    }

    /// Writes a migration by hand and puts it into the journal as it is.
    pub(crate) async fn write(&self, name: &str, up: &str, down: Option<&str>) {
        let mut journal = match self.store.texts().get(JOURNAL) {
            Some(text) => Journal::from_json(JOURNAL, text).unwrap(),
            None => Journal::new(self.dialect()),
        };
        let checksum = Checksum::of_file(up);
        let entry = Entry {
            down_checksum: down.map(Checksum::of_file),
            ..Entry::new(journal.next_index(), name, NOW, checksum)
        };
        self.put(&entry.path(), up).await;
        if let Some(down) = down {
            self.put(&entry.down_path(), down).await;
        }
        journal.entries.push(entry);
        self.put(JOURNAL, &journal.to_json()).await;
    }

    /// The paths in the folder.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.store.texts().into_keys().collect()
    }

    /// A line a row, `|` between values.
    pub(crate) async fn rows(&self, sql: &str) -> String {
        let rows = self.database.another_session().await.query(sql).await.unwrap();
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.database.another_session().await.execute(sql).await.unwrap();
    }

    /// What the tracking table says is applied.
    pub(crate) async fn tracked(&self) -> String {
        self.rows("SELECT name FROM _whimbrel_migrations ORDER BY id").await
    }

    /// The names of the tables that are not whimbrel's.
    pub(crate) async fn tables(&self) -> String {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' \
                 AND name NOT LIKE '!_whimbrel%' ESCAPE '!' ORDER BY name"
            }
            Dialect::Postgres => {
                "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
                 AND relname NOT LIKE '\\_whimbrel%' ORDER BY relname"
            }
        };
        self.rows(sql).await.replace('\n', " ")
    }

    /// Where every migration stands, a line each.
    pub(crate) async fn status(&self) -> String {
        let report = self.migrator().await.status().await.unwrap();
        let lines = report.migrations.into_iter().map(|mut one| {
            one.applied_at = one.applied_at.map(|_| "then".to_owned());
            one.to_string()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn line(row: &Row) -> String {
    let value = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{bytes:?}"),
    };
    row.0.iter().map(value).collect::<Vec<_>>().join("|")
}

pub(crate) fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.name.clone()).collect()
}

/// A failure as people read it: code, message, what comes with it, and help.
pub(crate) fn told<T>(result: Result<T, Error>) -> String {
    let Err(error) = result else { panic!("it succeeds") };
    tell(&error)
}

fn tell(problem: &dyn Diagnostic) -> String {
    let part = |part: Option<Box<dyn Display + '_>>| part.map_or(String::new(), |part| part.to_string());
    let related: Vec<String> = problem.related().into_iter().flatten().map(tell).collect();
    match related.as_slice() {
        [] => format!("{}\n{problem}\n{}", part(problem.code()), part(problem.help())),
        related => format!("{problem}\n{}", related.join("\n")),
    }
}
