//! From changes to actions.
//!
//! Renames run first, in one action, so that everything after them speaks new
//! names (only enum values are added before, for they need a commit before they
//! can be used). Then every change says what it creates, drops, alters, uses and
//! frees, and the order follows from that. What stands in the way of a change
//! (see [`Remade`]) is taken down before it and put up again after it.

mod columns;
mod comments;
mod computed;
mod enums;
mod finish;
mod generator;
mod objects;
mod options;
mod partitions;
mod parts;
mod remade;
mod renames;
mod retype;
mod rows;
mod search;
mod sequences;
mod spaces;
mod tables;
mod types;
mod validate;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use search::Remade;

use super::keys;
use super::part::Part;
use super::side::Side;
use crate::change::Change;
use crate::dialect::Dialect;
use crate::diff::after_renames;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::plan::{Action, Key, PlanError};
use crate::schema::Schema;

/// Lowers `changes` to actions.
pub(super) fn lower(pair: Pair<&Schema>, changes: &[Change]) -> Result<Vec<Action>, PlanError> {
    let renamed = after_renames(Dialect::Postgres, pair, changes);
    let (from, to) = (Side::of(&renamed), Side::of(pair.to));
    let remade = Remade::of(&from, changes);
    let circle = tables::circle(&from, &to);
    let live = pair.from;
    let (computed, actions) = (OnceCell::new(), Vec::new());
    let mut lowering = Lowering { live, from, to, changes, remade, circle, computed, actions };
    lowering.refuse_other_keys()?;
    lowering.renames();
    for change in changes {
        lowering.change(change)?;
    }
    lowering.remake()?;
    lowering.retype()?;
    Ok(finish::finish(lowering.actions, changes))
}

/// All that is known while changes are lowered, and what came of them so far.
struct Lowering<'a> {
    /// The schema before anything.
    live: &'a Schema,
    /// The current side, tables, columns, enums and their values under their new names.
    from: Side<'a>,
    to: Side<'a>,
    changes: &'a [Change],
    remade: Remade,
    /// The tables that go and that only go together.
    circle: BTreeSet<ObjectName>,
    /// What rests on each routine, once somebody asks.
    computed: OnceCell<BTreeMap<Key, BTreeSet<Key>>>,
    actions: Vec<Action>,
}

impl Lowering<'_> {
    fn change(&mut self, change: &Change) -> Result<(), PlanError> {
        match change {
            Change::CreateNamespace { namespace } => self.create_namespace(namespace),
            Change::DropNamespace { namespace } => self.drop_namespace(namespace),
            Change::CreateExtension { extension } => self.create_extension(extension),
            Change::DropExtension { extension } => self.drop_extension(extension),
            Change::AlterExtension { from, to } => self.alter_extension(from, to),
            Change::CreateEnum { enum_def } => self.create_enum(enum_def),
            Change::DropEnum { enum_name } => self.drop_type("TYPE", enum_name),
            Change::AlterEnum(alter) => self.alter_enum(alter),
            Change::CreateType { type_def } => self.create_type(type_def),
            Change::DropType { type_def } => self.drop_type_def(type_def),
            Change::AlterType { from, to } => self.alter_type(from, to),
            Change::CreateSequence { sequence } => self.create_sequence(sequence),
            Change::DropSequence { sequence } => self.drop_sequence(sequence),
            Change::AlterSequence { from, to } => self.alter_sequence(from, to),
            Change::RenameSequence { from, to } => self.rename_sequence(from, to),
            Change::CreateTable { table } => self.create_table(table),
            Change::DropTable { table_name } => self.drop_table(table_name),
            Change::AlterTableOptions { table_name, from, to } => self.table_options(table_name, from, to),
            Change::DetachPartition { table_name, partition_of } => {
                self.detach_partition(table_name, partition_of);
            }
            Change::AttachPartition { table_name, partition_of } => {
                self.attach_partition(table_name, partition_of);
            }
            // The server cannot, see `refuse_other_keys`.
            Change::AlterPartitionKey { .. } => {}
            Change::AddColumn { table_name, column } => self.add_column(table_name, column),
            Change::DropColumn { table_name, column_name } => self.drop_column(table_name, column_name),
            Change::AlterColumn { table_name, column_name, from, to } => {
                self.alter_column(table_name, column_name, from, to);
            }
            Change::CreateIndex { table_name, index } => self.create_index(table_name, index),
            Change::DropIndex { table_name, index_name } => self.drop_index(table_name, index_name),
            Change::RenameIndex { table_name, from, to } => self.rename_index(table_name, from, to),
            Change::AddPrimaryKey { table_name, primary_key } => {
                self.add_part(table_name, Part::Primary(primary_key));
            }
            Change::DropPrimaryKey { table_name, primary_key } => {
                self.drop_part(table_name, Part::Primary(primary_key));
            }
            Change::AddUniqueConstraint { table_name, constraint } => {
                self.add_part(table_name, Part::Unique(constraint));
            }
            Change::DropUniqueConstraint { table_name, constraint } => {
                self.drop_part(table_name, Part::Unique(constraint));
            }
            Change::AddForeignKey { table_name, fk } => self.add_checked(table_name, Part::ForeignKey(fk)),
            Change::DropForeignKey { table_name, fk } => self.drop_checked(table_name, Part::ForeignKey(fk)),
            Change::AddCheck { table_name, check, .. } => self.add_checked(table_name, Part::Check(check)),
            Change::DropCheck { table_name, check } => self.drop_checked(table_name, Part::Check(check)),
            Change::AddExclusion { table_name, exclusion } => {
                self.add_part(table_name, Part::Exclusion(exclusion));
            }
            Change::DropExclusion { table_name, exclusion } => {
                self.drop_part(table_name, Part::Exclusion(exclusion));
            }
            Change::RenameConstraint { table_name, from, to } => {
                self.rename_constraint(table_name, from.as_deref(), to.as_deref());
            }
            Change::CreateObject { object } => self.create_object(object)?,
            Change::ReplaceObject { from, to } => self.replace_object(from, to)?,
            Change::DropObject { object } => self.drop_object(object)?,
            Change::SetComment { target, to, .. } => self.set_comment(target, to.as_deref())?,
            // These run first, see `renames`.
            Change::RenameTable { .. }
            | Change::RenameColumn { .. }
            | Change::RenameEnum { .. }
            | Change::RenameEnumValue { .. } => {}
        }
        Ok(())
    }

    /// What the things that `keys` stand for need on the desired side.
    fn needs<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) -> Vec<Key> {
        keys.into_iter().flat_map(|key| self.to.graph.needs(key)).cloned().collect()
    }

    /// What the things that `keys` stand for need on the current side.
    fn needed<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) -> Vec<Key> {
        keys.into_iter().flat_map(|key| self.from.graph.needs(key)).cloned().collect()
    }

    /// The key on the desired side of what has `key` on the current one: indexes
    /// and constraints may be renamed.
    fn renewed(&self, key: &Key) -> Key {
        let renamed = self.changes.iter().find_map(|change| {
            if let Change::RenameIndex { table_name, from, to } = change {
                let before = keys::relation(&table_name.with_name(from));
                (*key == before).then(|| keys::relation(&table_name.with_name(to)))
            } else if let Change::RenameConstraint { table_name, from: Some(from), to: Some(to) } = change {
                (*key == keys::constraint(table_name, from)).then(|| keys::constraint(table_name, to))
            } else {
                None
            }
        });
        renamed.unwrap_or_else(|| key.clone())
    }
}
