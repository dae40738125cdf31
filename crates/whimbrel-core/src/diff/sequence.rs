//! Compares sequences.

use std::borrow::Cow;

use super::column::same_numbers;
use super::matching::{NameKey, match_by};
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{ObjectKind, Sequence};

/// Compares the sequences; those that columns own have been renamed already
/// where their names alone differ.
pub(super) fn diff(dialect: Dialect, from: &[Cow<'_, Sequence>], to: &[Sequence], out: &mut Vec<Change>) {
    let from = from.iter().map(AsRef::as_ref);
    let matched = match_by(from, to, |sequence: &Sequence| NameKey::new(dialect, &sequence.name));
    let dropped = |sequence: &Sequence| Change::DropSequence { sequence: sequence.clone() };
    let created = |sequence: &Sequence| Change::CreateSequence { sequence: sequence.clone() };
    out.extend(matched.lost.into_iter().map(dropped));
    out.extend(matched.gained.into_iter().map(created));
    for both in matched.both {
        diff_sequence(dialect, both, out);
    }
}

fn diff_sequence(dialect: Dialect, pair: Pair<&Sequence>, out: &mut Vec<Change>) {
    let owners = pair.map(|sequence| sequence.owned_by.as_ref().map(|owner| owner_key(dialect, owner)));
    if !same_numbers(pair.from, pair.to) || owners.from != owners.to {
        out.push(Change::AlterSequence { from: pair.from.clone(), to: pair.to.clone() });
    }
    let target = CommentTarget::Object {
        kind: ObjectKind::Sequence,
        name: pair.to.name.clone(),
        signature: None,
        table: None,
    };
    out.extend(super::comment(target, pair.map(|sequence| sequence.comment.as_ref())));
}

/// The column that owns a sequence, as the engine compares it.
pub(super) fn owner_key(dialect: Dialect, owner: &(ObjectName, String)) -> (NameKey<'_>, Cow<'_, str>) {
    (NameKey::new(dialect, &owner.0), dialect.fold_ident(&owner.1))
}
