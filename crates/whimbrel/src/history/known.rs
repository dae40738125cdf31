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
//! The mark is taken before the files are read: one that is touched while they are
//! has another mark from then on. A note that is gone or does not fit only costs time.

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
        let (text, journal) = read_journal(view, dialect).await?;
        // By now a connection may be there, and be asked something meanwhile.
        yield_now().await;
        let paths = journal.entries.iter().map(Entry::path).chain([JOURNAL.to_owned()]);
        let mark = view.mark(&paths.collect::<Vec<_>>()).await;
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
