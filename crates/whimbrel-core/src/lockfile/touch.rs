//! Which tables and columns a script touches, as far as its statements say so.

use crate::dialect::Dialect;
use crate::history::{Script, ScriptStatement};
use crate::name::ObjectName;
use crate::sql::{Cursor, DdlKind, DdlVerb};

/// Something that a statement touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touch {
    /// A table is created.
    Created(ObjectName),
    /// A table is dropped.
    Dropped(ObjectName),
    /// A table gets another name.
    Renamed { from: ObjectName, to: ObjectName },
    /// A column is added, dropped or altered.
    Column { table: ObjectName, column: String },
    /// A column gets another name.
    RenamedColumn { table: ObjectName, from: String, to: String },
}

/// What the statements of a script touch, in order. What is hidden in a function
/// or a DO block is not seen.
pub(super) fn touches(dialect: Dialect, script: &Script) -> Vec<Touch> {
    script.statements.iter().flat_map(|one| of_statement(dialect, script, one)).collect()
}

fn of_statement(dialect: Dialect, script: &Script, statement: &ScriptStatement) -> Vec<Touch> {
    let class = &statement.class;
    let mut cursor = Cursor::new(script.sql(statement), dialect.lexicon());
    if let Some(ddl) = class.ddl(DdlVerb::Create, DdlKind::Table) {
        ddl.name.clone().map(Touch::Created).into_iter().collect()
    } else if class.ddl(DdlVerb::Drop, DdlKind::Table).is_some() {
        dropped(&mut cursor)
    } else if class.ddl(DdlVerb::Alter, DdlKind::Table).is_some() {
        altered(&mut cursor)
    } else {
        Vec::new()
    }
}

fn dropped(cursor: &mut Cursor<'_>) -> Vec<Touch> {
    cursor.eat_all(&["drop", "table"]);
    cursor.eat_all(&["if", "exists"]);
    let mut touches = Vec::new();
    while let Some(table) = cursor.object_name() {
        touches.push(Touch::Dropped(table));
        if !cursor.eat_punct(",") {
            break;
        }
    }
    touches
}

/// What an ALTER TABLE does; PostgreSQL lets it do several things.
fn altered(cursor: &mut Cursor<'_>) -> Vec<Touch> {
    cursor.eat_all(&["alter", "table"]);
    cursor.eat_all(&["if", "exists"]);
    cursor.eat("only");
    let Some(table) = cursor.object_name() else { return Vec::new() };
    cursor.eat_punct("*");
    let mut touches = Vec::new();
    loop {
        touches.extend(action(cursor, &table));
        if !cursor.skip_past_comma() {
            return touches;
        }
    }
}

/// What begins the actions of an ALTER TABLE that are about no column.
const NO_COLUMNS: [&str; 7] = ["constraint", "primary", "unique", "foreign", "check", "exclude", "table"];

fn action(cursor: &mut Cursor<'_>, table: &ObjectName) -> Option<Touch> {
    if cursor.eat("rename") {
        return renamed(cursor, table);
    }
    if !cursor.eat_any(&["add", "drop", "alter"]) {
        return None;
    }
    if !cursor.eat("column") && NO_COLUMNS.iter().any(|word| cursor.at_word(word)) {
        return None;
    }
    cursor.eat_all(&["if", "not", "exists"]);
    cursor.eat_all(&["if", "exists"]);
    let column = cursor.name()?.into_owned();
    Some(Touch::Column { table: table.clone(), column })
}

fn renamed(cursor: &mut Cursor<'_>, table: &ObjectName) -> Option<Touch> {
    if cursor.eat("to") {
        let to = table.with_name(cursor.name()?.into_owned());
        return Some(Touch::Renamed { from: table.clone(), to });
    }
    if cursor.eat("constraint") {
        return None;
    }
    cursor.eat("column");
    let from = cursor.name()?.into_owned();
    let to = cursor.eat("to").then(|| cursor.name())??.into_owned();
    Some(Touch::RenamedColumn { table: table.clone(), from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_are_found_and_nothing_else() {
        let text = "CREATE TABLE IF NOT EXISTS app.a (x int);\nDROP TABLE b, \"C d\";\n\
                    ALTER TABLE ONLY e ADD COLUMN IF NOT EXISTS f text DEFAULT (1, 2), DROP g, ALTER h TYPE text,\n\
                    ADD CONSTRAINT k UNIQUE (f), DROP CONSTRAINT k, ADD PRIMARY KEY (f);\n\
                    ALTER TABLE e RENAME TO i; ALTER TABLE i RENAME COLUMN f TO j; ALTER TABLE i RENAME CONSTRAINT k TO l;\n\
                    CREATE INDEX m ON i (j); UPDATE i SET j = 1; CREATE VIEW v AS SELECT 1;";
        let script = Script::read(Dialect::Postgres, "0001_x.sql", text).unwrap();
        let name = |name: &str| ObjectName::new(name);
        let column = |table: &str, column: &str| Touch::Column { table: name(table), column: column.into() };
        assert_eq!(
            touches(Dialect::Postgres, &script),
            [
                Touch::Created(ObjectName::qualified("app", "a")),
                Touch::Dropped(name("b")),
                Touch::Dropped(name("C d")),
                column("e", "f"),
                column("e", "g"),
                column("e", "h"),
                Touch::Renamed { from: name("e"), to: name("i") },
                Touch::RenamedColumn { table: name("i"), from: "f".into(), to: "j".into() },
            ]
        );
    }
}
