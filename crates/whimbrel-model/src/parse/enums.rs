//! `#[derive(DbEnum)]`.

use syn::{Data, DeriveInput, Fields};
use whimbrel_core::name::ObjectName;

use super::reader::Reader;
use super::{root, words};
use crate::case::{Case, snake};
use crate::item::{EnumDef, EnumValue};

const KNOWN: &[&str] = &["name", "namespace", "renamed_from", "rename_all", "crate"];
const KNOWN_OF_VARIANT: &[&str] = &["name", "renamed_from"];

/// Reads an enum.
pub(super) fn read(reader: &mut Reader, input: &DeriveInput) -> EnumDef {
    let rust = input.ident.to_string();
    let mut found = EnumDef {
        name: ObjectName::new(snake(&rust)),
        rust,
        renamed_from: None,
        values: Vec::new(),
        comment: words::doc_comment(&input.attrs),
        file: reader.file().to_owned(),
        at: reader.at(input.ident.span()),
    };
    let mut case = Case::Snake;
    for arg in &words::all_arguments(reader, &input.attrs, "db_enum") {
        let Some(setting) = words::setting(reader, arg, "db_enum", KNOWN) else {
            continue;
        };
        let Some(text) = setting.text(reader) else {
            continue;
        };
        match setting.key {
            "name" => found.name.name = text,
            "namespace" => found.name.namespace = Some(text),
            "renamed_from" => found.renamed_from = Some(text),
            "crate" => root::check(reader, &setting),
            _ => match Case::parse(&text) {
                Some(one) => case = one,
                None => reader.wrong(setting.span, format!("`{text}` is no case"), Case::HELP),
            },
        }
    }
    found.values = variants(reader, input, case);
    found
}

fn variants(reader: &mut Reader, input: &DeriveInput, case: Case) -> Vec<EnumValue> {
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        reader.wrong(
            name.span(),
            format!("`{name}` is no enum"),
            "derive `DbEnum` for an enum, `Model` for a struct",
        );
        return Vec::new();
    };
    if data.variants.is_empty() {
        reader.wrong(
            name.span(),
            format!("the enum `{name}` has no variants"),
            "give it one: a column of it could hold nothing",
        );
    }
    let mut values: Vec<EnumValue> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            reader.wrong(
                variant.ident.span(),
                format!("the variant `{}` carries data", variant.ident),
                "a value of an enum in the database is only a name; keep the data in columns, or as `Json<...>`",
            );
        }
        let value = value(reader, variant, case);
        if values.iter().any(|other| other.value == value.value) {
            reader.wrong(
                variant.ident.span(),
                format!("two variants are the value `{}`", value.value),
                "give one of them another: `#[db_enum(name = \"...\")]`",
            );
        }
        values.push(value);
    }
    values
}

fn value(reader: &mut Reader, variant: &syn::Variant, case: Case) -> EnumValue {
    let name = variant.ident.to_string();
    let mut value = EnumValue { value: case.apply(&name), variant: name, renamed_from: None };
    for arg in &words::all_arguments(reader, &variant.attrs, "db_enum") {
        let Some(setting) = words::setting(reader, arg, "db_enum", KNOWN_OF_VARIANT) else {
            continue;
        };
        match (setting.key, setting.any_text(reader)) {
            ("name", Some(text)) => value.value = text,
            (_, Some(text)) => value.renamed_from = Some(text),
            (_, None) => {}
        }
    }
    value
}
