//! Tables and columns.

use super::{check, constraint, exclusion, parenthesised, primary_key, sequence_options, unique};
use crate::dialect::postgres::rules::{ident, literal, name, serial_sequence};
use crate::dialect::postgres::types::TypeName;
use crate::name::ObjectName;
use crate::schema::{Column, Identity, Parameters, Sequence, Table};

/// Writes the CREATE TABLE of a table, with its keys, checks and exclusions;
/// its indexes and foreign keys are statements of their own.
pub(in super::super) fn create_table(table: &Table) -> String {
    let columns = table.columns.iter().map(|one| column(&table.name, one));
    let key = table.primary_key.iter().map(|key| constraint(key.name.as_deref(), &primary_key(key)));
    let uniques = table.unique_constraints.iter().map(|one| constraint(one.name.as_deref(), &unique(one)));
    let checks = table.checks.iter().map(|one| constraint(one.name.as_deref(), &check(one)));
    let exclusions = table.exclusions.iter().map(|one| constraint(Some(&one.name), exclusion(one)));
    let lines: Vec<_> = columns.chain(key).chain(uniques).chain(checks).chain(exclusions).collect();
    let body = match lines.is_empty() {
        true => "()".to_owned(),
        false => format!("(\n  {}\n)", lines.join(",\n  ")),
    };
    let unlogged = if table.options.unlogged { "UNLOGGED " } else { "" };
    let storage = match table.options.storage.is_empty() {
        true => String::new(),
        false => format!(" WITH ({})", storage(&table.options.storage)),
    };
    let tablespace = table.options.tablespace.iter().map(|space| format!(" TABLESPACE {}", ident(space)));
    format!("CREATE {unlogged}TABLE {} {body}{storage}{}", name(&table.name), tablespace.collect::<String>())
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
