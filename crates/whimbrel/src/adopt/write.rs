//! An adopted history, written into its store: all of it in one edit.

use whimbrel_core::history::{Entry, Journal, proved};
use whimbrel_core::lockfile::{FileName, LOCK_FILE, LockFile};

use super::{AdoptError, Tried};
use crate::error::Error;
use crate::history::{History, HistoryError, Layout, in_store};
use crate::migrator::Migrator;
use crate::store::{Edit, Store, View, commit};

impl Migrator {
    /// Writes the files, unless they are there from a run that was stopped, and
    /// the journal or the lock file.
    ///
    /// A folder that has the layout already can be taken over where it is: then
    /// its files stay as they are. Returns what is worth knowing.
    ///
    /// # Errors
    ///
    /// If there are other migrations in the store, or it fails.
    pub(crate) async fn write_adopted(
        &mut self,
        history: &History,
        is_in_place: bool,
        tried: &Tried,
    ) -> Result<Vec<String>, Error> {
        let store = self.store()?;
        let there = History::read(store.as_ref(), history.layout, self.dialect()).await?;
        let is_written = is_same(&there.journal, &history.journal);
        let is_in_place = is_in_place && names(&there.journal).eq(names(&history.journal));
        let is_new = !(is_written || is_in_place);
        let is_empty = there.journal.entries.is_empty() && there.lock == LockFile::empty();
        if is_new && !(is_empty && holds_no_migration(store.as_ref()).await?) {
            return Err(AdoptError::NotEmpty { store: store.name() }.into());
        }
        let mut edit = there.edit();
        if is_new {
            edit = with_files(store.as_ref(), edit, history).await?;
        }
        match history.layout {
            Layout::Journal if is_written => Ok(Vec::new()),
            Layout::Journal => {
                self.commit(edit, history, &history.journal, Some(tried.schema.clone())).await?;
                Ok(Vec::new())
            }
            Layout::LockFile => {
                let (lock, notes) = self.lock_of(history, tried.applied).await?;
                let text = lock.to_json();
                if there.head_text.as_ref() != Some(&text) {
                    commit(store.as_ref(), edit.put(LOCK_FILE, text)).await?;
                }
                Ok(notes)
            }
        }
    }

    /// The lock file of an adopted history, and what is worth knowing: every record
    /// has the checksum of its file and those that tracking tables may have.
    async fn lock_of(&mut self, history: &History, applied: usize) -> Result<(LockFile, Vec<String>), Error> {
        let mut history = history.clone();
        history.lock = history.lock.with_journal(&history.journal);
        let new: Vec<&Entry> =
            history.journal.entries[..applied].iter().skip(history.lock.migrations.len()).collect();
        if new.is_empty() { Ok((history.lock, Vec::new())) } else { self.caught_up(&history, &new).await }
    }
}

/// Whether there is no file that somebody could take for a migration: each tool
/// would run those of the other.
async fn holds_no_migration(store: &dyn Store) -> Result<bool, Error> {
    if !store.capabilities().list {
        return Ok(true);
    }
    let paths = View::open(store).await?.list().await?;
    Ok(!paths.iter().any(|path| FileName::read(path).is_some() || FileName::is_misnamed(path)))
}

/// Adds all files of a history to an edit.
async fn with_files(store: &dyn Store, mut edit: Edit, history: &History) -> Result<Edit, Error> {
    let view = View::open(store).await?;
    let texts = history.texts();
    for entry in &history.journal.entries {
        let Some(texts) = texts.get(&entry.name) else { continue };
        let down = texts.down.as_ref().map(|down| (entry.down_path(), down));
        for (path, text) in [(entry.path(), &texts.up)].into_iter().chain(down) {
            if view.get(&path).await?.is_some() {
                return Err(HistoryError::Orphan { path: in_store(store, &path) }.into());
            }
            let text = match (history.layout, &entry.proof) {
                (Layout::LockFile, Some(proof)) if !entry.format.is_program() => proved(text, proof),
                (Layout::Journal | Layout::LockFile, _) => text.clone(),
            };
            edit = edit.expect(&path, None).put(path, text);
        }
    }
    Ok(edit)
}

fn names(journal: &Journal) -> impl Iterator<Item = &str> {
    journal.entries.iter().map(|entry| entry.name.as_str())
}

/// Whether two journals are of the same files.
fn is_same(one: &Journal, other: &Journal) -> bool {
    let checksums = |journal: &Journal| {
        journal.entries.iter().map(|entry| (entry.name.clone(), entry.checksum.clone())).collect::<Vec<_>>()
    };
    checksums(one) == checksums(other)
}
