//! What holds for every pair of related schemas, tried on real engines.
//!
//! The pairs are the same in every run, so that a change is what breaks a test
//! and never chance. `WHIMBREL_SEED=7` tries others, `WHIMBREL_CASES=5000` more
//! of them; what fails is written beside this file, and tried first from then on.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed, TestCaseError, TestRunner};
use whimbrel::{MemoryStore, Migrator, PushReport, Source};
use whimbrel_core::describe::describe;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Rename, Renames, diff};
use whimbrel_core::history::{AsWritten, SquashForm};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, Proof, plan};
use whimbrel_core::resolve::{EnumMapping, Predefined, predefined};
use whimbrel_core::schema::Schema;
use whimbrel_db::execute::{Silent, Unguarded, execute};
use whimbrel_testkit::contents::Kept;
use whimbrel_testkit::database::{Database, block_on};
use whimbrel_testkit::generate::{Related, related};
use whimbrel_testkit::golden::{Answers, Settled, settle};

/// Tries a property on related pairs.
#[track_caller]
fn check(dialect: Dialect, cases: u32, property: impl Fn(&Related) -> Result<(), String>) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let regressions = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/properties.regressions");
    let regressions: &'static str = Box::leak(regressions.display().to_string().into_boxed_str());
    let config = ProptestConfig {
        cases: number("WHIMBREL_CASES").map_or(cases, |cases: u64| cases as u32),
        rng_seed: RngSeed::Fixed(number("WHIMBREL_SEED").unwrap_or(0)),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    };
    let result =
        TestRunner::new(config).run(&related(dialect), |pair| property(&pair).map_err(TestCaseError::fail));
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// Both sides of a pair as the engine reads them, and a database with the rows
/// in it.
struct Loaded {
    database: Database,
    schemas: Pair<Schema>,
    settled: Settled,
}

async fn load(dialect: Dialect, pair: &Related) -> Result<Loaded, String> {
    let (_, to) = make(dialect, &pair.to_sql()).await?;
    let (mut database, from) = make(dialect, &pair.from_sql()).await?;
    database.run(&pair.rows()).await.map_err(|error| format!("the rows: {error}"))?;
    let answers = Answers { renamed: pair.renames(), mappings: pair.mappings() };
    let settled = settle(dialect, Pair::new(&from, &to), &answers);
    if !settled.problems.is_empty() {
        return Err(format!("these renames are refused: {:?}", settled.problems));
    }
    Ok(Loaded { database, schemas: Pair::new(from, to), settled })
}

async fn make(dialect: Dialect, sql: &str) -> Result<(Database, Schema), String> {
    let mut database = Database::empty(dialect).await;
    database.run(sql).await.map_err(|error| format!("the schema: {error}"))?;
    let schema = database.schema().await?;
    Ok((database, schema))
}

fn plan_for(dialect: Dialect, pair: Pair<&Schema>, settled: &Settled) -> Result<Plan, String> {
    plan(dialect, pair, &settled.changes).map_err(|error| error.to_string())
}

/// Runs a plan and looks whether the database is as desired.
async fn run(database: &mut Database, plan: &Plan, desired: &Schema) -> Result<(), String> {
    let dialect = database.connection.server().dialect;
    let ran = execute(&mut *database.connection, plan, &mut Unguarded, &mut Silent).await;
    ran.map_err(|error| format!("{error}: {:?}\n{plan:#?}", std::error::Error::source(&error)))?;
    is_as_desired(dialect, &database.schema().await?, desired, &format!("{plan:#?}"))
}

/// Says what is left to be done after what ran.
fn is_as_desired(dialect: Dialect, schema: &Schema, desired: &Schema, ran: &str) -> Result<(), String> {
    let left = diff(dialect, Pair::new(schema, desired), &Renames::default()).changes;
    let left: String = describe(&left).iter().map(ToString::to_string).collect();
    if left.is_empty() { Ok(()) } else { Err(format!("left is\n{left}{ran}")) }
}

/// The plan gives the desired schema, whatever both sides have a place for
/// stays, and there is nothing left to do.
fn converges(dialect: Dialect, pair: &Related) -> Result<(), String> {
    block_on(async {
        let mut loaded = load(dialect, pair).await?;
        let sides = loaded.schemas.as_ref();
        let there = plan_for(dialect, sides, &loaded.settled)?;
        let kept = Kept::of(dialect, sides, &loaded.settled.changes);
        let tell = |error: whimbrel_db::DbError| error.to_string();
        let before = kept.before(&mut *loaded.database.connection).await.map_err(tell)?;
        run(&mut loaded.database, &there, sides.to).await?;
        let after = kept.after(&mut *loaded.database.connection).await.map_err(tell)?;
        if before == after { Ok(()) } else { Err(format!("{before:#?}\nbecame\n{after:#?}\n{there:#?}")) }
    })
}

/// The way back leads to the schema that there was.
fn goes_back(dialect: Dialect, pair: &Related) -> Result<(), String> {
    block_on(async {
        let loaded = load(dialect, pair).await?;
        let back = Renames::of_changes(&loaded.settled.changes).reversed();
        let sides = loaded.schemas.as_ref().reversed();
        let answers = Answers { renamed: back.renamed, ..Answers::default() };
        let settled = settle(dialect, sides, &answers);
        let back = plan_for(dialect, sides, &settled)?;
        let (mut database, _) = make(dialect, &pair.to_sql()).await?;
        run(&mut database, &back, sides.to).await
    })
}

/// A push asks nothing that was answered, proves its plan, and runs it; a second
/// one has nothing to do.
fn is_pushed(dialect: Dialect, pair: &Related) -> Result<(), String> {
    block_on(async {
        let mut database = Database::shared(dialect).await;
        let tell = |error: whimbrel_db::DbError| error.to_string();
        database.run(&pair.from_sql()).await.map_err(tell)?;
        database.run(&pair.rows()).await.map_err(tell)?;
        let builder = Migrator::builder(database.url()).map_err(explain)?;
        let source = Source::sql("to.sql", pair.to_sql());
        let mut migrator = builder.source(source).connect().await.map_err(explain)?;
        let first = push(&mut migrator, pair.renames(), pair.mappings()).await?;
        if let Proof::Unproved { reason } = first.proof {
            return Err(format!("the plan is unproved: {reason}\n{:#?}", first.plan));
        }
        let second = push(&mut migrator, Vec::new(), Vec::new()).await?;
        migrator.close().await.map_err(explain)?;
        if second.changes.is_empty() { Ok(()) } else { Err(format!("a second push finds {second:#?}")) }
    })
}

async fn push(
    migrator: &mut Migrator,
    renamed: Vec<Rename>,
    enum_values: Vec<EnumMapping>,
) -> Result<PushReport, String> {
    let renames = Renames { renamed, ..Renames::default() };
    migrator.push().renames(renames).resolver(accepting(enum_values)).await.map_err(explain)
}

/// Accepts every loss, and no rename that was not told.
fn accepting(enum_values: Vec<EnumMapping>) -> Predefined {
    let mut resolver = predefined();
    (resolver.no_other_renames, resolver.accept_data_loss) = (true, true);
    resolver.enum_values = enum_values;
    resolver
}

fn explain(error: whimbrel::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    let causes: String = causes.map(|cause| format!(": {cause}")).collect();
    match &error {
        whimbrel::Error::Unanswered { questions } => format!("{error}: {questions:#?}"),
        _ => format!("{error}{causes}"),
    }
}

/// Migrations to the one schema and then to the other, made one, are planned
/// anew: they lead to the other at once, and back to nothing.
fn is_squashed(dialect: Dialect, pair: &Related) -> Result<(), String> {
    block_on(async {
        let (_, desired) = make(dialect, &pair.to_sql()).await?;
        let mut database = Database::shared(dialect).await;
        let builder = Migrator::builder(database.url()).map_err(explain)?.store(MemoryStore::new());
        for (sql, renamed, mappings) in
            [(pair.from_sql(), Vec::new(), Vec::new()), (pair.to_sql(), pair.renames(), pair.mappings())]
        {
            let source = Source::sql("schema.sql", sql);
            let mut migrator = builder.clone().source(source).connect().await.map_err(explain)?;
            let renames = Renames { renamed, ..Renames::default() };
            let generate = migrator.generate().renames(renames).resolver(accepting(mappings));
            generate.await.map_err(explain)?;
        }
        let mut migrator = builder.connect().await.map_err(explain)?;
        if migrator.pending().await.map_err(explain)?.len() < 2 {
            return Ok(());
        }
        let report = migrator.squash().await.map_err(explain)?;
        let text = report.migration.up.text;
        match report.form {
            SquashForm::Anew { .. } | SquashForm::AsWritten(AsWritten::NotShorter) => {}
            SquashForm::AsWritten(_) => {
                return Err(format!("{}, {:?}\n{text}", report.form, report.migration.entry.proof));
            }
        }
        migrator.apply().await.map_err(explain)?;
        is_as_desired(dialect, &database.schema().await?, &desired, &text)?;
        if !report.without_down.is_empty() {
            return Ok(());
        }
        migrator.down().resolver(accepting(Vec::new())).await.map_err(explain)?;
        is_as_desired(dialect, &database.schema().await?, &Schema::default(), &text)
    })
}

/// A schema does not differ from itself, and the plan does not depend on the
/// order in which either side lists its things.
fn is_deterministic(dialect: Dialect, pair: &Related) -> Result<(), String> {
    let loaded = block_on(load(dialect, pair))?;
    let sides = loaded.schemas.as_ref();
    for side in [sides.from, sides.to] {
        let none = diff(dialect, Pair::new(side, side), &Renames::default());
        if !none.changes.is_empty() || !none.questions.is_empty() {
            return Err(format!("a schema differs from itself: {none:#?}"));
        }
    }
    let answers = Answers { renamed: pair.renames(), mappings: pair.mappings() };
    let straight = plan_for(dialect, sides, &loaded.settled)?;
    let turned = sides.map(reversed);
    let settled = settle(dialect, turned.as_ref(), &answers);
    let other = plan_for(dialect, turned.as_ref(), &settled)?;
    if straight == other { Ok(()) } else { Err(format!("{straight:#?}\nbecame\n{other:#?}")) }
}

/// The same schema with every list whose order means nothing turned round.
fn reversed(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    schema.namespaces.reverse();
    schema.tables.reverse();
    schema.enums.reverse();
    schema.types.reverse();
    schema.sequences.reverse();
    schema.extensions.reverse();
    schema.objects.reverse();
    for table in &mut schema.tables {
        table.indexes.reverse();
    }
    schema
}

#[test]
fn plans_converge_on_sqlite() {
    check(Dialect::Sqlite, 400, |pair| converges(Dialect::Sqlite, pair));
}

#[test]
fn plans_go_back_on_sqlite() {
    check(Dialect::Sqlite, 300, |pair| goes_back(Dialect::Sqlite, pair));
}

#[test]
fn plans_are_deterministic_on_sqlite() {
    check(Dialect::Sqlite, 300, |pair| is_deterministic(Dialect::Sqlite, pair));
}

#[test]
fn plans_converge_on_postgres() {
    check(Dialect::Postgres, 60, |pair| converges(Dialect::Postgres, pair));
}

#[test]
fn plans_go_back_on_postgres() {
    check(Dialect::Postgres, 40, |pair| goes_back(Dialect::Postgres, pair));
}

#[test]
fn plans_are_deterministic_on_postgres() {
    check(Dialect::Postgres, 40, |pair| is_deterministic(Dialect::Postgres, pair));
}

#[test]
fn pushes_are_proved_on_postgres() {
    check(Dialect::Postgres, 40, |pair| is_pushed(Dialect::Postgres, pair));
}

#[test]
fn migrations_are_squashed_on_sqlite() {
    check(Dialect::Sqlite, 100, |pair| is_squashed(Dialect::Sqlite, pair));
}

#[test]
fn migrations_are_squashed_on_postgres() {
    check(Dialect::Postgres, 6, |pair| is_squashed(Dialect::Postgres, pair));
}
