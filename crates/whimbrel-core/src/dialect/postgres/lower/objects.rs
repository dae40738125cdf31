//! Views, functions, triggers and the like, as changes.

use super::super::keys;
use super::super::mention::names_in_body;
use super::super::objects::{designation, statements};
use super::{Lowering, comments};
use crate::name::ObjectName;
use crate::plan::{Action, Key, PlanError, Step};
use crate::schema::{Object, ObjectColumn, ObjectKind};

impl Lowering<'_> {
    pub(super) fn create_object(&mut self, object: &Object) -> Result<(), PlanError> {
        let action = self.creating(object, false)?;
        let creates = vec![keys::object(object)];
        self.actions.push(Action { creates, ..action });
        Ok(())
    }

    /// Replaces an object in place; one that must be dropped for it is among
    /// the remade.
    pub(super) fn replace_object(&mut self, from: &Object, to: &Object) -> Result<(), PlanError> {
        let key = keys::object(from);
        if self.remade.contains(&key) {
            return Ok(());
        }
        let mut action = self.creating(to, true)?;
        if let Some(step) = action.steps.first_mut() {
            step.hazards.extend(self.not_computed_anew(&key));
        }
        if from.comment.is_some() && to.comment.is_none() {
            action.steps.push(Step::new(super::super::ddl::comment(&called(to)?, None)));
        }
        let is_gone = |one: &&ObjectColumn| {
            one.comment.is_some()
                && to.columns.iter().any(|now| now.name == one.name && now.comment.is_none())
        };
        action.steps.extend(
            from.columns.iter().filter(is_gone).map(|one| comments::no_more_on_column(&to.name, &one.name)),
        );
        let frees = self.needed([&key]).into_iter().filter(|needed| !action.uses.contains(needed)).collect();
        self.actions.push(Action { alters: vec![key], frees, ..action });
        Ok(())
    }

    pub(super) fn drop_object(&mut self, object: &Object) -> Result<(), PlanError> {
        let key = keys::object(object);
        if object.table.as_ref().is_some_and(|table| self.takes_along(table)) {
            return Ok(());
        }
        let mut gone = self.standing_on(&object.name);
        gone.push(key);
        self.actions.push(Action {
            steps: vec![Step::new(format!("DROP {}", called(object)?))],
            frees: self.needed(&gone),
            drops: gone,
            ..Action::about(subject(object))
        });
        Ok(())
    }

    /// Says whether a table or view goes, and what stands on it along with it.
    pub(super) fn takes_along(&self, relation: &ObjectName) -> bool {
        let dropped_view = || {
            let key = keys::relation(relation);
            self.from.object(&key).is_some() && self.to.object(&key).is_none()
        };
        (self.from.table(relation).is_some() && self.to.table(relation).is_none())
            || dropped_view()
            || self.remade.contains(&keys::relation(relation))
    }

    /// The keys of what stands on a relation and goes along with it.
    pub(super) fn standing_on(&self, relation: &ObjectName) -> Vec<Key> {
        let objects = self.from.schema.objects.iter();
        objects.filter(|object| object.table.as_ref() == Some(relation)).map(keys::object).collect()
    }

    /// An action that makes an object, which still has to say whether for the
    /// first time.
    fn creating(&self, object: &Object, replace: bool) -> Result<Action, PlanError> {
        let key = keys::object(object);
        let steps = statements(object, replace).into_iter().map(Step::new);
        Ok(Action {
            steps: steps.chain(comments::of_object(object)?).collect(),
            uses: self.needs([&key]).into_iter().chain(self.unchecked(object)).collect(),
            prefers: self.mentioned_in_body(object),
            ..Action::about(subject(object))
        })
    }

    /// The server reads bodies of routines only when they run.
    fn unchecked(&self, object: &Object) -> Option<Key> {
        matches!(object.kind, ObjectKind::Function | ObjectKind::Procedure)
            .then(|| keys::milestone(super::finish::BODIES_UNCHECKED))
    }

    /// What a routine's body speaks of: it had better be there when something
    /// runs the routine while the plan runs.
    fn mentioned_in_body(&self, object: &Object) -> Vec<Key> {
        match object.kind {
            ObjectKind::Function | ObjectKind::Procedure => {
                let own = keys::object(object);
                let names = names_in_body(object.definition.as_str());
                let found = names.iter().flat_map(|name| self.to.graph.named(name));
                found.filter(|key| *key != own).collect()
            }
            ObjectKind::Namespace
            | ObjectKind::Extension
            | ObjectKind::Type
            | ObjectKind::Sequence
            | ObjectKind::Table
            | ObjectKind::Index
            | ObjectKind::Constraint
            | ObjectKind::VirtualTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Aggregate
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy => Vec::new(),
        }
    }
}

fn called(object: &Object) -> Result<String, PlanError> {
    designation(object.kind, &object.name, object.signature.as_deref(), object.table.as_ref())
}

/// What an object is sorted by: the table it stands on, or itself.
fn subject(object: &Object) -> &ObjectName {
    object.table.as_ref().unwrap_or(&object.name)
}
