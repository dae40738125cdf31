//! What the live rows say about a loss.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::Probe;
use whimbrel_core::resolve::losses;

use super::{Database, block_on, renames};

/// The facts about every loss on the way from one schema to the other:
/// affected rows, all rows, and an affected value.
fn facts(from: &str, to: &str, names: &[&str]) -> Vec<String> {
    let mut database = Database::new(from);
    let desired = Database::new(to).into_schema();
    block_on(async {
        let current = database.schema().await;
        let pair = Pair::new(&current, &desired);
        let changes = diff(Dialect::Sqlite, pair, &renames(names)).changes;
        let known = Renames::of_changes(&changes);
        let mut found = Vec::new();
        for loss in losses(Dialect::Sqlite, pair, &changes) {
            found.push(match Dialect::Sqlite.probe(pair, &known, &loss) {
                Some(Probe { sql, .. }) => database.query(&sql).await,
                None => "nobody can tell".to_owned(),
            });
        }
        found
    })
}

#[test]
fn dropped_tables_and_columns_tell_what_they_hold() {
    let rows = "INSERT INTO t VALUES (1, NULL, x'00ff'), (2, NULL, NULL), (NULL, NULL, NULL)";
    assert_eq!(facts(&format!("CREATE TABLE t (a, b, c); {rows}"), "", &[]), ["3|NULL|NULL"]);
    assert_eq!(
        facts(&format!("CREATE TABLE t (a, b, c); {rows}"), "CREATE TABLE u (d)", &["t=u"]),
        ["2|3|1", "0|3|NULL", "1|3|x'00FF'"]
    );
    let fts = "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('x'), ('y')";
    assert_eq!(facts(fts, "", &[]), ["2|NULL|NULL"]);
}

#[test]
fn values_that_a_type_does_not_hold_are_counted() {
    let check = |from: &str, to: &str, values: &str, expected: &str| {
        let found = facts(
            &format!("CREATE TABLE t (a {from}); INSERT INTO t VALUES {values}"),
            &format!("CREATE TABLE t (a {to})"),
            &[],
        );
        assert_eq!(found, [expected], "{from} to {to}");
    };
    check("TEXT", "INTEGER", "('1'), ('-20'), (NULL), ('n/a')", "1|4|n/a");
    check("TEXT", "INTEGER", "('007'), ('1.5'), ('1e3'), (x'31')", "4|4|007");
    check("TEXT", "DECIMAL(10, 2)", "('1.5'), ('1.50'), ('x')", "2|3|1.50");
    check("TEXT", "REAL", "('1.5'), ('2'), ('x')", "1|3|x");
    check("INTEGER", "REAL", "(1), (9007199254740993)", "1|2|9007199254740993");
    check("REAL", "INTEGER", "(1.0), (1.5)", "1|2|1.5");
    check("INTEGER", "TEXT", "(1), ('x')", "0|2|NULL");
    check("TEXT", "BLOB", "('x')", "0|1|NULL");
    // An affinity keeps what does not fit; STRICT refuses it. What another type
    // would be is told before what is refused.
    let strict = |from: &str, to: &str, values: &str, expected: &[&str]| {
        let found = facts(
            &format!("CREATE TABLE t (a {from}); INSERT INTO t VALUES {values}"),
            &format!("CREATE TABLE t (a {to}) STRICT"),
            &[],
        );
        assert_eq!(found, expected, "{from} to strict {to}");
    };
    strict("INTEGER", "INTEGER", "(1), ('x'), (1.5)", &["2|3|x"]);
    let texts = "('7'), ('007'), ('7.0'), (NULL), ('n/a'), ('7.5'), (x'37')";
    strict("TEXT", "INTEGER", texts, &["2|7|007", "3|7|n/a"]);
    strict("TEXT", "REAL", "('7'), ('1.50'), ('x')", &["1|3|1.50", "1|3|x"]);
    strict("TEXT", "ANY", "(1), ('x')", &["0|2|NULL", "0|2|NULL"]);
    strict("TEXT", "BLOB", "('x')", &["0|1|NULL", "0|1|NULL"]);
}

#[test]
fn nulls_and_missing_values_are_counted() {
    assert_eq!(
        facts(
            "CREATE TABLE t (a, b); INSERT INTO t VALUES (NULL, NULL), (1, NULL)",
            "CREATE TABLE u (x NOT NULL, b NOT NULL DEFAULT 0, c NOT NULL)",
            &["t=u", "u.a=x"],
        ),
        ["2|NULL|NULL", "2|2|NULL", "1|2|NULL"]
    );
}

#[test]
fn duplicates_are_counted_as_the_new_key_compares() {
    let check = |from: &str, to: &str, names: &[&str], expected: &[&str]| {
        let rows = "INSERT INTO t VALUES ('a', 1), ('A', 1), ('b', 2), ('b', 2), (NULL, 3), (NULL, 3)";
        assert_eq!(facts(&format!("CREATE TABLE t ({from}); {rows}"), to, names), expected, "{to}");
    };
    check("a, b", "CREATE TABLE t (a, b, UNIQUE (a))", &[], &["2|6|b"]);
    check("a, b", "CREATE TABLE t (a, b, UNIQUE (a COLLATE NOCASE))", &[], &["4|6|a"]);
    check("a, b", "CREATE TABLE t (a COLLATE NOCASE, b, UNIQUE (b, a))", &[], &["4|6|1, a"]);
    check("a COLLATE NOCASE, b", "CREATE TABLE t (a, b, UNIQUE (a))", &[], &["2|6|b"]);
    check(
        "a, b",
        "CREATE TABLE u (x, b); CREATE UNIQUE INDEX i ON u (lower(x))",
        &["t=u", "u.a=x"],
        &["4|6|a"],
    );
    check("a, b", "CREATE TABLE t (a, b); CREATE UNIQUE INDEX i ON t (a) WHERE b = 1", &[], &["0|6|NULL"]);
    // The primary key of an ordinary table takes NULLs, that of others does not.
    check("a, b", "CREATE TABLE t (a PRIMARY KEY, b)", &[], &["2|6|b"]);
    check("a, b", "CREATE TABLE t (a PRIMARY KEY, b) WITHOUT ROWID", &[], &["4|6|b"]);
    check("a, b", "CREATE TABLE t (a, b, c DEFAULT 7 UNIQUE)", &[], &["6|6|7"]);
}

#[test]
fn rows_that_break_a_check_are_counted_as_they_will_be() {
    let check = |to: &str, names: &[&str], expected: &[&str]| {
        let from = "CREATE TABLE t (a TEXT, b); INSERT INTO t VALUES ('5', -1), ('-5', 2), (NULL, NULL)";
        assert_eq!(facts(from, to, names), expected, "{to}");
    };
    check("CREATE TABLE t (a TEXT, b CHECK (b > 0 -- positive\n))", &[], &["1|3|-1"]);
    check("CREATE TABLE u (a TEXT, x, CHECK (u.x > 0 OR \"a\" IS 6))", &["t=u", "u.b=x"], &["1|3|5, -1"]);
    check("CREATE TABLE t (a INTEGER CHECK (a > 0), b)", &[], &["0|3|NULL", "1|3|-5"]);
    check("CREATE TABLE t (a TEXT, b NOT NULL DEFAULT -7 CHECK (b > -5))", &[], &["1|3|NULL", "1|3|-7"]);
    check("CREATE TABLE t (a TEXT, b, c DEFAULT 'x' CHECK (c = 'y'))", &[], &["3|3|x"]);
    check("CREATE TABLE t (a TEXT, b, c AS (b + 1) CHECK (c > 0))", &[], &["nobody can tell"]);
}

#[test]
fn orphans_are_counted() {
    let from = "CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE UNIQUE);
        CREATE TABLE c (p, k, up); INSERT INTO p VALUES (1, 'One'), (2, 'Two');
        INSERT INTO c VALUES (1, 'ONE', 1), (3, 'three', 9), (NULL, NULL, NULL), (2, NULL, 2)";
    let parent = "CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE UNIQUE)";
    let check =
        |to: &str, names: &[&str], expected: &[&str]| assert_eq!(facts(from, to, names), expected, "{to}");
    check(&format!("{parent}; CREATE TABLE c (p REFERENCES p, k, up)"), &[], &["1|4|3"]);
    check(&format!("{parent}; CREATE TABLE c (p, k REFERENCES p (k), up)"), &[], &["1|4|three"]);
    check(&format!("{parent}; CREATE TABLE c (p, k, up REFERENCES c (p))"), &[], &["1|4|9"]);
    check(
        &format!("{parent}; CREATE TABLE n (id PRIMARY KEY); CREATE TABLE c (p, k, up REFERENCES n)"),
        &[],
        &["3|4|1"],
    );
    check(
        "CREATE TABLE q (i INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE UNIQUE); CREATE TABLE d (x, k, up, FOREIGN KEY (x, k) REFERENCES q (i, k))",
        &["p=q", "c=d", "q.id=i", "d.p=x"],
        &["1|4|3, three"],
    );
}
