//! What was found to be as the journal says before, and has not been touched since.
//!
//! Every start of a service compares all migrations with the journal and with what
//! the database has applied, and nearly always finds what it found at the start
//! before. So of a history whose files are as its journal says, a [`Note`] is kept in
//! the cache, under the mark that its store gives for the journal
//! ([`Store::mark`](crate::store::Store::mark)): where the files are, what their
//! marks are, and what a tracking table holds that has all of them. As long as the
//! marks are the same, neither journal nor files are read; and if the tracking table
//! holds that, there is nothing to read them for.
//!
//! | what happened to a file | its mark |
//! |---|---|
//! | written, truncated, replaced, renamed, restored with its old time | another one |
//! | deleted, or no plain file any more | none |
//! | any of these within the last seconds, when the system's clock may stand still | none |
//!
//! Marks are taken before what they stand for is read: what is touched while it is
//! read has another mark from then on. A note that is gone or does not fit only costs
//! time.

use serde::{Deserialize, Serialize};
use tokio::task::yield_now;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{AppliedMigration, Entry};
use whimbrel_db::tracking::Tracked;

use super::ahead::Found;
use super::{Extent, History, JOURNAL, read_journal};
use crate::cache::Cache;
use crate::error::Error;
use crate::store::{Store, StoreError, View};

/// How many files are looked at between two looks at what else is going on.
const SHARE: usize = 64;

/// A history whose files are as its journal says, and have not been touched since
/// that was found.
#[derive(Debug)]
pub(super) struct Known {
    /// The mark of the journal.
    journal: String,
    /// What a tracking table holds that has all of it.
    rows: String,
}

impl Known {
    /// Says whether a database has applied all of it, and nothing else.
    pub(super) fn is_settled(&self, tracked: &Tracked) -> bool {
        let rows = tracked.applied.iter().map(|AppliedMigration { name, checksum, .. }| [&**name, checksum]);
        tracked.unfinished.is_empty() && digest(rows) == self.rows
    }

    /// Says whether nobody has written since it was looked at.
    pub(super) async fn is_current(&self, store: &dyn Store) -> Result<bool, StoreError> {
        let mark = View::open(store).await?.mark(&[JOURNAL.to_owned()]).await;
        Ok(mark.as_ref() == Some(&self.journal))
    }
}

/// What is remembered of a history whose files are as its journal says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    /// The paths of its up files.
    paths: Vec<String>,
    /// The marks of these files, share by share.
    marks: Vec<String>,
    /// What a tracking table holds that has all of them.
    rows: String,
}

impl Found {
    /// Looks whether nobody has touched a history that is known; reads journal and up
    /// files if it is not, or somebody has.
    pub(super) async fn known_or_read(
        view: &View<'_>,
        dialect: Dialect,
        cache: &Cache,
    ) -> Result<Self, Error> {
        let mark = view.mark(&[JOURNAL.to_owned()]).await;
        if let Some(journal) = &mark
            && let Some(note) = cache.get::<Note>(&key(dialect, journal))
            && marks(view, &note.paths).await.as_ref() == Some(&note.marks)
        {
            return Ok(Self::Known(Known { journal: journal.clone(), rows: note.rows }));
        }
        let (text, journal) = read_journal(view, dialect).await?;
        let paths: Vec<String> = journal.entries.iter().map(Entry::path).collect();
        let marks = marks(view, &paths).await;
        let history = History::of_journal(view, text, journal, Extent::Ups).await?;
        let marks = mark.as_ref().zip(marks).filter(|_| history.is_as_the_journal_says());
        let note = marks.map(|(mark, marks)| {
            let rows = history.journal.entries.iter().map(|entry| [&*entry.name, entry.checksum.as_str()]);
            (key(dialect, mark), Note { paths, marks, rows: digest(rows) })
        });
        Ok(Self::read(History { note, head_mark: mark, ..history }))
    }
}

impl History {
    pub(super) fn is_as_the_journal_says(&self) -> bool {
        let both = self.journal.entries.iter().zip(&self.states);
        both.into_iter().all(|(entry, state)| state.up.as_ref() == Some(&entry.checksum))
    }

    /// Keeps what was found. Nobody must have written since it was read.
    pub(super) fn remember(&self, cache: &Cache) {
        if let Some((key, note)) = &self.note {
            cache.put(key, note);
        }
    }
}

/// The marks of files, share by share; `None` if one of them has none.
async fn marks(view: &View<'_>, paths: &[String]) -> Option<Vec<String>> {
    let mut marks = Vec::with_capacity(paths.len().div_ceil(SHARE));
    for share in paths.chunks(SHARE) {
        // By now a connection may be there, and be asked something meanwhile.
        yield_now().await;
        marks.push(view.mark(share).await?);
    }
    Some(marks)
}

/// What stands for rows of a tracking table, in their order: name and checksum of each.
fn digest<'a>(rows: impl Iterator<Item = [&'a str; 2]>) -> String {
    Cache::key(rows.flatten())
}

fn key(dialect: Dialect, mark: &str) -> String {
    Cache::key(["files", dialect.display_name(), mark])
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use whimbrel_core::history::{Checksum, Journal};
    use whimbrel_db::tracking::{State, Unfinished};

    use super::*;
    use crate::{Layout, MemoryStore};

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

    impl Replaced {
        /// A store with the migration `users`, whose journal says that it holds `text`.
        fn holding(text: &str) -> Self {
            let texts = MemoryStore::from([("0000_users.sql", "SELECT 1;"), (JOURNAL, &journal(text))]);
            Self { texts, next: Mutex::default(), written: AtomicUsize::new(0) }
        }

        /// What is found in it, and what is remembered of that.
        async fn find(&self, dialect: Dialect, cache: &Cache) -> Result<Found, Error> {
            let found = Found::known_or_read(&View::open(self).await?, dialect, cache).await?;
            if let Found::Read(history) = &found {
                history.remember(cache);
            }
            Ok(found)
        }
    }

    fn journal(text: &str) -> String {
        let mut journal = Journal::new(Dialect::Sqlite);
        journal.entries.push(Entry::new(0, "users", 0, Checksum::of_file(text)));
        journal.to_json()
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        (folder, cache)
    }

    fn tracked(rows: &[(&str, &str)]) -> Tracked {
        let row = |(&(name, text), id): (&(&str, &str), i64)| {
            let checksum = Checksum::of_file(text).to_string();
            AppliedMigration { id, name: name.to_owned(), checksum, applied_at: String::new() }
        };
        Tracked { exists: true, applied: rows.iter().zip(1..).map(row).collect(), unfinished: Vec::new() }
    }

    #[tokio::test]
    async fn what_agreed_with_one_journal_is_not_known_of_the_next() {
        let (_folder, cache) = cache();
        let store = Replaced::holding("SELECT 1;");
        *store.next.lock().unwrap() = Some(journal("SELECT 2;"));
        let agrees = async || match store.find(Dialect::Sqlite, &cache).await.unwrap() {
            Found::Known(known) => panic!("{known:?}"),
            Found::Read(history) => history.is_as_the_journal_says(),
        };
        assert!(agrees().await);
        assert!(!agrees().await);
        assert!(!agrees().await);
    }

    #[tokio::test]
    async fn a_journal_that_is_replaced_while_files_are_read_is_read_again() {
        let store = Replaced::holding("SELECT 1;");
        *store.next.lock().unwrap() = Some(journal("SELECT 2;"));
        let history = History::read(&store, Layout::Journal, Dialect::Sqlite).await.unwrap();
        assert_eq!(history.head_text, Some(journal("SELECT 2;")));
        assert!(history.is_current(&store).await.unwrap());
        store.put(JOURNAL, &journal("SELECT 3;")).await.unwrap();
        assert!(!history.is_current(&store).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_known_is_what_a_database_holds_that_has_all_of_it() {
        let (_folder, cache) = cache();
        let store = Replaced::holding("SELECT 1;");
        assert!(matches!(store.find(Dialect::Sqlite, &cache).await.unwrap(), Found::Read(_)));
        let Found::Known(known) = store.find(Dialect::Sqlite, &cache).await.unwrap() else { panic!() };
        assert!(known.is_settled(&tracked(&[("users", "SELECT 1;")])));
        for rows in [
            &[] as &[(&str, &str)],
            &[("users", "SELECT 2;")],
            &[("posts", "SELECT 1;")],
            &[("users", "SELECT 1;"), ("posts", "SELECT 1;")],
            &[("users", "SELECT 1;"), ("users", "SELECT 1;")],
        ] {
            assert!(!known.is_settled(&tracked(rows)), "{rows:?}");
        }
        let begun = Unfinished {
            name: "users".to_owned(),
            checksum: String::new(),
            done: 1,
            digest: String::new(),
            state: State::Waiting,
            fingerprint: String::new(),
            started_at: String::new(),
        };
        let unfinished = Tracked { unfinished: vec![begun], ..tracked(&[("users", "SELECT 1;")]) };
        assert!(!known.is_settled(&unfinished));

        assert!(known.is_current(&store).await.unwrap());
        store.put("0001_posts.sql", "SELECT 2;").await.unwrap();
        assert!(!known.is_current(&store).await.unwrap());
    }

    /// The journal says which dialect its migrations are in, and is not read where it is
    /// known.
    #[tokio::test]
    async fn what_is_known_for_one_dialect_is_not_for_the_other() {
        let (_folder, cache) = cache();
        let store = Replaced::holding("SELECT 1;");
        store.find(Dialect::Sqlite, &cache).await.unwrap();
        let error = store.find(Dialect::Postgres, &cache).await.unwrap_err();
        let expected =
            "`memory/meta/_journal.json` is of migrations for SQLite, and the database is PostgreSQL";
        assert_eq!(error.to_string(), expected);
    }
}
