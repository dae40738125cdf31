//! Tables that SQLite would drop with rows of others.

use std::sync::Arc;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::Checksum;
use whimbrel_db::Connection;
use whimbrel_db::apply::{
    ApplyError, ApplyOptions, Job, Program, ProgramError, Record, ResumeAt, Transaction, TransactionMode,
    Work,
};
use whimbrel_testkit::database::{Database, block_on};

use crate::support::{
    Heard, Pending, assert_free, column, in_mode, options, pending, run_with, told, tracked,
};

const TABLES: (&str, &str) = (
    "tables",
    "CREATE TABLE users (id INTEGER PRIMARY KEY);
     CREATE TABLE posts (user REFERENCES users ON DELETE CASCADE);
     INSERT INTO users VALUES (1), (2);
     INSERT INTO posts VALUES (1), (2);",
);

const REBUILD: &str = "CREATE TABLE new (id INTEGER PRIMARY KEY);
INSERT INTO new SELECT id FROM users;
DROP TABLE users;
ALTER TABLE new RENAME TO users;";

const POSTS: &str = "SELECT user FROM posts ORDER BY user";

async fn tell(session: &mut dyn Connection, agenda: &mut Pending, options: &ApplyOptions) -> ApplyError {
    let mut heard = Heard::default();
    let error = run_with(session, agenda, options, &mut heard).await.unwrap_err();
    assert_free(session, "after the refusal").await;
    assert_eq!(error.kept().migrations, heard.reported());
    assert_eq!(heard.reported().join(" "), tracked(session).await, "what is told is true");
    assert_eq!(column(session, "PRAGMA foreign_keys").await, "1");
    error
}

/// What is told of migrations that are refused; the rows are those that were there.
async fn refused(mode: TransactionMode, migrations: &[(&str, &str)]) -> (Database, String) {
    let mut database = Database::shared(Dialect::Sqlite).await;
    database.run(TABLES.1).await.unwrap();
    let session = &mut *database.connection;
    let mut agenda = pending(Dialect::Sqlite, migrations);
    let error = tell(session, &mut agenda, &in_mode(Dialect::Sqlite, mode)).await;
    assert_eq!(column(session, POSTS).await, "1 2");
    assert_eq!(column(session, "SELECT id FROM users ORDER BY id").await, "1 2");
    (database, told(&error))
}

const FAILED: &str = "statement 3 of 4 of `rebuild` failed, at line 3 of `0001_rebuild.sql`\n\
    because: 2 rows of `posts` would be deleted with `users`\n";

const HELP: &str = "to keep the rows, begin the file with `PRAGMA foreign_keys=OFF;` and end it with \
    `PRAGMA foreign_keys=ON;` (`whimbrel migrate verify --accept rebuild` records the edit), for then dropping a \
    table touches no other; to lose them, use `--accept-data-loss`";

#[test]
fn a_table_with_which_rows_of_others_would_go_stays() {
    block_on(async {
        let migrations =
            [("before", "CREATE TABLE a (n);"), ("rebuild", REBUILD), ("after", "CREATE TABLE b (n);")];
        let (mut database, told) = refused(TransactionMode::Each, &migrations).await;
        assert_eq!(told, format!("{FAILED}help: this run keeps `before`; {HELP}"));
        assert_eq!(
            column(&mut *database.connection, "SELECT name FROM sqlite_schema WHERE name = 'new'").await,
            ""
        );

        let (_, told) = refused(TransactionMode::All, &migrations).await;
        assert_eq!(told, format!("{FAILED}help: no migration of this run was kept; {HELP}"));
    });
}

#[test]
fn a_statement_that_is_committed_alone_is_refused_too_and_gone_on_with() {
    block_on(async {
        let migrations = [("before", "CREATE TABLE a (n);"), ("rebuild", REBUILD)];
        let (mut database, told) = refused(TransactionMode::None, &migrations).await;
        let help = "help: this run keeps `before`; statements 1 to 2 of this one stay: the next run goes on after \
            them; to keep the rows, run the rest by hand after `PRAGMA foreign_keys=OFF;`, then go on with \
            `--resume-at rebuild:5`; to lose them, use `--accept-data-loss`";
        assert_eq!(told, format!("{FAILED}{help}"));

        // Once more, in any mode: it is still no single transaction.
        let session = &mut *database.connection;
        let mut agenda = pending(Dialect::Sqlite, &migrations);
        let error = tell_again(session, &mut agenda).await;
        assert_eq!(column(session, POSTS).await, "1 2");
        assert_eq!(error, "2 rows of `posts` would be deleted with `users`");

        for sql in ["PRAGMA foreign_keys=OFF", "DROP TABLE users", "ALTER TABLE new RENAME TO users"] {
            session.execute(sql).await.unwrap();
        }
        session.execute("PRAGMA foreign_keys=ON").await.unwrap();
        let resume_at = Some(ResumeAt { migration: "rebuild".into(), statement: 5 });
        let options = ApplyOptions { resume_at, ..options(Dialect::Sqlite) };
        run_with(session, &mut agenda, &options, &mut Heard::default()).await.unwrap();
        assert_eq!(
            (column(session, POSTS).await, tracked(session).await),
            ("1 2".into(), "before rebuild".into())
        );
    });
}

async fn tell_again(session: &mut dyn Connection, agenda: &mut Pending) -> String {
    let options = options(Dialect::Sqlite);
    let error = run_with(session, agenda, &options, &mut Heard::default()).await.unwrap_err();
    error.db().unwrap().to_string()
}

#[test]
fn a_migration_that_wants_no_transaction_is_refused_at_the_same_place() {
    block_on(async {
        let text = format!("-- whimbrel: no-transaction\n{REBUILD}");
        let (_, told) = refused(TransactionMode::Each, &[("rebuild", &text)]).await;
        assert!(told.starts_with(
            "statement 3 of 4 of `rebuild` failed, at line 4 of `0000_rebuild.sql`\n\
             because: 2 rows of `posts` would be deleted with `users`\nhelp: no migration of this run was kept; \
             statements 1 to 2 of this one stay"
        ));
    });
}

#[test]
fn a_drop_behind_one_that_is_committed_is_looked_at_as_well() {
    block_on(async {
        let text = "CREATE TABLE a (n);\nDROP TABLE a;\nDROP TABLE users;";
        let (mut database, told) = refused(TransactionMode::None, &[("fewer", text)]).await;
        assert!(told.starts_with("statement 3 of 3 of `fewer` failed"), "{told}");
        let session = &mut *database.connection;
        // What was looked at in the run before is not what is there now.
        session.execute("DELETE FROM posts").await.unwrap();
        run_with(
            session,
            &mut pending(Dialect::Sqlite, &[("fewer", text)]),
            &options(Dialect::Sqlite),
            &mut { Heard::default() },
        )
        .await
        .unwrap();
        assert_eq!(column(session, "SELECT name FROM sqlite_schema WHERE name IN ('a', 'users')").await, "");
    });
}

#[test]
fn what_touches_no_row_is_run() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let session = &mut *database.connection;
        let guarded = format!("PRAGMA foreign_keys=OFF;\n{REBUILD}\nPRAGMA foreign_keys=ON;");
        let migrations = [
            TABLES,
            ("guarded", guarded.as_str()),
            ("absent", "DROP TABLE IF EXISTS nobody;"),
            ("emptied", "CREATE TABLE kept AS SELECT * FROM posts;\nDELETE FROM posts;\nDROP TABLE users;"),
            ("again", "CREATE TABLE users (id INTEGER PRIMARY KEY);\nINSERT INTO users VALUES (1);"),
            ("both", "INSERT INTO posts VALUES (1);\nDROP TABLE users;\nDROP TABLE posts;"),
        ];
        let mut agenda = pending(Dialect::Sqlite, &migrations);
        run_with(session, &mut agenda, &options(Dialect::Sqlite), &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, "SELECT user FROM kept ORDER BY user").await, "1 2");
        assert_eq!(tracked(session).await, "tables guarded absent emptied again both");
    });
}

#[test]
fn what_is_accepted_is_lost() {
    block_on(async {
        for mode in [TransactionMode::Each, TransactionMode::All, TransactionMode::None] {
            let mut database = Database::shared(Dialect::Sqlite).await;
            let session = &mut *database.connection;
            let mut agenda = pending(Dialect::Sqlite, &[TABLES, ("rebuild", REBUILD)]);
            let options = ApplyOptions { accept_data_loss: true, ..in_mode(Dialect::Sqlite, mode) };
            run_with(session, &mut agenda, &options, &mut Heard::default()).await.unwrap();
            assert_eq!(column(session, POSTS).await, "");
        }
    });
}

/// Drops the users.
struct Drops;

#[async_trait]
impl Program for Drops {
    fn name(&self) -> &str {
        "drops"
    }

    fn file(&self) -> &str {
        "0000_drops.rs"
    }

    async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
        // Whoever does not look is stopped all the same.
        drop(transaction.execute("CREATE TABLE a (n); DROP TABLE users", []).await);
        Ok(())
    }
}

#[test]
fn a_program_is_refused_likewise() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        database.run(TABLES.1).await.unwrap();
        let session = &mut *database.connection;
        let work = Work::Program(Arc::new(Drops));
        let job = Job { name: "drops".into(), checksum: Checksum::of_file(""), work, record: Record::Insert };
        let mut agenda = Pending(vec![job]);
        let error = tell(session, &mut agenda, &options(Dialect::Sqlite)).await;
        assert_eq!(
            told(&error),
            "`drops` failed: 2 rows of `posts` would be deleted with `users`\nit ran: DROP TABLE users\n\
             help: to keep them, write a migration in SQL that drops the table with foreign keys off \
             (`PRAGMA foreign_keys=OFF;`); to lose them, delete them first, or use `--accept-data-loss`; no migration \
             of this run was kept; put it right, then run the command again"
        );
        assert_eq!(column(session, POSTS).await, "1 2");

        let options = ApplyOptions { accept_data_loss: true, ..options(Dialect::Sqlite) };
        run_with(session, &mut agenda, &options, &mut Heard::default()).await.unwrap();
        assert_eq!((column(session, POSTS).await, tracked(session).await), (String::new(), "drops".into()));
    });
}
