//! What ALTER TABLE cannot do.

use super::{Database, check};

/// Pushes and checks the result of one query.
fn keeps(from: &str, to: &str, query: &str, expected: &str) {
    let mut database = Database::new(from);
    database.push(to, &[]);
    database.holds(query, expected);
}

#[test]
fn a_rebuild_copies_drops_renames_and_recreates() {
    let mut database = check(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT, b); CREATE INDEX i ON t (b);
         CREATE UNIQUE INDEX u ON t (a)",
        "INSERT INTO t VALUES (7, 1, 2), (9, 3, 4); DELETE FROM t WHERE id = 9",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, c DEFAULT (1 + 1)); CREATE UNIQUE INDEX u ON t (a)",
        &["t.b=c"],
        r#"
        ALTER TABLE "t" RENAME COLUMN "b" TO "c"
        CREATE TABLE "__new_t" ( "id" INTEGER PRIMARY KEY AUTOINCREMENT, "a" TEXT, "c" DEFAULT (1 + 1) )
        INSERT INTO "__new_t" ("id", "a", "c") SELECT "id", "a", "c" FROM "t"
        DELETE FROM "sqlite_sequence" WHERE "name" = '__new_t'
        INSERT INTO "sqlite_sequence" ("name", "seq") SELECT '__new_t', "seq" FROM "sqlite_sequence" WHERE "name" = 't'
        DROP TABLE "t"
        ALTER TABLE "__new_t" RENAME TO "t"
        CREATE UNIQUE INDEX "u" ON "t" ("a")
        "#,
    );
    database.holds("SELECT *, typeof(a) FROM t", "7|1|2|text");
    database.holds("SELECT * FROM sqlite_sequence", "t|9");
}

#[test]
fn the_counter_of_autoincrement_survives_without_rows() {
    keeps(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT);
         INSERT INTO t VALUES (41, 1); DELETE FROM t",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
        "SELECT * FROM sqlite_sequence",
        "t|41",
    );
    keeps(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
        "SELECT * FROM sqlite_sequence",
        "",
    );
}

#[test]
fn autoincrement_is_gained_and_lost() {
    keeps(
        "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (5)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "SELECT * FROM sqlite_sequence, t",
        "t|5|5",
    );
    keeps(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES (5)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "SELECT count(*) FROM sqlite_sequence",
        "0",
    );
}

#[test]
fn cascade_children_keep_their_rows() {
    keeps(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, a INT); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);
         CREATE TABLE n (p REFERENCES p ON DELETE SET NULL);
         INSERT INTO p VALUES (1, 2); INSERT INTO c VALUES (1); INSERT INTO n VALUES (1)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);
         CREATE TABLE n (p REFERENCES p ON DELETE SET NULL)",
        "SELECT * FROM p, c, n",
        "1|2|1|1",
    );
}

#[test]
fn self_references_name_the_table_and_not_its_stand_in() {
    keeps(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, parent REFERENCES t ON DELETE CASCADE, a INT, CHECK (t.a > 0));
         INSERT INTO t VALUES (1, 2, 3), (2, 1, 4)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, parent REFERENCES t ON DELETE CASCADE, a TEXT, CHECK (t.a > 0))",
        "SELECT sql FROM sqlite_schema",
        "CREATE TABLE \"t\" (\n  \"id\" INTEGER PRIMARY KEY,\n  \"parent\",\n  \"a\" TEXT,\n  CHECK (\"t\".a > 0),\n  \
         FOREIGN KEY (\"parent\") REFERENCES \"t\" ON DELETE CASCADE\n)",
    );
}

#[test]
fn rowids_keep_their_gaps_whatever_they_are_called() {
    let rows = "INSERT INTO t (rowid, a) VALUES (3, 'x'), (9, 'y')";
    for (from, to, query) in [
        ("a INT", "a TEXT", "SELECT rowid, a FROM t"),
        ("a INT, _rowid_", "a TEXT, _rowid_", "SELECT rowid, a FROM t"),
        ("a INT", "a TEXT, rowid TEXT", "SELECT _rowid_, a FROM t"),
        ("a INT", "a TEXT, rowid, _rowid_", "SELECT oid, a FROM t"),
        ("a INT", "a TEXT, id INTEGER PRIMARY KEY", "SELECT id, a FROM t"),
        ("a INT, id INTEGER PRIMARY KEY", "a TEXT, id INT PRIMARY KEY", "SELECT rowid, a FROM t"),
        ("a INT, id INTEGER PRIMARY KEY, rowid2", "a TEXT", "SELECT rowid, a FROM t"),
    ] {
        keeps(
            &format!("CREATE TABLE t ({from}); {rows}"),
            &format!("CREATE TABLE t ({to})"),
            query,
            "3|x\n9|y",
        );
    }
}

#[test]
fn tables_lose_and_gain_their_rowids() {
    let rows = "INSERT INTO t VALUES ('b', 1), ('a', 2)";
    keeps(
        &format!("CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL, b); {rows}"),
        "CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL, b) WITHOUT ROWID",
        "SELECT * FROM t",
        "a|2\nb|1",
    );
    keeps(
        &format!("CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL, b) WITHOUT ROWID; {rows}"),
        "CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL, b)",
        "SELECT rowid, * FROM t",
        "1|a|2\n2|b|1",
    );
}

#[test]
fn generated_columns_are_computed_again() {
    keeps(
        "CREATE TABLE t (a INT, b AS (a + 1) STORED, c AS (b * 2)); INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a TEXT, b AS (a + 2) STORED, c AS (b * 2), d AS (a) STORED)",
        "SELECT * FROM t",
        "1|3|6|1",
    );
    // A generated column that is not one any more keeps the values that it had.
    keeps(
        "CREATE TABLE t (a INT, b AS (a + 1)); INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a INT, b)",
        "SELECT * FROM t",
        "1|2",
    );
}

#[test]
fn nulls_become_the_default_where_they_may_not_be() {
    keeps(
        "CREATE TABLE t (a, b, c DEFAULT 1); INSERT INTO t VALUES (NULL, NULL, NULL), (1, 2, 3)",
        "CREATE TABLE t (a NOT NULL DEFAULT 'it''s', b NOT NULL DEFAULT word, c NOT NULL DEFAULT (5 + 5))",
        "SELECT * FROM t",
        "it's|word|10\n1|2|3",
    );
}

#[test]
fn nulls_without_a_default_stop_the_plan_with_nothing_done() {
    let mut database = Database::new("CREATE TABLE t (a); INSERT INTO t VALUES (NULL)");
    let (_, done) = database.try_push("CREATE TABLE t (a NOT NULL)", &[]);
    let error = done.expect_err("a NULL");
    let cause = std::error::Error::source(&error).expect("a cause");
    assert_eq!(cause.to_string(), "NOT NULL constraint failed: __new_t.a");
    database.holds("SELECT name FROM sqlite_schema", "t");
}

#[test]
fn strict_tables_take_what_converts() {
    keeps(
        "CREATE TABLE t (i TEXT, r TEXT, t INTEGER, b TEXT, y ANY) STRICT;
         INSERT INTO t VALUES ('12', '1.5', 3, 'x', 'any'), ('1e3', '2', 4, NULL, 5), (NULL, NULL, NULL, NULL, NULL)",
        "CREATE TABLE t (i INTEGER, r REAL, t TEXT, b BLOB, y ANY) STRICT",
        "SELECT *, typeof(i), typeof(t) FROM t",
        "12|1.5|3|[120]|any|integer|text\n1000|2.0|4|NULL|5|integer|text\nNULL|NULL|NULL|NULL|NULL|null|null",
    );
    // A table that becomes STRICT converts as well: the question was about that.
    keeps(
        "CREATE TABLE t (i INTEGER, y ANY); INSERT INTO t VALUES ('x', 'x'), (1.5, 1.5)",
        "CREATE TABLE t (i INTEGER, y ANY) STRICT",
        "SELECT * FROM t",
        "0|x\n1|1.5",
    );
}

#[test]
fn rows_stay_even_if_no_column_does() {
    keeps(
        "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('x')",
        "CREATE TABLE t (b TEXT PRIMARY KEY DEFAULT 'd', c) WITHOUT ROWID",
        "SELECT * FROM t",
        "d|NULL",
    );
    keeps(
        "CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES ('x'), ('y')",
        "CREATE TABLE t (b DEFAULT CURRENT_TIMESTAMP)",
        "SELECT count(b) FROM t",
        "2",
    );
}

#[test]
fn every_property_of_a_table_survives_a_rebuild() {
    let table = |a: &str| {
        format!(
            "CREATE TABLE p (x, y, UNIQUE (x, y)); CREATE TABLE t (
              id INTEGER CONSTRAINT pk PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT,
              a {a}, b DECIMAL(10, 2) NOT NULL ON CONFLICT IGNORE DEFAULT (1 + 2),
              c TEXT COLLATE RTRIM DEFAULT 'it''s', d AS (lower(c)) STORED, e GENERATED ALWAYS AS (a || 'x') VIRTUAL,
              f DEFAULT CURRENT_TIMESTAMP, g \"odd type)\" DEFAULT x'00', h INT DEFAULT -1.5e3,
              CONSTRAINT u UNIQUE (a, b) ON CONFLICT FAIL, UNIQUE (c COLLATE NOCASE),
              CONSTRAINT ch CHECK (a <> 'x' -- really
              ), CHECK (b > 0),
              CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE SET NULL ON UPDATE CASCADE
                DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (c) REFERENCES t ON DELETE RESTRICT DEFERRABLE);
            CREATE INDEX i1 ON t (a COLLATE NOCASE DESC, lower(c), b + h COLLATE BINARY) WHERE a IS NOT NULL -- some
            ;
            CREATE UNIQUE INDEX i2 ON t (b)"
        )
    };
    Database::new(&table("INT")).push(&table("TEXT"), &[]);
}

#[test]
fn a_descending_integer_key_is_no_rowid_before_and_after() {
    let mut database = Database::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a INT); INSERT INTO t (id, a) VALUES (5, 1)",
    );
    database.push("CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a TEXT)", &[]);
    database.holds("SELECT rowid, id FROM t", "1|5");
}

#[test]
fn names_are_quoted_whatever_they_hold() {
    let long = "x".repeat(500);
    for name in
        ["select", "a b", "a\"b", "a'b", "a;b", "emoji 🐦", "a.b", "[a]", "%s", "new\nline", long.as_str()]
    {
        let q = |part: &str| format!("\"{}{part}\"", name.replace('"', "\"\""));
        let (t, a, b, i, c) = (q(""), q("1"), q("2"), q("3"), q("4"));
        let table = |kind: &str| {
            format!(
                "CREATE TABLE {t} ({a} INTEGER PRIMARY KEY AUTOINCREMENT, {b} {kind} CONSTRAINT {c} CHECK ({t}.{b} <> 0),
                 UNIQUE ({b}), FOREIGN KEY ({a}) REFERENCES {t} ({a})); CREATE INDEX {i} ON {t} ({b}, {a})"
            )
        };
        let mut database = Database::new(&format!("{}; INSERT INTO {t} VALUES (7, 8)", table("INT")));
        database.push(&table("TEXT"), &[]);
        database.holds(&format!("SELECT * FROM {t}"), "7|8");
    }
}

#[test]
fn names_that_differ_in_case_alone_are_no_change() {
    check(
        "CREATE TABLE Users (Id INTEGER PRIMARY KEY, A INT); CREATE INDEX I ON users (a)",
        "",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, a INT); CREATE INDEX i ON Users (A)",
        &[],
        "",
    );
    // And the counter is found under the name that the catalogue has.
    keeps(
        "CREATE TABLE Users (Id INTEGER PRIMARY KEY AUTOINCREMENT, A INT); INSERT INTO Users VALUES (9, 1); DELETE FROM Users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
        "SELECT seq FROM sqlite_sequence",
        "9",
    );
}

#[test]
fn a_free_name_is_found_for_the_new_table() {
    keeps(
        "CREATE TABLE t (a INT); CREATE TABLE __new_t (b); CREATE VIEW __NEW_t_2 AS SELECT 1; INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a TEXT); CREATE TABLE __new_t (b); CREATE VIEW __NEW_t_2 AS SELECT 1",
        "SELECT * FROM t",
        "1",
    );
}

#[test]
fn two_hundred_thousand_rows_with_gaps_arrive() {
    keeps(
        "CREATE TABLE t (a INT, b TEXT);
         WITH n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 200000) INSERT INTO t (rowid, a, b) SELECT x * 3, x, 'row ' || x FROM n",
        "CREATE TABLE t (a INT, b TEXT NOT NULL)",
        "SELECT count(*), sum(rowid = a * 3), sum(b = 'row ' || a), max(rowid) FROM t",
        "200000|200000|200000|600000",
    );
}

#[test]
fn parents_and_children_are_rebuilt_in_one_plan() {
    let schema = |kind: &str| {
        format!(
            "CREATE TABLE a (id {kind} PRIMARY KEY, b REFERENCES b (id) ON DELETE CASCADE);
             CREATE TABLE b (id {kind} PRIMARY KEY, a REFERENCES a (id) ON DELETE CASCADE)"
        )
    };
    keeps(
        &format!(
            "{}; INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1",
            schema("INTEGER")
        ),
        &schema("INT"),
        "SELECT * FROM a, b",
        "1|1|1|1",
    );
}

#[test]
fn old_orphans_do_not_stop_a_rebuild_and_new_ones_do() {
    keeps(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p, a INT); PRAGMA foreign_keys=OFF;
         INSERT INTO c VALUES (9, 1); PRAGMA foreign_keys=ON",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p, a TEXT)",
        "SELECT * FROM c",
        "9|1",
    );
    let mut database = Database::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p); INSERT INTO c VALUES (9)",
    );
    let (_, done) =
        database.try_push("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)", &[]);
    done.expect_err("an orphan");
    database.holds("SELECT sql FROM sqlite_schema WHERE name = 'c'", "CREATE TABLE c (p)");
}

#[test]
fn old_orphans_are_known_again_under_new_names() {
    let mut database = Database::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p, a INT); PRAGMA foreign_keys=OFF;
         INSERT INTO c VALUES (9, 1); PRAGMA foreign_keys=ON",
    );
    database.push(
        "CREATE TABLE q (id INT PRIMARY KEY); CREATE TABLE d (q REFERENCES q, a TEXT)",
        &["p=q", "c=d", "d.p=q"],
    );
    database.holds("SELECT * FROM d", "9|1");
}

#[test]
fn a_conflict_clause_does_not_swallow_rows() {
    for clause in ["REPLACE", "IGNORE", "FAIL", "ROLLBACK"] {
        let mut database =
            Database::new("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (1, 3), (NULL, 4)");
        for to in [
            format!("CREATE TABLE t (a UNIQUE ON CONFLICT {clause}, b)"),
            format!("CREATE TABLE t (a NOT NULL ON CONFLICT {clause}, b)"),
            format!("CREATE TABLE t (a, b, PRIMARY KEY (a) ON CONFLICT {clause}) WITHOUT ROWID"),
        ] {
            let (_, done) = database.try_push(&to, &[]);
            done.expect_err("rows that the clause would do away with");
            database.holds("SELECT * FROM t", "1|2\n1|3\nNULL|4");
        }
    }
}

#[test]
fn a_foreign_key_whose_parent_key_is_gone_does_not_stop_a_rebuild() {
    keeps(
        "CREATE TABLE p (k UNIQUE, a INT); CREATE TABLE c (k REFERENCES p (k)); INSERT INTO p VALUES (1, 2); INSERT INTO c VALUES (1)",
        "CREATE TABLE p (k, a INT); CREATE TABLE c (k REFERENCES p (k))",
        "SELECT * FROM p, c",
        "1|2|1",
    );
}

#[test]
fn hazards_say_what_each_step_may_do() {
    let mut database = Database::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b, c, d AS (a));
         CREATE TABLE gone (a); CREATE TABLE u (a, b)",
    );
    let plan = database.push(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (id INTEGER PRIMARY KEY, a INT NOT NULL, b REFERENCES p, e NOT NULL, CHECK (a > 0), UNIQUE (a, b));
         CREATE TABLE u (a, c CHECK (c > 0), d CHECK (d IS NOT 1)); CREATE UNIQUE INDEX i ON u (lower(a))",
        &[],
    );
    let told: Vec<_> = plan.steps().filter(|step| !step.hazards.is_empty()).collect();
    let words = |step: &whimbrel_core::plan::Step| {
        let hazards: Vec<_> = step.hazards.iter().map(ToString::to_string).collect();
        format!("{} => {}", step.sql.split(" (").next().unwrap_or_default(), hazards.join("; "))
    };
    assert_eq!(
        told.into_iter().map(words).collect::<Vec<_>>(),
        [
            "DROP TABLE \"gone\" => gone: all rows are lost",
            "INSERT INTO \"__new_t\" => t.c: all values are lost; t.a: values may not survive the change of type; \
             t.a: may fail if rows hold NULL; t.e: fails if the table has rows; t(a, b): may fail if rows have equal keys; \
             t: may fail if rows break the condition; t(b): may fail if rows refer to nothing; t: writes every row anew",
            "ALTER TABLE \"u\" ADD COLUMN \"d\" CHECK => u: may fail if rows break the condition",
            "ALTER TABLE \"u\" DROP COLUMN \"b\" => u.b: all values are lost",
            "CREATE UNIQUE INDEX \"i\" ON \"u\" => u(lower(a)): may fail if rows have equal keys",
        ]
    );
}

#[test]
fn old_orphans_are_known_again_without_their_rowids() {
    let (with, without) = ("k PRIMARY KEY NOT NULL, p REFERENCES p", " WITHOUT ROWID");
    for (from, to) in [("", without), (without, "")] {
        let mut database = Database::new(&format!(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c ({with}){from}; PRAGMA foreign_keys=OFF;
             INSERT INTO c VALUES ('x', 9), ('y', 9); PRAGMA foreign_keys=ON"
        ));
        database.push(&format!("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c ({with}){to}"), &[]);
        database.holds("SELECT * FROM c", "x|9\ny|9");
    }
}

#[test]
fn values_that_change_may_break_what_holds() {
    let schema = |a: &str| {
        format!(
            "CREATE TABLE p (a {a} UNIQUE CHECK (a <> 0)); CREATE TABLE c (b REFERENCES p (a));
             CREATE TABLE s (a {a} REFERENCES p (a))"
        )
    };
    let plan = Database::new(&schema("TEXT")).push(&schema("INT"), &[]);
    let hazards: std::collections::BTreeSet<_> =
        plan.steps().flat_map(|step| &step.hazards).map(ToString::to_string).collect();
    assert_eq!(
        hazards.into_iter().collect::<Vec<_>>(),
        [
            "c(b): may fail if rows refer to nothing",
            "p(a): may fail if rows have equal keys",
            "p.a: values may not survive the change of type",
            "p: may fail if rows break the condition",
            "p: writes every row anew",
            "s(a): may fail if rows refer to nothing",
            "s.a: values may not survive the change of type",
            "s: writes every row anew",
        ]
    );
}
