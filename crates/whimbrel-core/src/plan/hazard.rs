//! What a step may do to data or availability.

use std::fmt;

use serde::Serialize;

/// One thing to beware of. `subject` is the table, or `table.column`.
///
/// ```
/// use whimbrel_core::plan::Hazard;
/// let hazard = Hazard::LosesColumn { subject: "users.nick".into() };
/// assert_eq!(hazard.to_string(), "users.nick: all values are lost");
/// assert_eq!((hazard.subject(), hazard.message()), ("users.nick", "all values are lost"));
/// assert!(hazard.loses_data());
/// assert!(!Hazard::RewritesTable { subject: "users".into() }.loses_data());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Hazard {
    /// All rows of a table go.
    LosesTable {
        /// The table.
        subject: String,
    },
    /// All values of a column go.
    LosesColumn {
        /// The column.
        subject: String,
    },
    /// Values may not survive the change of type.
    LosesPrecision {
        /// The column.
        subject: String,
    },
    /// Rows with a removed enum value get another.
    LosesEnumValues {
        /// The column.
        subject: String,
    },
    /// Fails if a row holds NULL.
    FailsOnNulls {
        /// The column.
        subject: String,
    },
    /// Fails if the table has rows, for there is no value to give them.
    FailsOnRows {
        /// The column.
        subject: String,
    },
    /// Fails if two rows have the same key.
    FailsOnDuplicates {
        /// The table and columns.
        subject: String,
    },
    /// Fails if a row does not meet a condition.
    FailsOnViolations {
        /// The table.
        subject: String,
    },
    /// Fails if a row refers to one that is not there.
    FailsOnOrphans {
        /// The table and columns.
        subject: String,
    },
    /// Fails if a value has no counterpart in the column's new type.
    FailsOnValues {
        /// The column.
        subject: String,
    },
    /// Writes every row anew; the table is locked meanwhile.
    RewritesTable {
        /// The table.
        subject: String,
    },
    /// Reads every row while others cannot write.
    BlocksWrites {
        /// The table.
        subject: String,
    },
    /// Rows keep what a function computed before it was replaced.
    KeepsComputedValues {
        /// The generated column.
        subject: String,
    },
    /// An index keeps what a function computed before it was replaced.
    KeepsComputedEntries {
        /// The index.
        subject: String,
    },
    /// Rows met a condition by a function as it was before.
    KeepsCheckedRows {
        /// The table or domain, and its constraint.
        subject: String,
    },
}

impl Hazard {
    /// What the hazard is about: a table, or `table.column`.
    pub fn subject(&self) -> &str {
        match self {
            Self::LosesTable { subject }
            | Self::LosesColumn { subject }
            | Self::LosesPrecision { subject }
            | Self::LosesEnumValues { subject }
            | Self::FailsOnNulls { subject }
            | Self::FailsOnRows { subject }
            | Self::FailsOnDuplicates { subject }
            | Self::FailsOnViolations { subject }
            | Self::FailsOnOrphans { subject }
            | Self::FailsOnValues { subject }
            | Self::RewritesTable { subject }
            | Self::BlocksWrites { subject }
            | Self::KeepsComputedValues { subject }
            | Self::KeepsComputedEntries { subject }
            | Self::KeepsCheckedRows { subject } => subject,
        }
    }

    /// What may happen, in a few words.
    pub fn message(&self) -> &'static str {
        match self {
            Self::LosesTable { .. } => "all rows are lost",
            Self::LosesColumn { .. } => "all values are lost",
            Self::LosesPrecision { .. } => "values may not survive the change of type",
            Self::LosesEnumValues { .. } => "rows with a removed value get another",
            Self::FailsOnNulls { .. } => "may fail if rows hold NULL",
            Self::FailsOnRows { .. } => "fails if the table has rows",
            Self::FailsOnDuplicates { .. } => "may fail if rows have equal keys",
            Self::FailsOnViolations { .. } => "may fail if rows break the condition",
            Self::FailsOnOrphans { .. } => "may fail if rows refer to nothing",
            Self::FailsOnValues { .. } => "may fail if a value does not convert",
            Self::RewritesTable { .. } => "writes every row anew",
            Self::BlocksWrites { .. } => "blocks writes while it reads every row",
            Self::KeepsComputedValues { .. } => {
                "rows keep what was computed before: set a column that it is computed from to itself"
            }
            Self::KeepsComputedEntries { .. } => "keeps what was computed before: run `REINDEX INDEX` on it",
            Self::KeepsCheckedRows { .. } => {
                "rows are not checked anew: drop the constraint and add it again"
            }
        }
    }

    /// Says whether the step throws data away that it cannot bring back.
    pub fn loses_data(&self) -> bool {
        matches!(
            self,
            Self::LosesTable { .. }
                | Self::LosesColumn { .. }
                | Self::LosesPrecision { .. }
                | Self::LosesEnumValues { .. }
        )
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject(), self.message())
    }
}
