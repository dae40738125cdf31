//! Timing, and the table of results.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

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
    median((0..runs).map(|_| once(&mut work)).collect())
}

/// The medians of the times that two kinds of work take, which take turns, so that
/// whatever the machine does meanwhile is done to both. The first turn does not count.
pub(crate) fn medians_in_turn(
    runs: usize,
    mut one: impl FnMut() -> f64,
    mut other: impl FnMut() -> f64,
) -> (f64, f64) {
    let turns = (0..=runs).map(|_| (one(), other())).skip(1);
    let (ones, others): (Vec<_>, Vec<_>) = turns.unzip();
    (median(ones), median(others))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The time of one run, in milliseconds.
pub(crate) fn once(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

/// Where the binary keeps what it found out: nothing of an earlier bench is there.
fn cache() -> PathBuf {
    std::env::temp_dir().join(format!("whimbrel-bench-{}", std::process::id()))
}

/// Empties the cache.
pub(crate) fn forget() {
    // It need not be there.
    let _ = std::fs::remove_dir_all(cache());
}

/// A program whose output is thrown away.
fn command(program: &OsStr, arguments: &[&OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("XDG_CACHE_HOME", cache());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs a program to its end.
pub(crate) fn run(program: impl AsRef<OsStr>, arguments: &[&OsStr]) {
    let program = program.as_ref();
    let status = command(program, arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "`{}` failed", program.display());
}

/// Runs a program to its end, and returns the most memory that it has had, in
/// MiB; `None` where the system does not tell.
pub(crate) fn peak_of(program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Option<f64> {
    let mut child = command(program.as_ref(), arguments).spawn().expect("the program is there");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().expect("it is our child").is_none() {
        // The mark only rises: what is read last before the end counts.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = mark.and_then(|mark| mark.parse::<f64>().ok()).or(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    peak.map(|kibibytes| kibibytes / 1024.0)
}

/// Says whether a program is installed.
pub(crate) fn installed(program: &str) -> bool {
    command(program.as_ref(), &["--version".as_ref()]).status().is_ok_and(|status| status.success())
}
