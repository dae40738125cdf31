//! Sequences that stand for themselves.

use super::super::ddl;
use super::super::keys;
use super::super::rules::name;
use super::Lowering;
use super::generator::{go_on_after, options, owned_by};
use crate::name::ObjectName;
use crate::plan::{Action, Step};
use crate::schema::Sequence;

impl Lowering<'_> {
    pub(super) fn create_sequence(&mut self, sequence: &Sequence) {
        let key = keys::relation(&sequence.name);
        if let Some(hidden) = self.left_by_serial(&sequence.name) {
            return self.alter_sequence(&hidden, sequence);
        }
        let mut steps = vec![Step::new(ddl::create_sequence(sequence))];
        steps.extend(
            sequence.comment.as_deref().map(|text| {
                Step::new(ddl::comment(&format!("SEQUENCE {}", name(&sequence.name)), Some(text)))
            }),
        );
        self.actions.push(Action { steps, creates: vec![key], ..Action::about(&sequence.name) });
        self.own(sequence, true);
    }

    pub(super) fn drop_sequence(&mut self, sequence: &Sequence) {
        if self.is_taken_over(&sequence.name) || self.goes_with_owner(sequence) {
            return;
        }
        self.actions.push(Action {
            steps: vec![Step::new(format!("DROP SEQUENCE {}", name(&sequence.name)))],
            drops: vec![keys::relation(&sequence.name)],
            ..Action::about(&sequence.name)
        });
    }

    pub(super) fn alter_sequence(&mut self, from: &Sequence, to: &Sequence) {
        let key = keys::relation(&to.name);
        if let Some(step) = options(from, to) {
            let alters = vec![key.clone()];
            self.actions.push(Action { steps: vec![step], alters, ..Action::about(&to.name) });
        }
        if from.owned_by == to.owned_by {
            return;
        }
        match (&to.owned_by, &from.owned_by) {
            (None, Some((table, column))) => {
                // Before the column goes, lest the sequence go with it.
                self.actions.push(Action {
                    steps: vec![owned_by(to)],
                    frees: vec![keys::relation(table), keys::column(table, column)],
                    uses: vec![key],
                    ..Action::about(&to.name)
                });
            }
            (Some(_), _) | (None, None) => self.own(to, false),
        }
    }

    /// Says who owns a sequence, when that is there.
    fn own(&mut self, sequence: &Sequence, is_new: bool) {
        let Some((table, column)) = &sequence.owned_by else { return };
        let mut steps = vec![owned_by(sequence)];
        if is_new && self.from.column(table, column).is_some() {
            steps.push(go_on_after(table, column, sequence));
        }
        self.actions.push(Action {
            steps,
            uses: vec![keys::relation(&sequence.name), keys::relation(table), keys::column(table, column)],
            ..Action::about(table)
        });
    }

    /// The sequence of a column that was serial and is no longer, if it stays.
    fn left_by_serial(&self, sequence: &ObjectName) -> Option<Sequence> {
        let (table, column) = self.from.generator(sequence)?;
        match column.auto_increment {
            true => super::super::rules::hidden_sequence(&table.name, column),
            false => None,
        }
    }

    fn goes_with_owner(&self, sequence: &Sequence) -> bool {
        sequence.owned_by.as_ref().is_some_and(|(table, column)| self.to.column(table, column).is_none())
    }
}
