//! Renames that are known.

use crate::change::Change;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::resolve::RenameKind;

/// One rename.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    /// What it is.
    pub kind: RenameKind,
    /// The table of a column, or the enum of a value, by its *new* name.
    pub parent: Option<ObjectName>,
    /// The old name.
    pub from: ObjectName,
    /// The new name.
    pub to: ObjectName,
}

/// What is known of gained names: which are renames, and which are new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renames {
    /// The renames.
    pub renamed: Vec<Rename>,
    /// Gained names that are known to be new: kind, parent by its new name, name.
    pub new: Vec<(RenameKind, Option<ObjectName>, ObjectName)>,
}

impl Renames {
    /// The renames that stand in a list of changes.
    ///
    /// ```
    /// use whimbrel_core::change::Change;
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::Renames;
    /// let changes = [
    ///     Change::RenameTable { from: "users".into(), to: "people".into() },
    ///     Change::RenameColumn { table_name: "people".into(), from: "nick".into(), to: "alias".into() },
    /// ];
    /// let renames = Renames::of_changes(&changes);
    /// let people = "people".into();
    /// assert_eq!(renames.old_table(Dialect::Sqlite, &people), &"users".into());
    /// assert_eq!(renames.old_column(Dialect::Sqlite, &people, "alias"), "nick");
    /// assert_eq!(renames.old_column(Dialect::Sqlite, &people, "age"), "age");
    /// ```
    pub fn of_changes(changes: &[Change]) -> Self {
        Self { renamed: changes.iter().filter_map(Rename::of_change).collect(), new: Vec::new() }
    }

    /// The name that a table had before, given the one it will have.
    pub fn old_table<'a>(&'a self, dialect: Dialect, table: &'a ObjectName) -> &'a ObjectName {
        self.old_name(dialect, RenameKind::Table, None, table).unwrap_or(table)
    }

    /// The name that an enum had before, given the one it will have.
    pub fn old_enum<'a>(&'a self, dialect: Dialect, enum_name: &'a ObjectName) -> &'a ObjectName {
        self.old_name(dialect, RenameKind::Enum, None, enum_name).unwrap_or(enum_name)
    }

    /// The name that a column had before; `table` and `column` are the names
    /// that they will have.
    pub fn old_column<'a>(&'a self, dialect: Dialect, table: &ObjectName, column: &'a str) -> &'a str {
        self.old_name(dialect, RenameKind::Column, Some(table), &ObjectName::new(column))
            .map_or(column, |old| &old.name)
    }

    fn old_name(
        &self,
        dialect: Dialect,
        kind: RenameKind,
        parent: Option<&ObjectName>,
        name: &ObjectName,
    ) -> Option<&ObjectName> {
        self.renamed
            .iter()
            .find(|rename| {
                rename.kind == kind
                    && match (&rename.parent, parent) {
                        (Some(a), Some(b)) => dialect.same_name(a, b),
                        (None, None) => true,
                        (Some(_), None) | (None, Some(_)) => false,
                    }
                    && dialect.same_name(&rename.to, name)
            })
            .map(|rename| &rename.from)
    }

    /// The way back: every rename the other way round.
    ///
    /// What is known to be new says nothing about the way back, where it is
    /// lost. A diff of the way back may hence hold questions; its changes treat
    /// what they ask about as dropped and made, which is the right answer.
    pub fn reversed(&self) -> Self {
        let reversed = |rename: &Rename| Rename {
            kind: rename.kind,
            parent: rename.parent.as_ref().map(|parent| self.old_parent(rename.kind, parent).clone()),
            from: rename.to.clone(),
            to: rename.from.clone(),
        };
        Self { renamed: self.renamed.iter().map(reversed).collect(), new: Vec::new() }
    }

    fn old_parent<'a>(&'a self, kind: RenameKind, parent: &'a ObjectName) -> &'a ObjectName {
        let kind = match kind {
            RenameKind::Column | RenameKind::Table => RenameKind::Table,
            RenameKind::EnumValue | RenameKind::Enum => RenameKind::Enum,
        };
        self.renamed
            .iter()
            .find(|rename| rename.kind == kind && rename.to == *parent)
            .map_or(parent, |rename| &rename.from)
    }
}

impl Rename {
    fn of_change(change: &Change) -> Option<Self> {
        let (kind, parent, from, to) = if let Change::RenameTable { from, to } = change {
            (RenameKind::Table, None, from.clone(), to.clone())
        } else if let Change::RenameEnum { from, to } = change {
            (RenameKind::Enum, None, from.clone(), to.clone())
        } else if let Change::RenameColumn { table_name, from, to } = change {
            (RenameKind::Column, Some(table_name), from.as_str().into(), to.as_str().into())
        } else if let Change::RenameEnumValue { enum_name, from, to } = change {
            (RenameKind::EnumValue, Some(enum_name), from.as_str().into(), to.as_str().into())
        } else {
            return None;
        };
        Some(Self { kind, parent: parent.cloned(), from, to })
    }
}
