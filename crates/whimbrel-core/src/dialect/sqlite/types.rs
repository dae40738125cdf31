//! What SQLite makes of the type of a column.
//!
//! A type is whatever was written; its *affinity* is what the engine derives
//! from it (<https://sqlite.org/datatype3.html#determination_of_column_affinity>).

use crate::schema::{Column, SortOrder, Table};

/// What the engine would like the values of a column to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// Derives the affinity of a type. The first rule that fits counts, in the
/// engine's own order: `CHARINT` is an integer.
pub(super) fn affinity(sql_type: &str) -> Affinity {
    let upper = sql_type.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
    if has(&["INT"]) {
        Affinity::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Affinity::Text
    } else if upper.is_empty() || has(&["BLOB"]) {
        Affinity::Blob
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// Says whether two types were written the same, but for case and white space.
pub(super) fn same_type(a: &str, b: &str) -> bool {
    spelling(a) == spelling(b)
}

/// Says whether a change of type converts values; a STRICT table refuses those
/// that do not fit.
pub(super) fn converts(strict: bool, from: &str, to: &str) -> bool {
    !same_type(from, to) && (strict || affinity(from) != affinity(to))
}

/// The one spelling of a type: upper case, one blank between words, none
/// beside punctuation.
fn spelling(sql_type: &str) -> String {
    let mut out = String::with_capacity(sql_type.len());
    let mut blank = false;
    for c in sql_type.chars() {
        if c.is_ascii_whitespace() {
            blank = true;
            continue;
        }
        if blank && joins(c) && out.chars().next_back().is_some_and(joins) {
            out.push(' ');
        }
        blank = false;
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// Says whether a character, beside another such one, needs a blank to be apart.
fn joins(c: char) -> bool {
    !matches!(c, '(' | ')' | ',')
}

/// Says whether the column is another name for the rowid: the only column of
/// the primary key, with the type INTEGER, of a table that has rowids.
///
/// `INTEGER PRIMARY KEY DESC` on a column is none, by an old mistake that the
/// engine keeps (<https://sqlite.org/lang_createtable.html#rowid>); it is what
/// a descending key part means here, for a rowid has no direction.
pub(super) fn is_rowid_alias(table: &Table, column: &Column) -> bool {
    !table.options.without_rowid
        && column.sql_type.eq_ignore_ascii_case("INTEGER")
        && table.primary_key.as_ref().is_some_and(|key| match key.columns.as_slice() {
            [part] => {
                part.order == SortOrder::Asc
                    && part.column_name().is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
            }
            _ => false,
        })
}

/// The column that is another name for the rowid, if there is one.
pub(super) fn rowid_alias(table: &Table) -> Option<&Column> {
    table.columns.iter().find(|column| is_rowid_alias(table, column))
}

/// A name under which the rowid can be read and written, if the table has
/// rowids and no column takes all three.
pub(super) fn rowid_name(table: &Table) -> Option<&'static str> {
    let taken = |name: &&str| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    if table.options.without_rowid {
        return None;
    }
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affinity_follows_the_first_rule_that_fits() {
        for (sql_type, expected) in [
            ("INTEGER", Affinity::Integer),
            ("tinyint(1)", Affinity::Integer),
            ("CHARINT", Affinity::Integer),
            ("FLOATING POINT", Affinity::Integer),
            ("VARCHAR(255)", Affinity::Text),
            ("clob", Affinity::Text),
            ("", Affinity::Blob),
            ("BLOB", Affinity::Blob),
            ("double precision", Affinity::Real),
            ("float", Affinity::Real),
            ("DECIMAL(10,5)", Affinity::Numeric),
            ("BOOLEAN", Affinity::Numeric),
            ("STRING", Affinity::Numeric),
        ] {
            assert_eq!(affinity(sql_type), expected, "{sql_type}");
        }
    }

    #[test]
    fn types_are_the_same_but_for_case_and_white_space() {
        assert!(same_type("varchar ( 10 , 2 )", "VARCHAR(10,2)"));
        assert!(same_type("double  precision", "DOUBLE\nPRECISION"));
        assert!(!same_type("doubleprecision", "double precision"));
        assert!(!same_type("INT", "INTEGER"));
        assert!(!same_type("varchar(10)", "varchar(100)"));
    }
}
