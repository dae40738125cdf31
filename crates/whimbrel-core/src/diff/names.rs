//! What old names became: the lookups behind rewriting a schema.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::matching::{NameKey, match_by};
use super::rename::Rename;
use crate::change::Change;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::RenameKind;
use crate::schema::{Schema, Sequence};

/// New names by old ones. All keys are old names, as the engine compares them.
#[derive(Debug)]
pub(super) struct Names<'a> {
    pub(super) dialect: Dialect,
    tables: BTreeMap<NameKey<'a>, &'a ObjectName>,
    columns: BTreeMap<NameKey<'a>, Columns<'a>>,
    enums: BTreeMap<NameKey<'a>, &'a ObjectName>,
    enum_values: BTreeMap<NameKey<'a>, BTreeMap<&'a str, &'a str>>,
    /// The old names as the catalogue spells them, and the new ones.
    sequences: BTreeMap<NameKey<'a>, (&'a ObjectName, &'a ObjectName)>,
}

/// The new names of a table's columns by their old ones.
pub(super) type Columns<'a> = BTreeMap<Cow<'a, str>, &'a str>;

impl<'a> Names<'a> {
    /// The names that `renames`, which all apply, change; and those of owned
    /// sequences that differ in name alone.
    pub(super) fn new(dialect: Dialect, pair: Pair<&'a Schema>, renames: &'a [Rename]) -> Self {
        let mut names = Self {
            dialect,
            tables: BTreeMap::new(),
            columns: BTreeMap::new(),
            enums: BTreeMap::new(),
            enum_values: BTreeMap::new(),
            sequences: BTreeMap::new(),
        };
        for rename in renames {
            names.learn(rename, renames);
        }
        names.learn_sequences(pair);
        names
    }

    /// Says whether nothing has another name.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
            && self.columns.is_empty()
            && self.enums.is_empty()
            && self.enum_values.is_empty()
            && self.sequences.is_empty()
    }

    pub(super) fn table(&self, old: &ObjectName) -> Option<&'a ObjectName> {
        self.tables.get(&NameKey::new(self.dialect, old)).copied()
    }

    pub(super) fn columns<'s>(&'s self, old_table: &'s ObjectName) -> Option<&'s Columns<'a>> {
        self.columns.get(&NameKey::new(self.dialect, old_table))
    }

    pub(super) fn column(&self, old_table: &ObjectName, old: &str) -> Option<&'a str> {
        self.columns(old_table)?.get(&self.dialect.fold_ident(old)).copied()
    }

    pub(super) fn enum_type(&self, old: &ObjectName) -> Option<&'a ObjectName> {
        self.enums.get(&NameKey::new(self.dialect, old)).copied()
    }

    pub(super) fn enum_value(&self, old_enum: &ObjectName, old: &str) -> Option<&'a str> {
        self.enum_values.get(&NameKey::new(self.dialect, old_enum))?.get(old).copied()
    }

    pub(super) fn sequence(&self, old: &ObjectName) -> Option<&'a ObjectName> {
        self.sequences.get(&NameKey::new(self.dialect, old)).map(|(_, new)| *new)
    }

    /// The changes that tell of sequences with another name.
    pub(super) fn renamed_sequences(&self) -> impl Iterator<Item = Change> {
        let renamed = |(from, to): &(&ObjectName, &ObjectName)| Change::RenameSequence {
            from: (*from).clone(),
            to: (*to).clone(),
        };
        self.sequences.values().map(renamed)
    }

    /// The old names outside of tables that an expression or a type may
    /// mention; a table that mentions none of them stays as it is.
    pub(super) fn mentioned(&self) -> impl Iterator<Item = &str> {
        let keys = self.enums.keys().chain(self.enum_values.keys()).chain(self.sequences.keys());
        keys.map(NameKey::name)
    }

    fn learn(&mut self, rename: &'a Rename, all: &'a [Rename]) {
        let dialect = self.dialect;
        let key = NameKey::new(dialect, &rename.from);
        let parent =
            rename.parent.as_ref().map(|parent| NameKey::new(dialect, rename.old_parent(parent, all)));
        match (rename.kind, parent) {
            (RenameKind::Table, _) => {
                self.tables.insert(key, &rename.to);
            }
            (RenameKind::Enum, _) => {
                self.enums.insert(key, &rename.to);
            }
            (RenameKind::Column, Some(table)) => {
                let columns = self.columns.entry(table).or_default();
                columns.insert(dialect.fold_ident(&rename.from.name), &rename.to.name);
            }
            (RenameKind::EnumValue, Some(enum_name)) => {
                let values = self.enum_values.entry(enum_name).or_default();
                values.insert(&rename.from.name, &rename.to.name);
            }
            (RenameKind::Column | RenameKind::EnumValue, None) => {}
        }
    }

    /// A sequence that is gone and one that is new, owned by the same column,
    /// are one sequence.
    fn learn_sequences(&mut self, pair: Pair<&'a Schema>) {
        let dialect = self.dialect;
        let by_name = match_by(&pair.from.sequences, &pair.to.sequences, |sequence: &Sequence| {
            NameKey::new(dialect, &sequence.name)
        });
        let folded = |(table, column): &(ObjectName, String)| {
            (dialect.fold_name(table), dialect.fold_ident(column).into_owned())
        };
        let owned = |sequence: &'a Sequence| Some((folded(sequence.owned_by.as_ref()?), sequence));
        let mut gained: BTreeMap<_, _> = by_name.gained.into_iter().filter_map(owned).collect();
        for lost in by_name.lost {
            let Some(owner) = &lost.owned_by else { continue };
            if let Some(now) = gained.remove(&folded(&self.owner(owner))) {
                self.sequences.insert(NameKey::new(dialect, &lost.name), (&lost.name, &now.name));
            }
        }
    }

    /// The new names of the column that owns a sequence.
    fn owner(&self, (table, column): &(ObjectName, String)) -> (ObjectName, String) {
        let new_column = self.column(table, column).unwrap_or(column);
        (self.table(table).unwrap_or(table).clone(), new_column.to_owned())
    }
}
