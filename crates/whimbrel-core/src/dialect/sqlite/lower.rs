//! From changes to actions.
//!
//! Renames run as `ALTER TABLE ... RENAME`, for then the engine follows them
//! into foreign keys, indexes, views and triggers. All other changes of a table
//! are looked at together: either `ALTER TABLE` can do every one of them (see
//! [`rules`]), or the table is rebuilt, once (see [`rebuild`]).
//!
//! Every ALTER but ADD COLUMN reads the whole schema again, and fails if any
//! view or trigger in it speaks of what is not there. So those that must go, or
//! must be made anew, go before the first such ALTER and come after the last:
//! see [`objects`].

use std::collections::{BTreeMap, BTreeSet};

use super::{ddl, hazards, objects, rebuild, rules};
use crate::change::Change;
use crate::dialect::Dialect;
use crate::diff::after_renames;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::plan::{Action, Hazard, Key, Mode, PlanError, Step};
use crate::schema::{Column, Index, Object, ObjectKind, Schema, Table};

use super::text::fold;

/// Lowers `changes` to actions.
pub(super) fn lower(pair: Pair<&Schema>, changes: &[Change]) -> Result<Vec<Action>, PlanError> {
    let renames = changes.iter().any(is_rename);
    let renamed = renames.then(|| after_renames(Dialect::Sqlite, pair, changes));
    let live = renamed.as_ref().unwrap_or(pair.from);
    let work = Work::of(pair, live, changes)?;
    let mut actions = Vec::new();
    actions.extend(rename_actions(&work));
    actions.extend(work.dropped.iter().map(|table| drop_table(&work, table)));
    actions.extend(work.created.iter().flat_map(|table| create_table(table)));
    for table in work.altered.values() {
        actions.extend(match table.way {
            Way::InPlace => alter_in_place(table),
            Way::Rebuild => rebuild::rebuild(&work, table),
        });
    }
    let verified = actions.iter().any(|action| action.alters.contains(&whole_schema()));
    actions.extend(objects::actions(&work, verified));
    Ok(actions)
}

fn is_rename(change: &Change) -> bool {
    matches!(change, Change::RenameTable { .. } | Change::RenameColumn { .. })
}

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
    /// Old and new names of renamed tables, virtual ones included.
    renamed: Vec<(&'a str, &'a str)>,
    /// The tables that are new.
    created: Vec<&'a Table>,
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
    renamed: Vec<(&'a str, &'a str)>,
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
    fn of(pair: Pair<&'a Schema>, live: &'a Schema, changes: &'a [Change]) -> Result<Self, PlanError> {
        let by_name = |schema: &'a Schema| -> BTreeMap<String, &'a Table> {
            schema.tables.iter().map(|table| (fold(&table.name.name).into_owned(), table)).collect()
        };
        let mut work = Self {
            live,
            to: pair.to,
            taken: taken(pair),
            tables: Pair::new(live, pair.to).map(by_name),
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

    /// The tables that will have a foreign key to this one.
    pub(super) fn referencers(&self, table: &str) -> Vec<ObjectName> {
        referencers(self.to, table).map(|table| table.name.clone()).collect()
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

fn referencers<'a>(schema: &'a Schema, name: &'a str) -> impl Iterator<Item = &'a Table> {
    schema.tables.iter().filter(move |table| {
        table.foreign_keys.iter().any(|fk| Dialect::Sqlite.same_ident(&fk.referenced_table.name, name))
            && !Dialect::Sqlite.same_ident(&table.name.name, name)
    })
}

fn unsupported(what: &str) -> PlanError {
    PlanError::Unsupported {
        dialect: Dialect::Sqlite,
        what: what.to_owned(),
        help: "leave it out of the desired schema, or use an engine that has it".to_owned(),
    }
}

/// The key of a table, view, virtual table or index: they share one name space.
pub(super) fn relation(name: &str) -> Key {
    Key::new(ObjectKind::Table, &ObjectName::new(name))
}

/// The names of a table and its columns: final once its renames have run. Who
/// writes a foreign key to it waits for that, or the engine would follow the
/// renames in what is already right.
pub(super) fn names(table: &str) -> Key {
    Key::part(ObjectKind::Table, &ObjectName::new(table), "names")
}

/// The schema as a whole, which ALTER reads again.
pub(super) fn whole_schema() -> Key {
    Key::new(ObjectKind::Namespace, &ObjectName::new("main"))
}

/// Renames of tables, and of columns after them.
fn rename_actions(work: &Work<'_>) -> Vec<Action> {
    let mut actions: BTreeMap<String, Action> = BTreeMap::new();
    for (from, to) in untangle(&work.renamed, |name| work.free_name(name)) {
        let mut action = Action::about(&ObjectName::new(to.as_str()));
        action.steps.push(Step::new(ddl::rename_table(&from, &to)));
        action.drops.push(relation(&from));
        action.creates.extend([relation(&to), names(&to)]);
        action.alters.push(whole_schema());
        actions.insert(fold(&to).into_owned(), action);
    }
    for (key, table) in work.altered.iter().filter(|(_, table)| !table.renamed.is_empty()) {
        let action = actions.entry(key.clone()).or_insert_with(|| Action {
            alters: vec![relation(table.name()), whole_schema()],
            creates: vec![names(table.name())],
            ..Action::about(&table.from.name)
        });
        let free = |name: &str| free_column(table, name);
        for (from, to) in untangle(&table.renamed, free) {
            action.steps.push(Step::new(ddl::rename_column(table.name(), &from, &to)));
        }
    }
    actions.into_values().collect()
}

fn free_column(table: &TableWork<'_>, name: &str) -> String {
    let taken = |name: &String| {
        let columns = table.from.columns.iter().chain(&table.to.columns);
        columns.into_iter().any(|column| Dialect::Sqlite.same_ident(&column.name, name))
    };
    let names = (1..).map(|number| format!("__old_{name}_{number}"));
    names.into_iter().find(|name| !taken(name)).expect("the numbers do not end before the names do")
}

/// Puts renames into an order in which every new name is free when it is
/// taken; where names are exchanged, one goes by way of a free name.
fn untangle(renames: &[(&str, &str)], free: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let mut left: Vec<(String, String)> =
        renames.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    left.sort();
    let mut out = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |to: &str| !left.iter().any(|(from, _)| Dialect::Sqlite.same_ident(from, to));
        match left.iter().position(|(_, to)| is_free(to)) {
            Some(at) => out.push(left.remove(at)),
            None => {
                let between = free(&left[0].0);
                let from = std::mem::replace(&mut left[0].0, between.clone());
                out.push((from, between));
            }
        }
    }
    out
}

fn drop_table(work: &Work<'_>, table: &Table) -> Action {
    let name = &table.name.name;
    let hazard = Hazard::LosesTable { subject: name.clone() };
    let mut action = Action::about(&table.name);
    action.steps.push(Step::new(ddl::drop_table(name)).with(hazard));
    action.drops.push(relation(name));
    action.drops.extend(table.indexes.iter().map(|index| relation(&index.name)));
    // DROP TABLE deletes every row first, and with foreign keys on that reaches
    // the rows of other tables.
    if referencers(work.live, name).next().is_some() {
        action.mode = Mode::ForeignKeysSuspended(work.referencers(name));
    }
    action
}

fn create_table(table: &Table) -> Vec<Action> {
    let mut action = Action::about(&table.name);
    action.steps.push(Step::new(ddl::create_table(table)));
    action.creates.push(relation(&table.name.name));
    wait_for_parents(&mut action, table);
    let indexes = table.indexes.iter().map(|index| create_index(&table.name.name, index));
    std::iter::once(action).chain(indexes).collect()
}

/// Parents come first where they can, for people who read the plan; they must
/// have their names when a foreign key says them.
pub(super) fn wait_for_parents(action: &mut Action, table: &Table) {
    for fk in &table.foreign_keys {
        action.uses.push(names(&fk.referenced_table.name));
        action.prefers.push(relation(&fk.referenced_table.name));
    }
}

/// An index on a table that is as it should be by then.
pub(super) fn create_index(table: &str, index: &Index) -> Action {
    let mut action = Action::about(&ObjectName::new(table));
    action.steps.push(Step::new(ddl::create_index(table, index)));
    action.creates.push(relation(&index.name));
    action.uses.push(relation(table));
    action
}

/// An index on rows that may have equal keys.
pub(super) fn create_index_on_rows(table: &TableWork<'_>, index: &Index) -> Action {
    let mut action = create_index(table.name(), index);
    if index.unique {
        let hazard = hazards::duplicates(table, &index.columns);
        action.steps.iter_mut().for_each(|step| step.hazards.push(hazard.clone()));
    }
    action
}

fn drop_index(table: &TableWork<'_>, index: &str) -> Action {
    let mut action = Action::about(&table.from.name);
    action.steps.push(Step::new(ddl::drop_index(index)));
    action.drops.push(relation(index));
    action.frees.push(relation(table.name()));
    action
}

fn alter_in_place(table: &TableWork<'_>) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut alter = Action::about(&table.from.name);
    alter.alters.push(relation(table.name()));
    alter.uses.push(names(table.name()));
    wait_for_parents(&mut alter, table.to);
    let added = rules::added_columns(table);
    alter.steps.extend(added.iter().map(|column| Step::new(add_column(table, column))));
    for change in &table.changes {
        if let Change::DropColumn { column_name, .. } = change {
            let mut step = Step::new(ddl::drop_column(table.name(), column_name));
            step.hazards = hazards::of_change(table, change);
            alter.steps.push(step);
            alter.alters.push(whole_schema());
        }
        if let Change::DropIndex { index_name, .. } | Change::RenameIndex { from: index_name, .. } = change {
            actions.push(drop_index(table, index_name));
        }
        if let Change::CreateIndex { index, .. } = change {
            actions.push(create_index_on_rows(table, index));
        }
        if let Change::RenameIndex { to, .. } = change {
            let index = table.to.indexes.iter().find(|index| Dialect::Sqlite.same_ident(&index.name, to));
            actions.extend(index.map(|index| create_index(table.name(), index)));
        }
    }
    alter.steps[added.len()..].sort_by(|a, b| a.sql.cmp(&b.sql));
    if !alter.steps.is_empty() {
        actions.push(alter);
    }
    actions
}

fn add_column(table: &TableWork<'_>, column: &Column) -> String {
    let (checks, keys) = rules::inline_constraints(table, column);
    ddl::add_column(table.name(), column, &checks, &keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(renames: &[(&str, &str)], expected: &[(&str, &str)]) {
        let found = untangle(renames, |name| format!("tmp_{name}"));
        let found: Vec<_> = found.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn renames_wait_until_their_new_name_is_free() {
        check(&[("a", "x"), ("b", "y")], &[("a", "x"), ("b", "y")]);
        check(&[("a", "b"), ("b", "c")], &[("b", "c"), ("a", "b")]);
    }

    #[test]
    fn exchanged_names_go_by_way_of_a_free_one() {
        check(&[("a", "b"), ("B", "A")], &[("B", "tmp_B"), ("a", "b"), ("tmp_B", "A")]);
    }
}
