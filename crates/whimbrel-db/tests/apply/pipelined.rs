//! Migrations that PostgreSQL is sent before it is done with those before them.

use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use whimbrel_db::Connection;
use whimbrel_db::apply::ApplyError;
use whimbrel_testkit::cluster::{Cluster, TestDatabase};
use whimbrel_testkit::database::block_on;

use crate::postgres::open;
use crate::support::{Heard, assert_free, column, run, told, tracked};

const TABLES: &str = "CREATE TABLE a (n int PRIMARY KEY);
    CREATE TABLE b (n int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO a VALUES (1);";

/// The tables of a database, but for those of the first migration.
const OTHERS: &str = "SELECT coalesce(string_agg(relname, ' '), 'none') FROM pg_class \
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT IN ('a', 'b', '_whimbrel_migrations')";

/// What each of three kinds of failure does, and where it shows.
const FAILURES: [(&str, &str, &str); 3] = [
    ("SELEC 1;", "statement 1 of 1 of `bad` failed, at line 1 of `", "syntax error at or near \"SELEC\""),
    ("SELECT 1;\nSELECT 1 / 0;", "statement 2 of 2 of `bad` failed, at line 2 of `", "division by zero"),
    ("INSERT INTO b VALUES (2);", "cannot commit `bad`", "insert or update on table \"b\" violates"),
];

#[test]
fn nothing_runs_behind_one_that_fails_of_whatever() {
    block_on(async {
        for (sql, place, reason) in FAILURES {
            let database = Cluster::shared().database();
            let mut session = open(&database.url()).await;
            let bad = ("bad", sql);
            let next = [("c", "CREATE TABLE c ();"), ("d", "CREATE TABLE d ();")];
            let mut heard = Heard::default();
            let migrations = [("tables", TABLES), bad, next[0], next[1]];
            let error = run(&mut session, &migrations, &mut heard).await.unwrap_err();
            check(&error, place, reason, &["tables"]);
            assert_eq!(heard.0, ["4 to run", "1 of 4: tables", "applied tables", "2 of 4: bad"]);
            stands(&mut session, "tables").await;

            // Nor where it is the first of all that were sent.
            let mut heard = Heard::default();
            let error = run(&mut session, &migrations, &mut heard).await.unwrap_err();
            check(&error, place, reason, &[]);
            assert_eq!(heard.0, ["3 to run", "1 of 3: bad"]);
            stands(&mut session, "tables").await;

            let mended = [("tables", TABLES), ("bad", "SELECT 1;"), next[0], next[1]];
            run(&mut session, &mended, &mut Heard::default()).await.unwrap();
            assert_eq!(tracked(&mut session).await, "tables bad c d");
        }
    });
}

#[track_caller]
fn check(error: &ApplyError, place: &str, reason: &str, kept: &[&str]) {
    let told = told(error);
    assert!(told.starts_with(place) && told.contains(&format!("\nbecause: {reason}")), "{told}");
    assert_eq!(error.kept().migrations, kept);
}

/// So much is applied, and nothing is open.
async fn stands(session: &mut dyn Connection, applied: &str) {
    assert_eq!(tracked(session).await, applied);
    assert_eq!(column(session, OTHERS).await, "none");
    assert!(!session.in_transaction().await.unwrap());
    assert_free(session, "after the failure").await;
}

#[test]
fn each_of_many_has_a_transaction_of_its_own() {
    const MANY: usize = 600;
    block_on(async {
        let database = Cluster::shared().database();
        database.psql("CREATE TABLE log (n int, x xid8, at timestamptz)");
        let texts: Vec<(String, String)> = (0..MANY)
            .map(|n| (format!("m{n}"), format!("INSERT INTO log VALUES ({n}, pg_current_xact_id(), now());")))
            .collect();
        let migrations: Vec<(&str, &str)> = texts.iter().map(|(name, sql)| (&**name, &**sql)).collect();
        let mut session = open(&database.url()).await;
        let mut heard = Heard::default();
        run(&mut session, &migrations, &mut heard).await.unwrap();
        let expected: Vec<String> =
            (0..MANY).flat_map(|n| [format!("{} of {MANY}: m{n}", n + 1), format!("applied m{n}")]).collect();
        assert_eq!(heard.0[1..], expected);
        let sums = "SELECT count(DISTINCT x) || ' ' || count(DISTINCT at) || ' ' || bool_and(ordered) FROM \
            (SELECT x, at, n = row_number() OVER (ORDER BY x::text::bigint) - 1 AS ordered FROM log) AS t";
        assert_eq!(column(&mut session, sums).await, format!("{MANY} {MANY} true"));
        assert_eq!(tracked(&mut session).await.split(' ').count(), MANY);
        assert_free(&mut session, "after the run").await;
    });
}

#[test]
fn a_session_that_the_server_ends_has_run_nothing_more() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut session = open(&database.url()).await;
        let end = "SELECT pg_terminate_backend(pg_backend_pid());";
        let migrations = [("tables", TABLES), ("end", end), ("c", "CREATE TABLE c ();")];
        let error = run(&mut session, &migrations, &mut Heard::default()).await.unwrap_err();
        assert!(!matches!(error, ApplyError::OutcomeUnknown { .. }), "{error:?}");
        assert_eq!(error.kept().migrations, ["tables"]);
        stands(&mut open(&database.url()).await, "tables").await;
    });
}

/// A way to a server that can be cut. The server does not notice before it answers.
async fn cuttable(database: &TestDatabase<'_>) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = Cluster::shared().port();
    let url =
        database.url().replace(&format!(":{port}/"), &format!(":{}/", listener.local_addr().unwrap().port()));
    let way = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = copy_bidirectional(&mut near, &mut far).await;
    });
    (url, way)
}

#[test]
fn of_all_that_was_sent_before_the_way_was_cut_nobody_knows() {
    block_on(async {
        let database = Cluster::shared().database();
        let (url, way) = cuttable(&database).await;
        let mut session = open(&url).await;
        let sleeps = "CREATE TABLE c ();\nSELECT pg_sleep(1);";
        let migrations =
            [("tables", TABLES), ("c", sleeps), ("d", "CREATE TABLE d ();"), ("e", "CREATE TABLE e ();")];
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            way.abort();
        });
        let mut heard = Heard::default();
        let error = run(&mut session, &migrations, &mut heard).await.unwrap_err();
        let told = told(&error);
        let unknown = "the connection was lost: nobody knows yet whether `c` and `d` were kept\nbecause: ";
        assert!(told.starts_with(unknown), "{told}");
        assert_eq!(error.kept().migrations, ["tables"]);
        drop(session);

        let mut session = open(&database.url()).await;
        let outcome = run(&mut session, &migrations, &mut Heard::default()).await;
        outcome.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(tracked(&mut session).await, "tables c d e");
        assert_eq!(column(&mut session, OTHERS).await.split(' ').count(), 3);
    });
}

#[test]
fn a_batch_is_sent_before_the_one_before_has_failed() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut session = open(&database.url()).await;
        let batches = [
            vec!["BEGIN", "COMMIT", "BEGIN", "SAVEPOINT s"],
            vec!["RELEASE SAVEPOINT s", "SELECT 1 / 0", "COMMIT", "BEGIN", "SAVEPOINT s"],
            vec!["RELEASE SAVEPOINT s", "CREATE TABLE c ()", "COMMIT", "BEGIN", "SAVEPOINT s"],
            vec!["RELEASE SAVEPOINT s", "CREATE TABLE d ()", "COMMIT"],
        ];
        let mut ran = Vec::new();
        let stopped = session.execute_in_turn(&batches, &mut |at| ran.push(at)).await.unwrap_err();
        assert_eq!((stopped.batch, stopped.sent, stopped.failed.index), (1, 3, 1));
        assert_eq!(stopped.failed.error.to_string(), "division by zero");
        assert_eq!(ran, [0]);
        session.execute("ROLLBACK").await.unwrap();
        assert_eq!(column(&mut session, OTHERS).await, "none");
    });
}
