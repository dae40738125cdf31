//! What is said when the server or its rights stand in the way.

use std::net::TcpListener;

use whimbrel_testkit::cluster::{Cluster, ClusterOptions};

use crate::story::Story;

const SCHEMA: &str = "CREATE TABLE t (id int PRIMARY KEY);\n";

#[test]
fn no_server() {
    let story = Story::begin();
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    story.set_url(&format!("postgres://ann@127.0.0.1:{port}/shop"));
    story.set_schema(SCHEMA);
    let output = story.output(&["push"]);
    let words = String::from_utf8(output.stderr).unwrap().replace(&port.to_string(), "PORT");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        words,
        "whimbrel::db::connect\n\n  x cannot open `postgres://ann@127.0.0.1:PORT/shop`: no server listens at \
         `127.0.0.1`, port PORT\n  help: start the server, or correct host and port; `--wait=SECONDS` waits for \
         one that is starting\n"
    );
}

#[test]
fn passwords_and_names() {
    let options = ClusterOptions { password: Some("s3cret".to_owned()), ..ClusterOptions::default() };
    let cluster = Cluster::start(&options).unwrap();
    let mut story = Story::on(&cluster, "");
    story.set_schema(SCHEMA);
    story.set_url(&cluster.url_as("postgres", Some("wrong"), "postgres"));
    story.run(&["push"]);
    story.set_url(&cluster.url_as("postgres", None, "postgres"));
    story.run(&["push"]);
    story.set_url(&cluster.url_as("nobody", Some("s3cret"), "postgres"));
    story.run(&["push"]);
    story.set_url(&cluster.url_as("postgres", Some("s3cret"), "nowhere"));
    story.run(&["push"]);
    story.ends_as("passwords.txt");
}

#[test]
fn no_right_to_create() {
    let mut story = Story::begin();
    story.sql(
        "CREATE ROLE visitor LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE TABLE t (id int)",
    );
    story.set_url(&story.database().url_as("visitor"));
    story.schema(SCHEMA);
    story.run(&["push"]);
    story.sql("ALTER ROLE visitor CREATEDB");
    story.run(&["push"]);
    story.schema("CREATE TABLE t (id int);\nCREATE TABLE u (id int);\n");
    story.run(&["push"]);
    story.ends_as("rights.txt");
}

#[test]
fn a_default_of_reading_only_is_set_aside() {
    let mut story = Story::begin();
    story.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", story.database().name));
    story.schema(SCHEMA);
    story.run(&["push"]);
    story.run(&["push", "--dry-run"]);
    story.run(&["inspect"]);
    story.ends_as("read_only.txt");
}

#[test]
fn a_standby() {
    let options = ClusterOptions { standby: true, ..ClusterOptions::default() };
    let cluster = Cluster::start(&options).unwrap();
    let story = Story::begin();
    story.set_url(&cluster.url("postgres"));
    story.set_schema(SCHEMA);
    let port = cluster.port().to_string();
    let refused = |arguments: &[&str]| {
        let output = story.output(arguments);
        let words = String::from_utf8(output.stderr).unwrap().replace(&port, "PORT");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            words,
            "whimbrel::db::read_only\n\n  x cannot write to `postgres://postgres@127.0.0.1:PORT/postgres`: the \
             server is a standby\n  help: connect to the primary\n"
        );
    };
    refused(&["push"]);
    // Where nothing is pending, nothing is to be written.
    let apply = ["migrate", "apply", "--layout", "lockfile"];
    assert_eq!(story.output(&apply).status.code(), Some(0));
    std::fs::create_dir(story.path("migrations")).unwrap();
    std::fs::write(story.path("migrations/0001_t.sql"), SCHEMA).unwrap();
    refused(&apply);
    let output = story.output(&["inspect"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn an_extension_that_is_not_installed() {
    let mut story = Story::begin();
    story.schema("CREATE EXTENSION no_such_extension;\nCREATE TABLE t (id int PRIMARY KEY);\n");
    story.run(&["push"]);
    // Each of these versions says it in other words.
    let version = match Cluster::shared().major() {
        ..=14 => "14",
        15..=17 => "15",
        18.. => "18",
    };
    story.ends_as(&format!("extension_{version}.txt"));
}
