//! `create`: written by hand, proved by name, then applied.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::plan::Proof;

use crate::project::{BOTH, JOURNAL, Project, SNAPSHOT, USERS, told};

const UP: &str = "0001_fill-in-names.sql";
const DOWN: &str = "meta/_down/0001_fill-in-names.sql";

/// A project with an empty migration after one that is applied.
async fn created(dialect: Dialect) -> Project {
    let project = Project::applied(dialect, &[USERS]).await;
    project.migrator().await.create("Fill in names").await.unwrap();
    project
}

#[tokio::test]
async fn the_files_say_what_to_do() {
    let project = created(Dialect::Sqlite).await;
    assert_eq!(
        project.text(UP),
        "\
-- Migration: fill-in-names
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 2f22e040f297fe265ef616fc16b79cc01be460eaa9f2629e07dec479b797ae28

-- Write the statements of this migration below, and the way back into the file of the same
-- name in meta/_down; then run `whimbrel migrate verify --accept fill-in-names`.

"
    );
    assert_eq!(
        project.text(DOWN),
        "\
-- Down migration for: fill-in-names


"
    );
    assert_eq!(
        project.text(JOURNAL),
        "\
{
  \"version\": \"1\",
  \"dialect\": \"sqlite\",
  \"entries\": [
    {
      \"idx\": 0,
      \"version\": \"20260131100000\",
      \"name\": \"create-users\",
      \"when\": 1769853600000,
      \"checksum\": \"aa639230deb68320377591af6e6ceead30ce2294d7812b6521b8b9a1b3f8cb26\",
      \"downChecksum\": \"8642d6f134fd5e436a6379f5293747567686e96297c4dcabfdc24435478befd3\",
      \"engine\": {
        \"name\": \"sqlite\",
        \"major\": 3
      },
      \"proof\": {
        \"verdict\": \"exact\"
      }
    },
    {
      \"idx\": 1,
      \"version\": \"20260131100000\",
      \"name\": \"fill-in-names\",
      \"when\": 1769853600000,
      \"checksum\": \"2f22e040f297fe265ef616fc16b79cc01be460eaa9f2629e07dec479b797ae28\",
      \"downChecksum\": \"01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b\",
      \"proof\": {
        \"verdict\": \"unproved\",
        \"reason\": \"it is to be written by hand\"
      }
    }
  ]
}"
    );
}

#[tokio::test]
async fn nothing_runs_until_it_is_written_and_accepted() {
    for dialect in BOTH {
        let project = created(dialect).await;
        project.run("INSERT INTO users VALUES (1, NULL)").await;
        let empty = told(project.migrator().await.apply().await);
        assert_eq!(
            empty,
            "whimbrel::history::empty\n`fill-in-names` holds no statement yet\n\
             nothing was run; write its statements into `memory/0001_fill-in-names.sql`, then run \
             `whimbrel migrate verify --accept fill-in-names`"
        );
        assert_eq!(told(project.migrator().await.verify().accept("fill-in-names").await), empty);

        let up = project.text(UP) + "UPDATE users SET name = 'nobody' WHERE name IS NULL;\n";
        project.put(UP, &up).await;
        let edited = told(project.migrator().await.apply().await);
        assert!(edited.contains("whimbrel::history::edited_pending"), "{edited}");
        assert_eq!(project.rows("SELECT name FROM users").await, "NULL");

        let report = project.migrator().await.verify().accept("fill-in-names").await.unwrap();
        assert!(report.is_fine(), "{report:?}");
        let entry = project.journal().head().unwrap().clone();
        let reason = "`fill-in-names` has no way back".to_owned();
        assert_eq!(entry.proof, Some(Proof::Irreversible { reason }));
        assert_eq!(entry.legacy_checksums, [], "nobody can have applied the empty file");
        assert_eq!(project.apply().await, ["fill-in-names"]);
        assert_eq!(project.rows("SELECT name FROM users").await, "nobody");
        assert!(project.towards(USERS).await.generate().await.unwrap().migrations.is_empty());
    }
}

#[tokio::test]
async fn a_way_back_that_is_written_is_proved_and_runs() {
    for dialect in BOTH {
        let project = created(dialect).await;
        let (up, down) = (project.text(UP), project.text(DOWN));
        project.put(UP, &(up + "CREATE INDEX users_name ON users (name);\n")).await;
        project.put(DOWN, &(down + "DROP INDEX users_name;\n")).await;
        project.migrator().await.verify().accept(1).await.unwrap();
        let entry = project.journal().head().unwrap().clone();
        assert_eq!(entry.proof, Some(Proof::Exact));
        assert!(entry.engine.is_some());
        assert_eq!(project.apply().await, ["fill-in-names"]);
        let down = project.migrator().await.down().await.unwrap();
        assert_eq!(down.migrations.len(), 1);
        assert_eq!(project.tracked().await, "create-users");
    }
}

#[tokio::test]
async fn a_name_is_needed_and_is_made_unique() {
    let project = created(Dialect::Sqlite).await;
    assert_eq!(
        told(project.migrator().await.create("../..").await),
        "\
whimbrel::history::name
`../..` holds no letter and no digit to name a migration by
use ASCII letters or digits, such as `add-users`"
    );
    let again = project.migrator().await.create("fill in names").await.unwrap();
    assert_eq!(again.up.path, "0002_fill-in-names-2.sql");
    let long = project.migrator().await.create("é".repeat(300) + "a").await.unwrap();
    assert_eq!(long.entry.name, "a");
}

#[tokio::test]
async fn the_snapshot_follows_when_the_edit_is_accepted() {
    let project = created(Dialect::Sqlite).await;
    assert!(project.text(SNAPSHOT).contains("\"name\": \"create-users\""));
    let up = project.text(UP) + "CREATE TABLE extra (a integer);\n";
    project.put(UP, &up).await;
    project.migrator().await.verify().accept("0001_fill-in-names.sql").await.unwrap();
    let snapshot = project.text(SNAPSHOT);
    assert!(snapshot.contains("\"name\": \"fill-in-names\"") && snapshot.contains("\"extra\""), "{snapshot}");
}
