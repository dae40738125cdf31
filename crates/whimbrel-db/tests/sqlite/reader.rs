//! The reader against the engine: what is read out of the stored text must be
//! what SQLite's pragmas say, wherever they say anything.

use std::collections::BTreeSet;

use whimbrel_core::schema::{KeyTarget, SortOrder, Table};
use whimbrel_core::sql::{Lexicon, TokenKind, tokens};
use whimbrel_db::{Connection, Row};

use crate::support::{memory, query, read, text};

/// Statements that make every corner of the grammar, each list a database.
const DATABASES: &[&[&str]] = &[
    &[
        "CREATE TABLE plain (a, b INTEGER, c VARCHAR ( 10 ), d DECIMAL(10 , 2), e DOUBLE   PRECISION, f unsigned big int)",
    ],
    &["create table lower(a integer primary key autoincrement not null, b text collate nocase unique)"],
    &["CREATE TABLE key (a INT PRIMARY KEY, b)", "CREATE INDEX i ON key (b)"],
    &["CREATE TABLE rowid_key (a INTEGER, b TEXT, PRIMARY KEY (a DESC))"],
    &["CREATE TABLE no_rowid_alias (a INTEGER PRIMARY KEY DESC, b TEXT)"],
    &["CREATE TABLE in_table (a INTEGER, b, PRIMARY KEY (a AUTOINCREMENT))"],
    &["CREATE TABLE wr (a INTEGER PRIMARY KEY DESC, b TEXT) WITHOUT ROWID"],
    &[
        "CREATE TABLE wr2 (a INT, b TEXT COLLATE RTRIM, c ANY, PRIMARY KEY (b COLLATE NOCASE DESC, a)) WITHOUT ROWID, STRICT",
    ],
    &["CREATE TABLE strict (a INT, b INTEGER, c REAL, d TEXT, e BLOB, f ANY) STRICT"],
    &["CREATE TABLE both (a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"],
    &[
        "CREATE TABLE \"quo\"\"ted\" (\"a b\" TEXT, `c``d` INT, [e f] INT, 'f''g' REAL, \"select\" TEXT, \"check\" INT)",
    ],
    &[
        "CREATE TABLE defaults (a DEFAULT 1, b DEFAULT -1.5, c DEFAULT + 2, d DEFAULT 'it''s', e DEFAULT NULL, \
       f DEFAULT (1 + 2), g DEFAULT (5), h DEFAULT ((5)), i DEFAULT CURRENT_TIMESTAMP, j DEFAULT (CURRENT_DATE), \
       k DEFAULT x'00ff', l DEFAULT TRUE, m DEFAULT false, n DEFAULT bare, o DEFAULT \"quoted\", \
       p DEFAULT (datetime('now')), q DEFAULT (-5), r DEFAULT (- 5), s DEFAULT 1e3, t DEFAULT 0xff, u DEFAULT (null), \
       v DEFAULT [br], w INT DEFAULT - 9223372036854775808 NOT NULL, x DEFAULT ((1) + (2)), y DEFAULT '', \
       z DEFAULT (abs(-1)) CHECK (z > 0))",
    ],
    &["CREATE TABLE generated (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c AS (a || 'x'), \
       d TEXT AS (upper(a)) VIRTUAL NOT NULL, e INT NOT NULL GENERATED ALWAYS AS (a + (1)) UNIQUE, \
       f GENERATED ALWAYS AS (a))"],
    &[
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, a, b, UNIQUE (a, b))",
        "CREATE TABLE child (x REFERENCES parent, y INT REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL, \
       z CONSTRAINT zfk REFERENCES parent(id) MATCH FULL NOT DEFERRABLE INITIALLY IMMEDIATE NOT NULL, \
       p, q, CONSTRAINT pq FOREIGN KEY (p, q) REFERENCES parent (a, b) ON UPDATE RESTRICT ON DELETE SET DEFAULT \
       DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (p) REFERENCES missing)",
    ],
    &[
        "CREATE TABLE named (a CONSTRAINT nn NOT NULL ON CONFLICT IGNORE CONSTRAINT u UNIQUE ON CONFLICT REPLACE, \
       b CONSTRAINT pk PRIMARY KEY ASC ON CONFLICT FAIL, CONSTRAINT \"a check\" CHECK (a > 0 AND (b < 1)) \
       CONSTRAINT u2 UNIQUE (b COLLATE NOCASE, a DESC) ON CONFLICT ROLLBACK CHECK (b), CONSTRAINT lonely)",
    ],
    &[
        "CREATE TABLE\n\tcomments -- one\n( /* two */ a -- three, b\n INT /* four */ NOT /* five */ NULL, -- six\n b TEXT \
       DEFAULT 'not -- a comment' /* ) */, CHECK (a > 0 -- seven\n OR b = ')')\n) -- eight",
    ],
    &[
        "CREATE TABLE altered (a INT -- first\n, CHECK (a > 0))",
        "ALTER TABLE altered ADD COLUMN b TEXT NOT NULL DEFAULT 'x' COLLATE NOCASE",
        "ALTER TABLE altered ADD COLUMN \"c d\" AS (a + 1)",
        "ALTER TABLE altered RENAME COLUMN a TO \"new name\"",
        "ALTER TABLE altered RENAME TO \"Al \"\"ter\"\"\"",
        "ALTER TABLE \"Al \"\"ter\"\"\" ADD COLUMN e REFERENCES altered DEFAULT NULL",
    ],
    &["CREATE TABLE drop_me (a, b UNIQUE, c)", "ALTER TABLE drop_me DROP COLUMN c"],
    &[
        "CREATE TABLE as_select AS SELECT 1 AS a, 'x' AS \"b c\", 1.5 AS \"d\"\"e\", NULL AS f, CAST(1 AS TEXT) AS g",
        "CREATE TABLE as_select2 AS SELECT * FROM as_select",
    ],
    &[
        "CREATE TEMP TABLE gone (a)",
        "CREATE TABLE IF NOT EXISTS main.there (a)",
        "CREATE UNIQUE INDEX IF NOT EXISTS main.\"an index\" ON there (a DESC)",
    ],
    &[
        "CREATE TABLE ix (a, b TEXT COLLATE NOCASE, \"c d\", e INT)",
        "CREATE INDEX i1 ON ix (a, b COLLATE BINARY DESC, \"c d\" ASC)",
        "CREATE UNIQUE INDEX i2 ON ix (lower(a), e % 10 DESC, (b)) WHERE e > 0 AND a IS NOT NULL",
        "CREATE INDEX i3 ON ix (a || b COLLATE NOCASE, (a || b) COLLATE RTRIM, abs(e) COLLATE NOCASE DESC)",
        "CREATE INDEX i4 ON ix ('c d', [a], `b`) WHERE \"c d\" IN (1, 2)",
        "CREATE INDEX i6 ON ix (\"no such column\")",
        "CREATE INDEX\n-- x\ni7\nON ix\n(a /* y */ , b -- z\n)",
    ],
    &[
        "CREATE TABLE types (a \"quoted type\", a2 \"Integer\" PRIMARY KEY, b 'str type', c [br type], d VARYING CHARACTER(-1, +2), e LONG LONG, \
       f generated, g generated always, h INT generated always NOT NULL, i always)",
    ],
    &[
        "CREATE TABLE abort (asc, abort, action, after, cascade, conflict, deferred, desc, end, fail, ignore, initially, \
       key, match, no, of, pragma, replace, restrict, row, trigger, view, virtual, with, without, first, last, nulls, \
       always, generated, columnx, window, over, filter, exclude, ties, rowid, strict, stored)",
    ],
    &[
        "CREATE TABLE \"😀 ünï\" (\"naïve\" TEXT, größe INT, 名前 TEXT UNIQUE)",
        "CREATE INDEX ж ON \"😀 ünï\" (größe)",
    ],
    &["CREATE TABLE pk_many (a, b, c, PRIMARY KEY (c, a), UNIQUE (a), UNIQUE (b, c), UNIQUE (a))"],
    &[
        "CREATE TABLE selfref (id INTEGER PRIMARY KEY, parent INT REFERENCES selfref ON DELETE NO ACTION ON INSERT SET NULL)",
    ],
    &[
        "CREATE TABLE parts (a INT, b INT, FOREIGN KEY (a, b) REFERENCES \"p t\" (\"x y\", z), UNIQUE (a COLLATE NOCASE))",
    ],
];

#[tokio::test]
async fn the_reader_agrees_with_the_engine() {
    for statements in DATABASES {
        check(statements).await;
    }
}

#[tokio::test]
async fn the_reader_agrees_with_the_engine_on_generated_tables() {
    for seed in 0..400 {
        let sql = Generator(seed).table();
        check(&[&sql]).await;
    }
}

/// Makes a database, reads it, and compares every table with the pragmas.
async fn check(statements: &[&str]) {
    let mut connection = memory(statements).await;
    let schema = read(&mut connection).await.schema;
    let tables = "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
                  AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let listed = query(&mut connection, tables).await;
    let mut names: Vec<_> = schema.tables.iter().map(|table| table.name.name.clone()).collect();
    names.sort();
    assert_eq!(names, listed.iter().filter_map(|row| text(row, 0)).collect::<Vec<_>>(), "{statements:?}");
    for row in listed {
        let name = text(&row, 0).unwrap();
        let table = schema.table(&name.as_str().into()).unwrap();
        let context = format!("{name} in {statements:?}");
        assert_eq!(table.options.without_rowid, row.is_true(1), "{context}");
        assert_eq!(table.options.strict, row.is_true(2), "{context}");
        check_columns(&mut connection, table, &context).await;
        check_indexes(&mut connection, table, &context).await;
        check_foreign_keys(&mut connection, table, &context).await;
        check_auto_increment(&mut connection, table, &context).await;
    }
}

async fn pragma(connection: &mut dyn Connection, pragma: &str, subject: &str) -> Vec<Row> {
    query(connection, &format!("PRAGMA {pragma}(\"{}\")", subject.replace('"', "\"\""))).await
}

async fn check_columns(connection: &mut dyn Connection, table: &Table, context: &str) {
    let rows = pragma(connection, "table_xinfo", &table.name.name).await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            let hidden = row.integer(6).unwrap();
            (
                text(row, 1).unwrap(),
                squeezed(&text(row, 2).unwrap()).to_lowercase(),
                row.is_true(3),
                text(row, 4)
                    .filter(|value| !value.eq_ignore_ascii_case("null"))
                    .map(|value| value_of(&value)),
                row.integer(5).unwrap(),
                (hidden == 2, hidden == 3),
            )
        })
        .collect();
    let key: Vec<_> = table
        .primary_key
        .iter()
        .flat_map(|key| &key.columns)
        .map(|part| part.column_name().unwrap())
        .collect();
    let read: Vec<_> = table
        .columns
        .iter()
        .map(|column| {
            let position = key.iter().position(|name| name.eq_ignore_ascii_case(&column.name));
            let position = position.map_or(0, |position| position as i64 + 1);
            let generated = column.generated.as_ref();
            (
                column.name.clone(),
                squeezed(&unquoted(&column.sql_type)).to_lowercase(),
                // Key columns that are no rowid are NOT NULL in some tables, whatever is said.
                !column.nullable || (position > 0 && forbids_null_keys(table)),
                column.default.as_ref().map(|default| value_of(default.as_str())),
                position,
                (
                    generated.is_some_and(|generated| !generated.stored),
                    generated.is_some_and(|generated| generated.stored),
                ),
            )
        })
        .collect();
    assert_eq!(read, seen, "{context}");
}

fn forbids_null_keys(table: &Table) -> bool {
    table.options.without_rowid || (table.options.strict && !is_rowid(table))
}

/// A default without what is not part of its value: parentheses around all of
/// it, white space, and whether a string is written as one.
fn value_of(default: &str) -> Vec<String> {
    let mut pieces: Vec<String> = tokens(default, Lexicon::SQLITE)
        .filter(|token| !token.is_trivia())
        .map(|token| match token.kind {
            TokenKind::String | TokenKind::QuotedIdent | TokenKind::Word => {
                token.name(Lexicon::SQLITE).unwrap().into_owned()
            }
            _ => token.text.to_owned(),
        })
        .collect();
    while pieces.first().is_some_and(|piece| piece == "(") && closes_last(&pieces) {
        pieces = pieces[1..pieces.len() - 1].to_vec();
    }
    pieces
}

fn closes_last(pieces: &[String]) -> bool {
    let mut depth = 0;
    for (index, piece) in pieces.iter().enumerate() {
        depth += i32::from(piece == "(") - i32::from(piece == ")");
        if depth == 0 {
            return index + 1 == pieces.len();
        }
    }
    false
}

/// A type that is one quoted word, as the pragma gives it.
fn unquoted(sql_type: &str) -> String {
    let all: Vec<_> = tokens(sql_type, Lexicon::SQLITE).collect();
    match all.as_slice() {
        [only] => only.name(Lexicon::SQLITE).unwrap().into_owned(),
        _ => sql_type.to_owned(),
    }
}

fn squeezed(text: &str) -> String {
    tokens(text, Lexicon::SQLITE)
        .filter(|token| !token.is_trivia())
        .map(|token| token.text)
        .collect::<Vec<_>>()
        .join(" ")
}

/// One index as the engine or the reader has it: unique, partial, and its parts:
/// column (none for an expression), collation (none for an expression), order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct IndexFacts {
    unique: bool,
    partial: bool,
    parts: Vec<(Option<String>, Option<String>, bool)>,
}

async fn check_indexes(connection: &mut dyn Connection, table: &Table, context: &str) {
    let mut named = Vec::new();
    let mut uniques = Vec::new();
    let mut keys = Vec::new();
    for row in pragma(connection, "index_list", &table.name.name).await {
        let name = text(&row, 1).unwrap();
        let mut parts = Vec::new();
        for row in pragma(connection, "index_xinfo", &name).await {
            if row.is_true(5) {
                let column = text(&row, 2).filter(|_| row.integer(1) != Some(-2));
                let collation = text(&row, 4).filter(|_| column.is_some()).map(|name| name.to_uppercase());
                parts.push((column.map(|name| name.to_lowercase()), collation, row.is_true(3)));
            }
        }
        let facts = IndexFacts { unique: row.is_true(2), partial: row.is_true(4), parts };
        match text(&row, 3).unwrap().as_str() {
            "c" => named.push((name, facts)),
            "u" => uniques.push(facts),
            _ => keys.push(facts),
        }
    }
    named.sort();
    let facts = |columns: &[whimbrel_core::schema::KeyPart], unique, partial| IndexFacts {
        unique,
        partial,
        parts: columns.iter().map(|part| part_facts(part, table)).collect(),
    };
    let mut read: Vec<_> = table
        .indexes
        .iter()
        .map(|index| (index.name.clone(), facts(&index.columns, index.unique, index.predicate.is_some())))
        .collect();
    read.sort();
    assert_eq!(read, named, "indexes of {context}");

    let mut read: Vec<_> =
        table.unique_constraints.iter().map(|unique| facts(&unique.columns, true, false)).collect();
    read.extend(
        table.primary_key.iter().filter(|_| !is_rowid(table)).map(|key| facts(&key.columns, true, false)),
    );
    let seen: Vec<_> = uniques.into_iter().chain(keys).collect();
    for index in &seen {
        assert!(read.contains(index), "{index:?} of {context}");
    }
    // SQLite keeps one index for constraints that differ in directions alone.
    let undirected = |all: &[IndexFacts]| -> BTreeSet<Vec<(Option<String>, Option<String>)>> {
        let parts = all
            .iter()
            .map(|index| index.parts.iter().map(|(name, collation, _)| (name.clone(), collation.clone())));
        parts.map(Iterator::collect).collect()
    };
    assert_eq!(undirected(&read), undirected(&seen), "keys of {context}");
}

fn part_facts(
    part: &whimbrel_core::schema::KeyPart,
    table: &Table,
) -> (Option<String>, Option<String>, bool) {
    let descending = part.order == SortOrder::Desc;
    match &part.target {
        KeyTarget::Column(name) => {
            let column = table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).unwrap();
            let collation = part.collation.as_deref().or(column.collation.as_deref()).unwrap_or("BINARY");
            (Some(name.to_lowercase()), Some(collation.to_uppercase()), descending)
        }
        KeyTarget::Expression(_) => (None, None, descending),
    }
}

/// Says whether the primary key is the rowid, as the reader's promise about
/// directions has it.
fn is_rowid(table: &Table) -> bool {
    let Some(key) = &table.primary_key else { return false };
    let [part] = key.columns.as_slice() else { return false };
    let column =
        table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(part.column_name().unwrap()));
    let is_integer = column.is_some_and(|column| column.sql_type.eq_ignore_ascii_case("integer"));
    is_integer && part.order == SortOrder::Asc && !table.options.without_rowid
}

/// A foreign key as the pragma lists it: number, columns, parent, its columns,
/// ON UPDATE, ON DELETE.
type Listed = (i64, Vec<String>, String, Vec<String>, String, String);

async fn check_foreign_keys(connection: &mut dyn Connection, table: &Table, context: &str) {
    let rows = pragma(connection, "foreign_key_list", &table.name.name).await;
    let mut seen: Vec<Listed> = Vec::new();
    for row in rows {
        let id = row.integer(0).unwrap();
        if seen.last().is_none_or(|(last, ..)| *last != id) {
            let (table, update, delete) = (text(&row, 2), text(&row, 5), text(&row, 6));
            seen.push((id, Vec::new(), table.unwrap(), Vec::new(), update.unwrap(), delete.unwrap()));
        }
        let (_, from, _, to, ..) = seen.last_mut().unwrap();
        from.push(text(&row, 3).unwrap());
        to.extend(text(&row, 4));
    }
    // The engine numbers them from the last.
    seen.sort();
    seen.reverse();
    let read: Vec<_> = table
        .foreign_keys
        .iter()
        .enumerate()
        .map(|(index, key)| {
            let id = (table.foreign_keys.len() - 1 - index) as i64;
            let (update, delete) = (key.on_update.sql().to_owned(), key.on_delete.sql().to_owned());
            (
                id,
                key.columns.clone(),
                key.referenced_table.name.clone(),
                key.referenced_columns.clone(),
                update,
                delete,
            )
        })
        .collect();
    assert_eq!(read, seen, "foreign keys of {context}");
}

/// The pragmas do not tell: but a table with AUTOINCREMENT leaves its count
/// behind when a row is inserted.
async fn check_auto_increment(connection: &mut dyn Connection, table: &Table, context: &str) {
    let counted = table.columns.iter().filter(|column| column.auto_increment).count();
    let has_sequences =
        query(connection, "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").await.len();
    assert!(counted <= has_sequences, "{context}");
    if counted == 1 {
        assert!(is_rowid(table), "{context}");
    }
}

/// Writes tables of every shape, the same for the same number.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// White space, now and then with a comment in it.
    fn gap(&mut self) -> &'static str {
        self.pick(&[" ", "  ", "\n", "\t", " /* ( , */ ", " -- ' )\n"])
    }

    fn name(&mut self, index: usize) -> String {
        let quote = self.below(5);
        match quote {
            0 => format!("c{index}"),
            1 => format!("\"C {index}\"\"\""),
            2 => format!("[c,{index}]"),
            3 => format!("`c)``{index}`"),
            _ => format!("'c''{index}'"),
        }
    }

    fn table(&mut self) -> String {
        let count = 1 + self.below(6);
        let names: Vec<String> = (0..count).map(|index| self.name(index)).collect();
        let strict = self.below(4) == 0;
        let mut key = self.below(4);
        let mut parts = Vec::new();
        for (index, name) in names.iter().enumerate() {
            parts.push(self.column(name, &names, strict, key == 0 && index == 0));
        }
        for _ in 0..self.below(4) {
            parts.push(self.constraint(&names, &mut key));
        }
        let has_key = key == 0 || key == 9;
        let gap = self.gap();
        let mut sql =
            format!("CREATE TABLE{gap}\"t {}\"{gap}({})", self.below(9), parts.join(&format!(",{gap}")));
        let without = has_key && !sql.contains("AUTOINCREMENT") && self.below(3) == 0;
        sql += match (strict, without) {
            (true, true) => " STRICT,WITHOUT  ROWID",
            (true, false) => "/**/STRICT",
            (false, true) => "\nWITHOUT\nROWID",
            (false, false) => "",
        };
        sql
    }

    fn column(&mut self, name: &str, names: &[String], strict: bool, is_key: bool) -> String {
        let types: &[&str] = if strict {
            &["INT", "integer", "TEXT", "Real", "BLOB", "ANY"]
        } else {
            &[
                "",
                "INTEGER",
                "VARCHAR ( 10 )",
                "decimal(10 , -2)",
                "\"odd type\"",
                "double  precision",
                "TEXT",
            ]
        };
        let mut words = vec![name.to_owned(), self.pick(types).to_owned()];
        let other = self.pick(&names.iter().map(String::as_str).collect::<Vec<_>>()).to_owned();
        if is_key {
            let (sql_type, key) = match self.below(4) {
                0 => (words[1].clone(), "PRIMARY KEY"),
                1 => (words[1].clone(), "CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT IGNORE"),
                2 => ("integer".to_owned(), "primary key asc"),
                _ => ("INTEGER".to_owned(), "PRIMARY KEY AUTOINCREMENT"),
            };
            words[1] = sql_type;
            words.push(key.to_owned());
        }
        for _ in 0..self.below(4) {
            words.push(match self.below(9) {
                0 => "NOT NULL".to_owned(),
                1 => "CONSTRAINT u UNIQUE ON CONFLICT IGNORE".to_owned(),
                2 => "UNIQUE".to_owned(),
                3 => "COLLATE NOCASE".to_owned(),
                4 => format!("CHECK ({other} <> ')' OR (1))"),
                5 => "REFERENCES \"p q\" (\"x,y\") ON DELETE SET NULL DEFERRABLE".to_owned(),
                6 => "NULL".to_owned(),
                _ => format!(
                    "DEFAULT {}",
                    self.pick(&["1", "-1", "'a,b'", "( 1+(2) )", "NULL", "current_time", "(-7)"])
                ),
            });
        }
        let gap = self.gap();
        words.join(gap)
    }

    fn constraint(&mut self, names: &[String], key: &mut usize) -> String {
        let first = self.pick(&names.iter().map(String::as_str).collect::<Vec<_>>()).to_owned();
        let last = names[names.len() - 1].clone();
        let list = if first == last { first.clone() } else { format!("{first} COLLATE rtrim , {last} DESC") };
        match self.below(4) {
            0 if *key != 0 && *key != 9 => {
                *key = 9;
                format!("CONSTRAINT [the key] PRIMARY KEY ({list})")
            }
            1 => format!("UNIQUE ({list}) ON CONFLICT IGNORE"),
            2 => format!("CONSTRAINT \"f k\" FOREIGN KEY ({first}) REFERENCES other ON UPDATE CASCADE"),
            _ => format!("CHECK(length({first}) < 10)"),
        }
    }
}
