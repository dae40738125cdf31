//! A program of one's own: it prints its models for the binary to push, and has a
//! command line.
//!
//! This program is both: called with `print`, `push` or `app` it is a small program
//! with models, called by `cargo test` it calls itself, or has the binary call it.

#![expect(clippy::print_stdout, reason = "it is a program that prints")]

use std::path::Path;
use std::process::{Command, ExitCode};

use whimbrel::{DbEnum, FsStore, Migration, Model, SourceError, schema};
use whimbrel_cli::Program;

#[derive(Model)]
#[model(table = "members", many_to_many(Team))]
#[model(sql = "CREATE VIEW names AS SELECT name FROM members")]
#[expect(dead_code, reason = "only its columns matter")]
struct Member {
    #[column(primary_key)]
    id: i64,
    #[column(renamed_from = "nick")]
    name: String,
    #[column(default = Role::Guest)]
    role: Role,
}

#[derive(DbEnum)]
#[expect(dead_code, reason = "only its values matter")]
enum Role {
    Guest,
    Admin,
}

#[derive(Model)]
#[model(table = "teams")]
#[expect(dead_code, reason = "only its columns matter")]
struct Team {
    #[column(primary_key)]
    id: i64,
}

fn main() -> Result<ExitCode, SourceError> {
    match std::env::args().nth(1).as_deref() {
        Some("print") => println!(
            "{}",
            schema![Member, Team].and_sql("index.sql", "CREATE INDEX i ON teams (id);").to_json()?
        ),
        Some("push") => return Ok(whimbrel_cli::run(program_with_a_bug()).into()),
        Some("app") => return Ok(app().run(std::env::args_os().skip(1)).into()),
        Some(_) | None => {
            it_speaks_of_its_own_commands();
            println!("test it_speaks_of_its_own_commands ... ok");
            the_binary_pushes_what_it_prints();
            println!("test the_binary_pushes_what_it_prints ... ok");
            a_panic_ends_the_program();
            println!("test a_panic_ends_the_program ... ok");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A program with a closure as a migration.
fn app() -> Program {
    let greet = Migration::new("greet").up(async |tx| {
        tx.execute("CREATE TABLE greetings (text TEXT NOT NULL)", []).await?;
        tx.execute("INSERT INTO greetings VALUES (?)", ["hello".into()]).await?;
        Ok(())
    });
    Program::new("app")
        .url("sqlite://app.db")
        .source(schema![Team])
        .store(FsStore::new("migrations"))
        .migration(greet)
}

/// Runs the program in a folder: its status, and what it says.
fn run_app(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let own = std::env::current_exe().expect("a program knows where it is");
    let mut command = Command::new(own);
    command.arg("app").args(arguments).current_dir(folder).env("NO_COLOR", "1").env_remove("DATABASE_URL");
    let output = command.output().expect("it is there");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

fn it_speaks_of_its_own_commands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let check = |arguments: &[&str], status: i32, expected: &str| {
        let (found, said) = run_app(folder.path(), arguments);
        assert_eq!((found, said.as_str()), (Some(status), expected));
    };
    check(
        &["migrate", "create", "greet", "--format", "rust"],
        0,
        "\
wrote `migrations/0000_greet.rs`
help: register the closure in your program, then run `app migrate verify --accept greet`
",
    );
    assert_eq!(run_app(folder.path(), &["migrate", "apply"]).0, Some(0));
    check(&["migrate", "apply"], 0, "`app.db` has all migrations of `migrations`\n");

    let file = folder.path().join("migrations/0000_greet.rs");
    let text = std::fs::read_to_string(&file).expect("it was written");
    std::fs::write(&file, text + "// edited\n").expect("the folder can be written to");
    check(
        &["migrate", "apply"],
        1,
        "\
whimbrel::history::edited

  x migration `greet` was edited after it was applied: `0000_greet.rs` has checksum e7081e11db2f, not 8586df9c4b6a
  help: restore the file, or record the edit with `app migrate verify --accept greet`
",
    );
    let json = r#"{"version":1,"command":"migrate apply","error":{"code":"whimbrel::history::edited","message":"migration `greet` was edited after it was applied: `0000_greet.rs` has checksum e7081e11db2f, not 8586df9c4b6a","help":"restore the file, or record the edit with `app migrate verify --accept greet`"}}"#;
    check(&["migrate", "apply", "--json"], 1, &format!("{json}\n"));
}

fn program_with_a_bug() -> Program {
    Program::new("app").url("sqlite://:memory:").source(schema![Member, Team]).configure(|_| panic!("a bug"))
}

fn a_panic_ends_the_program() {
    let own = std::env::current_exe().expect("a program knows where it is");
    let output = Command::new(own).arg("push").env("RUST_BACKTRACE", "0").output().expect("it is there");
    assert_eq!(output.status.code(), Some(101));
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("the above")).collect();
    assert!(said.contains("a bug"), "{said}");
    assert_eq!(
        ours,
        [
            "the above is a bug: it is not what you did, and worth a report",
            "what ran in a transaction is rolled back; run the command again to see where it is",
        ]
    );
}

fn the_binary_pushes_what_it_prints() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("before.sql"),
        "CREATE TABLE members (id INTEGER PRIMARY KEY, nick TEXT NOT NULL);",
    )
    .expect("the folder can be written to");
    let own = std::env::current_exe().expect("a program knows where it is");
    let program = format!("program:{} print", own.display());
    push(folder.path(), "before.sql");
    assert_eq!(
        push(folder.path(), &program),
        "\
~ alter members
    ~ name: renamed from nick
    + role: TEXT, not null, default 'guest'
    + check (\"role\" IN ('guest', 'admin'))
    ! members: may fail if rows break the condition
+ create member_team
    + member_id: INTEGER, not null
    + team_id:   INTEGER, not null
    + primary key (member_id, team_id)
    + foreign key member_team_member_id_fkey (member_id) → members (id), on delete cascade, on update cascade
    + foreign key member_team_team_id_fkey (team_id) → teams (id), on delete cascade, on update cascade
    + index member_team_team_id_idx (team_id)
+ create teams
    + id: INTEGER
    + primary key (id)
    + index i (id)
+ create view names

6 changes in 7 statements, proof: exact

pushed to `app.db`
"
    );
    assert_eq!(push(folder.path(), &program), format!("`app.db` is in sync with `{program}`\n"));
}

/// Pushes a source, and returns what the binary says.
fn push(folder: &Path, schema: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_whimbrel"))
        .args(["push", "--url", "sqlite://app.db", "--no-cache", "--schema", schema])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary is there");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    said
}
