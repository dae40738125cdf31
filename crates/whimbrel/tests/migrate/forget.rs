//! `drop`: only the record goes.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::resolve::lenient;

use crate::project::{AGED, BOTH, POSTS, Project, USERS};

#[tokio::test]
async fn the_newest_records_go_and_the_tables_stay() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS, AGED, POSTS]).await;
        let mut migrator = project.migrator().await;
        assert_eq!(migrator.forget(0).await.unwrap(), [""; 0]);
        assert_eq!(migrator.forget(2).await.unwrap(), ["create-posts", "add-age-to-users"]);
        assert_eq!(project.tracked().await, "create-users");
        assert_eq!(project.tables().await, "posts users");
        assert_eq!(migrator.forget(9).await.unwrap(), ["create-users"]);
        assert_eq!(migrator.forget(1).await.unwrap(), [""; 0]);
    }
}

#[tokio::test]
async fn what_no_journal_knows_is_forgotten_too() {
    let project = Project::applied(Dialect::Sqlite, &[USERS]).await;
    project.run("INSERT INTO _whimbrel_migrations (name, checksum) VALUES ('alien', 'no checksum')").await;
    assert_eq!(project.migrator().await.forget(1).await.unwrap(), ["alien"]);
    assert_eq!(project.tracked().await, "create-users");
}

#[tokio::test]
async fn a_database_without_a_record_stays_without_one() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        assert_eq!(project.migrator().await.forget(1).await.unwrap(), [""; 0]);
        assert_eq!(project.migrator().await.status().await.unwrap().migrations, []);
    }
}

#[tokio::test]
async fn a_squash_is_forgotten_with_all_that_it_replaced() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS, AGED, POSTS]).await;
        project.elsewhere().await.migrator().await.squash().from(1).to(2).name("both").await.unwrap();
        assert_eq!(project.migrator().await.forget(1).await.unwrap(), ["both"]);
        assert_eq!(project.tracked().await, "create-users");
        assert_eq!(project.status().await, "0000_create-users: applied at then\n0001_both: pending");
    }
}

#[tokio::test]
async fn how_far_a_migration_came_is_forgotten_too() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS]).await;
        let up = "-- whimbrel: no-transaction\nCREATE TABLE a (a integer);\nCREATE TABLE b (a integer);\n";
        let back = "-- whimbrel: no-transaction\nDROP TABLE a;\nDROP TABLE b;\n";
        project.write("both", up, Some(back)).await;
        project.run("CREATE TABLE b (a integer)").await;
        let mut migrator = project.migrator().await;
        // On its way there.
        assert!(migrator.apply().await.is_err());
        assert_eq!(migrator.forget(1).await.unwrap(), ["both"]);
        project.run("DROP TABLE a").await;
        project.run("DROP TABLE b").await;
        assert_eq!(project.apply().await, ["both"]);
        // On its way back.
        project.run("ALTER TABLE b RENAME TO c").await;
        assert!(migrator.down().resolver(lenient()).await.is_err());
        assert_eq!(migrator.forget(1).await.unwrap(), ["both"]);
        assert_eq!(project.apply().await, ["both"]);
        assert_eq!(project.tables().await, "a b c users");
    }
}
