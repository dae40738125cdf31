//! Writers that fail, die, or meet each other.

use std::sync::Arc;

use whimbrel::store::{Edit, INTENT, Store, StoreError, View, commit, recover};
use whimbrel_testkit::bucket::{BucketServer, Dialect, Manners, secret_in};
use whimbrel_testkit::failing::{FAULTS, Fault};

use crate::{Texts, map, open};

/// All texts of a store as a view reads them, by path.
async fn seen(store: &dyn Store) -> Texts {
    let view = View::open(store).await.unwrap();
    let paths = view.list().await.unwrap();
    let texts = view.get_many(&paths).await.unwrap();
    paths.into_iter().zip(texts.into_iter().map(Option::unwrap)).collect()
}

fn old() -> Texts {
    map([("0000_a.sql", "a"), ("0001_b.sql", "b"), ("meta/_journal.json", "a b")])
}

fn new() -> Texts {
    map([("0000_a.sql", "a"), ("0001_c.sql", "c"), ("meta/_journal.json", "a c")])
}

/// From the old texts to the new ones.
fn edit() -> Edit {
    Edit::new()
        .expect("meta/_journal.json", Some("a b"))
        .put("0001_c.sql", "c")
        .put("meta/_journal.json", "a c")
        .delete("0001_b.sql")
}

/// Commits in a bucket in which a request meets a fault, and says how many
/// requests there were.
async fn commit_with_fault(server: &BucketServer, at: usize, fault: Fault) -> usize {
    let bucket = format!("{fault:?}-{at}");
    let told = format!("{:?}: {fault:?} at request {at}", server.dialect());
    old().iter().for_each(|(path, text)| server.put(&bucket, path, text.as_str()));
    server.set(&bucket, Manners { fault: Some((at, fault)), ..Manners::default() });
    let outcome = commit(&open(server, &bucket), edit()).await;
    let requests = server.requests(&bucket);

    server.set(&bucket, Manners::default());
    let store = open(server, &bucket);
    let after = seen(&store).await;
    let is_new = after == new();
    assert!(is_new || after == old(), "{told}: {after:?}");
    match outcome {
        Ok(()) | Err(StoreError::Unfinished { .. }) => assert!(is_new, "{told}"),
        Err(error) => assert_eq!(secret_in(&format!("{error} {error:?}")), None, "{told}"),
    }
    commit(&store, Edit::new().put("0009_next.sql", "next")).await.expect(&told);
    let mut expected = after;
    expected.insert("0009_next.sql".to_owned(), "next".to_owned());
    let mut left = server.texts(&bucket);
    left.remove(INTENT);
    assert_eq!(left, expected, "{told}");
    assert!(!recover(&store).await.unwrap(), "{told}");
    requests
}

// Each waits until it takes the writer for dead: so all do it at once.
#[tokio::test]
async fn a_commit_that_fails_or_dies_at_any_request_leaves_the_old_or_the_new_texts() {
    let mut commits = tokio::task::JoinSet::new();
    for dialect in Dialect::ALL {
        let server = Arc::new(BucketServer::start(dialect, []));
        let requests = commit_with_fault(&server, usize::MAX, Fault::Refused).await;
        assert!(requests > 10, "a commit makes more requests than {requests}");
        for (at, fault) in (0..requests).flat_map(|at| FAULTS.map(|fault| (at, fault))) {
            let server = Arc::clone(&server);
            commits.spawn(async move { commit_with_fault(&server, at, fault).await });
        }
    }
    commits.join_all().await;
}

/// Commits in a bucket whose server carries out a request, says that it has too much
/// to do, and is asked again.
async fn commit_with_overload(server: &BucketServer, at: usize) {
    let bucket = format!("overload-{at}");
    old().iter().for_each(|(path, text)| server.put(&bucket, path, text.as_str()));
    server.set(&bucket, Manners { overload: Some((at, at + 1)), ..Manners::default() });
    let store = open(server, &bucket);
    let told = format!("{:?}: overload at request {at}", server.dialect());
    commit(&store, edit()).await.expect(&told);
    assert_eq!(seen(&store).await, new(), "{told}");
    assert!(!recover(&store).await.unwrap(), "{told}");
}

#[tokio::test]
async fn a_request_that_is_made_again_finds_what_it_has_done() {
    let mut commits = tokio::task::JoinSet::new();
    for dialect in Dialect::ALL {
        let server = Arc::new(BucketServer::start(dialect, []));
        for at in 0..14 {
            let server = Arc::clone(&server);
            commits.spawn(async move { commit_with_overload(&server, at).await });
        }
    }
    commits.join_all().await;
}

#[tokio::test]
async fn of_writers_at_once_each_gets_its_turn_and_none_is_lost() {
    for dialect in Dialect::ALL {
        let server = Arc::new(BucketServer::start(dialect, ["releases"]));
        let writers = (0..6).map(|number| tokio::spawn(add(Arc::clone(&server), number)));
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let texts = seen(&open(&server, "releases/shop")).await;
        let mut lines = texts["journal"].lines().collect::<Vec<_>>();
        lines.sort_unstable();
        assert_eq!(lines, ["0", "1", "2", "3", "4", "5"]);
        assert_eq!(texts.len(), 7, "{texts:?}");
    }
}

/// Adds `number` to the journal as often as somebody else was faster.
async fn add(server: Arc<BucketServer>, number: u32) {
    let store = open(&server, "releases/shop");
    loop {
        let view = View::open(&store).await.unwrap();
        let journal = view.get("journal").await.unwrap();
        let more = format!("{}{number}\n", journal.as_deref().unwrap_or_default());
        let edit = Edit::new().put("journal", more).put(format!("{number}.sql"), "SELECT 1;");
        match commit(&store, edit.expect("journal", journal.as_deref())).await {
            Ok(()) => return,
            Err(StoreError::Changed { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
