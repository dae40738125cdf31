//! A folder with a schema and a database, and the binary to run there.

use std::path::PathBuf;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;

/// A project of its own, gone when it is dropped.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// A project whose schema is `schema`.
    pub(crate) fn new(schema: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let project = Self { folder };
        std::fs::write(project.path("whimbrel.toml"), "url = 'sqlite://app.db'\nschema = 'schema.sql'\n")
            .expect("the folder is new");
        project.set_schema(schema);
        project
    }

    /// A project whose schema was pushed, and the rows then put in by `sql`.
    pub(crate) fn pushed(schema: &str, sql: &str) -> Self {
        let project = Self::new(schema);
        assert_eq!(project.run(&["push"]).status.code(), Some(0));
        project.sql(sql);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn set_schema(&self, schema: &str) {
        std::fs::write(self.path("schema.sql"), schema).expect("the folder can be written to");
    }

    /// The binary with arguments, to be run in the folder.
    pub(crate) fn whimbrel(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whimbrel"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("XDG_CACHE_HOME", self.path(".cache"))
            // Where a person's credentials for buckets are.
            .env("HOME", self.folder.path())
            .env_remove("DATABASE_URL")
            .env_remove("NO_COLOR");
        command
    }

    /// Waits until `child` has begun to write to the database.
    #[track_caller]
    pub(crate) fn is_written_by(&self, child: &mut Child) {
        let journal = self.path("app.db-journal");
        let end = Instant::now() + Duration::from_secs(60);
        while !journal.exists() {
            assert!(child.try_wait().expect("it is our child").is_none(), "it ended before it wrote");
            assert!(Instant::now() < end, "it never wrote");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Runs the binary to its end, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.whimbrel(arguments).stdin(std::process::Stdio::null()).output().expect("the binary is built")
    }

    pub(crate) fn sql(&self, sql: &str) {
        self.connection().execute_batch(sql).expect("the statements of the test are sound");
    }

    /// The one value of the one row that `sql` gives.
    pub(crate) fn value<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.connection().query_row(sql, [], |row| row.get(0)).expect("the query of the test gives one row")
    }

    /// The schema as the catalogue has it.
    pub(crate) fn catalogue(&self) -> String {
        self.value("SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)")
    }

    fn connection(&self) -> Connection {
        Connection::open(self.database()).expect("the database can be opened")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path("app.db")
    }
}
