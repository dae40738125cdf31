//! The marks of a temporary database, and the sweep of those that a killed
//! process left behind.

use super::PREFIX;
use crate::connection::{Connection, Row};

/// What the comment on a temporary database begins with; the second in which it
/// was made follows.
const MARKER: &str = "whimbrel scratch database, may be dropped; made at epoch ";

/// How old a left-over must be, in seconds.
const AGE: i64 = 3600;

/// The comment that marks a database made now.
pub(super) fn marker(now: i64) -> String {
    format!("{MARKER}{now}")
}

/// Lists the databases with the prefix and the marker that nobody is connected
/// to and that we may drop, each with its comment.
pub(super) fn candidates() -> String {
    format!(
        "SELECT d.datname, c.description FROM pg_database d JOIN pg_shdescription c \
         ON c.objoid = d.oid AND c.classoid = 'pg_database'::regclass \
         WHERE starts_with(d.datname, '{PREFIX}') AND starts_with(c.description, '{MARKER}') \
         AND pg_has_role(d.datdba, 'USAGE') \
         AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid) ORDER BY d.datname"
    )
}

/// Drops the candidates that are old enough. What cannot be dropped now waits
/// for the next sweep.
pub(super) async fn sweep(connection: &mut dyn Connection, candidates: &[Row], now: i64) {
    for row in candidates {
        let made = row
            .text(1)
            .and_then(|comment| comment.strip_prefix(MARKER))
            .and_then(|at| at.parse::<i64>().ok());
        if let (Some(name), true) = (row.text(0), made.is_some_and(|made| now - made > AGE)) {
            let name = connection.server().dialect.quote_ident(name);
            // Without FORCE: whoever has connected since keeps it.
            let _ = connection.execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
        }
    }
}
