//! Whole histories before and after a squash.

use super::*;
use crate::dialect::Dialect;
use crate::history::{Format, body};

const WHEN: i64 = 1_769_854_830_123;

/// A history, from the names, up and down texts of its migrations.
struct World {
    journal: Journal,
    files: BTreeMap<String, FileTexts>,
}

impl World {
    fn new(dialect: Dialect, migrations: &[(&str, &str, Option<&str>)]) -> Self {
        let mut journal = Journal::new(dialect);
        let mut files = BTreeMap::new();
        for (idx, (name, up, down)) in (0..).zip(migrations) {
            journal.entries.push(Entry::new(idx, *name, 0, Checksum::of_file(up)));
            let texts = FileTexts { up: (*up).to_owned(), down: down.map(str::to_owned) };
            files.insert((*name).to_owned(), texts);
        }
        Self { journal, files }
    }

    fn squash(&self, from: u32, to: u32, name: Option<&str>) -> Result<Squash, SquashError> {
        let request = SquashRequest { from, to, name: name.map(str::to_owned), when: WHEN };
        squash(&self.journal, &request, &self.files)
    }

    #[track_caller]
    fn refuses(&self, from: u32, to: u32, expected: &str) {
        assert_eq!(self.squash(from, to, None).unwrap_err().to_string(), expected);
    }
}

/// Four tables, each with its way back.
fn four() -> World {
    World::new(
        Dialect::Sqlite,
        &[
            ("a", "CREATE TABLE a (x);\n", Some("DROP TABLE a;\n")),
            (
                "b",
                "CREATE TABLE b (x);\n--> statement-breakpoint\nCREATE INDEX bx ON b (x);\n",
                Some(
                    "-- Down migration for: B\n-- WARNING: rows of `b` are lost\n\nDROP INDEX bx;\nDROP TABLE b;\n",
                ),
            ),
            ("c", "CREATE TABLE c (x);\n-- down\nDROP TABLE c;\n", None),
            ("d", "CREATE TABLE d (x);\n", None),
        ],
    )
}

fn itself(world: &World, name: &str) -> Replaced {
    let checksum = world.journal.entry(name).unwrap().checksum.clone();
    Replaced { name: name.into(), checksum, legacy_checksums: vec![], by: None }
}

#[test]
fn a_range_becomes_one_migration() {
    let world = four();
    let squash = world.squash(1, 2, None).unwrap();
    let up = format!(
        "-- Migration: squash-1-to-2\n-- Generated: 2026-01-31T10:20:30.123Z\n-- Checksum: {}\n\n\
         -- Squashed: 0001_b.sql\n-- Squashed: 0002_c.sql\nCREATE TABLE b (x);\n--> statement-breakpoint\n\
         CREATE INDEX bx ON b (x);\n--> statement-breakpoint\nCREATE TABLE c (x);\n",
        squash.entry.checksum
    );
    let down = "-- Down migration for: squash-1-to-2\n-- WARNING: rows of `b` are lost\n\nDROP TABLE c;\n\
                --> statement-breakpoint\nDROP INDEX bx;\n--> statement-breakpoint\nDROP TABLE b;\n";
    let entry = Entry {
        down_checksum: Some(Checksum::of_file(down)),
        replaces: vec![itself(&world, "b"), itself(&world, "c")],
        ..Entry::new(1, "squash-1-to-2", WHEN, Checksum::of_file(&up))
    };
    let [a, b, c, d] = <[Entry; 4]>::try_from(world.journal.entries.clone()).unwrap();
    let moved = Entry { idx: 2, ..d.clone() };
    let expected = Squash {
        journal: Journal { dialect: Dialect::Sqlite, entries: vec![a, entry.clone(), moved.clone()] },
        entry,
        up,
        down: Some(down.to_owned()),
        replaced: vec![b, c],
        moves: vec![Move { from: d, to: moved }],
        without_down: vec![],
    };
    assert_eq!(squash, expected);
    assert_eq!(Journal::from_json("j", &squash.journal.to_json()).unwrap(), squash.journal);
}

#[test]
fn what_was_said_of_statements_is_kept() {
    let one = "-- Migration: one\n-- Generated: x\n-- Checksum: y\n\n-- whimbrel: lock-timeout 2s\n\
               -- For the importer,\n-- which wants a key.\nCREATE TABLE a (x /* inside */); -- all of it\n\
               /* by\n   name */\n--> statement-breakpoint\nCREATE INDEX ax ON a (x);\n-- the end\n\
               -- whimbrel: down\n-- First the index.\nDROP INDEX ax; DROP TABLE a;\n";
    let two = "CREATE TABLE b (x);\n";
    let world =
        World::new(Dialect::Sqlite, &[("one", one, None), ("two", two, Some("DROP TABLE b; -- b goes\n"))]);
    let squash = world.squash(0, 1, None).unwrap();
    assert_eq!(
        body(&squash.up),
        "-- whimbrel: lock-timeout 2000ms\n-- Squashed: 0000_one.sql\n-- Squashed: 0001_two.sql\n\
         -- For the importer,\n-- which wants a key.\n-- all of it\nCREATE TABLE a (x /* inside */);\n\
         --> statement-breakpoint\n/* by\n   name */\n-- the end\nCREATE INDEX ax ON a (x);\n\
         --> statement-breakpoint\nCREATE TABLE b (x);\n"
    );
    assert_eq!(
        squash.down.as_deref(),
        Some(
            "-- Down migration for: squash-0-to-1\n\n-- b goes\nDROP TABLE b;\n--> statement-breakpoint\n\
             -- First the index.\nDROP INDEX ax;\n--> statement-breakpoint\nDROP TABLE a;\n"
        )
    );
}

#[test]
fn without_one_way_back_there_is_none() {
    let squash = four().squash(2, 3, Some("Tables c and d")).unwrap();
    assert_eq!((squash.down, squash.without_down), (None, vec!["d".to_owned()]));
    assert_eq!(squash.entry.name, "tables-c-and-d");
    assert_eq!((squash.entry.idx, squash.entry.down_checksum, squash.moves), (2, None, vec![]));
    let none = "-- Down migration for: d\n-- WARNING: there is no way back: rows hold NULL\n\n\n";
    let world = World::new(
        Dialect::Sqlite,
        &[("c", "CREATE TABLE c (x);", Some("DROP TABLE c;")), ("d", "DROP TABLE c;", Some(none))],
    );
    let without = world.squash(0, 1, None).unwrap();
    assert_eq!((without.down, without.without_down), (None, vec!["d".to_owned()]));
}

#[test]
fn names_stay_unique() {
    let world = four();
    assert_eq!(world.squash(0, 1, Some("d")).unwrap().entry.name, "d-2");
    assert_eq!(world.squash(0, 1, Some("a")).unwrap().entry.name, "a-2");
    assert_eq!(world.squash(0, 1, Some("日本")).unwrap().entry.name, "migration");
}

#[test]
fn a_squash_is_squashed_with_all_it_replaces() {
    let mut world = four();
    let first = world.squash(0, 1, Some("s")).unwrap();
    world.files.insert("s".into(), FileTexts { up: first.up.clone(), down: first.down.clone() });
    let (a, b) = (itself(&world, "a"), itself(&world, "b"));
    world.journal = first.journal;
    let second = world.squash(0, 1, Some("t")).unwrap();
    let inner = |one: Replaced, by: &str| Replaced { by: Some(by.into()), ..one };
    let expected = vec![
        inner(a.clone(), "s"),
        inner(b.clone(), "s"),
        Replaced { name: "s".into(), checksum: first.entry.checksum, legacy_checksums: vec![], by: None },
        itself(&world, "c"),
    ];
    assert_eq!(second.entry.replaces, expected);
    world.files.insert("t".into(), FileTexts { up: second.up.clone(), down: second.down.clone() });
    world.journal = second.journal;
    let third = world.squash(0, 1, None).unwrap();
    let by: Vec<_> = third.entry.replaces.iter().map(|one| (one.name.as_str(), one.by.as_deref())).collect();
    let expected =
        [("a", Some("s")), ("b", Some("s")), ("s", Some("t")), ("c", Some("t")), ("t", None), ("d", None)];
    assert_eq!(by, expected);
    assert_eq!(Journal::from_json("j", &third.journal.to_json()).unwrap(), third.journal);
    let sql = |text: &str| text.split_once("sql\nCREATE").unwrap().1.to_owned();
    assert_eq!(
        sql(&third.up),
        sql(&four().squash(0, 3, None).unwrap().up),
        "three squashes run what one does"
    );
}

#[test]
fn gaps_close_behind_a_squash() {
    let mut world = four();
    for (entry, idx) in world.journal.entries.iter_mut().zip([2, 5, 6, 9]) {
        entry.idx = idx;
    }
    let squash = world.squash(2, 5, None).unwrap();
    let seen: Vec<_> = squash.journal.entries.iter().map(Entry::path).collect();
    assert_eq!(seen, ["0002_squash-2-to-5.sql", "0003_c.sql", "0004_d.sql"]);
    let moves: Vec<_> = squash.moves.iter().map(|one| (one.from.path(), one.to.path())).collect();
    let expected = [("0006_c.sql", "0003_c.sql"), ("0009_d.sql", "0004_d.sql")];
    assert_eq!(moves, expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
}

#[test]
fn what_files_say_of_themselves_is_kept() {
    let world = World::new(
        Dialect::Sqlite,
        &[
            (
                "a",
                "-- whimbrel: lock-timeout 2s\nPRAGMA foreign_keys=OFF;\nDROP TABLE a;\nPRAGMA foreign_keys=ON;\n",
                Some("PRAGMA foreign_keys=OFF;\nCREATE TABLE a (x);\nPRAGMA foreign_keys=ON;\n"),
            ),
            (
                "b",
                "-- whimbrel: no-transaction\n-- whimbrel: lock-timeout 500ms\nVACUUM;\n",
                Some("-- whimbrel: no-transaction\nVACUUM;\n"),
            ),
        ],
    );
    let squash = world.squash(0, 1, None).unwrap();
    let body = "-- whimbrel: no-transaction\n-- whimbrel: lock-timeout 2000ms\n-- Squashed: 0000_a.sql\n\
                -- Squashed: 0001_b.sql\nPRAGMA foreign_keys=OFF;\n--> statement-breakpoint\nDROP TABLE a;\n\
                --> statement-breakpoint\nVACUUM;\n--> statement-breakpoint\nPRAGMA foreign_keys=ON;\n";
    assert_eq!(file::body(&squash.up), body);
    let down = "-- Down migration for: squash-0-to-1\n\n-- whimbrel: no-transaction\nPRAGMA foreign_keys=OFF;\n\
                --> statement-breakpoint\nVACUUM;\n--> statement-breakpoint\nCREATE TABLE a (x);\n\
                --> statement-breakpoint\nPRAGMA foreign_keys=ON;\n";
    assert_eq!(squash.down.as_deref(), Some(down));
    let script = Script::read(Dialect::Sqlite, "a", &squash.up).unwrap();
    assert!(script.no_transaction && script.foreign_keys_off);
    assert!(Script::read_down_file(Dialect::Sqlite, "a", down).unwrap().no_transaction);
}

#[test]
fn rows_follow_their_copy() {
    let world = World::new(
        Dialect::Postgres,
        &[("a", "COPY t FROM stdin;\n1\n;\n\\.\nDROP TABLE u;\n", None), ("b", "DROP TABLE v", None)],
    );
    let squash = world.squash(0, 1, None).unwrap();
    let body = "-- Squashed: 0000_a.sql\n-- Squashed: 0001_b.sql\nCOPY t FROM stdin;\n1\n;\n\\.\n\
                --> statement-breakpoint\nDROP TABLE u;\n--> statement-breakpoint\nDROP TABLE v;\n";
    assert_eq!(file::body(&squash.up), body);
    let script = Script::read(Dialect::Postgres, "a", &squash.up).unwrap();
    assert_eq!(script.copy_data(&script.statements[0]), Some("1\n;\n"));
    assert_eq!(script.statements.len(), 3);
}

#[test]
fn ranges_that_are_none_are_refused() {
    let world = four();
    world.refuses(0, 9, "no migration has the number 9");
    world.refuses(7, 9, "no migration has the number 7");
    world.refuses(2, 2, "there are not two migrations from 2 to 2");
    world.refuses(2, 1, "there are not two migrations from 2 to 1");
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let mut world = four();
    world.files.get_mut("a").unwrap().up = "COMMIT;".into();
    world.files.get_mut("b").unwrap().down = Some("ROLLBACK;".into());
    let SquashError::Scripts { scripts } = world.squash(0, 1, None).unwrap_err() else { panic!() };
    let seen: Vec<_> = scripts.iter().map(ToString::to_string).collect();
    let expected = ["0000_a.sql", "meta/_down/0001_b.sql"]
        .map(|file| format!("`{file}` cannot run: a migration may not control its transaction"));
    assert_eq!(seen, expected);
    world.refuses(0, 1, "2 files hold what cannot run");
    world.files.remove("a");
    world.refuses(0, 1, "`0000_a.sql` of migration `a` is missing");
}

#[test]
fn what_needs_foreign_keys_is_not_run_without_them() {
    let rebuild = "PRAGMA foreign_keys=OFF;\nDROP TABLE a;\nPRAGMA foreign_keys=ON;\n";
    let check = |other: &str, refused: bool| {
        let world = World::new(Dialect::Sqlite, &[("a", rebuild, None), ("b", other, None)]);
        if refused {
            world.refuses(
                0,
                1,
                "`0000_a.sql` runs with foreign keys off, and `0001_b.sql` changes rows with foreign keys on",
            );
        } else {
            assert!(world.squash(0, 1, None).is_ok(), "{other}");
        }
    };
    check("CREATE TABLE c (x);", false);
    check("INSERT INTO c VALUES (1);", false);
    check("DELETE FROM c;", true);
    check("UPDATE c SET x = 1;", true);
    check("REPLACE INTO c VALUES (1);", true);
    check("INSERT INTO c VALUES (1) ON CONFLICT DO UPDATE SET x = 2;", true);
    check("WITH d AS (SELECT 1) DELETE FROM c;", true);
    check("PRAGMA foreign_keys=OFF;DELETE FROM c;PRAGMA foreign_keys=ON;", false);
}

#[test]
fn a_program_cannot_be_squashed() {
    let mut world = four();
    world.journal.entries[1].format = Format::Ts;
    let name = world.journal.entries[1].name.clone();
    world.refuses(0, 1, &format!("`{name}` is a program, and only statements can be squashed"));
    world.refuses(1, 2, &format!("`{name}` is a program, and only statements can be squashed"));
    assert!(world.squash(2, 3, None).is_ok());
}

#[test]
fn a_plan_takes_the_place_of_what_was_written() {
    let one = "-- whimbrel: lock-timeout 2s\n-- Accepted: t: all rows are lost\n-- Who signs in.\n\
               CREATE TABLE Users (id INTEGER);\n-- Not for long.\nCREATE TABLE t (x);\n\
               CREATE TABLE gone (x);\n";
    let two = "-- Drop what nobody reads.\nDROP TABLE t;\nALTER TABLE users ADD COLUMN name;\n\
               -- By name,\n-- users(name): may fail if rows have equal keys\n\
               CREATE UNIQUE INDEX by_name ON users (name);\n-- Read by the importer.\nCREATE TABLE t (y);\n\
               DROP TABLE gone;\n";
    let world = World::new(
        Dialect::Sqlite,
        &[("one", one, Some("DROP TABLE x;")), ("two", two, Some("DROP TABLE y;"))],
    );
    let written = world.squash(0, 1, None).unwrap();
    let planned = Planned {
        up: [
            "CREATE TABLE t (y);",
            "CREATE TABLE \"users\" (id INTEGER, name);",
            "CREATE UNIQUE INDEX by_name ON \"users\" (name);",
        ]
        .map(str::to_owned)
        .to_vec(),
        down: vec!["DROP TABLE t;".to_owned()],
        warnings: vec!["t: all rows are lost".to_owned()],
    };
    let squash = written.planned(Dialect::Sqlite, planned.clone()).unwrap();
    assert_eq!(
        body(&squash.up),
        "-- whimbrel: lock-timeout 2000ms\n-- Squashed: 0000_one.sql\n-- Squashed: 0001_two.sql\n\
         -- Read by the importer.\nCREATE TABLE t (y);\n--> statement-breakpoint\n\
         -- Who signs in.\nCREATE TABLE \"users\" (id INTEGER, name);\n--> statement-breakpoint\n\
         -- By name,\nCREATE UNIQUE INDEX by_name ON \"users\" (name);\n"
    );
    let down = "-- Down migration for: squash-0-to-1\n-- WARNING: t: all rows are lost\n\nDROP TABLE t;\n";
    assert_eq!(squash.down.as_deref(), Some(down));
    let entry = Entry {
        checksum: Checksum::of_file(&squash.up),
        down_checksum: Some(Checksum::of_file(down)),
        ..written.entry.clone()
    };
    assert_eq!(squash.journal.entries, std::slice::from_ref(&entry));
    assert_eq!(
        squash,
        Squash {
            up: squash.up.clone(),
            down: Some(down.into()),
            entry,
            journal: squash.journal.clone(),
            ..written
        }
    );
    let without = World::new(Dialect::Sqlite, &[("one", one, None), ("two", two, None)]);
    let squash = without.squash(0, 1, None).unwrap().planned(Dialect::Sqlite, planned).unwrap();
    assert_eq!((squash.down, squash.entry.down_checksum), (None, None));
}
