//! What becomes of the database when a push is killed, the server goes, or two
//! pushes meet.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use whimbrel_testkit::cluster::{Cluster, ClusterOptions};
use whimbrel_testkit::signal::{Signal, send};

use crate::story::Story;

const BEFORE: &str = "CREATE TABLE events (id int PRIMARY KEY, kind text, payload text);\n";

/// The type of a column changes, which writes every row anew.
const AFTER: &str = "CREATE TABLE events (id bigint PRIMARY KEY, kind text, payload text);\n";

/// So many rows that this lasts long enough to be caught in the act.
const ROWS: &str = "INSERT INTO events SELECT i, 'kind ' || i % 7, md5(i::text) || ' and some more' \
                    FROM generate_series(1, 400000) AS i";

/// Everything that must be the same afterwards.
const DIGEST: &str = "SELECT count(*), sum(id), sum(length(kind || payload)) FROM events";

const TYPE: &str = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'events'::regclass \
                    AND attname = 'id'";

struct Rewriting<'a> {
    story: Story<'a>,
    digest: String,
}

/// A project whose next push rewrites a large table.
fn project(cluster: &Cluster) -> Rewriting<'_> {
    let story = Story::on(cluster, "");
    story.set_schema(BEFORE);
    assert_eq!(story.output(&["push"]).status.code(), Some(0));
    story.sql(ROWS);
    story.set_schema(AFTER);
    let digest = story.sql(DIGEST);
    Rewriting { story, digest }
}

impl Rewriting<'_> {
    /// Starts a push and returns when it has begun to write.
    fn start(&self) -> Child {
        let mut command = self.story.command(&["push"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary is built");
        let end = Instant::now() + Duration::from_secs(60);
        while self.story.sql(&self.writers()) == "0\n" {
            assert!(child.try_wait().expect("it is our child").is_none(), "it ended before it wrote");
            assert!(Instant::now() < end, "it never wrote");
        }
        child
    }

    /// How many sessions with this database are altering a table.
    fn writers(&self) -> String {
        format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND state = 'active' \
             AND query LIKE 'ALTER TABLE%'",
            self.story.database().name
        )
    }

    #[track_caller]
    fn is(&self, sql_type: &str) {
        assert_eq!(self.story.sql(TYPE).trim(), sql_type);
        assert_eq!(self.story.sql(DIGEST), self.digest);
        let locks = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database \
                     WHERE locktype = 'advisory' AND datname = current_database()";
        // The server notices that a client is gone a moment later.
        let end = Instant::now() + Duration::from_secs(10);
        while self.story.sql(locks) != "0\n" {
            assert!(Instant::now() < end, "the lock is still held");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until no session writes any more: the server notices a dead client
    /// when it next speaks to it.
    fn settles(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.story.sql(&self.writers()) != "0\n" {
            assert!(Instant::now() < end, "the server never noticed");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn end(child: Child) -> Output {
    child.wait_with_output().expect("it is our child")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_killed_push_leaves_the_database_as_it_was() {
    let rewriting = project(Cluster::shared());
    let mut child = rewriting.start();
    child.kill().expect("it is our child");
    assert_eq!(end(child).status.signal(), Some(9));
    rewriting.settles();
    rewriting.is("integer");
    assert_eq!(rewriting.story.output(&["push"]).status.code(), Some(0));
    rewriting.is("bigint");
}

#[test]
fn an_interrupted_push_cancels_and_rolls_back() {
    for signal in [Signal::INT, Signal::TERM] {
        let rewriting = project(Cluster::shared());
        let child = rewriting.start();
        send(&child, signal);
        let output = end(child);
        assert_eq!(output.status.code(), Some(130), "{}", words(&output));
        assert!(words(&output).contains("what was begun was rolled back"), "{}", words(&output));
        rewriting.settles();
        rewriting.is("integer");
    }
}

#[test]
fn of_two_pushes_the_second_waits_and_plans_anew() {
    let rewriting = project(Cluster::shared());
    let first = rewriting.start();
    let second = rewriting.story.output(&["push"]);
    let first = end(first);
    assert_eq!(first.status.code(), Some(0), "{}", words(&first));
    assert_eq!(second.status.code(), Some(0), "{}", words(&second));
    assert!(words(&second).ends_with("is in sync with `schema.sql`\n"), "{}", words(&second));
    rewriting.is("bigint");
}

#[test]
fn a_server_that_restarts_under_a_plan_is_told() {
    let cluster = Cluster::start(&ClusterOptions::default()).unwrap();
    let mut rewriting = project(&cluster);
    let child = rewriting.start();
    cluster.stop();
    let output = end(child);
    cluster.restart();
    rewriting.is("integer");
    rewriting.story.tell_output(&["push"], &output);
    rewriting.story.run(&["push"]);
    rewriting.is("bigint");
    rewriting.story.ends_as("restart.txt");
}
