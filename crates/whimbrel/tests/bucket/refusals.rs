//! What a bucket refuses, and how that is told.

use std::time::{Duration, Instant};

use whimbrel::store::{Edit, Store, commit};
use whimbrel_testkit::bucket::{BucketServer, Dialect, Manners};

use crate::{open, open_with, told};

fn credentials(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::S3 => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_PROFILE"
        }
        Dialect::Google => {
            "set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`"
        }
        Dialect::Azure => {
            "set AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or \
             AZURE_STORAGE_CONNECTION_STRING"
        }
    }
}

fn reaching(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::S3 => "the variables AWS_ENDPOINT_URL, AWS_REGION and HTTPS_PROXY",
        Dialect::Google => "the variable HTTPS_PROXY",
        Dialect::Azure => "the variables AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_ENDPOINT and HTTPS_PROXY",
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_with_what_holds_them() {
    for (dialect, codes) in [
        (Dialect::S3, &["403 InvalidAccessKeyId", "403 SignatureDoesNotMatch"][..]),
        (Dialect::Google, &["401 AuthenticationRequired"; 2]),
        (Dialect::Azure, &["403 AuthenticationFailed"; 3]),
    ] {
        let server = BucketServer::start(dialect, ["releases"]);
        let (endpoint, name) = (server.endpoint(), dialect.url("releases/shop"));
        let variables = server.wrong_variables();
        assert_eq!(variables.len(), codes.len());
        for ((variable, value), code) in variables.iter().zip(codes) {
            let error = open_with(&server, variable, value).get("a.sql").await.unwrap_err();
            let message = format!("`{endpoint}` does not let these credentials use `{name}`: {code}");
            let help = format!(
                "{}; they must be allowed to list, read, write and delete objects there",
                credentials(dialect)
            );
            assert_eq!(told(&error), (message, help), "{variable}");
        }
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told() {
    for dialect in Dialect::ALL {
        let server = BucketServer::start(dialect, ["releases"]);
        let store = open(&server, "nowhere/shop");
        let missing = (
            format!("`{}` knows no bucket `nowhere`", server.endpoint()),
            format!("create it first, or correct its name; and {}", reaching(dialect)),
        );
        assert_eq!(told(&store.get("a.sql").await.unwrap_err()), missing);
        assert_eq!(told(&store.list().await.unwrap_err()), missing);
        let error = commit(&store, Edit::new().put("a.sql", "")).await.unwrap_err();
        assert_eq!(told(&error), missing);
    }
}

#[tokio::test]
async fn clocks_that_differ_are_told_whatever_the_server_says_of_it() {
    for dialect in Dialect::ALL {
        let server = BucketServer::start(dialect, ["releases"]);
        for clock_ahead in [7_200, -7_200] {
            server.set("releases", Manners { clock_ahead, ..Manners::default() });
            let (message, help) = told(&open(&server, "releases").get("a.sql").await.unwrap_err());
            let expected = format!(
                "the clock of this computer differs too much from that of `{}`, which shows ",
                server.endpoint()
            );
            assert!(message.starts_with(&expected), "{message}");
            let expected =
                "set the clock, best by the network (`timedatectl set-ntp true`); nothing was written";
            assert_eq!(help, expected);
        }
    }
}

#[tokio::test]
async fn what_may_not_be_written_over_or_deleted_is_told_and_never_taken_for_done() {
    for (dialect, what) in [
        (Dialect::S3, "does not let these credentials use `s3://releases/shop`: 403 AccessDenied"),
        (
            Dialect::Google,
            "does not let these credentials use `gs://releases/shop`: 403 RetentionPolicyNotMet",
        ),
        (Dialect::Azure, "answers 409 BlobImmutableDueToPolicy"),
    ] {
        let server = BucketServer::start(dialect, ["releases"]);
        server.put("releases", "shop/a.sql", "old");
        server.set("releases", Manners { is_locked: true, ..Manners::default() });
        let store = open(&server, "releases/shop");
        let endpoint = server.endpoint();
        let message = match dialect {
            Dialect::S3 | Dialect::Google => format!("`{endpoint}` {what}"),
            Dialect::Azure => format!("`az://releases/shop` failed: `{endpoint}` {what}"),
        };
        assert_eq!(told(&store.put("a.sql", "new").await.unwrap_err()).0, message);
        assert_eq!(told(&store.replace("a.sql", "old", "new").await.unwrap_err()).0, message);
        assert_eq!(told(&store.delete("a.sql").await.unwrap_err()).0, message);
        store.delete("b.sql").await.unwrap();
        assert_eq!(store.get("a.sql").await.unwrap().as_deref(), Some("old"));
    }
}

#[tokio::test]
async fn a_server_with_too_much_to_do_is_asked_again_and_then_told() {
    for (dialect, code) in
        [(Dialect::S3, "SlowDown"), (Dialect::Google, "ServiceUnavailable"), (Dialect::Azure, "ServerBusy")]
    {
        let server = BucketServer::start(dialect, ["releases"]);
        server.put("releases", "shop/a.sql", "a");
        let store = open(&server, "releases/shop");
        server.set("releases", Manners { overload: Some((0, 2)), ..Manners::default() });
        assert_eq!(store.get("a.sql").await.unwrap().as_deref(), Some("a"));
        server.set("releases", Manners { overload: Some((0, usize::MAX)), ..Manners::default() });
        let message =
            format!("`{}` failed: `{}` answers 503 {code}", dialect.url("releases/shop"), server.endpoint());
        let told = told(&store.get("a.sql").await.unwrap_err());
        assert_eq!(told, (message, "once its cause is gone, run it again".to_owned()));
        assert_eq!(server.requests("releases"), 5);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_soon() {
    let server = BucketServer::start(Dialect::S3, ["releases"]);
    let since = Instant::now();
    // Nobody listens on the first port; connections to the second are never taken.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let refused = open_with(&server, "AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let error = refused.get("a.sql").await.unwrap_err();
    let help = format!("check the network, and {}", reaching(Dialect::S3));
    let message = "`http://127.0.0.1:1`, which `s3://releases/shop` needs, cannot be reached: \
                   Connection refused (os error 111)";
    assert_eq!(told(&error), (message.to_owned(), help));
    let gone = open_with(&server, "AWS_ENDPOINT_URL", &silent);
    drop(gone.get("a.sql").await.unwrap_err());
    assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
}
