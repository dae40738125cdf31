//! The constraints of a table, and what column constraints share with them.

use super::column::{check, direction};
use super::cursor::{Cursor, Unreadable};
use super::index::key_part;
use super::table::Draft;
use crate::name::ObjectName;
use crate::schema::{
    ConflictClause, Deferrability, ForeignKey, KeyPart, PrimaryKey, ReferentialAction, SortOrder, Unique,
};

/// Says whether a constraint of the table begins here: no column can be called
/// one of these words without quotes.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    cursor.is_any_word(&["constraint", "primary", "unique", "check", "foreign"])
}

/// Reads a constraint of the table.
pub(super) fn read(cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Unreadable> {
    let mut name = None;
    while cursor.eat_word("constraint") {
        name = Some(cursor.name()?);
    }
    if cursor.eat_words(&["primary", "key"]) {
        primary_key(cursor, draft, name)?;
    } else if cursor.eat_word("unique") {
        let columns = key_parts(cursor.group()?)?;
        let on_conflict = conflict(cursor)?;
        draft.table.unique_constraints.push(Unique { columns, name, on_conflict, ..Unique::default() });
    } else if cursor.eat_word("check") {
        draft.table.checks.push(check(cursor, name)?);
    } else if cursor.eat_words(&["foreign", "key"]) {
        let columns = names(cursor.group()?)?;
        cursor.expect_word("references")?;
        let mut foreign_key = references(cursor, columns, name)?;
        if let Some(deferrable) = deferrability(cursor)? {
            foreign_key.deferrable = deferrable;
        }
        draft.table.foreign_keys.push(foreign_key);
    } else if !cursor.is_punct(",") && !cursor.is_punct(")") {
        return Err(cursor.expected("a constraint"));
    }
    Ok(())
}

fn primary_key(cursor: &mut Cursor<'_>, draft: &mut Draft, name: Option<String>) -> Result<(), Unreadable> {
    let mut list = cursor.group()?;
    let increments = list.rest().last().is_some_and(|token| token.is_word("autoincrement"));
    if increments {
        list.truncate_by(1);
    }
    let columns = key_parts(list)?;
    let first = columns.first().and_then(KeyPart::column_name).unwrap_or_default();
    let column = draft.table.columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(first));
    if let Some(column) = column.filter(|_| increments) {
        column.auto_increment = true;
    }
    let on_conflict = conflict(cursor)?;
    draft.table.primary_key = Some(PrimaryKey { columns, name, on_conflict, ..PrimaryKey::default() });
    draft.has_table_key = true;
    Ok(())
}

fn key_parts(list: Cursor<'_>) -> Result<Vec<KeyPart>, Unreadable> {
    list.items().into_iter().map(key_part).collect()
}

/// Reads names between commas. Older versions of SQLite read a collation and a
/// direction behind them, and did nothing with them.
fn names(list: Cursor<'_>) -> Result<Vec<String>, Unreadable> {
    let read = |mut item: Cursor<'_>| {
        let name = item.name()?;
        if item.eat_word("collate") {
            item.name()?;
        }
        let _: SortOrder = direction(&mut item);
        if item.is_end() { Ok(name) } else { Err(item.expected("a comma")) }
    };
    list.items().into_iter().map(read).collect()
}

/// Reads what follows REFERENCES.
pub(super) fn references(
    cursor: &mut Cursor<'_>,
    columns: Vec<String>,
    name: Option<String>,
) -> Result<ForeignKey, Unreadable> {
    let mut foreign_key = ForeignKey {
        name,
        columns,
        referenced_table: ObjectName::new(cursor.name()?),
        referenced_columns: if cursor.is_punct("(") { names(cursor.group()?)? } else { Vec::new() },
        on_delete: ReferentialAction::default(),
        on_update: ReferentialAction::default(),
        on_delete_columns: Vec::new(),
        match_full: false,
        deferrable: Deferrability::default(),
        not_valid: false,
        comment: None,
    };
    loop {
        if cursor.eat_words(&["on", "delete"]) {
            foreign_key.on_delete = action(cursor)?;
        } else if cursor.eat_words(&["on", "update"]) {
            foreign_key.on_update = action(cursor)?;
        } else if cursor.eat_words(&["on", "insert"]) {
            // Read by SQLite, and of no effect.
            action(cursor)?;
        } else if cursor.eat_word("match") {
            foreign_key.match_full = cursor.name()?.eq_ignore_ascii_case("full");
        } else {
            return Ok(foreign_key);
        }
    }
}

fn action(cursor: &mut Cursor<'_>) -> Result<ReferentialAction, Unreadable> {
    let actions = [
        ReferentialAction::NoAction,
        ReferentialAction::Restrict,
        ReferentialAction::Cascade,
        ReferentialAction::SetNull,
        ReferentialAction::SetDefault,
    ];
    for action in actions {
        let words: Vec<&str> = action.sql().split(' ').collect();
        if cursor.eat_words(&words) {
            return Ok(action);
        }
    }
    Err(cursor.expected("what a foreign key does"))
}

/// Reads `[NOT] DEFERRABLE [INITIALLY ...]`, if it is next.
pub(super) fn deferrability(cursor: &mut Cursor<'_>) -> Result<Option<Deferrability>, Unreadable> {
    let never = cursor.eat_words(&["not", "deferrable"]);
    if !never && !cursor.eat_word("deferrable") {
        return Ok(None);
    }
    let deferred = cursor.eat_word("initially") && {
        let deferred = cursor.eat_word("deferred");
        if !deferred {
            cursor.expect_word("immediate")?;
        }
        deferred
    };
    Ok(Some(match (never, deferred) {
        (true, _) => Deferrability::NotDeferrable,
        (false, true) => Deferrability::InitiallyDeferred,
        (false, false) => Deferrability::InitiallyImmediate,
    }))
}

/// Reads `ON CONFLICT ...`, if it is next.
pub(super) fn conflict(cursor: &mut Cursor<'_>) -> Result<Option<ConflictClause>, Unreadable> {
    if !cursor.eat_words(&["on", "conflict"]) {
        return Ok(None);
    }
    let clauses = [
        ConflictClause::Rollback,
        ConflictClause::Abort,
        ConflictClause::Fail,
        ConflictClause::Ignore,
        ConflictClause::Replace,
    ];
    let found = clauses.into_iter().find(|clause| cursor.eat_word(clause.sql()));
    found.map(Some).ok_or_else(|| cursor.expected("what a conflict does"))
}
