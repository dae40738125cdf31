//! What is to be done, sorted by table and object.

use std::collections::{BTreeMap, BTreeSet};

use super::rules;
use super::text::fold;
use crate::change::Change;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::plan::PlanError;
use crate::schema::{Column, Object, Schema, Table};

/// The whole of what is to be done, sorted by table and object.
pub(super) struct Work<'a> {
    /// The database once renames have run.
    pub(super) live: &'a Schema,
    /// The database as it should be.
    pub(super) to: &'a Schema,
    /// Every name of a table, index, view or virtual table, on either side.
    taken: BTreeSet<String>,
    /// The tables by folded name.
    tables: Pair<BTreeMap<String, &'a Table>>,
    /// By the folded name of a table, those with a foreign key to it.
    referencers: Pair<BTreeMap<String, Vec<&'a Table>>>,
    /// Old and new names of renamed tables, virtual ones included.
    pub(super) renamed: Vec<(&'a str, &'a str)>,
    /// The tables that are new.
    pub(super) created: Vec<&'a Table>,
    /// The tables that go.
    pub(super) dropped: Vec<&'a Table>,
    /// The tables that change, by folded name.
    pub(super) altered: BTreeMap<String, TableWork<'a>>,
    /// The objects that are new.
    pub(super) created_objects: Vec<&'a Object>,
    /// The objects that have another definition: the two sides.
    pub(super) replaced_objects: Vec<(&'a Object, &'a Object)>,
    /// The objects that go.
    pub(super) dropped_objects: Vec<&'a Object>,
}

/// What is to be done with one table that stays.
pub(super) struct TableWork<'a> {
    /// The table once renames have run.
    pub(super) from: &'a Table,
    /// The table as it should be.
    pub(super) to: &'a Table,
    /// Old and new names of renamed columns.
    pub(super) renamed: Vec<(&'a str, &'a str)>,
    /// All changes but the renames.
    pub(super) changes: Vec<&'a Change>,
    /// How they are carried out.
    pub(super) way: Way,
}

impl<'a> TableWork<'a> {
    /// The table's name, as the catalogue spells it.
    pub(super) fn name(&self) -> &'a str {
        &self.from.name.name
    }

    /// The column of this name, as it is before it is changed.
    pub(super) fn live_column(&self, name: &str) -> Option<&'a Column> {
        self.from.columns.iter().find(|column| Dialect::Sqlite.same_ident(&column.name, name))
    }
}

/// How the changes of a table are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By ALTER TABLE, CREATE INDEX and DROP INDEX.
    InPlace,
    /// By a new table that takes over the rows and the name.
    Rebuild,
}

impl<'a> Work<'a> {
    /// Sorts `changes`, which turn `pair.from` into `pair.to`; `live` is the
    /// database between renames and the rest.
    pub(super) fn of(
        pair: Pair<&'a Schema>,
        live: &'a Schema,
        changes: &'a [Change],
    ) -> Result<Self, PlanError> {
        let by_name = |schema: &'a Schema| -> BTreeMap<String, &'a Table> {
            schema.tables.iter().map(|table| (fold(&table.name.name).into_owned(), table)).collect()
        };
        let mut work = Self {
            live,
            to: pair.to,
            taken: taken(pair),
            tables: Pair::new(live, pair.to).map(by_name),
            referencers: Pair::new(live, pair.to).map(referencers),
            renamed: Vec::new(),
            created: Vec::new(),
            dropped: Vec::new(),
            altered: BTreeMap::new(),
            created_objects: Vec::new(),
            replaced_objects: Vec::new(),
            dropped_objects: Vec::new(),
        };
        for change in changes {
            work.enter(change)?;
        }
        for table in work.altered.values_mut() {
            table.way = rules::way(table);
        }
        Ok(work)
    }

    fn enter(&mut self, change: &'a Change) -> Result<(), PlanError> {
        match change {
            Change::RenameTable { from, to } => self.renamed.push((&from.name, &to.name)),
            Change::CreateTable { table } if table.partition_by.is_some() || table.partition_of.is_some() => {
                return Err(unsupported("have partitioned tables"));
            }
            Change::CreateTable { table } => self.created.push(table),
            Change::DropTable { table_name } => {
                self.dropped.extend(self.tables.from.get(&*fold(&table_name.name)));
            }
            Change::RenameColumn { table_name, from, to } => {
                if let Some(table) = self.table(table_name) {
                    table.renamed.push((from, to));
                }
            }
            Change::AlterTableOptions { table_name, .. }
            | Change::AddColumn { table_name, .. }
            | Change::DropColumn { table_name, .. }
            | Change::AlterColumn { table_name, .. }
            | Change::CreateIndex { table_name, .. }
            | Change::DropIndex { table_name, .. }
            | Change::RenameIndex { table_name, .. }
            | Change::AddPrimaryKey { table_name, .. }
            | Change::DropPrimaryKey { table_name, .. }
            | Change::AddUniqueConstraint { table_name, .. }
            | Change::DropUniqueConstraint { table_name, .. }
            | Change::AddForeignKey { table_name, .. }
            | Change::DropForeignKey { table_name, .. }
            | Change::AddCheck { table_name, .. }
            | Change::DropCheck { table_name, .. }
            | Change::RenameConstraint { table_name, .. } => {
                if let Some(table) = self.table(table_name) {
                    table.changes.push(change);
                }
            }
            Change::CreateObject { object } => self.created_objects.push(object),
            Change::ReplaceObject { from, to } => self.replaced_objects.push((from, to)),
            Change::DropObject { object } => self.dropped_objects.push(object),
            Change::CreateNamespace { .. } | Change::DropNamespace { .. } => {
                return Err(unsupported("have namespaces"));
            }
            Change::CreateExtension { .. } | Change::DropExtension { .. } | Change::AlterExtension { .. } => {
                return Err(unsupported("have extensions in its schema"));
            }
            Change::CreateEnum { .. }
            | Change::DropEnum { .. }
            | Change::RenameEnum { .. }
            | Change::RenameEnumValue { .. }
            | Change::AlterEnum(_)
            | Change::CreateType { .. }
            | Change::DropType { .. }
            | Change::AlterType { .. } => return Err(unsupported("have types of its own")),
            Change::CreateSequence { .. }
            | Change::DropSequence { .. }
            | Change::AlterSequence { .. }
            | Change::RenameSequence { .. } => return Err(unsupported("have sequences")),
            Change::AlterPartitionKey { .. }
            | Change::DetachPartition { .. }
            | Change::AttachPartition { .. } => return Err(unsupported("have partitioned tables")),
            Change::AddExclusion { .. } | Change::DropExclusion { .. } => {
                return Err(unsupported("have exclusion constraints"));
            }
            Change::SetComment { .. } => return Err(unsupported("keep comments")),
        }
        Ok(())
    }

    /// The work on a table, begun if need be; `None` if the changes speak of a
    /// table that is not on both sides, and hence is created or dropped whole.
    fn table(&mut self, name: &ObjectName) -> Option<&mut TableWork<'a>> {
        let key = fold(&name.name).into_owned();
        if !self.altered.contains_key(&key) {
            let from = *self.tables.from.get(&key)?;
            let to = *self.tables.to.get(&key)?;
            let (renamed, changes) = (Vec::new(), Vec::new());
            self.altered.insert(key.clone(), TableWork { from, to, renamed, changes, way: Way::InPlace });
        }
        self.altered.get_mut(&key)
    }

    /// A name that nothing has, made of the name of a table.
    pub(super) fn free_name(&self, table: &str) -> String {
        let first = format!("__new_{table}");
        let others = (2..).map(|number| format!("__new_{table}_{number}"));
        std::iter::once(first)
            .chain(others)
            .find(|name| !self.taken.contains(&*fold(name)))
            .expect("the numbers do not end before the names do")
    }

    /// Says whether the rows of other tables refer to this one.
    pub(super) fn is_referenced(&self, table: &str) -> bool {
        self.referencers.from.contains_key(&*fold(table))
    }

    /// The other tables that will have a foreign key to this one.
    pub(super) fn referencers(&self, table: &str) -> &[&'a Table] {
        self.referencers.to.get(&*fold(table)).map_or(&[], Vec::as_slice)
    }

    /// The tables whose rows will refer to this one, and those among `more`, by
    /// their new names and by their old ones: some are looked at before and
    /// after the plan.
    pub(super) fn checked(&self, table: &str, more: Option<&Table>) -> Vec<ObjectName> {
        let tables = self.referencers(table).iter().copied().chain(more).map(|table| table.name.clone());
        tables.flat_map(|name| self.old_name(&name).into_iter().chain([name])).collect()
    }

    fn old_name(&self, name: &ObjectName) -> Option<ObjectName> {
        let renamed = self.renamed.iter().find(|(_, new)| Dialect::Sqlite.same_ident(new, &name.name));
        renamed.map(|(old, _)| ObjectName::new(*old))
    }
}

fn taken(pair: Pair<&Schema>) -> BTreeSet<String> {
    let both = [pair.from, pair.to];
    let tables = both.iter().flat_map(|schema| &schema.tables);
    let indexes = tables.clone().flat_map(|table| &table.indexes).map(|index| &index.name);
    let objects = both.iter().flat_map(|schema| &schema.objects).map(|object| &object.name.name);
    let tables = tables.map(|table| &table.name.name);
    tables.chain(indexes).chain(objects).map(|name| fold(name).into_owned()).collect()
}

fn referencers(schema: &Schema) -> BTreeMap<String, Vec<&Table>> {
    let mut all: BTreeMap<String, Vec<&Table>> = BTreeMap::new();
    for table in &schema.tables {
        let own = fold(&table.name.name);
        let referenced: BTreeSet<_> =
            table.foreign_keys.iter().map(|key| fold(&key.referenced_table.name)).collect();
        for name in referenced.into_iter().filter(|name| *name != own) {
            all.entry(name.into_owned()).or_default().push(table);
        }
    }
    all
}

fn unsupported(what: &str) -> PlanError {
    PlanError::Unsupported {
        dialect: Dialect::Sqlite,
        what: what.to_owned(),
        help: "leave it out of the desired schema, or use an engine that has it".to_owned(),
    }
}
