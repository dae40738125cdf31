//! SQLite: the run that finds nothing to do, and a large rebuild.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::measure::{Report, installed, median_of, once, run};
use crate::tables;

pub(crate) fn measure(report: &mut Report, binary: &Path, folder: &Path) {
    if !installed("sqlite3") {
        return report.skip("SQLite", "the program sqlite3 is not installed");
    }
    if report.wants("in sync, SQLite") {
        in_sync(report, binary, folder);
    }
    if report.wants("rebuild of 1,000,000 rows") {
        rebuild(report, binary, folder);
    }
}

fn in_sync(report: &mut Report, binary: &Path, folder: &Path) {
    let (found, floor) = dry_run(binary, folder, 1_000);
    report.within(
        "in sync, SQLite, 1,000 tables",
        "ms",
        found,
        floor,
        "`sqlite3 .schema`",
        2.0 * floor + 50.0,
    );
    let (small, _) = dry_run(binary, folder, 300);
    let (large, _) = dry_run(binary, folder, 3_000);
    report.within("in sync, SQLite, 3,000 tables", "ms", large, small, "300 tables", 11.0 * small);
}

/// The time of a dry run with the cache warm, and of the shell's `.schema`.
fn dry_run(binary: &Path, folder: &Path, count: usize) -> (f64, f64) {
    let database = folder.join(format!("{count}.db"));
    let source = folder.join(format!("{count}.sql"));
    std::fs::write(&source, tables(count)).expect("the temporary folder can be written");
    shell(&database, &format!("BEGIN;\n{}COMMIT;\n", tables(count)));
    let found = median_of(7, || push(binary, &database, &source, "--dry-run"));
    let floor = median_of(7, || run("sqlite3", &[database.as_os_str(), OsStr::new(".schema")]));
    (found, floor)
}

fn rebuild(report: &mut Report, binary: &Path, folder: &Path) {
    const TABLE: &str = "id INTEGER PRIMARY KEY, a INTEGER, b TEXT, c TEXT";
    const INDEXES: &str = "CREATE INDEX big_a ON big (a); CREATE INDEX big_b ON big (b);";
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
        INSERT INTO big SELECT i, i * 7919 % 1000003, 'text ' || (i * 31 % 99991), 'filler ' || i FROM n;";
    let original = folder.join("big.db");
    shell(&original, &format!("CREATE TABLE big ({TABLE}); {INDEXES} {rows}"));
    let desired = folder.join("big.sql");
    let schema = format!("CREATE TABLE big ({TABLE} CHECK (length(c) < 100)); {INDEXES}");
    std::fs::write(&desired, schema).expect("the temporary folder can be written");
    let bare = format!(
        "BEGIN; CREATE TABLE new ({TABLE} CHECK (length(c) < 100)); INSERT INTO new SELECT * FROM big;
         DROP TABLE big; ALTER TABLE new RENAME TO big; {INDEXES} COMMIT;"
    );
    let floor = fastest(folder, &original, |copy| shell(copy, &bare));
    let found = fastest(folder, &original, |copy| push(binary, copy, &desired, "--yes"));
    report.within("rebuild of 1,000,000 rows", "ms", found, floor, "the bare statements", 1.3 * floor);
}

/// The least time of three runs, each on a copy of its own.
fn fastest(folder: &Path, original: &Path, work: impl Fn(&Path)) -> f64 {
    let copy: PathBuf = folder.join("copy.db");
    let times = (0..3).map(|_| {
        std::fs::copy(original, &copy).expect("the temporary folder can be written");
        once(|| work(&copy))
    });
    times.fold(f64::INFINITY, f64::min)
}

/// Runs a script, by way of a file: it may be too long for an argument.
fn shell(database: &Path, script: &str) {
    let file = database.with_extension("script");
    std::fs::write(&file, script).expect("the temporary folder can be written");
    let read = format!(".read '{}'", file.display());
    run("sqlite3", &[database.as_os_str(), OsStr::new(&read)]);
}

fn push(binary: &Path, database: &Path, source: &Path, flag: &str) {
    let arguments = ["push", "--url", "--schema"].map(OsStr::new);
    run(
        binary,
        &[arguments[0], arguments[1], database.as_os_str(), arguments[2], source.as_os_str(), flag.as_ref()],
    );
}
