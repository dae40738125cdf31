//! What is put into a bucket, and what is found there.

use whimbrel::store::{BucketStore, Edit, Store, commit};
use whimbrel_testkit::bucket::{BucketServer, Dialect, Manners};

use crate::{open, told};

#[tokio::test]
async fn a_bucket_gives_back_what_was_put() {
    for dialect in Dialect::ALL {
        let server = BucketServer::start(dialect, ["releases"]);
        server.put("releases", "elsewhere.sql", "SELECT 1;");
        server.put("releases", "shopping/a.sql", "SELECT 1;");
        server.set("releases", Manners { page: 2, ..Manners::default() });
        gives_back(&server, &open(&server, "releases/shop/")).await;

        let whole = open(&server, "releases");
        assert_eq!(whole.list().await.unwrap().len(), 5, "{dialect:?}");
        server.put("releases", "shop/bad.sql", b"SELECT 1;\n\xff".as_slice());
        let error = open(&server, "releases/shop").get("bad.sql").await.unwrap_err();
        let file = dialect.url("releases/shop/bad.sql");
        let message = format!("`{file}` is not UTF-8: byte 10, on line 2, is no character");
        assert_eq!(error.to_string(), message);
    }
}

async fn gives_back(server: &BucketServer, store: &BucketStore) {
    assert_eq!(store.name(), server.dialect().url("releases/shop"));
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
    let deleted = ["b.sql", "never.sql", "meta/_down/a%b ~é.sql"].map(str::to_owned);
    store.delete_many(&deleted.into()).await.unwrap();
    assert_eq!(store.list().await.unwrap(), ["a.sql"]);
    store.put("b.sql", "").await.unwrap();
    store.put("c.sql", "").await.unwrap();
}

#[tokio::test]
async fn a_server_that_heeds_no_conditions_is_refused() {
    for dialect in Dialect::ALL {
        let server = BucketServer::start(dialect, ["releases"]);
        server.set("releases", Manners { ignores_conditions: true, ..Manners::default() });
        let error = commit(&open(&server, "releases"), Edit::new().put("a.sql", "")).await.unwrap_err();
        let name = dialect.url("releases");
        let message = format!("`{name}` writes over files that it was told to create only if there are none");
        assert_eq!(told(&error).0, message);
        assert!(!server.texts("releases").contains_key("a.sql"));
    }
}

#[tokio::test]
async fn a_thousand_files_are_read_many_at_a_time() {
    for dialect in Dialect::ALL {
        let server = BucketServer::start(dialect, ["releases"]);
        for number in 0..1_000 {
            server.put("releases", &format!("shop/{number:04}.sql"), format!("SELECT {number};"));
        }
        let store = open(&server, "releases/shop");
        let paths = store.list().await.unwrap();
        let texts = store.get_many(&paths).await.unwrap();
        let expected = (0..1_000).map(|number| Some(format!("SELECT {number};"))).collect::<Vec<_>>();
        assert_eq!(texts, expected);
        store.delete_many(&paths.into_iter().collect()).await.unwrap();
        assert_eq!(store.list().await.unwrap(), Vec::<String>::new(), "{dialect:?}");
    }
}
