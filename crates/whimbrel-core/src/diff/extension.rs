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

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(name: &str, version: Option<&str>) -> Extension {
        Extension { name: name.into(), namespace: None, version: version.map(Into::into), comment: None }
    }

    #[test]
    fn a_version_that_is_not_said_is_any() {
        let cases = [
            (Some("1.1"), Some("1.1"), false),
            (Some("1.1"), None, false),
            (None, Some("1.1"), false),
            (Some("1.1"), Some("1.2"), true),
        ];
        for (from, to, is_altered) in cases {
            let sides = Pair::new([extension("a", from)], [extension("a", to)]);
            let mut out = Vec::new();
            diff_extensions(Dialect::Postgres, Pair::new(&sides.from, &sides.to), &mut out);
            let [from, to] = [sides.from, sides.to].map(|[one]| one);
            let expected = is_altered.then_some(Change::AlterExtension { from, to });
            assert_eq!(out, Vec::from_iter(expected));
        }
    }

    #[test]
    fn namespaces_and_extensions_come_and_go() {
        let mut out = Vec::new();
        let sides = Pair::new([extension("a", None)], [extension("b", None)]);
        diff_extensions(Dialect::Postgres, Pair::new(&sides.from, &sides.to), &mut out);
        let names = Pair::new(["x".to_owned(), "y".to_owned()], ["y".to_owned(), "z".to_owned()]);
        diff_namespaces(Dialect::Postgres, Pair::new(&names.from, &names.to), &mut out);
        assert_eq!(
            out,
            [
                Change::DropExtension { extension: extension("a", None) },
                Change::CreateExtension { extension: extension("b", None) },
                Change::DropNamespace { namespace: "x".into() },
                Change::CreateNamespace { namespace: "z".into() },
            ]
        );
    }
}
