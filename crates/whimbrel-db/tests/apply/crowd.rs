//! Many sessions that apply at once.

use whimbrel_core::dialect::Dialect;
use whimbrel_db::{ConnectOptions, DatabaseUrl, connect};
use whimbrel_testkit::database::{Database, block_on};

use crate::support::{BOTH, Heard, assert_free, column, run, tracked};

const SESSIONS: usize = 8;

/// Every session applies the same migrations; each runs once in all.
#[track_caller]
fn check(dialect: Dialect, migrations: &'static [(&'static str, &'static str)], seen: &str) {
    block_on(async {
        let database = Database::shared(dialect).await;
        let threads: Vec<_> = (0..SESSIONS)
            .map(|_| {
                let url: DatabaseUrl = database.url().parse().unwrap();
                std::thread::spawn(move || {
                    block_on(async {
                        let mut session = connect(&url, &ConnectOptions::default()).await.unwrap();
                        run(&mut *session, migrations, &mut Heard::default()).await.unwrap().migrations
                    })
                })
            })
            .collect();
        let mut all: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        all.sort();
        let mut names: Vec<&str> = migrations.iter().map(|(name, _)| *name).collect();
        assert_eq!(all.len(), names.len(), "{dialect}: {all:?}");
        let mut session = database.another_session().await;
        assert_eq!(tracked(&mut *session).await, names.join(" "), "{dialect}");
        names.sort_unstable();
        assert_eq!(all, names, "{dialect}");
        assert_eq!(column(&mut *session, "SELECT n FROM log ORDER BY n").await, seen, "{dialect}");
        assert_free(&mut *session, "after the crowd").await;
    });
}

#[test]
fn each_migration_runs_once() {
    for dialect in BOTH {
        check(
            dialect,
            &[
                ("log", "CREATE TABLE log (n int);"),
                ("one", "INSERT INTO log VALUES (1);"),
                ("two", "INSERT INTO log VALUES (2);"),
                ("three", "INSERT INTO log VALUES (3);"),
            ],
            "1 2 3",
        );
    }
}

#[test]
fn each_statement_of_many_transactions_runs_once() {
    check(
        Dialect::Sqlite,
        &[
            ("log", "CREATE TABLE log (n int);"),
            (
                "steps",
                "-- whimbrel: no-transaction\n
                 INSERT INTO log VALUES (1);\nINSERT INTO log VALUES (2);\nVACUUM;\nINSERT INTO log VALUES (3);",
            ),
            ("last", "INSERT INTO log VALUES (4);"),
        ],
        "1 2 3 4",
    );
    check(
        Dialect::Postgres,
        &[
            ("log", "CREATE TABLE log (n int);"),
            (
                "steps",
                "INSERT INTO log VALUES (1);\nCREATE INDEX CONCURRENTLY i ON log (n);\nINSERT INTO log VALUES (2);",
            ),
            ("last", "INSERT INTO log VALUES (3);"),
        ],
        "1 2 3",
    );
}
