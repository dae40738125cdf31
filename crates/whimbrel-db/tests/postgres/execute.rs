//! Plans that meet other sessions, and bad luck.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
use whimbrel_db::execute::{ExecuteError, Guard, Outcome, Silent, execute};
use whimbrel_db::postgres::PostgresConnection;
use whimbrel_db::{Connection, IntrospectError, LockWait, Waiting};
use whimbrel_testkit::cluster::{Cluster, ClusterOptions, TestDatabase};

use crate::{open, refusal};

/// How many locks of whimbrel there are on the database.
const LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND \
                     database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A plan of one transaction for each list of statements.
fn plan(batches: &[&[&str]]) -> Plan {
    let batch = |sql: &&[&str]| Batch {
        transaction: true,
        foreign_keys: ForeignKeys::AsIs,
        steps: sql.iter().map(|sql| Step::new(*sql)).collect(),
    };
    Plan { batches: batches.iter().map(batch).collect(), ..Plan::default() }
}

/// Lets the plan run on a database that others reach too.
struct Open;

#[async_trait]
impl Guard for Open {
    async fn holds(&mut self, _: &mut dyn Connection) -> Result<bool, IntrospectError> {
        Ok(true)
    }
}

async fn run(connection: &mut PostgresConnection, plan: &Plan) -> Result<Outcome, ExecuteError> {
    execute(connection, plan, &mut Open, &mut Silent).await
}

/// A session that waits for locks as long as it says, and what it was told.
async fn patient(
    database: &TestDatabase<'_>,
    limit: Duration,
) -> (PostgresConnection, Arc<Mutex<Vec<Waiting>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let notice: whimbrel_db::LockNotice = Arc::new(move |waiting| seen.lock().unwrap().push(waiting.clone()));
    let connection = open(&database.url()).await.unwrap();
    (connection.with_lock_wait(LockWait { limit, notice: Some(notice) }), told)
}

fn stopped(outcome: Result<Outcome, ExecuteError>) -> ExecuteError {
    match outcome {
        Ok(outcome) => panic!("it should have failed: {outcome:?}"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_failing_batch_leaves_nothing_and_those_before_stay() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let plan = plan(&[&["CREATE TABLE a ()"], &["CREATE TABLE b ()", "SELECT 1 / 0"]]);
    let error = stopped(run(&mut connection, &plan).await);
    assert_eq!(error.to_string(), "step 3 of 3 failed");
    assert_eq!(error.kept().batches, 1);
    assert_eq!(database.psql("SELECT relname FROM pg_class WHERE relkind = 'r' AND oid >= 16384"), "a\n");
    assert!(!connection.in_transaction().await.unwrap());
}

#[tokio::test]
async fn an_idle_blocker_is_named_and_outlasted() {
    let database = Cluster::shared().database();
    database.psql("CREATE TABLE t (a int)");
    let mut blocker = open(&database.url()).await.unwrap();
    blocker.execute("BEGIN").await.unwrap();
    blocker.execute("SELECT * FROM t").await.unwrap();
    let (mut connection, told) = patient(&database, Duration::from_secs(60)).await;
    connection.execute("SET lock_timeout = '2s'").await.unwrap();
    let free = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(4)).await;
        blocker.execute("COMMIT").await.unwrap();
    });
    let outcome = run(&mut connection, &plan(&[&["CREATE TABLE u ()", "ALTER TABLE t ADD b int"]])).await;
    assert_eq!(outcome.unwrap(), Outcome::Done);
    free.await.unwrap();
    let told = told.lock().unwrap();
    let holder = told[0].holder.clone().unwrap();
    assert!(holder.contains("of `postgres`, idle in transaction for "), "{holder}");
    assert!(holder.ends_with(": `SELECT * FROM t`"), "{holder}");
    assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relname = 'u'"), "1\n");
}

#[tokio::test]
async fn patience_ends_with_the_name_of_the_blocker() {
    let database = Cluster::shared().database();
    database.psql("CREATE TABLE t (a int)");
    let mut blocker = open(&database.url()).await.unwrap();
    blocker.execute("BEGIN").await.unwrap();
    blocker.execute("LOCK TABLE t").await.unwrap();
    let (mut connection, _) = patient(&database, Duration::from_secs(2)).await;
    connection.execute("SET lock_timeout = '2s'").await.unwrap();
    let error = stopped(run(&mut connection, &plan(&[&["ALTER TABLE t ADD b int"]])).await);
    assert!(error.is_locked(), "{error:?}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains(" is locked by session "), "{source}");
    assert!(source.ends_with(": `LOCK TABLE t`"), "{source}");
    assert!(!connection.in_transaction().await.unwrap());
}

#[tokio::test]
async fn two_runs_go_one_after_the_other() {
    let database = Cluster::shared().database();
    let (mut first, _) = patient(&database, Duration::from_secs(30)).await;
    let (mut second, told) = patient(&database, Duration::from_secs(30)).await;
    let slow = plan(&[&["CREATE TABLE t ()", "SELECT pg_sleep(2)"]]);
    let running = tokio::spawn(async move { run(&mut first, &slow).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    run(&mut second, &plan(&[&["DROP TABLE t"]])).await.unwrap();
    running.await.unwrap().unwrap();
    let holder = told.lock().unwrap()[0].holder.clone().unwrap();
    assert!(holder.ends_with(": `SELECT pg_sleep(2)`"), "{holder}");
    assert_eq!(database.psql(LOCKS), "0\n");
}

#[tokio::test]
async fn a_run_that_is_locked_out_says_by_whom() {
    let database = Cluster::shared().database();
    let mut holder = open(&database.url()).await.unwrap();
    holder.query("SELECT pg_advisory_lock(130194995114605)").await.unwrap();
    let (mut connection, _) = patient(&database, Duration::from_millis(300)).await;
    let error = stopped(run(&mut connection, &plan(&[&["CREATE TABLE t ()"]])).await);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains(" is locked by session "), "{source}");
    assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0\n");
}

#[tokio::test]
async fn a_cancelled_run_leaves_nothing() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let canceller = connection.canceller();
    let asked = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        canceller.cancel().await;
    });
    let error = stopped(run(&mut connection, &plan(&[&["CREATE TABLE t ()", "SELECT pg_sleep(30)"]])).await);
    asked.await.unwrap();
    assert!(error.is_cancelled(), "{error:?}");
    assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0\n");
    assert_eq!(database.psql(LOCKS), "0\n");
}

#[tokio::test]
async fn a_run_whose_future_is_dropped_leaves_nothing() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let plan = plan(&[&["CREATE TABLE t ()", "SELECT pg_sleep(1)", "SELECT 1"]]);
    let stopped = tokio::time::timeout(Duration::from_millis(300), run(&mut connection, &plan)).await;
    assert!(stopped.is_err());
    drop(connection);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0\n");
    assert_eq!(database.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)'"), "0\n");
}

#[tokio::test]
async fn a_server_that_restarts_in_the_midst_is_told() {
    let cluster = Arc::new(Cluster::start(&ClusterOptions::default()).unwrap());
    let mut connection = open(&cluster.url("postgres")).await.unwrap();
    let plan = plan(&[&["CREATE TABLE a ()"], &["CREATE TABLE b ()", "SELECT pg_sleep(30)"]]);
    let administrator = Arc::clone(&cluster);
    let restarted = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        administrator.stop();
        administrator.restart();
    });
    let outcome = run(&mut connection, &plan).await;
    restarted.join().unwrap();
    let error = stopped(outcome);
    assert_eq!(error.kept().batches, 1);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("was lost: terminating connection due to administrator command"), "{source}");
    assert_eq!(
        cluster.psql("postgres", "SELECT relname FROM pg_class WHERE relkind = 'r' AND oid >= 16384"),
        "a\n"
    );
}

#[tokio::test]
async fn a_role_without_rights_is_told_so() {
    let database = Cluster::shared().database();
    database.psql("CREATE ROLE visitor LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let mut connection = open(&database.url_as("visitor")).await.unwrap();
    let error = stopped(run(&mut connection, &plan(&[&["CREATE TABLE t ()"]])).await);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "permission denied for schema public");
    let _ = refusal(connection.execute("CREATE SCHEMA s").await);
}
