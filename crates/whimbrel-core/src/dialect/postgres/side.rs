//! One side of a plan: a schema with its needs and its lookups.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Need};
use super::keys;
use super::part::Part;
use super::rules::hidden_sequence;
use crate::name::ObjectName;
use crate::plan::Key;
use crate::schema::{
    Column, EnumType, Index, Object, ObjectKind, Schema, Sequence, SqlExpr, Table, TypeDef, lineage,
};

/// A schema, what needs what in it, and everything by its key.
pub(super) struct Side<'a> {
    pub(super) schema: &'a Schema,
    pub(super) graph: Graph,
    tables: BTreeMap<&'a ObjectName, &'a Table>,
    indexes: BTreeMap<Key, (&'a Table, &'a Index)>,
    objects: BTreeMap<Key, &'a Object>,
    types: BTreeMap<&'a ObjectName, UserType<'a>>,
    sequences: BTreeMap<&'a ObjectName, &'a Sequence>,
    /// The columns that give themselves values, by the sequences behind them.
    generators: BTreeMap<ObjectName, (&'a Table, &'a Column)>,
}

/// A type that the schema defines.
#[derive(Debug, Clone, Copy)]
pub(super) enum UserType<'a> {
    Enum(&'a EnumType),
    Def(&'a TypeDef),
}

/// What a key of a schema stands for, as far as it can be taken down and put up
/// again.
pub(super) enum Thing<'a> {
    Object(&'a Object),
    Index(&'a Table, &'a Index),
    Column(&'a Table, &'a Column),
    Default(&'a Table, &'a Column),
    Part(&'a Table, Part<'a>),
    DomainCheck(&'a ObjectName, &'a str, &'a SqlExpr),
    Type(UserType<'a>),
}

impl<'a> Side<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let indexes = schema.tables.iter().flat_map(|table| {
            let key = |index: &Index| keys::relation(&table.name.with_name(&index.name));
            table.indexes.iter().map(move |index| (key(index), (table, index)))
        });
        let columns =
            schema.tables.iter().flat_map(|table| table.columns.iter().map(move |one| (table, one)));
        let generators = columns.filter_map(|(table, column)| {
            Some((hidden_sequence(&table.name, column)?.name, (table, column)))
        });
        let enums = schema.enums.iter().map(|one| (&one.name, UserType::Enum(one)));
        let defs = schema.types.iter().map(|def| (def.name(), UserType::Def(def)));
        Self {
            schema,
            graph: Graph::of(schema),
            tables: schema.tables.iter().map(|table| (&table.name, table)).collect(),
            indexes: indexes.collect(),
            objects: schema.objects.iter().map(|object| (keys::object(object), object)).collect(),
            types: enums.chain(defs).collect(),
            sequences: schema.sequences.iter().map(|sequence| (&sequence.name, sequence)).collect(),
            generators: generators.collect(),
        }
    }

    pub(super) fn table(&self, name: &ObjectName) -> Option<&'a Table> {
        self.tables.get(name).copied()
    }

    /// The tables above a partition, the nearest first.
    pub(super) fn lineage(&self, table: &Table) -> Vec<&'a Table> {
        lineage(table, |name| self.table(name))
    }

    pub(super) fn column(&self, table: &ObjectName, column: &str) -> Option<&'a Column> {
        self.table(table)?.column(column)
    }

    pub(super) fn sequence(&self, name: &ObjectName) -> Option<&'a Sequence> {
        self.sequences.get(name).copied()
    }

    /// The serial or identity column behind which the sequence of this name stands.
    pub(super) fn generator(&self, sequence: &ObjectName) -> Option<(&'a Table, &'a Column)> {
        self.generators.get(sequence).copied()
    }

    pub(super) fn user_type(&self, name: &ObjectName) -> Option<UserType<'a>> {
        self.types.get(name).copied()
    }

    /// A type, and the columns and types that are made of it, however far.
    pub(super) fn made_of(&self, key: &Key) -> BTreeSet<Key> {
        let mut found = BTreeSet::new();
        let mut open = vec![key];
        while let Some(key) = open.pop() {
            if found.insert(key.clone()) {
                let users = self.graph.dependents(key).filter(|(_, need)| *need == Need::Type);
                open.extend(users.map(|(user, _)| user));
            }
        }
        found
    }

    pub(super) fn object(&self, key: &Key) -> Option<&'a Object> {
        self.objects.get(key).copied()
    }

    /// What `key` stands for.
    pub(super) fn thing(&self, key: &Key) -> Option<Thing<'a>> {
        if let Some(object) = self.objects.get(key) {
            return Some(Thing::Object(object));
        }
        match key.kind {
            ObjectKind::Table if !key.part.is_empty() => self.part_of_table(key),
            ObjectKind::Table => match self.indexes.get(key) {
                Some((table, index)) => Some(Thing::Index(table, index)),
                None => self.user_type(&key.name).map(Thing::Type),
            },
            ObjectKind::Constraint => self.constraint(key),
            _ => None,
        }
    }

    fn part_of_table(&self, key: &Key) -> Option<Thing<'a>> {
        let table = self.table(&key.name)?;
        match key.part.strip_suffix(keys::DEFAULT) {
            Some(column) => Some(Thing::Default(table, table.column(column)?)),
            None => Some(Thing::Column(table, table.column(&key.part)?)),
        }
    }

    fn constraint(&self, key: &Key) -> Option<Thing<'a>> {
        if let Some(table) = self.table(&key.name) {
            return Part::find(table, &key.part).map(|part| Thing::Part(table, part));
        }
        let UserType::Def(TypeDef::Domain { name, checks, .. }) = self.user_type(&key.name)? else {
            return None;
        };
        let (check, expression) = checks.iter().find(|(check, _)| *check == key.part)?;
        Some(Thing::DomainCheck(name, check, expression))
    }
}

impl<'a> UserType<'a> {
    pub(super) fn name(self) -> &'a ObjectName {
        match self {
            Self::Enum(one) => &one.name,
            Self::Def(def) => def.name(),
        }
    }

    /// What the type is altered as.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Def(TypeDef::Domain { .. }) => "DOMAIN",
            Self::Enum(_) | Self::Def(TypeDef::Composite { .. } | TypeDef::Range { .. }) => "TYPE",
        }
    }

    pub(super) fn comment(self) -> Option<&'a str> {
        match self {
            Self::Enum(one) => one.comment.as_deref(),
            Self::Def(
                TypeDef::Domain { comment, .. }
                | TypeDef::Composite { comment, .. }
                | TypeDef::Range { comment, .. },
            ) => comment.as_deref(),
        }
    }
}
