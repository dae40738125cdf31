//! The SQL of a field: its type in the database, and the statement that adds it.

use crate::dialect::Dialect;
use crate::sql::{Grammar, is_keyword, quote_ident};

/// The type of the column of a field, as Kontract has it: whatever it does not
/// know is `TEXT`. The commands are stricter: see [`known_column_type`].
///
/// ```
/// use whimbrel_core::lockfile::column_type;
/// assert_eq!(column_type("number"), "DOUBLE PRECISION");
/// assert_eq!(column_type("string[]"), "TEXT");
/// ```
pub fn column_type(field_type: &str) -> &'static str {
    match field_type {
        "number" => "DOUBLE PRECISION",
        "boolean" => "BOOLEAN",
        _ => "TEXT",
    }
}

/// The statement that adds a field to the table `ptr`.
///
/// A name stands bare if it is made of lower-case letters, digits and `_` and is
/// no key word of any engine; any other is quoted.
///
/// ```
/// use whimbrel_core::lockfile::generate_sql_add_field;
/// assert_eq!(
///     generate_sql_add_field("tbl_users_abc123", "email", "string"),
///     "ALTER TABLE tbl_users_abc123 ADD COLUMN email TEXT;"
/// );
/// assert_eq!(
///     generate_sql_add_field("Users", "order", "number"),
///     r#"ALTER TABLE "Users" ADD COLUMN "order" DOUBLE PRECISION;"#
/// );
/// ```
pub fn generate_sql_add_field(ptr: &str, field: &str, field_type: &str) -> String {
    format!("ALTER TABLE {} ADD COLUMN {} {};", plain(ptr), plain(field), column_type(field_type))
}

/// Writes a name bare where every engine reads it so.
pub(super) fn plain(name: &str) -> String {
    let is_start = |c: char| c.is_ascii_lowercase() || c == '_';
    let is_bare = name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit());
    let is_keyword = [Grammar::Sqlite, Grammar::Postgres].iter().any(|one| is_keyword(name, *one));
    if is_bare && !is_keyword { name.to_owned() } else { quote_ident(name) }
}

/// A type, and its columns on SQLite and on PostgreSQL.
type Known = (&'static str, &'static str, &'static str);

/// The types of fields that the commands know, each with that of its column on
/// SQLite and on PostgreSQL; the first of two with the same column is the name
/// that such a column gets.
const KNOWN: [Known; 6] = [
    ("string", "TEXT", "TEXT"),
    ("number", "DOUBLE PRECISION", "DOUBLE PRECISION"),
    ("boolean", "BOOLEAN", "BOOLEAN"),
    ("bigint", "BIGINT", "BIGINT"),
    ("Date", "BIGINT", "BIGINT"),
    ("Uint8Array", "BLOB", "BYTEA"),
];

/// The type of the column of a field; `None` for a type that is not known.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::lockfile::known_column_type;
/// assert_eq!(known_column_type(Dialect::Postgres, "Uint8Array"), Some("BYTEA"));
/// assert_eq!(known_column_type(Dialect::Postgres, "string[]"), None);
/// ```
pub fn known_column_type(dialect: Dialect, field_type: &str) -> Option<&'static str> {
    KNOWN.iter().find(|known| known.0 == field_type).map(|known| column(dialect, known))
}

/// The type of a field that has this column; `None` if no known one has.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::lockfile::known_field_type;
/// assert_eq!(known_field_type(Dialect::Postgres, "double precision"), Some("number"));
/// assert_eq!(known_field_type(Dialect::Postgres, "uuid"), None);
/// ```
pub fn known_field_type(dialect: Dialect, sql_type: &str) -> Option<&'static str> {
    let is_same = |known: &&Known| {
        let column = column(dialect, known);
        column.eq_ignore_ascii_case(sql_type) || dialect.same_type(column, sql_type)
    };
    KNOWN.iter().find(is_same).map(|known| known.0)
}

fn column(dialect: Dialect, known: &Known) -> &'static str {
    match dialect {
        Dialect::Sqlite => known.1,
        Dialect::Postgres => known.2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_an_engine_could_read_otherwise_are_quoted() {
        for bare in ["email", "_x1", "tbl_users_abc123"] {
            assert_eq!(plain(bare), bare);
        }
        for quoted in ["", "Email", "1st", "user", "order", "key", "a b", "größe"] {
            assert_eq!(plain(quoted), format!("\"{quoted}\""));
        }
        assert_eq!(plain("a\"; DROP TABLE b; --"), "\"a\"\"; DROP TABLE b; --\"");
    }

    #[test]
    fn every_known_type_comes_back_from_its_column() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            for (name, ..) in KNOWN.iter().filter(|known| known.0 != "Date") {
                let column = known_column_type(dialect, name).unwrap();
                assert_eq!(known_field_type(dialect, &column.to_lowercase()), Some(*name));
            }
            for unknown in ["", "String", "date", "json", "string[]"] {
                assert_eq!(known_column_type(dialect, unknown), None);
                assert_eq!(column_type(unknown), "TEXT");
            }
        }
    }
}
