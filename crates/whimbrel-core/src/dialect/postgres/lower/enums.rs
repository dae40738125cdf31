//! Enums whose values change.
//!
//! Values are added in place, before everything else and in a transaction of
//! its own: a new value cannot be used before it is committed. A plan that
//! fails later leaves values behind that nothing uses, and goes on from there.
//! Values that go, or that sort otherwise, need the type made anew (see
//! [`retype`](super::retype)).

use super::super::keys::{self, milestone};
use super::super::rules::{literal, name};
use super::super::side::{Side, UserType};
use super::Lowering;
use super::renames::RENAMED;
use crate::change::{AlterEnum, Change};
use crate::dialect::Dialect;
use crate::diff::Renames;
use crate::name::ObjectName;
use crate::plan::{Action, Mode, Step};

/// What a plan passes when all values are added.
pub(super) const VALUES_ADDED: &str = "values added";

/// Says whether an enum must be made anew: a value goes, or sorts otherwise.
pub(super) fn is_remade(from: &Side<'_>, alter: &AlterEnum) -> bool {
    let Some(UserType::Enum(old)) = from.user_type(&alter.enum_name) else { return false };
    let kept = |value: &&String| !alter.add_values.contains(value);
    !alter.remove_values.is_empty() || !alter.new_values.iter().filter(kept).eq(&old.values)
}

impl Lowering<'_> {
    pub(super) fn alter_enum(&mut self, alter: &AlterEnum) {
        if self.remade.contains(&keys::relation(&alter.enum_name)) {
            return;
        }
        let Some(UserType::Enum(old)) = self.from.user_type(&alter.enum_name) else { return };
        let names = self.names_of(alter);
        let steps = additions(&names, &old.values, alter);
        let mut action = Action {
            steps: steps.into_iter().map(Step::new).collect(),
            // Whatever else uses the type waits for the milestone.
            creates: vec![milestone(VALUES_ADDED)],
            mode: Mode::OwnTransaction,
            ..Action::about(&alter.enum_name)
        };
        if names.is_after_renames {
            action.uses.push(milestone(RENAMED));
        }
        self.add_to_additions(action);
    }

    /// All enums share one transaction.
    fn add_to_additions(&mut self, action: Action) {
        let additions = self.actions.iter_mut().find(|one| one.mode == Mode::OwnTransaction);
        match additions {
            Some(additions) => {
                additions.subject = None;
                additions.steps.extend(action.steps);
                additions.uses.extend(action.uses);
            }
            None => self.actions.push(action),
        }
    }

    /// The names under which an enum and its values are found when values are
    /// added: the old ones, unless some enum gains a value that is still the old
    /// name of another, and so has to wait for the renames.
    fn names_of(&self, alter: &AlterEnum) -> Names {
        let is_after_renames = self
            .changes
            .iter()
            .any(|change| matches!(change, Change::AlterEnum(other) if self.waits_for_renames(other)));
        if is_after_renames {
            return Names { enum_name: alter.enum_name.clone(), values: Vec::new(), is_after_renames };
        }
        let renames = Renames::of_changes(self.changes);
        let enum_name = renames.old_enum(Dialect::Postgres, &alter.enum_name).clone();
        let values = self.renamed_values(&alter.enum_name).map(|(old, new)| (old.clone(), new.clone()));
        Names { enum_name, values: values.collect(), is_after_renames }
    }

    fn waits_for_renames(&self, alter: &AlterEnum) -> bool {
        self.renamed_values(&alter.enum_name).any(|(old, _)| alter.add_values.contains(old))
    }

    fn renamed_values(&self, of: &ObjectName) -> impl Iterator<Item = (&String, &String)> {
        self.changes.iter().filter_map(move |change| {
            if let Change::RenameEnumValue { enum_name, from, to } = change
                && enum_name == of
            {
                return Some((from, to));
            }
            None
        })
    }
}

/// What an enum and its values are called when values are added.
struct Names {
    enum_name: ObjectName,
    /// Old and new names of values.
    values: Vec<(String, String)>,
    is_after_renames: bool,
}

impl Names {
    fn value(&self, value: &str) -> String {
        let old = self.values.iter().find(|(_, new)| new == value).map(|(old, _)| old.as_str());
        literal(old.unwrap_or(value))
    }
}

/// Adds each new value where it sorts.
fn additions(names: &Names, old: &[String], alter: &AlterEnum) -> Vec<String> {
    let mut current: Vec<&str> = old.iter().map(String::as_str).collect();
    let mut statements = Vec::new();
    for (index, value) in alter.new_values.iter().enumerate() {
        if !alter.add_values.contains(value) {
            continue;
        }
        let place = match (index.checked_sub(1).map(|at| &alter.new_values[at]), current.get(index)) {
            (_, None) => String::new(),
            (Some(before), Some(_)) => format!(" AFTER {}", names.value(before)),
            (None, Some(first)) => format!(" BEFORE {}", names.value(first)),
        };
        statements.push(format!("ALTER TYPE {} ADD VALUE {}{place}", name(&names.enum_name), literal(value)));
        current.insert(index, value);
    }
    statements
}
