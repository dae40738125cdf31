//! The half of a case that bless writes.

use std::collections::BTreeMap;
use std::fmt::Write;

use whimbrel_core::describe::{describe, loss, rename_question};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::plan::{Batch, ForeignKeys, Plan, PlanError, plan};

use super::{Case, Settled, Stored, answers, engine_word, settle};

/// What one engine makes of a case.
struct Half {
    changes: String,
    questions: String,
    plan: String,
    hazards: String,
}

/// Computes the second half of a case from what the engines read.
pub fn expected(case: &Case, stored: &BTreeMap<&str, Stored>) -> String {
    let of = |dialect| Some((dialect, half(case, dialect, stored.get(engine_word(dialect))?)));
    let halves: Vec<(Dialect, Half)> = case.engines().into_iter().filter_map(of).collect();
    let mut out = String::new();
    section(&mut out, "changes", &halves, |half| &half.changes, true);
    section(&mut out, "questions", &halves, |half| &half.questions, false);
    for (dialect, half) in &halves {
        let _ = write!(out, "-- {} --\n{}", engine_word(*dialect), half.plan);
    }
    section(&mut out, "hazards", &halves, |half| &half.hazards, false);
    out
}

/// Writes a section once where all engines agree, else once an engine.
fn section(
    out: &mut String,
    name: &str,
    halves: &[(Dialect, Half)],
    of: impl Fn(&Half) -> &String,
    always: bool,
) {
    let first = halves.first().map_or("", |(_, half)| of(half));
    if halves.iter().all(|(_, half)| of(half) == first) {
        if always || !first.is_empty() {
            let _ = write!(out, "-- {name} --\n{first}");
        }
        return;
    }
    for (dialect, half) in halves {
        let _ = write!(out, "-- {name} {} --\n{}", engine_word(*dialect), of(half));
    }
}

fn half(case: &Case, dialect: Dialect, stored: &Stored) -> Half {
    let settled = settle(dialect, stored.pair(), &answers(case.answers(dialect)));
    let plan = plan(dialect, stored.pair(), &settled.changes);
    Half {
        changes: describe(&settled.changes).iter().map(ToString::to_string).collect(),
        questions: questions(&settled),
        hazards: plan.as_ref().map(hazards).unwrap_or_default(),
        plan: match &plan {
            Ok(plan) => show_plan(plan),
            Err(error) => show_error(error),
        },
    }
}

fn questions(settled: &Settled) -> String {
    let problems = settled.problems.iter().map(ToString::to_string);
    let renames = settled.rename_questions.iter().map(rename_question);
    let losses = settled.losses.iter().map(loss);
    problems.chain(renames).chain(losses).map(|line| line + "\n").collect()
}

/// Every hazard once, in the order of the steps.
fn hazards(plan: &Plan) -> String {
    let mut lines: Vec<String> = Vec::new();
    for hazard in plan.steps().flat_map(|step| &step.hazards) {
        let line = format!("{hazard}\n");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.concat()
}

/// The statements of a plan, with comments that say what is known of batches.
fn show_plan(plan: &Plan) -> String {
    let mut out = String::new();
    for batch in &plan.batches {
        if let Some(line) = batch_line(batch, plan.batches.len()) {
            let _ = writeln!(out, "-- {line}");
        }
        for step in &batch.steps {
            if let Some(query) = &step.expect_rows {
                let _ = writeln!(out, "-- as many rows as: {query}");
            }
            let _ = writeln!(out, "{};", step.sql);
        }
    }
    out
}

/// Says of a batch what is not a matter of course.
fn batch_line(batch: &Batch, batches: usize) -> Option<String> {
    let transaction = match (batch.transaction, batches) {
        (false, _) => Some("no transaction".to_owned()),
        (true, 1) => None,
        (true, _) => Some("transaction".to_owned()),
    };
    let foreign_keys = match &batch.foreign_keys {
        ForeignKeys::AsIs => None,
        ForeignKeys::Suspended { check } => {
            let tables: Vec<_> = check.iter().map(ToString::to_string).collect();
            let checked = if tables.is_empty() { "" } else { ", then checked: " };
            Some(format!("foreign keys suspended{checked}{}", tables.join(", ")))
        }
    };
    let parts: Vec<_> = transaction.into_iter().chain(foreign_keys).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn show_error(error: &PlanError) -> String {
    use whimbrel_core::plan::PlanError::{Cycle, Unsupported};
    let help = match error {
        Unsupported { help, .. } => format!("help: {help}\n"),
        Cycle { .. } => String::new(),
    };
    format!("error: {error}\n{help}")
}
