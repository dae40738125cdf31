//! Migrations whose process is killed, interrupted, or one of many.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::project::Project;

/// The migrations of the tests, each of which adds a row and counts it.
const MIGRATIONS: usize = 12;

/// How often a process is killed.
const ROUNDS: u32 = 12;

/// A project with migrations that add up to `MIGRATIONS` rows; each of them takes
/// a moment.
fn counting() -> Project {
    let project = Project::new("CREATE TABLE rows (n INTEGER, note TEXT);\n");
    succeed(&project, &["migrate", "generate", "--name", "table"]);
    for at in 0..MIGRATIONS {
        let name = format!("row-{at}");
        succeed(&project, &["migrate", "create", &name]);
        let file = project.path(&format!("migrations/{:04}_{name}.sql", at + 1));
        let text = std::fs::read_to_string(&file).expect("it was just written");
        let row = format!(
            "INSERT INTO rows WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
             SELECT {at}, max(i) FROM n;\n"
        );
        std::fs::write(&file, text + &row).expect("the folder can be written to");
    }
    let names: Vec<String> = (0..MIGRATIONS).map(|at| format!("row-{at}")).collect();
    let accept = names.iter().flat_map(|name| ["--accept", name.as_str()]);
    succeed(&project, &["migrate", "verify"].into_iter().chain(accept).collect::<Vec<_>>());
    project
}

fn succeed(project: &Project, arguments: &[&str]) {
    let output = project.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
}

fn start(project: &Project, arguments: &[&str]) -> Child {
    let mut command = project.whimbrel(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary is built")
}

/// Starts the binary and kills it at the moment of this round, which are spread
/// evenly over the time that a whole run takes; whether it was still running.
fn kill_in(project: &Project, arguments: &[&str], round: u32, whole: Duration) -> bool {
    let mut child = start(project, arguments);
    std::thread::sleep(whole * round / ROUNDS);
    child.kill().expect("it is our child");
    child.wait().expect("it is our child").signal() == Some(9)
}

/// How long the command takes when nothing happens to it.
fn time(project: &Project, arguments: &[&str]) -> Duration {
    let start = Instant::now();
    succeed(project, arguments);
    start.elapsed()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn each_ran_once(project: &Project) {
    let digest: String = project.value("SELECT count(*) || ' ' || count(DISTINCT n) FROM rows");
    assert_eq!(digest, format!("{MIGRATIONS} {MIGRATIONS}"));
    let applied: i64 = project.value("SELECT count(*) FROM _whimbrel_migrations");
    assert_eq!(applied, MIGRATIONS as i64 + 1);
    assert_eq!(project.value::<String>("PRAGMA integrity_check"), "ok");
}

#[test]
fn a_killed_apply_goes_on_where_it_was() {
    let whole = time(&counting(), &["migrate", "apply"]);
    let project = counting();
    let killed = (0..ROUNDS).filter(|round| kill_in(&project, &["migrate", "apply"], *round, whole)).count();
    assert!(killed > 1, "no run was caught in the act");
    succeed(&project, &["migrate", "apply", "--lock-wait", "1s"]);
    each_ran_once(&project);
}

#[test]
fn of_many_processes_each_succeeds_and_each_migration_runs_once() {
    let project = counting();
    let children: Vec<Child> = (0..32).map(|_| start(&project, &["migrate", "apply"])).collect();
    for child in children {
        let output = child.wait_with_output().expect("it is our child");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    each_ran_once(&project);
}

#[test]
fn of_many_that_go_back_at_once_each_succeeds_and_each_migration_is_taken_back_once() {
    let tables: Vec<String> =
        (0..MIGRATIONS).map(|at| format!("CREATE TABLE t{at} (n INTEGER);\n")).collect();
    let project = Project::new("");
    for at in 0..MIGRATIONS {
        project.set_schema(&tables[..=at].concat());
        succeed(&project, &["migrate", "generate", "--name", &format!("t{at}")]);
    }
    succeed(&project, &["migrate", "apply"]);
    let filled = (0..MIGRATIONS).map(|at| format!("INSERT INTO t{at} VALUES (1);"));
    project.sql(&filled.collect::<String>());
    let down = ["migrate", "down", "--accept-data-loss"];
    let children: Vec<Child> = (0..MIGRATIONS).map(|_| start(&project, &down)).collect();
    let outputs: Vec<Output> =
        children.into_iter().map(|child| child.wait_with_output().expect("it is our child")).collect();
    let said: String = outputs.iter().map(stderr).collect();
    assert!(outputs.iter().all(|output| output.status.code() == Some(0)), "{said}");
    let taken_back = said.matches("1 migration rolled back").count();
    let meanwhile = said.matches("nothing to roll back\nnote: another run took `t").count();
    assert_eq!(taken_back + meanwhile, MIGRATIONS, "{said}");
    for left in ["_whimbrel_migrations", "sqlite_schema WHERE name GLOB 't[0-9]*'"] {
        let count: String = project.value(&format!("SELECT CAST(count(*) AS text) FROM {left}"));
        assert_eq!(count, (MIGRATIONS - taken_back).to_string(), "{left}: {said}");
    }
}

#[test]
fn an_interrupted_apply_keeps_what_is_whole_and_ends_with_130() {
    for signal in [Signal::INT, Signal::TERM] {
        let project = Project::new("CREATE TABLE rows (n INTEGER);\n");
        succeed(&project, &["migrate", "generate"]);
        succeed(&project, &["migrate", "apply"]);
        succeed(&project, &["migrate", "create", "long"]);
        let file = project.path("migrations/0001_long.sql");
        let text = std::fs::read_to_string(&file).expect("it was just written");
        let quick = "INSERT INTO rows VALUES (1);\n";
        std::fs::write(&file, text.clone() + quick).expect("the folder can be written to");
        succeed(&project, &["migrate", "verify", "--accept", "long"]);
        // So that no replay has to last as long.
        let long = "INSERT INTO rows WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                    SELECT i FROM n LIMIT (SELECT CASE count(*) WHEN 0 THEN 1 ELSE 1000000000 END FROM gate);\n";
        std::fs::write(&file, format!("{text}CREATE TABLE IF NOT EXISTS gate (a INTEGER);\n{long}"))
            .expect("the folder can be written to");
        succeed(&project, &["migrate", "verify", "--accept", "long"]);
        project.sql("CREATE TABLE gate (a INTEGER); INSERT INTO gate VALUES (1)");

        let child = start(&project, &["migrate", "apply"]);
        std::thread::sleep(Duration::from_millis(400));
        kill_process(Pid::from_child(&child), signal).expect("it is our child and still there");
        let output = child.wait_with_output().expect("it is our child");
        assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
        assert!(stderr(&output).contains("what was begun was rolled back"), "{}", stderr(&output));
        assert_eq!(project.value::<i64>("SELECT count(*) FROM rows"), 0);
        assert_eq!(project.value::<i64>("SELECT count(*) FROM _whimbrel_migrations"), 1);
        project.sql("DELETE FROM gate");
        succeed(&project, &["migrate", "apply", "--lock-wait", "1s"]);
        assert_eq!(project.value::<i64>("SELECT count(*) FROM rows"), 1);
    }
}

/// A project with two migrations, whose schema is ahead of them.
fn ahead() -> Project {
    let project = Project::new("CREATE TABLE a (n INTEGER);\n");
    succeed(&project, &["migrate", "generate", "--name", "one"]);
    project.set_schema("CREATE TABLE a (n INTEGER, m INTEGER);\n");
    succeed(&project, &["migrate", "generate", "--name", "two"]);
    project.set_schema("CREATE TABLE a (n INTEGER, m INTEGER);\nCREATE TABLE b (n INTEGER);\n");
    project
}

/// Kills a command that writes migrations again and again; the folder is whole
/// after every time.
fn check_folder(arguments: &[&str]) {
    let whole = time(&ahead(), arguments);
    let mut killed = 0;
    for round in 0..ROUNDS {
        let project = ahead();
        killed += u32::from(kill_in(&project, arguments, round, whole));
        let verified = project.run(&["migrate", "verify"]);
        assert_eq!(verified.status.code(), Some(0), "round {round}: {}", stderr(&verified));
        succeed(&project, &["migrate", "generate"]);
        succeed(&project, &["migrate", "apply"]);
        succeed(&project, &["check"]);
    }
    assert!(killed > 1, "no run was caught in the act");
}

#[test]
fn a_killed_generate_leaves_a_whole_folder() {
    check_folder(&["migrate", "generate"]);
}

#[test]
fn a_killed_squash_leaves_a_whole_folder() {
    check_folder(&["migrate", "squash"]);
}

/// What `git merge` makes of a file both sides of which differ from the first
/// line that does to the last.
fn merged(ours: &str, theirs: &str) -> String {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), theirs.lines().collect());
    let head = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let most = ours.len().min(theirs.len()) - head;
    let tail = ours.iter().rev().zip(theirs.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let mut lines = ours[..head].to_vec();
    lines.push("<<<<<<< HEAD");
    lines.extend(&ours[head..ours.len() - tail]);
    lines.push("=======");
    lines.extend(&theirs[head..theirs.len() - tail]);
    lines.push(">>>>>>> theirs");
    lines.extend(&ours[ours.len() - tail..]);
    lines.join("\n") + "\n"
}

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY);\n";
const POSTS: &str = "CREATE TABLE posts (id INTEGER PRIMARY KEY);\n";
const TAGS: &str = "CREATE TABLE tags (id INTEGER PRIMARY KEY);\n";

/// A branch that adds a migration which makes the table, at a time of its own.
fn branch(table: &str, name: &str, time: &str) -> Project {
    let project = Project::new(USERS);
    let generate = |name: &str, time: &str| {
        let mut command = project.whimbrel(&["migrate", "generate", "--name", name]);
        let output = command.env("SOURCE_DATE_EPOCH", time).output().expect("the binary is built");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    };
    generate("users", "1769853600");
    project.set_schema(&format!("{USERS}{table}"));
    generate(name, time);
    project
}

/// A branch of ours into which theirs was merged, in conflict.
fn conflicting() -> Project {
    let ours = branch(POSTS, "posts", "1769853700");
    let theirs = branch(TAGS, "tags", "1769853800");
    let read = |project: &Project, file: &str| {
        std::fs::read_to_string(project.path("migrations").join(file)).expect("it was just written")
    };
    let write = |file: &str, text: &str| {
        std::fs::write(ours.path("migrations").join(file), text).expect("the folder can be written to");
    };
    for file in ["meta/_journal.json", "meta/_snapshot.json"] {
        write(file, &merged(&read(&ours, file), &read(&theirs, file)));
    }
    for file in ["0001_tags.sql", "meta/_down/0001_tags.sql"] {
        write(file, &read(&theirs, file));
    }
    ours.set_schema(&format!("{USERS}{POSTS}{TAGS}"));
    ours
}

#[test]
fn a_killed_rebase_leaves_the_merge_or_what_it_makes_of_it() {
    let whole = time(&conflicting(), &["migrate", "rebase"]);
    let mut killed = 0;
    for round in 0..ROUNDS {
        let project = conflicting();
        killed += u32::from(kill_in(&project, &["migrate", "rebase"], round, whole));
        let verified = project.run(&["migrate", "verify"]);
        let is_old = stderr(&verified).contains("whimbrel::journal::conflict");
        assert!(is_old || verified.status.success(), "round {round}: {}", stderr(&verified));
        succeed(&project, &["migrate", "rebase"]);
        succeed(&project, &["migrate", "verify"]);
        assert!(project.path("migrations/0001_tags.sql").exists());
        assert!(project.path("migrations/0002_posts.sql").exists());
        assert!(!project.path("migrations/0001_posts.sql").exists());
        succeed(&project, &["migrate", "apply"]);
        succeed(&project, &["check"]);
    }
    assert!(killed > 1, "no run was caught in the act");
}

#[test]
fn a_read_only_folder_behind_a_link_is_deployed_from() {
    let project = Project::new("CREATE TABLE a (n INTEGER);\n");
    succeed(&project, &["migrate", "generate"]);
    std::fs::rename(project.path("migrations"), project.path("elsewhere")).expect("both are in one folder");
    std::os::unix::fs::symlink("elsewhere", project.path("migrations")).expect("links can be made");
    let set_rights = |mode: u32| {
        for folder in ["elsewhere", "elsewhere/meta", "elsewhere/meta/_down"] {
            let rights = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(project.path(folder), rights).expect("it is ours");
        }
    };
    set_rights(0o555);
    succeed(&project, &["migrate", "apply"]);
    succeed(&project, &["migrate", "apply"]);
    succeed(&project, &["migrate", "status"]);
    succeed(&project, &["check"]);
    // So that it can be tidied away.
    set_rights(0o755);
}

#[test]
fn a_read_only_database_is_refused_where_something_is_pending() {
    let project = Project::new("CREATE TABLE a (n INTEGER);\n");
    succeed(&project, &["migrate", "generate"]);
    succeed(&project, &["migrate", "apply"]);
    let rights = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(project.path("app.db"), rights).expect("it is ours");
    let output = project.run(&["migrate", "apply"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "`app.db` has all migrations of `migrations`\n");
    project.set_schema("CREATE TABLE a (n INTEGER);\nCREATE TABLE b (n INTEGER);\n");
    succeed(&project, &["migrate", "generate"]);
    let output = project.run(&["migrate", "apply"]);
    assert_eq!(
        stderr(&output),
        "whimbrel::db::read_only\n\n  x cannot write to `app.db`: the file is read-only\n  \
         help: make the file writable, or use `--dry-run` to see the plan\n"
    );
    assert_eq!(output.status.code(), Some(1));
}
