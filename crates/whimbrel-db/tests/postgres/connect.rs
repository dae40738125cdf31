//! Getting in, staying in, and being told why not.

use std::time::Duration;

use whimbrel_db::{Access, Connection, DbError, Row, Value, locale, reset_session};
use whimbrel_testkit::cluster::{Cluster, ClusterOptions};

use crate::{help, open, open_with, refusal};

fn text(rows: &[Row]) -> &str {
    rows[0].text(0).unwrap()
}

#[tokio::test]
async fn a_session_tells_what_the_server_is() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let info = connection.server();
    assert!(info.major >= 14, "{info:?}");
    assert_eq!(info.name, database.url());
    let provider = if info.major >= 15 { " provider=c" } else { "" };
    let expected = format!("encoding=UTF8 collate=C ctype=C{provider}");
    assert_eq!(locale(&mut connection).await.unwrap(), expected);
}

#[tokio::test]
async fn several_statements_go_in_one_round_trip() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let statements = ["SELECT 1, NULL -- one", "CREATE TABLE t (a int)", "SELECT 'ä' UNION ALL SELECT ''"];
    let results = connection.query_all(&statements).await.unwrap();
    let word = |word: &str| Value::Text(word.to_owned());
    assert_eq!(results[0], [Row(vec![word("1"), Value::Null])]);
    assert_eq!(results[1], []);
    assert_eq!(results[2], [Row(vec![word("ä")]), Row(vec![word("")])]);
    assert_eq!(connection.execute("INSERT INTO t VALUES (1), (2)").await.unwrap(), 2);
}

#[tokio::test]
async fn an_error_says_all_the_server_said() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let error =
        refusal(connection.query_all(&["SELECT 'ä'", "SELECT 'ö', nme FROM pg_class", "SELECT 1"]).await);
    let error = error.statement().unwrap().clone();
    assert_eq!(error.message, "column \"nme\" does not exist");
    assert_eq!(error.code.as_deref(), Some("42703"));
    assert_eq!(error.sql, "SELECT 'ö', nme FROM pg_class");
    assert_eq!(&error.sql[error.offset.unwrap()..], "nme FROM pg_class");
    let error = refusal(connection.execute("DROP FUNCTION nothing(int)").await);
    assert_eq!(error.to_string(), "function nothing(integer) does not exist");
    connection.execute("CREATE TABLE u (a int UNIQUE)").await.unwrap();
    let error = refusal(connection.execute("INSERT INTO u VALUES (1), (1)").await);
    assert_eq!(error.statement().unwrap().detail.as_deref(), Some("Key (a)=(1) already exists."));
}

#[tokio::test]
async fn it_knows_whether_a_transaction_is_open() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    assert!(!connection.in_transaction().await.unwrap());
    connection.execute("BEGIN").await.unwrap();
    assert!(connection.in_transaction().await.unwrap());
    refusal(connection.execute("SELECT 1 / 0").await);
    assert!(connection.in_transaction().await.unwrap());
    connection.execute("ROLLBACK").await.unwrap();
    assert!(!connection.in_transaction().await.unwrap());
}

#[tokio::test]
async fn odd_settings_of_a_role_do_not_matter() {
    let database = Cluster::shared().database();
    database.psql(
        "CREATE ROLE odd LOGIN; GRANT ALL ON SCHEMA public TO odd;
         ALTER ROLE odd SET search_path = pg_catalog, nowhere; ALTER ROLE odd SET datestyle = 'SQL, DMY';
         ALTER ROLE odd SET timezone = 'Asia/Tokyo'; ALTER ROLE odd SET statement_timeout = '100ms';
         ALTER ROLE odd SET default_transaction_read_only = on; ALTER ROLE odd SET bytea_output = 'escape';",
    );
    let mut connection = open(&database.url_as("odd")).await.unwrap();
    connection.execute("SELECT pg_sleep(0.2)").await.unwrap();
    connection.execute("CREATE TABLE t (at timestamptz DEFAULT '2024-02-01 00:00:00Z')").await.unwrap();
    let rows = connection.query("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef").await.unwrap();
    assert_eq!(text(&rows), "'2024-02-01 00:00:00+00'::timestamp with time zone");
    assert_eq!(text(&connection.query("SELECT to_regclass('public.t')::text").await.unwrap()), "t");
    drop(connection);
    database.psql("DROP OWNED BY odd; DROP ROLE odd");
}

#[tokio::test]
async fn a_session_begins_with_its_settings_and_goes_back_to_them_whatever_the_url_says() {
    let database = Cluster::shared().database();
    let url = format!("{}?options=-c%20search_path%3Dnowhere%20-c%20statement_timeout%3D1h", database.url());
    let mut connection = open(&url).await.unwrap();
    let resets = ["CLOSE ALL", "DISCARD TEMP", "RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"];
    assert_eq!(connection.resets(), resets);
    let ask = "SELECT current_setting('search_path') || current_setting('statement_timeout')";
    assert_eq!(text(&connection.query(ask).await.unwrap()), "public, pg_temp0");
    connection.execute("SET search_path = elsewhere; SET statement_timeout = '1ms'").await.unwrap();
    reset_session(&mut connection).await.unwrap();
    assert_eq!(text(&connection.query(ask).await.unwrap()), "public, pg_temp0");
}

#[tokio::test]
async fn a_read_only_session_writes_nothing() {
    let database = Cluster::shared().database();
    let mut connection = open_with(&database.url(), Access::ReadOnly, Duration::ZERO).await.unwrap();
    for _ in 0..2 {
        let error = refusal(connection.execute("CREATE TABLE t ()").await);
        assert_eq!(error.to_string(), "cannot execute CREATE TABLE in a read-only transaction");
        reset_session(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn a_database_of_another_encoding_is_read_as_any() {
    let cluster = Cluster::shared();
    let database = cluster.database_with("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    let mut connection = open(&database.url()).await.unwrap();
    connection.execute("CREATE TABLE \"größe\" ()").await.unwrap();
    assert_eq!(
        text(&connection.query("SELECT relname FROM pg_class WHERE relname LIKE 'gr%'").await.unwrap()),
        "größe"
    );
    assert!(locale(&mut connection).await.unwrap().starts_with("encoding=LATIN1"));
}

#[tokio::test]
async fn a_missing_database_is_told_with_the_command_that_makes_it() {
    let cluster = Cluster::shared();
    let error = refusal(open(&cluster.url("nothing")).await);
    let name = format!("postgres://postgres@127.0.0.1:{}/nothing", cluster.port());
    assert_eq!(error.to_string(), format!("cannot open `{name}`: database \"nothing\" does not exist"));
    let command = format!("createdb -h 127.0.0.1 -p {} -U postgres nothing", cluster.port());
    assert_eq!(help(&error), format!("create it with `{command}`"));
}

#[tokio::test]
async fn a_missing_role_is_told() {
    let cluster = Cluster::shared();
    let error = refusal(open(&cluster.url_as("nobody_here", None, "postgres")).await);
    assert!(error.to_string().ends_with("role \"nobody_here\" does not exist"), "{error}");
    assert!(help(&error).starts_with("create the role with `createuser "), "{}", help(&error));
}

#[tokio::test]
async fn no_server_is_told_with_what_to_do() {
    let error = refusal(open("postgres://ann:s3cret@127.0.0.1:1/shop").await);
    let name = "postgres://ann@127.0.0.1:1/shop";
    assert_eq!(error.to_string(), format!("cannot open `{name}`: no server listens at `127.0.0.1`, port 1"));
    assert!(help(&error).contains("--wait"), "{}", help(&error));
    let error = refusal(open("postgres:///shop?user=ann&host=/nowhere").await);
    assert!(error.to_string().ends_with("no server has the socket `/nowhere/.s.PGSQL.5432`"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("postgres://ann@127.0.0.1:{port}/shop?connect_timeout=2");
    let error = refusal(open(&url).await);
    let name = format!("postgres://ann@127.0.0.1:{port}/shop");
    assert_eq!(error.to_string(), format!("cannot open `{name}`: no answer within 2 s"));
    assert!(help(&error).contains("`connect_timeout` (seconds)"), "{}", help(&error));
}

#[tokio::test]
async fn a_session_has_the_name_of_the_application() {
    let url = Cluster::shared().url("postgres");
    for (url, name) in [(url.clone(), "whimbrel"), (format!("{url}?application_name=nightly"), "nightly")] {
        let mut connection = open(&url).await.unwrap();
        assert_eq!(text(&connection.query("SHOW application_name").await.unwrap()), name);
    }
}

#[tokio::test]
async fn passwords_are_asked_for_and_never_shown() {
    let options = ClusterOptions { password: Some("right-one".to_owned()), ..ClusterOptions::default() };
    let cluster = Cluster::start(&options).unwrap();
    open(&cluster.url("postgres")).await.unwrap();
    let error = refusal(open(&cluster.url_as("postgres", Some("wrong-one"), "postgres")).await);
    assert!(error.to_string().ends_with("password authentication failed for user \"postgres\""), "{error}");
    assert_eq!(help(&error), "give the right password in the URL, in PGPASSWORD, or in `~/.pgpass`");
    assert!(!format!("{error:?}").contains("wrong-one"));
    let error = refusal(open(&cluster.url_as("postgres", None, "postgres")).await);
    assert!(error.to_string().ends_with("the server asks for a password, and there is none"), "{error}");
}

#[tokio::test]
async fn a_socket_is_as_good_as_a_port() {
    let cluster = Cluster::shared();
    let folder = cluster.folder().display();
    let url = format!("postgres://postgres@/postgres?host={folder}&port={}", cluster.port());
    let mut connection = open(&url).await.unwrap();
    let rows = connection.query("SELECT inet_client_addr() IS NULL").await.unwrap();
    assert!(rows[0].is_true(0));
}

#[tokio::test]
async fn a_standby_is_read_and_not_written() {
    let cluster = Cluster::start(&ClusterOptions { standby: true, ..ClusterOptions::default() }).unwrap();
    let error = refusal(open(&cluster.url("postgres")).await);
    assert!(error.to_string().ends_with("the server is a standby"), "{error}");
    assert_eq!(help(&error), "connect to the primary");
    open_with(&cluster.url("postgres"), Access::ReadOnly, Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn a_server_that_stops_is_told_and_one_that_starts_is_waited_for() {
    let cluster = Cluster::start(&ClusterOptions::default()).unwrap();
    let mut connection = open(&cluster.url("postgres")).await.unwrap();
    let url = cluster.url("postgres");
    std::thread::scope(|scope| scope.spawn(|| cluster.stop()).join()).unwrap();
    let error = refusal(connection.query("SELECT 1").await);
    assert!(matches!(&error, DbError::Lost { .. }), "{error:?}");
    assert!(error.to_string().contains("terminating connection due to administrator command"), "{error}");
    let waiting =
        tokio::spawn(async move { open_with(&url, Access::ReadWrite, Duration::from_secs(30)).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    cluster.restart();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_running_statement_is_cancelled() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let canceller = connection.canceller();
    let asked = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        canceller.cancel().await;
    });
    let error = refusal(connection.execute("SELECT pg_sleep(30)").await);
    asked.await.unwrap();
    assert!(error.is_cancelled(), "{error:?}");
    assert_eq!(text(&connection.query("SELECT 1").await.unwrap()), "1");
}

#[tokio::test]
async fn a_session_that_another_ends_is_lost() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let pid = connection.query("SELECT pg_backend_pid()").await.unwrap()[0].integer(0).unwrap();
    database.psql(&format!("SELECT pg_terminate_backend({pid}, 5000)"));
    let error = refusal(connection.query("SELECT 1").await);
    assert!(
        matches!(&error, DbError::Lost { reason, .. } if reason.contains("administrator command")),
        "{error:?}"
    );
}

#[tokio::test]
async fn closing_ends_the_session() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let pid = connection.query("SELECT pg_backend_pid()").await.unwrap()[0].integer(0).unwrap();
    Box::new(connection).close().await.unwrap();
    let sql = format!("SELECT pg_sleep(0.2); SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    assert_eq!(database.psql(&sql).trim(), "0");
}
