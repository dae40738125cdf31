//! Views, routines, triggers and indexes of materialised views: objects that
//! are only their definition.

use std::collections::{HashMap, HashSet};

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Dependency, Object, ObjectColumn, ObjectKind, Schema, SqlExpr};

use super::catalog::{Catalog, Relation, Routine, class};
use super::indexes::{IndexRow, Indexes};
use super::rows::{Fields, Oid, options};
use crate::connection::Row;

/// What objects are read from.
pub(super) struct Sources {
    pub(super) views: Vec<Row>,
    pub(super) routines: Vec<Row>,
    pub(super) triggers: Vec<Row>,
    pub(super) dependencies: Vec<Row>,
    pub(super) indexes: Indexes,
}

/// Adds the objects.
pub(super) fn assemble(
    schema: &mut Schema,
    catalog: &mut Catalog,
    sources: Sources,
    is_hidden: impl Fn(&str) -> bool,
) {
    let Sources { views, routines, triggers, dependencies, indexes } = sources;
    let routines = read_routines(catalog, routines);
    let mut needs = Needs::read(catalog, dependencies);
    for (oid, definition) in routines {
        let comment = catalog.take_comment(class::PROC, oid, 0);
        let routine = catalog.routines[&oid].clone();
        let depends_on = needs.take(class::PROC, oid);
        schema.objects.push(Object {
            signature: Some(routine.signature),
            comment,
            depends_on,
            ..object(routine.kind, routine.name, definition)
        });
    }
    let populated: HashSet<Oid> = catalog.relations.keys().copied().collect();
    for mut fields in views.into_iter().map(Fields::of) {
        let oid = fields.number();
        if !catalog.is_member(class::CLASS, oid) && populated.contains(&oid) {
            schema.objects.push(view(catalog, oid, &fields.text(), needs.take(class::REWRITE, oid)));
        }
    }
    for mut fields in triggers.into_iter().map(Fields::of) {
        let oid = fields.number();
        if let Some(trigger) = trigger(catalog, oid, &mut fields, &is_hidden) {
            let depends_on = needs.take(class::TRIGGER, oid);
            schema.objects.push(Object { depends_on, ..trigger });
        }
    }
    for row in indexes.rows {
        schema.objects.extend(view_index(catalog, row));
    }
}

/// An object that needs nothing and of which nothing else is said.
fn object(kind: ObjectKind, name: ObjectName, definition: String) -> Object {
    Object {
        kind,
        name,
        signature: None,
        table: None,
        definition: SqlExpr(definition),
        depends_on: Vec::new(),
        columns: Vec::new(),
        comment: None,
    }
}

/// What objects need, by class and number.
struct Needs(HashMap<(Oid, Oid), Vec<Dependency>>);

impl Needs {
    fn read(catalog: &Catalog, rows: Vec<Row>) -> Self {
        let mut needs: HashMap<_, Vec<Dependency>> = HashMap::new();
        for mut fields in rows.into_iter().map(Fields::of) {
            let key = (fields.number(), fields.number());
            let (class, oid, part, row_type) =
                (fields.number(), fields.number(), fields.number(), fields.maybe());
            needs.entry(key).or_default().extend(catalog.dependency(class, oid, part, row_type));
        }
        Self(needs)
    }

    fn take(&mut self, class: Oid, oid: Oid) -> Vec<Dependency> {
        let mut needs = self.0.remove(&(class, oid)).unwrap_or_default();
        needs.sort();
        needs.dedup();
        needs
    }
}

/// Makes the routines known to the catalogue, and returns their definitions.
fn read_routines(catalog: &mut Catalog, rows: Vec<Row>) -> Vec<(Oid, String)> {
    let mut definitions = Vec::new();
    for mut fields in rows.into_iter().map(Fields::of) {
        let oid = fields.number();
        let name = fields.text();
        let name = catalog.name(fields.number(), name);
        let kind = match fields.letter() {
            Some('p') => ObjectKind::Procedure,
            Some('a') => ObjectKind::Aggregate,
            _ => ObjectKind::Function,
        };
        let types = fields.texts();
        let definition = fields.optional();
        let qualified = fields.text();
        // Ordered-set aggregates have an ORDER BY among their arguments.
        let arguments = match fields.optional() {
            Some(arguments) => arguments,
            None if kind == ObjectKind::Aggregate && types.is_empty() => "*".to_owned(),
            None => types.join(", "),
        };
        let aggregate = fields.optional();
        let signature = format!("({arguments})");
        let definition = match (definition, aggregate) {
            (Some(text), _) => with_bare_name(&text, &qualified, &name),
            (None, options) => {
                let (name, options) = (Dialect::Postgres.quote_name(&name), options.unwrap_or_default());
                format!("CREATE AGGREGATE {name}({arguments}) ({options})")
            }
        };
        catalog.routines.insert(oid, Routine { kind, name, signature });
        definitions.push((oid, definition));
    }
    definitions
}

/// The server qualifies the name of a routine whatever the search path; in the
/// default namespace it is to stand alone.
fn with_bare_name(definition: &str, qualified: &str, name: &ObjectName) -> String {
    let definition = definition.trim_end();
    if name.namespace.is_some() {
        return definition.to_owned();
    }
    definition.replacen(qualified, &Dialect::Postgres.quote_name(name), 1)
}

fn view(catalog: &mut Catalog, oid: Oid, query: &str, depends_on: Vec<Dependency>) -> Object {
    let relation = &catalog.relations[&oid];
    let name = relation.name.clone();
    let definition = view_definition(relation, query);
    let numbers = relation.numbers.iter().map(|column| column.number);
    let numbered: Vec<(i16, ObjectColumn)> = numbers
        .zip(&relation.columns)
        .map(|(number, column)| {
            let (name, sql_type) = (column.name.clone(), column.sql_type.clone());
            (number, ObjectColumn { name, sql_type, collation: column.collation.clone(), comment: None })
        })
        .collect();
    let kind = relation.object_kind();
    let columns = numbered
        .into_iter()
        .map(|(number, column)| {
            let comment = catalog.take_comment(class::CLASS, oid, number.into());
            ObjectColumn { comment, ..column }
        })
        .collect();
    let comment = catalog.take_comment(class::CLASS, oid, 0);
    Object { columns, depends_on, comment, ..object(kind, name, definition) }
}

/// What creates a view, then what cannot be said in that: defaults of its columns.
fn view_definition(relation: &Relation, query: &str) -> String {
    let dialect = Dialect::Postgres;
    let name = dialect.quote_name(&relation.name);
    let is_materialized = relation.kind == 'm';
    let mut sql = String::from(if is_materialized { "CREATE MATERIALIZED VIEW " } else { "CREATE VIEW " });
    sql.push_str(&name);
    if let Some(method) = relation.method.as_deref().filter(|method| is_materialized && *method != "heap") {
        sql.push_str(&format!(" USING {}", dialect.quote_ident(method)));
    }
    let toast = options(relation.toast_options.clone()).map(|(name, value)| (format!("toast.{name}"), value));
    let with: Vec<String> = options(relation.options.clone())
        .chain(toast)
        .map(|(name, value)| format!("{name}={}", dialect.quote_literal(&value)))
        .collect();
    if !with.is_empty() {
        sql.push_str(&format!(" WITH ({})", with.join(", ")));
    }
    if let Some(tablespace) = &relation.tablespace {
        sql.push_str(&format!(" TABLESPACE {}", dialect.quote_ident(tablespace)));
    }
    sql.push_str(" AS\n");
    sql.push_str(query.trim_end().trim_end_matches(';'));
    for column in &relation.columns {
        if let Some(default) = &column.default {
            let column = dialect.quote_ident(&column.name);
            sql.push_str(&format!(";\nALTER VIEW {name} ALTER COLUMN {column} SET DEFAULT {default}"));
        }
    }
    sql
}

fn trigger(
    catalog: &mut Catalog,
    oid: Oid,
    fields: &mut Fields,
    is_hidden: &impl Fn(&str) -> bool,
) -> Option<Object> {
    let name = fields.text();
    let table: Oid = fields.number();
    let relation = catalog.relations.get(&table)?;
    let is_view = relation.kind == 'v' && !catalog.is_member(class::CLASS, table);
    let is_told = (is_view || catalog.is_read_table(table))
        && !catalog.is_member(class::TRIGGER, oid)
        && !is_hidden(&relation.name.name);
    if !is_told {
        return None;
    }
    let (table, dialect) = (relation.name.clone(), Dialect::Postgres);
    let state = match fields.letter() {
        Some('D') => Some("DISABLE TRIGGER"),
        Some('R') => Some("ENABLE REPLICA TRIGGER"),
        Some('A') => Some("ENABLE ALWAYS TRIGGER"),
        _ => None,
    };
    let mut definition = fields.text();
    if let Some(state) = state {
        let (table, name) = (dialect.quote_name(&table), dialect.quote_ident(&name));
        definition.push_str(&format!(";\nALTER TABLE {table} {state} {name}"));
    }
    let comment = catalog.take_comment(class::TRIGGER, oid, 0);
    let name = table.with_name(name);
    Some(Object { table: Some(table), comment, ..object(ObjectKind::Trigger, name, definition) })
}

/// An index of a materialised view is an object of its own.
fn view_index(catalog: &mut Catalog, row: IndexRow) -> Option<Object> {
    let definition = row.definition?;
    let relation = catalog.relations.get(&row.table)?;
    if catalog.is_member(class::CLASS, row.table) {
        return None;
    }
    let view = relation.name.clone();
    let need = |column| Dependency {
        kind: ObjectKind::MaterializedView,
        name: view.clone(),
        signature: None,
        column,
    };
    let named =
        row.columns.iter().filter(|number| **number > 0).map(|number| Some(relation.column_name(*number)));
    let mut depends_on: Vec<Dependency> = [None].into_iter().chain(named).map(need).collect();
    depends_on.sort();
    depends_on.dedup();
    let comment = catalog.take_comment(class::CLASS, row.oid, 0);
    let name = view.with_name(row.index.name);
    Some(Object { table: Some(view), depends_on, comment, ..object(ObjectKind::Index, name, definition) })
}
