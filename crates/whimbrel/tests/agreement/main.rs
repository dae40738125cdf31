//! `verify!`: a test of one line that fails when models and migrations disagree.
//!
//! Whimbrel itself made the folders `sqlite` and `postgres` from these models.

use std::panic::{AssertUnwindSafe, catch_unwind};

use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::{Format, Journal};
use whimbrel::store::{LockFileStore, Store as _};
use whimbrel::{Agreement, Layout, MemoryStore, Migration, Migrator, Model, Source, schema, verify};
use whimbrel_testkit::database::{Database, block_on};

#[derive(Model)]
#[model(table = "users")]
#[expect(dead_code, reason = "only its columns matter")]
struct User {
    #[column(primary_key)]
    id: i32,
    #[column(type = varchar(80), unique)]
    email: String,
}

/// What `assert` panics with, if it does.
fn refusal(agreement: Agreement) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| agreement.assert())).err()?;
    Some(*panic.downcast::<String>().unwrap())
}

fn sqlite() -> Agreement {
    Agreement::of(schema!()).dir("tests/agreement/sqlite")
}

#[test]
fn they_agree_on_sqlite() {
    verify!(dir = "tests/agreement/sqlite");
}

#[test]
fn they_agree_on_postgres() {
    let server = block_on(Database::shared(Dialect::Postgres));
    verify!(dir = "tests/agreement/postgres", url = server.url(), source = schema![User]);
}

#[test]
fn a_runtime_does_not_stand_in_the_way() {
    block_on(async { verify!(dir = "tests/agreement/sqlite") });
}

#[test]
fn models_that_are_ahead_are_told_with_what_to_run() {
    let ahead = "CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL,
        age INTEGER,
        CONSTRAINT users_email_key UNIQUE (email)
    );";
    assert_eq!(
        refusal(sqlite().source(Source::sql("schema.sql", ahead))).unwrap(),
        "`tests/agreement/sqlite` does not lead to what the models say:\n\
         alter users\n  \
           + age: INTEGER\n\
         help: run `whimbrel migrate generate`, and commit what it writes\n\
         note: if a program of your own has these commands, run that instead of `whimbrel`; \
         name it for this text with `verify!(program = \"cargo run --bin NAME --\")`"
    );
    assert_eq!(
        refusal(sqlite().source(Source::sql("schema.sql", ahead)).program("cargo run --bin shop --"))
            .unwrap(),
        "`tests/agreement/sqlite` does not lead to what the models say:\n\
         alter users\n  \
           + age: INTEGER\n\
         help: run `cargo run --bin shop -- migrate generate`, and commit what it writes"
    );
}

#[test]
fn closures_take_their_part() {
    let closure = Migration::new("audit").up(async |tx| {
        tx.execute("CREATE TABLE audit (id INTEGER PRIMARY KEY)", []).await?;
        Ok(())
    });
    let store = MemoryStore::new();
    block_on(async {
        let builder = Migrator::builder("sqlite::memory:").unwrap().store(store.clone());
        let mut migrator = builder.migration(closure.clone()).connect().await.unwrap();
        migrator.create("audit").format(Format::Rust).await.unwrap();
        migrator.verify().accept("audit").await.unwrap();
    });
    let audit = Source::sql("schema.sql", "CREATE TABLE audit (id INTEGER PRIMARY KEY);");
    assert_eq!(refusal(Agreement::of(audit.clone()).store(store.clone()).migration(closure)), None);
    assert_eq!(
        refusal(Agreement::of(audit).store(store)).unwrap(),
        "`audit` is a closure of a program, and this one does not have it\n\
         help: nothing was run; run it with the program that gives its migrator `Migration::new(\"audit\")`"
    );
}

#[test]
fn an_edited_file_is_told_as_by_the_other_verbs() {
    let folder = whimbrel::FsStore::new("tests/agreement/sqlite");
    let store = MemoryStore::new();
    block_on(async {
        for path in folder.list().await.unwrap() {
            store.put(&path, &folder.get(&path).await.unwrap().unwrap()).await.unwrap();
        }
        store.put("0000_create-users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n").await.unwrap();
        store.delete("meta/_down/0000_create-users.sql").await.unwrap();
    });
    assert_eq!(
        refusal(sqlite().store(store)).unwrap(),
        "`0000_create-users.sql` was edited: it has checksum f9635202e60e, and the journal says f861cd97d3c8\n\
         help: restore the file, or have the edit proved and recorded with \
         `whimbrel migrate verify --accept create-users`\n\n\
         `meta/_down/0000_create-users.sql`, the way back of migration `create-users`, is missing\n\
         help: restore the file from version control\n\
         note: if a program of your own has these commands, run that instead of `whimbrel`; \
         name it for this text with `verify!(program = \"cargo run --bin NAME --\")`"
    );
}

#[test]
fn what_is_not_there_is_named() {
    assert_eq!(
        refusal(sqlite().dir("nowhere")).unwrap(),
        "`nowhere/meta/_journal.json` is missing\n\
         help: write the first migration with `whimbrel migrate generate`, or name the folder: \
         `verify!(dir = \"...\")`\n\
         note: if a program of your own has these commands, run that instead of `whimbrel`; \
         name it for this text with `verify!(program = \"cargo run --bin NAME --\")`"
    );
    let store = MemoryStore::new();
    block_on(store.put("meta/_journal.json", &Journal::new(Dialect::Postgres).to_json())).unwrap();
    assert_eq!(
        refusal(sqlite().store(store.clone())).unwrap(),
        format!(
            "`{}/meta/_journal.json` is of migrations for PostgreSQL, and no server is named\n\
             help: name one on which databases may be made: \
             `verify!(url = \"postgres://USER@HOST/DATABASE\")`; the database itself is left alone",
            store.name()
        )
    );
}

/// A project with a lock file: one migration from the models, applied, and one that
/// a person wrote and nobody has applied.
async fn lock_file_project(dialect: Dialect) -> (tempfile::TempDir, Database) {
    let project = tempfile::tempdir().unwrap();
    let database = Database::shared(dialect).await;
    let store = LockFileStore::new(project.path().join("migrations"));
    let builder = Migrator::builder(database.url()).unwrap().source(schema![User]).store(store.clone());
    let mut migrator = builder.layout(Layout::LockFile).connect().await.unwrap();
    migrator.generate().await.unwrap();
    migrator.apply().await.unwrap();
    store.put("0002_index.sql", "CREATE INDEX by_email ON users (email DESC);\n").await.unwrap();
    (project, database)
}

#[test]
fn a_lock_file_stands_in_the_place_of_a_journal() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (project, database) = block_on(lock_file_project(dialect));
        let (folder, name) = (project.path().join("migrations"), project.path().display().to_string());
        let agreement = || {
            let agreement = Agreement::of(schema!()).dir(&folder).layout(Layout::LockFile);
            agreement.url(database.url()).program("app")
        };
        assert_eq!(
            refusal(agreement()).unwrap(),
            format!(
                "`{name}/migrations` does not lead to what the models say:\n\
                 alter users\n  \
                   - index by_email\n\
                 help: run `app migrate generate`, and commit what it writes"
            ),
            "{dialect}"
        );
        let both = "CREATE INDEX by_email ON users (email DESC);";
        verify!(
            dir = &folder,
            layout = Layout::LockFile,
            url = database.url(),
            source = schema![User].and_sql("index.sql", both)
        );
        let first = folder.join("0001_create-users.sql");
        let edited = std::fs::read_to_string(&first).unwrap().replace("NOT NULL", "");
        std::fs::write(&first, edited).unwrap();
        let problem = refusal(agreement()).unwrap();
        assert!(problem.starts_with("`0001_create-users.sql` was edited: it has checksum "), "{problem}");
    }
}

#[test]
fn a_lock_file_does_not_name_the_engine() {
    let (project, _database) = block_on(lock_file_project(Dialect::Sqlite));
    let (folder, name) = (project.path().join("migrations"), project.path().display().to_string());
    let help = "help: name layout and engine: `verify!(layout = whimbrel::Layout::LockFile, \
                url = \"sqlite::memory:\")`, or for PostgreSQL a server on which databases may be made, \
                `url = \"postgres://USER@HOST/DATABASE\"`; the database itself is left alone";
    assert_eq!(
        refusal(sqlite().dir(&folder)).unwrap(),
        format!(
            "`{name}/migrations/meta/_journal.json` is missing, and there is a `{name}/kontract.lock.json`\n{help}"
        )
    );
    assert_eq!(
        refusal(sqlite().dir(&folder).layout(Layout::LockFile)).unwrap(),
        format!("nothing in `{name}/migrations` says for which engine its migrations are\n{help}")
    );
    let nowhere = sqlite().dir(project.path().join("nowhere/migrations")).layout(Layout::LockFile);
    assert_eq!(
        refusal(nowhere.url("sqlite::memory:").program("app")).unwrap(),
        format!(
            "there is no migration in `{name}/nowhere/migrations`\n\
             help: write the first with `app migrate generate`, or name the folder: `verify!(dir = \"...\")`"
        )
    );
}
