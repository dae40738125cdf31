//! Journals, byte for byte, and every way in which one can be wrong.

use super::*;
use crate::history::NameProblem;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

/// What VibORM writes, byte for byte.
const VIBORM: &str = r#"{
  "version": "1",
  "dialect": "postgresql",
  "entries": [
    {
      "idx": 0,
      "version": "20260131112030",
      "name": "initial",
      "when": 1769854830123,
      "checksum": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    },
    {
      "idx": 1,
      "version": "20260131112031",
      "name": "",
      "when": 1769854831000,
      "checksum": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "tag": "v1"
    }
  ]
}"#;

/// Every field that an entry may have.
const FULL: &str = r#"{
  "version": "1",
  "dialect": "sqlite",
  "entries": [
    {
      "idx": 7,
      "version": "20260131102030",
      "name": "squash-0-to-7",
      "when": 1769854830123,
      "checksum": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "tag": "v2",
      "downChecksum": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "engine": {
        "name": "sqlite",
        "major": 3
      },
      "proof": {
        "verdict": "irreversible",
        "reason": "it says so"
      },
      "replaces": [
        {
          "name": "initial",
          "checksum": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
          "legacyChecksum": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "by": "squash-0-to-2"
        },
        {
          "name": "squash-0-to-2",
          "checksum": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
        }
      ],
      "legacyChecksum": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    }
  ]
}"#;

fn sum(digits: &str) -> Checksum {
    digits.parse().unwrap()
}

fn read(text: &str) -> Result<Journal, JournalError> {
    Journal::from_json("meta/_journal.json", text)
}

#[test]
fn what_viborm_wrote_reads_and_is_written_as_it_was() {
    let journal = read(VIBORM).unwrap();
    let initial =
        Entry { version: "20260131112030".into(), ..Entry::new(0, "initial", 1_769_854_830_123, sum(A)) };
    let unnamed = Entry {
        version: "20260131112031".into(),
        tag: Some("v1".into()),
        ..Entry::new(1, "", 1_769_854_831_000, sum(B))
    };
    assert_eq!(journal, Journal { dialect: Dialect::Postgres, entries: vec![initial, unnamed] });
    assert_eq!(journal.to_json(), VIBORM);
    assert_eq!(journal.entries[1].path(), "0001_.sql");
    assert_eq!(read(&VIBORM.replace("postgresql", "postgres")).unwrap(), journal);
    assert_eq!(read(&format!("\u{feff}{}", VIBORM.replace('\n', "\r\n"))).unwrap(), journal);
}

#[test]
fn every_field_reads_and_is_written_in_order() {
    let journal = read(FULL).unwrap();
    let replaced =
        |name: &str| Replaced { name: name.into(), checksum: sum(C), legacy_checksums: vec![], by: None };
    let entry = Entry {
        tag: Some("v2".into()),
        down_checksum: Some(sum(B)),
        engine: Some(Engine { name: "sqlite".into(), major: 3 }),
        proof: Some(Proof::Irreversible { reason: "it says so".into() }),
        replaces: vec![
            Replaced {
                legacy_checksums: vec![sum(B)],
                by: Some("squash-0-to-2".into()),
                ..replaced("initial")
            },
            replaced("squash-0-to-2"),
        ],
        legacy_checksums: vec![sum(C)],
        ..Entry::new(7, "squash-0-to-7", 1_769_854_830_123, sum(A))
    };
    assert_eq!(journal, Journal { dialect: Dialect::Sqlite, entries: vec![entry] });
    assert_eq!(journal.to_json(), FULL);
    let entry = &journal.entries[0];
    assert!(entry.accepts(&sum(A)) && entry.accepts(&sum(C)) && !entry.accepts(&sum(B)));
    let first = &entry.replaces[0];
    assert!(first.accepts(&sum(C)) && first.accepts(&sum(B)) && !first.accepts(&sum(A)));
}

#[test]
fn a_program_says_what_it_is_written_in() {
    let program = |format| Entry { format, ..Entry::new(3, "fill", 1_769_854_830_123, sum(A)) };
    for format in [Format::Ts, Format::Js, Format::Rust] {
        let journal = Journal { dialect: Dialect::Sqlite, entries: vec![program(format)] };
        let text = journal.to_json();
        assert!(text.contains(&format!("\"format\": \"{format}\"")), "{text}");
        assert_eq!(read(&text).unwrap(), journal);
        assert_eq!(journal.entries[0].path(), format!("0003_fill.{}", format.extension()));
    }
    let journal = Journal { dialect: Dialect::Sqlite, entries: vec![program(Format::Sql)] };
    assert!(!journal.to_json().contains("format"));
    let text = journal.to_json().replace("\"idx\"", "\"format\": \"py\",\n      \"idx\"");
    assert_eq!(
        read(&text).unwrap_err().to_string(),
        "`meta/_journal.json`: entry 1 (`fill`): the field `format` should be `sql`, `ts`, `js` or `rust`, but is `\"py\"`"
    );
}

#[test]
fn several_earlier_checksums_are_a_list() {
    let (one, list) =
        (format!("\"{C}\"\n    }}"), format!("[\n        \"{C}\",\n        \"{B}\"\n      ]\n    }}"));
    let text = FULL.replace(&one, &list);
    assert_ne!(text, FULL);
    let journal = read(&text).unwrap();
    assert_eq!(journal.entries[0].legacy_checksums, [sum(C), sum(B)]);
    assert_eq!(journal.to_json(), text);
    assert_eq!(read(&FULL.replace(&one, &format!("[\"{C}\"]}}"))).unwrap(), read(FULL).unwrap());
    let expected = "64 lower-case hexadecimal digits, or a list of such";
    for (wrong, found) in [("[]", "[]"), ("[1]", "[1]"), ("null", "null")] {
        let field = format!("the field `legacyChecksum` should be {expected}, but is `{found}`");
        let message = format!("`meta/_journal.json`: entry 1 (`squash-0-to-7`): {field}");
        refuses(&FULL.replace(&one, &format!("{wrong}}}")), &[&message]);
    }
}

#[test]
fn an_empty_journal_has_a_form_too() {
    let empty = Journal::new(Dialect::Sqlite);
    assert_eq!(empty.to_json(), "{\n  \"version\": \"1\",\n  \"dialect\": \"sqlite\",\n  \"entries\": []\n}");
    assert_eq!(read(&empty.to_json()).unwrap(), empty);
    assert_eq!((empty.next_index(), empty.head()), (0, None));
}

/// The messages of an error and of all that is in it.
#[track_caller]
fn refuses(text: &str, expected: &[&str]) {
    let error = read(text).expect_err(text);
    let mut seen = vec![error.to_string()];
    if let JournalError::Several { problems, .. } = &error {
        seen.extend(problems.iter().map(ToString::to_string));
    }
    assert_eq!(seen, expected, "{text}");
}

/// A journal with these entries, each the fields that differ from a good one.
fn with(entries: &[&[(&str, &str)]]) -> String {
    let entry = |(at, fields): (usize, &&[(&str, &str)])| {
        let mut map = std::collections::BTreeMap::from([
            ("idx", at.to_string()),
            ("version", "\"20260131102030\"".into()),
            ("name", format!("\"m{at}\"")),
            ("when", "0".into()),
            ("checksum", format!("\"{A}\"")),
        ]);
        for (field, value) in *fields {
            map.insert(field, (*value).to_owned());
        }
        map.retain(|_, value| !value.is_empty());
        let fields: Vec<_> = map.iter().map(|(field, value)| format!("\"{field}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    };
    let entries: Vec<_> = entries.iter().enumerate().map(entry).collect();
    format!(r#"{{"version":"1","dialect":"sqlite","entries":[{}]}}"#, entries.join(","))
}

#[test]
fn what_is_no_journal_is_told_with_its_place() {
    refuses("", &["`meta/_journal.json` is not JSON: EOF while parsing a value at line 1 column 0"]);
    refuses(
        &VIBORM[..200],
        &["`meta/_journal.json` is not JSON: EOF while parsing a string at line 10 column 27"],
    );
    refuses("[]", &["`meta/_journal.json`: it should be an object, but is `[]`"]);
    refuses(
        "{}",
        &[
            "3 things are wrong with `meta/_journal.json`",
            "the field `version` is missing",
            "the field `dialect` is missing",
            "the field `entries` is missing",
        ],
    );
    refuses(
        r#"{"version":"2","what":1}"#,
        &["`meta/_journal.json` has version `\"2\"`, and this whimbrel reads version \"1\""],
    );
    refuses(
        r#"{"version":1}"#,
        &["`meta/_journal.json` has version `1`, and this whimbrel reads version \"1\""],
    );
    refuses(
        r#"{"version":"1","dialect":"mysql","entries":{},"more":1}"#,
        &[
            "3 things are wrong with `meta/_journal.json`",
            "the dialect `mysql` is unknown",
            "the field `entries` should be a list, but is `{}`",
            "the field `more` is unknown",
        ],
    );
}

#[test]
fn conflict_markers_are_told_before_all_else() {
    let text = "{\n<<<<<<< HEAD\n  \"version\": \"1\",\n=======\n>>>>>>> main\n}";
    let error = read(text).unwrap_err();
    assert_eq!(error.to_string(), "`meta/_journal.json` holds the conflict markers of a merge (line 2)");
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert_eq!(help, "run `whimbrel migrate rebase`: it puts your migrations after theirs");
}

#[test]
fn fields_of_entries_are_looked_at_one_by_one() {
    let refuses = |fields: &[(&str, &str)], expected: &str| {
        refuses(&with(&[fields]), &[&format!("`meta/_journal.json`: entry 1 (`m0`): {expected}")]);
    };
    for field in ["idx", "version", "when", "checksum"] {
        refuses(&[(field, "")], &format!("the field `{field}` is missing"));
    }
    refuses(&[("idx", "-1")], "the field `idx` should be a whole number from 0, but is `-1`");
    refuses(&[("idx", "1.5")], "the field `idx` should be a whole number from 0, but is `1.5`");
    refuses(&[("idx", "4294967295")], "the field `idx` should be a whole number from 0, but is `4294967295`");
    refuses(&[("version", "\"2026\"")], "the field `version` should be 14 digits, but is `\"2026\"`");
    refuses(&[("when", "\"now\"")], "the field `when` should be a time in milliseconds, but is `\"now\"`");
    refuses(&[("when", "-1")], "the field `when` should be a time in milliseconds, but is `-1`");
    refuses(
        &[("checksum", "\"ABC\"")],
        "the field `checksum` should be 64 lower-case hexadecimal digits, but is `\"ABC\"`",
    );
    refuses(&[("tag", "null")], "the field `tag` should be a text, but is `null`");
    refuses(
        &[("downChecksum", "1")],
        "the field `downChecksum` should be 64 lower-case hexadecimal digits, but is `1`",
    );
    refuses(
        &[("engine", r#"{"name":"sqlite","major":3,"minor":4}"#)],
        "the field `engine` should be an object with `name` and `major`, but is \
         `{\"major\":3,\"minor\":4,\"name\":\"sqlite\"}`",
    );
    refuses(
        &[("proof", r#"{"verdict":"exact","reason":"x"}"#)],
        "the field `proof` should be an object with `verdict`, but is `{\"reason\":\"x\",\"verdict\":\"exact\"}`",
    );
    refuses(&[("replaces", "{}")], "the field `replaces` should be a list, but is `{}`");
    refuses(&[("replaces", "[1]")], "it should be an object, but is `1`");
    refuses(
        &[("replaces", &format!(r#"[{{"name":"x","checksum":"{A}","what":1}}]"#))],
        "the field `replaces.what` is unknown",
    );
    refuses(
        &[("replaces", &format!(r#"[{{"name":"x","checksum":"{A}","by":"x"}}]"#))],
        "the field `replaces.by` should be the name of a later one in the list, but is `\"x\"`",
    );
    refuses(&[("stamp", "1")], "the field `stamp` is unknown");
    let long = format!("\"{}\"", "x".repeat(100));
    refuses(
        &[("version", &long)],
        &format!("the field `version` should be 14 digits, but is `\"{}...`", "x".repeat(59)),
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    refuses(
        &with(&[&[("name", "")], &[("when", ""), ("what", "1")], &[("name", "7")]]),
        &[
            "4 things are wrong with `meta/_journal.json`",
            "entry 1: the field `name` is missing",
            "entry 2 (`m1`): the field `when` is missing",
            "entry 2 (`m1`): the field `what` is unknown",
            "entry 3: the field `name` should be a text, but is `7`",
        ],
    );
    refuses(
        r#"{"version":"1","dialect":"sqlite","entries":["x"]}"#,
        &["`meta/_journal.json`: entry 1: it should be an object, but is `\"x\"`"],
    );
}

#[test]
fn names_that_cannot_be_files_are_refused() {
    let refuses = |name: &str, shown: &str, expected: &str| {
        let json = serde_json::to_string(name).unwrap();
        refuses(
            &with(&[&[("name", &json)]]),
            &[&format!("`meta/_journal.json`: entry 1 (`{shown}`): its name {expected}")],
        );
    };
    for name in ["../x", "..", "/etc/passwd", "a/b"] {
        refuses(name, name, "leads out of the folder");
    }
    refuses("a\\b", "a\\\\b", "leads out of the folder");
    refuses("a\0", "a\\0", "holds '\\0', which no file's name may have everywhere");
    refuses("nul", "nul", "is the name of a device on Windows");
    refuses(&"x".repeat(241), &"x".repeat(241), "is too long: `NNNN_name.sql` must fit into 255 bytes");
}

#[test]
fn entries_that_contradict_each_other_are_refused() {
    refuses(
        &with(&[&[], &[("name", "\"m0\"")], &[]]),
        &["`meta/_journal.json`: entry 2 (`m0`): entry 1 has the same name"],
    );
    refuses(
        &with(&[&[("idx", "3")], &[("idx", "4")], &[("idx", "4")], &[("idx", "2")], &[("idx", "5")]]),
        &[
            "2 things are wrong with `meta/_journal.json`",
            "entry 3 (`m2`): entry 2 has the number 4 too",
            "entry 4 (`m3`): its number 2 comes after 4",
        ],
    );
    refuses(
        &with(&[&[], &[("replaces", &format!(r#"[{{"name":"m0","checksum":"{A}"}}]"#))]]),
        &["`meta/_journal.json`: entry 1 (`m0`): `m1` replaces it"],
    );
}

#[test]
fn every_problem_has_its_help() {
    let check = |kind: JournalProblemKind, expected: &str| assert_eq!(kind.help(), expected);
    let restore = "restore the file from version control";
    check(JournalProblemKind::Missing { field: "a".into() }, restore);
    check(
        JournalProblemKind::Unknown { field: "a".into() },
        "a later whimbrel may have written it: use that one",
    );
    check(
        JournalProblemKind::Dialect { found: "a".into() },
        "this whimbrel speaks `sqlite` and `postgresql`",
    );
    check(
        JournalProblemKind::Name(NameProblem::Leaves),
        "rename the migration: its `name` here, and its files",
    );
    check(
        JournalProblemKind::SameName { other: 1 },
        "a migration is its name: rename the one that no database has applied, its `name` here and its files",
    );
    check(
        JournalProblemKind::Order { idx: 1, before: 2 },
        "if both sides of a merge added migrations, take the file as it was before it, and run \
         `whimbrel migrate rebase`",
    );
    check(
        JournalProblemKind::Replaced { by: "a".into() },
        "take out the entry that was replaced, or undo the squash",
    );
}

#[test]
fn gaps_are_told_but_read() {
    let check = |indexes: &[u32], expected: &[&str]| {
        let mut journal = Journal::new(Dialect::Sqlite);
        journal.entries = indexes.iter().map(|idx| Entry::new(*idx, format!("m{idx}"), 0, sum(A))).collect();
        assert_eq!(read(&journal.to_json()).unwrap(), journal);
        let seen: Vec<_> = journal.gaps().iter().map(ToString::to_string).collect();
        assert_eq!(seen, expected);
    };
    check(&[], &[]);
    check(&[0, 1, 2], &[]);
    check(&[1, 2], &["no migration has the number 0"]);
    check(&[0, 2, 7], &["no migration has the number 1", "no migration has the numbers 3 to 6"]);
}

#[test]
fn names_are_unique_among_the_squashed_too() {
    let journal = read(FULL).unwrap();
    assert_eq!(journal.unique_name("initial"), "initial-2");
    assert_eq!(journal.unique_name("squash-0-to-7"), "squash-0-to-7-2");
    assert_eq!(journal.unique_name("other"), "other");
    assert_eq!(journal.next_index(), 8);
    assert_eq!(journal.head().unwrap().down_path(), "meta/_down/0007_squash-0-to-7.sql");
    assert_eq!(Entry::new(12345, "a", 0, sum(A)).path(), "12345_a.sql");
    assert!(journal.entry("squash-0-to-7").is_some() && journal.entry("initial").is_none());
}
