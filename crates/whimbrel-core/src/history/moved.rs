//! Migrations that get another number or name, and their files with them.

use super::format::renumbered;
use super::{Checksum, Entry, legacy_matches, renamed};

/// A migration that gets another number, another name, or both.
///
/// The paths of two moves never meet: a path holds a name, and names are unique.
///
/// ```
/// use whimbrel_core::history::{Checksum, Entry, Move};
///
/// let up = "-- Migration: users\nCREATE TABLE users (id int);\n";
/// let from = Entry::new(0, "users", 0, Checksum::of_file(up));
/// let to = Entry { idx: 1, name: "users-2".into(), ..from.clone() };
/// let moved = Move { from, to }.files(up, None);
/// assert_eq!(moved.entry.path(), "0001_users-2.sql");
/// assert_eq!(moved.up, "-- Migration: users-2\nCREATE TABLE users (id int);\n");
/// assert_eq!(moved.entry.checksum, Checksum::of_file(&moved.up), "the head of a file does not count");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// The entry as it was.
    pub from: Entry,
    /// The entry as it is to be.
    pub to: Entry,
}

/// The files of a migration that was moved.
///
/// ```
/// use whimbrel_core::history::{Checksum, Entry, Move, Moved};
///
/// let up = "CREATE TABLE users (id int);\n";
/// let from = Entry::new(0, "users", 0, Checksum::of_file(up));
/// let to = Entry { idx: 4, ..from.clone() };
/// let moved = Move { from, to: to.clone() }.files(up, Some("DROP TABLE users;\n"));
/// // Of a number alone the file does not speak.
/// assert_eq!(moved, Moved { entry: to, up: up.into(), down: Some("DROP TABLE users;\n".into()) });
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The entry that belongs to them: see [`Move::files`].
    pub entry: Entry,
    /// The up file, to be written to [`Entry::path`].
    pub up: String,
    /// The down file, to be written to [`Entry::down_path`].
    pub down: Option<String>,
}

impl Move {
    /// The files with the new name in their headers.
    ///
    /// The checksum stays, unless it is one of VibORM's, which holds the name:
    /// then the entry gets one of ours, and keeps VibORM's for the tracking tables
    /// that have it. A program says its number itself, so its checksum changes.
    ///
    /// ```
    /// use whimbrel_core::history::{Checksum, Entry, Format, Move, template};
    /// use whimbrel_core::dialect::Dialect;
    ///
    /// let up = template(Format::Ts, 0, "fill-users", 0);
    /// let from = Entry { format: Format::Ts, ..Entry::new(0, "fill-users", 0, Checksum::of_file(&up)) };
    /// let to = Entry { idx: 7, ..from.clone() };
    /// let moved = Move { from, to }.files(&up, None);
    /// assert_eq!(moved.up, template(Format::Ts, 7, "fill-users", 0));
    /// assert_eq!(moved.entry.checksum, Checksum::of_file(&moved.up));
    /// ```
    pub fn files(&self, up: &str, down: Option<&str>) -> Moved {
        let mut entry = self.to.clone();
        if entry.format.is_program() {
            return self.program(entry, up);
        }
        if self.from.name == self.to.name {
            return Moved { entry, up: up.to_owned(), down: down.map(str::to_owned) };
        }
        let checksum = Checksum::of_file(up);
        if checksum != entry.checksum && legacy_matches(&self.from, up, down) {
            entry.restamp(checksum);
        }
        Moved { up: renamed(up, &entry.name), down: down.map(|down| renamed(down, &entry.name)), entry }
    }

    /// Likewise of a program. A file that was edited keeps its journal's checksum:
    /// it does not become right by another number.
    fn program(&self, mut entry: Entry, up: &str) -> Moved {
        let moved = renumbered(entry.format, up, entry.idx, &entry.name);
        let checksum = Checksum::of_file(&moved);
        if Checksum::of_file(up) == entry.checksum && checksum != entry.checksum {
            entry.restamp(checksum);
        }
        Moved { entry, up: moved, down: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Format, template};

    const DOWN: &str = "-- Down migration for: Add A\n\nDROP TABLE a;\n";

    fn up(name: &str) -> String {
        format!(
            "-- Migration: {name}\n-- Generated: 1970-01-01T00:00:00.000Z\n-- Checksum: \n\nDROP TABLE b;\n"
        )
    }

    fn moved(entry: &Entry, name: &str) -> Moved {
        let to = Entry { idx: 7, name: name.into(), ..entry.clone() };
        Move { from: entry.clone(), to }.files(&up("add-a"), Some(DOWN))
    }

    #[test]
    fn another_number_changes_no_file() {
        let entry = Entry::new(1, "add-a", 0, Checksum::of_file("DROP TABLE b;\n"));
        let expected =
            Moved { entry: Entry { idx: 7, ..entry.clone() }, up: up("add-a"), down: Some(DOWN.to_owned()) };
        assert_eq!(moved(&entry, "add-a"), expected);
    }

    #[test]
    fn another_name_stands_in_the_headers() {
        let entry = Entry::new(1, "add-a", 0, Checksum::of_file("DROP TABLE b;\n"));
        let expected = Moved {
            entry: Entry { idx: 7, name: "add-a-2".into(), ..entry.clone() },
            up: up("add-a-2"),
            down: Some("-- Down migration for: add-a-2\n\nDROP TABLE a;\n".to_owned()),
        };
        assert_eq!(moved(&entry, "add-a-2"), expected);
    }

    #[test]
    fn a_program_says_its_new_number() {
        let up = template(Format::Ts, 1, "fill", 0);
        let entry = Entry { format: Format::Ts, ..Entry::new(1, "fill", 0, Checksum::of_file(&up)) };
        let to = Entry { idx: 7, ..entry.clone() };
        let moved = Move { from: entry.clone(), to: to.clone() }.files(&up, None);
        let expected = template(Format::Ts, 7, "fill", 0);
        assert_eq!((&moved.up, &moved.down), (&expected, &None));
        let checksum = Checksum::of_file(&expected);
        assert_eq!(
            moved.entry,
            Entry { checksum, legacy_checksums: vec![entry.checksum.clone()], ..to.clone() }
        );
        assert_eq!(moved.entry.path(), "0007_fill.ts");
        // An edited file does not become right by its new number.
        let edited = Move { from: entry, to: to.clone() }.files(&format!("{up}// more\n"), None);
        assert_eq!(edited.entry, to);
    }

    #[test]
    fn a_checksum_that_holds_the_name_becomes_one_of_ours() {
        let draft = Checksum::of_parts([up("Add A").as_str()]);
        let entry = Entry::new(1, "add-a", 0, draft.clone());
        assert_eq!(moved(&entry, "add-a").entry.checksum, draft);
        let renamed = moved(&entry, "add-a-2");
        assert_eq!(renamed.entry.checksum, Checksum::of_file(&renamed.up));
        assert_eq!(renamed.entry.legacy_checksums, [draft]);
        // An edited file does not become right by its new name.
        let entry = Entry::new(1, "add-a", 0, Checksum::of_file("DROP TABLE c;\n"));
        assert_eq!(moved(&entry, "add-a-2").entry.checksum, entry.checksum);
    }
}
