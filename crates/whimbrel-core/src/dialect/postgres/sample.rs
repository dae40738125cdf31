//! One generated row for a table, so that a proof has something to lose.
//!
//! Values come from the columns' types; where conditions speak of a column,
//! also from the literals in them. A foreign key takes whatever row the
//! referenced table has. What identity, serial and generated columns hold is
//! left to the server.

use super::mention::mentions;
use super::rules::{ident, literal, name};
use super::types::TypeName;
use crate::name::ObjectName;
use crate::schema::{Column, ForeignKey, PartitionStrategy, Schema, SqlExpr, Table, TypeDef, lineage};
use crate::sql::{Lexicon, TokenKind, tokens};

/// How many rows are tried before a table is left empty.
const ATTEMPTS: u32 = 16;
/// How deep types may be made of types.
const DEPTH: u32 = 8;

/// The statement that puts a row into `table`, `None` after the last attempt.
pub(super) fn sample_row(schema: &Schema, table: &Table, attempt: u32) -> Option<String> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let is_given =
        |column: &&Column| column.generated.is_none() && column.identity.is_none() && !column.auto_increment;
    let columns: Vec<_> = table.columns.iter().filter(is_given).collect();
    if columns.is_empty() {
        return Some(format!("INSERT INTO {} DEFAULT VALUES", name(&table.name)));
    }
    let names: Vec<_> = columns.iter().map(|column| ident(&column.name)).collect();
    let values: Vec<_> = columns.iter().map(|column| value(schema, table, column, attempt)).collect();
    Some(format!("INSERT INTO {} ({}) VALUES ({})", name(&table.name), names.join(", "), values.join(", ")))
}

fn value(schema: &Schema, table: &Table, column: &Column, attempt: u32) -> String {
    if let Some(value) = referenced(table, column) {
        return value;
    }
    // Every other attempt trusts the defaults, and lets go of what may be NULL.
    if !attempt.is_multiple_of(2) && column.default.is_some() {
        return "DEFAULT".to_owned();
    }
    if attempt >= ATTEMPTS - 2 && column.nullable {
        return "NULL".to_owned();
    }
    let checks = table.checks.iter().map(|check| &check.expression);
    let about: Vec<_> =
        checks.filter(|check| mentions(check.as_str()).words.contains(&column.name)).collect();
    let mut candidates = within_bound(schema, table, column);
    if candidates.is_empty() {
        candidates = self::candidates(schema, &column.sql_type, &about, 0);
    }
    let index = attempt as usize % candidates.len().max(1);
    candidates.into_iter().nth(index).unwrap_or_else(|| "NULL".to_owned())
}

/// The value of some row of the referenced table. A row that refers to its own
/// table refers to itself, if it can name itself.
fn referenced(table: &Table, column: &Column) -> Option<String> {
    let is_own = |fk: &&ForeignKey| fk.columns.contains(&column.name) && fk.referenced_table != table.name;
    let fk = table.foreign_keys.iter().find(is_own)?;
    let at = fk.columns.iter().position(|one| *one == column.name)?;
    let theirs = ident(fk.referenced_columns.get(at)?);
    Some(format!("(SELECT {theirs} FROM {} LIMIT 1)", name(&fk.referenced_table)))
}

/// The values that the bounds of a partition name for a column of the key, if they
/// name any.
fn within_bound(schema: &Schema, table: &Table, column: &Column) -> Vec<String> {
    let of_type = TypeName::parse(&column.sql_type);
    let above = lineage(table, |name| schema.table(name));
    let places = [table].into_iter().chain(above.iter().copied()).zip(&above);
    let named = places.filter_map(|(one, parent)| {
        let by = parent.partition_by.as_ref().filter(|by| by.strategy != PartitionStrategy::Hash)?;
        mentions(by.key.as_str()).words.contains(&column.name).then_some(&one.partition_of.as_ref()?.bound)
    });
    named.flat_map(|bound| literals(&[bound], &of_type)).collect()
}

/// The values to try for a type, the likeliest first.
fn candidates(schema: &Schema, sql_type: &str, checks: &[&SqlExpr], depth: u32) -> Vec<String> {
    let of = TypeName::parse(sql_type);
    let element = |of: &TypeName| candidates_of(schema, of, checks, depth);
    if of.array {
        let of = TypeName { array: false, ..of };
        return element(&of).into_iter().map(|value| format!("ARRAY[{value}]::{sql_type}")).collect();
    }
    element(&of)
}

fn candidates_of(schema: &Schema, of: &TypeName, checks: &[&SqlExpr], depth: u32) -> Vec<String> {
    if depth > DEPTH {
        return Vec::new();
    }
    let named = of.object_name();
    if let Some(one) = schema.enum_type(&named) {
        return one.values.iter().map(|value| literal(value)).collect();
    }
    if let Some(def) = schema.types.iter().find(|def| *def.name() == named) {
        return of_type(schema, def, checks, depth + 1);
    }
    let usual = usual(of);
    let mut found = literals(checks, of);
    // Words in a condition are likely the ones it asks for; numbers are bounds.
    let at = if of.is_text() { found.len() } else { 0 };
    found.splice(at..at, usual);
    found
}

fn of_type(schema: &Schema, def: &TypeDef, checks: &[&SqlExpr], depth: u32) -> Vec<String> {
    match def {
        TypeDef::Domain { base, checks: own, .. } => {
            let all: Vec<_> = checks.iter().copied().chain(own.iter().map(|(_, check)| check)).collect();
            candidates(schema, base, &all, depth)
        }
        TypeDef::Composite { name: named, attributes, .. } => {
            let first = |(_, sql_type): &(String, String)| {
                let found = candidates(schema, sql_type, &[], depth);
                found.into_iter().next().unwrap_or_else(|| "NULL".to_owned())
            };
            let values: Vec<_> = attributes.iter().map(first).collect();
            vec![format!("ROW({})::{}", values.join(", "), name(named))]
        }
        TypeDef::Range { name: named, .. } => vec![empty_range(named)],
    }
}

fn empty_range(named: &ObjectName) -> String {
    format!("'empty'::{}", name(named))
}

/// The literals in conditions, and the numbers beside them.
fn literals(checks: &[&SqlExpr], of: &TypeName) -> Vec<String> {
    let mut found = Vec::new();
    for check in checks {
        for token in tokens(check.as_str(), Lexicon::POSTGRES) {
            match token.kind {
                TokenKind::String => found.extend(token.string().map(|text| literal(&text))),
                TokenKind::Number if of.is_number() => found.extend(around(token.text)),
                TokenKind::Number if of.is_text() => found.extend(long(token.text)),
                _ => {}
            }
        }
    }
    found.dedup();
    found
}

fn around(number: &str) -> Vec<String> {
    match number.parse::<i64>() {
        Ok(number) => [Some(number), number.checked_add(1), number.checked_sub(1)]
            .into_iter()
            .flatten()
            .map(|number| number.to_string())
            .collect(),
        Err(_) => vec![number.to_owned()],
    }
}

/// A text as long as a condition may want it.
fn long(number: &str) -> Option<String> {
    const LONGEST: usize = 1000;
    let length = number.parse::<usize>().ok().filter(|length| *length <= LONGEST)?;
    Some(literal(&"a".repeat(length)))
}

/// Values of the server's own types.
fn usual(of: &TypeName) -> Vec<String> {
    if of.is_text() {
        let room = of.limit().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let texts = ["1", "a", "a@example.com", "https://example.com/a", "2024-01-02", "+15550100", "A1"];
        return texts.iter().filter(|text| text.len() <= room).map(|text| literal(text)).collect();
    }
    if of.is_number() {
        return ["1", "0", "10", "-1", "100"].map(str::to_owned).to_vec();
    }
    let bits = || "1".repeat(of.limit().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1));
    let zeros = || vec!["0"; of.limit().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(3)].join(",");
    let texts: Vec<String> = match of.name.as_str() {
        "boolean" => return vec!["true".to_owned(), "false".to_owned()],
        "bit" => vec![bits()],
        "bit varying" => vec!["1".to_owned()],
        "vector" | "halfvec" => vec![format!("[{}]", zeros())],
        name => texts_of(name).iter().map(|text| (*text).to_owned()).collect(),
    };
    texts.iter().map(|text| literal(text)).collect()
}

/// Texts that the server reads as values of its own types; of a type that is
/// not among them, it may read one of the last.
fn texts_of(name: &str) -> &'static [&'static str] {
    match name {
        "date" => &["2024-01-02", "2000-01-01", "2999-12-31"],
        "timestamp without time zone" | "timestamp with time zone" => {
            &["2024-01-02 03:04:05", "2000-01-01 00:00:00", "2999-12-31 00:00:00"]
        }
        "time without time zone" | "time with time zone" => &["03:04:05"],
        "interval" => &["1 day", "1 hour"],
        "uuid" => &["00000000-0000-4000-8000-000000000001"],
        "json" | "jsonb" => &["{}", "[]", "1"],
        "bytea" => &["\\x01"],
        "inet" => &["127.0.0.1"],
        "cidr" => &["10.0.0.0/8"],
        "macaddr" => &["08:00:2b:01:02:03"],
        "macaddr8" => &["08:00:2b:01:02:03:04:05"],
        "point" => &["(1,2)"],
        "line" => &["{1,-1,0}"],
        "lseg" => &["[(0,0),(1,1)]"],
        "box" => &["(1,1),(0,0)"],
        "path" => &["[(0,0),(1,1)]"],
        "polygon" => &["((0,0),(1,1),(1,0))"],
        "circle" => &["<(0,0),1>"],
        "int4range" | "int8range" | "numrange" => &["[1,2)"],
        "daterange" => &["[2024-01-01,2024-01-02)"],
        "tsrange" | "tstzrange" => &["[2024-01-01 00:00:00,2024-01-02 00:00:00)"],
        "int4multirange" | "int8multirange" | "nummultirange" => &["{[1,2)}"],
        "datemultirange" | "tsmultirange" | "tstzmultirange" => &["{}"],
        "xml" => &["<a/>"],
        "pg_lsn" => &["0/1"],
        "jsonpath" => &["$"],
        "hstore" => &["a=>1"],
        "geometry" | "geography" => &["POINT(1 2)"],
        _ => &["1", "a", "{}"],
    }
}
