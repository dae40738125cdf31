//! Relations in attributes.

use proc_macro2::Span;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Deferrability, ReferentialAction};

use super::keys;
use super::reader::Reader;
use super::tree::{Arg, Value};
use super::words::{self, Setting, SettingValue};
use crate::item::{ACTIONS, Literal, ManyToMany, Name, Reference, Target, action_word};

const KNOWN: &[&str] = &["on_delete", "on_update", "name", "index", "one_to_one", "deferrable"];
const KNOWN_OF_MODEL: &[&str] =
    &["references", "on_delete", "on_update", "name", "index", "one_to_one", "deferrable"];
const KNOWN_OF_MANY: &[&str] = &["name", "through", "columns", "on_delete", "on_update"];

/// Reads `references(User, on_delete = cascade)` or `references = User` of a field.
pub(super) fn of_field(reader: &mut Reader, setting: &Setting<'_>) -> Option<Reference> {
    let args = match &setting.value {
        SettingValue::List(args) => args,
        SettingValue::Pair(arg) => std::slice::from_ref(*arg),
        SettingValue::Flag => &[],
    };
    let Some((first, rest)) = args.split_first() else {
        reader.wrong(setting.span, "`references` names no model", "write `references(User)`");
        return None;
    };
    let mut reference = target(reader, first, setting.span)?;
    for arg in rest {
        if let Some(setting) = words::setting(reader, arg, "references", KNOWN) {
            refine(reader, &setting, &mut reference);
        }
    }
    Some(reference)
}

/// Reads `foreign_key(a, b, references = User(x, y), ...)` of a struct.
pub(super) fn of_model(reader: &mut Reader, setting: &Setting<'_>) -> Option<Reference> {
    let args = match &setting.value {
        SettingValue::List(args) => *args,
        SettingValue::Flag | SettingValue::Pair(_) => &[],
    };
    let (mut fields, mut found, mut rest) = (Vec::new(), None, Vec::new());
    for arg in args {
        // Behind the model stand settings: a field may be called as one of them.
        let is_setting = |word: &str| found.is_some() && KNOWN.contains(&word);
        if let Some(word) = words::bare_word(arg).filter(|word| !is_setting(word)) {
            fields.push(word.to_owned());
        } else if let Some(setting) = words::setting(reader, arg, "foreign_key", KNOWN_OF_MODEL) {
            match setting.value {
                SettingValue::Pair(arg) if setting.key == "references" => {
                    found = target(reader, arg, arg.span);
                }
                SettingValue::Flag | SettingValue::Pair(_) | SettingValue::List(_) => rest.push(setting),
            }
        }
    }
    let (Some(mut reference), false) = (found, fields.is_empty()) else {
        reader.wrong(
            setting.span,
            "this foreign key says too little",
            "write `foreign_key(field, ..., references = Model(field, ...))`",
        );
        return None;
    };
    reference.at = reader.at(setting.span);
    reference.fields = fields;
    for setting in rest {
        refine(reader, &setting, &mut reference);
    }
    Some(reference)
}

/// Reads `User`, `User(email)`, `table("users", "email")`.
fn target(reader: &mut Reader, arg: &Arg, span: Span) -> Option<Reference> {
    words::no_modifiers(reader, arg);
    let Value::Word { path, args } = &arg.value else {
        reader.wrong(
            arg.span,
            "this is no model",
            "write the name of a struct that derives `Model`: `references(User)`",
        );
        return None;
    };
    let at = reader.at(arg.span);
    let args = args.as_deref().unwrap_or_default();
    let (target, referenced) = match path.as_str() {
        "table" => {
            let mut texts = texts(reader, args);
            if texts.is_empty() {
                reader.wrong(arg.span, "no table is named", "write `table(\"name\", \"column\")`");
                return None;
            }
            let name = texts.remove(0);
            let name = ObjectName::parse(&name).unwrap_or_else(|| ObjectName::new(name));
            (Target::Table(name), texts)
        }
        _ => {
            let names = args.iter().filter_map(words::bare_word).map(str::to_owned).collect();
            (Target::Model { path: path.clone(), at }, names)
        }
    };
    Some(Reference {
        fields: Vec::new(),
        target,
        referenced,
        one_to_one: false,
        index: true,
        name: Name::Automatic,
        on_delete: None,
        on_update: None,
        deferrable: Deferrability::NotDeferrable,
        at: reader.at(span),
    })
}

fn texts(reader: &mut Reader, args: &[Arg]) -> Vec<String> {
    let mut texts = Vec::new();
    for arg in args {
        match &arg.value {
            Value::Literal(Literal::Text(text)) => texts.push(text.clone()),
            Value::Literal(_) | Value::Word { .. } | Value::Pair { .. } => {
                reader.wrong(arg.span, "this is no name", "write it in quotes");
            }
        }
    }
    texts
}

fn refine(reader: &mut Reader, setting: &Setting<'_>, reference: &mut Reference) {
    match setting.key {
        "on_delete" => reference.on_delete = action(reader, setting),
        "on_update" => reference.on_update = action(reader, setting),
        "name" => reference.name = setting.name(reader),
        "index" => reference.index = setting.flag(reader),
        "one_to_one" => reference.one_to_one = setting.flag(reader),
        "deferrable" => reference.deferrable = deferrable(reader, setting),
        _ => {}
    }
}

fn action(reader: &mut Reader, setting: &Setting<'_>) -> Option<ReferentialAction> {
    let word = match &setting.value {
        SettingValue::Pair(arg) => words::bare_word(arg).unwrap_or_default(),
        SettingValue::Flag | SettingValue::List(_) => "",
    };
    let found = ACTIONS.into_iter().find(|action| action_word(*action) == word);
    if found.is_none() {
        let key = setting.key;
        reader.wrong(
            setting.span,
            format!("`{key}` names no action"),
            format!("write `{key} = cascade`, `restrict`, `set_null`, `set_default` or `no_action`"),
        );
    }
    found
}

/// `deferrable` or `deferrable = initially_deferred`.
fn deferrable(reader: &mut Reader, setting: &Setting<'_>) -> Deferrability {
    match &setting.value {
        SettingValue::Pair(arg) if words::bare_word(arg) == Some("initially_deferred") => {
            Deferrability::InitiallyDeferred
        }
        SettingValue::Flag | SettingValue::Pair(_) | SettingValue::List(_) => match setting.flag(reader) {
            true => Deferrability::InitiallyImmediate,
            false => Deferrability::NotDeferrable,
        },
    }
}

/// Reads `many_to_many(Tag, through = "post_tags", columns(post_id, tag_id))`.
pub(super) fn many_to_many(reader: &mut Reader, setting: &Setting<'_>) -> Option<ManyToMany> {
    let args = match &setting.value {
        SettingValue::List(args) => *args,
        SettingValue::Flag | SettingValue::Pair(_) => &[],
    };
    let Some((target, rest)) =
        args.split_first().and_then(|(first, rest)| Some((words::bare_word(first)?, rest)))
    else {
        reader.wrong(setting.span, "`many_to_many` names no model", "write `many_to_many(Tag)`");
        return None;
    };
    let mut relation = ManyToMany {
        target: target.to_owned(),
        name: None,
        through: None,
        columns: None,
        on_delete: None,
        on_update: None,
        at: reader.at(setting.span),
    };
    for arg in rest {
        let Some(setting) = words::setting(reader, arg, "many_to_many", KNOWN_OF_MANY) else {
            continue;
        };
        match setting.key {
            "name" => relation.name = setting.text(reader),
            "through" => relation.through = setting.text(reader),
            "columns" => relation.columns = pair(reader, &setting),
            "on_delete" => relation.on_delete = action(reader, &setting),
            "on_update" => relation.on_update = action(reader, &setting),
            _ => {}
        }
    }
    Some(relation)
}

fn pair(reader: &mut Reader, setting: &Setting<'_>) -> Option<(String, String)> {
    match keys::fields(reader, setting).as_slice() {
        [own, other] => Some((own.clone(), other.clone())),
        _ => {
            reader.wrong(
                setting.span,
                "a junction table has two columns",
                "write `columns(this_side, other_side)`",
            );
            None
        }
    }
}
