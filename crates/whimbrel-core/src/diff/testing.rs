//! What the tests of the differ share: schemas in few words, changes as lines.

use super::{Rename, Renames, diff};
use crate::describe::describe;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::{RenameKind, parse_rename};
use crate::schema::{Column, Schema, Table};

/// A table from its name and its columns: `table("users", &["id integer", "nick text"])`.
pub(super) fn table(name: &str, columns: &[&str]) -> Table {
    let column = |text: &&str| {
        let (name, sql_type) = text.split_once(' ').unwrap_or((text, ""));
        Column::new(name, sql_type)
    };
    let name = ObjectName::parse(name).expect("a name");
    Table { name, columns: columns.iter().map(column).collect(), ..Table::new("") }
}

pub(super) fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    Schema { tables: tables.into_iter().collect(), ..Schema::default() }
}

/// Renames as flags write them: those of columns have a dot.
pub(super) fn renamed(texts: &[&str]) -> Vec<Rename> {
    let parse = |text: &&str| {
        let kind = if text.contains('.') { RenameKind::Column } else { RenameKind::Table };
        parse_rename(text, kind).expect("a rename")
    };
    texts.iter().flat_map(parse).collect()
}

pub(super) fn stated(texts: &[&str]) -> Renames {
    Renames { renamed: renamed(texts), ..Renames::default() }
}

/// Compares two schemas and the outcome: the changes as people read them, and
/// each question as `gained <- lost, lost`.
#[track_caller]
pub(super) fn check(
    dialect: Dialect,
    pair: Pair<&Schema>,
    renames: &Renames,
    changes: &str,
    questions: &[&str],
) {
    let found = diff(dialect, pair, renames);
    let told: String = describe(&found.changes).iter().map(ToString::to_string).collect();
    assert_eq!(told.trim_end(), changes);
    let asked = found.questions.iter().map(|question| {
        let lost: Vec<_> = question.candidates.iter().map(|one| one.name.to_string()).collect();
        let parent = question.parent.as_ref().map(|parent| format!("{parent}.")).unwrap_or_default();
        format!("{parent}{} <- {}", question.gained, lost.join(", "))
    });
    assert_eq!(asked.collect::<Vec<_>>(), questions);
}
