//! What the reader makes of single statements. That it agrees with the engine
//! is tested where there is one.

use super::*;
use crate::schema::{Deferrability, ForeignKey, KeyPart, KeyTarget, SortOrder};

fn row(kind: &str, name: &str, table: &str, sql: &str) -> CatalogRow {
    CatalogRow { kind: kind.into(), name: name.into(), table: table.into(), sql: Some(sql.into()) }
}

/// The rows of a catalogue, as SQLite would keep them, from statements that
/// name what they create in their third word (and the table after ON).
fn rows(statements: &[&str]) -> Vec<CatalogRow> {
    let row = |sql: &&str| {
        let words: Vec<&str> = sql.split_whitespace().collect();
        let kind = words[1].to_lowercase();
        match kind.as_str() {
            "virtual" => row("table", words[3], words[3], sql),
            "unique" => row("index", words[3], subject(&words), sql),
            "index" | "trigger" => row(&kind, words[2], subject(&words), sql),
            _ => row(&kind, words[2], words[2], sql),
        }
    };
    statements.iter().map(row).collect()
}

/// The word behind ON, without the list that may follow at once.
fn subject<'a>(words: &[&'a str]) -> &'a str {
    let on = words.iter().position(|word| word.eq_ignore_ascii_case("on")).unwrap();
    words[on + 1].split('(').next().unwrap()
}

fn schema(statements: &[&str]) -> Schema {
    read_schema(&rows(statements), &[], |name| name == "hidden").unwrap_or_else(|error| panic!("{error}"))
}

fn table(sql: &str) -> Table {
    table::read(sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
}

#[test]
fn a_table_with_everything() {
    let sql = r#"CREATE TABLE t (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        "e mail" VARCHAR ( 320 ) CONSTRAINT mail UNIQUE COLLATE NOCASE NOT NULL ON CONFLICT IGNORE,
        team INT DEFAULT 1 REFERENCES teams ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        up TEXT AS (upper("e mail")) STORED,
        CONSTRAINT positive CHECK (team > 0 -- really
          AND id > 0), CHECK ((1))
    ) STRICT"#;
    let json = serde_json::to_value(table(sql)).unwrap();
    let expected = serde_json::json!({
        "name": "t",
        "columns": [
            {"name": "id", "type": "INTEGER", "nullable": true, "autoIncrement": true},
            {"name": "e mail", "type": "VARCHAR(320)", "nullable": false, "collation": "NOCASE", "notNullConflict": "ignore"},
            {"name": "team", "type": "INT", "nullable": true, "default": "1"},
            {"name": "up", "type": "TEXT", "nullable": true,
             "generated": {"expression": "upper(\"e mail\")", "stored": true}},
        ],
        "primaryKey": {"columns": ["id"]},
        "foreignKeys": [{"columns": ["team"], "referencedTable": "teams", "onDelete": "cascade",
                         "deferrable": "initiallyDeferred"}],
        "uniqueConstraints": [{"name": "mail", "columns": ["e mail"]}],
        "checks": [
            {"name": "positive", "expression": "team > 0 -- really\n          AND id > 0"},
            {"expression": "(1)"},
        ],
        "options": {"strict": true},
    });
    assert_eq!(json, expected);
}

#[test]
fn defaults_have_one_form() {
    for (written, read) in [
        ("1", Some("1")),
        ("- 1.5", Some("-1.5")),
        ("+2", Some("+2")),
        ("( 5 )", Some("5")),
        ("((-5))", Some("-5")),
        ("('it''s')", Some("'it''s'")),
        ("NULL", None),
        ("(null)", None),
        ("TRUE", Some("TRUE")),
        ("(true)", Some("true")),
        ("bare", Some("'bare'")),
        ("\"it's\"", Some("'it''s'")),
        ("(\"it's\")", Some("(\"it's\")")),
        ("CURRENT_TIMESTAMP", Some("CURRENT_TIMESTAMP")),
        ("(CURRENT_DATE)", Some("CURRENT_DATE")),
        ("(datetime('now') /* x */ )", Some("(datetime('now'))")),
        ("((1) + (2))", Some("((1) + (2))")),
        ("(((1) + (2)))", Some("((1) + (2))")),
        ("(- -1)", Some("(- -1)")),
        ("x'00ff'", Some("x'00ff'")),
    ] {
        let table = table(&format!("CREATE TABLE t (a DEFAULT {written} NOT NULL)"));
        assert_eq!(table.columns[0].default.as_ref().map(SqlExpr::as_str), read, "{written}");
        assert!(!table.columns[0].nullable, "{written}");
    }
}

#[test]
fn a_direction_of_the_rowid_is_forgotten_only_where_it_means_nothing() {
    for (sql, order) in [
        ("(a INTEGER PRIMARY KEY)", SortOrder::Asc),
        ("(a INTEGER PRIMARY KEY DESC)", SortOrder::Desc),
        ("(a INTEGER, PRIMARY KEY (a DESC))", SortOrder::Asc),
        ("(a \"integer\", PRIMARY KEY (a DESC))", SortOrder::Asc),
        ("(a INT, PRIMARY KEY (a DESC))", SortOrder::Desc),
        ("(a INTEGER, PRIMARY KEY (a DESC)) WITHOUT ROWID", SortOrder::Desc),
        ("(a INTEGER PRIMARY KEY DESC) WITHOUT ROWID", SortOrder::Desc),
    ] {
        let key = table(&format!("CREATE TABLE t {sql}")).primary_key.unwrap();
        assert_eq!(key.columns, [KeyPart { order, ..KeyPart::column("a") }], "{sql}");
    }
}

#[test]
fn constraints_need_no_comma_and_keep_their_names() {
    let table = table(
        "CREATE TABLE t (a, b, CONSTRAINT one UNIQUE (a) CONSTRAINT two CHECK (a) CHECK (b), \
         CONSTRAINT lonely, CONSTRAINT x CONSTRAINT three FOREIGN KEY (a, b) REFERENCES p ON UPDATE SET DEFAULT)",
    );
    assert_eq!(table.unique_constraints[0].name.as_deref(), Some("one"));
    let names: Vec<_> = table.checks.iter().map(|check| check.name.as_deref()).collect();
    assert_eq!(names, [Some("two"), None]);
    assert_eq!(table.foreign_keys[0].name.as_deref(), Some("three"));
    assert_eq!(table.foreign_keys[0].columns, ["a", "b"]);
}

#[test]
fn deferrability() {
    for (clause, expected) in [
        ("", Deferrability::NotDeferrable),
        ("NOT DEFERRABLE", Deferrability::NotDeferrable),
        ("NOT DEFERRABLE INITIALLY DEFERRED", Deferrability::NotDeferrable),
        ("DEFERRABLE", Deferrability::InitiallyImmediate),
        ("DEFERRABLE INITIALLY IMMEDIATE", Deferrability::InitiallyImmediate),
        ("DEFERRABLE INITIALLY DEFERRED", Deferrability::InitiallyDeferred),
    ] {
        for sql in [
            format!("CREATE TABLE t (a REFERENCES p (b) {clause} NOT NULL)"),
            format!("CREATE TABLE t (a REFERENCES p (b) NOT NULL {clause})"),
            format!("CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES p (b) {clause})"),
        ] {
            let [ForeignKey { deferrable, .. }] = table(&sql).foreign_keys[..] else { panic!("{sql}") };
            assert_eq!(deferrable, expected, "{sql}");
        }
    }
}

#[test]
fn indexes_belong_to_their_tables() {
    let schema = schema(&[
        "CREATE TABLE t (a, b)",
        "CREATE UNIQUE INDEX one ON T(a COLLATE nocase DESC, (b), lower(b)) WHERE a > 0 -- end",
        "CREATE INDEX two ON t (a || b COLLATE nocase, (a || b) COLLATE nocase, lower(a) COLLATE nocase, \"c\")",
    ]);
    let [one, two] = schema.tables[0].indexes.as_slice() else { panic!("{schema:?}") };
    let expression = |text: &str| KeyPart::expression(text);
    let nocase = |part| KeyPart { collation: Some("nocase".into()), ..part };
    assert!(one.unique);
    assert_eq!(one.predicate.as_ref().map(SqlExpr::as_str), Some("a > 0"));
    let descending = KeyPart { order: SortOrder::Desc, ..nocase(KeyPart::column("a")) };
    assert_eq!(one.columns, [descending, KeyPart::column("b"), expression("lower(b)")]);
    assert_eq!(
        two.columns,
        [
            expression("a || b COLLATE nocase"),
            nocase(expression("(a || b)")),
            nocase(expression("lower(a)")),
            KeyPart { target: KeyTarget::Expression("\"c\"".into()), ..KeyPart::column("c") },
        ]
    );
}

/// The names that an object depends on.
fn dependencies(schema: &Schema, name: &str) -> Vec<(ObjectKind, String)> {
    let object = schema.objects.iter().find(|object| object.name.name == name).unwrap();
    object.depends_on.iter().map(|one| (one.kind, one.name.name.clone())).collect()
}

#[test]
fn objects_depend_on_what_they_mention_where_tables_stand() {
    use ObjectKind::{Table, View, VirtualTable};
    let schema = schema(&[
        "CREATE TABLE users (id, status)",
        "CREATE TABLE status (a)",
        "CREATE TABLE posts (a)",
        "CREATE VIRTUAL TABLE found USING fts5(a, content='posts')",
        // Columns and aliases that are called like tables are not mentions.
        "CREATE VIEW one AS SELECT users.status, 1 AS posts FROM main.Users, (found) WHERE id IS NOT DISTINCT FROM status;",
        "CREATE VIEW two AS WITH x AS (SELECT * FROM one) SELECT a, (SELECT 1 FROM x, posts) FROM x \
           JOIN (SELECT a FROM status, users) USING (a) WHERE a IN posts OR a IN (posts)",
        "CREATE VIEW three AS SELECT trim(a) FROM json_each((SELECT a FROM [status])) LEFT JOIN 'posts' ON (a, one)",
        "CREATE TRIGGER four AFTER UPDATE OF id ON users WHEN NEW.status IN (SELECT a FROM status) BEGIN \
           UPDATE OR IGNORE posts SET a = 1; INSERT OR REPLACE INTO found SELECT one FROM two; DELETE FROM status; END",
        "CREATE TRIGGER five INSTEAD OF DELETE ON one BEGIN SELECT 1; END",
    ]);
    let expect = |name: &str, expected: &[(ObjectKind, &str)]| {
        let expected: Vec<_> = expected.iter().map(|(kind, name)| (*kind, (*name).to_owned())).collect();
        assert_eq!(dependencies(&schema, name), expected, "{name}");
    };
    expect("found", &[(Table, "posts")]);
    expect("one", &[(Table, "users"), (VirtualTable, "found")]);
    expect("two", &[(Table, "posts"), (Table, "status"), (Table, "users"), (View, "one")]);
    expect("three", &[(Table, "posts"), (Table, "status")]);
    expect(
        "four",
        &[(Table, "posts"), (Table, "status"), (Table, "users"), (VirtualTable, "found"), (View, "two")],
    );
    expect("five", &[(View, "one")]);
    let one = schema.objects.iter().find(|object| object.name.name == "one").unwrap();
    assert!(one.definition.as_str().ends_with("FROM status"), "the semicolon is gone");
    let four = schema.objects.iter().find(|object| object.name.name == "four").unwrap();
    assert_eq!(four.table, Some("users".into()));
    assert!(four.definition.as_str().ends_with("; END"));
}

#[test]
fn what_is_not_the_users_is_left_out() {
    let mut rows = rows(&[
        "CREATE TABLE hidden (a)",
        "CREATE INDEX hidden_index ON hidden (a)",
        "CREATE TRIGGER hidden_trigger AFTER INSERT ON hidden BEGIN SELECT 1; END",
        "CREATE TABLE sqlite_sequence(name,seq)",
        "CREATE VIRTUAL TABLE Docs USING FTS5(a)",
        "CREATE TABLE 'docs_data' (id)",
        "CREATE TABLE docs_idx (id)",
        "CREATE TABLE docs_extra (id)",
        "CREATE TABLE known (id)",
        "CREATE TABLE docs (id)",
    ]);
    rows[5].name = "docs_data".into();
    rows[5].table = "docs_data".into();
    rows.pop();
    rows.push(CatalogRow { sql: None, ..row("index", "sqlite_autoindex_docs_extra_1", "docs_extra", "") });
    let schema = read_schema(&rows, &["Known".into()], |name| name == "hidden").unwrap();
    let tables: Vec<_> = schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(tables, ["docs_extra"]);
    assert_eq!(schema.objects.len(), 1);
    assert_eq!(schema.objects[0].kind, ObjectKind::VirtualTable);
}

#[test]
fn what_is_not_understood_is_an_error_and_no_guess() {
    for (sql, message) in [
        ("CREATE TABLE t", "cannot read the definition of table `t`: expected `(` at the end"),
        (
            "CREATE TABLE t (a INT",
            "cannot read the definition of table `t`: expected a constraint, a comma or `)` at the end",
        ),
        (
            "CREATE TABLE t (a) WITH ROWS",
            "cannot read the definition of table `t`: expected STRICT or WITHOUT ROWID instead of `WITH` at byte 19",
        ),
        (
            "CREATE TABLE t (a ?)",
            "cannot read the definition of table `t`: expected a constraint, a comma or `)` instead of `?` at byte 18",
        ),
    ] {
        let error = read_schema(&[row("table", "t", "t", sql)], &[], |_| false).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let whole =
        "CREATE TABLE t (a INT DEFAULT (1) CHECK (a), PRIMARY KEY (a AUTOINCREMENT)) STRICT, WITHOUT ROWID";
    for end in 0..=whole.len() {
        drop(table::read(&whole[..end]));
        drop(table::read(&format!("{})", &whole[..end])));
        drop(index::read(&whole[..end].replace("TABLE t (", "INDEX t ON x ("), "t", &[]));
    }
}
