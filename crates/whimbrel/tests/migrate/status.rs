//! `status` and `pending`: every state, and nothing is written.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::State;
use whimbrel::store::Store as _;

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, USERS, names, told};

#[tokio::test]
async fn an_untouched_database_stays_untouched() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED]).await;
        assert_eq!(project.status().await, "0000_create-users: pending\n0001_add-age-to-users: pending");
        let pending = project.migrator().await.pending().await.unwrap();
        assert_eq!(names(&pending), ["create-users", "add-age-to-users"]);
        let made = match dialect {
            Dialect::Sqlite => "SELECT count(*) FROM sqlite_schema",
            Dialect::Postgres => "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        };
        assert_eq!(project.rows(made).await, "0");
    }
}

#[tokio::test]
async fn every_state_is_told() {
    for dialect in BOTH {
        let schemas = [USERS, AGED, POSTS];
        let project = Project::generated(dialect, &schemas).await;
        for name in ["missing", "edited", "late", "last", "next"] {
            project.write(name, &format!("CREATE TABLE {name} (a integer);\n"), None).await;
        }
        project.apply().await;
        project.run("DELETE FROM _whimbrel_migrations WHERE name IN ('late', 'next')").await;
        project.run("INSERT INTO _whimbrel_migrations (name, checksum) VALUES ('alien', 'x')").await;
        project.store.delete("0003_missing.sql").await.unwrap();
        project.put("0004_edited.sql", "CREATE TABLE other (a integer);\n").await;
        assert_eq!(
            project.status().await,
            "\
0000_create-users: applied at then
0001_add-age-to-users: applied at then
0002_create-posts: applied at then
0003_missing: missing; its file is missing
0004_edited: edited; its file is not what the journal says
0005_late: out of order; `last`, which comes after it, is applied
0006_last: applied at then
0007_next: pending
alien: unknown"
        );
        let report = project.migrator().await.status().await.unwrap();
        let states = [
            State::Applied,
            State::Pending,
            State::Missing,
            State::Edited,
            State::OutOfOrder,
            State::Unknown,
        ];
        assert_eq!(states.map(|state| report.count(state)), [4, 1, 1, 1, 1, 1]);
        assert!(report.migrations[0].applied_at.is_some());
    }
}

#[tokio::test]
async fn one_that_stopped_halfway_has_failed() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        let up =
            "-- whimbrel: no-transaction\nCREATE TABLE a (a integer);\nINSERT INTO nowhere VALUES (1);\n";
        project.write("half", up, None).await;
        assert!(project.migrator().await.apply().await.is_err());
        assert_eq!(project.status().await, "0000_half: failed; statements done: 1; `apply` goes on");
        // Mended, it goes on where it stopped.
        project.run("CREATE TABLE nowhere (a integer)").await;
        assert_eq!(project.apply().await, ["half"]);
        assert_eq!(project.rows("SELECT a FROM nowhere").await, "1");
        assert_eq!(project.status().await, "0000_half: applied at then");
    }
}

#[tokio::test]
async fn an_empty_folder_has_nothing_to_tell() {
    let project = Project::new(Dialect::Sqlite).await;
    assert_eq!(project.status().await, "");
    assert_eq!(project.migrator().await.pending().await.unwrap(), []);
    project.put(JOURNAL, r#"{"version": "1", "dialect": "sqlite", "entries": []}"#).await;
    assert_eq!(project.status().await, "");
}

#[tokio::test]
async fn a_folder_that_came_without_its_journal_is_not_an_empty_one() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED]).await;
        project.store.delete(JOURNAL).await.unwrap();
        let before = project.store.texts();
        let mut migrator = project.towards(AGED).await;
        let refused = [
            told(migrator.apply().await),
            told(migrator.status().await),
            told(migrator.pending().await),
            told(migrator.check().await),
            told(migrator.verify().await),
            told(migrator.generate().await),
        ];
        for refused in refused {
            assert_eq!(
                refused,
                "whimbrel::history::no_journal\n\
                 `memory` holds migrations, such as `0000_create-users.sql`, and no `meta/_journal.json` that says which \
                 they are\n\
                 nothing was done; restore `meta/_journal.json` from version control, and deploy it with the files. What \
                 another tool wrote is taken over with `whimbrel migrate adopt`, into another `--dir`"
            );
        }
        assert_eq!(project.store.texts(), before);
    }
}
