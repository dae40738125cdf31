//! A change of several files that is all or nothing.
//!
//! The module of stores states the guarantee. Who may write is settled by the
//! lock of the store, or by a claim where it has none; see [`Turn`].

use std::collections::{BTreeMap, BTreeSet};

use super::intent::{INTENT, Intent, fresh_id};
use super::turn::Turn;
use super::{Store, StoreError, check_path};

/// A change of several files that is all or nothing: see [`commit`].
///
/// A path is either written or deleted: what is said last about it holds.
///
/// ```
/// use whimbrel::store::Edit;
/// let edit = Edit::new()
///     .expect("meta/_journal.json", None)
///     .put("0000_initial.sql", "SELECT 1;")
///     .put("meta/_journal.json", "{}");
/// assert_eq!(edit.puts().len(), 2);
/// assert!(edit.deletes().is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "an edit does nothing until it is committed"]
pub struct Edit {
    /// Texts to be written. No path of it is in `delete`.
    put: BTreeMap<String, String>,
    /// Paths to be deleted.
    delete: BTreeSet<String>,
    /// What the paths hold for the edit to make sense.
    expect: BTreeMap<String, Option<String>>,
    /// The names of all texts in no folder, if they must be these.
    names: Option<BTreeSet<String>>,
}

impl Edit {
    /// Returns an edit that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `text` to `path`.
    ///
    /// ```
    /// use whimbrel::store::Edit;
    /// let edit = Edit::new().put("0000_users.sql", "SELECT 1;").put("0000_users.sql", "SELECT 2;");
    /// assert_eq!(edit.puts()["0000_users.sql"], "SELECT 2;");
    /// ```
    pub fn put(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        let path = path.into();
        self.delete.remove(&path);
        self.put.insert(path, text.into());
        self
    }

    /// Deletes `path`; that it is not there is no error.
    ///
    /// ```
    /// use whimbrel::store::Edit;
    /// let edit = Edit::new().put("0000_users.sql", "SELECT 1;").delete("0000_users.sql");
    /// assert!(edit.puts().is_empty());
    /// assert!(edit.deletes().contains("0000_users.sql"));
    /// ```
    pub fn delete(mut self, path: impl Into<String>) -> Self {
        let path = path.into();
        self.put.remove(&path);
        self.delete.insert(path);
        self
    }

    /// Commits only if `path` holds `text`, `None` for no file.
    ///
    /// Name what the edit was made from, above all the journal: if somebody else
    /// has committed since it was read, [`commit`] fails with
    /// [`StoreError::Changed`] and their work stays.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{Edit, MemoryStore, StoreError, commit};
    /// let store = MemoryStore::from([("meta/_journal.json", "theirs")]);
    /// let edit = Edit::new().expect("meta/_journal.json", Some("as I read it")).put("meta/_journal.json", "mine");
    /// assert!(matches!(commit(&store, edit).await, Err(StoreError::Changed { .. })));
    /// assert_eq!(store.texts()["meta/_journal.json"], "theirs");
    /// # });
    /// ```
    pub fn expect(mut self, path: impl Into<String>, text: Option<&str>) -> Self {
        self.expect.insert(path.into(), text.map(str::to_owned));
        self
    }

    /// Commits only if the texts in none of the store's folders are these, by name.
    ///
    /// For what is made from the whole list: a number that nobody has, say. The
    /// store must be able to [list](super::Capabilities::list).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::store::{Edit, MemoryStore, commit};
    /// let store = MemoryStore::from([("0001_users.sql", "SELECT 1;")]);
    /// let as_seen = || Edit::new().expect_names(["0001_users.sql".to_owned()]);
    /// assert!(commit(&store, as_seen().put("0002_posts.sql", "SELECT 1;")).await.is_ok());
    /// // Two is taken by now.
    /// assert!(commit(&store, as_seen().put("0002_orders.sql", "SELECT 1;")).await.is_err());
    /// # });
    /// ```
    pub fn expect_names(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.names = Some(names.into_iter().collect());
        self
    }

    /// The texts to be written, by path.
    pub fn puts(&self) -> &BTreeMap<String, String> {
        &self.put
    }

    /// The paths to be deleted.
    pub fn deletes(&self) -> &BTreeSet<String> {
        &self.delete
    }

    /// What the edit expects to find, by path.
    pub(super) fn expected(&self) -> &BTreeMap<String, Option<String>> {
        &self.expect
    }

    /// The names that the edit expects to find.
    pub(super) fn expected_names(&self) -> Option<&BTreeSet<String>> {
        self.names.as_ref()
    }

    /// Says whether it changes nothing.
    ///
    /// ```
    /// use whimbrel::store::Edit;
    /// assert!(Edit::new().expect("meta/_journal.json", None).is_empty());
    /// assert!(!Edit::new().delete("0000_users.sql").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty()
    }

    /// Checks all paths.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        for path in self.put.keys().chain(&self.delete).chain(self.expect.keys()) {
            check_path(path)?;
            if path == INTENT {
                let reason = "unfinished edits are kept there";
                return Err(StoreError::Path { path: path.clone(), reason });
            }
        }
        Ok(())
    }
}

/// Makes `edit`, all of it or nothing.
///
/// An edit that somebody else left unfinished is finished first. New texts are
/// written in the order of their paths, so that a migration's files are there
/// before `meta/_journal.json` names them; deletions come last.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{Edit, MemoryStore, Store, commit};
/// let store = MemoryStore::from([("0000_a.sql", "SELECT 1;")]);
/// commit(&store, Edit::new().put("0000_b.sql", "SELECT 1;").delete("0000_a.sql")).await?;
/// assert_eq!(store.list().await?, ["0000_b.sql"]);
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// [`StoreError::Changed`] if a text is not as the edit expects it, and others
/// if the store fails. After [`StoreError::Unfinished`] the edit is made as far
/// as a [`View`](super::View) reads, and the next commit finishes it; after any
/// other error nothing has changed, unless the store did what it was asked and
/// then failed to say so.
pub async fn commit(store: &dyn Store, edit: Edit) -> Result<(), StoreError> {
    edit.check()?;
    let turn = Turn::take(store).await?;
    match turn.check(&edit).await {
        Ok(()) if !edit.is_empty() => run(turn, edit).await,
        outcome => outcome.and(turn.give_back().await),
    }
}

/// Writes the intent, carries it out, deletes it.
async fn run(mut turn: Turn<'_>, edit: Edit) -> Result<(), StoreError> {
    let intent = Intent::Edit(edit.clone()).to_json(&fresh_id());
    turn.decide(intent).await?;
    match turn.carry_out(&edit).await {
        Ok(()) => turn.end().await,
        Err(source) => Err(StoreError::Unfinished { store: turn.store().name(), source: Box::new(source) }),
    }
}

/// Finishes an edit that was left unfinished, and says whether there was one.
///
/// [`commit`] does so by itself. It writes nothing where there is nothing to
/// finish.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{MemoryStore, recover};
/// let store = MemoryStore::from([
///     ("a.sql", "old"),
///     ("meta/_edit.json", r#"{"version":1,"id":"x","edit":{"put":{"a.sql":"new"},"delete":[]}}"#),
/// ]);
/// assert!(recover(&store).await?);
/// assert_eq!(store.texts().into_iter().collect::<Vec<_>>(), [("a.sql".into(), "new".into())]);
/// assert!(!recover(&store).await?);
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// If the store fails, or has something to finish and cannot be written.
pub async fn recover(store: &dyn Store) -> Result<bool, StoreError> {
    let Some(text) = store.get(INTENT).await? else {
        return Ok(false);
    };
    if Intent::from_json(&store.name(), &text)? == Intent::Free {
        return Ok(false);
    }
    Turn::take(store).await?.give_back().await?;
    Ok(true)
}
