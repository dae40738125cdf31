//! Migrations whose process is killed, interrupted, or one of many, on
//! PostgreSQL.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use whimbrel_testkit::cluster::Cluster;

use crate::story::Story;

/// How many migrations add a row each, after the one that makes the table.
const ROWS: usize = 12;

/// How long anything may take to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A project with a migration that makes a table and some that fill it, with
/// the statement that `row` gives for each.
fn project(rows: usize, row: impl Fn(usize) -> String) -> Story<'static> {
    let story = Story::on(Cluster::shared(), "");
    story.set_schema("CREATE TABLE rows (n integer);\n");
    succeed(&story, &["migrate", "generate", "--name", "table"]);
    let names: Vec<String> = (0..rows).map(|at| format!("row-{at}")).collect();
    for (at, name) in names.iter().enumerate() {
        succeed(&story, &["migrate", "create", name]);
        let file = story.path(&format!("migrations/{:04}_{name}.sql", at + 1));
        let text = std::fs::read_to_string(&file).expect("it was just written");
        std::fs::write(&file, text + &row(at)).expect("the folder can be written to");
    }
    let accept = names.iter().flat_map(|name| ["--accept", name.as_str()]);
    succeed(&story, &["migrate", "verify"].into_iter().chain(accept).collect::<Vec<_>>());
    story
}

/// A project each of whose rows takes a moment.
fn counting() -> Story<'static> {
    project(ROWS, |at| format!("INSERT INTO rows SELECT {at} FROM pg_sleep(0.04);\n"))
}

#[track_caller]
fn succeed(story: &Story<'_>, arguments: &[&str]) {
    let output = story.output(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", words(&output));
}

fn start(story: &Story<'_>) -> Child {
    start_with(story, &["migrate", "apply"])
}

fn start_with(story: &Story<'_>, arguments: &[&str]) -> Child {
    let mut command = story.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary is built")
}

fn end(child: Child) -> Output {
    child.wait_with_output().expect("it is our child")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until a session of the database is adding a row; whether one ever was
/// before the process ended.
fn is_adding(story: &Story<'_>, child: &mut Child) -> bool {
    // Each migration that adds a row sleeps while it does.
    let adding = "SELECT count(*) FROM pg_stat_activity \
                  WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let end = Instant::now() + PATIENCE;
    while story.sql(adding) == "0\n" {
        if child.try_wait().expect("it is our child").is_some() {
            return false;
        }
        assert!(Instant::now() < end, "it never added a row");
    }
    true
}

/// Waits until no session holds a lock of whimbrel: the server notices that a
/// client is gone a moment later.
#[track_caller]
fn the_lock_comes_free(story: &Story<'_>) {
    let locks = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database \
                 WHERE locktype = 'advisory' AND datname = current_database()";
    let end = Instant::now() + PATIENCE;
    while story.sql(locks) != "0\n" {
        assert!(Instant::now() < end, "the lock is held for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn each_ran_once(story: &Story<'_>) {
    assert_eq!(story.sql("SELECT count(*), count(DISTINCT n) FROM rows"), format!("{ROWS}|{ROWS}\n"));
    assert_eq!(story.sql("SELECT count(*) FROM _whimbrel_migrations"), format!("{}\n", ROWS + 1));
    the_lock_comes_free(story);
}

#[test]
fn a_killed_apply_goes_on_where_it_was() {
    let story = counting();
    let mut killed = 0;
    for round in 0..8 {
        let mut child = start(&story);
        let is_adding = is_adding(&story, &mut child);
        // Anywhere in a migration, in an order that is always the same.
        std::thread::sleep(Duration::from_millis((round * 7919) % 50));
        child.kill().expect("it is our child");
        let is_killed = end(child).status.signal() == Some(9);
        killed += u32::from(is_adding && is_killed);
    }
    assert!(killed > 0, "no run was caught in the act");
    succeed(&story, &["migrate", "apply"]);
    each_ran_once(&story);
}

#[test]
fn of_many_processes_each_succeeds_and_each_migration_runs_once() {
    let story = counting();
    let children: Vec<Child> = (0..32).map(|_| start(&story)).collect();
    for child in children {
        let output = end(child);
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    }
    each_ran_once(&story);
}

#[test]
fn of_many_that_go_back_at_once_each_succeeds_and_each_migration_is_taken_back_once() {
    let story = project(ROWS, |at| {
        format!(
            "CREATE TABLE t{at} (n integer);\nINSERT INTO t{at} VALUES (1);\n\
             -- whimbrel: down\nDROP TABLE t{at};\n"
        )
    });
    succeed(&story, &["migrate", "apply"]);
    let down = ["migrate", "down", "--accept-data-loss"];
    let children: Vec<Child> = (0..ROWS).map(|_| start_with(&story, &down)).collect();
    let outputs: Vec<Output> = children.into_iter().map(end).collect();
    let said: String = outputs.iter().map(words).collect();
    assert!(outputs.iter().all(|output| output.status.code() == Some(0)), "{said}");
    let taken_back = said.matches("1 migration rolled back").count();
    let meanwhile = said.matches("nothing to roll back\nnote: another run took `row-").count();
    assert_eq!(taken_back + meanwhile, ROWS, "{said}");
    let left = format!("{}\n", ROWS - taken_back);
    assert_eq!(story.sql("SELECT count(*) - 1 FROM _whimbrel_migrations"), left, "{said}");
    assert_eq!(story.sql("SELECT count(*) FROM pg_tables WHERE tablename ~ '^t[0-9]'"), left, "{said}");
    the_lock_comes_free(&story);
}

#[test]
fn an_interrupted_apply_cancels_the_statement_and_rolls_back() {
    for signal in [Signal::INT, Signal::TERM] {
        // Long in this database alone, and not where it is verified.
        let pause = "coalesce(current_setting('shop.pause', true), '0')::float8";
        let story = project(1, |_| {
            format!("INSERT INTO rows VALUES (0);\nINSERT INTO rows SELECT 1 FROM pg_sleep({pause});\n")
        });
        let name = story.database().name.clone();
        story.sql(&format!("ALTER DATABASE \"{name}\" SET shop.pause = '600'"));

        let mut child = start(&story);
        assert!(is_adding(&story, &mut child), "it ended before it could be interrupted");
        // The first statement is over by then.
        std::thread::sleep(Duration::from_millis(200));
        kill_process(Pid::from_child(&child), signal).expect("it is our child and still there");
        let output = end(child);
        assert_eq!(output.status.code(), Some(130), "{}", words(&output));
        assert!(words(&output).contains("what was begun was rolled back"), "{}", words(&output));
        the_lock_comes_free(&story);
        assert_eq!(story.sql("SELECT count(*) FROM rows"), "0\n");
        assert_eq!(story.sql("SELECT count(*) FROM _whimbrel_migrations"), "1\n");

        story.sql(&format!("ALTER DATABASE \"{name}\" RESET shop.pause"));
        succeed(&story, &["migrate", "apply", "--lock-wait", "1s"]);
        assert_eq!(story.sql("SELECT count(*) FROM rows"), "2\n");
    }
}
