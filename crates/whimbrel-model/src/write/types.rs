//! The Rust type of a column, and what must be said beside it.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Column, Schema, Table};

use super::attributes::text;
use super::default;
use super::idents::Idents;
use crate::item::{Scalar, TableFlags};
use crate::types::scalar_type;

/// The types that have a Rust type of their own, best first.
const RUST: [(Scalar, &str); 18] = [
    (Scalar::BigInt, "i64"),
    (Scalar::Int, "i32"),
    (Scalar::SmallInt, "i16"),
    (Scalar::Text, "String"),
    (Scalar::Double, "f64"),
    (Scalar::Real, "f32"),
    (Scalar::Bytes, "Vec<u8>"),
    (Scalar::Json, "serde_json::Value"),
    (Scalar::Bool, "bool"),
    (Scalar::Uuid, "uuid::Uuid"),
    (Scalar::Date, "chrono::NaiveDate"),
    (Scalar::Time { zone: false, precision: None }, "chrono::NaiveTime"),
    (Scalar::Timestamp { zone: false, precision: None }, "chrono::NaiveDateTime"),
    (Scalar::Timestamp { zone: true, precision: None }, "chrono::DateTime<chrono::Utc>"),
    (Scalar::Decimal(None), "rust_decimal::Decimal"),
    (Scalar::Inet, "core::net::IpAddr"),
    (Scalar::Vector(None), "pgvector::Vector"),
    (Scalar::Point, "geo_types::Point"),
];

/// What a column is in Rust.
pub(super) struct RustType {
    /// The type, without `Option`.
    pub(super) rust: String,
    /// What `#[column(type = ...)]` says, if it must say anything.
    pub(super) told: Option<String>,
    /// What it is, if that is known.
    pub(super) scalar: Option<Scalar>,
}

/// Finds the type of a column.
pub(super) fn of_column(
    dialect: Dialect,
    schema: &Schema,
    idents: &Idents,
    table: &Table,
    column: &Column,
) -> RustType {
    let flags = TableFlags { strict: table.options.strict, ..TableFlags::default() };
    let own = &column.sql_type;
    let known = |rust: String, scalar| RustType { rust, told: None, scalar };
    if let Some((scalar, rust)) = plain(dialect, own, flags) {
        return known(rust.to_owned(), Some(scalar));
    }
    let element = own.strip_suffix("[]");
    let enum_of =
        |name: &str| schema.enums.iter().find(|def| dialect.same_type(&dialect.quote_name(&def.name), name));
    match dialect {
        Dialect::Sqlite => {}
        Dialect::Postgres => {
            if let Some(def) = enum_of(own) {
                return known(idents.of_enum(&def.name).to_owned(), None);
            }
            if let Some(def) = element.and_then(enum_of) {
                return known(format!("Vec<{}>", idents.of_enum(&def.name)), None);
            }
            if let Some((_, rust)) = element.and_then(|element| plain(dialect, element, flags)) {
                return known(format!("Vec<{rust}>"), None);
            }
        }
    }
    if let Some((scalar, rust)) = sized(dialect, own) {
        return RustType { rust: rust.to_owned(), told: Some(scalar.spelling()), scalar: Some(scalar) };
    }
    RustType { rust: guess(dialect, own).to_owned(), told: Some(text(own)), scalar: None }
}

/// The type of a column whose values a check lists.
pub(super) fn of_list(
    dialect: Dialect,
    schema: &Schema,
    idents: &Idents,
    name: &ObjectName,
    column: &Column,
) -> RustType {
    let default = column.default.as_ref().and_then(|sql| default::quoted(dialect, sql.as_str()));
    let values = schema.enums.iter().filter(|def| def.name == *name).flat_map(|def| &def.values);
    // A default that is no value of the enum is written as an expression.
    let fits = default.is_some_and(|text| values.into_iter().any(|value| *value == text));
    RustType { rust: idents.of_enum(name).to_owned(), told: None, scalar: fits.then_some(Scalar::Text) }
}

/// A type that the Rust type alone says.
fn plain(dialect: Dialect, sql_type: &str, flags: TableFlags) -> Option<(Scalar, &'static str)> {
    RUST.into_iter().find(|(scalar, _)| same(dialect, &scalar_type(dialect, *scalar, flags), sql_type))
}

fn same(dialect: Dialect, ours: &str, theirs: &str) -> bool {
    // The vector's name may be another extension's; the server's own types have aliases.
    ours == theirs || dialect.same_type(ours, theirs)
}

/// A type with numbers in parentheses, which the Rust type does not say.
fn sized(dialect: Dialect, sql_type: &str) -> Option<(Scalar, &'static str)> {
    let open = sql_type.find('(')?;
    let close = open + sql_type[open..].find(')')?;
    let numbers: Vec<u32> =
        sql_type[open + 1..close].split(',').map(|one| one.trim().parse().ok()).collect::<Option<_>>()?;
    let words = [("decimal", "rust_decimal::Decimal"), ("varchar", "String"), ("vector", "pgvector::Vector")];
    let timed = [
        ("time", "chrono::NaiveTime"),
        ("timestamp", "chrono::NaiveDateTime"),
        ("timestamptz", "chrono::DateTime<chrono::Utc>"),
    ];
    words.into_iter().chain(timed).find_map(|(word, rust)| {
        let scalar = Scalar::parse(word, &numbers)?;
        let ours = scalar_type(dialect, scalar, TableFlags::default());
        same(dialect, &ours, sql_type).then_some((scalar, rust))
    })
}

/// A Rust type for a type that is told in the engine's words: a guess, which
/// the schema does not depend on.
fn guess(dialect: Dialect, sql_type: &str) -> &'static str {
    let upper = sql_type.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    match dialect {
        Dialect::Postgres => "String",
        Dialect::Sqlite if has(&["INT"]) => "i64",
        Dialect::Sqlite if has(&["CHAR", "CLOB", "TEXT"]) => "String",
        Dialect::Sqlite if upper.is_empty() || has(&["BLOB"]) => "Vec<u8>",
        Dialect::Sqlite if has(&["REAL", "FLOA", "DOUB"]) => "f64",
        Dialect::Sqlite if has(&["BOOL"]) => "bool",
        Dialect::Sqlite => "String",
    }
}
