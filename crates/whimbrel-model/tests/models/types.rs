//! The type tables, row by row: what a field is on each engine.

use whimbrel_core::dialect::Dialect;

use crate::support::built;

/// The rows, which the tests of `whimbrel` try on real engines too.
const TABLE: &str = include_str!("types.txt");

/// The cells of each row: what a field is, and what becomes of it.
fn rows() -> Vec<[&'static str; 6]> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    lines.map(|line| cells(line).try_into().expect("a row has six cells")).collect()
}

#[track_caller]
fn sql_type(dialect: Dialect, flags: &str, rust: &str, says: &str) -> (String, bool) {
    let text = format!(
        "#[derive(DbEnum)] enum Mood {{ Happy, Sad }}\n\
         #[derive(Model)] #[model(no_primary_key{flags})] struct T {{ #[column({says})] field: {rust} }}"
    );
    let built = built(dialect, &text).unwrap_or_else(|problems| panic!("{rust}: {problems:#?}"));
    let column = &built.schema.tables[0].columns[0];
    (column.sql_type.clone(), column.nullable)
}

#[test]
fn every_row_of_the_type_tables() {
    for [rust, says, postgres, _, sqlite, strict] in rows() {
        assert_eq!(sql_type(Dialect::Postgres, "", rust, says), (postgres.to_owned(), false), "{rust}");
        assert_eq!(sql_type(Dialect::Sqlite, "", rust, says), (sqlite.to_owned(), false), "{rust}");
        if strict != "-" {
            assert_eq!(sql_type(Dialect::Sqlite, ", strict", rust, says).0, strict, "{rust}");
        }
    }
}

#[test]
fn an_option_may_be_null() {
    for [rust, says, postgres, ..] in rows() {
        let rust = format!("Option<{rust}>");
        assert_eq!(sql_type(Dialect::Postgres, "", &rust, says), (postgres.to_owned(), true), "{rust}");
    }
}
