//! The golden cases, pushed: through the library's own door, with the proof
//! that it demands of every plan.

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use whimbrel::core::dialect::Dialect;
use whimbrel::core::diff::Renames;
use whimbrel::core::plan::{Proof, plan};
use whimbrel::core::resolve::predefined;
use whimbrel::core::sql::split;
use whimbrel::db::{ConnectOptions, DbError, Missing, connect};
use whimbrel::{Migrator, PushReport, Source};
use whimbrel_testkit::cluster::Cluster;
use whimbrel_testkit::database::{Database, block_on};
use whimbrel_testkit::golden::{Answers, Case, Stored, answers, runnable, settle};

#[test]
fn every_case_is_pushed_on_sqlite() {
    push_all(Dialect::Sqlite);
}

#[test]
fn every_case_is_pushed_on_postgres() {
    push_all(Dialect::Postgres);
}

/// Where the role may not make databases, a rolled-back namespace serves every
/// case that it can serve.
#[test]
fn every_case_is_pushed_on_postgres_without_createdb() {
    Cluster::shared().psql("postgres", "CREATE ROLE plain LOGIN");
    let served = AtomicUsize::new(0);
    each_case(Dialect::Postgres, async |case| {
        let database = Cluster::shared().database_with("OWNER plain");
        match push_case(case, Dialect::Postgres, &database.url_as("plain")).await {
            Err(what) if NOT_SERVED.iter().any(|one| what.contains(one)) => Ok(()),
            outcome => {
                served.fetch_add(1, Ordering::Relaxed);
                outcome
            }
        }
    });
    let is_whole = std::env::var_os("WHIMBREL_GOLDEN").is_none();
    assert!(!is_whole || served.into_inner() > 150, "too few are served");
}

/// What a role without rights, or a namespace, does not do.
const NOT_SERVED: [&str; 3] =
    ["a namespace does not do", "permission denied", "a new enum value is used, which needs a COMMIT"];

#[track_caller]
fn push_all(dialect: Dialect) {
    each_case(dialect, async |case| {
        let database = Database::shared(dialect).await;
        push_case(case, dialect, database.url()).await
    });
}

/// How many cases are pushed at a time: most of it is waiting for the engine.
const AT_A_TIME: usize = 4;

/// Runs `check` on every case of an engine and tells everything that failed.
#[track_caller]
fn each_case(dialect: Dialect, check: impl AsyncFn(&Case) -> Result<(), String> + Sync) {
    let (cases, failures) = (Mutex::new(runnable(dialect)), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let next = || cases.lock().unwrap().pop();
                while let Some(case) = next() {
                    if let Err(what) = block_on(check(&case)) {
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

async fn push_case(case: &Case, dialect: Dialect, url: &str) -> Result<(), String> {
    let answers = answers(case.answers(dialect));
    if !can_be_pushed(case, dialect, &answers) {
        return Ok(());
    }
    let sources = case.sources(dialect).ok_or("the case is not for this engine")?;
    for text in [sources.from, case.rows(dialect).unwrap_or_default()] {
        let loaded = load(url, text).await;
        loaded.map_err(|error| format!("the current side does not load: {error}"))?;
    }
    let source = Source::sql("to.sql", sources.to);
    let builder = Migrator::builder(url).map_err(tell)?.source(source);
    let mut migrator = builder.connect().await.map_err(tell)?;
    let first = push(&mut migrator, &answers).await?;
    if let Proof::Unproved { reason } = &first.proof {
        return Err(format!("the plan is unproved: {reason}"));
    }
    let second = push(&mut migrator, &Answers::default()).await?;
    migrator.close().await.map_err(tell)?;
    if second.changes.is_empty() { Ok(()) } else { Err(format!("a second push finds {:#?}", second.changes)) }
}

async fn load(url: &str, text: &str) -> Result<(), DbError> {
    let options = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
    let mut connection = connect(&url.parse().unwrap(), &options).await?;
    let lexicon = connection.server().dialect.lexicon();
    for statement in split(text, lexicon) {
        connection.execute(statement.text).await?;
    }
    connection.close().await
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
