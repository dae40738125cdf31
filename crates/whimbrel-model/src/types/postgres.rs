//! PostgreSQL's types.
//!
//! `vector` needs the extension of that name:
//! `#[model(before = "CREATE EXTENSION vector")]`.

use crate::item::Scalar;

/// The type of a scalar.
pub(super) fn scalar(scalar: Scalar) -> String {
    let with = |name: &str, size: Option<u32>| size.map_or(name.to_owned(), |size| format!("{name}({size})"));
    match scalar {
        Scalar::Bool => "boolean".to_owned(),
        Scalar::SmallInt => "smallint".to_owned(),
        Scalar::Int => "integer".to_owned(),
        Scalar::BigInt => "bigint".to_owned(),
        Scalar::Real => "real".to_owned(),
        Scalar::Double => "double precision".to_owned(),
        Scalar::Decimal(None) => "numeric".to_owned(),
        Scalar::Decimal(Some((precision, scale))) => format!("numeric({precision},{scale})"),
        Scalar::Text => "text".to_owned(),
        Scalar::Varchar(length) => format!("varchar({length})"),
        Scalar::Bytes => "bytea".to_owned(),
        Scalar::Json => "jsonb".to_owned(),
        Scalar::Uuid => "uuid".to_owned(),
        Scalar::Date => "date".to_owned(),
        Scalar::Time { zone: true, precision } => with("timetz", precision),
        Scalar::Time { zone: false, precision } => with("time", precision),
        Scalar::Timestamp { zone: true, precision } => with("timestamptz", precision),
        Scalar::Timestamp { zone: false, precision } => with("timestamp", precision),
        Scalar::Interval => "interval".to_owned(),
        Scalar::Inet => "inet".to_owned(),
        Scalar::Vector(dimensions) => with("vector", dimensions),
        Scalar::Point => "point".to_owned(),
    }
}
