//! The golden cases, pushed: through the library's own door, with the proof
//! that it demands of every plan.

use std::fmt::Write;
use std::sync::Mutex;

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

#[test]
fn every_case_is_pushed_on_postgres() {
    push_all(Dialect::Postgres);
}

/// How many cases are pushed at a time: most of it is waiting for the engine.
const AT_A_TIME: usize = 4;

#[track_caller]
fn push_all(dialect: Dialect) {
    let filter = std::env::var("WHIMBREL_GOLDEN").unwrap_or_default();
    let mut cases = cases();
    cases.retain(|case| case.engines().contains(&dialect) && case.name().contains(&filter));
    let (cases, failures) = (Mutex::new(cases), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let next = || cases.lock().unwrap().pop();
                while let Some(case) = next() {
                    if let Err(what) = block_on(push_case(&case, dialect)) {
                        let failure = format!("\n=== {}\n{}", case.name(), what.trim_end());
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
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

    let source = Source::sql("to.sql", sources.to);
    let builder = Migrator::builder(database.url()).map_err(tell)?.source(source);
    let mut migrator = builder.connect().await.map_err(tell)?;
    let first = push(&mut migrator, &answers).await?;
    if let Proof::Unproved { reason } = &first.proof {
        return Err(format!("the plan is unproved: {reason}"));
    }
    let second = push(&mut migrator, &Answers::default()).await?;
    migrator.close().await.map_err(tell)?;
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

async fn push(migrator: &mut Migrator, answers: &Answers) -> Result<PushReport, String> {
    let mut resolver = predefined();
    resolver.no_other_renames = true;
    resolver.accept_data_loss = true;
    resolver.enum_values = answers.mappings.clone();
    let renames = Renames { renamed: answers.renamed.clone(), ..Renames::default() };
    migrator.push().renames(renames).resolver(resolver).await.map_err(tell)
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
