//! What a script throws away, as far as its statements say so.

use std::collections::BTreeSet;

use super::{Script, ScriptStatement};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::resolve::{Loss, LossKind};
use crate::sql::{Class, Cursor, DataVerb, DdlKind, DdlVerb};

/// What a script throws away.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Script, losing};
///
/// let read = |text: &str| losing(Dialect::Sqlite, &Script::read(Dialect::Sqlite, "a.sql", text).unwrap());
/// assert!(read("DROP TABLE users;").is_lossy());
/// assert!(!read("CREATE TABLE users (id INTEGER);").is_lossy());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Losing {
    /// The tables and columns that it drops, in order.
    pub losses: Vec<Loss>,
    /// Whether it changes or deletes rows that are there.
    pub changes_rows: bool,
}

impl Losing {
    /// Says whether something is gone for good after the script.
    pub fn is_lossy(&self) -> bool {
        !self.losses.is_empty() || self.changes_rows
    }
}

/// Reads what `script` throws away from its statements.
///
/// A table that is dropped so that a copy takes its name (SQLite's rebuild) is
/// not lost. What is hidden in a function or a DO block is not seen.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Script, losing};
/// use whimbrel_core::resolve::LossKind;
/// let text = "DROP TABLE a; ALTER TABLE b DROP COLUMN c;";
/// let script = Script::read(Dialect::Sqlite, "0000_x.sql", text).unwrap();
/// let found = losing(Dialect::Sqlite, &script);
/// assert_eq!(found.losses[0].kind, LossKind::DropTable);
/// assert_eq!(found.losses[1].kind, LossKind::DropColumn { column: "c".into() });
/// ```
pub fn losing(dialect: Dialect, script: &Script) -> Losing {
    let renamed_to: BTreeSet<ObjectName> =
        script.statements.iter().filter_map(|one| rename_target(dialect, script, one)).collect();
    let mut found = Losing::default();
    for statement in &script.statements {
        let sql = script.sql(statement);
        if let Class::Data(data) = &statement.class {
            found.changes_rows |= changes_rows(data.verb);
        } else if statement.class.ddl(DdlVerb::Drop, DdlKind::Table).is_some() {
            let is_lost = |loss: &Loss| !renamed_to.contains(&dialect.fold_name(&loss.table));
            found.losses.extend(dropped_tables(dialect, sql).into_iter().filter(is_lost));
        } else if statement.class.ddl(DdlVerb::Alter, DdlKind::Table).is_some() {
            found.losses.extend(dropped_columns(dialect, sql));
        }
    }
    found
}

fn changes_rows(verb: DataVerb) -> bool {
    match verb {
        DataVerb::Update | DataVerb::Delete | DataVerb::Merge | DataVerb::Truncate => true,
        DataVerb::Select
        | DataVerb::With
        | DataVerb::Insert
        | DataVerb::CopyFromStdin
        | DataVerb::CopyToStdout
        | DataVerb::Refresh
        | DataVerb::Call => false,
    }
}

/// The name that `ALTER TABLE ... RENAME TO` gives, folded.
fn rename_target(dialect: Dialect, script: &Script, statement: &ScriptStatement) -> Option<ObjectName> {
    statement.class.ddl(DdlVerb::Alter, DdlKind::Table)?;
    let mut cursor = Cursor::new(script.sql(statement), dialect.lexicon());
    let altered = altered_table(&mut cursor)?;
    if !cursor.eat_all(&["rename", "to"]) {
        return None;
    }
    let name = cursor.name()?.into_owned();
    Some(dialect.fold_name(&ObjectName { namespace: altered.namespace, name }))
}

fn altered_table(cursor: &mut Cursor<'_>) -> Option<ObjectName> {
    if !cursor.eat_all(&["alter", "table"]) {
        return None;
    }
    cursor.eat_all(&["if", "exists"]);
    cursor.eat("only");
    let table = cursor.object_name();
    cursor.eat_punct("*");
    table
}

fn dropped_tables(dialect: Dialect, sql: &str) -> Vec<Loss> {
    let mut cursor = Cursor::new(sql, dialect.lexicon());
    let mut losses = Vec::new();
    if cursor.eat_all(&["drop", "table"]) {
        cursor.eat_all(&["if", "exists"]);
        while let Some(table) = cursor.object_name() {
            losses.push(Loss { table, kind: LossKind::DropTable });
            if !cursor.eat_punct(",") {
                break;
            }
        }
    }
    losses
}

/// The columns that one ALTER TABLE drops; PostgreSQL lets it do several things.
fn dropped_columns(dialect: Dialect, sql: &str) -> Vec<Loss> {
    let mut cursor = Cursor::new(sql, dialect.lexicon());
    let Some(table) = altered_table(&mut cursor) else { return Vec::new() };
    let mut losses = Vec::new();
    loop {
        if cursor.eat("drop") && !cursor.eat("constraint") {
            cursor.eat("column");
            cursor.eat_all(&["if", "exists"]);
            if let Some(column) = cursor.name() {
                let kind = LossKind::DropColumn { column: column.into_owned() };
                losses.push(Loss { table: table.clone(), kind });
            }
        }
        if !cursor.skip_past_comma() {
            return losses;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, text: &str, expected: &[&str], changes_rows: bool) {
        let script = Script::read(dialect, "0000_a.sql", text).unwrap();
        let found = losing(dialect, &script);
        let told: Vec<_> = found.losses.iter().map(crate::describe::loss).collect();
        assert_eq!(
            (told, found.changes_rows),
            (expected.iter().map(|one| (*one).to_owned()).collect(), changes_rows)
        );
    }

    #[test]
    fn tables_and_columns_that_go_are_found() {
        check(
            Dialect::Postgres,
            "DROP TABLE IF EXISTS a, app.\"B c\" CASCADE;\n\
             ALTER TABLE ONLY d ALTER COLUMN x SET DEFAULT (1, 2), DROP COLUMN IF EXISTS y CASCADE, DROP z, DROP CONSTRAINT w;\n\
             ALTER TABLE d ALTER COLUMN x DROP DEFAULT;",
            &[
                "a: all rows are lost",
                "app.\"B c\": all rows are lost",
                "d.y: all values are lost",
                "d.z: all values are lost",
            ],
            false,
        );
    }

    #[test]
    fn a_rebuilt_table_is_not_lost() {
        check(
            Dialect::Sqlite,
            "PRAGMA foreign_keys=OFF; CREATE TABLE \"__new_a\" (b); INSERT INTO \"__new_a\" SELECT b FROM a;\n\
             DROP TABLE \"A\"; ALTER TABLE \"__new_a\" RENAME TO \"a\"; DROP TABLE c; PRAGMA foreign_keys=ON;",
            &["c: all rows are lost"],
            false,
        );
    }

    #[test]
    fn rows_that_are_changed_are_noticed() {
        check(Dialect::Sqlite, "INSERT INTO a VALUES (1);", &[], false);
        check(Dialect::Sqlite, "UPDATE a SET b = 1;", &[], true);
        check(Dialect::Postgres, "TRUNCATE a;", &[], true);
    }
}
