//! Every flavour of runtime, and none: verbs can be awaited anywhere, sent to
//! other threads, and waited for.

use std::thread;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;
use whimbrel::blocking::Wait as _;
use whimbrel::core::dialect::Dialect;
use whimbrel::resolver::{self, Answer, Question};
use whimbrel::{Error, Migrator, Side, Source};
use whimbrel_testkit::database::{Database, block_on};

const BEFORE: &str = "CREATE TABLE users (id integer PRIMARY KEY, nick text);";
const AFTER: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text);";

fn source(text: &str) -> Source {
    Source::sql("schema.sql", text)
}

/// Compiles only if what it is given may be sent to another thread.
fn sent<T: Send>(one: T) -> T {
    one
}

/// Never runs: that it compiles is the test.
#[expect(dead_code, reason = "that it compiles is the test")]
async fn every_future_can_be_sent(migrator: &mut Migrator) -> Result<(), Error> {
    sent(Migrator::builder("sqlite::memory:")?.connect()).await?;
    sent(migrator.push().into_future()).await?;
    sent(migrator.generate().into_future()).await?;
    sent(migrator.create("more").into_future()).await?;
    sent(migrator.apply().into_future()).await?;
    sent(migrator.down().into_future()).await?;
    sent(migrator.status().into_future()).await?;
    sent(migrator.pending().into_future()).await?;
    sent(migrator.forget(1).into_future()).await?;
    sent(migrator.baseline().into_future()).await?;
    sent(migrator.verify().into_future()).await?;
    sent(migrator.squash().into_future()).await?;
    sent(migrator.reset().into_future()).await?;
    sent(migrator.rebase().into_future()).await?;
    sent(migrator.check().into_future()).await?;
    sent(migrator.inspect().into_future()).await?;
    sent(migrator.diff(Side::Live, Side::Live).into_future()).await?;
    sent(migrator.list()).await?;
    Ok(())
}

/// A push that asks, on a database of its own; it ends with both sessions closed.
async fn story(dialect: Dialect) {
    let database = Database::shared(dialect).await;
    let builder = Migrator::builder(database.url()).unwrap();
    let mut migrator = builder.clone().source(source(BEFORE)).connect().await.unwrap();
    assert!(migrator.push().await.unwrap().applied);
    migrator.close().await.unwrap();

    let mut migrator = builder.source(source(AFTER)).connect().await.unwrap();
    let mut asked = Vec::new();
    let answers = resolver::from_async_fn(|question: Question| {
        asked.push(question.headline());
        async move {
            tokio::task::yield_now().await;
            match question {
                Question::Rename(rename) => Some(Answer::RenamedFrom(rename.candidates[0].name.clone())),
                Question::Loss(_) | Question::Down(_) => None,
            }
        }
    });
    assert!(migrator.push().resolver(answers).await.unwrap().applied);
    assert_eq!(asked, ["column users.name: new, or renamed from nick?"]);
    migrator.close().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_runtime_of_one_thread() {
    story(Dialect::Sqlite).await;
    story(Dialect::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_of_many_threads() {
    let sqlite = tokio::spawn(story(Dialect::Sqlite));
    let postgres = tokio::spawn(story(Dialect::Postgres));
    sqlite.await.unwrap();
    postgres.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_local_tasks() {
    let tasks = LocalSet::new();
    tasks.spawn_local(story(Dialect::Sqlite));
    tasks.spawn_local(story(Dialect::Postgres));
    tasks.await;
}

/// The whole life of a migrator without a runtime.
fn waited_for(url: &str) {
    let builder = Migrator::builder(url).unwrap().source(source(BEFORE));
    let mut migrator = builder.connect().wait().unwrap();
    assert_eq!(migrator.push().dry_run(true).wait().unwrap().changes.len(), 1);
    assert!(migrator.push().wait().unwrap().applied);
    assert_eq!(migrator.inspect().wait().unwrap().schema.tables.len(), 1);
    migrator.close().wait().unwrap();
}

#[test]
fn no_runtime_at_all() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let database = block_on(Database::shared(dialect));
        waited_for(database.url());
    }
}

#[tokio::test]
async fn a_wait_inside_of_a_runtime() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let database = Database::shared(dialect).await;
        waited_for(database.url());
    }
}

/// How many sessions others have with the database.
async fn others(database: &mut Database) -> Option<i64> {
    let count = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.connection.query(count).await.unwrap()[0].integer(0)
}

#[tokio::test]
async fn a_session_that_nobody_closed_ends_with_its_migrator() {
    let mut database = Database::shared(Dialect::Postgres).await;
    let migrator = Migrator::builder(database.url()).unwrap().connect().wait().unwrap();
    assert_eq!(others(&mut database).await, Some(1));
    drop(migrator);
    let patience = Instant::now() + Duration::from_secs(30);
    while others(&mut database).await != Some(0) {
        assert!(Instant::now() < patience, "the session is still there");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_failure_is_the_same_when_it_is_waited_for() {
    let refusal = Migrator::builder("sqlite:///no/such/folder/app.db").unwrap().connect().wait().unwrap_err();
    let awaited = block_on(Migrator::builder("sqlite:///no/such/folder/app.db").unwrap().connect());
    assert_eq!(refusal.to_string(), awaited.unwrap_err().to_string());
}
