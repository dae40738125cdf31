//! A history in another layout, adopted: Kontract's projects, and whimbrel's own
//! from either layout into the other.

use std::collections::BTreeMap;

use whimbrel::core::dialect::Dialect;
#[cfg(feature = "scripts")]
use whimbrel::core::history::Format;
use whimbrel::core::resolve::lenient;
use whimbrel::lockfile::LockFile;
use whimbrel::{AdoptReport, Error, Layout, MemoryStore};
use whimbrel_testkit::failing::{FAULTS, FailingConnection, Fault};
use whimbrel_testkit::failing_store::FailingStore;

use crate::project::{AGED, BOTH, POSTS, Project, USERS, names, told};

const LOCK: &str = "kontract.lock.json";

/// Two migrations are applied, and a third is pending.
const FILES: [(&str, &str); 3] = [
    (
        "0001_add-email.sql",
        "ALTER TABLE tbl_users_abc123 ADD COLUMN email TEXT;\n\n-- whimbrel: down\n\
         ALTER TABLE tbl_users_abc123 DROP COLUMN email;\n",
    ),
    (
        "0002_add-age.sql",
        "ALTER TABLE tbl_users_abc123 ADD COLUMN age DOUBLE PRECISION;\n\n-- whimbrel: down\n\
         ALTER TABLE tbl_users_abc123 DROP COLUMN age;\n",
    ),
    (
        "0003_add-nick.sql",
        "ALTER TABLE tbl_users_abc123 ADD COLUMN nick TEXT;\n\n-- whimbrel: down\n\
         ALTER TABLE tbl_users_abc123 DROP COLUMN nick;\n",
    ),
];

const COLUMNS: &str = "SELECT email, age FROM tbl_users_abc123";

/// A project of Kontract's, with its database.
async fn kontract(dialect: Dialect) -> Project {
    let project = Project { layout: Layout::LockFile, ..Project::new(dialect).await };
    for (file, text) in FILES {
        project.put(file, text).await;
    }
    project.put(LOCK, include_str!("kontract/kontract.lock.json")).await;
    let tables = match dialect {
        Dialect::Sqlite => include_str!("kontract/sqlite.sql"),
        Dialect::Postgres => include_str!("kontract/postgres.sql"),
    };
    for statement in format!("{tables}{}", include_str!("kontract/applied.sql")).split_inclusive(";\n") {
        project.run(statement).await;
    }
    project
}

/// Adopts what is in a store.
async fn adopt(project: &Project, from: &MemoryStore) -> Result<AdoptReport, Error> {
    project.migrator().await.adopt(from.clone()).await
}

/// The folder that was, and the same database with an empty one of a layout.
fn into(old: Project, layout: Layout) -> (MemoryStore, Project) {
    (old.store.clone(), Project { store: MemoryStore::new(), layout, ..old })
}

/// Files, and whether each is applied: `0001_a 0002_b | 0003_c`.
fn shown(report: &AdoptReport) -> String {
    let labels: Vec<_> =
        report.migrations.iter().map(|entry| format!("{:04}_{}", entry.idx, entry.name)).collect();
    let (applied, pending) = labels.split_at(report.applied);
    format!("{} | {}", applied.join(" "), pending.join(" "))
}

async fn is_fine(project: &Project) {
    let findings = project.migrator().await.check().await.unwrap().findings;
    assert_eq!(findings, []);
    assert!(project.migrator().await.verify().await.unwrap().is_fine());
}

#[tokio::test]
async fn a_project_of_kontract_is_adopted_where_it_is() {
    for dialect in BOTH {
        let project = kontract(dialect).await;
        let before = project.store.texts();
        let report = adopt(&project, &project.store).await.unwrap();
        assert_eq!(shown(&report), "0001_add-email 0002_add-age | 0003_add-nick", "{dialect}");
        assert_eq!(
            report.notes,
            [
                "`tbl_posts_d4e5f6` is in the database and made by no migration: it is `tables.posts` in the lock \
                 file now",
                "`storage` is in the database and made by no migration: it is `tables.storage` in the lock file now",
            ]
        );
        assert_eq!(project.tracked().await, "add-email\nadd-age");
        // Kontract reads the lock file as before: nothing of what it had is gone.
        let lock = LockFile::from_json(LOCK, &project.text(LOCK)).unwrap();
        assert_eq!((lock.version, lock.record("add-age").unwrap().version), (2, 2));
        let (mut after, mut old) = (project.store.texts(), before.clone());
        after.remove(LOCK);
        old.remove(LOCK);
        assert_eq!(after, old);

        assert_eq!(project.status().await.lines().last(), Some("0003_add-nick: pending"));
        assert_eq!(project.apply().await, ["add-nick"]);
        is_fine(&project).await;
        assert_eq!(project.rows(COLUMNS).await.split('|').next(), Some("ada@example.org"));
        // Done again it finds all as it should be.
        let text = project.text(LOCK);
        assert_eq!(adopt(&project, &project.store).await.unwrap().applied, 3);
        assert_eq!(project.text(LOCK), text);
    }
}

#[tokio::test]
async fn a_project_of_kontract_becomes_one_with_a_journal() {
    for dialect in BOTH {
        let old = kontract(dialect).await;
        let (old, project) = into(old, Layout::Journal);
        let before = old.texts();
        let report = adopt(&project, &old).await.unwrap();
        // What was there before the first migration comes first.
        assert_eq!(shown(&report), "0000_base 0001_add-email 0002_add-age | 0003_add-nick", "{dialect}");
        assert_eq!(old.texts(), before);
        assert_eq!(project.tracked().await, "base\nadd-email\nadd-age");
        assert_eq!(project.apply().await, ["add-nick"]);
        is_fine(&project).await;
        // A new database gets all of it.
        let fresh = project.elsewhere().await;
        assert_eq!(fresh.apply().await, ["base", "add-email", "add-age", "add-nick"]);
        is_fine(&fresh).await;
    }
}

#[tokio::test]
async fn a_lock_file_that_is_ahead_of_or_behind_the_database_is_told() {
    let project = kontract(Dialect::Sqlite).await;
    let texts = project.store.texts();
    project.run("ALTER TABLE tbl_users_abc123 DROP COLUMN age").await;
    assert_eq!(
        told(adopt(&project, &project.store).await),
        "whimbrel::adopt::differs\n\
         the database does not have the schema that the migrations lead to up to `add-age`:\n\
         alter tbl_users_abc123\n  + age: DOUBLE PRECISION\n\
         nothing was written; it has the schema that they have after `add-email`: if that was the last, add `--to \
         add-email`"
    );
    assert_eq!((project.store.texts(), project.tables().await.contains("_whimbrel")), (texts, false));
    let report = project.migrator().await.adopt(project.store.clone()).to("add-email").await.unwrap();
    assert_eq!(shown(&report), "0001_add-email | 0002_add-age 0003_add-nick");
    assert_eq!(project.apply().await, ["add-age", "add-nick"]);
    is_fine(&project).await;

    let project = kontract(Dialect::Sqlite).await;
    project.run("ALTER TABLE tbl_users_abc123 ADD COLUMN nick TEXT").await;
    let error = told(adopt(&project, &project.store).await);
    assert!(error.ends_with("if that was the last, add `--to add-nick`"), "{error}");
    let report = project.migrator().await.adopt(project.store.clone()).to(3).await.unwrap();
    assert_eq!(shown(&report), "0001_add-email 0002_add-age 0003_add-nick | ");
    assert_eq!(LockFile::from_json(LOCK, &project.text(LOCK)).unwrap().version, 3);
    is_fine(&project).await;
    assert_eq!(
        told(project.migrator().await.adopt(project.store.clone()).to(1).await),
        "whimbrel::adopt::told\nwhat was applied is told by the table of the lock file\n\
         nothing was written; leave `--to` away: it is for a lock file, and a database without a table"
    );
}

#[tokio::test]
async fn a_database_in_which_nothing_is_has_applied_nothing() {
    let old = Project { layout: Layout::LockFile, ..Project::new(Dialect::Sqlite).await };
    old.generate(USERS).await;
    old.apply().await;
    let fresh = old.elsewhere().await;
    let report = adopt(&fresh, &old.store).await.unwrap();
    assert_eq!(
        (shown(&report), fresh.apply().await),
        (" | 0001_create-users".into(), vec!["create-users".into()])
    );
}

#[tokio::test]
async fn either_layout_becomes_the_other() {
    for dialect in BOTH {
        for (from, to, labels) in [
            (
                Layout::Journal,
                Layout::LockFile,
                "0001_create-users 0002_add-age-to-users | 0003_create-posts",
            ),
            (
                Layout::LockFile,
                Layout::Journal,
                "0000_create-users 0001_add-age-to-users | 0002_create-posts",
            ),
        ] {
            let old = Project { layout: from, ..Project::new(dialect).await };
            old.generate(USERS).await;
            old.generate(AGED).await;
            old.apply().await;
            old.generate(POSTS).await;
            let (old, project) = into(old, to);
            let before = old.texts();
            let rows = "SELECT name, checksum FROM _whimbrel_migrations ORDER BY id";
            let tracked = project.rows(rows).await;
            let preview = project.migrator().await.adopt(old.clone()).dry_run(true).await.unwrap();
            assert_eq!((shown(&preview), project.paths()), (labels.to_owned(), vec![]));
            let report = adopt(&project, &old).await.unwrap();
            assert_eq!((shown(&report), report.notes), (labels.to_owned(), vec![]), "{dialect}");
            assert_eq!((old.texts(), project.rows(rows).await), (before, tracked));
            assert_eq!(project.apply().await, ["create-posts"]);
            is_fine(&project).await;
            // There and back again, the files say what they said.
            let (there, back) = into(project, from);
            adopt(&back, &there).await.unwrap();
            assert_eq!(statements(&back.store), statements(&old), "{dialect}");
            assert_eq!(back.apply().await, [""; 0]);
            back.migrator().await.down().steps(3).resolver(lenient()).await.unwrap();
            assert_eq!(
                (back.tables().await, names(&back.migrator().await.pending().await.unwrap()).len()),
                (String::new(), 3)
            );
        }
    }
}

/// The files of migrations, without what says when they were made.
fn statements(store: &MemoryStore) -> BTreeMap<String, String> {
    let texts = store.texts().into_iter().filter(|(path, _)| path.ends_with(".sql"));
    texts.map(|(path, text)| (path, whimbrel::core::history::body(&text).to_owned())).collect()
}

#[tokio::test]
async fn a_journal_becomes_a_lock_file_byte_for_byte() {
    let old = Project::applied(Dialect::Sqlite, &[USERS, AGED]).await;
    let before: Vec<_> = old.journal().entries.into_iter().map(|entry| entry.checksum).collect();
    let (old, project) = into(old, Layout::LockFile);
    adopt(&project, &old).await.unwrap();
    assert_eq!(project.text("0001_create-users.sql"), include_str!("lockfile/0001_create-users.sql"));
    let lock = LockFile::from_json(LOCK, &project.text(LOCK)).unwrap();
    let legacy: Vec<_> = lock.migrations.iter().flat_map(|record| record.legacy_checksums.clone()).collect();
    assert_eq!(legacy, before);
    let mut expected = LockFile::from_json(LOCK, include_str!("lockfile/applied.json")).unwrap();
    for (record, checksum) in expected.migrations.iter_mut().zip(before) {
        record.legacy_checksums = vec![checksum];
    }
    assert_eq!(lock, expected);
}

#[tokio::test]
async fn what_was_edited_or_is_missing_is_refused() {
    let project = kontract(Dialect::Sqlite).await;
    adopt(&project, &project.store).await.unwrap();
    project.edit("0001_add-email.sql", "email TEXT", "email CLOB").await;
    let (old, journal) = into(project, Layout::Journal);
    let error = told(adopt(&journal, &old).await);
    assert!(error.contains("migration `add-email` was edited after it was applied"), "{error}");
    assert_eq!(journal.paths(), [""; 0]);

    let project = kontract(Dialect::Sqlite).await;
    whimbrel::Store::delete(&project.store, "0002_add-age.sql").await.unwrap();
    assert_eq!(
        told(adopt(&project, &project.store).await),
        "the lock file has a migration 2, and no file has that number\nwhimbrel::lockfile::no_file\n\
         the lock file has a migration 2, and no file has that number\nrestore the file from version control"
    );
}

#[tokio::test]
async fn a_lock_file_of_another_shape_or_with_gaps_or_duplicates_is_refused() {
    let check = async |from: &str, to: &str, expected: &str| {
        let project = kontract(Dialect::Sqlite).await;
        project.edit(LOCK, from, to).await;
        let texts = project.store.texts();
        let error = told(adopt(&project, &project.store).await);
        assert!(error.contains(expected), "{error}");
        assert_eq!((project.store.texts(), project.tables().await.contains("_whimbrel")), (texts, false));
    };
    check("{\n  \"version\": 2,", "[", "`memory/kontract.lock.json` is not JSON").await;
    check("\"tables\": {", "\"tables\": 3, \"others\": {", "`tables` should be an object, but is `3`").await;
    check(
        "\"version\": 2,\n  \"tables\"",
        "\"version\": 3,\n  \"tables\"",
        "`version` is 3, and the last of",
    )
    .await;
    check("\"version\": 1,", "\"version\": 2,", "`migrations[0].version` is 2, and 1 comes next").await;
    let project = kontract(Dialect::Sqlite).await;
    project.put("0002_other.sql", "SELECT 1;").await;
    let error = told(adopt(&project, &project.store).await);
    assert!(error.starts_with("`0002_add-age.sql` and `0002_other.sql` have the number 2"), "{error}");
    let project = kontract(Dialect::Sqlite).await;
    project.put("0005_later.sql", "SELECT 1;").await;
    assert!(told(adopt(&project, &project.store).await).starts_with("no migration has the number 4"));
}

#[tokio::test]
async fn other_migrations_are_not_written_over() {
    for layout in [Layout::Journal, Layout::LockFile] {
        let (old, project) = into(kontract(Dialect::Sqlite).await, layout);
        project.migrator().await.create("mine").await.unwrap();
        let texts = project.store.texts();
        let error = told(adopt(&project, &old).await);
        assert!(error.starts_with("whimbrel::adopt::not_empty\n"), "{error}");
        assert_eq!(project.store.texts(), texts);
    }
}

/// Adopts with something that fails at every call, each way, then again with what
/// is sound: all is then as if nothing had failed.
async fn check_faults(failing: impl AsyncFn(&Project, Fault, usize) -> (Result<AdoptReport, Error>, bool)) {
    for fault in FAULTS {
        for at in 0.. {
            let project = kontract(Dialect::Sqlite).await;
            let (outcome, is_over) = failing(&project, fault, at).await;
            assert_eq!(
                adopt(&project, &project.store).await.unwrap().applied,
                2,
                "{fault:?} at {at}: {outcome:?}"
            );
            assert_eq!(project.tracked().await, "add-email\nadd-age", "{fault:?} at {at}");
            let lock = LockFile::from_json(LOCK, &project.text(LOCK)).unwrap();
            assert!(lock.migrations.iter().all(|record| record.checksum.is_some()), "{fault:?} at {at}");
            if is_over {
                assert!(outcome.is_ok(), "{outcome:?}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn whoever_was_stopped_runs_it_again() {
    check_faults(async |project, fault, at| {
        let store = FailingStore::new(project.store.clone(), fault, at);
        let calls = store.calls();
        let mut migrator = project.builder().store(store).connect().await.unwrap();
        (migrator.adopt(project.store.clone()).await, calls.count() <= at)
    })
    .await;
    check_faults(async |project, fault, at| {
        let failing = FailingConnection::new(project.database.another_session().await, fault, at);
        let calls = failing.calls();
        let mut migrator = project.builder().over(Box::new(failing));
        (migrator.adopt(project.store.clone()).await, calls.count() <= at)
    })
    .await;
}

#[tokio::test]
async fn two_layouts_do_not_share_a_folder() {
    for (from, to, refusal) in [
        (Layout::LockFile, Layout::Journal, "whimbrel::adopt::not_empty\n`memory` holds migrations already"),
        (Layout::Journal, Layout::LockFile, "`0000_create-users.sql` is no name of a migration"),
    ] {
        let old = Project { layout: from, ..Project::new(Dialect::Sqlite).await };
        old.generate(USERS).await;
        old.apply().await;
        let project = Project { layout: to, ..old };
        let texts = project.store.texts();
        let error = told(adopt(&project, &project.store).await);
        assert!(error.starts_with(refusal), "{error}");
        assert_eq!(project.store.texts(), texts);
    }
}

#[tokio::test]
async fn what_has_no_way_back_gives_a_journal_no_beginning() {
    let old = kontract(Dialect::Sqlite).await;
    old.put("0001_add-email.sql", "ALTER TABLE tbl_users_abc123 ADD COLUMN email TEXT;\n").await;
    let (old, project) = into(old, Layout::Journal);
    let error = told(adopt(&project, &old).await);
    assert!(
        error.starts_with(
            "whimbrel::adopt::base\nwhat the database had before its first migration cannot be made out: \
             `add-email` has no way back"
        ),
        "{error}"
    );
}

/// Kontract's own migrations: scripts, that say the fields as well.
#[cfg(feature = "scripts")]
async fn scripted(dialect: Dialect) -> Project {
    let project = kontract(dialect).await;
    for (version, (file, _)) in (1..).zip(FILES) {
        whimbrel::Store::delete(&project.store, file).await.unwrap();
        let name = &file["0001_".len()..file.len() - ".sql".len()];
        let (field, column, kind) =
            [("email", "TEXT", "string"), ("age", "DOUBLE PRECISION", "number"), ("nick", "TEXT", "string")]
                [version - 1];
        let text = format!(
            "// Migration {version}: {name}\n// Generated at 2026-01-15T12:00:00.000Z\n\nexport default {{\n  \
             version: {version},\n\n  up: async (db) => {{\n    \
             await db.exec('ALTER TABLE tbl_users_abc123 ADD COLUMN {field} {column}');\n    \
             await db.updateSchema('users', {{ {field}: {{ type: '{kind}' }} }});\n  }},\n\n  \
             down: async (db) => {{\n    \
             await db.exec('ALTER TABLE tbl_users_abc123 DROP COLUMN {field}');\n  }},\n}};\n"
        );
        project.put(&file.replace(".sql", ".ts"), &text).await;
    }
    project
}

#[cfg(feature = "scripts")]
#[tokio::test]
async fn the_scripts_of_kontract_are_adopted_as_they_are() {
    for dialect in BOTH {
        let project = scripted(dialect).await;
        let report = adopt(&project, &project.store).await.unwrap();
        assert_eq!(shown(&report), "0001_add-email 0002_add-age | 0003_add-nick", "{dialect}");
        assert_eq!(project.apply().await, ["add-nick"]);
        is_fine(&project).await;
        // With a journal they have the same numbers, since the base comes before them.
        let (old, project) = into(project, Layout::Journal);
        let report = adopt(&project, &old).await.unwrap();
        assert_eq!(shown(&report), "0000_base 0001_add-email 0002_add-age 0003_add-nick | ", "{dialect}");
        assert_eq!(project.text("0002_add-age.ts"), old.texts()["0002_add-age.ts"]);
        is_fine(&project).await;
        project.migrator().await.down().steps(2).resolver(lenient()).await.unwrap();
        assert_eq!(project.rows("SELECT email FROM tbl_users_abc123").await, "ada@example.org");
    }
}

#[cfg(feature = "scripts")]
#[tokio::test]
async fn a_script_that_does_not_replay_is_told_and_nothing_is_written() {
    let project = scripted(Dialect::Sqlite).await;
    project.edit("0001_add-email.ts", "ALTER TABLE", "ALTR TABLE").await;
    let texts = project.store.texts();
    let error = told(adopt(&project, &project.store).await);
    assert!(error.contains("`add-email` failed at line 8"), "{error}");
    assert_eq!((project.store.texts(), project.tables().await.contains("_whimbrel")), (texts, false));
}

#[cfg(feature = "scripts")]
#[tokio::test]
async fn a_script_says_its_new_number_in_the_other_layout() {
    let old = Project::applied(Dialect::Sqlite, &[USERS]).await;
    old.migrator().await.create("fill").format(Format::Ts).await.unwrap();
    let insert = "await db.exec(\"ALTER TABLE users ADD COLUMN nick TEXT; INSERT INTO users (id, name) VALUES (1, 'Ada')\");";
    old.edit("0001_fill.ts", "// await db.exec('ALTER TABLE ...');", insert).await;
    let drop = "await db.exec('DELETE FROM users; ALTER TABLE users DROP COLUMN nick');";
    old.edit("0001_fill.ts", "// Reverse the up migration", drop).await;
    old.migrator().await.verify().accept("fill").await.unwrap();
    assert_eq!(old.apply().await, ["fill"]);
    let text = old.text("0001_fill.ts");

    let (old, project) = into(old, Layout::LockFile);
    assert_eq!(shown(&adopt(&project, &old).await.unwrap()), "0001_create-users 0002_fill | ");
    let renumbered =
        text.replace("// Migration 1: fill", "// Migration 2: fill").replace("version: 1,", "version: 2,");
    assert_eq!(project.text("0002_fill.ts"), renumbered);
    let lock = LockFile::from_json(LOCK, &project.text(LOCK)).unwrap();
    let fields: Vec<_> = lock.tables.get("users").unwrap().schema.iter().map(|(field, _)| field).collect();
    assert_eq!((lock.version, fields), (2, vec!["id", "name", "nick"]));
    is_fine(&project).await;
    let (there, back) = into(project, Layout::Journal);
    assert_eq!(shown(&adopt(&back, &there).await.unwrap()), "0000_create-users 0001_fill | ");
    assert_eq!(back.text("0001_fill.ts"), text);
    back.migrator().await.down().resolver(lenient()).await.unwrap();
    assert_eq!(back.rows("SELECT name FROM users").await, "");
}
