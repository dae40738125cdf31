//! What only SQLite does to a transaction.

use std::time::Duration;

use whimbrel_core::dialect::Dialect;
use whimbrel_db::LockWait;
use whimbrel_db::apply::{ApplyObserver, Job, TransactionMode};
use whimbrel_testkit::database::{Database, block_on};

use crate::support::{Heard, assert_free, column, in_mode, pending, run, run_with, told, tracked};

/// What to do where a COMMIT is refused.
const THEN: &str =
    "; put right what the database has against it, in the rows or in the file, then run the command again";

/// Runs migrations on an empty database; the third of them fails.
async fn fail(database: &mut Database, before: &str, migrations: &[(&str, &str)]) -> String {
    database.run(before).await.unwrap();
    let mut heard = Heard::default();
    let error = run(&mut *database.connection, migrations, &mut heard).await.unwrap_err();
    let session = &mut *database.connection;
    assert!(!session.in_transaction().await.unwrap());
    assert_eq!(heard.reported().join(" "), tracked(session).await, "what is told is true");
    assert_eq!(error.kept().migrations, heard.reported());
    assert_free(session, "after the failure").await;
    told(&error)
}

#[test]
fn a_rebuild_among_data_keeps_cascading_children() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let session = &mut *database.connection;
        let migrations = [
            (
                "tables",
                "CREATE TABLE parent (id INTEGER PRIMARY KEY);
                 CREATE TABLE child (parent int REFERENCES parent ON DELETE CASCADE);
                 INSERT INTO parent VALUES (1), (2);\nINSERT INTO child VALUES (1), (2);",
            ),
            ("more", "INSERT INTO parent VALUES (3);\nINSERT INTO child VALUES (3);"),
            (
                "rebuild",
                "PRAGMA foreign_keys=OFF;
                 CREATE TABLE new (id INTEGER PRIMARY KEY, a int NOT NULL DEFAULT 0);
                 INSERT INTO new (id) SELECT id FROM parent;\nDROP TABLE parent;\nALTER TABLE new RENAME TO parent;
                 PRAGMA foreign_keys=ON;",
            ),
            ("fewer", "DELETE FROM parent WHERE id = 2;"),
        ];
        run(session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(column(session, "SELECT parent FROM child ORDER BY parent").await, "1 3");
        assert_eq!(column(session, "PRAGMA foreign_keys").await, "1");
        assert_eq!(tracked(session).await, "tables more rebuild fewer");
    });
}

#[test]
fn a_rebuild_may_leave_old_orphans_and_no_new_ones() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let before = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (parent int REFERENCES parent);
            INSERT INTO parent VALUES (1);\nINSERT INTO child VALUES (1);
            PRAGMA foreign_keys = OFF;\nINSERT INTO child VALUES (9);\nPRAGMA foreign_keys = ON;";
        let migrations = [
            ("harmless", "PRAGMA foreign_keys=OFF;\nCREATE TABLE a (n);\nPRAGMA foreign_keys=ON;"),
            ("plain", "CREATE TABLE b (n);"),
            ("orphans", "PRAGMA foreign_keys=OFF;\nDELETE FROM parent;\nPRAGMA foreign_keys=ON;"),
        ];
        assert_eq!(
            fail(&mut database, before, &migrations).await,
            "`orphans` leaves rows that refer to nothing: row 1 of `child` refers to a row of `parent` that is not \
             there\nhelp: this run keeps `harmless` and `plain`; let the migration put the rows right, then run the \
             command again"
        );
        assert_eq!(column(&mut *database.connection, "PRAGMA foreign_keys").await, "1");
    });
}

#[test]
fn a_trigger_that_rolls_all_back_takes_nothing_that_was_reported() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let before = "CREATE TABLE a (n);\nCREATE TRIGGER no BEFORE INSERT ON a WHEN new.n = 3 BEGIN
            SELECT RAISE(ROLLBACK, 'not three'); END;";
        let migrations = [
            ("one", "INSERT INTO a VALUES (1);"),
            ("two", "INSERT INTO a VALUES (2);"),
            ("three", "INSERT INTO a VALUES (0);\nINSERT INTO a VALUES (3);"),
            ("four", "INSERT INTO a VALUES (4);"),
        ];
        assert_eq!(
            fail(&mut database, before, &migrations).await,
            "statement 2 of 2 of `three` failed, at line 2 of `0002_three.sql`\nbecause: not three\n\
             help: this run keeps `one` and `two`; put right the rows that it met, or the file (`whimbrel migrate \
             verify --accept three` records the edit), then run the command again"
        );
        assert_eq!(column(&mut *database.connection, "SELECT n FROM a").await, "1 2");
    });
}

#[test]
fn what_came_before_a_failure_is_kept_without_running_again() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let session = &mut *database.connection;
        let migrations = [
            ("one", "CREATE TABLE a (n);\nINSERT INTO a VALUES (1);"),
            ("two", "ALTER TABLE a ADD COLUMN m;\nINSERT INTO a VALUES (2, 2);"),
            ("three", "CREATE TABLE b (n);\nINSERT INTO a VALUES (3);\nINSERT INTO a VALUES (3, 3, 3);"),
            ("four", "INSERT INTO a VALUES (4, 4);"),
        ];
        let mut heard = Heard::default();
        run(session, &migrations, &mut heard).await.unwrap_err();
        let lines = ["4 to run", "1 of 4: one", "2 of 4: two", "3 of 4: three", "applied one", "applied two"];
        assert_eq!(heard.0, lines);
        assert_eq!(column(session, "SELECT n FROM a").await, "1 2");
        let names =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '[_s]*' ORDER BY name";
        assert_eq!(column(session, names).await, "a");
        assert_eq!(tracked(session).await, "one two");
    });
}

#[test]
fn a_full_disk_takes_nothing_that_was_reported() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let before = "CREATE TABLE a (n);\nPRAGMA max_page_count = 20;";
        let migrations = [
            ("one", "INSERT INTO a VALUES (1);"),
            ("two", "INSERT INTO a VALUES (2);"),
            ("three", "INSERT INTO a VALUES (3);\nINSERT INTO a VALUES (zeroblob(1000000));"),
            ("four", "INSERT INTO a VALUES (4);"),
        ];
        let told = fail(&mut database, before, &migrations).await;
        let name = database.connection.server().name.clone();
        assert_eq!(
            told,
            format!(
                "statement 2 of 2 of `three` failed, at line 2 of `0002_three.sql`\n\
                 because: no room left to write to `{name}`\nhelp: this run keeps `one` and `two`; then run the command again"
            )
        );
        assert_eq!(column(&mut *database.connection, "SELECT n FROM a").await, "1 2");
    });
}

/// What tells that a migration went by the settings of a session that has just
/// begun: a trigger that does not start itself, a check that holds, names of
/// either case that are alike, a name that follows its table.
const AS_EVER: (&str, &str) = (
    "as ever",
    "INSERT INTO seen SELECT 'A' LIKE 'a', recursive_triggers, ignore_check_constraints, legacy_alter_table,
        reverse_unordered_selects, writable_schema, query_only, trusted_schema
     FROM pragma_recursive_triggers, pragma_ignore_check_constraints, pragma_legacy_alter_table,
        pragma_reverse_unordered_selects, pragma_writable_schema, pragma_query_only, pragma_trusted_schema;",
);

const SEEN: &str =
    "CREATE TABLE seen (alike, recursive, unchecked, legacy, reverse, writable, queries, trusted);";

/// All of them, as lines.
const WHAT_WAS_SEEN: &str = "SELECT concat_ws(',', alike, recursive, unchecked, legacy, reverse, writable, queries, \
     trusted) FROM seen ORDER BY rowid";

#[test]
fn what_a_migration_sets_does_not_disturb_the_next() {
    const SET: &str = "PRAGMA case_sensitive_like = ON;\nPRAGMA recursive_triggers = ON;
        PRAGMA ignore_check_constraints = ON;\nPRAGMA legacy_alter_table = ON;
        PRAGMA reverse_unordered_selects = ON;\nPRAGMA writable_schema = ON;\nPRAGMA trusted_schema = OFF;";
    let inside = format!("{SET}\n{}", AS_EVER.1);
    let alone = format!("PRAGMA synchronous = OFF;\nPRAGMA journal_mode = MEMORY;\n{SET}\n{}", AS_EVER.1);
    let migrations =
        [("seen", SEEN), ("sets", &inside), AS_EVER, ("sets alone", &alone), ("again", AS_EVER.1)];
    for mode in [TransactionMode::Each, TransactionMode::None] {
        block_on(async {
            let mut database = Database::shared(Dialect::Sqlite).await;
            let session = &mut *database.connection;
            session.execute("PRAGMA reverse_unordered_selects = ON").await.unwrap();
            let mut agenda = pending(Dialect::Sqlite, &migrations);
            let options = in_mode(Dialect::Sqlite, mode);
            run_with(session, &mut agenda, &options, &mut Heard::default()).await.unwrap();
            let (set, as_ever) = ("0,1,1,1,1,1,0,0", "1,0,0,0,1,0,0,1");
            assert_eq!(column(session, WHAT_WAS_SEEN).await, [set, as_ever, set, as_ever].join(" "));
            assert_eq!(column(session, "PRAGMA synchronous").await, "2");
            assert_eq!(column(session, "PRAGMA journal_mode").await, "delete");
            // What is stored in the file is what a migration is for.
            let stays = [("log", "PRAGMA journal_mode = WAL;\nPRAGMA user_version = 7;")];
            run(session, &stays, &mut Heard::default()).await.unwrap();
            assert_eq!(column(session, "PRAGMA journal_mode").await, "wal");
            assert_eq!(column(session, "PRAGMA user_version").await, "7");
        });
    }
}

#[test]
fn what_is_temporary_does_not_outlive_its_migration() {
    const MAKES: &str = "CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE temp.a (n, parent REFERENCES parent);\nINSERT INTO parent VALUES (1);
        INSERT INTO temp.a VALUES (1, 1);\nCREATE TEMP VIEW b AS SELECT n FROM temp.a;
        CREATE TEMPORARY TRIGGER deaf AFTER INSERT ON main.c BEGIN DELETE FROM c; END;";
    let alone = format!("PRAGMA user_version = 7;\n{MAKES}");
    let migrations = [
        ("real", "CREATE TABLE a (n);\nCREATE TABLE b (n);\nCREATE TABLE c (n);"),
        ("makes", MAKES),
        ("alters", "ALTER TABLE a ADD COLUMN o;\nINSERT INTO b VALUES (2);\nINSERT INTO c VALUES (3);"),
        ("makes again", &alone),
        ("alters again", "ALTER TABLE a ADD COLUMN p;\nINSERT INTO c VALUES (4);"),
    ];
    for mode in [TransactionMode::Each, TransactionMode::All, TransactionMode::None] {
        block_on(async {
            let mut database = Database::shared(Dialect::Sqlite).await;
            let session = &mut *database.connection;
            session.execute("CREATE TEMP TABLE own (n)").await.unwrap();
            let mut agenda = pending(Dialect::Sqlite, &migrations);
            let options = in_mode(Dialect::Sqlite, mode);
            run_with(session, &mut agenda, &options, &mut Heard::default()).await.unwrap();
            assert_eq!(column(session, "SELECT name FROM temp.sqlite_schema").await, "own", "{mode:?}");
            assert_eq!(column(session, "SELECT name FROM pragma_table_info('a')").await, "n o p", "{mode:?}");
            assert_eq!(
                column(session, "SELECT n FROM b UNION ALL SELECT n FROM c").await,
                "2 3 4",
                "{mode:?}"
            );
        });
    }
}

#[test]
fn what_a_migration_sets_is_put_back_when_it_fails() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let fails = "PRAGMA ignore_check_constraints = ON;\nPRAGMA case_sensitive_like = ON;\nSELECT no;";
        let alone = format!("PRAGMA synchronous = OFF;\n{fails}");
        for (name, text) in [("fails", fails), ("fails alone", &alone)] {
            let session = &mut *database.connection;
            run(session, &[(name, text)], &mut Heard::default()).await.unwrap_err();
            run(session, &[("again", "PRAGMA query_only = ON;")], &mut Heard::default()).await.unwrap();
            assert_eq!(column(session, "PRAGMA ignore_check_constraints").await, "0", "{name}");
            assert_eq!(column(session, "SELECT 'a' LIKE 'A'").await, "1", "{name}");
            assert_eq!(column(session, "PRAGMA synchronous").await, "2", "{name}");
        }
    });
}

#[test]
fn foreign_keys_that_wait_for_the_end_wait_for_that_of_their_own_migration() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let before = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (parent int REFERENCES parent);";
        let waits = "PRAGMA defer_foreign_keys = ON;\nINSERT INTO child VALUES (1);";
        let own = format!("{waits}\nINSERT INTO parent VALUES (1);");
        let migrations = [("own", own.as_str()), ("inherits", "INSERT INTO child VALUES (2);")];
        assert_eq!(
            fail(&mut database, before, &migrations).await,
            "statement 1 of 1 of `inherits` failed, at line 1 of `0001_inherits.sql`\n\
             because: FOREIGN KEY constraint failed\nhelp: this run keeps `own`; put right the rows that it met, or \
             the file (`whimbrel migrate verify --accept inherits` records the edit), then run the command again"
        );
        let session = &mut *database.connection;
        session.execute("DELETE FROM child").await.unwrap();
        let migrations = [
            ("own", own.as_str()),
            ("plain", "INSERT INTO parent VALUES (5);"),
            ("lends", "PRAGMA defer_foreign_keys = ON;\nINSERT INTO child VALUES (3);"),
            ("gives", "INSERT INTO parent VALUES (3);"),
        ];
        let mut heard = Heard::default();
        let error = run(session, &migrations, &mut heard).await.unwrap_err();
        assert_eq!(
            told(&error),
            format!(
                "cannot commit `lends`\nbecause: FOREIGN KEY constraint failed\nhelp: this run keeps `plain`{THEN}"
            )
        );
        assert_eq!(tracked(session).await, "own plain");
    });
}

#[test]
fn what_is_found_wrong_at_commit_is_traced_to_its_migration() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let before = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);";
        let migrations = [
            ("one", "INSERT INTO parent VALUES (1);"),
            ("two", "INSERT INTO child VALUES (1);"),
            ("three", "INSERT INTO child VALUES (3);"),
            ("four", "INSERT INTO parent VALUES (4);"),
            ("five", "INSERT INTO parent VALUES (5);"),
        ];
        assert_eq!(
            fail(&mut database, before, &migrations).await,
            format!(
                "cannot commit `three`\nbecause: FOREIGN KEY constraint failed\nhelp: this run keeps `one` and `two`{THEN}"
            )
        );
    });
}

#[test]
fn an_interrupt_takes_nothing_that_was_reported() {
    const LONG: &str =
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000000)";
    for statement in
        [format!("{LONG} SELECT count(*) FROM r;"), format!("{LONG} INSERT INTO a SELECT n FROM r;")]
    {
        block_on(async {
            let mut database = Database::shared(Dialect::Sqlite).await;
            let canceller = database.connection.canceller();
            let asked = tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(400)).await;
                canceller.cancel().await;
            });
            let migrations = [
                ("one", "INSERT INTO a VALUES (1);"),
                ("two", "INSERT INTO a VALUES (2);"),
                ("long", &statement),
            ];
            let told = fail(&mut database, "CREATE TABLE a (n);", &migrations).await;
            asked.await.unwrap();
            assert_eq!(told, "interrupted\nhelp: no migration of this run was kept");
            let session = &mut *database.connection;
            assert_eq!(column(session, "SELECT count(*) FROM a").await, "0");
            run(session, &migrations[..2], &mut Heard::default()).await.unwrap();
            assert_eq!(column(session, "SELECT n FROM a").await, "1 2");
        });
    }
}

#[test]
fn a_run_whose_future_is_dropped_leaves_nothing_half_done() {
    block_on(async {
        let database = Database::shared(Dialect::Sqlite).await;
        let mut session = database.another_session().await;
        let long = "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r;";
        let migrations = [("one", "CREATE TABLE a (n);"), ("long", long)];
        let mut heard = Heard::default();
        let running = run(&mut *session, &migrations, &mut heard);
        assert!(tokio::time::timeout(Duration::from_millis(300), running).await.is_err());
        drop(session);
        let mut session = database.another_session().await;
        assert_eq!(column(&mut *session, "SELECT count(*) FROM sqlite_schema").await, "0");
        run(&mut *session, &migrations[..1], &mut Heard::default()).await.unwrap();
    });
}

#[test]
fn a_writer_in_the_way_is_waited_for_and_then_told() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let writer = &mut *database.connection;
        writer.execute("BEGIN IMMEDIATE").await.unwrap();
        let options = whimbrel_db::ConnectOptions {
            lock_wait: LockWait::up_to(Duration::from_millis(200)),
            ..whimbrel_db::ConnectOptions::default()
        };
        let mut session = whimbrel_db::connect(&database.url().parse().unwrap(), &options).await.unwrap();
        let migrations = [("one", "CREATE TABLE a (n);")];
        let error = run(&mut *session, &migrations, &mut Heard::default()).await.unwrap_err();
        assert!(error.is_locked(), "{error:?}");
        database.connection.execute("ROLLBACK").await.unwrap();
        run(&mut *session, &migrations, &mut Heard::default()).await.unwrap();
        assert_eq!(tracked(&mut *database.connection).await, "one");
    });
}

#[test]
fn others_who_applied_between_two_transactions_are_seen() {
    block_on(async {
        let database = Database::shared(Dialect::Sqlite).await;
        let mut first = database.another_session().await;
        let migrations = [
            ("one", "CREATE TABLE a (n);\nINSERT INTO a VALUES (1);"),
            ("two", "PRAGMA foreign_keys=OFF;\nINSERT INTO a VALUES (2);\nPRAGMA foreign_keys=ON;"),
            ("three", "INSERT INTO a VALUES (3);"),
        ];
        let mut heard = Meddler { heard: Heard::default(), url: database.url().to_owned() };
        let mut agenda = pending(Dialect::Sqlite, &migrations);
        let options = crate::support::options(Dialect::Sqlite);
        let applied =
            whimbrel_db::apply::apply(&mut *first, &mut agenda, &options, &mut heard).await.unwrap();
        assert_eq!(applied.migrations, ["one", "three"]);
        let lines = ["3 to run", "1 of 3: one", "applied one", "2 to run", "2 of 2: three", "applied three"];
        assert_eq!(heard.heard.0, lines);
        assert_eq!(column(&mut *first, "SELECT n FROM a").await, "1 22 3");
        assert_eq!(tracked(&mut *first).await, "one two three");
    });
}

/// Applies the second migration in another session as soon as the first is.
struct Meddler {
    heard: Heard,
    url: String,
}

impl ApplyObserver for Meddler {
    fn began(&mut self, total: usize) {
        self.heard.began(total);
    }

    fn started(&mut self, index: usize, total: usize, job: &Job) {
        self.heard.started(index, total, job);
    }

    fn statements(&mut self, _: usize, _: usize) {}

    fn said(&mut self, _: &str) {}

    fn applied(&mut self, job: &Job, elapsed: Duration) {
        self.heard.applied(job, elapsed);
        if job.name != "one" {
            return;
        }
        let url = self.url.clone();
        let meddling = std::thread::spawn(move || {
            block_on(async {
                let options = whimbrel_db::ConnectOptions::default();
                let mut session = whimbrel_db::connect(&url.parse().unwrap(), &options).await.unwrap();
                session.execute("INSERT INTO a VALUES (22)").await.unwrap();
                let record = "INSERT INTO _whimbrel_migrations (name, checksum) VALUES ('two', 'x')";
                session.execute(record).await.unwrap();
            });
        });
        meddling.join().unwrap();
    }
}
