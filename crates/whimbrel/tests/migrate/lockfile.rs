//! The verbs in the layout with a lock file.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::Format;
use whimbrel::core::resolve::lenient;
use whimbrel::lockfile::LockFile;
use whimbrel::store::Capabilities;
use whimbrel::{Finding, Layout, Migration, Migrator};
use whimbrel_testkit::failing::{FAULTS, FailingConnection};
use whimbrel_testkit::failing_store::FailingStore;

use crate::project::{AGED, BOTH, POSTS, Project, USERS, names, told};

const LOCK: &str = "kontract.lock.json";

/// A table that no migration made, under a name of its own in the database.
const FOREIGN: &str = include_str!("lockfile/foreign.json");

async fn empty(dialect: Dialect) -> Project {
    Project { layout: Layout::LockFile, ..Project::new(dialect).await }
}

async fn generated(dialect: Dialect, schemas: &[&str]) -> Project {
    let project = empty(dialect).await;
    for schema in schemas {
        project.generate(schema).await;
    }
    project
}

async fn applied(dialect: Dialect, schemas: &[&str]) -> Project {
    let project = generated(dialect, schemas).await;
    project.apply().await;
    project
}

/// What the lock file says: its version, its records, its tables.
fn lock(project: &Project) -> String {
    let Some(text) = project.store.texts().remove(LOCK) else { return "no lock file".to_owned() };
    let lock = LockFile::from_json(LOCK, &text).unwrap();
    let records = lock.migrations.iter().map(|one| one.name.clone().unwrap_or_default());
    let tables = lock.tables.iter().map(|(name, table)| {
        let fields: Vec<_> = table.schema.iter().map(|(field, _)| field).collect();
        format!("{name}({})", fields.join(" "))
    });
    let (records, tables): (Vec<_>, Vec<_>) = (records.collect(), tables.collect());
    format!("{} [{}] {}", lock.version, records.join(" "), tables.join(" "))
}

#[tokio::test]
async fn a_generated_migration_is_one_file_and_the_lock_file_waits() {
    let project = generated(Dialect::Sqlite, &[USERS]).await;
    assert_eq!(project.paths(), ["0001_create-users.sql"]);
    assert_eq!(project.text("0001_create-users.sql"), include_str!("lockfile/0001_create-users.sql"));
    // What is pending is counted, though the lock file knows nothing of it.
    project.generate(AGED).await;
    assert_eq!(project.paths(), ["0001_create-users.sql", "0002_add-age-to-users.sql"]);
    assert!(project.generate(AGED).await.migrations.is_empty());
}

#[tokio::test]
async fn applying_and_going_back_keep_the_lock_file_in_step() {
    for dialect in BOTH {
        let project = applied(dialect, &[USERS, AGED]).await;
        assert_eq!(lock(&project), "2 [create-users add-age-to-users] users(id name age)", "{dialect}");
        assert_eq!(
            project.status().await,
            "0001_create-users: applied at then\n0002_add-age-to-users: applied at then"
        );
        project.migrator().await.down().await.unwrap();
        assert_eq!(lock(&project), "1 [create-users] users(id name)", "{dialect}");
        assert_eq!(project.apply().await, ["add-age-to-users"]);
        assert_eq!(lock(&project), "2 [create-users add-age-to-users] users(id name age)", "{dialect}");
        project.migrator().await.down().steps(2).resolver(lenient()).await.unwrap();
        assert_eq!(
            (lock(&project), project.tables().await),
            ("0 [] ".to_owned(), String::new()),
            "{dialect}"
        );
    }
}

#[tokio::test]
async fn the_lock_file_has_the_bytes_of_the_format() {
    let project = applied(Dialect::Sqlite, &[USERS, AGED]).await;
    assert_eq!(project.text(LOCK), include_str!("lockfile/applied.json"));
}

#[tokio::test]
async fn a_lock_file_that_is_ahead_means_apply_and_is_not_written() {
    let project = applied(Dialect::Sqlite, &[USERS, AGED]).await;
    let production = project.elsewhere().await;
    let text = project.text(LOCK);
    assert_eq!(production.status().await, "0001_create-users: pending\n0002_add-age-to-users: pending");
    // A store that cannot be written serves.
    let can = Capabilities { writable: false, list: true, ..Capabilities::default() };
    let store = FailingStore::sound(production.store.clone()).with(can);
    let builder = Migrator::builder(production.database.url()).unwrap().layout(Layout::LockFile);
    let mut migrator = builder.store(store).connect().await.unwrap();
    let report = migrator.apply().to(1).await.unwrap();
    assert_eq!((names(&report.migrations), report.notes), (vec!["create-users".to_owned()], vec![]));
    assert_eq!(names(&migrator.apply().await.unwrap().migrations), ["add-age-to-users"]);
    assert_eq!(project.text(LOCK), text);
}

#[tokio::test]
async fn a_lock_file_that_is_behind_is_told_of_and_brought_up_to_date() {
    for dialect in BOTH {
        let project = applied(dialect, &[USERS, AGED, POSTS]).await;
        let whole = project.text(LOCK);
        let one = LockFile::from_json(LOCK, &whole).unwrap().truncated(1);
        project.put(LOCK, &one.to_json()).await;
        let report = project.migrator().await.status().await.unwrap();
        assert_eq!(report.lock.map(|lock| (lock.lock, lock.database, lock.is_behind())), Some((1, 3, true)));
        let findings = project.migrator().await.check().await.unwrap().findings;
        assert!(matches!(findings.as_slice(), [Finding::LockBehind(_)]), "{findings:?}");
        assert_eq!(project.apply().await, [""; 0]);
        assert_eq!(project.text(LOCK), whole, "{dialect}");
        assert_eq!(project.migrator().await.check().await.unwrap().findings, []);
        // Where a file was edited meanwhile, nothing is written down.
        project.put(LOCK, &one.to_json()).await;
        project.edit("0003_create-posts.sql", "title", "heading").await;
        assert!(
            told(project.migrator().await.apply().await).starts_with("the database applied `create-posts`")
        );
        assert_eq!(project.text(LOCK), one.to_json());
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_keeps_nobody_from_applying() {
    let project = generated(Dialect::Sqlite, &[USERS]).await;
    let can = Capabilities { writable: false, list: true, ..Capabilities::default() };
    let store = FailingStore::sound(project.store.clone()).with(can);
    let builder = Migrator::builder(project.database.url()).unwrap().layout(Layout::LockFile);
    let report = builder.store(store).connect().await.unwrap().apply().await.unwrap();
    assert_eq!(
        report.notes,
        ["`memory/kontract.lock.json` was not brought up to date: the store `memory` cannot be written; \
          the next `whimbrel migrate apply` where it may be written does so"]
    );
    assert_eq!((project.tracked().await, lock(&project)), ("create-users".into(), "no lock file".into()));
    project.apply().await;
    assert_eq!(lock(&project), "1 [create-users] users(id name)");
}

#[tokio::test]
async fn tables_have_their_names_in_the_database_and_other_hashes_are_told_of() {
    for dialect in BOTH {
        let project = empty(dialect).await;
        project.put(LOCK, FOREIGN).await;
        project.run("CREATE TABLE tbl_users_abc123 (id text PRIMARY KEY)").await;
        let schema = "CREATE TABLE users (id text PRIMARY KEY, age double precision);";
        project.generate(schema).await;
        assert!(
            project
                .text("0001_add-age-to-tbl-users-abc123.sql")
                .contains("ALTER TABLE \"tbl_users_abc123\" ADD")
        );
        let report = project.migrator().await.apply().await.unwrap();
        let note =
            "the hash of `users` in the lock file was not whimbrel's; the fields have changed, and it is now";
        assert_eq!(report.notes, [note]);
        assert_eq!(lock(&project), "1 [add-age-to-tbl-users-abc123] users(id age)", "{dialect}");
        let text = project.text(LOCK);
        assert!(text.starts_with("{\n  \"note\": \"kept\",\n"), "{text}");
        assert!(project.generate(schema).await.migrations.is_empty());
        let mut migrator = project.towards(schema).await;
        assert_eq!(migrator.check().await.unwrap().findings, []);
        assert!(migrator.verify().await.unwrap().is_fine());
    }
}

#[tokio::test]
async fn a_field_of_an_unknown_type_is_refused_where_a_column_is_needed() {
    let project = empty(Dialect::Sqlite).await;
    project.put(LOCK, &FOREIGN.replace("\"string\"", "\"string[]\"")).await;
    assert_eq!(
        told(project.towards(USERS).await.generate().await),
        "the lock file has fields of a type that is not known\nwhimbrel::lockfile::unknown_type\n\
         `tables.users.schema.id` has the type `string[]`, and no column type is known for that\n\
         the types are `string`, `number`, `boolean`, `bigint`, `Date` and `Uint8Array`"
    );
}

#[tokio::test]
async fn what_is_created_has_the_next_number_and_overwrites_nothing() {
    let project = applied(Dialect::Sqlite, &[USERS]).await;
    project.put("notes.md", "").await;
    let mut migrator = project.migrator().await;
    let sql = migrator.create("Fill in").await.unwrap();
    assert_eq!((sql.up.path.as_str(), sql.down), ("0002_fill-in.sql", None));
    assert_eq!(sql.up.text, include_str!("lockfile/0002_fill-in.sql"));
    let script = migrator.create("Fill in").format(Format::Ts).await.unwrap();
    assert_eq!(script.up.path, "0003_fill-in-2.ts");
    assert!(script.up.text.starts_with("// Migration 3: fill-in-2\n"));
    assert_eq!(lock(&project), "1 [create-users] users(id name)");
    assert_eq!(
        told(migrator.apply().to(2).await),
        "whimbrel::history::empty\n`fill-in` holds no statement yet\nnothing was run; write its statements into \
         `memory/0002_fill-in.sql`, then run `whimbrel migrate verify --accept fill-in`"
    );
    project
        .edit("0002_fill-in.sql", "-- whimbrel: down", "UPDATE users SET name = '';\n-- whimbrel: down\n")
        .await;
    let expected = match cfg!(feature = "scripts") {
        true => {
            "whimbrel::history::empty\n`fill-in-2` holds no statement yet\nnothing was run; write its statements \
             into `memory/0003_fill-in-2.ts`, then run `whimbrel migrate verify --accept fill-in-2`"
        }
        false => {
            "whimbrel::program::no_scripts\n`memory/0003_fill-in-2.ts` is a script, and this whimbrel runs none\n\
             nothing was run; write what it does in SQL, or as a closure with `--format rust`"
        }
    };
    assert_eq!(told(migrator.apply().await), expected);
    assert_eq!(project.tracked().await, "create-users");
}

#[tokio::test]
async fn an_edit_of_what_is_applied_is_recorded_by_name() {
    let project = applied(Dialect::Sqlite, &[USERS, AGED]).await;
    project.edit("0002_add-age-to-users.sql", "integer", "bigint").await;
    assert!(told(project.migrator().await.apply().await).contains("edited after it was applied"));
    project.migrator().await.verify().accept(2).await.unwrap();
    let record = LockFile::from_json(LOCK, &project.text(LOCK)).unwrap().migrations.remove(1);
    assert_eq!(record.legacy_checksums.len(), 1);
    assert_ne!(record.checksum.as_ref(), record.legacy_checksums.first());
    assert_eq!(project.apply().await, [""; 0]);
}

#[tokio::test]
async fn several_migrations_become_one_and_so_do_their_records() {
    for dialect in BOTH {
        let project = applied(dialect, &[USERS, AGED, POSTS]).await;
        let fresh = project.elsewhere().await;
        let report = project.migrator().await.squash().to(2).name("both").await.unwrap();
        assert_eq!((report.migration.up.path.as_str(), report.migration.down), ("0001_both.sql", None));
        assert_eq!(project.paths(), ["0001_both.sql", "0002_create-posts.sql", LOCK]);
        assert_eq!(lock(&project), "2 [both create-posts] users(id name age) posts(id title)");
        assert_eq!(project.apply().await, ["both"]);
        assert_eq!(project.tracked().await, "create-posts\nboth");
        assert_eq!(fresh.apply().await, ["both", "create-posts"]);
        fresh.migrator().await.down().steps(2).resolver(lenient()).await.unwrap();
        assert_eq!((lock(&fresh), fresh.tables().await), ("0 [] ".to_owned(), String::new()));
    }
}

#[tokio::test]
async fn a_part_of_what_is_recorded_is_not_squashed() {
    let project = applied(Dialect::Sqlite, &[USERS]).await;
    project.generate(AGED).await;
    let fresh = project.elsewhere().await;
    assert_eq!(
        told(fresh.migrator().await.squash().await),
        "whimbrel::squash::half_recorded\nthe lock file has `create-users` but not `add-age-to-users`\n\
         nothing was written; apply the rest first with `whimbrel migrate apply`, or squash only what is applied"
    );
}

/// Both branches have added a migration of the same number to the same history.
async fn branches(dialect: Dialect, are_applied: bool) -> Project {
    let project = applied(dialect, &[USERS]).await;
    let theirs = Project { store: copy(&project), ..project.elsewhere().await };
    theirs.apply().await;
    project.generate(AGED).await;
    theirs.generate("CREATE TABLE users (id integer PRIMARY KEY, name text, email text);").await;
    if are_applied {
        theirs.apply().await;
        let staging = project.elsewhere().await;
        staging.apply().await;
        let text =
            format!("<<<<<<< HEAD\n{}=======\n{}>>>>>>> main\n", project.text(LOCK), theirs.text(LOCK));
        project.put(LOCK, &text).await;
    }
    project.put("0002_add-email-to-users.sql", &theirs.text("0002_add-email-to-users.sql")).await;
    project
}

fn copy(project: &Project) -> whimbrel::MemoryStore {
    project.store.texts().into_iter().collect()
}

#[tokio::test]
async fn of_two_with_one_number_the_one_that_is_applied_nowhere_gets_the_next() {
    for dialect in BOTH {
        let project = branches(dialect, false).await;
        assert_eq!(
            told(project.migrator().await.apply().await),
            "`0002_add-age-to-users.sql` and `0002_add-email-to-users.sql` have the number 2\n\
             whimbrel::lockfile::same_number\n\
             `0002_add-age-to-users.sql` and `0002_add-email-to-users.sql` have the number 2\n\
             run `whimbrel migrate rebase`: what is not applied gets the next number"
        );
        let report = project.migrator().await.rebase().await.unwrap();
        assert_eq!(names(&report.rebased), ["add-email-to-users"]);
        assert_eq!(
            project.paths(),
            ["0001_create-users.sql", "0002_add-age-to-users.sql", "0003_add-email-to-users.sql", LOCK]
        );
        assert_eq!(project.apply().await, ["add-age-to-users", "add-email-to-users"]);
        assert_eq!(
            lock(&project),
            "3 [create-users add-age-to-users add-email-to-users] users(id name age email)"
        );
        assert!(project.migrator().await.rebase().await.unwrap().rebased.is_empty());
    }
}

#[tokio::test]
async fn after_a_merge_of_lock_files_theirs_stay_and_ours_come_after() {
    let project = branches(Dialect::Sqlite, true).await;
    assert!(told(project.migrator().await.apply().await).starts_with("whimbrel::lockfile::conflict\n"));
    let preview = project.migrator().await.rebase().dry_run(true).await.unwrap();
    let report = project.migrator().await.rebase().await.unwrap();
    assert_eq!(
        (names(&preview.rebased), names(&report.rebased)),
        (names(&report.rebased), vec!["add-age-to-users".to_owned()])
    );
    assert_eq!(lock(&project), "2 [create-users add-email-to-users] users(id name email)");
    assert_eq!(project.apply().await, ["add-email-to-users", "add-age-to-users"]);
    assert_eq!(
        lock(&project),
        "3 [create-users add-email-to-users add-age-to-users] users(id name email age)"
    );
}

#[tokio::test]
async fn lock_files_and_folders_that_are_none_are_refused_and_nothing_happens() {
    let check = async |path: &str, text: &str, expected: &str| {
        let project = applied(Dialect::Sqlite, &[USERS]).await;
        project.generate(AGED).await;
        project.put(path, text).await;
        let before = project.store.texts();
        assert_eq!(told(project.migrator().await.apply().await), expected);
        assert_eq!(project.store.texts(), before);
        assert_eq!(project.tracked().await, "create-users");
        assert!(
            told(project.migrator().await.status().await).starts_with(expected.split('\n').next().unwrap())
        );
    };
    check(
        LOCK,
        "{\"version\": ",
        "whimbrel::lockfile::malformed\n`memory/kontract.lock.json` is not JSON: EOF while parsing a value at line 1 \
         column 12\nrestore the file from version control",
    )
    .await;
    check(
        LOCK,
        "{\"version\": 1, \"tables\": [], \"migrations\": []}",
        "whimbrel::lockfile::invalid\n`memory/kontract.lock.json`: `tables` should be an object, but is `[]`\n\
         restore the file from version control",
    )
    .await;
    let restore = "restore the file as it was before it was edited or merged by hand; if two branches added \
                   migrations, take theirs and run `whimbrel migrate rebase`";
    let record = |version: &u32| format!("{{\"version\": {version}, \"changes\": [], \"sql\": \"\"}}");
    let file = |version, records: &[u32]| {
        let records: Vec<_> = records.iter().map(record).collect();
        format!("{{\"version\": {version}, \"tables\": {{}}, \"migrations\": [{}]}}", records.join(","))
    };
    check(
        LOCK,
        &file(2, &[1]),
        &format!(
            "whimbrel::lockfile::invalid\n`memory/kontract.lock.json`: `version` is 2, and the last of `migrations` \
             has 1\n{restore}"
        ),
    )
    .await;
    check(
        LOCK,
        &file(3, &[1, 1, 3]),
        &format!(
            "2 things are wrong with `memory/kontract.lock.json`\n\n`migrations[1].version` is 1, as \
             `migrations[0].version` is too\n{restore}\n\n`migrations[2].version` is 3, and 2 comes next\n{restore}"
        ),
    )
    .await;
    check(
        "0004_late.sql",
        "SELECT 1;",
        "no migration has the number 3\nwhimbrel::lockfile::gap\nno migration has the number 3\n\
         restore the file from version control, or give the next one this number if it is applied nowhere",
    )
    .await;
    check(
        "3_short.sql",
        "SELECT 1;",
        "`3_short.sql` is no name of a migration\nwhimbrel::lockfile::misnamed\n`3_short.sql` is no name of a migration\n\
         name it `NNNN_name.sql`: a number of at least four digits, from 0001, and a name",
    )
    .await;
}

#[tokio::test]
async fn a_file_that_is_gone_is_missed_by_its_name() {
    let project = applied(Dialect::Sqlite, &[USERS, AGED]).await;
    whimbrel::Store::delete(&project.store, "0002_add-age-to-users.sql").await.unwrap();
    assert_eq!(
        project.status().await,
        "0001_create-users: applied at then\n0002_add-age-to-users: missing; its file is missing"
    );
    assert!(told(project.migrator().await.down().await).contains("0002_add-age-to-users.sql"));
}

/// Runs a verb with a store that fails at every call, each way, then again with a
/// sound one: database and lock file then say the same.
async fn check_store(
    before: usize,
    verb: impl AsyncFn(&mut Migrator) -> Result<(), whimbrel::Error>,
    expected: &str,
) {
    let folder = generated(Dialect::Sqlite, &[USERS, AGED]).await;
    for fault in FAULTS {
        for at in 0.. {
            let project = Project { store: copy(&folder), ..folder.elsewhere().await };
            if before > 0 {
                project.apply().await;
            }
            let store = FailingStore::new(project.store.clone(), fault, at);
            let calls = store.calls();
            let builder = project.builder().store(store);
            let failed = verb(&mut builder.connect().await.unwrap()).await;
            let is_over = calls.count() <= at;
            verb(&mut project.migrator().await).await.unwrap();
            assert_eq!(lock(&project), expected, "{fault:?} at call {at}: {failed:?}");
            if is_over {
                assert!(failed.is_ok(), "{failed:?}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_crash_between_database_and_lock_file_is_made_good_by_the_next_run() {
    let apply = async |migrator: &mut Migrator| migrator.apply().await.map(drop);
    check_store(0, apply, "2 [create-users add-age-to-users] users(id name age)").await;
    let down = async |migrator: &mut Migrator| migrator.down().to(1).resolver(lenient()).await.map(drop);
    check_store(2, down, "1 [create-users] users(id name)").await;
}

#[tokio::test]
async fn a_session_that_dies_leaves_the_lock_file_behind_at_most() {
    let folder = generated(Dialect::Sqlite, &[USERS, AGED]).await;
    for fault in FAULTS {
        for at in 0.. {
            let project = Project { store: copy(&folder), ..folder.elsewhere().await };
            let failing = FailingConnection::new(project.database.another_session().await, fault, at);
            let calls = failing.calls();
            let failed = project.builder().over(Box::new(failing)).apply().await;
            let recorded = lock(&project);
            let has = project.tables().await;
            assert!(recorded == "no lock file" || !has.is_empty(), "{recorded} {has}: {failed:?}");
            project.apply().await;
            assert_eq!(lock(&project), "2 [create-users add-age-to-users] users(id name age)");
            if calls.count() <= at {
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_was_generated_is_proved_and_what_was_edited_is_not() {
    for dialect in BOTH {
        let project = generated(dialect, &[USERS, AGED]).await;
        let proving = async || project.migrator().await.apply().require_proof(true).await;
        project.edit("0002_add-age-to-users.sql", "\"age\"", "\"years\"").await;
        let help = "nothing was run; prove it with `whimbrel migrate verify --accept add-age-to-users`, or leave \
                    `--require-proof` away";
        assert_eq!(
            told(proving().await),
            format!(
                "whimbrel::history::unproved\n`add-age-to-users` is not proved: its file has no proof, or was edited \
                 since\n{help}"
            ),
            "{dialect}"
        );
        let before = project.text("0002_add-age-to-users.sql");
        project.migrator().await.verify().accept(2).await.unwrap();
        let after = project.text("0002_add-age-to-users.sql");
        assert_eq!(whimbrel::core::history::body(&after), whimbrel::core::history::body(&before));
        assert_eq!(proving().await.unwrap().migrations.len(), 2, "{dialect}");
        // What nobody generated has no header at first.
        project.put("0003_posts.sql", "CREATE TABLE posts (id integer);\n").await;
        assert!(told(proving().await).contains("`posts` is not proved"));
        project.migrator().await.verify().accept("posts").await.unwrap();
        let text = project.text("0003_posts.sql");
        assert!(
            text.ends_with(
                ", proof: irreversible (`posts` has no way back)\n\nCREATE TABLE posts (id integer);\n"
            ),
            "{text}"
        );
        assert_eq!(names(&proving().await.unwrap().migrations), ["posts"]);
    }
}

#[tokio::test]
async fn what_was_squashed_is_proved() {
    let project = applied(Dialect::Sqlite, &[USERS, AGED]).await;
    project.migrator().await.squash().name("both").await.unwrap();
    let fresh = project.elsewhere().await;
    let applied = fresh.migrator().await.apply().require_proof(true).await.unwrap();
    assert_eq!(names(&applied.migrations), ["both"]);
}

#[tokio::test]
async fn a_crash_after_all_was_taken_back_is_made_good_by_going_back_again() {
    let down = async |migrator: &mut Migrator| migrator.down().steps(2).resolver(lenient()).await.map(drop);
    check_store(2, down, "0 [] ").await;
    for dialect in BOTH {
        let project = applied(dialect, &[USERS]).await;
        let text = project.text(LOCK);
        project.migrator().await.down().resolver(lenient()).await.unwrap();
        project.put(LOCK, &text).await;
        project.migrator().await.down().await.unwrap();
        assert_eq!(lock(&project), "0 [] ", "{dialect}");
        // A database that never had anything leaves the lock file of others alone.
        project.put(LOCK, &text).await;
        let fresh = project.elsewhere().await;
        fresh.migrator().await.down().await.unwrap();
        fresh.migrator().await.apply().to(1).dry_run(true).await.unwrap();
        assert_eq!(project.text(LOCK), text, "{dialect}");
    }
}

#[tokio::test]
async fn tables_may_be_in_a_namespace() {
    let project = empty(Dialect::Postgres).await;
    let lock_file = FOREIGN.replace("tbl_users_abc123", "app.tbl_users");
    project.put(LOCK, &lock_file).await;
    project.run("CREATE SCHEMA app").await;
    project.run("CREATE TABLE app.tbl_users (id text PRIMARY KEY)").await;
    let schema = "CREATE TABLE users (id text PRIMARY KEY, age double precision);";
    let generated = project.generate(schema).await;
    assert_eq!(
        names(&generated.migrations.iter().map(|one| one.entry.clone()).collect::<Vec<_>>()),
        ["add-age-to-app-tbl-users"]
    );
    assert!(generated.migrations[0].up.text.contains("ALTER TABLE \"app\".\"tbl_users\" ADD"));
    project.apply().await;
    assert_eq!(lock(&project), "1 [add-age-to-app-tbl-users] users(id age)");
    let mut migrator = project.towards(schema).await;
    assert_eq!(migrator.check().await.unwrap().findings, []);
    assert!(migrator.verify().await.unwrap().is_fine());
    // One that a migration makes there is called by its whole name.
    let more = format!("{schema} CREATE SCHEMA app; CREATE TABLE app.posts (id text PRIMARY KEY);");
    project.generate(&more).await;
    project.apply().await;
    assert_eq!(lock(&project), "2 [add-age-to-app-tbl-users create-app-posts] users(id age) app.posts(id)");
    project.migrator().await.down().resolver(lenient()).await.unwrap();
    assert_eq!(lock(&project), "1 [add-age-to-app-tbl-users] users(id age)");
}

#[tokio::test]
async fn a_closure_has_its_number_and_its_record() {
    for dialect in BOTH {
        let project = applied(dialect, &[USERS]).await;
        project.migrator().await.create("backfill").format(Format::Rust).await.unwrap();
        assert_eq!(project.paths(), ["0001_create-users.sql", "0002_backfill.rs", LOCK]);
        let closure = || {
            let up = |tx: whimbrel::db::apply::Transaction| async move {
                tx.execute("INSERT INTO users (id, name) VALUES (1, 'Ada')", []).await?;
                Ok(())
            };
            let down = |tx: whimbrel::db::apply::Transaction| async move {
                tx.execute("DELETE FROM users", []).await?;
                Ok(())
            };
            Migration::new("backfill").up(up).down(down)
        };
        let with = async || project.builder().migration(closure()).connect().await.unwrap();
        assert!(told(project.migrator().await.apply().await).contains("is a closure of a program"));
        assert!(with().await.verify().await.unwrap().is_fine());
        assert_eq!(
            told(with().await.apply().require_proof(true).await),
            "whimbrel::history::no_place_for_proof\n`backfill` is a program, and a lock file has no place for its \
             proof\nnothing was run; leave `--require-proof` away, or have a journal written with `whimbrel migrate \
             adopt`"
        );
        assert_eq!(names(&with().await.apply().await.unwrap().migrations), ["backfill"]);
        assert_eq!(lock(&project), "2 [create-users backfill] users(id name)");
        let record = LockFile::from_json(LOCK, &project.text(LOCK)).unwrap().migrations.remove(1);
        assert_eq!((record.sql.as_str(), record.changes), ("", vec![]));
        assert_eq!(project.status().await.lines().last(), Some("0002_backfill: applied at then"));
        assert_eq!(with().await.check().await.unwrap().findings, []);
        with().await.down().resolver(lenient()).await.unwrap();
        assert_eq!(
            (lock(&project), project.rows("SELECT name FROM users").await),
            ("1 [create-users] users(id name)".into(), String::new())
        );
    }
}
