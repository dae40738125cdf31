//! A database written as models, and the models pushed back: nothing changes.
//!
//! The schemas are those of the golden cases, random ones, and those of random
//! models; `WHIMBREL_GOLDEN` names a case, `WHIMBREL_SEED` and `WHIMBREL_CASES`
//! try other random ones.

use std::fmt::Write as _;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use whimbrel::core::dialect::Dialect;
use whimbrel::core::schema::{Column, KeyPart, Schema, Table};
use whimbrel::{Migrator, Source};
use whimbrel_testkit::database::{Database, block_on};
use whimbrel_testkit::generate::{MadeTable, Structs, model, structs};
use whimbrel_testkit::golden::runnable;

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
    if let whimbrel::Error::Source(whimbrel::SourceError::Models { problems }) = &error {
        text.extend(problems.iter().map(|problem| format!("\n{problem}")));
    }
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// Pushes models: what they say must come of it, a second push finds nothing to
/// do, and nor does one of the models that are written of it.
async fn comes_of(dialect: Dialect, models: &Structs) -> Result<(), String> {
    let mut database = Database::shared(dialect).await;
    push(&database, &models.text).await?;
    let made = made(&database.schema().await?);
    if made != models.tables {
        return Err(format!("{:#?}\ncame of it, and not\n{:#?}", made, models.tables));
    }
    let again = push(&database, &models.text).await?;
    if !again.is_empty() {
        return Err(format!("a second push changes {again}"));
    }
    let text = written(&database).await?;
    let back = push(&database, &text).await?;
    if back.is_empty() { Ok(()) } else { Err(format!("{text}\npushed back they change {back}")) }
}

/// The tables of a schema, as random models tell of theirs.
fn made(schema: &Schema) -> Vec<MadeTable> {
    let table = |table: &Table| {
        let key = table.primary_key.iter().flat_map(|key| &key.columns);
        let key: Vec<_> = key.filter_map(KeyPart::column_name).collect();
        let column = |column: &Column| match (key.contains(&column.name.as_str()), column.nullable) {
            (true, _) => format!("{}!", column.name),
            (false, true) => format!("{}?", column.name),
            (false, false) => column.name.clone(),
        };
        let mut columns: Vec<_> = table.columns.iter().map(column).collect();
        columns.sort();
        let namespace = table.name.namespace.iter().map(|name| format!("{name}.")).collect::<String>();
        MadeTable { name: format!("{namespace}{}", table.name.name), columns }
    };
    let mut made: Vec<_> = schema.tables.iter().map(table).collect();
    made.sort();
    made
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
    let (cases, failures) = (Mutex::new(runnable(dialect)), Mutex::new(Vec::new()));
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

/// Tries random values, several at a time, each from a seed of its own.
#[track_caller]
fn random_ones<S: Strategy>(
    cases: u32,
    strategy: impl Fn() -> S + Sync,
    holds: impl AsyncFn(S::Value) -> Result<(), String> + Sync,
) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let cases = number("WHIMBREL_CASES").map_or(cases, |cases: u64| cases as u32);
    let seed = number("WHIMBREL_SEED").unwrap_or(0);
    let try_some = |seed| {
        let config = ProptestConfig {
            cases: cases.div_ceil(AT_A_TIME as u32),
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            max_shrink_iters: 200,
            ..ProptestConfig::default()
        };
        let property = |value| block_on(holds(value)).map_err(TestCaseError::fail);
        let tried = TestRunner::new(config).run(&strategy(), property);
        tried.map_err(|error| format!("seed {seed}: {error}"))
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let seeds = seed..seed + AT_A_TIME as u64;
        let tries: Vec<_> = seeds.map(|seed| scope.spawn(move || try_some(seed))).collect();
        tries.into_iter().filter_map(|one| one.join().expect("a failure is no panic").err()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[track_caller]
fn random_schemas(dialect: Dialect, cases: u32) {
    let schemas = || model(dialect).prop_map(|model| model.sql());
    random_ones(cases, schemas, async |sql| round_trip(dialect, &sql).await);
}

#[track_caller]
fn random_models(dialect: Dialect, cases: u32) {
    random_ones(cases, || structs(dialect), async |models| comes_of(dialect, &models).await);
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
    random_schemas(Dialect::Sqlite, 60);
}

#[test]
fn random_schemas_are_written_as_models_on_postgres() {
    random_schemas(Dialect::Postgres, 10);
}

#[test]
fn random_models_are_pushed_and_written_on_sqlite() {
    random_models(Dialect::Sqlite, 100);
}

#[test]
fn random_models_are_pushed_and_written_on_postgres() {
    random_models(Dialect::Postgres, 40);
}
