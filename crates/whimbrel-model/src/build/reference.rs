//! Foreign keys, and what comes with them.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{ForeignKey, Index, KeyPart, ReferentialAction, Table, Unique};

use super::cx::{Cx, column_type, columns, field, key_fields, table_name};
use super::names::{self, Of, chosen, joined};
use crate::check::references;
use crate::item::{Field, Model, Name, Reference, Target, Type};
use crate::types;

/// Adds the foreign keys of a model to its table, with their indexes and, for
/// one-to-one, unique constraints.
pub(super) fn add(cx: &mut Cx<'_>, model: &Model, table: &mut Table) {
    let declared: Vec<String> = table.indexes.iter().map(|index| index.name.clone()).collect();
    for (fields, reference) in references(model) {
        let own = columns(model, &fields);
        if own.len() != fields.len() {
            continue;
        }
        let Some((target, referenced)) = target(cx, model, &fields, reference) else {
            continue;
        };
        let all_nullable = fields.iter().filter_map(|key| field(model, key)).all(Field::may_be_null);
        let usual = if all_nullable { ReferentialAction::SetNull } else { ReferentialAction::Restrict };
        let name = chosen(&reference.name, || joined(&table.name.name, &own, "fkey"));
        if let Some(name) = &name {
            names::check(cx, model, reference.at, Of::Other, name);
        }
        table.foreign_keys.push(ForeignKey {
            name,
            referenced_columns: referenced,
            on_delete: reference.on_delete.unwrap_or(usual),
            on_update: reference.on_update.unwrap_or_default(),
            deferrable: reference.deferrable,
            ..ForeignKey::new(own.clone(), target)
        });
        match reference.one_to_one {
            true => add_unique(cx, model, reference, table, &own),
            false if reference.index => add_index(cx, model, reference, table, &own, &declared),
            false => {}
        }
    }
}

/// The table and columns that are referred to.
fn target(
    cx: &mut Cx<'_>,
    model: &Model,
    fields: &[String],
    reference: &Reference,
) -> Option<(ObjectName, Vec<String>)> {
    let (path, at) = match &reference.target {
        Target::Table(name) => return Some((name.clone(), reference.referenced.clone())),
        Target::Model { path, at } => (path, *at),
    };
    let Some(other) = cx.model(path) else {
        let help = format!("add `{path}` to the models, or refer to `table(\"...\", \"...\")`");
        cx.missing(model, at, path, help);
        return None;
    };
    let wanted: Vec<&Field> = match reference.referenced.is_empty() {
        true => key_fields(other),
        false => reference.referenced.iter().filter_map(|key| field(other, key)).collect(),
    };
    let expected = if reference.referenced.is_empty() { fields.len() } else { reference.referenced.len() };
    if wanted.len() != expected {
        let known: Vec<_> = other.fields.iter().map(|field| format!("`{}`", field.key)).collect();
        let (message, help) = match reference.referenced.is_empty() {
            true => (
                format!(
                    "the primary key of `{path}` has {} fields, and {} refer to it",
                    wanted.len(),
                    fields.len()
                ),
                format!("name the fields: `{path}(...)`, with one here for each"),
            ),
            false => (
                format!("`{path}` lacks a field that is referred to"),
                format!("its fields are {}", known.join(", ")),
            ),
        };
        cx.wrong(model, at, message, help);
        return None;
    }
    is_unique(cx, model, reference, other, &wanted);
    for (key, to) in fields.iter().zip(&wanted) {
        same_type(cx, model, reference, key, other, to);
    }
    Some((table_name(other), wanted.iter().map(|field| field.column.clone()).collect()))
}

/// What is referred to must tell one row from another.
fn is_unique(cx: &mut Cx<'_>, model: &Model, reference: &Reference, other: &Model, wanted: &[&Field]) {
    let mut keys: Vec<&str> = wanted.iter().map(|field| field.key.as_str()).collect();
    keys.sort_unstable();
    let same = |parts: &[crate::item::Part]| {
        let mut own: Vec<_> = parts.iter().filter_map(crate::item::Part::key).collect();
        own.sort_unstable();
        own.len() == parts.len() && own == keys
    };
    let mut primary: Vec<_> = key_fields(other).iter().map(|field| field.key.as_str()).collect();
    primary.sort_unstable();
    let uniques = other.fields.iter().filter_map(|field| field.unique.as_ref()).chain(&other.uniques);
    let of_fields = other.fields.iter().flat_map(|field| &field.indexes);
    let total = of_fields.chain(&other.indexes).filter(|index| index.unique && index.predicate.is_none());
    let one_to_one = references(other).into_iter().any(|(mut fields, reference)| {
        fields.sort_unstable();
        reference.one_to_one && fields == keys
    });
    let found = primary == keys
        || uniques.into_iter().any(|key| same(&key.parts))
        || total.into_iter().any(|index| same(&index.parts))
        || one_to_one;
    if !found {
        let (name, keys) = (&other.name, keys.join("`, `"));
        cx.wrong(
            model,
            reference.at,
            format!("`{keys}` of `{name}` is no key: several rows may hold the same"),
            format!("add `#[column(unique)]` there, or refer to the primary key: `references({name})`"),
        );
    }
}

/// Refuses types that do not compare with each other. What a type in the
/// engine's own words compares with is for the engine to say.
fn same_type(cx: &mut Cx<'_>, model: &Model, reference: &Reference, key: &str, other: &Model, to: &Field) {
    let of = |model: &Model, field: Option<&Field>| {
        let ty = column_type(field?)?.clone();
        let sql = types::sql_type(cx.dialect, &ty, model.flags).ok()?;
        Some((ty, sql))
    };
    let (Some(own), Some(theirs)) = (of(model, field(model, key)), of(other, Some(to))) else {
        return;
    };
    if !compare(cx.dialect, &own.0, &theirs.0) {
        let (name, their_key) = (&other.name, &to.key);
        cx.wrong(
            model,
            reference.at,
            format!("`{key}` is of the type {}, and `{name}.{their_key}` of {}", own.1, theirs.1),
            "give both fields one type",
        );
    }
}

/// Says whether values of two types may be equal.
fn compare(dialect: Dialect, a: &Type, b: &Type) -> bool {
    // Where the engine has no enums, they are texts.
    let is_text = |ty: &Type| match (ty, dialect) {
        (Type::Scalar(scalar), Dialect::Sqlite) => scalar.is_text(),
        (Type::Enum(_), Dialect::Sqlite) => true,
        (_, Dialect::Sqlite | Dialect::Postgres) => false,
    };
    match (a, b) {
        (Type::Native(_), _) | (_, Type::Native(_)) => true,
        (a, b) if is_text(a) && is_text(b) => true,
        (Type::Scalar(a), Type::Scalar(b)) => a.family() == b.family(),
        (Type::Enum(a), Type::Enum(b)) => a.name == b.name,
        (Type::List(a), Type::List(b)) => compare(dialect, a, b),
        (Type::Scalar(_) | Type::Enum(_) | Type::List(_) | Type::Named { .. }, _) => false,
    }
}

fn add_unique(cx: &mut Cx<'_>, model: &Model, reference: &Reference, table: &mut Table, own: &[String]) {
    let same_set = |parts: &[KeyPart]| {
        parts.len() == own.len()
            && parts
                .iter()
                .all(|part| part.column_name().is_some_and(|name| own.iter().any(|one| one == name)))
    };
    let known = table.primary_key.as_ref().is_some_and(|key| same_set(&key.columns))
        || table.unique_constraints.iter().any(|unique| same_set(&unique.columns))
        || table
            .indexes
            .iter()
            .any(|index| index.unique && index.predicate.is_none() && same_set(&index.columns));
    if known {
        return;
    }
    let name = joined(&table.name.name, own, "key");
    names::check(cx, model, reference.at, Of::Other, &name);
    let columns = own.iter().map(KeyPart::column).collect();
    table.unique_constraints.push(Unique { name: Some(name), columns, ..Unique::default() });
}

/// Adds the index by which the rows that refer are found, unless a key or a
/// declared index begins with the columns already.
fn add_index(
    cx: &mut Cx<'_>,
    model: &Model,
    reference: &Reference,
    table: &mut Table,
    own: &[String],
    declared: &[String],
) {
    let begins = |parts: &[KeyPart]| {
        parts.len() >= own.len() && own.iter().zip(parts).all(|(name, part)| part.column_name() == Some(name))
    };
    let served = table.primary_key.as_ref().is_some_and(|key| begins(&key.columns))
        || table.unique_constraints.iter().any(|unique| begins(&unique.columns))
        || table.indexes.iter().any(|index| index.predicate.is_none() && begins(&index.columns));
    if served {
        return;
    }
    let candidates = ["idx", "fkey_idx"].map(|label| joined(&table.name.name, own, label));
    let Some(name) = candidates.into_iter().find(|name| !declared.contains(name)) else {
        return;
    };
    if reference.name == Name::Automatic {
        names::check(cx, model, reference.at, Of::Other, &name);
    }
    table.indexes.push(Index {
        name,
        columns: own.iter().map(KeyPart::column).collect(),
        ..Index::default()
    });
}
