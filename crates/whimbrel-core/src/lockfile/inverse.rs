//! Changes of tables, as records say them, and how they are taken back.

use super::json::Json;
use super::read::{lock_field, lock_table};
use super::write;
use super::{Field, LockChange, LockTable, Ordered, Rest};

/// What was there before a change.
const FROM: &str = "from";

impl LockChange {
    pub(super) fn add_table(table: &str) -> Self {
        Self { kind: "add_table".to_owned(), table: table.to_owned(), ..Self::default() }
    }

    pub(super) fn remove_table(table: &str, was: &LockTable) -> Self {
        let rest = Rest::default().with(FROM, write::lock_table(was));
        Self { kind: "remove_table".to_owned(), table: table.to_owned(), rest, ..Self::default() }
    }

    pub(super) fn rename_table(table: &str, from: &str, ptr: &str) -> Self {
        let text = |text: &str| Json::Text(text.to_owned());
        let from = Json::Object([("name", text(from)), ("ptr", text(ptr))].into_iter().collect());
        let rest = Rest::default().with(FROM, from);
        Self { kind: "rename_table".to_owned(), table: table.to_owned(), rest, ..Self::default() }
    }

    pub(super) fn remove_field(table: &str, field: &str, was: &Field) -> Self {
        let rest = Rest::default().with(FROM, write::field(was));
        Self { kind: "remove_field".to_owned(), rest, ..Self::add_field(table, field, &was.field_type) }
    }

    pub(super) fn change_field(table: &str, field: &str, was: &Field, now: &Field) -> Self {
        let rest = Rest::default().with(FROM, write::field(was));
        Self { kind: "change_field".to_owned(), rest, ..Self::add_field(table, field, &now.field_type) }
    }

    pub(super) fn rename_field(table: &str, from: &str, to: &str) -> Self {
        let rest = Rest::default().with(FROM, Json::Text(from.to_owned()));
        Self {
            kind: "rename_field".to_owned(),
            table: table.to_owned(),
            field: Some(to.to_owned()),
            field_type: None,
            rest,
        }
    }
}

/// Takes one change back. What it says nothing of, or what is not there, stays as
/// it is: others may know more kinds.
pub(super) fn undo(tables: &mut Ordered<LockTable>, change: &LockChange) {
    match change.kind.as_str() {
        "add_table" => drop(tables.remove(&change.table)),
        "remove_table" => {
            if let Some(table) = table_before(change) {
                tables.insert(change.table.as_str(), table);
            }
        }
        "rename_table" => undo_rename(tables, change),
        _ => undo_field(tables, change),
    }
}

fn undo_rename(tables: &mut Ordered<LockTable>, change: &LockChange) {
    let Some(Json::Object(from)) = change.rest.get(FROM) else { return };
    if let (Some(Json::Text(name)), Some(Json::Text(ptr))) = (from.get("name"), from.get("ptr")) {
        tables.rename(&change.table, name);
        if let Some(table) = tables.get_mut(name) {
            table.ptr.clone_from(ptr);
        }
    }
}

fn undo_field(tables: &mut Ordered<LockTable>, change: &LockChange) {
    let (Some(table), Some(field)) = (tables.get_mut(&change.table), &change.field) else { return };
    match change.kind.as_str() {
        "add_field" => drop(table.schema.remove(field)),
        "remove_field" | "change_field" => {
            let plain = || Field::new(change.field_type.clone().unwrap_or_default());
            table.schema.insert(field.as_str(), field_before(change).unwrap_or_else(plain));
        }
        "rename_field" => {
            if let Some(Json::Text(from)) = change.rest.get(FROM) {
                table.schema.rename(field, from);
            }
        }
        _ => {}
    }
}

fn table_before(change: &LockChange) -> Option<LockTable> {
    let mut problems = Vec::new();
    let table = lock_table(change.rest.get(FROM)?.clone(), String::new(), &mut problems);
    problems.is_empty().then_some(table)
}

fn field_before(change: &LockChange) -> Option<Field> {
    let mut problems = Vec::new();
    let field = lock_field(change.rest.get(FROM)?.clone(), String::new(), &mut problems);
    problems.is_empty().then_some(field)
}
