//! CREATE TABLE.

use super::cursor::{Cursor, Unreadable};
use super::{column, constraint};
use crate::schema::{KeyPart, SortOrder, Table, TableOptions};

/// A table that is being read.
pub(super) struct Draft {
    pub(super) table: Table,
    /// Whether the primary key stands among the table's constraints, not at a
    /// column.
    pub(super) has_table_key: bool,
}

/// Reads a CREATE TABLE statement.
pub(super) fn read(sql: &str) -> Result<Table, Unreadable> {
    let mut cursor = Cursor::new(sql);
    cursor.expect_word("create")?;
    let _ = cursor.eat_word("temp") || cursor.eat_word("temporary");
    cursor.expect_word("table")?;
    cursor.eat_words(&["if", "not", "exists"]);
    let mut draft = Draft { table: Table::new(cursor.qualified_name()?), has_table_key: false };
    cursor.expect_punct("(")?;
    body(&mut cursor, &mut draft)?;
    cursor.expect_punct(")")?;
    draft.table.options = options(&mut cursor)?;
    forget_direction_of_rowid(&mut draft);
    Ok(draft.table)
}

/// Reads the columns, then the constraints: between constraints SQLite asks for
/// no comma.
fn body(cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Unreadable> {
    loop {
        if constraint::begins(cursor) {
            constraint::read(cursor, draft)?;
        } else {
            column::read(cursor, &mut draft.table)?;
        }
        if cursor.is_punct(")") {
            return Ok(());
        }
        if !cursor.eat_punct(",") && !constraint::begins(cursor) {
            return Err(cursor.expected("a comma or `)`"));
        }
    }
}

fn options(cursor: &mut Cursor<'_>) -> Result<TableOptions, Unreadable> {
    let mut options = TableOptions::default();
    while !cursor.is_end() {
        if cursor.eat_word("strict") {
            options.strict = true;
        } else if cursor.eat_words(&["without", "rowid"]) {
            options.without_rowid = true;
        } else {
            return Err(cursor.expected("STRICT or WITHOUT ROWID"));
        }
        cursor.eat_punct(",");
    }
    Ok(options)
}

/// Where a constraint of the table makes its one INTEGER column the rowid, a
/// direction means nothing.
fn forget_direction_of_rowid(draft: &mut Draft) {
    let Draft { table: Table { primary_key, columns, options, .. }, has_table_key } = draft;
    if options.without_rowid || !*has_table_key {
        return;
    }
    let Some([part]) = primary_key.as_mut().map(|key| key.columns.as_mut_slice()) else { return };
    let is_integer = |part: &KeyPart| {
        let named = columns
            .iter()
            .find(|column| part.column_name().is_some_and(|name| name.eq_ignore_ascii_case(&column.name)));
        named.is_some_and(|column| column.sql_type.eq_ignore_ascii_case("integer"))
    };
    if is_integer(part) {
        part.order = SortOrder::Asc;
    }
}
