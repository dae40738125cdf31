//! Constraints of tables and domains.

use std::collections::HashMap;

use whimbrel_core::schema::{Deferrability, ReferentialAction, SqlExpr};

use super::catalog::Catalog;
use super::rows::{Fields, Oid};
use crate::connection::Row;

/// A constraint as the catalogue has it: names of columns are still numbers.
pub(super) struct Constraint {
    pub(super) oid: Oid,
    pub(super) name: String,
    pub(super) kind: char,
    pub(super) table: Oid,
    /// The domain, 0 for a constraint of a table.
    pub(super) domain: Oid,
    /// The index that enforces it, or that a foreign key rests on.
    pub(super) index: Oid,
    pub(super) referenced: Oid,
    pub(super) columns: Vec<i16>,
    pub(super) referenced_columns: Vec<i16>,
    pub(super) set_columns: Vec<i16>,
    pub(super) on_update: ReferentialAction,
    pub(super) on_delete: ReferentialAction,
    pub(super) match_full: bool,
    pub(super) deferrable: Deferrability,
    pub(super) not_valid: bool,
    pub(super) no_inherit: bool,
    /// A check's condition; an exclusion's definition.
    pub(super) expression: SqlExpr,
}

/// All constraints, by their table (or their domain).
pub(super) struct Constraints {
    by_owner: HashMap<Oid, Vec<Constraint>>,
    /// The indexes that enforce one.
    pub(super) enforcing: HashMap<Oid, Oid>,
}

impl Constraints {
    /// Takes the constraints of a table, in the order of their creation.
    pub(super) fn take(&mut self, table: Oid) -> Vec<Constraint> {
        self.by_owner.remove(&table).unwrap_or_default()
    }

    pub(super) fn of(&self, domain: Oid) -> &[Constraint] {
        self.by_owner.get(&domain).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = (Oid, (Oid, String))> {
        self.by_owner.values().flatten().map(|one| (one.oid, (one.table, one.name.clone())))
    }
}

pub(super) fn read(_: &Catalog, rows: Vec<Row>) -> Constraints {
    let mut constraints = Constraints { by_owner: HashMap::new(), enforcing: HashMap::new() };
    for row in rows {
        let constraint = constraint(row);
        if matches!(constraint.kind, 'p' | 'u' | 'x') {
            constraints.enforcing.insert(constraint.index, constraint.oid);
        }
        let owner = if constraint.domain == 0 { constraint.table } else { constraint.domain };
        constraints.by_owner.entry(owner).or_default().push(constraint);
    }
    constraints
}

fn constraint(row: Row) -> Constraint {
    let mut fields = Fields::of(row);
    Constraint {
        oid: fields.number(),
        name: fields.text(),
        kind: fields.letter().unwrap_or_default(),
        table: fields.number(),
        domain: fields.number(),
        index: fields.number(),
        referenced: fields.number(),
        columns: fields.numbers(),
        referenced_columns: fields.numbers(),
        set_columns: fields.numbers(),
        on_update: action(fields.letter()),
        on_delete: action(fields.letter()),
        match_full: fields.letter() == Some('f'),
        deferrable: match (fields.flag(), fields.flag()) {
            (false, _) => Deferrability::NotDeferrable,
            (true, false) => Deferrability::InitiallyImmediate,
            (true, true) => Deferrability::InitiallyDeferred,
        },
        not_valid: !fields.flag(),
        no_inherit: fields.flag(),
        expression: SqlExpr(fields.text()),
    }
}

fn action(letter: Option<char>) -> ReferentialAction {
    match letter {
        Some('r') => ReferentialAction::Restrict,
        Some('c') => ReferentialAction::Cascade,
        Some('n') => ReferentialAction::SetNull,
        Some('d') => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
