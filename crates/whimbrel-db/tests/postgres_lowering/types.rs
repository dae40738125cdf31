//! Types that are made anew under columns that hold rows.

use crate::{Database, bring, push, there_and_back};

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
async fn rows_keep_what_both_shapes_have() {
    let schema = |attributes: &str, key: &str| {
        format!(
            "CREATE TYPE a AS ({attributes}); CREATE DOMAIN d AS a CHECK ((VALUE).x > 0);
             CREATE DOMAIN ds AS a[]; CREATE TYPE o AS (one a, many a[], k int);
             CREATE TABLE t (id int PRIMARY KEY, v a, vs a[], d d, ds ds, o o, os o[]);
             CREATE VIEW v AS SELECT (v).x FROM t; {key}"
        )
    };
    let rows = r#"INSERT INTO t VALUES
        (1, '(1,one,1.5)', '{"(1,e,1)",NULL}', '(5,d,5)', '[3:4]={"(1,x,1)","(2,y,2)"}',
            ROW('(1,o,1)', '{"(9,z,9)",NULL}', 7), ARRAY[ROW('(1,o,1)', '{}', 7), NULL]::o[]),
        (2, NULL, NULL, NULL, NULL, NULL, NULL), (3, '(,,)', '{}', NULL, NULL, ROW('(,,)', NULL, NULL), '{}'),
        (4, '(4,"f,\"o",4)', '{{"(1,e,1)",NULL},{NULL,"(2,f,2)"}}', NULL, NULL, NULL, NULL);"#;
    let narrow = "x int, y text, n numeric(3,1)";
    let from = [schema(narrow, ""), schema(narrow, "CREATE UNIQUE INDEX t_v ON t (v);")];
    let there = format!("{} {rows}", from[1]);
    // Added at the end: in place. Otherwise the type is made anew, since an index rests on it.
    let whole = r#"1 (1,one,1.5,) {"(1,e,1.0,)",NULL} (5,d,5.0,) [3:4]={"(1,x,1.0,)","(2,y,2.0,)"} ("(1,o,1.0,)","{""(9,z,9.0,)"",NULL}",7) {"(\"(1,o,1.0,)\",{},7)",NULL}
2 - - - - - -
3 (,,,) {} - - ("(,,,)",,) {}
4 (4,"f,""o",4.0,) {{"(1,e,1.0,)",NULL},{NULL,"(2,f,2.0,)"}} - - - -"#;
    let less = r#"1 (1.5,1) {"(1.0,1)",NULL} (5.0,5) [3:4]={"(1.0,1)","(2.0,2)"} ("(1.0,1)","{""(9.0,9)"",NULL}",7) {"(\"(1.0,1)\",{},7)",NULL}
2 - - - - - -
3 (,) {} - - ("(,)",,) {}
4 (4.0,4) {{"(1.0,1)",NULL},{NULL,"(2.0,2)"}} - - - -"#;
    let shown = "SELECT * FROM t ORDER BY id";
    for (attributes, key, expected) in [
        ("x int, y text, n numeric(3,1), z date", "", whole),
        ("n text, x bigint", "CREATE UNIQUE INDEX t_v ON t (v);", less),
    ] {
        let mut database = push(&there, &schema(attributes, key), &[]).await;
        assert_eq!(database.query(shown).await, expected, "{attributes}");
        let back = Database::new(&from[0]).await.schema().await;
        bring(&mut database, &back, &[]).await;
        let what_both_have =
            "SELECT id, (v).x, (v).n, vs IS NULL, (o).k, array_length(os, 1) FROM t ORDER BY id";
        let kept = "1 1 1.5 f 7 2\n2 - - t - -\n3 - - f - -\n4 4 4.0 f - -";
        assert_eq!(database.query(what_both_have).await, kept, "{attributes}");
    }
}

#[tokio::test]
async fn an_attribute_that_views_speak_of_goes_in_place() {
    let schema = |attributes: &str, shown: &str| {
        format!(
            "CREATE TYPE a AS ({attributes}); CREATE TYPE o AS (one a, many a[]);
             CREATE TABLE t (id int PRIMARY KEY, v a, o o);
             CREATE VIEW v AS SELECT id, ({shown})::text AS x FROM t; CREATE VIEW over_v AS SELECT x FROM v;"
        )
    };
    let from = schema("x int, y text, z int", "(v).y");
    let rows = r#"INSERT INTO t VALUES (1, '(1,a,2)', ROW('(3,b,4)', '{"(5,c,6)",NULL}')), (2, NULL, NULL);"#;
    let mut database =
        push(&format!("{from} {rows}"), &schema("x int, z int, new text", "(v).new"), &[]).await;
    let expected = r#"1 (1,2,) ("(3,4,)","{""(5,6,)"",NULL}")
2 - -"#;
    assert_eq!(database.query("SELECT * FROM t ORDER BY id").await, expected);
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
