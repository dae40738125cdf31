//! Properties of the history formats over generated histories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{
    AppliedMigration, Checksum, DownFile, Entry, FileState, FileTexts, Journal, Replaced, Script, Sides,
    SquashRequest, State, UpFile, body, check_name, header, iso_time, kebab, legacy_matches, rebase, renamed,
    squash, standings, time_stamp, unique_name,
};
use whimbrel_core::plan::Proof;
use whimbrel_core::schema::Engine;

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::Sqlite), Just(Dialect::Postgres)]
}

/// Any time that a journal may hold, in milliseconds.
fn time() -> impl Strategy<Value = i64> {
    0_i64..=253_402_300_799_999
}

fn checksum() -> impl Strategy<Value = Checksum> {
    any::<u64>().prop_map(|seed| Checksum::of_file(&seed.to_string()))
}

/// A name that an entry may have.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z][a-z0-9-]{0,12}", 1 => any::<String>()]
        .prop_filter("a name for a file", |name| check_name(name).is_ok())
}

/// A statement that ends only at its semicolon, as both engines read it.
fn statement() -> impl Strategy<Value = String> {
    let name = prop_oneof!["[a-z][a-z0-9_]{0,8}", "\"[^\"\\x00]{0,8}\"", Just("\"a\n--> b\"".to_owned())];
    let literal = prop_oneof![
        "'[^'\\\\\\x00]{0,12}'".prop_map(String::from),
        Just("'it''s;\n--> statement-breakpoint\n-- down\n'".to_owned()),
        "[0-9]{1,6}".prop_map(String::from),
    ];
    prop_oneof![
        (name.clone(), name.clone(), literal.clone()).prop_map(|(table, column, value)| format!(
            "CREATE TABLE {table} ({column} text DEFAULT {value})"
        )),
        (name.clone(), literal)
            .prop_map(|(table, value)| format!("INSERT INTO {table} /* ; */ VALUES ({value})")),
        name.prop_map(|table| format!("DROP TABLE {table}")),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let proof = prop_oneof![
        Just(Proof::Exact),
        Just(Proof::Lossy),
        any::<String>().prop_map(|reason| Proof::Irreversible { reason }),
        any::<String>().prop_map(|reason| Proof::Unproved { reason }),
    ];
    let replaces = vec((checksum(), vec(checksum(), 0..3)), 0..3);
    let optional = (
        prop::option::of(any::<String>()),
        prop::option::of(checksum()),
        prop::option::of(("[a-z]{1,8}", any::<u32>())),
        prop::option::of(proof),
        vec(checksum(), 0..3),
    );
    (name(), time(), checksum(), optional, replaces).prop_map(|(name, when, checksum, optional, replaces)| {
        let (tag, down_checksum, engine, proof, legacy_checksums) = optional;
        let replaced = |(at, (checksum, legacy_checksums)): (usize, _)| Replaced {
            name: format!("Replaced {name} {at}"),
            checksum,
            legacy_checksums,
            by: None,
        };
        Entry {
            tag,
            down_checksum,
            engine: engine.map(|(name, major)| Engine { name, major }),
            proof,
            replaces: replaces.into_iter().enumerate().map(replaced).collect(),
            legacy_checksums,
            ..Entry::new(0, name.clone(), when, checksum)
        }
    })
}

/// A journal whose names differ and whose numbers ascend.
fn journal() -> impl Strategy<Value = Journal> {
    (dialect(), vec((entry(), 1_u32..4), 0..8)).prop_map(|(dialect, entries)| {
        let mut journal = Journal::new(dialect);
        for (entry, step) in entries {
            if !journal.is_taken(&entry.name) {
                let idx = journal.next_index() + step - 1;
                journal.entries.push(Entry { idx, ..entry });
            }
        }
        journal
    })
}

/// The statements of a file, as they are run.
fn statements(script: &Script) -> Vec<String> {
    script.statements.iter().map(|one| script.sql(one).to_owned()).collect()
}

fn up_file(name: &str, statements: &[String]) -> UpFile {
    UpFile { name: name.to_owned(), when: 0, notes: vec![], statements: statements.to_vec() }
}

/// A history with the given statements, and its files.
fn history(
    dialect: Dialect,
    migrations: &[(Vec<String>, Vec<String>)],
) -> (Journal, BTreeMap<String, FileTexts>) {
    let mut journal = Journal::new(dialect);
    let mut files = BTreeMap::new();
    for (up, down) in migrations {
        let name = format!("m{}", journal.next_index());
        let file = up_file(&name, up);
        let down = DownFile { name: name.clone(), warnings: vec![], statements: down.clone() };
        journal.entries.push(Entry::new(journal.next_index(), name.clone(), 0, file.checksum()));
        files.insert(name, FileTexts { up: file.render(), down: Some(down.render()) });
    }
    (journal, files)
}

/// The statements of the whole history, up in order and down in reverse.
fn runs(journal: &Journal, files: &BTreeMap<String, FileTexts>) -> (Vec<String>, Vec<String>) {
    let (mut all_up, mut all_down) = (Vec::new(), Vec::new());
    for entry in &journal.entries {
        let texts = &files[&entry.name];
        let up = Script::read(journal.dialect, &entry.path(), &texts.up).unwrap();
        let down =
            Script::way_back(journal.dialect, entry, &texts.up, texts.down.as_deref()).unwrap().unwrap();
        assert_eq!(entry.checksum, Checksum::of_file(&texts.up));
        all_up.extend(statements(&up));
        all_down.splice(0..0, statements(&down));
    }
    (all_up, all_down)
}

fn windows(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn journals_read_back_as_they_were_written(journal in journal()) {
        let text = journal.to_json();
        let back = Journal::from_json("j", &text).unwrap();
        prop_assert_eq!(&back, &journal);
        prop_assert_eq!(back.to_json(), text.clone());
        prop_assert_eq!(Journal::from_json("j", &windows(&text)).unwrap(), journal);
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>(), journal in journal(), cut in any::<prop::sample::Index>()) {
        let _ = Journal::from_json("j", &text);
        let whole = journal.to_json();
        let cut = whole.floor_char_boundary(cut.index(whole.len()));
        prop_assert!(Journal::from_json("j", &whole[..cut]).is_err());
        let _ = Sides::read(&text);
        let entry = Entry::new(0, "a", 3, Checksum::of_file(&text));
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let _ = Script::read(dialect, "a", &text);
            let _ = Script::way_back(dialect, &entry, &text, None);
        }
        prop_assert!(!legacy_matches(&entry, &text, None));
    }

    #[test]
    fn files_read_back_as_they_were_written(
        dialect in dialect(),
        name in any::<String>(),
        when in time(),
        notes in vec("[^\r\n\\x00]{0,12}", 0..3),
        statements_in in vec(statement(), 0..6),
    ) {
        let notes = notes.iter().map(|note| format!("Answered: {note}")).collect();
        let file = UpFile { name: name.clone(), when, notes, statements: statements_in.clone() };
        let text = file.render();
        let found = header(&text);
        prop_assert_eq!(found.name, Some(kebab(&name)));
        prop_assert_eq!(found.generated, Some(iso_time(when)));
        prop_assert_eq!(found.checksum, Some(file.checksum().to_string()));
        prop_assert_eq!(Checksum::of_file(&text), file.checksum());
        prop_assert_eq!(statements(&Script::read(dialect, "a", &text).unwrap()), statements_in.clone());
        let down = DownFile { name, warnings: vec!["rows are lost".into()], statements: statements_in.clone() };
        let text = down.render();
        prop_assert_eq!(Checksum::of_file(&text), down.checksum());
        prop_assert_eq!(statements(&Script::read_down_file(dialect, "a", &text).unwrap()), statements_in);
    }

    #[test]
    fn checksums_outlive_a_checkout_and_a_rename(text in "[^\r\u{feff}]{0,60}", start in 0..3_usize, name in name()) {
        let head = ["", "-- Migration: a\n\n", "-- Down migration for: a\n-- WARNING: b\n\n"][start];
        let text = format!("{head}{text}");
        let checksum = Checksum::of_file(&text);
        prop_assert_eq!(&Checksum::of_file(&windows(&text)), &checksum);
        prop_assert_eq!(&Checksum::of_file(&renamed(&text, &name)), &checksum);
        prop_assert_eq!(&Checksum::of_file(&renamed(&windows(&text), &name)), &checksum);
        let (moved, longer) = (renamed(&text, &name), format!("{text}x"));
        prop_assert_eq!(body(&moved), body(&text));
        prop_assert_ne!(Checksum::of_file(&longer), checksum);
    }

    #[test]
    fn kebab_is_done_once(name in any::<String>()) {
        let once = kebab(&name);
        prop_assert_eq!(kebab(&once), once.clone());
        prop_assert!(once.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')));
        prop_assert!(!once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
    }

    #[test]
    fn unique_names_are_safe_and_new(wanted in "[a-zA-Z ü_-]{0,300}", taken in 0..12_usize) {
        let mut names = BTreeSet::new();
        for _ in 0..=taken {
            let name = unique_name(&kebab(&wanted), |name| names.contains(name));
            prop_assert_eq!(check_name(&name), Ok(()));
            prop_assert!(Entry::new(u32::MAX, name.clone(), 0, Checksum::of_file("")).file_name().len() <= 255);
            prop_assert!(names.insert(name));
        }
    }

    #[test]
    fn times_ascend_as_texts(a in time(), b in time()) {
        prop_assert_eq!(a.cmp(&b), iso_time(a).cmp(&iso_time(b)));
        prop_assert_eq!((iso_time(a).len(), time_stamp(a).len()), (24, 14));
    }

    #[test]
    fn a_squash_runs_the_same_statements(
        dialect in dialect(),
        migrations in vec((vec(statement(), 0..3), vec(statement(), 1..3)), 2..6),
        ends in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let (journal, mut files) = history(dialect, &migrations);
        let before = runs(&journal, &files);
        let last = u32::try_from(migrations.len()).unwrap() - 1;
        let from = u32::try_from(ends.0.index(migrations.len() - 1)).unwrap();
        let to = from + 1 + u32::try_from(ends.1.index((last - from) as usize)).unwrap();
        let squashed = squash(&journal, &SquashRequest { from, to, name: None, when: 0 }, &files).unwrap();
        for entry in &squashed.replaced {
            files.remove(&entry.name);
        }
        let texts = FileTexts { up: squashed.up.clone(), down: squashed.down.clone() };
        files.insert(squashed.entry.name.clone(), texts);
        prop_assert_eq!(runs(&squashed.journal, &files), before);
        prop_assert_eq!(squashed.journal.gaps(), vec![]);
        prop_assert_eq!(Journal::from_json("j", &squashed.journal.to_json()).unwrap(), squashed.journal.clone());
        databases_stay_valid(&journal, &squashed.journal, from as usize, to as usize)?;
    }

    #[test]
    fn a_rebase_keeps_both_sides_in_order(
        names in (0..3_usize, vec("[ab]{1,2}", 0..4), vec("[ab]{1,2}", 0..4)),
    ) {
        let (shared, theirs, ours) = names;
        let side = |names: &[String], when: i64| {
            let mut journal = Journal::new(Dialect::Sqlite);
            let shared = (0..shared).map(|at| (format!("shared{at}"), 0));
            for (name, when) in shared.chain(names.iter().map(|name| (name.clone(), when))) {
                let name = journal.unique_name(&name);
                let checksum = Checksum::of_file(&format!("{name} {when}"));
                journal.entries.push(Entry::new(journal.next_index(), name, when, checksum));
            }
            journal
        };
        let (theirs, ours) = (side(&theirs, 1), side(&ours, 2));
        let done = rebase(&theirs, &ours).unwrap();
        let sums = |entries: &[Entry]| entries.iter().map(|one| one.checksum.clone()).collect::<Vec<_>>();
        let expected = [sums(&theirs.entries), sums(&ours.entries[shared..])].concat();
        prop_assert_eq!(sums(&done.journal.entries), expected);
        prop_assert_eq!(Journal::from_json("j", &done.journal.to_json()).unwrap(), done.journal.clone());
        // Once is enough.
        let again = rebase(&theirs, &done.journal).unwrap();
        prop_assert_eq!((again.journal, again.moves), (done.journal, vec![]));
    }
}

proptest! {
    // Fewer, as an edit is known for one only when every draft was tried.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn viborms_checksums_are_found(
        given in "[^\r\n\u{feff}]{0,20}",
        when in 5000..253_402_300_799_999_i64,
        earlier in 0..4_i64,
        statements in vec(statement(), 0..3),
    ) {
        let file = UpFile { name: given.clone(), when, notes: vec![], statements };
        let text = file.render();
        let draft = format!(
            "-- Migration: {given}\n-- Generated: {}\n-- Checksum: \n\n{}", iso_time(when - earlier), body(&text)
        );
        let plain = |text: &str| {
            use sha2::Digest;
            let digits: String = sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
            digits.parse::<Checksum>().unwrap()
        };
        let entry = Entry::new(0, kebab(&given), when, plain(&draft));
        let down = DownFile { name: given, ..DownFile::default() }.render();
        prop_assert!(legacy_matches(&entry, &text, Some(&down)));
        prop_assert!(text.contains('\r') || legacy_matches(&entry, &windows(&text), Some(&windows(&down))));
        let edited = format!("{text}x");
        prop_assert!(!legacy_matches(&entry, &edited, Some(&down)));
    }
}

/// A database that had applied the first `n` migrations is valid after the
/// squash, unless it stopped within the range.
fn databases_stay_valid(
    before: &Journal,
    after: &Journal,
    from: usize,
    to: usize,
) -> Result<(), TestCaseError> {
    let files = after.entries.iter().map(|entry| {
        let (up, down) = (Some(entry.checksum.clone()), entry.down_checksum.clone());
        FileState { up, down, up_matches_legacy: false }
    });
    let files: Vec<_> = files.collect();
    for applied in 0..=before.entries.len() {
        let rows: Vec<_> = (1..)
            .zip(&before.entries[..applied])
            .map(|(id, entry)| AppliedMigration {
                id,
                name: entry.name.clone(),
                checksum: entry.checksum.to_string(),
                applied_at: String::new(),
            })
            .collect();
        let standings = standings(after, &files, &rows, &[]);
        let problems = whimbrel_core::history::problems(after, &standings);
        let within = (from + 1..=to).contains(&applied);
        prop_assert_eq!(problems.len(), usize::from(within), "{} of {:?}", applied, problems);
        let pending = standings.iter().filter(|one| one.state == State::Pending).count();
        let expected = if within { after.entries.len() - from } else { before.entries.len() - applied };
        let merged = if applied <= from { to - from } else { 0 };
        prop_assert_eq!(pending, expected - merged);
    }
    Ok(())
}
