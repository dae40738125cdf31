//! Refuses names that two things of a schema share.
//!
//! PostgreSQL makes a type of every table, so that tables and enums share theirs.

use std::collections::BTreeMap;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::Table;

use super::cx::{Cx, table_name};
use crate::item::Model;

/// Looks at the names of everything that shares its names with tables: on
/// PostgreSQL indexes and keys, on SQLite indexes.
pub(super) fn check(cx: &mut Cx<'_>) {
    let mut seen: BTreeMap<ObjectName, String> = BTreeMap::new();
    let tables = std::mem::take(&mut cx.built.schema.tables);
    for table in &tables {
        let name = cx.dialect.fold_name(&table.name);
        seen.insert(name, format!("the table `{}`", table.name));
    }
    types_differ(cx, &tables);
    for table in &tables {
        for (what, name) in names(cx.dialect, table) {
            let key = cx.dialect.fold_name(&table.name.with_name(name));
            let own = format!("{what} of `{}`", table.name);
            if let Some(other) = seen.insert(key, own.clone()) {
                let model = owner(cx, table);
                cx.wrong(
                    &model,
                    model.at,
                    format!("{own} and {other} are both called `{name}`"),
                    "give one of them another name: `name = \"...\"`",
                );
            }
        }
    }
    cx.built.schema.tables = tables;
}

/// Looks at the names that enums share with tables.
fn types_differ(cx: &mut Cx<'_>, tables: &[Table]) {
    let enums: Vec<ObjectName> = cx.built.schema.enums.iter().map(|def| def.name.clone()).collect();
    for table in tables.iter().filter(|table| enums.contains(&table.name)) {
        let (model, name) = (owner(cx, table), &table.name);
        cx.wrong(
            &model,
            model.at,
            format!("a table and an enum are both called `{name}`, and a table is a type to PostgreSQL"),
            "give one of them another name: `#[model(table = \"...\")]`, `#[db_enum(name = \"...\")]`",
        );
    }
}

fn names(dialect: Dialect, table: &Table) -> Vec<(&'static str, &str)> {
    let indexes = table.indexes.iter().map(|index| ("an index", index.name.as_str()));
    let uniques = table.unique_constraints.iter().filter_map(|one| Some(("a key", one.name.as_deref()?)));
    let primary = table.primary_key.iter().filter_map(|one| Some(("the primary key", one.name.as_deref()?)));
    match dialect {
        Dialect::Sqlite => indexes.collect(),
        Dialect::Postgres => indexes.chain(uniques).chain(primary).collect(),
    }
}

/// The model whose table it is, or for a junction table any model to report on.
fn owner(cx: &Cx<'_>, table: &Table) -> Model {
    let found = cx.models.iter().find(|model| model.table.is_some() && table_name(model) == table.name);
    found.or(cx.models.first()).cloned().unwrap_or_else(|| Model::unit(""))
}
