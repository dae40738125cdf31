//! Stores: what each gives back, and edits that are all or nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use miette::Diagnostic as _;
use whimbrel::core::dialect::Dialect;
use whimbrel::db::DatabaseUrl;
use whimbrel::store::{
    DatabaseStore, Edit, EmbeddedStore, FsStore, INTENT, MemoryStore, Store, StoreError, View, commit,
    recover,
};
use whimbrel_testkit::database::Database;

/// A folder of its own, and the store in it.
fn in_folder() -> (tempfile::TempDir, FsStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path().join("migrations"));
    (folder, store)
}

/// A database of its own, and the store in a table of it.
fn in_database() -> (tempfile::TempDir, DatabaseStore) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let store = DatabaseStore::new(url.parse().unwrap(), "files").unwrap();
    (folder, store)
}

/// All texts of a store as a view reads them, by path.
async fn texts(store: &dyn Store) -> BTreeMap<String, String> {
    let view = View::open(store).await.unwrap();
    let paths = view.list().await.unwrap();
    let texts = view.get_many(&paths).await.unwrap();
    paths.into_iter().zip(texts.into_iter().map(Option::unwrap)).collect()
}

fn map<const N: usize>(texts: [(&str, &str); N]) -> BTreeMap<String, String> {
    texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

fn owned<const N: usize>(paths: [&str; N]) -> Vec<String> {
    paths.map(str::to_owned).to_vec()
}

#[tokio::test]
async fn a_store_gives_back_what_was_put() {
    async fn check(store: &dyn Store, odd: &str) {
        assert_eq!(store.get("a.sql").await.unwrap(), None);
        assert_eq!(store.list().await.unwrap(), Vec::<String>::new());
        store.delete("a.sql").await.unwrap();
        store.put("meta/_down/a.sql", odd).await.unwrap();
        store.put("a.sql", "").await.unwrap();
        assert_eq!(store.get("meta/_down/a.sql").await.unwrap().as_deref(), Some(odd));
        assert_eq!(store.list().await.unwrap(), ["a.sql", "meta/_down/a.sql"]);
        let many = store.get_many(&owned(["x", "a.sql", "meta/_down/a.sql", "a.sql"])).await.unwrap();
        assert_eq!(many, [None, Some(String::new()), Some(odd.to_owned()), Some(String::new())]);
        assert!(!store.create("a.sql", "second").await.unwrap());
        assert!(store.create("b.sql", "first").await.unwrap());
        store.put("a.sql", "over it").await.unwrap();
        store.delete("meta/_down/a.sql").await.unwrap();
        assert_eq!(texts(store).await, map([("a.sql", "over it"), ("b.sql", "first")]));
    }
    let (_folder, store) = in_folder();
    check(&store, "é\r\n\0").await;
    check(&MemoryStore::new(), "é\r\n\0").await;
    let (_database, store) = in_database();
    // No engine takes a NUL in a statement.
    check(&store, "é'\r\n\\").await;
}

#[tokio::test]
async fn an_edit_is_made_as_a_whole() {
    async fn check(store: &dyn Store) {
        commit(store, Edit::new().put("a.sql", "1").put("b.sql", "2")).await.unwrap();
        let edit = Edit::new().expect("a.sql", Some("1")).expect("c.sql", None);
        commit(store, edit.put("c.sql", "3").delete("a.sql").delete("z.sql")).await.unwrap();
        assert_eq!(texts(store).await, map([("b.sql", "2"), ("c.sql", "3")]));
        assert!(!recover(store).await.unwrap());
    }
    let (_folder, store) = in_folder();
    check(&store).await;
    check(&MemoryStore::new()).await;
    let (_database, store) = in_database();
    check(&store).await;
}

#[tokio::test]
async fn an_edit_on_the_ground_of_what_has_changed_writes_nothing() {
    async fn check(store: &dyn Store) {
        store.put("journal", "theirs").await.unwrap();
        for expected in [None, Some("as it was")] {
            let edit = Edit::new().put("a.sql", "1").put("journal", "mine").expect("journal", expected);
            let error = commit(store, edit).await.unwrap_err();
            let message = format!("`journal` in `{}` has changed since it was read", store.name());
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(texts(store).await, map([("journal", "theirs")]));
        assert!(!recover(store).await.unwrap());
    }
    let (_folder, store) = in_folder();
    check(&store).await;
    check(&MemoryStore::new()).await;
    let (_database, store) = in_database();
    check(&store).await;
}

#[tokio::test]
async fn an_edit_that_changes_nothing_leaves_no_trace() {
    let (folder, store) = in_folder();
    assert!(!recover(&store).await.unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn no_edit_touches_the_file_that_holds_edits() {
    let store = MemoryStore::new();
    for edit in [Edit::new().put(INTENT, ""), Edit::new().delete(INTENT), Edit::new().expect(INTENT, None)] {
        let error = commit(&store, edit).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Path { reason: "unfinished edits are kept there", .. }),
            "{error}"
        );
    }
    assert_eq!(store.texts(), map([]));
}

const UNFINISHED: &str =
    r#"{"version":1,"id":"x","edit":{"put":{"a.sql":"new","c.sql":"more"},"delete":["b.sql"]}}"#;

#[tokio::test]
async fn a_store_that_cannot_be_written_is_read_through_an_unfinished_edit() {
    static STORE: EmbeddedStore =
        EmbeddedStore::new(&[(INTENT, UNFINISHED), ("a.sql", "old"), ("b.sql", "goes"), ("d.sql", "stays")]);
    assert_eq!(texts(&STORE).await, map([("a.sql", "new"), ("c.sql", "more"), ("d.sql", "stays")]));
    let view = View::open(&STORE).await.unwrap();
    assert_eq!(view.get("b.sql").await.unwrap(), None);
    let many = view.get_many(&owned(["d.sql", "b.sql", "x", "a.sql"])).await.unwrap();
    assert_eq!(many, [Some("stays".to_owned()), None, None, Some("new".to_owned())]);
    for refused in [recover(&STORE).await.map(|_| ()), commit(&STORE, Edit::new().put("x", "")).await] {
        assert_eq!(refused.unwrap_err().to_string(), "the store `the binary` cannot be written");
    }
}

#[tokio::test]
async fn who_commits_next_finishes_an_unfinished_edit_first() {
    let store = MemoryStore::from([(INTENT, UNFINISHED), ("a.sql", "old"), ("b.sql", "goes")]);
    commit(&store, Edit::new().expect("a.sql", Some("new")).put("d.sql", "mine")).await.unwrap();
    assert_eq!(store.texts(), map([("a.sql", "new"), ("c.sql", "more"), ("d.sql", "mine")]));
}

#[tokio::test]
async fn a_damaged_edit_stops_readers_and_writers() {
    let store = MemoryStore::from([(INTENT, "{"), ("a.sql", "old")]);
    let expected = "`meta/_edit.json` in `memory` does not read as an unfinished edit: \
                    EOF while parsing an object at line 1 column 1";
    assert_eq!(View::open(&store).await.unwrap_err().to_string(), expected);
    assert_eq!(recover(&store).await.unwrap_err().to_string(), expected);
    let error = commit(&store, Edit::new().put("a.sql", "new")).await.unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert_eq!(store.texts(), map([(INTENT, "{"), ("a.sql", "old")]));
}

/// Makes a file read-only, or writable again.
fn set_readonly(path: &Path, readonly: bool) {
    let mut permissions = fs::metadata(path).unwrap().permissions();
    permissions.set_readonly(readonly);
    fs::set_permissions(path, permissions).unwrap();
}

#[tokio::test]
async fn a_table_is_read_where_nobody_may_write_and_not_made_by_reading() {
    let (folder, store) = in_database();
    let file = folder.path().join("app.db");
    assert_eq!(store.get("a.sql").await.unwrap(), None);
    drop(store);
    assert!(!file.exists());

    let url: DatabaseUrl = format!("sqlite://{}", file.display()).parse().unwrap();
    let again = || DatabaseStore::new(url.clone(), "files").unwrap();
    again().put("a.sql", "1").await.unwrap();
    let before = fs::read(&file).unwrap();
    set_readonly(&file, true);
    let store = again();
    assert_eq!(texts(&store).await, map([("a.sql", "1")]));
    assert_eq!(DatabaseStore::new(url.clone(), "others").unwrap().list().await.unwrap(), owned([]));
    let error = store.put("b.sql", "2").await.unwrap_err();
    let name = store.name();
    assert_eq!(
        error.to_string(),
        format!(
            "the migrations in `{name}` cannot be reached: cannot write to `{}`: the file is read-only",
            file.display()
        )
    );
    assert_eq!(fs::read(&file).unwrap(), before);

    set_readonly(&file, false);
    store.put("b.sql", "2").await.unwrap();
    assert_eq!(texts(&store).await, map([("a.sql", "1"), ("b.sql", "2")]));
}

#[tokio::test]
async fn a_table_that_is_none_of_ours_is_neither_read_nor_written() {
    for (columns, row, kept) in [
        ("id INTEGER PRIMARY KEY, title TEXT", "1, 'kept'", "title"),
        ("path TEXT PRIMARY KEY, text TEXT NOT NULL, author TEXT", "'a.sql', 'kept', 'Ann'", "text"),
        ("path INTEGER PRIMARY KEY, text TEXT NOT NULL", "1, 'kept'", "text"),
    ] {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let theirs = format!("CREATE TABLE files ({columns}); INSERT INTO files VALUES ({row});");
        database.run(&theirs).await.unwrap();
        let store = DatabaseStore::new(database.url().parse().unwrap(), "Files").unwrap();
        for error in [
            store.get("a.sql").await.unwrap_err(),
            store.list().await.unwrap_err(),
            store.put("a.sql", "1").await.unwrap_err(),
            store.delete("a.sql").await.unwrap_err(),
            commit(&store, Edit::new().put("a.sql", "1")).await.unwrap_err(),
        ] {
            let message = format!(
                "the table `Files` of `{}#Files` is there, and is not one of whimbrel's",
                database.url()
            );
            assert_eq!(error.to_string(), message, "{columns}");
            let help = "it was left as it is; keep the migrations in a table of another name: `--dir table:_whimbrel_files`";
            assert_eq!(error.help().unwrap().to_string(), help);
        }
        let kept = format!("SELECT count(*), count(*) FILTER (WHERE {kept} = 'kept') FROM files");
        let rows = database.connection.query(&kept).await.unwrap();
        assert_eq!([rows[0].integer(0), rows[0].integer(1)], [Some(1), Some(1)], "{columns}");
    }
}
