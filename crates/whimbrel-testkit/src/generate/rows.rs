//! Rows that two related schemas can hold, and schemas that can hold the rows.

use whimbrel_core::dialect::Dialect;

use super::model::{Column, DefaultValue, Id, Kind, Model, TableModel};
use super::sql::ident;

/// How many rows each table gets.
const ROWS: u32 = 3;

/// Statements that fill `from` with rows that `to` can hold too.
pub(super) fn rows(from: &Model, to: &Model) -> String {
    let mut out = String::new();
    // Tables may refer to each other in circles.
    let (off, on) = match from.dialect {
        Dialect::Sqlite => ("PRAGMA foreign_keys = OFF;\n", "PRAGMA foreign_keys = ON;\n"),
        Dialect::Postgres => {
            ("SET session_replication_role = replica;\n", "RESET session_replication_role;\n")
        }
    };
    out.push_str(off);
    for table in &from.tables {
        for row in 1..=ROWS {
            out.push_str(&insert(from, to, table, row));
        }
    }
    out.push_str(on);
    out
}

fn insert(from: &Model, to: &Model, table: &TableModel, row: u32) -> String {
    let filled: Vec<&Column> = table.columns.iter().filter(|column| column.generated.is_none()).collect();
    let names: Vec<_> = filled.iter().map(|column| ident(&column.name)).collect();
    let values = filled.iter().map(|column| {
        let is_null = (row + column.id).is_multiple_of(3) && is_nullable(from, to, table, column);
        if is_null { "NULL".to_owned() } else { value(from, column.kind, row) }
    });
    let values: Vec<_> = values.collect();
    format!("INSERT INTO {} ({}) VALUES ({});\n", table.sql_name(), names.join(", "), values.join(", "))
}

/// Says whether a column may hold NULL before and after.
fn is_nullable(from: &Model, to: &Model, table: &TableModel, column: &Column) -> bool {
    let allows = |model: &Model| match model.table(table.id) {
        None => true,
        Some(table) => {
            let is_key = table.primary_key.contains(&column.id);
            !is_key && table.column(column.id).is_none_or(|column| column.nullable)
        }
    };
    // A reference leads to the row of its own number, which must be there.
    let is_target = |model: &Model| {
        let mut keys = model.tables.iter().flat_map(|table| &table.foreign_keys);
        keys.any(|key| key.target == column.id)
    };
    allows(from) && allows(to) && !is_target(from) && !is_target(to)
}

/// The number of the row, in the form of a type.
fn value(model: &Model, kind: Kind, row: u32) -> String {
    let is_sqlite = model.dialect == Dialect::Sqlite;
    match kind {
        Kind::Integer | Kind::Bigint | Kind::Numeric => row.to_string(),
        Kind::Real => format!("{row}.0"),
        Kind::Text | Kind::Varchar(_) => format!("'{row}'"),
        Kind::Blob if is_sqlite => format!("x'{row:02x}'"),
        Kind::Blob => format!("'\\x{row:02x}'"),
        Kind::Enum(id) => {
            let values = &model.enum_of(id).expect("enums stay").values;
            format!("'{}'", values[row as usize % values.len()].replace('\'', "''"))
        }
        Kind::Integers | Kind::Texts => format!("'{{{row}}}'"),
        Kind::Enums(id) => {
            let name = ident(&model.enum_of(id).expect("enums stay").name);
            format!("ARRAY[{}]::{name}[]", value(model, Kind::Enum(id), row))
        }
        // Numbers and texts alike.
        Kind::Domain(_) => format!("'{row}'"),
    }
}

/// Takes out of `to` whatever the rows of `from` would stand in the way of.
pub(super) fn reconcile(from: &Model, to: &mut Model) {
    let names = to.clone();
    for table in &mut to.tables {
        if let Some(old) = from.table(table.id) {
            for column in &mut table.columns {
                let kind = old.column(column.id).map(|old| old.kind);
                // Several edits may lead where no cast leads.
                column.kind = kind.filter(|kind| !names.becomes(*kind, column.kind)).unwrap_or(column.kind);
            }
            reconcile_table(old, table);
        }
    }
    to.repair();
    let keys = to.clone();
    for table in &mut to.tables {
        let old = from.table(table.id);
        table.foreign_keys.retain(|key| {
            // New tables have no rows, so nothing refers to nothing from there.
            let Some(old) = old else {
                return true;
            };
            let is_new =
                |table: Option<&TableModel>, id: Id| table.and_then(|table| table.column(id)).is_none();
            let refers_to_rows = !is_new(from.table(key.table), key.target);
            let holds_nulls = is_new(Some(old), key.column);
            let kept = same_kind(Some(old), keys.table(table.id), key.column)
                && same_kind(from.table(key.table), keys.table(key.table), key.target);
            holds_nulls || (refers_to_rows && kept)
        });
    }
    to.repair();
}

/// Says whether a column has the type it had.
fn same_kind(from: Option<&TableModel>, to: Option<&TableModel>, id: Id) -> bool {
    let kind =
        |table: Option<&TableModel>| table.and_then(|table| table.column(id)).map(|column| column.kind);
    kind(from) == kind(to) && from.map(|table| table.strict) == to.map(|table| table.strict)
}

fn reconcile_table(old: &TableModel, new: &mut TableModel) {
    let is_new = |id: &Id| old.column(*id).is_none();
    if new.primary_key.iter().any(is_new) {
        new.primary_key.retain(|id| old.column(*id).is_some());
    }
    let referring: Vec<Id> = new.foreign_keys.iter().map(|key| key.column).collect();
    let mut without_default = Vec::new();
    for column in new.columns.iter_mut().filter(|column| is_new(&column.id) && column.generated.is_none()) {
        if referring.contains(&column.id) {
            (column.nullable, column.default) = (true, None);
        } else if !column.nullable && column.default.is_none() {
            column.default = Some(DefaultValue::Literal(0));
        }
        if column.default.is_none() {
            without_default.push(column.id);
        }
    }
    // The rows that are there all get the same default, and NULL becomes it.
    let was_distinct = |id: &Id| old.column(*id).is_none_or(|column| column.kind.is_distinct());
    let may_repeat = |id: &Id| is_new(id) && !without_default.contains(id) || !was_distinct(id);
    new.primary_key.retain(was_distinct);
    new.checks.retain(|check| old.column(check.column).is_none_or(|column| column.kind.converts()));
    new.uniques.retain(|unique| !unique.columns.iter().any(may_repeat));
    for index in &mut new.indexes {
        index.unique &= !index.columns.iter().any(may_repeat);
    }
}
