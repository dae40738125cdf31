//! The enum types that columns use.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::listing_enum;
use whimbrel_core::resolve::RenameKind;
use whimbrel_core::schema::{Check, EnumType, SqlExpr};

use super::cx::{Cx, column_type, table_name};
use super::names::{self, Of};
use crate::item::{EnumDef, Field, Model, Type};

/// Gathers the enum types, in the order of their first use. SQLite has none: a
/// check on the column lists the values.
pub(super) fn build(cx: &mut Cx<'_>) {
    if cx.dialect == Dialect::Sqlite {
        return renamed_values(cx);
    }
    let mut seen: Vec<&EnumDef> = Vec::new();
    for model in cx.models {
        for field in &model.fields {
            let Some(def) = column_type(field).and_then(enum_of) else {
                continue;
            };
            match seen.iter().find(|other| other.name == def.name) {
                Some(other) if other.values != def.values => differ(cx, model, field, def),
                Some(_) => {}
                None => {
                    seen.push(def);
                    add(cx, model, def);
                }
            }
        }
    }
}

/// Where a check lists the values of a column, they are renamed column by column.
fn renamed_values(cx: &mut Cx<'_>) {
    for model in cx.models.iter().filter(|model| model.table.is_some()) {
        for field in &model.fields {
            let Some(Type::Enum(def)) = column_type(field) else { continue };
            let parent = listing_enum(&table_name(model), &field.column);
            for value in &def.values {
                if let Some(from) = &value.renamed_from {
                    cx.renamed(RenameKind::EnumValue, Some(&parent), from.as_str(), value.value.as_str());
                }
            }
        }
    }
}

fn enum_of(ty: &Type) -> Option<&EnumDef> {
    match ty {
        Type::Enum(def) => Some(def),
        Type::List(of) => enum_of(of),
        Type::Scalar(_) | Type::Native(_) | Type::Named { .. } => None,
    }
}

fn differ(cx: &mut Cx<'_>, model: &Model, field: &Field, def: &EnumDef) {
    let (name, rust) = (&def.name, &def.rust);
    cx.wrong(
        model,
        field.at,
        format!("two enums with different values are both the type `{name}`"),
        format!("give one of them another name, as in `#[db_enum(name = \"...\")] enum {rust}`"),
    );
}

fn add(cx: &mut Cx<'_>, model: &Model, def: &EnumDef) {
    let owner = Model { file: def.file.clone(), ..Model::unit(&model.name) };
    names::check(cx, &owner, def.at, Of::Other, &def.name.name);
    if let Some(namespace) = &def.name.namespace {
        add_namespace(cx, &owner, def.at, namespace);
    }
    if let Some(from) = &def.renamed_from {
        cx.renamed(RenameKind::Enum, None, def.name.with_name(from), def.name.clone());
    }
    for value in &def.values {
        if let Some(from) = &value.renamed_from {
            cx.renamed(RenameKind::EnumValue, Some(&def.name), from.as_str(), value.value.as_str());
        }
    }
    cx.built.schema.enums.push(EnumType {
        name: def.name.clone(),
        values: def.values.iter().map(|value| value.value.clone()).collect(),
        comment: def.comment.clone(),
    });
}

/// Notes a namespace that something lives in.
pub(super) fn add_namespace(cx: &mut Cx<'_>, model: &Model, at: crate::At, namespace: &str) {
    names::check(cx, model, at, Of::Namespace, namespace);
    let known = &mut cx.built.schema.namespaces;
    if !known.iter().any(|one| one == namespace) {
        known.push(namespace.to_owned());
    }
}

/// The check that stands for an enum where the engine has no such type.
pub(super) fn check(dialect: Dialect, column: &str, ty: &Type) -> Option<Check> {
    let Type::Enum(def) = ty else {
        return None;
    };
    match dialect {
        Dialect::Postgres => None,
        Dialect::Sqlite => {
            let values: Vec<_> = def.values.iter().map(|value| value.value.as_str()).collect();
            let expression = condition(dialect, column, &values);
            Some(Check {
                name: None,
                expression: SqlExpr(expression),
                no_inherit: false,
                not_valid: false,
                comment: None,
            })
        }
    }
}

/// The condition that a column holds one of some values.
pub(crate) fn condition<S: AsRef<str>>(dialect: Dialect, column: &str, values: &[S]) -> String {
    let values: Vec<_> = values.iter().map(|value| dialect.quote_literal(value.as_ref())).collect();
    format!("{} IN ({})", dialect.quote_ident(column), values.join(", "))
}
