//! Scratch databases.

use whimbrel_core::dialect::Dialect;
use whimbrel_db::scratch::{ScratchOptions, open};

use crate::support::{message, number, run};

#[tokio::test]
async fn nothing_reaches_out_of_a_scratch_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.db").display().to_string();
    let mut scratch = open(Dialect::Sqlite, &ScratchOptions::default()).await.unwrap();
    run(scratch.connection(), &["CREATE TABLE t (a)"]).await;
    for (sql, expected) in [
        (format!("ATTACH '{path}' AS other"), "too many attached databases - max 0"),
        (format!("VACUUM INTO '{path}'"), "too many attached databases - max 0"),
        ("SELECT load_extension('x')".to_owned(), "not authorized"),
    ] {
        let error = scratch.connection().execute(&sql).await.unwrap_err();
        assert_eq!(message(&error), expected, "{sql}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_scratch_database_is_empty_again_after_a_reset() {
    let mut scratch = open(Dialect::Sqlite, &ScratchOptions::default()).await.unwrap();
    for _ in 0..2 {
        let connection = scratch.connection();
        assert_eq!(number(connection, "SELECT count(*) FROM sqlite_schema").await, 0);
        assert_eq!(number(connection, "PRAGMA foreign_keys").await, 0);
        run(
            connection,
            &["PRAGMA foreign_keys = ON", "CREATE TABLE t (a)", "BEGIN", "INSERT INTO t VALUES (1)"],
        )
        .await;
        scratch.reset().await.unwrap();
    }
    scratch.close().await.unwrap();
}
