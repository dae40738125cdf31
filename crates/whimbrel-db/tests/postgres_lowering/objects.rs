//! Views, functions and foreign keys that stand in each other's way.

use crate::{push, there_and_back};

/// A table, and views each on the one before.
fn chain(sql_type: &str) -> String {
    let views = (2..=10).map(|n| format!("CREATE VIEW v{n} AS SELECT * FROM v{};", n - 1));
    format!(
        "CREATE TABLE t (id int PRIMARY KEY, a {sql_type} NOT NULL DEFAULT 3);
         CREATE VIEW v1 AS SELECT id, a FROM t; {}
         COMMENT ON VIEW v10 IS 'last'; COMMENT ON COLUMN v9.a IS 'a column';
         CREATE MATERIALIZED VIEW m AS SELECT a, count(*) AS n FROM v10 GROUP BY a;
         CREATE UNIQUE INDEX m_a ON m (a);",
        views.collect::<String>()
    )
}

#[tokio::test]
async fn ten_views_stand_on_a_column_that_changes() {
    there_and_back(&chain("int"), &chain("bigint")).await;
    let rows = format!("{} INSERT INTO t VALUES (1, 5);", chain("int"));
    let mut database = push(&rows, &chain("bigint"), &[]).await;
    assert_eq!(database.query("SELECT id, a FROM v10").await, "1 5");
}

#[tokio::test]
async fn functions_use_tables_that_use_functions() {
    there_and_back(
        "",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE a (id int DEFAULT f());
         CREATE FUNCTION g(x a) RETURNS int LANGUAGE sql AS 'SELECT x.id';
         CREATE TABLE b (id int, a a, c int CHECK (c > f()));
         CREATE FUNCTION rows_of_b() RETURNS SETOF b LANGUAGE sql AS 'SELECT * FROM b';
         CREATE TABLE c (n bigint);
         CREATE FUNCTION positive(x c) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT x.n > 0';
         ALTER TABLE c ADD CONSTRAINT c_positive CHECK (positive(c.*));
         CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC; SELECT count(*) FROM c; END;",
    )
    .await;
}

#[tokio::test]
async fn foreign_keys_form_a_circle() {
    let circle = |a: &str, b: &str| {
        format!(
            "CREATE TABLE {a} (id int PRIMARY KEY, {b} int);
             CREATE TABLE {b} (id int PRIMARY KEY, {a} int REFERENCES {a});
             ALTER TABLE {a} ADD FOREIGN KEY ({b}) REFERENCES {b};"
        )
    };
    there_and_back(&circle("x", "y"), &circle("p", "q")).await;
}

#[tokio::test]
async fn a_function_is_called_otherwise_by_everything_that_can_call_it() {
    let schema = |argument: &str| {
        format!(
            "CREATE FUNCTION f({argument} int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT {argument}';
             CREATE TABLE t (x int DEFAULT f(1), y int GENERATED ALWAYS AS (f(x)) STORED, CHECK (f(x) > 0));
             CREATE INDEX i ON t (f(x)); CREATE VIEW v AS SELECT f(x) AS fx FROM t;
             CREATE DOMAIN d AS int CHECK (f(VALUE) > 0);"
        )
    };
    let rows = format!("{} INSERT INTO t VALUES (4);", schema("a"));
    let mut database = push(&rows, &schema("b"), &[]).await;
    assert_eq!(database.query("SELECT x, y FROM t").await, "4 4");
}

#[tokio::test]
async fn triggers_name_columns_and_stand_on_views() {
    let schema = |sql_type: &str| {
        format!(
            "CREATE TABLE t (a {sql_type}, b int);
             CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER x BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION tr();
             COMMENT ON TRIGGER x ON t IS 'hi'; ALTER TABLE t DISABLE TRIGGER x;
             CREATE VIEW v AS SELECT a FROM t;
             CREATE TRIGGER iv INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION tr();"
        )
    };
    there_and_back(&schema("int"), &schema("bigint")).await;
}

#[tokio::test]
async fn a_condition_on_a_list_stays_as_the_server_prints_it() {
    let schema = "CREATE TABLE t (s varchar(9) CHECK (s IN ('a', 'b')))";
    let mut by_hand = crate::Database::new(schema).await;
    let mut planned = push("", schema, &[]).await;
    let definition = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 't_s_check'";
    assert_eq!(planned.query(definition).await, by_hand.query(definition).await);
}
