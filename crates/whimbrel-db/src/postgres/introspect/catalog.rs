//! What is known of the whole catalogue while a schema is put together.

use std::collections::{BTreeMap, HashMap, HashSet};

use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Column, Dependency, ObjectKind};

use super::rows::{Fields, Oid};
use crate::connection::Row;

/// The catalogue's own tables, by the numbers they have in every version.
pub(super) mod class {
    use super::Oid;
    pub(in super::super) const TYPE: Oid = 1247;
    pub(in super::super) const PROC: Oid = 1255;
    pub(in super::super) const CLASS: Oid = 1259;
    pub(in super::super) const CONSTRAINT: Oid = 2606;
    pub(in super::super) const REWRITE: Oid = 2618;
    pub(in super::super) const NAMESPACE: Oid = 2615;
    pub(in super::super) const TRIGGER: Oid = 2620;
    pub(in super::super) const EXTENSION: Oid = 3079;
}

/// The default collation of the database.
const DEFAULT_COLLATION: Oid = 100;

/// Lookups by number. Their order is never seen.
#[derive(Default)]
pub(super) struct Catalog {
    /// Namespaces, `None` for the default one.
    pub(super) namespaces: HashMap<Oid, Option<String>>,
    /// What belongs to which extension.
    pub(super) members: HashMap<(Oid, Oid), String>,
    pub(super) collations: HashMap<Oid, String>,
    pub(super) methods: HashMap<Oid, String>,
    pub(super) tablespaces: HashMap<Oid, String>,
    pub(super) opclasses: HashMap<Oid, OperatorClass>,
    /// The default operator class of a method for a type.
    pub(super) default_opclasses: HashMap<(Oid, Oid), Oid>,
    /// The types of columns, with their modifiers.
    pub(super) types: HashMap<(Oid, i32), TypeInfo>,
    /// What the domains among them rest on.
    bases: HashMap<Oid, Oid>,
    /// Tables, views, sequences, composite types; in the order of their creation.
    pub(super) relations: BTreeMap<Oid, Relation>,
    /// Tables that inherit, and whatever else is seen and left alone.
    pub(super) unmanaged_relations: HashSet<Oid>,
    /// Functions, procedures, aggregates: kind, name, signature.
    pub(super) routines: HashMap<Oid, Routine>,
    /// Types that are neither tables nor the server's own.
    pub(super) user_types: HashMap<Oid, ObjectName>,
    /// Constraints: their table and name.
    pub(super) constraints: HashMap<Oid, (Oid, String)>,
    pub(super) comments: HashMap<(Oid, Oid, i32), String>,
}

pub(super) struct OperatorClass {
    pub(super) name: String,
    pub(super) method: Oid,
    pub(super) is_default: bool,
}

pub(super) struct TypeInfo {
    pub(super) name: String,
    pub(super) collation: Oid,
    /// How values of the type are stored, if nothing else is said.
    pub(super) storage: Option<char>,
}

pub(super) struct Relation {
    pub(super) name: ObjectName,
    /// `r`, `v`, `m`, `S`, `c`, `p`, `f`
    pub(super) kind: char,
    pub(super) unlogged: bool,
    pub(super) options: Vec<String>,
    pub(super) toast_options: Vec<String>,
    pub(super) tablespace: Option<String>,
    pub(super) method: Option<String>,
    pub(super) is_typed: bool,
    /// What `pg_get_partkeydef` says of a partitioned table.
    pub(super) partition_key: Option<String>,
    /// The table that it is a partition of, and its bound.
    pub(super) partition_of: Option<(Oid, String)>,
    /// In the order of their numbers.
    pub(super) numbers: Vec<NumberedColumn>,
    /// The same columns, until the table or view takes them.
    pub(super) columns: Vec<Column>,
}

/// What others need to know of a column.
pub(super) struct NumberedColumn {
    pub(super) number: i16,
    pub(super) name: String,
    pub(super) type_oid: Oid,
    pub(super) collation: Oid,
}

#[derive(Clone)]
pub(super) struct Routine {
    pub(super) kind: ObjectKind,
    pub(super) name: ObjectName,
    pub(super) signature: String,
}

impl Relation {
    pub(super) fn column(&self, number: i16) -> Option<&NumberedColumn> {
        let at = self.numbers.binary_search_by_key(&number, |column| column.number).ok()?;
        self.numbers.get(at)
    }

    pub(super) fn column_name(&self, number: i16) -> String {
        self.column(number).map(|column| column.name.clone()).unwrap_or_default()
    }

    pub(super) fn object_kind(&self) -> ObjectKind {
        match self.kind {
            'v' => ObjectKind::View,
            'm' => ObjectKind::MaterializedView,
            'S' => ObjectKind::Sequence,
            'c' => ObjectKind::Type,
            _ => ObjectKind::Table,
        }
    }
}

impl Catalog {
    /// `default` is the namespace whose names stand alone.
    pub(super) fn read_namespaces(&mut self, rows: Vec<Row>, default: &str) {
        for mut fields in rows.into_iter().map(Fields::of) {
            let (oid, name) = (fields.number(), fields.text());
            self.namespaces.insert(oid, (name != default).then_some(name));
        }
    }

    pub(super) fn read_members(&mut self, rows: Vec<Row>) {
        for mut fields in rows.into_iter().map(Fields::of) {
            self.members.insert((fields.number(), fields.number()), fields.text());
        }
    }

    pub(super) fn read_names(&mut self, rows: Vec<Row>) {
        for mut fields in rows.into_iter().map(Fields::of) {
            let (sort, oid, name) = (fields.letter(), fields.number(), fields.text());
            match sort {
                Some('c') => drop(self.collations.insert(oid, name)),
                Some('a') => drop(self.methods.insert(oid, name)),
                Some('t') => drop(self.tablespaces.insert(oid, name)),
                _ => {
                    let (method, of_type, is_default) = (fields.number(), fields.number(), fields.flag());
                    if is_default {
                        self.default_opclasses.insert((method, of_type), oid);
                    }
                    self.opclasses.insert(oid, OperatorClass { name, method, is_default });
                }
            }
        }
    }

    pub(super) fn read_types(&mut self, rows: Vec<Row>) {
        for mut fields in rows.into_iter().map(Fields::of) {
            let key = (fields.number(), fields.number());
            let (name, collation, base) = (fields.text(), fields.number(), fields.maybe());
            self.types.insert(key, TypeInfo { name, collation, storage: fields.letter() });
            if let Some(base) = base {
                self.bases.insert(key.0, base);
            }
        }
    }

    pub(super) fn read_relations(&mut self, rows: Vec<Row>) {
        for mut fields in rows.into_iter().map(Fields::of) {
            let oid = fields.number();
            let name = fields.text();
            let relation = Relation {
                name: self.name(fields.number(), name),
                kind: fields.letter().unwrap_or_default(),
                unlogged: fields.letter() == Some('u'),
                options: fields.texts(),
                tablespace: fields.maybe().and_then(|oid: Oid| self.tablespaces.get(&oid).cloned()),
                method: fields.maybe().and_then(|oid: Oid| self.methods.get(&oid).cloned()),
                is_typed: fields.flag(),
                toast_options: fields.texts(),
                partition_key: fields.optional(),
                partition_of: fields.maybe().zip(fields.optional()),
                numbers: Vec::new(),
                columns: Vec::new(),
            };
            self.relations.insert(oid, relation);
        }
    }

    pub(super) fn read_comments(&mut self, rows: Vec<Row>) {
        for mut fields in rows.into_iter().map(Fields::of) {
            let key = (fields.number(), fields.number(), fields.number());
            self.comments.insert(key, fields.text());
        }
    }

    /// The namespaces besides the default one that no extension brought along.
    pub(super) fn own_namespaces(&self) -> Vec<String> {
        let own = self.namespaces.iter().filter(|(oid, _)| !self.is_member(class::NAMESPACE, **oid));
        let mut names: Vec<String> = own.filter_map(|(_, name)| name.clone()).collect();
        names.sort();
        names
    }

    /// Says whether a relation is a table that is read: one whose own kind is
    /// managed, and that of all tables above it.
    pub(super) fn is_read_table(&self, oid: Oid) -> bool {
        let mut next = Some(oid);
        while let Some(oid) = next {
            let Some(relation) = self.relations.get(&oid) else { return false };
            if !matches!(relation.kind, 'r' | 'p')
                || relation.is_typed
                || self.unmanaged_relations.contains(&oid)
                || self.is_member(class::CLASS, oid)
            {
                return false;
            }
            next = relation.partition_of.as_ref().map(|(parent, _)| *parent);
        }
        true
    }

    /// The type that a domain rests on in the end; another type itself.
    pub(super) fn base_type(&self, oid: Oid) -> Oid {
        self.bases.get(&oid).copied().unwrap_or(oid)
    }

    /// A name in a namespace.
    pub(super) fn name(&self, namespace: Oid, name: String) -> ObjectName {
        let namespace = self.namespaces.get(&namespace).cloned().flatten();
        ObjectName { namespace, name }
    }

    /// Says whether an extension brought the object along.
    pub(super) fn is_member(&self, class: Oid, oid: Oid) -> bool {
        self.members.contains_key(&(class, oid))
    }

    /// Takes the comment on an object, or on a part of it.
    pub(super) fn take_comment(&mut self, class: Oid, oid: Oid, part: i32) -> Option<String> {
        self.comments.remove(&(class, oid, part))
    }

    /// A collation as SQL, unless it is the one that goes without saying.
    pub(super) fn collation(&self, oid: Oid, usual: Oid) -> Option<String> {
        let is_usual = oid == 0 || oid == usual || (usual == 0 && oid == DEFAULT_COLLATION);
        (!is_usual).then(|| self.collations.get(&oid).cloned().unwrap_or_default())
    }

    /// What something needs, `None` if that goes without saying: the server's
    /// own, and what is not told of.
    pub(super) fn dependency(
        &self,
        class: Oid,
        oid: Oid,
        part: i16,
        row_type: Option<Oid>,
    ) -> Option<Dependency> {
        let plain = |kind, name: ObjectName| Dependency { kind, name, signature: None, column: None };
        if let Some(extension) = self.members.get(&(class, oid)) {
            return Some(plain(ObjectKind::Extension, ObjectName::new(extension)));
        }
        match class {
            class::CLASS => {
                let relation = self.relations.get(&oid)?;
                let column = (part > 0).then(|| relation.column_name(part));
                Some(Dependency { column, ..plain(relation.object_kind(), relation.name.clone()) })
            }
            class::TYPE => match row_type {
                Some(relation) => {
                    let relation = self.relations.get(&relation)?;
                    Some(plain(relation.object_kind(), relation.name.clone()))
                }
                None => Some(plain(ObjectKind::Type, self.user_types.get(&oid)?.clone())),
            },
            class::PROC => {
                let routine = self.routines.get(&oid)?.clone();
                Some(Dependency { signature: Some(routine.signature), ..plain(routine.kind, routine.name) })
            }
            class::CONSTRAINT => {
                let (table, name) = self.constraints.get(&oid)?;
                Some(plain(ObjectKind::Constraint, self.relations.get(table)?.name.with_name(name)))
            }
            _ => None,
        }
    }
}
