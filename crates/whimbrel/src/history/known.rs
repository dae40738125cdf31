//! What was found to be as the journal says before, and has not been touched since.
//!
//! Every start of a service compares all migrations with the journal, and nearly
//! always finds them as they were at the start before. So a history of which that is
//! true is remembered in the cache, under the mark that its store gives for journal
//! and files together ([`Store::mark`](crate::store::Store::mark)). As long as the
//! mark is the same, no file is read that is not needed.
//!
//! | what happened to a file | its mark |
//! |---|---|
//! | written, truncated, replaced, renamed, restored with its old time | another one |
//! | deleted, or no plain file any more | none |
//! | any of these within the last seconds, when the system's clock may stand still | none |
//!
//! Marks are taken before what they stand for is read, that of the journal alone
//! before that of all: what is touched while it is read has another mark from then
//! on. A note that is gone or does not fit only costs time.

use tokio::task::yield_now;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Entry, FileState, Journal};

use super::{Extent, Files, History, JOURNAL, read_journal};
use crate::cache::Cache;
use crate::error::Error;
use crate::store::View;

impl History {
    /// Reads the journal, and its up files unless it is known that they are as it
    /// says.
    pub(super) async fn known_or_read(
        view: &View<'_>,
        dialect: Dialect,
        cache: &Cache,
    ) -> Result<Self, Error> {
        let mark_of_journal = view.mark(&[JOURNAL.to_owned()]).await;
        let (text, journal) = read_journal(view, dialect).await?;
        // By now a connection may be there, and be asked something meanwhile.
        yield_now().await;
        let paths = journal.entries.iter().map(Entry::path).chain([JOURNAL.to_owned()]);
        let mark_of_all = view.mark(&paths.collect::<Vec<_>>()).await;
        let mark = mark_of_journal.zip(mark_of_all).map(|(journal, all)| format!("{journal} {all}"));
        if mark.as_deref().is_some_and(|mark| cache.get::<()>(&key(mark)).is_some()) {
            return Ok(Self::known(view.store().name(), text, journal));
        }
        let history = Self::of_journal(view, text, journal, Extent::Ups).await?;
        Ok(Self { mark: mark.filter(|_| history.is_as_the_journal_says()), ..history })
    }

    /// A history whose files are as the journal says, and were not read.
    fn known(store: String, text: Option<String>, journal: Journal) -> Self {
        let states = journal.entries.iter().map(|entry| FileState {
            up: Some(entry.checksum.clone()),
            down: entry.down_checksum.clone(),
            up_matches_legacy: false,
        });
        let (states, files) = (states.collect(), vec![Files::default(); journal.entries.len()]);
        Self { states, head_text: text, is_read: false, ..Self::bare(store, journal, files) }
    }

    fn is_as_the_journal_says(&self) -> bool {
        let both = self.journal.entries.iter().zip(&self.states);
        both.into_iter().all(|(entry, state)| state.up.as_ref() == Some(&entry.checksum))
    }

    /// Keeps what was found. Nobody must have written since it was read.
    pub(super) fn remember(&self, cache: &Cache) {
        if let Some(mark) = &self.mark {
            cache.put(&key(mark), &());
        }
    }
}

fn key(mark: &str) -> String {
    Cache::key(["files", mark])
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use whimbrel_core::history::Checksum;

    use super::*;
    use crate::MemoryStore;
    use crate::store::{Store, StoreError};

    /// A store whose journal is replaced as soon as somebody has read it.
    #[derive(Debug)]
    struct Replaced {
        texts: MemoryStore,
        next: Mutex<Option<String>>,
        written: AtomicUsize,
    }

    #[async_trait]
    impl Store for Replaced {
        fn name(&self) -> String {
            self.texts.name()
        }

        async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
            let text = self.texts.get(path).await?;
            let next = if path == JOURNAL { self.next.lock().unwrap().take() } else { None };
            if let Some(next) = next {
                self.put(JOURNAL, &next).await?;
            }
            Ok(text)
        }

        async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
            self.written.fetch_add(1, Ordering::SeqCst);
            self.texts.put(path, text).await
        }

        async fn delete(&self, path: &str) -> Result<(), StoreError> {
            self.texts.delete(path).await
        }

        async fn mark(&self, _: &[String]) -> Option<String> {
            Some(self.written.load(Ordering::SeqCst).to_string())
        }
    }

    #[tokio::test]
    async fn what_agreed_with_one_journal_is_not_known_of_the_next() {
        let journal = |text: &str| {
            let mut journal = Journal::new(Dialect::Sqlite);
            journal.entries.push(Entry::new(0, "users", 0, Checksum::of_file(text)));
            journal.to_json()
        };
        let texts = MemoryStore::from([("0000_users.sql", "SELECT 1;"), (JOURNAL, &journal("SELECT 1;"))]);
        let next = Mutex::new(Some(journal("SELECT 2;")));
        let store = Replaced { texts, next, written: AtomicUsize::new(0) };
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        let read = async || {
            let view = View::open(&store).await.unwrap();
            let history = History::known_or_read(&view, Dialect::Sqlite, &cache).await.unwrap();
            history.remember(&cache);
            (history.is_read, history.is_as_the_journal_says())
        };
        assert_eq!(read().await, (true, true));
        assert_eq!(read().await, (true, false));
    }
}
