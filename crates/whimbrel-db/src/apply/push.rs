//! What goes into a [`Pipe`] for a migration, whichever way it is run.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::Script;
use whimbrel_core::sql::Class;

use super::dropping::{begins_drops, look_before_drops};
use super::pipe::{Failure, Pipe, Place};
use super::{ApplyOptions, Job, Record, Work};
use crate::connection::Connection;
use crate::tracking::TrackingTable;

/// Adds the lock timeout that a script asks for, until the transaction's end.
pub(super) fn push_lock_timeout(pipe: &mut Pipe<'_>, dialect: Dialect, job: &Job) {
    match (dialect, job.work.lock_timeout()) {
        (Dialect::Postgres, Some(limit)) => {
            let limit = limit.as_millis().max(1);
            pipe.push(Place::Settings, format!("SET LOCAL lock_timeout = '{limit}ms'"));
        }
        (Dialect::Postgres, None) | (Dialect::Sqlite, _) => {}
    }
}

/// Adds what puts the session back to what it was, whatever a migration has set or
/// begun in it.
pub(super) fn push_resets(pipe: &mut Pipe<'_>, connection: &dyn Connection, work: &Work) {
    for sql in connection.resets() {
        pipe.push(Place::Settings, sql.as_str());
    }
    push_endings(pipe, connection, work);
}

/// Adds what ends what a migration has begun in the session: a transaction that is
/// rolled back, to be tried again, leaves that, too.
pub(super) fn push_endings(pipe: &mut Pipe<'_>, connection: &dyn Connection, work: &Work) {
    for sql in work.endings(connection.server().dialect) {
        pipe.push(Place::Settings, *sql);
    }
}

/// Adds a statement of a script; where it brings rows, it is sent at once. Before
/// tables are dropped it is looked whether rows of others would go with them; `since`
/// is the first statement of the transaction.
///
/// # Errors
///
/// What was sent before may fail, or the drop is refused.
pub(super) async fn push_statement<'j>(
    pipe: &mut Pipe<'j>,
    connection: &mut dyn Connection,
    options: &ApplyOptions,
    script: &'j Script,
    number: usize,
    since: usize,
) -> Result<(), Failure> {
    let (dialect, statement) = (options.table.dialect(), &script.statements[number]);
    let place = Place::Script(number);
    if dialect == Dialect::Sqlite && !options.accept_data_loss && begins_drops(script, number, since) {
        pipe.flush(connection).await?;
        look_before_drops(connection, script, number).await.map_err(|(number, error)| Failure {
            place: Place::Script(number),
            error,
            is_unknown: false,
        })?;
    }
    match script.copy_data(statement) {
        Some(rows) => pipe.copy(connection, place, script.sql(statement), rows).await?,
        None => pipe.push(place, script.sql(statement)),
    }
    if dialect == Dialect::Postgres && statement.class == Class::Session {
        // Whatever it has set: what we send is in UTF-8.
        pipe.push(Place::Settings, "SET client_encoding = 'UTF8'");
        // The server reads all that comes in one round trip before it runs any of it.
        if script.sql(statement).to_ascii_lowercase().contains("standard_conforming_strings") {
            pipe.flush(connection).await?;
        }
    }
    Ok(())
}

/// Adds what a job does to the tracking table.
pub(super) fn push_record(pipe: &mut Pipe<'_>, table: &TrackingTable, job: &Job) {
    for name in job.record.deleted() {
        pipe.push(Place::Record, table.delete_sql(name));
    }
    match job.record {
        Record::Insert | Record::Swap { .. } => {
            pipe.push(Place::Record, table.insert_sql(&job.name, &job.checksum.to_string()));
        }
        Record::Clear => pipe.push(Place::Record, table.clear_sql()),
        Record::Delete { .. } | Record::Forget { .. } | Record::None => {}
    }
}
