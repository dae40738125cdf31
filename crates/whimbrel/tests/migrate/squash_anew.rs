//! `squash` planned anew: what is superseded goes, and where that might make a
//! difference all stays as it was written.

use whimbrel::SquashReport;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::{Script, body};
use whimbrel::core::plan::Proof;
use whimbrel::core::resolve::lenient;

use crate::project::{AGED, BOTH, POSTS, Project, USERS};

/// Squashes all, while one database has applied what was and another nothing:
/// both must come to the same, and back to nothing.
async fn squashed(project: &Project) -> SquashReport {
    let old = project.elsewhere().await;
    old.apply().await;
    let report = project.migrator().await.squash().name("all").await.unwrap();
    assert_eq!(project.apply().await, ["all"]);
    assert_eq!(old.apply().await, ["all"]);
    assert_eq!(checked(project).await, checked(&old).await);
    if report.migration.entry.down_checksum.is_some() {
        goes_back(project).await;
        goes_back(&old).await;
    }
    report
}

/// The schema of a database with which all agrees.
async fn checked(project: &Project) -> String {
    assert!(project.migrator().await.check().await.unwrap().findings.is_empty());
    project.migrator().await.inspect().await.unwrap().to_sql().unwrap()
}

/// The way back leads to nothing.
async fn goes_back(project: &Project) {
    project.migrator().await.down().resolver(lenient()).await.unwrap();
    assert_eq!(project.migrator().await.inspect().await.unwrap().schema.len(), 0);
}

/// The statements of the new migration, a line each.
fn statements(report: &SquashReport, dialect: Dialect) -> String {
    let script = Script::read(dialect, "all", &report.migration.up.text).unwrap();
    let line = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    script.statements.iter().map(|one| line(script.sql(one)) + "\n").collect()
}

/// Squashes migrations that were generated for these schemas.
async fn becomes(dialect: Dialect, schemas: &[&str], form: &str, expected: &str) {
    let project = Project::generated(dialect, schemas).await;
    let report = squashed(&project).await;
    assert_eq!(
        (report.form.to_string().as_str(), statements(&report, dialect).as_str()),
        (form, expected),
        "{}",
        report.migration.up.text
    );
    assert_eq!(report.migration.entry.proof, Some(Proof::Exact));
}

/// A history that was written by hand.
async fn by_hand(dialect: Dialect, files: &[&str]) -> Project {
    let project = Project::new(dialect).await;
    for (at, file) in files.iter().enumerate() {
        project.write(&format!("m{at}"), file, None).await;
    }
    project
}

async fn stays(dialect: Dialect, files: &[&str], reason: &str) {
    let project = by_hand(dialect, files).await;
    let report = project.migrator().await.squash().dry_run(true).await.unwrap();
    assert_eq!(report.form.to_string(), format!("kept as written: {reason}"), "{files:?}");
    let squashed: String =
        report.replaced.iter().map(|one| format!("-- Squashed: {}\n", one.path())).collect();
    let written = files.join("\n").replace(";\n", ";\n--> statement-breakpoint\n");
    assert_eq!(body(&report.migration.up.text), format!("{squashed}{written}\n"));
}

#[tokio::test]
async fn what_was_added_is_made_at_once_and_what_was_dropped_never() {
    let first = format!("{USERS}\nCREATE TABLE old (id integer PRIMARY KEY);");
    let schemas = [&first, AGED, POSTS];
    becomes(
        Dialect::Sqlite,
        &schemas,
        "planned anew: 2 in place of 5 statements",
        "CREATE TABLE \"posts\" ( \"id\" integer PRIMARY KEY, \"title\" text )\n\
         CREATE TABLE \"users\" ( \"id\" integer PRIMARY KEY, \"name\" text, \"age\" integer )\n",
    )
    .await;
    becomes(
        Dialect::Postgres,
        &schemas,
        "planned anew: 2 in place of 5 statements",
        "CREATE TABLE \"posts\" ( \"id\" integer NOT NULL, \"title\" text, \
         CONSTRAINT \"posts_pkey\" PRIMARY KEY (\"id\") )\n\
         CREATE TABLE \"users\" ( \"id\" integer NOT NULL, \"name\" text, \"age\" integer, \
         CONSTRAINT \"users_pkey\" PRIMARY KEY (\"id\") )\n",
    )
    .await;
}

#[tokio::test]
async fn a_rebuild_is_the_table_that_it_leads_to() {
    let before = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);\n\
                  CREATE INDEX by_name ON users (name);\n\
                  CREATE VIEW named AS SELECT name FROM users;";
    let after = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT '');\n\
                 CREATE INDEX by_name ON users (name);\n\
                 CREATE VIEW named AS SELECT name FROM users WHERE name <> '';\n\
                 CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET name = 'x' WHERE name = ''; END;";
    becomes(
        Dialect::Sqlite,
        &[before, after],
        "planned anew: 4 in place of 15 statements",
        "CREATE TABLE \"users\" ( \"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \"name\" TEXT NOT NULL DEFAULT '' )\n\
         CREATE VIEW named AS SELECT name FROM users WHERE name <> ''\n\
         CREATE INDEX \"by_name\" ON \"users\" (\"name\")\n\
         CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET name = 'x' WHERE name = ''; END\n",
    )
    .await;
}

#[tokio::test]
async fn an_enum_has_all_its_values_from_the_start() {
    let of = |values: &str, default: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({values});\n\
             CREATE TABLE users (id integer PRIMARY KEY, mood mood DEFAULT '{default}');"
        )
    };
    becomes(
        Dialect::Postgres,
        &[&of("'ok'", "ok"), &of("'ok', 'sad'", "sad"), &of("'ok', 'meh', 'sad'", "meh")],
        "planned anew: 2 in place of 6 statements",
        "CREATE TYPE \"mood\" AS ENUM ('ok', 'meh', 'sad')\n\
         CREATE TABLE \"users\" ( \"id\" integer NOT NULL, \"mood\" mood DEFAULT 'meh'::mood, \
         CONSTRAINT \"users_pkey\" PRIMARY KEY (\"id\") )\n",
    )
    .await;
}

#[tokio::test]
async fn tables_that_refer_to_each_other_still_do() {
    let before = "CREATE TABLE a (id integer PRIMARY KEY);";
    let after = "CREATE TABLE a (id integer PRIMARY KEY, b integer);\n\
                 CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a (id));\n\
                 ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id);";
    becomes(
        Dialect::Postgres,
        &[before, after],
        "planned anew: 4 in place of 5 statements",
        "CREATE TABLE \"a\" ( \"id\" integer NOT NULL, \"b\" integer, CONSTRAINT \"a_pkey\" PRIMARY KEY (\"id\") )\n\
         CREATE TABLE \"b\" ( \"id\" integer NOT NULL, \"a\" integer, CONSTRAINT \"b_pkey\" PRIMARY KEY (\"id\") )\n\
         ALTER TABLE \"a\" ADD CONSTRAINT \"a_b_fkey\" FOREIGN KEY (\"b\") REFERENCES \"b\" (\"id\")\n\
         ALTER TABLE \"b\" ADD CONSTRAINT \"b_a_fkey\" FOREIGN KEY (\"a\") REFERENCES \"a\" (\"id\")\n",
    )
    .await;
}

#[tokio::test]
async fn what_is_only_its_definition_is_made_as_it_is_last() {
    let of = |word: &str, columns: &str| {
        format!(
            "CREATE TABLE users (id integer PRIMARY KEY, name text);\n\
             CREATE FUNCTION greet() RETURNS text LANGUAGE sql AS $$ SELECT '{word}' $$;\n\
             CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n\
             CREATE TRIGGER stamped BEFORE {columns} ON users FOR EACH ROW EXECUTE FUNCTION stamp();\n\
             CREATE VIEW greeted AS SELECT name, '{word}' AS word FROM users;\n\
             COMMENT ON VIEW greeted IS '{word}';"
        )
    };
    let project = Project::generated(
        Dialect::Postgres,
        &[&of("hi", "INSERT"), &of("hello", "UPDATE"), &of("good day", "INSERT")],
    )
    .await;
    let report = squashed(&project).await;
    assert_eq!(report.form.to_string(), "planned anew: 7 in place of 17 statements");
    let text = statements(&report, Dialect::Postgres);
    assert!(!text.contains("hello") && text.matches("good day").count() == 3, "{text}");
}

#[tokio::test]
async fn written_by_hand_is_planned_anew_too_and_comments_stay() {
    let files = [
        "-- Who signs in.\ncreate table Users (id integer primary key, nick text);\n",
        "-- Nobody knew what a nick was.\nalter table Users rename column nick to name;\n",
        "alter table Users add column age integer;\nupdate Users set age = 18 where age is null;\n",
    ];
    let report = squashed(&by_hand(Dialect::Sqlite, &files).await).await;
    assert_eq!(report.form.to_string(), "planned anew: 1 in place of 4 statements");
    assert_eq!(
        body(&report.migration.up.text),
        "-- Squashed: 0000_m0.sql\n-- Squashed: 0001_m1.sql\n-- Squashed: 0002_m2.sql\n-- Who signs in.\n\
         CREATE TABLE \"Users\" (\n  \"id\" integer PRIMARY KEY,\n  \"name\" text,\n  \"age\" integer\n);\n"
    );
    assert_eq!(report.without_down, ["m0", "m1", "m2"]);
}

#[tokio::test]
async fn rows_keep_all_as_it_was_written() {
    for dialect in BOTH {
        let files =
            ["CREATE TABLE a (b integer);", "INSERT INTO a VALUES (1);", "ALTER TABLE a ADD c integer;"];
        stays(dialect, &files, "`memory/0001_m1.sql:1` puts rows in").await;
        let project = by_hand(dialect, &files).await;
        squashed(&project).await;
        assert_eq!(project.rows("SELECT * FROM a").await, "1|NULL");
    }
    // What no statement shows, the tables do.
    let files = [
        "CREATE TABLE a (b integer);\nCREATE TABLE c (b integer);",
        "INSERT INTO c SELECT count(*) FROM a;\nALTER TABLE a ADD d integer;",
    ];
    for dialect in BOTH {
        stays(dialect, &files, "`c` holds rows after it").await;
    }
}

#[tokio::test]
async fn what_the_schema_does_not_hold_keeps_all_as_it_was_written() {
    let check = async |rest: &str, reason: &str| {
        let file = format!("CREATE TABLE a (b integer PRIMARY KEY, c text);\nALTER TABLE a DROP c;\n{rest}");
        stays(Dialect::Postgres, &[&file, "ALTER TABLE a ADD d integer;"], reason).await;
    };
    check(
        "CREATE STATISTICS s ON b, (b + 1) FROM a;",
        "`memory/0000_m0.sql:3` is about what whimbrel does not manage",
    )
    .await;
    check(
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY;",
        "whimbrel does not manage the row security setting `a`",
    )
    .await;
    check("ALTER TABLE a REPLICA IDENTITY FULL;", "whimbrel does not manage the replica identity `a`").await;
    check(
        "CREATE TYPE p AS (x integer);\nCOMMENT ON COLUMN p.x IS 'y';",
        "whimbrel does not manage the comment `p`",
    )
    .await;
    // Nothing of whimbrel's knows these: the catalogue says it.
    for (rest, what) in [
        (
            "CREATE TABLE k (b integer REFERENCES a);\nALTER TABLE k DISABLE TRIGGER ALL;",
            "triggers of the keys of k",
        ),
        ("CREATE MATERIALIZED VIEW m AS SELECT b FROM a WITH NO DATA;", "relation m"),
    ] {
        check(rest, &format!("anew it would not be the same: `{what}` differs")).await;
    }
}

#[tokio::test]
async fn a_sequence_that_moved_keeps_all_as_it_was_written() {
    let files = [
        "CREATE SEQUENCE s;\nCREATE TABLE a (b integer);",
        "ALTER SEQUENCE s RESTART WITH 7;\nALTER TABLE a ADD c integer;\nALTER TABLE a DROP c;",
    ];
    stays(Dialect::Postgres, &files, "anew it would not be the same: `counter of s` differs").await;
}

#[tokio::test]
async fn what_pragmas_say_keeps_all_as_it_was_written() {
    let files = ["CREATE TABLE a (b);", "PRAGMA user_version = 3;\nALTER TABLE a ADD c;"];
    stays(Dialect::Sqlite, &files, "`memory/0001_m1.sql:1` sets what no schema holds").await;
}

#[tokio::test]
async fn what_is_not_shorter_or_not_from_the_start_or_not_wanted_stays_as_it_was_written() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, POSTS, AGED]).await;
    let form = async |from: u32, to: u32, as_written: bool| {
        let mut migrator = project.migrator().await;
        let squash = migrator.squash().from(from).to(to).as_written(as_written).dry_run(true);
        squash.await.unwrap().form.to_string()
    };
    assert_eq!(
        form(1, 2, false).await,
        "kept as written: a database may hold rows after `0000_create-users`"
    );
    assert_eq!(form(0, 2, true).await, "kept as written: it was asked for");
    let tables = "CREATE TABLE users (id integer PRIMARY KEY, name text);\nCREATE TABLE b (id integer);";
    becomes(
        Dialect::Sqlite,
        &[USERS, tables],
        "kept as written: anew it would not be shorter",
        "CREATE TABLE \"users\" ( \"id\" integer PRIMARY KEY, \"name\" text )\nCREATE TABLE \"b\" ( \"id\" integer )\n",
    )
    .await;
}

#[tokio::test]
async fn a_way_back_that_leads_elsewhere_is_not_replaced() {
    let project = Project::new(Dialect::Sqlite).await;
    project.write("a", "CREATE TABLE a (b);", Some("ALTER TABLE a RENAME TO backup;")).await;
    project.write("b", "ALTER TABLE a ADD c;", Some("ALTER TABLE a DROP c;")).await;
    let report = project.migrator().await.squash().dry_run(true).await.unwrap();
    assert_eq!(report.form.to_string(), "kept as written: its way back does not lead back");
}

#[tokio::test]
async fn later_migrations_find_what_they_expect() {
    for dialect in BOTH {
        let last = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer);";
        let project = Project::generated(dialect, &[USERS, AGED, POSTS, last]).await;
        project.migrator().await.squash().to(2).name("all").await.unwrap();
        assert!(project.migrator().await.verify().await.unwrap().is_fine());
        assert!(project.towards(last).await.generate().await.unwrap().migrations.is_empty());
        assert_eq!(project.apply().await, ["all", "drop-posts"]);
        assert_eq!(project.tables().await, "users");
    }
}
