//! Defaults as SQL.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::SqlExpr;

use crate::item::{Default, Generator, Literal, Scalar, Type};

/// Writes a default, if the database is to have one.
pub(super) fn sql(dialect: Dialect, ty: &Type, default: &Default) -> Option<SqlExpr> {
    let text = match default {
        Default::Sql(text) => text.get(dialect)?.to_owned(),
        Default::Literal(literal) => literal_sql(dialect, ty, literal),
        Default::Generated(generator) => generated(dialect, ty, *generator)?.to_owned(),
    };
    Some(SqlExpr(text))
}

fn literal_sql(dialect: Dialect, ty: &Type, literal: &Literal) -> String {
    // SQLite keeps decimals as text, so that no digit is lost.
    let as_text = dialect == Dialect::Sqlite && matches!(ty, Type::Scalar(Scalar::Decimal(_)));
    match literal {
        Literal::Null => "NULL".to_owned(),
        Literal::Bool(value) => match (dialect, value) {
            (Dialect::Sqlite, true) => "1".to_owned(),
            (Dialect::Sqlite, false) => "0".to_owned(),
            (Dialect::Postgres, value) => value.to_string(),
        },
        Literal::Int(text) | Literal::Float(text) if as_text => dialect.quote_literal(text),
        Literal::Int(text) | Literal::Float(text) => text.clone(),
        Literal::Text(text) => dialect.quote_literal(text),
        Literal::Variant(variant) => dialect.quote_literal(value_of(ty, variant)),
    }
}

/// The value that a variant is in the database.
fn value_of<'a>(ty: &'a Type, variant: &'a str) -> &'a str {
    match ty {
        Type::Enum(def) => {
            let found = def.values.iter().find(|one| one.variant == variant);
            found.map_or(variant, |one| one.value.as_str())
        }
        Type::Scalar(_) | Type::List(_) | Type::Native(_) | Type::Named { .. } => variant,
    }
}

/// What the database makes by itself; the rest is the program's.
fn generated(dialect: Dialect, ty: &Type, generator: Generator) -> Option<&'static str> {
    match (generator, dialect) {
        (Generator::Now, Dialect::Postgres) => Some("now()"),
        (Generator::Now, Dialect::Sqlite) => Some(match ty {
            Type::Scalar(Scalar::Date) => "CURRENT_DATE",
            Type::Scalar(Scalar::Time { .. }) => "CURRENT_TIME",
            Type::Scalar(_) | Type::List(_) | Type::Native(_) | Type::Enum(_) | Type::Named { .. } => {
                "CURRENT_TIMESTAMP"
            }
        }),
        (Generator::Uuid, Dialect::Postgres) => Some("gen_random_uuid()"),
        (Generator::Uuid, Dialect::Sqlite) => None,
        (Generator::Ulid | Generator::Cuid | Generator::NanoId, Dialect::Sqlite | Dialect::Postgres) => None,
    }
}
