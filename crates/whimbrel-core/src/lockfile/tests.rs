//! The format's own bytes, and what is told of a text that has not its shape.

use super::*;

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
