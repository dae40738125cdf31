//! Matches two lists: what both have, what only one has.
//!
//! The one place where lists are compared. Both are sorted by a key and merged,
//! so that the work is linear after sorting and the outcome does not depend on
//! the order in which the lists came.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;

/// What two lists have in common, and what only one of them has; each in the
/// order of the keys.
#[derive(Debug, PartialEq)]
pub(super) struct Matched<'a, T> {
    /// On the current side only.
    pub(super) lost: Vec<&'a T>,
    /// On the desired side only.
    pub(super) gained: Vec<&'a T>,
    /// On both sides.
    pub(super) both: Vec<Pair<&'a T>>,
}

/// Matches two lists by a key. Equal keys within one list match one by one.
pub(super) fn match_by<'a, T, K: Ord>(
    from: impl IntoIterator<Item = &'a T>,
    to: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> Matched<'a, T> {
    let mut matched = Matched { lost: Vec::new(), gained: Vec::new(), both: Vec::new() };
    let mut from = sorted(from, &key).into_iter().peekable();
    let mut to = sorted(to, &key).into_iter().peekable();
    loop {
        let side = match (from.peek(), to.peek()) {
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return matched,
        };
        match side {
            Ordering::Less => matched.lost.extend(from.next().map(|(_, item)| item)),
            Ordering::Greater => matched.gained.extend(to.next().map(|(_, item)| item)),
            Ordering::Equal => {
                let pair = from.next().zip(to.next());
                matched.both.extend(pair.map(|((_, a), (_, b))| Pair::new(a, b)));
            }
        }
    }
}

fn sorted<'a, T, K: Ord>(
    items: impl IntoIterator<Item = &'a T>,
    key: &impl Fn(&'a T) -> K,
) -> Vec<(K, &'a T)> {
    let mut keyed: Vec<_> = items.into_iter().map(|item| (key(item), item)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed
}

/// A name in the form under which the engine compares it; borrowed wherever
/// there is nothing to fold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameKey<'a> {
    namespace: Option<Cow<'a, str>>,
    name: Cow<'a, str>,
}

impl<'a> NameKey<'a> {
    pub(super) fn new(dialect: Dialect, name: &'a ObjectName) -> Self {
        Self {
            namespace: name.namespace.as_deref().map(|part| dialect.fold_ident(part)),
            name: dialect.fold_ident(&name.name),
        }
    }

    /// The name without its namespace.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &[&'static str], to: &[&'static str]) -> (Vec<&'static str>, Vec<&'static str>, usize) {
        let matched = match_by(from, to, |item| item.to_lowercase());
        (
            matched.lost.into_iter().copied().collect(),
            matched.gained.into_iter().copied().collect(),
            matched.both.len(),
        )
    }

    #[test]
    fn lists_are_merged_by_key() {
        let cases: [(&[_], &[_], _); 5] = [
            (&[], &[], (vec![], vec![], 0)),
            (&["b", "a"], &[], (vec!["a", "b"], vec![], 0)),
            (&[], &["b", "a"], (vec![], vec!["a", "b"], 0)),
            (&["c", "A", "b"], &["B", "a", "d"], (vec!["c"], vec!["d"], 2)),
            (&["a", "a", "a"], &["a", "a", "b"], (vec!["a"], vec!["b"], 2)),
        ];
        for (from, to, expected) in cases {
            assert_eq!(check(from, to), expected, "{from:?} and {to:?}");
        }
    }

    #[test]
    fn a_name_with_nothing_to_fold_is_borrowed() {
        let name = ObjectName::qualified("main", "users");
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let key = NameKey::new(dialect, &name);
            assert!(matches!(key.name, Cow::Borrowed(_)), "{dialect}");
            assert!(matches!(key.namespace, Some(Cow::Borrowed(_))), "{dialect}");
        }
    }
}
