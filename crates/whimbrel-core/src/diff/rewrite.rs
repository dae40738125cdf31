//! The current side under the new names, as the engine leaves it after the
//! renames. Whatever no rename touches is borrowed.
//!
//! The definitions of views, triggers and functions stay as they are: what an
//! engine makes of them differs, and a text that then differs is replaced.

use std::borrow::Cow;

use super::expression::{self, Scope};
use super::names::Names;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{
    Column, EnumType, ForeignKey, KeyPart, KeyTarget, Object, ObjectKind, Schema, Sequence, SqlExpr, Table,
    TypeDef,
};

/// The parts of a schema that can have another name.
pub(super) struct Renamed<'a> {
    pub(super) tables: Vec<Cow<'a, Table>>,
    pub(super) enums: Vec<Cow<'a, EnumType>>,
    pub(super) types: Vec<Cow<'a, TypeDef>>,
    pub(super) sequences: Vec<Cow<'a, Sequence>>,
    pub(super) objects: Vec<Cow<'a, Object>>,
}

/// Puts the new names into `schema`.
pub(super) fn rewrite<'a>(schema: &'a Schema, names: &Names<'_>) -> Renamed<'a> {
    Renamed {
        tables: each(&schema.tables, names, |table| rewrite_table(table, names)),
        enums: each(&schema.enums, names, |one| rewrite_enum(one, names)),
        types: each(&schema.types, names, |type_def| rewrite_type(type_def, names)),
        sequences: each(&schema.sequences, names, |sequence| rewrite_sequence(sequence, names)),
        objects: each(&schema.objects, names, |object| rewrite_object(object, names)),
    }
}

fn each<'a, T: Clone>(items: &'a [T], names: &Names<'_>, f: impl Fn(&'a T) -> Option<T>) -> Vec<Cow<'a, T>> {
    let one = |item| match names.is_empty() {
        true => Cow::Borrowed(item),
        false => f(item).map_or(Cow::Borrowed(item), Cow::Owned),
    };
    items.iter().map(one).collect()
}

fn rewrite_table(table: &Table, names: &Names<'_>) -> Option<Table> {
    if !is_touched(table, names) {
        return None;
    }
    let mut new = table.clone();
    let scope = Scope {
        names,
        table: Pair::new(&table.name, names.table(&table.name).unwrap_or(&table.name)),
        columns: names.columns(&table.name),
    };
    new.name = scope.table.to.clone();
    for column in &mut new.columns {
        rewrite_column(column, &scope);
    }
    rewrite_parts(&mut new, &scope);
    if let Some(of) = &mut new.partition_of
        && let Some(name) = names.table(&of.parent)
    {
        of.parent = name.clone();
    }
    for expression in expressions(&mut new) {
        put(&mut expression.0, |text| scope.rewrite(text));
    }
    Some(new)
}

/// Says whether anything that `table` mentions has another name.
fn is_touched(table: &Table, names: &Names<'_>) -> bool {
    let renamed = |name: &ObjectName| names.table(name).is_some() || names.columns(name).is_some();
    renamed(&table.name)
        || table.foreign_keys.iter().any(|key| renamed(&key.referenced_table))
        || table.parent().is_some_and(renamed)
        || names.mentioned().any(|name| mentions(table, name))
}

/// Looks for a name in the texts of a table. It may find too much, which costs
/// a copy; one with quotes inside is taken for found.
fn mentions(table: &Table, name: &str) -> bool {
    if name.contains(['"', '\'']) {
        return true;
    }
    let in_column = |column: &Column| {
        column.sql_type.contains(name) || column.default.iter().any(|default| default.0.contains(name))
    };
    let in_index =
        |part: &KeyPart| matches!(&part.target, KeyTarget::Expression(text) if text.0.contains(name));
    table
        .columns
        .iter()
        .any(|column| in_column(column) || column.generated.iter().any(|one| one.expression.0.contains(name)))
        || table.checks.iter().any(|check| check.expression.0.contains(name))
        || table.indexes.iter().any(|index| {
            index.columns.iter().any(in_index) || index.predicate.iter().any(|one| one.0.contains(name))
        })
        || table.exclusions.iter().any(|one| one.definition.0.contains(name))
        || table.partition_by.iter().any(|by| by.key.0.contains(name))
}

fn rewrite_column(column: &mut Column, scope: &Scope<'_>) {
    put_column(&mut column.name, scope);
    put(&mut column.sql_type, |text| retyped(text, scope.names));
    if let Some(identity) = &mut column.identity {
        own(&mut identity.sequence, scope.names);
    }
}

fn rewrite_parts(table: &mut Table, scope: &Scope<'_>) {
    let keys = table.primary_key.iter_mut().map(|key| (&mut key.columns, &mut key.include));
    let uniques = table.unique_constraints.iter_mut().map(|key| (&mut key.columns, &mut key.include));
    let indexes = table.indexes.iter_mut().map(|index| (&mut index.columns, &mut index.include));
    for (parts, include) in keys.chain(uniques).chain(indexes) {
        for part in parts {
            if let KeyTarget::Column(column) = &mut part.target {
                put_column(column, scope);
            }
        }
        include.iter_mut().for_each(|column| put_column(column, scope));
    }
    for exclusion in &mut table.exclusions {
        exclusion.columns.iter_mut().for_each(|column| put_column(column, scope));
    }
    for key in &mut table.foreign_keys {
        rewrite_foreign_key(key, scope);
    }
}

fn rewrite_foreign_key(key: &mut ForeignKey, scope: &Scope<'_>) {
    key.columns.iter_mut().for_each(|column| put_column(column, scope));
    key.on_delete_columns.iter_mut().for_each(|column| put_column(column, scope));
    for column in &mut key.referenced_columns {
        put_name(column, scope.names.column(&key.referenced_table, column));
    }
    if let Some(new) = scope.names.table(&key.referenced_table) {
        key.referenced_table = new.clone();
    }
}

/// Every expression of a table.
fn expressions(table: &mut Table) -> impl Iterator<Item = &mut SqlExpr> {
    let of_columns = table.columns.iter_mut().flat_map(|column| {
        column.default.as_mut().into_iter().chain(column.generated.as_mut().map(|one| &mut one.expression))
    });
    let of_indexes = table
        .indexes
        .iter_mut()
        .flat_map(|index| index.columns.iter_mut().filter_map(in_part).chain(index.predicate.as_mut()));
    of_columns
        .chain(of_indexes)
        .chain(table.checks.iter_mut().map(|check| &mut check.expression))
        .chain(table.exclusions.iter_mut().map(|exclusion| &mut exclusion.definition))
        .chain(table.partition_by.iter_mut().map(|by| &mut by.key))
}

fn in_part(part: &mut KeyPart) -> Option<&mut SqlExpr> {
    match &mut part.target {
        KeyTarget::Expression(expression) => Some(expression),
        KeyTarget::Column(_) => None,
    }
}

fn rewrite_enum(one: &EnumType, names: &Names<'_>) -> Option<EnumType> {
    let value = |value: &String| names.enum_value(&one.name, value).unwrap_or(value).to_owned();
    let new = EnumType {
        name: names.enum_type(&one.name).unwrap_or(&one.name).clone(),
        values: one.values.iter().map(value).collect(),
        comment: one.comment.clone(),
    };
    (new != *one).then_some(new)
}

fn rewrite_type(type_def: &TypeDef, names: &Names<'_>) -> Option<TypeDef> {
    let mut new = type_def.clone();
    let scope = Scope { names, table: Pair::new(type_def.name(), type_def.name()), columns: None };
    match &mut new {
        TypeDef::Domain { base, default, checks, .. } => {
            put(base, |text| retyped(text, names));
            let conditions = checks.iter_mut().map(|(_, condition)| condition);
            for expression in conditions.chain(default) {
                put(&mut expression.0, |text| scope.rewrite(text));
            }
        }
        TypeDef::Composite { attributes, .. } => {
            for (_, sql_type) in attributes {
                put(sql_type, |text| retyped(text, names));
            }
        }
        TypeDef::Range { .. } => {}
    }
    (new != *type_def).then_some(new)
}

fn rewrite_sequence(sequence: &Sequence, names: &Names<'_>) -> Option<Sequence> {
    let mut new = sequence.clone();
    if let Some(name) = names.sequence(&sequence.name) {
        new.name = name.clone();
    }
    own(&mut new, names);
    (new != *sequence).then_some(new)
}

fn own(sequence: &mut Sequence, names: &Names<'_>) {
    if let Some((table, column)) = &mut sequence.owned_by {
        put_name(column, names.column(table, column));
        if let Some(new) = names.table(table) {
            *table = new.clone();
        }
    }
}

fn rewrite_object(object: &Object, names: &Names<'_>) -> Option<Object> {
    let mut new = object.clone();
    if let Some(table) = &mut new.table
        && let Some(name) = names.table(table)
    {
        *table = name.clone();
    }
    for needed in &mut new.depends_on {
        if let Some(column) = &mut needed.column {
            put_name(column, names.column(&needed.name, column));
        }
        let name = match needed.kind {
            ObjectKind::Table => names.table(&needed.name),
            ObjectKind::Type => names.enum_type(&needed.name),
            ObjectKind::Sequence => names.sequence(&needed.name),
            ObjectKind::Namespace
            | ObjectKind::Extension
            | ObjectKind::Index
            | ObjectKind::Constraint
            | ObjectKind::VirtualTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Aggregate
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy => None,
        };
        needed.name = name.unwrap_or(&needed.name).clone();
    }
    (new != *object).then_some(new)
}

fn retyped(sql_type: &str, names: &Names<'_>) -> Option<String> {
    let new = names.enum_type(&expression::type_name(sql_type)?)?;
    Some(expression::retyped(names.dialect, sql_type, new))
}

fn put(text: &mut String, rewrite: impl FnOnce(&str) -> Option<String>) {
    if let Some(new) = rewrite(text) {
        *text = new;
    }
}

fn put_name(name: &mut String, new: Option<&str>) {
    if let Some(new) = new {
        new.clone_into(name);
    }
}

fn put_column(column: &mut String, scope: &Scope<'_>) {
    put_name(column, scope.names.column(scope.table.from, column));
}
