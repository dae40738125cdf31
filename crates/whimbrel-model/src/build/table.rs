//! One model's table.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::dialect::postgres::serial_sequence;
use whimbrel_core::name::ObjectName;
use whimbrel_core::resolve::RenameKind;
use whimbrel_core::schema::{
    Check, Column, Generated, Identity, Index, KeyPart, KeyTarget, NullsOrder, PrimaryKey, SortOrder,
    SqlExpr, Table, TableOptions, Unique,
};
use whimbrel_core::sql::rename_columns;

use super::cx::{Cx, column_type, columns, field, key_fields, table_name};
use super::names::{self, Of, chosen, joined};
use super::{default, enums, reference};
use crate::item::{CheckDef, Field, IndexDef, KeyDef, Model, Name, Part, PartTarget, Type};
use crate::types;

/// Makes the table of a model.
pub(super) fn build(cx: &mut Cx<'_>, model: &Model) -> Table {
    let name = table_name(model);
    names::check(cx, model, model.at, Of::Table, &name.name);
    if let Some(namespace) = &name.namespace {
        enums::add_namespace(cx, model, model.at, namespace);
    }
    if let Some(from) = &model.renamed_from {
        // An old name without a namespace is in the same one.
        let from =
            ObjectName { namespace: from.namespace.clone().or(name.namespace.clone()), ..from.clone() };
        cx.renamed(RenameKind::Table, None, from, name.clone());
    }
    let mut table = Table { name, ..Table::new("") };
    table.columns = model.fields.iter().filter_map(|field| column(cx, model, field)).collect();
    table.primary_key = primary_key(cx, model);
    table.unique_constraints = uniques(cx, model);
    table.checks = checks(cx, model);
    table.indexes = indexes(cx, model);
    table.options = options(cx, model);
    table.comment = comment(cx, model.comment.as_ref());
    reference::add(cx, model, &mut table);
    table
}

fn column(cx: &mut Cx<'_>, model: &Model, field: &Field) -> Option<Column> {
    let ty = column_type(field)?;
    names::check(cx, model, field.at, Of::Column, &field.column);
    if let Some(from) = &field.renamed_from {
        let table = table_name(model);
        cx.renamed(RenameKind::Column, Some(&table), from.as_str(), field.column.as_str());
    }
    let sql_type = match types::sql_type(cx.dialect, ty, model.flags) {
        Ok(sql_type) => sql_type,
        Err((message, help)) => {
            cx.wrong(model, field.at, message, help);
            return None;
        }
    };
    let nullable = field.null.unwrap_or_else(|| field.nullable || is_rowid(cx, model, field, &sql_type));
    let mut column = Column { nullable, ..Column::new(&field.column, sql_type) };
    column.default = field.default.as_ref().and_then(|(one, _)| default::sql(cx.dialect, ty, one));
    column.generated = field.generated.as_ref().map(|generated| Generated {
        expression: expression(cx.dialect, field, &generated.expression),
        stored: generated.stored,
    });
    column.collation.clone_from(&field.collation);
    column.comment = comment(cx, field.comment.as_ref());
    count_up(cx, model, field, &mut column);
    Some(column)
}

/// SQL in an attribute of a field. In an embedded struct it speaks of the columns
/// of that struct, whose names in the table have a prefix.
fn expression(dialect: Dialect, field: &Field, text: &str) -> SqlExpr {
    let rename = |name: &str| {
        let mut siblings = field.siblings.iter();
        siblings.find(|(own, _)| dialect.same_ident(own, name)).map(|(_, column)| column.clone())
    };
    SqlExpr(rename_columns(text, dialect.lexicon(), rename).into_owned())
}

/// Says whether the column is another name for SQLite's rowid. It is never NULL,
/// and nobody writes NOT NULL behind `INTEGER PRIMARY KEY`.
fn is_rowid(cx: &Cx<'_>, model: &Model, field: &Field, sql_type: &str) -> bool {
    match cx.dialect {
        Dialect::Postgres => false,
        Dialect::Sqlite => {
            matches!(key_fields(model).as_slice(), [one] if one.key == field.key)
                && sql_type.eq_ignore_ascii_case("INTEGER")
                && !model.flags.without_rowid
        }
    }
}

fn comment(cx: &Cx<'_>, text: Option<&String>) -> Option<String> {
    match cx.dialect {
        // SQLite keeps no comments.
        Dialect::Sqlite => None,
        Dialect::Postgres => text.cloned(),
    }
}

/// What makes a column count up.
fn count_up(cx: &mut Cx<'_>, model: &Model, field: &Field, column: &mut Column) {
    column.auto_increment = field.auto_increment;
    match cx.dialect {
        Dialect::Sqlite => {
            if field.auto_increment && !is_rowid(cx, model, field, &column.sql_type) {
                cx.wrong(
                    model,
                    field.at,
                    format!("SQLite counts up only the whole primary key, and `{}` is not that", field.key),
                    "make it the only field of the primary key, or take `auto_increment` out",
                );
            }
            if field.identity.is_some() {
                cx.wrong(
                    model,
                    field.at,
                    "SQLite has no identity columns",
                    "write `#[column(primary_key, auto_increment)]`",
                );
            }
        }
        Dialect::Postgres => {
            let counts = field.auto_increment || field.identity.is_some();
            let sequence = serial_sequence(&table_name(model), &field.column, &column.sql_type);
            if counts && sequence.is_none() {
                let (key, sql_type) = (&field.key, &column.sql_type);
                cx.wrong(
                    model,
                    field.at,
                    format!("`{key}` is of the type {sql_type}, which does not count up"),
                    "use `i16`, `i32` or `i64`",
                );
            }
            if let (Some(identity), Some(sequence)) = (field.identity, sequence) {
                column.identity = Some(Box::new(Identity { always: identity.always, sequence }));
            }
        }
    }
}

fn primary_key(cx: &mut Cx<'_>, model: &Model) -> Option<PrimaryKey> {
    let fields = key_fields(model);
    if fields.is_empty() {
        return None;
    }
    let spec = model.primary_key.clone().unwrap_or_else(|| KeyDef { at: model.at, ..KeyDef::default() });
    let table = table_name(model).name;
    let name = match (&spec.name, cx.dialect) {
        (Name::Automatic, Dialect::Sqlite) => None,
        (Name::Automatic | Name::Given(_) | Name::Absent, Dialect::Sqlite | Dialect::Postgres) => {
            chosen(&spec.name, || format!("{table}_pkey"))
        }
    };
    check_key(cx, model, &spec, name.as_deref());
    let parts = match spec.parts.is_empty() {
        true => fields.iter().map(|field| KeyPart::column(&field.column)).collect(),
        false => parts(model, &spec.parts),
    };
    Some(PrimaryKey { name, columns: parts, include: columns(model, &spec.include), ..PrimaryKey::default() })
}

fn uniques(cx: &mut Cx<'_>, model: &Model) -> Vec<Unique> {
    let table = table_name(model).name;
    let mut all = Vec::new();
    for field in &model.fields {
        let whole_key = matches!(key_fields(model).as_slice(), [one] if one.key == field.key);
        if let Some(key) = field.unique.as_ref().filter(|_| !whole_key) {
            all.push(unique(cx, model, key, || joined(&table, &[&field.column], "key")));
        }
    }
    for key in &model.uniques {
        let keys: Vec<_> = key.parts.iter().filter_map(Part::key).collect();
        all.push(unique(cx, model, key, || joined(&table, &keys, "key")));
    }
    all
}

fn unique(cx: &mut Cx<'_>, model: &Model, key: &KeyDef, automatic: impl FnOnce() -> String) -> Unique {
    let name = chosen(&key.name, automatic);
    check_key(cx, model, key, name.as_deref());
    Unique {
        name,
        columns: parts(model, &key.parts),
        include: columns(model, &key.include),
        nulls_not_distinct: key.nulls_not_distinct,
        ..Unique::default()
    }
}

/// Refuses what the engine has not for keys.
fn check_key(cx: &mut Cx<'_>, model: &Model, key: &KeyDef, name: Option<&str>) {
    if let Some(name) = name {
        names::check(cx, model, key.at, Of::Other, name);
    }
    only_on_postgres(cx, model, key.at, !key.include.is_empty(), "`include`");
    only_on_postgres(cx, model, key.at, key.nulls_not_distinct, "`nulls_not_distinct`");
}

fn only_on_postgres(cx: &mut Cx<'_>, model: &Model, at: crate::At, is_used: bool, what: &str) {
    match cx.dialect {
        Dialect::Postgres => {}
        Dialect::Sqlite if is_used => {
            cx.wrong(model, at, format!("SQLite does not know {what}"), "take it out");
        }
        Dialect::Sqlite => {}
    }
}

/// The parts of a key, by their columns.
fn parts(model: &Model, parts: &[Part]) -> Vec<KeyPart> {
    let target = |part: &Part| match &part.target {
        PartTarget::Field(key) => Some(KeyTarget::Column(field(model, key)?.column.clone())),
        PartTarget::Expression(text) => Some(KeyTarget::Expression(SqlExpr(text.clone()))),
    };
    let one = |part: &Part| {
        Some(KeyPart {
            target: target(part)?,
            collation: part.collation.clone(),
            operator_class: part.operator_class.clone(),
            order: if part.descending { SortOrder::Desc } else { SortOrder::Asc },
            nulls: part.nulls_first.map(|first| if first { NullsOrder::First } else { NullsOrder::Last }),
        })
    };
    parts.iter().filter_map(one).collect()
}

fn checks(cx: &mut Cx<'_>, model: &Model) -> Vec<Check> {
    let mut all = Vec::new();
    for field in &model.fields {
        if let Some(ty) = column_type(field) {
            all.extend(enums::check(cx.dialect, &field.column, ty));
        }
        all.extend(field.checks.iter().map(|one| check(one, expression(cx.dialect, field, &one.expression))));
    }
    all.extend(model.checks.iter().map(|one| check(one, one.expression.as_str().into())));
    let names = model.checks.iter().chain(model.fields.iter().flat_map(|field| &field.checks));
    for given in names {
        if let Name::Given(name) = &given.name {
            names::check(cx, model, given.at, Of::Other, name);
        }
    }
    all
}

fn check(check: &CheckDef, expression: SqlExpr) -> Check {
    let name = match &check.name {
        Name::Given(name) => Some(name.clone()),
        Name::Automatic | Name::Absent => None,
    };
    Check { name, expression, no_inherit: false, not_valid: false, comment: None }
}

fn indexes(cx: &mut Cx<'_>, model: &Model) -> Vec<Index> {
    let of_fields =
        model.fields.iter().flat_map(|field| field.indexes.iter().map(move |spec| (spec, Some(field))));
    let of_model = model.indexes.iter().map(|spec| (spec, None));
    let all: Vec<_> = of_fields.chain(of_model).collect();
    let of = |(spec, field): (&IndexDef, Option<&Field>)| {
        let index = index(cx, model, spec);
        let predicate = index.predicate.map(|text| match field {
            Some(field) => expression(cx.dialect, field, text.as_str()),
            None => text,
        });
        Index { predicate, ..index }
    };
    all.into_iter().map(of).collect()
}

fn index(cx: &mut Cx<'_>, model: &Model, spec: &IndexDef) -> Index {
    let keys: Vec<_> = spec.parts.iter().filter_map(Part::key).collect();
    let table = table_name(model).name;
    let nameless = keys.is_empty() && spec.name == Name::Automatic;
    if nameless || spec.name == Name::Absent {
        cx.wrong(model, spec.at, "this index needs a name", "give it one: `name = \"...\"`");
    }
    let name = chosen(&spec.name, || joined(&table, &keys, "idx")).unwrap_or_default();
    names::check(cx, model, spec.at, Of::Other, &name);
    only_on_postgres(cx, model, spec.at, !spec.include.is_empty(), "`include`");
    only_on_postgres(cx, model, spec.at, spec.nulls_not_distinct, "`nulls_not_distinct`");
    let method = spec.method.clone().filter(|method| !method.eq_ignore_ascii_case("btree"));
    if let (Dialect::Sqlite, Some(method)) = (cx.dialect, &method) {
        cx.wrong(
            model,
            spec.at,
            format!("the index `{name}` uses `{method}`, and SQLite has `btree` only"),
            "take `using` out",
        );
    }
    Index {
        name,
        columns: parts(model, &spec.parts),
        unique: spec.unique,
        method,
        predicate: spec.predicate.as_deref().map(SqlExpr::from),
        include: columns(model, &spec.include),
        nulls_not_distinct: spec.nulls_not_distinct,
        ..Index::default()
    }
}

/// Options of the other engine say nothing here.
fn options(cx: &Cx<'_>, model: &Model) -> TableOptions {
    let flags = model.flags;
    match cx.dialect {
        Dialect::Sqlite => TableOptions {
            strict: flags.strict,
            without_rowid: flags.without_rowid,
            ..TableOptions::default()
        },
        Dialect::Postgres => TableOptions { unlogged: flags.unlogged, ..TableOptions::default() },
    }
}

/// The column of the only field of a model's primary key, with its type.
pub(super) fn single_key(model: &Model) -> Option<(&Field, &Type)> {
    match key_fields(model).as_slice() {
        [field] => Some((field, column_type(field)?)),
        _ => None,
    }
}
