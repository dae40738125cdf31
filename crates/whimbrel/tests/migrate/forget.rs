//! `drop`: only the record goes.

use whimbrel::core::dialect::Dialect;

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
