//! The history of another tool as one of ours: entries and files, made of its
//! folder and of what its tracking table says.
//!
//! What was applied comes first, in the order of the table, and then what is
//! pending. The texts stay as they are; above them stands where they come from. A
//! project of either of our layouts is taken as it is.

mod base;
mod error;
mod origin;
mod project;
mod relaid;
mod trial;
mod write;

pub use error::{AdoptError, AdoptProblem};
pub use origin::Origin;
pub(crate) use trial::Tried;

use std::collections::BTreeMap;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{
    Checksum, Entry, FileTexts, Foreign, Journal, Script, Tool, headed, headed_down, kebab,
};
use whimbrel_core::lockfile::LockFile;
use whimbrel_db::tracking::ForeignRow;

use crate::error::Error;
use crate::history::{History, Layout};

/// A history that was made of another tool's.
#[derive(Debug)]
pub(crate) struct Adopted {
    pub(crate) journal: Journal,
    pub(crate) layout: Layout,
    /// The lock file, if it had one.
    pub(crate) lock: LockFile,
    /// The files of each migration, by name.
    pub(crate) texts: BTreeMap<String, FileTexts>,
    /// How many of them were applied. Where nobody can tell for sure there are
    /// several numbers, and the first that fits the database holds.
    pub(crate) applied: Vec<usize>,
    /// Whether tracking tables of ours may have the checksums.
    pub(crate) is_tracked: bool,
}

impl Adopted {
    /// Makes a history; `now` is the time of what has none of its own.
    ///
    /// # Errors
    ///
    /// If folder and table do not agree, or a file holds what may not stand there.
    pub(crate) fn new(
        tool: Tool,
        dialect: Dialect,
        now: i64,
        foreign: Vec<Foreign>,
        rows: &[ForeignRow],
    ) -> Result<Self, Error> {
        let problems = problems(tool, &foreign, rows);
        if !problems.is_empty() {
            return Err(AdoptError::Problems { tool, problems }.into());
        }
        let is_tracked = foreign.iter().any(|one| one.entry.is_some());
        let (applied, pending): (Vec<_>, Vec<_>) =
            foreign.into_iter().partition(|one| rows.iter().any(|row| one.is_known_as(&row.key)));
        let mut adopted = Self {
            journal: Journal::new(dialect),
            layout: Layout::Journal,
            lock: LockFile::empty(),
            texts: BTreeMap::new(),
            applied: vec![applied.len()],
            is_tracked,
        };
        for one in applied.into_iter().chain(pending) {
            adopted.add(tool, now, one)?;
        }
        Ok(adopted)
    }

    /// The history as it is in no store yet; `store` is what messages call it.
    pub(crate) fn history(&self, store: String) -> History {
        let mut history = History::of(store, self.journal.clone(), self.texts.clone());
        (history.layout, history.lock) = (self.layout, self.lock.named(&self.journal));
        history
    }

    fn add(&mut self, tool: Tool, now: i64, foreign: Foreign) -> Result<(), Error> {
        let (entry, texts) = match foreign.entry.clone() {
            Some(entry) => kept(entry, foreign),
            None => self.made(tool, now, foreign)?,
        };
        self.texts.insert(entry.name.clone(), texts);
        self.journal.entries.push(entry);
        Ok(())
    }

    /// A migration of a layout that is not ours.
    fn made(&self, tool: Tool, now: i64, foreign: Foreign) -> Result<(Entry, FileTexts), Error> {
        let wanted = match kebab(&foreign.name) {
            name if name.is_empty() => kebab(&foreign.key),
            name => name,
        };
        let name = self.journal.unique_name(&wanted);
        let when = foreign.when.unwrap_or(now);
        let directive = if foreign.is_atomic { "" } else { "-- whimbrel: no-transaction\n" };
        let body = format!("{directive}-- Adopted: {tool} {}\n{}", foreign.file, foreign.up);
        let script = Script::read(self.journal.dialect, &foreign.file, &body)?;
        // Other tools take a file without a statement for one that was applied.
        let nothing = if script.statements.is_empty() { "\nSELECT 1;\n" } else { "" };
        let up = headed(&name, when, &(body + nothing));
        let down = foreign.down.map(|down| headed_down(&name, &down));
        let entry = Entry {
            down_checksum: down.as_deref().map(Checksum::of_file),
            ..Entry::new(self.journal.next_index(), name, when, Checksum::of_file(&up))
        };
        Ok((entry, FileTexts { up, down }))
    }
}

/// A migration of the layout that is ours too: it keeps name, number and files,
/// and the checksum that it had stands beside the one that can be computed.
fn kept(mut entry: Entry, foreign: Foreign) -> (Entry, FileTexts) {
    let checksum = Checksum::of_file(&foreign.up);
    if checksum != entry.checksum {
        entry.restamp(checksum);
    }
    entry.down_checksum = foreign.down.as_deref().map(Checksum::of_file);
    (entry, FileTexts { up: foreign.up, down: foreign.down })
}

/// All that folder and table do not agree on.
fn problems(tool: Tool, foreign: &[Foreign], rows: &[ForeignRow]) -> Vec<AdoptProblem> {
    let of_row = rows.iter().filter_map(|row| {
        let migration = row.key.clone();
        if !row.is_finished {
            return Some(AdoptProblem::Failed { tool, migration });
        }
        let Some(one) = foreign.iter().find(|one| one.is_known_as(&row.key)) else {
            return Some(AdoptProblem::Missing { tool, migration });
        };
        let is_same = |checksum: &String| one.checksums.is_empty() || one.checksums.contains(checksum);
        let is_edited = !row.checksum.as_ref().is_none_or(is_same);
        is_edited.then(|| AdoptProblem::Edited { tool, file: one.file.clone() })
    });
    of_row.chain(out_of_order(tool, foreign, rows)).collect()
}

/// Where the journal is ours too, its order is kept, and must be that in which
/// it was applied.
fn out_of_order(tool: Tool, foreign: &[Foreign], rows: &[ForeignRow]) -> Option<AdoptProblem> {
    let is_applied = |one: &&Foreign| rows.iter().any(|row| one.is_known_as(&row.key));
    let first = foreign.iter().position(|one| !is_applied(&one))?;
    let later = foreign[first..].iter().find(is_applied).filter(|one| one.entry.is_some())?;
    let before = foreign[first].file.clone();
    Some(AdoptProblem::OutOfOrder { tool, file: later.file.clone(), before })
}
