//! `baseline`: what a database really has is marked, and nothing else.

use whimbrel::core::dialect::Dialect;

use crate::project::{AGED, BOTH, POSTS, Project, USERS, names, told};

/// A database with the schema of the second of three migrations, made by other
/// means, and with a row.
async fn existing(dialect: Dialect) -> Project {
    let project = Project::generated(dialect, &[USERS, AGED, POSTS]).await;
    project.run("CREATE TABLE users (id integer PRIMARY KEY, name text, age integer)").await;
    project.run("INSERT INTO users VALUES (1, 'ann', 30)").await;
    project
}

#[tokio::test]
async fn what_is_there_is_marked_and_the_rest_is_applied() {
    for dialect in BOTH {
        let project = existing(dialect).await;
        let preview = project.migrator().await.baseline().to(1).dry_run(true).await.unwrap();
        assert_eq!(project.status().await.matches("pending").count(), 3);
        let marked = project.migrator().await.baseline().to("add-age-to-users").await.unwrap();
        assert_eq!(marked, preview);
        assert_eq!(names(&marked), ["create-users", "add-age-to-users"]);
        assert_eq!(project.tracked().await, "create-users\nadd-age-to-users");
        assert_eq!(project.apply().await, ["create-posts"]);
        assert_eq!(project.rows("SELECT * FROM users").await, "1|ann|30");
        // All of it is there now: to mark it again changes nothing.
        assert_eq!(project.migrator().await.baseline().await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_marked_and_the_one_that_fits_is_named() {
    for dialect in BOTH {
        let project = existing(dialect).await;
        let fits = "nothing was recorded; it has the schema that they have after `add-age-to-users`: \
                    `whimbrel migrate baseline --to add-age-to-users`";
        let later = told(project.migrator().await.baseline().await);
        assert!(later.contains("lead to up to `create-posts`:\ncreate posts\n"), "{later}");
        assert!(later.ends_with(fits), "{later}");
        let earlier = told(project.migrator().await.baseline().to(0).await);
        assert!(earlier.contains("up to `create-users`:\nalter users\n  - age\n"), "{earlier}");
        assert!(earlier.ends_with(fits), "{earlier}");
        assert_eq!(project.status().await.matches("pending").count(), 3);
    }
}

#[tokio::test]
async fn where_none_fits_it_says_how_to_begin() {
    let project = existing(Dialect::Sqlite).await;
    project.run("CREATE TABLE stray (a integer)").await;
    assert_eq!(told(project.migrator().await.baseline().await), "\
whimbrel::history::not_the_baseline
the database does not have the schema that the migrations lead to up to `create-posts`:
drop stray
create posts
  + id: integer
  + title: text
  + primary key (id)
nothing was recorded; take the database's schema into the migrations first: `whimbrel inspect > schema.sql`, then `whimbrel migrate generate`");
    assert!(told(project.migrator().await.baseline().to("nobody").await).contains("no_such_migration"));
}

#[tokio::test]
async fn an_edited_file_is_not_marked() {
    let project = existing(Dialect::Sqlite).await;
    project.edit("0001_add-age-to-users.sql", ";\n", ";\nSELECT 1;\n").await;
    assert!(told(project.migrator().await.baseline().to(1).await).contains("edited_pending"));
}
