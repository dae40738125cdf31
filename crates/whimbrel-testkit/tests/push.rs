//! The golden cases, pushed: through the library's own door, with the proof
//! that it demands of every plan.

use std::fmt::Write;

use whimbrel::core::dialect::Dialect;
use whimbrel::core::diff::Renames;
use whimbrel::core::plan::{Proof, plan};
use whimbrel::core::resolve::predefined;
use whimbrel::{Migrator, PushReport, Source};
use whimbrel_testkit::database::{Database, block_on};
use whimbrel_testkit::golden::{Answers, Case, Stored, answers, cases, settle};

#[test]
fn every_case_is_pushed_on_sqlite() {
    push_all(Dialect::Sqlite);
}

#[track_caller]
fn push_all(dialect: Dialect) {
    let filter = std::env::var("WHIMBREL_GOLDEN").unwrap_or_default();
    let mut failures = String::new();
    for case in cases() {
        let asked_for = case.engines().contains(&dialect) && case.name().contains(&filter);
        if asked_for && let Err(what) = block_on(push_case(&case, dialect)) {
            let _ = writeln!(failures, "\n=== {}\n{}", case.name(), what.trim_end());
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

async fn push_case(case: &Case, dialect: Dialect) -> Result<(), String> {
    let answers = answers(case.answers(dialect));
    if !can_be_pushed(case, dialect, &answers) {
        return Ok(());
    }
    let sources = case.sources(dialect).ok_or("the case is not for this engine")?;
    let mut database = Database::shared(dialect).await;
    let load = |error| format!("the current side does not load: {error}");
    database.run(sources.from).await.map_err(load)?;
    database.run(case.rows(dialect).unwrap_or_default()).await.map_err(load)?;

    let first = push(&database, sources.to, &answers).await?;
    if let Proof::Unproved { reason } = &first.proof {
        return Err(format!("the plan is unproved: {reason}"));
    }
    let second = push(&database, sources.to, &Answers::default()).await?;
    if second.changes.is_empty() { Ok(()) } else { Err(format!("a second push finds {:#?}", second.changes)) }
}

/// Some cases show a plan that cannot be, or answers that do not fit.
fn can_be_pushed(case: &Case, dialect: Dialect, answers: &Answers) -> bool {
    let Some(stored) = Stored::load(case, dialect) else {
        return false;
    };
    let settled = settle(dialect, stored.pair(), answers);
    settled.problems.is_empty() && plan(dialect, stored.pair(), &settled.changes).is_ok()
}

async fn push(database: &Database, source: &str, answers: &Answers) -> Result<PushReport, String> {
    let mut resolver = predefined();
    resolver.no_other_renames = true;
    resolver.accept_data_loss = true;
    resolver.enum_values = answers.mappings.clone();
    let builder = Migrator::builder(database.url()).map_err(tell)?;
    let mut migrator = builder.source(Source::sql("to.sql", source)).connect().await.map_err(tell)?;
    let renames = Renames { renamed: answers.renamed.clone(), ..Renames::default() };
    let report = migrator.push().renames(renames).resolver(resolver).await.map_err(tell)?;
    migrator.close().await.map_err(tell)?;
    Ok(report)
}

fn tell(error: whimbrel::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    if let whimbrel::Error::Unanswered { questions } = &error {
        let _ = write!(text, "\n{questions:#?}");
    }
    text
}
