//! What differs between two definitions, in a few words each.

use std::fmt::Display;

use crate::schema::{Column, Extension, Sequence, TableOptions};

pub(super) fn column(from: &Column, to: &Column) -> Vec<String> {
    let nullability = |column: &Column| if column.nullable { "nullable" } else { "not null" };
    let generated = |column: &Column| {
        column.generated.as_ref().map(|one| {
            let stored = if one.stored { " stored" } else { "" };
            format!("({}){stored}", one.expression)
        })
    };
    let identity = |column: &Column| {
        column.identity.as_ref().map(|one| if one.always { "always" } else { "by default" })
    };
    let on_conflict = |column: &Column| column.not_null_conflict.map(|one| one.sql().to_lowercase());
    let mut found = Vec::new();
    if from.sql_type != to.sql_type {
        found.push(arrow(untyped(&from.sql_type), untyped(&to.sql_type)));
    }
    optional(&mut found, "collation", from.collation.as_ref(), to.collation.as_ref());
    if from.nullable != to.nullable {
        found.push(arrow(nullability(from), nullability(to)));
    }
    optional(&mut found, "default", from.default.as_ref(), to.default.as_ref());
    optional(&mut found, "generated as", generated(from), generated(to));
    optional(&mut found, "identity", identity(from), identity(to));
    optional(&mut found, "not null on conflict", on_conflict(from), on_conflict(to));
    flag(&mut found, "autoincrement", from.auto_increment, to.auto_increment);
    found
}

pub(super) fn options(from: &TableOptions, to: &TableOptions) -> Vec<String> {
    let mut found = Vec::new();
    flag(&mut found, "strict", from.strict, to.strict);
    flag(&mut found, "without rowid", from.without_rowid, to.without_rowid);
    flag(&mut found, "unlogged", from.unlogged, to.unlogged);
    optional(&mut found, "tablespace", from.tablespace.as_ref(), to.tablespace.as_ref());
    let mut names: Vec<&String> = from.storage.keys().chain(to.storage.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        optional(&mut found, name, from.storage.get(name), to.storage.get(name));
    }
    found
}

pub(super) fn extension(from: &Extension, to: &Extension) -> Vec<String> {
    let mut found = Vec::new();
    optional(&mut found, "version", from.version.as_ref(), to.version.as_ref());
    optional(&mut found, "namespace", from.namespace.as_ref(), to.namespace.as_ref());
    found
}

pub(super) fn sequence(from: &Sequence, to: &Sequence) -> Vec<String> {
    let mut found = Vec::new();
    if from.sql_type != to.sql_type {
        found.push(arrow(&from.sql_type, &to.sql_type));
    }
    let numbers = [
        ("start", from.start, to.start),
        ("increment", from.increment, to.increment),
        ("min", from.min, to.min),
        ("max", from.max, to.max),
        ("cache", from.cache, to.cache),
    ];
    for (what, before, after) in numbers {
        if before != after {
            found.push(format!("{what} {}", arrow(before, after)));
        }
    }
    flag(&mut found, "cycle", from.cycle, to.cycle);
    let owner = |one: &Sequence| one.owned_by.as_ref().map(|(table, column)| format!("{table}.{column}"));
    optional(&mut found, "owned by", owner(from), owner(to));
    found
}

pub(super) fn comment(from: Option<&str>, to: Option<&str>) -> String {
    let quoted = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), |text| format!("{text:?}"));
    arrow(quoted(from), quoted(to))
}

fn arrow(from: impl Display, to: impl Display) -> String {
    format!("{from} → {to}")
}

fn untyped(sql_type: &str) -> &str {
    if sql_type.is_empty() { "untyped" } else { sql_type }
}

fn optional<T: Display + PartialEq>(found: &mut Vec<String>, what: &str, from: Option<T>, to: Option<T>) {
    if from != to {
        let text = |value: Option<T>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
        found.push(format!("{what} {}", arrow(text(from), text(to))));
    }
}

fn flag(found: &mut Vec<String>, what: &str, from: bool, to: bool) {
    match (from, to) {
        (false, true) => found.push(what.to_owned()),
        (true, false) => found.push(format!("no longer {what}")),
        (true, true) | (false, false) => {}
    }
}
