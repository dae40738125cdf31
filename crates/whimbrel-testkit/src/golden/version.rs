//! Which cases the server at hand can run.

use std::collections::BTreeSet;
use std::io::Write;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::sql::{DdlKind, DdlVerb, split};

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
/// too new for it, or want an extension that it does not have, is told.
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
    match dialect {
        Dialect::Sqlite => known,
        Dialect::Postgres => with_their_extensions(known),
    }
}

/// Those of the cases whose extensions the server at hand has.
fn with_their_extensions(cases: Vec<Case>) -> Vec<Case> {
    let there = Cluster::shared().psql("postgres", "SELECT name FROM pg_available_extensions");
    let there: BTreeSet<&str> = there.lines().collect();
    let is_there = |case: &Case| extensions(case).iter().all(|name| there.contains(name.as_str()));
    let (able, others): (Vec<_>, Vec<_>) = cases.into_iter().partition(is_there);
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(Case::name).collect();
        tell(&format!("skipped, the server lacks their extensions: {}", names.join(", ")));
    }
    able
}

/// The extensions that a case has on either side.
fn extensions(case: &Case) -> Vec<String> {
    let dialect = Dialect::Postgres;
    let sources = case.sources(dialect).map_or_else(Vec::new, |pair| vec![pair.from, pair.to]);
    let statements = sources.into_iter().flat_map(|source| split(source, dialect.lexicon()));
    let created = statements.filter_map(|statement| {
        let ddl = statement.class.ddl(DdlVerb::Create, DdlKind::Extension)?;
        ddl.name.as_ref().map(|name| name.name.clone())
    });
    created.collect()
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
