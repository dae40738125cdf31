//! A folder as a store: what may be in it, what may not, and who waits for whom.

use std::fs;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use miette::Diagnostic;
use whimbrel::store::{
    Edit, EmbeddedStore, FsStore, MemoryStore, Store, StoreError, View, check_path, commit, recover,
};

/// The message of a failure with the names of `folder` cut off.
fn message<T: std::fmt::Debug>(outcome: Result<T, StoreError>, folder: &Path) -> String {
    outcome.unwrap_err().to_string().replace(&format!("{}/", folder.display()), "")
}

fn owned(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

const HOSTILE: &[&str] = &[
    "",
    ".",
    "..",
    "../x",
    "a/../../x",
    "meta/..",
    "/etc/passwd",
    "//server/share",
    "C:\\x",
    "C:x",
    "..\\x",
    "a\\b",
    "a\0.sql",
    "a/",
    "a//b",
    "nul",
    "COM1.sql",
    "meta/LPT9",
    "a.",
    "a ",
    ".../x",
    "line\nbreak",
];

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_refused_by_every_call_of_every_store() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("x");
    fs::write(&outside, "mine").unwrap();
    let stores: [&dyn Store; 3] =
        [&FsStore::new(folder.path().join("migrations")), &MemoryStore::new(), &EmbeddedStore::new(&[])];
    for store in stores {
        for &path in HOSTILE {
            let expected = check_path(path).unwrap_err().to_string();
            let told = |error: StoreError| assert_eq!(error.to_string(), expected, "{path:?} in {store:?}");
            told(store.get(path).await.unwrap_err());
            told(store.get_many(&owned(&[path])).await.unwrap_err());
            told(store.get_many(&owned(&[path; 20])).await.unwrap_err());
            told(store.put(path, "").await.unwrap_err());
            told(store.delete(path).await.unwrap_err());
            if store.capabilities().create {
                told(store.create(path, "").await.unwrap_err());
            }
            told(commit(store, Edit::new().put(path, "")).await.unwrap_err());
            told(commit(store, Edit::new().delete(path)).await.unwrap_err());
            told(commit(store, Edit::new().expect(path, None)).await.unwrap_err());
            let view = View::open(store).await.unwrap();
            told(view.get(path).await.unwrap_err());
        }
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no folder was made");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_empty_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path().join("deep/migrations"));
    assert_eq!(store.list().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.get_many(&vec!["a.sql".to_owned(); 20]).await.unwrap(), vec![None; 20]);
    store.delete("meta/a.sql").await.unwrap();
    assert!(!recover(&store).await.unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "reading makes no folder");
    commit(&store, Edit::new().put("a.sql", "1")).await.unwrap();
    assert_eq!(store.list().await.unwrap(), ["a.sql"]);
}

#[tokio::test]
async fn many_files_read_as_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path());
    let paths = (0..300).map(|number| format!("{number:04}_é.sql")).collect::<Vec<_>>();
    for path in paths.iter().step_by(2) {
        let text = path.repeat(path.len() * 37 % 400);
        fs::write(folder.path().join(path), text).unwrap();
    }
    fs::write(folder.path().join(&paths[0]), "x".repeat(1 << 20)).unwrap();
    let mut expected = Vec::new();
    for path in &paths {
        expected.push(store.get(path).await.unwrap());
    }
    assert_eq!(expected.iter().flatten().count(), 150);
    assert_eq!(expected[0].as_ref().unwrap().len(), 1 << 20);
    assert_eq!(store.get_many(&paths).await.unwrap(), expected);
}

#[tokio::test]
async fn of_many_files_that_do_not_read_the_first_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path());
    let paths = (0..1_000).map(|number| format!("{number}.sql")).collect::<Vec<_>>();
    for path in &paths {
        fs::write(folder.path().join(path), path).unwrap();
    }
    // Whoever loses interest disturbs nobody.
    tokio::select! {
        biased;
        _ = store.get_many(&paths) => {}
        () = tokio::task::yield_now() => {}
    }
    let all = paths.iter().cloned().map(Some).collect::<Vec<_>>();
    assert_eq!(store.get_many(&paths).await.unwrap(), all);
    for number in [999, 500, 0] {
        let place = folder.path().join(&paths[number]);
        fs::remove_file(&place).unwrap();
        fs::create_dir(&place).unwrap();
        let said = message(store.get_many(&paths).await, folder.path());
        assert_eq!(said, format!("`{number}.sql` is no file"));
    }
}

#[test]
fn without_a_runtime_many_files_read_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path());
    fs::write(folder.path().join("a.sql"), "SELECT 1;").unwrap();
    let paths = vec!["a.sql".to_owned(); 200];
    let mut context = Context::from_waker(Waker::noop());
    let read = pin!(store.get_many(&paths)).as_mut().poll(&mut context);
    assert_eq!(read.map(Result::unwrap), Poll::Ready(vec![Some("SELECT 1;".to_owned()); 200]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_while_a_file_is_written_sees_the_old_text_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path());
    let texts = ["a".repeat(1 << 20), "b".repeat(1 << 19)];
    store.put("x.sql", &texts[0]).await.unwrap();
    let (reading, expected) = (store.clone(), texts.clone());
    let is_done = Arc::new(AtomicBool::new(false));
    let stop = is_done.clone();
    let reader = tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            let text = reading.get("x.sql").await.unwrap().unwrap();
            assert!(expected.contains(&text), "{} bytes", text.len());
            tokio::task::yield_now().await;
        }
    });
    for turn in 0..50 {
        store.put("x.sql", &texts[turn % 2]).await.unwrap();
        tokio::task::yield_now().await;
    }
    is_done.store(true, Ordering::Relaxed);
    reader.await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_no_characters_are_named_by_file_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path());
    fs::write(folder.path().join("latin1.sql"), b"-- caf\xc3\xa9\n-- caf\xe9\n").unwrap();
    let expected = "`latin1.sql` is not UTF-8: byte 15, on line 2, is no character";
    assert_eq!(message(store.get("latin1.sql").await, folder.path()), expected);
    let many = vec!["latin1.sql".to_owned(); 20];
    assert_eq!(message(store.get_many(&many).await, folder.path()), expected);
}

#[tokio::test]
async fn a_folder_where_a_file_should_be_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path());
    fs::create_dir(folder.path().join("a.sql")).unwrap();
    let expected = "`a.sql` is no file";
    assert_eq!(message(store.get("a.sql").await, folder.path()), expected);
    assert_eq!(message(store.get_many(&vec!["a.sql".to_owned(); 20]).await, folder.path()), expected);
    assert_eq!(message(store.put("a.sql", "").await, folder.path()), expected);
    assert_eq!(message(store.delete("a.sql").await, folder.path()), expected);
    assert!(!store.create("a.sql", "").await.unwrap());
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["a.sql"], "no temporary file stays");
}

#[tokio::test]
async fn a_file_where_a_folder_should_be_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("meta"), "").unwrap();
    let store = FsStore::new(folder.path());
    let expected = "`meta` is no folder";
    assert_eq!(message(store.get("meta/_journal.json").await, folder.path()), expected);
    assert_eq!(message(store.put("meta/_journal.json", "").await, folder.path()), expected);
    assert_eq!(message(store.put("meta/_down/a.sql", "").await, folder.path()), expected);
    assert_eq!(message(commit(&store, Edit::new().put("a.sql", "")).await, folder.path()), expected);
    let store = FsStore::new(folder.path().join("meta"));
    assert_eq!(message(store.get("a.sql").await, folder.path()), expected);
    assert_eq!(message(store.list().await, folder.path()), expected);
    assert_eq!(message(store.put("a.sql", "").await, folder.path()), expected);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_a_link_is_a_store_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("real")).unwrap();
    std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
    let store = FsStore::new(at("link"));
    commit(&store, Edit::new().put("a.sql", "1").put("meta/b.json", "2")).await.unwrap();
    assert_eq!(store.get("a.sql").await.unwrap().as_deref(), Some("1"));
    assert_eq!(store.list().await.unwrap(), ["a.sql", "meta/b.json"]);
    assert_eq!(FsStore::new(at("real")).list().await.unwrap(), ["a.sql", "meta/b.json"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_only_to_what_is_inside() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let store = FsStore::new(at("migrations"));
    store.put("a.sql", "inside").await.unwrap();
    fs::create_dir(at("elsewhere")).unwrap();
    fs::write(at("elsewhere/x.sql"), "outside").unwrap();
    for (target, link) in [
        ("a.sql", "inside.sql"),
        ("../elsewhere/x.sql", "file.sql"),
        ("../elsewhere", "folder"),
        ("../elsewhere/nothing.sql", "dangling.sql"),
        ("loop.sql", "loop.sql"),
    ] {
        std::os::unix::fs::symlink(target, at("migrations").join(link)).unwrap();
    }

    assert_eq!(store.get("inside.sql").await.unwrap().as_deref(), Some("inside"));
    for (path, link) in [
        ("file.sql", "file.sql"),
        ("folder/x.sql", "folder"),
        ("folder/new.sql", "folder"),
        ("folder", "folder"),
        ("dangling.sql", "dangling.sql"),
        ("loop.sql", "loop.sql"),
    ] {
        let expected = format!("`migrations/{link}` is a link that leads out of `migrations` or to nothing");
        let told = |outcome: Result<(), StoreError>| {
            let message = message(outcome, folder.path());
            let root = format!("{}", store.root().display());
            assert_eq!(message.replace(&root, "migrations"), expected, "{path}");
        };
        told(store.get(path).await.map(|_| ()));
        told(store.get_many(&vec![path.to_owned(); 20]).await.map(|_| ()));
        told(store.put(path, "").await);
        told(store.create(path, "").await.map(|_| ()));
        told(store.delete(path).await);
    }
    assert_eq!(fs::read_to_string(at("elsewhere/x.sql")).unwrap(), "outside");
    assert_eq!(fs::read_dir(at("elsewhere")).unwrap().count(), 1);

    // Where the lock should be, too.
    std::os::unix::fs::symlink("../elsewhere", at("migrations/meta")).unwrap();
    let refused = commit(&store, Edit::new().put("b.sql", "")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Link { .. }), "{refused:?}");
    assert_eq!(fs::read_dir(at("elsewhere")).unwrap().count(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_neither_file_nor_folder_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path());
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.sql")).status().unwrap();
    assert!(made.success());
    assert_eq!(message(store.get("pipe.sql").await, folder.path()), "`pipe.sql` is no file");
    let many = vec!["pipe.sql".to_owned(); 20];
    assert_eq!(message(store.get_many(&many).await, folder.path()), "`pipe.sql` is no file");
}

#[tokio::test]
async fn who_holds_the_lock_keeps_others_waiting_but_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::new(folder.path().join("migrations"));
    let held = store.lock().await.unwrap();

    let hasty = store.clone().lock_wait(Duration::from_millis(100));
    let since = Instant::now();
    let error = commit(&hasty, Edit::new().put("a.sql", "")).await.unwrap_err();
    assert!(since.elapsed() >= Duration::from_millis(100));
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    assert_eq!(
        message::<()>(Err(error), folder.path()),
        "`migrations` is being written by another process; waited 100ms for it"
    );
    // Who only reads waits for nobody.
    assert_eq!(View::open(&hasty).await.unwrap().list().await.unwrap(), Vec::<String>::new());

    let patient = tokio::spawn(async move { commit(&store, Edit::new().put("a.sql", "")).await });
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(!patient.is_finished());
    held.release().await.unwrap();
    patient.await.unwrap().unwrap();

    drop(hasty.lock().await.unwrap());
    hasty.lock().await.unwrap().release().await.unwrap();
}

#[test]
fn every_failure_has_a_code_and_says_what_to_do() {
    let text = || "x".to_owned();
    let full = || StoreError::Full { path: text(), reason: text() };
    let errors = [
        StoreError::Path { path: text(), reason: "it is empty" },
        StoreError::Link { store: text(), path: text() },
        StoreError::ReadOnly { store: text() },
        StoreError::Denied { path: text(), reason: text() },
        full(),
        StoreError::NotAFile { path: text() },
        StoreError::NotAFolder { path: text() },
        StoreError::NotUtf8 { path: text(), offset: 0, line: 1 },
        StoreError::Io { path: text(), action: "read", reason: text() },
        StoreError::Locked { store: text(), waited: Duration::from_secs(10) },
        StoreError::Changed { store: text(), path: text() },
        StoreError::Unfinished { store: text(), source: Box::new(full()) },
        StoreError::Intent { store: text(), path: "x", reason: text() },
        StoreError::Unsupported { store: text(), action: "be locked" },
        StoreError::other("x", "y"),
    ];
    let codes = errors.iter().map(|error| error.code().unwrap().to_string()).collect::<Vec<_>>();
    let kinds = "path link read_only denied full not_a_file not_a_folder not_utf8 io locked changed unfinished \
                 intent unsupported other";
    let expected = kinds.split(' ').map(|kind| format!("whimbrel::store::{kind}")).collect::<Vec<_>>();
    assert_eq!(codes, expected);
    for error in errors {
        assert!(error.help().is_some_and(|help| !help.to_string().is_empty()), "{error:?}");
    }
}

/// Whatever is done to a file, and though its length and its time be what they were.
#[cfg(unix)]
#[tokio::test]
async fn a_mark_is_another_one_after_every_change_and_none_while_that_is_fresh() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 8] = [
        ("written", |file| with_its_time(file, || fs::write(file, "SELECT 2;").unwrap())),
        ("written as it was", |file| with_its_time(file, || fs::write(file, "SELECT 1;").unwrap())),
        ("truncated", |file| with_its_time(file, || fs::write(file, "").unwrap())),
        ("replaced", |file| {
            let other = file.with_extension("tmp");
            fs::write(&other, "SELECT 1;").unwrap();
            with_its_time(file, || fs::rename(&other, file).unwrap());
        }),
        ("given its name", |file| {
            fs::rename(file, file.with_extension("tmp")).unwrap();
            fs::rename(file.with_extension("tmp"), file).unwrap();
        }),
        ("deleted", |file| fs::remove_file(file).unwrap()),
        ("put behind a link", |file| {
            fs::rename(file, file.with_extension("tmp")).unwrap();
            std::os::unix::fs::symlink("0000_users.tmp", file).unwrap();
        }),
        ("made a folder", |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        }),
    ];
    let folder = tempfile::tempdir().unwrap();
    let stores = changes.map(|(change, _)| FsStore::new(folder.path().join(change)));
    let paths = owned(&["0000_users.sql", "meta/_journal.json"]);
    for store in &stores {
        store.put(&paths[0], "SELECT 1;").await.unwrap();
        store.put(&paths[1], "{}").await.unwrap();
        assert_eq!(store.mark(&paths).await, None, "it changed just now");
    }
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let mut before = Vec::new();
    for (store, (name, change)) in stores.iter().zip(changes) {
        let mark = store.mark(&paths).await;
        assert!(mark.is_some() && store.mark(&paths).await == mark, "{name}");
        assert_ne!(store.mark(&paths[..1]).await, mark);
        before.push(mark);
        change(&store.root().join(&paths[0]));
        assert_eq!(store.mark(&paths).await, None, "{name}");
    }
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    for ((store, (name, _)), before) in stores.iter().zip(changes).zip(before) {
        let mark = store.mark(&paths).await;
        assert_ne!(mark, before, "{name}");
        let is_file = fs::symlink_metadata(store.root().join(&paths[0])).is_ok_and(|found| found.is_file());
        assert_eq!(mark.is_some(), is_file, "{name}");
    }
    for &path in HOSTILE {
        assert_eq!(stores[0].mark(&owned(&[path])).await, None);
    }
}

/// Does something to a file, and lets it look as if it were long ago.
#[cfg(unix)]
fn with_its_time(file: &Path, work: impl FnOnce()) {
    let before = fs::metadata(file).unwrap().modified().unwrap();
    work();
    fs::File::options().write(true).open(file).unwrap().set_modified(before).unwrap();
}
