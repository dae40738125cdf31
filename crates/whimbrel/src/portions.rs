//! Plans that are too large for one transaction.
//!
//! PostgreSQL keeps a lock for every object that a transaction makes or drops,
//! in a table of fixed size, and refuses what does not fit. A plan that only
//! creates is then run in several transactions: nothing that was there before is
//! touched, and should it be stopped halfway, the next push goes on where it
//! ended. Any other plan stays whole, and is said to be too large.

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::Plan;
use whimbrel_core::schema::{Schema, Table};
use whimbrel_db::{Connection, DbError};

/// How many steps share a transaction where they must not be too many: making a
/// table with a few keys and sequences takes some ten locks, and the smallest
/// servers have room for a thousand.
const PORTION: usize = 100;

/// How many locks the server has room for, and how it would have room for more.
const ROOM: &str = "SELECT s.locks * s.sessions, s.sessions FROM (SELECT \
     current_setting('max_locks_per_transaction')::bigint AS locks, \
     current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint AS sessions) s";

/// Divides a plan that is too large, where it may be divided; returns what is
/// worth knowing of it.
pub(crate) async fn fit(
    connection: &mut dyn Connection,
    pair: Pair<&Schema>,
    changes: &[Change],
    plan: &mut Plan,
) -> Result<Option<String>, DbError> {
    let dialect = connection.server().dialect;
    if !is_bounded(dialect) || plan.steps().count() <= PORTION {
        return Ok(None);
    }
    let rows = connection.query(ROOM).await?;
    let number = |at| rows.first().and_then(|row| row.integer(at)).and_then(|one| u64::try_from(one).ok());
    let (room, sessions) = (number(0).unwrap_or(u64::MAX), number(1).unwrap_or(1).max(1));
    let needed: u64 = changes.iter().map(|change| locks(pair, change)).sum();
    // Other sessions hold locks too.
    if needed <= room / 2 {
        return Ok(None);
    }
    if changes.iter().all(only_creates) {
        *plan = divided(dialect, std::mem::take(plan));
        return Ok(Some(format!(
            "the plan runs in {} transactions, for the server has room for {room} locks; if it is stopped halfway, \
             the next push goes on from there",
            plan.batches.len()
        )));
    }
    let enough = (2 * needed).div_ceil(sessions).next_power_of_two();
    Ok(Some(format!(
        "the plan needs some {needed} locks in one transaction, and the server has room for {room}: if it is refused, nothing \
         is lost; `ALTER SYSTEM SET max_locks_per_transaction = {enough}` and a restart make room"
    )))
}

/// Divides a plan for a database in which nothing can be lost.
pub(crate) fn divided(dialect: Dialect, plan: Plan) -> Plan {
    if is_bounded(dialect) { plan.in_portions(PORTION) } else { plan }
}

/// Says whether a transaction can hold only so many locks.
fn is_bounded(dialect: Dialect) -> bool {
    match dialect {
        Dialect::Postgres => true,
        Dialect::Sqlite => false,
    }
}

/// About how many locks a change holds until the end of its transaction.
fn locks(pair: Pair<&Schema>, change: &Change) -> u64 {
    if let Change::CreateTable { table } = change {
        of_table(table)
    } else if let Change::DropTable { table_name } = change {
        pair.from.table(table_name).map_or(1, of_table)
    } else {
        1
    }
}

/// The table, its overflow table with its index, and whatever stands on it.
fn of_table(table: &Table) -> u64 {
    let keys = table.primary_key.iter().count() + table.unique_constraints.len() + table.exclusions.len();
    let sequences = table.columns.iter().filter(|one| one.auto_increment || one.identity.is_some()).count();
    (3 + table.indexes.len() + keys + sequences) as u64
}

/// Says whether a change leaves alone whatever is there already.
fn only_creates(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateNamespace { .. }
            | Change::CreateExtension { .. }
            | Change::CreateEnum { .. }
            | Change::CreateType { .. }
            | Change::CreateSequence { .. }
            | Change::CreateTable { .. }
            | Change::CreateObject { .. }
    )
}
