//! Numbers and nouns.

use std::collections::BTreeMap;

pub(crate) use whimbrel::core::describe::counted as count;

/// `left alone: 2 operators, 1 cast`; nothing if nothing is.
pub(crate) fn left_alone(kinds: &BTreeMap<String, u64>) -> Option<String> {
    let kinds: Vec<_> = kinds.iter().map(|(kind, number)| count(*number, kind)).collect();
    (!kinds.is_empty()).then(|| format!("left alone: {}", kinds.join(", ")))
}
