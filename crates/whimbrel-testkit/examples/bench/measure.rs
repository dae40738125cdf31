//! Timing, and the table of results.

use std::ffi::OsStr;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Gathers measurements and prints them as they come.
pub(crate) struct Report {
    filter: String,
    broken: Vec<String>,
}

impl Report {
    pub(crate) fn new(filter: &str) -> Self {
        println!("{:<46}{:>12}{:>12}{:>9}{:>12}", "what", "found", "floor", "ratio", "bound");
        Self { filter: filter.to_owned(), broken: Vec::new() }
    }

    /// Says whether the filter lets a measurement through.
    pub(crate) fn wants(&self, name: &str) -> bool {
        name.contains(&self.filter)
    }

    /// Says why something is not measured.
    pub(crate) fn skip(&self, name: &str, reason: &str) {
        println!("{name:<46}not measured: {reason}");
    }

    /// A number with a floor from the same run; `bound` is in the same unit.
    pub(crate) fn within(&mut self, name: &str, unit: &str, found: f64, floor: f64, of: &str, bound: f64) {
        let ratio = format!("{:.2}x", found / floor);
        println!(
            "{name:<46}{found:>9.1} {unit}{floor:>9.1} {unit}{ratio:>9}{bound:>9.1} {unit}  floor: {of}"
        );
        self.judge(name, found, bound);
    }

    /// A number with a bound alone.
    pub(crate) fn below(&mut self, name: &str, unit: &str, found: f64, bound: f64) {
        println!("{name:<46}{found:>8.1} {unit:<3}{:>12}{:>9}{bound:>8.1} {unit:<3}", "", "");
        self.judge(name, found, bound);
    }

    fn judge(&mut self, name: &str, found: f64, bound: f64) {
        if found > bound {
            self.broken.push(name.to_owned());
        }
    }

    /// Ends the run: failure if a bound is broken.
    pub(crate) fn finish(self) -> ExitCode {
        if self.broken.is_empty() {
            return ExitCode::SUCCESS;
        }
        println!("\nover the bound: {}", self.broken.join(", "));
        ExitCode::FAILURE
    }
}

/// The median time of `runs` runs, in milliseconds; one more run goes first and
/// does not count.
pub(crate) fn median_of(runs: usize, mut work: impl FnMut()) -> f64 {
    work();
    let mut times: Vec<f64> = (0..runs).map(|_| once(&mut work)).collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}

/// The time of one run, in milliseconds.
pub(crate) fn once(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

/// Runs a program to its end, its output thrown away.
pub(crate) fn run(program: impl AsRef<OsStr>, arguments: &[&OsStr]) {
    let program = program.as_ref();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status();
    assert!(status.is_ok_and(|status| status.success()), "`{}` failed", program.display());
}

/// Says whether a program is installed.
pub(crate) fn installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
