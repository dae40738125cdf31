//! Pushes in the odd corners of PostgreSQL: roles, encodings, locales, long
//! names, namespaces, and sources as other tools write them.

use std::fmt::Write;
use std::process::Command;

use whimbrel::core::plan::Proof;
use whimbrel::core::resolve::{EnumMapping, predefined};
use whimbrel::{Migrator, PushReport, Source};
use whimbrel_testkit::cluster::{Cluster, TestDatabase};
use whimbrel_testkit::database::block_on;

/// A schema of an application that names no namespace.
const APPLICATION: &str = "CREATE TYPE state AS ENUM ('open', 'done');
CREATE DOMAIN amount AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE SEQUENCE numbers;
CREATE TABLE users (id serial PRIMARY KEY, number bigint DEFAULT nextval('numbers'), state state DEFAULT 'open');
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int REFERENCES users, total amount);
CREATE INDEX orders_by_user ON orders (user_id) WHERE total > 0;
CREATE FUNCTION total_of(int) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT sum(total) FROM orders WHERE user_id = $1';
CREATE VIEW totals AS SELECT id, state, total_of(id) AS total FROM users;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.number := 1; RETURN NEW; END $$;
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
COMMENT ON TABLE users IS 'who buys';
";

/// The same with the namespace wherever one can stand.
const QUALIFIED: &str = "CREATE SCHEMA IF NOT EXISTS public;
CREATE TYPE public.state AS ENUM ('open', 'done');
CREATE DOMAIN public.amount AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE SEQUENCE public.numbers;
CREATE TABLE public.users (id serial PRIMARY KEY, number bigint DEFAULT nextval('public.numbers'),
  state public.state DEFAULT 'open'::public.state);
CREATE TABLE public.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id int REFERENCES public.users, total public.amount);
CREATE INDEX orders_by_user ON public.orders (user_id) WHERE total > 0;
CREATE FUNCTION public.total_of(int) RETURNS numeric LANGUAGE sql STABLE
  AS 'SELECT sum(total) FROM orders WHERE user_id = $1';
CREATE VIEW public.totals AS SELECT users.id, users.state, public.total_of(users.id) AS total FROM public.users;
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.number := 1; RETURN NEW; END $$;
CREATE TRIGGER users_touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.touch();
COMMENT ON TABLE public.users IS 'who buys';
";

fn push(url: &str, schema: &str) -> Result<PushReport, whimbrel::Error> {
    push_with(url, schema, Vec::new())
}

fn push_with(url: &str, schema: &str, enum_values: Vec<EnumMapping>) -> Result<PushReport, whimbrel::Error> {
    block_on(async {
        let source = Source::sql("schema.sql", schema);
        let mut migrator = Migrator::builder(url)?.source(source).connect().await?;
        let mut resolver = predefined();
        (resolver.no_other_renames, resolver.accept_data_loss) = (true, true);
        resolver.enum_values = enum_values;
        let report = migrator.push().resolver(resolver).await?;
        migrator.close().await?;
        Ok(report)
    })
}

/// Pushes a schema, which must be proved and leave nothing to do.
#[track_caller]
fn converges(url: &str, schema: &str) {
    let report = push(url, schema).unwrap_or_else(|error| panic!("{}", tell(&error)));
    assert!(matches!(report.proof, Proof::Exact | Proof::Lossy), "{}", report.proof);
    in_sync(url, schema);
}

#[track_caller]
fn in_sync(url: &str, schema: &str) {
    let report = push(url, schema).unwrap_or_else(|error| panic!("{}", tell(&error)));
    assert!(report.changes.is_empty(), "a second push finds {:#?}", report.changes);
}

fn tell(error: &whimbrel::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// A database whose owner may not make others.
fn owned_by(role: &str) -> (TestDatabase<'static>, String) {
    let cluster = Cluster::shared();
    cluster.psql("postgres", &format!("CREATE ROLE {role} LOGIN"));
    let database = cluster.database_with(&format!("OWNER {role}"));
    let url = database.url_as(role);
    (database, url)
}

#[test]
fn a_source_names_public_throughout() {
    let database = Cluster::shared().database();
    converges(&database.url(), QUALIFIED);
    in_sync(&database.url(), APPLICATION);
}

#[test]
fn a_source_names_public_throughout_and_scratch_is_a_namespace() {
    let (_database, url) = owned_by("plain5");
    converges(&url, QUALIFIED);
    in_sync(&url, APPLICATION);
    converges(&url, &QUALIFIED.replace("number bigint", "number numeric"));
    converges(&url, &APPLICATION.replace("'done'", "'done', 'sent'").replace("users_touch", "users_touched"));
}

#[test]
fn the_search_path_of_a_role_does_not_matter() {
    for (role, path) in [("odd1", "app, public"), ("odd2", "pg_catalog, nowhere"), ("odd3", "\"$user\", app")]
    {
        let (database, url) = owned_by(role);
        database.psql(&format!(
            "CREATE SCHEMA {role} AUTHORIZATION {role}; ALTER ROLE {role} SET search_path = {path}"
        ));
        let app = "CREATE SCHEMA app;\nCREATE TABLE app.users (other text);\n";
        let own = format!("CREATE SCHEMA {role};\n");
        // Other namespaces need a scratch database.
        database.psql(&format!("ALTER ROLE {role} CREATEDB"));
        converges(&url, &format!("{app}{own}{APPLICATION}"));
        converges(&url, &format!("{app}{own}{QUALIFIED}").replace("number bigint", "number numeric"));
        assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relname = 'users'"), "2\n");
    }
}

#[test]
fn encodings_and_locales() {
    let cluster = Cluster::shared();
    let before = "CREATE TYPE \"Größe\" AS ENUM ('groß', 'klein');
        CREATE TABLE \"Straße\" (id int PRIMARY KEY, \"größe\" \"Größe\" DEFAULT 'groß', name text COLLATE \"C\",
          CONSTRAINT \"länge\" CHECK (name <> 'ß''ä'));
        COMMENT ON TABLE \"Straße\" IS 'Öfter';
        CREATE VIEW \"ä\" AS SELECT id, \"größe\" FROM \"Straße\" WHERE name > 'ö';";
    let after =
        before.replace("id int", "id bigint").replace("'klein'", "'winzig', 'klein'").replace("ß''ä", "üß");
    let icu = cluster.psql("postgres", "SELECT count(*) FROM pg_collation WHERE collprovider = 'i'");
    let mut options =
        vec!["ENCODING 'LATIN1' LOCALE 'C'", "ENCODING 'SQL_ASCII' LOCALE 'C'", "ENCODING 'UTF8' LOCALE 'C'"];
    // Before 15 a database had the system's locale; some servers are built without ICU.
    if cluster.major() >= 15 && icu != "0\n" {
        options.push("ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk'");
        options.push("ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'und-u-ks-level2'");
    }
    for options in options {
        let database = cluster.database_with(&format!("TEMPLATE template0 {options}"));
        converges(&database.url(), before);
        database.psql("SET client_encoding = 'UTF8'; INSERT INTO \"Straße\" VALUES (1, 'klein', 'Äh')");
        converges(&database.url(), &after);
        assert_eq!(database.psql("SELECT * FROM \"Straße\""), "1|klein|Äh\n", "{options}");
    }
}

/// A name of 63 bytes, the most that the server keeps.
fn long(letter: &str) -> String {
    letter.repeat(63)
}

#[test]
fn names_of_63_bytes_serve_everywhere() {
    let (table, column, of) = (long("t"), long("c"), long("e"));
    let schema = |values: &str, kind: &str| {
        format!(
            "CREATE TYPE {of} AS ENUM ({values});
             CREATE TABLE {table} ({column} serial PRIMARY KEY, {} {of} DEFAULT 'a', {} {kind} UNIQUE CHECK ({} <> 7),
               {} bigint GENERATED BY DEFAULT AS IDENTITY, {} int REFERENCES {table});
             CREATE INDEX {} ON {table} ({}) WHERE {} = 'a';
             CREATE VIEW {} AS SELECT {column}, {}, {} FROM {table};",
            long("d"), long("f"), long("f"), long("g"), long("h"), long("i"), long("d"), long("d"), long("v"),
            long("d"), long("f"),
        )
    };
    let database = Cluster::shared().database();
    converges(&database.url(), &schema("'a', 'b'", "int"));
    database.psql(&format!("INSERT INTO {table} ({}, {}) VALUES ('b', 1), ('a', 2)", long("d"), long("f")));
    let mapped = EnumMapping {
        table: table.as_str().into(),
        column: long("d"),
        from: "b".into(),
        to: Some("a".into()),
    };
    let desired = schema("'a'", "numeric");
    push_with(&database.url(), &desired, vec![mapped]).unwrap_or_else(|error| panic!("{}", tell(&error)));
    in_sync(&database.url(), &desired);
    assert_eq!(database.psql(&format!("SELECT {} FROM {table} ORDER BY 1", long("f"))), "1\n2\n");
}

#[test]
fn longer_names_are_cut_and_collisions_found() {
    let database = Cluster::shared().database();
    let (one, two) = (format!("{}_one", long("n")), format!("{}_two", long("n")));
    converges(&database.url(), &format!("CREATE TABLE {one} (id int PRIMARY KEY, {} int);", long("c") + "d"));
    assert_eq!(
        database.psql("SELECT length(relname) FROM pg_class WHERE relname LIKE 'nn%' AND relkind = 'r'"),
        "63\n"
    );
    for (source, message) in [
        (
            format!("CREATE TABLE {one} ();\nCREATE TABLE {two} ();"),
            format!("schema.sql:2:1: relation \"{}\" already exists", long("n")),
        ),
        (
            format!("CREATE TABLE t ({one} int, {two} int);"),
            format!("schema.sql:1:1: column \"{}\" specified more than once", long("n")),
        ),
    ] {
        let error = push(&database.url(), &source).unwrap_err();
        assert_eq!(tell(&error), message);
    }
}

#[test]
fn two_namespaces_have_equal_names() {
    let schema = |kind: &str| {
        let part = |space: &str, kind: &str| {
            format!(
                "CREATE TYPE {space}.state AS ENUM ('a', 'b');
                 CREATE TABLE {space}.users (id serial PRIMARY KEY, state {space}.state DEFAULT 'a', n {kind});
                 CREATE INDEX by_n ON {space}.users (n);
                 CREATE FUNCTION {space}.f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM {space}.users';
                 CREATE VIEW {space}.v AS SELECT id, n, {space}.f() AS all FROM {space}.users;
                 CREATE TABLE {space}.posts (id int PRIMARY KEY, user_id int REFERENCES {space}.users);"
            )
        };
        format!("CREATE SCHEMA one; CREATE SCHEMA two; {} {}", part("one", "int"), part("two", kind))
    };
    let database = Cluster::shared().database();
    converges(&database.url(), &schema("int"));
    database.psql("INSERT INTO one.users (n) VALUES (1); INSERT INTO two.users (n) VALUES (2)");
    converges(&database.url(), &schema("bigint"));
    assert_eq!(database.psql("SELECT u.n, v.n FROM one.users u, two.v v"), "1|2\n");
}

#[test]
fn functions_use_tables_that_use_functions() {
    let schema = |kind: &str| {
        format!(
            "CREATE FUNCTION next() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE TABLE a (id int DEFAULT next(), n {kind});
             CREATE FUNCTION doubled(a) RETURNS {kind} LANGUAGE sql AS 'SELECT $1.n * 2';
             CREATE TABLE b (id int, one a, CHECK (id > next()));
             CREATE VIEW v AS SELECT id, doubled(a) AS n FROM a;
             CREATE FUNCTION all_of_v() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT * FROM v; END;
             CREATE VIEW w AS SELECT * FROM all_of_v();"
        )
    };
    let database = Cluster::shared().database();
    converges(&database.url(), &schema("int"));
    converges(&database.url(), &schema("int").replace("SELECT 1'", "SELECT 2'"));
    let (_plain, url) = owned_by("plain6");
    converges(&url, &schema("int"));
    converges(&url, "");
}

#[test]
fn ten_views_stand_on_a_column_that_changes() {
    let schema = |kind: &str| {
        let mut text = format!(
            "CREATE TABLE t (id int PRIMARY KEY, a {kind});\nCREATE VIEW v0 AS SELECT id, a FROM t;\n"
        );
        for at in 1..10 {
            let _ = writeln!(text, "CREATE VIEW v{at} AS SELECT id, a FROM v{};", at - 1);
        }
        text
    };
    let own = Cluster::shared().database();
    let own_url = own.url();
    let (plain, plain_url) = owned_by("plain7");
    for (database, url) in [(own, own_url), (plain, plain_url)] {
        converges(&url, &schema("int"));
        database.psql("INSERT INTO t VALUES (1, 5)");
        converges(&url, &schema("numeric(10, 2)"));
        assert_eq!(database.psql("SELECT a FROM v9"), "5.00\n");
    }
}

#[test]
fn what_pg_dump_prints_is_a_source() {
    let cluster = Cluster::shared();
    let database = cluster.database();
    converges(&database.url(), QUALIFIED);
    let dump = Command::new(cluster.programs().join("pg_dump"))
        .args(["--schema-only", &database.url()])
        .output()
        .expect("the server's programs are there");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8(dump.stdout).unwrap();
    in_sync(&database.url(), &dump);
    let (_plain, url) = owned_by("plain8");
    converges(&url, &dump);
    in_sync(&url, APPLICATION);
}
