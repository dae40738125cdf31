//! Scripts whose process is killed or interrupted.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use whimbrel_testkit::signal::{Signal, send};

use crate::project::Project;

/// A project with one script, which says a line in the midst of its work.
fn project(then: &str) -> Project {
    let project = Project::new("");
    std::fs::create_dir(project.path("migrations")).expect("the folder is new");
    let script = format!(
        "export default {{\n  version: 1,\n  up: async (db) => {{\n    \
         await db.exec('CREATE TABLE rows (n INTEGER)');\n    \
         for (let n = 0; n < 100; n++) await db.exec('INSERT INTO rows VALUES (?)', [n]);\n    \
         console.log('half way');\n    {then}\n  }},\n}};\n"
    );
    write(&project, &script);
    project
}

fn write(project: &Project, script: &str) {
    std::fs::write(project.path("migrations/0001_rows.js"), script).expect("the folder can be written to");
}

/// Starts `apply` and returns when the script has come half way.
fn half_way(project: &Project) -> Child {
    let mut command = project.whimbrel(&["migrate", "apply", "--layout", "lockfile"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary is built");
    let mut lines = BufReader::new(child.stderr.take().expect("it is a pipe")).lines();
    let said = lines.find(|line| line.as_ref().is_ok_and(|line| line == "half way"));
    assert!(said.is_some(), "it ended before it was half way");
    child
}

#[track_caller]
fn nothing_stays(project: &Project) {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'rows'";
    assert_eq!(project.value::<i64>(tables), 0);
    assert_eq!(project.value::<String>("PRAGMA integrity_check"), "ok");
    assert!(!project.path("kontract.lock.json").exists());
}

#[track_caller]
fn runs_again(project: &Project) {
    let text = std::fs::read_to_string(project.path("migrations/0001_rows.js")).expect("it is there");
    write(project, &text.replace("for (;;)", "if (false)"));
    let output = project.run(&["migrate", "apply", "--layout", "lockfile", "--lock-wait", "1s"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(project.value::<i64>("SELECT count(DISTINCT n) FROM rows"), 100);
}

#[test]
fn a_killed_script_leaves_nothing_and_runs_again() {
    let project = project("for (;;);");
    let mut child = half_way(&project);
    child.kill().expect("it is our child");
    assert_eq!(child.wait().expect("it is our child").signal(), Some(9));
    nothing_stays(&project);
    runs_again(&project);
}

#[test]
fn an_interrupted_script_stops_at_once() {
    for then in
        ["for (;;);", "for (;;) await 1;", "for (;;) await db.query('SELECT 1');", "for (;;) console.log();"]
    {
        let project = project(then);
        let mut child = half_way(&project);
        let start = Instant::now();
        send(&child, Signal::INT);
        assert_eq!(child.wait().expect("it is our child").code(), Some(130), "{then}");
        // Whoever does not stop is given up after five seconds.
        assert!(start.elapsed() < Duration::from_secs(4), "{then}: {:?}", start.elapsed());
        nothing_stays(&project);
        runs_again(&project);
    }
}
