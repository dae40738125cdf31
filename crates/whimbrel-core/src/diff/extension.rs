//! Compares namespaces and extensions.

use super::matching::match_by;
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{Extension, ObjectKind};

/// Compares the namespaces.
pub(super) fn diff_namespaces(dialect: Dialect, pair: Pair<&[String]>, out: &mut Vec<Change>) {
    let matched = match_by(pair.from, pair.to, |name: &String| dialect.fold_ident(name));
    let dropped = |name: &String| Change::DropNamespace { namespace: name.clone() };
    let created = |name: &String| Change::CreateNamespace { namespace: name.clone() };
    out.extend(matched.lost.into_iter().map(dropped));
    out.extend(matched.gained.into_iter().map(created));
}

/// Compares the extensions.
pub(super) fn diff_extensions(dialect: Dialect, pair: Pair<&[Extension]>, out: &mut Vec<Change>) {
    let matched = match_by(pair.from, pair.to, |extension: &Extension| dialect.fold_ident(&extension.name));
    let dropped = |extension: &Extension| Change::DropExtension { extension: extension.clone() };
    let created = |extension: &Extension| Change::CreateExtension { extension: extension.clone() };
    out.extend(matched.lost.into_iter().map(dropped));
    out.extend(matched.gained.into_iter().map(created));
    for both in matched.both {
        diff_extension(both, out);
    }
}

fn diff_extension(pair: Pair<&Extension>, out: &mut Vec<Change>) {
    if pair.from.namespace != pair.to.namespace || other_version(pair) {
        out.push(Change::AlterExtension { from: pair.from.clone(), to: pair.to.clone() });
    }
    let target = CommentTarget::Object {
        kind: ObjectKind::Extension,
        name: ObjectName::new(&pair.to.name),
        signature: None,
        table: None,
    };
    out.extend(super::comment(target, pair.map(|extension| extension.comment.as_ref())));
}

/// A version that is not said is any version.
fn other_version(pair: Pair<&Extension>) -> bool {
    matches!((&pair.from.version, &pair.to.version), (Some(from), Some(to)) if from != to)
}
