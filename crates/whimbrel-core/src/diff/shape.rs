//! What keys, indexes and constraints are, apart from their names.
//!
//! A shape is comparable: two things of one shape do the same. It holds texts
//! in their canonical form and names folded, so it costs something to make; the
//! differ makes one only for things that are not plainly equal.

use super::matching::NameKey;
use crate::dialect::Dialect;
use crate::schema::{
    Check, ConflictClause, Deferrability, Exclusion, ForeignKey, Index, KeyPart, KeyTarget, NullsOrder,
    Parameters, PrimaryKey, ReferentialAction, SortOrder, SqlExpr, Unique,
};
use crate::sql;
use std::borrow::Cow;

/// A thing that has a shape, and may have a name and a comment.
pub(super) trait Shaped: PartialEq {
    type Shape<'a>: Ord
    where
        Self: 'a;

    fn shape(&self, dialect: Dialect) -> Self::Shape<'_>;
    fn name(&self) -> Option<&str>;
    fn comment(&self) -> Option<&String>;

    /// Says whether the two do the same, whatever their names.
    fn same_shape(&self, other: &Self, dialect: Dialect) -> bool {
        self == other || self.shape(dialect) == other.shape(dialect)
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target<'a> {
    Column(Cow<'a, str>),
    Expression(String),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part<'a> {
    target: Target<'a>,
    collation: Option<Cow<'a, str>>,
    operator_class: Option<&'a str>,
    descending: bool,
    nulls_first: Option<bool>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IndexShape<'a> {
    parts: Vec<Part<'a>>,
    unique: bool,
    method: Option<&'a str>,
    predicate: Option<String>,
    include: Vec<Cow<'a, str>>,
    nulls_not_distinct: bool,
    storage: &'a Parameters,
    tablespace: Option<&'a str>,
    invalid: bool,
}

/// The shape of a primary key or unique constraint.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyShape<'a> {
    parts: Vec<Part<'a>>,
    include: Vec<Cow<'a, str>>,
    nulls_not_distinct: bool,
    deferrable: u8,
    on_conflict: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ForeignKeyShape<'a> {
    columns: Vec<Cow<'a, str>>,
    referenced_table: NameKey<'a>,
    referenced_columns: Vec<Cow<'a, str>>,
    on_delete: &'static str,
    on_update: &'static str,
    on_delete_columns: Vec<Cow<'a, str>>,
    match_full: bool,
    deferrable: u8,
    not_valid: bool,
}

impl Shaped for Index {
    type Shape<'a> = IndexShape<'a>;

    fn shape(&self, dialect: Dialect) -> IndexShape<'_> {
        IndexShape {
            parts: parts(dialect, &self.columns),
            unique: self.unique,
            method: self.method.as_deref(),
            predicate: self.predicate.as_ref().map(|predicate| canonical(dialect, predicate)),
            include: folded(dialect, &self.include),
            nulls_not_distinct: self.nulls_not_distinct,
            storage: &self.storage,
            tablespace: self.tablespace.as_deref(),
            invalid: self.invalid,
        }
    }

    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn comment(&self) -> Option<&String> {
        self.comment.as_ref()
    }
}

impl Shaped for PrimaryKey {
    type Shape<'a> = KeyShape<'a>;

    fn shape(&self, dialect: Dialect) -> KeyShape<'_> {
        KeyShape {
            parts: parts(dialect, &self.columns),
            include: folded(dialect, &self.include),
            nulls_not_distinct: false,
            deferrable: moment(self.deferrable),
            on_conflict: conflict(self.on_conflict),
        }
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn comment(&self) -> Option<&String> {
        self.comment.as_ref()
    }
}

impl Shaped for Unique {
    type Shape<'a> = KeyShape<'a>;

    fn shape(&self, dialect: Dialect) -> KeyShape<'_> {
        KeyShape {
            parts: parts(dialect, &self.columns),
            include: folded(dialect, &self.include),
            nulls_not_distinct: self.nulls_not_distinct,
            deferrable: moment(self.deferrable),
            on_conflict: conflict(self.on_conflict),
        }
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn comment(&self) -> Option<&String> {
        self.comment.as_ref()
    }
}

impl Shaped for ForeignKey {
    type Shape<'a> = ForeignKeyShape<'a>;

    fn shape(&self, dialect: Dialect) -> ForeignKeyShape<'_> {
        ForeignKeyShape {
            columns: folded(dialect, &self.columns),
            referenced_table: NameKey::new(dialect, &self.referenced_table),
            referenced_columns: folded(dialect, &self.referenced_columns),
            on_delete: action(self.on_delete),
            on_update: action(self.on_update),
            on_delete_columns: folded(dialect, &self.on_delete_columns),
            match_full: self.match_full,
            deferrable: moment(self.deferrable),
            not_valid: self.not_valid,
        }
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn comment(&self) -> Option<&String> {
        self.comment.as_ref()
    }
}

impl Shaped for Check {
    type Shape<'a> = (String, bool, bool);

    fn shape(&self, dialect: Dialect) -> (String, bool, bool) {
        (canonical(dialect, &self.expression), self.no_inherit, self.not_valid)
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn comment(&self) -> Option<&String> {
        self.comment.as_ref()
    }
}

impl Shaped for Exclusion {
    type Shape<'a> = String;

    fn shape(&self, dialect: Dialect) -> String {
        canonical(dialect, &self.definition)
    }

    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn comment(&self) -> Option<&String> {
        self.comment.as_ref()
    }
}

fn canonical(dialect: Dialect, expression: &SqlExpr) -> String {
    sql::canonical(expression.as_str(), dialect.lexicon())
}

fn folded(dialect: Dialect, names: &[String]) -> Vec<Cow<'_, str>> {
    names.iter().map(|name| dialect.fold_ident(name)).collect()
}

fn parts(dialect: Dialect, parts: &[KeyPart]) -> Vec<Part<'_>> {
    parts.iter().map(|part| part_shape(dialect, part)).collect()
}

fn part_shape(dialect: Dialect, part: &KeyPart) -> Part<'_> {
    Part {
        target: match &part.target {
            KeyTarget::Column(name) => Target::Column(dialect.fold_ident(name)),
            KeyTarget::Expression(expression) => Target::Expression(canonical(dialect, expression)),
        },
        collation: part.collation.as_deref().map(|name| dialect.fold_ident(name)),
        operator_class: part.operator_class.as_deref(),
        descending: part.order == SortOrder::Desc,
        nulls_first: part.nulls.map(|nulls| nulls == NullsOrder::First),
    }
}

fn moment(deferrable: Deferrability) -> u8 {
    match deferrable {
        Deferrability::NotDeferrable => 0,
        Deferrability::InitiallyImmediate => 1,
        Deferrability::InitiallyDeferred => 2,
    }
}

fn action(action: ReferentialAction) -> &'static str {
    action.sql()
}

/// ABORT is what SQLite does where nothing is said.
pub(super) fn conflict(clause: Option<ConflictClause>) -> Option<&'static str> {
    clause.filter(|clause| *clause != ConflictClause::Abort).map(ConflictClause::sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_count() {
        let index = |column: &str, predicate: &str| Index {
            columns: vec![KeyPart::column(column)],
            predicate: Some(predicate.into()),
            ..Index::default()
        };
        let (plain, spelled) = (index("email", "deleted  IS NULL"), index("Email", "deleted IS NULL"));
        assert!(plain.same_shape(&spelled, Dialect::Sqlite));
        assert!(!plain.same_shape(&spelled, Dialect::Postgres), "names are exact there");
        let key =
            |on_conflict| Unique { columns: vec![KeyPart::column("a")], on_conflict, ..Unique::default() };
        assert!(key(None).same_shape(&key(Some(ConflictClause::Abort)), Dialect::Sqlite));
        assert!(!key(None).same_shape(&key(Some(ConflictClause::Ignore)), Dialect::Sqlite));
    }

    #[test]
    fn every_property_counts() {
        let plain = ForeignKey { referenced_columns: vec!["x".into()], ..ForeignKey::new(["a"], "t") };
        let others = [
            ForeignKey { columns: vec!["b".into()], ..plain.clone() },
            ForeignKey { referenced_table: "u".into(), ..plain.clone() },
            ForeignKey { referenced_columns: vec![], ..plain.clone() },
            ForeignKey { on_delete: ReferentialAction::Cascade, ..plain.clone() },
            ForeignKey { on_update: ReferentialAction::SetNull, ..plain.clone() },
            ForeignKey { on_delete_columns: vec!["a".into()], ..plain.clone() },
            ForeignKey { match_full: true, ..plain.clone() },
            ForeignKey { deferrable: Deferrability::InitiallyDeferred, ..plain.clone() },
            ForeignKey { not_valid: true, ..plain.clone() },
        ];
        for other in others {
            assert!(!plain.same_shape(&other, Dialect::Postgres), "{other:?}");
        }
        let renamed = ForeignKey { name: Some("fk".into()), comment: Some("why".into()), ..plain.clone() };
        assert!(plain.same_shape(&renamed, Dialect::Postgres));
    }
}
