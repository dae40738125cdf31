//! `apply`: what runs, how far, and what keeps it from running.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::{Checksum, Entry, Journal, State};
use whimbrel::core::plan::Proof;
use whimbrel::db::apply::{ApplyObserver, Job, TransactionMode};
use whimbrel::store::{EmbeddedStore, FsStore, Store, StoreError};
use whimbrel::{ApplyReport, Clock, Migrator};
use whimbrel_testkit::failing::{FAULTS, FailingConnection};

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, USERS, names, told};

/// Breaks a folder of three migrations, of which the first is applied; compares
/// what apply then says, and sees that it does nothing.
async fn refused(break_it: impl AsyncFn(&Project)) -> String {
    let project = Project::applied(Dialect::Sqlite, &[USERS]).await;
    project.generate(AGED).await;
    project.generate(POSTS).await;
    break_it(&project).await;
    let before = project.store.texts();
    let said = told(project.migrator().await.apply().await);
    assert_eq!(told(project.migrator().await.apply().dry_run(true).await), said);
    assert_eq!(project.tables().await, "users");
    assert_eq!(project.store.texts(), before);
    said
}

#[tokio::test]
async fn everything_pending_is_applied_once() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED, POSTS]).await;
        let report = project.migrator().await.apply().await.unwrap();
        assert_eq!(report.migrations, project.journal().entries);
        assert_eq!(report.pending, []);
        assert_eq!(report.texts[0], project.text("0000_create-users.sql"));
        assert_eq!(project.tables().await, "posts users");
        assert_eq!(project.apply().await, [""; 0]);
        assert_eq!(project.tracked().await, "create-users\nadd-age-to-users\ncreate-posts");
        let checksums: Vec<_> =
            project.journal().entries.iter().map(|entry| entry.checksum.to_string()).collect();
        let rows = project.rows("SELECT checksum FROM _whimbrel_migrations ORDER BY id").await;
        assert_eq!(rows, checksums.join("\n"));
    }
}

#[tokio::test]
async fn what_was_read_ahead_counts_only_while_it_is_current() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    let mut migrator = project.builder().read_ahead().connect().await.unwrap();
    project.generate(AGED).await;
    let report = migrator.apply().await.unwrap();
    assert_eq!(names(&report.migrations), ["create-users", "add-age-to-users"]);

    // A problem is told by the verb, and only as long as it is there.
    let journal = project.text(JOURNAL);
    project.put(JOURNAL, "{").await;
    let mut migrator = project.builder().read_ahead().connect().await.unwrap();
    assert!(told(migrator.apply().await).starts_with("whimbrel::journal::malformed\n"));
    let mut migrator = project.builder().read_ahead().connect().await.unwrap();
    project.put(JOURNAL, &journal).await;
    assert_eq!(names(&migrator.apply().await.unwrap().migrations), [""; 0]);
}

/// A history that is long enough for a thread to help with reading it.
#[tokio::test]
async fn where_nothing_is_pending_every_file_of_a_long_history_is_compared() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        let mut journal = Journal::new(dialect);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("meta")).unwrap();
        for number in 0..300 {
            let text = format!("SELECT {number};\n");
            let entry = Entry::new(number, format!("step-{number}"), 0, Checksum::of_file(&text));
            fs::write(folder.path().join(entry.path()), text).unwrap();
            journal.entries.push(entry);
        }
        fs::write(folder.path().join(JOURNAL), journal.to_json()).unwrap();
        let builder = project.builder().store(FsStore::new(folder.path())).read_ahead();
        let apply = async || builder.clone().connect().await.unwrap().apply().await;
        assert_eq!(apply().await.unwrap().migrations.len(), 300);
        assert_eq!(names(&apply().await.unwrap().migrations), [""; 0]);

        let within = |number: u32| folder.path().join(format!("{number:04}_step-{number}.sql"));
        let breaks: [&dyn Fn(&Path); 5] = [
            &|file| fs::write(file, "SELECT 7;\n").unwrap(),
            &|file| fs::remove_file(file).unwrap(),
            &|file| fs::rename(file, file.with_extension("txt")).unwrap(),
            &|file| File::options().write(true).open(file).unwrap().set_len(6).unwrap(),
            &|file| fs::write(file, "").unwrap(),
        ];
        for number in [0, 150, 299] {
            let file = within(number);
            let text = fs::read_to_string(&file).unwrap();
            for (at, break_it) in breaks.iter().enumerate() {
                break_it(&file);
                let code = if matches!(at, 1 | 2) { "missing" } else { "edited" };
                let said = told(apply().await);
                assert!(said.contains(&format!("whimbrel::history::{code}\n")), "{said}");
                assert!(said.contains(&format!("{number:04}_step-{number}.sql")), "{said}");
                fs::write(&file, &text).unwrap();
            }
            fs::write(&file, text.replace('\n', "\r\n")).unwrap();
            assert_eq!(names(&apply().await.unwrap().migrations), [""; 0]);
        }
    }
}

/// A folder that counts the texts that are asked of it many at once, and how often
/// the journal is.
#[derive(Debug, Clone)]
struct Counting {
    folder: FsStore,
    read: Arc<AtomicUsize>,
    journals: Arc<AtomicUsize>,
}

#[async_trait]
impl Store for Counting {
    fn name(&self) -> String {
        self.folder.name()
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        self.journals.fetch_add(usize::from(path == JOURNAL), Ordering::SeqCst);
        self.folder.get(path).await
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        self.folder.put(path, text).await
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.folder.delete(path).await
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        self.read.fetch_add(paths.len(), Ordering::SeqCst);
        self.folder.get_many(paths).await
    }

    async fn mark(&self, paths: &[String]) -> Option<String> {
        self.folder.mark(paths).await
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_was_compared_before_is_not_read_again_until_it_is_touched() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store =
        Counting { folder: FsStore::new(folder.path()), read: Arc::default(), journals: Arc::default() };
    let mut journal = Journal::new(Dialect::Sqlite);
    for number in 0..3 {
        let text = format!("CREATE TABLE t{number} (a);\n");
        let entry = Entry::new(number, format!("t{number}"), 0, Checksum::of_file(&text));
        store.put(&entry.path(), &text).await.unwrap();
        journal.entries.push(entry);
    }
    store.put(JOURNAL, &journal.to_json()).await.unwrap();
    let project = Project::new(Dialect::Sqlite).await;
    let builder = |project: &Project| project.builder().store(store.clone()).cache(cache.path()).read_ahead();
    let run = async |project: &Project| builder(project).connect().await.unwrap().apply().await;
    let read = async |project: &Project, applied: usize| {
        let before = store.read.load(Ordering::SeqCst);
        assert_eq!(run(project).await.unwrap().migrations.len(), applied);
        store.read.load(Ordering::SeqCst) - before
    };
    // All was written just now: nothing is known of it.
    assert_eq!(read(&project, 3).await, 3);
    assert_eq!(read(&project, 0).await, 3);
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    assert_eq!(read(&project, 0).await, 3);
    let journals = store.journals.load(Ordering::SeqCst);
    assert_eq!(read(&project, 0).await, 0);
    assert_eq!(store.journals.load(Ordering::SeqCst), journals);
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
    // Who names a migration is told if there is none such.
    let to = async |target| builder(&project).connect().await.unwrap().apply().to(target).await;
    assert_eq!(to("t0").await.unwrap(), ApplyReport::default());
    assert!(told(to("t7").await).starts_with("whimbrel::history::no_such_migration\n"));
    // Whatever the database says that it did not say before is looked into.
    let refused = async |sql: &str| {
        project.run(sql).await;
        let said = told(run(&project).await);
        assert_eq!(told(project.builder().store(store.clone()).connect().await.unwrap().apply().await), said);
        said.lines().next().unwrap().to_owned()
    };
    assert_eq!(
        refused("UPDATE _whimbrel_migrations SET checksum = 'x' || checksum WHERE name = 't1'").await,
        "the database applied `t1` with checksum x93a39d9523f, and the journal says 93a39d9523f3"
    );
    project.run("UPDATE _whimbrel_migrations SET checksum = substr(checksum, 2) WHERE name = 't1'").await;
    assert_eq!(
        refused("INSERT INTO _whimbrel_migrations VALUES (9, 't9', 'c0ffee', 'some day')").await,
        "the database has applied `t9` (at some day), which the journal does not know"
    );
    project.run("DELETE FROM _whimbrel_migrations WHERE name IN ('t2', 't9')").await;
    project.run("DROP TABLE t2").await;
    assert_eq!(read(&project, 1).await, 3);
    assert_eq!(read(&project, 0).await, 0);
    // Who needs the texts has them.
    let other = Project::new(Dialect::Sqlite).await;
    let mut migrator = builder(&other).connect().await.unwrap();
    let standing = migrator.status().await.unwrap().migrations;
    assert!(standing.iter().all(|one| one.state == State::Pending), "{standing:?}");
    assert_eq!(read(&other, 3).await, 3);
    assert_eq!(other.tables().await, "t0 t1 t2");
    assert_eq!(read(&other, 0).await, 0);

    // An edit of the same length whose time was put back is seen all the same.
    let file = folder.path().join("0001_t1.sql");
    let (text, time) = (fs::read_to_string(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    fs::write(&file, text.replace("(a)", "(b)")).unwrap();
    File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    let said = told(run(&project).await);
    assert!(said.contains("whimbrel::history::edited\n") && said.contains("0001_t1.sql"), "{said}");
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    assert_eq!(told(run(&project).await), said);
    fs::remove_file(&file).unwrap();
    let said = told(run(&project).await);
    assert!(said.contains("whimbrel::history::missing\n") && said.contains("0001_t1.sql"), "{said}");
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
}

/// Files and tracking table are read at the same time: which failure is told does
/// not depend on which comes first.
#[tokio::test]
async fn where_both_files_and_database_fail_the_files_are_told_of() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS]).await;
        let journal = project.text(JOURNAL);
        for fault in FAULTS {
            let told_with = async || {
                let failing = FailingConnection::new(project.database.another_session().await, fault, 0);
                told(project.builder().over(Box::new(failing)).apply().await)
            };
            let of_the_database = told_with().await;
            assert!(of_the_database.contains("on purpose"), "{of_the_database}");
            project.put(JOURNAL, "{").await;
            let of_the_files = told_with().await;
            assert!(of_the_files.starts_with("whimbrel::journal::malformed\n"), "{of_the_files}");
            project.put(JOURNAL, &journal).await;
        }
    }
}

#[tokio::test]
async fn it_stops_where_it_is_told_to() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED, POSTS]).await;
    let mut migrator = project.migrator().await;
    let report = migrator.apply().to(0).dry_run(true).await.unwrap();
    assert_eq!(names(&report.migrations), ["create-users"]);
    assert_eq!(project.tables().await, "");
    let report = migrator.apply().to("create-users").await.unwrap();
    assert_eq!(names(&report.migrations), ["create-users"]);
    assert_eq!(names(&report.pending), ["add-age-to-users", "create-posts"]);
    let report = migrator.apply().to("0001_add-age-to-users").await.unwrap();
    assert_eq!(names(&report.migrations), ["add-age-to-users"]);
    assert_eq!(names(&report.pending), ["create-posts"]);
    // It never takes anything back.
    let report = migrator.apply().to(0).await.unwrap();
    assert_eq!(
        (names(&report.migrations), names(&report.pending)),
        (vec![], vec!["create-posts".to_owned()])
    );
    assert_eq!(
        told(migrator.apply().to("0009_nothing").await),
        "\
whimbrel::history::no_such_migration
there is no migration `0009_nothing`
`whimbrel migrate status` lists them; a migration is named `add-users`, `0003_add-users` or `3`"
    );
    assert_eq!(
        told(migrator.apply().to(7).await),
        "\
whimbrel::history::no_such_migration
there is no migration `7`
`whimbrel migrate status` lists them; a migration is named `add-users`, `0003_add-users` or `3`"
    );
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED]).await;
        let report = project.migrator().await.apply().dry_run(true).await.unwrap();
        assert_eq!(report.migrations.len(), 2);
        let catalogue = match dialect {
            Dialect::Sqlite => "SELECT count(*) FROM sqlite_schema",
            Dialect::Postgres => "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        };
        assert_eq!(project.rows(catalogue).await, "0");
    }
}

#[tokio::test]
async fn rows_survive_a_rebuild_between_other_migrations() {
    let one = "CREATE TABLE users (id integer PRIMARY KEY, name text);\n\
               CREATE TABLE posts (id integer PRIMARY KEY, author integer REFERENCES users (id) ON DELETE CASCADE);";
    let two = one.replace("name text", "name text CHECK (name <> '')");
    let project = Project::applied(Dialect::Sqlite, &[one]).await;
    project.run("INSERT INTO users VALUES (1, 'ann')").await;
    project.run("INSERT INTO posts VALUES (7, 1)").await;
    project.write("before", "UPDATE users SET name = 'bob';\n", None).await;
    project.generate(&two).await;
    project.write("after", "INSERT INTO posts VALUES (8, 1);\n", None).await;
    assert_eq!(project.apply().await.len(), 3);
    assert_eq!(
        project.rows("SELECT name, posts.id FROM users JOIN posts ON author = users.id").await,
        "bob|7\nbob|8"
    );
}

#[tokio::test]
async fn what_is_not_proved_is_refused_where_proof_is_required() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS]).await;
        project.write("by-hand", "CREATE TABLE t (a integer);\n", None).await;
        let mut migrator = project.migrator().await;
        assert_eq!(
            told(migrator.apply().require_proof(true).await),
            "whimbrel::history::unproved\n`by-hand` is not proved: its journal entry has no proof\nnothing was run; prove it with `whimbrel migrate verify --accept by-hand`, or leave `--require-proof` away"
        );
        assert_eq!(project.tables().await, "");
        migrator.verify().accept("by-hand").await.unwrap();
        assert_eq!(migrator.apply().require_proof(true).await.unwrap().migrations.len(), 2);
        // What is applied already needs none.
        let mut journal = project.journal();
        for entry in &mut journal.entries {
            entry.proof = Some(Proof::Unproved { reason: "no scratch database".to_owned() });
        }
        project.put(JOURNAL, &journal.to_json()).await;
        assert_eq!(migrator.apply().require_proof(true).await.unwrap().migrations, []);
    }
}

/// Applies a sound migration and one whose second statement fails; returns what
/// is there afterwards.
async fn half_sound(dialect: Dialect, mode: TransactionMode) -> String {
    let project = Project::new(dialect).await;
    project.write("sound", "CREATE TABLE a (a integer);\n", None).await;
    project.write("unsound", "CREATE TABLE b (a integer);\nINSERT INTO nowhere VALUES (1);\n", None).await;
    let failed = project.migrator().await.apply().transaction(mode).await;
    assert!(failed.is_err());
    let tracked = match project.status().await.contains("0000_sound: applied") {
        true => project.tracked().await,
        false => String::new(),
    };
    format!("{} / {}", project.tables().await, tracked.replace('\n', " "))
}

#[tokio::test]
async fn transactions_hold_what_they_are_told_to_hold() {
    for dialect in BOTH {
        assert_eq!(half_sound(dialect, TransactionMode::Each).await, "a / sound", "{dialect}");
        assert_eq!(half_sound(dialect, TransactionMode::All).await, " / ", "{dialect}");
        assert_eq!(half_sound(dialect, TransactionMode::None).await, "a b / sound", "{dialect}");
    }
}

#[tokio::test]
async fn a_failure_says_where_and_what_was_kept() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    project.write("third", "INSERT INTO users VALUES (1, 'a');\n\nINSERT INTO users VALUES (2, 'b');\n-- why\nINSERT INTO users VALUES (1, 'c');\n", None).await;
    assert_eq!(told(project.migrator().await.apply().await), "\
whimbrel::apply::statement
statement 3 of 3 of `third` failed, at line 5 of `memory/0001_third.sql`
this run keeps `create-users`; put right the rows that it met, or the file (`whimbrel migrate verify --accept third` records the edit), then run the command again");
    assert_eq!(project.rows("SELECT count(*) FROM users").await, "0");
    assert_eq!(project.tracked().await, "create-users");
}

#[tokio::test]
async fn an_edited_file_is_refused() {
    let edited = refused(async |project| project.edit("0000_create-users.sql", "text", "blob").await).await;
    assert_eq!(edited, "\
migration `create-users` was edited after it was applied: `0000_create-users.sql` has checksum 1bc5ac3dbf1d, not aa639230deb6
whimbrel::history::edited
migration `create-users` was edited after it was applied: `0000_create-users.sql` has checksum 1bc5ac3dbf1d, not aa639230deb6
restore the file, or record the edit with `whimbrel migrate verify --accept create-users`");
    let edited = refused(async |project| project.edit("0002_create-posts.sql", "text", "blob").await).await;
    assert_eq!(
        edited,
        "\
`0002_create-posts.sql` was edited: it has checksum 4557b3fbc83e, and the journal says 25277be940a2
whimbrel::history::edited_pending
`0002_create-posts.sql` was edited: it has checksum 4557b3fbc83e, and the journal says 25277be940a2
restore the file, or have the edit proved and recorded with `whimbrel migrate verify --accept create-posts`"
    );
    let truncated = refused(async |project| {
        let text = project.text("0001_add-age-to-users.sql");
        project.put("0001_add-age-to-users.sql", &text[..text.len() / 2]).await;
    });
    assert!(truncated.await.contains("whimbrel::history::edited_pending"));
}

#[tokio::test]
async fn a_deleted_file_is_refused() {
    let deleted = refused(async |project| project.store.delete("0000_create-users.sql").await.unwrap()).await;
    assert_eq!(
        deleted,
        "\
`0000_create-users.sql` of migration `create-users` is missing
whimbrel::history::missing
`0000_create-users.sql` of migration `create-users` is missing
restore the file from version control, and make sure that it is deployed"
    );
}

#[tokio::test]
async fn a_renamed_file_is_refused() {
    let renamed = refused(async |project| {
        let text = project.text("0001_add-age-to-users.sql");
        project.store.delete("0001_add-age-to-users.sql").await.unwrap();
        project.put("0001_add-age.sql", &text).await;
    });
    assert_eq!(
        renamed.await,
        "\
`0001_add-age-to-users.sql` of migration `add-age-to-users` is missing
whimbrel::history::missing
`0001_add-age-to-users.sql` of migration `add-age-to-users` is missing
restore the file from version control, and make sure that it is deployed"
    );
}

#[tokio::test]
async fn a_reordered_journal_is_refused() {
    let reordered = refused(async |project| {
        let mut journal = project.journal();
        journal.entries.swap(0, 1);
        for (entry, idx) in journal.entries.iter_mut().zip(0..) {
            let (old, old_down) = (entry.path(), entry.down_path());
            entry.idx = idx;
            if entry.path() != old {
                project.put(&entry.path(), &project.text(&old)).await;
                project.put(&entry.down_path(), &project.text(&old_down)).await;
            }
        }
        project.put(JOURNAL, &journal.to_json()).await;
    });
    assert_eq!(
        reordered.await,
        "\
migration `add-age-to-users` is pending, but `create-users`, which comes after it, is applied
whimbrel::history::out_of_order
migration `add-age-to-users` is pending, but `create-users`, which comes after it, is applied
run `whimbrel migrate rebase`: it puts the pending migrations after the applied ones"
    );
}

#[tokio::test]
async fn a_database_that_is_ahead_or_another_one_is_refused() {
    let ahead = refused(async |project| {
        project.run("INSERT INTO _whimbrel_migrations (name, checksum, applied_at) VALUES ('from-the-future', 'x', '2030')").await;
    });
    assert_eq!(
        ahead.await,
        "\
the database has applied `from-the-future` (at 2030), which the journal does not know
whimbrel::history::unknown
the database has applied `from-the-future` (at 2030), which the journal does not know
deploy the migrations that know it: a newer version, or the branch that it comes from"
    );
    let other = refused(async |project| project.run("UPDATE _whimbrel_migrations SET checksum = '7'").await);
    assert!(other.await.contains("whimbrel::history::applied_other"));
    let disjoint =
        refused(async |project| project.run("UPDATE _whimbrel_migrations SET name = 'other'").await);
    assert!(disjoint.await.contains("whimbrel::history::unknown"));
}

#[tokio::test]
async fn several_problems_are_told_together() {
    let both = refused(async |project| {
        project.edit("0000_create-users.sql", "text", "blob").await;
        project.store.delete("0002_create-posts.sql").await.unwrap();
    });
    assert_eq!(both.await, "\
2 things must be put right first
whimbrel::history::edited
migration `create-users` was edited after it was applied: `0000_create-users.sql` has checksum 1bc5ac3dbf1d, not aa639230deb6
restore the file, or record the edit with `whimbrel migrate verify --accept create-users`
whimbrel::history::missing
`0002_create-posts.sql` of migration `create-posts` is missing
restore the file from version control, and make sure that it is deployed");
}

#[tokio::test]
async fn a_checkout_with_other_line_ends_makes_no_difference() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED]).await;
        for (path, text) in project.store.texts() {
            project.put(&path, &text.replace('\n', "\r\n")).await;
        }
        assert_eq!(project.apply().await, ["create-users", "add-age-to-users"]);
        assert_eq!(
            project.status().await,
            "\
0000_create-users: applied at then
0001_add-age-to-users: applied at then"
        );
        assert!(project.towards(AGED).await.generate().await.unwrap().migrations.is_empty());
    }
}

#[tokio::test]
async fn a_journal_that_does_not_read_stops_everything() {
    let told_of =
        async |from: &str, to: &str| refused(async |project| project.edit(JOURNAL, from, to).await).await;
    assert_eq!(
        told_of("\"dialect\": \"sqlite\"", "\"dialect\": \"postgresql\"").await,
        "\
whimbrel::history::dialect
`memory/meta/_journal.json` is of migrations for PostgreSQL, and the database is SQLite
give each engine a folder of its own, with `--dir`"
    );
    assert_eq!(
        told_of("\"version\": \"1\"", "\"version\": \"2\"").await,
        "\
whimbrel::journal::version
`memory/meta/_journal.json` has version `\"2\"`, and this whimbrel reads version \"1\"
use the whimbrel that wrote it, or a later one"
    );
    assert_eq!(told_of("\"idx\": 1", "\"idx\": 0").await, "\
whimbrel::journal::invalid
`memory/meta/_journal.json`: entry 2 (`add-age-to-users`): entry 1 has the number 0 too
if both sides of a merge added migrations, take the file as it was before it, and run `whimbrel migrate rebase`");
    assert_eq!(
        told_of("\"add-age-to-users\"", "\"create-users\"").await,
        "\
whimbrel::journal::invalid
`memory/meta/_journal.json`: entry 2 (`create-users`): entry 1 has the same name
a migration is its name: rename the one that no database has applied, its `name` here and its files"
    );
    assert_eq!(
        told_of("\"add-age-to-users\"", "\"../../etc/passwd\"").await,
        "\
whimbrel::journal::invalid
`memory/meta/_journal.json`: entry 2 (`../../etc/passwd`): its name leads out of the folder
rename the migration: its `name` here, and its files"
    );
}

#[tokio::test]
async fn transaction_control_inside_a_file_is_refused_before_anything_runs() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    project
        .write("commits", "CREATE TABLE a (a integer);\nCOMMIT;\nCREATE TABLE b (a integer);\n", None)
        .await;
    assert_eq!(told(project.migrator().await.apply().await), "\
`memory/0001_commits.sql` cannot run: a migration may not control its transaction
whimbrel::script::statement
line 2: a migration may not control its transaction
remove it; only one BEGIN and COMMIT around the whole file is accepted. If the statements must not share a transaction, put `-- whimbrel: no-transaction` at the top");
    assert_eq!(project.tables().await, "");
}

#[tokio::test]
async fn a_migration_may_leave_its_session_in_any_state() {
    let project = Project::new(Dialect::Postgres).await;
    let dump = "SET search_path = '';\nSELECT pg_catalog.set_config('search_path', '', false);\n\
                SET lock_timeout = 1;\nSET SESSION AUTHORIZATION DEFAULT;\nCREATE TABLE public.a (a integer);\n";
    project.write("dump", dump, None).await;
    project.write("next", "CREATE TABLE b (a integer);\n", None).await;
    assert_eq!(project.apply().await, ["dump", "next"]);
    assert_eq!(project.tables().await, "a b");
    assert_eq!(project.tracked().await, "dump\nnext");
}

#[tokio::test]
async fn a_statement_that_needs_no_transaction_gets_none() {
    let project = Project::applied(Dialect::Postgres, &[USERS]).await;
    let up = "CREATE INDEX CONCURRENTLY users_name ON users (name);\nVACUUM users;\n";
    project.write("index", up, Some("DROP INDEX CONCURRENTLY users_name;\n")).await;
    assert_eq!(project.apply().await, ["index"]);
    let mut migrator = project.migrator().await;
    assert_eq!(migrator.down().await.unwrap().migrations.len(), 1);
    assert_eq!(project.tracked().await, "create-users");
}

static FILES: [(&str, &str); 2] = [
    (
        JOURNAL,
        concat!(
            "{\"version\": \"1\", \"dialect\": \"sqlite\", \"entries\": [{\"idx\": 0, \"version\": \"20260131100000\", ",
            "\"name\": \"a\", \"when\": 1769853600000, ",
            "\"checksum\": \"48637cba1f2cce2d55347dc633a3833ac67199c4a9f62bd3bc3e94498d246a1c\"}]}"
        ),
    ),
    ("0000_a.sql", "CREATE TABLE a (a integer);\n"),
];

#[tokio::test]
async fn migrations_may_be_in_the_binary() {
    let project = Project::new(Dialect::Sqlite).await;
    let checksum = Checksum::of_file(FILES[1].1).to_string();
    assert_eq!(FILES[0].1.matches(&checksum).count(), 1, "{checksum}");
    let builder = Migrator::builder(project.database.url()).unwrap().store(EmbeddedStore::new(&FILES));
    let mut migrator = builder.connect().await.unwrap();
    assert_eq!(names(&migrator.apply().await.unwrap().migrations), ["a"]);
    assert_eq!(migrator.apply().await.unwrap().migrations, []);
    assert_eq!(project.tables().await, "a");
    assert_eq!(
        told(migrator.create("b").await),
        "\
whimbrel::store::read_only
the store `the binary` cannot be written
run it where the migrations are a folder that may be written: `--dir migrations`"
    );
}

/// Writes down what it hears.
#[derive(Default)]
struct Heard(Vec<String>);

impl ApplyObserver for Heard {
    fn began(&mut self, total: usize) {
        self.0.push(format!("{total} to run"));
    }

    fn started(&mut self, index: usize, total: usize, job: &Job) {
        self.0.push(format!("{} of {total}: {}", index + 1, job.label()));
    }

    fn statements(&mut self, _: usize, _: usize) {}

    fn said(&mut self, _: &str) {}

    fn applied(&mut self, job: &Job, _: Duration) {
        self.0.push(format!("applied {}", job.label()));
    }
}

#[tokio::test]
async fn an_observer_hears_of_each_migration() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED]).await;
        let mut heard = Heard::default();
        project.migrator().await.apply().observer(&mut heard).await.unwrap();
        heard.0.sort();
        assert_eq!(
            heard.0,
            [
                "1 of 2: 0000_create-users",
                "2 of 2: 0001_add-age-to-users",
                "2 to run",
                "applied 0000_create-users",
                "applied 0001_add-age-to-users"
            ]
        );
    }
}

#[tokio::test]
async fn an_empty_folder_is_no_failure() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        assert_eq!(project.apply().await, [""; 0]);
        assert_eq!(project.status().await, "");
        // What is not called as a migration is nobody's.
        project.put("seed.sql", "CREATE TABLE a (a integer);\n").await;
        assert_eq!(project.apply().await, [""; 0]);
        assert_eq!(project.tables().await, "");
    }
}

#[tokio::test]
async fn many_migrators_at_once_apply_each_migration_once() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        project.write("table", "CREATE TABLE a (a integer);\n", None).await;
        for at in 0..5 {
            project.write(&format!("row-{at}"), &format!("INSERT INTO a VALUES ({at});\n"), None).await;
        }
        let migrators = (0..8).map(|_| {
            let builder = project.builder().clock(Clock::system());
            tokio::spawn(async move { builder.connect().await?.apply().await })
        });
        let runs: Vec<_> = migrators.collect();
        let mut applied = 0;
        for run in runs {
            applied += run.await.unwrap().unwrap().migrations.len();
        }
        assert_eq!(applied, 6);
        assert_eq!(project.rows("SELECT a FROM a ORDER BY a").await, "0\n1\n2\n3\n4");
    }
}
