//! A history in the other layout: names stay, numbers begin where that layout
//! begins, and one file becomes two, or two become one.
//!
//! What a file says is the same, but its bytes are not, and so its checksum is
//! another. The one that it had stays beside it: tracking tables have that one,
//! and nothing has to be changed there.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{
    Checksum, Entry, FileTexts, Journal, Move, headed_down, header, inlined, read_iso_time, sections,
    time_stamp,
};
use whimbrel_core::lockfile::LockFile;

use super::Adopted;
use crate::history::Layout;

impl Adopted {
    /// The same history in a layout, after what is in `first`; `now` is the time
    /// of what has none of its own.
    pub(crate) fn relaid(mut self, layout: Layout, now: i64, first: Vec<(Entry, FileTexts)>) -> Self {
        if self.layout == layout {
            return self;
        }
        let dialect = self.journal.dialect;
        let mut journal = Journal::new(dialect);
        self.applied.iter_mut().for_each(|count| *count += first.len());
        for (entry, texts) in first {
            self.texts.insert(entry.name.clone(), texts);
            journal.entries.push(entry);
        }
        for entry in std::mem::take(&mut self.journal.entries) {
            let idx = layout.next_index(&journal);
            let Some(texts) = self.texts.remove(&entry.name) else { continue };
            let (entry, texts) = match layout {
                Layout::Journal => self.two_files(dialect, timed(entry, &self.lock, &texts, now), idx, texts),
                Layout::LockFile => self.one_file(dialect, entry, idx, texts),
            };
            self.texts.insert(entry.name.clone(), texts);
            journal.entries.push(entry);
        }
        // What a lock file says is in the journal now, and what it takes for granted in `first`.
        Self { journal, layout, lock: LockFile::empty(), ..self }
    }

    fn one_file(&self, dialect: Dialect, from: Entry, idx: u32, texts: FileTexts) -> (Entry, FileTexts) {
        let (entry, up, down) = moved(from, idx, texts);
        if entry.format.is_program() {
            return (entry, FileTexts { up, down: None });
        }
        let parts = sections(&up, dialect.lexicon());
        let text = inlined(parts.up, down.as_deref().or(parts.down));
        (self.stamped(entry, &text), FileTexts { up: text, down: None })
    }

    fn two_files(&self, dialect: Dialect, from: Entry, idx: u32, texts: FileTexts) -> (Entry, FileTexts) {
        let (entry, up, _) = moved(from, idx, texts);
        if entry.format.is_program() {
            return (entry, FileTexts { up, down: None });
        }
        let parts = sections(&up, dialect.lexicon());
        let down = parts.down.filter(|down| !down.trim().is_empty());
        let down = down.map(|down| headed_down(&entry.name, down));
        let text = inlined(parts.up, None);
        let down_checksum = down.as_deref().map(Checksum::of_file);
        (Entry { down_checksum, ..self.stamped(entry, &text) }, FileTexts { up: text, down })
    }

    /// The entry with the checksum of another text.
    fn stamped(&self, mut entry: Entry, text: &str) -> Entry {
        let checksum = Checksum::of_file(text);
        match self.is_tracked {
            true => entry.restamp(checksum),
            // No tracking table can have the one that it had for a moment.
            false => entry.checksum = checksum,
        }
        entry
    }
}

/// A migration with another number; programs say their number themselves.
fn moved(from: Entry, idx: u32, texts: FileTexts) -> (Entry, String, Option<String>) {
    let to = Entry { idx, down_checksum: None, ..from.clone() };
    let moved = Move { from, to }.files(&texts.up, texts.down.as_deref());
    (moved.entry, moved.up, moved.down)
}

/// When a migration of a lock file was made: its file may say so, and its record
/// when it was applied.
fn timed(entry: Entry, lock: &LockFile, texts: &FileTexts, now: i64) -> Entry {
    let recorded = || lock.record(&entry.name).and_then(|record| record.timestamp.clone());
    let time = header(&texts.up).generated.or_else(recorded);
    let when = time.and_then(|time| read_iso_time(&time)).unwrap_or(now);
    Entry { when, version: time_stamp(when), ..entry }
}
