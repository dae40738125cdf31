//! `#[column(...)]`: what a field says of its column.

use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields};

use super::reader::Reader;
use super::tree::{Arg, Value};
use super::words::{self, Setting, SettingValue};
use super::{default, keys, relation, root, types};
use crate::item::{
    ColumnTypeDef, Field, FieldKind, Flatten, Generated, IdentitySpec, Literal, PerEngine, Scalar, Type,
};

const KNOWN: &[&str] = &[
    "name",
    "type",
    "nullable",
    "primary_key",
    "auto_increment",
    "identity",
    "unique",
    "index",
    "check",
    "default",
    "generated",
    "collate",
    "references",
    "renamed_from",
    "flatten",
    "skip",
];
const KNOWN_OF_STRUCT: &[&str] = &["type", "crate"];

/// Reads a field; `None` if it is no column.
pub(super) fn read(reader: &mut Reader, input: &syn::Field) -> Option<Field> {
    let ident = input.ident.as_ref()?;
    let args = words::all_arguments(reader, &input.attrs, "column");
    let settings: Vec<_> =
        args.iter().filter_map(|arg| words::setting(reader, arg, "column", KNOWN)).collect();
    said_once(reader, &settings);
    let says = |key: &str| settings.iter().find(|setting| setting.key == key);
    if says("skip").is_some() {
        return None;
    }
    // A type that is told is not read: it may be one that whimbrel does not know.
    let told = says("type").and_then(|setting| column_type(reader, setting));
    let key = ident.unraw().to_string();
    let at = reader.at(ident.span());
    let (kind, nullable) = match (says("flatten"), told) {
        (Some(setting), _) => flatten(reader, setting, &input.ty),
        (None, Some(ty)) => (FieldKind::Column(ty), is_option(&input.ty)),
        (None, None) => {
            let (ty, nullable) = types::read(reader, &input.ty);
            (FieldKind::Column(ty), nullable)
        }
    };
    let mut field = Field { kind, nullable, at, ..Field::new(key, Type::Scalar(Scalar::Text)) };
    field.comment = words::doc_comment(&input.attrs);
    for setting in &settings {
        apply(reader, setting, &mut field);
    }
    Some(field)
}

fn said_once(reader: &mut Reader, settings: &[Setting<'_>]) {
    for (index, setting) in settings.iter().enumerate() {
        let repeats = settings[..index].iter().any(|other| other.key == setting.key);
        if repeats && !["index", "check"].contains(&setting.key) {
            reader.wrong(setting.span, format!("`{}` is said twice", setting.key), "say it once");
        }
    }
}

fn apply(reader: &mut Reader, setting: &Setting<'_>, field: &mut Field) {
    match setting.key {
        "name" => {
            if let Some(name) = setting.text(reader) {
                field.column = name;
            }
        }
        "nullable" => field.null = Some(setting.flag(reader)),
        "primary_key" => field.primary_key = setting.flag(reader),
        "auto_increment" => field.auto_increment = setting.flag(reader),
        "identity" => field.identity = identity(reader, setting),
        "unique" => {
            let own = crate::item::Part::field(&field.key, field.at);
            field.unique = match &setting.value {
                SettingValue::List(args) => Some(keys::key(reader, args, setting.span)),
                SettingValue::Flag | SettingValue::Pair(_) => {
                    setting.flag(reader).then(|| keys::key(reader, &[], setting.span))
                }
            };
            if let Some(unique) = &mut field.unique {
                own_part(reader, setting, &mut unique.parts, own);
            }
        }
        "index" => {
            let args = match &setting.value {
                SettingValue::List(args) => *args,
                SettingValue::Flag | SettingValue::Pair(_) => &[],
            };
            let mut index = keys::an_index(reader, args, setting.span);
            let own = crate::item::Part::field(&field.key, field.at);
            own_part(reader, setting, &mut index.parts, own);
            field.indexes.push(index);
        }
        "check" => field.checks.extend(keys::check(reader, setting)),
        "default" => {
            let at = reader.at(setting.span);
            field.default = match &setting.value {
                SettingValue::Pair(arg) => default::read(reader, arg).map(|default| (default, at)),
                SettingValue::Flag | SettingValue::List(_) => {
                    reader.wrong(setting.span, "`default` wants a value", "write `default = 0`");
                    None
                }
            };
        }
        "generated" => field.generated = generated(reader, setting),
        "collate" => field.collation = setting.text(reader),
        "references" => field.references = relation::of_field(reader, setting),
        "renamed_from" => field.renamed_from = setting.text(reader),
        _ => {}
    }
}

/// A key on a field is one on that field: it lists none.
fn own_part(
    reader: &mut Reader,
    setting: &Setting<'_>,
    parts: &mut Vec<crate::item::Part>,
    own: crate::item::Part,
) {
    if !parts.is_empty() {
        let key = setting.key;
        reader.wrong(
            setting.span,
            format!("`{key}` on a field is on that field alone"),
            format!("write it on the struct: `#[model({key}(...))]`"),
        );
    }
    *parts = vec![own];
}

fn identity(reader: &mut Reader, setting: &Setting<'_>) -> Option<IdentitySpec> {
    match &setting.value {
        SettingValue::Flag => Some(IdentitySpec { always: false }),
        SettingValue::Pair(arg) if words::bare_word(arg) == Some("always") => {
            Some(IdentitySpec { always: true })
        }
        SettingValue::Pair(_) | SettingValue::List(_) => {
            reader.wrong(
                setting.span,
                "`identity` is said in two ways",
                "write `identity` or `identity = always`",
            );
            None
        }
    }
}

/// `generated = "a + b"` or `generated = virtual("a + b")`.
fn generated(reader: &mut Reader, setting: &Setting<'_>) -> Option<Generated> {
    if let SettingValue::Pair(arg) = &setting.value {
        match &arg.value {
            Value::Literal(Literal::Text(text)) => {
                return Some(Generated { expression: text.clone(), stored: true });
            }
            Value::Word { path, args: Some(args) } if path == "virtual" => {
                if let [Arg { value: Value::Literal(Literal::Text(text)), .. }] = args.as_slice() {
                    return Some(Generated { expression: text.clone(), stored: false });
                }
            }
            Value::Literal(_) | Value::Word { .. } | Value::Pair { .. } => {}
        }
    }
    reader.wrong(
        setting.span,
        "`generated` wants an expression",
        "write `generated = \"price * amount\"`, or `generated = virtual(\"...\")` to have it computed when read",
    );
    None
}

/// `type = text`, `type = varchar(80)`, `type = "citext"`, `type(sqlite = "...")`.
fn column_type(reader: &mut Reader, setting: &Setting<'_>) -> Option<Type> {
    const HELP: &str = "write `bool`, `smallint`, `int`, `bigint`, `real`, `double`, `decimal(10, 2)`, `text`, \
                        `varchar(80)`, `bytes`, `json`, `uuid`, `date`, `time`, `timetz`, `timestamp`, `timestamptz`, \
                        `interval`, `inet`, `vector(3)`, `point`, or the engine's own words in quotes: `\"citext\"`";
    let arg = match &setting.value {
        SettingValue::List(args) => return words::per_engine(reader, args, setting.span).map(Type::Native),
        SettingValue::Pair(arg) => *arg,
        SettingValue::Flag => {
            reader.wrong(setting.span, "`type` names no type", HELP);
            return None;
        }
    };
    words::no_modifiers(reader, arg);
    match &arg.value {
        // SQLite has columns without a type.
        Value::Literal(Literal::Text(text)) => {
            return Some(Type::Native(PerEngine::all(text.clone())));
        }
        Value::Word { path, args } => {
            let numbers: Option<Vec<u32>> = args.iter().flatten().map(number).collect();
            if let Some(scalar) = numbers.and_then(|numbers| Scalar::parse(path, &numbers)) {
                return Some(Type::Scalar(scalar));
            }
        }
        Value::Literal(_) | Value::Pair { .. } => {}
    }
    reader.wrong(arg.span, "this is no type of a column", HELP);
    None
}

fn number(arg: &Arg) -> Option<u32> {
    match &arg.value {
        Value::Literal(Literal::Int(text)) => text.parse().ok(),
        Value::Literal(_) | Value::Word { .. } | Value::Pair { .. } => None,
    }
}

fn flatten(reader: &mut Reader, setting: &Setting<'_>, ty: &syn::Type) -> (FieldKind, bool) {
    let prefix = match &setting.value {
        SettingValue::Flag => String::new(),
        SettingValue::Pair(_) | SettingValue::List(_) => setting.text(reader).unwrap_or_default(),
    };
    let (named, nullable) = types::read(reader, ty);
    let at = reader.at(ty.span());
    let path = match named {
        Type::Named { path, .. } => path,
        Type::Scalar(_) | Type::List(_) | Type::Native(_) | Type::Enum(_) => {
            reader.wrong(
                ty.span(),
                "this type has no fields to flatten",
                "flatten a struct that derives `Embedded`",
            );
            String::new()
        }
    };
    (FieldKind::Flatten(Flatten { path, prefix, at }), nullable)
}

fn is_option(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

/// Reads a newtype: a struct of one field without a name.
pub(super) fn read_newtype(reader: &mut Reader, input: &DeriveInput) -> ColumnTypeDef {
    let told = of_struct(reader, input);
    let (ty, nullable) = match (told, &input.data) {
        (Some(ty), _) => (ty, false),
        (None, Data::Struct(data)) if data.fields.len() == 1 && matches!(data.fields, Fields::Unnamed(_)) => {
            let field = data.fields.iter().next().expect("there is exactly one");
            types::read(reader, &field.ty)
        }
        (None, Data::Struct(_) | Data::Enum(_) | Data::Union(_)) => {
            reader.wrong(
                input.ident.span(),
                format!("`{}` is no newtype", input.ident),
                "derive `ColumnType` for `struct Name(Inner);`, or add `#[column(type = ...)]`",
            );
            (Type::told_of(), false)
        }
    };
    ColumnTypeDef { ty, nullable }
}

/// Reads what `#[column(...)]` says on a struct: the type, if it is told there.
pub(super) fn of_struct(reader: &mut Reader, input: &DeriveInput) -> Option<Type> {
    let args = words::all_arguments(reader, &input.attrs, "column");
    let settings: Vec<_> =
        args.iter().filter_map(|arg| words::setting(reader, arg, "column", KNOWN_OF_STRUCT)).collect();
    for setting in settings.iter().filter(|setting| setting.key == "crate") {
        root::check(reader, setting);
    }
    settings.iter().find(|setting| setting.key == "type").and_then(|setting| column_type(reader, setting))
}
