//! Refuses changes that would reach objects of kinds whimbrel does not manage.

use std::collections::BTreeSet;

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Renames;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{ForeignKey, LeftAlone, Object, ObjectKind, Schema};
use whimbrel_db::grants::Recreated;
use whimbrel_db::introspect::Unmanaged;

use crate::error::Error;

/// How the reader calls it that the rows of a table are guarded by policies.
const ROW_SECURITY: &str = "row security setting";

/// Says which changes cannot be made because something that whimbrel leaves
/// alone depends on what they touch, or bears the name of what they make: each
/// with its reason.
pub(crate) fn obstacles(
    dialect: Dialect,
    unmanaged: &[Unmanaged],
    renames: &Renames,
    changes: &[Change],
) -> Vec<String> {
    if unmanaged.is_empty() {
        return Vec::new();
    }
    let live_table = |table| renames.old_table(dialect, table);
    let live_column = |table, column| renames.old_column(dialect, table, column);
    let reasons = changes.iter().flat_map(|change| match change {
        Change::CreateTable { table } => of_name(dialect, unmanaged, &table.name),
        Change::RenameTable { to, .. } => of_name(dialect, unmanaged, to),
        Change::CreateSequence { sequence } => of_name(dialect, unmanaged, &sequence.name),
        Change::CreateObject { object } => match object.kind {
            ObjectKind::View | ObjectKind::MaterializedView => of_name(dialect, unmanaged, &object.name),
            ObjectKind::Namespace
            | ObjectKind::Extension
            | ObjectKind::Type
            | ObjectKind::Sequence
            | ObjectKind::Table
            | ObjectKind::Index
            | ObjectKind::Constraint
            | ObjectKind::VirtualTable
            | ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Aggregate
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy => Vec::new(),
        },
        Change::DropTable { table_name } => {
            // That its rows are guarded is a property of the table, and may go with it.
            let others: Vec<_> = unmanaged.iter().filter(|one| one.kind != ROW_SECURITY).cloned().collect();
            on_table(&others, table_name)
        }
        Change::DropColumn { table_name, column_name } => {
            on_column(unmanaged, live_table(table_name), column_name)
        }
        Change::AlterColumn { from, to, .. } if dialect.same_type(&from.sql_type, &to.sql_type) => Vec::new(),
        Change::AlterColumn { table_name, column_name, .. } => {
            on_column(unmanaged, live_table(table_name), live_column(table_name, column_name))
        }
        Change::CreateNamespace { .. }
        | Change::DropNamespace { .. }
        | Change::CreateExtension { .. }
        | Change::DropExtension { .. }
        | Change::AlterExtension { .. }
        | Change::CreateEnum { .. }
        | Change::DropEnum { .. }
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::AlterEnum(_)
        | Change::CreateType { .. }
        | Change::DropType { .. }
        | Change::AlterType { .. }
        | Change::DropSequence { .. }
        | Change::AlterSequence { .. }
        | Change::RenameSequence { .. }
        | Change::AlterTableOptions { .. }
        | Change::AlterPartitionKey { .. }
        | Change::DetachPartition { .. }
        | Change::AttachPartition { .. }
        | Change::AddColumn { .. }
        | Change::RenameColumn { .. }
        | Change::CreateIndex { .. }
        | Change::DropIndex { .. }
        | Change::RenameIndex { .. }
        | Change::AddPrimaryKey { .. }
        | Change::DropPrimaryKey { .. }
        | Change::AddUniqueConstraint { .. }
        | Change::DropUniqueConstraint { .. }
        | Change::AddForeignKey { .. }
        | Change::DropForeignKey { .. }
        | Change::AddCheck { .. }
        | Change::DropCheck { .. }
        | Change::AddExclusion { .. }
        | Change::DropExclusion { .. }
        | Change::RenameConstraint { .. }
        | Change::ReplaceObject { .. }
        | Change::DropObject { .. }
        | Change::SetComment { .. } => Vec::new(),
    });
    let mut reasons: Vec<String> = reasons.collect();
    reasons.dedup();
    reasons
}

/// Refuses changes that make something which rests on a table that is not in
/// `desired`, since its kind is left alone. No plan could be replayed in a scratch
/// database, where there is no such table.
///
/// # Errors
///
/// If there are such changes: what rests on which table.
pub(crate) fn check_ground(dialect: Dialect, desired: &Schema, changes: &[Change]) -> Result<(), Error> {
    let reasons = match dialect {
        Dialect::Postgres => without_ground(desired, changes),
        // Anything may refer to what is not there.
        Dialect::Sqlite => Vec::new(),
    };
    if reasons.is_empty() { Ok(()) } else { Err(Error::NoGround { reasons }) }
}

fn without_ground(desired: &Schema, changes: &[Change]) -> Vec<String> {
    let tables: BTreeSet<&ObjectName> = desired.tables.iter().map(|table| &table.name).collect();
    let of_key = |table: &ObjectName, key: &ForeignKey| {
        // A key does not say whether the table is one that an extension brings along.
        let missing = desired.extensions.is_empty() && !tables.contains(&key.referenced_table);
        missing.then(|| rests_on(&format!("a foreign key of `{table}`"), &key.referenced_table))
    };
    let of_object = |object: &Object| {
        let needs = object.depends_on.iter().filter(|need| need.kind == ObjectKind::Table);
        let missing: BTreeSet<_> =
            needs.map(|need| &need.name).filter(|name| !tables.contains(name)).collect();
        let what = format!("the {} `{}`", object.kind, object.name);
        missing.into_iter().map(|name| rests_on(&what, name)).collect::<Vec<_>>()
    };
    let reasons = changes.iter().flat_map(|change| match change {
        Change::CreateTable { table } => {
            table.foreign_keys.iter().filter_map(|key| of_key(&table.name, key)).collect()
        }
        Change::AddForeignKey { table_name, fk } => of_key(table_name, fk).into_iter().collect(),
        Change::CreateObject { object } | Change::ReplaceObject { to: object, .. } => of_object(object),
        Change::CreateNamespace { .. }
        | Change::DropNamespace { .. }
        | Change::CreateExtension { .. }
        | Change::DropExtension { .. }
        | Change::AlterExtension { .. }
        | Change::CreateEnum { .. }
        | Change::DropEnum { .. }
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::AlterEnum(_)
        | Change::CreateType { .. }
        | Change::DropType { .. }
        | Change::AlterType { .. }
        | Change::CreateSequence { .. }
        | Change::DropSequence { .. }
        | Change::AlterSequence { .. }
        | Change::RenameSequence { .. }
        | Change::DropTable { .. }
        | Change::RenameTable { .. }
        | Change::AlterTableOptions { .. }
        | Change::AlterPartitionKey { .. }
        | Change::DetachPartition { .. }
        | Change::AttachPartition { .. }
        | Change::AddColumn { .. }
        | Change::DropColumn { .. }
        | Change::RenameColumn { .. }
        | Change::AlterColumn { .. }
        | Change::CreateIndex { .. }
        | Change::DropIndex { .. }
        | Change::RenameIndex { .. }
        | Change::AddPrimaryKey { .. }
        | Change::DropPrimaryKey { .. }
        | Change::AddUniqueConstraint { .. }
        | Change::DropUniqueConstraint { .. }
        | Change::DropForeignKey { .. }
        | Change::AddCheck { .. }
        | Change::DropCheck { .. }
        | Change::AddExclusion { .. }
        | Change::DropExclusion { .. }
        | Change::RenameConstraint { .. }
        | Change::DropObject { .. }
        | Change::SetComment { .. } => Vec::new(),
    });
    reasons.collect()
}

fn rests_on(what: &str, table: &ObjectName) -> String {
    format!("{what} rests on `{table}`")
}

/// Says which things cannot be dropped and made again, since something that
/// whimbrel leaves alone would go with them: each with its reason. Grants are
/// given again.
pub(crate) fn obstacles_to_recreation(unmanaged: &[Unmanaged], recreated: &[Recreated]) -> Vec<String> {
    let on = |one: &Recreated| match one {
        Recreated::Relation { name, .. } => on_table(unmanaged, &name.from),
        Recreated::Column { table, column } => {
            let others: Vec<_> =
                unmanaged.iter().filter(|one| one.kind != LeftAlone::GRANT).cloned().collect();
            on_column(&others, &table.from, &column.from)
        }
        Recreated::Routine { .. } => Vec::new(),
    };
    let mut reasons: Vec<String> = recreated.iter().flat_map(on).collect();
    reasons.dedup();
    reasons
}

fn of_name(dialect: Dialect, unmanaged: &[Unmanaged], name: &ObjectName) -> Vec<String> {
    let is_it = |one: &&Unmanaged| one.relation.as_ref().is_some_and(|own| dialect.same_name(own, name));
    unmanaged
        .iter()
        .find(is_it)
        .map(|one| format!("`{name}` is a {} already", one.kind))
        .into_iter()
        .collect()
}

/// Whatever would go with the table. A grant says nothing beyond the table that
/// it is on, and may go with it.
fn on_table(unmanaged: &[Unmanaged], table: &ObjectName) -> Vec<String> {
    let own =
        unmanaged.iter().filter(|one| one.table.as_ref() == Some(table) && one.kind != LeftAlone::GRANT);
    own.map(|one| format!("the {} `{}` depends on `{table}`", one.kind, one.name)).collect()
}

fn on_column(unmanaged: &[Unmanaged], table: &ObjectName, column: &str) -> Vec<String> {
    let uses = |one: &&Unmanaged| one.table.as_ref() == Some(table) && one.column.as_deref() == Some(column);
    let using = unmanaged.iter().filter(uses);
    using.map(|one| format!("the {} `{}` depends on `{table}.{column}`", one.kind, one.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use whimbrel_core::schema::{Column, Table};

    fn policy(column: Option<&str>) -> Unmanaged {
        Unmanaged {
            kind: "policy".into(),
            name: "own_rows".into(),
            relation: None,
            table: Some("users".into()),
            column: column.map(str::to_owned),
        }
    }

    #[track_caller]
    fn check(change: Change, expected: &[&str]) {
        let renames = Renames::of_changes(&[Change::RenameColumn {
            table_name: "users".into(),
            from: "owner".into(),
            to: "owned_by".into(),
        }]);
        let unmanaged = [policy(Some("owner"))];
        assert_eq!(obstacles(Dialect::Postgres, &unmanaged, &renames, &[change]), expected);
    }

    #[test]
    fn what_a_policy_depends_on_stays() {
        let table_name = || ObjectName::new("users");
        check(Change::DropTable { table_name: table_name() }, &["the policy `own_rows` depends on `users`"]);
        check(Change::DropTable { table_name: "teams".into() }, &[]);
        let drop = |column: &str| Change::DropColumn { table_name: table_name(), column_name: column.into() };
        check(drop("owner"), &["the policy `own_rows` depends on `users.owner`"]);
        check(drop("age"), &[]);
    }

    #[test]
    fn a_table_with_row_security_may_be_dropped_but_not_made_again() {
        let guarded = Unmanaged {
            kind: ROW_SECURITY.into(),
            name: "users".into(),
            relation: None,
            table: Some("users".into()),
            column: None,
        };
        let unmanaged = [guarded];
        let drop = [Change::DropTable { table_name: "users".into() }];
        let found = obstacles(Dialect::Postgres, &unmanaged, &Renames::default(), &drop);
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(
            on_table(&unmanaged, &"users".into()),
            ["the row security setting `users` depends on `users`"]
        );
    }

    #[test]
    fn what_bears_the_name_of_a_foreign_table_is_not_made() {
        let foreign = Unmanaged {
            kind: "foreign table".into(),
            name: "log_1".into(),
            relation: Some("log_1".into()),
            table: Some("log_1".into()),
            column: None,
        };
        let create = |name: &str| Change::CreateTable { table: Table::new(name) };
        let found = |changes: &[Change]| {
            obstacles(Dialect::Postgres, std::slice::from_ref(&foreign), &Renames::default(), changes)
        };
        assert_eq!(found(&[create("log_1")]), ["`log_1` is a foreign table already"]);
        assert_eq!(found(&[create("log_2")]), Vec::<String>::new());
    }

    #[test]
    fn a_renamed_column_is_known_by_its_old_name() {
        let alter = |to: &str| Change::AlterColumn {
            table_name: "users".into(),
            column_name: "owned_by".into(),
            from: Column::new("owned_by", "integer"),
            to: Column::new("owned_by", to),
        };
        check(alter("bigint"), &["the policy `own_rows` depends on `users.owner`"]);
        check(alter("integer"), &[]);
    }
}
