//! Verbs whose store or database fails or dies at every call.

use std::collections::BTreeMap;

use whimbrel::core::dialect::Dialect;
use whimbrel::core::resolve::lenient;
use whimbrel::store::{MemoryStore, Store as _, View};
use whimbrel::{Clock, Error, Migrator, Source};
use whimbrel_testkit::failing::{FAULTS, FailingConnection};
use whimbrel_testkit::failing_store::FailingStore;

use crate::project::{AGED, BOTH, POSTS, Project, USERS};

/// What a reader sees in the folder, through whatever edit is unfinished.
async fn seen(store: &MemoryStore) -> BTreeMap<String, String> {
    let view = View::open(store).await.unwrap();
    let mut texts = BTreeMap::new();
    for path in view.list().await.unwrap() {
        texts.insert(path.clone(), view.get(&path).await.unwrap().unwrap());
    }
    texts
}

async fn copy(texts: &BTreeMap<String, String>) -> MemoryStore {
    let store = MemoryStore::new();
    for (path, text) in texts {
        store.put(path, text).await.unwrap();
    }
    store
}

/// Runs a verb with a store that fails at every call, each way: the folder is
/// the old one or the new one, and the verb can be run again.
async fn check_store(project: &Project, verb: impl AsyncFn(&mut Migrator) -> Result<(), Error>) {
    let old = project.store.texts();
    let migrator = async |store: FailingStore| {
        let builder = Migrator::builder(project.database.url()).unwrap().clock(Clock::pinned(project.now));
        builder.store(store).source(Source::sql("schema.sql", POSTS)).connect().await.unwrap()
    };
    let store = copy(&old).await;
    let sound = FailingStore::sound(store.clone());
    let calls = sound.calls();
    verb(&mut migrator(sound).await).await.unwrap();
    let (new, total) = (store.texts(), calls.count());
    assert_ne!(old, new);
    for fault in FAULTS {
        for at in 0..total {
            let store = copy(&old).await;
            let result = verb(&mut migrator(FailingStore::new(store.clone(), fault, at)).await).await;
            let found = seen(&store).await;
            let is_new = found == new;
            assert!(is_new || found == old, "{fault:?} at call {at} of {total}: {found:#?}");
            assert!(is_new || result.is_err(), "{fault:?} at call {at}: it says that it wrote, and did not");
            if !is_new {
                verb(&mut migrator(FailingStore::sound(store.clone())).await).await.unwrap();
                assert_eq!(store.texts(), new, "{fault:?} at call {at}");
            }
        }
    }
}

#[tokio::test]
async fn a_generated_migration_is_there_or_not() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED]).await;
    check_store(&project, async |migrator| migrator.generate().await.map(drop)).await;
}

#[tokio::test]
async fn migrations_are_squashed_or_not() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED, POSTS]).await;
    check_store(&project, async |migrator| migrator.squash().to(1).await.map(drop)).await;
}

#[tokio::test]
async fn an_edit_is_recorded_or_not() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED]).await;
    project.edit("0001_add-age-to-users.sql", "integer", "bigint").await;
    check_store(&project, async |migrator| migrator.verify().accept(1).await.map(drop)).await;
}

#[tokio::test]
async fn migrations_are_put_in_order_or_not() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    project.write("late", "CREATE TABLE late (a integer);\n", Some("DROP TABLE late;\n")).await;
    project.write("early", "CREATE TABLE early (a integer);\n", Some("DROP TABLE early;\n")).await;
    project.apply().await;
    project.run("DELETE FROM _whimbrel_migrations WHERE name = 'late'").await;
    check_store(&project, async |migrator| migrator.rebase().await.map(drop)).await;
}

/// What is in the database, and what it says that it has applied.
async fn look(project: &Project) -> String {
    let (tables, tracked) = (project.tables().await, project.tracked().await.replace('\n', " "));
    format!("{tables} / {tracked}")
}

/// Runs a verb with a session that fails at every call, each way, and then again
/// with a sound one, which makes good what is missing.
async fn check_session(
    dialect: Dialect,
    before: impl AsyncFn(&Project),
    verb: impl AsyncFn(&mut Migrator) -> Result<(), Error>,
    expected: &str,
) {
    let folder = Project::generated(dialect, &[USERS, AGED]).await;
    // The engine tries every call on PostgreSQL; here it is seen to be wired.
    let stride = match dialect {
        Dialect::Sqlite => 1,
        Dialect::Postgres => 11,
    };
    for fault in FAULTS {
        // Until a run is over before it comes to the call that is to fail.
        for at in (0..).step_by(stride) {
            let project = folder.elsewhere().await;
            before(&project).await;
            let failing = FailingConnection::new(project.database.another_session().await, fault, at);
            let calls = failing.calls();
            let failed = verb(&mut project.builder().over(Box::new(failing))).await;
            let again = verb(&mut project.migrator().await).await;
            assert!(again.is_ok(), "{dialect}, {fault:?} at call {at}: {failed:?}, then {again:?}");
            assert_eq!(look(&project).await, expected, "{dialect}, {fault:?} at call {at}: {failed:?}");
            if calls.count() <= at {
                assert!(failed.is_ok(), "{failed:?}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn apply_goes_on_where_it_died() {
    for dialect in BOTH {
        let apply = async |migrator: &mut Migrator| migrator.apply().await.map(drop);
        check_session(dialect, async |_| (), apply, "users / create-users add-age-to-users").await;
    }
}

#[tokio::test]
async fn down_goes_on_where_it_died() {
    for dialect in BOTH {
        let down = async |migrator: &mut Migrator| migrator.down().to(0).resolver(lenient()).await.map(drop);
        let applied = async |project: &Project| drop(project.apply().await);
        check_session(dialect, applied, down, "users / create-users").await;
    }
}

#[tokio::test]
async fn reset_begins_anew_where_it_died() {
    for dialect in BOTH {
        let reset = async |migrator: &mut Migrator| migrator.reset().resolver(lenient()).await.map(drop);
        let astray = async |project: &Project| {
            project.apply().await;
            project.run("CREATE TABLE stray (a integer)").await;
            project.run("INSERT INTO users VALUES (1, 'ann', 7)").await;
        };
        check_session(dialect, astray, reset, "users / create-users add-age-to-users").await;
    }
}

#[tokio::test]
async fn baseline_marks_all_or_goes_on() {
    for dialect in BOTH {
        let baseline = async |migrator: &mut Migrator| migrator.baseline().await.map(drop);
        let existing = async |project: &Project| {
            project.run("CREATE TABLE users (id integer PRIMARY KEY, name text, age integer)").await;
        };
        check_session(dialect, existing, baseline, "users / create-users add-age-to-users").await;
    }
}
