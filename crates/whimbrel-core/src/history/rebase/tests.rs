//! Journals of two branches, and what becomes of them.

use super::*;
use crate::history::{Checksum, Replaced};

/// A journal of `name` or `name@time` entries; time stands for the hour in which
/// it was made, and the content is the name.
fn journal(names: &[&str]) -> Journal {
    let entry = |(idx, text): (u32, &&str)| {
        let (name, when) = text.split_once('@').unwrap_or((text, "0"));
        let checksum = Checksum::of_file(text);
        Entry { proof: Some(Proof::Exact), ..Entry::new(idx, name, when.parse().unwrap(), checksum) }
    };
    Journal { dialect: Dialect::Sqlite, entries: (0..).zip(names).map(entry).collect() }
}

fn paths<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<String> {
    entries.into_iter().map(Entry::path).collect()
}

/// The journal that comes out, and the moves as `from > to`.
#[track_caller]
fn check(theirs: &Journal, ours: &Journal, expected: &[&str], moves: &[&str]) -> Rebase {
    let rebase = rebase(theirs, ours).unwrap();
    assert_eq!(paths(&rebase.journal.entries), expected);
    let seen: Vec<_> =
        rebase.moves.iter().map(|one| format!("{} > {}", one.from.path(), one.to.path())).collect();
    assert_eq!(seen, moves);
    assert_eq!(rebase.journal.entries[..theirs.entries.len()], theirs.entries);
    let text = rebase.journal.to_json();
    assert_eq!(Journal::from_json("j", &text).unwrap(), rebase.journal);
    rebase
}

#[test]
fn ours_come_after_theirs() {
    let rebase = check(
        &journal(&["a", "b", "x", "y"]),
        &journal(&["a", "b", "m", "n"]),
        &["0000_a.sql", "0001_b.sql", "0002_x.sql", "0003_y.sql", "0004_m.sql", "0005_n.sql"],
        &["0002_m.sql > 0004_m.sql", "0003_n.sql > 0005_n.sql"],
    );
    assert_eq!(rebase.ours, ["m", "n"]);
    let proofs: Vec<_> = rebase.journal.entries.iter().map(|entry| entry.proof.is_some()).collect();
    assert_eq!(proofs, [true, true, true, true, false, false]);
}

#[test]
fn where_one_side_added_nothing_nothing_moves() {
    let (short, long) = (journal(&["a"]), journal(&["a", "b"]));
    let rebase = check(&short, &long, &["0000_a.sql", "0001_b.sql"], &[]);
    assert_eq!((rebase.ours, rebase.journal), (vec!["b".to_owned()], long.clone()));
    let rebase = check(&long, &short, &["0000_a.sql", "0001_b.sql"], &[]);
    assert_eq!((rebase.ours, rebase.journal), (vec![], long));
    check(&journal(&[]), &journal(&[]), &[], &[]);
}

#[test]
fn names_that_theirs_took_are_changed() {
    let rebase = check(
        &journal(&["a", "same@1", "other@1"]),
        &journal(&["a", "same@2", "same-2@2", "other@2"]),
        &[
            "0000_a.sql",
            "0001_same.sql",
            "0002_other.sql",
            "0003_same-3.sql",
            "0004_same-2.sql",
            "0005_other-2.sql",
        ],
        &[
            "0001_same.sql > 0003_same-3.sql",
            "0002_same-2.sql > 0004_same-2.sql",
            "0003_other.sql > 0005_other-2.sql",
        ],
    );
    assert_eq!(rebase.ours, ["same-3", "same-2", "other-2"]);
}

#[test]
fn what_both_have_is_no_ones() {
    // Taken over by itself from the other branch, and recorded again with an edit.
    let theirs = journal(&["a", "x", "m@1"]);
    let mut ours = journal(&["a", "m@1", "n"]);
    let before = std::mem::replace(&mut ours.entries[1].checksum, Checksum::of_file("edited"));
    ours.entries[1].legacy_checksums = vec![before];
    check(
        &theirs,
        &ours,
        &["0000_a.sql", "0001_x.sql", "0002_m.sql", "0003_n.sql"],
        &["0002_n.sql > 0003_n.sql"],
    );
}

/// The journal with its first two entries squashed.
fn squashed(names: &[&str]) -> Journal {
    let mut journal = journal(names);
    let replaced = |entry: &Entry| Replaced {
        name: entry.name.clone(),
        checksum: entry.checksum.clone(),
        legacy_checksums: vec![],
        by: None,
    };
    let replaces = journal.entries.drain(..2).map(|entry| replaced(&entry)).collect();
    journal.entries.insert(0, Entry { replaces, ..Entry::new(0, "s", 9, Checksum::of_file("s")) });
    for (idx, entry) in (0..).zip(&mut journal.entries) {
        entry.idx = idx;
    }
    journal
}

#[test]
fn what_they_squashed_is_theirs() {
    check(
        &squashed(&["a", "b", "x"]),
        &journal(&["a", "b", "m"]),
        &["0000_s.sql", "0001_x.sql", "0002_m.sql"],
        &[],
    );
}

#[test]
fn what_we_squashed_must_be_undone() {
    let error = rebase(&journal(&["a", "b", "x"]), &squashed(&["a", "b"])).unwrap_err();
    assert_eq!(error.to_string(), "our migration `s` replaces `a`, which the other side still has");
    let ours = squashed(&["m", "n"]);
    check(&journal(&["x"]), &ours, &["0000_x.sql", "0001_s.sql"], &["0000_s.sql > 0001_s.sql"]);
}

#[test]
fn engines_do_not_mix() {
    let theirs = Journal::new(Dialect::Postgres);
    let error = rebase(&theirs, &journal(&["a"])).unwrap_err();
    assert_eq!(error.to_string(), "our migrations are for SQLite, and theirs for PostgreSQL");
}

#[test]
fn two_that_were_made_at_the_same_time_are_two() {
    let theirs = journal(&["a", "same"]);
    let mut ours = theirs.clone();
    ours.entries[1].checksum = Checksum::of_file("of ours");
    check(
        &theirs,
        &ours,
        &["0000_a.sql", "0001_same.sql", "0002_same-2.sql"],
        &["0001_same.sql > 0002_same-2.sql"],
    );
    // One that was created empty and filled in on one side is one.
    ours.entries[1].proof = Some(Proof::Unproved { reason: "it is to be written by hand".into() });
    check(&theirs, &ours, &["0000_a.sql", "0001_same.sql"], &[]);
}
