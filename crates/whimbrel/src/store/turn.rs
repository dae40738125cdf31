//! One's turn to write to a store.
//!
//! | the store has | a turn is | of two at once |
//! | --- | --- | --- |
//! | a lock | its lock | the second waits |
//! | conditional put, for new files and old | the intent file, which becomes a claim | the second waits until it is free |
//! | conditional put, for new files alone | the intent file, created as a claim | the second waits until it is gone |
//! | neither | nothing | it is theirs to write one after the other |
//!
//! A claim outlives a process that dies. Whoever finds one unchanged for
//! [`PATIENCE`] takes its writer for dead; a writer that was only slow looks
//! before each of its writes whether the claim is still its own.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::intent::{INTENT, Intent, fresh_id};
use super::{Edit, Store, StoreError, StoreLock, swap};

/// How long an unchanged claim is believed to have a living writer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How soon a claim is looked at again: at first, and at most. Where a look is a
/// request that costs something, few should do.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(800)];

/// One's turn to write to a store.
pub(super) struct Turn<'a> {
    store: &'a dyn Store,
    right: Right,
}

/// What gives the right to write.
enum Right {
    Lock(Box<dyn StoreLock>),
    /// The text of the intent file, as written last, which nobody replaces who
    /// does not take us for dead.
    Swap(String),
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
        } else if can.create && can.replace {
            Right::Swap(swap::claim(store).await?)
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
            None => self.check_names(edit).await,
            Some(at) => Err(StoreError::Changed { store: self.store.name(), path: paths[at].clone() }),
        }
    }

    /// Checks that nothing came or went.
    async fn check_names(&self, edit: &Edit) -> Result<(), StoreError> {
        let Some(expected) = edit.expected_names() else { return Ok(()) };
        let found = self.store.list().await?.into_iter().filter(|path| !path.contains('/'));
        let found: BTreeSet<String> = found.collect();
        match expected.symmetric_difference(&found).next() {
            None => Ok(()),
            Some(path) => Err(StoreError::Changed { store: self.store.name(), path: path.clone() }),
        }
    }

    /// Writes the intent: from here on the edit counts as done.
    ///
    /// After an error it does not: should the store have written the intent and
    /// failed to say so, it is deleted, as long as the store answers at all.
    pub(super) async fn decide(&mut self, intent: String) -> Result<(), StoreError> {
        if let Right::Swap(claim) = &mut self.right {
            return decide_by_swap(self.store, claim, intent).await;
        }
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
        match &self.right {
            Right::Lock(_) | Right::Nothing => make(self.store, edit).await?,
            Right::Swap(intent) => drop(swap::make(self.store, edit, intent).await?),
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
        match self.right {
            Right::Claim(_) | Right::Swap(_) => self.withdraw().await?,
            Right::Lock(_) | Right::Nothing => {}
        }
        self.end().await
    }

    /// Ends a turn after which there is no intent.
    pub(super) async fn end(self) -> Result<(), StoreError> {
        match self.right {
            Right::Lock(lock) => lock.release().await,
            Right::Swap(_) | Right::Claim(_) | Right::Nothing => Ok(()),
        }
    }

    /// Deletes the intent, or says in its place that the store is free.
    async fn withdraw(&self) -> Result<(), StoreError> {
        if let Right::Swap(intent) = &self.right {
            return swap::release(self.store, intent).await;
        }
        if self.is_still_ours().await? { self.store.delete(INTENT).await } else { Ok(()) }
    }

    /// Says whether nobody has taken us for dead.
    async fn is_still_ours(&self) -> Result<bool, StoreError> {
        match &self.right {
            Right::Lock(_) | Right::Nothing => Ok(true),
            Right::Swap(claim) | Right::Claim(claim) => {
                Ok(self.store.get(INTENT).await?.as_ref() == Some(claim))
            }
        }
    }

    fn has_claimed(&self, text: &str) -> bool {
        match &self.right {
            Right::Swap(claim) | Right::Claim(claim) => claim == text,
            Right::Lock(_) | Right::Nothing => false,
        }
    }
}

/// Makes of the claim the intent.
async fn decide_by_swap(store: &dyn Store, claim: &mut String, intent: String) -> Result<(), StoreError> {
    match swap::write(store, INTENT, Some(claim), &intent).await {
        Ok(true) => {
            *claim = intent;
            Ok(())
        }
        Ok(false) => Err(StoreError::Changed { store: store.name(), path: INTENT.to_owned() }),
        Err(error) => {
            for ours in [&intent, claim] {
                let _ = swap::release(store, ours).await;
            }
            Err(error)
        }
    }
}

/// Finishes the edit that the intent file holds, if there is one.
async fn finish(store: &dyn Store) -> Result<(), StoreError> {
    let Some(text) = store.get(INTENT).await? else {
        return Ok(());
    };
    match Intent::from_json(&store.name(), &text)? {
        Intent::Free | Intent::Claim => {}
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
        let Some(seen) = store.get(INTENT).await? else { continue };
        if Intent::from_json(&store.name(), &seen)? == Intent::Free || is_abandoned(store, &seen).await? {
            finish(store).await?;
        }
    }
    Ok(claim)
}

/// Waits until the intent file, in which `seen` was seen, is another or gone;
/// says whether it stayed as it is for so long that its writer must be dead.
pub(super) async fn is_abandoned(store: &dyn Store, seen: &str) -> Result<bool, StoreError> {
    let since = Instant::now();
    let [mut pause, longest] = PAUSES;
    while since.elapsed() < PATIENCE {
        sleep(pause).await;
        pause = longest.min(pause * 2);
        if store.get(INTENT).await?.as_deref() != Some(seen) {
            return Ok(false);
        }
    }
    Ok(true)
}
