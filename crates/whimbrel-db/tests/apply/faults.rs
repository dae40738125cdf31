//! A run that fails or dies at call k, for every k: once it is run again, every
//! migration has run exactly once, every row is there, and no lock is held.

use whimbrel_core::dialect::Dialect;
use whimbrel_db::Connection;
use whimbrel_db::apply::{ApplyOptions, TransactionMode};
use whimbrel_testkit::database::{Database, block_on};
use whimbrel_testkit::failing::{FAULTS, FailingConnection, Fault};

use crate::support::{Heard, assert_free, column, in_mode, pending, run_with, tracked};

/// Migrations each of which writes to `log`, and a query whose value is `seen`
/// when they all ran.
struct Story {
    migrations: &'static [(&'static str, &'static str)],
    query: &'static str,
    seen: &'static str,
}

const SQLITE: Story = Story {
    migrations: &[
        (
            "tables",
            "CREATE TABLE log (n int);
             CREATE TABLE parent (id INTEGER PRIMARY KEY, a);
             CREATE TABLE child (parent int REFERENCES parent ON DELETE CASCADE);
             INSERT INTO parent VALUES (7, 'x');
             INSERT INTO child VALUES (7);
             INSERT INTO log VALUES (1);",
        ),
        ("rows", "INSERT INTO log VALUES (2);"),
        (
            "rebuild",
            "PRAGMA foreign_keys=OFF;
             CREATE TABLE new_parent (id INTEGER PRIMARY KEY, a text NOT NULL);
             INSERT INTO new_parent SELECT id, a FROM parent;
             DROP TABLE parent;
             ALTER TABLE new_parent RENAME TO parent;
             INSERT INTO log VALUES (3);
             PRAGMA foreign_keys=ON;",
        ),
        ("more-rows", "INSERT INTO log VALUES (4);"),
        (
            "steps",
            "-- whimbrel: no-transaction\n
             INSERT INTO log VALUES (51);
             VACUUM;
             INSERT INTO log VALUES (52);",
        ),
        ("last", "INSERT INTO log VALUES (6);"),
    ],
    query: "SELECT (SELECT group_concat(n, ' ') FROM (SELECT n FROM log ORDER BY n)) || ', children: ' || \
            (SELECT count(*) FROM child)",
    seen: "1 2 3 4 6 51 52, children: 1",
};

const POSTGRES: Story = Story {
    migrations: &[
        ("tables", "CREATE TABLE log (n int);\nCREATE TYPE e AS ENUM ('a');\nINSERT INTO log VALUES (1);"),
        ("rows", "SET search_path = pg_catalog;\nINSERT INTO public.log VALUES (2);"),
        (
            "index",
            "SET search_path = public;
             INSERT INTO log VALUES (31);
             CREATE INDEX CONCURRENTLY i ON log (n);
             INSERT INTO log VALUES (32);",
        ),
        (
            "value",
            "ALTER TYPE e ADD VALUE 'b';\nCREATE TABLE f (e e DEFAULT 'b');\nINSERT INTO log VALUES (4);",
        ),
        ("copied", "COPY log (n) FROM stdin;\n5\n\\.\n"),
        (
            "no-index",
            "INSERT INTO log VALUES (6);
             CREATE INDEX CONCURRENTLY k ON log (n);
             DROP INDEX CONCURRENTLY i;
             VACUUM log;",
        ),
        ("last", "INSERT INTO log VALUES (7);"),
    ],
    query: "SELECT (SELECT string_agg(n::text, ' ' ORDER BY n) FROM log) || ', indexes: ' || \
            (SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ' ') FROM pg_index WHERE indrelid = 'log'::regclass)",
    seen: "1 2 4 5 6 7 31 32, indexes: k true",
};

/// The first of the migrations.
const SQLITE_BEGINNING: Story =
    Story { migrations: SQLITE.migrations.split_at(3).0, seen: "1 2 3, children: 1", ..SQLITE };

const POSTGRES_BEGINNING: Story =
    Story { migrations: POSTGRES.migrations.split_at(3).0, seen: "1 2 31 32, indexes: i true", ..POSTGRES };

/// Every call of a run fails in this way.
#[track_caller]
fn check(dialect: Dialect, story: &Story, options: &ApplyOptions, fault: Fault) {
    let mut at = 0;
    while block_on(trial(dialect, story, options, fault, at)) {
        at += 1;
    }
    assert!(at > 10, "only {at} calls were made: too few to be such a run");
}

/// Runs with a fault at call `at`, then again; `false` if there were fewer calls.
async fn trial(dialect: Dialect, story: &Story, options: &ApplyOptions, fault: Fault, at: usize) -> bool {
    let place = format!("{dialect} with {fault:?} at call {at}");
    let database = Database::shared(dialect).await;
    let mut failing = FailingConnection::new(open(&database).await, fault, at);
    let calls = failing.calls();
    let mut heard = Heard::default();
    let mut jobs = pending(dialect, story.migrations);
    let outcome = run_with(&mut failing, &mut jobs, options, &mut heard).await;
    drop(failing);
    let reached = calls.count() > at;
    assert!(outcome.is_ok() || reached, "{place}: without a fault the run goes through: {outcome:?}");

    let mut session = open(&database).await;
    if !heard.reported().is_empty() {
        let now = tracked(&mut *session).await;
        assert!(now.starts_with(&heard.reported().join(" ")), "{place}: {now}, and heard was {heard:?}");
    }
    let mut again = Heard::default();
    let outcome = run_with(&mut *session, &mut jobs, options, &mut again).await;
    outcome.unwrap_or_else(|error| panic!("{place}, then again: {error:?}"));
    assert_eq!(column(&mut *session, story.query).await, story.seen, "{place}");
    let names: Vec<&str> = story.migrations.iter().map(|(name, _)| *name).collect();
    assert_eq!(tracked(&mut *session).await, names.join(" "), "{place}");
    let left = options.table.read(&mut *session).await.unwrap().unfinished;
    assert!(left.is_empty(), "{place}: {left:?}");
    assert_free(&mut *session, &place).await;
    reached
}

async fn open(database: &Database) -> Box<dyn Connection> {
    let mut session = database.another_session().await;
    if session.server().dialect == Dialect::Sqlite {
        // It is sessions that die here, not machines.
        session.execute("PRAGMA synchronous = OFF").await.unwrap();
    }
    session
}

#[test]
fn sqlite() {
    for fault in FAULTS {
        check(Dialect::Sqlite, &SQLITE, &in_mode(Dialect::Sqlite, TransactionMode::Each), fault);
    }
}

#[test]
fn sqlite_with_every_statement_committed() {
    for fault in FAULTS {
        check(Dialect::Sqlite, &SQLITE_BEGINNING, &in_mode(Dialect::Sqlite, TransactionMode::None), fault);
    }
}

#[test]
fn postgres_refuses() {
    let options = in_mode(Dialect::Postgres, TransactionMode::Each);
    check(Dialect::Postgres, &POSTGRES, &options, Fault::Refused);
}

#[test]
fn postgres_dies() {
    let options = in_mode(Dialect::Postgres, TransactionMode::Each);
    check(Dialect::Postgres, &POSTGRES, &options, Fault::Dies);
}

#[test]
fn postgres_answers_are_lost() {
    let options = in_mode(Dialect::Postgres, TransactionMode::Each);
    check(Dialect::Postgres, &POSTGRES, &options, Fault::AnswerLost);
}

#[test]
fn postgres_with_every_statement_committed() {
    let options = in_mode(Dialect::Postgres, TransactionMode::None);
    for fault in [Fault::Dies, Fault::AnswerLost] {
        check(Dialect::Postgres, &POSTGRES_BEGINNING, &options, fault);
    }
}

#[test]
fn all_or_nothing() {
    let sqlite =
        Story { migrations: SQLITE.migrations.split_at(4).0, seen: "1 2 3 4, children: 1", ..SQLITE };
    let postgres = Story {
        migrations: &[
            ("tables", "CREATE TABLE log (n int);\nCREATE INDEX i ON log (n);\nINSERT INTO log VALUES (1);"),
            ("copied", "COPY log (n) FROM stdin;\n2\n\\.\n"),
            ("role", "SET search_path = pg_catalog;\nINSERT INTO public.log VALUES (3);"),
            ("last", "INSERT INTO log VALUES (4);"),
        ],
        seen: "1 2 3 4, indexes: i true",
        ..POSTGRES
    };
    for fault in FAULTS {
        check(Dialect::Sqlite, &sqlite, &in_mode(Dialect::Sqlite, TransactionMode::All), fault);
        check(Dialect::Postgres, &postgres, &in_mode(Dialect::Postgres, TransactionMode::All), fault);
    }
}
