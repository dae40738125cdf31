//! A column in CREATE TABLE.

use super::constraint::{conflict, deferrability, references};
use super::cursor::{Cursor, Unreadable};
use super::default;
use crate::schema::{
    Check, Column, Deferrability, Generated, KeyPart, PrimaryKey, SortOrder, SqlExpr, Table, Unique,
};
use crate::sql::TokenKind;

/// Reads a column with its constraints. Those that could also stand at the
/// table are put there.
pub(super) fn read(cursor: &mut Cursor<'_>, table: &mut Table) -> Result<(), Unreadable> {
    let name = cursor.name()?;
    let mut column = Column::new(name, read_type(cursor)?);
    let mut constraint_name = None;
    while !cursor.is_punct(",") && !cursor.is_punct(")") {
        if cursor.eat_word("constraint") {
            constraint_name = Some(cursor.name()?);
        } else {
            constraint(cursor, table, &mut column, constraint_name.take())?;
        }
    }
    table.columns.push(column);
    Ok(())
}

/// Words that begin a constraint: SQLite takes no other key word for one, and
/// these never for a part of a type.
const ENDS_OF_TYPE: [&str; 11] = [
    "constraint",
    "default",
    "null",
    "not",
    "primary",
    "unique",
    "check",
    "references",
    "collate",
    "as",
    "deferrable",
];

/// Reads a type: words, and up to two numbers in parentheses.
fn read_type(cursor: &mut Cursor<'_>) -> Result<String, Unreadable> {
    let mut words: Vec<&str> = Vec::new();
    while let Some(token) = cursor.peek() {
        let is_word = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent | TokenKind::String);
        if !is_word || cursor.is_any_word(&ENDS_OF_TYPE) {
            break;
        }
        words.push(token.text);
        cursor.next();
    }
    // To SQLite's grammar these two are words of the type, and taken off later.
    if let [.., generated, always] = words.as_slice()
        && generated.eq_ignore_ascii_case("generated")
        && always.eq_ignore_ascii_case("always")
    {
        words.truncate(words.len() - 2);
    }
    if let [quoted] = words.as_slice()
        && let Some(standard) = standard_type(quoted)
    {
        return Ok(standard);
    }
    let mut text = words.join(" ");
    if !words.is_empty() && cursor.is_punct("(") {
        let arguments = cursor.group()?;
        text.push('(');
        text.extend(arguments.rest().iter().map(|token| token.text));
        text.push(')');
    }
    Ok(text)
}

/// The standard type that stands in quotes. Quotes are part of a type's name
/// but for these: a `"INTEGER"` primary key is the rowid.
fn standard_type(quoted: &str) -> Option<String> {
    const STANDARD: [&str; 6] = ["any", "blob", "int", "integer", "real", "text"];
    let name = Cursor::new(quoted).name().ok()?;
    STANDARD.iter().any(|standard| name.eq_ignore_ascii_case(standard)).then_some(name)
}

/// Reads one constraint of a column.
fn constraint(
    cursor: &mut Cursor<'_>,
    table: &mut Table,
    column: &mut Column,
    name: Option<String>,
) -> Result<(), Unreadable> {
    let itself = || KeyPart::column(&column.name);
    if cursor.eat_word("default") {
        column.default = default::read(cursor)?;
    } else if cursor.eat_word("null") {
        conflict(cursor)?;
    } else if cursor.eat_words(&["not", "null"]) {
        column.nullable = false;
        column.not_null_conflict = conflict(cursor)?;
    } else if cursor.eat_words(&["primary", "key"]) {
        let columns = vec![KeyPart { order: direction(cursor), ..itself() }];
        let on_conflict = conflict(cursor)?;
        column.auto_increment = cursor.eat_word("autoincrement");
        table.primary_key = Some(PrimaryKey { columns, name, on_conflict, ..PrimaryKey::default() });
    } else if cursor.eat_word("unique") {
        let columns = vec![itself()];
        let on_conflict = conflict(cursor)?;
        table.unique_constraints.push(Unique { columns, name, on_conflict, ..Unique::default() });
    } else if cursor.eat_word("check") {
        table.checks.push(check(cursor, name)?);
    } else if cursor.eat_word("references") {
        table.foreign_keys.push(references(cursor, vec![column.name.clone()], name)?);
    } else if let Some(deferrable) = deferrability(cursor)? {
        defer_last(table, deferrable);
    } else if cursor.eat_word("collate") {
        column.collation = Some(cursor.name()?);
    } else if cursor.eat_words(&["generated", "always", "as"]) || cursor.eat_word("as") {
        column.generated = Some(generated(cursor)?);
    } else {
        return Err(cursor.expected("a constraint, a comma or `)`"));
    }
    Ok(())
}

/// Reads a check, of a column or a table.
pub(super) fn check(cursor: &mut Cursor<'_>, name: Option<String>) -> Result<Check, Unreadable> {
    let expression = SqlExpr(cursor.group()?.rest_text().to_owned());
    // SQLite reads a conflict clause here, and does nothing with it.
    conflict(cursor)?;
    Ok(Check { name, expression, no_inherit: false, not_valid: false, comment: None })
}

fn generated(cursor: &mut Cursor<'_>) -> Result<Generated, Unreadable> {
    let expression = SqlExpr(cursor.group()?.rest_text().to_owned());
    let stored = cursor.eat_word("stored");
    if !stored {
        cursor.eat_word("virtual");
    }
    Ok(Generated { expression, stored })
}

/// A clause that stands apart from its REFERENCES is about the last of them.
fn defer_last(table: &mut Table, deferrable: Deferrability) {
    if let Some(foreign_key) = table.foreign_keys.last_mut() {
        foreign_key.deferrable = deferrable;
    }
}

/// Reads ASC or DESC.
pub(super) fn direction(cursor: &mut Cursor<'_>) -> SortOrder {
    if cursor.eat_word("desc") {
        SortOrder::Desc
    } else {
        cursor.eat_word("asc");
        SortOrder::Asc
    }
}
