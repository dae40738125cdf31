//! The journal, the files and the tracking table, agreeing and not.

use std::collections::BTreeMap;

use super::*;
use crate::dialect::Dialect;
use crate::history::{Replaced, UpFile, down_problems, problems};

/// What a migration's file holds.
fn sql(name: &str) -> String {
    format!("CREATE TABLE {name} (id integer);\n")
}

fn sum(name: &str) -> Checksum {
    Checksum::of_file(&sql(name))
}

fn entry(idx: u32, name: &str) -> Entry {
    Entry::new(idx, name, 0, sum(name))
}

fn replaced(name: &str, by: Option<&str>) -> Replaced {
    Replaced { name: name.into(), checksum: sum(name), legacy_checksums: vec![], by: by.map(str::to_owned) }
}

/// A folder and a database in which everything fits.
struct World {
    journal: Journal,
    files: BTreeMap<String, FileState>,
    applied: Vec<AppliedMigration>,
    progress: Vec<Progress>,
}

impl World {
    /// The journal has `names`; the database has applied `applied`.
    fn new(names: &[&str], applied: &[&str]) -> Self {
        let entries = (0..).zip(names).map(|(idx, name)| entry(idx, name)).collect();
        Self::of(entries, applied)
    }

    fn of(entries: Vec<Entry>, applied: &[&str]) -> Self {
        let files = entries.iter().map(|entry| {
            (entry.name.clone(), FileState { up: Some(entry.checksum.clone()), ..FileState::default() })
        });
        Self {
            files: files.collect(),
            journal: Journal { dialect: Dialect::Sqlite, entries },
            applied: (1..).zip(applied).map(|(id, name)| row(id, name)).collect(),
            progress: vec![],
        }
    }

    fn standings(&self) -> Vec<Standing> {
        standings(&self.journal, &self.files(), &self.applied, &self.progress)
    }

    fn is_settled(&self) -> bool {
        is_settled(&self.journal, &self.files(), &self.applied, &self.progress)
    }

    fn files(&self) -> Vec<FileState> {
        let files = self.journal.entries.iter().map(|entry| self.files.get(&entry.name).cloned());
        files.map(Option::unwrap_or_default).collect()
    }

    #[track_caller]
    fn check(&self, states: &[(&str, State)], stops: &[&str]) {
        let standings = self.standings();
        let seen: Vec<_> = standings.iter().map(|one| (one.name.as_str(), one.state)).collect();
        assert_eq!(seen, states);
        let seen: Vec<_> = problems(&self.journal, &standings).iter().map(ToString::to_string).collect();
        assert_eq!(seen, stops);
    }

    fn details(&self, name: &str) -> Vec<Detail> {
        self.standings().into_iter().find(|one| one.name == name).unwrap().details
    }
}

fn row(id: i64, name: &str) -> AppliedMigration {
    let applied_at = format!("2026-01-0{id} 00:00:00");
    AppliedMigration { id, name: name.into(), checksum: sum(name).to_string(), applied_at }
}

/// Whatever one changes in a world where all is settled, it is not settled any more;
/// and where it is, the whole comparison says no more.
#[test]
fn what_is_settled_are_applied_migrations_of_which_nothing_is_to_be_said() {
    let settled = || {
        let mut world = World::new(&["a", "b", "c"], &["a", "b", "c"]);
        world.journal.entries[1].down_checksum = Some(sum("back"));
        world.files.get_mut("b").unwrap().down = Some(sum("back"));
        world
    };
    type Change = fn(&mut World);
    let changes: [(&str, Change); 16] = [
        ("a file was edited", |world| world.files.get_mut("a").unwrap().up = Some(sum("x"))),
        ("a file is VibORM's draft", |world| {
            let file = world.files.get_mut("a").unwrap();
            (file.up, file.up_matches_legacy) = (Some(sum("x")), true);
        }),
        ("a file is missing", |world| world.files.get_mut("c").unwrap().up = None),
        ("nothing is known of a file", |world| world.files.retain(|name, _| name != "c")),
        ("a way back was edited", |world| world.files.get_mut("b").unwrap().down = Some(sum("x"))),
        ("a way back is missing", |world| world.files.get_mut("b").unwrap().down = None),
        ("a way back is new", |world| world.files.get_mut("a").unwrap().down = Some(sum("x"))),
        ("an entry is new", |world| world.journal.entries.push(entry(3, "d"))),
        ("an entry is gone", |world| world.journal.entries.truncate(2)),
        ("an entry has another checksum", |world| world.journal.entries[2].checksum = sum("x")),
        ("an entry has another name", |world| world.journal.entries[2].name = "x".into()),
        ("a row is new", |world| world.applied.push(row(4, "d"))),
        ("a row is gone", |world| world.applied.retain(|row| row.name != "b")),
        ("rows changed places", |world| world.applied.swap(0, 2)),
        ("a row has another checksum", |world| world.applied[1].checksum = "x".into()),
        ("something was begun", |world| {
            let (name, checksum, started_at) = ("d".into(), sum("d").to_string(), String::new());
            world.progress.push(Progress { name, checksum, done: 1, is_open: false, started_at });
        }),
    ];
    let world = settled();
    assert!(world.is_settled());
    let standings = world.standings();
    assert!(standings.iter().all(|one| one.state == Applied && one.details.is_empty()), "{standings:?}");
    assert!(World::new(&[], &[]).is_settled());
    for (change, make) in changes {
        let mut world = settled();
        make(&mut world);
        assert!(!world.is_settled(), "{change}");
    }
}

use State::{Applied, Edited, Failed, Missing, OutOfOrder, Pending, Unknown};

#[test]
fn applied_ones_come_before_pending_ones() {
    World::new(&[], &[]).check(&[], &[]);
    World::new(&["a", "b"], &[]).check(&[("a", Pending), ("b", Pending)], &[]);
    let world = World::new(&["a", "b"], &["a"]);
    world.check(&[("a", Applied), ("b", Pending)], &[]);
    let expected = Standing {
        name: "a".into(),
        idx: Some(0),
        state: Applied,
        applied_at: Some("2026-01-01 00:00:00".into()),
        details: vec![],
    };
    assert_eq!(world.standings()[0], expected);
    World::new(&["a", "b"], &["b", "a"]).check(&[("a", Applied), ("b", Applied)], &[]);
}

#[test]
fn a_pending_one_before_an_applied_one_is_out_of_order() {
    World::new(&["a", "b", "c", "d"], &["a", "c"]).check(
        &[("a", Applied), ("b", OutOfOrder), ("c", Applied), ("d", Pending)],
        &["migration `b` is pending, but `c`, which comes after it, is applied"],
    );
}

#[test]
fn rows_that_nobody_knows_stop_all() {
    World::new(&["a"], &["x", "a"]).check(
        &[("a", Applied), ("x", Unknown)],
        &["the database has applied `x` (at 2026-01-01 00:00:00), which the journal does not know"],
    );
}

#[test]
fn files_must_be_there_and_as_they_were() {
    let mut world = World::new(&["a", "b", "c", "d"], &["a", "b"]);
    for name in ["a", "c"] {
        world.files.get_mut(name).unwrap().up = Some(sum("edited"));
    }
    world.files.get_mut("b").unwrap().up = None;
    world.files.remove("d");
    world.check(
        &[("a", Edited), ("b", Missing), ("c", Edited), ("d", Missing)],
        &[
            &format!(
                "migration `a` was edited after it was applied: `0000_a.sql` has checksum {:.12}, not {:.12}",
                sum("edited"),
                sum("a")
            ),
            "`0001_b.sql` of migration `b` is missing",
            &format!(
                "`0002_c.sql` was edited: it has checksum {:.12}, and the journal says {:.12}",
                sum("edited"),
                sum("c")
            ),
            "`0003_d.sql` of migration `d` is missing",
        ],
    );
}

#[test]
fn a_file_that_viborm_wrote_is_as_it_was() {
    let mut world = World::new(&["a"], &["a"]);
    let state = world.files.get_mut("a").unwrap();
    state.up = Some(sum("other"));
    state.up_matches_legacy = true;
    world.check(&[("a", Applied)], &[]);
}

#[test]
fn rows_may_have_the_checksum_that_viborm_gave() {
    let mut world = World::new(&["a"], &["a"]);
    world.applied[0].checksum = sum("legacy").to_string();
    world.check(
        &[("a", Edited)],
        &[&format!(
            "the database applied `a` with checksum {:.12}, and the journal says {:.12}",
            sum("legacy"),
            sum("a")
        )],
    );
    world.journal.entries[0].legacy_checksums = vec![sum("legacy")];
    world.check(&[("a", Applied)], &[]);
    world.applied[0].checksum = "junk".into();
    world.check(
        &[("a", Edited)],
        &[&format!("the database applied `a` with checksum junk, and the journal says {:.12}", sum("a"))],
    );
}

#[test]
fn what_was_begun_goes_on_with_the_same_file() {
    let mut world = World::new(&["a", "b"], &["a"]);
    let mut progress = Progress {
        name: "b".into(),
        checksum: sum("b").to_string(),
        done: 2,
        is_open: true,
        started_at: "now".into(),
    };
    world.progress = vec![progress.clone()];
    world.check(&[("a", Applied), ("b", Failed)], &[]);
    assert_eq!(world.details("b"), [Detail::Begun { done: 2, same_file: true }]);
    progress.checksum = "junk".into();
    world.progress = vec![progress.clone()];
    world.check(
        &[("a", Applied), ("b", Failed)],
        &["migration `b` was begun (statements done: 2), and its file was edited since"],
    );
    progress.name = "x".into();
    world.progress = vec![progress];
    world.check(
        &[("a", Applied), ("b", Pending), ("x", Failed)],
        &["the database has begun `x` (statements done: 2), which the journal does not know"],
    );
}

#[test]
fn down_files_matter_on_the_way_back_alone() {
    let mut world = World::new(&["a", "b", "c"], &["a", "b", "c"]);
    for entry in &mut world.journal.entries {
        entry.down_checksum = Some(sum("down"));
    }
    world.files.get_mut("a").unwrap().down = Some(sum("down"));
    world.files.get_mut("b").unwrap().down = Some(sum("edited"));
    world.check(&[("a", Applied), ("b", Applied), ("c", Applied)], &[]);
    let check = |names: &[&str], expected: &[&str]| {
        let seen = down_problems(&world.journal, &world.standings(), names);
        assert_eq!(seen.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    };
    check(&["a"], &[]);
    check(
        &["a", "b", "c"],
        &[
            &format!(
                "`meta/_down/0001_b.sql` was edited: it has checksum {:.12}, and the journal says {:.12}",
                sum("edited"),
                sum("down")
            ),
            "`meta/_down/0002_c.sql`, the way back of migration `c`, is missing",
        ],
    );
}

#[test]
fn what_has_run_in_part_keeps_what_comes_before_it() {
    let told = |world: &World, names: &[&str]| -> Vec<String> {
        let problems = down_problems(&world.journal, &world.standings(), names);
        problems.iter().map(ToString::to_string).collect()
    };
    let replaces = vec![replaced("b", None), replaced("c", None)];
    let entries = vec![entry(0, "a"), Entry { replaces, ..entry(1, "s") }, entry(2, "d")];
    let half = World::of(entries.clone(), &["a", "b"]);
    let part = "migration `s` replaces `b`, `c`, of which the database has applied `b` but not `c`";
    assert_eq!(told(&half, &["a"]), [part]);
    assert_eq!(told(&half, &[]), [""; 0]);
    let after = World::of(entries.clone(), &["a", "b", "d"]);
    assert_eq!(told(&after, &["d"]), [""; 0], "it is not below");
    assert_eq!(told(&World::of(entries, &["a", "b", "c"]), &["s", "a"]), [""; 0]);
}

/// `s` replaces `a` and `b`; then comes `c`.
fn squashed(applied: &[&str]) -> World {
    let replaces = vec![replaced("a", None), replaced("b", None)];
    World::of(vec![Entry { replaces, ..entry(0, "s") }, entry(1, "c")], applied)
}

#[test]
fn a_squash_is_applied_where_all_it_replaces_is() {
    squashed(&[]).check(&[("s", Pending), ("c", Pending)], &[]);
    squashed(&["s"]).check(&[("s", Applied), ("c", Pending)], &[]);
    let world = squashed(&["a", "b"]);
    world.check(&[("s", Applied), ("c", Pending)], &[]);
    assert_eq!(world.details("s"), [Detail::Swap { rows: vec!["a".into(), "b".into()] }]);
    assert_eq!(world.standings()[0].applied_at.as_deref(), Some("2026-01-02 00:00:00"));
    squashed(&["a", "b", "c"]).check(&[("s", Applied), ("c", Applied)], &[]);
    squashed(&["c"]).check(
        &[("s", OutOfOrder), ("c", Applied)],
        &["migration `s` is pending, but `c`, which comes after it, is applied"],
    );
}

#[test]
fn a_half_applied_range_is_told() {
    squashed(&["a"]).check(
        &[("s", Pending), ("c", Pending)],
        &["migration `s` replaces `a`, `b`, of which the database has applied `a` but not `b`"],
    );
}

#[test]
fn what_is_replaced_must_have_been_the_same() {
    let mut world = squashed(&["a", "b"]);
    world.applied[1].checksum = "junk".into();
    world.check(
        &[("s", Edited), ("c", Pending)],
        &[&format!("the database applied `b` with checksum junk, and the journal says {:.12}", sum("b"))],
    );
}

#[test]
fn a_squash_of_a_squash_is_applied_by_either() {
    let replaces =
        || vec![replaced("a", Some("s")), replaced("b", Some("s")), replaced("s", None), replaced("c", None)];
    let world = |applied: &[&str]| World::of(vec![Entry { replaces: replaces(), ..entry(0, "t") }], applied);
    let swap = |applied: &[&str]| {
        let world = world(applied);
        world.check(&[("t", Applied)], &[]);
        let rows = applied.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(world.details("t"), [Detail::Swap { rows }]);
    };
    world(&[]).check(&[("t", Pending)], &[]);
    swap(&["a", "b", "c"]);
    swap(&["s", "c"]);
    let half = |applied: &[&str], has: &str, lacks: &str| {
        world(applied).check(
            &[("t", Pending)],
            &[&format!("migration `t` replaces {has}, {lacks}, of which the database has applied {has} but not {lacks}")],
        );
    };
    half(&["a", "c"], "`a`, `c`", "`b`");
    half(&["s"], "`s`", "`c`");
    half(&["c"], "`c`", "`s`");
    half(&["a", "b"], "`a`, `b`", "`c`");
}

#[test]
fn files_are_looked_at_for_both_kinds_of_checksums() {
    let file = UpFile { name: "a".into(), when: 0, notes: vec![], statements: vec!["DROP TABLE a".into()] };
    let entry = Entry::new(0, "a", 0, file.checksum());
    let text = file.render();
    let expected = FileState { up: Some(file.checksum()), down: Some(sum("a")), up_matches_legacy: false };
    assert_eq!(FileState::of(&entry, Some(&text), Some(&sql("a"))), expected);
    assert_eq!(FileState::of(&entry, None, None), FileState::default());
    let edited = FileState::of(&entry, Some("-- Migration: a\n\nDROP TABLE b;\n"), None);
    assert_eq!((edited.is_edited(&entry), edited.up_matches_legacy), (true, false));
    let draft = text.replace(&file.checksum().to_string(), "");
    let legacy = Entry::new(0, "a", 0, Checksum::of_parts([draft.as_str()]));
    let found = FileState::of(&legacy, Some(&text), None);
    assert_eq!((found.is_edited(&legacy), found.up_matches_legacy), (false, true));
}

#[test]
fn states_have_names() {
    let names = [Pending, Applied, Failed, Missing, Edited, OutOfOrder, Unknown].map(State::name);
    assert_eq!(names, ["pending", "applied", "failed", "missing", "edited", "out of order", "unknown"]);
}
