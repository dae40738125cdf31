//! How the values of a column are kept, and what is known of them.

use super::super::rules::ident;
use super::super::types::TypeName;
use super::columns::Altered;
use crate::name::ObjectName;
use crate::plan::Step;
use crate::schema::{Column, ColumnOptions};

/// The statements that keep the values of a new column as it says.
pub(super) fn of_new<'a>(table: &'a ObjectName, column: &'a Column) -> Vec<Step> {
    let usual = Column { options: None, ..column.clone() };
    of_altered(&Altered { table, from: &usual, to: column }, false)
}

/// The statements that keep the values of a new partition's column as it says,
/// where it was made with those of its table. What is known of them it has not.
pub(super) fn of_partition(table: &ObjectName, usual: &Column, column: &Column) -> Vec<Step> {
    let mut usual = usual.clone();
    if let Some(options) = &mut usual.options {
        options.statistics = None;
    }
    of_altered(&Altered { table, from: &usual, to: column }, false)
}

/// The statements that keep the values as the column is to say. A column that
/// gets another type is kept as usual afterwards, but for its statistics.
pub(super) fn of_altered(altered: &Altered<'_>, is_retyped: bool) -> Vec<Step> {
    let usual = ColumnOptions::default();
    let to = altered.to.options.as_deref().unwrap_or(&usual);
    let mut from = altered.from.options.as_deref().unwrap_or(&usual).clone();
    if is_retyped {
        (from.storage, from.compression) = (None, None);
    }
    let mut steps = Vec::new();
    if from.storage != to.storage {
        let mode = to.storage.as_deref().unwrap_or_else(|| usual_storage(&altered.to.sql_type));
        steps.push(altered.step(&format!("SET STORAGE {}", mode.to_uppercase())));
    }
    if from.compression != to.compression {
        let method = to.compression.as_deref().map_or_else(|| "default".to_owned(), ident);
        steps.push(altered.step(&format!("SET COMPRESSION {method}")));
    }
    if from.statistics != to.statistics {
        steps.push(altered.step(&format!("SET STATISTICS {}", to.statistics.unwrap_or(-1))));
    }
    steps
}

/// The storage mode of a type whose values may be stored apart: others have but
/// one. `SET STORAGE DEFAULT` came with version 16.
fn usual_storage(sql_type: &str) -> &'static str {
    let parsed = TypeName::parse(sql_type);
    match parsed.name.as_str() {
        "numeric" | "inet" | "cidr" if !parsed.array => "main",
        _ => "extended",
    }
}
