//! A password is in no output, whatever is asked and whatever goes wrong.

use whimbrel_testkit::cluster::{Cluster, ClusterOptions};

use crate::story::Story;

const SECRET: &str = "hunter2%2Fhunter2";
const PLAIN: &str = "hunter2/hunter2";

/// Runs the binary with the password in the URL of the settings and elsewhere.
#[track_caller]
fn check(story: &Story<'_>, arguments: &[&str], variables: &[(&str, &str)]) {
    let mut command = story.command(arguments);
    command.envs(variables.iter().copied());
    let output = command.output().expect("the binary is built");
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        assert!(!text.contains("hunter2"), "{arguments:?} prints the password:\n{text}");
    }
    let printed = output.stdout.len() + output.stderr.len();
    assert!(printed > 0, "{arguments:?} says nothing");
}

#[test]
fn a_password_is_never_printed() {
    let options = ClusterOptions { password: Some(PLAIN.to_owned()), ..ClusterOptions::default() };
    let cluster = Cluster::start(&options).unwrap();
    let url = |secret, name: &str| cluster.url_as("postgres", Some(secret), name);
    let server = url(SECRET, "postgres");
    let story = Story::begin();
    let schemas = [
        "CREATE TABLE t (id int PRIMARY KEY, a text);\n",
        "CREATE TABLE t (id int PRIMARY KEY, b text);\n",
        "CREATE TABLE t (id nonsense);\n",
        "CREATE TABEL;\n",
    ];
    let urls = [
        server.clone(),
        url("hunter2-wrong", "postgres"),
        url(SECRET, "nowhere"),
        server.replace("postgres@", "nobody@").replace("//postgres:", "//nobody:"),
        server.replace("127.0.0.1", "no-such-host.invalid"),
        format!("{server}?sslmode=verify-full"),
        format!("{server}?no_such_setting=hunter2"),
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres password=hunter2", cluster.port()),
        "postgres://postgres:hunter2@[bad/postgres".to_owned(),
        "libsql://ann:hunter2@host/db".to_owned(),
    ];
    for url in &urls {
        story.set_url(url);
        let tried = if *url == server { &schemas[..] } else { &schemas[..1] };
        for schema in tried {
            story.set_schema(schema);
            for flags in [&["push", "--no-renames"][..], &["push", "-v"], &["push", "--json", "-v"]] {
                check(&story, flags, &[]);
            }
        }
        for flags in [&["inspect", "-v"][..], &["inspect", "--json"], &["diff", url, "schema.sql", "-v"]] {
            check(&story, flags, &[]);
        }
    }
    story.set_url("${SHOP_URL}");
    check(&story, &["push", "-v"], &[("SHOP_URL", &server)]);
    check(&story, &["push", "-v", "--scratch-url", "${SHOP_URL}"], &[("SHOP_URL", &server)]);
    story.set_url(&cluster.url_as("postgres", None, "postgres"));
    check(&story, &["push", "-v"], &[("PGPASSWORD", "hunter2-wrong")]);
    check(&story, &["push", "-v", "--scratch-url", &urls[1]], &[("PGPASSWORD", PLAIN)]);
}
