//! Which cases the server at hand can run.

use std::io::Write;

use whimbrel_core::dialect::Dialect;

use super::{Case, cases};
use crate::cluster::Cluster;

/// The major version of PostgreSQL in whose spelling the cases are stored, but
/// for those that need a newer one.
pub const SPELLED_BY: u32 = 15;

/// Reads the cases that were asked for: those whose name contains what
/// `WHIMBREL_GOLDEN` holds.
pub fn chosen() -> Vec<Case> {
    let filter = std::env::var("WHIMBREL_GOLDEN").unwrap_or_default();
    cases().into_iter().filter(|case| case.name().contains(&filter)).collect()
}

/// Those of the [`chosen`] cases that the engine at hand can run. Which ones are
/// too new for it is told.
///
/// # Panics
///
/// If there is no engine.
pub fn runnable(dialect: Dialect) -> Vec<Case> {
    let version = server_version(dialect);
    let (known, too_new): (Vec<_>, Vec<_>) = chosen()
        .into_iter()
        .filter(|case| case.engines().contains(&dialect))
        .partition(|case| version.is_none_or(|version| case.since(dialect) <= version));
    if let Some(version) = version.filter(|_| !too_new.is_empty()) {
        let names: Vec<String> = too_new.iter().map(Case::name).collect();
        tell(&format!("skipped, too new for {dialect} {version}: {}", names.join(", ")));
    }
    known
}

/// The major version of the server at hand, `None` for an engine that comes with
/// the program.
///
/// # Panics
///
/// If there is no server.
pub fn server_version(dialect: Dialect) -> Option<u32> {
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(Cluster::shared().major()),
    }
}

/// Says something that is seen although the test passes: what is printed by a
/// macro is not.
fn tell(line: &str) {
    // Whoever closed the stream does not want to hear it.
    let _ = writeln!(std::io::stderr(), "{line}");
}
