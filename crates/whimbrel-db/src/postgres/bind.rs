//! Statements with values for their parameters.
//!
//! The server says what types the parameters and the columns have. It is the
//! server, too, that puts values in their places: the statement is prepared
//! under a name and executed with literals, in the simple protocol, so that what
//! comes back is text as everywhere in the session.

use tokio_postgres::types::Type;
use tokio_postgres::{Column, Statement};

use crate::connection::{Row, Value};
use crate::datum::{self, Datum};
use crate::error::DbError;

/// A statement of which the server has told what it takes and brings.
pub(super) struct Prepared {
    pub(super) sql: String,
    /// The name under which the server knows it, if it has parameters.
    name: String,
    parameters: Vec<Type>,
    pub(super) columns: Vec<(String, Type)>,
    /// Whether the server was told the name.
    pub(super) is_known: bool,
}

/// The statements with parameters that the server knows by name: a program that
/// goes through a table runs one of them for every row.
#[derive(Default)]
pub(super) struct PreparedStatements {
    /// The one that was used last comes last.
    kept: Vec<Prepared>,
    /// The names that the server is to forget.
    stale: Vec<String>,
    count: u64,
}

impl PreparedStatements {
    /// How many are kept.
    const CAPACITY: usize = 8;

    pub(super) fn take(&mut self, sql: &str) -> Option<Prepared> {
        let at = self.kept.iter().position(|one| one.sql == sql)?;
        Some(self.kept.remove(at))
    }

    pub(super) fn named(&mut self, sql: &str, told: &Statement) -> Prepared {
        self.count += 1;
        let column = |column: &Column| (column.name().to_owned(), column.type_().clone());
        Prepared {
            sql: sql.to_owned(),
            name: format!("whimbrel_{}", self.count),
            parameters: told.params().to_vec(),
            columns: told.columns().iter().map(column).collect(),
            is_known: false,
        }
    }

    /// Keeps one for the next time, if the server knows it.
    pub(super) fn keep(&mut self, prepared: Prepared) {
        if prepared.parameters.is_empty() || !prepared.is_known {
            return;
        }
        self.kept.push(prepared);
        if self.kept.len() > Self::CAPACITY {
            self.stale.push(self.kept.remove(0).name);
        }
    }

    /// After these statements nothing that was told before need be true.
    pub(super) fn doubt(&mut self, statements: &[&str]) {
        self.stale.extend(self.kept.drain(..).map(|one| one.name));
        let forgets = |sql: &&str| {
            let sql = sql.trim_start().to_ascii_lowercase();
            sql.starts_with("deallocate") || sql.starts_with("discard all")
        };
        if statements.iter().any(forgets) {
            self.stale.clear();
        }
    }

    /// The statements with which the server forgets what is not needed any more.
    pub(super) fn forget_sql(&mut self) -> Vec<String> {
        self.stale.drain(..).map(|name| format!("DEALLOCATE {name}")).collect()
    }
}

impl Prepared {
    /// The statements that run it with these values; the last one brings the rows.
    ///
    /// # Errors
    ///
    /// If a parameter cannot take its value, or there are too many or too few.
    pub(super) fn statements(&self, values: &[Datum]) -> Result<Vec<String>, DbError> {
        if values.len() != self.parameters.len() {
            return Err(datum::wrong_number(self.parameters.len(), values.len(), &self.sql));
        }
        if values.is_empty() {
            return Ok(vec![self.sql.clone()]);
        }
        let given = (1..).zip(values).zip(&self.parameters);
        let literals = given.map(|((number, value), wanted)| self.literal(number, value, wanted));
        let literals = literals.collect::<Result<Vec<_>, _>>()?.join(", ");
        let name = &self.name;
        let execute = format!("EXECUTE {name}({literals})");
        Ok(match self.is_known {
            true => vec![execute],
            false => vec![format!("PREPARE {name} AS {}", self.sql), execute],
        })
    }

    /// A row with the types that the server has told.
    pub(super) fn typed(&self, row: Row) -> Vec<Datum> {
        row.0.into_iter().zip(&self.columns).map(|(value, (_, kind))| typed(value, kind)).collect()
    }

    fn literal(&self, number: usize, value: &Datum, wanted: &Type) -> Result<String, DbError> {
        let unfit = |hint: Option<&str>| {
            let wanted = format!("the statement wants `{}`", wanted.name());
            datum::unfit(number, value, &wanted, hint, &self.sql)
        };
        Ok(match value {
            Datum::Null => "NULL".to_owned(),
            Datum::Boolean(value) => literal(if *value { "true" } else { "false" }),
            Datum::Small(value) => literal(&value.to_string()),
            Datum::Integer(value) => literal(&value.to_string()),
            Datum::Real(value) => literal(&real(*value)),
            Datum::Text(text) if text.contains('\0') => {
                return Err(unfit(Some("PostgreSQL has no text with a zero character")));
            }
            Datum::Text(text) => literal(text),
            Datum::Bytes(bytes) if *wanted == Type::BYTEA => literal(&hex(bytes)),
            Datum::Bytes(_) => return Err(unfit(None)),
            Datum::Json(json) if matches!(*wanted, Type::JSON | Type::JSONB) => literal(json),
            Datum::Json(_) => return Err(unfit(Some("give it as text, such as '{1,2}' for an array"))),
        })
    }
}

/// A literal that means the same whatever the session says of backslashes.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

fn real(value: f64) -> String {
    match value {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value => value.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    std::iter::once("\\x".to_owned()).chain(digits).collect()
}

fn typed(value: Value, kind: &Type) -> Datum {
    let text = match value {
        Value::Text(text) => text,
        Value::Null | Value::Integer(_) | Value::Real(_) | Value::Blob(_) => return Datum::Null,
    };
    let read = match *kind {
        Type::BOOL => Some(Datum::Boolean(text == "t")),
        Type::INT2 | Type::INT4 => text.parse().ok().map(Datum::Small),
        Type::INT8 | Type::OID => text.parse().ok().map(Datum::Integer),
        Type::FLOAT4 | Type::FLOAT8 => text.parse().ok().map(Datum::Real),
        Type::BYTEA => bytes(&text).map(Datum::Bytes),
        _ => None,
    };
    read.unwrap_or(Datum::Text(text))
}

/// Reads the spelling `\x0aff`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_stays_one() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("\\' OR 1 --"), "E'\\\\'' OR 1 --'");
        assert_eq!(literal(&hex(&[0, 10, 255])), "E'\\\\x000aff'");
    }

    #[test]
    fn every_text_has_the_type_that_the_server_tells() {
        let check = |text: &str, kind: Type, expected: Datum| {
            assert_eq!(typed(Value::Text(text.to_owned()), &kind), expected);
        };
        check("t", Type::BOOL, Datum::Boolean(true));
        check("-5", Type::INT4, Datum::Small(-5));
        check("9007199254740993", Type::INT8, Datum::Integer(9_007_199_254_740_993));
        check("NaN", Type::NUMERIC, Datum::Text("NaN".into()));
        check("1.50", Type::NUMERIC, Datum::Text("1.50".into()));
        check("-Infinity", Type::FLOAT8, Datum::Real(f64::NEG_INFINITY));
        check("\\x000aff", Type::BYTEA, Datum::Bytes(vec![0, 10, 255]));
        check("2026-11-27", Type::DATE, Datum::Text("2026-11-27".into()));
        assert_eq!(typed(Value::Null, &Type::INT4), Datum::Null);
    }
}
