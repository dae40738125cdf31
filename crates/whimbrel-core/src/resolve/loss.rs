//! One thing that data may be lost by, or that rows may stand in the way of.

use serde::Serialize;

use super::flag;
use crate::name::ObjectName;
use crate::schema::{Column, Index};

/// One thing that data may be lost by, or that rows may stand in the way of.
///
/// ```
/// use whimbrel_core::resolve::{Loss, LossKind};
/// let loss = Loss { table: "users".into(), kind: LossKind::DropTable };
/// assert!(loss.is_acceptable() && !loss.needs_replacements());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// The table, by its *new* name (for a dropped one, its only name).
    pub table: ObjectName,
    /// What happens to it.
    #[serde(flatten)]
    pub kind: LossKind,
}

/// The kinds of losses and obstacles. Column names are the *new* ones.
///
/// ```
/// use whimbrel_core::describe::loss;
/// use whimbrel_core::resolve::{Loss, LossKind};
/// let kind = LossKind::SetNotNull { column: "email".into(), fillable: false };
/// assert_eq!(loss(&Loss { table: "users".into(), kind }), "users.email: NULLs are refused");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "loss", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LossKind {
    /// The table goes, with its rows.
    DropTable,
    /// A virtual table goes or is made anew: it holds rows, and only its module
    /// knows how.
    DropObject,
    /// A column goes, with its values.
    DropColumn {
        /// The column.
        column: String,
    },
    /// A column's values are converted, and some may not survive that. The two
    /// types are the same where what they are made of, or the table that holds
    /// them to it, is what changes.
    ChangeType {
        /// The column as it was, by its new name.
        from: Box<Column>,
        /// The column as it should be.
        to: Box<Column>,
        /// Whether a value that does not survive is refused: `n/a` is no number.
        /// Otherwise it is cut or rounded.
        refuses: bool,
    },
    /// NULLs are no longer allowed; with a default they become that.
    SetNotNull {
        /// The column.
        column: String,
        /// Whether there is a default to put in place of NULL.
        fillable: bool,
    },
    /// A column without a value to give it is added to rows that need one.
    AddRequiredColumn {
        /// The column.
        column: String,
    },
    /// Two rows may have the same key.
    AddUnique {
        /// What makes up the key, for people: columns, or expressions.
        columns: Vec<String>,
        /// Whether NULLs are refused too (a primary key).
        primary: bool,
        /// The key as a unique index would have it, with all that decides which
        /// rows are equal: expressions, collations, a predicate.
        #[serde(skip)]
        key: Box<Index>,
    },
    /// A row may not meet the condition.
    AddCheck {
        /// The condition.
        expression: String,
    },
    /// Two rows may be such as exclude each other.
    AddExclusion {
        /// The constraint's name.
        name: String,
        /// All that follows the name, from EXCLUDE on.
        definition: String,
    },
    /// A row may refer to one that is not there.
    AddForeignKey {
        /// The referencing columns.
        columns: Vec<String>,
        /// The referenced table, by its new name.
        referenced_table: ObjectName,
        /// The referenced columns; empty for the primary key.
        referenced_columns: Vec<String>,
    },
    /// A row may not be on its side of the bound of a partition that comes.
    MeetBound {
        /// The partitioned table, by its new name.
        parent: ObjectName,
        /// The bound.
        bound: String,
        /// Whether rows must be within it; otherwise it takes rows away from the
        /// default partition.
        within: bool,
    },
    /// Rows may hold an enum value that goes.
    RemoveEnumValues {
        /// The column.
        column: String,
        /// The enum.
        enum_name: ObjectName,
        /// The values that go.
        removed: Vec<String>,
        /// The values that stay or come.
        available: Vec<String>,
        /// Whether NULL is a possible replacement.
        nullable: bool,
    },
}

impl Loss {
    /// Says whether accepting the loss lets the plan run. Where it does not,
    /// rows must be put right first: whimbrel deletes no row to make room for a
    /// constraint.
    ///
    /// ```
    /// use whimbrel_core::resolve::{Loss, LossKind};
    /// let loss = |kind| Loss { table: "users".into(), kind };
    /// assert!(loss(LossKind::DropColumn { column: "nick".into() }).is_acceptable());
    /// // There are rows, and nothing to put into them: no answer helps.
    /// assert!(!loss(LossKind::AddRequiredColumn { column: "email".into() }).is_acceptable());
    /// ```
    pub fn is_acceptable(&self) -> bool {
        match &self.kind {
            LossKind::DropTable
            | LossKind::DropObject
            | LossKind::DropColumn { .. }
            | LossKind::RemoveEnumValues { .. } => true,
            LossKind::ChangeType { refuses, .. } => !refuses,
            LossKind::SetNotNull { fillable, .. } => *fillable,
            LossKind::AddRequiredColumn { .. }
            | LossKind::AddUnique { .. }
            | LossKind::AddCheck { .. }
            | LossKind::AddExclusion { .. }
            | LossKind::AddForeignKey { .. }
            | LossKind::MeetBound { .. } => false,
        }
    }

    /// Says whether accepting is no answer: it must be said what takes the place
    /// of each enum value that goes.
    ///
    /// ```
    /// use whimbrel_core::resolve::{Loss, LossKind};
    /// let kind = LossKind::RemoveEnumValues {
    ///     column: "status".into(),
    ///     enum_name: "status".into(),
    ///     removed: vec!["pending".into()],
    ///     available: vec!["active".into()],
    ///     nullable: true,
    /// };
    /// assert!(Loss { table: "users".into(), kind }.needs_replacements());
    /// assert!(!Loss { table: "users".into(), kind: LossKind::DropTable }.needs_replacements());
    /// ```
    pub fn needs_replacements(&self) -> bool {
        matches!(self.kind, LossKind::RemoveEnumValues { .. })
    }

    /// The flags that accept the loss, all of them together; none if it cannot
    /// be accepted.
    pub(super) fn flags(&self) -> Vec<String> {
        match &self.kind {
            LossKind::RemoveEnumValues { column, removed, nullable, .. } => {
                let to = if *nullable { "VALUE_OR_NULL" } else { "VALUE" };
                removed.iter().map(|value| flag::enum_flag(&self.table, column, value, to)).collect()
            }
            LossKind::DropTable
            | LossKind::DropObject
            | LossKind::DropColumn { .. }
            | LossKind::ChangeType { .. }
            | LossKind::SetNotNull { .. }
            | LossKind::AddRequiredColumn { .. }
            | LossKind::AddUnique { .. }
            | LossKind::AddCheck { .. }
            | LossKind::AddExclusion { .. }
            | LossKind::AddForeignKey { .. }
            | LossKind::MeetBound { .. } => {
                if self.is_acceptable() {
                    vec!["--accept-data-loss".to_owned()]
                } else {
                    Vec::new()
                }
            }
        }
    }
}
