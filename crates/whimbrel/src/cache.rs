//! What was found out before, kept on disk.
//!
//! A source is created in a scratch database and read back only once: the
//! result is kept under a key of all that it depends on, and so is what was
//! found in sync (see `in_sync`). An entry is written
//! under a temporary name and renamed into place, so that a reader sees a whole
//! one or none; an entry that does not read is as good as absent. Nothing here
//! can fail a run: without a cache everything is only slower.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use whimbrel_core::schema::{LeftAlone, Schema};

/// Counts up whenever the reader or the entry's form changes.
const FORMAT: &str = "6";

/// How many entries are kept.
const CAPACITY: usize = 128;

/// A folder of entries.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// What is kept of one source.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The schema as the engine read it back.
    pub(crate) schema: Schema,
    /// What it found besides.
    pub(crate) left_alone: Vec<LeftAlone>,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The key of an entry: a digest of everything the result depends on.
    pub(crate) fn key<'a>(ingredients: impl IntoIterator<Item = &'a str>) -> String {
        let mut digest = Sha256::new();
        for ingredient in [FORMAT, env!("CARGO_PKG_VERSION")].into_iter().chain(ingredients) {
            digest.update((ingredient.len() as u64).to_le_bytes());
            digest.update(ingredient);
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let text = fs::read(self.path(key)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    pub(crate) fn put<T: Serialize>(&self, key: &str, entry: &T) {
        // A cache that cannot be written (read-only home, full disk) is no reason to fail.
        let _ = self.try_put(key, entry);
    }

    fn try_put<T: Serialize>(&self, key: &str, entry: &T) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let temporary = self.folder.join(format!("{key}.{}", std::process::id()));
        let mut file = fs::File::create(&temporary)?;
        let written = serde_json::to_writer(std::io::BufWriter::new(&mut file), entry)
            .map_err(std::io::Error::from)
            .and_then(|()| file.flush())
            .and_then(|()| fs::rename(&temporary, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        self.prune()?;
        written
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    /// Removes the oldest entries beyond the capacity.
    fn prune(&self) -> std::io::Result<()> {
        let mut entries: Vec<(SystemTime, PathBuf)> = fs::read_dir(&self.folder)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        entries.sort();
        let surplus = entries.len().saturating_sub(CAPACITY);
        entries[..surplus].iter().try_for_each(|(_, path): &(_, PathBuf)| fs::remove_file(path as &Path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(namespace: &str) -> Entry {
        let schema = Schema { namespaces: vec![namespace.into()], ..Schema::default() };
        Entry { schema, left_alone: vec![LeftAlone::new("policy", "own")] }
    }

    #[test]
    fn an_entry_comes_back_under_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("deep/down"));
        let key = Cache::key(["a", "bc"]);
        assert!(cache.get::<Entry>(&key).is_none());
        cache.put(&key, &entry("one"));
        assert_eq!(cache.get::<Entry>(&key), Some(entry("one")));
        assert!(cache.get::<Entry>(&Cache::key(["ab", "c"])).is_none(), "ingredients must not run together");
    }

    #[test]
    fn a_torn_entry_is_as_good_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        let key = Cache::key(["a"]);
        cache.put(&key, &entry("one"));
        let path = cache.path(&key);
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() / 2]).unwrap();
        assert!(cache.get::<Entry>(&key).is_none());
    }

    #[test]
    fn only_so_many_entries_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        for number in 0..CAPACITY + 3 {
            cache.put(&Cache::key([number.to_string().as_str()]), &entry("x"));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), CAPACITY);
    }

    #[test]
    fn an_unwritable_folder_does_no_harm() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let cache = Cache::new(file.path().join("under-a-file"));
        cache.put(&Cache::key(["a"]), &entry("one"));
        assert!(cache.get::<Entry>(&Cache::key(["a"])).is_none());
    }
}
