//! Views, triggers and virtual tables around the changes of tables.
//!
//! Whatever speaks of a table that is rebuilt or dropped, of a column that is
//! dropped, or of a view that is made anew, is dropped before and made anew
//! after, each once. So is what speaks of something that is not there: SQLite
//! lets it be, until an ALTER reads the whole schema again. Virtual tables hold
//! rows: they stay unless they are changed themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::ddl;
use super::lower::{relation, whole_schema};
use super::text::{fold, mentions, unknown_tables};
use super::work::{Way, Work};
use crate::change::Change;
use crate::plan::{Action, Hazard, Key, Step};
use crate::schema::{Object, ObjectKind, Schema};

/// The actions that drop and create objects. `verified` says whether an ALTER
/// will read the whole schema again.
pub(super) fn actions(work: &Work<'_>, verified: bool) -> Vec<Action> {
    let live = Speakers::of(work.live);
    let mut gone: BTreeMap<Name, &Object> = BTreeMap::new();
    let mut made: BTreeMap<Name, &Object> = BTreeMap::new();
    let replaced = || work.replaced_objects.iter();
    gone.extend(work.dropped_objects.iter().map(|object| (Name::of(object), *object)));
    gone.extend(replaced().map(|(from, _)| (Name::of(from), *from)));
    made.extend(work.created_objects.iter().map(|object| (Name::of(object), *object)));
    made.extend(replaced().map(|(_, to)| (Name::of(to), *to)));
    let desired: BTreeMap<Name, &Object> =
        work.to.objects.iter().map(|object| (Name::of(object), object)).collect();
    for object in affected(work, &live, verified) {
        let name = Name::of(object);
        if let Some(object) = desired.get(&name) {
            made.entry(name.clone()).or_insert(object);
        }
        gone.entry(name).or_insert(object);
    }
    let drops = gone.values().map(|object| drop_object(&live, object));
    let creates = made.values().map(|object| create_object(object));
    drops.chain(creates).collect()
}

/// What makes an object this one: triggers have a name space of their own, all
/// else shares one with tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    is_trigger: bool,
    folded: String,
}

impl Name {
    fn of(object: &Object) -> Self {
        let is_trigger = object.kind == ObjectKind::Trigger;
        Self { is_trigger, folded: fold(&object.name.name).into_owned() }
    }
}

fn key(object: &Object) -> Key {
    match object.kind {
        ObjectKind::Trigger => Key::new(ObjectKind::Trigger, &object.name),
        _ => relation(&object.name.name),
    }
}

/// The tables and views that an object speaks of, folded.
fn spoken_of(object: &Object) -> impl Iterator<Item = String> {
    let needed = object.depends_on.iter().map(|dependency| &dependency.name);
    needed.chain(&object.table).map(|name| fold(&name.name).into_owned())
}

/// Who speaks of whom.
struct Speakers<'a> {
    schema: &'a Schema,
    /// The views and triggers that speak of a table or view, by their position.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl<'a> Speakers<'a> {
    fn of(schema: &'a Schema) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, object) in schema.objects.iter().enumerate() {
            if object.kind != ObjectKind::VirtualTable {
                spoken_of(object).for_each(|name| by_name.entry(name).or_default().push(index));
            }
        }
        Self { schema, by_name }
    }

    /// All that speak of one of the names, and of the views among those, and so
    /// on.
    fn reach(&self, names: impl IntoIterator<Item = String>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut left: Vec<String> = names.into_iter().collect();
        while let Some(name) = left.pop() {
            for &index in self.by_name.get(&name).into_iter().flatten() {
                let object = &self.schema.objects[index];
                if found.insert(index) && object.kind != ObjectKind::Trigger {
                    left.push(fold(&object.name.name).into_owned());
                }
            }
        }
        found
    }
}

/// The views and triggers that cannot stay where they are meanwhile.
fn affected<'a>(work: &Work<'a>, live: &Speakers<'a>, verified: bool) -> Vec<&'a Object> {
    let rebuilt = work.altered.values().filter(|table| table.way == Way::Rebuild).map(|table| table.from);
    let tables = rebuilt.chain(work.dropped.iter().copied()).map(|table| &table.name.name);
    let replaced = work.replaced_objects.iter().map(|(from, _)| *from);
    let objects = work.dropped_objects.iter().copied().chain(replaced);
    let objects = objects.filter(|object| object.kind != ObjectKind::Trigger).map(|object| &object.name.name);
    let mut all = live.reach(tables.chain(objects).map(|name| fold(name).into_owned()));
    let mut also: BTreeSet<usize> = in_the_way_of_dropped_columns(work, live);
    if verified {
        also.extend(broken(live.schema));
    }
    let views = also.iter().map(|index| fold(&live.schema.objects[*index].name.name).into_owned());
    all.extend(live.reach(views));
    all.extend(also);
    all.into_iter().map(|index| &live.schema.objects[index]).collect()
}

/// Views and triggers that name a column that is dropped in place.
fn in_the_way_of_dropped_columns(work: &Work<'_>, live: &Speakers<'_>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for table in work.altered.values().filter(|table| table.way == Way::InPlace) {
        for change in &table.changes {
            if let Change::DropColumn { column_name, .. } = change {
                let names =
                    |index: &usize| mentions(live.schema.objects[*index].definition.as_str(), column_name);
                let speakers = live.reach([fold(table.name()).into_owned()]);
                found.extend(speakers.into_iter().filter(names));
            }
        }
    }
    found
}

/// Views and triggers that speak of what is not there.
fn broken(schema: &Schema) -> Vec<usize> {
    let tables = schema.tables.iter().map(|table| &table.name.name);
    let objects = schema.objects.iter().filter(|object| object.kind != ObjectKind::Trigger);
    let there: BTreeSet<_> =
        tables.chain(objects.map(|object| &object.name.name)).map(|name| fold(name)).collect();
    let is_broken = |object: &Object| {
        object.kind != ObjectKind::VirtualTable
            && !unknown_tables(object.definition.as_str(), |name| there.contains(&fold(name))).is_empty()
    };
    (0..schema.objects.len()).filter(|index| is_broken(&schema.objects[*index])).collect()
}

fn about(object: &Object) -> Action {
    Action::about(object.table.as_ref().unwrap_or(&object.name))
}

fn drop_object(live: &Speakers<'_>, object: &Object) -> Action {
    let mut action = about(object);
    action.drops.push(key(object));
    let mut step = Step::new(ddl::drop_object(object));
    if object.kind == ObjectKind::VirtualTable {
        step.hazards.push(Hazard::LosesTable { subject: object.name.name.clone() });
    } else {
        action.frees.push(whole_schema());
    }
    action.steps.push(step);
    // What stands on a table or view goes with it, and could then not be dropped.
    action.frees.extend(object.table.iter().map(|table| relation(&table.name)));
    // Views go before those they speak of, unless they speak of each other.
    let speakers = live.reach([fold(&object.name.name).into_owned()]);
    let speaks_back =
        |name: &String| speakers.iter().any(|index| *fold(&live.schema.objects[*index].name.name) == **name);
    let views = spoken_of(object).filter(|name| !speaks_back(name));
    action.frees.extend(views.map(|name| relation(&name)));
    action
}

fn create_object(object: &Object) -> Action {
    let mut action = about(object);
    action.steps.push(Step::new(ddl::create_object(object)));
    action.creates.push(key(object));
    action.prefers.extend(spoken_of(object).map(|name| relation(&name)));
    action.uses.extend(object.table.iter().map(|table| relation(&table.name)));
    if object.kind != ObjectKind::VirtualTable {
        action.uses.push(whole_schema());
    }
    action
}
