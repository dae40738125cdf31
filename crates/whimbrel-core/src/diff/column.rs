//! Compares the columns of one table.

use super::matching::match_by;
use super::shape::conflict;
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::dialect::postgres::serial_sequence;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{Column, Identity, ObjectKind, Sequence, SqlExpr, Table};

/// A column and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) position: usize,
    pub(super) column: &'a Column,
}

/// The columns of a table that only one side has.
#[derive(Debug, Default)]
pub(super) struct Unmatched<'a> {
    /// In the order of their names.
    pub(super) lost: Vec<Placed<'a>>,
    /// In the order of the desired table: it is what they are added in.
    pub(super) gained: Vec<Placed<'a>>,
}

/// Compares the columns of a table that both sides have, and returns those
/// that only one has.
pub(super) fn diff<'a>(dialect: Dialect, pair: Pair<&'a Table>, out: &mut Vec<Change>) -> Unmatched<'a> {
    let placed = pair.map(|table| placed(&table.columns));
    let matched =
        match_by(&placed.from, &placed.to, |placed| dialect.fold_ident(placed.column.name.as_str()));
    let table_name = &pair.to.name;
    let lost: Vec<_> = matched.lost.into_iter().copied().collect();
    let mut gained: Vec<_> = matched.gained.into_iter().copied().collect();
    gained.sort_by_key(|placed| placed.position);
    out.extend(lost.iter().map(|placed| dropped(table_name, placed.column)));
    out.extend(gained.iter().map(|placed| added(table_name, placed.column)));
    for both in matched.both {
        altered(dialect, table_name, both.map(|placed| placed.column), out);
    }
    Unmatched { lost, gained }
}

fn placed(columns: &[Column]) -> Vec<Placed<'_>> {
    columns.iter().enumerate().map(|(position, column)| Placed { position, column }).collect()
}

fn dropped(table_name: &ObjectName, column: &Column) -> Change {
    Change::DropColumn { table_name: table_name.clone(), column_name: column.name.clone() }
}

fn added(table_name: &ObjectName, column: &Column) -> Change {
    Change::AddColumn { table_name: table_name.clone(), column: column.clone() }
}

fn altered(dialect: Dialect, table_name: &ObjectName, pair: Pair<&Column>, out: &mut Vec<Change>) {
    if pair.from == pair.to {
        return;
    }
    out.extend(renamed_identity(pair));
    if !same_column(dialect, pair.from, pair.to) {
        out.push(Change::AlterColumn {
            table_name: table_name.clone(),
            column_name: pair.to.name.clone(),
            from: pair.from.clone(),
            to: pair.to.clone(),
        });
    }
    let target = CommentTarget::Column { table_name: table_name.clone(), column_name: pair.to.name.clone() };
    out.extend(super::comment(target, pair.map(|column| column.comment.as_ref())));
    out.extend(commented_sequence(table_name, pair));
}

/// The comment on the sequence of a serial or identity column, if the column
/// keeps its kind of sequence; a new one comes with its comment.
fn commented_sequence(table_name: &ObjectName, pair: Pair<&Column>) -> Option<Change> {
    let is_kept = pair.from.auto_increment == pair.to.auto_increment
        && pair.from.identity.is_some() == pair.to.identity.is_some();
    let name = match &pair.to.identity {
        Some(identity) => identity.sequence.name.clone(),
        None => serial_sequence(table_name, &pair.to.name, &pair.to.sql_type)?.name,
    };
    let target = CommentTarget::Object { kind: ObjectKind::Sequence, name, signature: None, table: None };
    let comment = |column: &Column| match &column.identity {
        Some(identity) => identity.sequence.comment.clone(),
        None => column.sequence_comment.clone(),
    };
    let (from, to) = (comment(pair.from), comment(pair.to));
    if is_kept { super::comment(target, Pair::new(from.as_ref(), to.as_ref())) } else { None }
}

/// The sequence behind an identity column has a name of its own.
fn renamed_identity(pair: Pair<&Column>) -> Option<Change> {
    let from = &pair.from.identity.as_ref()?.sequence.name;
    let to = &pair.to.identity.as_ref()?.sequence.name;
    (from != to).then(|| Change::RenameSequence { from: from.clone(), to: to.clone() })
}

/// Says whether two columns of one name are the same but for their comments
/// and the name of an identity's sequence.
pub(super) fn same_column(dialect: Dialect, a: &Column, b: &Column) -> bool {
    same_type(dialect, &a.sql_type, &b.sql_type)
        && a.nullable == b.nullable
        && a.auto_increment == b.auto_increment
        && same_default(dialect, a, b)
        && same_generated(dialect, a, b)
        && same_identity(a.identity.as_deref(), b.identity.as_deref())
        && same_collation(dialect, a, b)
        && a.options == b.options
        && conflict(a.not_null_conflict) == conflict(b.not_null_conflict)
}

/// Says whether two types are one, also where only one is quoted.
pub(super) fn same_type(dialect: Dialect, a: &str, b: &str) -> bool {
    dialect.same_type(a, b) || dialect.same_sql(a, b)
}

fn same_default(dialect: Dialect, a: &Column, b: &Column) -> bool {
    same_expression(dialect, real_default(a), real_default(b))
}

/// The default, unless it is NULL: what a column has without one.
pub(crate) fn real_default(column: &Column) -> Option<&SqlExpr> {
    column.default.as_ref().filter(|default| !is_null(default.as_str()))
}

/// Says whether an expression is a bare NULL, in parentheses or cast.
fn is_null(expression: &str) -> bool {
    let mut text = expression.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        text = inner.trim();
    }
    let (value, cast) = text.split_once("::").map_or((text, ""), |(value, cast)| (value.trim(), cast));
    let is_type = |c: char| c.is_alphanumeric() || " _\"[](),.".contains(c);
    value.eq_ignore_ascii_case("null") && cast.chars().all(is_type)
}

fn same_generated(dialect: Dialect, a: &Column, b: &Column) -> bool {
    match (&a.generated, &b.generated) {
        (Some(a), Some(b)) => {
            a.stored == b.stored && dialect.same_sql(a.expression.as_str(), b.expression.as_str())
        }
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn same_identity(a: Option<&Identity>, b: Option<&Identity>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.always == b.always && same_numbers(&a.sequence, &b.sequence),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Says whether two sequences give the same numbers.
pub(super) fn same_numbers(a: &Sequence, b: &Sequence) -> bool {
    let numbers = |one: &Sequence| (one.start, one.increment, one.min, one.max, one.cache, one.cycle);
    a.sql_type == b.sql_type && numbers(a) == numbers(b)
}

fn same_collation(dialect: Dialect, a: &Column, b: &Column) -> bool {
    match (&a.collation, &b.collation) {
        (Some(a), Some(b)) => dialect.same_ident(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Says whether two optional expressions are the same.
pub(super) fn same_expression(dialect: Dialect, a: Option<&SqlExpr>, b: Option<&SqlExpr>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => dialect.same_sql(a.as_str(), b.as_str()),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;
    use crate::schema::{ConflictClause, Generated};

    fn changes(dialect: Dialect, from: &[Column], to: &[Column]) -> Vec<Change> {
        let table = |columns: &[Column]| Table { columns: columns.to_vec(), ..Table::new("t") };
        let tables = Pair::new(table(from), table(to));
        let mut out = Vec::new();
        diff(dialect, tables.as_ref(), &mut out);
        out
    }

    #[test]
    fn each_property_makes_another_column() {
        let plain = Column::new("a", "integer");
        let sequence = Sequence {
            name: "t_a_seq".into(),
            sql_type: "integer".into(),
            start: 1,
            increment: 1,
            min: 1,
            max: 10,
            cache: 1,
            cycle: false,
            owned_by: None,
            comment: None,
        };
        let others = [
            Column { sql_type: "text".into(), ..plain.clone() },
            Column { nullable: false, ..plain.clone() },
            Column { default: Some("0".into()), ..plain.clone() },
            Column { auto_increment: true, ..plain.clone() },
            Column {
                generated: Some(Generated { expression: "b + 1".into(), stored: true }),
                ..plain.clone()
            },
            Column { identity: Some(Box::new(Identity { always: true, sequence })), ..plain.clone() },
            Column { collation: Some("NOCASE".into()), ..plain.clone() },
            Column { not_null_conflict: Some(ConflictClause::Ignore), ..plain.clone() },
        ];
        for other in others {
            let expected = Change::AlterColumn {
                table_name: "t".into(),
                column_name: "a".into(),
                from: plain.clone(),
                to: other.clone(),
            };
            assert_eq!(changes(Dialect::Sqlite, slice::from_ref(&plain), &[other]), [expected]);
        }
    }

    #[test]
    fn spelling_makes_no_other_column() {
        let plain = Column { collation: Some("NOCASE".into()), ..Column::new("a", "INTEGER") };
        let same = [
            Column { sql_type: "integer".into(), ..plain.clone() },
            Column { name: "A".into(), ..plain.clone() },
            Column { default: Some("NULL".into()), ..plain.clone() },
            Column { default: Some("( null )".into()), ..plain.clone() },
            Column { collation: Some("nocase".into()), ..plain.clone() },
            Column { not_null_conflict: Some(ConflictClause::Abort), ..plain.clone() },
        ];
        for other in same {
            let (from, to) = (slice::from_ref(&plain), slice::from_ref(&other));
            assert_eq!(changes(Dialect::Sqlite, from, to), [], "{other:?}");
        }
    }

    #[test]
    fn null_is_told_from_what_looks_like_it() {
        for null in ["NULL", "null", "(NULL)", "((null))", "NULL::character varying", "NULL::numeric(10,2)"] {
            assert!(is_null(null), "{null}");
        }
        for other in ["'NULL'", "nullif(1, 1)", "NULL IS NULL", "NULL::text || 'a'", "0", "", "(NULL) + (1)"]
        {
            assert!(!is_null(other), "{other}");
        }
    }

    #[test]
    fn columns_are_added_in_the_order_of_the_table() {
        let column = |name: &str| Column::new(name, "text");
        let told = |change: &Change| match change {
            Change::AddColumn { column, .. } => format!("+{}", column.name),
            Change::DropColumn { column_name, .. } => format!("-{column_name}"),
            other => panic!("unexpected {other:?}"),
        };
        let from = ["d", "c", "a"].map(column);
        let to = ["z", "a", "y", "x"].map(column);
        let changes = changes(Dialect::Sqlite, &from, &to);
        assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["-c", "-d", "+z", "+y", "+x"]);
    }

    #[test]
    fn a_comment_alone_alters_no_column() {
        let plain = Column::new("a", "integer");
        let told_of = Column { comment: Some("why".into()), ..plain.clone() };
        let target = CommentTarget::Column { table_name: "t".into(), column_name: "a".into() };
        let expected = Change::SetComment { target, from: None, to: Some("why".into()) };
        assert_eq!(changes(Dialect::Postgres, &[plain], &[told_of]), [expected]);
    }
}
