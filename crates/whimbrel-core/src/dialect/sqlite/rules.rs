//! What `ALTER TABLE` can do, by the rules of its manual page
//! (<https://sqlite.org/lang_altertable.html>).

use super::text::{Constant, constant, mentions, significant};
use super::work::{TableWork, Way};
use crate::change::Change;
use crate::dialect::Dialect;
use crate::schema::{Check, Column, ForeignKey, KeyPart, KeyTarget, Table};
use crate::sql::{Grammar, Token, TokenKind, is_keyword};

/// Decides how the changes of a table are carried out: in place if every one
/// of them certainly can be.
pub(super) fn way(table: &TableWork<'_>) -> Way {
    let in_place = table.changes.iter().all(|change| is_in_place(table, change)) && keeps_a_column(table);
    if in_place { Way::InPlace } else { Way::Rebuild }
}

fn is_in_place(table: &TableWork<'_>, change: &Change) -> bool {
    match change {
        Change::AddColumn { column, .. } => can_add(table, column),
        Change::DropColumn { column_name, .. } => can_drop(table, column_name),
        Change::CreateIndex { .. } | Change::DropIndex { .. } | Change::RenameIndex { .. } => true,
        Change::AddForeignKey { fk, .. } => added_columns(table).iter().any(|column| is_own_key(column, fk)),
        Change::AddCheck { check, .. } => {
            added_columns(table).iter().any(|column| is_own_check(table, column, check))
        }
        Change::AlterTableOptions { .. }
        | Change::AlterColumn { .. }
        | Change::AddPrimaryKey { .. }
        | Change::DropPrimaryKey { .. }
        | Change::AddUniqueConstraint { .. }
        | Change::DropUniqueConstraint { .. }
        | Change::DropForeignKey { .. }
        | Change::DropCheck { .. }
        | Change::RenameConstraint { .. } => false,
        // The rest is no change of a table that stays, or none that SQLite has.
        Change::CreateNamespace { .. }
        | Change::DropNamespace { .. }
        | Change::CreateExtension { .. }
        | Change::DropExtension { .. }
        | Change::AlterExtension { .. }
        | Change::CreateEnum { .. }
        | Change::DropEnum { .. }
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::AlterEnum(_)
        | Change::CreateType { .. }
        | Change::DropType { .. }
        | Change::AlterType { .. }
        | Change::CreateSequence { .. }
        | Change::DropSequence { .. }
        | Change::AlterSequence { .. }
        | Change::RenameSequence { .. }
        | Change::CreateTable { .. }
        | Change::DropTable { .. }
        | Change::RenameTable { .. }
        | Change::RenameColumn { .. }
        | Change::AlterPartitionKey { .. }
        | Change::DetachPartition { .. }
        | Change::AttachPartition { .. }
        | Change::AddExclusion { .. }
        | Change::DropExclusion { .. }
        | Change::CreateObject { .. }
        | Change::ReplaceObject { .. }
        | Change::DropObject { .. }
        | Change::SetComment { .. } => false,
    }
}

/// The columns that are new, in the order of the table.
pub(super) fn added_columns<'a>(table: &TableWork<'a>) -> Vec<&'a Column> {
    let added = |column: &&Column| {
        table.changes.iter().any(|change| {
            matches!(change, Change::AddColumn { column: new, .. } if Dialect::Sqlite.same_ident(&new.name, &column.name))
        })
    };
    table.to.columns.iter().filter(added).collect()
}

/// The new constraints that can stand in the definition of a new column.
pub(super) struct Inline<'a> {
    pub(super) checks: Vec<&'a Check>,
    pub(super) foreign_keys: Vec<&'a ForeignKey>,
}

/// Finds the new checks and foreign keys that concern a new column alone.
pub(super) fn inline_constraints<'a>(table: &TableWork<'a>, column: &Column) -> Inline<'a> {
    let mut inline = Inline { checks: Vec::new(), foreign_keys: Vec::new() };
    for change in &table.changes {
        if let Change::AddCheck { check, .. } = change
            && is_own_check(table, column, check)
        {
            inline.checks.push(check);
        }
        if let Change::AddForeignKey { fk, .. } = change
            && is_own_key(column, fk)
        {
            inline.foreign_keys.push(fk);
        }
    }
    inline
}

/// Says whether a check on one column surely lets NULL pass: it is made of
/// operators only that give NULL for it.
pub(super) fn accepts_null(check: &Check) -> bool {
    const PASSING: &[&str] = &["and", "or", "not", "in", "between", "like", "glob"];
    let all: Vec<_> = significant(check.expression.as_str()).collect();
    let passes = |token: &Token<'_>| match token.kind {
        TokenKind::Word => {
            !is_keyword(token.text, Grammar::Sqlite) || PASSING.iter().any(|word| token.is_word(word))
        }
        _ => true,
    };
    let calls = |pair: &[Token<'_>]| {
        pair[1].is_punct("(") && pair[0].kind == TokenKind::Word && !is_keyword(pair[0].text, Grammar::Sqlite)
    };
    all.iter().all(passes) && !all.windows(2).any(calls)
}

/// ADD COLUMN wants a column that is in no key, not stored, whose default is
/// constant, and not NULL if the column must not be; with a foreign key the
/// default must be NULL, for foreign keys may be on.
fn can_add(table: &TableWork<'_>, column: &Column) -> bool {
    let default = column.default.as_ref().map_or(Some(Constant::Null), |text| constant(text.as_str()));
    let Some(default) = default else { return false };
    let null = default == Constant::Null;
    let refers = table
        .to
        .foreign_keys
        .iter()
        .any(|fk| fk.columns.iter().any(|name| Dialect::Sqlite.same_ident(name, &column.name)));
    let generated = column.generated.as_ref();
    !is_key_part(table.to, &column.name)
        && (column.nullable || !null)
        && (!refers || null)
        && generated.is_none_or(|generated| !generated.stored)
        && (!table.to.options.strict || fits_strict(&column.sql_type, default))
}

/// Older engines add a column to a STRICT table without a look at its default.
fn fits_strict(sql_type: &str, default: Constant) -> bool {
    match default {
        Constant::Null => true,
        Constant::Integer => !sql_type.eq_ignore_ascii_case("BLOB"),
        Constant::Real => sql_type.eq_ignore_ascii_case("REAL") || sql_type.eq_ignore_ascii_case("ANY"),
        Constant::Text => sql_type.eq_ignore_ascii_case("TEXT") || sql_type.eq_ignore_ascii_case("ANY"),
        Constant::Blob => sql_type.eq_ignore_ascii_case("BLOB") || sql_type.eq_ignore_ascii_case("ANY"),
    }
}

fn is_key_part(table: &Table, column: &str) -> bool {
    let primary = table.primary_key.iter().flat_map(|key| &key.columns);
    let unique = table.unique_constraints.iter().flat_map(|unique| &unique.columns);
    primary.chain(unique).any(|part| speaks_of(part, column))
}

fn speaks_of(part: &KeyPart, column: &str) -> bool {
    match &part.target {
        KeyTarget::Column(name) => Dialect::Sqlite.same_ident(name, column),
        KeyTarget::Expression(text) => mentions(text.as_str(), column),
    }
}

fn is_own_key(column: &Column, fk: &ForeignKey) -> bool {
    matches!(fk.columns.as_slice(), [name] if Dialect::Sqlite.same_ident(name, &column.name))
}

/// Says whether a check speaks of this column and no other of the table.
fn is_own_check(table: &TableWork<'_>, column: &Column, check: &Check) -> bool {
    let text = check.expression.as_str();
    let named = |one: &&Column| mentions(text, &one.name);
    let mut spoken_of = table.to.columns.iter().filter(named);
    spoken_of.next().is_some_and(|one| one.name == column.name) && spoken_of.next().is_none()
}

/// DROP COLUMN wants a column that nothing of what stays speaks of. (Views and
/// triggers that do are dropped before and made anew after.)
fn can_drop(table: &TableWork<'_>, column: &str) -> bool {
    let to = table.to;
    let in_text = |text: &str| mentions(text, column);
    let in_index = to.indexes.iter().any(|index| {
        index.columns.iter().any(|part| speaks_of(part, column))
            || index.predicate.as_ref().is_some_and(|text| in_text(text.as_str()))
    });
    let in_key = |table: &Table| {
        is_key_part(table, column)
            || table.foreign_keys.iter().any(|fk| {
                let itself = Dialect::Sqlite.same_ident(&fk.referenced_table.name, &table.name.name);
                let referenced = fk.referenced_columns.iter().filter(|_| itself);
                fk.columns.iter().chain(referenced).any(|name| Dialect::Sqlite.same_ident(name, column))
            })
    };
    let in_expression = |table: &Table| {
        table.checks.iter().any(|check| in_text(check.expression.as_str()))
            || table.columns.iter().filter(|one| !Dialect::Sqlite.same_ident(&one.name, column)).any(|one| {
                one.generated.as_ref().is_some_and(|generated| in_text(generated.expression.as_str()))
            })
    };
    !in_index && !in_key(table.from) && !in_key(to) && !in_expression(table.from) && !in_expression(to)
}

/// A table must keep a column that is not generated, and old columns go one
/// after the other.
fn keeps_a_column(table: &TableWork<'_>) -> bool {
    table.to.columns.iter().any(|column| column.generated.is_none())
}
