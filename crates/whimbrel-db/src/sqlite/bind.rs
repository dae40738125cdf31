//! Statements with values for their parameters.

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::{Null, ValueRef};

use super::worker::text;
use crate::datum::{self, Datum, Fetched, Room};
use crate::error::DbError;

/// Refuses values that SQLite has no place for.
pub(super) fn check(sql: &str, values: &[Datum]) -> Result<(), DbError> {
    for (number, value) in (1..).zip(values) {
        match value {
            Datum::Json(_) => {
                let hint = Some("give it as text, with `JSON.stringify`");
                return Err(datum::unfit(number, value, "SQLite has no such type", hint, sql));
            }
            // SQLite would make NULL of it.
            Datum::Real(real) if real.is_nan() => {
                let wanted = "NaN is nothing that SQLite can keep";
                return Err(datum::unfit(number, value, wanted, None, sql));
            }
            Datum::Null
            | Datum::Boolean(_)
            | Datum::Small(_)
            | Datum::Integer(_)
            | Datum::Real(_)
            | Datum::Text(_)
            | Datum::Bytes(_) => {}
        }
    }
    Ok(())
}

/// How many parameters the statement has.
pub(super) fn parameters(connection: &rusqlite::Connection, sql: &str) -> rusqlite::Result<usize> {
    let mut batch = rusqlite::Batch::new(connection, sql);
    Ok(batch.next()?.map_or(0, |statement| statement.parameter_count()))
}

/// Runs the one statement in `sql`; `None` if its rows take too much room.
pub(super) fn fetch(
    connection: &rusqlite::Connection,
    sql: &str,
    values: &[Datum],
    mut room: Room,
) -> rusqlite::Result<Option<Fetched>> {
    let mut batch = rusqlite::Batch::new(connection, sql);
    let Some(mut statement) = batch.next()? else { return Ok(Some(Fetched::default())) };
    if batch.next()?.is_some() {
        return Err(rusqlite::Error::MultipleStatement);
    }
    for (number, value) in (1..).zip(values) {
        bind(&mut statement, number, value)?;
    }
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let before = connection.total_changes();
    let mut fetched = Fetched { columns, ..Fetched::default() };
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let values = (0..fetched.columns.len()).map(|index| row.get_ref(index).map(datum));
        let values = values.collect::<rusqlite::Result<Vec<Datum>>>()?;
        if !room.take(&values) {
            return Ok(None);
        }
        fetched.rows.push(values);
    }
    // `changes` keeps its value over statements that change no row.
    let is_same = connection.total_changes() == before;
    fetched.affected = if is_same { 0 } else { connection.changes() };
    Ok(Some(fetched))
}

fn bind(statement: &mut rusqlite::Statement<'_>, number: usize, value: &Datum) -> rusqlite::Result<()> {
    match value {
        Datum::Null => statement.raw_bind_parameter(number, Null),
        Datum::Boolean(value) => statement.raw_bind_parameter(number, value),
        Datum::Small(value) => statement.raw_bind_parameter(number, value),
        Datum::Integer(value) => statement.raw_bind_parameter(number, value),
        Datum::Real(value) => statement.raw_bind_parameter(number, value),
        Datum::Text(value) | Datum::Json(value) => statement.raw_bind_parameter(number, value),
        Datum::Bytes(value) => statement.raw_bind_parameter(number, value),
    }
}

fn datum(value: ValueRef<'_>) -> Datum {
    match value {
        ValueRef::Null => Datum::Null,
        ValueRef::Integer(number) => Datum::Integer(number),
        ValueRef::Real(number) => Datum::Real(number),
        ValueRef::Text(bytes) => Datum::Text(text(bytes)),
        ValueRef::Blob(bytes) => Datum::Bytes(bytes.to_vec()),
    }
}
