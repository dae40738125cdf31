//! The journal: which migrations there are, in which order, and what their
//! files must hold.
//!
//! `meta/_journal.json` has 2-space indentation, `\n`, no newline at the end,
//! keys in the order of the fields here, and no absent values. A journal that
//! VibORM wrote is one too; what whimbrel adds are optional fields of entries.

mod json;
mod problem;
mod quick;
mod read;
mod write;

pub use problem::{EntryPlace, Gap, JournalError, JournalProblem, JournalProblemKind};

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{Checksum, Format, time_stamp, unique_name};
use crate::dialect::Dialect;
use crate::plan::Proof;
use crate::schema::Engine;

/// The version of the format.
const VERSION: &str = "1";

/// The ordered list of migrations.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Journal};
/// let mut journal = Journal::new(Dialect::Sqlite);
/// let checksum = Checksum::of_file("CREATE TABLE a (b);\n");
/// journal.entries.push(Entry::new(journal.next_index(), "create-a", 1_769_854_830_123, checksum));
/// let text = journal.to_json();
/// assert_eq!(Journal::from_json("meta/_journal.json", &text).unwrap(), journal);
/// assert_eq!(journal.head().unwrap().path(), "0000_create-a.sql");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// The engine that the migrations are written for.
    pub dialect: Dialect,
    /// The migrations, oldest first. Their numbers ascend, their names differ.
    pub entries: Vec<Entry>,
}

/// One migration, as the journal has it.
///
/// ```
/// use whimbrel_core::history::{Checksum, Entry};
///
/// let entry = Entry::new(3, "add-users", 1_769_853_600_000, Checksum::of_file("SELECT 1;\n"));
/// assert_eq!(entry.file_name(), "0003_add-users.sql");
/// assert_eq!(entry.path(), "0003_add-users.sql");
/// assert_eq!(entry.down_path(), "meta/_down/0003_add-users.sql");
/// assert!(entry.accepts(&Checksum::of_file("SELECT 1;\n")));
/// assert!(!entry.accepts(&Checksum::of_file("SELECT 2;\n")));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub idx: u32,
    /// When it was made, as 14 digits (year to second): UTC, but local time in
    /// what VibORM wrote.
    pub version: String,
    /// Its name, which is its identity.
    pub name: String,
    /// When it was made, in milliseconds since 1970-01-01 UTC.
    pub when: i64,
    /// The checksum of its up file. One that VibORM wrote is of a draft of the
    /// file: see [`legacy_matches`](super::legacy_matches).
    pub checksum: Checksum,
    /// A label to group migrations by.
    pub tag: Option<String>,
    /// The checksum of its down file, if it has one and whimbrel wrote it.
    pub down_checksum: Option<Checksum>,
    /// The engine that it was made for and proved on.
    pub engine: Option<Engine>,
    /// What its replay showed.
    pub proof: Option<Proof>,
    /// The migrations that it stands for, oldest first.
    pub replaces: Vec<Replaced>,
    /// The checksums that it had before, oldest first: VibORM's, and those of its
    /// file before edits that were accepted. Tracking tables may hold any of them.
    pub legacy_checksums: Vec<Checksum>,
    /// What its file is written in.
    pub format: Format,
}

/// A migration that was squashed into another.
///
/// The list is flat: what a squashed migration had replaced itself comes before
/// it and says so by [`Replaced::by`].
///
/// ```
/// use whimbrel_core::history::{Checksum, Replaced};
/// let checksum = Checksum::of_file("SELECT 1;\n");
/// let replaced =
///     Replaced { name: "users".into(), checksum: checksum.clone(), legacy_checksums: vec![], by: None };
/// assert!(replaced.accepts(&checksum));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its name.
    pub name: String,
    /// Its checksum.
    pub checksum: Checksum,
    /// The checksums that it had before, oldest first.
    pub legacy_checksums: Vec<Checksum>,
    /// The migration, further down the same list, that had replaced it before.
    pub by: Option<String>,
}

impl Journal {
    /// A journal without migrations.
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, entries: Vec::new() }
    }

    /// Returns the entry of exactly this name.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, Journal};
    ///
    /// let mut journal = Journal::new(Dialect::Sqlite);
    /// journal.entries.push(Entry::new(0, "users", 0, Checksum::of_file("")));
    /// assert_eq!(journal.entry("users").unwrap().idx, 0);
    /// assert!(journal.is_taken("users") && !journal.is_taken("posts"));
    /// assert_eq!(journal.unique_name("users"), "users-2");
    /// assert!(journal.gaps().is_empty());
    /// ```
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Returns the newest entry.
    pub fn head(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// The number of the migration that comes next.
    pub fn next_index(&self) -> u32 {
        self.head().map_or(0, |entry| entry.idx.saturating_add(1))
    }

    /// Says whether a migration has or had this name: one that was squashed
    /// still stands in tracking tables.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, Journal, Replaced};
    ///
    /// let checksum = Checksum::of_file("");
    /// let users = Replaced { name: "users".into(), checksum: checksum.clone(), legacy_checksums: vec![], by: None };
    /// let initial = Entry { replaces: vec![users], ..Entry::new(0, "initial", 0, checksum) };
    /// let journal = Journal { dialect: Dialect::Sqlite, entries: vec![initial] };
    /// assert!(journal.is_taken("users"), "it was squashed");
    /// assert_eq!(journal.unique_name("users"), "users-2");
    /// assert_eq!(journal.unique_name("posts"), "posts");
    /// ```
    pub fn is_taken(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.name == name || entry.replaces.iter().any(|replaced| replaced.name == name))
    }

    /// Which of the `paths` of a folder are called as files of migrations are, and are
    /// none of this journal: nothing applies them.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, Journal};
    ///
    /// let users = Entry::new(0, "users", 0, Checksum::of_file(""));
    /// let journal = Journal { dialect: Dialect::Sqlite, entries: vec![users] };
    /// let paths = ["0000_users.sql", "0001_posts.sql", "meta/_down/0001_posts.sql", "README.md", "seed.sql"];
    /// assert_eq!(journal.unlisted(paths.map(str::to_owned)), ["0001_posts.sql"]);
    /// ```
    pub fn unlisted(&self, paths: impl IntoIterator<Item = String>) -> Vec<String> {
        let listed: HashSet<String> = self.entries.iter().map(Entry::path).collect();
        let is_unlisted = |path: &String| is_called_as_one(path) && !listed.contains(path);
        paths.into_iter().filter(is_unlisted).collect()
    }

    /// Makes a name that is not taken, by a number at its end if need be.
    pub fn unique_name(&self, wanted: &str) -> String {
        unique_name(wanted, |name| self.is_taken(name))
    }

    /// The numbers that are left out. They do no harm, but something may have
    /// been lost.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, Journal};
    ///
    /// let mut journal = Journal::new(Dialect::Sqlite);
    /// journal.entries.push(Entry::new(2, "users", 0, Checksum::of_file("")));
    /// let gaps: Vec<_> = journal.gaps().iter().map(ToString::to_string).collect();
    /// assert_eq!(gaps, ["no migration has the numbers 0 to 1"]);
    /// ```
    pub fn gaps(&self) -> Vec<Gap> {
        let mut next = 0;
        let mut gaps = Vec::new();
        for entry in &self.entries {
            if entry.idx > next {
                gaps.push(Gap { from: next, to: entry.idx - 1 });
            }
            next = entry.idx.saturating_add(1);
        }
        gaps
    }
}

impl Entry {
    /// An entry with nothing else said of it.
    pub fn new(idx: u32, name: impl Into<String>, when: i64, checksum: Checksum) -> Self {
        Self {
            idx,
            version: time_stamp(when),
            name: name.into(),
            when,
            checksum,
            tag: None,
            down_checksum: None,
            engine: None,
            proof: None,
            replaces: Vec::new(),
            legacy_checksums: Vec::new(),
            format: Format::default(),
        }
    }

    /// The name of its files.
    pub fn file_name(&self) -> String {
        let mut file = String::with_capacity(self.name.len() + "0000000000_.sql".len());
        write!(file, "{:04}_", self.idx).expect("a text takes all that is written");
        file.push_str(&self.name);
        file.push('.');
        file.push_str(self.format.extension());
        file
    }

    /// Where its up file is: `0003_add-users.sql`.
    pub fn path(&self) -> String {
        self.file_name()
    }

    /// Where its down file is: `meta/_down/0003_add-users.sql`. A program has
    /// none: its way back stands in its only file.
    pub fn down_path(&self) -> String {
        format!("meta/_down/{}", self.file_name())
    }

    /// Gives it another checksum, and keeps the one that it had: databases may
    /// have applied it as it was.
    ///
    /// ```
    /// use whimbrel_core::history::{Checksum, Entry};
    /// let [first, second, third] = ["a", "b", "c"].map(Checksum::of_file);
    /// let mut entry = Entry::new(0, "initial", 0, first.clone());
    /// entry.restamp(second.clone());
    /// entry.restamp(third);
    /// assert_eq!(entry.legacy_checksums, [first.clone(), second]);
    /// assert!(entry.accepts(&first));
    /// ```
    pub fn restamp(&mut self, checksum: Checksum) {
        let before = std::mem::replace(&mut self.checksum, checksum);
        self.legacy_checksums.retain(|one| *one != self.checksum && *one != before);
        if before != self.checksum {
            self.legacy_checksums.push(before);
        }
    }

    /// Says whether a tracking table may hold this checksum for it.
    pub fn accepts(&self, checksum: &Checksum) -> bool {
        self.checksum == *checksum || self.legacy_checksums.contains(checksum)
    }
}

impl Replaced {
    /// Says whether a tracking table may hold this checksum for it.
    pub fn accepts(&self, checksum: &Checksum) -> bool {
        self.checksum == *checksum || self.legacy_checksums.contains(checksum)
    }
}

/// Says whether a file at the top of a folder begins with a number, as those of
/// migrations do, ours and other tools'.
fn is_called_as_one(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    let number = path.split_once('_').map(|(number, _)| number);
    !path.contains('/')
        && number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        && extension.is_some_and(|extension| Format::of_extension(extension).is_some())
}

#[cfg(test)]
mod tests;
