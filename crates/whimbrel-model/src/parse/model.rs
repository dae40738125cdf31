//! `#[derive(Model)]` and `#[derive(Embedded)]`.

use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields};
use whimbrel_core::name::ObjectName;

use super::reader::Reader;
use super::words::{self, Setting, SettingValue};
use super::{column, keys, relation, root};
use crate::case::snake;
use crate::check;
use crate::item::{Field, KeyDef, Model, PerEngine, RawSql};

const KNOWN: &[&str] = &[
    "table",
    "namespace",
    "renamed_from",
    "primary_key",
    "no_primary_key",
    "unique",
    "index",
    "check",
    "foreign_key",
    "many_to_many",
    "strict",
    "without_rowid",
    "unlogged",
    "sql",
    "before",
    "crate",
];

/// Reads a model.
pub(super) fn read(reader: &mut Reader, input: &DeriveInput) -> Model {
    let name = input.ident.to_string();
    refuse_generics(reader, input);
    let mut model = Model::new(&name, ObjectName::new(snake(&name)));
    model.file = reader.file().to_owned();
    model.at = reader.at(input.ident.span());
    model.comment = words::doc_comment(&input.attrs);
    for arg in &words::all_arguments(reader, &input.attrs, "model") {
        if let Some(setting) = words::setting(reader, arg, "model", KNOWN) {
            apply(reader, &setting, &mut model);
        }
    }
    let is_unit = matches!(&input.data, Data::Struct(data) if matches!(data.fields, Fields::Unit));
    if is_unit && !model.sql.is_empty() {
        model.table = None;
        return model;
    }
    model.fields = fields(reader, input);
    let problems = check::model(&model);
    reader.found(problems);
    model
}

/// Reads the fields of a struct that is part of others.
pub(super) fn read_embedded(reader: &mut Reader, input: &DeriveInput) -> Vec<Field> {
    refuse_generics(reader, input);
    column::of_struct(reader, input);
    fields(reader, input)
}

fn refuse_generics(reader: &mut Reader, input: &DeriveInput) {
    reader.has_parameters(&input.generics);
    if !input.generics.params.is_empty() {
        reader.wrong(
            input.generics.span(),
            format!("`{}` has parameters, and a table has none", input.ident),
            "write a struct without generics and lifetimes for each table",
        );
    }
}

fn fields(reader: &mut Reader, input: &DeriveInput) -> Vec<Field> {
    let name = &input.ident;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return fields.named.iter().filter_map(|field| column::read(reader, field)).collect();
            }
            Fields::Unnamed(_) => reader.wrong(
                name.span(),
                format!("the fields of `{name}` have no names, and columns need some"),
                "write `struct Name { field: Type }`; for a newtype derive `ColumnType`",
            ),
            Fields::Unit => {}
        },
        Data::Enum(_) => {
            reader.wrong(
                name.span(),
                format!("`{name}` is an enum"),
                "derive `DbEnum` for it, `Model` is for structs",
            );
        }
        Data::Union(_) => {
            reader.wrong(name.span(), format!("`{name}` is a union"), "write a struct");
        }
    }
    Vec::new()
}

fn apply(reader: &mut Reader, setting: &Setting<'_>, model: &mut Model) {
    match setting.key {
        "table" => {
            if let (Some(name), Some(table)) = (setting.text(reader), &mut model.table) {
                table.name = name;
            }
        }
        "namespace" => {
            if let (Some(name), Some(table)) = (setting.text(reader), &mut model.table) {
                table.namespace = Some(name);
            }
        }
        "renamed_from" => {
            let text = setting.text(reader);
            model.renamed_from = text.map(|text| ObjectName::parse(&text).unwrap_or(ObjectName::new(text)));
        }
        "primary_key" => model.primary_key = compound(reader, setting),
        "no_primary_key" => model.flags.no_primary_key = setting.flag(reader),
        "unique" => model.uniques.extend(compound(reader, setting)),
        "index" => {
            let index = keys::an_index(reader, list(setting), setting.span);
            if index.parts.is_empty() {
                reader.wrong(setting.span, "this index is on nothing", "write `index(field, ...)`");
            }
            model.indexes.push(index);
        }
        "check" => model.checks.extend(keys::check(reader, setting)),
        "foreign_key" => model.references.extend(relation::of_model(reader, setting)),
        "many_to_many" => model.many_to_many.extend(relation::many_to_many(reader, setting)),
        "strict" => model.flags.strict = setting.flag(reader),
        "without_rowid" => model.flags.without_rowid = setting.flag(reader),
        "unlogged" => model.flags.unlogged = setting.flag(reader),
        "sql" | "before" => {
            let at = reader.at(setting.span);
            let text: Option<PerEngine> = setting.per_engine(reader);
            model.sql.extend(text.map(|text| RawSql { text, before: setting.key == "before", at }));
        }
        "crate" => root::check(reader, setting),
        _ => {}
    }
}

fn list<'a>(setting: &Setting<'a>) -> &'a [super::tree::Arg] {
    match setting.value {
        SettingValue::List(args) => args,
        SettingValue::Flag | SettingValue::Pair(_) => &[],
    }
}

/// A key over several fields.
fn compound(reader: &mut Reader, setting: &Setting<'_>) -> Option<KeyDef> {
    let key = keys::key(reader, list(setting), setting.span);
    if key.parts.is_empty() && setting.key == "unique" {
        reader.wrong(setting.span, "this key is on nothing", "write `unique(field, ...)`");
        return None;
    }
    Some(key)
}
