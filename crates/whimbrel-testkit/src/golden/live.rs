//! A case, run on a real engine.

use whimbrel_core::describe::describe;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, PlanError, plan};
use whimbrel_core::resolve::Loss;
use whimbrel_core::schema::Schema;
use whimbrel_db::execute::{Silent, Unguarded, execute};

use super::{Answers, Case, Settled, Stored, answers, server_version, settle};
use crate::contents::Kept;
use crate::database::Database;

/// Reads both schemas of a case with an engine.
///
/// # Errors
///
/// If the engine refuses a schema, or it cannot be read back.
pub async fn read(case: &Case, dialect: Dialect) -> Result<Stored, String> {
    let sources = case.sources(dialect).ok_or("the case is not for this engine")?;
    Ok(Stored { from: load(dialect, sources.from).await?.1, to: load(dialect, sources.to).await?.1 })
}

/// Runs a case on an engine: it must read the schemas as it did when the case
/// was blessed, if it is of that version; the rows are put in, the plan runs, the database must be as
/// desired, what both schemas have must hold what it held, and a second plan
/// must be empty. Then the way back, on a database without rows.
///
/// # Errors
///
/// The first thing that is not as it should be.
pub async fn run(case: &Case, dialect: Dialect) -> Result<(), String> {
    let sources = case.sources(dialect).ok_or("the case is not for this engine")?;
    let (mut database, from) = load(dialect, sources.from).await?;
    let (mut desired, to) = load(dialect, sources.to).await?;
    let schemas = Stored { from, to };
    let is_its_spelling = server_version(dialect).is_none_or(|version| version == case.spelled_by());
    if is_its_spelling && Stored::load(case, dialect).as_ref() != Some(&schemas) {
        return Err(format!("{dialect} does not read the schemas as it did: run `cargo xtask bless`"));
    }
    let settled = settle(dialect, schemas.pair(), &answers(case.answers(dialect)));
    if !settled.problems.is_empty() {
        // The case shows answers that do not fit: a push refuses them.
        return Ok(());
    }
    let there = match plan(dialect, schemas.pair(), &settled.changes) {
        Ok(there) => there,
        // The case shows what an engine cannot do.
        Err(PlanError::Unsupported { .. }) => return Ok(()),
        Err(error @ PlanError::Cycle { .. }) => return Err(error.to_string()),
    };
    match case.rows(dialect) {
        Some(rows) => database.run(rows).await.map_err(|error| format!("the rows: {error}"))?,
        // Without rows of its own a case may be about a change that no row survives.
        None if settled.losses.iter().all(Loss::is_acceptable) => fill(&mut database, &schemas.from).await,
        None => {}
    }
    let kept = Kept::of(dialect, schemas.pair(), &settled.changes);
    let before = kept.before(&mut *database.connection).await.map_err(|error| error.to_string())?;
    push(&mut database, &there, &schemas.to).await?;
    let after = kept.after(&mut *database.connection).await.map_err(|error| error.to_string())?;
    if before != after {
        return Err(format!("rows are not what they were:\n{before:#?}\n{after:#?}"));
    }
    go_back(&mut desired, &schemas, &settled).await.map_err(|what| format!("the way back: {what}"))
}

/// Turns a database of the desired schema into one of the current schema.
async fn go_back(database: &mut Database, schemas: &Stored, settled: &Settled) -> Result<(), String> {
    let dialect = database.connection.server().dialect;
    let pair = schemas.pair().reversed();
    let renames = Renames::of_changes(&settled.changes).reversed();
    let settled = settle(dialect, pair, &Answers { renamed: renames.renamed, ..Answers::default() });
    match plan(dialect, pair, &settled.changes) {
        Ok(back) => push(database, &back, pair.to).await,
        Err(PlanError::Unsupported { .. }) => Ok(()),
        Err(error @ PlanError::Cycle { .. }) => Err(error.to_string()),
    }
}

/// Runs a plan and looks whether the database is as desired.
async fn push(database: &mut Database, plan: &Plan, desired: &Schema) -> Result<(), String> {
    let ran = execute(&mut *database.connection, plan, &mut Unguarded, &mut Silent).await;
    ran.map_err(|error| chain(&error))?;
    let dialect = database.connection.server().dialect;
    let schema = database.schema().await?;
    let left = diff(dialect, Pair::new(&schema, desired), &Renames::default()).changes;
    if left.is_empty() {
        return Ok(());
    }
    let left: String = describe(&left).iter().map(ToString::to_string).collect();
    Err(format!("the plan does not give the desired schema; left is\n{left}"))
}

/// An error with all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Makes a database with a schema in it.
async fn load(dialect: Dialect, source: &str) -> Result<(Database, Schema), String> {
    let mut database = Database::empty(dialect).await;
    database.run(source).await.map_err(|error| format!("a source does not load: {error}"))?;
    let schema = database.schema().await?;
    Ok((database, schema))
}

/// Puts a row into each table that takes one.
async fn fill(database: &mut Database, schema: &Schema) {
    const ATTEMPTS: u32 = 4;
    let dialect = database.connection.server().dialect;
    // Twice, so that tables that refer to later ones get their turn.
    let holding = || schema.tables.iter().filter(|table| table.partition_by.is_none());
    for table in holding().chain(holding()) {
        for attempt in 0..ATTEMPTS {
            let Some(insert) = dialect.sample_row(schema, table, attempt) else {
                break;
            };
            if database.connection.execute(&insert).await.is_ok() {
                break;
            }
        }
    }
}
