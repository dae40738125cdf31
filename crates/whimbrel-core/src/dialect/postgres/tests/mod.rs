//! Whole plans, as text: two schemas in, every statement out.

mod build;
mod columns;

use build::Build;

use crate::dialect::Dialect;
use crate::diff::{Renames, diff};
use crate::pair::Pair;
use crate::plan::plan;
use crate::schema::Schema;

/// Plans the way from one schema to another.
fn planned(from: &Schema, to: &Schema, renames: &Renames) -> String {
    let pair = Pair::new(from, to);
    let changes = diff(Dialect::Postgres, pair, renames).changes;
    let plan = plan(Dialect::Postgres, pair, &changes).expect("the changes can be carried out");
    let batch = |batch: &crate::plan::Batch| {
        batch.steps.iter().map(|step| format!("{};\n", step.sql)).collect::<String>()
    };
    plan.batches.iter().map(batch).collect::<Vec<_>>().join("-- commit\n")
}

/// Checks every statement of a plan. The expected text may be indented.
#[track_caller]
fn check(from: impl Into<Schema>, to: impl Into<Schema>, expected: &str) {
    check_with(from, to, &Renames::default(), expected);
}

#[track_caller]
fn check_with(from: impl Into<Schema>, to: impl Into<Schema>, renames: &Renames, expected: &str) {
    let text = planned(&from.into(), &to.into(), renames);
    let lines = expected.trim_end().lines().skip_while(|line| line.trim().is_empty());
    let margin = expected
        .lines()
        .find(|line| !line.trim().is_empty())
        .map_or(0, |line| line.len() - line.trim_start().len());
    let expected: String =
        lines.map(|line| format!("{}\n", line.get(margin..).unwrap_or_default())).collect();
    assert_eq!(text, expected, "\n--- planned ---\n{text}");
}
