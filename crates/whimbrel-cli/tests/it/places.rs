//! Migrations in a bucket and in a table, from the command line.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use whimbrel_testkit::bucket::{BucketServer, Dialect, Manners, secret_in};
use whimbrel_testkit::signal::{Signal, send};

use crate::project::Project;

const FIRST: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n";
const SECOND: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);\n";
const BUCKET: &str = "s3://releases/shop";

/// The binary in a project whose migrations are in `dir`, on that server.
fn whimbrel(project: &Project, server: &BucketServer, dir: &str, arguments: &[&str]) -> Command {
    let mut command = project.whimbrel(arguments);
    command.args(["--dir", dir]).envs(server.variables()).env("SOURCE_DATE_EPOCH", "1700000000");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(project: &Project, server: &BucketServer, dir: &str, arguments: &[&str]) -> Output {
    let output = whimbrel(project, server, dir, arguments).output().expect("the binary is built");
    for stream in [&output.stdout, &output.stderr] {
        let shown = String::from_utf8_lossy(stream);
        assert_eq!(secret_in(&shown), None, "{arguments:?}: {shown}");
    }
    output
}

#[track_caller]
fn succeed(project: &Project, server: &BucketServer, dir: &str, arguments: &[&str]) -> String {
    let output = run(project, server, dir, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    stderr(&output)
}

fn s3() -> BucketServer {
    BucketServer::start(Dialect::S3, ["releases"])
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// From the first migration to one that was made of two, and back.
fn story(server: &BucketServer, dir: &str, shown: &str) {
    let project = Project::new(FIRST);
    let told = succeed(&project, server, dir, &["migrate", "generate", "--name", "users"]);
    assert!(told.contains(&format!("wrote `{shown}/0000_users.sql`\n")), "{told}");
    succeed(&project, server, dir, &["migrate", "apply"]);
    project.set_schema(SECOND);
    succeed(&project, server, dir, &["migrate", "generate", "--name", "age"]);
    succeed(&project, server, dir, &["migrate", "apply"]);
    assert_eq!(project.value::<i64>("SELECT count(*) FROM pragma_table_info('users')"), 3);
    let told = succeed(&project, server, dir, &["check"]);
    assert_eq!(told, format!("`app.db`, `{shown}` and `schema.sql` agree\n"));

    succeed(&project, server, dir, &["migrate", "down"]);
    assert_eq!(project.value::<i64>("SELECT count(*) FROM pragma_table_info('users')"), 2);
    succeed(&project, server, dir, &["migrate", "apply"]);
    succeed(&project, server, dir, &["migrate", "verify"]);
    succeed(&project, server, dir, &["migrate", "squash", "--name", "all"]);
    succeed(&project, server, dir, &["migrate", "apply"]);
    let told = succeed(&project, server, dir, &["migrate", "apply"]);
    assert_eq!(told, format!("`app.db` has all migrations of `{shown}`\n"));
    succeed(&project, server, dir, &["check"]);
    // Nothing of it is a part of the schema, or goes with it.
    succeed(&project, server, dir, &["push", "--dry-run"]);
    let reset = ["migrate", "reset", "--yes", "--accept-data-loss"];
    let output = run(&project, server, dir, &reset);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(run(&project, server, dir, &["inspect"]).stdout, SECOND_INSPECTED.as_bytes());
    succeed(&project, server, dir, &["migrate", "create", "by-hand"]);
    let told = succeed(&project, server, dir, &["migrate", "status"]);
    assert_eq!(told.trim_end(), "1 applied, 1 pending");
}

const SECOND_INSPECTED: &str =
    "CREATE TABLE \"users\" (\n  \"id\" INTEGER PRIMARY KEY,\n  \"name\" TEXT,\n  \"age\" INTEGER\n);\n";

#[test]
fn a_bucket_holds_migrations_as_a_folder_does() {
    for dialect in Dialect::ALL {
        let dir = dialect.url("releases/shop");
        story(&BucketServer::start(dialect, ["releases"]), &dir, &dir);
    }
}

#[test]
fn a_table_of_the_database_holds_migrations_as_a_folder_does() {
    story(&s3(), "table:history", "sqlite://app.db#history");
}

#[test]
fn a_table_of_another_database_holds_migrations_as_a_folder_does() {
    story(&s3(), "sqlite://other.db#_whimbrel_files", "sqlite://other.db#_whimbrel_files");
}

#[test]
fn of_two_who_generate_at_once_one_wins_and_the_other_is_told() {
    for dialect in Dialect::ALL {
        generate_at_once(&BucketServer::start(dialect, ["releases"]));
    }
}

fn generate_at_once(server: &BucketServer) {
    let project = Project::new(FIRST);
    let dir = server.dialect().url("releases/shop");
    let names = ["mine", "theirs", "ours", "yours"];
    let generate = |name: &str| {
        let arguments = ["migrate", "generate", "--name", name];
        whimbrel(&project, server, &dir, &arguments).spawn().expect("the binary is built")
    };
    let outputs = names.map(generate).map(|child| child.wait_with_output().expect("it is our child"));
    let texts = server.texts("releases");
    let journal = &texts["shop/meta/_journal.json"];
    let is_in = |name: &str| journal.contains(&format!("\"{name}\""));
    assert_eq!(names.iter().filter(|name| is_in(name)).count(), 1, "{journal}");
    assert_eq!(texts.keys().filter(|key| key.ends_with(".sql")).count(), 2, "{:?}", texts.keys());
    for (name, output) in names.iter().zip(&outputs) {
        let told = stderr(output);
        if is_in(name) {
            assert_eq!(output.status.code(), Some(0), "{told}");
        } else if output.status.code() == Some(0) {
            // It came so late that there was nothing left to be done.
            assert_eq!(told, format!("`{dir}` leads to `schema.sql` already\n"));
        } else {
            let message = format!("`meta/_journal.json` in `{dir}` has changed since it was read");
            assert!(told.contains(&message) && told.contains("run it again"), "{told}");
        }
    }
}

#[test]
fn who_is_killed_between_two_puts_leaves_the_old_or_the_new_migrations() {
    let server = BucketServer::start(Dialect::S3, ["count"]);
    let project = Project::new(FIRST);
    succeed(&project, &server, "s3://count", &["migrate", "generate", "--name", "users"]);
    let requests = server.requests("count");
    let killed: Vec<_> = (0..requests).map(|at| (at, format!("killed-{at}"))).collect();
    for (at, bucket) in &killed {
        server.set(bucket, Manners { hold: Some(*at), ..Manners::default() });
        let dir = format!("s3://{bucket}");
        let arguments = ["migrate", "generate", "--name", "users"];
        let mut child = whimbrel(&project, &server, &dir, &arguments).spawn().expect("the binary is built");
        let since = Instant::now();
        while !server.is_held(bucket) {
            assert!(since.elapsed() < Duration::from_secs(30), "request {at} never came");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        server.set(bucket, Manners::default());
    }
    // Who only reads leaves an edit as it is; the next who writes finishes it. Each
    // waits until it takes the writer for dead: so all do it at once.
    for arguments in [&["migrate", "generate", "--name", "users"][..], &["migrate", "create", "next"]] {
        let start = |(_, bucket): &(usize, String)| {
            let dir = format!("s3://{bucket}");
            whimbrel(&project, &server, &dir, arguments).spawn().expect("the binary is built")
        };
        for child in killed.iter().map(start).collect::<Vec<_>>() {
            let output = child.wait_with_output().expect("it is our child");
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        }
    }
    succeed(&project, &server, "s3://count", &["migrate", "create", "next"]);
    let whole = without_edit(server.texts("count"));
    for (at, bucket) in &killed {
        assert_eq!(without_edit(server.texts(bucket)), whole, "killed at request {at}");
    }
}

fn without_edit(mut texts: BTreeMap<String, String>) -> BTreeMap<String, String> {
    texts.remove("meta/_edit.json");
    texts
}

#[test]
fn what_is_wrong_with_a_bucket_is_told_without_secrets() {
    let server = s3();
    let project = Project::new(FIRST);
    for flags in [&[][..], &["--json"], &["-v"]] {
        let arguments = [&["migrate", "status"], flags].concat();
        let mut command = whimbrel(&project, &server, BUCKET, &arguments);
        let output = command.env("AWS_SECRET_ACCESS_KEY", "hunter2").output().expect("the binary is built");
        let shown = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(secret_in(&shown), None, "{shown}");
        assert!(shown.contains("does not let these credentials use `s3://releases/shop`: 403"), "{shown}");
        assert_eq!(output.status.code(), Some(1));
    }
    let output = run(&project, &server, "s3://AKIA:hunter2@releases", &["migrate", "status"]);
    assert!(stderr(&output).contains("credentials belong into environment variables"), "{}", stderr(&output));
}

#[test]
fn a_half_written_journal_is_told_and_left_as_it_is() {
    for dialect in Dialect::ALL {
        let server = BucketServer::start(dialect, ["releases"]);
        let project = Project::new(FIRST);
        let dir = dialect.url("releases/shop");
        server.put("releases", "shop/meta/_journal.json", "{\"version\": \"1\", \"dial");
        let output = run(&project, &server, &dir, &["migrate", "generate"]);
        let told = stderr(&output);
        assert!(told.contains(&format!("{dir}/meta/_journal.json")), "{told}");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(server.texts("releases").len(), 1);
    }
}

#[test]
fn a_profile_at_home_leads_to_a_bucket() {
    let server = s3();
    let project = Project::new(FIRST);
    let values: BTreeMap<_, _> = server.variables().into_iter().collect();
    let profile = format!(
        "[profile work]\nregion = {}\nendpoint_url = {}\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        values["AWS_REGION"],
        values["AWS_ENDPOINT_URL"],
        values["AWS_ACCESS_KEY_ID"],
        values["AWS_SECRET_ACCESS_KEY"]
    );
    std::fs::create_dir(project.path(".aws")).expect("the project is new");
    std::fs::write(project.path(".aws/config"), profile).expect("the project is ours");
    let mut command = project.whimbrel(&["migrate", "generate", "--name", "users", "--dir", BUCKET]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        command.env_remove(name);
    }
    let output = command.env("AWS_PROFILE", "work").output().expect("the binary is built");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(server.texts("releases").contains_key("shop/0000_users.sql"));
}

#[test]
fn a_signal_ends_the_wait_for_a_bucket_that_does_not_answer() {
    let server = s3();
    let project = Project::new(FIRST);
    server.set("releases", Manners { hold: Some(0), ..Manners::default() });
    let mut child = whimbrel(&project, &server, BUCKET, &["migrate", "status"]).spawn().expect("it is built");
    while !server.is_held("releases") {
        assert!(child.try_wait().expect("it is our child").is_none(), "it waits for the bucket");
        std::thread::sleep(Duration::from_millis(5));
    }
    let since = Instant::now();
    send(&child, Signal::INT);
    let output = child.wait_with_output().expect("it is our child");
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
}
