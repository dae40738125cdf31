//! What all actions of a plan have to do with each other.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::keys::{self, milestone};
use super::enums::VALUES_ADDED;
use super::partitions::{DETACHED, Families};
use super::renames::RENAMED;
use crate::change::Change;
use crate::plan::{Action, Key};
use crate::schema::ObjectKind;
use crate::sql::Lexicon;
use crate::sql::array_cast::kept_whole;

/// What a plan passes when the server no longer reads the bodies of routines.
pub(super) const BODIES_UNCHECKED: &str = "bodies unchecked";

/// Completes the facts of `actions`: milestones come before all else, new
/// namespaces and extensions before whatever is made, and those that go after
/// whatever is dropped.
pub(super) fn finish(mut actions: Vec<Action>, changes: &[Change]) -> Vec<Action> {
    actions.extend(leave_bodies_unchecked(&actions));
    let milestones = Milestones::of(&actions);
    let spaces = Spaces::of(changes);
    let families = Families::of(&actions);
    for action in &mut actions {
        milestones.enter(action);
        spaces.enter(action);
        families.enter(action);
        for step in &mut action.steps {
            // What the server printed is to be printed again.
            if let Cow::Owned(sql) = kept_whole(&step.sql, Lexicon::POSTGRES) {
                step.sql = sql;
            }
        }
    }
    actions
}

/// The step after which routines may come in any order.
fn leave_bodies_unchecked(actions: &[Action]) -> Option<Action> {
    let key = milestone(BODIES_UNCHECKED);
    actions
        .iter()
        .any(|action| action.uses.contains(&key))
        .then(|| Action { creates: vec![key], ..Action::sql("SET LOCAL check_function_bodies = off") })
}

/// What all actions wait for: added enum values, then renames, then partitions
/// that leave; values come after renames where one takes the old name of another.
struct Milestones {
    reached: Vec<Key>,
    values_wait: bool,
}

impl Milestones {
    fn of(actions: &[Action]) -> Self {
        let (values, renamed) = (milestone(VALUES_ADDED), milestone(RENAMED));
        let waits = |action: &Action| action.creates.contains(&values) && action.uses.contains(&renamed);
        let is_made = |key: &Key| actions.iter().any(|action| action.creates.contains(key));
        let values_wait = actions.iter().any(waits);
        let detached = milestone(DETACHED);
        Self {
            reached: [values, renamed, detached].into_iter().filter(|key| is_made(key)).collect(),
            values_wait,
        }
    }

    fn enter(&self, action: &mut Action) {
        let makes = |name: &str| action.creates.contains(&milestone(name));
        let (adds_values, renames) = (makes(VALUES_ADDED), makes(RENAMED));
        // Tables may move to a new namespace, so namespaces are there before.
        let makes_room = action.creates.iter().any(is_space);
        let is_before_values = adds_values || (self.values_wait && (renames || makes_room));
        let is_before_renames = adds_values || renames || makes_room;
        let is_before_all_else = is_before_renames || makes(DETACHED);
        for key in &self.reached {
            let is_before = if *key == milestone(VALUES_ADDED) {
                is_before_values
            } else if *key == milestone(RENAMED) {
                is_before_renames
            } else {
                is_before_all_else
            };
            if !is_before {
                action.uses.push(key.clone());
            }
        }
    }
}

fn is_space(key: &Key) -> bool {
    *key == keys::namespace(&key.name.name) || key.kind == ObjectKind::Extension
}

/// The namespaces and extensions that come and go.
#[derive(Default)]
struct Spaces {
    new: BTreeSet<Key>,
    gone: BTreeSet<Key>,
    new_extensions: Vec<Key>,
    gone_extensions: Vec<Key>,
}

impl Spaces {
    fn of(changes: &[Change]) -> Self {
        let mut spaces = Self::default();
        for change in changes {
            if let Change::CreateNamespace { namespace } = change {
                spaces.new.insert(keys::namespace(namespace));
            } else if let Change::DropNamespace { namespace } = change {
                spaces.gone.insert(keys::namespace(namespace));
            } else if let Change::CreateExtension { extension } = change {
                spaces.new_extensions.push(keys::extension(&extension.name));
            } else if let Change::DropExtension { extension } = change {
                spaces.gone_extensions.push(keys::extension(&extension.name));
            }
        }
        spaces
    }

    fn enter(&self, action: &mut Action) {
        let within = |keys: &mut dyn Iterator<Item = &Key>, spaces: &BTreeSet<Key>| -> Vec<Key> {
            let named: BTreeSet<_> = keys.filter_map(|key| key.name.namespace.as_deref()).collect();
            named.into_iter().map(keys::namespace).filter(|key| spaces.contains(key)).collect()
        };
        let made = within(&mut action.creates.iter().chain(&action.alters), &self.new);
        let left = within(&mut action.drops.iter().chain(&action.frees), &self.gone);
        let of_space = action.creates.iter().chain(&action.drops).any(is_space);
        let passes = |name: &str| action.creates.contains(&milestone(name));
        let is_early = of_space || passes(RENAMED) || passes(VALUES_ADDED);
        if !is_early {
            action.uses.extend(self.new_extensions.iter().cloned());
        }
        if !of_space {
            action.frees.extend(self.gone_extensions.iter().cloned());
        }
        action.uses.extend(made);
        action.frees.extend(left);
    }
}
