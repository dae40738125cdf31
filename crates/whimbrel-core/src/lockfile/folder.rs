//! Lock file and folder side by side: which migrations there are.
//!
//! The folder says which there are, the lock file what those held that were
//! applied. Together they are a [`Journal`], through which all else looks.

use std::collections::{BTreeMap, BTreeSet};

use super::{FileName, LockFile, LockMigration};
use crate::checksum::Checksum;
use crate::dialect::Dialect;
use crate::history::{Entry, Format, Gap, Journal};

/// A file of the folder.
///
/// ```
/// use whimbrel_core::history::Checksum;
/// use whimbrel_core::lockfile::{FileName, Found, LockFile, folder_entries};
///
/// let name = FileName::read("0001_users.sql").unwrap();
/// let found = Found { name, checksum: Checksum::of_file("SELECT 1;\n") };
/// assert_eq!(folder_entries(&LockFile::empty(), &[found])[0].name, "users");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: FileName,
    /// The checksum of what is in it.
    pub checksum: Checksum,
}

/// Why folder and lock file are no history.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Checksum;
/// use whimbrel_core::lockfile::{FileName, Found, LockFile, folder_journal};
///
/// let told = |files: &[&str]| {
///     let found = |file: &&str| {
///         let name = FileName::read(file).unwrap();
///         Found { name, checksum: Checksum::of_file("SELECT 1;\n") }
///     };
///     let found: Vec<_> = files.iter().map(found).collect();
///     let problems = folder_journal(Dialect::Sqlite, &LockFile::empty(), &found).unwrap_err();
///     problems.iter().map(ToString::to_string).collect::<Vec<_>>()
/// };
/// assert_eq!(told(&["0001_a.sql", "0001_b.sql"]), ["`0001_a.sql` and `0001_b.sql` have the number 1"]);
/// assert_eq!(told(&["0001_a.sql", "0003_b.sql"]), ["no migration has the number 2"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum FolderProblem {
    /// A file begins as that of a migration does, and is none.
    #[error("`{file}` is no name of a migration")]
    #[diagnostic(
        code(whimbrel::lockfile::misnamed),
        help("name it `NNNN_name.sql`: a number of at least four digits, from 0001, and a name")
    )]
    Misnamed {
        /// The file.
        file: String,
    },
    /// Several files have the same number.
    #[error("{} have the number {number}", list(files))]
    #[diagnostic(
        code(whimbrel::lockfile::same_number),
        help("run `whimbrel migrate rebase`: what is not applied gets the next number")
    )]
    SameNumber {
        /// The number.
        number: u32,
        /// The files.
        files: Vec<String>,
    },
    /// Several files have the same name.
    #[error("{} have the same name", list(files))]
    #[diagnostic(
        code(whimbrel::lockfile::same_name),
        help("a migration is its name: give another one to the file that no database has applied")
    )]
    SameName {
        /// The files.
        files: Vec<String>,
    },
    /// Numbers are left out.
    #[error("{gap}")]
    #[diagnostic(
        code(whimbrel::lockfile::gap),
        help(
            "restore the file from version control, or give the next one this number if it is applied nowhere"
        )
    )]
    Missing {
        /// The numbers.
        gap: Gap,
    },
    /// The record and the file of one number have different names.
    #[error("the lock file has `{record}` as number {number}, and the folder `{file}`")]
    #[diagnostic(
        code(whimbrel::lockfile::other_name),
        help("restore the file's name; after a merge, run `whimbrel migrate rebase`")
    )]
    OtherName {
        /// The number.
        number: u32,
        /// The name in the lock file.
        record: String,
        /// The file.
        file: String,
    },
    /// A record says nothing of its file, and none has its number.
    #[error("the lock file has a migration {number}, and no file has that number")]
    #[diagnostic(code(whimbrel::lockfile::no_file), help("restore the file from version control"))]
    NoFile {
        /// The number.
        number: u32,
    },
}

/// Puts lock file and folder together. A migration that is in the lock file has
/// the checksum from there, any other that of its file.
///
/// # Errors
///
/// Everything in which they contradict each other.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Checksum;
/// use whimbrel_core::lockfile::{FileName, Found, LockFile, LockMigration, folder_journal};
///
/// let applied = Checksum::of_file("SELECT 1;\n");
/// let record = LockMigration {
///     version: 1,
///     name: Some("users".into()),
///     checksum: Some(applied.clone()),
///     ..LockMigration::default()
/// };
/// let lock = LockFile { version: 1, migrations: vec![record], ..LockFile::empty() };
/// let edited = Checksum::of_file("SELECT 2;\n");
/// let found = Found { name: FileName::read("0001_users.sql").unwrap(), checksum: edited };
/// let journal = folder_journal(Dialect::Sqlite, &lock, &[found]).unwrap();
/// assert_eq!(journal.entries[0].checksum, applied, "the file was edited since");
/// ```
pub fn folder_journal(
    dialect: Dialect,
    lock: &LockFile,
    files: &[Found],
) -> Result<Journal, Vec<FolderProblem>> {
    let problems = contradictions(lock, files);
    if problems.is_empty() {
        Ok(Journal { dialect, entries: folder_entries(lock, files) })
    } else {
        Err(problems)
    }
}

/// The migrations of folder and lock file as they are, in the order of their
/// numbers, whether or not they agree: a merge brings numbers twice.
///
/// ```
/// use whimbrel_core::history::Checksum;
/// use whimbrel_core::lockfile::{FileName, Found, LockFile, folder_entries};
///
/// // A merge brought the same number twice.
/// let found = ["0001_users.sql", "0001_posts.sql"].map(|file| Found {
///     name: FileName::read(file).unwrap(),
///     checksum: Checksum::of_file("SELECT 1;\n"),
/// });
/// let entries = folder_entries(&LockFile::empty(), &found);
/// assert_eq!(entries.iter().map(|entry| entry.idx).collect::<Vec<_>>(), [1, 1]);
/// ```
pub fn folder_entries(lock: &LockFile, files: &[Found]) -> Vec<Entry> {
    let of_file = files.iter().map(|found| {
        let record = lock.migrations.iter().find(|record| is_of(record, &found.name, files));
        (found.name.clone(), Some(found.checksum.clone()), record)
    });
    let without_file = lock.migrations.iter().filter_map(|record| {
        let name = record.name.clone()?;
        let is_there = files.iter().any(|found| found.name.name == name);
        let file = FileName { version: record.version, name, format: Format::Sql };
        (!is_there).then_some((file, None, Some(record)))
    });
    let mut all: Vec<_> = of_file.chain(without_file).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter().map(|(file, checksum, record)| entry(file, checksum, record)).collect()
}

/// Says whether a record is that of a file: by its name, or by its number where
/// it says no name.
fn is_of(record: &LockMigration, file: &FileName, files: &[Found]) -> bool {
    match &record.name {
        Some(name) => *name == file.name,
        None => {
            let first = files.iter().map(|found| &found.name).filter(|one| one.version == record.version);
            first.min() == Some(file)
        }
    }
}

fn entry(file: FileName, checksum: Option<Checksum>, record: Option<&LockMigration>) -> Entry {
    let recorded = record.and_then(|record| record.checksum.clone());
    let checksum = recorded.or(checksum).unwrap_or_else(|| Checksum::of_file(""));
    Entry {
        format: file.format,
        legacy_checksums: record.map(|record| record.legacy_checksums.clone()).unwrap_or_default(),
        replaces: record.map(|record| record.replaces.clone()).unwrap_or_default(),
        ..Entry::new(file.version, file.name, 0, checksum)
    }
}

fn contradictions(lock: &LockFile, files: &[Found]) -> Vec<FolderProblem> {
    let (mut numbers, mut names) = (BTreeMap::new(), BTreeMap::new());
    for found in files {
        numbers.entry(found.name.version).or_insert_with(Vec::new).push(found.name.to_string());
        names.entry(&found.name.name).or_insert_with(Vec::new).push(found.name.to_string());
    }
    let several = |files: &Vec<String>| files.len() > 1;
    let same_number = numbers.iter().filter(|(_, files)| several(files));
    let same_name = names.into_values().filter(several);
    let mut problems: Vec<_> = same_number
        .map(|(number, files)| FolderProblem::SameNumber { number: *number, files: files.clone() })
        .chain(same_name.map(|files| FolderProblem::SameName { files }))
        .collect();
    for record in &lock.migrations {
        let number = record.version;
        match (&record.name, numbers.get(&number).and_then(|files| files.first())) {
            (Some(name), Some(file)) if FileName::read(file).is_some_and(|file| file.name != *name) => {
                let (record, file) = (name.clone(), file.clone());
                problems.push(FolderProblem::OtherName { number, record, file });
            }
            (None, None) => problems.push(FolderProblem::NoFile { number }),
            (Some(_), _) | (None, Some(_)) => {}
        }
    }
    let there: BTreeSet<u32> =
        numbers.into_keys().chain(lock.migrations.iter().map(|record| record.version)).collect();
    problems.extend(gaps(&there).into_iter().map(|gap| FolderProblem::Missing { gap }));
    problems
}

/// The numbers that are left out, from 1.
fn gaps(there: &BTreeSet<u32>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut next = 1;
    for number in there {
        if *number > next {
            gaps.push(Gap { from: next, to: number - 1 });
        }
        next = number.saturating_add(1);
    }
    gaps
}

fn list(files: &[String]) -> String {
    files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(" and ")
}
