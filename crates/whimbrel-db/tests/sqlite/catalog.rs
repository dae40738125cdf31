//! Reading catalogues: odd names, virtual tables, other tools' tables.

use whimbrel_core::schema::ObjectKind;
use whimbrel_db::introspect::{IntrospectOptions, fingerprint, introspect};

use crate::support::{memory, query, read, run};

#[tokio::test]
async fn any_name_is_read_as_it_is() {
    let long = "n".repeat(5000);
    for name in [
        "a b",
        "semi;colon",
        "quo\"te",
        "'",
        "`",
        "[br]",
        "select",
        "😀",
        "ÄÖ",
        "a\nb",
        "-- x",
        "/*",
        "a.b",
        &long,
    ] {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let mut connection = memory(&[
            &format!("CREATE TABLE {quoted} ({quoted} INT, CONSTRAINT {quoted} CHECK ({quoted} > 0))"),
            &format!("CREATE INDEX \"i {}\" ON {quoted} ({quoted})", name.replace('"', "\"\"")),
            &format!("CREATE VIEW \"v {}\" AS SELECT * FROM {quoted}", name.replace('"', "\"\"")),
        ])
        .await;
        let schema = read(&mut connection).await.schema;
        let table = &schema.tables[0];
        assert_eq!((table.name.name.as_str(), table.columns[0].name.as_str()), (name, name));
        assert_eq!(table.checks[0].name.as_deref(), Some(name));
        assert_eq!(table.indexes[0].name, format!("i {name}"));
        assert_eq!(table.indexes[0].columns[0].column_name(), Some(name));
        assert_eq!(schema.objects[0].depends_on[0].name.name, name);
    }
}

#[tokio::test]
async fn names_that_differ_in_case_are_the_same_object() {
    let mut connection = memory(&[
        "CREATE TABLE Users (Id INTEGER PRIMARY KEY)",
        "CREATE INDEX i ON uSERS (iD)",
        "CREATE VIEW v AS SELECT * FROM USERS",
        "CREATE TRIGGER tr AFTER INSERT ON users BEGIN SELECT 1; END",
    ])
    .await;
    let schema = read(&mut connection).await.schema;
    assert_eq!(schema.tables[0].indexes.len(), 1);
    let dependencies: Vec<_> =
        schema.objects.iter().map(|object| object.depends_on[0].name.name.as_str()).collect();
    assert_eq!(dependencies, ["Users", "Users"]);
}

#[tokio::test]
async fn shadow_tables_are_known_for_what_they_are() {
    let mut connection = memory(&[
        "CREATE TABLE docs (id INTEGER PRIMARY KEY, body)",
        "CREATE VIRTUAL TABLE found USING fts5(body, content='docs', content_rowid='id')",
        "CREATE VIRTUAL TABLE \"old search\" USING fts4(body)",
        "CREATE VIRTUAL TABLE Boxes USING rtree(id, x1, x2)",
        // It looks like a shadow table, and is none.
        "CREATE TABLE found_notes (a)",
    ])
    .await;
    let all = query(&mut connection, "SELECT count(*) FROM sqlite_schema").await[0].integer(0).unwrap();
    assert!(all > 12, "the virtual tables have shadows: {all}");
    let schema = read(&mut connection).await.schema;
    let tables: Vec<_> = schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(tables, ["docs", "found_notes"]);
    let objects: Vec<_> =
        schema.objects.iter().map(|object| (object.kind, object.name.name.as_str())).collect();
    let kind = ObjectKind::VirtualTable;
    assert_eq!(objects, [(kind, "found"), (kind, "old search"), (kind, "Boxes")]);
    assert_eq!(schema.objects[0].depends_on[0].name.name, "docs");
}

#[tokio::test]
async fn the_tables_of_migration_tools_are_left_out() {
    let mut connection = memory(&[
        "CREATE TABLE _sqlx_migrations (version INTEGER PRIMARY KEY)",
        "CREATE TABLE refinery_schema_history (version INT)",
        "CREATE INDEX history ON refinery_schema_history (version)",
        "CREATE TABLE _whimbrel_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE applied (a)",
        "CREATE TABLE users (id INTEGER PRIMARY KEY)",
    ])
    .await;
    let options = IntrospectOptions { tracking_table: Some("Applied".into()), ..Default::default() };
    let first = introspect(&mut connection, &options).await.unwrap();
    let tables: Vec<_> = first.schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(tables, ["users"]);
    run(&mut connection, &["ALTER TABLE applied ADD COLUMN b", "DROP INDEX history"]).await;
    let again = introspect(&mut connection, &options).await.unwrap();
    assert_eq!(first.fingerprint, again.fingerprint, "what is left out does not count");
}

#[tokio::test]
async fn the_fingerprint_tells_every_change_of_the_schema() {
    let mut connection = memory(&["CREATE TABLE t (a)", "CREATE VIRTUAL TABLE f USING fts5(a)"]).await;
    let options = IntrospectOptions::default();
    let mut last = read(&mut connection).await.fingerprint;
    for sql in [
        "ALTER TABLE t ADD COLUMN b",
        "CREATE INDEX i ON t (a)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
        "ALTER TABLE t RENAME TO u",
        "DROP INDEX i",
        "DROP TABLE f",
    ] {
        run(&mut connection, &[sql]).await;
        let now = fingerprint(&mut connection, &options).await.unwrap();
        assert_ne!(now, last, "{sql}");
        assert_eq!(now, read(&mut connection).await.fingerprint, "{sql}");
        last = now;
    }
    run(&mut connection, &["INSERT INTO u VALUES (1, 2)", "ANALYZE"]).await;
    assert_eq!(
        last,
        fingerprint(&mut connection, &options).await.unwrap(),
        "rows and statistics do not count"
    );
}

#[tokio::test]
async fn a_very_long_definition_is_read() {
    let columns: Vec<String> =
        (0..1500).map(|index| format!("column_{index} TEXT DEFAULT '{}'", "x".repeat(500))).collect();
    let mut connection = memory(&[&format!("CREATE TABLE wide ({})", columns.join(", "))]).await;
    assert_eq!(read(&mut connection).await.schema.tables[0].columns.len(), 1500);
}
