//! Enums where the engine has no such type: a check lists the values of a column.
//!
//! A value that is listed under another name from now on is renamed in the rows too,
//! while the table is made anew: neither the old check nor the new one takes both. One
//! that is listed no more is removed as that of an enum type is: rows that hold it
//! need another value.

use std::borrow::Cow;

use super::rename::{Rename, Renames};
use crate::change::{Change, EnumReplacement};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::RenameKind;
use crate::schema::{Check, Column, Table};
use crate::sql::{Token, tokens};

/// The column of a check that does nothing but list values, and the values.
pub(crate) fn listed(dialect: Dialect, check: &Check) -> Option<(String, Vec<String>)> {
    let all = tokens(check.expression.as_str(), dialect.lexicon());
    let all: Vec<Token<'_>> = all.filter(|token| !token.is_trivia()).collect();
    let [column, word, open, list @ .., close] = all.as_slice() else { return None };
    if !word.is_word("in") || !open.is_punct("(") || !close.is_punct(")") {
        return None;
    }
    let value = |parts: &[Token<'_>]| match parts {
        [value] => value.string().map(Cow::into_owned),
        _ => None,
    };
    let values = list.split(|token| token.is_punct(",")).map(value).collect::<Option<_>>()?;
    Some((column.ident()?.into_owned(), values))
}

/// What the enum is called to which a column belongs whose values a check lists.
///
/// ```
/// use whimbrel_core::diff::listing_enum;
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_core::resolve::{RenameKind, parse_rename};
///
/// // SQLite has no enums: the check of a column lists its values, and a flag
/// // renames one of them as if the column were the enum.
/// let rename = &parse_rename("users.status.pending=waiting", RenameKind::EnumValue).unwrap()[0];
/// let users = ObjectName::new("users");
/// assert_eq!(rename.parent, Some(listing_enum(&users, "status")));
/// ```
pub fn listing_enum(table: &ObjectName, column: &str) -> ObjectName {
    ObjectName { namespace: Some(table.name.clone()), name: column.to_owned() }
}

/// What becomes of a list of values when another check takes the place of the one
/// that has it.
pub(crate) struct Relisted<'a> {
    /// The column.
    pub(crate) column: &'a Column,
    /// The values that go, and that have no replacement.
    pub(crate) removed: Vec<String>,
    /// The values that the column will have.
    pub(crate) available: Vec<String>,
    /// Whether rows no longer tell which value they had: it became NULL, or one
    /// that others have too.
    pub(crate) merges: bool,
}

/// Compares what two checks list, if that is the values of one column of `table`,
/// which is the new one.
pub(crate) fn relisted<'a>(
    dialect: Dialect,
    table: &'a Table,
    checks: Pair<&Check>,
    replacements: &[EnumReplacement],
) -> Option<Relisted<'a>> {
    let ((column, old), (other, available)) = (listed(dialect, checks.from)?, listed(dialect, checks.to)?);
    dialect.same_ident(&column, &other).then_some(())?;
    let column = table.columns.iter().find(|one| dialect.same_ident(&one.name, &column))?;
    let ignores_case = column.collation.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("NOCASE"));
    let is_same = |a: &str, b: &str| a == b || ignores_case && a.eq_ignore_ascii_case(b);
    let is_in = |values: &[String], value: &str| values.iter().any(|one| is_same(one, value));
    let goes = |value: &&String| {
        !is_in(&available, value) && !replacements.iter().any(|one| is_same(&one.from, value))
    };
    let merges = |one: &EnumReplacement| match &one.to {
        Some(to) => is_in(&old, to) || replacements.iter().filter(|other| other.to == one.to).count() > 1,
        None => true,
    };
    Some(Relisted {
        column,
        removed: old.iter().filter(goes).cloned().collect(),
        merges: replacements.iter().any(merges),
        available,
    })
}

/// Says whether a change adds the check that lists the values of `name` (see
/// [`listing_enum`]).
pub(crate) fn lists_enum(change: &Change, name: &ObjectName) -> bool {
    let dialect = Dialect::Sqlite;
    let Change::AddCheck { table_name, check, .. } = change else { return false };
    let listed = listed(dialect, check);
    listed.is_some_and(|(column, _)| dialect.same_name(&listing_enum(table_name, &column), name))
}

/// Says whether all rows that met `old` meet `new` once they have their replacements.
pub(crate) fn is_met(dialect: Dialect, old: &Check, new: &Check, replacements: &[EnumReplacement]) -> bool {
    let (Some((column, old)), Some((other, new))) = (listed(dialect, old), listed(dialect, new)) else {
        return false;
    };
    let stays = |value: &String| new.contains(value) || replacements.iter().any(|one| one.from == *value);
    !replacements.is_empty() && dialect.same_ident(&column, &other) && old.iter().all(stays)
}

/// Puts the renames of listed values into the changes of the checks that list them.
pub(super) fn rename_values(dialect: Dialect, renames: &Renames, changes: &mut [Change]) {
    match dialect {
        Dialect::Sqlite => {}
        Dialect::Postgres => return,
    }
    let hints: Vec<&Rename> =
        renames.hints.iter().filter(|hint| hint.kind == RenameKind::EnumValue).collect();
    if hints.is_empty() {
        return;
    }
    let dropped: Vec<(ObjectName, Check)> = changes.iter().filter_map(dropped_check).collect();
    for change in changes {
        let Change::AddCheck { table_name, check, replacements } = change else { continue };
        let Some((column, new)) = listed(dialect, check) else { continue };
        let old = dropped.iter().filter(|(table, _)| dialect.same_name(table, table_name));
        let old = old.filter_map(|(_, check)| listed(dialect, check));
        let Some((_, old)) = old.into_iter().find(|(other, _)| dialect.same_ident(other, &column)) else {
            continue;
        };
        let lists = Pair::new(&old, &new);
        let of_column = hints.iter().filter(|hint| is_of(dialect, renames, hint, table_name, &column));
        let renamed = of_column.filter(|hint| applies(lists, hint)).map(|hint| EnumReplacement {
            table_name: table_name.clone(),
            column_name: column.clone(),
            from: hint.from.name.clone(),
            to: Some(hint.to.name.clone()),
        });
        *replacements = renamed.collect();
    }
}

fn dropped_check(change: &Change) -> Option<(ObjectName, Check)> {
    if let Change::DropCheck { table_name, check } = change {
        Some((table_name.clone(), check.clone()))
    } else {
        None
    }
}

/// A hint speaks of the column by its new name; on the way back, that is the old one.
fn is_of(dialect: Dialect, renames: &Renames, hint: &Rename, table: &ObjectName, column: &str) -> bool {
    let old_table = renames.old_table(dialect, table);
    let names = [(table, column), (old_table, renames.old_column(dialect, table, column))];
    let is_it = |parent: &ObjectName| {
        names.iter().any(|(table, column)| dialect.same_name(parent, &listing_enum(table, column)))
    };
    hint.parent.as_ref().is_some_and(is_it)
}

fn applies(lists: Pair<&Vec<String>>, hint: &Rename) -> bool {
    let (from, to) = (&hint.from.name, &hint.to.name);
    let goes = lists.from.contains(from) && !lists.to.contains(from);
    goes && lists.to.contains(to) && !lists.from.contains(to)
}

/// The renames of listed values that stand in a list of changes, as hints.
pub(super) fn of_change(change: &Change) -> Vec<Rename> {
    let Change::AddCheck { replacements, .. } = change else { return Vec::new() };
    let renamed = |one: &EnumReplacement| {
        let parent = Some(listing_enum(&one.table_name, &one.column_name));
        let to = one.to.as_deref()?.into();
        Some(Rename { kind: RenameKind::EnumValue, parent, from: one.from.as_str().into(), to })
    };
    replacements.iter().filter_map(renamed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::diff;
    use crate::schema::{Column, Schema, Table};

    fn schema(condition: &str) -> Schema {
        let mut table = Table::new("users");
        table.columns.push(Column::new("role", "TEXT"));
        let expression = condition.into();
        table.checks.push(Check {
            name: None,
            expression,
            no_inherit: false,
            not_valid: false,
            comment: None,
        });
        Schema { tables: vec![table], ..Schema::default() }
    }

    /// What the rows get: `from=to` for each.
    fn replaced(from: &str, to: &str, hint: (&str, &str)) -> Vec<String> {
        let (from, to) = (schema(from), schema(to));
        let parent = Some(listing_enum(&"users".into(), "role"));
        let hint = Rename { kind: RenameKind::EnumValue, parent, from: hint.0.into(), to: hint.1.into() };
        let renames = Renames { hints: vec![hint], ..Renames::default() };
        let there = diff(Dialect::Sqlite, Pair::new(&from, &to), &renames).changes;
        let back = Renames::of_changes(&there).reversed();
        let back = diff(Dialect::Sqlite, Pair::new(&to, &from), &back).changes;
        let told = |one: &EnumReplacement| format!("{}={}", one.from, one.to.clone().unwrap());
        [there, back].iter().flatten().flat_map(Change::replacements).map(told).collect()
    }

    #[test]
    fn a_value_that_is_renamed_is_so_in_the_rows_there_and_back() {
        let (old, new) = ("\"role\" IN ('boss', 'it''s')", "\"role\" IN ('chief', 'it''s', 'new')");
        assert_eq!(replaced(old, new, ("boss", "chief")), ["boss=chief", "chief=boss"]);
        assert_eq!(replaced(old, new, ("gone", "chief")), [""; 0]);
        assert_eq!(replaced(old, new, ("boss", "it's")), [""; 0]);
        assert_eq!(replaced(old, "\"role\" IN ('boss', 'chief')", ("boss", "chief")), [""; 0]);
        assert_eq!(replaced(old, "role <> 'boss'", ("boss", "chief")), [""; 0]);
    }
}
