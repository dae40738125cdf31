//! Small things that all attributes share.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Token};
use whimbrel_core::dialect::Dialect;

use super::reader::Reader;
use super::tree::{Arg, Value};
use crate::item::{Literal, Name, PerEngine};

/// The names in `#[derive(...)]`, without their paths.
pub(super) fn derived(attributes: &[Attribute]) -> Vec<String> {
    let lists = attributes.iter().filter(|one| one.path().is_ident("derive"));
    let paths = lists
        .filter_map(|one| one.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated).ok());
    paths.flatten().filter_map(|path| path.segments.last().map(|segment| segment.ident.to_string())).collect()
}

/// The doc comment, without the blank after each `///`.
pub(super) fn doc_comment(attributes: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|one| one.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(expr) = &pair.value
            && let Lit::Str(text) = &expr.lit
        {
            lines.extend(text.value().lines().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()));
        }
    }
    let text = lines.join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Reads the arguments of all attributes of a name.
pub(super) fn all_arguments(reader: &mut Reader, attributes: &[Attribute], name: &str) -> Vec<Arg> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|one| one.path().is_ident(name)) {
        match super::tree::arguments(attribute) {
            Ok(arguments) => all.extend(arguments),
            Err(error) => {
                reader.syntax(&error, &format!("write `#[{name}(word, key = value, ...)]`"));
            }
        }
    }
    all
}

/// A key with what belongs to it: `key`, `key = value` or `key(arguments)`.
pub(super) struct Setting<'a> {
    pub(super) key: &'a str,
    pub(super) span: Span,
    pub(super) value: SettingValue<'a>,
}

/// What belongs to a key.
pub(super) enum SettingValue<'a> {
    Flag,
    Pair(&'a Arg),
    List(&'a [Arg]),
}

/// Takes an argument as a setting; a literal is none.
pub(super) fn setting<'a>(
    reader: &mut Reader,
    arg: &'a Arg,
    owner: &str,
    known: &[&str],
) -> Option<Setting<'a>> {
    let (key, value) = match &arg.value {
        Value::Literal(_) => {
            reader.wrong(arg.span, format!("`{owner}` takes no bare value"), expects(owner, known));
            return None;
        }
        Value::Word { path, args: None } => (path, SettingValue::Flag),
        Value::Word { path, args: Some(args) } => (path, SettingValue::List(args)),
        Value::Pair { key, value } => (key, SettingValue::Pair(value)),
    };
    if !known.contains(&key.as_str()) {
        reader.wrong(arg.span, format!("`{owner}` does not know `{key}`"), expects(owner, known));
        return None;
    }
    no_modifiers(reader, arg);
    Some(Setting { key, span: arg.span, value })
}

fn expects(owner: &str, known: &[&str]) -> String {
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("`{owner}` knows {}", names.join(", "))
}

/// Refuses words behind a value that takes none.
pub(super) fn no_modifiers(reader: &mut Reader, arg: &Arg) {
    if let Some((_, span)) = arg.modifiers.first() {
        reader.wrong(
            *span,
            "this word stands where none is expected",
            "put a comma before it, or take it out",
        );
    }
}

impl Setting<'_> {
    /// The text of `key = "text"`, which says something: a name may be a blank.
    pub(super) fn text(&self, reader: &mut Reader) -> Option<String> {
        let text = self.any_text(reader)?;
        let says = match self.key {
            "name" | "renamed_from" | "table" => text.as_str(),
            _ => text.trim(),
        };
        if says.is_empty() {
            let span = if let SettingValue::Pair(arg) = &self.value { arg.span } else { self.span };
            reader.wrong(span, format!("`{}` is empty", self.key), "write a text, or take it out");
            return None;
        }
        Some(text)
    }

    /// The text of `key = "text"`, whatever it says: a value of an enum may be empty.
    pub(super) fn any_text(&self, reader: &mut Reader) -> Option<String> {
        if let SettingValue::Pair(arg) = &self.value
            && let Value::Literal(Literal::Text(text)) = &arg.value
        {
            no_modifiers(reader, arg);
            return Some(text.clone());
        }
        let key = self.key;
        reader.wrong(self.span, format!("`{key}` wants a text"), format!("write `{key} = \"...\"`"));
        None
    }

    /// `key`, `key = true` or `key = false`.
    pub(super) fn flag(&self, reader: &mut Reader) -> bool {
        match &self.value {
            SettingValue::Flag => true,
            SettingValue::Pair(Arg { value: Value::Literal(Literal::Bool(value)), .. }) => *value,
            SettingValue::Pair(_) | SettingValue::List(_) => {
                let key = self.key;
                reader.wrong(self.span, format!("`{key}` is said or not"), format!("write `{key}` alone"));
                false
            }
        }
    }

    /// `name = "x"` or `name = none`.
    pub(super) fn name(&self, reader: &mut Reader) -> Name {
        match &self.value {
            SettingValue::Pair(Arg { value: Value::Word { path, args: None }, .. }) if path == "none" => {
                Name::Absent
            }
            SettingValue::Flag | SettingValue::Pair(_) | SettingValue::List(_) => {
                self.text(reader).map_or(Name::Automatic, Name::Given)
            }
        }
    }

    /// `key = "sql"`, or `key(sqlite = "...", postgres = "...")`.
    pub(super) fn per_engine(&self, reader: &mut Reader) -> Option<PerEngine> {
        match &self.value {
            SettingValue::List(args) => per_engine(reader, args, self.span),
            SettingValue::Flag | SettingValue::Pair(_) => self.text(reader).map(PerEngine::all),
        }
    }
}

/// Reads `"sql"`, or `sqlite = "...", postgres = "..."`.
pub(super) fn per_engine(reader: &mut Reader, args: &[Arg], span: Span) -> Option<PerEngine> {
    const HELP: &str = "write one text for all engines, or `sqlite = \"...\", postgres = \"...\"`";
    let mut texts = PerEngine::default();
    for arg in args {
        no_modifiers(reader, arg);
        match &arg.value {
            Value::Literal(Literal::Text(text)) if texts.all.is_none() => texts.all = Some(text.clone()),
            Value::Pair { key, value } => match (engine(key), &value.value) {
                (Some(dialect), Value::Literal(Literal::Text(text))) => {
                    texts.engines.push((dialect, text.clone()));
                }
                _ => reader.wrong(arg.span, format!("`{key}` is no engine with a text"), HELP),
            },
            Value::Literal(_) | Value::Word { .. } => reader.wrong(arg.span, "this is no SQL text", HELP),
        }
    }
    if texts.all.is_none() && texts.engines.is_empty() {
        reader.wrong(span, "no SQL text is given", HELP);
        return None;
    }
    Some(texts)
}

/// The engine of a key.
fn engine(key: &str) -> Option<Dialect> {
    match key {
        "sqlite" => Some(Dialect::Sqlite),
        "postgres" | "postgresql" => Some(Dialect::Postgres),
        _ => None,
    }
}

/// Takes a bare word.
pub(super) fn bare_word(arg: &Arg) -> Option<&str> {
    match &arg.value {
        Value::Word { path, args: None } => Some(path),
        Value::Word { .. } | Value::Literal(_) | Value::Pair { .. } => None,
    }
}
