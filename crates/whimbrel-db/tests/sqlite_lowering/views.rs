//! Views, triggers and virtual tables around a rebuild.

use whimbrel_core::change::Change;
use whimbrel_core::pair::Pair;

use super::{Database, check};

#[test]
fn views_on_views_and_triggers_elsewhere_are_made_anew_once() {
    let rest = "CREATE VIEW v1 AS SELECT a FROM t; CREATE VIEW v2 AS SELECT a FROM v1;
        CREATE VIEW v0 AS SELECT v2.a FROM v2, u2;
        CREATE VIEW other AS SELECT 1 AS t;
        CREATE TRIGGER on_t AFTER INSERT ON t BEGIN UPDATE u SET a = new.a; END;
        CREATE TRIGGER on_u AFTER INSERT ON u BEGIN INSERT INTO t VALUES (new.a); END;
        CREATE TRIGGER on_v INSTEAD OF INSERT ON v2 BEGIN SELECT 1; END;
        CREATE TRIGGER on_other AFTER INSERT ON u BEGIN SELECT 't'; END";
    let tables = |kind: &str| {
        format!("CREATE TABLE t (a {kind}); CREATE TABLE u (a); CREATE TABLE u2 (b {kind}); {rest}")
    };
    let mut database = check(
        &tables("INT"),
        "INSERT INTO t VALUES (1)",
        &tables("TEXT"),
        &[],
        r#"
        DROP TRIGGER "on_t"
        DROP TRIGGER "on_u"
        DROP VIEW "v0"
        DROP TRIGGER "on_v"
        DROP VIEW "v2"
        DROP VIEW "v1"
        CREATE TABLE "__new_t" ( "a" TEXT )
        INSERT INTO "__new_t" (rowid, "a") SELECT rowid, "a" FROM "t"
        DROP TABLE "t"
        ALTER TABLE "__new_t" RENAME TO "t"
        CREATE TABLE "__new_u2" ( "b" TEXT )
        INSERT INTO "__new_u2" (rowid, "b") SELECT rowid, "b" FROM "u2"
        DROP TABLE "u2"
        ALTER TABLE "__new_u2" RENAME TO "u2"
        CREATE TRIGGER on_t AFTER INSERT ON t BEGIN UPDATE u SET a = new.a; END
        CREATE TRIGGER on_u AFTER INSERT ON u BEGIN INSERT INTO t VALUES (new.a); END
        CREATE VIEW v1 AS SELECT a FROM t
        CREATE VIEW v2 AS SELECT a FROM v1
        CREATE VIEW v0 AS SELECT v2.a FROM v2, u2
        CREATE TRIGGER on_v INSTEAD OF INSERT ON v2 BEGIN SELECT 1; END
        "#,
    );
    database.holds("SELECT * FROM v2", "1");
    block_on_run(&mut database, "INSERT INTO u VALUES (5)");
    database.holds("SELECT a FROM t", "1\n5");
}

fn block_on_run(database: &mut Database, sql: &str) {
    super::block_on(database.run(sql));
}

#[test]
fn objects_that_change_are_merged_with_the_rebuild() {
    check(
        "CREATE TABLE t (a INT); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW gone AS SELECT a FROM v",
        "",
        "CREATE TABLE t (a TEXT); CREATE VIEW v AS SELECT a, 1 FROM t; CREATE VIEW fresh AS SELECT * FROM v",
        &[],
        r#"
        DROP VIEW "gone"
        DROP VIEW "v"
        CREATE TABLE "__new_t" ( "a" TEXT )
        INSERT INTO "__new_t" (rowid, "a") SELECT rowid, "a" FROM "t"
        DROP TABLE "t"
        ALTER TABLE "__new_t" RENAME TO "t"
        CREATE VIEW v AS SELECT a, 1 FROM t
        CREATE VIEW fresh AS SELECT * FROM v
        "#,
    );
}

#[test]
fn a_view_follows_a_rename_by_being_made_anew() {
    let mut database = check(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, nick); CREATE VIEW v AS SELECT nick FROM users;
         CREATE TRIGGER r AFTER INSERT ON users BEGIN UPDATE users SET nick = upper(nick) WHERE id = new.id; END",
        "INSERT INTO users VALUES (1, 'ann')",
        "CREATE TABLE people (id INTEGER PRIMARY KEY, alias); CREATE VIEW v AS SELECT alias FROM people;
         CREATE TRIGGER r AFTER INSERT ON people BEGIN UPDATE people SET alias = upper(alias) WHERE id = new.id; END",
        &["users=people", "people.nick=alias"],
        r#"
        DROP TRIGGER "r"
        DROP VIEW "v"
        ALTER TABLE "users" RENAME TO "people"
        ALTER TABLE "people" RENAME COLUMN "nick" TO "alias"
        CREATE TRIGGER r AFTER INSERT ON people BEGIN UPDATE people SET alias = upper(alias) WHERE id = new.id; END
        CREATE VIEW v AS SELECT alias FROM people
        "#,
    );
    database.holds("SELECT * FROM v", "ANN");
}

#[test]
fn a_view_that_is_broken_does_not_stop_a_rebuild() {
    let broken = "CREATE VIEW broken AS SELECT * FROM missing; CREATE VIEW fine AS WITH c AS (SELECT 1) SELECT * FROM c";
    check(
        &format!("CREATE TABLE t (a INT); {broken}"),
        "",
        &format!("CREATE TABLE t (a TEXT); {broken}"),
        &[],
        r#"
        DROP VIEW "broken"
        CREATE TABLE "__new_t" ( "a" TEXT )
        INSERT INTO "__new_t" (rowid, "a") SELECT rowid, "a" FROM "t"
        DROP TABLE "t"
        ALTER TABLE "__new_t" RENAME TO "t"
        CREATE VIEW broken AS SELECT * FROM missing
        "#,
    );
}

#[test]
fn views_in_a_circle_are_dropped_and_made() {
    let views = "CREATE VIEW a AS SELECT 1 AS x, * FROM b, t; CREATE VIEW b AS SELECT 1 AS x, * FROM a";
    Database::new(&format!("CREATE TABLE t (a INT); {views}"))
        .push(&format!("CREATE TABLE t (a TEXT); {views}"), &[]);
}

#[test]
fn a_full_text_index_outlives_the_rebuild_of_its_table() {
    let rest = "CREATE VIRTUAL TABLE f USING fts5(a, content='t', content_rowid='id');
        CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO f (rowid, a) VALUES (new.id, new.a); END";
    let tables = |kind: &str| format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a {kind}); {rest}");
    let mut database = Database::new(&format!(
        "{}; INSERT INTO t VALUES (3, 'the quick bird'), (8, 'a slow one')",
        tables("TEXT")
    ));
    database.push(&tables("VARCHAR(99)"), &[]);
    database.holds("SELECT rowid, a FROM f WHERE f MATCH 'quick'", "3|the quick bird");
}

#[test]
fn a_virtual_table_that_changes_is_made_anew() {
    let mut database = Database::new("CREATE VIRTUAL TABLE f USING fts5(a)");
    let plan = database.push("CREATE VIRTUAL TABLE f USING fts5(a, b)", &[]);
    let hazards: Vec<_> = plan.steps().flat_map(|step| &step.hazards).map(ToString::to_string).collect();
    assert_eq!(hazards, ["f: all rows are lost"]);
}

#[test]
fn a_virtual_table_is_renamed_by_alter_table() {
    let mut database = Database::new("CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('x')");
    let schema = super::block_on(database.schema());
    let rename = Change::RenameTable { from: "f".into(), to: "g".into() };
    let plan = super::made(Pair::new(&schema, &schema), &[rename]);
    super::block_on(database.run(&plan.render_sql().replace("BEGIN;", "").replace("COMMIT;", "")));
    database.holds("SELECT * FROM g", "x");
}
