//! Tables and columns.

use super::{check, constraint, exclusion, parenthesised, primary_key, sequence_options, unique};
use crate::dialect::postgres::rules::{ident, literal, name, serial_sequence};
use crate::dialect::postgres::types::TypeName;
use crate::name::ObjectName;
use crate::schema::{Column, Identity, Parameters, PartitionOf, Sequence, Table};

/// Writes the CREATE TABLE of a table, with its keys, checks and exclusions;
/// its indexes and foreign keys are statements of their own.
pub(in super::super) fn create_table(table: &Table) -> String {
    let columns = table.columns.iter().map(|one| column(&table.name, one));
    let body = body(columns, table).unwrap_or_else(|| "()".to_owned());
    let tablespace = table.options.tablespace.as_deref();
    format!("CREATE {}TABLE {} {body}{}", unlogged(table), name(&table.name), ending(table, tablespace))
}

/// Writes the CREATE TABLE of a partition that has the columns of `parent` in
/// their order: only what it says otherwise is said. `inherited` are those
/// columns as partitions have them.
pub(in super::super) fn create_partition(
    table: &Table,
    of: &PartitionOf,
    parent: &Table,
    inherited: &[Column],
) -> String {
    let columns = table.columns.iter().zip(inherited).filter_map(|(own, usual)| said_otherwise(own, usual));
    let body = body(columns, table).map(|body| format!(" {body}")).unwrap_or_default();
    // It would follow its table.
    let usual = parent.options.tablespace.as_ref().map(|_| "pg_default");
    let tablespace = table.options.tablespace.as_deref().or(usual);
    format!(
        "CREATE {}TABLE {} PARTITION OF {}{body} {}{}",
        unlogged(table),
        name(&table.name),
        name(&of.parent),
        of.bound,
        ending(table, tablespace)
    )
}

/// Writes the statement that makes a table a partition.
pub(in super::super) fn attach(table: &ObjectName, of: &PartitionOf) -> String {
    format!("ALTER TABLE {} ATTACH PARTITION {} {}", name(&of.parent), name(table), of.bound)
}

/// Writes the statement that makes a partition a table of its own.
pub(in super::super) fn detach(table: &ObjectName, of: &PartitionOf) -> String {
    format!("ALTER TABLE {} DETACH PARTITION {}", name(&of.parent), name(table))
}

/// What a partition says of a column that its table says otherwise.
fn said_otherwise(own: &Column, usual: &Column) -> Option<String> {
    let mut sql = ident(&own.name);
    if usual.nullable && !own.nullable {
        sql += " NOT NULL";
    }
    if own.default != usual.default {
        let default = own.default.as_ref().map_or("NULL", |default| default.as_str());
        sql += &format!(" DEFAULT {default}");
    }
    (sql.len() > ident(&own.name).len()).then_some(sql)
}

fn unlogged(table: &Table) -> &'static str {
    if table.options.unlogged { "UNLOGGED " } else { "" }
}

/// Columns, keys, checks and exclusions, in parentheses; nothing if there are none.
fn body(columns: impl Iterator<Item = String>, table: &Table) -> Option<String> {
    let key = table.primary_key.iter().map(|key| constraint(key.name.as_deref(), &primary_key(key)));
    let uniques = table.unique_constraints.iter().map(|one| constraint(one.name.as_deref(), &unique(one)));
    let checks = table.checks.iter().map(|one| constraint(one.name.as_deref(), &check(one)));
    let exclusions = table.exclusions.iter().map(|one| constraint(Some(&one.name), exclusion(one)));
    let lines: Vec<_> = columns.chain(key).chain(uniques).chain(checks).chain(exclusions).collect();
    (!lines.is_empty()).then(|| format!("(\n  {}\n)", lines.join(",\n  ")))
}

/// What follows the columns of a table.
fn ending(table: &Table, tablespace: Option<&str>) -> String {
    let by = table.partition_by.iter().map(|by| format!(" PARTITION BY {by}")).collect::<String>();
    let storage = match table.options.storage.is_empty() {
        true => String::new(),
        false => format!(" WITH ({})", storage(&table.options.storage)),
    };
    let tablespace = tablespace.map(|space| format!(" TABLESPACE {}", ident(space)));
    format!("{by}{storage}{}", tablespace.unwrap_or_default())
}

/// Writes the definition of a column, as CREATE TABLE and ADD COLUMN take it.
pub(in super::super) fn column(table: &ObjectName, column: &Column) -> String {
    let mut sql = format!("{} {}", ident(&column.name), column_type(column));
    if let Some(collation) = &column.collation {
        sql += &format!(" COLLATE {collation}");
    }
    if !column.nullable {
        sql += " NOT NULL";
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { " STORED" } else { " VIRTUAL" };
        sql += &format!(" GENERATED ALWAYS AS {}{kind}", parenthesised(generated.expression.as_str()));
    } else if let Some(of) = &column.identity {
        sql += &format!(" {}", identity(table, column, of));
    } else if let Some(default) = column.default.as_ref().filter(|_| !column.auto_increment) {
        sql += &format!(" DEFAULT {default}");
    }
    sql
}

/// The type; for a column that is so, the serial form of it.
fn column_type(column: &Column) -> &str {
    match TypeName::parse(&column.sql_type).name.as_str() {
        "smallint" if column.auto_increment => "smallserial",
        "integer" if column.auto_increment => "serial",
        "bigint" if column.auto_increment => "bigserial",
        _ => &column.sql_type,
    }
}

/// Writes `GENERATED ... AS IDENTITY`, with what differs from the server's own
/// choice.
pub(in super::super) fn identity(table: &ObjectName, column: &Column, identity: &Identity) -> String {
    let always = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    let usual = serial_sequence(table, &column.name, &column.sql_type);
    let mut options = Vec::new();
    if usual.as_ref().is_none_or(|usual| usual.name != identity.sequence.name) {
        options.push(format!("SEQUENCE NAME {}", name(&identity.sequence.name)));
    }
    options.extend(sequence_options(&Sequence {
        sql_type: column.sql_type.clone(),
        ..identity.sequence.clone()
    }));
    match options.is_empty() {
        true => format!("GENERATED {always} AS IDENTITY"),
        false => format!("GENERATED {always} AS IDENTITY ({})", options.join(" ")),
    }
}

/// Writes storage parameters, without parentheses.
pub(in super::super) fn storage(parameters: &Parameters) -> String {
    let write = |(key, value): (&str, &str)| format!("{} = {}", parameter(key), literal(value));
    parameters.iter().map(write).collect::<Vec<_>>().join(", ")
}

/// Writes the name of a storage parameter, such as `toast.autovacuum_enabled`.
pub(in super::super) fn parameter(key: &str) -> String {
    key.split('.').map(ident).collect::<Vec<_>>().join(".")
}
