//! One's turn to write to a store.
//!
//! | the store has | a turn is | of two at once |
//! | --- | --- | --- |
//! | a lock | its lock | the second waits |
//! | conditional put | the intent file, created as a claim | the second waits until it is gone |
//! | neither | nothing | it is theirs to write one after the other |
//!
//! A claim outlives a process that dies. Whoever finds one unchanged for
//! [`PATIENCE`] takes its writer for dead; a writer that was only slow looks
//! before each of its writes whether the claim is still its own.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::intent::{INTENT, Intent, fresh_id};
use super::{Edit, Store, StoreError, StoreLock};

/// How long an unchanged claim is believed to have a living writer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How often a claim is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// One's turn to write to a store.
pub(super) struct Turn<'a> {
    store: &'a dyn Store,
    right: Right,
}

/// What gives the right to write.
enum Right {
    Lock(Box<dyn StoreLock>),
    /// The text of the intent file, as written last.
    Claim(String),
    Nothing,
}

impl<'a> Turn<'a> {
    /// Waits for one's turn, and finishes what was left unfinished.
    pub(super) async fn take(store: &'a dyn Store) -> Result<Self, StoreError> {
        let can = store.capabilities();
        if !can.writable {
            return Err(StoreError::ReadOnly { store: store.name() });
        }
        let right = if can.lock {
            let lock = store.lock().await?;
            finish(store).await?;
            Right::Lock(lock)
        } else if can.create {
            Right::Claim(claim(store).await?)
        } else {
            finish(store).await?;
            Right::Nothing
        };
        Ok(Self { store, right })
    }

    pub(super) fn store(&self) -> &'a dyn Store {
        self.store
    }

    /// Checks that all is as `edit` expects it.
    pub(super) async fn check(&self, edit: &Edit) -> Result<(), StoreError> {
        let (paths, expected): (Vec<_>, Vec<_>) = edit.expected().clone().into_iter().unzip();
        let found = self.store.get_many(&paths).await?;
        match (0..paths.len()).find(|&at| found[at] != expected[at]) {
            None => Ok(()),
            Some(at) => Err(StoreError::Changed { store: self.store.name(), path: paths[at].clone() }),
        }
    }

    /// Writes the intent: from here on the edit counts as done.
    ///
    /// After an error it does not: should the store have written the intent and
    /// failed to say so, it is deleted, as long as the store answers at all.
    pub(super) async fn decide(&mut self, intent: String) -> Result<(), StoreError> {
        if !self.is_still_ours().await? {
            return Err(StoreError::Changed { store: self.store.name(), path: INTENT.to_owned() });
        }
        let written = self.store.put(INTENT, &intent).await;
        if written.is_err() {
            let found = self.store.get(INTENT).await.ok().flatten();
            if found.is_some_and(|found| found == intent || self.has_claimed(&found)) {
                let _ = self.store.delete(INTENT).await;
            }
        } else if let Right::Claim(claim) = &mut self.right {
            *claim = intent;
        }
        written
    }

    /// Writes and deletes what `edit` says, then deletes the intent.
    pub(super) async fn carry_out(&self, edit: &Edit) -> Result<(), StoreError> {
        match self.right {
            Right::Lock(_) | Right::Nothing => make(self.store, edit).await?,
            Right::Claim(_) => self.carry_out_watchfully(edit).await?,
        }
        self.withdraw().await
    }

    /// Stops where somebody took us for dead: they have finished the edit.
    async fn carry_out_watchfully(&self, edit: &Edit) -> Result<(), StoreError> {
        for (path, text) in edit.puts() {
            if self.is_still_ours().await? {
                self.store.put(path, text).await?;
            }
        }
        for path in edit.deletes() {
            if self.is_still_ours().await? {
                self.store.delete(path).await?;
            }
        }
        Ok(())
    }

    /// Ends a turn in which nothing was decided.
    pub(super) async fn give_back(self) -> Result<(), StoreError> {
        if let Right::Claim(_) = self.right {
            self.withdraw().await?;
        }
        self.end().await
    }

    /// Ends a turn after which there is no intent.
    pub(super) async fn end(self) -> Result<(), StoreError> {
        match self.right {
            Right::Lock(lock) => lock.release().await,
            Right::Claim(_) | Right::Nothing => Ok(()),
        }
    }

    /// Deletes the intent.
    async fn withdraw(&self) -> Result<(), StoreError> {
        if self.is_still_ours().await? { self.store.delete(INTENT).await } else { Ok(()) }
    }

    /// Says whether nobody has taken us for dead.
    async fn is_still_ours(&self) -> Result<bool, StoreError> {
        match &self.right {
            Right::Lock(_) | Right::Nothing => Ok(true),
            Right::Claim(claim) => Ok(self.store.get(INTENT).await?.as_ref() == Some(claim)),
        }
    }

    fn has_claimed(&self, text: &str) -> bool {
        match &self.right {
            Right::Claim(claim) => claim == text,
            Right::Lock(_) | Right::Nothing => false,
        }
    }
}

/// Finishes the edit that the intent file holds, if there is one.
async fn finish(store: &dyn Store) -> Result<(), StoreError> {
    let Some(text) = store.get(INTENT).await? else {
        return Ok(());
    };
    match Intent::from_json(&store.name(), &text)? {
        Intent::Claim => {}
        Intent::Edit(edit) => make(store, &edit).await?,
    }
    store.delete(INTENT).await
}

/// Writes and deletes what `edit` says.
async fn make(store: &dyn Store, edit: &Edit) -> Result<(), StoreError> {
    store.put_many(edit.puts()).await?;
    store.delete_many(edit.deletes()).await
}

/// Creates the intent file, and returns its text.
async fn claim(store: &dyn Store) -> Result<String, StoreError> {
    let claim = Intent::Claim.to_json(&fresh_id());
    while !store.create(INTENT, &claim).await? {
        if is_abandoned(store).await? {
            finish(store).await?;
        }
    }
    Ok(claim)
}

/// Waits until the intent file is another or gone; says whether it stayed as it
/// is for so long that its writer must be dead.
async fn is_abandoned(store: &dyn Store) -> Result<bool, StoreError> {
    let Some(seen) = store.get(INTENT).await? else {
        return Ok(false);
    };
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        sleep(PAUSE).await;
        if store.get(INTENT).await?.as_ref() != Some(&seen) {
            return Ok(false);
        }
    }
    Ok(true)
}
