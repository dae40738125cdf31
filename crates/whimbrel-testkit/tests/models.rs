//! A database written as models, and the models pushed back: nothing changes.
//!
//! The schemas are those of the golden cases, and random ones; `WHIMBREL_GOLDEN`
//! names a case, `WHIMBREL_SEED` and `WHIMBREL_CASES` try other random ones.

use std::fmt::Write as _;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use whimbrel::core::dialect::Dialect;
use whimbrel::{Migrator, Source};
use whimbrel_testkit::database::{Database, block_on};
use whimbrel_testkit::generate::model;
use whimbrel_testkit::golden::cases;

/// Writes the schema that SQL makes as models. Pushed back they change nothing;
/// pushed to an empty database they make one that is written the same.
async fn round_trip(dialect: Dialect, sql: &str) -> Result<(), String> {
    let mut database = Database::shared(dialect).await;
    database.run(sql).await.map_err(|error| format!("the schema does not load: {error}"))?;
    let text = written(&database).await?;
    let back = push(&database, &text).await?;
    if !back.is_empty() {
        return Err(format!("{text}\npushed back they change {back}"));
    }
    let empty = Database::shared(dialect).await;
    push(&empty, &text).await?;
    let again = written(&empty).await?;
    if again == text { Ok(()) } else { Err(format!("{text}\nbecame\n{again}")) }
}

async fn written(database: &Database) -> Result<String, String> {
    let mut migrator = Migrator::builder(database.url()).map_err(tell)?.connect().await.map_err(tell)?;
    let inspection = migrator.inspect().await.map_err(tell)?;
    let models = migrator.write_models(&inspection).await.map_err(tell)?;
    migrator.close().await.map_err(tell)?;
    match models.differences.is_empty() {
        true => Ok(models.text),
        false => Err(format!("{}\ndo not say\n{}", models.text, models.differences.join("\n"))),
    }
}

/// Pushes models, and returns what that changed.
async fn push(database: &Database, text: &str) -> Result<String, String> {
    let builder = Migrator::builder(database.url()).map_err(tell)?;
    let source = Source::rust_text("models.rs", text);
    let mut migrator = builder.source(source).connect().await.map_err(tell)?;
    let report = migrator.push().await.map_err(|error| format!("{text}\n{}", tell(error)))?;
    migrator.close().await.map_err(tell)?;
    let changes = whimbrel::core::describe::describe(&report.changes);
    Ok(changes.iter().map(ToString::to_string).collect())
}

fn tell(error: whimbrel::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// Writes the schema that SQL makes as models: they are read back before they
/// are given out, and what differs is told.
async fn is_written(dialect: Dialect, sql: &str) -> Result<(), String> {
    let mut database = Database::shared(dialect).await;
    database.run(sql).await.map_err(|error| format!("the schema does not load: {error}"))?;
    written(&database).await.map(|_| ())
}

/// How many cases are tried at a time: most of it is waiting for the engine.
const AT_A_TIME: usize = 4;

#[track_caller]
fn every_case(dialect: Dialect, works: impl AsyncFn(Dialect, &str) -> Result<(), String> + Sync) {
    let filter = std::env::var("WHIMBREL_GOLDEN").unwrap_or_default();
    let mut cases = cases();
    cases.retain(|case| case.engines().contains(&dialect) && case.name().contains(&filter));
    let (cases, failures) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let next = || cases.lock().unwrap().pop();
    let try_all = || {
        while let Some(case) = next() {
            let sql = case.sources(dialect).expect("the case is for this engine").to;
            if let Err(what) = block_on(works(dialect, sql)) {
                let failure = format!("\n=== {}\n{sql}\n{}", case.name(), what.trim_end());
                failures.lock().unwrap().push(failure);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(try_all);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[track_caller]
fn random_ones(dialect: Dialect, cases: u32) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let config = ProptestConfig {
        cases: number("WHIMBREL_CASES").map_or(cases, |cases: u64| cases as u32),
        rng_seed: RngSeed::Fixed(number("WHIMBREL_SEED").unwrap_or(0)),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let property = |sql: String| block_on(round_trip(dialect, &sql)).map_err(TestCaseError::fail);
    let schemas = model(dialect).prop_map(|model| model.sql());
    TestRunner::new(config).run(&schemas, property).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_golden_schema_is_written_as_models_on_sqlite() {
    every_case(Dialect::Sqlite, round_trip);
}

#[test]
fn every_golden_schema_is_written_as_models_on_postgres() {
    // A server takes its time to make a database: once is enough here.
    every_case(Dialect::Postgres, is_written);
}

#[test]
fn random_schemas_are_written_as_models_on_sqlite() {
    random_ones(Dialect::Sqlite, 60);
}

#[test]
fn random_schemas_are_written_as_models_on_postgres() {
    random_ones(Dialect::Postgres, 10);
}
