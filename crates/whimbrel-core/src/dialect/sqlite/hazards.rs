//! What the changes of a table may do to its rows.

use super::rows::{holds, speaks_of};
use super::text::{Constant, constant, mentions};
use super::types::{converts, is_rowid_alias};
use super::work::TableWork;
use crate::change::{Change, EnumReplacement};
use crate::dialect::Dialect;
use crate::diff::{is_met, relisted};
use crate::pair::Pair;
use crate::plan::Hazard;
use crate::schema::{Check, Column, ForeignKey, KeyPart, KeyTarget, Table};

/// The hazards of one change of a table that has rows.
pub(super) fn of_change(table: &TableWork<'_>, change: &Change) -> Vec<Hazard> {
    match change {
        Change::AddColumn { column, .. } => added(table, column).into_iter().collect(),
        Change::DropColumn { column_name, .. } => dropped(table, column_name).into_iter().collect(),
        Change::AlterColumn { from, to, .. } => altered(table, from, to),
        Change::AddPrimaryKey { primary_key, .. } => vec![duplicates(table, &primary_key.columns)],
        Change::AddUniqueConstraint { constraint, .. } => vec![duplicates(table, &constraint.columns)],
        Change::AddForeignKey { fk, .. } => {
            vec![orphans(table.name(), fk)]
        }
        Change::AddCheck { check, replacements, .. } => added_check(table, check, replacements),
        Change::AlterTableOptions { from, to, .. } if to.strict && !from.strict => made_strict(table),
        Change::CreateIndex { .. }
        | Change::DropIndex { .. }
        | Change::RenameIndex { .. }
        | Change::AlterTableOptions { .. }
        | Change::AlterPartitionKey { .. }
        | Change::DetachPartition { .. }
        | Change::AttachPartition { .. }
        | Change::DropPrimaryKey { .. }
        | Change::DropUniqueConstraint { .. }
        | Change::DropForeignKey { .. }
        | Change::DropCheck { .. }
        | Change::RenameConstraint { .. }
        | Change::CreateNamespace { .. }
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
        | Change::CreateTable { .. }
        | Change::DropTable { .. }
        | Change::RenameTable { .. }
        | Change::RenameColumn { .. }
        | Change::AddExclusion { .. }
        | Change::DropExclusion { .. }
        | Change::CreateObject { .. }
        | Change::ReplaceObject { .. }
        | Change::DropObject { .. }
        | Change::SetComment { .. } => Vec::new(),
    }
}

/// A row may not meet the condition, unless it met the one before, and has another
/// value now where that is needed.
fn added_check(table: &TableWork<'_>, check: &Check, replacements: &[EnumReplacement]) -> Vec<Hazard> {
    let old = || table.changes.iter().filter_map(|change| change.dropped_check());
    let is_met = old().any(|old| is_met(Dialect::Sqlite, old, check, replacements));
    let checks = old().map(|old| Pair::new(old, check));
    let relisted = checks.filter_map(|checks| relisted(Dialect::Sqlite, table.to, checks, replacements));
    let merged = relisted
        .filter(|one| one.merges)
        .map(|one| Hazard::LosesEnumValues { subject: subject(table, &one.column.name) });
    let broken = (!is_met).then(|| Hazard::FailsOnViolations { subject: table.name().to_owned() });
    merged.chain(broken).collect()
}

/// Two rows may have the same key.
pub(super) fn duplicates(table: &TableWork<'_>, parts: &[KeyPart]) -> Hazard {
    let name = |part: &KeyPart| match &part.target {
        KeyTarget::Column(name) => name.clone(),
        KeyTarget::Expression(text) => text.0.clone(),
    };
    let columns: Vec<_> = parts.iter().map(name).collect();
    Hazard::FailsOnDuplicates { subject: format!("{}({})", table.name(), columns.join(", ")) }
}

fn subject(table: &TableWork<'_>, column: &str) -> String {
    format!("{}.{column}", table.name())
}

fn added(table: &TableWork<'_>, column: &Column) -> Option<Hazard> {
    let filled = has_default(column) || column.generated.is_some() || is_rowid_alias(table.to, column);
    (!column.nullable && !filled).then(|| Hazard::FailsOnRows { subject: subject(table, &column.name) })
}

/// Values that are of another type than the column are converted by force.
fn made_strict(table: &TableWork<'_>) -> Vec<Hazard> {
    let kept = |column: &&Column| column.generated.is_none() && table.live_column(&column.name).is_some();
    let converts = |column: &&Column| !column.sql_type.eq_ignore_ascii_case("ANY");
    let columns = table.to.columns.iter().filter(kept).filter(converts);
    columns.map(|column| Hazard::LosesPrecision { subject: subject(table, &column.name) }).collect()
}

/// The values of a generated column can be computed again.
fn dropped(table: &TableWork<'_>, column: &str) -> Option<Hazard> {
    let column = table.live_column(column)?;
    column.generated.is_none().then(|| Hazard::LosesColumn { subject: subject(table, &column.name) })
}

fn altered(table: &TableWork<'_>, from: &Column, to: &Column) -> Vec<Hazard> {
    let subject = subject(table, &to.name);
    let mut hazards = Vec::new();
    if from.generated.is_none() && to.generated.is_some() {
        hazards.push(Hazard::LosesColumn { subject: subject.clone() });
    } else if converts_values(table, from, to) {
        hazards.push(Hazard::LosesPrecision { subject: subject.clone() });
    }
    if from.nullable && !to.nullable && !has_default(to) && to.generated.is_none() {
        hazards.push(Hazard::FailsOnNulls { subject });
    }
    if changes_values(table, from, to) {
        hazards.extend(of_constraints(table, &to.name));
    }
    hazards
}

fn converts_values(table: &TableWork<'_>, from: &Column, to: &Column) -> bool {
    converts(table.to.options.strict, &from.sql_type, &to.sql_type)
}

/// Says whether rows may get another value: a converted one, the default in
/// place of NULL, or one that is computed in another way.
fn changes_values(table: &TableWork<'_>, from: &Column, to: &Column) -> bool {
    let fills = from.nullable && !to.nullable && has_default(to);
    let computes = to.generated.is_some() && from.generated != to.generated;
    fills || computes || converts_values(table, from, to)
}

/// What other values in a column may come into conflict with.
fn of_constraints(table: &TableWork<'_>, column: &str) -> Vec<Hazard> {
    let to = table.to;
    let primary = to.primary_key.iter().map(|key| &key.columns);
    let unique = to.unique_constraints.iter().map(|unique| &unique.columns);
    let indexes = to.indexes.iter().filter(|index| index.unique).map(|index| &index.columns);
    let keys = primary.chain(unique).chain(indexes).filter(|parts| speaks_of(parts, column));
    let mut hazards: Vec<_> = keys.map(|parts| duplicates(table, parts)).collect();
    if to.checks.iter().any(|check| mentions(check.expression.as_str(), column)) {
        hazards.push(Hazard::FailsOnViolations { subject: table.name().to_owned() });
    }
    let own = to.foreign_keys.iter().filter(|key| holds(&key.columns, column));
    hazards.extend(own.map(|key| orphans(table.name(), key)));
    hazards
}

fn orphans(table: &str, key: &ForeignKey) -> Hazard {
    Hazard::FailsOnOrphans { subject: format!("{table}({})", key.columns.join(", ")) }
}

/// What may become of the rows that refer to a table in which values change.
pub(super) fn of_children(table: &TableWork<'_>, children: &[&Table]) -> Vec<Hazard> {
    let mut changed: Vec<&str> = Vec::new();
    for change in &table.changes {
        if let Change::AlterColumn { from, to, .. } = change
            && changes_values(table, from, to)
        {
            changed.push(&to.name);
        }
    }
    let same = |a: &str, b: &str| Dialect::Sqlite.same_ident(a, b);
    let is_changed = |name: &&str| changed.iter().any(|one| same(one, name));
    let is_affected = |key: &&ForeignKey| {
        same(&key.referenced_table.name, table.name())
            && referenced_columns(table.to, key).iter().any(is_changed)
    };
    let of_child = |child: &&Table| {
        let keys = child.foreign_keys.iter().filter(is_affected);
        keys.map(|key| orphans(&child.name.name, key)).collect::<Vec<_>>()
    };
    children.iter().chain([&table.to]).flat_map(of_child).collect()
}

/// The columns that a foreign key refers to; the primary key where it names none.
fn referenced_columns<'a>(parent: &'a Table, key: &'a ForeignKey) -> Vec<&'a str> {
    let implied = parent.primary_key.iter().flat_map(|key| &key.columns).filter_map(KeyPart::column_name);
    match key.referenced_columns.as_slice() {
        [] => implied.collect(),
        named => named.iter().map(String::as_str).collect(),
    }
}

/// Says whether a column has a default other than NULL.
pub(super) fn has_default(column: &Column) -> bool {
    column.default.as_ref().is_some_and(|text| constant(text.as_str()) != Some(Constant::Null))
}
