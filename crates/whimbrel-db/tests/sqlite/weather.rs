//! Bad weather: files that are none, full disks, missing rights.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use miette::Diagnostic;
use whimbrel_db::execute::{ExecuteError, Silent, Unguarded, execute};
use whimbrel_db::{Access, DbError, Missing};

use crate::executing::plan;
use crate::support::{file, file_with, files, message, number, open, read, run};

/// Says where to set the variable that marks the second process.
const INSIDE: &str = "WHIMBREL_TEST_INSIDE";

/// Runs the test of this name again under `wrapper`, and says whether this is
/// that second run. Where the machine has no such wrapper, the test says so and
/// is done.
#[expect(clippy::print_stderr, reason = "a test that cannot run here must say so")]
fn inside(test: &str, wrapper: &[&str]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    // The folder of the build may be closed to other users.
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = folder.path().join("again");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let probe = Command::new(wrapper[0]).args(&wrapper[1..]).arg("true").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: `{}` does not work here", wrapper.join(" "));
        return false;
    }
    let output = Command::new(wrapper[0])
        .args(&wrapper[1..])
        .arg(&program)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}

/// Goes on only as a user whom file permissions bind: root runs the test again
/// as nobody.
fn unprivileged(test: &str) -> bool {
    let is_root = tempfile::NamedTempFile::new().unwrap().as_file().metadata().unwrap().uid() == 0;
    !is_root || inside(test, &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
}

fn forbid_writing(path: &Path) {
    let mode = if path.is_dir() { 0o555 } else { 0o444 };
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let encrypted: Vec<u8> = (0u32..8192).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for content in [b"CREATE TABLE users (id int);\n".repeat(200), encrypted] {
        std::fs::write(&path, &content).unwrap();
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let error = open(&path, access, Missing::Create).await.err().unwrap();
            assert_eq!(
                message(&error),
                format!(
                    "`{}` is not a SQLite database, or it is encrypted / check the path; a file that SQLCipher or a \
                     like extension encrypted must be decrypted first",
                    path.display()
                )
            );
        }
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_damaged_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)", "CREATE INDEX i ON t (a)", "INSERT INTO t VALUES (1)"]).await;
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[100..200].fill(0xff);
    std::fs::write(&path, &damaged).unwrap();
    let name = path.display();
    assert_eq!(
        message(&first_error(&path).await),
        format!(
            "`{name}` is damaged: database disk image is malformed / restore a backup, or save what can be read with \
             `sqlite3 \"{name}\" .recover | sqlite3 recovered.db`"
        )
    );

    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = first_error(&path).await;
    assert!(matches!(error, DbError::Corrupt { .. }), "half a file: {error}");

    let at = whole.windows(14).position(|bytes| bytes == b"CREATE TABLE t").unwrap();
    let mut damaged = whole;
    damaged[at..at + 6].copy_from_slice(b"CREATU");
    std::fs::write(&path, &damaged).unwrap();
    let error = first_error(&path).await;
    assert!(error.to_string().contains("is damaged: malformed database schema (t)"), "{error}");
}

/// What goes wrong first, when the file is opened or when it is read.
async fn first_error(path: &Path) -> DbError {
    match open(path, Access::ReadWrite, Missing::Refuse).await {
        Ok(mut connection) => connection.query("SELECT * FROM t").await.unwrap_err(),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_read_only_file() {
    if !unprivileged("weather::a_read_only_file") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    forbid_writing(&path);
    let error = open(&path, Access::ReadWrite, Missing::Create).await.err().unwrap();
    assert_eq!(
        message(&error),
        format!(
            "cannot write to `{}`: the file is read-only / make the file writable, or use `--dry-run` to see the plan",
            path.display()
        )
    );
    let mut connection = open(&path, Access::ReadOnly, Missing::Refuse).await.unwrap();
    assert_eq!(number(&mut *connection, "SELECT count(*) FROM t").await, 0);

    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    let error = open(&path, Access::ReadOnly, Missing::Refuse).await.err().unwrap();
    assert_eq!(
        message(&error),
        format!(
            "cannot open `{}`: Permission denied (os error 13) / check the permissions of the file and of its folder",
            path.display()
        )
    );
}

#[tokio::test]
async fn a_read_only_folder() {
    if !unprivileged("weather::a_read_only_folder") {
        return;
    }
    for mode in ["delete", "wal"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        file_with(&path, &[&format!("PRAGMA journal_mode = {mode}"), "CREATE TABLE t (a)"]).await;
        forbid_writing(folder.path());
        let before = files(folder.path());

        let mut connection = open(&path, Access::ReadOnly, Missing::Refuse).await.unwrap();
        assert_eq!(read(&mut *connection).await.schema.tables.len(), 1, "{mode}");
        drop(connection);

        let help = "make the folder of the file writable, not only the file";
        match open(&path, Access::ReadWrite, Missing::Refuse).await {
            Ok(mut connection) => {
                let plan = plan(&[&["ALTER TABLE t ADD COLUMN b"]]);
                let error = execute(&mut *connection, &plan, &mut Unguarded, &mut Silent).await.unwrap_err();
                let ExecuteError::Step { source, kept, .. } = error else { panic!("{error}") };
                assert_eq!(kept.batches, 0);
                assert!(message(&source).ends_with(help), "{source}");
            }
            Err(error) => assert!(message(&error).ends_with(help), "{mode}: {}", message(&error)),
        }
        let error =
            open(&folder.path().join("new.db"), Access::ReadWrite, Missing::Create).await.err().unwrap();
        assert!(message(&error).ends_with("make the folder writable, or choose another path"), "{error}");
        assert_eq!(files(folder.path()), before, "{mode}");
    }
}

#[tokio::test]
async fn a_database_that_may_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let mut connection = file(&path).await;
    run(&mut *connection, &["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", "PRAGMA max_page_count = 10"])
        .await;
    fills_up(&mut *connection, &path).await;
}

#[tokio::test]
async fn a_full_disk() {
    let mount = "mount -t tmpfs -o size=256k tmpfs /mnt && exec \"$@\"";
    if !inside("weather::a_full_disk", &["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]) {
        return;
    }
    let path = Path::new("/mnt/app.db");
    let mut connection = file(path).await;
    run(&mut *connection, &["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"]).await;
    fills_up(&mut *connection, path).await;
    drop(connection);
    assert_eq!(files(path.parent().unwrap()).keys().collect::<Vec<_>>(), ["app.db"], "no journal is left");
}

/// A plan that needs more room than there is fails, says so, and leaves the
/// database as it was.
async fn fills_up(connection: &mut dyn whimbrel_db::Connection, path: &Path) {
    let fill = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 1000) \
                INSERT INTO t SELECT randomblob(1000) FROM n";
    let plan = plan(&[
        &["ALTER TABLE t ADD COLUMN b", "UPDATE t SET b = 1"],
        &["ALTER TABLE t DROP COLUMN b", fill],
    ]);
    let error = execute(connection, &plan, &mut Unguarded, &mut Silent).await.unwrap_err();
    let help = error.help().unwrap().to_string();
    assert_eq!(help, "the first of 2 batches was kept, the rest was rolled back");
    // What fits into SQLite's cache fails at COMMIT only.
    let (ExecuteError::Step { source, number: 4, .. }
    | ExecuteError::Session { source, doing: "commit", .. }) = error
    else {
        panic!("{error}")
    };
    assert!(matches!(source, DbError::Full { .. }), "{source}");
    assert!(source.to_string().contains(&path.display().to_string()));
    assert!(!connection.in_transaction().await.unwrap());
    assert_eq!(number(connection, "SELECT b FROM t").await, 1, "the second batch is undone");
}
