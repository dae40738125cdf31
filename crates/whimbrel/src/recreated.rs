//! What a plan drops and makes again keeps its owner and its grants.
//!
//! They are no part of a schema, so no proof looks at them: they are read from
//! the live database when the plan is made, and given again by its last steps.
//! That they have not changed meanwhile is part of the fingerprint.

use std::collections::BTreeSet;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Renames;
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Batch, ForeignKeys, Key, Plan, Step};
use whimbrel_core::schema::{ObjectKind, Schema};
use whimbrel_db::grants::{Recreated, grants};
use whimbrel_db::{Connection, DbError};

/// Adds the steps that give owners and grants again.
pub(crate) async fn keep_grants(
    connection: &mut dyn Connection,
    recreated: &[Recreated],
    plan: &mut Plan,
) -> Result<(), DbError> {
    let steps: Vec<Step> = grants(connection, recreated).await?.into_iter().map(Step::new).collect();
    if steps.is_empty() {
        return Ok(());
    }
    match plan.batches.last_mut() {
        Some(batch) if batch.transaction => batch.steps.extend(steps),
        Some(_) | None => {
            plan.batches.push(Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps });
        }
    }
    Ok(())
}

/// What has an owner or grants among what is recreated.
pub(crate) fn recreated(
    dialect: Dialect,
    desired: &Schema,
    renames: &Renames,
    keys: &[Key],
) -> Vec<Recreated> {
    let whole: BTreeSet<&ObjectName> = keys
        .iter()
        .filter(|key| key.kind == ObjectKind::Table && key.part.is_empty())
        .map(|key| &key.name)
        .collect();
    let found = keys.iter().filter_map(|key| match key.kind {
        ObjectKind::Function => {
            Some(Recreated::Routine { name: key.name.clone(), signature: key.part.clone() })
        }
        ObjectKind::Table => {
            let name = Pair::new(old_name(dialect, renames, &key.name), key.name.clone());
            match key.part.as_str() {
                "" => Some(Recreated::Relation { name, columns: columns(desired, &key.name) }),
                // A column is told with its table; and a part that is no name is no column.
                part if whole.contains(&key.name) || part.contains('\0') => None,
                part => {
                    let old = renames.old_column(dialect, &key.name, part);
                    Some(Recreated::Column {
                        table: name,
                        column: Pair::new(old.to_owned(), part.to_owned()),
                    })
                }
            }
        }
        ObjectKind::Namespace
        | ObjectKind::Extension
        | ObjectKind::Type
        | ObjectKind::Sequence
        | ObjectKind::Index
        | ObjectKind::Constraint
        | ObjectKind::VirtualTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Procedure
        | ObjectKind::Aggregate
        | ObjectKind::Trigger
        | ObjectKind::Rule
        | ObjectKind::Policy => None,
    });
    found.collect()
}

/// The name that a table, view or type has before the plan.
fn old_name(dialect: Dialect, renames: &Renames, name: &ObjectName) -> ObjectName {
    let old_enum = renames.old_enum(dialect, name);
    if old_enum == name { renames.old_table(dialect, name).clone() } else { old_enum.clone() }
}

fn columns(desired: &Schema, name: &ObjectName) -> Vec<String> {
    if let Some(table) = desired.table(name) {
        return table.columns.iter().map(|column| column.name.clone()).collect();
    }
    let object = desired.objects.iter().find(|object| object.table.is_none() && object.name == *name);
    object.map_or(Vec::new(), |object| object.columns.iter().map(|column| column.name.clone()).collect())
}
