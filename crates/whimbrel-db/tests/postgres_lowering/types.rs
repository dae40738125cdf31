//! Types that are made anew under columns that hold rows.

use crate::{push, there_and_back};

fn moods(values: &str, default: &str) -> String {
    format!(
        "CREATE TYPE mood AS ENUM ({values});
         CREATE DOMAIN settled AS mood CHECK (VALUE <> 'sad');
         CREATE TABLE t (id int PRIMARY KEY, m mood NOT NULL DEFAULT '{default}',
           ms mood[] NOT NULL DEFAULT '{{sad}}', d settled,
           g text GENERATED ALWAYS AS (CASE WHEN m = 'sad' THEN 'S' ELSE 'O' END) STORED,
           CHECK (m >= 'sad' OR m IS NOT NULL));
         CREATE INDEX t_sad ON t (id) WHERE m = 'sad'; CREATE INDEX t_m ON t (m);
         CREATE VIEW v AS SELECT id, m FROM t WHERE m = 'sad';
         CREATE FUNCTION f(x mood) RETURNS mood LANGUAGE sql AS 'SELECT x';"
    )
}

#[tokio::test]
async fn an_enum_loses_a_value_that_everything_uses() {
    let from = format!(
        "{} INSERT INTO t VALUES (1, 'sad', '{{sad,ok}}', 'ok'), (2, 'happy', '{{happy}}', NULL);",
        moods("'sad', 'ok', 'happy'", "happy")
    );
    let to = moods("'ok', 'sad'", "sad");
    let mut database = push(&from, &to, &["t.m happy ok", "t.ms happy"]).await;
    assert_eq!(
        database.query("SELECT id, m, ms, d, g FROM t ORDER BY id").await,
        "1 sad {sad,ok} ok S\n2 ok {NULL} - O"
    );
}

#[tokio::test]
async fn a_new_enum_value_is_used_at_once() {
    let from = "CREATE TYPE mood AS ENUM ('b', 'd'); CREATE TABLE t (m mood DEFAULT 'b')";
    let to = "CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd', 'e');
              CREATE TABLE t (m mood DEFAULT 'c', CHECK (m <> 'a'))";
    let mut database = push(from, to, &[]).await;
    assert_eq!(database.query("SELECT enum_range(NULL::mood)").await, "{a,b,c,d,e}");
}

#[tokio::test]
async fn domains_and_row_types_change_under_rows() {
    let schema = |sql_type: &str| {
        format!(
            "CREATE DOMAIN d AS {sql_type} CHECK (VALUE > 0); CREATE TYPE c AS (a {sql_type}, b text);
             CREATE TABLE t (x d DEFAULT 1, y c, z c[]); CREATE VIEW v AS SELECT x, (y).a FROM t;"
        )
    };
    let rows = "INSERT INTO t VALUES (3, ROW(1, 'a'), ARRAY[ROW(1, 'b')::c]);";
    let mut database = push(&format!("{}{rows}", schema("int")), &schema("bigint"), &[]).await;
    assert_eq!(database.query("SELECT * FROM t").await, "3 (1,a) {\"(1,b)\"}");
}

#[tokio::test]
async fn two_namespaces_have_equal_names() {
    there_and_back(
        "CREATE SCHEMA a; CREATE TABLE t (id serial PRIMARY KEY);
         CREATE TABLE a.t (id serial PRIMARY KEY, x text);
         CREATE VIEW v AS SELECT id FROM a.t; CREATE VIEW a.v AS SELECT id FROM public.t;
         CREATE TYPE k AS ENUM ('x'); CREATE TYPE a.k AS ENUM ('y');
         CREATE TABLE u (k k DEFAULT 'x', k2 a.k DEFAULT 'y');",
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE t (id bigserial PRIMARY KEY);
         CREATE TABLE a.t (id bigserial PRIMARY KEY, x int);
         CREATE VIEW v AS SELECT id FROM a.t; CREATE VIEW a.v AS SELECT id FROM public.t;
         CREATE TYPE k AS ENUM ('x', 'z'); CREATE TYPE a.k AS ENUM ('w', 'y');
         CREATE TABLE u (k a.k DEFAULT 'y', k2 k DEFAULT 'x'); CREATE TABLE b.t (id int REFERENCES a.t);",
    )
    .await;
}

#[tokio::test]
async fn both_ends_of_a_foreign_key_change_their_type() {
    let schema = |sql_type: &str| {
        format!("CREATE TABLE p (id {sql_type} PRIMARY KEY); CREATE TABLE c (p {sql_type} REFERENCES p);")
    };
    let rows = "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);";
    let mut database = push(&format!("{}{rows}", schema("int")), &schema("text"), &[]).await;
    assert_eq!(database.query("SELECT p FROM c").await, "1");
}
