//! A case, run on a real engine.

use whimbrel_core::describe::describe;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, plan};
use whimbrel_core::schema::Schema;
use whimbrel_db::execute::{Silent, Unguarded, execute};

use super::{Answers, Case, Settled, Stored, answers, settle};
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

/// Runs a case on an engine: the rows are put in, the plan runs, the database
/// must be as desired, what both schemas have must hold what it held, and a
/// second plan must be empty. Then the way back, on a database without rows.
///
/// # Errors
///
/// The first thing that is not as it should be.
pub async fn run(case: &Case, dialect: Dialect, stored: &Stored) -> Result<(), String> {
    let sources = case.sources(dialect).ok_or("the case is not for this engine")?;
    let answers = answers(case.answers(dialect));
    let settled = settle(dialect, stored.pair(), &answers);
    let Ok(there) = plan(dialect, stored.pair(), &settled.changes) else {
        // The case shows a plan that cannot be: there is nothing to run.
        return Ok(());
    };
    let (mut database, _) = load(dialect, sources.from).await?;
    match case.rows(dialect) {
        Some(rows) => database.run(rows).await.map_err(|error| format!("the rows: {error}"))?,
        None => fill(&mut database, &stored.from).await,
    }
    let kept = Kept::of(dialect, stored.pair(), &settled.changes);
    let before = kept.before(&mut *database.connection).await.map_err(|error| error.to_string())?;
    push(&mut database, &there, &stored.to).await?;
    let after = kept.after(&mut *database.connection).await.map_err(|error| error.to_string())?;
    if before != after {
        return Err(format!("rows are not what they were:\n{before:#?}\n{after:#?}"));
    }
    go_back(dialect, sources.to, stored, &settled).await.map_err(|what| format!("the way back: {what}"))
}

async fn go_back(dialect: Dialect, to: &str, stored: &Stored, settled: &Settled) -> Result<(), String> {
    let pair = stored.pair().reversed();
    let renames = Renames::of_changes(&settled.changes).reversed();
    let answers = Answers { renamed: renames.renamed, ..Answers::default() };
    let settled = settle(dialect, pair, &answers);
    let Ok(back) = plan(dialect, pair, &settled.changes) else {
        return Ok(());
    };
    let (mut database, _) = load(dialect, to).await?;
    push(&mut database, &back, pair.to).await
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
    for table in schema.tables.iter().chain(&schema.tables) {
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
