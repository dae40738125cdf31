//! Compares two schemas.
//!
//! Renames that are known are applied to the current side first; what is left
//! is compared by name (constraints without a name: by shape), as a merge of
//! sorted sequences. Names that could be renames of others are returned as
//! questions. The differ is pure, linear and deterministic, and never fails.

mod column;
mod enum_type;
mod expression;
mod extension;
mod known;
mod likeness;
mod listed;
mod matching;
mod names;
mod object;
mod part;
mod partition;
mod problem;
mod question;
mod rename;
mod reshaped;
mod rewrite;
mod sequence;
mod shape;
mod table;
#[cfg(test)]
mod testing;
mod types;

pub(crate) use column::real_default;
pub use listed::listing_enum;
pub(crate) use listed::{is_met, lists_enum, relisted};
pub use problem::{Fault, RenameProblem};
pub use rename::{Rename, Renames};
pub use reshaped::Reshaped;
pub(crate) use reshaped::{is_one_of, made_of};

use std::borrow::Cow;

use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::pair::Pair;
use crate::resolve::{RenameKind, RenameQuestion};
use crate::schema::Schema;

/// What [`diff`] found.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::{Renames, diff};
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::schema::{Column, Schema, Table};
///
/// let schema = |column: &str| {
///     let users = Table { columns: vec![Column::new(column, "TEXT")], ..Table::new("users") };
///     Schema { tables: vec![users], ..Schema::default() }
/// };
/// let pair = Pair::new(schema("nick"), schema("nickname"));
/// let found = diff(Dialect::Sqlite, pair.as_ref(), &Renames::default());
/// // As long as nobody has answered, one column goes and another comes.
/// assert_eq!((found.changes.len(), found.questions.len()), (2, 1));
/// assert_eq!(found.questions[0].candidates[0].name, "nick".into());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diff {
    /// The differences: renames first, then by object; all but the renames
    /// speak the new names.
    pub changes: Vec<Change>,
    /// Gained names that may be renames and that `renames` does not decide:
    /// tables and enums first, then columns and values. The changes treat each
    /// as new.
    pub questions: Vec<RenameQuestion>,
}

/// Compares `pair.from` with `pair.to`, the `renames` being known.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::{Renames, diff};
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::schema::{Schema, Table};
///
/// let pair = Pair::new(
///     Schema { tables: vec![Table::new("users")], ..Schema::default() },
///     Schema { tables: vec![Table::new("people")], ..Schema::default() },
/// );
/// let mut renames = Renames::default();
/// let found = diff(Dialect::Sqlite, pair.as_ref(), &renames);
/// assert_eq!(found.changes.len(), 2, "one table is dropped, one created, unless ...");
///
/// let question = &found.questions[0];
/// renames.learn(question, &whimbrel_core::resolve::Answer::RenamedFrom("users".into()));
/// let found = diff(Dialect::Sqlite, pair.as_ref(), &renames);
/// assert_eq!(found.changes, [Change::RenameTable { from: "users".into(), to: "people".into() }]);
/// assert!(found.questions.is_empty());
/// ```
pub fn diff(dialect: Dialect, pair: Pair<&Schema>, renames: &Renames) -> Diff {
    let mut known = known::known(dialect, pair, renames).renames;
    let spread = partition::spread(pair.from, &known);
    known.retain(|rename| !spread.contains(rename));
    let all = [&known[..], &spread[..]].concat();
    let names = names::Names::new(dialect, pair, &all);
    let from = rewrite::rewrite(pair.from, &names);
    let to = pair.to;
    let mut asked = question::Asked::nothing(dialect, renames);
    let mut changes: Vec<_> = known.iter().map(renamed).collect();
    changes.extend(names.renamed_sequences());
    extension::diff_namespaces(dialect, pair.map(|schema| &schema.namespaces[..]), &mut changes);
    extension::diff_extensions(dialect, pair.map(|schema| &schema.extensions[..]), &mut changes);
    enum_type::diff(dialect, &from.enums, &to.enums, &mut changes, &mut asked);
    types::diff(dialect, &from.types, &to.types, &mut changes);
    sequence::diff(dialect, &from.sequences, &to.sequences, &mut changes);
    table::diff(dialect, &from.tables, &to.tables, &mut changes, &mut asked);
    object::diff(dialect, &from.objects, &to.objects, &mut changes);
    listed::rename_values(dialect, renames, &mut changes);
    changes.sort_by_key(|change| !change.is_rename());
    Diff { changes, questions: asked.questions() }
}

/// The current side as the renames of tables, columns, enums, enum values and
/// sequences among `changes` leave it: what all later changes speak of.
///
/// Definitions of views, triggers and functions stay as they are; what they
/// depend on has its new name.
pub(crate) fn after_renames(dialect: Dialect, pair: Pair<&Schema>, changes: &[Change]) -> Schema {
    let mut known = Renames::of_changes(changes).renamed;
    known.extend(partition::spread(pair.from, &known));
    let names = names::Names::new(dialect, pair, &known);
    let rewrite::Renamed { tables, enums, types, sequences, objects } = rewrite::rewrite(pair.from, &names);
    Schema {
        namespaces: pair.from.namespaces.clone(),
        tables: owned(tables),
        enums: owned(enums),
        types: owned(types),
        sequences: owned(sequences),
        extensions: pair.from.extensions.clone(),
        objects: owned(objects),
    }
}

fn owned<T: Clone>(items: Vec<Cow<'_, T>>) -> Vec<T> {
    items.into_iter().map(Cow::into_owned).collect()
}

fn renamed(rename: &Rename) -> Change {
    let Rename { kind, parent, from, to } = rename.clone();
    let parent = || parent.expect("only what is in a known parent is known");
    match kind {
        RenameKind::Table => Change::RenameTable { from, to },
        RenameKind::Enum => Change::RenameEnum { from, to },
        RenameKind::Column => Change::RenameColumn { table_name: parent(), from: from.name, to: to.name },
        RenameKind::EnumValue => {
            Change::RenameEnumValue { enum_name: parent(), from: from.name, to: to.name }
        }
    }
}

/// A comment that is another, if it is.
fn comment(target: CommentTarget, comments: Pair<Option<&String>>) -> Option<Change> {
    let changed = comments.from != comments.to;
    changed.then(|| Change::SetComment { target, from: comments.from.cloned(), to: comments.to.cloned() })
}
