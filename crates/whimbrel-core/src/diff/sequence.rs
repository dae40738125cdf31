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

#[cfg(test)]
mod tests {
    use super::super::testing::{check, schema, stated, table};
    use super::*;
    use crate::diff::Renames;
    use crate::schema::{Column, Identity, Schema, SqlExpr, Table};

    fn sequence(name: &str, owner: Option<(&str, &str)>) -> Sequence {
        Sequence {
            name: name.into(),
            sql_type: "integer".into(),
            start: 1,
            increment: 1,
            min: 1,
            max: 100,
            cache: 1,
            cycle: false,
            owned_by: owner.map(|(table, column)| (table.into(), column.into())),
            comment: None,
        }
    }

    fn serial(name: &str, column: &str, sequence_name: &str) -> Schema {
        let default = Some(SqlExpr(format!("nextval('{sequence_name}'::regclass)")));
        let column_def = Column { default, ..Column::new(column, "integer") };
        Schema {
            sequences: vec![sequence(sequence_name, Some((name, column)))],
            ..schema([Table { columns: vec![column_def], ..table(name, &[]) }])
        }
    }

    #[test]
    fn each_number_counts() {
        let plain = sequence("s", None);
        let others = [
            Sequence { start: 2, ..plain.clone() },
            Sequence { increment: 2, ..plain.clone() },
            Sequence { min: 0, ..plain.clone() },
            Sequence { max: 200, ..plain.clone() },
            Sequence { cache: 2, ..plain.clone() },
            Sequence { cycle: true, ..plain.clone() },
            Sequence { sql_type: "bigint".into(), ..plain.clone() },
            sequence("s", Some(("t", "a"))),
        ];
        for other in others {
            let mut out = Vec::new();
            diff(Dialect::Postgres, &[Cow::Borrowed(&plain)], std::slice::from_ref(&other), &mut out);
            assert_eq!(out, [Change::AlterSequence { from: plain.clone(), to: other }]);
        }
    }

    #[test]
    fn an_owned_sequence_follows_its_column_without_a_question() {
        let (from, to) = (serial("users", "id", "users_id_seq"), serial("people", "nr", "people_nr_seq"));
        let changes = "\
rename users to people
  ~ nr: renamed from id
rename sequence users_id_seq to people_nr_seq";
        check(Dialect::Postgres, Pair::new(&from, &to), &stated(&["users.id=people.nr"]), changes, &[]);
        let to = serial("users", "id", "ids");
        let changes = "rename sequence users_id_seq to ids";
        check(Dialect::Postgres, Pair::new(&from, &to), &Renames::default(), changes, &[]);
    }

    #[test]
    fn a_sequence_that_nothing_owns_is_dropped_and_made() {
        let sides = Pair::new("a", "b").map(|name| sequence(name, None));
        let mut out = Vec::new();
        diff(Dialect::Postgres, &[Cow::Borrowed(&sides.from)], std::slice::from_ref(&sides.to), &mut out);
        let Pair { from, to } = sides;
        assert_eq!(out, [Change::DropSequence { sequence: from }, Change::CreateSequence { sequence: to }]);
    }

    #[test]
    fn the_sequence_of_an_identity_is_renamed_on_its_own() {
        let side = |name: &str, max| {
            let identity = Identity { always: true, sequence: Sequence { max, ..sequence(name, None) } };
            let column = Column { identity: Some(Box::new(identity)), ..Column::new("id", "integer") };
            schema([Table { columns: vec![column], ..table("t", &[]) }])
        };
        let pair = |from: &Schema, to: &Schema, changes: &str| {
            check(Dialect::Postgres, Pair::new(from, to), &Renames::default(), changes, &[]);
        };
        pair(&side("a", 9), &side("b", 9), "rename sequence a to b");
        pair(&side("a", 9), &side("a", 9), "");
    }
}
