//! Opening files, and what is left of it.

use whimbrel_db::{Access, ConnectOptions, DatabaseUrl, Missing, connect};

use crate::support::{file, file_with, files, message, number, open, query, run, text};

#[tokio::test]
async fn a_missing_file_is_refused_or_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.db");
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let error = open(&path, access, Missing::Refuse).await.err().unwrap();
        let expected = "there is no such file / check the path; `whimbrel push` and `whimbrel migrate apply` create the file";
        assert_eq!(message(&error), format!("cannot open `{}`: {expected}", path.display()));
    }
    assert!(files(folder.path()).is_empty());

    let mut connection = file(&path).await;
    run(&mut *connection, &["CREATE TABLE t (a)"]).await;
    drop(connection);
    assert_eq!(files(folder.path()).keys().collect::<Vec<_>>(), ["new.db"]);
}

#[tokio::test]
async fn a_new_file_into_which_nothing_was_written_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.db");
    let mut connection = file(&path).await;
    run(&mut *connection, &["BEGIN IMMEDIATE", "CREATE TABLE t (a)"]).await;
    connection.close().await.unwrap();
    assert!(files(folder.path()).is_empty(), "what was rolled back counts as nothing");

    drop(file(&path).await);
    assert!(files(folder.path()).is_empty());

    // Not so a file that was there before, nor one that somebody else wrote to.
    std::fs::write(&path, b"").unwrap();
    drop(file(&path).await);
    assert_eq!(files(folder.path()).len(), 1);
    std::fs::remove_file(&path).unwrap();
    let first = file(&path).await;
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    drop(first);
    assert_eq!(number(&mut *file(&path).await, "SELECT count(*) FROM t").await, 0);
}

#[tokio::test]
async fn a_dry_run_on_a_missing_file_sees_an_empty_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.db");
    let mut connection = open(&path, Access::ReadOnly, Missing::Create).await.unwrap();
    assert_eq!(number(&mut *connection, "SELECT count(*) FROM sqlite_schema").await, 0);
    assert_eq!(connection.server().name, path.display().to_string());
    drop(connection);
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn folders_are_told_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path(), Access::ReadWrite, Missing::Create).await.err().unwrap();
    let name = folder.path().display().to_string();
    assert_eq!(
        message(&error),
        format!("cannot open `{name}`: it is a folder / give the path of a file in it")
    );

    let error =
        open(&folder.path().join("no/new.db"), Access::ReadWrite, Missing::Create).await.err().unwrap();
    assert_eq!(
        message(&error),
        format!(
            "cannot open `{name}/no/new.db`: there is no folder `{name}/no` / create the folder, or check the path"
        )
    );
    let error =
        open(&folder.path().join("no/new.db"), Access::ReadOnly, Missing::Create).await.err().unwrap();
    assert!(
        error.to_string().contains("there is no folder"),
        "a dry run must not promise what push cannot do"
    );
}

#[tokio::test]
async fn reading_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    for mode in ["delete", "wal"] {
        let journal = format!("PRAGMA journal_mode = {mode}");
        file_with(&path, &[&journal, "CREATE TABLE IF NOT EXISTS t (a)", "INSERT INTO t VALUES (1)"]).await;
        let before = files(folder.path());
        assert_eq!(before.keys().collect::<Vec<_>>(), ["app.db"]);
        let mut connection = open(&path, Access::ReadOnly, Missing::Refuse).await.unwrap();
        assert!(number(&mut *connection, "SELECT count(*) FROM t").await > 0);
        let error = connection.execute("INSERT INTO t VALUES (2)").await.unwrap_err();
        assert_eq!(
            message(&error),
            format!(
                "cannot write to `{}`: it is read-only / make the file writable, or use `--dry-run` to see the plan",
                path.display()
            )
        );
        drop(connection);
        assert_eq!(files(folder.path()), before, "{mode}");
    }
}

#[tokio::test]
async fn reading_beside_a_writer_sees_its_log_and_leaves_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let mut writer = file(&path).await;
    run(&mut *writer, &["PRAGMA journal_mode = wal", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"]).await;
    let before = files(folder.path());
    let mut reader = open(&path, Access::ReadOnly, Missing::Refuse).await.unwrap();
    assert_eq!(number(&mut *reader, "SELECT count(*) FROM t").await, 1);
    drop(reader);
    assert_eq!(files(folder.path()).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(files(folder.path())["app.db-wal"], before["app.db-wal"]);
    run(&mut *writer, &["INSERT INTO t VALUES (2)"]).await;
}

#[tokio::test]
async fn any_file_name_opens() {
    let folder = tempfile::tempdir().unwrap();
    let long = "l".repeat(200);
    for name in ["a b.db", "100%.db", "what?mode=ro#x.db", "é 😀;'\".db", "file:x.db", ":memory:x.db", &long]
    {
        let path = folder.path().join(name);
        file_with(&path, &["CREATE TABLE t (a)"]).await;
        assert!(path.exists(), "{name}");
        let mut connection = open(&path, Access::ReadOnly, Missing::Refuse).await.unwrap();
        assert_eq!(number(&mut *connection, "SELECT count(*) FROM t").await, 0, "{name}");
    }
}

#[tokio::test]
async fn urls_say_how_to_open() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("a b.db").display().to_string();
    file_with(name.as_ref(), &["CREATE TABLE t (a)"]).await;
    let open = async |url: &str| {
        let url: DatabaseUrl = url.parse().unwrap();
        connect(&url, &ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() }).await
    };
    let encoded = name.replace(' ', "%20");
    for url in [
        name.clone(),
        format!("sqlite://{encoded}"),
        format!("sqlite:{encoded}?mode=rw"),
        format!("file:{encoded}?cache=private"),
    ] {
        let mut connection = open(&url).await.unwrap();
        assert_eq!(connection.execute("INSERT INTO t VALUES (1)").await.unwrap(), 1, "{url}");
    }
    for parameters in ["mode=ro", "mode=ro&immutable=1"] {
        let mut connection = open(&format!("file:{encoded}?{parameters}")).await.unwrap();
        assert_eq!(number(&mut *connection, "SELECT count(*) FROM t").await, 4);
        connection.execute("DELETE FROM t").await.unwrap_err();
    }
    assert!(open(&format!("sqlite:{encoded}2?mode=rw")).await.is_err(), "rw does not create");
    let mut connection = open("sqlite::memory:").await.unwrap();
    run(&mut *connection, &["CREATE TABLE t (a)"]).await;
    assert_eq!(connection.server().name, ":memory:");
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = file(&folder.path().join("app.db")).await;
    let version = text(&query(&mut *connection, "SELECT sqlite_version()").await[0], 0).unwrap();
    assert_eq!(connection.server().version, version);
    assert_eq!(connection.server().major, 3);
}

#[tokio::test]
async fn the_engine_is_built_as_this_workspace_asks() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = file(&folder.path().join("app.db")).await;
    let options = query(&mut *connection, "PRAGMA compile_options").await;
    let options: Vec<_> = options.iter().map(|row| text(row, 0).unwrap()).collect();
    for expected in ["MALLOC_SOFT_LIMIT=0", "DEFAULT_MEMSTATUS=0", "ENABLE_MATH_FUNCTIONS", "ENABLE_GEOPOLY"]
    {
        assert!(options.iter().any(|option| option == expected), "{expected} is not in {options:?}");
    }
    assert_eq!(number(&mut *connection, "SELECT floor(2.5) = 2.0").await, 1);
}
