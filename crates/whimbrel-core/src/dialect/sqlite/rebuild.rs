//! The rebuild of a table: what ALTER TABLE cannot do.
//!
//! A table is made under a free name, takes over the rows, and then the name
//! (<https://sqlite.org/lang_altertable.html#otheralter>). Foreign keys are
//! suspended meanwhile: DROP TABLE deletes every row first, and that would reach
//! the rows of tables that refer to it. Afterwards the rows of the table and of
//! its referencers are checked.
//!
//! The new table keeps, of the old one: the values of every column that stays,
//! the rowids (also where they have no column, for other databases or a
//! full-text index may know them), and the counter of AUTOINCREMENT (also where
//! there is no row left).

use super::hazards::{has_default, of_change, of_children};
use super::lower::{create_index, create_index_on_rows, names, relation, wait_for_parents, whole_schema};
use super::text::default_value;
use super::types::{rowid_alias, rowid_name};
use super::work::{TableWork, Work};
use super::{ddl, types};
use crate::change::Change;
use crate::dialect::Dialect;
use crate::pair::Pair;
use crate::plan::{Action, Hazard, Mode, Step};
use crate::schema::{Column, Index, Table};

/// The actions that rebuild a table, the indexes included.
pub(super) fn rebuild(work: &Work<'_>, table: &TableWork<'_>) -> Vec<Action> {
    let name = &table.to.name;
    let new_name = work.free_name(&name.name);
    let mut action = Action::about(name);
    action.steps.push(Step::new(ddl::create_table_as(table.to, &new_name)));
    action.steps.push(copy_rows(work, table, &new_name));
    action.steps.extend(copy_counter(table, &new_name));
    action.steps.push(Step::new(ddl::drop_table(table.name())));
    action.steps.push(Step::new(ddl::rename_table(&new_name, &name.name)));
    action.alters.extend([relation(&name.name), whole_schema()]);
    action.drops.extend(table.from.indexes.iter().map(|index| relation(&index.name)));
    action.uses.push(names(&name.name));
    wait_for_parents(&mut action, table.to);
    action.mode = Mode::ForeignKeysSuspended(work.checked(&name.name, Some(table.to)));
    let indexes = table.to.indexes.iter().map(|index| index_again(table, index));
    std::iter::once(action).chain(indexes).collect()
}

fn index_again(table: &TableWork<'_>, index: &Index) -> Action {
    let is_new = table.changes.iter().any(|change| {
        matches!(change, Change::CreateIndex { index: new, .. } if Dialect::Sqlite.same_ident(&new.name, &index.name))
    });
    if is_new { create_index_on_rows(table, index) } else { create_index(&table.to.name.name, index) }
}

/// The rows of the old table into the new one, column by column by name.
fn copy_rows(work: &Work<'_>, table: &TableWork<'_>, new_name: &str) -> Step {
    let (columns, values): (Vec<_>, Vec<_>) = copied(table).into_iter().unzip();
    let old_name = ddl::quote(table.name());
    // A constraint's own conflict clause must not drop rows silently.
    let insert = if resolves_conflicts(table.to) { "INSERT OR ABORT" } else { "INSERT" };
    let sql = format!(
        "{insert} INTO {} ({}) SELECT {} FROM {old_name}",
        ddl::quote(new_name),
        columns.join(", "),
        values.join(", ")
    );
    let mut step = Step::new(sql);
    step.expect_rows = Some(format!("SELECT count(*) FROM {old_name}"));
    step.hazards = table.changes.iter().flat_map(|change| of_change(table, change)).collect();
    step.hazards.extend(of_children(table, work.referencers(&table.to.name.name)));
    step.hazards.push(Hazard::RewritesTable { subject: table.to.name.name.clone() });
    step.hazards.sort();
    step.hazards.dedup();
    step
}

fn resolves_conflicts(table: &Table) -> bool {
    table.primary_key.iter().any(|key| key.on_conflict.is_some())
        || table.unique_constraints.iter().any(|unique| unique.on_conflict.is_some())
        || table.columns.iter().any(|column| column.not_null_conflict.is_some())
}

/// What goes where: a column of the new table, and the expression over the old
/// one that gives its value.
fn copied(table: &TableWork<'_>) -> Vec<(String, String)> {
    let strict = Pair::new(table.from, table.to).map(|table| table.options.strict);
    let mut all: Vec<_> = copied_rowid(table).into_iter().collect();
    for to in table.to.columns.iter().filter(|column| column.generated.is_none()) {
        if let Some(from) = table.live_column(&to.name) {
            let column = ddl::quote(&to.name);
            let stored = renamed_values(table, column.clone(), &to.name);
            all.push((column, value(strict, stored, from, to)));
        }
    }
    if all.is_empty() {
        all.extend(table.to.columns.iter().find(|column| column.generated.is_none()).map(filler));
    }
    all
}

/// A value of a column, by its new name where a check lists it under another.
fn renamed_values(table: &TableWork<'_>, value: String, column: &str) -> String {
    let all = table.changes.iter().flat_map(|change| change.replacements());
    let cases: Vec<String> = all
        .filter(|one| Dialect::Sqlite.same_ident(&one.column_name, column))
        .map(|one| {
            let literal = |text: &str| Dialect::Sqlite.quote_literal(text);
            let to = one.to.as_deref().map_or_else(|| "NULL".to_owned(), literal);
            format!("WHEN {} THEN {to}", literal(&one.from))
        })
        .collect();
    if cases.is_empty() { value } else { format!("CASE {value} {} ELSE {value} END", cases.join(" ")) }
}

/// A row for a row, where nothing else is left of it.
fn filler(column: &Column) -> (String, String) {
    let value =
        column.default.as_ref().map_or_else(|| "NULL".to_owned(), |text| default_value(text.as_str()));
    (ddl::quote(&column.name), value)
}

/// The rowid, if both tables have one that no column that stays carries.
fn copied_rowid(table: &TableWork<'_>) -> Option<(String, String)> {
    let source = rowid_name(table.from).map(str::to_owned);
    let source = source.or_else(|| rowid_alias(table.from).map(|column| ddl::quote(&column.name)))?;
    let target = match rowid_alias(table.to) {
        Some(alias) if table.live_column(&alias.name).is_some() => return None,
        Some(alias) => ddl::quote(&alias.name),
        None => rowid_name(table.to)?.to_owned(),
    };
    Some((target, source))
}

/// The value of a column that stays: as it is, but for NULLs that are no longer
/// allowed and become the default, and for conversions that a STRICT table does
/// not make itself. `strict` tells of the two tables.
pub(super) fn value(strict: Pair<bool>, value: String, from: &Column, to: &Column) -> String {
    let converts = strict.to && !(strict.from && types::same_type(&from.sql_type, &to.sql_type));
    let value = if converts { cast(value, &to.sql_type) } else { value };
    match &to.default {
        Some(default) if from.nullable && !to.nullable && has_default(to) => {
            format!("coalesce({value}, {})", default_value(default.as_str()))
        }
        _ => value,
    }
}

/// A value converted to what a STRICT column of this type stores. By way of
/// NUMERIC, so that '1e3' becomes 1000 as it does by affinity, and not 1.
fn cast(value: String, sql_type: &str) -> String {
    match sql_type.to_ascii_uppercase().as_str() {
        "INT" | "INTEGER" => format!("CAST(CAST({value} AS NUMERIC) AS INTEGER)"),
        "REAL" | "TEXT" | "BLOB" => format!("CAST({value} AS {})", sql_type.to_ascii_uppercase()),
        _ => value,
    }
}

/// The counter of AUTOINCREMENT, in place of the one that the copy began.
fn copy_counter(table: &TableWork<'_>, new_name: &str) -> Vec<Step> {
    let counts = |table: &Table| table.columns.iter().any(|column| column.auto_increment);
    if !(counts(table.from) && counts(table.to)) {
        return Vec::new();
    }
    let (old, new) = (Dialect::Sqlite.quote_literal(table.name()), Dialect::Sqlite.quote_literal(new_name));
    vec![
        Step::new(format!("DELETE FROM \"sqlite_sequence\" WHERE \"name\" = {new}")),
        Step::new(format!(
            "INSERT INTO \"sqlite_sequence\" (\"name\", \"seq\") SELECT {new}, \"seq\" FROM \"sqlite_sequence\" WHERE \"name\" = {old}"
        )),
    ]
}
