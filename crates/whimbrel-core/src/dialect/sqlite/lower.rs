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

use super::rename::rename_actions;
use super::work::{TableWork, Way, Work};
use super::{ddl, hazards, objects, rebuild, rules};
use crate::change::Change;
use crate::dialect::Dialect;
use crate::diff::after_renames;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::plan::{Action, Hazard, Key, Mode, PlanError, Step};
use crate::schema::{Column, Index, ObjectKind, Schema, Table};

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

fn drop_table(work: &Work<'_>, table: &Table) -> Action {
    let name = &table.name.name;
    let hazard = Hazard::LosesTable { subject: name.clone() };
    let mut action = Action::about(&table.name);
    action.steps.push(Step::new(ddl::drop_table(name)).with(hazard));
    action.drops.push(relation(name));
    action.drops.extend(table.indexes.iter().map(|index| relation(&index.name)));
    // DROP TABLE deletes every row first, and with foreign keys on that reaches
    // the rows of other tables.
    if work.is_referenced(name) {
        action.mode = Mode::ForeignKeysSuspended(work.checked(name, None));
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
    let mut alter = Action::about(&table.from.name);
    alter.alters.push(relation(table.name()));
    alter.uses.push(names(table.name()));
    wait_for_parents(&mut alter, table.to);
    // Columns are added first: a table must keep one.
    alter.steps.extend(rules::added_columns(table).into_iter().map(|column| add_column(table, column)));
    let dropped = table.changes.iter().filter_map(|change| drop_column(table, change));
    let mut dropped: Vec<_> = dropped.collect();
    if !dropped.is_empty() {
        dropped.sort_by(|a, b| a.sql.cmp(&b.sql));
        alter.alters.push(whole_schema());
        alter.steps.append(&mut dropped);
    }
    let indexes = table.changes.iter().flat_map(|change| alter_indexes(table, change));
    indexes.chain((!alter.steps.is_empty()).then_some(alter)).collect()
}

fn add_column(table: &TableWork<'_>, column: &Column) -> Step {
    let inline = rules::inline_constraints(table, column);
    let mut step = Step::new(ddl::add_column(table.name(), column, &inline.checks, &inline.foreign_keys));
    if inline.checks.iter().any(|check| !rules::accepts_null(check) || column.default.is_some()) {
        step.hazards.push(Hazard::FailsOnViolations { subject: table.name().to_owned() });
    }
    step
}

fn drop_column(table: &TableWork<'_>, change: &Change) -> Option<Step> {
    let Change::DropColumn { column_name, .. } = change else { return None };
    let mut step = Step::new(ddl::drop_column(table.name(), column_name));
    step.hazards = hazards::of_change(table, change);
    Some(step)
}

fn alter_indexes(table: &TableWork<'_>, change: &Change) -> Vec<Action> {
    if let Change::DropIndex { index_name, .. } = change {
        vec![drop_index(table, index_name)]
    } else if let Change::CreateIndex { index, .. } = change {
        vec![create_index_on_rows(table, index)]
    } else if let Change::RenameIndex { from, to, .. } = change {
        let index = table.to.indexes.iter().find(|index| Dialect::Sqlite.same_ident(&index.name, to));
        let again = index.map(|index| create_index(table.name(), index));
        std::iter::once(drop_index(table, from)).chain(again).collect()
    } else {
        Vec::new()
    }
}
