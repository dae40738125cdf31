//! `reset`: everything goes, then everything is applied.

use whimbrel::Error;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::resolve::{Policy, Question, lenient, reject_all};
use whimbrel::store::Store as _;

use crate::project::{AGED, BOTH, POSTS, Project, USERS, names, told};

/// A database that has more, less and other than its migrations say.
async fn astray(dialect: Dialect) -> Project {
    let project = Project::applied(dialect, &[USERS, AGED]).await;
    project.run("INSERT INTO users VALUES (1, 'ann', 30)").await;
    project.run("CREATE TABLE stray (id integer PRIMARY KEY)").await;
    project.run("CREATE VIEW names AS SELECT name FROM users").await;
    project.run("INSERT INTO _whimbrel_migrations (name, checksum) VALUES ('alien', 'x')").await;
    project.generate(POSTS).await;
    project
}

#[tokio::test]
async fn what_was_there_goes_and_every_migration_is_applied() {
    for dialect in BOTH {
        let project = astray(dialect).await;
        let report = project.migrator().await.reset().resolver(lenient()).await.unwrap();
        assert_eq!(names(&report.migrations), ["create-users", "add-age-to-users", "create-posts"]);
        assert_eq!(report.dropped.len(), 3);
        assert_eq!(project.tables().await, "posts users");
        assert_eq!(project.tracked().await, "create-users\nadd-age-to-users\ncreate-posts");
        assert_eq!(project.rows("SELECT count(*) FROM users").await, "0");
        // And again, with nothing to lose.
        project.migrator().await.reset().await.unwrap();
        assert_eq!(project.tracked().await.lines().count(), 3);
    }
}

#[tokio::test]
async fn rows_are_asked_about_and_a_dry_run_asks_nothing() {
    for dialect in BOTH {
        let project = astray(dialect).await;
        let preview = project.migrator().await.reset().dry_run(true).await.unwrap();
        assert_eq!((preview.dropped.len(), preview.migrations.len()), (3, 3));
        let result = project.migrator().await.reset().await;
        let Err(Error::Unanswered { questions }) = result else { panic!("{result:?}") };
        assert_eq!(
            questions.iter().map(Question::headline).collect::<Vec<_>>(),
            ["users: all rows are lost (it holds 1 row)"]
        );
        let result = project.migrator().await.reset().resolver(reject_all()).await;
        assert!(matches!(result, Err(Error::Rejected { .. })), "{result:?}");
        let mut additive = project.builder().policy(Policy::Additive).connect().await.unwrap();
        let result = additive.reset().resolver(lenient()).await;
        assert!(matches!(result, Err(Error::Policy { .. })), "{result:?}");
        assert_eq!(project.tables().await, "stray users");
        assert_eq!(project.tracked().await, "create-users\nadd-age-to-users\nalien");
    }
}

#[tokio::test]
async fn a_folder_that_does_not_hold_together_is_found_out_before_anything_goes() {
    let project = astray(Dialect::Sqlite).await;
    project.edit("0002_create-posts.sql", "text", "blob").await;
    assert!(told(project.migrator().await.reset().resolver(lenient()).await).contains("edited_pending"));
    project.store.delete("0002_create-posts.sql").await.unwrap();
    assert!(told(project.migrator().await.reset().resolver(lenient()).await).contains("history::missing"));
    assert_eq!(project.tables().await, "stray users");
}

#[tokio::test]
async fn a_failure_on_the_way_is_told_by_the_tracking_table() {
    for dialect in BOTH {
        let project = astray(dialect).await;
        project.write("bad", "INSERT INTO nowhere VALUES (1);\n", None).await;
        let failed = told(project.migrator().await.reset().resolver(lenient()).await);
        assert_eq!(failed, "\
whimbrel::apply::statement
statement 1 of 1 of `bad` failed, at line 1 of `memory/0003_bad.sql`
this run keeps `(drop everything)`, `create-users`, `add-age-to-users` and `create-posts`; put right the rows that it met, or the file (`whimbrel migrate verify --accept bad` records the edit), then run the command again");
        assert_eq!(project.tables().await, "posts users");
        assert_eq!(project.tracked().await, "create-users\nadd-age-to-users\ncreate-posts");
    }
}

#[tokio::test]
async fn an_empty_database_and_an_empty_folder_are_fine() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        let report = project.migrator().await.reset().await.unwrap();
        assert_eq!((report.dropped.len(), report.migrations.len()), (0, 0));
    }
}

#[tokio::test]
async fn one_that_stopped_midway_begins_anew() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS]).await;
        let up = "-- whimbrel: no-transaction\nCREATE TABLE a (a integer);\nCREATE TABLE b (a integer);\n";
        project.write("both", up, None).await;
        project.run("CREATE TABLE b (a integer)").await;
        assert!(project.migrator().await.apply().await.is_err());
        project.migrator().await.reset().resolver(lenient()).await.unwrap();
        assert_eq!(project.tables().await, "a b users");
        assert_eq!(project.tracked().await, "create-users\nboth");
    }
}
