//! Rebase: after a merge in which both branches added migrations, ours come
//! after theirs.

use super::{Entry, Journal, Move, unique_name};
use crate::dialect::Dialect;
use crate::plan::Proof;

/// What becomes of a history by a rebase.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Journal, rebase};
///
/// let journal = |names: &[&str]| {
///     let entries = (0..).zip(names).map(|(idx, name)| Entry::new(idx, *name, 0, Checksum::of_file(name)));
///     Journal { dialect: Dialect::Sqlite, entries: entries.collect() }
/// };
/// let theirs = journal(&["initial", "add-age"]);
/// let ours = journal(&["initial", "add-bio"]);
/// let rebased = rebase(&theirs, &ours).unwrap();
/// let paths: Vec<_> = rebased.journal.entries.iter().map(Entry::path).collect();
/// assert_eq!(paths, ["0000_initial.sql", "0001_add-age.sql", "0002_add-bio.sql"]);
/// assert_eq!(rebased.ours, ["add-bio"]);
/// assert_eq!((rebased.moves[0].from.idx, rebased.moves[0].to.idx), (1, 2));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rebase {
    /// The journal as it is to be: theirs, then what only we have.
    pub journal: Journal,
    /// Our migrations whose numbers or names change, with their files.
    pub moves: Vec<Move>,
    /// The names, new where they change, of all migrations that only we have.
    pub ours: Vec<String>,
}

/// Why our migrations cannot come after theirs.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Journal, rebase};
///
/// let error = rebase(&Journal::new(Dialect::Postgres), &Journal::new(Dialect::Sqlite)).unwrap_err();
/// assert_eq!(error.to_string(), "our migrations are for SQLite, and theirs for PostgreSQL");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum RebaseError {
    /// The journals are of different engines.
    #[error("our migrations are for {ours}, and theirs for {theirs}")]
    #[diagnostic(
        code(whimbrel::rebase::dialect),
        help("keep migrations for different engines in different folders")
    )]
    Dialect {
        /// Our engine.
        ours: Dialect,
        /// Their engine.
        theirs: Dialect,
    },
    /// We squashed what they still have.
    #[error("our migration `{name}` replaces `{replaced}`, which the other side still has")]
    #[diagnostic(
        code(whimbrel::rebase::squashed),
        help("undo the squash, rebase, and squash again with `whimbrel migrate squash`")
    )]
    Squashed {
        /// Our migration.
        name: String,
        /// The migration of theirs that it replaces.
        replaced: String,
    },
}

/// Puts the migrations that only we have after all of theirs.
///
/// They get the next numbers, other names where theirs have taken them, and lose
/// their proofs if anything came before them that was not there when they were
/// proved. Whether a database has applied them already is for the caller to know.
///
/// # Errors
///
/// If the journals are of different engines, or we squashed what they have.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Journal, rebase};
///
/// let journal = |text: &str| {
///     let entry = Entry::new(0, "add-users", 0, Checksum::of_file(text));
///     Journal { dialect: Dialect::Sqlite, entries: vec![entry] }
/// };
/// // Both sides made a migration of this name, and not the same one.
/// let rebased = rebase(&journal("theirs"), &journal("ours")).unwrap();
/// assert_eq!(rebased.ours, ["add-users-2"]);
/// assert_eq!(rebased.journal.head().unwrap().path(), "0001_add-users-2.sql");
/// // What both have stays where it is.
/// assert!(rebase(&journal("same"), &journal("same")).unwrap().moves.is_empty());
/// ```
pub fn rebase(theirs: &Journal, ours: &Journal) -> Result<Rebase, RebaseError> {
    if ours.dialect != theirs.dialect {
        return Err(RebaseError::Dialect { ours: ours.dialect, theirs: theirs.dialect });
    }
    let only_ours: Vec<_> = ours.entries.iter().filter(|entry| !has(theirs, entry)).collect();
    if let Some(error) = only_ours.iter().find_map(|entry| squashed(theirs, entry)) {
        return Err(error);
    }
    let is_new = theirs.entries.iter().any(|entry| !has(ours, entry));
    let mut rebase = Rebase { journal: theirs.clone(), moves: Vec::new(), ours: Vec::new() };
    for entry in only_ours {
        let to = placed(&rebase.journal, ours, entry, is_new);
        rebase.ours.push(to.name.clone());
        rebase.journal.entries.push(to.clone());
        if (to.idx, &to.name) != (entry.idx, &entry.name) {
            rebase.moves.push(Move { from: entry.clone(), to });
        }
    }
    Ok(rebase)
}

/// Says whether a journal has the entry, or has squashed it.
fn has(journal: &Journal, entry: &Entry) -> bool {
    journal.entries.iter().any(|other| {
        is_same(other, entry)
            || other.replaces.iter().any(|one| one.name == entry.name && one.accepts(&entry.checksum))
    })
}

/// Says whether two entries are one migration, perhaps with an edit that one
/// side has recorded: such an edit keeps the old checksum, unless nothing had been
/// written yet. Two that were made apart at the same time are two.
fn is_same(a: &Entry, b: &Entry) -> bool {
    let was_empty =
        |entry: &Entry| entry.engine.is_none() && matches!(entry.proof, Some(Proof::Unproved { .. }));
    let one_was_filled_in = a.when == b.when && (was_empty(a) || was_empty(b));
    a.name == b.name && (a.accepts(&b.checksum) || b.accepts(&a.checksum) || one_was_filled_in)
}

fn squashed(theirs: &Journal, entry: &Entry) -> Option<RebaseError> {
    let replaced = entry.replaces.iter().find(|one| theirs.is_taken(&one.name))?;
    Some(RebaseError::Squashed { name: entry.name.clone(), replaced: replaced.name.clone() })
}

/// The entry as the next one of a journal. Its name is no other's, not even that
/// of one of ours that is yet to come.
fn placed(journal: &Journal, ours: &Journal, entry: &Entry, is_new: bool) -> Entry {
    let is_taken = |name: &str| journal.is_taken(name) || (name != entry.name && ours.is_taken(name));
    Entry {
        idx: journal.next_index(),
        name: unique_name(&entry.name, is_taken),
        proof: entry.proof.clone().filter(|_| !is_new),
        ..entry.clone()
    }
}

#[cfg(test)]
mod tests;
