//! Indexes and constraints.

use super::super::ddl;
use super::super::keys;
use super::super::part::Part;
use super::super::rules::{ident, name};
use super::{Lowering, comments};
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, Step};
use crate::schema::{Index, KeyPart, KeyTarget};

impl Lowering<'_> {
    /// Says whether a table is there before the plan runs, so that it may have rows.
    pub(super) fn may_have_rows(&self, table: &ObjectName) -> bool {
        self.from.table(table).is_some()
    }

    pub(super) fn create_index(&mut self, table: &ObjectName, index: &Index) {
        let key = keys::relation(&table.with_name(&index.name));
        let mut step = Step::new(ddl::create_index(table, index));
        if self.may_have_rows(table) {
            step.hazards = index_hazards(table, index);
        }
        let on = format!("INDEX {}", name(&table.with_name(&index.name)));
        let comment = index.comment.iter().map(|text| Step::new(ddl::comment(&on, Some(text))));
        self.actions.push(Action {
            steps: std::iter::once(step).chain(comment).collect(),
            uses: self.uses(table, [&key]),
            creates: vec![key],
            ..Action::about(table)
        });
    }

    pub(super) fn drop_index(&mut self, table: &ObjectName, index: &str) {
        let of = table.with_name(index);
        let key = keys::relation(&of);
        self.actions.push(Action {
            steps: vec![Step::new(format!("DROP INDEX{} {}", self.if_exists(table), name(&of)))],
            frees: self.frees(table, [&key]),
            drops: vec![key],
            ..Action::about(table)
        });
    }

    pub(super) fn add_part(&mut self, table: &ObjectName, part: Part<'_>) {
        let keys = part_keys(table, part);
        let definition = ddl::constraint(part.name(), &part.definition());
        let mut step = Step::new(format!("ALTER TABLE {} ADD {definition}", name(table)));
        if self.may_have_rows(table) {
            step.hazards = part.hazards(&table.to_string());
        }
        self.actions.push(Action {
            steps: std::iter::once(step).chain(comments::of_part(table, part)).collect(),
            uses: self.uses(table, &keys),
            creates: keys,
            ..Action::about(table)
        });
    }

    pub(super) fn drop_part(&mut self, table: &ObjectName, part: Part<'_>) {
        let keys = part_keys(table, part);
        let named = ident(&part.name_in(&table.name));
        let mut frees = self.frees(table, &keys);
        if let Part::ForeignKey(fk) = part {
            frees.push(keys::referrers(&fk.referenced_table));
        }
        let exists = if part.has_index() { self.if_exists(table) } else { "" };
        self.actions.push(Action {
            steps: vec![Step::new(format!("ALTER TABLE {} DROP CONSTRAINT{exists} {named}", name(table)))],
            frees,
            drops: keys,
            ..Action::about(table)
        });
    }

    /// What new parts of a table use: the table, and what they need.
    pub(super) fn uses<'k>(&self, table: &ObjectName, keys: impl IntoIterator<Item = &'k Key>) -> Vec<Key> {
        let mut uses = self.needs(keys);
        uses.push(keys::relation(table));
        uses
    }

    /// What parts of a table no longer use once they are gone.
    pub(super) fn frees<'k>(&self, table: &ObjectName, keys: impl IntoIterator<Item = &'k Key>) -> Vec<Key> {
        let mut frees = self.needed(keys);
        frees.push(keys::relation(table));
        frees
    }
}

/// The keys of a constraint: its own, and that of its index.
pub(super) fn part_keys(table: &ObjectName, part: Part<'_>) -> Vec<Key> {
    let mut found = vec![keys::constraint(table, part.name().unwrap_or_default())];
    if part.has_index() {
        found.push(keys::relation(&table.with_name(part.name_in(&table.name))));
    }
    found
}

fn index_hazards(table: &ObjectName, index: &Index) -> Vec<Hazard> {
    let part = |part: &KeyPart| match &part.target {
        KeyTarget::Column(column) => column.clone(),
        KeyTarget::Expression(expression) => expression.to_string(),
    };
    let columns: Vec<_> = index.columns.iter().map(part).collect();
    let duplicates = index
        .unique
        .then(|| Hazard::FailsOnDuplicates { subject: format!("{table}({})", columns.join(", ")) });
    duplicates.into_iter().chain([Hazard::BlocksWrites { subject: table.to_string() }]).collect()
}
