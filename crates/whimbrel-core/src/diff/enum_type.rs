//! Compares enum types.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::likeness::{self, Traits};
use super::matching::{NameKey, match_by};
use super::question::{Ask, Asked, Subject};
use crate::change::{AlterEnum, Change, CommentTarget};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::RenameKind;
use crate::schema::{EnumType, ObjectKind};

/// Compares the enums; `from` is the current side under the new names.
pub(super) fn diff(
    dialect: Dialect,
    from: &[Cow<'_, EnumType>],
    to: &[EnumType],
    out: &mut Vec<Change>,
    asked: &mut Asked<'_>,
) {
    let from = from.iter().map(AsRef::as_ref);
    let matched = match_by(from, to, |one: &EnumType| NameKey::new(dialect, &one.name));
    let dropped = |one: &&EnumType| Change::DropEnum { enum_name: one.name.clone() };
    out.extend(matched.lost.iter().map(dropped));
    out.extend(matched.gained.iter().map(|&one| Change::CreateEnum { enum_def: one.clone() }));
    asked.about(&Enums, &matched.lost, &matched.gained);
    for pair in matched.both {
        diff_enum(pair, out, asked);
    }
}

/// The values of an enum sort in their order, so another order is another enum.
fn diff_enum(pair: Pair<&EnumType>, out: &mut Vec<Change>, asked: &mut Asked<'_>) {
    let values = pair.map(|one| &one.values);
    if values.from != values.to {
        let known = values.map(|values| values.iter().collect::<BTreeSet<_>>());
        let removed = placed(values.from, &known.to);
        let added = placed(values.to, &known.from);
        asked.about(&Values(&pair.to.name), &removed, &added);
        out.push(Change::AlterEnum(AlterEnum {
            enum_name: pair.to.name.clone(),
            add_values: added.into_iter().map(|(_, value)| value.to_owned()).collect(),
            remove_values: removed.into_iter().map(|(_, value)| value.to_owned()).collect(),
            new_values: values.to.clone(),
            reorders: staying(values.from, &known.to).ne(staying(values.to, &known.from)),
            replacements: Vec::new(),
        }));
    }
    let target = CommentTarget::Object {
        kind: ObjectKind::Type,
        name: pair.to.name.clone(),
        signature: None,
        table: None,
    };
    out.extend(super::comment(target, pair.map(|one| one.comment.as_ref())));
}

/// The values that the other side does not have, each with its position.
fn placed<'a>(values: &'a [String], others: &BTreeSet<&String>) -> Vec<(usize, &'a str)> {
    let placed = values.iter().enumerate().filter(|(_, value)| !others.contains(value));
    placed.map(|(position, value)| (position, value.as_str())).collect()
}

/// The values that the other side has too.
fn staying<'a>(values: &'a [String], others: &BTreeSet<&String>) -> impl Iterator<Item = &'a String> {
    values.iter().filter(|value| others.contains(value))
}

struct Enums;

impl<'a> Ask<&'a EnumType> for Enums {
    fn kind(&self) -> RenameKind {
        RenameKind::Enum
    }

    fn parent(&self) -> Option<&ObjectName> {
        None
    }

    fn name(&self, one: &&'a EnumType) -> ObjectName {
        one.name.clone()
    }

    fn sql_type(&self, _: &&'a EnumType) -> Option<String> {
        None
    }

    fn traits<'b>(&self, one: &'b &'a EnumType) -> Traits<'b> {
        Traits::new(&one.name.name, one.values.iter().map(|value| Cow::Borrowed(value.as_str())))
    }

    fn likeness(&self, lost: &Subject<'_, &'a EnumType>, gained: &Subject<'_, &'a EnumType>) -> u8 {
        likeness::of_wholes(&lost.traits, &gained.traits)
    }
}

struct Values<'a>(&'a ObjectName);

impl<'a> Ask<(usize, &'a str)> for Values<'_> {
    fn kind(&self) -> RenameKind {
        RenameKind::EnumValue
    }

    fn parent(&self) -> Option<&ObjectName> {
        Some(self.0)
    }

    fn name(&self, value: &(usize, &'a str)) -> ObjectName {
        ObjectName::new(value.1)
    }

    fn sql_type(&self, _: &(usize, &'a str)) -> Option<String> {
        None
    }

    fn traits<'b>(&self, value: &'b (usize, &'a str)) -> Traits<'b> {
        Traits::new(value.1, [])
    }

    fn likeness(&self, lost: &Subject<'_, (usize, &'a str)>, gained: &Subject<'_, (usize, &'a str)>) -> u8 {
        let names = likeness::of_names(&lost.traits, &gained.traits);
        likeness::of_enum_values(names, lost.item.0, gained.item.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, table};
    use super::*;
    use crate::diff::{Rename, Renames};
    use crate::schema::{Column, Schema, SqlExpr, Table};

    fn mood(name: &str, values: &[&str]) -> EnumType {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        EnumType { name: name.into(), values, comment: None }
    }

    fn altered(from: &[&str], to: &[&str]) -> Option<AlterEnum> {
        let sides = Pair::new(mood("mood", from), mood("mood", to));
        let (mut out, renames) = (Vec::new(), Renames::default());
        diff_enum(sides.as_ref(), &mut out, &mut Asked::nothing(Dialect::Postgres, &renames));
        match out.pop()? {
            Change::AlterEnum(alter) => Some(alter),
            other => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn values_come_go_and_change_places() {
        let cases: [(&[&str], &[&str], _); 6] = [
            (&["a", "b"], &["a", "b"], None),
            (&["a", "b"], &["a", "c", "b"], Some(("c", "", false))),
            (&["a", "b"], &["b"], Some(("", "a", false))),
            (&["a", "b"], &["b", "a"], Some(("", "", true))),
            (&["a", "b", "c"], &["d", "c", "b"], Some(("d", "a", true))),
            (&["a"], &["A"], Some(("A", "a", false))),
        ];
        for (from, to, expected) in cases {
            let found = altered(from, to);
            assert!(found.iter().all(|alter| alter.new_values == to), "{from:?} to {to:?}");
            let told =
                found.map(|alter| (alter.add_values.concat(), alter.remove_values.concat(), alter.reorders));
            let expected = expected
                .map(|(add, remove, reorders): (&str, &str, _)| (add.into(), remove.into(), reorders));
            assert_eq!(told, expected, "{from:?} to {to:?}");
        }
    }

    fn side(name: &str, value: &str) -> Schema {
        let column = Column {
            default: Some(SqlExpr(format!("'{value}'::{name}"))),
            ..Column::new("a", format!("{name}[]"))
        };
        Schema {
            tables: vec![Table { columns: vec![column], ..table("t", &[]) }],
            enums: vec![mood(name, &[value, "b"])],
            ..Schema::default()
        }
    }

    #[test]
    fn enums_and_values_are_asked_about() {
        let (from, to) = (side("mood", "a"), side("feeling", "a"));
        let found = super::super::diff(Dialect::Postgres, Pair::new(&from, &to), &Renames::default());
        let asked: Vec<_> =
            found.questions.iter().map(|one| (one.kind, one.candidates[0].name.clone())).collect();
        assert_eq!(asked, [(RenameKind::Enum, "mood".into())]);

        let (from, to) = (side("mood", "ok"), side("mood", "okay"));
        let found = super::super::diff(Dialect::Postgres, Pair::new(&from, &to), &Renames::default());
        let asked: Vec<_> =
            found.questions.iter().map(|one| (one.kind, one.candidates[0].name.clone())).collect();
        assert_eq!(asked, [(RenameKind::EnumValue, "ok".into())]);
    }

    #[test]
    fn columns_follow_their_renamed_enum() {
        let (from, to) = (side("mood", "a"), side("Feeling", "x"));
        let to = Schema {
            tables: vec![Table {
                columns: vec![Column {
                    default: Some("'x'::\"Feeling\"".into()),
                    ..Column::new("a", "\"Feeling\"[]")
                }],
                ..table("t", &[])
            }],
            ..to
        };
        let rename = |kind, parent: Option<ObjectName>, from: &str, to: &str| Rename {
            kind,
            parent,
            from: from.into(),
            to: to.into(),
        };
        let renamed = vec![
            rename(RenameKind::Enum, None, "mood", "Feeling"),
            rename(RenameKind::EnumValue, Some("Feeling".into()), "a", "x"),
        ];
        let renames = Renames { renamed, ..Renames::default() };
        let changes = "rename enum mood to Feeling\nalter enum Feeling\n  ~ value 'x': renamed from 'a'";
        check(Dialect::Postgres, Pair::new(&from, &to), &renames, changes, &[]);
    }
}
