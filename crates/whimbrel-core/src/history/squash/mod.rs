//! Squash: several migrations become one.
//!
//! The new migration goes up by all their statements in order and down by all
//! theirs in reverse, or by those of a plan that comes to the same; it remembers
//! whom it replaces, so that a database on either side of the squash stays valid.
//! Later migrations get lower numbers.

mod beyond;
mod combine;
mod planned;

use std::collections::BTreeMap;

use super::{Checksum, DownFile, Entry, Journal, Move, Replaced, Script, ScriptError, UpFile, file, kebab};
pub use beyond::{AsWritten, SquashForm, beyond_schema};
use combine::combine;
pub use planned::Planned;

use crate::sql::Lexicon;

/// What is to be squashed.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Journal, SquashRequest, squash};
///
/// let request = SquashRequest { from: 0, to: 4, name: None, when: 1_769_853_600_000 };
/// let error = squash(&Journal::new(Dialect::Sqlite), &request, &[].into()).unwrap_err();
/// assert_eq!(error.to_string(), "no migration has the number 0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SquashRequest {
    /// The number of the first migration.
    pub from: u32,
    /// The number of the last migration.
    pub to: u32,
    /// The name of the new one; `squash-FROM-to-TO` unless given.
    pub name: Option<String>,
    /// When the new one is made, in milliseconds since 1970-01-01 UTC.
    pub when: i64,
}

/// The files of one migration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileTexts {
    /// The up file.
    pub up: String,
    /// The down file, if there is one.
    pub down: Option<String>,
}

/// What becomes of a history by a squash.
///
/// ```
/// use std::collections::BTreeMap;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, FileTexts, Journal, SquashRequest, squash};
///
/// let mut journal = Journal::new(Dialect::Sqlite);
/// let mut files = BTreeMap::new();
/// for (idx, (name, up)) in (0..).zip([("a", "CREATE TABLE a (b);\n"), ("c", "ALTER TABLE a ADD c;\n")]) {
///     journal.entries.push(Entry::new(idx, name, 0, Checksum::of_file(up)));
///     files.insert(name.to_owned(), FileTexts { up: up.into(), down: None });
/// }
/// let request = SquashRequest { from: 0, to: 1, name: Some("initial".into()), when: 0 };
/// let written = squash(&journal, &request, &files).unwrap();
/// let statements = "CREATE TABLE a (b);\n--> statement-breakpoint\nALTER TABLE a ADD c;\n";
/// assert!(written.up.ends_with(statements));
/// assert_eq!(written.entry.replaces.iter().map(|one| &one.name).collect::<Vec<_>>(), ["a", "c"]);
/// assert_eq!(written.journal.head(), Some(&written.entry));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Squash {
    /// The journal as it is to be.
    pub journal: Journal,
    /// The new entry, which the journal has too.
    pub entry: Entry,
    /// The new up file.
    pub up: String,
    /// The new down file; `None` if one of the migrations has no way back.
    pub down: Option<String>,
    /// The migrations that were replaced, whose files go.
    pub replaced: Vec<Entry>,
    /// The later migrations, whose numbers change and whose files move.
    pub moves: Vec<Move>,
    /// The names of the replaced migrations that have no way back.
    pub without_down: Vec<String>,
}

/// Why migrations cannot be squashed.
///
/// ```
/// use std::collections::BTreeMap;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Journal, SquashRequest, squash};
///
/// let mut journal = Journal::new(Dialect::Sqlite);
/// for (idx, name) in [(0, "users"), (1, "posts")] {
///     journal.entries.push(Entry::new(idx, name, 0, Checksum::of_file("")));
/// }
/// let told = |from, to| {
///     let request = SquashRequest { from, to, name: None, when: 0 };
///     squash(&journal, &request, &BTreeMap::new()).unwrap_err().to_string()
/// };
/// assert_eq!(told(0, 7), "no migration has the number 7");
/// assert_eq!(told(1, 1), "there are not two migrations from 1 to 1");
/// assert_eq!(told(0, 1), "`0000_users.sql` of migration `users` is missing");
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SquashError {
    /// No migration has this number.
    #[error("no migration has the number {idx}")]
    #[diagnostic(code(whimbrel::squash::unknown), help("`whimbrel migrate status` shows the numbers"))]
    Unknown {
        /// The number.
        idx: u32,
    },
    /// There are not two migrations in the range.
    #[error("there are not two migrations from {from} to {to}")]
    #[diagnostic(
        code(whimbrel::squash::too_few),
        help("name the first and the last of at least two migrations")
    )]
    TooFew {
        /// The first number.
        from: u32,
        /// The last number.
        to: u32,
    },
    /// An up file is missing.
    #[error("`{file}` of migration `{name}` is missing")]
    #[diagnostic(code(whimbrel::squash::missing), help("restore the file from version control"))]
    Missing {
        /// The migration.
        name: String,
        /// The file.
        file: String,
    },
    /// Files hold what cannot run.
    #[error("{} files hold what cannot run", scripts.len())]
    #[diagnostic(code(whimbrel::squash::scripts))]
    Scripts {
        /// What is wrong, file by file.
        #[related]
        scripts: Vec<ScriptError>,
    },
    /// A migration is a program.
    #[error("`{name}` is a program, and only statements can be squashed")]
    #[diagnostic(
        code(whimbrel::squash::program),
        help("squash the migrations before it and those after it, each for themselves")
    )]
    Program {
        /// The migration.
        name: String,
    },
    /// One migration runs with SQLite's foreign keys off, another needs them on.
    #[error("`{off}` runs with foreign keys off, and `{on}` changes rows with foreign keys on")]
    #[diagnostic(
        code(whimbrel::squash::foreign_keys),
        help("one migration cannot do both: squash the migrations before and after one of them")
    )]
    ForeignKeys {
        /// The file that runs with foreign keys off.
        off: String,
        /// The file that changes rows.
        on: String,
    },
}

/// Squashes a range of a journal; `files` has what is in the files of its
/// migrations, by their names.
///
/// The new entry has neither engine nor proof: whoever proves it adds them.
///
/// # Errors
///
/// If the range is none, a file is missing or holds what cannot run, or the
/// migrations cannot run as one.
///
/// ```
/// use std::collections::BTreeMap;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, FileTexts, Journal, SquashRequest, squash};
///
/// let mut journal = Journal::new(Dialect::Sqlite);
/// let mut files = BTreeMap::new();
/// let written = [
///     ("users", "CREATE TABLE users (id INTEGER);\n", Some("DROP TABLE users;\n")),
///     ("add-age", "ALTER TABLE users ADD age INTEGER;\n", None),
///     ("posts", "CREATE TABLE posts (id INTEGER);\n", None),
/// ];
/// for (idx, (name, up, down)) in (0..).zip(written) {
///     journal.entries.push(Entry::new(idx, name, 0, Checksum::of_file(up)));
///     files.insert(name.to_owned(), FileTexts { up: up.into(), down: down.map(Into::into) });
/// }
/// let request = SquashRequest { from: 0, to: 1, name: Some("initial".into()), when: 0 };
/// let squashed = squash(&journal, &request, &files).unwrap();
/// let paths: Vec<_> = squashed.journal.entries.iter().map(Entry::path).collect();
/// assert_eq!(paths, ["0000_initial.sql", "0001_posts.sql"]);
/// // Both are known to have been applied by whoever applied the new one, and back it
/// // goes only if all of them do.
/// assert!(squashed.journal.is_taken("add-age"));
/// assert_eq!((squashed.down, squashed.without_down), (None, vec!["add-age".to_owned()]));
/// ```
pub fn squash(
    journal: &Journal,
    request: &SquashRequest,
    files: &BTreeMap<String, FileTexts>,
) -> Result<Squash, SquashError> {
    let (before, range, after) = parts(journal, request)?;
    if let Some(entry) = range.iter().find(|entry| entry.format.is_program()) {
        return Err(SquashError::Program { name: entry.name.clone() });
    }
    let scripts = read(journal, range, files)?;
    let name = request.name.clone().unwrap_or_else(|| format!("squash-{}-to-{}", request.from, request.to));
    let name = journal.unique_name(&kebab(&name));
    let lexicon = journal.dialect.lexicon();
    let up = up_file(&name, request.when, range, &scripts, lexicon)?;
    let down = down_file(&name, range, files, &scripts, lexicon)?;
    let entry = Entry {
        down_checksum: down.as_deref().map(Checksum::of_file),
        replaces: range.iter().flat_map(replaced).collect(),
        ..Entry::new(request.from, name, request.when, up.checksum())
    };
    let moves = renumbered(after, request.from);
    let later = after.iter().map(|entry| {
        let moved = moves.iter().find(|one| one.from.name == entry.name);
        moved.map_or(entry, |one| &one.to).clone()
    });
    let entries = before.iter().cloned().chain([entry.clone()]).chain(later).collect();
    let lacks_down = scripts.iter().zip(range).filter(|(script, _)| script.down.is_none());
    Ok(Squash {
        journal: Journal { dialect: journal.dialect, entries },
        entry,
        up: up.render(),
        down,
        replaced: range.to_vec(),
        without_down: lacks_down.map(|(_, entry)| entry.name.clone()).collect(),
        moves,
    })
}

type Parts<'a> = (&'a [Entry], &'a [Entry], &'a [Entry]);

/// The entries before the range, in it, and after it.
fn parts<'a>(journal: &'a Journal, request: &SquashRequest) -> Result<Parts<'a>, SquashError> {
    let SquashRequest { from, to, .. } = *request;
    let place = |idx: u32| {
        let found = journal.entries.iter().position(|entry| entry.idx == idx);
        found.ok_or(SquashError::Unknown { idx })
    };
    let (first, last) = (place(from)?, place(to)?);
    if first >= last {
        return Err(SquashError::TooFew { from, to });
    }
    let (before, rest) = journal.entries.split_at(first);
    let (range, after) = rest.split_at(last + 1 - first);
    Ok((before, range, after))
}

/// The scripts of one migration.
struct Scripts {
    up: Script,
    down: Option<Script>,
}

fn read(
    journal: &Journal,
    range: &[Entry],
    files: &BTreeMap<String, FileTexts>,
) -> Result<Vec<Scripts>, SquashError> {
    let mut scripts = Vec::new();
    let mut errors = Vec::new();
    for entry in range {
        let Some(texts) = files.get(&entry.name) else {
            return Err(SquashError::Missing { name: entry.name.clone(), file: entry.path() });
        };
        let up = Script::read(journal.dialect, &entry.path(), &texts.up);
        let down = Script::way_back(journal.dialect, entry, &texts.up, texts.down.as_deref());
        match (up, down) {
            // A file that says why there is no way back is none.
            (Ok(up), Ok(down)) => {
                scripts.push(Scripts { up, down: down.filter(|script| !script.statements.is_empty()) });
            }
            (up, down) => errors.extend(up.err().into_iter().chain(down.err())),
        }
    }
    if errors.is_empty() { Ok(scripts) } else { Err(SquashError::Scripts { scripts: errors }) }
}

fn up_file(
    name: &str,
    when: i64,
    range: &[Entry],
    scripts: &[Scripts],
    lexicon: Lexicon,
) -> Result<UpFile, SquashError> {
    let up: Vec<_> = scripts.iter().map(|one| &one.up).collect();
    let combined = combine(&up, lexicon)?;
    let notes = combined.directives.into_iter().chain(origins(range)).collect();
    Ok(UpFile { name: name.to_owned(), when, notes, statements: combined.statements })
}

/// What the head of the new file says of the old ones.
fn origins(range: &[Entry]) -> impl Iterator<Item = String> {
    range.iter().map(|entry| format!("Squashed: {}", entry.path()))
}

fn down_file(
    name: &str,
    range: &[Entry],
    files: &BTreeMap<String, FileTexts>,
    scripts: &[Scripts],
    lexicon: Lexicon,
) -> Result<Option<String>, SquashError> {
    let down: Option<Vec<_>> = scripts.iter().rev().map(|one| one.down.as_ref()).collect();
    let Some(down) = down else { return Ok(None) };
    let mut combined = combine(&down, lexicon)?;
    if let Some(first) = combined.statements.first_mut() {
        let directives = combined.directives.iter().map(|one| format!("-- {one}\n"));
        *first = directives.chain([first.clone()]).collect();
    }
    let texts = range.iter().rev().filter_map(|entry| files.get(&entry.name)?.down.as_deref());
    let warnings = texts.flat_map(file::warnings).map(str::to_owned).collect();
    let down = DownFile { name: name.to_owned(), warnings, statements: combined.statements };
    Ok(Some(down.render()))
}

/// What an entry leaves in the list of the one that replaces it: what it had
/// replaced, then itself.
fn replaced(entry: &Entry) -> Vec<Replaced> {
    let before = entry
        .replaces
        .iter()
        .map(|one| Replaced { by: one.by.clone().or_else(|| Some(entry.name.clone())), ..one.clone() });
    let itself = Replaced {
        name: entry.name.clone(),
        checksum: entry.checksum.clone(),
        legacy_checksums: entry.legacy_checksums.clone(),
        by: None,
    };
    before.chain([itself]).collect()
}

/// The moves that give the entries the numbers after `idx`.
fn renumbered(entries: &[Entry], idx: u32) -> Vec<Move> {
    let numbered = (idx + 1..).zip(entries);
    let changed = numbered.filter(|(idx, entry)| entry.idx != *idx);
    changed.map(|(idx, entry)| Move { from: entry.clone(), to: Entry { idx, ..entry.clone() } }).collect()
}

#[cfg(test)]
mod tests;
