//! Views, triggers and virtual tables around the changes of tables.
//!
//! Whatever speaks of a table that is rebuilt or dropped, of a column that is
//! dropped, or of a view that is made anew, is dropped before and made anew
//! after, each once. Virtual tables hold rows: they stay unless they are
//! changed themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::ddl;
use super::lower::{Way, Work, relation, whole_schema};
use super::text::{fold, names};
use crate::change::Change;
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, Step};
use crate::schema::{Object, ObjectKind, Schema};

/// The actions that drop and create objects.
pub(super) fn actions(work: &Work<'_>) -> Vec<Action> {
    let from = Side::of(work.pair.from);
    let to = Side::of(work.pair.to);
    let affected = affected(work, &from);
    let mut gone: BTreeMap<Key, &Object> = BTreeMap::new();
    let mut made: BTreeMap<Key, &Object> = BTreeMap::new();
    for object in work.dropped_objects.iter().chain(work.replaced_objects.iter().map(|(from, _)| from)) {
        gone.insert(folded_key(object), object);
    }
    for object in work.created_objects.iter().chain(work.replaced_objects.iter().map(|(_, to)| to)) {
        made.insert(folded_key(object), object);
    }
    for object in affected {
        let key = folded_key(object);
        let kept = to.objects.iter().find(|other| folded_key(other) == key);
        if let Some(object) = kept {
            made.entry(key.clone()).or_insert(object);
        }
        gone.entry(key).or_insert(object);
    }
    let drops = gone.into_values().map(drop_object);
    let creates = made.into_values().map(|object| create_object(&to, object));
    drops.chain(creates).collect()
}

/// The objects of one schema, with the names that stand in their texts.
struct Side<'a> {
    objects: Vec<&'a Object>,
    /// For each object the relations that it speaks of, itself not among them.
    spoken: Vec<BTreeSet<String>>,
    /// All names in each text.
    words: Vec<BTreeSet<String>>,
}

impl<'a> Side<'a> {
    fn of(schema: &'a Schema) -> Self {
        let objects: Vec<_> = schema.objects.iter().collect();
        let words: Vec<_> = objects.iter().map(|object| all_names(object)).collect();
        let tables = schema.tables.iter().map(|table| &table.name.name);
        let others = objects.iter().filter(|object| is_relation(object)).map(|object| &object.name.name);
        let relations: BTreeSet<_> = tables.chain(others).map(|name| fold(name).into_owned()).collect();
        let spoken = |(object, words): (&&Object, &BTreeSet<String>)| {
            let mut spoken: BTreeSet<_> = words.intersection(&relations).cloned().collect();
            if is_relation(object) {
                spoken.remove(&*fold(&object.name.name));
            }
            spoken
        };
        let spoken = objects.iter().zip(&words).map(spoken).collect();
        Self { objects, spoken, words }
    }

    fn spoken(&self, object: &Object) -> impl Iterator<Item = &String> {
        let at = self.objects.iter().position(|one| std::ptr::eq(*one, object) || *one == object);
        at.into_iter().flat_map(|at| &self.spoken[at])
    }
}

fn all_names(object: &Object) -> BTreeSet<String> {
    let mut all = names(object.definition.as_str());
    let needed = object.depends_on.iter().map(|dependency| &dependency.name);
    all.extend(needed.chain(&object.table).map(|name| fold(&name.name).into_owned()));
    all
}

/// Says whether an object shares its name space with tables.
fn is_relation(object: &Object) -> bool {
    object.kind != ObjectKind::Trigger
}

fn key(object: &Object) -> Key {
    if is_relation(object) {
        relation(&object.name.name)
    } else {
        Key::new(ObjectKind::Trigger, &object.name)
    }
}

fn folded_key(object: &Object) -> Key {
    let name = ObjectName::new(fold(&object.name.name));
    if is_relation(object) { relation(&name.name) } else { Key::new(ObjectKind::Trigger, &name) }
}

/// The views and triggers that cannot stay where they are while the tables
/// change, and all that speak of them.
fn affected<'a>(work: &Work<'a>, from: &Side<'a>) -> Vec<&'a Object> {
    let rebuilt = work.altered.values().filter(|table| table.way == Way::Rebuild).map(|table| table.from);
    let tables = rebuilt.chain(work.dropped.iter().copied()).map(|table| &table.name.name);
    let replaced = work.replaced_objects.iter().map(|(from, _)| from);
    let objects = work.dropped_objects.iter().chain(replaced).filter(|object| is_relation(object));
    let mut touched: BTreeSet<String> = BTreeSet::new();
    touched.extend(tables.map(|name| fold(name).into_owned()));
    touched.extend(objects.map(|object| fold(&object.name.name).into_owned()));
    let mut found = vec![false; from.objects.len()];
    spread(from, &mut touched, &mut found);
    for (table, column) in dropped_columns(work) {
        let mut reached = BTreeSet::from([fold(table).into_owned()]);
        let mut speaks = vec![false; from.objects.len()];
        spread(from, &mut reached, &mut speaks);
        for (index, words) in from.words.iter().enumerate() {
            if speaks[index] && words.contains(&*fold(column)) {
                found[index] = true;
                if is_relation(from.objects[index]) {
                    touched.insert(fold(&from.objects[index].name.name).into_owned());
                }
            }
        }
    }
    spread(from, &mut touched, &mut found);
    from.objects.iter().zip(found).filter(|(_, found)| *found).map(|(object, _)| *object).collect()
}

/// Marks the views and triggers that speak of what is touched, until no more
/// are found. Views that are marked are touched as well.
fn spread(from: &Side<'_>, touched: &mut BTreeSet<String>, found: &mut [bool]) {
    let mut speakers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, spoken) in from.spoken.iter().enumerate() {
        if from.objects[index].kind != ObjectKind::VirtualTable {
            spoken.iter().for_each(|name| speakers.entry(name).or_default().push(index));
        }
    }
    let mut left: Vec<String> = touched.iter().cloned().collect();
    while let Some(name) = left.pop() {
        for &index in speakers.get(name.as_str()).into_iter().flatten() {
            if std::mem::replace(&mut found[index], true) || !is_relation(from.objects[index]) {
                continue;
            }
            let view = fold(&from.objects[index].name.name).into_owned();
            if touched.insert(view.clone()) {
                left.push(view);
            }
        }
    }
}

/// The columns that are dropped in place, by the old names of their tables.
fn dropped_columns<'a>(work: &Work<'a>) -> Vec<(&'a str, &'a str)> {
    let in_place = work.altered.values().filter(|table| table.way == Way::InPlace);
    in_place
        .flat_map(|table| {
            table.changes.iter().filter_map(|change| match change {
                Change::DropColumn { column_name, .. } => {
                    Some((table.from.name.name.as_str(), column_name.as_str()))
                }
                _ => None,
            })
        })
        .collect()
}

fn about(object: &Object) -> Action {
    Action::about(object.table.as_ref().unwrap_or(&object.name))
}

fn drop_object(object: &Object) -> Action {
    let mut step = Step::new(ddl::drop_object(object));
    if object.kind == ObjectKind::VirtualTable {
        step.hazards.push(Hazard::LosesTable { subject: object.name.name.clone() });
    }
    let mut action = about(object);
    action.steps.push(step);
    action.drops.push(key(object));
    if object.kind != ObjectKind::VirtualTable {
        action.frees.push(whole_schema());
    }
    // What stands on a table or view goes with it, and could then not be dropped.
    action.frees.extend(object.table.iter().map(|table| relation(&table.name)));
    action
}

fn create_object(to: &Side<'_>, object: &Object) -> Action {
    let mut action = about(object);
    action.steps.push(Step::new(ddl::create_object(object)));
    action.creates.push(key(object));
    action.prefers.extend(to.spoken(object).map(|name| relation(name)));
    action.uses.extend(object.table.iter().map(|table| relation(&table.name)));
    if object.kind != ObjectKind::VirtualTable {
        action.uses.push(whole_schema());
    }
    action
}
