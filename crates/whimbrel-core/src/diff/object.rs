//! Compares views, triggers, functions and whatever else is only its
//! definition.

use std::borrow::Cow;

use super::matching::{NameKey, match_by};
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::pair::Pair;
use crate::schema::{Object, ObjectKind};

/// Compares the definitional objects; one that became another kind is dropped
/// and made.
pub(super) fn diff(dialect: Dialect, from: &[Cow<'_, Object>], to: &[Object], out: &mut Vec<Change>) {
    let from = from.iter().map(AsRef::as_ref);
    let matched = match_by(from, to, |object: &Object| identity(dialect, object));
    out.extend(matched.lost.into_iter().map(|object| Change::DropObject { object: object.clone() }));
    out.extend(matched.gained.into_iter().map(|object| Change::CreateObject { object: object.clone() }));
    for pair in matched.both {
        diff_object(dialect, pair, out);
    }
}

fn diff_object(dialect: Dialect, pair: Pair<&Object>, out: &mut Vec<Change>) {
    let definitions = pair.map(|object| object.definition.as_str());
    if !dialect.same_sql(definitions.from, definitions.to) {
        out.push(Change::ReplaceObject { from: pair.from.clone(), to: pair.to.clone() });
        return;
    }
    let target = CommentTarget::Object {
        kind: pair.to.kind,
        name: pair.to.name.clone(),
        signature: pair.to.signature.clone(),
        table: pair.to.table.clone(),
    };
    out.extend(super::comment(target, pair.map(|object| object.comment.as_ref())));
}

/// What makes an object this one and no other.
fn identity(dialect: Dialect, object: &Object) -> impl Ord + use<'_> {
    let table = match named_within_table(dialect, object.kind) {
        true => object.table.as_ref().map(|table| NameKey::new(dialect, table)),
        false => None,
    };
    (object.kind, NameKey::new(dialect, &object.name), object.signature.as_deref(), table)
}

/// Says whether the names of such objects are names within their table. A
/// trigger is on PostgreSQL; on SQLite all triggers share one name space.
fn named_within_table(dialect: Dialect, kind: ObjectKind) -> bool {
    match dialect {
        Dialect::Postgres => matches!(kind, ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy),
        Dialect::Sqlite => false,
    }
}
