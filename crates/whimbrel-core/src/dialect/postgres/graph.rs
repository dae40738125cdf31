//! What needs what in a schema.
//!
//! Objects say themselves what they depend on; of columns, keys, conditions and
//! indexes it is read from what they are and what their expressions mention.

use std::collections::{BTreeMap, BTreeSet};

use super::keys;
use super::mention::{Mentions, mentions};
use super::rules::hidden_sequence;
use super::types::TypeName;
use crate::name::ObjectName;
use crate::plan::Key;
use crate::schema::{
    Check, Column, ForeignKey, KeyPart, KeyTarget, ObjectKind, Schema, SqlExpr, Table, TypeDef, lineage,
};

/// In what way one thing needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// A plain part of a key or index: the server keeps both in step.
    Part,
    /// One end of a foreign key, or the key it refers to.
    Reference,
    /// What of a partition follows from the table above it.
    Inherited,
    /// The type of a column, or what a type is made of.
    Type,
    /// Mentioned in an expression.
    Expression,
    /// What a generated column is computed from.
    Computed,
    /// Mentioned in a definition.
    Definition,
}

/// The needs of a schema, in both directions.
#[derive(Debug, Default)]
pub(super) struct Graph {
    needs: BTreeMap<Key, BTreeSet<Key>>,
    dependents: BTreeMap<Key, BTreeSet<(Key, Need)>>,
    /// What a table or domain is made of, for [`Graph::reaches`].
    made_of: BTreeMap<Key, Vec<Key>>,
    known: Known,
}

impl Graph {
    /// Reads the needs of everything in `schema`.
    pub(super) fn of(schema: &Schema) -> Self {
        let tables = schema.tables.iter().map(|table| (&table.name, table)).collect();
        let graph = Self { known: Known::of(schema), ..Self::default() };
        let mut builder = Builder { graph, tables };
        schema.tables.iter().for_each(|table| builder.table(table));
        schema.types.iter().for_each(|type_def| builder.type_def(type_def));
        for object in &schema.objects {
            let key = keys::object(object);
            for needed in object.depends_on.iter().flat_map(keys::dependency) {
                builder.need(&key, needed, Need::Definition);
            }
            if let Some(table) = &object.table {
                builder.need(&key, keys::relation(table), Need::Definition);
            }
        }
        builder.graph
    }

    /// What `key` needs.
    pub(super) fn needs(&self, key: &Key) -> impl Iterator<Item = &Key> {
        self.needs.get(key).into_iter().flatten()
    }

    /// What needs `key`, and in what way.
    pub(super) fn dependents(&self, key: &Key) -> impl Iterator<Item = &(Key, Need)> {
        self.dependents.get(key).into_iter().flatten()
    }

    /// The relations and routines of this name.
    pub(super) fn named(&self, name: &ObjectName) -> impl Iterator<Item = Key> {
        let relation = self.known.relations.contains(name).then(|| keys::relation(name));
        relation.into_iter().chain(self.known.routines.get(name).into_iter().flatten().cloned())
    }

    /// Says whether `key` needs `other`, directly or through others, all that
    /// tables and domains are made of included.
    pub(super) fn reaches(&self, key: &Key, other: &Key) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![key];
        while let Some(key) = open.pop() {
            if key == other {
                return true;
            }
            if seen.insert(key) {
                open.extend(self.needs(key));
                open.extend(self.made_of.get(key).into_iter().flatten());
            }
        }
        false
    }
}

/// The names that a text may mean.
#[derive(Debug, Default)]
struct Known {
    relations: BTreeSet<ObjectName>,
    routines: BTreeMap<ObjectName, Vec<Key>>,
}

impl Known {
    fn of(schema: &Schema) -> Self {
        let tables = schema.tables.iter().map(|table| &table.name);
        let enums = schema.enums.iter().map(|one| &one.name);
        let types = schema.types.iter().map(TypeDef::name);
        let sequences = schema.sequences.iter().map(|sequence| &sequence.name);
        let mut relations: BTreeSet<_> = tables.chain(enums).chain(types).chain(sequences).cloned().collect();
        let columns =
            schema.tables.iter().flat_map(|table| table.columns.iter().map(move |one| (table, one)));
        relations
            .extend(columns.filter_map(|(table, one)| hidden_sequence(&table.name, one)).map(|one| one.name));
        let mut routines: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for object in &schema.objects {
            let key = keys::object(object);
            match key.kind {
                ObjectKind::Table => {
                    relations.insert(object.name.clone());
                }
                ObjectKind::Function => routines.entry(object.name.clone()).or_default().push(key),
                _ => {}
            }
        }
        Self { relations, routines }
    }

    /// The type that a column's type names, if the schema defines it.
    fn type_key(&self, sql_type: &str) -> Option<Key> {
        let name = TypeName::parse(sql_type).object_name();
        self.relations.contains(&name).then(|| keys::relation(&name))
    }

    /// The types, functions and relations that an expression mentions.
    fn mentioned(&self, found: &Mentions) -> Vec<Key> {
        let relations = found.types.iter().chain(&found.relations);
        let relations = relations.filter(|name| self.relations.contains(name)).map(keys::relation);
        let routines = found.calls.iter().filter_map(|name| self.routines.get(name)).flatten().cloned();
        relations.chain(routines).collect()
    }
}

struct Builder<'a> {
    graph: Graph,
    tables: BTreeMap<&'a ObjectName, &'a Table>,
}

impl Builder<'_> {
    /// Enters a need. What needs a column of a partition needs those above as well:
    /// the column comes, changes and goes along with them.
    fn need(&mut self, key: &Key, needed: Key, need: Need) {
        let is_part = needed.kind == ObjectKind::Table && !needed.part.is_empty();
        if let Some(table) = self.tables.get(&needed.name).filter(|_| is_part) {
            for above in lineage(table, |name| self.tables.get(name).copied()) {
                self.enter(key, Key { name: above.name.clone(), ..needed.clone() }, need);
            }
        }
        self.enter(key, needed, need);
    }

    fn enter(&mut self, key: &Key, needed: Key, need: Need) {
        if *key != needed {
            self.graph.dependents.entry(needed.clone()).or_default().insert((key.clone(), need));
            self.graph.needs.entry(key.clone()).or_default().insert(needed);
        }
    }

    fn table(&mut self, table: &Table) {
        for column in &table.columns {
            self.column(table, column);
        }
        self.partition(table);
        for index in &table.indexes {
            let key = keys::relation(&table.name.with_name(&index.name));
            self.parts(table, &key, &index.columns);
            self.columns(table, &key, &index.include, Need::Part);
            self.expressions(table, &key, index.predicate.as_ref(), Need::Expression);
        }
        for (name, parts, include) in table_keys(table) {
            let key = keys::constraint(&table.name, name);
            self.parts(table, &key, parts);
            self.columns(table, &key, include, Need::Part);
            self.need(&keys::relation(&table.name.with_name(name)), key, Need::Part);
        }
        for check in &table.checks {
            self.expressions(table, &check_key(table, check), Some(&check.expression), Need::Expression);
        }
        for exclusion in &table.exclusions {
            let key = keys::constraint(&table.name, &exclusion.name);
            self.columns(table, &key, &exclusion.columns, Need::Part);
            self.expressions(table, &key, Some(&exclusion.definition), Need::Expression);
        }
        for fk in &table.foreign_keys {
            self.foreign_key(table, fk);
        }
        let columns = table.columns.iter().flat_map(|column| {
            [keys::column(&table.name, &column.name), keys::default(&table.name, &column.name)]
        });
        let checks = table.checks.iter().map(|check| check_key(table, check));
        // Most need nothing that could lead anywhere.
        let made_of = columns.chain(checks).filter(|key| self.graph.needs.contains_key(key)).collect();
        self.graph.made_of.insert(keys::relation(&table.name), made_of);
    }

    fn partition(&mut self, table: &Table) {
        let Some(parent) = table.parent() else { return };
        self.need(&keys::relation(&table.name), keys::relation(parent), Need::Inherited);
        for column in &table.columns {
            for key in [keys::column, keys::default] {
                self.need(&key(&table.name, &column.name), key(parent, &column.name), Need::Inherited);
            }
        }
    }

    fn column(&mut self, table: &Table, column: &Column) {
        let key = keys::column(&table.name, &column.name);
        if let Some(sql_type) = self.graph.known.type_key(&column.sql_type) {
            self.need(&key, sql_type, Need::Type);
        }
        if let Some(generated) = &column.generated {
            self.expressions(table, &key, Some(&generated.expression), Need::Computed);
        }
        let default = keys::default(&table.name, &column.name);
        if let Some(expression) = &column.default {
            let found = self.graph.known.mentioned(&mentions(expression.as_str()));
            found.into_iter().for_each(|needed| self.need(&default, needed, Need::Expression));
        }
    }

    fn parts(&mut self, table: &Table, key: &Key, parts: &[KeyPart]) {
        for part in parts {
            match &part.target {
                KeyTarget::Column(column) => {
                    self.need(key, keys::column(&table.name, column), Need::Part);
                }
                KeyTarget::Expression(text) => self.expressions(table, key, Some(text), Need::Expression),
            }
        }
    }

    fn columns(&mut self, table: &Table, key: &Key, columns: &[String], need: Need) {
        for column in columns {
            self.need(key, keys::column(&table.name, column), need);
        }
    }

    fn expressions<'e>(
        &mut self,
        table: &Table,
        key: &Key,
        expressions: impl IntoIterator<Item = &'e SqlExpr>,
        need: Need,
    ) {
        for expression in expressions {
            let found = mentions(expression.as_str());
            for column in table.columns.iter().filter(|column| found.words.contains(&column.name)) {
                self.need(key, keys::column(&table.name, &column.name), need);
            }
            for needed in self.graph.known.mentioned(&found) {
                self.need(key, needed, Need::Expression);
            }
        }
    }

    fn foreign_key(&mut self, table: &Table, fk: &ForeignKey) {
        let key = keys::constraint(&table.name, fk.name.as_deref().unwrap_or_default());
        self.columns(table, &key, &fk.columns, Need::Reference);
        self.need(&key, keys::relation(&fk.referenced_table), Need::Reference);
        for column in &fk.referenced_columns {
            self.need(&key, keys::column(&fk.referenced_table, column), Need::Reference);
        }
        let Some(&referenced) = self.tables.get(&fk.referenced_table) else { return };
        let above = lineage(referenced, |name| self.tables.get(name).copied());
        if !above.is_empty() {
            self.need(&key, keys::membership(&referenced.name), Need::Reference);
        }
        let found: Vec<_> =
            [referenced].into_iter().chain(above).flat_map(|table| referenced_keys(table, fk)).collect();
        found.into_iter().for_each(|needed| self.need(&key, needed, Need::Reference));
    }

    fn type_def(&mut self, type_def: &TypeDef) {
        let key = keys::relation(type_def.name());
        match type_def {
            TypeDef::Domain { name, base, default, checks, .. } => {
                self.made_of(&key, base);
                self.texts(&key, default.as_ref());
                let made_of = checks.iter().map(|(check, _)| keys::constraint(name, check)).collect();
                self.graph.made_of.insert(key.clone(), made_of);
                for (check, expression) in checks {
                    let check = keys::constraint(name, check);
                    self.texts(&check, Some(expression));
                    self.need(&check, key.clone(), Need::Part);
                }
            }
            TypeDef::Composite { attributes, .. } => {
                attributes.iter().for_each(|(_, sql_type)| self.made_of(&key, sql_type));
            }
            TypeDef::Range { definition, .. } => self.range(&key, definition),
        }
    }

    fn made_of(&mut self, key: &Key, sql_type: &str) {
        if let Some(needed) = self.graph.known.type_key(sql_type) {
            self.need(key, needed, Need::Type);
        }
    }

    fn texts<'e>(&mut self, key: &Key, expressions: impl IntoIterator<Item = &'e SqlExpr>) {
        for expression in expressions {
            for needed in self.graph.known.mentioned(&mentions(expression.as_str())) {
                self.need(key, needed, Need::Expression);
            }
        }
    }

    /// The options of a range name types and functions without saying which is which.
    fn range(&mut self, key: &Key, definition: &SqlExpr) {
        for name in super::mention::names_in_body(definition.as_str()) {
            let routines = self.graph.known.routines.get(&name).cloned().unwrap_or_default();
            if self.graph.known.relations.contains(&name) {
                self.need(key, keys::relation(&name), Need::Type);
            }
            routines.into_iter().for_each(|needed| self.need(key, needed, Need::Expression));
        }
    }
}

fn check_key(table: &Table, check: &Check) -> Key {
    keys::constraint(&table.name, check.name.as_deref().unwrap_or_default())
}

/// The keys and unique indexes that a foreign key may rest on: which of several
/// it does the server does not care about, and neither do we.
fn referenced_keys(table: &Table, fk: &ForeignKey) -> Vec<Key> {
    let wanted: BTreeSet<_> = fk.referenced_columns.iter().map(String::as_str).collect();
    let fits = |parts: &[KeyPart]| {
        parts.len() == wanted.len()
            && parts.iter().all(|part| part.column_name().is_some_and(|name| wanted.contains(name)))
    };
    let keys = table_keys(table)
        .filter(|(_, parts, _)| fits(parts))
        .map(|(name, _, _)| keys::constraint(&table.name, name));
    let indexes = table
        .indexes
        .iter()
        .filter(|index| index.unique && index.predicate.is_none() && fits(&index.columns))
        .map(|index| keys::relation(&table.name.with_name(&index.name)));
    keys.chain(indexes).collect()
}

/// The primary key and unique constraints: name, columns, included columns.
fn table_keys(table: &Table) -> impl Iterator<Item = (&str, &[KeyPart], &[String])> {
    let primary = table.primary_key.iter().map(|key| (&key.name, &key.columns, &key.include));
    let uniques = table.unique_constraints.iter().map(|one| (&one.name, &one.columns, &one.include));
    primary
        .chain(uniques)
        .map(|(name, columns, include)| (name.as_deref().unwrap_or_default(), &columns[..], &include[..]))
}
