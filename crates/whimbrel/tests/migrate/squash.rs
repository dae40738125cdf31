//! `squash`: one migration of several, and databases at either side of it.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::plan::Proof;
use whimbrel::store::Store as _;

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, USERS, names, told};

const LAST: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer);\n\
                    CREATE TABLE posts (id integer PRIMARY KEY, title text, body text);";

/// Four migrations of which the middle two are squashed, while `before` of them
/// are applied in its database; compares what status says then.
async fn squashed(dialect: Dialect, before: u32) -> Project {
    let project = Project::generated(dialect, &[USERS, AGED, POSTS, LAST]).await;
    if before > 0 {
        project.migrator().await.apply().to(before - 1).await.unwrap();
    }
    // Squashed by somebody whose database has applied nothing.
    let here = project.elsewhere().await;
    let report = here.migrator().await.squash().from(1).to("create-posts").name("Both").await.unwrap();
    assert_eq!(names(&report.replaced), ["add-age-to-users", "create-posts"]);
    assert_eq!(report.migration.entry.proof, Some(Proof::Exact));
    assert_eq!(names(&report.renumbered), ["add-body-to-posts"]);
    assert!(report.written && report.without_down.is_empty());
    project
}

#[tokio::test]
async fn one_that_is_half_applied_is_no_end_of_the_way_back() {
    for dialect in BOTH {
        let project = squashed(dialect, 2).await;
        assert_eq!(
            told(project.migrator().await.down().to("create-users").await),
            "migration `both` replaces `add-age-to-users`, `create-posts`, of which the database has applied \
             `add-age-to-users` but not `create-posts`\n\
             whimbrel::history::half_applied\n\
             migration `both` replaces `add-age-to-users`, `create-posts`, of which the database has applied \
             `add-age-to-users` but not `create-posts`\n\
             apply what is missing with the version before the squash, then this one"
        );
    }
}

#[tokio::test]
async fn the_files_are_one_and_the_later_ones_move_up() {
    let project = squashed(Dialect::Sqlite, 0).await;
    assert_eq!(
        project.paths(),
        [
            "0000_create-users.sql",
            "0001_both.sql",
            "0002_add-body-to-posts.sql",
            "meta/_down/0000_create-users.sql",
            "meta/_down/0001_both.sql",
            "meta/_down/0002_add-body-to-posts.sql",
            "meta/_journal.json",
            "meta/_snapshot.json"
        ]
    );
    assert_eq!(
        project.text("0001_both.sql"),
        "\
-- Migration: both
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 7dd14409465368bf5e7dd52e39a565d4d260999cec595ea89664dc2606c9d3c8

-- Squashed: 0001_add-age-to-users.sql
-- Squashed: 0002_create-posts.sql
ALTER TABLE \"users\" ADD COLUMN \"age\" integer;
--> statement-breakpoint
CREATE TABLE \"posts\" (
  \"id\" integer PRIMARY KEY,
  \"title\" text
);
"
    );
    assert_eq!(
        project.text("meta/_down/0001_both.sql"),
        "\
-- Down migration for: both
-- WARNING: posts: all rows are lost
-- WARNING: users.age: all values are lost

-- posts: all rows are lost
DROP TABLE \"posts\";
--> statement-breakpoint
-- users.age: all values are lost
ALTER TABLE \"users\" DROP COLUMN \"age\";
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
      \"name\": \"both\",
      \"when\": 1769853600000,
      \"checksum\": \"7dd14409465368bf5e7dd52e39a565d4d260999cec595ea89664dc2606c9d3c8\",
      \"downChecksum\": \"02006aacf014e0abea88974653803ff1c34fccaad05674dc70d7ecd2c2cd3851\",
      \"engine\": {
        \"name\": \"sqlite\",
        \"major\": 3
      },
      \"proof\": {
        \"verdict\": \"exact\"
      },
      \"replaces\": [
        {
          \"name\": \"add-age-to-users\",
          \"checksum\": \"83d1b8d66bf11889dffc5eb7bcb4e8155b4a8eaf14d56c6ffc4ceefeeb707f4a\"
        },
        {
          \"name\": \"create-posts\",
          \"checksum\": \"25277be940a240d5668179141b9603d33b2fdece25cd28a9e836a8f053d2da2e\"
        }
      ]
    },
    {
      \"idx\": 2,
      \"version\": \"20260131100000\",
      \"name\": \"add-body-to-posts\",
      \"when\": 1769853600000,
      \"checksum\": \"d3337a70460cfc20e486995e505a0f5fb3f3559586466c0d8625f737a0d6d642\",
      \"downChecksum\": \"ea0478e30fe70dbb3290066f0a565ba4ff0bb9dd8c45c0c7c28eaaa0cf19954c\",
      \"engine\": {
        \"name\": \"sqlite\",
        \"major\": 3
      },
      \"proof\": {
        \"verdict\": \"exact\"
      }
    }
  ]
}"
    );
    // The snapshot still fits: nothing is to be generated, and all can be proved.
    assert!(project.towards(LAST).await.generate().await.unwrap().migrations.is_empty());
    assert!(project.migrator().await.verify().await.unwrap().is_fine());
}

#[tokio::test]
async fn a_new_database_applies_the_one() {
    for dialect in BOTH {
        let project = squashed(dialect, 0).await;
        assert_eq!(project.apply().await, ["create-users", "both", "add-body-to-posts"]);
        assert_eq!(project.tables().await, "posts users");
        assert_eq!(project.migrator().await.down().steps(2).await.unwrap().migrations.len(), 2);
        assert_eq!(project.tables().await, "users");
        assert_eq!(project.apply().await, ["both", "add-body-to-posts"]);
    }
}

#[tokio::test]
async fn a_database_before_the_range_applies_the_one() {
    for dialect in BOTH {
        let project = squashed(dialect, 1).await;
        assert_eq!(project.apply().await, ["both", "add-body-to-posts"]);
    }
}

#[tokio::test]
async fn a_database_after_the_range_counts_it_as_applied() {
    for dialect in BOTH {
        for before in [3, 4] {
            let project = squashed(dialect, before).await;
            project.run("INSERT INTO posts (id, title) VALUES (1, 'kept')").await;
            assert!(
                project
                    .status()
                    .await
                    .contains("0001_both: applied at then; as `add-age-to-users`, `create-posts`\n"),
                "{}",
                project.status().await
            );
            assert_eq!(project.migrator().await.pending().await.unwrap().len(), 4 - before as usize);
            project.apply().await;
            assert_eq!(project.tracked().await.split('\n').filter(|name| *name == "both").count(), 1);
            assert_eq!(project.tracked().await.lines().count(), 3);
            assert_eq!(project.rows("SELECT title FROM posts").await, "kept");
            assert_eq!(project.apply().await, [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_database_inside_the_range_is_refused_with_what_to_do() {
    let project = squashed(Dialect::Sqlite, 2).await;
    assert_eq!(told(project.migrator().await.apply().await), "\
migration `both` replaces `add-age-to-users`, `create-posts`, of which the database has applied `add-age-to-users` but not `create-posts`
whimbrel::history::half_applied
migration `both` replaces `add-age-to-users`, `create-posts`, of which the database has applied `add-age-to-users` but not `create-posts`
apply what is missing with the version before the squash, then this one");
    assert_eq!(project.tracked().await, "create-users\nadd-age-to-users");
}

#[tokio::test]
async fn what_it_replaces_is_taken_back_as_one() {
    for dialect in BOTH {
        let project = squashed(dialect, 3).await;
        let report = project.migrator().await.down().await.unwrap();
        assert_eq!(report.migrations[0].entry.name, "both");
        assert_eq!(project.tracked().await, "create-users");
        assert_eq!(project.tables().await, "users");
        assert_eq!(project.apply().await, ["both", "add-body-to-posts"]);
    }
}

#[tokio::test]
async fn nothing_is_taken_back_from_below_half_of_it() {
    for dialect in BOTH {
        let project = squashed(dialect, 2).await;
        let tables = project.tables().await;
        let told = told(project.migrator().await.down().await);
        assert!(told.contains("whimbrel::history::half_applied\n"), "{told}");
        assert_eq!(project.tracked().await, "create-users\nadd-age-to-users");
        assert_eq!(project.tables().await, tables);
    }
}

#[tokio::test]
async fn a_range_that_is_half_applied_here_is_not_squashed() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED, POSTS]).await;
    project.migrator().await.apply().to(1).await.unwrap();
    let before = project.store.texts();
    assert_eq!(
        told(project.migrator().await.squash().await),
        "\
whimbrel::squash::half_applied
the database has applied `create-users`, `add-age-to-users` but not `create-posts`
nothing was written; apply the rest first with `whimbrel migrate apply`, or squash only what is applied"
    );
    assert_eq!(project.store.texts(), before);
    let report = project.migrator().await.squash().to(1).await.unwrap();
    assert_eq!(report.migration.entry.name, "squash-0-to-1");
}

#[tokio::test]
async fn a_dry_run_proves_and_writes_nothing() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED, POSTS]).await;
        let before = project.store.texts();
        let report = project.migrator().await.squash().dry_run(true).await.unwrap();
        assert!(!report.written && report.migration.up.text.contains("CREATE TABLE"));
        assert_eq!(project.store.texts(), before);
    }
}

#[tokio::test]
async fn there_must_be_two_and_they_must_be_as_the_journal_says() {
    let project = Project::new(Dialect::Sqlite).await;
    assert!(told(project.migrator().await.squash().await).contains("squash::too_few"));
    project.generate(USERS).await;
    assert!(told(project.migrator().await.squash().await).contains("squash::too_few"));
    project.generate(AGED).await;
    assert!(told(project.migrator().await.squash().from(1).to(0).await).contains("squash::too_few"));
    assert!(told(project.migrator().await.squash().from(7).await).contains("no_such_migration"));
    project.edit("0001_add-age-to-users.sql", "integer", "text").await;
    assert_eq!(told(project.migrator().await.squash().await), "\
whimbrel::history::edited
the files of `add-age-to-users` are not what the journal says
nothing was written; restore them, or record the edit with `whimbrel migrate verify --accept add-age-to-users`");
}

#[tokio::test]
async fn without_one_way_back_there_is_none() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    project.write("by-hand", "UPDATE users SET name = 'x';\n", None).await;
    let report = project.migrator().await.squash().await.unwrap();
    assert_eq!(report.without_down, ["by-hand"]);
    let reason = "not every migration that it replaces has a way back".to_owned();
    assert_eq!(report.migration.entry.proof, Some(Proof::Irreversible { reason }));
    assert_eq!(project.store.get("meta/_down/0000_squash-0-to-1.sql").await.unwrap(), None);
    assert_eq!(project.apply().await, ["squash-0-to-1"]);
    assert!(told(project.migrator().await.down().await).contains("no_way_back"));
}

#[tokio::test]
async fn what_was_squashed_can_be_squashed_again() {
    let project = squashed(Dialect::Sqlite, 4).await;
    // Its database has not even counted the first squash when the second comes.
    let here = project.elsewhere().await;
    here.migrator().await.squash().await.unwrap();
    assert_eq!(project.status().await.lines().count(), 1);
    assert_eq!(project.apply().await.len(), 1);
    assert_eq!(project.tracked().await, "squash-0-to-2");
    assert!(project.migrator().await.check().await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn an_enum_value_that_is_used_at_once_is_still_committed_first() {
    let before = "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE users (id integer PRIMARY KEY, mood mood);";
    let after = "CREATE TYPE mood AS ENUM ('ok', 'sad');\n\
                 CREATE TABLE users (id integer PRIMARY KEY, mood mood DEFAULT 'sad');";
    let project = Project::generated(Dialect::Postgres, &[before, after]).await;
    let there = project.elsewhere().await;
    there.apply().await;
    let report = project.migrator().await.squash().from(1).await.unwrap();
    assert_eq!(report.replaced.len(), 2);
    assert_eq!(project.apply().await.len(), 2);
    project.run("INSERT INTO users (id) VALUES (1)").await;
    assert_eq!(project.rows("SELECT mood::text FROM users").await, "sad");
    there.apply().await;
    assert_eq!(there.tracked().await, project.tracked().await);
}
