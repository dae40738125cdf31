//! The two layouts of a folder of migrations.

use whimbrel_core::history::Journal;
use whimbrel_core::lockfile::LOCK_FILE;

use super::JOURNAL;

/// How a project keeps its migrations.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::LockFileStore;
/// use whimbrel::{Layout, Migrator};
///
/// let project = tempfile::tempdir().unwrap();
/// let store = LockFileStore::new(project.path().join("migrations"));
/// let builder = Migrator::builder("sqlite::memory:")?.store(store).layout(Layout::LockFile);
/// builder.connect().await?.create("users").await?;
/// assert!(project.path().join("migrations/0001_users.sql").is_file());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// A journal says which migrations there are: `meta/_journal.json`, with the
    /// ways back in `meta/_down` and a snapshot of the schema.
    #[default]
    Journal,
    /// The folder says which there are, and Kontract's lock file
    /// `kontract.lock.json` what those held that were applied somewhere. A
    /// migration is one file. Needs a store that can list its files, such as
    /// [`LockFileStore`](crate::store::LockFileStore).
    LockFile,
}

impl Layout {
    /// The file that every change of the history goes through.
    pub(crate) fn head(self) -> &'static str {
        match self {
            Self::Journal => JOURNAL,
            Self::LockFile => LOCK_FILE,
        }
    }

    /// The number of the migration that comes next.
    pub(crate) fn next_index(self, journal: &Journal) -> u32 {
        match (self, journal.head()) {
            (Self::LockFile, None) => 1,
            (Self::Journal | Self::LockFile, _) => journal.next_index(),
        }
    }
}
