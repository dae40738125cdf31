//! Renames that are known.

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
    /// The way back: every rename the other way round.
    pub fn reversed(&self) -> Self {
        todo!()
    }
}
