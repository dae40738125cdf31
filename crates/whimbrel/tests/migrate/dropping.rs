//! What SQLite deletes in other tables when one is dropped: refused, asked about, noted.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::resolve::{Policy, Question, lenient};
use whimbrel::{Error, Outcome};

use crate::project::{Project, names, told};

const TABLES: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users ON DELETE CASCADE);
";

const REBUILD: &str = "CREATE TABLE new (id INTEGER PRIMARY KEY);
INSERT INTO new SELECT id FROM users;
DROP TABLE users;
ALTER TABLE new RENAME TO users;
";

const POSTS: &str = "SELECT id, author FROM posts";

/// Tables with a row each, and a migration that rebuilds one of them by hand, there and back.
async fn project() -> Project {
    let project = Project::new(Dialect::Sqlite).await;
    project.write("tables", TABLES, Some("DROP TABLE posts;\nDROP TABLE users;\n")).await;
    project.apply().await;
    project.write("rebuild", REBUILD, Some(REBUILD)).await;
    project
}

async fn with_rows() -> Project {
    let project = project().await;
    project.run("INSERT INTO users VALUES (1)").await;
    project.run("INSERT INTO posts VALUES (7, 1)").await;
    project
}

#[tokio::test]
async fn a_rebuild_by_hand_is_refused_until_the_loss_is_accepted() {
    let project = with_rows().await;
    assert_eq!(told(project.migrator().await.apply().await), "\
whimbrel::apply::statement
statement 3 of 4 of `rebuild` failed, at line 3 of `memory/0001_rebuild.sql`
no migration of this run was kept; to keep the rows, begin the file with `PRAGMA foreign_keys=OFF;` and end it with `PRAGMA foreign_keys=ON;` (`whimbrel migrate verify --accept rebuild` records the edit), for then dropping a table touches no other; to lose them, use `--accept-data-loss`");
    assert_eq!((project.rows(POSTS).await, project.tracked().await), ("7|1".into(), "tables".into()));

    let report = project.migrator().await.apply().accept_data_loss(true).await.unwrap();
    assert_eq!(
        (names(&report.migrations), project.rows(POSTS).await),
        (vec!["rebuild".into()], String::new())
    );
}

#[tokio::test]
async fn the_policy_that_allows_every_loss_allows_this_one() {
    let project = with_rows().await;
    let mut migrator = project.builder().policy(Policy::Allow).connect().await.unwrap();
    assert_eq!(migrator.apply().await.unwrap().migrations.len(), 1);
    project.run("INSERT INTO posts VALUES (8, 1)").await;
    assert_eq!(migrator.down().await.unwrap().migrations.len(), 1);
    assert_eq!(project.rows(POSTS).await, "");
}

#[tokio::test]
async fn a_new_database_has_nothing_to_lose() {
    let project = project().await.elsewhere().await;
    assert_eq!(project.apply().await, ["tables", "rebuild"]);
}

#[tokio::test]
async fn a_reset_runs_what_loses_rows_of_its_own() {
    let project = with_rows().await;
    project.write("rows", "INSERT INTO users VALUES (1);\nINSERT INTO posts VALUES (8, 1);\n", None).await;
    project.write("again", REBUILD, None).await;
    project.migrator().await.reset().resolver(lenient()).await.unwrap();
    assert_eq!((project.tracked().await.lines().count(), project.rows(POSTS).await), (4, String::new()));
}

#[tokio::test]
async fn a_way_back_is_asked_about_before_it_runs() {
    let project = project().await;
    project.apply().await;
    project.run("INSERT INTO users VALUES (1)").await;
    project.run("INSERT INTO posts VALUES (7, 1), (8, 1), (9, NULL)").await;
    let result = project.migrator().await.down().await;
    let Err(Error::Unanswered { questions }) = result else { panic!("{result:?}") };
    let asked: Vec<String> = questions.iter().map(Question::headline).collect();
    assert_eq!(asked, ["down of `rebuild`: 2 rows of `posts` would be deleted with `users`"]);
    assert_eq!(project.tracked().await, "tables\nrebuild");
    assert_eq!(project.migrator().await.down().resolver(lenient()).await.unwrap().migrations.len(), 1);
    assert_eq!(project.rows(POSTS).await, "9|NULL");
}

#[tokio::test]
async fn what_a_way_back_finds_only_as_it_runs_is_refused() {
    let project = project().await;
    project
        .write(
            "rows",
            "CREATE TABLE a (n);\n",
            Some("INSERT INTO users VALUES (1);\nINSERT INTO posts VALUES (7, 1);\nDROP TABLE a;\n"),
        )
        .await;
    project.apply().await;
    let failed = told(project.migrator().await.down().steps(2).resolver(lenient()).await);
    let expected = "statement 3 of 4 of `rebuild` failed, at line 3 of `memory/meta/_down/0001_rebuild.sql`";
    assert_eq!(failed.lines().nth(1), Some(expected));
    assert_eq!(
        (project.tracked().await, project.rows(POSTS).await),
        ("tables\nrebuild".into(), "7|1".into())
    );
    let report = project.migrator().await.down().accept_data_loss(true).await.unwrap();
    assert_eq!((report.migrations.len(), project.rows(POSTS).await), (1, String::new()));
}

#[tokio::test]
async fn verify_notes_what_would_go_and_fails_nothing() {
    let project = project().await;
    let guarded = format!("PRAGMA foreign_keys=OFF;\n{REBUILD}PRAGMA foreign_keys=ON;\n");
    project.write("guarded", &guarded, Some(&guarded)).await;
    let report = project.migrator().await.verify().await.unwrap();
    assert!(report.is_fine());
    let notes: Vec<Vec<String>> = report.verdicts.iter().map(|verdict| verdict.notes.clone()).collect();
    let note = |file: &str| {
        format!(
            "line 3 of `memory/{file}` drops `users` with foreign keys on: rows of `posts` that refer to `users` \
             would be deleted with it"
        )
    };
    let expected = vec![note("0001_rebuild.sql"), note("meta/_down/0001_rebuild.sql")];
    assert_eq!(notes, [vec![], expected, vec![]]);
    assert!(report.verdicts.iter().all(|verdict| matches!(verdict.outcome, Outcome::Proved(_))));
}
