//! Keys, indexes and checks that structs say.

use whimbrel_core::dialect::Dialect;

use super::super::edit::Seed;
use super::model::{Field, Struct};
use super::types::Class;
use super::{NAMES, ident, once_in, pick};

/// Adds a key, an index or a check.
pub(super) fn add(dialect: Dialect, model: &mut Struct, seed: Seed) {
    let setting = match seed[0] % 5 {
        0 => unique(dialect, model, seed),
        1 => check(model, seed),
        2 => expression(model, seed),
        _ => index(dialect, model, seed),
    };
    model.says.extend(setting);
}

/// A name that no other index or constraint of these models has.
fn name(model: &mut Struct, seed: u8) -> String {
    model.number += 1;
    format!("name = {:?}", format!("{} {} {}", pick(seed, &NAMES), model.name, model.number))
}

/// Fields that a key may be on; each once.
fn fields(model: &Struct, seed: Seed) -> Vec<Field> {
    let all: Vec<&Field> = model.fields.iter().filter(|field| field.kind.class.is_ordered()).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let first = usize::from(seed[1]) % all.len();
    let second = usize::from(seed[2]) % all.len();
    let mut found = vec![all[first].clone()];
    if second != first {
        found.push(all[second].clone());
    }
    found
}

/// The key or index has an automatic name, unless something has that already.
fn automatic(model: &mut Struct, label: &str, fields: &[Field], seed: u8) -> Option<String> {
    let keys: Vec<&str> = fields.iter().map(|field| field.ident.trim_start_matches("r#")).collect();
    let automatic = format!("{}_{label}", keys.join("_"));
    // What fields say of themselves has a name after the column.
    let is_free = fields.len() > 1 && model.named.insert(automatic);
    (!is_free || once_in(3, seed)).then(|| name(model, seed))
}

fn written(field: &Field) -> String {
    if field.embedded { field.ident.clone() } else { field.ident.trim_start_matches("r#").to_owned() }
}

fn unique(dialect: Dialect, model: &mut Struct, seed: Seed) -> Option<String> {
    let fields = fields(model, seed);
    // The same key twice is one to the engine.
    if fields.len() < 2 || !model.named.insert(format!("unique {:?}", sorted(&fields))) {
        return None;
    }
    let mut parts: Vec<String> = fields.iter().map(written).collect();
    match dialect {
        Dialect::Sqlite if once_in(3, seed[3]) => parts.push("name = none".to_owned()),
        Dialect::Sqlite => parts.extend(automatic(model, "key", &fields, seed[4])),
        Dialect::Postgres => {
            parts.extend(automatic(model, "key", &fields, seed[4]));
            parts.extend(once_in(3, seed[3]).then(|| "nulls_not_distinct = true".to_owned()));
            parts.extend(include(model, &fields, seed));
        }
    }
    Some(format!("unique({})", parts.join(", ")))
}

fn sorted(fields: &[Field]) -> Vec<&str> {
    let mut columns: Vec<&str> = fields.iter().map(|field| field.column.as_str()).collect();
    columns.sort_unstable();
    columns
}

/// A column that only rides along.
fn include(model: &Struct, besides: &[Field], seed: Seed) -> Option<String> {
    let field = pick(seed[5] / 4, &model.fields);
    let is_free = besides.iter().all(|other| other.column != field.column);
    (is_free && once_in(4, seed[5])).then(|| format!("include({})", written(field)))
}

fn check(model: &mut Struct, seed: Seed) -> Option<String> {
    let field = pick(seed[1], &model.fields);
    let column = ident(&field.column);
    let sql = match field.kind.class {
        Class::Number => format!("{column} > 0"),
        Class::Text => format!("length({column}) < 100 OR {column} = 'it''s'"),
        Class::Ordered | Class::Contains | Class::Unordered | Class::Maybe => format!("{column} IS NOT NULL"),
    };
    if !model.named.insert(format!("check {sql}")) {
        return None;
    }
    Some(match once_in(2, seed[2]) {
        true => format!("check({sql:?}, {})", name(model, seed[3])),
        false => format!("check = {sql:?}"),
    })
}

/// An index on an expression.
fn expression(model: &mut Struct, seed: Seed) -> Option<String> {
    let texts: Vec<&Field> = model.fields.iter().filter(|field| field.kind.class == Class::Text).collect();
    if texts.is_empty() {
        return None;
    }
    let sql = format!("lower({})", ident(&pick::<&Field>(seed[1], &texts).column));
    let more = fields(model, seed).first().map(written).filter(|_| once_in(2, seed[3]));
    let mut parts = vec![format!("{sql:?}")];
    parts.extend(more);
    parts.push(name(model, seed[4]));
    Some(format!("index({})", parts.join(", ")))
}

fn index(dialect: Dialect, model: &mut Struct, seed: Seed) -> Option<String> {
    let fields = fields(model, seed);
    if let Some(setting) = contains(dialect, model, seed) {
        return Some(setting);
    }
    if fields.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = fields.iter().map(written).collect();
    parts[0].push_str(&words(dialect, &fields[0], seed));
    parts.extend(automatic(model, "idx", &fields, seed[4]));
    parts.extend(once_in(5, seed[4]).then(|| "unique = true".to_owned()));
    let predicate = format!("{} IS NOT NULL", ident(&fields[0].column));
    parts.extend(once_in(4, seed[5]).then(|| format!("where = {predicate:?}")));
    if dialect == Dialect::Postgres {
        parts.extend(include(model, &fields, seed));
    }
    Some(format!("index({})", parts.join(", ")))
}

/// What stands behind the first part.
fn words(dialect: Dialect, field: &Field, seed: Seed) -> String {
    let mut words = String::new();
    let is_text = field.kind.class == Class::Text;
    match dialect {
        Dialect::Sqlite if is_text && once_in(3, seed[3]) => words.push_str(" collate \"RTRIM\""),
        Dialect::Postgres if is_text && once_in(3, seed[3]) => words.push_str(" collate \"\\\"C\\\"\""),
        Dialect::Postgres if field.kind.rust == "i64" && once_in(3, seed[3]) => {
            words.push_str(" ops \"int8_ops\"");
        }
        Dialect::Sqlite | Dialect::Postgres => {}
    }
    words.push_str(["", " asc", " desc"][usize::from(seed[3]) % 3]);
    if dialect == Dialect::Postgres {
        words.push_str(["", " nulls first", " nulls last"][usize::from(seed[3] / 3) % 3]);
    }
    words
}

/// An index of what is in lists and documents (PostgreSQL).
fn contains(dialect: Dialect, model: &mut Struct, seed: Seed) -> Option<String> {
    let all: Vec<&Field> = model.fields.iter().filter(|field| field.kind.class == Class::Contains).collect();
    if dialect == Dialect::Sqlite || all.is_empty() || !once_in(3, seed[5]) {
        return None;
    }
    let field = written(pick::<&Field>(seed[1], &all));
    Some(format!("index({field}, using = \"gin\", {})", name(model, seed[4])))
}
