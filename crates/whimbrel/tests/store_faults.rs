//! Stores that fail or die at call *k*, for every *k*, and writers who meet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use whimbrel::store::{
    Capabilities, Edit, FsStore, INTENT, MemoryStore, Store, StoreError, StoreLock, View, commit, recover,
};
use whimbrel_testkit::failing::{FAULTS, Fault};
use whimbrel_testkit::failing_store::FailingStore;

type Texts = BTreeMap<String, String>;

fn map<const N: usize>(texts: [(&str, &str); N]) -> Texts {
    texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// What a writer may be given: a lock, conditional put for new files alone or for
/// all, or none of them.
fn abilities() -> [Capabilities; 4] {
    let least = Capabilities { list: true, ..Capabilities::default() };
    let create = Capabilities { create: true, ..least };
    [Capabilities { lock: true, ..least }, create, Capabilities { replace: true, ..create }, least]
}

fn old() -> Texts {
    map([("0000_a.sql", "a"), ("0001_b.sql", "b"), ("meta/_journal.json", "a b")])
}

fn new() -> Texts {
    map([("0000_a.sql", "a"), ("0001_c.sql", "c"), ("0002_d.sql", "d"), ("meta/_journal.json", "a c d")])
}

/// From the old texts to the new ones.
fn edit() -> Edit {
    Edit::new()
        .expect("meta/_journal.json", Some("a b"))
        .put("0001_c.sql", "c")
        .put("0002_d.sql", "d")
        .put("meta/_journal.json", "a c d")
        .delete("0001_b.sql")
}

/// What a store holds, but for the file that says that nobody writes.
fn left(store: &MemoryStore) -> Texts {
    let mut texts = store.texts();
    texts.retain(|path, text| path != INTENT || !text.contains("\"free\": true"));
    texts
}

async fn seen(store: &dyn Store) -> Texts {
    let view = View::open(store).await.unwrap();
    let paths = view.list().await.unwrap();
    let texts = view.get_many(&paths).await.unwrap();
    paths.into_iter().zip(texts.into_iter().map(Option::unwrap)).collect()
}

/// The old texts, or a state between them and the new ones that a view reads as
/// the new ones, as a writer that stopped left it.
fn ensure_old_or_new(outcome: &Result<(), StoreError>, fault: Fault, seen: &Texts, told: &str) {
    let is_new = *seen == new();
    assert!(is_new || *seen == old(), "{told}: {seen:?}");
    match (outcome, fault) {
        (Ok(()) | Err(StoreError::Unfinished { .. }), _) => assert!(is_new, "{told}"),
        (Err(_), Fault::Refused) => assert!(!is_new, "{told}"),
        // Who dies says nothing that can be relied on.
        (Err(_), Fault::Dies | Fault::AnswerLost) => {}
    }
}

// The clock is stopped, and jumps where all wait: dead writers cost no time.
#[tokio::test(start_paused = true)]
async fn a_commit_that_fails_or_dies_at_any_call_leaves_the_old_or_the_new_texts() {
    for can in abilities() {
        for fault in FAULTS {
            for at in 0.. {
                let told = format!("{can:?}, {fault:?} at call {at}");
                let store = old().into_iter().collect::<MemoryStore>();
                let failing = FailingStore::new(store.clone(), fault, at).with(can);
                let outcome = commit(&failing, edit()).await;
                let seen_after = seen(&store).await;
                ensure_old_or_new(&outcome, fault, &seen_after, &told);

                let next = FailingStore::sound(store.clone()).with(can);
                commit(&next, Edit::new().put("0009_next.sql", "next")).await.expect(&told);
                let mut expected = seen_after;
                expected.insert("0009_next.sql".to_owned(), "next".to_owned());
                assert_eq!(left(&store), expected, "{told}");

                if failing.calls().count() <= at {
                    assert!(outcome.is_ok(), "{told}: {outcome:?}");
                    assert!(at >= 8, "{told}: a commit makes more calls than that");
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_fails_or_dies_at_any_call_is_finished_by_the_next() {
    for can in abilities() {
        for fault in FAULTS {
            for at in 0.. {
                let told = format!("{can:?}, {fault:?} at call {at}");
                let store = unfinished().await;
                let failing = FailingStore::new(store.clone(), fault, at).with(can);
                let outcome = recover(&failing).await;
                assert_eq!(seen(&store).await, new(), "{told}");

                recover(&FailingStore::sound(store.clone()).with(can)).await.expect(&told);
                assert_eq!(left(&store), new(), "{told}");
                if failing.calls().count() <= at {
                    assert!(outcome.expect(&told), "{told}");
                    break;
                }
            }
        }
    }
}

/// The old texts, with the edit decided and not begun.
async fn unfinished() -> MemoryStore {
    let store = old().into_iter().collect::<MemoryStore>();
    for at in 0.. {
        let failing = FailingStore::new(store.clone(), Fault::Dies, at);
        commit(&failing, edit()).await.unwrap_err();
        if store.get(INTENT).await.unwrap().is_some() {
            return store;
        }
    }
    unreachable!("a commit writes its intent at some call");
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_decision_says_that_the_edit_counts_as_done() {
    let store = unfinished().await;
    let texts = store.texts();
    let intent = texts.get(INTENT).unwrap();
    assert_eq!(seen(&store).await, new());
    assert_eq!(texts.iter().filter(|(path, _)| *path != INTENT).count(), old().len());
    assert!(intent.contains("0001_c.sql"));

    let store = old().into_iter().collect::<MemoryStore>();
    let mut messages = Vec::new();
    for at in 0.. {
        let failing = FailingStore::new(store.clone(), Fault::Refused, at);
        match commit(&failing, edit()).await {
            Ok(()) => break,
            Err(error) => messages.push(error.to_string()),
        }
        if seen(&store).await == new() {
            break;
        }
    }
    let refused = "the store `memory` failed: failing on purpose";
    let unfinished = format!("the files in `memory` are not all written yet: {refused}");
    // The lock, the look for an edit, the expected text, the intent; the first file.
    assert_eq!(messages, [refused, refused, refused, refused, &unfinished]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writers_at_once_each_gets_its_turn_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = || Arc::new(FsStore::new(folder.path().join("migrations"))) as Arc<dyn Store>;
    at_once(in_folder).await;
    let memory = MemoryStore::new();
    at_once(|| Arc::new(memory.clone())).await;
    for can in &abilities()[1..3] {
        let conditional = MemoryStore::new();
        at_once(|| Arc::new(FailingStore::sound(conditional.clone()).with(*can))).await;
    }
}

/// Lets eight writers add a line to the journal, and a file, at the same time.
async fn at_once(open: impl Fn() -> Arc<dyn Store>) {
    let writers = (0..8).map(|number| tokio::spawn(add(open(), number))).collect::<Vec<_>>();
    for writer in writers {
        writer.await.unwrap();
    }
    let texts = seen(&*open()).await;
    let mut lines = texts["journal"].lines().collect::<Vec<_>>();
    lines.sort_unstable();
    assert_eq!(lines, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(texts.len(), 9, "{texts:?}");
}

/// Adds `number` to the journal as often as somebody else was faster.
async fn add(store: Arc<dyn Store>, number: u32) {
    loop {
        let view = View::open(&*store).await.unwrap();
        let journal = view.get("journal").await.unwrap();
        let more = format!("{}{number}\n", journal.as_deref().unwrap_or_default());
        let edit = Edit::new().put("journal", more).put(format!("{number}.sql"), "SELECT 1;");
        match commit(&*store, edit.expect("journal", journal.as_deref())).await {
            Ok(()) => return,
            Err(StoreError::Changed { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_while_others_commit_can_tell_whether_all_belongs_together() {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = FsStore::new(folder.path().join("migrations"));
    read_beside_a_writer(Arc::new(on_disk)).await;
    read_beside_a_writer(Arc::new(MemoryStore::new())).await;
}

/// Reads two texts that change together, and the first again, while they do. If
/// it had not changed, both must be equal.
async fn read_beside_a_writer(store: Arc<dyn Store>) {
    commit(&*store, Edit::new().put("a", "0").put("journal", "0")).await.unwrap();
    let writing = store.clone();
    let writer = tokio::spawn(async move {
        for number in 1..100 {
            let number = number.to_string();
            let edit = Edit::new().put("a", &number).put("journal", &number);
            commit(&*writing, edit).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    while !writer.is_finished() {
        let view = View::open(&*store).await.unwrap();
        let journal = view.get("journal").await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let text = view.get("a").await.unwrap();
        if view.is_current("journal", journal.as_deref()).await.unwrap() {
            assert_eq!(text, journal);
        }
    }
    writer.await.unwrap();
}

/// A store without a lock, in which call `at` takes a minute: its writer is taken
/// for dead. The store has looked by then, and does what it was asked to do late.
#[derive(Debug)]
struct SlowStore {
    inner: MemoryStore,
    can: Capabilities,
    at: usize,
    calls: AtomicUsize,
}

impl SlowStore {
    async fn wait(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) == self.at {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
}

#[async_trait]
impl Store for SlowStore {
    fn name(&self) -> String {
        "slow".to_owned()
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        self.wait().await;
        self.inner.get(path).await
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        assert!(!self.can.replace, "nothing is written over that may have changed");
        self.inner.put(path, text).await
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.inner.delete(path).await
    }

    fn capabilities(&self) -> Capabilities {
        self.can
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        if self.can.replace {
            self.wait().await;
        }
        self.inner.create(path, text).await
    }

    async fn replace(&self, path: &str, expected: &str, text: &str) -> Result<bool, StoreError> {
        self.wait().await;
        self.inner.replace(path, expected, text).await
    }

    async fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        unreachable!("it cannot be locked")
    }
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_was_taken_for_dead_disturbs_nobody() {
    for can in &abilities()[1..3] {
        for at in 0.. {
            let store = old().into_iter().collect::<MemoryStore>();
            let slow = SlowStore { inner: store.clone(), can: *can, at, calls: AtomicUsize::new(0) };
            let other = FailingStore::sound(store.clone()).with(*can);
            let theirs = async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let edit = Edit::new().put("meta/_journal.json", "theirs").put("0001_c.sql", "theirs");
                commit(&other, edit).await.unwrap();
            };
            let (ours, ()) = tokio::join!(commit(&slow, edit()), theirs);
            let mut expected = if ours.is_ok() { new() } else { old() };
            expected.extend(map([("meta/_journal.json", "theirs"), ("0001_c.sql", "theirs")]));
            assert_eq!(left(&store), expected, "{can:?}, slow at call {at}: {ours:?}");
            if slow.calls.load(Ordering::Relaxed) <= at {
                assert!(at > 6, "a commit makes more calls than that");
                break;
            }
        }
    }
}
