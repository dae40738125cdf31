//! The shop from its first migration to an order, and its own command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use example_shop::{MIGRATIONS, Shop, migrate, schema};
use whimbrel::core::dialect::Dialect;
use whimbrel::resolver::always_add_drop;
use whimbrel::{Clock, MemoryStore, Migrator, Side, Source, verify};
use whimbrel_testkit::database::{Database, block_on};

#[test]
fn structs_and_migrations_agree() {
    let server = block_on(Database::shared(Dialect::Postgres));
    verify!(url = server.url(), source = schema(), program = "cargo run --bin migrate --");
}

/// What differs between the structs as they are compiled and as they stand in
/// their file.
#[tokio::test]
async fn structs_are_read_as_they_are_compiled() {
    let database = Database::shared(Dialect::Postgres).await;
    let mut migrator = Migrator::builder(database.url()).unwrap().connect().await.unwrap();
    let (compiled, read) = (Side::Source(schema()), Side::Source(Source::path(in_package("src/models.rs"))));
    assert_eq!(migrator.diff(compiled, read).await.unwrap().changes, []);
    migrator.close().await.unwrap();
}

/// The structs as they were at 10 o'clock of five days, and what the migrations
/// of that day were called, if they were given a name.
const VERSIONS: [(&str, Option<&str>); 5] = [
    ("tests/versions/1.rs", Some("customers-and-products")),
    ("tests/versions/2.rs", Some("orders")),
    ("tests/versions/3.rs", Some("categories")),
    ("tests/versions/4.rs", None),
    ("src/models.rs", Some("open-orders")),
];

/// 2026-02-01 10:00:00 UTC.
const FIRST_DAY: i64 = 1_769_940_000_000;
const DAY: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn each_migration_is_what_the_structs_of_its_day_give() {
    let database = Database::shared(Dialect::Postgres).await;
    let store = MemoryStore::new();
    for (day, (file, name)) in (0..).zip(VERSIONS) {
        let mut migrator = Migrator::builder(database.url())
            .unwrap()
            .store(store.clone())
            .source(Source::path(in_package(file)))
            .clock(Clock::pinned(FIRST_DAY + day * DAY))
            .connect()
            .await
            .unwrap();
        let generate = migrator.generate().resolver(always_add_drop());
        let generate = match name {
            Some(name) => generate.name(name),
            None => generate,
        };
        assert!(generate.await.unwrap().written);
        migrator.close().await.unwrap();
    }
    let mut written = store.texts();
    written.retain(|path, _| path.ends_with(".sql"));
    for (path, text) in &written {
        assert_eq!(*text, std::fs::read_to_string(in_package("migrations").join(path)).unwrap(), "{path}");
    }
    assert_eq!(written.len(), 12);
}

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[tokio::test]
async fn rows_live_through_all_migrations() {
    let mut database = Database::shared(Dialect::Postgres).await;
    let mut migrator = Migrator::builder(database.url())
        .unwrap()
        .store(MIGRATIONS)
        .source(schema())
        .connect()
        .await
        .unwrap();
    migrator.apply().to(1).await.unwrap();
    let rows = [
        "INSERT INTO customers (email, name) VALUES ('ann@example.com', 'Ann')",
        "INSERT INTO products (sku, title, price_cents) VALUES ('w-1', 'Whimbrel', 1250), ('c-1', 'Curlew', 900)",
        "INSERT INTO orders (customer_id, state) VALUES (1, 'paid')",
    ];
    database.connection.execute_all(&rows).await.unwrap();

    migrator.apply().await.unwrap();
    assert_eq!(migrator.check().await.unwrap().findings, []);
    let query = "SELECT full_name || ' ' || state FROM customers JOIN orders ON customer_id = customers.id";
    let rows = database.connection.query(query).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.text(0)).collect::<Vec<_>>(), [Some("Ann paid")]);
    migrator.close().await.unwrap();
}

#[tokio::test]
async fn sqlx_asks_the_database_that_whimbrel_made() {
    let mut database = Database::shared(Dialect::Postgres).await;
    assert!(migrate(database.url()).await.unwrap() > 0);
    assert_eq!(migrate(database.url()).await.unwrap(), 0);
    let rows = [
        "INSERT INTO customers (email, full_name) VALUES ('ann@example.com', 'Ann')",
        "INSERT INTO products (sku, title, price_cents) VALUES ('w-1', 'Whimbrel', 1250), ('c-1', 'Curlew', 900)",
        "INSERT INTO categories (name) VALUES ('birds'), ('waders')",
        "INSERT INTO product_categories (product_id, category_id) VALUES (1, 1), (2, 1), (1, 2)",
    ];
    database.connection.execute_all(&rows).await.unwrap();

    let shop = Shop::open(database.url()).await.unwrap();
    let order = shop.place("ann@example.com", &["w-1", "c-1"]).await.unwrap();
    assert_eq!(shop.total(order).await.unwrap(), 2150);
    assert_eq!(shop.titles("birds").await.unwrap(), ["Curlew", "Whimbrel"]);
    assert_eq!(shop.titles("waders").await.unwrap(), ["Whimbrel"]);
    assert!(matches!(shop.place("nobody@example.com", &[]).await, Err(sqlx::Error::RowNotFound)));
}

/// Runs the shop's own command line.
fn own(database: &Database, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
    command.args(arguments).env("DATABASE_URL", database.url()).env("NO_COLOR", "1").output().unwrap()
}

#[track_caller]
fn check(database: &Database, arguments: &[&str], status: i32, last_line: &str) {
    let output = own(database, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{said}");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let last = said.trim_end().lines().next_back().unwrap_or_default();
    assert_eq!(last.replace(folder, "migrations").replace(database.url(), "shop"), last_line, "{said}");
}

#[test]
fn its_own_command_line_knows_its_structs_and_migrations() {
    let database = block_on(Database::shared(Dialect::Postgres));
    check(&database, &["migrate", "generate"], 0, "`migrations` leads to `the program's schema` already");
    assert!(own(&database, &["--yes", "migrate", "apply"]).status.success());
    check(&database, &["check"], 0, "`shop`, `migrations` and `the program's schema` agree");
    check(&database, &["push"], 0, "`shop` is in sync with `the program's schema`");
}

#[test]
fn its_own_command_line_takes_what_flags_say_and_answers_what_they_leave_open() {
    let database = block_on(Database::shared(Dialect::Postgres));
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.sql");
    let flag = schema.to_str().unwrap();
    std::fs::write(&schema, "CREATE TABLE birds (id int PRIMARY KEY, name text);").unwrap();
    assert!(own(&database, &["push", "--schema", flag]).status.success());
    // A question that `whimbrel` would leave unanswered: the program says that it is new.
    std::fs::write(&schema, "CREATE TABLE birds (id int PRIMARY KEY, title text);").unwrap();
    check(&database, &["push", "--schema", flag], 0, "pushed to `shop`");
}

#[test]
fn its_help_lines_speak_of_its_own_commands() {
    let database = block_on(Database::shared(Dialect::Postgres));
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["migrate", "generate", "--dir", folder.path().to_str().unwrap()];
    check(&database, &arguments, 0, "help: read them, commit them, then run `migrate migrate apply`");
}

#[test]
fn its_help_shows_its_own_name() {
    let database = block_on(Database::shared(Dialect::Postgres));
    let help = String::from_utf8(own(&database, &["--help"]).stdout).unwrap();
    assert!(help.lines().any(|line| line == "Usage: migrate [OPTIONS] <COMMAND>"), "{help}");
}
