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
