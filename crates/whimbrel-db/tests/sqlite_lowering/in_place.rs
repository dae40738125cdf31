//! What ALTER TABLE does.

use super::{Database, check};

#[test]
fn a_new_schema_is_created_parents_first() {
    let to = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, z REFERENCES z ON DELETE CASCADE);
        CREATE TABLE z (id INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE DEFAULT 'x' NOT NULL UNIQUE, CHECK (n <> ''));
        CREATE INDEX i ON a (z DESC) WHERE z > 1;
        CREATE VIEW v AS SELECT * FROM a JOIN z;
        CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM z; END";
    check(
        "",
        "",
        to,
        &[],
        r#"
        CREATE TABLE "z" ( "id" INTEGER PRIMARY KEY, "n" TEXT NOT NULL DEFAULT 'x' COLLATE "NOCASE", UNIQUE ("n"), CHECK (n <> '') )
        CREATE TABLE "a" ( "id" INTEGER PRIMARY KEY AUTOINCREMENT, "z", FOREIGN KEY ("z") REFERENCES "z" ON DELETE CASCADE )
        CREATE INDEX "i" ON "a" ("z" DESC) WHERE z > 1
        CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM z; END
        CREATE VIEW v AS SELECT * FROM a JOIN z
        "#,
    );
}

#[test]
fn columns_are_added_in_place_where_alter_table_can() {
    let mut database = check(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a)",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (a, b TEXT, c INT NOT NULL DEFAULT -5, d AS (a + 1), e CONSTRAINT pos CHECK (e > 0),
            f CONSTRAINT fk REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        &[],
        r#"
        ALTER TABLE "t" ADD COLUMN "b" TEXT
        ALTER TABLE "t" ADD COLUMN "c" INT NOT NULL DEFAULT -5
        ALTER TABLE "t" ADD COLUMN "d" GENERATED ALWAYS AS (a + 1) VIRTUAL
        ALTER TABLE "t" ADD COLUMN "e" CONSTRAINT "pos" CHECK (e > 0)
        ALTER TABLE "t" ADD COLUMN "f" CONSTRAINT "fk" REFERENCES "p" DEFERRABLE INITIALLY DEFERRED
        "#,
    );
    database.holds("SELECT * FROM t", "1|NULL|-5|2|NULL|NULL");
}

#[test]
fn columns_are_dropped_in_place_with_the_indexes_on_them() {
    let mut database = check(
        "CREATE TABLE t (a, b, c AS (a)); CREATE INDEX i ON t (b); CREATE INDEX j ON t (a)",
        "INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE t (a); CREATE INDEX j ON t (a)",
        &[],
        r#"
        DROP INDEX "i"
        ALTER TABLE "t" DROP COLUMN "b"
        ALTER TABLE "t" DROP COLUMN "c"
        "#,
    );
    database.holds("SELECT * FROM t", "1");
}

#[test]
fn a_column_takes_the_place_of_the_only_one() {
    let mut database = check(
        "CREATE TABLE t (a)",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE t (b DEFAULT 7)",
        &[],
        r#"
        ALTER TABLE "t" ADD COLUMN "b" DEFAULT 7
        ALTER TABLE "t" DROP COLUMN "a"
        "#,
    );
    database.holds("SELECT * FROM t", "7");
}

#[test]
fn a_column_that_a_view_names_is_dropped_with_the_view_out_of_the_way() {
    check(
        "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW w AS SELECT a FROM t;
         CREATE TRIGGER r AFTER UPDATE ON t BEGIN SELECT new.b; END",
        "",
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM t",
        &[],
        r#"
        DROP TRIGGER "r"
        DROP VIEW "v"
        ALTER TABLE "t" DROP COLUMN "b"
        CREATE VIEW v AS SELECT a FROM t
        "#,
    );
}

#[test]
fn renames_are_followed_by_the_engine() {
    let mut database = check(
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, nick TEXT UNIQUE CHECK (nick <> ''));
         CREATE TABLE posts (author REFERENCES users (nick));
         CREATE INDEX i ON users (lower(nick)) WHERE nick > 'a'",
        "INSERT INTO users (nick) VALUES ('ann'); INSERT INTO posts VALUES ('ann'); DELETE FROM users WHERE 0",
        "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, alias TEXT UNIQUE CHECK (alias <> ''));
         CREATE TABLE posts (author REFERENCES people (alias));
         CREATE INDEX i ON people (lower(alias)) WHERE alias > 'a'",
        &["users=people", "people.nick=alias"],
        r#"
        ALTER TABLE "users" RENAME TO "people"
        ALTER TABLE "people" RENAME COLUMN "nick" TO "alias"
        "#,
    );
    database.holds("SELECT * FROM people, posts", "1|ann|ann");
    database.holds("SELECT * FROM sqlite_sequence", "people|1");
}

#[test]
fn names_move_up() {
    let mut database = check(
        "CREATE TABLE a (x); CREATE TABLE b (z); CREATE TABLE t (x, y)",
        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (3); INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE b (x); CREATE TABLE c (z); CREATE TABLE t (y, w)",
        &["a=b", "b=c", "t.x=y", "t.y=w"],
        r#"
        ALTER TABLE "b" RENAME TO "c"
        ALTER TABLE "a" RENAME TO "b"
        ALTER TABLE "t" RENAME COLUMN "y" TO "w"
        ALTER TABLE "t" RENAME COLUMN "x" TO "y"
        "#,
    );
    database.holds("SELECT x, z, y, w FROM b, c, t", "1|3|1|2");
}

#[test]
fn names_pass_from_what_goes_to_what_comes() {
    let mut database = check(
        "CREATE TABLE a (x); CREATE TABLE b (y); CREATE INDEX i ON b (y); CREATE VIEW e AS SELECT 1",
        "INSERT INTO a VALUES (1)",
        "CREATE TABLE c (x); CREATE INDEX i ON c (x); CREATE VIEW b AS SELECT 1 FROM c; CREATE TABLE e (i)",
        &["a=c"],
        r#"
        DROP TABLE "b"
        DROP VIEW "e"
        ALTER TABLE "a" RENAME TO "c"
        CREATE VIEW b AS SELECT 1 FROM c
        CREATE INDEX "i" ON "c" ("x")
        CREATE TABLE "e" ( "i" )
        "#,
    );
    database.holds("SELECT * FROM c", "1");
}

#[test]
fn an_index_is_renamed_by_a_new_one_and_exchanged_between_tables() {
    check(
        "CREATE TABLE t (a); CREATE INDEX i ON t (a)",
        "",
        "CREATE TABLE t (a); CREATE INDEX j ON t (a)",
        &[],
        r#"
        DROP INDEX "i"
        CREATE INDEX "j" ON "t" ("a")
        "#,
    );
    check(
        "CREATE TABLE t (a, b); CREATE TABLE u (a); CREATE INDEX i ON t (a); CREATE INDEX j ON u (a)",
        "",
        "CREATE TABLE t (a, b); CREATE TABLE u (a); CREATE INDEX j ON t (b); CREATE INDEX i ON u (a, a)",
        &[],
        r#"
        DROP INDEX "i"
        DROP INDEX "j"
        CREATE INDEX "j" ON "t" ("b")
        CREATE INDEX "i" ON "u" ("a", "a")
        "#,
    );
}

#[test]
fn a_dropped_table_leaves_the_rows_of_its_children() {
    let mut database = Database::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE, n);
         INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 'kept')",
    );
    database.push("CREATE TABLE c (p, n)", &[]);
    database.holds("SELECT * FROM c", "1|kept");
}

#[test]
fn a_dropped_parent_that_rows_still_refer_to_stops_the_plan() {
    let mut database = Database::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);
         INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)",
    );
    let (_, done) = database.try_push("CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)", &[]);
    let error = done.expect_err("an orphan");
    assert_eq!(error.to_string(), "row 1 of `c` refers to a row of `p` that is not there");
    database.holds("SELECT * FROM p, c", "1|1");
}
