//! Bounded, read-only queries that tell what a loss would cost.
//!
//! Each returns one row: how many rows are affected, how many there are (where
//! that says something), and one affected value as text.

use super::ddl::quote;
use super::rows::{Rows, find_column, find_table, holds, speaks_of};
use super::text::{closed, mentions};
use super::types::{Affinity, affinity, is_rowid_alias, same_type};
use crate::dialect::Dialect;
use crate::diff::Renames;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::plan::Probe;
use crate::resolve::{Loss, LossKind};
use crate::schema::{Column, Index, KeyPart, KeyTarget, Schema};

const LIMIT: u64 = Probe::LIMIT;

/// The query for one loss, `None` where rows cannot tell.
pub(super) fn probe(pair: Pair<&Schema>, renames: &Renames, loss: &Loss) -> Option<Probe> {
    let rows = || Rows::of(pair, renames, &loss.table);
    let sql = match &loss.kind {
        LossKind::DropTable => {
            find_table(pair.from, &loss.table.name).map(|table| all_rows(&quote(&table.name.name)))
        }
        LossKind::DropObject => Some(all_rows(&quote(&loss.table.name))),
        LossKind::DropColumn { column } => drop_column(pair, renames, &loss.table, column),
        LossKind::ChangeType { from, to, refuses } => change_type(&rows()?, from, to, *refuses),
        LossKind::SetNotNull { column, .. } => {
            let rows = rows()?;
            let column = quote(&rows.live_column(column)?.name);
            Some(affected(&rows.live_name(), &format!("{column} IS NULL"), "NULL", &rows.live_name()))
        }
        LossKind::AddRequiredColumn { .. } => Some(all_rows(&rows()?.live_name())),
        LossKind::AddUnique { primary, key, .. } => add_unique(&rows()?, key, *primary),
        LossKind::AddCheck { expression } => {
            let rows = rows()?;
            let source = rows.select(|name| mentions(expression, name))?;
            let condition = format!("NOT ({})", closed(expression));
            Some(affected(&source, &condition, &check_sample(&rows, expression), &rows.live_name()))
        }
        LossKind::AddForeignKey { columns, referenced_table, referenced_columns } => {
            let parent = Parent { pair, renames, table: referenced_table, columns: referenced_columns };
            add_foreign_key(&rows()?, columns, &parent)
        }
        LossKind::RemoveEnumValues { column, removed, .. } => removed_values(&rows()?, column, removed),
        LossKind::AddExclusion { .. } | LossKind::MeetBound { .. } => None,
    };
    sql.map(Probe::new)
}

/// All rows of a table are affected.
fn all_rows(table: &str) -> String {
    format!("SELECT {}, NULL, NULL", count(table))
}

fn count(table: &str) -> String {
    format!("(SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {LIMIT}))")
}

/// The rows of `source` that meet a condition; `value` is what is shown of one.
fn affected(source: &str, condition: &str, value: &str, table: &str) -> String {
    format!(
        "WITH \"__affected\" AS (SELECT {value} AS \"__value\" FROM {source} WHERE {condition} LIMIT {LIMIT}) \
         SELECT (SELECT count(*) FROM \"__affected\"), {}, (SELECT \"__value\" FROM \"__affected\" LIMIT 1)",
        count(table)
    )
}

/// A value as text of bounded length.
fn shown(value: &str) -> String {
    format!(
        "CASE typeof({value}) WHEN 'null' THEN 'NULL' WHEN 'blob' THEN 'x''' || hex(substr({value}, 1, 32)) || '''' \
         ELSE substr(CAST({value} AS TEXT), 1, 100) END"
    )
}

/// Several values, with commas between.
fn shown_all(values: &[String]) -> String {
    values.iter().map(|value| shown(value)).collect::<Vec<_>>().join(" || ', ' || ")
}

/// A column that goes is known by its old name alone; one that is to be
/// computed is on both sides.
fn drop_column(pair: Pair<&Schema>, renames: &Renames, table: &ObjectName, column: &str) -> Option<String> {
    let rows = Rows::of(pair, renames, table)?;
    let column = rows.live_column(column)?;
    let name = quote(&column.name);
    Some(affected(&rows.live_name(), &format!("{name} IS NOT NULL"), &shown(&name), &rows.live_name()))
}

/// Rows that hold a value which is not listed any more, equal as the column's own
/// collation says.
fn removed_values(rows: &Rows<'_>, column: &str, removed: &[String]) -> Option<String> {
    let column = quote(&rows.live_column(column)?.name);
    let values: Vec<_> = removed.iter().map(|value| Dialect::Sqlite.quote_literal(value)).collect();
    let condition = format!("{column} IN ({})", values.join(", "));
    Some(affected(&rows.live_name(), &condition, &shown(&column), &rows.live_name()))
}

/// Only a STRICT table refuses values; what it takes may still be altered.
fn change_type(rows: &Rows<'_>, from: &Column, to: &Column, refuses: bool) -> Option<String> {
    let column = quote(&rows.live_column(&to.name)?.name);
    let strict = rows.to.options.strict;
    let altered = || changed(&column, &to.sql_type, strict);
    let condition = match (strict, refuses) {
        (true, true) => refused(&column, &to.sql_type),
        (true, false) => format!("({}) AND NOT ({})", altered(), refused(&column, &to.sql_type)),
        (false, _) if same_type(&from.sql_type, &to.sql_type) => "0".to_owned(),
        (false, _) => altered(),
    };
    Some(affected(&rows.live_name(), &condition, &shown(&column), &rows.live_name()))
}

/// The condition under which a column of this type in a STRICT table refuses a
/// value (<https://sqlite.org/stricttables.html>). A cast compared with the
/// value makes a number of a text that spells one, as the column would.
fn refused(value: &str, sql_type: &str) -> String {
    let is_number = format!("CAST({value} AS NUMERIC) = {value}");
    let is_whole = format!("CAST({value} AS INTEGER) = CAST({value} AS NUMERIC)");
    let (real, text) = match sql_type.to_ascii_uppercase().as_str() {
        "ANY" => return "0".to_owned(),
        "BLOB" => return format!("typeof({value}) IN ('integer', 'real')"),
        "TEXT" => return format!("typeof({value}) = 'blob'"),
        "REAL" => ("0".to_owned(), format!("NOT ({is_number})")),
        _ => (format!("NOT ({is_whole})"), format!("NOT ({is_number} AND {is_whole})")),
    };
    format!(
        "CASE typeof({value}) WHEN 'real' THEN {real} WHEN 'text' THEN {text} WHEN 'blob' THEN 1 ELSE 0 END"
    )
}

/// The condition under which a value is not what a column of this type holds,
/// or would not be the same, written out, once it is.
fn changed(value: &str, sql_type: &str, strict: bool) -> String {
    let round_trip = |by: &str| format!("CAST(CAST({value} AS {by}) AS TEXT) <> {value}");
    let kind = match sql_type.to_ascii_uppercase().as_str() {
        "ANY" if strict => return "0".to_owned(),
        "BLOB" if strict => return format!("typeof({value}) IN ('integer', 'real')"),
        other => affinity(other),
    };
    let (integer, real, text) = match kind {
        Affinity::Blob => return "0".to_owned(),
        Affinity::Integer => (
            "0".to_owned(),
            format!("CAST(CAST({value} AS INTEGER) AS REAL) <> {value}"),
            round_trip("INTEGER"),
        ),
        Affinity::Numeric => ("0".to_owned(), "0".to_owned(), round_trip("NUMERIC")),
        Affinity::Real => (
            format!("CAST(CAST({value} AS REAL) AS INTEGER) <> {value}"),
            "0".to_owned(),
            format!("{} AND {}", round_trip("REAL"), round_trip("INTEGER")),
        ),
        Affinity::Text => {
            ("0".to_owned(), format!("CAST(CAST({value} AS TEXT) AS REAL) <> {value}"), "0".to_owned())
        }
    };
    format!(
        "CASE typeof({value}) WHEN 'integer' THEN {integer} WHEN 'real' THEN {real} WHEN 'text' THEN {text} \
         WHEN 'blob' THEN 1 ELSE 0 END"
    )
}

/// The values of the columns that a check speaks of.
fn check_sample(rows: &Rows<'_>, expression: &str) -> String {
    let columns = rows.to.columns.iter().filter(|column| mentions(expression, &column.name));
    let values: Vec<_> = columns.map(|column| quote(&column.name)).collect();
    if values.is_empty() { "NULL".to_owned() } else { shown_all(&values) }
}

/// Rows that share their key with another. NULLs are equal to nothing, but some
/// primary keys refuse them.
fn add_unique(rows: &Rows<'_>, key: &Index, primary: bool) -> Option<String> {
    let in_predicate = |name: &str| key.predicate.as_ref().is_some_and(|text| mentions(text.as_str(), name));
    let source = rows.select(|name| speaks_of(&key.columns, name) || in_predicate(name))?;
    let parts: Vec<_> = key.columns.iter().map(|part| key_part(rows, part)).collect();
    let mut conditions: Vec<_> = parts.iter().map(|part| format!("{part} IS NOT NULL")).collect();
    conditions.extend(key.predicate.as_ref().map(|text| format!("({})", closed(text.as_str()))));
    let duplicates = format!(
        "SELECT count(*) AS \"__rows\", {} AS \"__value\" FROM {source} WHERE {} GROUP BY {} HAVING count(*) > 1 \
         LIMIT {LIMIT}",
        shown_all(&parts),
        conditions.join(" AND "),
        parts.join(", ")
    );
    let nulls = if primary && refuses_nulls(rows, key) {
        let null: Vec<_> = parts.iter().map(|part| format!("{part} IS NULL")).collect();
        let value = shown_all(&parts);
        format!(" UNION ALL SELECT 1, {value} FROM {source} WHERE {}", null.join(" OR "))
    } else {
        String::new()
    };
    Some(format!(
        "WITH \"__affected\" AS (SELECT * FROM ({duplicates}){nulls} LIMIT {LIMIT}) \
         SELECT (SELECT min(coalesce(sum(\"__rows\"), 0), {LIMIT}) FROM \"__affected\"), {}, \
         (SELECT \"__value\" FROM \"__affected\" LIMIT 1)",
        count(&rows.live_name())
    ))
}

/// By an old mistake that the engine keeps, the primary key of an ordinary table
/// takes NULLs (<https://sqlite.org/lang_createtable.html#the_primary_key>). One
/// that is the rowid takes none: it would put numbers in their place.
fn refuses_nulls(rows: &Rows<'_>, key: &Index) -> bool {
    let is_rowid = |part: &KeyPart| {
        let column = part.column_name().and_then(|name| find_column(rows.to, name));
        column.is_some_and(|column| is_rowid_alias(rows.to, column))
    };
    rows.to.options.without_rowid || rows.to.options.strict || key.columns.iter().any(is_rowid)
}

/// A part of a key, compared as the new table will compare it.
fn key_part(rows: &Rows<'_>, part: &KeyPart) -> String {
    let (value, collation) = match &part.target {
        KeyTarget::Column(name) => {
            let column = find_column(rows.to, name);
            let own = column.and_then(|column| column.collation.clone());
            let collation = part.collation.clone().or(own).unwrap_or_else(|| "BINARY".to_owned());
            (quote(name), Some(collation))
        }
        KeyTarget::Expression(text) => (format!("({})", closed(text.as_str())), part.collation.clone()),
    };
    collation.map_or(value.clone(), |collation| format!("{value} COLLATE {}", quote(&collation)))
}

/// The table that a foreign key refers to.
struct Parent<'a> {
    pair: Pair<&'a Schema>,
    renames: &'a Renames,
    table: &'a ObjectName,
    columns: &'a [String],
}

impl Parent<'_> {
    /// The referenced columns; the primary key where none are named.
    fn key(&self) -> Option<Vec<String>> {
        if !self.columns.is_empty() {
            return Some(self.columns.to_vec());
        }
        let key = find_table(self.pair.to, &self.table.name)?.primary_key.as_ref()?;
        key.columns.iter().map(|part| part.column_name().map(str::to_owned)).collect()
    }
}

/// Rows that refer to nothing. A foreign key with a NULL in it refers to
/// nothing by right; a table that is new holds nothing that could be referred to.
fn add_foreign_key(rows: &Rows<'_>, columns: &[String], parent: &Parent<'_>) -> Option<String> {
    let key = parent.key().filter(|key| key.len() == columns.len())?;
    let child = quote(&rows.to.name.name);
    let source = rows.select(|name| holds(columns, name))?;
    let values: Vec<_> = columns.iter().map(|column| format!("{child}.{}", quote(column))).collect();
    let mut conditions: Vec<_> = values.iter().map(|value| format!("{value} IS NOT NULL")).collect();
    if let Some(parent) = Rows::of(parent.pair, parent.renames, parent.table) {
        let referenced = parent.select(|name| holds(&key, name))?;
        let equal = |(name, value): (&String, &String)| match find_column(parent.to, name)?.collation.as_ref()
        {
            Some(collation) => {
                Some(format!("\"__parent\".{} COLLATE {} = {value}", quote(name), quote(collation)))
            }
            None => Some(format!("\"__parent\".{} = {value}", quote(name))),
        };
        let equal: Option<Vec<_>> = key.iter().zip(&values).map(equal).collect();
        conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM (SELECT * FROM {referenced}) AS \"__parent\" WHERE {})",
            equal?.join(" AND ")
        ));
    }
    Some(affected(&source, &conditions.join(" AND "), &shown_all(&values), &rows.live_name()))
}
