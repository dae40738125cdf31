//! The format's own bytes, and what is told of a text that has not its shape.

use super::*;
use crate::dialect::Dialect;
use crate::history::{Entry, Journal, Replaced, Script};
use crate::schema::{Column, Schema, Table};

/// The example of the format's description, byte for byte.
const EXAMPLE: &str = include_str!("tests/example.json");

#[test]
fn a_lock_file_that_is_read_and_written_has_the_same_bytes() {
    for text in [EXAMPLE, include_str!("tests/foreign.json"), &LockFile::empty().to_json()] {
        assert_eq!(LockFile::from_json("x", text).unwrap().to_json(), text);
    }
    // A mark and other white space are no part of what is said.
    let marked = format!("\u{feff}{}", EXAMPLE.replace("  ", "\t"));
    assert_eq!(LockFile::from_json("x", &marked).unwrap().to_json(), EXAMPLE);
}

#[test]
fn its_fields_are_what_the_file_says() {
    let lock = LockFile::from_json("x", EXAMPLE).unwrap();
    let (name, users) = lock.table_at("tbl_users_abc123").unwrap();
    assert_eq!((name, lock.version, users.hash.as_deref()), ("users", 1, Some("a1b2c3d4")));
    assert_eq!(users.schema.get("id").unwrap().primkey, Some(true));
    assert_eq!(users.schema.get("email").unwrap().perm, Some(4));
    let migration = &lock.migrations[0];
    assert_eq!(migration.changes[0].field_type.as_deref(), Some("string"));
    assert_eq!(migration.timestamp.as_deref(), Some("2026-01-15T12:00:00.000Z"));
    assert_eq!(lock.contradictions(), []);
}

#[test]
fn applying_gives_the_bytes_that_kontract_gives() {
    let before = LockFile::from_json("x", EXAMPLE).unwrap();
    let mut empty = before.clone();
    let mut migration = empty.migrations.remove(0);
    empty.version = 0;
    // The timestamp comes last if there was none, and stays where it was otherwise.
    migration.timestamp = None;
    migration.rest.keys.retain(|(key, _)| key != "timestamp");
    assert_eq!(apply_migration(&empty, migration, 1_768_478_400_000).to_json(), EXAMPLE);
    let nine = LockMigration { version: 9, ..before.migrations[0].clone() };
    let after = apply_migration(&before, nine, 0);
    assert_eq!((after.version, after.migrations.len()), (9, 2));
    assert_eq!(after.migrations[1].timestamp.as_deref(), Some("1970-01-01T00:00:00.000Z"));
    assert_eq!(after.tables, before.tables);
}

#[test]
fn what_changes_is_written_and_all_else_stays() {
    let mut lock = LockFile::from_json("x", include_str!("tests/foreign.json")).unwrap();
    lock.version = 3;
    let table = lock.tables.get_mut("a b").unwrap();
    table.schema.get_mut("x").unwrap().perm = None;
    table.schema.insert("y", Field::new("number"));
    table.hash = Some("sha256:0".into());
    let expected = include_str!("tests/foreign.json")
        .replace("\"version\": 2,\n  \"tables\"", "\"version\": 3,\n  \"tables\"")
        .replace("          \"perm\": 7,\n", "")
        .replace(
            "          \"type\": \"string[]\"\n        }\n",
            "          \"type\": \"string[]\"\n        },\n        \"y\": {\n          \"type\": \"number\"\n        }\n",
        )
        .replace("\"hash\": \"x\"", "\"hash\": \"sha256:0\"");
    assert_eq!(lock.to_json(), expected);
}

/// What is told of a text that is no lock file, and what is advised.
fn told(text: &str) -> Vec<String> {
    use miette::Diagnostic as _;
    match LockFile::from_json("l.json", text).unwrap_err() {
        LockFileError::Several { problems, .. } => problems.iter().map(ToString::to_string).collect(),
        error => {
            let help = error.help().map(|help| help.to_string()).unwrap_or_default();
            vec![error.to_string(), help]
        }
    }
}

#[test]
fn what_is_no_lock_file_is_told_with_its_place() {
    let restore = "restore the file from version control";
    assert_eq!(told("{"), ["`l.json` is not JSON: EOF while parsing an object at line 1 column 1", restore]);
    assert_eq!(told("[]"), ["`l.json`: it should be an object, but is `[]`", restore]);
    assert_eq!(
        told("{\"version\": 0, \"version\": 1}"),
        ["`l.json` is not JSON: the key `version` is there twice at line 1 column 24", restore]
    );
    assert_eq!(
        told("{\n<<<<<<< ours\n"),
        [
            "`l.json` holds the conflict markers of a merge (line 2)",
            "run `whimbrel migrate rebase`: it puts your migrations after theirs"
        ]
    );
    assert_eq!(told("{}"), ["`version` is missing", "`tables` is missing", "`migrations` is missing"]);
    assert_eq!(
        told(
            r#"{"version": -1, "tables": {"a b": {"ptr": 1, "schema": {"x": [], "y": {"type": 2}}}},
               "migrations": [{"version": 1.5, "changes": [7], "sql": null, "timestamp": 0}, 3]}"#
        ),
        [
            "`version` should be a whole number from 0, but is `-1`",
            "`tables[\"a b\"].ptr` should be a text, but is `1`",
            "`tables[\"a b\"].schema.x` should be an object, but is `[]`",
            "`tables[\"a b\"].schema.y.type` should be a text, but is `2`",
            "`migrations[0].version` should be a whole number from 0, but is `1.5`",
            "`migrations[0].sql` should be a text, but is `null`",
            "`migrations[0].timestamp` should be a text, but is `0`",
            "`migrations[0].changes[0]` should be an object, but is `7`",
            "`migrations[1]` should be an object, but is `3`",
        ]
    );
}

#[test]
fn parts_that_contradict_each_other_are_all_told() {
    let record = |version, name: Option<&str>| LockMigration {
        version,
        name: name.map(str::to_owned),
        ..LockMigration::default()
    };
    let check = |version, records: &[LockMigration], expected: &[&str]| {
        let lock = LockFile { version, migrations: records.to_vec(), ..LockFile::empty() };
        let told: Vec<_> = lock.contradictions().iter().map(ToString::to_string).collect();
        assert_eq!(told, expected);
    };
    check(2, &[record(1, None), record(2, None)], &[]);
    check(4, &[], &["`version` is 4, and `migrations` is empty"]);
    check(
        7,
        &[record(2, Some("a")), record(2, None), record(1, None), record(4, Some("a"))],
        &[
            "`migrations[0].version` is 2, and 1 comes next",
            "`migrations[1].version` is 2, as `migrations[0].version` is too",
            "`migrations[2].version` is 1, and 3 comes next",
            "`migrations[3].version` is 4, and 2 comes next",
            "`migrations[3].name` is `a`, as `migrations[0].name` is too",
            "`version` is 7, and the last of `migrations` has 4",
        ],
    );
}

fn fields(all: &[(&str, &str)]) -> Fields {
    all.iter().map(|(name, field_type)| (*name, Field::new(*field_type))).collect()
}

#[track_caller]
fn check_diff(old: &Fields, new: &Fields, safe: bool, expected: &[&str]) {
    let found = diff_schemas(old, new);
    let told: Vec<_> = found.changes.iter().map(ToString::to_string).collect();
    assert_eq!((found.safe, told), (safe, expected.iter().map(|one| (*one).to_owned()).collect()));
}

#[test]
fn additions_are_safe_and_all_else_says_why_it_is_not() {
    check_diff(&fields(&[]), &fields(&[]), true, &[]);
    let old = fields(&[("id", "string"), ("nick", "string"), ("toString", "number")]);
    check_diff(&old, &old, true, &[]);
    // The names that every JavaScript object has are names like any other.
    check_diff(
        &fields(&[]),
        &fields(&[("constructor", "string"), ("age", "number")]),
        true,
        &["`constructor` is added as string", "`age` is added as number"],
    );
    check_diff(
        &old,
        &fields(&[("name", "string"), ("id", "String"), ("toString", "number")]),
        false,
        &[
            "`name` is added as string",
            "`id` becomes String from string: values may not convert",
            "`nick` goes: its values would be lost, unless it was renamed to `name`",
        ],
    );
    let mut new = old.clone();
    new.get_mut("id").unwrap().perm = Some(4);
    check_diff(&old, &new, true, &["`id` has the permissions 4 instead of none"]);
    new.get_mut("id").unwrap().primkey = Some(true);
    new.remove("toString");
    check_diff(
        &old,
        &new,
        false,
        &[
            "`id` becomes the primary key: rows may share a value or have none",
            "`id` has the permissions 4 instead of none",
            "`toString` goes: its values would be lost",
        ],
    );
    check_diff(
        &new,
        &fields(&[("id", "string"), ("nick", "string")]),
        false,
        &[
            "`id` is no longer the primary key: what refers to it would lose its hold",
            "`id` has the permissions none instead of 4",
        ],
    );
}

#[test]
fn names_of_files_are_read_as_far_as_they_are_some() {
    for (text, version) in [("0001_a.sql", 1), ("12346_x y.z.js", 12_346), ("0010_.ts", 10)] {
        let name = FileName::read(text).unwrap();
        assert_eq!((name.to_string(), name.version), (text.to_owned(), version));
    }
    for other in
        ["", "a.sql", "0001.sql", "0001_a", "0001_a.md", "00001_a.sql", "1_a.sql", "0000_a.sql", "0001_ .ts"]
    {
        assert_eq!(FileName::read(other), None, "{other}");
    }
    for misnamed in ["00001_a.sql", "1_a.sql", "0000_a.ts", "0001-a.js", "2026.sql"] {
        assert!(FileName::is_misnamed(misnamed), "{misnamed}");
    }
}

/// What a lock file says of its tables, on one line.
fn tables(lock: &LockFile) -> String {
    let field = |(name, field): (&str, &Field)| {
        let key = if field.primkey == Some(true) { "*" } else { "" };
        format!("{name}{key} {}", field.field_type)
    };
    let table = |(name, table): (&str, &LockTable)| {
        let fields: Vec<_> = table.schema.iter().map(field).collect();
        format!("{name}@{}({})", table.ptr, fields.join(", "))
    };
    lock.tables.iter().map(table).collect::<Vec<_>>().join(" ")
}

/// Catches up with migrations that left `live`, and goes back step by step.
fn check_catching_up(before: &LockFile, scripts: &[&str], live: Schema, expected: &str, changes: &[&str]) {
    let (dialect, first) = (Dialect::Postgres, before.version + 1);
    let all: Vec<_> = (first..)
        .zip(scripts)
        .map(|(number, text)| {
            let entry = Entry::new(number, format!("m{number}"), 0, Checksum::of_file(text));
            (entry, Script::read(dialect, "x.sql", text).unwrap())
        })
        .collect();
    let applied: Vec<_> =
        all.iter().map(|(entry, script)| Caught { entry, script: Some(script), described: &[] }).collect();
    let after = catch_up(dialect, before, &applied, &live, 0).lock;
    assert_eq!(tables(&after), expected);
    let told = |record: &LockMigration| {
        let one = |change: &LockChange| {
            let field = change.field.as_ref().map(|field| format!(".{field}")).unwrap_or_default();
            format!("{} {}{field}", change.kind, change.table)
        };
        record.changes.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(after.migrations[before.migrations.len()..].iter().map(told).collect::<Vec<_>>(), changes);
    // It is the same after it was written and read, and the way back leads back.
    let read = LockFile::from_json("x", &after.to_json()).unwrap();
    assert_eq!(read, after);
    assert_eq!(tables(&read.truncated(before.migrations.len())), tables(before));
    assert_eq!(read.truncated(before.migrations.len()).version, before.version);
}

fn live(all: &[(&str, &[(&str, &str)])]) -> Schema {
    let table = |(name, columns): &(&str, &[(&str, &str)])| {
        let mut table = Table::new(*name);
        table.columns = columns.iter().map(|(name, sql_type)| Column::new(*name, *sql_type)).collect();
        table
    };
    Schema { tables: all.iter().map(table).collect(), ..Schema::default() }
}

#[test]
fn what_migrations_changed_is_seen_in_the_database() {
    check_catching_up(
        &LockFile::empty(),
        &[
            "CREATE TABLE users (id text); CREATE TABLE gone (x text);",
            "ALTER TABLE users ADD COLUMN age double precision, ADD COLUMN ok boolean; DROP TABLE gone;",
            "UPDATE users SET age = 1;",
        ],
        live(&[("users", &[("id", "text"), ("age", "double precision"), ("ok", "boolean")])]),
        "users@users(id string, age number, ok boolean)",
        &["add_table users", "add_field users.age, add_field users.ok", ""],
    );
    let before = LockFile::from_json("x", EXAMPLE).unwrap();
    check_catching_up(
        &before,
        &[
            "ALTER TABLE tbl_users_abc123 DROP COLUMN email; ALTER TABLE tbl_users_abc123 ADD born timestamp;",
            "ALTER TABLE tbl_users_abc123 RENAME COLUMN id TO key; ALTER TABLE tbl_users_abc123 RENAME TO people;",
        ],
        live(&[("people", &[("key", "text"), ("born", "timestamp without time zone")])]),
        "users@people(key* string, born timestamp without time zone)",
        &["remove_field users.email, add_field users.born", "rename_field users.key, rename_table users"],
    );
}

#[test]
fn a_table_that_is_rebuilt_is_compared_as_a_whole() {
    let before = LockFile::from_json("x", EXAMPLE).unwrap();
    check_catching_up(
        &before,
        &[
            "CREATE TABLE new (id text); DROP TABLE tbl_users_abc123; ALTER TABLE new RENAME TO tbl_users_abc123;",
        ],
        live(&[("tbl_users_abc123", &[("id", "double precision"), ("n", "text")])]),
        "users@tbl_users_abc123(id* number, n string)",
        &["change_field users.id, add_field users.n, remove_field users.email"],
    );
    check_catching_up(&before, &["DROP TABLE tbl_users_abc123"], live(&[]), "", &["remove_table users"]);
}

#[test]
fn a_foreign_hash_stays_until_the_fields_change_and_is_told_of_then() {
    let before = LockFile::from_json("x", EXAMPLE).unwrap();
    let caught_up = |text: &str, live: &Schema| {
        let entry = Entry::new(2, "m2", 0, Checksum::of_file(text));
        let script = Script::read(Dialect::Postgres, "x.sql", text).unwrap();
        let caught = Caught { entry: &entry, script: Some(&script), described: &[] };
        catch_up(Dialect::Postgres, &before, &[caught], live, 0)
    };
    let columns: &[(&str, &str)] = &[("id", "text"), ("email", "text"), ("age", "text")];
    let live = live(&[("tbl_users_abc123", columns)]);
    let same = caught_up("SELECT 1", &live);
    assert_eq!(same.foreign_hashes, [""; 0]);
    assert_eq!(same.lock.tables, before.tables);
    let changed = caught_up("ALTER TABLE tbl_users_abc123 ADD age text", &live);
    assert_eq!(changed.foreign_hashes, ["users"]);
    let users = changed.lock.tables.get("users").unwrap();
    assert_eq!(users.hash, Some(schema_hash(&users.schema)));
}

#[test]
fn the_base_is_what_no_migration_made() {
    let lock = LockFile::from_json("x", EXAMPLE).unwrap();
    assert_eq!(
        lock.base_sql(Dialect::Sqlite).unwrap(),
        "CREATE TABLE \"tbl_users_abc123\" (\"id\" TEXT, PRIMARY KEY (\"id\"));\n"
    );
    let foreign = LockFile::from_json("x", include_str!("tests/foreign.json")).unwrap();
    let told: Vec<_> =
        foreign.base_sql(Dialect::Sqlite).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["`tables.a b.schema.x` has the type `string[]`, and no column type is known for that"]);
}

fn found(all: &[&str]) -> Vec<Found> {
    let one = |file: &&str| Found { name: FileName::read(file).unwrap(), checksum: Checksum::of_file(file) };
    all.iter().map(one).collect()
}

fn recorded(all: &[(u32, Option<&str>)]) -> LockFile {
    let record = |(version, name): &(u32, Option<&str>)| LockMigration {
        version: *version,
        name: name.map(str::to_owned),
        ..LockMigration::default()
    };
    let version = all.last().map_or(0, |one| one.0);
    LockFile { version, migrations: all.iter().map(record).collect(), ..LockFile::empty() }
}

#[test]
fn folder_and_lock_file_are_one_history_or_say_why_not() {
    let check = |lock: &LockFile, files: &[&str], expected: &[&str]| {
        let told: Vec<String> = match folder_journal(Dialect::Sqlite, lock, &found(files)) {
            Ok(journal) => journal.entries.iter().map(Entry::file_name).collect(),
            Err(problems) => problems.iter().map(|problem| format!("! {problem}")).collect(),
        };
        assert_eq!(told, expected);
    };
    check(&LockFile::empty(), &[], &[]);
    check(&recorded(&[(1, None)]), &["0001_a.ts", "0002_b.sql"], &["0001_a.ts", "0002_b.sql"]);
    // A file that is gone is missed by its name, or by its number alone.
    check(&recorded(&[(1, Some("a")), (2, Some("b"))]), &["0001_a.sql"], &["0001_a.sql", "0002_b.sql"]);
    check(
        &recorded(&[(1, None), (2, Some("b"))]),
        &["0002_c.sql", "0004_d.sql", "0004_e.sql", "0005_d.js"],
        &[
            "! `0004_d.sql` and `0004_e.sql` have the number 4",
            "! `0004_d.sql` and `0005_d.js` have the same name",
            "! the lock file has a migration 1, and no file has that number",
            "! the lock file has `b` as number 2, and the folder `0002_c.sql`",
            "! no migration has the number 3",
        ],
    );
}

#[test]
fn records_follow_their_entries() {
    let sum = |text: &str| Checksum::of_file(text);
    let entry = |idx, name: &str| Entry::new(idx, name, 0, sum(name));
    let journal = |entries: &[Entry]| Journal { dialect: Dialect::Sqlite, entries: entries.to_vec() };
    let before = recorded(&[(1, None), (2, Some("b")), (3, Some("c"))]).named(&journal(&[
        entry(1, "a"),
        entry(2, "b"),
        entry(3, "c"),
    ]));
    let shown = |lock: &LockFile| {
        let one = |record: &LockMigration| format!("{} {}", record.version, record.name.clone().unwrap());
        (lock.version, lock.migrations.iter().map(one).collect::<Vec<_>>().join(", "))
    };
    let same = before.with_journal(&journal(&[entry(1, "a"), entry(2, "b"), entry(3, "c"), entry(4, "d")]));
    assert_eq!(shown(&same), (3, "1 a, 2 b, 3 c".into()));
    // One that is not recorded comes between: what comes after waits.
    let between =
        before.with_journal(&journal(&[entry(1, "a"), entry(2, "x"), entry(3, "b"), entry(4, "c")]));
    assert_eq!(shown(&between), (1, "1 a".into()));
    let replaced = |name: &str| Replaced {
        name: name.into(),
        checksum: sum(name),
        legacy_checksums: Vec::new(),
        by: None,
    };
    let squashed = Entry { replaces: vec![replaced("a"), replaced("b")], ..entry(1, "ab") };
    let after = before.with_journal(&journal(&[squashed, entry(2, "c")]));
    assert_eq!(shown(&after), (2, "1 ab, 2 c".into()));
    assert_eq!(after.migrations[0].replaces.len(), 2);
    assert_eq!(LockFile::from_json("x", &after.to_json()).unwrap(), after);
}

#[test]
fn what_a_program_says_of_tables_is_merged() {
    let before = LockFile::from_json("x", EXAMPLE).unwrap();
    let entry = Entry::new(2, "m2", 0, Checksum::of_file(""));
    let script = Script::read(Dialect::Postgres, "x", "ALTER TABLE tbl_users_abc123 ADD age text").unwrap();
    let fields = |text: &str| read_fields(text).unwrap();
    let described = [
        (
            "users".to_owned(),
            fields(r#"{ "age": { "type": "number" }, "email": { "type": "string", "perm": 6 } }"#),
        ),
        ("notes".to_owned(), fields(r#"{ "id": { "type": "string", "primkey": true } }"#)),
    ];
    let live = live(&[("tbl_users_abc123", &[("id", "text"), ("email", "text"), ("age", "text")])]);
    let caught = Caught { entry: &entry, script: Some(&script), described: &described };
    let after = catch_up(Dialect::Postgres, &before, &[caught], &live, 0).lock;
    assert_eq!(
        tables(&after),
        "users@tbl_users_abc123(id* string, email string, age number) notes@notes(id* string)"
    );
    let users = &after.tables.get("users").unwrap().schema;
    assert_eq!(users.get("age").unwrap().field_type, "number");
    assert_eq!(users.get("email").unwrap().perm, Some(6));
    let changes: Vec<&str> = after.migrations[1].changes.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(changes, ["add_field", "change_field", "change_field", "add_table", "add_field"]);
    assert_eq!(after.migrations[1].sql, "ALTER TABLE tbl_users_abc123 ADD age text;");
    let back = LockFile::from_json("x", &after.to_json()).unwrap().truncated(1);
    assert_eq!(tables(&back), tables(&before));
    assert_eq!(back.tables.get("users").unwrap().schema, before.tables.get("users").unwrap().schema);
}
