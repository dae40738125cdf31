//! What is done, and what is refused, where nothing can be written.

use std::fs;

use whimbrel::core::dialect::Dialect;
use whimbrel::{ApplyReport, MemoryStore, Migrator};

use crate::project::{AGED, Project, USERS, told};

/// Makes the file of a database read-only.
fn seal(project: &Project) {
    let path = &project.database.connection.server().name;
    let mut rights = fs::metadata(path).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(path, rights).unwrap();
}

#[tokio::test]
async fn a_service_starts_on_a_file_that_it_may_only_read() {
    let project = Project::applied(Dialect::Sqlite, &[USERS]).await;
    project.migrator().await.writable().unwrap();
    seal(&project);
    for builder in [project.builder(), project.builder().read_ahead()] {
        let mut migrator = builder.connect().await.unwrap();
        assert_eq!(migrator.apply().await.unwrap(), ApplyReport::default());
    }
    let mut migrator = project.towards(AGED).await;
    assert!(migrator.verify().await.unwrap().is_fine());
    migrator.generate().await.unwrap();
    assert_eq!(migrator.apply().dry_run(true).await.unwrap().migrations.len(), 1);
    let path = &project.database.connection.server().name;
    let refused = format!(
        "whimbrel::db::read_only\ncannot write to `{path}`: the file is read-only\n\
         make the file writable, or use `--dry-run` to see the plan"
    );
    assert_eq!(told(migrator.writable()), refused);
    assert_eq!(told(migrator.apply().await), refused);
    assert_eq!(told(migrator.down().await), refused);
    assert_eq!(told(migrator.forget(1).await), refused);
    assert_eq!(told(migrator.reset().await), refused);
    assert_eq!(told(migrator.push().await), refused);
    assert_eq!(told(migrator.adopt(MemoryStore::new()).await), refused);
    assert_eq!(migrator.pending().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_service_starts_with_a_role_that_may_only_read() {
    let project = Project::applied(Dialect::Postgres, &[USERS]).await;
    project.run("CREATE ROLE only_reads LOGIN").await;
    project.run("GRANT SELECT ON _whimbrel_migrations TO only_reads").await;
    let url = project.database.url().replace("postgres@", "only_reads@");
    let service = Migrator::builder(&url).unwrap().store(project.store.clone());
    assert_eq!(service.clone().connect().await.unwrap().apply().await.unwrap(), ApplyReport::default());
    project.generate(AGED).await;
    let said = told(service.connect().await.unwrap().apply().await);
    assert_eq!(said.lines().next(), Some("whimbrel::apply::statement"), "{said}");
    assert_eq!(project.tracked().await, "create-users");
}
