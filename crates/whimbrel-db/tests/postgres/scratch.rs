//! Scratch databases: each way, emptied, dropped on every path, and swept.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::Schema;
use whimbrel_db::introspect::{IntrospectOptions, introspect};
use whimbrel_db::scratch::{Scratch, ScratchLimits, ScratchOptions, open};
use whimbrel_db::{Connection, DbError, locale};
use whimbrel_testkit::cluster::{Cluster, TestDatabase};

use crate::{help, refusal};

/// A source that reaches into most corners of a database.
const SOURCE: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE public.users (id serial PRIMARY KEY, mood public.mood DEFAULT 'ok', name text);
CREATE TABLE posts (id int, author int REFERENCES users, seen int DEFAULT nextval('public.users_id_seq'::regclass));
CREATE INDEX posts_author ON public.posts (author);
CREATE FUNCTION public.total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.users';
CREATE VIEW named AS SELECT u.id, p.seen FROM public.users u JOIN posts p ON p.author = u.id WHERE u.name <> 'public.x'";

fn on(target: &TestDatabase<'_>, role: Option<&str>) -> ScratchOptions {
    let url = role.map_or_else(|| target.url(), |role| target.url_as(role));
    ScratchOptions { target: Some(url.parse().unwrap()), url: None }
}

async fn made(options: &ScratchOptions) -> Box<dyn Scratch> {
    open(Dialect::Postgres, options).await.unwrap()
}

async fn run(scratch: &mut dyn Scratch, sql: &str) -> Result<(), DbError> {
    for statement in sql.split(";\n") {
        scratch.connection().execute(statement).await?;
    }
    Ok(())
}

async fn read(scratch: &mut dyn Scratch) -> Schema {
    introspect(scratch.connection(), &IntrospectOptions::default()).await.unwrap().schema
}

/// The scratch databases of one role on a server.
fn left(cluster: &Cluster, role: &str) -> String {
    let owner = format!("pg_get_userbyid(datdba) = '{role}'");
    cluster.psql(
        "postgres",
        &format!("SELECT datname FROM pg_database WHERE datname LIKE 'whimbrel%' AND {owner}"),
    )
}

/// A role that may make databases, and so whose databases are told from others'.
fn maker(cluster: &Cluster, name: &str) {
    cluster.psql("postgres", &format!("CREATE ROLE {name} LOGIN CREATEDB"));
}

#[tokio::test]
async fn a_database_is_made_emptied_and_dropped() {
    let cluster = Cluster::shared();
    maker(cluster, "maker1");
    let target = cluster.database_with("OWNER maker1");
    let mut scratch = made(&on(&target, Some("maker1"))).await;
    assert_eq!(scratch.limits(), ScratchLimits::default());
    assert_eq!(read(&mut *scratch).await, Schema::default());
    run(&mut *scratch, SOURCE).await.unwrap();
    run(
        &mut *scratch,
        "CREATE SCHEMA audit;\nCREATE TABLE audit.log ();\nSET search_path = audit;\nBEGIN;\nSELECT 1",
    )
    .await
    .unwrap();
    assert_eq!(read(&mut *scratch).await.tables.len(), 3);
    scratch.reset().await.unwrap();
    assert_eq!(read(&mut *scratch).await, Schema::default());
    run(&mut *scratch, SOURCE).await.unwrap();
    assert_eq!(left(cluster, "maker1").lines().count(), 1);
    scratch.close().await.unwrap();
    assert_eq!(left(cluster, "maker1"), "");
    assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE oid >= 16384"), "0\n");
}

#[tokio::test]
async fn it_is_emptied_whatever_state_it_is_in() {
    let target = Cluster::shared().database();
    let mut scratch = made(&on(&target, None)).await;
    run(&mut *scratch, "CREATE EXTENSION pg_trgm;\nCREATE CAST (text AS point) WITH INOUT").await.unwrap();
    run(&mut *scratch, "CREATE PUBLICATION p FOR ALL TABLES;\nDROP SCHEMA public").await.unwrap_err();
    run(&mut *scratch, "BEGIN;\nSELECT 1 / 0").await.unwrap_err();
    scratch.reset().await.unwrap();
    assert_eq!(read(&mut *scratch).await, Schema::default());
    // More than one transaction has locks for.
    run(
        &mut *scratch,
        "DO $$ BEGIN FOR i IN 1..900 LOOP EXECUTE 'CREATE TABLE t' || i || ' (id serial primary key)'; \
        END LOOP; END $$",
    )
    .await
    .unwrap();
    scratch.reset().await.unwrap();
    assert_eq!(read(&mut *scratch).await, Schema::default());
    let pid = scratch.connection().query("SELECT pg_backend_pid()").await.unwrap()[0].integer(0).unwrap();
    target.psql(&format!("SELECT pg_terminate_backend({pid}, 5000)"));
    scratch.reset().await.unwrap();
    run(&mut *scratch, SOURCE).await.unwrap();
    scratch.close().await.unwrap();
}

#[tokio::test]
async fn it_is_like_its_target() {
    let cluster = Cluster::shared();
    let target = cluster.database_with("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    let mut scratch = made(&on(&target, None)).await;
    assert!(locale(scratch.connection()).await.unwrap().starts_with("encoding=LATIN1 collate=C"));
    let elsewhere =
        ScratchOptions { url: Some(cluster.url("postgres").parse().unwrap()), ..on(&target, None) };
    let mut there = made(&elsewhere).await;
    assert!(locale(there.connection()).await.unwrap().starts_with("encoding=LATIN1 collate=C"));
    scratch.close().await.unwrap();
    there.close().await.unwrap();
}

#[tokio::test]
async fn it_is_dropped_when_nobody_closes_it() {
    let cluster = Cluster::shared();
    maker(cluster, "maker2");
    let target = cluster.database_with("OWNER maker2");
    let mut scratch = made(&on(&target, Some("maker2"))).await;
    run(&mut *scratch, SOURCE).await.unwrap();
    drop(scratch);
    assert_eq!(left(cluster, "maker2"), "");
    // A panic unwinds through it.
    let options = on(&target, Some("maker2"));
    let task = tokio::spawn(async move {
        let _scratch = made(&options).await;
        panic!("on purpose");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(left(cluster, "maker2"), "");
}

#[tokio::test]
async fn only_old_marked_unused_left_overs_are_swept() {
    let cluster = Cluster::shared();
    maker(cluster, "maker3");
    let target = cluster.database_with("OWNER maker3");
    let marker = "whimbrel scratch database, may be dropped; made at epoch ";
    for (name, comment) in
        [("old", format!("{marker}1000")), ("unmarked", String::new()), ("used", format!("{marker}1000"))]
    {
        cluster.psql("postgres", &format!("CREATE DATABASE whimbrel_scratch_{name} OWNER maker3"));
        cluster.psql("postgres", &format!("COMMENT ON DATABASE whimbrel_scratch_{name} IS '{comment}'"));
    }
    let now = cluster.psql("postgres", "SELECT extract(epoch FROM now())::bigint - 1800");
    cluster.psql("postgres", "CREATE DATABASE whimbrel_scratch_young OWNER maker3");
    cluster
        .psql("postgres", &format!("COMMENT ON DATABASE whimbrel_scratch_young IS '{marker}{}'", now.trim()));
    let user = crate::open(&cluster.url("whimbrel_scratch_used")).await.unwrap();
    made(&on(&target, Some("maker3"))).await.close().await.unwrap();
    let names: Vec<String> = left(cluster, "maker3").lines().map(str::to_owned).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(!names.contains(&"whimbrel_scratch_old".to_owned()), "{names:?}");
    Box::new(user).close().await.unwrap();
    for name in names {
        cluster.psql("postgres", &format!("DROP DATABASE {name}"));
    }
}

#[tokio::test]
async fn a_given_database_must_be_empty_and_is_left_so() {
    let cluster = Cluster::shared();
    cluster.psql("postgres", "CREATE ROLE plain1 LOGIN");
    let given = cluster.database_with("OWNER plain1");
    let options = ScratchOptions { url: Some(given.url_as("plain1").parse().unwrap()), target: None };
    let mut scratch = made(&options).await;
    run(&mut *scratch, SOURCE).await.unwrap();
    let second = refusal(open(Dialect::Postgres, &options).await);
    assert!(second.to_string().ends_with("another run uses it as its scratch database"), "{second}");
    scratch.reset().await.unwrap();
    assert_eq!(read(&mut *scratch).await, Schema::default());
    run(&mut *scratch, SOURCE).await.unwrap();
    scratch.close().await.unwrap();
    assert_eq!(given.psql("SELECT count(*) FROM pg_class WHERE oid >= 16384"), "0\n");
    given.psql("CREATE TABLE mine ()");
    let error = refusal(open(Dialect::Postgres, &options).await);
    assert!(error.to_string().contains("it holds objects"), "{error}");
}

/// Before version 15 it is so in every database.
#[tokio::test]
async fn a_given_database_is_emptied_where_public_is_the_administrators() {
    let cluster = Cluster::shared();
    cluster.psql("postgres", "CREATE ROLE plain9 LOGIN");
    let given = cluster.database_with("OWNER plain9");
    given.psql("ALTER SCHEMA public OWNER TO postgres; GRANT CREATE, USAGE ON SCHEMA public TO plain9");
    let options = ScratchOptions { url: Some(given.url_as("plain9").parse().unwrap()), target: None };
    let mut scratch = made(&options).await;
    run(&mut *scratch, SOURCE).await.unwrap();
    let others = "CREATE TABLE own (id int GENERATED ALWAYS AS IDENTITY, at int4range);
CREATE TYPE span AS RANGE (SUBTYPE = int8);
CREATE TYPE pair AS (a span, b text);
CREATE DOMAIN even AS int CHECK (value % 2 = 0);
CREATE PROCEDURE nothing(x even) LANGUAGE sql AS '';
CREATE AGGREGATE sum_of(int) (SFUNC = int4pl, STYPE = int);
CREATE OPERATOR ~~~~ (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
CREATE MATERIALIZED VIEW seen AS SELECT id FROM own;
CREATE STATISTICS about ON id, at FROM own;
CREATE COLLATION mine FROM \"C\";
CREATE SCHEMA audit";
    run(&mut *scratch, others).await.unwrap();
    scratch.reset().await.unwrap();
    assert_eq!(read(&mut *scratch).await, Schema::default());
    run(&mut *scratch, SOURCE).await.unwrap();
    scratch.close().await.unwrap();
    let left = "SELECT (SELECT count(*) FROM pg_class WHERE oid >= 16384), (SELECT count(*) FROM pg_type WHERE oid >= 16384), \
                (SELECT count(*) FROM pg_proc WHERE oid >= 16384), (SELECT count(*) FROM pg_operator WHERE oid >= 16384), \
                (SELECT count(*) FROM pg_namespace WHERE oid >= 16384 AND nspname <> 'public')";
    assert_eq!(given.psql(left), "0|0|0|0|0\n");
}

#[tokio::test]
async fn without_createdb_a_namespace_serves() {
    let cluster = Cluster::shared();
    cluster.psql("postgres", "CREATE ROLE plain2 LOGIN");
    let target = cluster.database_with("OWNER plain2");
    target.psql("CREATE TABLE users (live int); CREATE SCHEMA audit; CREATE TABLE audit.log ()");
    let mut scratch = made(&on(&target, Some("plain2"))).await;
    assert_eq!(scratch.limits(), ScratchLimits { no_transactions: true, one_namespace: true });
    assert_eq!(read(&mut *scratch).await, Schema::default());
    run(&mut *scratch, SOURCE).await.unwrap();

    // It reads back as from a database of its own.
    let mut own = made(&on(&target, None)).await;
    run(&mut *own, SOURCE).await.unwrap();
    assert_eq!(read(&mut *scratch).await, read(&mut *own).await);
    own.close().await.unwrap();

    // Between two uses it holds nothing.
    scratch.reset().await.unwrap();
    let open =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL";
    assert_eq!(target.psql(open), "1\n", "psql's own");
    run(&mut *scratch, SOURCE).await.unwrap();

    // A transaction is a savepoint, and a failure outside of one spoils nothing.
    run(&mut *scratch, "BEGIN;\nDROP VIEW named;\nROLLBACK").await.unwrap();
    run(&mut *scratch, "BEGIN;\nCREATE TABLE kept ();\nCOMMIT").await.unwrap();
    run(&mut *scratch, "INSERT INTO public.users (nothing) VALUES (1)").await.unwrap_err();
    assert!(!scratch.connection().in_transaction().await.unwrap());
    let schema = read(&mut *scratch).await;
    assert_eq!((schema.tables.len(), schema.objects.len()), (3, 2));

    scratch.reset().await.unwrap();
    assert_eq!(read(&mut *scratch).await, Schema::default());
    run(&mut *scratch, SOURCE).await.unwrap();
    scratch.close().await.unwrap();
    assert_eq!(target.psql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'whimbrel%'"), "");
    assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE relname IN ('posts', 'kept')"), "0\n");
}

#[tokio::test]
async fn what_a_namespace_cannot_serve_names_the_way_out() {
    let cluster = Cluster::shared();
    cluster.psql("postgres", "CREATE ROLE plain3 LOGIN; CREATE ROLE plain4 LOGIN");
    let target = cluster.database_with("OWNER plain3");
    target.psql("CREATE SCHEMA audit; CREATE EXTENSION pg_trgm");
    let mut scratch = made(&on(&target, Some("plain3"))).await;
    for (sql, reason) in [
        ("CREATE SCHEMA new", "the schema names another namespace, `new`"),
        ("CREATE EXTENSION IF NOT EXISTS pg_trgm", "the database has the extension `pg_trgm` already"),
    ] {
        let error = refusal(run(&mut *scratch, sql).await);
        assert!(error.to_string().ends_with(reason), "{error}");
    }
    let error = refusal(run(&mut *scratch, "CREATE TABLE audit.log ()").await);
    assert!(error.to_string().contains("the schema names another namespace, `audit`"), "{error}");
    assert!(help(&error).contains("--scratch-url"), "{}", help(&error));
    let error = refusal(run(&mut *scratch, "CREATE TABLE public.t (a public.nothing)").await);
    let error = error.statement().unwrap();
    assert_eq!(error.message, "type \"nothing\" does not exist");
    assert_eq!(&error.sql[error.offset.unwrap()..], "public.nothing)");
    assert!(error.detail.as_ref().unwrap().contains("--scratch-url"));
    drop(scratch);
    // No right to make a namespace either.
    let error = refusal(open(Dialect::Postgres, &on(&target, Some("plain4"))).await);
    assert!(error.to_string().contains("permission denied"), "{error}");
    assert!(help(&error).contains("--scratch-url"), "{}", help(&error));
}

#[tokio::test]
async fn without_any_server_there_is_no_scratch_database() {
    let error = refusal(open(Dialect::Postgres, &ScratchOptions::default()).await);
    assert!(help(&error).contains("--scratch-url"), "{error}");
}
