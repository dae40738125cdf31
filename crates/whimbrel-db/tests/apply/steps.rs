//! Migrations that are no single transaction.

use std::time::Duration;

use whimbrel_core::dialect::Dialect;
use whimbrel_db::apply::{ApplyError, ResumeAt};
use whimbrel_db::{Connection, LockWait};
use whimbrel_testkit::database::{Database, block_on};

use crate::support::{BOTH, Heard, assert_free, column, options, pending, run, run_with, told, tracked};

const VALID: &str =
    "SELECT indexrelid::regclass || ' ' || indisvalid FROM pg_index WHERE indrelid = 't'::regclass";

/// The error of a run.
async fn stopped(session: &mut dyn Connection, migrations: &[(&str, &str)]) -> ApplyError {
    run(session, migrations, &mut Heard::default()).await.unwrap_err()
}

#[test]
fn a_failing_statement_keeps_those_before_it_and_may_be_edited() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let session = &mut *database.connection;
        let failing =
            "CREATE TABLE t (n int);\nCREATE INDEX CONCURRENTLY i ON t (n);\nINSERT INTO u VALUES (1);";
        let error = stopped(session, &[("one", failing)]).await;
        assert_eq!(
            told(&error),
            "statement 3 of 3 of `one` failed, at line 3 of `0000_one.sql`\n\
             because: relation \"u\" does not exist\n\
             help: no migration of this run was kept; statements 1 to 2 of this one stay: the next run goes on after them; put right \
             what it met first"
        );
        assert_eq!(tracked(session).await, "");
        let progress = options(Dialect::Postgres).table.read(session).await.unwrap().progress();
        assert_eq!((progress.len(), progress[0].done, progress[0].is_open), (1, 2, false));
        let other = failing.replace("CREATE TABLE t (n int)", "CREATE TABLE t (n bigint)");
        let error = stopped(session, &[("one", &other)]).await;
        assert_eq!(
            told(&error),
            "`one` has run up to statement 2, and those statements were edited since\n\
             help: put the statements back that have run, and edit only those after them; or say where to go on with \
             `--resume-at one:NUMBER`"
        );
        let mended = failing.replace("INTO u", "INTO t");
        run(session, &[("one", &mended)], &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, "SELECT n FROM t").await, "1");
        assert_eq!(tracked(session).await, "one");
        assert_eq!(column(session, "SELECT count(*) FROM _whimbrel_migrations_progress").await, "0");
    });
}

#[test]
fn what_was_begun_goes_on_though_it_could_be_one_transaction_now() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let session = &mut *database.connection;
        let begun =
            "CREATE TABLE t (n int);\nINSERT INTO t VALUES (1);\nCREATE INDEX CONCURRENTLY i ON u (n);";
        stopped(session, &[("one", begun)]).await;
        let mended = begun.replace("CONCURRENTLY i ON u", "i ON t");
        run(session, &[("one", &mended)], &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, "SELECT n FROM t").await, "1");
        assert_eq!(column(session, VALID).await, "i true");
    });
}

#[test]
fn an_invalid_index_is_built_again() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let session = &mut *database.connection;
        let migrations = [
            ("rows", "CREATE TABLE t (n int);\nINSERT INTO t VALUES (1), (1);"),
            ("index", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (n);\nINSERT INTO t VALUES (2);"),
        ];
        let error = stopped(session, &migrations).await;
        assert_eq!(
            told(&error),
            "statement 1 of 2 of `index` failed, at line 1 of `0001_index.sql`\n\
             because: could not create unique index \"i\"\nhelp: this run keeps `rows`; put right the rows that it met, or the file (`whimbrel migrate \
             verify --accept index` records the edit), then run the command again"
        );
        assert_eq!(column(session, VALID).await, "i false");
        session.execute("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)").await.unwrap();
        run(session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, VALID).await, "i true");
        assert_eq!(column(session, "SELECT n FROM t ORDER BY n").await, "1 2");
    });
}

#[test]
fn an_index_without_a_name_is_recognised_too() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let session = &mut *database.connection;
        let migrations = [
            (
                "rows",
                "CREATE TABLE t (n int, m int);\nCREATE INDEX o ON t (m);\nINSERT INTO t VALUES (1), (1);",
            ),
            ("index", "CREATE UNIQUE INDEX CONCURRENTLY ON t (n);"),
        ];
        stopped(session, &migrations).await;
        session.execute("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)").await.unwrap();
        run(session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, &format!("{VALID} ORDER BY 1")).await, "o true t_n_idx true");
    });
}

#[test]
fn an_index_that_waits_for_a_transaction_waits_as_long_as_locks_are_waited_for() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        database.run("CREATE TABLE t (n int)").await.unwrap();
        let mut writer = database.another_session().await;
        writer.execute("BEGIN").await.unwrap();
        writer.execute("INSERT INTO t VALUES (1)").await.unwrap();
        let config = whimbrel_db::postgres::PostgresConfig::parse(
            database.url(),
            &whimbrel_db::postgres::Environment::default(),
        );
        let mut session = whimbrel_db::postgres::PostgresConnection::connect(
            config.unwrap(),
            whimbrel_db::Access::ReadWrite,
            Duration::ZERO,
        )
        .await
        .unwrap()
        .with_lock_wait(LockWait::up_to(Duration::from_millis(1500)));
        let migrations = [("index", "CREATE INDEX CONCURRENTLY i ON t (n);")];
        let error = stopped(&mut session, &migrations).await;
        assert!(error.is_locked(), "{error:?}");
        writer.execute("COMMIT").await.unwrap();
        run(&mut session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(&mut session, VALID).await, "i true");
        assert_eq!(column(&mut session, "SHOW lock_timeout").await, "5s");
    });
}

#[test]
fn a_partition_that_is_half_detached_is_detached() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let tables = "CREATE TABLE p (n int) PARTITION BY LIST (n);\nCREATE TABLE \"P 1\" PARTITION OF p FOR VALUES IN (1);
            CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);";
        database.run(tables).await.unwrap();
        // Who reads the table keeps the second half of the work waiting.
        let mut reader = database.another_session().await;
        let mut session = database.another_session().await;
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        reader.query("SELECT * FROM p").await.unwrap();
        let migrations = [(
            "detach",
            "-- whimbrel: lock-timeout 500ms\n\nALTER TABLE p DETACH PARTITION \"P 1\" CONCURRENTLY;
             CREATE TABLE done ();",
        )];
        stopped(&mut *session, &migrations).await;
        let pending = "SELECT inhrelid::regclass || ' ' || inhdetachpending FROM pg_inherits ORDER BY 1";
        assert_eq!(column(&mut *session, pending).await, "\"P 1\" true p2 false");
        reader.execute("COMMIT").await.unwrap();
        run(&mut *session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(&mut *session, pending).await, "p2 false");
        assert_eq!(tracked(&mut *session).await, "detach");
    });
}

#[test]
fn a_value_is_committed_before_its_use() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let session = &mut *database.connection;
        let migrations = [
            ("type", "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE t (m mood);"),
            ("value", "ALTER TYPE mood ADD VALUE 'sad';\nINSERT INTO t VALUES ('sad');\nVACUUM t;"),
        ];
        run(session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, "SELECT m FROM t").await, "sad");
    });
}

/// A procedure that commits by itself, so that nothing tells how far it came.
/// The first time it sleeps over it.
const BATCHES: [(&str, &str); 2] = [
    (
        "procedure",
        "CREATE TABLE log (n int);
         CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO log VALUES (1); COMMIT;
             IF (SELECT count(*) FROM log WHERE n = 1) = 1 THEN PERFORM pg_sleep(20); END IF;
         END $$;",
    ),
    (
        "call",
        "-- whimbrel: no-transaction\n\nINSERT INTO log VALUES (0);\nCALL fill();\nINSERT INTO log VALUES (2);",
    ),
];

/// Ends the session that calls the procedure, or what it does.
async fn disturb(database: &Database, how: &str) {
    let mut other = database.another_session().await;
    let end = format!(
        "SELECT {how}(pid) FROM pg_stat_activity WHERE query = 'CALL fill()' AND datname = current_database()"
    );
    while column(&mut *other, &end).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn what_nothing_tells_is_asked() {
    for (statement, seen) in [(2, "0 1 1 2"), (3, "0 1 2"), (4, "0 1")] {
        block_on(async {
            let database = Database::shared(Dialect::Postgres).await;
            let mut session = database.another_session().await;
            let (error, ()) =
                tokio::join!(stopped(&mut *session, &BATCHES), disturb(&database, "pg_terminate_backend"));
            assert!(error.to_string().starts_with("statement 2 of 3 of `call` failed"), "{error}");
            let mut session = database.another_session().await;
            let error = stopped(&mut *session, &BATCHES).await;
            assert_eq!(
                told(&error),
                "nobody knows whether statement 2 of 3 of `call` has run\n\
                 help: look at the database; if it has run, go on with `--resume-at call:3`, if not, with \
                 `--resume-at call:2`"
            );
            assert_free(&mut *session, "after the question").await;
            let mut options = options(Dialect::Postgres);
            let mut jobs = pending(Dialect::Postgres, &BATCHES);
            options.resume_at = Some(ResumeAt { migration: "call".to_owned(), statement: 5 });
            let error =
                run_with(&mut *session, &mut jobs, &options, &mut Heard::default()).await.unwrap_err();
            assert_eq!(error.to_string(), "`call` has no statement 5: it has 3");
            options.resume_at = Some(ResumeAt { migration: "call".to_owned(), statement });
            run_with(&mut *session, &mut jobs, &options, &mut Heard::default()).await.unwrap();
            assert_eq!(column(&mut *session, "SELECT n FROM log ORDER BY n").await, seen);
            assert_eq!(tracked(&mut *session).await, "procedure call");
        });
    }
}

#[test]
fn what_did_not_stop_midway_is_not_gone_on_with() {
    let stops = "CREATE TABLE t (n int);\nVACUUM;\nINSERT INTO u VALUES (1);";
    let all = [("one", "CREATE TABLE s (n int);"), ("two", stops), ("three", "CREATE TABLE r (n int);")];
    let place = |migration: &str, statement| Some(ResumeAt { migration: migration.to_owned(), statement });
    let midway = "it is pending, and no run of it has stopped midway";
    let from_its_beginning = "nothing was run; leave `--resume-at` out, and what is pending is applied from its \
                              beginning (`whimbrel migrate status` says where every migration stands)";
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let session = &mut *database.connection;
            let mut options = options(dialect);
            let mut heard = Heard::default();
            options.resume_at = place("two", 3);
            let error =
                run_with(session, &mut pending(dialect, &all), &options, &mut heard).await.unwrap_err();
            let told_pending = format!("`two` cannot be gone on with: {midway}\nhelp: {from_its_beginning}");
            assert_eq!(told(&error), told_pending);
            assert_eq!((tracked(session).await, heard.0.len()), (String::new(), 0));
            stopped(session, &all).await;
            for (migrations, place, standing, advice) in [
                (&all[..], place("one", 1), "it is applied", from_its_beginning),
                (&all, place("three", 1), midway, from_its_beginning),
                (
                    &all[..1],
                    place("two", 3),
                    "it stopped after statement 2, and this run does not come to it",
                    "nothing was run; leave `--to` out, or let it name this migration or a later one",
                ),
            ] {
                let name = place.as_ref().map(|place| place.migration.clone()).unwrap();
                options.resume_at = place;
                let error = run_with(session, &mut pending(dialect, migrations), &options, &mut heard).await;
                let expected = format!("`{name}` cannot be gone on with: {standing}\nhelp: {advice}");
                assert_eq!(told(&error.unwrap_err()), expected);
                assert_free(session, &name).await;
            }
            options.resume_at = place("two", 4);
            run_with(session, &mut pending(dialect, &all), &options, &mut heard).await.unwrap();
            assert_eq!(tracked(session).await, "one two three");
        });
    }
}

#[test]
fn a_file_that_could_be_one_transaction_now_is_gone_on_with_where_a_person_says() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let session = &mut *database.connection;
        stopped(session, &[("one", "VACUUM t;")]).await;
        let mended = "CREATE TABLE t (n int);\nCREATE TABLE u (n int);";
        let mut options = options(Dialect::Postgres);
        options.resume_at = Some(ResumeAt { migration: "one".to_owned(), statement: 2 });
        let mut jobs = pending(Dialect::Postgres, &[("one", mended)]);
        run_with(session, &mut jobs, &options, &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, "SELECT relname FROM pg_class WHERE relname IN ('t', 'u')").await, "u");
    });
}

#[test]
fn a_procedure_that_was_refused_is_called_again() {
    block_on(async {
        let database = Database::shared(Dialect::Postgres).await;
        let mut session = database.another_session().await;
        tokio::join!(stopped(&mut *session, &BATCHES), disturb(&database, "pg_cancel_backend"));
        run(&mut *session, &BATCHES, &mut Heard::default()).await.unwrap();
        assert_eq!(column(&mut *session, "SELECT n FROM log ORDER BY n").await, "0 1 1 2");
    });
}

#[test]
fn sqlite_runs_what_it_ignores_in_transactions() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let session = &mut *database.connection;
        let migrations = [
            ("wal", "PRAGMA journal_mode = WAL;\nCREATE TABLE t (n);\nVACUUM;\nINSERT INTO t VALUES (1);"),
            ("rows", "INSERT INTO t VALUES (2);"),
        ];
        run(session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, "PRAGMA journal_mode").await, "wal");
        assert_eq!(column(session, "SELECT n FROM t").await, "1 2");
        assert_eq!(tracked(session).await, "wal rows");
        assert_free(session, "after the run").await;
    });
}
