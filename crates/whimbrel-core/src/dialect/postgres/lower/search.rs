//! What must be taken down before a change and put up again after it.
//!
//! PostgreSQL refuses to alter what others depend on, and whimbrel never lets
//! it drop those others on its own (CASCADE). So from what the changes drop,
//! remake or give another type, the needs of the current schema are followed to
//! everything that stands in the way, however far.

use std::collections::{BTreeMap, BTreeSet};

use super::super::domain::RowType;
use super::super::graph::Need;
use super::super::keys;
use super::super::mention::mentions;
use super::super::objects::replaceable;
use super::super::part::Part;
use super::super::rules::hidden_sequence;
use super::super::side::Side;
use super::super::types::{TypeName, comparable, same};
use super::partitions::is_inherited;
use super::{enums, types};
use crate::change::Change;
use crate::name::ObjectName;
use crate::plan::Key;
use crate::schema::{Column, Table};

/// What a plan takes down and puts up again, by its key on the current side.
#[derive(Debug, Default)]
pub(super) struct Remade {
    keys: BTreeSet<Key>,
    /// Columns whose type is made anew under the same name.
    retyped: BTreeSet<Key>,
}

impl Remade {
    /// Follows `changes` through the needs of `from`.
    pub(super) fn of(from: &Side<'_>, changes: &[Change]) -> Self {
        let mut search = Search {
            from,
            changes,
            found: Self::default(),
            fates: BTreeMap::new(),
            followed: BTreeSet::new(),
            open: Vec::new(),
        };
        changes.iter().for_each(|change| search.begin(change));
        changes.iter().for_each(|change| search.attributes(change));
        while let Some((key, event)) = search.open.pop() {
            search.follow(&key, event);
        }
        search.found
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// The columns whose type is made anew.
    pub(super) fn retyped(&self) -> impl Iterator<Item = &Key> {
        self.retyped.iter()
    }

    pub(super) fn is_retyped(&self, column: &Key) -> bool {
        self.retyped.contains(column)
    }
}

/// What happens to a thing that others need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// It goes for good.
    Dropped,
    /// It goes and comes back.
    Remade,
    /// A column gets another type; whether the values of both compare.
    Retyped { comparable: bool },
}

/// What the changes themselves do with a thing that stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is dropped: nothing more need be done.
    Dropped,
    /// It is replaced in place, and needs then only what is there.
    Replaced,
}

struct Search<'s, 'a> {
    from: &'s Side<'a>,
    changes: &'s [Change],
    found: Remade,
    fates: BTreeMap<Key, Fate>,
    /// Columns of partitions that follow those of the table above.
    followed: BTreeSet<Key>,
    open: Vec<(Key, Event)>,
}

impl Search<'_, '_> {
    fn begin(&mut self, change: &Change) {
        match change {
            Change::DropObject { object } => self.dropped(keys::object(object)),
            Change::ReplaceObject { from, to } => match replaceable(from, to) {
                true => drop(self.fates.insert(keys::object(from), Fate::Replaced)),
                false => self.remade(keys::object(from)),
            },
            Change::DropTable { table_name } => {
                if let Some(table) = self.from.table(table_name) {
                    all_of_table(table).for_each(|key| self.dropped(key));
                }
            }
            Change::DropColumn { table_name, column_name } => {
                self.dropped(keys::column(table_name, column_name));
                self.dropped(keys::default(table_name, column_name));
            }
            Change::AlterColumn { table_name, column_name, from, to } => {
                self.column(keys::column(table_name, column_name), from, to);
            }
            Change::DropIndex { table_name, index_name } => {
                self.dropped(keys::relation(&table_name.with_name(index_name)));
            }
            Change::DropPrimaryKey { table_name, primary_key } => {
                self.part_dropped(table_name, Part::Primary(primary_key));
            }
            Change::DropUniqueConstraint { table_name, constraint } => {
                self.part_dropped(table_name, Part::Unique(constraint));
            }
            Change::DropForeignKey { table_name, fk } => self.part_dropped(table_name, Part::ForeignKey(fk)),
            Change::DropCheck { table_name, check } => self.part_dropped(table_name, Part::Check(check)),
            Change::DropExclusion { table_name, exclusion } => {
                self.part_dropped(table_name, Part::Exclusion(exclusion));
            }
            Change::DropEnum { enum_name } => self.dropped(keys::relation(enum_name)),
            Change::DropType { type_def } => self.dropped(keys::relation(type_def.name())),
            Change::DropSequence { sequence } => self.dropped(keys::relation(&sequence.name)),
            Change::DropExtension { extension } => self.dropped(keys::extension(&extension.name)),
            Change::AlterEnum(alter) if enums::is_remade(self.from, alter) => {
                self.remade(keys::relation(&alter.enum_name));
            }
            Change::AlterType { from, to } if types::is_remade(self.from, from, to) => {
                self.remade(keys::relation(from.name()));
            }
            Change::AlterEnum(_)
            | Change::AlterType { .. }
            | Change::CreateNamespace { .. }
            | Change::DropNamespace { .. }
            | Change::CreateExtension { .. }
            | Change::AlterExtension { .. }
            | Change::CreateEnum { .. }
            | Change::RenameEnum { .. }
            | Change::RenameEnumValue { .. }
            | Change::CreateType { .. }
            | Change::CreateSequence { .. }
            | Change::AlterSequence { .. }
            | Change::RenameSequence { .. }
            | Change::CreateTable { .. }
            | Change::RenameTable { .. }
            | Change::AlterTableOptions { .. }
            | Change::AlterPartitionKey { .. }
            | Change::DetachPartition { .. }
            | Change::AttachPartition { .. }
            | Change::AddColumn { .. }
            | Change::RenameColumn { .. }
            | Change::CreateIndex { .. }
            | Change::RenameIndex { .. }
            | Change::AddPrimaryKey { .. }
            | Change::AddUniqueConstraint { .. }
            | Change::AddForeignKey { .. }
            | Change::AddCheck { .. }
            | Change::AddExclusion { .. }
            | Change::RenameConstraint { .. }
            | Change::CreateObject { .. }
            | Change::SetComment { .. } => {}
        }
    }

    fn dropped(&mut self, key: Key) {
        self.fates.insert(key.clone(), Fate::Dropped);
        self.open.push((key, Event::Dropped));
    }

    fn remade(&mut self, key: Key) {
        if is_inherited(self.from, self.changes, &key) {
            self.follow_above(&key, Event::Remade);
        } else if self.found.keys.insert(key.clone()) {
            self.open.push((key, Event::Remade));
        }
    }

    /// Where attributes of a type go in place, the server lets none go that a
    /// definition speaks of.
    fn attributes(&mut self, change: &Change) {
        let Change::AlterType { from: old, to } = change else { return };
        let key = keys::relation(old.name());
        let gone: Vec<_> = types::gone(old, to).collect();
        if gone.is_empty() || self.found.contains(&key) {
            return;
        }
        let from = self.from;
        for (dependent, _) in from.made_of(&key).iter().flat_map(|user| from.graph.dependents(user)) {
            let Some(object) = from.object(dependent) else { continue };
            let words = mentions(object.definition.as_str()).words;
            if gone.iter().any(|attribute| words.contains(*attribute)) {
                self.stands_in_the_way(dependent, Event::Remade);
            }
        }
    }

    fn part_dropped(&mut self, table: &ObjectName, part: Part<'_>) {
        self.dropped(keys::constraint(table, part.name().unwrap_or_default()));
        if part.has_index() {
            // The index goes with it, and another of the same name may come.
            self.dropped(keys::relation(&table.with_name(part.name_in(&table.name))));
        }
    }

    fn column(&mut self, key: Key, from: &Column, to: &Column) {
        if is_recomputed(from, to) {
            self.remade(key);
        } else if !same(&from.sql_type, &to.sql_type) {
            let (from, to) = (TypeName::parse(&from.sql_type), TypeName::parse(&to.sql_type));
            self.open.push((key, Event::Retyped { comparable: comparable(&from, &to) }));
        } else if from.collation != to.collation {
            self.open.push((key, Event::Retyped { comparable: true }));
        }
    }

    fn follow(&mut self, key: &Key, event: Event) {
        let from = self.from;
        for (dependent, need) in from.graph.dependents(key) {
            if *need == Need::Inherited {
                self.inherit(dependent, event);
                continue;
            }
            match reaction(event, *need) {
                Some(Event::Remade) => self.stands_in_the_way(dependent, event),
                Some(Event::Retyped { .. }) if dependent.part.is_empty() => {
                    self.stands_in_the_way(dependent, event);
                }
                Some(retyped @ Event::Retyped { .. }) => self.retype(dependent, retyped),
                Some(Event::Dropped) | None => {}
            }
        }
    }

    /// What happens to a column happens to those of the partitions. A default is
    /// set for all of them, so theirs are set again.
    fn inherit(&mut self, dependent: &Key, event: Event) {
        match event {
            Event::Remade if dependent.part.ends_with(keys::DEFAULT) => {
                self.stands_in_the_way(dependent, event);
            }
            Event::Dropped | Event::Remade | Event::Retyped { .. } => self.follow_above(dependent, event),
        }
    }

    fn follow_above(&mut self, key: &Key, event: Event) {
        if !key.part.is_empty() && self.followed.insert(key.clone()) {
            self.open.push((key.clone(), event));
        }
    }

    /// A column must move over to a type made anew. One that is computed is
    /// computed anew.
    fn retype(&mut self, column: &Key, event: Event) {
        let altered = self.from.column(&column.name, &column.part);
        let is_generated = altered.is_some_and(|one| one.generated.is_some());
        if self.fates.get(column) == Some(&Fate::Dropped) {
        } else if is_inherited(self.from, self.changes, column) {
            self.follow_above(column, event);
        } else if is_generated {
            self.remade(column.clone());
        } else if self.found.retyped.insert(column.clone()) {
            self.open.push((column.clone(), event));
            // The server prints `ROW(1, 2)`, and does not say of which type.
            if altered.is_some_and(|one| RowType::of(self.from.schema, &one.sql_type).is_some()) {
                self.stands_in_the_way(&keys::default(&column.name, &column.part), event);
            }
        }
    }

    fn stands_in_the_way(&mut self, dependent: &Key, event: Event) {
        match self.fates.get(dependent) {
            Some(Fate::Dropped) => {}
            // What goes for good is not in the desired definition either.
            Some(Fate::Replaced) if event == Event::Dropped => {}
            Some(Fate::Replaced) | None => self.remade(dependent.clone()),
        }
    }
}

/// What becomes of a thing when something happens to what it needs; `None` if
/// it may stay.
fn reaction(event: Event, need: Need) -> Option<Event> {
    match (event, need) {
        // See `inherit`.
        (_, Need::Inherited) => None,
        // Who used the type has another one by a change of its own.
        (Event::Dropped, Need::Type) => None,
        // A column moves over to the new type; a type made of it is made anew.
        (Event::Remade, Need::Type) => Some(Event::Retyped { comparable: false }),
        (Event::Dropped | Event::Remade, _) => Some(Event::Remade),
        // The server rebuilds plain keys and indexes along with the column.
        (Event::Retyped { .. }, Need::Part | Need::Type) => None,
        (Event::Retyped { .. }, Need::Definition | Need::Computed) => Some(Event::Remade),
        (Event::Retyped { comparable }, Need::Reference | Need::Expression) => {
            (!comparable).then_some(Event::Remade)
        }
    }
}

/// Says whether a column must be dropped and added to become the other.
pub(super) fn is_recomputed(from: &Column, to: &Column) -> bool {
    match (&from.generated, &to.generated) {
        // The server can forget an expression, but neither learn nor change one.
        (Some(from), None) => !from.stored,
        (None, Some(_)) => true,
        (Some(from), Some(to)) => from != to,
        (None, None) => false,
    }
}

/// The keys of a table and of all that goes with it.
pub(super) fn all_of_table(table: &Table) -> impl Iterator<Item = Key> {
    let name = &table.name;
    let columns = table
        .columns
        .iter()
        .flat_map(|column| [keys::column(name, &column.name), keys::default(name, &column.name)]);
    let sequences = table.columns.iter().filter_map(|column| hidden_sequence(&table.name, column));
    let indexes = table.indexes.iter().map(|index| keys::relation(&name.with_name(&index.name)));
    let parts = Part::all(table).flat_map(|part| part_keys(table, part));
    std::iter::once(keys::relation(name))
        .chain(columns)
        .chain(sequences.map(|sequence| keys::relation(&sequence.name)))
        .chain(indexes)
        .chain(parts)
}

/// The keys of a constraint: its own, and that of its index.
pub(super) fn part_keys(table: &Table, part: Part<'_>) -> impl Iterator<Item = Key> {
    let own = keys::constraint(&table.name, part.name().unwrap_or_default());
    let name = part.name_in(&table.name.name);
    let index = part.has_index().then(|| keys::relation(&table.name.with_name(name)));
    std::iter::once(own).chain(index)
}
