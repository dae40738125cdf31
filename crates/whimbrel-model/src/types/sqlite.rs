//! SQLite's types.
//!
//! SQLite stores numbers, texts and bytes; what a column is called only leans
//! towards one of them (<https://sqlite.org/datatype3.html>). A STRICT table
//! takes fewer names (<https://sqlite.org/stricttables.html>), so JSON is TEXT
//! there.

use crate::item::{Scalar, TableFlags};

/// The type of an enum; a check lists the values.
pub(super) const ENUM: &str = "TEXT";

/// The type of a list, which is kept as JSON.
pub(super) fn list(flags: TableFlags) -> &'static str {
    json(flags)
}

fn json(flags: TableFlags) -> &'static str {
    if flags.strict { "TEXT" } else { "JSON" }
}

/// The type of a scalar.
pub(super) fn scalar(scalar: Scalar, flags: TableFlags) -> &'static str {
    match scalar {
        Scalar::Bool | Scalar::SmallInt | Scalar::Int | Scalar::BigInt => "INTEGER",
        Scalar::Real | Scalar::Double => "REAL",
        // A number would lose digits.
        Scalar::Decimal(_) => "TEXT",
        Scalar::Text | Scalar::Varchar(_) | Scalar::Uuid | Scalar::Inet => "TEXT",
        Scalar::Date | Scalar::Time { .. } | Scalar::Timestamp { .. } | Scalar::Interval => "TEXT",
        Scalar::Bytes => "BLOB",
        Scalar::Json | Scalar::Vector(_) | Scalar::Point => json(flags),
    }
}
