//! Watches a push: shows the plan, has it confirmed, and shows progress on work
//! that takes longer than a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::ProgressBar;
use whimbrel::core::plan::Step;
use whimbrel::{PushObserver, PushPlan};

use crate::args::PushArgs;
use crate::context::Context;
use crate::progress::{PATIENCE, progress_bar};
use crate::prompt::{Left, Prompter, TerminalPrompter};
use crate::render::{left_alone, plan};

/// The observer of the command line.
pub(crate) struct Watcher<'a> {
    cx: &'a Context,
    prompter: Option<TerminalPrompter>,
    question: &'static str,
    left: Arc<AtomicBool>,
    progress: Option<ProgressBar>,
}

impl<'a> Watcher<'a> {
    /// `left` becomes true when the person leaves the prompt.
    pub(crate) fn new(cx: &'a Context, args: &PushArgs, left: Arc<AtomicBool>) -> Self {
        let question = match args.force_reset {
            true => "drop everything that is there, then apply this?",
            false => "apply this?",
        };
        let prompter = cx.confirming();
        Self { cx, prompter, question, left, progress: None }
    }
}

impl PushObserver for Watcher<'_> {
    fn planned(&mut self, plan: &PushPlan) {
        for note in &plan.notes {
            self.cx.say(format_args!("note: {note}"));
        }
        match left_alone(&plan.left_alone) {
            Some(line) if plan.changes.is_empty() => self.cx.detail(line),
            Some(line) => self.cx.say(line),
            None => {}
        }
        if !plan.changes.is_empty() {
            self.cx.say(plan::text(&self.cx.term, &plan.changes, &plan.plan, &plan.proof));
        }
    }

    fn confirm(&mut self, _: &PushPlan) -> bool {
        let Some(prompter) = &mut self.prompter else { return true };
        prompter.confirm(self.question).unwrap_or_else(|Left| {
            self.left.store(true, Ordering::Relaxed);
            false
        })
    }

    fn step_started(&mut self, index: usize, total: usize, step: &Step) {
        if self.progress.is_none() {
            self.progress = Some(progress_bar(self.cx, total));
        }
        if let Some(bar) = &self.progress {
            bar.set_position(index as u64);
            bar.set_message(first_line(&step.sql));
        }
        self.cx.detail(format_args!("{};", step.sql));
    }

    fn step_finished(&mut self, elapsed: Duration) {
        if let Some(bar) = &self.progress {
            bar.inc(1);
        }
        if elapsed >= PATIENCE {
            self.cx.detail(format_args!("-- {:.1} s", elapsed.as_secs_f64()));
        }
    }

    fn replanning(&mut self) {
        self.progress = None;
        self.cx.say("the schema of the database changed meanwhile: planning anew");
    }
}

impl Drop for Watcher<'_> {
    fn drop(&mut self) {
        if let Some(bar) = self.progress.take() {
            bar.finish_and_clear();
        }
    }
}

fn first_line(sql: &str) -> String {
    sql.lines().next().unwrap_or_default().to_owned()
}
