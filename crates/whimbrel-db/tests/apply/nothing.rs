//! Runs that have nothing to do, and tables that are no tracking tables.

use whimbrel_core::dialect::Dialect;
use whimbrel_db::{Access, ConnectOptions, connect};
use whimbrel_testkit::database::{Database, block_on};
use whimbrel_testkit::failing::{FailingConnection, Fault};

use crate::support::{BOTH, Heard, column, run, told};

const ONE: [(&str, &str); 1] = [("first", "CREATE TABLE a (n int);")];

#[test]
fn it_takes_one_question() {
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            run(&mut *database.connection, &ONE, &mut Heard::default()).await.unwrap();
            let mut counted =
                FailingConnection::new(database.another_session().await, Fault::Dies, usize::MAX);
            let calls = counted.calls();
            let mut heard = Heard::default();
            run(&mut counted, &ONE, &mut heard).await.unwrap();
            assert_eq!(calls.count(), 1, "{dialect}");
            assert!(heard.0.is_empty(), "{heard:?}");
        });
    }
}

#[test]
fn it_needs_no_right_to_write() {
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            run(&mut *database.connection, &ONE, &mut Heard::default()).await.unwrap();
            let options = ConnectOptions { access: Access::ReadOnly, ..ConnectOptions::default() };
            let mut reader = connect(&database.url().parse().unwrap(), &options).await.unwrap();
            let applied = run(&mut *reader, &ONE, &mut Heard::default()).await.unwrap();
            assert!(applied.migrations.is_empty(), "{dialect}: {applied:?}");
            let more = [ONE[0], ("second", "CREATE TABLE b (n int);")];
            assert!(run(&mut *reader, &more, &mut Heard::default()).await.is_err(), "{dialect}");
        });
    }
}

#[test]
fn where_nothing_is_wanted_nothing_is_made() {
    for (dialect, catalogue) in
        BOTH.into_iter().zip(["sqlite_schema", "pg_tables WHERE schemaname = 'public'"])
    {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let session = &mut *database.connection;
            run(session, &[], &mut Heard::default()).await.unwrap();
            assert_eq!(column(session, &format!("SELECT count(*) FROM {catalogue}")).await, "0", "{dialect}");
        });
    }
}

#[test]
fn another_table_of_the_name_is_told_from_it() {
    for (dialect, reason) in
        BOTH.into_iter().zip(["no such column: checksum", "column \"checksum\" does not exist"])
    {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let session = &mut *database.connection;
            session.execute("CREATE TABLE _whimbrel_migrations (id int, name text)").await.unwrap();
            let error = run(session, &ONE, &mut Heard::default()).await.unwrap_err();
            assert_eq!(
                told(&error),
                format!(
                    "the table `_whimbrel_migrations` is no tracking table: {reason}\n\
                     help: a tracking table has the columns id, name, checksum and applied_at; give another name with \
                     `--table-name`"
                )
            );
        });
    }
}

#[test]
fn the_table_of_viborm_is_taken_over() {
    let tables = [
        "CREATE TABLE _whimbrel_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, \
         checksum TEXT NOT NULL, applied_at TEXT DEFAULT (datetime('now')))",
        "CREATE TABLE _whimbrel_migrations (id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE, \
         checksum VARCHAR(64) NOT NULL, applied_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP)",
    ];
    for (dialect, table) in BOTH.into_iter().zip(tables) {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let session = &mut *database.connection;
            session.execute(table).await.unwrap();
            let applied = "INSERT INTO _whimbrel_migrations (name, checksum) VALUES ('first', 'abc')";
            session.execute(applied).await.unwrap();
            let two = [ONE[0], ("second", "CREATE TABLE b (n int);")];
            let applied = run(session, &two, &mut Heard::default()).await.unwrap();
            assert_eq!(applied.migrations, ["second"], "{dialect}");
        });
    }
}

#[test]
fn a_long_name_leaves_room_for_the_other_table() {
    use whimbrel_core::name::ObjectName;
    use whimbrel_db::tracking::TrackingTable;
    let resolve = |name: &str| TrackingTable::resolve(Dialect::Postgres, &ObjectName::new(name));
    assert_eq!(resolve(&"a".repeat(54)).unwrap().progress_name().name.len(), 63);
    let refusals = [
        (resolve(&"a".repeat(55)), "it is too long"),
        (resolve("a-b"), "it holds other characters than letters, digits and `_`"),
        (resolve("1a"), "it holds other characters than letters, digits and `_`"),
        (resolve(""), "it holds other characters than letters, digits and `_`"),
        (
            TrackingTable::resolve(Dialect::Sqlite, &ObjectName::qualified("other", "a")),
            "SQLite keeps the table in the database itself",
        ),
    ];
    for (refused, reason) in refusals {
        let message = refused.unwrap_err().to_string();
        assert!(message.ends_with(&format!(" cannot name a tracking table: {reason}")), "{message}");
    }
}
