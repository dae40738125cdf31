//! `check`: everything that does not agree, and nothing that does.

use whimbrel::Finding;
use whimbrel::core::describe::describe;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::plan::Proof;
use whimbrel::store::Store as _;

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, SNAPSHOT, USERS};

/// The findings of a check towards a schema, in words, each with what to do.
async fn findings(project: &Project, schema: &str) -> String {
    let before = project.store.texts();
    let report = project.towards(schema).await.check().await.unwrap();
    assert_eq!(project.store.texts(), before);
    report.findings.iter().map(|finding| format!("{}\n  {}\n", words(finding), finding.help())).collect()
}

fn words(finding: &Finding) -> String {
    let blocks = |changes| describe(changes).iter().map(ToString::to_string).collect::<String>();
    match finding {
        Finding::Problem(problem) => problem.to_string(),
        Finding::Pending(entries) => format!("{} pending", entries.len()),
        Finding::Unproved(entries) => {
            entries.iter().map(|(entry, reason)| format!("unproved {}: {reason}", entry.name)).collect()
        }
        Finding::Drift(changes) => format!("drift\n{}", blocks(changes).trim_end()),
        Finding::LockBehind(lock) => format!("lock file {} of {}", lock.lock, lock.database),
        Finding::SourceAhead(changes) => format!("ahead\n{}", blocks(changes).trim_end()),
    }
}

#[tokio::test]
async fn what_agrees_is_not_found() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS, AGED]).await;
        assert_eq!(findings(&project, AGED).await, "");
        // Nor without a snapshot, or a source.
        project.store.delete(SNAPSHOT).await.unwrap();
        assert_eq!(findings(&project, AGED).await, "");
        assert_eq!(project.migrator().await.check().await.unwrap().findings, []);
    }
}

#[tokio::test]
async fn what_is_pending_and_what_is_no_migration_yet() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS]).await;
        project.generate(AGED).await;
        let (not_null, key) = match dialect {
            Dialect::Sqlite => ("", "primary key (id)"),
            Dialect::Postgres => (", not null", "primary key posts_pkey (id)"),
        };
        assert_eq!(
            findings(&project, POSTS).await,
            format!(
                "1 pending\n  run `whimbrel migrate apply`\n\
                 ahead\ncreate posts\n  + id: integer{not_null}\n  + title: text\n  + {key}\n  \
                 run `whimbrel migrate generate`\n"
            )
        );
    }
}

#[tokio::test]
async fn drift_is_told_also_while_migrations_are_pending() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS]).await;
        project.run("ALTER TABLE users ADD COLUMN hacked integer").await;
        let found = findings(&project, USERS).await;
        assert_eq!(
            found,
            "\
drift
alter users
  + hacked: integer
  take it back in the database, or take it into the schema and a migration
"
        );
        project.generate(AGED).await;
        assert_eq!(findings(&project, AGED).await.matches("hacked").count(), 1);
    }
}

#[tokio::test]
async fn what_is_not_proved_is_told() {
    let project = Project::applied(Dialect::Sqlite, &[USERS]).await;
    let mut journal = project.journal();
    journal.entries[0].proof = Some(Proof::Unproved { reason: "no server".to_owned() });
    project.put(JOURNAL, &journal.to_json()).await;
    assert_eq!(
        findings(&project, USERS).await,
        "\
unproved create-users: no server
  prove it with `whimbrel migrate verify --accept create-users`
"
    );
}

#[tokio::test]
async fn files_that_do_not_agree_are_told_and_nothing_is_compared_with_them() {
    let project = Project::applied(Dialect::Sqlite, &[USERS, AGED]).await;
    project.edit("0001_add-age-to-users.sql", "integer", "text").await;
    project.store.delete("0000_create-users.sql").await.unwrap();
    assert_eq!(findings(&project, POSTS).await, "\
`0000_create-users.sql` of migration `create-users` is missing
  restore the file from version control, and make sure that it is deployed
migration `add-age-to-users` was edited after it was applied: `0001_add-age-to-users.sql` has checksum a779bb5323b1, not 83d1b8d66bf1
  restore the file, or record the edit with `whimbrel migrate verify --accept add-age-to-users`
");
}

#[tokio::test]
async fn a_file_that_nothing_applies_is_told() {
    let project = Project::applied(Dialect::Sqlite, &[USERS]).await;
    project.put("0001_lost.sql", "CREATE TABLE lost (a integer);\n").await;
    project.put("seed.sql", "INSERT INTO users VALUES (1);\n").await;
    assert_eq!(
        findings(&project, USERS).await,
        "\
`0001_lost.sql` is there, and the journal does not know it: nothing applies it
  if a merge lost it, restore the journal as it was before and run `whimbrel migrate rebase`; if it is new, move it \
         away, run `whimbrel migrate create` and write it there
"
    );
}
