//! PostgreSQL: the run that finds nothing to do.

use std::ffi::OsStr;
use std::path::Path;

use crate::measure::{Report, forget, median_of, once, peak_of, run};
use crate::tables;
use whimbrel_testkit::cluster::{Cluster, programs};

pub(crate) fn measure(report: &mut Report, binary: &Path, folder: &Path) {
    const NAME: &str = "in sync, PostgreSQL";
    if !report.wants(NAME) {
        return;
    }
    if let Err(reason) = programs::find() {
        return report.skip(NAME, &reason);
    }
    for count in [1_000, 5_000] {
        in_sync(report, binary, folder, count);
    }
}

fn in_sync(report: &mut Report, binary: &Path, folder: &Path, count: usize) {
    let cluster = Cluster::shared();
    let database = cluster.database();
    let url = database.url();
    let source = folder.join(format!("postgres-{count}.sql"));
    std::fs::write(&source, tables(count)).expect("the temporary folder can be written");
    let program = |name: &str| cluster.programs().join(name);
    let url_of = OsStr::new(&url);
    let load = once(|| {
        run(
            program("psql"),
            &["-q", "-v", "ON_ERROR_STOP=1", "-f"]
                .map(OsStr::new)
                .into_iter()
                .chain([source.as_os_str(), url_of])
                .collect::<Vec<_>>(),
        );
    });
    forget();
    let arguments = push(&url, &source);
    let cold = once(|| run(binary, &arguments));
    let found = median_of(5, || run(binary, &arguments));
    let floor = median_of(5, || run(program("pg_dump"), &["-s".as_ref(), url_of]));
    let name = format!("in sync, PostgreSQL, {count} tables");
    report.within(&name, "ms", found, floor, "`pg_dump -s`", 0.5 * floor);
    let name = format!("in sync, PostgreSQL, {count} tables, cache cold");
    report.within(&name, "ms", cold, load, "`psql -f`", 1.3 * load + found);
    memory(report, binary, &url, &source, count);
}

fn push<'a>(url: &'a str, source: &'a Path) -> Vec<&'a OsStr> {
    let arguments = ["push", "--dry-run", "--url", url, "--schema"].map(OsStr::new).into_iter();
    arguments.chain([source.as_os_str()]).collect()
}

/// The most memory that a run in sync takes: where nothing is known, and where
/// the source is, but not that this database is in sync with it.
fn memory(report: &mut Report, binary: &Path, url: &str, source: &Path, count: usize) {
    forget();
    let cold = peak_of(binary, &push(url, source));
    // By another name it is another database.
    let known = peak_of(binary, &push(&url.replace("127.0.0.1", "localhost"), source));
    let name = format!("in sync, PostgreSQL, {count} tables, memory");
    match (cold, known) {
        (Some(cold), Some(known)) => report.below(&name, "MiB", cold.max(known), 200.0),
        _ => report.skip(&name, "the system does not tell"),
    }
}
