//! What `cargo xtask bench` runs: every number beside a floor that was measured
//! in the same run, and beside its bound.
//!
//! Whole programs are timed from start to end, as a user meets them; the median
//! of several runs counts. A program that is not installed is said so, and what
//! needs it is left out.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

mod measure;
mod migrate;
mod postgres;
mod sqlite;

use std::path::PathBuf;
use std::process::ExitCode;

use measure::{Report, median_of, run};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::schema::{Column, Index, KeyPart, Schema, Table};

fn main() -> ExitCode {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut report = Report::new(&filter);
    let binary = binary();
    migrate::measure(&mut report, &binary, folder.path());
    start_up(&mut report, &binary);
    size(&mut report, &binary);
    pure_diff(&mut report);
    sqlite::measure(&mut report, &binary, folder.path());
    postgres::measure(&mut report, &binary, folder.path());
    measure::forget();
    report.finish()
}

/// The release binary, which lies beside the folder of this program.
fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("the path of this program");
    here.ancestors().nth(2).expect("the folder of the release build").join("whimbrel")
}

fn start_up(report: &mut Report, binary: &std::path::Path) {
    if report.wants("start-up") {
        let floor = median_of(21, || run("true", &[]));
        let found = median_of(21, || run(binary, &["--version".as_ref()]));
        report.within("start-up", "ms", found, floor, "`true`", floor + 5.0);
    }
}

fn size(report: &mut Report, binary: &std::path::Path) {
    if report.wants("size") {
        let bytes = binary.metadata().expect("the release binary").len();
        report.below("size of the binary", "MiB", bytes as f64 / f64::from(1 << 20), 15.0);
    }
}

/// Two schemas of 5,000 tables that differ in 1 %.
fn pure_diff(report: &mut Report) {
    if report.wants("pure diff") {
        let (from, mut to) = (schema(5_000), schema(5_000));
        for table in to.tables.iter_mut().step_by(100) {
            table.columns.push(Column::new("added", "TEXT"));
        }
        let found = median_of(9, || {
            let changes = diff(Dialect::Sqlite, Pair::new(&from, &to), &Renames::default()).changes;
            assert_eq!(changes.len(), 50);
        });
        report.below("pure diff of 5,000 tables", "ms", found, 60.0);
    }
}

fn schema(tables: usize) -> Schema {
    let table = |number: usize| Table {
        columns: (0..20).map(|column| Column::new(format!("column_{column}"), "INTEGER")).collect(),
        indexes: (0..3).map(|index| self::index(number, index)).collect(),
        ..Table::new(format!("table_{number}"))
    };
    Schema { tables: (0..tables).map(table).collect(), ..Schema::default() }
}

fn index(table: usize, index: usize) -> Index {
    let columns = vec![KeyPart::column(format!("column_{index}"))];
    Index { name: format!("table_{table}_{index}"), columns, ..Index::default() }
}

/// The SQL of that many tables of 20 columns, with 3 indexes each.
fn tables(count: usize) -> String {
    let columns: String = (1..20).map(|column| format!(", column_{column} integer")).collect();
    let table = |number| {
        let indexes = (1..4).map(|column| {
            format!("CREATE INDEX table_{number}_{column} ON table_{number} (column_{column});\n")
        });
        let create = format!("CREATE TABLE table_{number} (id integer PRIMARY KEY{columns});\n");
        std::iter::once(create).chain(indexes).collect::<String>()
    };
    (0..count).map(table).collect()
}
