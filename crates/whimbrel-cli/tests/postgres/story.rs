//! A story: what is done in a project on PostgreSQL, what is printed, and the
//! file beside this one that holds it all.
//!
//! `TRYCMD=overwrite cargo test -p whimbrel-cli --test postgres` writes what the
//! commands print today; read the difference as if it were code.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use whimbrel_testkit::cluster::{Cluster, TestDatabase};

/// A project on a database, and all that was done and printed so far.
pub(crate) struct Story<'a> {
    folder: TempDir,
    cluster: &'a Cluster,
    database: TestDatabase<'a>,
    text: String,
}

impl Story<'static> {
    /// Begins on the cluster that all stories share.
    pub(crate) fn begin() -> Self {
        Story::on(Cluster::shared(), "")
    }
}

impl<'a> Story<'a> {
    /// Begins on a database that is made with some options.
    pub(crate) fn on(cluster: &'a Cluster, options: &str) -> Self {
        Self::at(cluster, cluster.database_with(options))
    }

    fn at(cluster: &'a Cluster, database: TestDatabase<'a>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let story = Self { folder, cluster, database, text: String::new() };
        story.set_url(&story.database.url());
        story
    }

    pub(crate) fn database(&self) -> &TestDatabase<'a> {
        &self.database
    }

    /// Lets the project reach for another database, or as another role.
    pub(crate) fn set_url(&self, url: &str) {
        let config = format!("url = '{url}'\nschema = 'schema.sql'\n");
        std::fs::write(self.path("whimbrel.toml"), config).expect("the folder is ours");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the schema, without a word.
    pub(crate) fn set_schema(&self, sql: &str) {
        std::fs::write(self.path("schema.sql"), sql).expect("the folder is ours");
    }

    /// Writes the schema, and tells it.
    pub(crate) fn schema(&mut self, sql: &str) {
        self.set_schema(sql);
        self.tell(&format!("# schema.sql:\n{sql}\n"));
    }

    /// Runs SQL as the administrator, without a word.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.database.psql(sql)
    }

    /// Runs SQL, and tells it and what it gave.
    pub(crate) fn psql(&mut self, sql: &str) {
        let output = self.sql(sql);
        self.tell(&format!("$ psql -c \"{sql}\"\n{output}\n"));
    }

    /// The binary with arguments, to be run in the project.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whimbrel"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
            .env("XDG_CACHE_HOME", self.path(".cache"))
            .env("HOME", self.folder.path())
            .env("COLUMNS", "100");
        let others = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("PG"));
        for name in others.chain(["DATABASE_URL".to_owned(), "NO_COLOR".to_owned()]) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary is built")
    }

    /// Runs the binary, and tells what it printed.
    pub(crate) fn run(&mut self, arguments: &[&str]) {
        let output = self.output(arguments);
        self.tell_output(arguments, &output);
    }

    /// Tells what the binary printed: first where data goes, then the rest.
    pub(crate) fn tell_output(&mut self, arguments: &[&str], output: &Output) {
        let status = match output.status.code() {
            Some(0) => String::new(),
            Some(code) => format!("? {code}\n"),
            None => "? killed\n".to_owned(),
        };
        let (data, words) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        self.tell(&format!("$ whimbrel {}\n{status}{words}{data}\n", arguments.join(" ")));
    }

    fn tell(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Compares everything told so far with the file of this name.
    #[track_caller]
    pub(crate) fn ends_as(&self, name: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres").join(name);
        let told = self.masked();
        if std::env::var_os("TRYCMD").is_some_and(|value| value == "overwrite") {
            std::fs::write(&file, &told).expect("the file can be written");
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(told == expected, "{} is\n{expected}\n--- and now:\n{told}", file.display());
    }

    /// The text without what differs from run to run.
    fn masked(&self) -> String {
        let port = self.cluster.port().to_string();
        let mut text = self.text.replace(&port, "PORT").replace(&self.database.name, "shop");
        for (before, mask) in [("session ", "PID"), (" for ", "N"), ("whimbrel_scratch_", "X")] {
            text = mask_after(&text, before, mask);
        }
        mask_between(&text, "control file \"", "/extension/", "SHARE")
    }
}

/// Puts `mask` in the place of each number that follows `before`.
fn mask_after(text: &str, before: &str, mask: &str) -> String {
    let mut parts = text.split(before);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|one: char| one.is_ascii_hexdigit());
        let is_number = part.starts_with(|one: char| one.is_ascii_digit());
        masked.push_str(before);
        masked.push_str(if is_number { mask } else { "" });
        masked.push_str(if is_number { rest } else { part });
    }
    masked
}

/// Puts `mask` in the place of what stands between the first `before` and the
/// first `after` that follows it.
fn mask_between(text: &str, before: &str, after: &str, mask: &str) -> String {
    let between = text.split_once(before).and_then(|(head, tail)| Some((head, tail.split_once(after)?.1)));
    match between {
        Some((head, tail)) => format!("{head}{before}{mask}{after}{tail}"),
        None => text.to_owned(),
    }
}
