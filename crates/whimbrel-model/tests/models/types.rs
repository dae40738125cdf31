//! The type tables, row by row: what a field is on each engine.

use whimbrel_core::dialect::Dialect;

use crate::support::built;

/// Rust type, what `#[column(...)]` says, PostgreSQL's type, SQLite's type, and
/// SQLite's in a STRICT table where that is another.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("bool", "", "boolean", "INTEGER"),
    ("i8", "", "smallint", "INTEGER"),
    ("u8", "", "smallint", "INTEGER"),
    ("i16", "", "smallint", "INTEGER"),
    ("u16", "", "integer", "INTEGER"),
    ("i32", "", "integer", "INTEGER"),
    ("u32", "", "bigint", "INTEGER"),
    ("i64", "", "bigint", "INTEGER"),
    ("std::num::NonZeroI64", "", "bigint", "INTEGER"),
    ("f32", "", "real", "REAL"),
    ("f64", "", "double precision", "REAL"),
    ("rust_decimal::Decimal", "", "numeric", "TEXT"),
    ("bigdecimal::BigDecimal", "", "numeric", "TEXT"),
    ("Decimal", "type = decimal(10, 2)", "numeric(10,2)", "TEXT"),
    ("Decimal", "type = decimal(10)", "numeric(10,0)", "TEXT"),
    ("String", "", "text", "TEXT"),
    ("&'static str", "", "text", "TEXT"),
    ("Cow<'static, str>", "", "text", "TEXT"),
    ("Box<str>", "", "text", "TEXT"),
    ("char", "", "text", "TEXT"),
    ("ulid::Ulid", "", "text", "TEXT"),
    ("String", "type = varchar(80)", "varchar(80)", "TEXT"),
    ("Vec<u8>", "", "bytea", "BLOB"),
    ("[u8; 32]", "", "bytea", "BLOB"),
    ("bytes::Bytes", "", "bytea", "BLOB"),
    ("serde_json::Value", "", "jsonb", "JSON"),
    ("Value", "", "jsonb", "JSON"),
    ("sqlx::types::Json<Settings>", "", "jsonb", "JSON"),
    ("HashMap<String, i64>", "type = json", "jsonb", "JSON"),
    ("uuid::Uuid", "", "uuid", "TEXT"),
    ("chrono::NaiveDate", "", "date", "TEXT"),
    ("time::Date", "", "date", "TEXT"),
    ("jiff::civil::Date", "", "date", "TEXT"),
    ("chrono::NaiveTime", "", "time", "TEXT"),
    ("time::Time", "", "time", "TEXT"),
    ("jiff::civil::Time", "", "time", "TEXT"),
    ("NaiveTime", "type = time(3)", "time(3)", "TEXT"),
    ("String", "type = timetz", "timetz", "TEXT"),
    ("chrono::NaiveDateTime", "", "timestamp", "TEXT"),
    ("time::PrimitiveDateTime", "", "timestamp", "TEXT"),
    ("jiff::civil::DateTime", "", "timestamp", "TEXT"),
    ("NaiveDateTime", "type = timestamp(3)", "timestamp(3)", "TEXT"),
    ("chrono::DateTime<Utc>", "", "timestamptz", "TEXT"),
    ("time::OffsetDateTime", "", "timestamptz", "TEXT"),
    ("jiff::Timestamp", "", "timestamptz", "TEXT"),
    ("jiff::Zoned", "", "timestamptz", "TEXT"),
    ("OffsetDateTime", "type = timestamptz(6)", "timestamptz(6)", "TEXT"),
    ("PgInterval", "", "interval", "TEXT"),
    ("std::net::IpAddr", "", "inet", "TEXT"),
    ("pgvector::Vector", "", "vector", "JSON"),
    ("pgvector::Vector", "type = vector(3)", "vector(3)", "JSON"),
    ("geo_types::Point", "", "point", "JSON"),
    ("Vec<i64>", "", "bigint[]", "JSON"),
    ("Vec<String>", "", "text[]", "JSON"),
    ("[f64; 3]", "", "double precision[]", "JSON"),
    ("Mood", "", "\"mood\"", "TEXT"),
    ("Vec<Mood>", "", "\"mood\"[]", "JSON"),
    ("Own", "type = \"citext\"", "citext", "citext"),
    ("Own", "type(postgres = \"citext\", sqlite = \"TEXT\")", "citext", "TEXT"),
];

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
    for (rust, says, postgres, sqlite) in TABLE {
        assert_eq!(sql_type(Dialect::Postgres, "", rust, says), ((*postgres).to_owned(), false), "{rust}");
        assert_eq!(sql_type(Dialect::Sqlite, "", rust, says), ((*sqlite).to_owned(), false), "{rust}");
    }
}

#[test]
fn an_option_may_be_null() {
    for (rust, says, postgres, _) in TABLE {
        let rust = format!("Option<{rust}>");
        assert_eq!(sql_type(Dialect::Postgres, "", &rust, says), ((*postgres).to_owned(), true), "{rust}");
    }
}

#[test]
fn strict_tables_know_no_json() {
    for rust in ["serde_json::Value", "Vec<i64>", "geo_types::Point"] {
        assert_eq!(sql_type(Dialect::Sqlite, ", strict", rust, "").0, "TEXT", "{rust}");
    }
}
