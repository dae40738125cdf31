//! What becomes of the database when a push is interrupted, killed, or meets
//! another one.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Output, Stdio};

use whimbrel_testkit::signal::{Signal, send};

use crate::project::Project;

const BEFORE: &str = "\
CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE INDEX events_by_payload ON events (payload);
CREATE VIEW kinds AS SELECT DISTINCT kind FROM events;
";

/// A check needs a rebuild.
const AFTER: &str = "\
CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind <> ''), payload TEXT NOT NULL);
CREATE INDEX events_by_payload ON events (payload);
CREATE VIEW kinds AS SELECT DISTINCT kind FROM events;
";

/// So many rows that a rebuild lasts long enough to be caught in the act.
const ROWS: &str = "\
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
INSERT INTO events SELECT i, 'kind ' || i % 7, hex(i * 2654435761 % 4294967296) || ' and some more' FROM n;
";

/// Everything that must be the same afterwards.
const DIGEST: &str = "SELECT count(*) || ' ' || sum(id) || ' ' || sum(length(kind || payload)) FROM events";

struct Rebuilding {
    project: Project,
    catalogue: String,
    digest: String,
}

/// A project whose next push rebuilds a large table.
fn project() -> Rebuilding {
    let project = Project::pushed(BEFORE, ROWS);
    project.set_schema(AFTER);
    Rebuilding { catalogue: project.catalogue(), digest: project.value(DIGEST), project }
}

impl Rebuilding {
    /// Starts a push and returns when it has begun to write.
    fn start(&self) -> Child {
        let mut command = self.project.whimbrel(&["push"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary is built");
        self.project.is_written_by(&mut child);
        child
    }

    #[track_caller]
    fn is_as_before(&self) {
        assert_eq!(self.project.value::<String>("PRAGMA integrity_check"), "ok");
        assert_eq!(self.project.catalogue(), self.catalogue);
        assert_eq!(self.project.value::<String>(DIGEST), self.digest);
    }

    #[track_caller]
    fn is_rebuilt(&self) {
        assert_eq!(self.project.value::<String>("PRAGMA integrity_check"), "ok");
        assert!(self.project.catalogue().contains("CHECK (kind <> '')"), "{}", self.project.catalogue());
        assert_eq!(self.project.value::<String>(DIGEST), self.digest);
    }
}

fn end(child: Child) -> Output {
    child.wait_with_output().expect("it is our child")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_killed_push_leaves_the_database_as_it_was() {
    let rebuilding = project();
    let mut child = rebuilding.start();
    child.kill().expect("it is our child");
    assert_eq!(end(child).status.signal(), Some(9));
    rebuilding.is_as_before();

    assert_eq!(rebuilding.project.run(&["push"]).status.code(), Some(0));
    rebuilding.is_rebuilt();
}

#[test]
fn an_interrupted_push_rolls_back_and_ends_with_130() {
    for signal in [Signal::INT, Signal::TERM] {
        let rebuilding = project();
        let child = rebuilding.start();
        send(&child, signal);
        let output = end(child);
        assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
        assert!(stderr(&output).contains("what was begun was rolled back"), "{}", stderr(&output));
        assert!(!rebuilding.project.path("app.db-journal").exists());
        rebuilding.is_as_before();
    }
}

#[test]
fn of_two_pushes_the_second_waits_and_plans_anew() {
    let rebuilding = project();
    let first = rebuilding.start();
    let second = rebuilding.project.run(&["push"]);
    let first = end(first);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert!(stderr(&second).ends_with("`app.db` is in sync with `schema.sql`\n"), "{}", stderr(&second));
    rebuilding.is_rebuilt();
}

#[test]
fn a_database_that_stays_locked_is_given_up() {
    let project = Project::pushed(BEFORE, "");
    project.set_schema(AFTER);
    let other = rusqlite::Connection::open(project.database()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let output = project.run(&["push", "--lock-wait", "300ms"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("whimbrel::db::locked"), "{}", stderr(&output));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(project.run(&["push"]).status.code(), Some(0));
}
