//! What only PostgreSQL does to a session, and who else is there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use whimbrel_core::dialect::Dialect;
use whimbrel_db::apply::ApplyError;
use whimbrel_db::postgres::{Environment, PostgresConfig, PostgresConnection};
use whimbrel_db::{Access, Connection, LockWait};
use whimbrel_testkit::cluster::{Cluster, ClusterOptions, TestDatabase};
use whimbrel_testkit::database::block_on;

use crate::support::{Heard, assert_free, column, run, told, tracked};

/// A session with a database of its own.
pub(crate) async fn open(url: &str) -> PostgresConnection {
    let config = PostgresConfig::parse(url, &Environment::default()).unwrap();
    PostgresConnection::connect(config, Access::ReadWrite, Duration::ZERO).await.unwrap()
}

async fn patient(database: &TestDatabase<'_>, limit: Duration) -> PostgresConnection {
    open(&database.url()).await.with_lock_wait(LockWait::up_to(limit))
}

/// What a session settles, but for what a transaction settles for itself.
const SETTINGS: &str = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings \
    WHERE source = 'session' UNION ALL SELECT current_user || ' ' || session_user";

#[test]
fn what_a_migration_sets_does_not_outlive_it() {
    block_on(async {
        let database = Cluster::shared().database();
        database.psql("CREATE ROLE applier_guest; CREATE SCHEMA elsewhere AUTHORIZATION applier_guest");
        let mut session = open(&database.url()).await;
        let before = column(&mut session, SETTINGS).await;
        let dump = "\\restrict abc
            SET statement_timeout = 100000;\nSET lock_timeout = 0;\nSET client_encoding = 'UTF8';
            SET standard_conforming_strings = on;
            SELECT pg_catalog.set_config('search_path', '', false);
            SET default_table_access_method = heap;\nSET row_security = off;
            CREATE TABLE public.dumped (n integer, t text);
            ALTER TABLE public.dumped OWNER TO applier_guest;
            COPY public.dumped (n, t) FROM stdin;\n1\tä\\nb\n2\t\\N\n\\.\n
            ALTER TABLE ONLY public.dumped ADD CONSTRAINT dumped_key UNIQUE (n);
            \\unrestrict abc\n";
        let migrations = [
            ("log", "CREATE TABLE log (n int);\nGRANT ALL ON log TO applier_guest;"),
            (
                "path",
                "SET search_path = elsewhere;\nCREATE TABLE t (n int);\nALTER TABLE t OWNER TO applier_guest;\nINSERT INTO public.log VALUES (1);",
            ),
            ("role", "SET ROLE applier_guest;\nINSERT INTO log VALUES (2);"),
            ("session", "SET SESSION AUTHORIZATION applier_guest;\nINSERT INTO log VALUES (3);"),
            ("dump", dump),
            (
                "strings",
                "SET standard_conforming_strings = off;\nINSERT INTO log VALUES (length('\\\\n') + 2);",
            ),
            ("encoding", "SET client_encoding = 'LATIN1';\nINSERT INTO dumped VALUES (5, 'ü');"),
            ("after", "INSERT INTO log VALUES (length('\\\\n') + 3);\nINSERT INTO dumped VALUES (6, 'ü');"),
            ("read-only", "SET default_transaction_read_only = on;"),
            (
                "steps",
                "SET SESSION AUTHORIZATION applier_guest;\nSET search_path = elsewhere;
                 CREATE INDEX CONCURRENTLY i ON t (n);
                 SET client_encoding = 'LATIN1';\nINSERT INTO public.log VALUES (length('ü') + 6);",
            ),
            ("last", "INSERT INTO log VALUES (8);"),
        ];
        run(&mut session, &migrations, &mut Heard::default())
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        let names: Vec<&str> = migrations.iter().map(|(name, _)| *name).collect();
        assert_eq!(tracked(&mut session).await, names.join(" "));
        assert_eq!(column(&mut session, "SELECT n FROM log ORDER BY n").await, "1 2 3 4 6 7 8");
        let dumped = "SELECT n || coalesce(t, '-') FROM dumped ORDER BY n";
        assert_eq!(column(&mut session, dumped).await, "1ä\nb 2- 5ü 6ü");
        assert_eq!(column(&mut session, SETTINGS).await, before);
        assert_eq!(column(&mut session, "SELECT 'elsewhere.i'::regclass").await, "elsewhere.i");
        assert_free(&mut session, "after the run").await;
        drop(session);
        database.psql("DROP OWNED BY applier_guest CASCADE; DROP ROLE applier_guest");
    });
}

#[test]
fn what_is_temporary_does_not_outlive_its_migration() {
    let temporary = "CREATE TEMP TABLE seen AS SELECT 1 AS n;
        DECLARE reading CURSOR WITH HOLD FOR SELECT n FROM seen;
        INSERT INTO log SELECT n FROM seen;";
    let in_steps = format!("-- whimbrel: no-transaction\n\n{temporary}");
    block_on(async {
        let database = Cluster::shared().database();
        database.psql("CREATE TABLE log (n int)");
        let mut session = open(&database.url()).await;
        // Together with others it is as it is alone.
        let migrations = [
            ("one", temporary),
            ("two", temporary),
            ("session", "SET search_path = public;\nCREATE TEMP TABLE seen (n int);"),
            ("steps", &in_steps),
            ("last", temporary),
        ];
        let outcome = run(&mut session, &migrations, &mut Heard::default()).await;
        outcome.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(column(&mut session, "SELECT n FROM log").await, "1 1 1 1");
        assert_eq!(column(&mut session, "SELECT count(*) FROM pg_cursors WHERE name = 'reading'").await, "0");
        assert_eq!(column(&mut session, "SELECT to_regclass('pg_temp.seen') IS NULL").await, "t");
    });
}

#[test]
fn what_a_migration_prepares_does_not_outlive_it() {
    let prepared = "PREPARE \"One row\" AS INSERT INTO log VALUES ($1);
        EXECUTE \"One row\" (1);\nLISTEN news;";
    let in_steps = format!("-- whimbrel: no-transaction\n\n{prepared}");
    let impatient = format!("-- whimbrel: lock-timeout 50ms\n\n{prepared}");
    block_on(async {
        let database = Cluster::shared().database();
        database.psql("CREATE TABLE log (n int)");
        let mut session = patient(&database, Duration::from_secs(30)).await;
        // The client's own, of which no migration knows.
        session.fetch("SELECT $1::inet", &["127.0.0.1".into()]).await.unwrap();
        let migrations = [
            ("one", prepared),
            ("two", prepared),
            ("small", "INSERT INTO log VALUES (2);"),
            ("smaller", "INSERT INTO log VALUES (3);"),
            ("steps", &in_steps),
            ("three", prepared),
        ];
        let outcome = run(&mut session, &migrations, &mut Heard::default()).await;
        outcome.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(column(&mut session, "SELECT n FROM log ORDER BY n").await, "1 1 1 1 2 3");
        let left = "SELECT count(*) FROM pg_prepared_statements \
                    WHERE from_sql AND name NOT LIKE 'whimbrel%' UNION ALL \
                    SELECT count(*) FROM pg_listening_channels()";
        assert_eq!(column(&mut session, left).await, "0 0");
        session.fetch("SELECT $1::inet", &["127.0.0.2".into()]).await.unwrap();

        // A transaction that is tried again begins anew.
        let mut other = open(&database.url()).await;
        other.execute("BEGIN").await.unwrap();
        other.execute("LOCK TABLE log").await.unwrap();
        let release = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            other.execute("COMMIT").await.unwrap();
        };
        let migrations: Vec<_> = migrations.into_iter().chain([("four", impatient.as_str())]).collect();
        let mut heard = Heard::default();
        let (outcome, ()) = tokio::join!(run(&mut session, &migrations, &mut heard), release);
        outcome.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(column(&mut session, "SELECT count(*) FROM log").await, "7");
        assert_eq!(column(&mut session, left).await, "0 0");
    });
}

#[test]
fn a_script_may_bring_its_own_begin_and_commit() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut session = open(&database.url()).await;
        let migrations =
            [("one", "BEGIN;\nCREATE TABLE a (n int);\nCOMMIT;"), ("two", "INSERT INTO a VALUES (1);")];
        run(&mut session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(tracked(&mut session).await, "one two");
    });
}

#[test]
fn what_a_role_may_not_do_is_no_fault_of_the_file() {
    block_on(async {
        let database = Cluster::shared().database();
        database.psql("CREATE ROLE applier_reader LOGIN");
        let mut session = open(&database.url_as("applier_reader")).await;
        database
            .psql("CREATE TABLE _whimbrel_migrations (id int, name text, checksum text, applied_at text)");
        database.psql("GRANT SELECT ON _whimbrel_migrations TO applier_reader; CREATE TABLE a (n int)");
        let error = run(&mut session, &[("one", "DROP TABLE a;")], &mut Heard::default()).await.unwrap_err();
        assert_eq!(
            told(&error),
            "statement 1 of 1 of `one` failed, at line 1 of `0000_one.sql`\n\
             because: must be owner of table a\n\
             help: no migration of this run was kept; then run the command again"
        );
        drop(session);
        database.psql("DROP OWNED BY applier_reader; DROP ROLE applier_reader");
    });
}

#[test]
fn a_row_that_copy_refuses_is_told() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut session = open(&database.url()).await;
        let migrations = [("one", "CREATE TABLE a (n int);\nCOPY a FROM stdin;\n1\nx\n\\.\nSELECT 1;")];
        let error = run(&mut session, &migrations, &mut Heard::default()).await.unwrap_err();
        assert_eq!(
            told(&error),
            "statement 2 of 3 of `one` failed, at line 2 of `0000_one.sql`\n\
             because: invalid input syntax for type integer: \"x\"\n\
             help: no migration of this run was kept; put right the rows that it met, or the file (`whimbrel migrate \
             verify --accept one` records the edit), then run the command again"
        );
        assert_eq!(column(&mut session, "SELECT count(*) FROM pg_class WHERE relname = 'a'").await, "0");
        assert!(!session.in_transaction().await.unwrap());
    });
}

#[test]
fn what_is_found_wrong_at_commit_names_the_migration() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut session = open(&database.url()).await;
        let migrations = [
            (
                "tables",
                "CREATE TABLE a (n int PRIMARY KEY);\nCREATE TABLE b (n int REFERENCES a DEFERRABLE INITIALLY DEFERRED);",
            ),
            ("orphan", "INSERT INTO b VALUES (1);"),
        ];
        let error = run(&mut session, &migrations, &mut Heard::default()).await.unwrap_err();
        assert_eq!(
            told(&error),
            "cannot commit `orphan`\n\
             because: insert or update on table \"b\" violates foreign key constraint \"b_n_fkey\"\n\
             help: this run keeps `tables`; put right what the database has against it, in the rows or in the file, then \
             run the command again"
        );
        assert_eq!(tracked(&mut session).await, "tables");
    });
}

#[test]
fn a_session_in_the_way_is_named_or_outlasted() {
    block_on(async {
        let database = Cluster::shared().database();
        database.psql("CREATE TABLE t (a int)");
        let mut blocker = open(&database.url()).await;
        blocker.execute("BEGIN").await.unwrap();
        blocker.execute("LOCK TABLE t").await.unwrap();
        let migrations = [
            ("one", "CREATE TABLE u ();"),
            ("two", "-- whimbrel: lock-timeout 1500ms\n\nALTER TABLE t ADD b int;"),
        ];
        let mut session = patient(&database, Duration::from_secs(2)).await;
        let error = run(&mut session, &migrations, &mut Heard::default()).await.unwrap_err();
        assert!(error.is_locked(), "{error:?}");
        let told = told(&error);
        assert!(
            told.starts_with("statement 1 of 1 of `two` failed, at line 3 of `0001_two.sql`\nbecause: `"),
            "{told}"
        );
        assert!(told.contains(" is locked by session ") && told.contains(": `LOCK TABLE t`"), "{told}");
        assert!(told.ends_with("help: this run keeps `one`; then run the command again"), "{told}");

        let free = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(3)).await;
            blocker.execute("COMMIT").await.unwrap();
        });
        let mut session = patient(&database, Duration::from_secs(60)).await;
        let mut heard = Heard::default();
        run(&mut session, &migrations, &mut heard).await.unwrap();
        free.await.unwrap();
        assert_eq!(heard.reported(), ["two"]);
        assert!(heard.0.iter().filter(|line| line.starts_with("1 of 1")).count() > 1, "{heard:?}");
        assert_eq!(column(&mut session, "SHOW lock_timeout").await, "5s");
    });
}

#[test]
fn another_run_is_waited_for_and_then_named() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut holder = open(&database.url()).await;
        holder.query("SELECT pg_advisory_lock(130194995114605)").await.unwrap();
        let mut session = patient(&database, Duration::from_millis(300)).await;
        let error =
            run(&mut session, &[("one", "CREATE TABLE t ();")], &mut Heard::default()).await.unwrap_err();
        let told = told(&error);
        assert!(told.starts_with("cannot take the lock\nbecause: "), "{told}");
        assert!(told.contains(" is locked by session "), "{told}");
        assert_eq!(column(&mut session, "SELECT count(*) FROM pg_class WHERE relname = 't'").await, "0");
    });
}

#[test]
fn a_cancelled_run_keeps_what_it_reported() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut session = open(&database.url()).await;
        let canceller = session.canceller();
        let asked = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            canceller.cancel().await;
        });
        let migrations = [("one", "CREATE TABLE a ();"), ("two", "CREATE TABLE b ();\nSELECT pg_sleep(30);")];
        let mut heard = Heard::default();
        let error = run(&mut session, &migrations, &mut heard).await.unwrap_err();
        asked.await.unwrap();
        assert!(error.is_cancelled());
        assert_eq!(told(&error), "interrupted\nhelp: this run keeps `one`");
        assert_eq!(heard.reported(), ["one"]);
        assert_eq!(tracked(&mut session).await, "one");
        assert_free(&mut session, "after the cancel").await;
    });
}

#[test]
fn a_server_that_restarts_in_the_midst_is_told_and_gone_on_with() {
    block_on(async {
        let cluster = Arc::new(Cluster::start(&ClusterOptions::default()).unwrap());
        let url = cluster.url("postgres");
        let mut session = open(&url).await;
        let migrations = [
            ("one", "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);"),
            ("two", "INSERT INTO log VALUES (2);\nSELECT pg_sleep(2);"),
        ];
        let administrator = Arc::clone(&cluster);
        let restarted = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(500));
            administrator.stop();
            administrator.restart();
        });
        let error = run(&mut session, &migrations, &mut Heard::default()).await.unwrap_err();
        restarted.join().unwrap();
        let told = told(&error);
        assert!(told.contains("was lost: terminating connection due to administrator command"), "{told}");
        assert_eq!(error.kept().migrations, ["one"]);
        let mut session = open(&url).await;
        run(&mut session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(&mut session, "SELECT n FROM log ORDER BY n").await, "1 2");
        assert_eq!(tracked(&mut session).await, "one two");
    });
}

#[test]
fn a_lost_answer_to_commit_is_told_as_such() {
    use whimbrel_testkit::failing::{FailingConnection, Fault};
    block_on(async {
        let database = Cluster::shared().database();
        let migrations = [("one", "CREATE TABLE a ();")];
        let mut seen = Vec::new();
        for at in 0..40 {
            let session = Box::new(open(&database.url()).await);
            let mut failing = FailingConnection::new(session, Fault::AnswerLost, at);
            let outcome = run(&mut failing, &migrations, &mut Heard::default()).await;
            seen.extend(outcome.err().filter(|error| matches!(error, ApplyError::OutcomeUnknown { .. })));
        }
        let told = told(seen.first().expect("some of the answers are those of its transaction"));
        assert!(
            told.starts_with("the connection was lost: nobody knows yet whether `one` was kept\nbecause: "),
            "{told}"
        );
        let help = "help: no migration of this run was kept; run the command again: the tracking table says what is there";
        assert!(told.ends_with(help), "{told}");
        let mut session = open(&database.url()).await;
        assert_eq!(tracked(&mut session).await, "one");
        assert_eq!(seen.len(), 1, "the runs after it found it applied");
    });
}

#[test]
fn a_session_that_is_dropped_in_the_midst_leaves_nothing() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut session = open(&database.url()).await;
        let migrations = [("one", "CREATE TABLE a ();\nSELECT pg_sleep(1);")];
        let mut heard = Heard::default();
        let running = run(&mut session, &migrations, &mut heard);
        assert!(tokio::time::timeout(Duration::from_millis(300), running).await.is_err());
        drop(session);
        let mut session = open(&database.url()).await;
        run(&mut session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(tracked(&mut session).await, "one");
        assert_free(&mut session, "after the drop").await;
    });
}

#[test]
fn who_is_in_the_way_is_heard_of() {
    block_on(async {
        let database = Cluster::shared().database();
        let mut holder = open(&database.url()).await;
        holder.query("SELECT pg_advisory_lock(130194995114605)").await.unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&told);
        let notice: whimbrel_db::LockNotice =
            Arc::new(move |waiting| seen.lock().unwrap().push(waiting.holder.clone().unwrap_or_default()));
        let wait = LockWait { limit: Duration::from_secs(60), notice: Some(notice) };
        let mut session = open(&database.url()).await.with_lock_wait(wait);
        let free = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            holder.query("SELECT pg_advisory_unlock_all()").await.unwrap();
        });
        run(&mut session, &[("one", "CREATE TABLE t ();")], &mut Heard::default()).await.unwrap();
        free.await.unwrap();
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("of `postgres`, idle for "), "{told:?}");
        assert_eq!(session.server().dialect, Dialect::Postgres);
    });
}
