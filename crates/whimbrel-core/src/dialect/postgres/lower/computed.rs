//! What routines have computed, and what is not computed anew when one of them is
//! replaced: the server stores generated columns and the entries of indexes, and
//! looks at a row once to see whether it meets a condition.

use std::collections::{BTreeMap, BTreeSet};

use super::super::keys;
use super::super::mention::names_in_body;
use super::super::part::Part;
use super::super::side::{Side, Thing};
use super::Lowering;
use crate::name::ObjectName;
use crate::plan::{Hazard, Key};
use crate::schema::ObjectKind;

/// What rests on each routine, directly or through the bodies of others.
pub(super) fn computed(side: &Side<'_>) -> BTreeMap<Key, BTreeSet<Key>> {
    let mut found: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
    for object in side.schema.objects.iter().filter(|object| is_routine(object.kind)) {
        let key = keys::object(object);
        let dependents = side.graph.dependents(&key).map(|(dependent, _)| dependent);
        let users: BTreeSet<_> = dependents.filter(|one| is_kept(side, one)).cloned().collect();
        if users.is_empty() {
            continue;
        }
        for called in reached(side, key) {
            found.entry(called).or_default().extend(users.iter().cloned());
        }
    }
    found
}

fn is_routine(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Function | ObjectKind::Procedure)
}

/// A routine, and all that it calls.
fn reached(side: &Side<'_>, routine: Key) -> BTreeSet<Key> {
    let mut seen = BTreeSet::new();
    let mut open = vec![routine];
    while let Some(key) = open.pop() {
        let Some(object) = side.object(&key).filter(|object| is_routine(object.kind)) else { continue };
        if seen.insert(key) {
            let names = names_in_body(object.definition.as_str());
            open.extend(names.iter().flat_map(|name| side.graph.named(name)));
        }
    }
    seen
}

fn is_kept(side: &Side<'_>, key: &Key) -> bool {
    match side.thing(key) {
        Some(Thing::Column(_, column)) => column.generated.as_ref().is_some_and(|one| one.stored),
        Some(Thing::Part(_, part)) => matches!(part, Part::Check(_) | Part::Exclusion(_)),
        Some(Thing::Index(..) | Thing::DomainCheck(..)) => true,
        Some(Thing::Object(_) | Thing::Default(..) | Thing::Type(_)) | None => false,
    }
}

impl Lowering<'_> {
    /// What is not computed anew when a routine is replaced.
    pub(super) fn not_computed_anew(&self, routine: &Key) -> Vec<Hazard> {
        let computed = self.computed.get_or_init(|| computed(&self.to));
        computed.get(routine).into_iter().flatten().filter_map(|key| self.kept(key)).collect()
    }

    /// What stays as it was, if it was there before and the plan leaves it be.
    fn kept(&self, key: &Key) -> Option<Hazard> {
        if self.remade.contains(key) {
            return None;
        }
        let subject = |on: &ObjectName, name: &str| format!("{on}.{name}");
        match (self.from.thing(key)?, self.to.thing(key)?) {
            (Thing::Column(_, from), Thing::Column(table, to)) => (from.generated == to.generated)
                .then(|| Hazard::KeepsComputedValues { subject: subject(&table.name, &to.name) }),
            (Thing::Index(_, from), Thing::Index(table, to)) => (from == to).then(|| {
                Hazard::KeepsComputedEntries { subject: table.name.with_name(&to.name).to_string() }
            }),
            (Thing::Part(_, Part::Check(from)), Thing::Part(table, Part::Check(to))) => (from == to)
                .then(|| Hazard::KeepsCheckedRows { subject: subject(&table.name, key.part.as_str()) }),
            (Thing::Part(_, Part::Exclusion(from)), Thing::Part(table, Part::Exclusion(to))) => (from == to)
                .then(|| Hazard::KeepsComputedEntries {
                    subject: table.name.with_name(&to.name).to_string(),
                }),
            (Thing::DomainCheck(_, _, from), Thing::DomainCheck(domain, name, to)) => {
                (from == to).then(|| Hazard::KeepsCheckedRows { subject: subject(domain, name) })
            }
            (
                Thing::Object(_)
                | Thing::Index(..)
                | Thing::Column(..)
                | Thing::Default(..)
                | Thing::Part(..)
                | Thing::DomainCheck(..)
                | Thing::Type(_),
                _,
            ) => None,
        }
    }
}
