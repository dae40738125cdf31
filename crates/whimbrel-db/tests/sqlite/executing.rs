//! Running plans.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use async_trait::async_trait;
use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
use whimbrel_db::execute::{ExecuteError, ExecuteObserver, Guard, Outcome, Silent, Unguarded, execute};
use whimbrel_db::{Connection, IntrospectError};

use crate::support::{file, file_with, memory, message, number, query, read, run, text};

/// A plan of plain batches.
pub(crate) fn plan(batches: &[&[&str]]) -> Plan {
    Plan { batches: batches.iter().map(|steps| batch(ForeignKeys::AsIs, steps)).collect(), ..Plan::default() }
}

fn batch(foreign_keys: ForeignKeys, steps: &[&str]) -> Batch {
    Batch { transaction: true, foreign_keys, steps: steps.iter().map(|&sql| Step::new(sql)).collect() }
}

/// A plan of one batch with foreign keys suspended.
fn suspended(check: &[&str], steps: &[&str]) -> Plan {
    let check = check.iter().map(|&name| name.into()).collect();
    Plan { batches: vec![batch(ForeignKeys::Suspended { check }, steps)], ..Plan::default() }
}

async fn go(connection: &mut dyn Connection, plan: &Plan) -> Result<Outcome, ExecuteError> {
    execute(connection, plan, &mut Unguarded, &mut Silent).await
}

/// Writes down what it hears.
#[derive(Default)]
struct Heard(Vec<String>);

impl ExecuteObserver for Heard {
    fn step_started(&mut self, index: usize, total: usize, step: &Step) {
        self.0.push(format!("{index} of {total}: {}", step.sql));
    }

    fn step_finished(&mut self, _: Duration) {
        self.0.push("done".to_owned());
    }
}

#[tokio::test]
async fn batches_run_in_order_and_the_observer_hears_it() {
    let mut connection = memory(&[]).await;
    let mut heard = Heard::default();
    let mut plan = plan(&[&["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"], &["VACUUM"]]);
    plan.batches[1].transaction = false;
    let outcome = execute(&mut connection, &plan, &mut Unguarded, &mut heard).await.unwrap();
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        heard.0,
        [
            "0 of 3: CREATE TABLE t (a)",
            "done",
            "1 of 3: INSERT INTO t VALUES (1)",
            "done",
            "2 of 3: VACUUM",
            "done"
        ]
    );
    assert_eq!(number(&mut connection, "SELECT count(*) FROM t").await, 1);
}

#[tokio::test]
async fn an_empty_plan_does_nothing() {
    let mut connection = memory(&[]).await;
    assert_eq!(go(&mut connection, &Plan::default()).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_step_that_fails_takes_its_batch_with_it() {
    let mut connection = memory(&["CREATE TABLE t (a UNIQUE)"]).await;
    let plan = plan(&[
        &["INSERT INTO t VALUES (1)"],
        &["INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)"],
        &["INSERT INTO t VALUES (3)"],
    ]);
    let error = go(&mut connection, &plan).await.unwrap_err();
    assert_eq!(
        message(&error),
        "step 3 of 4 failed / the first of 3 batches was kept, the rest was rolled back"
    );
    let ExecuteError::Step { sql, source, .. } = error else { panic!("{error}") };
    assert_eq!(sql, "INSERT INTO t VALUES (1)");
    assert_eq!(source.to_string(), "UNIQUE constraint failed: t.a");
    assert_eq!(source.statement().unwrap().code.as_deref(), Some("2067"));
    assert!(!connection.in_transaction().await.unwrap());
    assert_eq!(number(&mut connection, "SELECT sum(a) FROM t").await, 1);
}

#[tokio::test]
async fn an_error_knows_its_place_in_the_statement() {
    let mut connection = memory(&["CREATE TABLE t (a)"]).await;
    let sql = "SELECT a,\n  nope FROM t";
    let error = go(&mut connection, &plan(&[&[sql]])).await.unwrap_err();
    assert_eq!(message(&error), "step 1 of 1 failed / everything was rolled back: the database is as it was");
    let ExecuteError::Step { at, source, .. } = error else { panic!("{error}") };
    assert_eq!(at.unwrap().offset(), sql.find("nope").unwrap());
    assert_eq!(source.to_string(), "no such column: nope");
    let error = go(&mut connection, &plan(&[&["SELECT 1; SELECT 2"]])).await.unwrap_err();
    let ExecuteError::Step { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.to_string(), "Multiple statements provided");
}

/// What a rebuild of `parents` does.
const REBUILD: [&str; 4] = [
    "CREATE TABLE __new_parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '')",
    "INSERT INTO __new_parents (id) SELECT id FROM parents",
    "DROP TABLE parents",
    "ALTER TABLE __new_parents RENAME TO parents",
];

#[tokio::test]
async fn a_rebuild_leaves_cascade_children_alone() {
    let mut connection = memory(&[
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children (parent INT REFERENCES parents ON DELETE CASCADE)",
        "INSERT INTO parents VALUES (1), (2)",
        "INSERT INTO children VALUES (1), (1), (2)",
    ])
    .await;
    go(&mut connection, &suspended(&["parents", "children"], &REBUILD)).await.unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM children").await, 3);
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys").await, 1, "put back");

    run(&mut connection, &["PRAGMA foreign_keys = OFF"]).await;
    go(&mut connection, &suspended(&["parents", "children"], &REBUILD)).await.unwrap();
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys").await, 0, "put back to what it was");
}

#[tokio::test]
async fn foreign_keys_are_put_back_after_a_failure() {
    let mut connection = memory(&["CREATE TABLE t (a)"]).await;
    go(&mut connection, &suspended(&[], &["CREATE TABLE u (a)", "nonsense"])).await.unwrap_err();
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys").await, 1);
    assert_eq!(read(&mut connection).await.schema.tables.len(), 1);
}

#[tokio::test]
async fn foreign_keys_that_cannot_be_suspended_stop_the_plan() {
    let mut connection = memory(&["CREATE TABLE t (a)", "BEGIN"]).await;
    let error = go(&mut connection, &suspended(&[], &["DROP TABLE t"])).await.unwrap_err();
    assert!(matches!(error, ExecuteError::ForeignKeysStayOn { .. }), "{error}");
    assert_eq!(read(&mut connection).await.schema.tables.len(), 1);
}

#[tokio::test]
async fn only_new_violations_fail() {
    let setup = [
        "PRAGMA foreign_keys = OFF",
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children (parent INT REFERENCES parents)",
        "CREATE TABLE keyless (id INTEGER PRIMARY KEY, parent INT REFERENCES parents) WITHOUT ROWID",
        "INSERT INTO parents VALUES (1)",
        "INSERT INTO children VALUES (1), (7)",
        "INSERT INTO keyless VALUES (1, 7), (2, 7)",
    ];
    let tables = ["parents", "children", "keyless", "created"];
    let mut connection = memory(&setup).await;
    go(&mut connection, &suspended(&tables, &["UPDATE children SET parent = 8 WHERE parent = 7"]))
        .await
        .unwrap();

    // Renames move old violations to new names.
    let mut connection = memory(&setup).await;
    let renames = [
        "ALTER TABLE parents RENAME TO guardians",
        "ALTER TABLE children RENAME TO kids",
        "CREATE TABLE created (parent INT REFERENCES guardians)",
    ];
    let both = ["parents", "guardians", "children", "kids", "keyless", "created"];
    go(&mut connection, &suspended(&both, &renames)).await.unwrap();

    for (step, expected) in [
        (
            "UPDATE children SET parent = 9",
            "row 1 of `children` refers to a row of `parents` that is not there",
        ),
        (
            "INSERT INTO keyless VALUES (3, 7)",
            "a row of `keyless` refers to a row of `parents` that is not there",
        ),
        ("DROP TABLE parents", "row 1 of `children` refers to a row of `parents` that is not there"),
    ] {
        let mut connection = memory(&setup).await;
        let error = go(&mut connection, &suspended(&tables, &[step])).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{step}");
        assert_eq!(number(&mut connection, "SELECT count(*) FROM keyless").await, 2);
        assert_eq!(number(&mut connection, "SELECT count(*) FROM parents").await, 1);
    }
}

#[tokio::test]
async fn many_violations_are_counted() {
    let mut connection = memory(&[
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children (id INTEGER PRIMARY KEY, parent INT REFERENCES parents)",
    ])
    .await;
    let insert = "INSERT INTO children (parent) VALUES (1), (1), (1), (1), (1), (1), (1)";
    let error = go(&mut connection, &suspended(&["children"], &[insert])).await.unwrap_err();
    assert!(error.to_string().ends_with("; and 2 more"), "{error}");
    assert_eq!(error.to_string().matches("refers to").count(), 5);
}

#[tokio::test]
async fn a_step_must_affect_the_rows_it_should() {
    let mut connection =
        memory(&["CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2)", "CREATE TABLE u (a)"]).await;
    let copy = |condition: &str| {
        let mut plan = plan(&[&[&format!("INSERT INTO u SELECT a FROM t WHERE {condition}")]]);
        plan.batches[0].steps[0].expect_rows = Some("SELECT count(*) FROM t".to_owned());
        plan
    };
    let error = go(&mut connection, &copy("a > 1")).await.unwrap_err();
    assert_eq!(error.to_string(), "step 1 of 1 affected 1 rows instead of 2");
    assert_eq!(number(&mut connection, "SELECT count(*) FROM u").await, 0);
    go(&mut connection, &copy("a > 0")).await.unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM u").await, 2);
}

/// A guard that looks whether it is asked inside the transaction.
struct Asked {
    holds: bool,
    times: usize,
}

#[async_trait]
impl Guard for Asked {
    async fn holds(&mut self, connection: &mut dyn Connection) -> Result<bool, IntrospectError> {
        assert!(connection.in_transaction().await?);
        self.times += 1;
        Ok(self.holds)
    }
}

#[tokio::test]
async fn the_guard_is_asked_once_inside_the_first_transaction() {
    let mut connection = memory(&["CREATE TABLE t (a)"]).await;
    let plan = plan(&[&["INSERT INTO t VALUES (1)"], &["INSERT INTO t VALUES (2)"]]);
    for (holds, outcome, rows) in [(false, Outcome::Moved, 0), (true, Outcome::Done, 2)] {
        let mut guard = Asked { holds, times: 0 };
        assert_eq!(execute(&mut connection, &plan, &mut guard, &mut Silent).await.unwrap(), outcome);
        assert_eq!(guard.times, 1);
        assert_eq!(number(&mut connection, "SELECT count(*) FROM t").await, rows);
        assert!(!connection.in_transaction().await.unwrap());
    }
}

/// A statement that runs for as long as nobody stops it.
const ENDLESS: &str =
    "INSERT INTO t WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

#[tokio::test]
async fn a_plan_that_is_stopped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    let mut connection = file(&path).await;
    let canceller = connection.canceller();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        canceller.cancel().await;
    };
    let plan = suspended(&["t"], &["INSERT INTO t VALUES (1)", ENDLESS]);
    let (result, ()) = tokio::join!(go(&mut *connection, &plan), stop);
    let error = result.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(message(&error), "interrupted / everything was rolled back: the database is as it was");
    assert_eq!(number(&mut *connection, "SELECT count(*) FROM t").await, 0);
    assert_eq!(number(&mut *connection, "PRAGMA foreign_keys").await, 1);
    run(&mut *file(&path).await, &["INSERT INTO t VALUES (5)"]).await;
}

#[tokio::test]
async fn a_dropped_run_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    let plan = plan(&[&["INSERT INTO t VALUES (1)", ENDLESS]]);
    let mut connection = file(&path).await;
    let run = async move { go(&mut *connection, &plan).await };
    tokio::time::timeout(Duration::from_millis(100), run).await.unwrap_err();
    let mut connection = file(&path).await;
    assert_eq!(number(&mut *connection, "SELECT count(*) FROM t").await, 0);
    assert_eq!(connection.execute("INSERT INTO t VALUES (5)").await.unwrap(), 1, "the lock is free");
}

#[tokio::test]
async fn two_runs_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    file_with(&path, &["CREATE TABLE t (a)"]).await;
    let mut runs = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = whimbrel_db::DatabaseUrl::sqlite_file(&path);
        runs.spawn(async move {
            let mut connection =
                whimbrel_db::connect(&url, &whimbrel_db::ConnectOptions::default()).await.unwrap();
            let step = "INSERT INTO t SELECT count(*) FROM t";
            go(&mut *connection, &plan(&[&[step, step, step], &[step]])).await.unwrap();
        });
    }
    runs.join_all().await;
    let rows = query(&mut *file(&path).await, "SELECT a FROM t ORDER BY rowid").await;
    let seen: Vec<_> = rows.iter().map(|row| text(row, 0).unwrap()).collect();
    assert_eq!(seen, (0..16).map(|n| n.to_string()).collect::<Vec<_>>(), "no run saw half of another");
}

/// Names the file for a process that dies while it runs [`killed_plan`], and
/// after how many steps.
const VICTIM: &str = "WHIMBREL_TEST_VICTIM";

fn killed_plan() -> Plan {
    let mut plan = suspended(&["parents"], &REBUILD);
    plan.batches.push(batch(ForeignKeys::AsIs, &["CREATE TABLE later (a)", "INSERT INTO later VALUES (1)"]));
    plan
}

/// Dies, as if killed, once it has heard of so many steps.
struct Dies(usize);

impl ExecuteObserver for Dies {
    fn step_started(&mut self, index: usize, _: usize, _: &Step) {
        if index == self.0 {
            std::process::abort();
        }
    }

    fn step_finished(&mut self, _: Duration) {}
}

#[tokio::test]
async fn a_killed_process_leaves_the_batches_it_committed() {
    if let Ok(victim) = std::env::var(VICTIM) {
        let (path, after) = victim.rsplit_once('#').unwrap();
        let mut connection = file(Path::new(path)).await;
        execute(&mut *connection, &killed_plan(), &mut Unguarded, &mut Dies(after.parse().unwrap()))
            .await
            .unwrap();
        unreachable!("it dies in the midst of the plan");
    }
    for mode in ["delete", "wal"] {
        for after in 0..6 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("app.db");
            let journal = format!("PRAGMA journal_mode = {mode}");
            let fill = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 20000) \
                        INSERT INTO parents SELECT i FROM n";
            file_with(&path, &[&journal, "CREATE TABLE parents (id INTEGER PRIMARY KEY)", fill]).await;
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "executing::a_killed_process_leaves_the_batches_it_committed"])
                .env(VICTIM, format!("{}#{after}", path.display()))
                .output()
                .unwrap()
                .status;
            assert!(!status.success());
            let mut connection = file(&path).await;
            let tables = read(&mut *connection).await.schema.tables;
            let names: Vec<_> = tables.iter().map(|table| table.name.name.as_str()).collect();
            assert_eq!(names, ["parents"], "{mode}, {after} steps");
            let columns = if after < 4 { 1 } else { 2 };
            assert_eq!(tables[0].columns.len(), columns, "{mode}, {after} steps");
            assert_eq!(number(&mut *connection, "SELECT count(*) FROM parents").await, 20000);
            assert_eq!(
                text(&query(&mut *connection, "PRAGMA integrity_check").await[0], 0).as_deref(),
                Some("ok")
            );
        }
    }
}
