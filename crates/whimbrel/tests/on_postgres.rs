//! Migrations kept in a table of PostgreSQL, and histories of other tools that
//! are adopted there.

use std::sync::Arc;

use miette::Diagnostic as _;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::{Foreign, State, Texts, Tool};
use whimbrel::store::{DatabaseStore, Edit, MemoryStore, Store, StoreError, View, commit};
use whimbrel::{Error, Migrator, Source, SourceError};
use whimbrel_testkit::database::Database;

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);\n";

fn table(database: &Database) -> DatabaseStore {
    DatabaseStore::new(database.url().parse().unwrap(), "history").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_gives_back_what_was_put_and_of_writers_at_once_none_is_lost() {
    let database = Database::shared(Dialect::Postgres).await;
    let store = table(&database);
    assert_eq!(store.get("a.sql").await.unwrap(), None);
    assert_eq!(store.list().await.unwrap(), Vec::<String>::new());
    let odd = "é'\r\n\\ $$";
    store.put("meta/_down/a.sql", odd).await.unwrap();
    assert!(store.create("a.sql", "first").await.unwrap());
    assert!(!store.create("a.sql", "second").await.unwrap());
    assert!(!store.replace("a.sql", "second", "third").await.unwrap());
    assert!(store.replace("a.sql", "first", "second").await.unwrap());
    let many = store.get_many(&["x", "meta/_down/a.sql", "a.sql"].map(str::to_owned)).await.unwrap();
    assert_eq!(many, [None, Some(odd.to_owned()), Some("second".to_owned())]);
    store.delete("meta/_down/a.sql").await.unwrap();
    assert_eq!(store.list().await.unwrap(), ["a.sql"]);

    let open = || Arc::new(table(&database));
    let writers = (0..4).map(|number| tokio::spawn(add(open(), number))).collect::<Vec<_>>();
    for writer in writers {
        writer.await.unwrap();
    }
    let journal = View::open(&store).await.unwrap().get("journal").await.unwrap().unwrap();
    let mut lines = journal.lines().collect::<Vec<_>>();
    lines.sort_unstable();
    assert_eq!(lines, ["0", "1", "2", "3"]);
}

/// Adds `number` to the journal as often as somebody else was faster.
async fn add(store: Arc<DatabaseStore>, number: u32) {
    loop {
        let view = View::open(&*store).await.unwrap();
        let journal = view.get("journal").await.unwrap();
        let more = format!("{}{number}\n", journal.as_deref().unwrap_or_default());
        let edit = Edit::new().put("journal", more).put(format!("{number}.sql"), "SELECT 1;");
        match commit(&*store, edit.expect("journal", journal.as_deref())).await {
            Ok(()) => return,
            Err(StoreError::Changed { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn the_table_of_migrations_is_no_part_of_the_schema() {
    let database = Database::shared(Dialect::Postgres).await;
    let builder = Migrator::builder(database.url()).unwrap().store(table(&database));
    let mut migrator = builder.source(Source::sql("schema.sql", USERS)).connect().await.unwrap();
    migrator.generate().name("users").await.unwrap();
    migrator.apply().await.unwrap();
    assert!(migrator.check().await.unwrap().findings.is_empty());
    assert!(migrator.push().await.unwrap().changes.is_empty());
    let tables = migrator.inspect().await.unwrap().schema.tables;
    assert_eq!(tables.iter().map(|table| table.name.name.as_str()).collect::<Vec<_>>(), ["users"]);
    migrator.down().await.unwrap();
    assert_eq!(migrator.pending().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_table_that_is_called_like_the_one_of_migrations_elsewhere_is_part_of_the_schema() {
    const HISTORY: &str = "CREATE TABLE history (id bigint PRIMARY KEY, text text);\n";
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (mut database, other) = (Database::shared(dialect).await, Database::shared(dialect).await);
        let builder = Migrator::builder(database.url()).unwrap().store(table(&other));
        let mut migrator = builder.source(Source::sql("schema.sql", HISTORY)).connect().await.unwrap();
        migrator.generate().name("history").await.unwrap();
        migrator.apply().await.unwrap();
        assert!(migrator.check().await.unwrap().findings.is_empty(), "{dialect}");
        let tables = database.schema().await.unwrap().tables;
        let names = tables.iter().map(|table| table.name.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["history"], "{dialect}");
        let told = migrator.inspect().await.unwrap().schema.tables;
        assert_eq!(told.len(), 1, "{dialect}");
    }
}

#[tokio::test]
async fn who_may_only_read_reads_the_migrations_and_makes_no_table() {
    let mut database = Database::shared(Dialect::Postgres).await;
    let reader = database.url().replace("postgres@", "reader@");
    assert_ne!(reader, database.url());
    let as_reader = || DatabaseStore::new(reader.parse().unwrap(), "history").unwrap();
    let role = "DO 'BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END'";
    database.run(role).await.unwrap();
    assert_eq!(as_reader().list().await.unwrap(), Vec::<String>::new());
    let written = table(&database);
    written.put("a.sql", "1").await.unwrap();

    let refusal = |error: StoreError| {
        let help = error.help().unwrap().to_string();
        let StoreError::Database { source, .. } = error else { panic!("{error:?}") };
        (source.to_string(), help)
    };
    let help = "connect as the owner of what is to change, or GRANT the role what it lacks";
    let refused = || ("permission denied for table history".to_owned(), help.to_owned());
    let store = as_reader();
    assert_eq!(refusal(store.get("a.sql").await.unwrap_err()), refused());
    database.run("GRANT SELECT ON history TO reader").await.unwrap();
    assert_eq!(store.get("a.sql").await.unwrap().as_deref(), Some("1"));
    assert_eq!(View::open(&store).await.unwrap().list().await.unwrap(), ["a.sql"]);
    assert_eq!(refusal(commit(&store, Edit::new().put("b.sql", "2")).await.unwrap_err()), refused());
    assert_eq!(written.list().await.unwrap(), ["a.sql"]);
}

#[tokio::test]
async fn what_is_none_of_our_tables_is_neither_read_nor_written() {
    for theirs in [
        "CREATE TABLE history (id int PRIMARY KEY, title text)",
        "CREATE TABLE history (path text PRIMARY KEY, text text NOT NULL, author text)",
        "CREATE TABLE history (path varchar(9) PRIMARY KEY, text text NOT NULL)",
        "CREATE VIEW history AS SELECT 'a.sql' AS name",
        "CREATE SEQUENCE history",
    ] {
        let mut database = Database::shared(Dialect::Postgres).await;
        database.run(theirs).await.unwrap();
        let before = database.schema().await.unwrap();
        let store = table(&database);
        for error in [
            store.get("a.sql").await.unwrap_err(),
            store.put("a.sql", "1").await.unwrap_err(),
            commit(&store, Edit::new().put("a.sql", "1")).await.unwrap_err(),
        ] {
            let message =
                format!("the table `history` of `{}` is there, and is not one of whimbrel's", store.name());
            assert_eq!(error.to_string(), message, "{theirs}");
        }
        assert_eq!(database.schema().await.unwrap(), before, "{theirs}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_that_the_server_names_is_underlined_whatever_stands_before_it() {
    let database = Database::shared(Dialect::Postgres).await;
    let start = "CREATE TABLE a ();\n-- Größen\nCREATE TABLE größen (\n\t\"ä\" text DEFAULT ('ß'), b ";
    for (end, message, word) in [
        ("text NOT NUL\n);", "4:37: syntax error at or near \"NUL\"", "NUL"),
        ("\"Tüxt\"\n);", "4:28: type \"Tüxt\" does not exist", "\"Tüxt\""),
        ("text\n", "4:31: syntax error at end of input", "t"),
    ] {
        let schema = format!("{start}{end}");
        let builder = Migrator::builder(database.url()).unwrap().source(Source::sql("schema.sql", &schema));
        let error = builder.connect().await.unwrap().push().await.unwrap_err();
        let Error::Source(SourceError::Statement(problem)) = error else { panic!("{error:?}") };
        assert_eq!(problem.to_string(), format!("schema.sql:{message}"));
        let label = problem.labels().unwrap().next().unwrap();
        assert_eq!(&schema[label.offset()..label.offset() + label.len()], word);
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let url = "postgres://me:hunter2@127.0.0.1:1/app".parse().unwrap();
    let store = DatabaseStore::new(url, "history").unwrap();
    let error = store.get("a.sql").await.unwrap_err();
    let shown = format!("{error} {error:?} {store:?} {}", store.name());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("postgres://me:***@127.0.0.1:1/app#history"), "{shown}");
}

/// What a tool keeps in its table of one migration.
type Insert = fn(&Foreign) -> String;

/// The tools: where a file is, the table, and a row.
const TOOLS: [(Tool, [&str; 2], &str, Insert); 5] = [
    (
        Tool::Diesel,
        ["2026-01-31-102030_users/up.sql", "2026-02-01-102030_age/up.sql"],
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        |one| format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{}')", one.key),
    ),
    (
        Tool::Drizzle,
        ["0000_users.sql", "0001_age.sql"],
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, \
         hash text NOT NULL, created_at bigint)",
        |one| {
            let (hash, when) = (&one.checksums[0], &one.key);
            format!("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{hash}', {when})")
        },
    ),
    (
        Tool::Prisma,
        ["20260131102030_users/migration.sql", "20260201102030_age/migration.sql"],
        "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, \
         finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, \
         started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)",
        |one| {
            format!(
                "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name) \
                 VALUES ('{0}', '{1}', now(), '{0}')",
                one.key, one.checksums[0]
            )
        },
    ),
    (
        Tool::Refinery,
        ["V1__users.sql", "V2__age.sql"],
        "CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name VARCHAR(255), \
         applied_on VARCHAR(255), checksum VARCHAR(255))",
        |one| {
            let (version, checksum) = (&one.key, &one.checksums[0]);
            format!("INSERT INTO refinery_schema_history VALUES ({version}, 'users', '2026', '{checksum}')")
        },
    ),
    (
        Tool::Sqlx,
        ["20260131102030_users.sql", "20260201102030_age.sql"],
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
         installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, \
         execution_time BIGINT NOT NULL)",
        |one| {
            let (version, checksum) = (&one.key, &one.checksums[0]);
            format!(
                "INSERT INTO _sqlx_migrations VALUES ({version}, 'users', now(), true, '\\x{checksum}', 1)"
            )
        },
    ),
];

#[tokio::test]
async fn histories_are_adopted_on_postgresql_as_on_sqlite() {
    for (tool, [first, second], create, insert) in TOOLS {
        let mut texts = Texts::from([
            (first.to_owned(), USERS.to_owned()),
            (second.to_owned(), "ALTER TABLE users ADD COLUMN age int;\n".to_owned()),
        ]);
        if tool == Tool::Drizzle {
            let journal = r#"{"version":"7","dialect":"postgresql","entries":[
                {"idx":0,"version":"7","when":1769854830123,"tag":"0000_users","breakpoints":true},
                {"idx":1,"version":"7","when":1769932800456,"tag":"0001_age","breakpoints":true}]}"#;
            texts.insert("meta/_journal.json".to_owned(), journal.to_owned());
        }
        let mut database = Database::shared(Dialect::Postgres).await;
        let applied = tool.read(&texts).unwrap().remove(0);
        database.run(&format!("{create};\n{USERS}{};\n", insert(&applied))).await.unwrap();

        let store = MemoryStore::new();
        let builder = Migrator::builder(database.url()).unwrap().store(store.clone());
        let mut migrator = builder.connect().await.unwrap();
        let adopting = migrator.adopt(texts.into_iter().collect::<MemoryStore>());
        let report = adopting.await.unwrap_or_else(|error| panic!("{tool}: {error}"));
        assert_eq!((report.origin, report.applied), (tool.into(), 1));
        let states =
            migrator.status().await.unwrap().migrations.iter().map(|one| one.state).collect::<Vec<_>>();
        assert_eq!(states, [State::Applied, State::Pending], "{tool}");
        migrator.apply().await.unwrap();
        assert!(migrator.check().await.unwrap().findings.is_empty(), "{tool}");
        assert_eq!(migrator.inspect().await.unwrap().schema.namespaces, [] as [&str; 0], "{tool}");
        let all = store.texts().keys().cloned().collect::<Vec<_>>();
        let expected = ["0000_users.sql", "0001_age.sql", "meta/_journal.json", "meta/_snapshot.json"]
            .map(str::to_owned);
        assert_eq!(all, expected, "{tool}");
    }
}
