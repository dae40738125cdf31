//! Constraints that were taken on trust and are to hold for all rows.
//!
//! VALIDATE CONSTRAINT reads the rows without keeping anybody from writing,
//! which dropping the constraint and adding it again would.

use super::super::part::Part;
use super::super::rules::{ident, name};
use super::super::side::Side;
use super::{Lowering, comments};
use crate::change::Change;
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Step};
use crate::schema::{Check, ForeignKey};

impl Lowering<'_> {
    /// Adds a constraint that rows may have been exempt from; one that is there
    /// is only validated.
    pub(super) fn add_checked(&mut self, table: &ObjectName, part: Part<'_>) {
        match self.is_validated(table, part.name()) {
            true => self.validate(table, part),
            false => self.add_part(table, part),
        }
    }

    /// Drops such a constraint, unless it stays to be validated.
    pub(super) fn drop_checked(&mut self, table: &ObjectName, part: Part<'_>) {
        if !self.is_validated(table, part.name()) {
            self.drop_part(table, part);
        }
    }

    /// Says whether the constraint of this name stays, and is only validated.
    ///
    /// A change of anything that it may rest on asks for more than that.
    fn is_validated(&self, table: &ObjectName, constraint: Option<&str>) -> bool {
        let found = |side: &Side<'_>| Part::find(side.table(table)?, constraint?).map(only);
        let (Some(from), Some(to)) = (found(&self.from), found(&self.to)) else { return false };
        from.is_trusted && !to.is_trusted && from.rest == to.rest && self.changes.iter().all(leaves_in_place)
    }

    fn validate(&mut self, table: &ObjectName, part: Part<'_>) {
        let constraint = ident(part.name().unwrap_or_default());
        let sql = format!("ALTER TABLE {} VALIDATE CONSTRAINT {constraint}", name(table));
        let mut step = Step::new(sql);
        step.hazards = part.hazards(&table.to_string());
        step.hazards.retain(|hazard| !matches!(hazard, Hazard::BlocksWrites { .. }));
        self.actions.push(Action {
            steps: std::iter::once(step).chain(comments::of_part(table, part)).collect(),
            ..Action::about(table)
        });
    }
}

/// A constraint apart from whether its rows are taken on trust.
struct Only {
    is_trusted: bool,
    rest: Option<Rest>,
}

#[derive(PartialEq)]
enum Rest {
    Check(Check),
    ForeignKey(ForeignKey),
}

fn only(part: Part<'_>) -> Only {
    match part {
        Part::Check(check) => Only {
            is_trusted: check.not_valid,
            rest: Some(Rest::Check(Check { not_valid: false, comment: None, ..check.clone() })),
        },
        Part::ForeignKey(fk) => Only {
            is_trusted: fk.not_valid,
            rest: Some(Rest::ForeignKey(ForeignKey { not_valid: false, comment: None, ..fk.clone() })),
        },
        Part::Primary(_) | Part::Unique(_) | Part::Exclusion(_) => Only { is_trusted: false, rest: None },
    }
}

/// Says whether a change cannot force a constraint to be made anew.
fn leaves_in_place(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateTable { .. }
            | Change::AddColumn { .. }
            | Change::CreateIndex { .. }
            | Change::DropIndex { .. }
            | Change::AddCheck { .. }
            | Change::DropCheck { .. }
            | Change::AddForeignKey { .. }
            | Change::DropForeignKey { .. }
            | Change::SetComment { .. }
    )
}
