//! Other processes' locks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use whimbrel_db::{Access, ConnectOptions, DatabaseUrl, DbError, LockWait, Missing, connect};

use crate::support::{file, file_with, message, number, open, run};

#[tokio::test]
async fn a_lock_that_stays_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let mut first = file(&path).await;
    run(&mut *first, &["CREATE TABLE t (a)", "BEGIN IMMEDIATE"]).await;
    let mut second = file(&path).await;
    let start = Instant::now();
    let error = second.execute("BEGIN IMMEDIATE").await.unwrap_err();
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(error.is_locked());
    assert_eq!(
        message(&error),
        format!(
            "`{}` is locked by another process / wait for it to end, or raise `--lock-wait` (seconds)",
            path.display()
        )
    );
    assert_eq!(number(&mut *second, "SELECT count(*) FROM t").await, 0, "the session can go on");
}

#[tokio::test]
async fn opening_and_reading_wait_for_a_writer_that_excludes_readers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    let mut first = file(&path).await;
    run(&mut *first, &["BEGIN EXCLUSIVE"]).await;
    let error = open(&path, Access::ReadOnly, Missing::Refuse).await.err().unwrap();
    assert!(matches!(error, DbError::Locked { .. }), "{error}");

    let opened = tokio::spawn({
        let url = DatabaseUrl::sqlite_file(&path);
        async move { connect(&url, &ConnectOptions::default()).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    run(&mut *first, &["COMMIT"]).await;
    opened.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_long_wait_is_noticed_once_and_ends_with_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    let mut first = file(&path).await;
    run(&mut *first, &["BEGIN IMMEDIATE"]).await;
    let notices = Arc::new(AtomicUsize::new(0));
    let lock_wait = LockWait {
        notice: Some(Arc::new({
            let notices = Arc::clone(&notices);
            move |waiting| {
                assert!(waiting.to_string().contains("app.db"), "{waiting}");
                notices.fetch_add(1, Ordering::SeqCst);
            }
        })),
        ..LockWait::default()
    };
    let options = ConnectOptions { lock_wait, ..ConnectOptions::default() };
    let mut second = connect(&DatabaseUrl::sqlite_file(&path), &options).await.unwrap();
    let waiting = tokio::spawn(async move { second.execute("INSERT INTO t VALUES (1)").await });
    tokio::time::sleep(Duration::from_millis(1300)).await;
    assert_eq!(notices.load(Ordering::SeqCst), 1);
    run(&mut *first, &["COMMIT"]).await;
    assert_eq!(waiting.await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_commit_waits_for_readers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    let mut reader = open(&path, Access::ReadOnly, Missing::Refuse).await.unwrap();
    run(&mut *reader, &["BEGIN", "SELECT count(*) FROM t"]).await;
    let mut writer = file(&path).await;
    run(&mut *writer, &["BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)"]).await;
    assert!(writer.execute("COMMIT").await.unwrap_err().is_locked());
    assert!(writer.in_transaction().await.unwrap(), "nothing is lost yet");
    run(&mut *reader, &["COMMIT"]).await;
    run(&mut *writer, &["COMMIT"]).await;
    assert_eq!(number(&mut *reader, "SELECT count(*) FROM t").await, 1);
}

#[tokio::test]
async fn a_dropped_connection_has_rolled_back_and_freed_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let mut first = file(&path).await;
    run(&mut *first, &["CREATE TABLE t (a)", "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)"]).await;
    let mut second = connect(
        &DatabaseUrl::sqlite_file(&path),
        &ConnectOptions { lock_wait: LockWait::up_to(Duration::ZERO), ..ConnectOptions::default() },
    )
    .await
    .unwrap();
    assert!(second.execute("BEGIN IMMEDIATE").await.unwrap_err().is_locked());
    drop(first);
    run(&mut *second, &["BEGIN IMMEDIATE"]).await;
    assert_eq!(number(&mut *second, "SELECT count(*) FROM t").await, 0);
}
