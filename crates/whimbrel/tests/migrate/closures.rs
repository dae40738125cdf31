//! Migrations that are closures, in their turn between those that are SQL.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::{Format, State};
use whimbrel::core::plan::Proof;
use whimbrel::core::resolve::lenient;
use whimbrel::db::Datum;
use whimbrel::{Migration, Migrator, Outcome};

use crate::project::{BOTH, Project, USERS, names, told};

const FILE: &str = "0001_backfill.rs";

/// The parameter of this number.
fn parameter(dialect: Dialect, number: usize) -> String {
    match dialect {
        Dialect::Sqlite => "?".to_owned(),
        Dialect::Postgres => format!("${number}"),
    }
}

/// Writes two rows, takes them back, and says how many there are.
fn backfill() -> Migration {
    Migration::new("backfill")
        .up(|tx| async move {
            let insert = format!(
                "INSERT INTO users (id, name) VALUES ({}, {})",
                parameter(tx.dialect(), 1),
                parameter(tx.dialect(), 2)
            );
            for (id, name) in [(1, "Ada"), (2, "it's \\ Grace")] {
                tx.execute(insert.as_str(), [id.into(), name.into()]).await?;
            }
            let rows = tx.query("SELECT name FROM users ORDER BY id", []).await?.rows;
            tx.say(format!("{rows:?}")).await;
            Ok(())
        })
        .down(|tx| async move {
            tx.execute("DELETE FROM users", []).await?;
            Ok(())
        })
}

/// A project with the closure in its journal, after a table that is applied.
async fn created(dialect: Dialect) -> Project {
    let project = Project::applied(dialect, &[USERS]).await;
    project.migrator().await.create("backfill").format(Format::Rust).await.unwrap();
    project
}

async fn with(project: &Project, migration: Migration) -> Migrator {
    project.builder().migration(migration).connect().await.unwrap()
}

#[tokio::test]
async fn a_closure_is_proved_applied_and_taken_back() {
    for dialect in BOTH {
        let project = created(dialect).await;
        let verified = with(&project, backfill()).await.verify().accept("backfill").await.unwrap();
        assert!(matches!(verified.verdicts[1].outcome, Outcome::Proved(Proof::Lossy)), "{verified:?}");
        let applied = with(&project, backfill()).await.apply().await.unwrap();
        assert_eq!(names(&applied.migrations), ["backfill"]);
        assert_eq!(project.rows("SELECT name FROM users ORDER BY id").await, "Ada\nit's \\ Grace");
        let status = project.migrator().await.status().await.unwrap();
        assert!(status.migrations.iter().all(|one| one.state == State::Applied));
        // Nobody can tell what it loses, so it is asked.
        assert!(told(with(&project, backfill()).await.down().await).contains("1 question needs"));
        let down = with(&project, backfill()).await.down().resolver(lenient()).await.unwrap();
        assert_eq!(down.migrations.len(), 1);
        assert_eq!(project.rows("SELECT name FROM users").await, "");
    }
}

#[tokio::test]
async fn a_program_that_lacks_the_closure_runs_nothing() {
    for dialect in BOTH {
        let project = created(dialect).await;
        assert_eq!(
            told(project.migrator().await.apply().await),
            "whimbrel::program::unregistered\n`backfill` is a closure of a program, and this one does not have it\n\
             nothing was run; run it with the program that gives its migrator `Migration::new(\"backfill\")`"
        );
        let newer = backfill().version(2);
        assert!(
            told(with(&project, newer.clone()).await.apply().await).contains("has version 2 of `backfill`")
        );
        project.edit(FILE, "// Version: 1", "// Version: 2").await;
        assert!(told(with(&project, newer.clone()).await.apply().await).contains("edited"));
        with(&project, newer.clone()).await.verify().accept("backfill").await.unwrap();
        with(&project, newer).await.apply().await.unwrap();
        assert_eq!(project.rows("SELECT id FROM users ORDER BY id").await, "1\n2");
    }
}

#[tokio::test]
async fn what_fails_leaves_nothing() {
    let cases: [(&str, Migration, &str); 4] = [
        (
            "statement",
            Migration::new("backfill").up(|tx| async move {
                tx.execute("INSERT INTO users (id, name) VALUES (1, 'a')", []).await?;
                // Whoever passes over the error is stopped all the same.
                drop(tx.execute("INSERT INTO nowhere VALUES (1)", []).await);
                Ok(())
            }),
            "nowhere",
        ),
        (
            "own error",
            Migration::new("backfill").up(|tx| async move {
                tx.execute("INSERT INTO users (id, name) VALUES (1, 'a')", []).await?;
                Err("the moon is full".into())
            }),
            "the moon is full",
        ),
        (
            "transaction",
            Migration::new("backfill").up(|tx| async move {
                tx.execute("INSERT INTO users (id, name) VALUES (1, 'a')", []).await?;
                tx.execute("COMMIT", []).await?;
                Ok(())
            }),
            "a program may not control its transaction",
        ),
        (
            "parameters",
            Migration::new("backfill").up(|tx| async move {
                tx.execute("INSERT INTO users (id, name) VALUES (1, 'a')", [Datum::Null]).await?;
                Ok(())
            }),
            "the statement has no parameter, and 1 value is given",
        ),
    ];
    for dialect in BOTH {
        let project = created(dialect).await;
        for (case, migration, expected) in &cases {
            let told = told(with(&project, migration.clone()).await.apply().await);
            assert!(told.contains("whimbrel::apply::program") && told.contains(expected), "{case}: {told}");
            assert_eq!(project.rows("SELECT id FROM users").await, "", "{case}");
        }
        with(&project, backfill()).await.apply().await.unwrap();
    }
}

#[tokio::test]
async fn a_handle_that_outlives_its_transaction_is_of_no_use() {
    let project = created(Dialect::Sqlite).await;
    let (give, taken) = std::sync::mpsc::channel();
    let leak = Migration::new("backfill").up(move |tx| {
        give.send(tx.clone()).unwrap();
        async move { Ok(()) }
    });
    let mut migrator = with(&project, leak).await;
    migrator.apply().await.unwrap();
    let error = taken.recv().unwrap().execute("DELETE FROM users", []).await.unwrap_err();
    assert_eq!(error.to_string(), "the migration's transaction has ended");
}
