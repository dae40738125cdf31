//! Migrations in a bucket, on a server that speaks S3.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use whimbrel::store::{BucketStore, Edit, INTENT, Store, StoreError, View, commit, recover};
use whimbrel_testkit::failing::{FAULTS, Fault};
use whimbrel_testkit::s3::{KEY_ID, Manners, S3Server, SECRET};

type Texts = BTreeMap<String, String>;

fn map<const N: usize>(texts: [(&str, &str); N]) -> Texts {
    texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

fn open(server: &S3Server, url: &str) -> BucketStore {
    BucketStore::open(url, server.variables()).unwrap()
}

/// Opens with one variable changed.
fn open_with(server: &S3Server, name: &'static str, value: &str) -> BucketStore {
    let mut variables = server.variables();
    variables.retain(|(known, _)| *known != name);
    variables.push((name, value.to_owned()));
    BucketStore::open("s3://releases/shop", variables).unwrap()
}

/// All texts of a store as a view reads them, by path.
async fn seen(store: &dyn Store) -> Texts {
    let view = View::open(store).await.unwrap();
    let paths = view.list().await.unwrap();
    let texts = view.get_many(&paths).await.unwrap();
    paths.into_iter().zip(texts.into_iter().map(Option::unwrap)).collect()
}

#[tokio::test]
async fn a_bucket_gives_back_what_was_put() {
    let server = S3Server::start(["releases"]);
    server.put("releases", "elsewhere.sql", "SELECT 1;");
    server.put("releases", "shopping/a.sql", "SELECT 1;");
    server.set("releases", Manners { page: 2, ..Manners::default() });
    let store = open(&server, "s3://releases/shop/");
    assert_eq!(store.get("a.sql").await.unwrap(), None);
    assert_eq!(store.list().await.unwrap(), Vec::<String>::new());
    store.delete("a.sql").await.unwrap();
    store.put("meta/_down/a%b ~é.sql", "é\r\n\0").await.unwrap();
    store.put("a.sql", "").await.unwrap();
    assert_eq!(store.get("meta/_down/a%b ~é.sql").await.unwrap().as_deref(), Some("é\r\n\0"));
    assert!(!store.create("a.sql", "second").await.unwrap());
    assert!(store.create("b.sql", "first").await.unwrap());
    assert!(!store.replace("b.sql", "second", "third").await.unwrap());
    assert!(!store.replace("c.sql", "second", "third").await.unwrap());
    assert!(store.replace("b.sql", "first", "second").await.unwrap());
    let paths = ["x", "b.sql", "a.sql"].map(str::to_owned);
    let many = store.get_many(&paths).await.unwrap();
    assert_eq!(many, [None, Some("second".to_owned()), Some(String::new())]);
    assert_eq!(store.list().await.unwrap(), ["a.sql", "b.sql", "meta/_down/a%b ~é.sql"]);
    assert!(store.get("../elsewhere.sql").await.is_err());

    let whole = open(&server, "s3://releases");
    assert_eq!(whole.list().await.unwrap().len(), 5);
    server.put("releases", "shop/bad.sql", b"SELECT 1;\n\xff".as_slice());
    let error = store.get("bad.sql").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`s3://releases/shop/bad.sql` is not UTF-8: byte 10, on line 2, is no character"
    );
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
async fn commit_with_fault(server: &S3Server, at: usize, fault: Fault) -> usize {
    let (bucket, told) = (format!("{fault:?}-{at}"), format!("{fault:?} at request {at}"));
    old().iter().for_each(|(path, text)| server.put(&bucket, path, text.as_str()));
    server.set(&bucket, Manners { fault: Some((at, fault)), ..Manners::default() });
    let store = open(server, &format!("s3://{bucket}"));
    let outcome = commit(&store, edit()).await;
    let requests = server.requests(&bucket);

    server.set(&bucket, Manners::default());
    let store = open(server, &format!("s3://{bucket}"));
    let after = seen(&store).await;
    let is_new = after == new();
    assert!(is_new || after == old(), "{told}: {after:?}");
    match outcome {
        Ok(()) | Err(StoreError::Unfinished { .. }) => assert!(is_new, "{told}"),
        Err(error) => assert!(!error.to_string().contains(SECRET), "{told}"),
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
    let server = Arc::new(S3Server::start([]));
    let requests = commit_with_fault(&server, usize::MAX, Fault::Refused).await;
    assert!(requests > 10, "a commit makes more requests than {requests}");
    let mut commits = tokio::task::JoinSet::new();
    for (at, fault) in (0..requests).flat_map(|at| FAULTS.map(|fault| (at, fault))) {
        let server = Arc::clone(&server);
        commits.spawn(async move { commit_with_fault(&server, at, fault).await });
    }
    commits.join_all().await;
}

#[tokio::test]
async fn of_writers_at_once_each_gets_its_turn_and_none_is_lost() {
    let server = Arc::new(S3Server::start(["releases"]));
    let writers = (0..6).map(|number| tokio::spawn(add(Arc::clone(&server), number))).collect::<Vec<_>>();
    for writer in writers {
        writer.await.unwrap();
    }
    let texts = seen(&open(&server, "s3://releases/shop")).await;
    let mut lines = texts["journal"].lines().collect::<Vec<_>>();
    lines.sort_unstable();
    assert_eq!(lines, ["0", "1", "2", "3", "4", "5"]);
    assert_eq!(texts.len(), 7, "{texts:?}");
}

/// Adds `number` to the journal as often as somebody else was faster.
async fn add(server: Arc<S3Server>, number: u32) {
    let store = open(&server, "s3://releases/shop");
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

/// The message and the help of a failure, which must hold no secret.
fn told(error: &dyn miette::Diagnostic) -> (String, String) {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("hunter2") && !shown.contains(KEY_ID), "{shown}");
    (error.to_string(), error.help().map(|help| help.to_string()).unwrap_or_default())
}

#[tokio::test]
async fn what_a_bucket_refuses_is_said_with_what_to_do_and_without_secrets() {
    let server = S3Server::start(["releases"]);
    let endpoint = server.endpoint();
    let credentials = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), for a profile by \
                       `eval \"$(aws configure export-credentials --format env)\"`; they must be allowed to \
                       list, read, write and delete objects there";
    for (name, code) in
        [("AWS_ACCESS_KEY_ID", "InvalidAccessKeyId"), ("AWS_SECRET_ACCESS_KEY", "SignatureDoesNotMatch")]
    {
        let error = open_with(&server, name, "hunter2-other").get("a.sql").await.unwrap_err();
        let message =
            format!("`{endpoint}` does not let these credentials use `s3://releases/shop`: 403 {code}");
        assert_eq!(told(&error), (message, credentials.to_owned()));
    }

    let error = open(&server, "s3://nowhere/shop").get("a.sql").await.unwrap_err();
    let missing = (
        format!("`{endpoint}` knows no bucket `nowhere`"),
        "create it first, or correct its name; and the variables AWS_ENDPOINT_URL, AWS_REGION and HTTPS_PROXY"
            .to_owned(),
    );
    assert_eq!(told(&error), missing);
    let error = open(&server, "s3://nowhere/shop").list().await.unwrap_err();
    assert_eq!(told(&error), missing);
    let error = commit(&open(&server, "s3://nowhere/shop"), edit()).await.unwrap_err();
    assert_eq!(told(&error), missing);

    for clock_ahead in [3_600, -3_600] {
        server.set("releases", Manners { clock_ahead, ..Manners::default() });
        let (message, help) = told(&open(&server, "s3://releases").get("a.sql").await.unwrap_err());
        let expected =
            format!("the clock of this computer differs too much from that of `{endpoint}`, which shows ");
        assert!(message.starts_with(&expected), "{message}");
        let expected = "set the clock, best by the network (`timedatectl set-ntp true`); nothing was written";
        assert_eq!(help, expected);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_soon() {
    let server = S3Server::start(["releases"]);
    let since = Instant::now();
    // Nobody listens on the first port; connections to the second are never taken.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let refused = open_with(&server, "AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let error = refused.get("a.sql").await.unwrap_err();
    let help = "check the network, and the variables AWS_ENDPOINT_URL, AWS_REGION and HTTPS_PROXY";
    let message = "`http://127.0.0.1:1`, where `s3://releases/shop` is, cannot be reached: \
                   Connection refused (os error 111)";
    assert_eq!(told(&error), (message.to_owned(), help.to_owned()));
    let gone = open_with(&server, "AWS_ENDPOINT_URL", &silent);
    drop(gone.get("a.sql").await.unwrap_err());
    assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());

    let plain = BucketStore::open(
        "s3://releases",
        [
            ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_ENDPOINT_URL", server.endpoint().replace("http:", "https:")),
        ],
    );
    let (message, _) = told(&plain.unwrap().get("a.sql").await.unwrap_err());
    assert!(message.contains("where `s3://releases` is, cannot be reached: "), "{message}");
}

#[tokio::test]
async fn a_server_that_heeds_no_conditions_is_refused() {
    let server = S3Server::start(["releases"]);
    server.set("releases", Manners { ignores_conditions: true, ..Manners::default() });
    let error = commit(&open(&server, "s3://releases"), Edit::new().put("a.sql", "")).await.unwrap_err();
    let message = "`s3://releases` writes over files that it was told to create only if there are none";
    assert_eq!(told(&error).0, message);
    assert!(!server.texts("releases").contains_key("a.sql"));
}

#[tokio::test]
async fn a_thousand_files_are_read_many_at_a_time() {
    let server = S3Server::start(["releases"]);
    for number in 0..1_000 {
        server.put("releases", &format!("shop/{number:04}.sql"), format!("SELECT {number};"));
    }
    let store = open(&server, "s3://releases/shop");
    let paths = store.list().await.unwrap();
    let texts = store.get_many(&paths).await.unwrap();
    let expected = (0..1_000).map(|number| Some(format!("SELECT {number};"))).collect::<Vec<_>>();
    assert_eq!(texts, expected);
}
