//! `--json`: one object on standard output, and nothing else there.

use serde_json::{Value, json};

use crate::project::Project;

const BEFORE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);";
const RENAMED: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT);";

/// Runs a command, and returns its exit status and the one object it printed.
fn run(project: &Project, arguments: &[&str]) -> (i32, Value) {
    let output = project.run(arguments);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "standard error");
    let object = serde_json::from_slice(&output.stdout).expect("standard output is one JSON value");
    (output.status.code().expect("it was not killed"), object)
}

fn users() -> Project {
    Project::pushed(BEFORE, "INSERT INTO users VALUES (1, 'ann'), (2, NULL)")
}

#[test]
fn a_push_tells_what_it_did() {
    let project = Project::new(BEFORE);
    let create = "CREATE TABLE \"users\" (\n  \"id\" INTEGER PRIMARY KEY,\n  \"nick\" TEXT\n)";
    let table = json!({
        "name": "users",
        "columns": [
            {"name": "id", "type": "INTEGER", "nullable": true},
            {"name": "nick", "type": "TEXT", "nullable": true},
        ],
        "primaryKey": {"columns": ["id"]},
    });
    let expected = json!({
        "version": 1,
        "command": "push",
        "changes": [{"type": "createTable", "table": table}],
        "steps": [{"batch": 0, "transaction": true, "sql": create}],
        "questions": [],
        "notes": [],
        "leftAlone": {},
        "proof": {"verdict": "exact"},
        "applied": true,
    });
    assert_eq!(run(&project, &["push", "--json"]), (0, expected));

    let expected = json!({
        "version": 1,
        "command": "push",
        "changes": [],
        "steps": [],
        "questions": [],
        "notes": [],
        "leftAlone": {},
        "proof": {"verdict": "exact"},
        "applied": false,
    });
    assert_eq!(run(&project, &["push", "--json"]), (0, expected));
}

#[test]
fn a_dry_run_tells_hazards_and_applies_nothing() {
    let project = users();
    project.set_schema(RENAMED);
    let (status, object) =
        run(&project, &["push", "--json", "--dry-run", "--no-renames", "--accept-data-loss"]);
    assert_eq!((status, &object["applied"]), (0, &json!(false)));
    let hazards: Vec<&Value> =
        object["steps"].as_array().unwrap().iter().map(|step| &step["hazards"]).collect();
    assert!(hazards.contains(&&json!([{"code": "losesColumn", "subject": "users.nick"}])), "{object}");
    assert_eq!(object["proof"], json!({"verdict": "lossy"}));
}

#[test]
fn open_questions_come_with_facts_and_flags() {
    let project = users();
    project.set_schema(RENAMED);
    let error = json!({
        "code": "whimbrel::changes::unanswered",
        "message": "1 question needs an answer",
        "help": "nothing was done; each question says what answers it",
    });
    let question = json!({
        "question": "rename",
        "kind": "column",
        "parent": "users",
        "gained": "nickname",
        "gainedType": "TEXT",
        "candidates": [{"name": "nick", "sqlType": "TEXT", "likeness": 88}],
        "flags": ["--rename users.nick=users.nickname", "--no-renames"],
    });
    let expected = json!({"version": 1, "command": "push", "questions": [question], "error": error});
    assert_eq!(run(&project, &["push", "--json"]), (3, expected));

    let question = json!({
        "question": "loss",
        "table": "users",
        "loss": "dropColumn",
        "column": "nick",
        "facts": {"affected": 1, "total": 2, "sample": "ann"},
        "flags": ["--accept-data-loss"],
    });
    let expected = json!({"version": 1, "command": "push", "questions": [question], "error": error});
    assert_eq!(run(&project, &["push", "--json", "--no-renames"]), (3, expected));
}

#[test]
fn a_failure_has_a_code_a_message_and_help() {
    let project = Project::new(BEFORE);
    let expected = json!({
        "version": 1,
        "command": "push",
        "error": {
            "code": "whimbrel::source::not_found",
            "message": "there is no schema source `nowhere.sql`",
            "help": "a source is an SQL file, a folder of them, a glob, a `.json` snapshot, or Rust \
                     models; `whimbrel init` writes a first one",
        },
    });
    assert_eq!(run(&project, &["push", "--json", "--schema", "nowhere.sql"]), (1, expected));

    let expected = json!({
        "version": 1,
        "error": {
            "code": "whimbrel::cli::usage",
            "message": "unexpected argument '--no-such-flag' found",
            "help": "see `whimbrel --help`",
        },
    });
    assert_eq!(run(&project, &["push", "--json", "--no-such-flag"]), (2, expected));
}

#[test]
fn inspect_gives_the_snapshot_and_the_sql() {
    let project = users();
    let (status, object) = run(&project, &["inspect", "--json"]);
    assert_eq!((status, &object["command"]), (0, &json!("inspect")));
    assert_eq!(object["schema"]["tables"][0]["name"], json!("users"));
    let sql = "CREATE TABLE \"users\" (\n  \"id\" INTEGER PRIMARY KEY,\n  \"nick\" TEXT\n);\n";
    assert_eq!(object["sql"], json!(sql));

    let snapshot = serde_json::to_string(&object["schema"]).unwrap();
    std::fs::write(project.path("snapshot.json"), snapshot).unwrap();
    let (status, object) = run(&project, &["push", "--json", "--schema", "snapshot.json"]);
    assert_eq!((status, &object["changes"]), (0, &json!([])));
}

#[test]
fn diff_gives_the_script() {
    let project = users();
    let (status, object) = run(&project, &["diff", "--json", "app.db", "schema.sql"]);
    assert_eq!((status, &object["changes"], &object["sql"]), (0, &json!([]), &json!("")));

    project.set_schema(RENAMED);
    let flags = ["diff", "--json", "app.db", "schema.sql", "--rename", "users.nick=nickname"];
    let (status, object) = run(&project, &flags);
    let script = "BEGIN;\nALTER TABLE \"users\" RENAME COLUMN \"nick\" TO \"nickname\";\nCOMMIT;\n";
    assert_eq!((status, &object["sql"]), (0, &json!(script)));
}

#[test]
fn a_migration_is_told_with_its_text_and_its_files() {
    let project = Project::new(BEFORE);
    let mut command = project.whimbrel(&["migrate", "generate", "--json"]);
    let output = command.env("SOURCE_DATE_EPOCH", "1769853600").output().expect("the binary is built");
    let create = "CREATE TABLE \"users\" (\n  \"id\" INTEGER PRIMARY KEY,\n  \"nick\" TEXT\n)";
    let text =
        std::fs::read_to_string(project.path("migrations/0000_create-users.sql")).expect("it was written");
    assert!(text.ends_with(&format!("\n\n{create};\n")), "{text}");
    let table = json!({
        "name": "users",
        "columns": [
            {"name": "id", "type": "INTEGER", "nullable": true},
            {"name": "nick", "type": "TEXT", "nullable": true},
        ],
        "primaryKey": {"columns": ["id"]},
    });
    let migration = json!({
        "idx": 0,
        "name": "create-users",
        "file": "0000_create-users.sql",
        "proof": {"verdict": "exact"},
        "sql": text,
    });
    let expected = json!({
        "version": 1,
        "command": "migrate generate",
        "changes": [{"type": "createTable", "table": table}],
        "steps": [{"batch": 0, "transaction": true, "sql": create}],
        "questions": [],
        "notes": [],
        "migrations": [migration],
        "proof": {"verdict": "exact"},
        "files": ["migrations/0000_create-users.sql", "migrations/meta/_down/0000_create-users.sql"],
    });
    let object: Value = serde_json::from_slice(&output.stdout).expect("standard output is one JSON value");
    assert_eq!((output.status.code(), object), (Some(0), expected));
}

#[test]
fn several_things_that_are_wrong_are_all_told() {
    let project = Project::new(BEFORE);
    for (schema, name) in [(BEFORE, "one"), ("CREATE TABLE t (a);", "two")] {
        project.set_schema(schema);
        let generate = ["migrate", "generate", "--name", name, "--no-renames", "--accept-data-loss"];
        let output = project.run(&generate);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for file in ["0000_one.sql", "0001_two.sql"] {
        std::fs::remove_file(project.path("migrations").join(file)).expect("it was just written");
    }
    let missing = |idx: u32, name: &str| {
        json!({
            "code": "whimbrel::history::missing",
            "message": format!("`{idx:04}_{name}.sql` of migration `{name}` is missing"),
            "help": "restore the file from version control, and make sure that it is deployed",
        })
    };
    let expected = json!({
        "version": 1,
        "command": "migrate apply",
        "error": {
            "code": "whimbrel::history::problems",
            "message": "2 things must be put right first",
            "help": "nothing was done",
            "problems": [missing(0, "one"), missing(1, "two")],
        },
    });
    assert_eq!(run(&project, &["migrate", "apply", "--json"]), (1, expected));
}
