//! Columns that become others.

use super::super::domain::resolved;
use super::super::keys;
use super::super::rules::{ident, name};
use super::super::types::{TypeName, cast, keeps_rows, lossless, may_fail, same};
use super::Lowering;
use super::generator::{self, Source};
use super::options;
use super::search::is_recomputed;
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, Step};
use crate::schema::Column;
use crate::sql::{Lexicon, canonical};

/// A column that becomes another, and how to speak of it.
pub(super) struct Altered<'a> {
    pub(super) table: &'a ObjectName,
    pub(super) from: &'a Column,
    pub(super) to: &'a Column,
}

impl Altered<'_> {
    /// A statement that alters the column.
    pub(super) fn step(&self, what: &str) -> Step {
        Step::new(format!("ALTER TABLE {} ALTER COLUMN {} {what}", name(self.table), ident(&self.to.name)))
    }

    /// What the column is called in hazards.
    pub(super) fn subject(&self) -> String {
        format!("{}.{}", self.table, self.to.name)
    }

    fn is_retyped(&self) -> bool {
        !same(&self.from.sql_type, &self.to.sql_type)
    }

    fn default_changes(&self) -> bool {
        let text = |column: &Column| {
            column.default.as_ref().map(|default| canonical(default.as_str(), Lexicon::POSTGRES))
        };
        text(self.from) != text(self.to)
    }

    /// Says whether the default must be gone while the type changes: the server
    /// converts one only where it could assign it.
    fn default_steps_aside(&self) -> bool {
        let types = (TypeName::parse(&self.from.sql_type), TypeName::parse(&self.to.sql_type));
        self.is_retyped() && !keeps_rows(&types.0, &types.1)
    }

    /// Drops the default before anything else, where something else follows it.
    fn default_away(&self) -> Option<Step> {
        let goes = self.from.default.is_some() && (self.to.default.is_none() || self.default_steps_aside());
        goes.then(|| self.step("DROP DEFAULT"))
    }

    /// Sets the default, and with it what may be NULL no longer.
    fn default_and_nulls(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(default) = &self.to.default
            && (self.default_changes() || self.default_steps_aside())
        {
            steps.push(self.step(&format!("SET DEFAULT {default}")));
        }
        if self.from.nullable && !self.to.nullable {
            steps.extend(self.not_null());
        }
        steps
    }

    /// Rows that hold NULL get the default, if there is one.
    fn not_null(&self) -> Vec<Step> {
        let (table, column) = (name(self.table), ident(&self.to.name));
        let fillable = self.to.default.is_some() || self.to.auto_increment;
        let fill = fillable
            .then(|| Step::new(format!("UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL")));
        let fails = Hazard::FailsOnNulls { subject: self.subject() };
        let blocks = Hazard::BlocksWrites { subject: self.table.to_string() };
        let mut set = self.step("SET NOT NULL");
        set.hazards.extend((!fillable).then_some(fails));
        set.hazards.push(blocks);
        fill.into_iter().chain([set]).collect()
    }

    /// Changes type and collation; `bases` are the types without their domains.
    fn type_step(&self, bases: (&TypeName, &TypeName)) -> Option<Step> {
        let to = self.collated_type();
        if !self.is_retyped() {
            let collated = self.from.collation != self.to.collation;
            let blocks = Hazard::BlocksWrites { subject: self.table.to_string() };
            return collated.then(|| self.step(&format!("TYPE {to}")).with(blocks));
        }
        let types = (TypeName::parse(&self.from.sql_type), TypeName::parse(&self.to.sql_type));
        if keeps_rows(&types.0, &types.1) {
            return Some(self.step(&format!("TYPE {to}")));
        }
        let value = cast(&ident(&self.to.name), bases.0, bases.1, &self.to.sql_type);
        let mut step = self.step(&format!("TYPE {to} USING {value}"));
        if !lossless(bases.0, bases.1) {
            step.hazards.push(Hazard::LosesPrecision { subject: self.subject() });
        }
        if may_fail(&types.0, &types.1) {
            step.hazards.push(Hazard::FailsOnValues { subject: self.subject() });
        }
        step.hazards.push(Hazard::RewritesTable { subject: self.table.to_string() });
        Some(step)
    }

    pub(super) fn collated_type(&self) -> String {
        match &self.to.collation {
            Some(collation) => format!("{} COLLATE {collation}", self.to.sql_type),
            None => self.to.sql_type.clone(),
        }
    }
}

impl Lowering<'_> {
    pub(super) fn alter_column(&mut self, table: &ObjectName, named: &str, from: &Column, to: &Column) {
        let key = keys::column(table, named);
        if self.remade.contains(&key) {
            return;
        }
        let altered = Altered { table, from, to };
        let default = keys::default(table, named);
        let apart = self.remade.contains(&default);
        let both = [key, default];
        let mut action = Action { uses: self.needs(&both), ..Action::about(table) };
        action.frees = self.needed(&both);
        action.frees.retain(|needed| !action.uses.contains(needed));
        self.alter(&altered, apart, &mut action);
        let [key, _] = both;
        action.alters.push(key);
        if !action.steps.is_empty() {
            self.actions.push(action);
        }
    }

    /// The steps by which a column becomes another, each where those before it
    /// let it.
    fn alter(&self, altered: &Altered<'_>, apart: bool, action: &mut Action) {
        let Altered { table, from, to } = *altered;
        let sources = (Source::of(table, from), Source::of(table, to));
        if !apart {
            action.steps.extend(altered.default_away());
        }
        if from.generated.is_some() && to.generated.is_none() && !is_recomputed(from, to) {
            action.steps.push(altered.step("DROP EXPRESSION"));
        }
        self.release(altered, &sources.0, &sources.1, action);
        // Where the type is made anew, its maker moves the column over.
        if !self.remade.is_retyped(&keys::column(table, &to.name)) {
            let from = resolved(self.from.schema, &from.sql_type).0;
            let to = resolved(self.to.schema, &to.sql_type).0;
            action.steps.extend(altered.type_step((&from, &to)));
        }
        let is_retyped = self.remade.is_retyped(&keys::column(table, &to.name)) || altered.is_retyped();
        action.steps.extend(options::of_altered(altered, is_retyped));
        generator::keep(altered, &sources.0, &sources.1, action);
        if !from.nullable && to.nullable {
            action.steps.push(altered.step("DROP NOT NULL"));
        }
        if let Source::Serial(sequence) = &sources.1 {
            self.become_serial(altered, &sources.0, sequence, action);
        }
        if !apart {
            action.steps.extend(altered.default_and_nulls());
        }
        if let Source::Identity { .. } = &sources.1 {
            self.become_identity(altered, &sources.0, action);
        }
    }

    /// The default of a column that stays: what it becomes after something it
    /// needs was made anew.
    pub(super) fn restore_default(&mut self, table: &ObjectName, named: &str) {
        let (Some(from), Some(to)) = (self.from.column(table, named), self.to.column(table, named)) else {
            return;
        };
        let gone = Column { default: None, ..from.clone() };
        let altered = Altered { table, from: &gone, to };
        let steps = altered.default_and_nulls();
        if steps.is_empty() {
            return;
        }
        let key = keys::default(table, named);
        let mut uses: Vec<Key> = self.uses(table, [&key]);
        uses.push(keys::column(table, named));
        self.actions.push(Action { steps, uses, creates: vec![key], ..Action::about(table) });
    }

    /// Takes a default away before something it needs goes.
    pub(super) fn take_default(&mut self, table: &ObjectName, column: &Column) {
        let key = keys::default(table, &column.name);
        let altered = Altered { table, from: column, to: column };
        let frees = self.needed([&key]);
        let steps = vec![altered.step("DROP DEFAULT")];
        self.actions.push(Action { steps, frees, drops: vec![key], ..Action::about(table) });
    }
}
