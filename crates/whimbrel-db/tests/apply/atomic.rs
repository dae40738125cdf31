//! Migrations that are one transaction each.

use std::convert::Infallible;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_db::apply::{Agenda, Job, Record, Seen, TransactionMode, apply};
use whimbrel_testkit::database::{Database, block_on};

use crate::support::{
    BOTH, Heard, assert_free, column, in_mode, options, pending, run, run_with, told, tracked,
};

const TWO: [(&str, &str); 2] = [
    ("first", "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\n"),
    ("second", "INSERT INTO a VALUES (2);\n"),
];

#[test]
fn migrations_run_once_and_in_order() {
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let (session, mut heard) = (&mut *database.connection, Heard::default());
            let applied = run(session, &TWO[..1], &mut heard).await.unwrap();
            assert_eq!(applied.migrations, ["first"]);
            run(session, &TWO, &mut heard).await.unwrap();
            run(session, &TWO, &mut heard).await.unwrap();
            let lines = [
                "1 to run",
                "1 of 1: first",
                "applied first",
                "1 to run",
                "1 of 1: second",
                "applied second",
            ];
            assert_eq!(heard.0, lines);
            assert_eq!(column(session, "SELECT n FROM a ORDER BY n").await, "1 2");
            assert_eq!(tracked(session).await, "first second");
            assert_free(session, "after the run").await;
        });
    }
}

#[test]
fn a_failing_statement_is_shown_where_it_stands() {
    let texts = [
        TWO[0],
        (
            "second",
            "INSERT INTO a VALUES (2);\n\n-- ü\nINSERT INTO a VALUES (3);\nINSERT INTO b VALUES (4);\nSELECT 1;",
        ),
        ("third", "INSERT INTO a VALUES (5);"),
    ];
    for (dialect, cause) in BOTH.into_iter().zip(["no such table: b", "relation \"b\" does not exist"]) {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let (session, mut heard) = (&mut *database.connection, Heard::default());
            let error = run(session, &texts, &mut heard).await.unwrap_err();
            assert_eq!(
                told(&error),
                format!(
                    "statement 3 of 4 of `second` failed, at line 5 of `0001_second.sql`\n\
                     because: {cause}\n\
                     help: this run keeps `first`; put right the rows that it met, or the file (`whimbrel migrate \
                     verify --accept second` records the edit), then run the command again"
                )
            );
            assert_eq!(heard.reported(), ["first"]);
            assert_eq!(column(session, "SELECT n FROM a ORDER BY n").await, "1");
            assert_eq!(tracked(session).await, "first");
            assert!(!session.in_transaction().await.unwrap());
            assert_free(session, "after the failure").await;
        });
    }
}

#[test]
fn what_does_not_parse_is_shown_where_it_stands() {
    let texts = [("first", "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\nINSRT INTO a VALUES (2);\n")];
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let (session, mut heard) = (&mut *database.connection, Heard::default());
            let error = run(session, &texts, &mut heard).await.unwrap_err();
            let first = told(&error).lines().next().unwrap().to_owned();
            assert_eq!(first, "statement 3 of 3 of `first` failed, at line 3 of `0000_first.sql`");
            assert_eq!(error.kept().migrations, Vec::<String>::new());
        });
    }
}

#[test]
fn the_whole_run_may_be_one_transaction() {
    let texts = [TWO[0], TWO[1], ("third", "INSERT INTO b VALUES (3);")];
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let (session, mut heard) = (&mut *database.connection, Heard::default());
            let options = in_mode(dialect, TransactionMode::All);
            let mut jobs = pending(dialect, &texts);
            let error = run_with(session, &mut jobs, &options, &mut heard).await.unwrap_err();
            assert_eq!(error.kept().migrations, Vec::<String>::new());
            assert!(heard.reported().is_empty(), "{heard:?}");
            let mut jobs = pending(dialect, &texts[..2]);
            run_with(session, &mut jobs, &options, &mut heard).await.unwrap();
            assert_eq!(heard.reported(), ["first", "second"]);
            assert_eq!(tracked(session).await, "first second");
        });
    }
}

#[test]
fn what_cannot_be_one_transaction_is_told_before_anything_runs() {
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let (session, mut heard) = (&mut *database.connection, Heard::default());
        let texts = [TWO[0], ("index", "CREATE INDEX CONCURRENTLY i ON a (n);")];
        let options = in_mode(Dialect::Postgres, TransactionMode::All);
        let mut jobs = pending(Dialect::Postgres, &texts);
        let error = run_with(session, &mut jobs, &options, &mut heard).await.unwrap_err();
        assert_eq!(
            told(&error),
            "`index` cannot run in one transaction with others\n\
             help: nothing was run; use `--transaction each`, or `--to` to run what comes before"
        );
        assert!(heard.0.is_empty(), "{heard:?}");
    });
}

#[test]
fn records_follow_what_runs() {
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let (session, mut heard) = (&mut *database.connection, Heard::default());
            run(session, &TWO, &mut heard).await.unwrap();
            let mut swap = pending(dialect, &[("both", "")]);
            swap.0[0].record = Record::Swap { rows: vec!["first".to_owned(), "second".to_owned()] };
            run_with(session, &mut swap, &options(dialect), &mut heard).await.unwrap();
            assert_eq!(tracked(session).await, "both");
            let mut back = Down(pending(dialect, &[("both", "INSERT INTO a VALUES (0);\nDELETE FROM a;")]).0);
            back.0[0].record = Record::Delete { rows: vec!["both".to_owned()] };
            apply(session, &mut back, &options(dialect), &mut heard).await.unwrap();
            assert_eq!(tracked(session).await, "");
            let mut reset = pending(dialect, &[("reset", "DELETE FROM a;"), ("first", "")]);
            reset.0[0].record = Record::Clear;
            run_with(session, &mut reset, &options(dialect), &mut heard).await.unwrap();
            assert_eq!(tracked(session).await, "first");
            let mut down =
                Down(pending(dialect, &[("first", "INSERT INTO a VALUES (0);\nDELETE FROM a;")]).0);
            down.0[0].record = Record::Delete { rows: vec!["first".to_owned()] };
            apply(session, &mut down, &options(dialect), &mut heard).await.unwrap();
            assert_eq!(tracked(session).await, "");
            assert_eq!(column(session, "SELECT count(*) FROM a").await, "0");
        });
    }
}

/// Wants to take back what is applied.
struct Down(Vec<Job>);

#[async_trait]
impl Agenda for Down {
    type Error = Infallible;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Infallible> {
        let is_applied = |job: &&Job| seen.applied.iter().any(|row| row.name == job.name);
        Ok(self.0.iter().filter(is_applied).cloned().collect())
    }
}
