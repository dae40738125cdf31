//! Renames that are known.

use super::known::known;
use super::listed;
use super::problem::RenameProblem;
use crate::change::Change;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::{Answer, RenameKind, RenameQuestion};
use crate::schema::Schema;

/// One rename.
///
/// ```
/// use whimbrel_core::diff::Rename;
/// use whimbrel_core::resolve::{RenameKind, parse_rename};
///
/// let rename = Rename {
///     kind: RenameKind::Column,
///     parent: Some("users".into()),
///     from: "nick".into(),
///     to: "nickname".into(),
/// };
/// assert_eq!(parse_rename("users.nick=nickname", RenameKind::Column).unwrap(), [rename]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    /// What it is.
    pub kind: RenameKind,
    /// The table of a column, or the enum of a value, by its *new* name.
    pub parent: Option<ObjectName>,
    /// The old name.
    pub from: ObjectName,
    /// The new name.
    pub to: ObjectName,
}

/// What is known of gained names: which are renames, and which are new.
///
/// A name may be written in any case that the engine takes for the same. A
/// rename that cannot be, because the old name is not there any more, say,
/// changes nothing; [`Renames::problems`] tells which those are.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::{Renames, diff};
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::resolve::{RenameKind, parse_rename};
/// use whimbrel_core::schema::{Schema, Table};
///
/// let schema = |table: &str| Schema { tables: vec![Table::new(table)], ..Schema::default() };
/// let pair = Pair::new(schema("users"), schema("people"));
/// let renamed = parse_rename("users=people", RenameKind::Table).unwrap();
/// let renames = Renames { renamed, ..Renames::default() };
/// assert!(renames.problems(Dialect::Sqlite, pair.as_ref()).is_empty());
///
/// let there = diff(Dialect::Sqlite, pair.as_ref(), &renames);
/// assert_eq!(there.changes, [Change::RenameTable { from: "users".into(), to: "people".into() }]);
/// let back = diff(Dialect::Sqlite, pair.as_ref().reversed(), &renames.reversed());
/// assert_eq!(back.changes, [Change::RenameTable { from: "people".into(), to: "users".into() }]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renames {
    /// The renames that somebody asked for.
    pub renamed: Vec<Rename>,
    /// Renames that the source hints at: inert once the old name is gone, and
    /// where one of the above speaks of the same name.
    pub hints: Vec<Rename>,
    /// Gained names that are known to be new: kind, parent by its new name, name.
    pub new: Vec<(RenameKind, Option<ObjectName>, ObjectName)>,
}

impl Renames {
    /// The renames that stand in a list of changes.
    ///
    /// ```
    /// use whimbrel_core::change::Change;
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::Renames;
    /// let changes = [
    ///     Change::RenameTable { from: "users".into(), to: "people".into() },
    ///     Change::RenameColumn { table_name: "people".into(), from: "nick".into(), to: "alias".into() },
    /// ];
    /// let renames = Renames::of_changes(&changes);
    /// let people = "people".into();
    /// assert_eq!(renames.old_table(Dialect::Sqlite, &people), &"users".into());
    /// assert_eq!(renames.old_column(Dialect::Sqlite, &people, "alias"), "nick");
    /// assert_eq!(renames.old_column(Dialect::Sqlite, &people, "age"), "age");
    /// ```
    pub fn of_changes(changes: &[Change]) -> Self {
        Self {
            renamed: changes.iter().filter_map(Rename::of_change).collect(),
            hints: changes.iter().flat_map(listed::of_change).collect(),
            ..Self::default()
        }
    }

    /// The name that a table had before, given the one it will have.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::Renames;
    /// use whimbrel_core::resolve::{RenameKind, parse_rename};
    /// let renamed = parse_rename("users=people", RenameKind::Table).unwrap();
    /// let renames = Renames { renamed, ..Renames::default() };
    /// assert_eq!(renames.old_table(Dialect::Sqlite, &"people".into()), &"users".into());
    /// ```
    pub fn old_table<'a>(&'a self, dialect: Dialect, table: &'a ObjectName) -> &'a ObjectName {
        self.old_name(dialect, RenameKind::Table, None, table).unwrap_or(table)
    }

    /// The name that an enum had before, given the one it will have.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::Renames;
    /// use whimbrel_core::resolve::{RenameKind, parse_rename};
    /// let renamed = parse_rename("state=status", RenameKind::Enum).unwrap();
    /// let renames = Renames { renamed, ..Renames::default() };
    /// assert_eq!(renames.old_enum(Dialect::Postgres, &"status".into()), &"state".into());
    /// assert_eq!(renames.old_enum(Dialect::Postgres, &"color".into()), &"color".into());
    /// ```
    pub fn old_enum<'a>(&'a self, dialect: Dialect, enum_name: &'a ObjectName) -> &'a ObjectName {
        self.old_name(dialect, RenameKind::Enum, None, enum_name).unwrap_or(enum_name)
    }

    /// The name that a column had before; `table` and `column` are the names
    /// that they will have.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::Renames;
    /// use whimbrel_core::resolve::{RenameKind, parse_rename};
    /// let renamed = parse_rename("users.nick=nickname", RenameKind::Column).unwrap();
    /// let renames = Renames { renamed, ..Renames::default() };
    /// assert_eq!(renames.old_column(Dialect::Sqlite, &"users".into(), "nickname"), "nick");
    /// ```
    pub fn old_column<'a>(&'a self, dialect: Dialect, table: &ObjectName, column: &'a str) -> &'a str {
        self.old_name(dialect, RenameKind::Column, Some(table), &ObjectName::new(column))
            .map_or(column, |old| &old.name)
    }

    fn old_name(
        &self,
        dialect: Dialect,
        kind: RenameKind,
        parent: Option<&ObjectName>,
        name: &ObjectName,
    ) -> Option<&ObjectName> {
        self.renamed
            .iter()
            .find(|rename| {
                rename.kind == kind
                    && same_parent(dialect, rename.parent.as_ref(), parent)
                    && dialect.same_name(&rename.to, name)
            })
            .map(|rename| &rename.from)
    }

    /// Says whether a gained name is known to be new.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::Renames;
    /// use whimbrel_core::resolve::RenameKind;
    /// let new = vec![(RenameKind::Table, None, "people".into())];
    /// let renames = Renames { new, ..Renames::default() };
    /// assert!(renames.is_new(Dialect::Sqlite, RenameKind::Table, None, &"People".into()));
    /// assert!(!renames.is_new(Dialect::Postgres, RenameKind::Table, None, &"People".into()));
    /// ```
    pub fn is_new(
        &self,
        dialect: Dialect,
        kind: RenameKind,
        parent: Option<&ObjectName>,
        name: &ObjectName,
    ) -> bool {
        self.new.iter().any(|(new_kind, new_parent, new_name)| {
            *new_kind == kind
                && same_parent(dialect, new_parent.as_ref(), parent)
                && dialect.same_name(new_name, name)
        })
    }

    /// Says whether it is stated what a gained name was, even if that cannot be.
    pub(super) fn is_stated(
        &self,
        dialect: Dialect,
        kind: RenameKind,
        parent: Option<&ObjectName>,
        name: &ObjectName,
    ) -> bool {
        self.old_name(dialect, kind, parent, name).is_some()
    }

    /// Takes up what somebody answered to a question. An answer that is none to
    /// such a question is passed over; one that names nothing lost is among the
    /// [`Renames::problems`] from then on, and the question is not asked again.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::diff::{Renames, diff};
    /// use whimbrel_core::pair::Pair;
    /// use whimbrel_core::resolve::{Answer, Question, Resolver, always_rename};
    /// use whimbrel_core::schema::{Schema, Table};
    ///
    /// let schema = |table: &str| Schema { tables: vec![Table::new(table)], ..Schema::default() };
    /// let pair = Pair::new(schema("users"), schema("people"));
    /// let mut renames = Renames::default();
    /// let question = diff(Dialect::Sqlite, pair.as_ref(), &renames).questions.remove(0);
    /// let answer = always_rename().answer(&Question::Rename(question.clone())).unwrap();
    /// assert_eq!(answer, Answer::RenamedFrom("users".into()));
    ///
    /// renames.learn(&question, &answer);
    /// assert_eq!(renames.old_table(Dialect::Sqlite, &"people".into()), &"users".into());
    /// assert!(diff(Dialect::Sqlite, pair.as_ref(), &renames).questions.is_empty());
    /// ```
    pub fn learn(&mut self, question: &RenameQuestion, answer: &Answer) {
        match answer {
            Answer::New => self.new.push((question.kind, question.parent.clone(), question.gained.clone())),
            Answer::RenamedFrom(from) => self.renamed.push(question.renamed_from(from)),
            Answer::Accept | Answer::Replace(_) | Answer::Reject => {}
        }
    }

    /// The renames that somebody asked for and that cannot be. A rename inside a
    /// table or enum of which it is not decided yet what it was is no problem
    /// as long as that is so: ask again when all questions are answered.
    pub fn problems(&self, dialect: Dialect, pair: Pair<&Schema>) -> Vec<RenameProblem> {
        known(dialect, pair, self).problems
    }

    /// The way back: every rename the other way round.
    ///
    /// What is known to be new says nothing about the way back, where it is
    /// lost. A diff of the way back may hence hold questions; its changes treat
    /// what they ask about as dropped and made, which is the right answer.
    pub fn reversed(&self) -> Self {
        let all: Vec<_> = self.renamed.iter().chain(&self.hints).cloned().collect();
        let reversed = |rename: &Rename| rename.reversed(&all);
        Self {
            renamed: self.renamed.iter().map(reversed).collect(),
            hints: self.hints.iter().map(reversed).collect(),
            new: Vec::new(),
        }
    }
}

fn same_parent(dialect: Dialect, a: Option<&ObjectName>, b: Option<&ObjectName>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => dialect.same_name(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl Rename {
    /// The old name of the table or enum that `parent` is the new name of.
    pub(super) fn old_parent<'a>(&self, parent: &'a ObjectName, all: &'a [Self]) -> &'a ObjectName {
        let kind = self.kind.parent();
        all.iter()
            .find(|rename| Some(rename.kind) == kind && rename.to == *parent)
            .map_or(parent, |rename| &rename.from)
    }

    fn reversed(&self, all: &[Self]) -> Self {
        Self {
            kind: self.kind,
            parent: self.parent.as_ref().map(|parent| self.old_parent(parent, all).clone()),
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    fn of_change(change: &Change) -> Option<Self> {
        let (kind, parent, from, to) = if let Change::RenameTable { from, to } = change {
            (RenameKind::Table, None, from.clone(), to.clone())
        } else if let Change::RenameEnum { from, to } = change {
            (RenameKind::Enum, None, from.clone(), to.clone())
        } else if let Change::RenameColumn { table_name, from, to } = change {
            (RenameKind::Column, Some(table_name), from.as_str().into(), to.as_str().into())
        } else if let Change::RenameEnumValue { enum_name, from, to } = change {
            (RenameKind::EnumValue, Some(enum_name), from.as_str().into(), to.as_str().into())
        } else {
            return None;
        };
        Some(Self { kind, parent: parent.cloned(), from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::stated;
    use super::*;

    #[test]
    fn the_way_back_finds_columns_in_tables_by_their_old_names() {
        let there = stated(&["users=people", "people.nick=alias", "other.a=b"]);
        let back = stated(&["people=users", "users.alias=nick", "other.b=a"]);
        assert_eq!(there.reversed(), back);
        assert_eq!(back.reversed(), there);
    }

    #[test]
    fn old_names_are_found_as_the_engine_compares_them() {
        let renames = stated(&["users=people", "people.nick=alias"]);
        let (people, upper) = ("people".into(), "PEOPLE".into());
        assert_eq!(renames.old_table(Dialect::Sqlite, &upper), &"users".into());
        assert_eq!(renames.old_table(Dialect::Postgres, &upper), &upper);
        assert_eq!(renames.old_column(Dialect::Postgres, &people, "alias"), "nick");
        assert_eq!(renames.old_column(Dialect::Postgres, &"users".into(), "alias"), "alias");
        assert_eq!(renames.old_enum(Dialect::Postgres, &people), &people);
    }
}
