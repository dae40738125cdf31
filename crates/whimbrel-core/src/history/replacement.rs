//! Whether a database has applied what a squashed migration stands for.

use super::standing::Rows;
use super::{Entry, Replaced};

/// How much of what an entry replaces is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Replacement {
    /// Nothing, or it replaces nothing.
    None,
    /// All of it: by these rows, oldest first.
    Whole {
        /// The names of the rows.
        rows: Vec<String>,
    },
    /// Some of it.
    Half {
        /// The names of those that are applied.
        applied: Vec<String>,
        /// The names of those that are not.
        missing: Vec<String>,
    },
}

/// Looks for the rows of what an entry replaces, by their names.
pub(super) fn replacement(entry: &Entry, rows: &Rows<'_>) -> Replacement {
    let look = Look { replaces: &entry.replaces, rows };
    let applied: Vec<_> =
        entry.replaces.iter().filter(|one| look.has_row(one)).map(|one| one.name.clone()).collect();
    if applied.is_empty() {
        return Replacement::None;
    }
    let missing = look.missing(None, entry.replaces.len());
    if missing.is_empty() {
        Replacement::Whole { rows: applied }
    } else {
        Replacement::Half { applied, missing }
    }
}

struct Look<'a> {
    replaces: &'a [Replaced],
    rows: &'a Rows<'a>,
}

impl Look<'_> {
    fn has_row(&self, replaced: &Replaced) -> bool {
        self.rows.contains_key(replaced.name.as_str())
    }

    /// The names of what is not applied, among what `by` had replaced (the entry
    /// itself, for `None`): all of that comes before the place `end`.
    ///
    /// One is applied by its own row, or by the rows of all that it had replaced.
    fn missing(&self, by: Option<&str>, end: usize) -> Vec<String> {
        let mut missing = Vec::new();
        for (at, replaced) in self.replaces[..end].iter().enumerate() {
            if replaced.by.as_deref() != by || self.has_row(replaced) {
                continue;
            }
            if self.any_applied(&replaced.name, at) {
                missing.extend(self.missing(Some(&replaced.name), at));
            } else {
                missing.push(replaced.name.clone());
            }
        }
        missing
    }

    /// Says whether anything of what `by` had replaced is applied.
    fn any_applied(&self, by: &str, end: usize) -> bool {
        let mut here =
            self.replaces[..end].iter().enumerate().filter(|(_, one)| one.by.as_deref() == Some(by));
        here.any(|(at, one)| self.has_row(one) || self.any_applied(&one.name, at))
    }
}
