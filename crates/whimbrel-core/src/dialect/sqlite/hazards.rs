//! What the changes of a table may do to its rows.

use super::text::{Constant, constant};
use super::types::{converts, is_rowid_alias};
use super::work::TableWork;
use crate::change::Change;
use crate::plan::Hazard;
use crate::schema::{Column, KeyPart, KeyTarget};

/// The hazards of one change of a table that has rows.
pub(super) fn of_change(table: &TableWork<'_>, change: &Change) -> Vec<Hazard> {
    match change {
        Change::AddColumn { column, .. } => added(table, column).into_iter().collect(),
        Change::DropColumn { column_name, .. } => dropped(table, column_name).into_iter().collect(),
        Change::AlterColumn { from, to, .. } => altered(table, from, to),
        Change::AddPrimaryKey { primary_key, .. } => vec![duplicates(table, &primary_key.columns)],
        Change::AddUniqueConstraint { constraint, .. } => vec![duplicates(table, &constraint.columns)],
        Change::AddForeignKey { fk, .. } => {
            vec![Hazard::FailsOnOrphans { subject: format!("{}({})", table.name(), fk.columns.join(", ")) }]
        }
        Change::AddCheck { .. } => vec![Hazard::FailsOnViolations { subject: table.name().to_owned() }],
        Change::AlterTableOptions { from, to, .. } if to.strict && !from.strict => made_strict(table),
        Change::CreateIndex { .. }
        | Change::DropIndex { .. }
        | Change::RenameIndex { .. }
        | Change::AlterTableOptions { .. }
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
    } else if converts(table.to.options.strict, &from.sql_type, &to.sql_type) {
        hazards.push(Hazard::LosesPrecision { subject: subject.clone() });
    }
    if from.nullable && !to.nullable && !has_default(to) && to.generated.is_none() {
        hazards.push(Hazard::FailsOnNulls { subject });
    }
    hazards
}

/// Says whether a column has a default other than NULL.
pub(super) fn has_default(column: &Column) -> bool {
    column.default.as_ref().is_some_and(|text| constant(text.as_str()) != Some(Constant::Null))
}
