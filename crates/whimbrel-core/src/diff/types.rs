//! Compares domains, composite and range types.

use std::borrow::Cow;

use super::column::{same_expression, same_type};
use super::matching::{NameKey, match_by};
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::pair::Pair;
use crate::schema::{ObjectKind, SqlExpr, TypeDef};

/// Compares the types; one that became another kind is dropped and made.
pub(super) fn diff(dialect: Dialect, from: &[Cow<'_, TypeDef>], to: &[TypeDef], out: &mut Vec<Change>) {
    let from = from.iter().map(AsRef::as_ref);
    let matched =
        match_by(from, to, |type_def: &TypeDef| (kind(type_def), NameKey::new(dialect, type_def.name())));
    let dropped = |type_def: &TypeDef| Change::DropType { type_def: type_def.clone() };
    let created = |type_def: &TypeDef| Change::CreateType { type_def: type_def.clone() };
    out.extend(matched.lost.into_iter().map(dropped));
    out.extend(matched.gained.into_iter().map(created));
    for both in matched.both {
        diff_type(dialect, both, out);
    }
}

fn diff_type(dialect: Dialect, pair: Pair<&TypeDef>, out: &mut Vec<Change>) {
    if !same_definition(dialect, pair.from, pair.to) {
        out.push(Change::AlterType { from: pair.from.clone(), to: pair.to.clone() });
    }
    let target = CommentTarget::Object {
        kind: ObjectKind::Type,
        name: pair.to.name().clone(),
        signature: None,
        table: None,
    };
    out.extend(super::comment(target, pair.map(comment)));
}

fn kind(type_def: &TypeDef) -> u8 {
    match type_def {
        TypeDef::Domain { .. } => 0,
        TypeDef::Composite { .. } => 1,
        TypeDef::Range { .. } => 2,
    }
}

fn comment(type_def: &TypeDef) -> Option<&String> {
    match type_def {
        TypeDef::Domain { comment, .. }
        | TypeDef::Composite { comment, .. }
        | TypeDef::Range { comment, .. } => comment.as_ref(),
    }
}

fn same_definition(dialect: Dialect, a: &TypeDef, b: &TypeDef) -> bool {
    match (a, b) {
        (
            TypeDef::Domain { base, not_null, default, collation, checks, .. },
            TypeDef::Domain {
                base: other_base,
                not_null: other_not_null,
                default: other_default,
                collation: other_collation,
                checks: other_checks,
                ..
            },
        ) => {
            same_type(dialect, base, other_base)
                && not_null == other_not_null
                && same_expression(dialect, default.as_ref(), other_default.as_ref())
                && collation == other_collation
                && same_checks(dialect, checks, other_checks)
        }
        (TypeDef::Composite { attributes, .. }, TypeDef::Composite { attributes: others, .. }) => {
            let same =
                |((name, sql_type), (other_name, other_type)): (&(String, String), &(String, String))| {
                    name == other_name && same_type(dialect, sql_type, other_type)
                };
            attributes.len() == others.len() && attributes.iter().zip(others).all(same)
        }
        (TypeDef::Range { definition, .. }, TypeDef::Range { definition: other, .. }) => {
            dialect.same_sql(definition.as_str(), other.as_str())
        }
        (TypeDef::Domain { .. } | TypeDef::Composite { .. } | TypeDef::Range { .. }, _) => false,
    }
}

/// The order of a domain's conditions says nothing.
fn same_checks(dialect: Dialect, a: &[(String, SqlExpr)], b: &[(String, SqlExpr)]) -> bool {
    let matched = match_by(a, b, |(name, _)| name);
    let same = |pair: &Pair<&(String, SqlExpr)>| dialect.same_sql(pair.from.1.as_str(), pair.to.1.as_str());
    matched.lost.is_empty() && matched.gained.is_empty() && matched.both.iter().all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str, base: &str, checks: &[(&str, &str)]) -> TypeDef {
        TypeDef::Domain {
            name: name.into(),
            base: base.into(),
            not_null: false,
            default: None,
            collation: None,
            checks: checks.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect(),
            comment: None,
        }
    }

    fn composite(attributes: &[(&str, &str)], comment: Option<&str>) -> TypeDef {
        let attributes = attributes.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned()));
        TypeDef::Composite {
            name: "c".into(),
            attributes: attributes.collect(),
            comment: comment.map(Into::into),
        }
    }

    fn check(from: &TypeDef, to: &TypeDef, expected: &str) {
        let mut out = Vec::new();
        diff(Dialect::Postgres, &[Cow::Borrowed(from)], std::slice::from_ref(to), &mut out);
        let told = out.iter().map(|change| match change {
            Change::CreateType { .. } => '+',
            Change::DropType { .. } => '-',
            Change::AlterType { .. } => '~',
            Change::SetComment { .. } => '#',
            other => panic!("unexpected {other:?}"),
        });
        assert_eq!(told.collect::<String>(), expected, "{from:?} to {to:?}");
    }

    #[test]
    fn types_are_compared_by_what_they_mean() {
        let d = |base: &str, checks: &[(&str, &str)]| domain("d", base, checks);
        check(&d("int4", &[]), &d("integer", &[]), "");
        check(&d("integer", &[]), &d("bigint", &[]), "~");
        let two = [("a", "(VALUE > 0)"), ("b", "(VALUE < 9)")];
        check(&d("integer", &two), &d("integer", &[two[1], two[0]]), "");
        check(&d("integer", &two), &d("integer", &two[..1]), "~");
        check(&d("integer", &[]), &domain("e", "integer", &[]), "-+");
        check(&composite(&[("a", "int4")], None), &composite(&[("a", "integer")], Some("why")), "#");
        check(&composite(&[("a", "text")], None), &composite(&[("b", "text")], None), "~");
        check(&composite(&[], None), &domain("c", "text", &[]), "-+");
        let range = |definition: &str| TypeDef::Range {
            name: "r".into(),
            definition: definition.into(),
            comment: None,
        };
        check(&range("SUBTYPE = date"), &range("subtype=date"), "");
        check(&range("SUBTYPE = date"), &range("SUBTYPE = time"), "~");
    }
}
