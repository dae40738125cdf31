//! The type tables, row by row, on real engines: what a field is once it is in
//! the database.

use whimbrel::Source;
use whimbrel::core::dialect::Dialect;
use whimbrel_testkit::database::{Database, block_on};

/// The rows: see the tests of `whimbrel-model`, which compare the other cells.
const TABLE: &str = include_str!("../../../whimbrel-model/tests/models/types.txt");

/// The types that fields are of once they are pushed, where `cell` of the row
/// says that there is such a type.
async fn pushed(dialect: Dialect, flags: &str, cell: usize) -> Vec<(&'static str, String)> {
    let mut text = "#[derive(DbEnum)] enum Mood { Happy, Sad }\n".to_owned();
    // Some rows are of a type that an extension makes.
    text.push_str(
        "#[derive(Model)] #[model(before(postgres = \"CREATE DOMAIN citext AS text\"))] struct Before;\n",
    );
    let mut expected = Vec::new();
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    for (index, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells[cell] == "-" {
            continue;
        }
        let (rust, says) = (cells[0], cells[1]);
        text.push_str(&format!(
            "#[derive(Model)] #[model(table = \"row_{index:03}\", no_primary_key{flags})] \
             struct Row{index} {{ #[column({says})] field: {rust} }}\n"
        ));
        expected.push(cells[cell]);
    }
    let database = Database::shared(dialect).await;
    let mut migrator = super::migrator(&database, Source::rust_text("types.rs", text)).await;
    assert!(migrator.push().await.unwrap().applied);
    assert_eq!(migrator.push().await.unwrap().changes, []);
    let mut tables = migrator.inspect().await.unwrap().schema.tables;
    migrator.close().await.unwrap();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(tables.len(), expected.len());
    expected.into_iter().zip(tables.iter().map(|table| table.columns[0].sql_type.clone())).collect()
}

#[track_caller]
fn every_row_is(dialect: Dialect, flags: &str, cell: usize) {
    for (expected, found) in block_on(pushed(dialect, flags, cell)) {
        assert_eq!(found, expected);
    }
}

#[test]
fn every_row_of_the_type_tables_on_postgres() {
    every_row_is(Dialect::Postgres, "", 3);
}

#[test]
fn every_row_of_the_type_tables_on_sqlite() {
    every_row_is(Dialect::Sqlite, "", 4);
}

#[test]
fn every_row_of_the_type_tables_in_strict_tables() {
    every_row_is(Dialect::Sqlite, ", strict", 5);
}
