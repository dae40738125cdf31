//! A push that fails at call k, for every k: afterwards the database has the
//! old schema or the new one, never one between, all rows, and no lock. Only
//! where a plan needs more than one batch may some of them be done.

use std::time::{Duration, Instant};

use whimbrel::core::dialect::Dialect;
use whimbrel::core::diff::{Renames, diff};
use whimbrel::core::pair::Pair;
use whimbrel::core::plan::plan;
use whimbrel::core::resolve::predefined;
use whimbrel::core::schema::Schema;
use whimbrel::db::{Connection, Value};
use whimbrel::{Migrator, Source};
use whimbrel_testkit::contents::Kept;
use whimbrel_testkit::database::{Database, block_on, read_schema};
use whimbrel_testkit::failing::{FAULTS, FailingConnection, Fault};
use whimbrel_testkit::golden::{Answers, Case, Settled, Stored, answers, cases, settle};

/// Every call of a push of this case fails in every way.
#[track_caller]
fn check(name: &str, dialect: Dialect) {
    let case = cases().into_iter().find(|case| case.name() == name).expect("there is such a case");
    let every_call = &|fault| {
        let mut at = 0;
        while block_on(Trial::new(&case, dialect).run(fault, at)) {
            at += 1;
        }
        assert!(at > 4, "only {at} calls were made: too few to be a push");
    };
    std::thread::scope(|scope| {
        for fault in FAULTS {
            scope.spawn(move || every_call(fault));
        }
    });
}

struct Trial<'a> {
    case: &'a Case,
    dialect: Dialect,
    stored: Stored,
    settled: Settled,
}

impl<'a> Trial<'a> {
    fn new(case: &'a Case, dialect: Dialect) -> Self {
        let stored = Stored::load(case, dialect).expect("the case is blessed");
        let settled = settle(dialect, stored.pair(), &answers(case.answers(dialect)));
        Self { case, dialect, stored, settled }
    }

    /// Pushes with a fault at call `at`; `false` if the push made fewer calls.
    async fn run(&self, fault: Fault, at: usize) -> bool {
        let sources = self.case.sources(self.dialect).unwrap();
        let kept = Kept::of(self.dialect, self.stored.pair(), &self.settled.changes);
        let mut database = Database::shared(self.dialect).await;
        database.run(sources.from).await.unwrap();
        database.run(self.case.rows(self.dialect).unwrap_or_default()).await.unwrap();
        let before = kept.before(&mut *database.connection).await.unwrap();

        let failing = FailingConnection::new(database.another_session().await, fault, at);
        let calls = failing.calls();
        let pushed = self.push(&database, Box::new(failing), true).await;
        let reached = calls.count() > at;
        assert!(pushed.is_ok() || reached, "without a fault the push goes through: {pushed:?}");

        let place = format!("{} with {fault:?} at call {at}", self.case.name());
        let mut session = database.another_session().await;
        let schema = read_schema(&mut *session).await.unwrap();
        let (is_old, is_new) = (self.is(&schema, &self.stored.from), self.is(&schema, &self.stored.to));
        assert!(
            is_old || is_new || self.in_batches(),
            "{place}: the schema is between the old and the new one: {schema:#?}"
        );
        // A fault between the last statement and the end is told although all was done.
        assert!(is_new || pushed.is_err(), "{place}: the push says that it went through");
        let now = if is_new { kept.after(&mut *session).await } else { kept.before(&mut *session).await };
        assert_eq!(now.unwrap(), before, "{place}");
        assert_unlocked(&mut *session, &place).await;
        let again = self.push(&database, session, is_old).await;
        again.unwrap_or_else(|error| panic!("{place}, then again: {error}"));
        reached
    }

    /// Pushes the desired side; the answers fit as long as the schema `is_old`.
    async fn push(
        &self,
        database: &Database,
        connection: Box<dyn Connection>,
        is_old: bool,
    ) -> Result<(), whimbrel::Error> {
        let mut resolver = predefined();
        resolver.no_other_renames = true;
        resolver.accept_data_loss = true;
        let source = Source::sql("to.sql", self.case.sources(self.dialect).unwrap().to);
        let mut migrator = Migrator::builder(database.url())?.source(source).over(connection);
        let Answers { renamed, mappings } = answers(self.case.answers(self.dialect));
        resolver.enum_values = mappings;
        let renames = if is_old { Renames { renamed, ..Renames::default() } } else { Renames::default() };
        migrator.push().renames(renames).resolver(resolver).await?;
        migrator.close().await
    }

    /// Says whether the plan has more than one batch, so that a fault may leave
    /// some of them done.
    fn in_batches(&self) -> bool {
        plan(self.dialect, self.stored.pair(), &self.settled.changes).unwrap().batches.len() > 1
    }

    fn is(&self, schema: &Schema, other: &Schema) -> bool {
        diff(self.dialect, Pair::new(schema, other), &Renames::default()).changes.is_empty()
    }
}

/// A writer gets in at once, and finds nothing broken.
async fn assert_unlocked(session: &mut dyn Connection, place: &str) {
    match session.server().dialect {
        Dialect::Sqlite => {
            session.execute("PRAGMA busy_timeout = 0").await.unwrap();
            session.execute("BEGIN IMMEDIATE").await.unwrap_or_else(|error| panic!("{place}: {error}"));
            session.execute("ROLLBACK").await.unwrap();
            let integrity = session.query("PRAGMA integrity_check").await.unwrap();
            assert_eq!(integrity[0].value(0), &Value::Text("ok".to_owned()), "{place}");
        }
        Dialect::Postgres => {
            let locks = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database \
                         WHERE locktype = 'advisory' AND datname = current_database()";
            // The server notices that a client is gone a moment later.
            let end = Instant::now() + Duration::from_secs(10);
            while session.query(locks).await.unwrap()[0].integer(0) != Some(0) {
                assert!(Instant::now() < end, "{place}: the lock is still held");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

#[test]
fn a_rebuild_under_cascading_children() {
    check("foreign_key/parent_is_rebuilt_under_cascading_children", Dialect::Sqlite);
}

#[test]
fn a_rebuild_under_triggers_and_views() {
    check("trigger/outlives_a_rebuild", Dialect::Sqlite);
}

#[test]
fn renames() {
    check("rename/of_a_table_that_differs_besides", Dialect::Sqlite);
}

#[test]
fn much_at_once() {
    check("ordering/much_at_once", Dialect::Sqlite);
}

#[test]
fn columns_in_place() {
    check("column/is_added_with_a_default", Dialect::Sqlite);
}

#[test]
fn a_counter() {
    check("column/keeps_its_autoincrement_counter", Dialect::Sqlite);
}

#[test]
fn an_enum_is_made_anew_on_postgres() {
    check("enum/loses_a_value", Dialect::Postgres);
}

#[test]
fn renames_on_postgres() {
    check("rename/of_a_table_that_differs_besides", Dialect::Postgres);
}

#[test]
fn a_new_enum_value_is_used_on_postgres() {
    check("enum/gains_values", Dialect::Postgres);
}
