//! Defaults as attributes write them.

use whimbrel_core::dialect::Dialect;

use super::attributes::text;
use crate::item::Scalar;

/// Writes a default: as a value where it is one of the column's type, else as
/// an expression.
pub(super) fn written(dialect: Dialect, scalar: Option<Scalar>, sql: &str) -> String {
    let value = scalar.and_then(|scalar| value(dialect, scalar, sql));
    format!("default = {}", value.unwrap_or_else(|| format!("sql({})", text(sql))))
}

fn value(dialect: Dialect, scalar: Scalar, sql: &str) -> Option<String> {
    match scalar {
        Scalar::SmallInt => sql.parse::<i16>().ok().map(|number| number.to_string()),
        Scalar::Int => sql.parse::<i32>().ok().map(|number| number.to_string()),
        Scalar::BigInt => sql.parse::<i64>().ok().map(|number| number.to_string()),
        Scalar::Bool if ["true", "false"].contains(&sql) => Some(sql.to_owned()),
        Scalar::Text => quoted(dialect, sql).map(|inner| text(&inner)),
        Scalar::Timestamp { .. } if sql == "now()" => Some("now()".to_owned()),
        Scalar::Uuid if sql == "gen_random_uuid()" => Some("uuid()".to_owned()),
        Scalar::Bool
        | Scalar::Real
        | Scalar::Double
        | Scalar::Decimal(_)
        | Scalar::Varchar(_)
        | Scalar::Bytes
        | Scalar::Json
        | Scalar::Uuid
        | Scalar::Date
        | Scalar::Time { .. }
        | Scalar::Timestamp { .. }
        | Scalar::Interval
        | Scalar::Inet
        | Scalar::Vector(_)
        | Scalar::Point => None,
    }
    .filter(|value| number_is_as_written(sql, value))
}

/// `007` and `+7` are other texts to SQLite than `7`.
fn number_is_as_written(sql: &str, value: &str) -> bool {
    value.parse::<i64>().is_err() || value == sql
}

/// What stands in the quotes of a text, with the cast that PostgreSQL adds.
pub(super) fn quoted(dialect: Dialect, sql: &str) -> Option<String> {
    let sql = match dialect {
        Dialect::Sqlite => sql,
        Dialect::Postgres => sql.strip_suffix("::text").unwrap_or(sql),
    };
    let inner = sql.strip_prefix('\'')?.strip_suffix('\'')?;
    let text = inner.replace("''", "'");
    (dialect.quote_literal(&text) == sql).then_some(text)
}
