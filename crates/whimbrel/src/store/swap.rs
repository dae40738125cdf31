//! Writing to a store without a lock that replaces only what is unchanged.
//!
//! A writer may be taken for dead while it is merely slow: its computer slept,
//! or a request of it is still on its way. Whatever it writes then must not hit
//! the work of those who went on. So nothing is written over but what was seen
//! while the intent file was still one's own, and the intent file is never
//! deleted: in the end it says that the store is free.
//!
//! Only a deletion cannot be made to depend on what is there. One that comes
//! too late may take away a file of the same name that was written since; the
//! journal then names a file that is missing, and every command says so.

use std::collections::BTreeMap;

use futures_util::{TryStreamExt as _, stream};

use super::intent::{INTENT, Intent, fresh_id};
use super::turn::is_abandoned;
use super::{Edit, Store, StoreError};

/// How many files are written at a time.
const AT_ONCE: usize = 16;

/// The folder of what belongs to all migrations, the journal before all.
const META: &str = "meta/";

/// Waits until the store is free, makes the intent file a claim, and returns its
/// text. An edit whose writer died is finished on the way.
pub(super) async fn claim(store: &dyn Store) -> Result<String, StoreError> {
    let claim = Intent::Claim.to_json(&fresh_id());
    loop {
        let Some(seen) = store.get(INTENT).await? else {
            if write(store, INTENT, None, &claim).await? {
                return Ok(claim);
            }
            continue;
        };
        let is_free = match Intent::from_json(&store.name(), &seen)? {
            Intent::Free => true,
            Intent::Claim => is_abandoned(store, &seen).await?,
            Intent::Edit(edit) => is_abandoned(store, &seen).await? && make(store, &edit, &seen).await?,
        };
        if is_free && write(store, INTENT, Some(&seen), &claim).await? {
            return Ok(claim);
        }
    }
}

/// Makes what `edit` says, as long as the intent file holds `intent`; says
/// whether it did. If not, somebody else has made it.
pub(super) async fn make(store: &dyn Store, edit: &Edit, intent: &str) -> Result<bool, StoreError> {
    let paths = edit.puts().keys().cloned().collect::<Vec<_>>();
    let seen = paths.iter().cloned().zip(store.get_many(&paths).await?).collect::<BTreeMap<_, _>>();
    if store.get(INTENT).await?.as_deref() != Some(intent) {
        return Ok(false);
    }
    // Whoever reads without a view finds no journal that names what is not there.
    for is_meta in [false, true] {
        let texts = edit.puts().iter().filter(|(path, _)| path.starts_with(META) == is_meta);
        let writes = texts.map(|(path, text)| put(store, path, seen[path].as_deref(), text)).map(Ok);
        stream::iter(writes).try_for_each_concurrent(AT_ONCE, |write| write).await?;
    }
    let is_ours = store.get(INTENT).await?.as_deref() == Some(intent);
    if is_ours {
        store.delete_many(edit.deletes()).await?;
    }
    Ok(is_ours)
}

/// Says in the intent file, if it still holds `intent`, that the store is free.
pub(super) async fn release(store: &dyn Store, intent: &str) -> Result<(), StoreError> {
    write(store, INTENT, Some(intent), &Intent::Free.to_json(&fresh_id())).await?;
    Ok(())
}

/// Writes `text`, unless somebody has changed what was `seen`: they have made
/// the edit.
async fn put(store: &dyn Store, path: &str, seen: Option<&str>, text: &str) -> Result<(), StoreError> {
    if seen != Some(text) {
        write(store, path, seen, text).await?;
    }
    Ok(())
}

/// Writes `text` over what was `seen`, and says whether it is there now.
pub(super) async fn write(
    store: &dyn Store,
    path: &str,
    seen: Option<&str>,
    text: &str,
) -> Result<bool, StoreError> {
    let written = match seen {
        None => store.create(path, text).await?,
        Some(seen) => store.replace(path, seen, text).await?,
    };
    // A write that was repeated since its answer was lost finds itself there.
    Ok(written || store.get(path).await?.as_deref() == Some(text))
}
