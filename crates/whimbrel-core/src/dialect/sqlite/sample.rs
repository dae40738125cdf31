//! A generated row for a table, so that a plan can be tried with rows.
//!
//! The values follow from the type, the checks and the number of the attempt
//! alone, so that a foreign key finds the row of its parent: both are given the
//! value that the parent's column has in the same attempt.

use super::guess::guesses;
use super::rows::{find_column, find_table, holds};
use super::types::{Affinity, affinity};
use super::{ddl, guess};
use crate::schema::{Column, ForeignKey, Schema, Table};

/// How many attempts there are.
const ATTEMPTS: u32 = 16;
/// From here on some columns that may be NULL are: checks may want one of two.
const SOME_NULLS: u32 = 8;
/// From here on foreign keys that may be NULL are: parents may have no row.
const NO_PARENTS: u32 = 12;
/// Foreign keys over foreign keys are followed so far.
const DEPTH: usize = 16;

/// The statement that puts a row into `table`; `None` when all attempts are made.
pub(super) fn sample_row(schema: &Schema, table: &Table, attempt: u32) -> Option<String> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let columns: Vec<_> = table.columns.iter().filter(|column| column.generated.is_none()).collect();
    let names: Vec<_> = columns.iter().map(|column| &column.name).collect();
    let values: Vec<_> = columns.iter().map(|column| value(schema, table, column, attempt, DEPTH)).collect();
    let table = ddl::quote(&table.name.name);
    Some(format!("INSERT INTO {table} ({}) VALUES ({})", ddl::list(&names), values.join(", ")))
}

fn value(schema: &Schema, table: &Table, column: &Column, attempt: u32, depth: usize) -> String {
    let position = table.columns.iter().position(|one| one.name == column.name).unwrap_or_default();
    let may_be_null = column.nullable && !is_key(table, column);
    let key = table.foreign_keys.iter().find(|key| holds(&key.columns, &column.name));
    let is_null = match key {
        Some(_) => attempt >= NO_PARENTS,
        None => {
            (SOME_NULLS..NO_PARENTS).contains(&attempt) && (position + attempt as usize).is_multiple_of(2)
        }
    };
    if may_be_null && is_null {
        return "NULL".to_owned();
    }
    let of_parent = key.filter(|_| depth > 0).and_then(|key| parent(schema, key, &column.name));
    match of_parent {
        Some((parent, referenced)) => value(schema, parent, referenced, attempt, depth - 1),
        None => own_value(table, column, position, attempt),
    }
}

fn is_key(table: &Table, column: &Column) -> bool {
    let parts = table.primary_key.iter().flat_map(|key| &key.columns);
    let mut names = parts.filter_map(|part| part.column_name());
    names.any(|name| name.eq_ignore_ascii_case(&column.name))
}

/// The column that a column of a foreign key refers to.
fn parent<'a>(schema: &'a Schema, key: &ForeignKey, column: &str) -> Option<(&'a Table, &'a Column)> {
    let parent = find_table(schema, &key.referenced_table.name)?;
    let at = key.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
    let implied = || parent.primary_key.as_ref()?.columns.get(at)?.column_name();
    let name = key.referenced_columns.get(at).map(String::as_str).or_else(implied)?;
    Some((parent, find_column(parent, name)?))
}

/// Columns that no check speaks of have the same values whatever their place;
/// for others the places differ, as a check may compare two of them.
fn own_value(table: &Table, column: &Column, position: usize, attempt: u32) -> String {
    let attempt = attempt as usize;
    let Some(guesses) = guesses(table, column) else { return plain(column, attempt) };
    if let Some(guess) = guesses.get(attempt) {
        return guess.clone();
    }
    plain(column, attempt - guesses.len() + position)
}

/// A value of the column's type.
fn plain(column: &Column, number: usize) -> String {
    let upper = column.sql_type.to_ascii_uppercase();
    match affinity(&column.sql_type) {
        _ if upper.is_empty() => format!("{}", number + 1),
        Affinity::Integer => format!("{}", number + 1),
        Affinity::Real => format!("{}.5", number + 1),
        Affinity::Text => format!("'sample {}'", number + 1),
        Affinity::Blob => format!("x'{:02x}'", (number + 1) % 256),
        Affinity::Numeric if upper.starts_with("BOOL") => format!("{}", (number + 1) % 2),
        Affinity::Numeric if upper.contains("DATE") || upper.contains("TIME") => {
            guess::date(number, upper.contains("TIME"))
        }
        Affinity::Numeric => format!("{}", number + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::sqlite::parse::{CatalogRow, read_schema};

    /// Checks the first attempts for the last of some tables.
    fn check(tables: &[&str], expected: &[&str]) {
        let row = |sql: &&str| CatalogRow {
            kind: "table".into(),
            name: sql.split_whitespace().nth(2).expect("a name").into(),
            table: String::new(),
            sql: Some((*sql).into()),
        };
        let rows: Vec<_> = tables.iter().map(row).collect();
        let schema = read_schema(&rows, &[], |_| false).expect("tables");
        let table = schema.tables.last().expect("a table");
        for (attempt, expected) in (0..).zip(expected) {
            let found = sample_row(&schema, table, attempt).expect("an attempt");
            let values = found.split_once(" VALUES ").expect("values").1;
            assert_eq!(values, *expected, "{found}");
        }
    }

    #[test]
    fn values_follow_from_the_type() {
        check(
            &[
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b REAL, c, d BOOLEAN, e DATETIME, f AS (a), g DECIMAL)",
            ],
            &[
                "(1, 'sample 1', 1.5, 1, 1, '2001-01-01 01:00:00', 1)",
                "(2, 'sample 2', 2.5, 2, 0, '2001-01-02 01:00:00', 2)",
            ],
        );
    }

    #[test]
    fn values_are_taken_from_checks() {
        check(
            &[
                "CREATE TABLE t (a INT CHECK (a > 5 AND a <= 9), b TEXT CHECK (b IN ('x', 'y')), c CHECK (c >= -3), \
               d TEXT CHECK (length(d) = 3), e TEXT CHECK (e LIKE '%@_%'), f TEXT CHECK (json_valid(f)), \
               g INT CHECK (10 > g), h INT, CHECK (h <> 7))",
            ],
            &["(6, 'x', -3, 'xxx', '@a', '{}', 9, 8)"],
        );
    }

    #[test]
    fn compared_columns_differ_and_rise() {
        check(&["CREATE TABLE t (a INT, b INT, CHECK (a < b))"], &["(1, 2)", "(2, 3)"]);
    }

    #[test]
    fn foreign_keys_have_the_value_of_their_parent() {
        check(
            &[
                "CREATE TABLE g (code TEXT PRIMARY KEY CHECK (code IN ('de', 'fr')), n INT)",
                "CREATE TABLE p (g TEXT PRIMARY KEY REFERENCES g)",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, p REFERENCES p (g) , up REFERENCES t, m NOT NULL REFERENCES missing)",
            ],
            &["(1, 'de', 1, 1)", "(2, 'fr', 2, 2)"],
        );
    }

    #[test]
    fn keys_that_refer_to_each_other_end_somewhere() {
        check(
            &[
                "CREATE TABLE a (id INTEGER PRIMARY KEY REFERENCES t (id))",
                "CREATE TABLE t (id INTEGER PRIMARY KEY REFERENCES a (id))",
            ],
            &["(1)", "(2)"],
        );
    }

    #[test]
    fn later_attempts_leave_out_what_may_be_missing() {
        let nothing = ["(1, 1, 1)", "(2, 2, 2)"];
        let tables = ["CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, p INT REFERENCES t)"];
        check(&tables, &nothing);
        let schema = read_schema(
            &[CatalogRow {
                kind: "table".into(),
                name: "t".into(),
                table: "t".into(),
                sql: Some(tables[0].into()),
            }],
            &[],
            |_| false,
        )
        .expect("a table");
        let attempt = |attempt| sample_row(&schema, &schema.tables[0], attempt);
        assert_eq!(attempt(9).as_deref(), Some(r#"INSERT INTO "t" ("id", "a", "p") VALUES (10, NULL, 10)"#));
        assert_eq!(attempt(12).as_deref(), Some(r#"INSERT INTO "t" ("id", "a", "p") VALUES (13, 13, NULL)"#));
        assert_eq!(attempt(16), None);
    }
}
