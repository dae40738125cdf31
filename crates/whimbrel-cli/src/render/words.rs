//! Numbers and nouns.

use std::collections::BTreeMap;

use whimbrel::core::describe::grouped;

/// `1 change`, `2 changes`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// `left alone: 2 operators, 1 cast`; nothing if nothing is.
pub(crate) fn left_alone(kinds: &BTreeMap<String, u64>) -> Option<String> {
    let kinds: Vec<_> = kinds.iter().map(|(kind, number)| count(*number, kind)).collect();
    (!kinds.is_empty()).then(|| format!("left alone: {}", kinds.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_singular() {
        assert_eq!((count(1, "change"), count(1_200, "change")), ("1 change".into(), "1,200 changes".into()));
    }
}
