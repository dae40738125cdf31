//! Stopping statements.

use std::time::{Duration, Instant};

use whimbrel_db::{Connection, DbError};

use crate::support::{file, memory, number, run};

/// Runs for longer than anybody would wait.
const ENDLESS: &str =
    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[tokio::test]
async fn a_running_statement_is_stopped() {
    let mut connection = memory(&["CREATE TABLE t (a)"]).await;
    let canceller = connection.canceller();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        canceller.cancel().await;
    };
    let (result, ()) = tokio::join!(connection.query(ENDLESS), stop);
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(number(&mut connection, "SELECT count(*) FROM t").await, 0, "the session can go on");
}

#[tokio::test]
async fn stopping_nothing_does_nothing() {
    let mut connection = memory(&["CREATE TABLE t (a)"]).await;
    connection.canceller().cancel().await;
    assert_eq!(number(&mut connection, "SELECT count(*) FROM t").await, 0);
}

#[tokio::test]
async fn a_statement_is_stopped_however_early_the_request_comes() {
    let mut connection = memory(&[]).await;
    for round in 0..200 {
        let canceller = connection.canceller();
        let stop = async {
            for _ in 0..round % 5 {
                tokio::task::yield_now().await;
            }
            canceller.cancel().await;
        };
        // The statement is polled first, so that it is on its way.
        let (result, ()) = tokio::join!(biased; connection.query(ENDLESS), stop);
        assert!(result.unwrap_err().is_cancelled());
    }
}

#[tokio::test]
async fn dropping_the_future_stops_the_statement() {
    let mut connection = memory(&["CREATE TABLE t (a)"]).await;
    tokio::time::timeout(Duration::from_millis(50), connection.query(ENDLESS)).await.unwrap_err();
    let start = Instant::now();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM t").await, 0);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn dropping_the_connection_stops_the_statement() {
    let mut connection = memory(&[]).await;
    tokio::time::timeout(Duration::from_millis(50), async move { connection.query(ENDLESS).await })
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_write_that_is_stopped_leaves_nothing() {
    let mut connection = memory(&["CREATE TABLE t (a)", "BEGIN", "INSERT INTO t VALUES (1)"]).await;
    let canceller = connection.canceller();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        canceller.cancel().await;
    };
    let insert = format!("INSERT INTO t {}", ENDLESS.replace("count(*)", "i"));
    let (result, ()) = tokio::join!(connection.execute(&insert), stop);
    assert!(result.unwrap_err().is_cancelled());
    // An interrupted write takes its whole transaction with it.
    assert!(!connection.in_transaction().await.unwrap());
    assert_eq!(number(&mut connection, "SELECT count(*) FROM t").await, 0);
}

#[tokio::test]
async fn a_wait_for_a_lock_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let mut first = file(&path).await;
    run(&mut *first, &["CREATE TABLE t (a)", "BEGIN IMMEDIATE"]).await;
    let url = whimbrel_db::DatabaseUrl::sqlite_file(&path);
    let mut second = whimbrel_db::connect(&url, &whimbrel_db::ConnectOptions::default()).await.unwrap();
    let canceller = second.canceller();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        canceller.cancel().await;
    };
    let (result, ()) = tokio::join!(second.execute("BEGIN IMMEDIATE"), stop);
    assert!(matches!(result.unwrap_err(), DbError::Cancelled));
}

#[test]
fn any_runtime_will_do() {
    let runtimes = [
        tokio::runtime::Builder::new_current_thread().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap(),
    ];
    for runtime in runtimes {
        runtime.block_on(async {
            let mut connection = memory(&["CREATE TABLE t (a)"]).await;
            assert_eq!(connection.execute("INSERT INTO t VALUES (1), (2)").await.unwrap(), 2);
        });
    }
}
