//! Bounded, read-only queries that tell what a loss would cost.
//!
//! Each returns one row: how many rows are affected, how many there are (where
//! that says something), and one affected value as text. They run on the live
//! database, so they read old names and give them new ones (see [`Rows`]).
//!
//! Whether a value casts the server can only be asked by casting it. Where a
//! test by hand would be a guess, the query is the cast itself and fails with a
//! data exception (SQLSTATE class 22) whose message names the value; the caller
//! takes that for the answer.

mod attributes;
mod bound;
mod convert;
mod exclusion;
mod rows;

use std::collections::BTreeSet;

use rows::Rows;

use super::ddl::condition;
use super::mention::mentions;
use super::rules::{ident, literal, name};
use super::types::TypeName;
use crate::dialect::Dialect;
use crate::diff::Renames;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::plan::Probe;
use crate::resolve::{Loss, LossKind};
use crate::schema::{ForeignKey, Index, KeyPart, KeyTarget, Schema, SqlExpr};

/// The query for one loss, `None` where rows cannot tell.
pub(super) fn probe(pair: Pair<&Schema>, renames: &Renames, loss: &Loss) -> Option<Probe> {
    let rows = || Rows::of(pair, renames, &loss.table);
    let sql = match &loss.kind {
        LossKind::DropTable => pair.from.table(&loss.table).map(|table| all_rows(&name(&table.name))),
        LossKind::DropObject => Some(all_rows(&name(&loss.table))),
        LossKind::DropColumn { column } => drop_column(pair, renames, &loss.table, column),
        LossKind::ChangeType { from, to, refuses } => convert::probe(&rows()?, from, to, *refuses),
        LossKind::SetNotNull { column, .. } => {
            let rows = rows()?;
            let column = ident(&rows.live(column)?.name);
            Some(affected(&rows.table(), &format!("{column} IS NULL"), "NULL", &rows.table()))
        }
        LossKind::AddRequiredColumn { .. } => Some(all_rows(&rows()?.table())),
        LossKind::AddUnique { key, primary, .. } => add_unique(&rows()?, key, *primary),
        LossKind::AddCheck { expression } => add_check(&rows()?, expression),
        LossKind::AddExclusion { definition, .. } => {
            return exclusion::probe(&rows()?, definition).map(|sql| Probe { sql, is_slow: true });
        }
        LossKind::AddForeignKey { columns, referenced_table, referenced_columns } => {
            let parent = Parent { pair, renames, table: referenced_table, columns: referenced_columns };
            add_foreign_key(&rows()?, columns, &parent)
        }
        LossKind::MeetBound { parent, bound, within } => {
            return bound::probe(&rows()?, parent, bound, *within);
        }
        LossKind::RemoveEnumValues { column, removed, .. } => removed_values(&rows()?, column, removed),
    };
    sql.map(Probe::new)
}

const LIMIT: u64 = Probe::LIMIT;

/// All rows of a table are affected.
fn all_rows(table: &str) -> String {
    format!("SELECT {}, NULL::bigint, NULL::text", count(table))
}

fn count(table: &str) -> String {
    format!("(SELECT count(*) FROM (SELECT FROM {table} LIMIT {LIMIT}) AS counted)")
}

/// The rows of `source` that meet a condition; `value` is what is shown of one.
fn affected(source: &str, condition: &str, value: &str, table: &str) -> String {
    format!(
        "WITH affected AS (SELECT {value}::text AS value FROM {source} WHERE {condition} LIMIT {LIMIT}) \
         SELECT (SELECT count(*) FROM affected), {}, (SELECT left(value, 100) FROM affected LIMIT 1)",
        count(table)
    )
}

/// Nothing is affected, whatever the rows.
fn nothing() -> String {
    "SELECT 0::bigint, NULL::bigint, NULL::text".to_owned()
}

/// A column that goes has its old name only, in a table that may have a new one.
fn drop_column(pair: Pair<&Schema>, renames: &Renames, table: &ObjectName, column: &str) -> Option<String> {
    let old = renames.old_table(Dialect::Postgres, table);
    let live = pair.from.table(old)?;
    let old_column = renames.old_column(Dialect::Postgres, table, column);
    let (live_name, column) = (name(&live.name), ident(&live.column(old_column)?.name));
    Some(affected(&live_name, &format!("{column} IS NOT NULL"), &column, &live_name))
}

fn removed_values(rows: &Rows<'_>, column: &str, removed: &[String]) -> Option<String> {
    let column = rows.live(column)?;
    let named = ident(&column.name);
    let values = removed.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    let holds = match TypeName::parse(&column.sql_type).array {
        true => format!("{named}::text[] && ARRAY[{values}]"),
        false => format!("{named}::text IN ({values})"),
    };
    Some(affected(&rows.table(), &holds, &named, &rows.table()))
}

fn add_check(rows: &Rows<'_>, expression: &str) -> Option<String> {
    let found = mentions(expression);
    rows.knows(&found).then_some(())?;
    let source = rows.select(&found.words)?;
    let first = rows.mentioned(&found.words).next();
    let value = first.map_or_else(|| "NULL".to_owned(), |column| ident(&column.name));
    let broken = format!("NOT ({})", condition(expression));
    Some(affected(&source, &broken, &value, &rows.table()))
}

/// The rows whose key another row has as well. Rows with a NULL in their key are
/// equal to none, unless the key says otherwise; a primary key refuses them.
fn add_unique(rows: &Rows<'_>, key: &Index, primary: bool) -> Option<String> {
    let parts: Vec<_> = key.columns.iter().map(part).collect();
    let texts: Vec<_> =
        parts.iter().map(String::as_str).chain(key.predicate.as_ref().map(SqlExpr::as_str)).collect();
    let mut words = BTreeSet::new();
    for text in &texts {
        let found = mentions(text);
        rows.knows(&found).then_some(())?;
        words.extend(found.words);
    }
    let source = rows.select(&words)?;
    let list = parts.join(", ");
    let any_null = format!("num_nulls({list}) > 0");
    let counted = match primary || key.nulls_not_distinct {
        true => "true".to_owned(),
        false => format!("NOT ({any_null})"),
    };
    let partial = key.predicate.iter().map(|one| format!(" AND ({one})")).collect::<String>();
    let refused = if primary { format!(" OR bool_or({any_null})") } else { String::new() };
    Some(format!(
        "WITH affected AS (SELECT count(*) AS number, concat_ws(', ', {list}) AS value FROM {source} \
         WHERE {counted}{partial} GROUP BY {list} HAVING count(*) > 1{refused} LIMIT {LIMIT}) \
         SELECT (SELECT least(coalesce(sum(number), 0), {LIMIT})::bigint FROM affected), {}, \
         (SELECT left(value, 100) FROM affected LIMIT 1)",
        count(&rows.table())
    ))
}

fn part(part: &KeyPart) -> String {
    match &part.target {
        KeyTarget::Column(column) => ident(column),
        KeyTarget::Expression(expression) => format!("({})", condition(expression.as_str())),
    }
}

/// The referenced side of a foreign key, by its new names.
struct Parent<'a> {
    pair: Pair<&'a Schema>,
    renames: &'a Renames,
    table: &'a ObjectName,
    columns: &'a [String],
}

fn add_foreign_key(rows: &Rows<'_>, columns: &[String], parent: &Parent<'_>) -> Option<String> {
    let own: Vec<_> = columns.iter().map(|column| format!("child.{}", ident(column))).collect();
    let list = own.join(", ");
    let source = rows.select_as(&columns.iter().cloned().collect(), "child")?;
    let is_this = |fk: &&ForeignKey| fk.columns == columns && fk.referenced_table == *parent.table;
    let full = rows.to.foreign_keys.iter().find(is_this).is_some_and(|fk| fk.match_full);
    let broken = match orphaned(rows, columns, parent)? {
        // Without a referenced table there is nothing to refer to.
        None => format!("num_nulls({list}) = 0"),
        Some(found) => format!("num_nulls({list}) = 0 AND NOT EXISTS ({found})"),
    };
    let broken = match full {
        true => format!("(num_nulls({list}) BETWEEN 1 AND {} OR {broken})", columns.len() - 1),
        false => broken,
    };
    Some(affected(&source, &broken, &format!("concat_ws(', ', {list})"), &rows.table()))
}

/// The query for the row that a row refers to. Nothing within if the referenced
/// table is new, nothing at all if the two cannot be compared yet.
fn orphaned(rows: &Rows<'_>, columns: &[String], parent: &Parent<'_>) -> Option<Option<String>> {
    let Some(theirs) = Rows::of(parent.pair, parent.renames, parent.table) else { return Some(None) };
    let keys: Vec<String> = match (parent.columns, &theirs.to.primary_key) {
        ([], Some(key)) => key.columns.iter().filter_map(KeyPart::column_name).map(str::to_owned).collect(),
        (columns, _) => columns.to_vec(),
    };
    let source = theirs.select_as(&keys.iter().cloned().collect(), "parent")?;
    let equal = columns.iter().zip(&keys).map(|(own, key)| {
        let (own_type, key_type) = (rows.new_type(own)?, theirs.new_type(key)?);
        super::types::comparable(&own_type, &key_type)
            .then(|| format!("parent.{} = child.{}", ident(key), ident(own)))
    });
    let equal: Option<Vec<_>> = equal.collect();
    Some(Some(format!("SELECT FROM {source} WHERE {}", equal?.join(" AND "))))
}
