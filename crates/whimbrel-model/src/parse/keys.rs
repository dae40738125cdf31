//! Keys, indexes and conditions in attributes.

use proc_macro2::Span;

use super::reader::Reader;
use super::tree::{Arg, Modifier, Value};
use super::words::{self, Setting, SettingValue};
use crate::at::At;
use crate::item::{CheckDef, IndexDef, KeyDef, Literal, Part, PartTarget};

const KEY: &[&str] = &["name", "include", "nulls_not_distinct"];
const INDEX: &[&str] = &["name", "unique", "using", "where", "include", "nulls_not_distinct"];

/// Reads `unique(a, b, name = "...")`, or `unique` on a field.
pub(super) fn key(reader: &mut Reader, args: &[Arg], span: Span) -> KeyDef {
    let index = index(reader, args, span, "a key", KEY);
    let IndexDef { name, parts, include, nulls_not_distinct, at, .. } = index;
    for part in &parts {
        if let PartTarget::Expression(text) = &part.target {
            let problem = crate::problem::Problem::new(
                part.at,
                format!("`{text}` is an expression, and a key is made of fields"),
                "write `index(..., unique = true)`: an index may hold expressions",
            );
            reader.found(vec![problem]);
        }
    }
    KeyDef { name, parts, include, nulls_not_distinct, at }
}

/// Reads `index(a, b desc, "lower(c)", using = "gin")`.
pub(super) fn an_index(reader: &mut Reader, args: &[Arg], span: Span) -> IndexDef {
    index(reader, args, span, "index", INDEX)
}

fn index(reader: &mut Reader, args: &[Arg], span: Span, owner: &str, known: &[&str]) -> IndexDef {
    let mut index = IndexDef { at: reader.at(span), ..IndexDef::default() };
    for arg in args {
        let at = reader.at(arg.span);
        match &arg.value {
            Value::Word { path, args: None } => index.parts.push(part(reader, arg, field(path), at)),
            Value::Literal(Literal::Text(text)) => {
                index.parts.push(part(reader, arg, PartTarget::Expression(text.clone()), at));
            }
            Value::Literal(_) | Value::Word { .. } | Value::Pair { .. } => {
                if let Some(setting) = words::setting(reader, arg, owner, known) {
                    refine(reader, &setting, &mut index);
                }
            }
        }
    }
    index
}

fn refine(reader: &mut Reader, setting: &Setting<'_>, index: &mut IndexDef) {
    match setting.key {
        "name" => index.name = setting.name(reader),
        "unique" => index.unique = setting.flag(reader),
        "using" => index.method = setting.text(reader),
        "where" => index.predicate = setting.text(reader),
        "nulls_not_distinct" => index.nulls_not_distinct = setting.flag(reader),
        "include" => index.include = fields(reader, setting),
        _ => {}
    }
}

fn field(path: &str) -> PartTarget {
    PartTarget::Field(path.to_owned())
}

/// A part with the words behind it.
fn part(reader: &mut Reader, arg: &Arg, target: PartTarget, at: At) -> Part {
    let mut part = Part { target, ..Part::field("", at) };
    let mut rest = arg.modifiers.iter();
    while let Some((modifier, span)) = rest.next() {
        let word = match modifier {
            Modifier::Word(word) => word.as_str(),
            Modifier::Text(_) => "",
        };
        match word {
            "asc" => part.descending = false,
            "desc" => part.descending = true,
            "nulls" => match rest.next() {
                Some((Modifier::Word(word), _)) if word == "first" => part.nulls_first = Some(true),
                Some((Modifier::Word(word), _)) if word == "last" => part.nulls_first = Some(false),
                Some(_) | None => not_understood(reader, *span),
            },
            "collate" | "ops" => match rest.next() {
                Some((Modifier::Text(text), _)) if word == "ops" => part.operator_class = Some(text.clone()),
                Some((Modifier::Text(text), _)) => part.collation = Some(text.clone()),
                Some(_) | None => not_understood(reader, *span),
            },
            _ => not_understood(reader, *span),
        }
    }
    part
}

fn not_understood(reader: &mut Reader, span: Span) {
    reader.wrong(
        span,
        "this word behind a part of a key is not known",
        "a part may be followed by `asc`, `desc`, `nulls first`, `nulls last`, `collate \"...\"`, `ops \"...\"`",
    );
}

/// Reads `key(a, b)`: names of fields.
pub(super) fn fields(reader: &mut Reader, setting: &Setting<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let SettingValue::List(args) = &setting.value else {
        let key = setting.key;
        reader.wrong(setting.span, format!("`{key}` wants fields"), format!("write `{key}(a, b)`"));
        return names;
    };
    for arg in *args {
        words::no_modifiers(reader, arg);
        match words::bare_word(arg) {
            Some(word) => names.push(word.to_owned()),
            None => reader.wrong(arg.span, "this is no field", "write the name of a field, without quotes"),
        }
    }
    names
}

/// Reads `check = "..."` or `check("...", name = "...")`.
pub(super) fn check(reader: &mut Reader, setting: &Setting<'_>) -> Option<CheckDef> {
    let at = reader.at(setting.span);
    let SettingValue::List(args) = &setting.value else {
        return setting.text(reader).map(|expression| CheckDef { expression, at, ..CheckDef::default() });
    };
    let mut check = CheckDef { at, ..CheckDef::default() };
    for arg in *args {
        if let Value::Literal(Literal::Text(text)) = &arg.value {
            words::no_modifiers(reader, arg);
            check.expression.clone_from(text);
        } else if let Some(setting) = words::setting(reader, arg, "check", &["name"]) {
            check.name = setting.name(reader);
        }
    }
    if check.expression.trim().is_empty() {
        reader.wrong(
            setting.span,
            "the check has no condition",
            "write `check(\"age > 0\", name = \"...\")`",
        );
        return None;
    }
    Some(check)
}
