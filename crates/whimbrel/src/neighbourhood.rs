//! The part of a schema that a plan can touch.
//!
//! A proof replays the touched objects and everything near them, not the whole
//! schema: one changed table among thousands is proved in milliseconds.

use std::collections::BTreeSet;

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Renames;
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::RenameKind;
use whimbrel_core::schema::{ObjectKind, Schema};

/// Schemas with at most this many objects are replayed whole.
const SMALL: usize = 300;

/// Cuts both sides down to what `changes` touch and what is near it.
pub(crate) fn neighbourhood(
    dialect: Dialect,
    pair: Pair<&Schema>,
    changes: &[Change],
    renames: &Renames,
) -> Pair<Schema> {
    if pair.from.len().max(pair.to.len()) <= SMALL || changes.iter().any(reaches_far) {
        return pair.map(Clone::clone);
    }
    let mut names: BTreeSet<ObjectName> =
        changes.iter().flat_map(touched).map(|name| dialect.fold_name(&name)).collect();
    // One step out along every tie on either side, and from there along what
    // the neighbours themselves need, until nothing is added.
    add_renamed(dialect, renames, &mut names);
    let touched = names.clone();
    for schema in [pair.from, pair.to] {
        add_dependents(dialect, schema, &touched, &mut names);
    }
    while [pair.from, pair.to].into_iter().any(|schema| add_needed(dialect, schema, &mut names)) {
        add_renamed(dialect, renames, &mut names);
    }
    pair.map(|schema| restrict(dialect, schema, &names))
}

/// Says whether anything may depend on what the change is about: a column's
/// type, a default's function, a sequence.
fn reaches_far(change: &Change) -> bool {
    match change {
        Change::CreateObject { object } | Change::DropObject { object } => routine(object.kind),
        Change::ReplaceObject { from, .. } => routine(from.kind),
        Change::SetComment { .. } => false,
        other => other.table_name().is_none(),
    }
}

/// The relations that a change is about.
fn touched(change: &Change) -> Vec<ObjectName> {
    let object = |object: &whimbrel_core::schema::Object| {
        std::iter::once(object.name.clone())
            .chain(object.table.clone())
            .chain(object.depends_on.iter().map(|dependency| dependency.name.clone()))
            .collect()
    };
    match change {
        Change::RenameTable { from, to } => vec![from.clone(), to.clone()],
        Change::CreateObject { object: one } | Change::DropObject { object: one } => object(one),
        Change::ReplaceObject { from, to } => [object(from), object(to)].concat(),
        other => other.table_name().cloned().into_iter().collect(),
    }
}

fn add_renamed(dialect: Dialect, renames: &Renames, names: &mut BTreeSet<ObjectName>) {
    for rename in renames.renamed.iter().filter(|rename| rename.kind == RenameKind::Table) {
        let sides = [&rename.from, &rename.to].map(|name| dialect.fold_name(name));
        if sides.iter().any(|name| names.contains(name)) {
            names.extend(sides);
        }
    }
}

/// Adds what refers to what is touched: referencing tables, partitions, views, triggers, and
/// the views on those.
fn add_dependents(
    dialect: Dialect,
    schema: &Schema,
    touched: &BTreeSet<ObjectName>,
    names: &mut BTreeSet<ObjectName>,
) {
    let referencing: Vec<_> = schema
        .tables
        .iter()
        .filter(|table| {
            let referenced = table.foreign_keys.iter().map(|key| &key.referenced_table).chain(table.parent());
            referenced.map(|name| dialect.fold_name(name)).any(|name| touched.contains(&name))
        })
        .map(|table| dialect.fold_name(&table.name))
        .collect();
    names.extend(referencing);
    loop {
        let before = names.len();
        for object in &schema.objects {
            let uses = object.depends_on.iter().map(|dependency| &dependency.name).chain(&object.table);
            if uses.map(|name| dialect.fold_name(name)).any(|name| names.contains(&name)) {
                names.insert(dialect.fold_name(&object.name));
            }
        }
        if names.len() == before {
            return;
        }
    }
}

/// Adds what the names refer to; says whether that was anything new.
fn add_needed(dialect: Dialect, schema: &Schema, names: &mut BTreeSet<ObjectName>) -> bool {
    let before = names.len();
    for table in &schema.tables {
        if names.contains(&dialect.fold_name(&table.name)) {
            let referenced = table.foreign_keys.iter().map(|key| &key.referenced_table).chain(table.parent());
            names.extend(referenced.map(|name| dialect.fold_name(name)));
        }
    }
    for object in &schema.objects {
        if names.contains(&dialect.fold_name(&object.name)) {
            let needs = object.depends_on.iter().map(|dependency| &dependency.name).chain(&object.table);
            names.extend(needs.map(|name| dialect.fold_name(name)));
        }
    }
    names.len() > before
}

/// Keeps the named tables and objects; types, functions and the like, which are
/// few and needed by anything, stay.
fn restrict(dialect: Dialect, schema: &Schema, names: &BTreeSet<ObjectName>) -> Schema {
    let kept = |name: &ObjectName| names.contains(&dialect.fold_name(name));
    Schema {
        namespaces: schema.namespaces.clone(),
        tables: schema.tables.iter().filter(|table| kept(&table.name)).cloned().collect(),
        enums: schema.enums.clone(),
        types: schema.types.clone(),
        sequences: schema.sequences.clone(),
        extensions: schema.extensions.clone(),
        objects: schema
            .objects
            .iter()
            .filter(|object| routine(object.kind) || kept(&object.name))
            .cloned()
            .collect(),
    }
}

fn routine(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use whimbrel_core::diff::diff;
    use whimbrel_core::schema::{Column, Dependency, ForeignKey, Object, Table};

    fn table(name: &str, parents: &[&str]) -> Table {
        let foreign_keys = parents.iter().map(|parent| ForeignKey {
            name: None,
            columns: vec!["a".into()],
            referenced_table: (*parent).into(),
            referenced_columns: vec!["a".into()],
            on_delete: Default::default(),
            on_update: Default::default(),
            on_delete_columns: Vec::new(),
            match_full: false,
            deferrable: Default::default(),
            not_valid: false,
            comment: None,
        });
        Table {
            columns: vec![Column::new("a", "INTEGER")],
            foreign_keys: foreign_keys.collect(),
            ..Table::new(name)
        }
    }

    fn view(name: &str, on: &str) -> Object {
        let kind = ObjectKind::Table;
        let depends_on = vec![Dependency { kind, name: on.into(), signature: None, column: None }];
        Object {
            kind: ObjectKind::View,
            name: name.into(),
            signature: None,
            table: None,
            definition: format!("CREATE VIEW {name} AS SELECT * FROM {on}").as_str().into(),
            depends_on,
            comment: None,
            columns: Vec::new(),
        }
    }

    /// A schema with more tables than are replayed whole.
    fn large() -> Schema {
        let mut tables: Vec<Table> =
            (0..SMALL).map(|number| table(&format!("other_{number}"), &[])).collect();
        tables.extend([
            table("grandparent", &[]),
            table("parent", &["grandparent"]),
            table("touched", &["parent"]),
            table("child", &["touched"]),
            table("grandchild", &["child"]),
        ]);
        let objects = vec![view("near", "Touched"), view("beyond", "near"), view("far", "other_1")];
        Schema { tables, objects, ..Schema::default() }
    }

    #[test]
    fn only_what_is_near_is_replayed() {
        let from = large();
        let mut to = from.clone();
        to.tables.iter_mut().filter(|table| table.name.name == "touched").for_each(|table| {
            table.columns.push(Column::new("b", "TEXT"));
        });
        let pair = Pair::new(&from, &to);
        let renames = Renames::default();
        let changes = diff(Dialect::Sqlite, pair, &renames).changes;
        let near = neighbourhood(Dialect::Sqlite, pair, &changes, &renames);
        let names: Vec<_> = near.to.tables.iter().map(|table| table.name.name.as_str()).collect();
        assert_eq!(names, ["grandparent", "parent", "touched", "child"]);
        let names: Vec<_> = near.from.objects.iter().map(|object| object.name.name.as_str()).collect();
        assert_eq!(names, ["near", "beyond"]);
    }

    #[test]
    fn both_names_of_a_renamed_table_are_near() {
        let from = large();
        let mut to = from.clone();
        to.tables.iter_mut().filter(|table| table.name.name == "touched").for_each(|table| {
            table.name = "renamed".into();
        });
        let pair = Pair::new(&from, &to);
        let rename = whimbrel_core::diff::Rename {
            kind: RenameKind::Table,
            parent: None,
            from: "touched".into(),
            to: "renamed".into(),
        };
        let renames = Renames { renamed: vec![rename], ..Renames::default() };
        let changes = diff(Dialect::Sqlite, pair, &renames).changes;
        let near = neighbourhood(Dialect::Sqlite, pair, &changes, &renames);
        assert!(near.from.table(&"touched".into()).is_some());
        assert!(near.to.table(&"renamed".into()).is_some());
    }
}
