//! Compares the parts of a table that may have a name and surely have a shape:
//! indexes, keys and constraints.
//!
//! What has the same name is the same thing; if it does something else now, it
//! is dropped and made anew. What is left over, or has no name, is the same
//! thing as one on the other side that does the same: it is renamed, one by
//! one, so that two equal constraints stay two.

use super::matching::match_by;
use super::shape::Shaped;
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{Check, Exclusion, ForeignKey, Index, PrimaryKey, Unique};

/// A part of a table, and how its changes are told.
pub(super) trait Part: Shaped + Clone {
    fn add(self, table_name: ObjectName) -> Change;
    fn drop(self, table_name: ObjectName) -> Change;
    fn rename(table_name: ObjectName, names: Pair<Option<String>>) -> Change;
    fn comment_target(table_name: ObjectName, name: String) -> CommentTarget;
}

/// Compares the parts of one kind that a table has on either side.
pub(super) fn diff<T: Part>(dialect: Dialect, table: &ObjectName, pair: Pair<&[T]>, out: &mut Vec<Change>) {
    if pair.from == pair.to {
        return;
    }
    let sorted = sort_out(dialect, pair);
    out.extend(sorted.lost.into_iter().map(|part| part.clone().drop(table.clone())));
    out.extend(sorted.gained.into_iter().map(|part| part.clone().add(table.clone())));
    for both in sorted.both {
        out.extend(renamed(dialect, table, both));
        out.extend(commented(table, both));
    }
}

struct Sorted<'a, T> {
    lost: Vec<&'a T>,
    gained: Vec<&'a T>,
    /// Of the same shape; the names may differ.
    both: Vec<Pair<&'a T>>,
}

fn sort_out<'a, T: Part>(dialect: Dialect, pair: Pair<&'a [T]>) -> Sorted<'a, T> {
    let of_name = |part: &'a T| part.name().map(|name| dialect.fold_ident(name));
    let (named, unnamed) = (pair.map(named), pair.map(unnamed));
    let by_name = match_by(named.from, named.to, of_name);
    let (both, remade): (Vec<_>, Vec<_>) =
        by_name.both.into_iter().partition(|both| both.from.same_shape(both.to, dialect));
    // Those without a name come first, so that they pair among themselves where they can.
    let by_shape = match_by(
        unnamed.from.into_iter().chain(by_name.lost),
        unnamed.to.into_iter().chain(by_name.gained),
        |part| part.shape(dialect),
    );
    let mut sorted = Sorted { lost: by_shape.lost, gained: by_shape.gained, both };
    sorted.both.extend(by_shape.both);
    sorted.lost.extend(remade.iter().map(|both| both.from));
    sorted.gained.extend(remade.iter().map(|both| both.to));
    sorted
}

fn named<T: Part>(parts: &[T]) -> Vec<&T> {
    parts.iter().filter(|part| part.name().is_some()).collect()
}

fn unnamed<T: Part>(parts: &[T]) -> Vec<&T> {
    parts.iter().filter(|part| part.name().is_none()).collect()
}

fn renamed<T: Part>(dialect: Dialect, table: &ObjectName, both: Pair<&T>) -> Option<Change> {
    let names = both.map(Shaped::name);
    let same = match (names.from, names.to) {
        (Some(from), Some(to)) => dialect.same_ident(from, to),
        (from, to) => from == to,
    };
    (!same).then(|| T::rename(table.clone(), names.map(|name| name.map(str::to_owned))))
}

/// A comment stands on a name; a part without one has none.
fn commented<T: Part>(table: &ObjectName, both: Pair<&T>) -> Option<Change> {
    let comments = both.map(Shaped::comment);
    let target = T::comment_target(table.clone(), both.to.name()?.to_owned());
    super::comment(target, comments)
}

impl Part for Index {
    fn add(self, table_name: ObjectName) -> Change {
        Change::CreateIndex { table_name, index: self }
    }

    fn drop(self, table_name: ObjectName) -> Change {
        Change::DropIndex { table_name, index_name: self.name }
    }

    fn rename(table_name: ObjectName, names: Pair<Option<String>>) -> Change {
        let names = names.map(|name| name.expect("an index has a name"));
        Change::RenameIndex { table_name, from: names.from, to: names.to }
    }

    fn comment_target(table_name: ObjectName, index_name: String) -> CommentTarget {
        CommentTarget::Index { table_name, index_name }
    }
}

fn rename_constraint(table_name: ObjectName, names: Pair<Option<String>>) -> Change {
    Change::RenameConstraint { table_name, from: names.from, to: names.to }
}

fn on_constraint(table_name: ObjectName, constraint_name: String) -> CommentTarget {
    CommentTarget::Constraint { table_name, constraint_name }
}

/// Tells how the changes of a kind of constraint are spelled.
macro_rules! constraint {
    ($kind:ty: $add:ident, $drop:ident, $field:ident $(, $nothing:ident)?) => {
        impl Part for $kind {
            fn add(self, table_name: ObjectName) -> Change {
                Change::$add { table_name, $field: self $(, $nothing: Vec::new())? }
            }

            fn drop(self, table_name: ObjectName) -> Change {
                Change::$drop { table_name, $field: self }
            }

            fn rename(table_name: ObjectName, names: Pair<Option<String>>) -> Change {
                rename_constraint(table_name, names)
            }

            fn comment_target(table_name: ObjectName, name: String) -> CommentTarget {
                on_constraint(table_name, name)
            }
        }
    };
}

constraint!(PrimaryKey: AddPrimaryKey, DropPrimaryKey, primary_key);
constraint!(Unique: AddUniqueConstraint, DropUniqueConstraint, constraint);
constraint!(ForeignKey: AddForeignKey, DropForeignKey, fk);
constraint!(Check: AddCheck, DropCheck, check, replacements);
constraint!(Exclusion: AddExclusion, DropExclusion, exclusion);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::KeyPart;

    fn unique(text: &str) -> Unique {
        let (name, columns) = text.split_once(':').expect("`name:columns`");
        Unique {
            name: (!name.is_empty()).then(|| name.to_owned()),
            columns: columns.split(',').map(KeyPart::column).collect(),
            ..Unique::default()
        }
    }

    fn told(change: &Change) -> String {
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        match change {
            Change::AddUniqueConstraint { constraint, .. } => format!("+{}", name(&constraint.name)),
            Change::DropUniqueConstraint { constraint, .. } => format!("-{}", name(&constraint.name)),
            Change::RenameConstraint { from, to, .. } => format!("{}>{}", name(from), name(to)),
            Change::SetComment { .. } => "comment".to_owned(),
            other => panic!("unexpected {other:?}"),
        }
    }

    fn check(from: &[&str], to: &[&str], expected: &[&str]) {
        let parts =
            Pair::new(from, to).map(|texts| texts.iter().map(|text| unique(text)).collect::<Vec<_>>());
        let backwards =
            Pair::new(from, to).map(|texts| texts.iter().rev().map(|text| unique(text)).collect::<Vec<_>>());
        for pair in [parts, backwards] {
            let mut changes = Vec::new();
            let sides = Pair::new(&pair.from[..], &pair.to[..]);
            diff(Dialect::Sqlite, &"t".into(), sides, &mut changes);
            assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), expected, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn names_go_before_shapes() {
        check(&[], &[], &[]);
        check(&["a:x"], &["a:x"], &[]);
        check(&["a:x"], &["A:X"], &[]);
        check(&["a:x"], &["a:y"], &["-a", "+a"]);
        check(&["a:x"], &["b:x"], &["a>b"]);
        check(&["a:x"], &["b:y"], &["-a", "+b"]);
        check(&["a:x", "b:y"], &["a:y", "b:x"], &["-a", "-b", "+a", "+b"]);
        check(&["a:x,y"], &["b:y,x"], &["-a", "+b"]);
    }

    #[test]
    fn what_has_no_name_is_told_by_its_shape() {
        check(&[":x"], &[":x"], &[]);
        check(&[":x"], &["a:x"], &[">a"]);
        check(&["a:x"], &[":x"], &["a>"]);
        check(&[":x", ":x"], &[":x"], &["-"]);
        check(&[":x"], &[":x", ":x", ":y"], &["+", "+"]);
        check(&[":x", "a:x"], &[":x", "b:x"], &["a>b"]);
        check(&["a:x", ":x"], &[":x"], &["-a"]);
    }

    #[test]
    fn a_comment_is_no_other_shape() {
        let plain = unique("a:x");
        let told_of = Unique { comment: Some("why".into()), ..plain.clone() };
        let mut changes = Vec::new();
        let sides = Pair::new(std::slice::from_ref(&plain), std::slice::from_ref(&told_of));
        diff(Dialect::Postgres, &"t".into(), sides, &mut changes);
        let target = CommentTarget::Constraint { table_name: "t".into(), constraint_name: "a".into() };
        assert_eq!(changes, [Change::SetComment { target, from: None, to: Some("why".into()) }]);
    }
}
