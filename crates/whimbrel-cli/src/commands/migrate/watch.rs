//! Shows how a run of migrations is getting on: a line for each that is
//! committed, and a bar where there are many or one takes long.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::ProgressBar;
use whimbrel::core::history::Entry;
use whimbrel::db::apply::{ApplyObserver, Job};

use crate::context::Context;
use crate::progress::progress_bar;
use crate::render::json;

/// From this number on a terminal shows a bar and no lines.
const MANY: usize = 20;

/// The observer of the command line.
pub(super) struct Watch<'a> {
    cx: &'a Context,
    /// What is said of a migration that is done.
    done: &'static str,
    total: usize,
    bar: Option<ProgressBar>,
    times: BTreeMap<String, Duration>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(cx: &'a Context, done: &'static str) -> Self {
        Self { cx, done, total: 0, bar: None, times: BTreeMap::new() }
    }

    /// Takes the bar away.
    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// A migration as JSON has it, with its time.
    pub(super) fn migration(&self, entry: &Entry) -> json::Migration {
        let time = self.times.get(&entry.name);
        let milliseconds = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        json::Migration { milliseconds, ..json::Migration::entry(entry) }
    }
}

impl ApplyObserver for Watch<'_> {
    fn began(&mut self, total: usize) {
        self.end();
        self.total = total;
        if total > 0 {
            self.bar = Some(progress_bar(self.cx, total));
        }
    }

    fn started(&mut self, index: usize, _: usize, job: &Job) {
        if let Some(bar) = &self.bar {
            bar.set_position(index as u64);
            bar.set_message(job.label().to_owned());
        }
    }

    fn statements(&mut self, _: usize, _: usize) {}

    fn said(&mut self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.cx.say(line)),
            None => self.cx.say(line),
        }
    }

    fn applied(&mut self, job: &Job, elapsed: Duration) {
        self.times.insert(job.name.clone(), elapsed);
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        let is_crowded = self.total >= MANY && self.cx.term.stderr;
        if !is_crowded || self.cx.global.verbose {
            let line = format!("{} {} ({})", self.done, job.label(), short(elapsed));
            match &self.bar {
                Some(bar) => bar.suspend(|| self.cx.say(line)),
                None => self.cx.say(line),
            }
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// `3 ms`, `1.2 s`, `4 min 5 s`.
pub(super) fn short(time: Duration) -> String {
    let seconds = time.as_secs();
    match (time.as_millis(), seconds) {
        (0, _) => "under 1 ms".to_owned(),
        (millis, 0) => format!("{millis} ms"),
        (_, 1..60) => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        let cases = [(0, "under 1 ms"), (3, "3 ms"), (1_240, "1.2 s"), (245_000, "4 min 5 s")];
        for (millis, expected) in cases {
            assert_eq!(short(Duration::from_millis(millis)), expected);
        }
    }
}
