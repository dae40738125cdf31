//! The objects of a bucket.

use std::collections::BTreeMap;

use hyper::body::Bytes;

use super::protocol::{Condition, Refusal};

/// Objects by key.
#[derive(Debug, Default)]
pub(super) struct Objects {
    by_key: BTreeMap<String, Object>,
    puts: u64,
}

/// A text, and the number of the put that made it.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) text: Bytes,
    pub(super) version: u64,
}

/// What became of an object that was to be deleted.
#[derive(Debug)]
pub(super) struct Deletion {
    pub(super) key: String,
    pub(super) outcome: Result<(), Refusal>,
}

/// A part of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) objects: Vec<(String, Object)>,
    /// How many were listed with it, if there are more.
    pub(super) next: Option<usize>,
}

impl Objects {
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let text = |object: &Object| String::from_utf8_lossy(&object.text).into_owned();
        self.by_key.iter().map(|(key, object)| (key.clone(), text(object))).collect()
    }

    pub(super) fn get(&self, key: &str) -> Result<Object, Refusal> {
        self.by_key.get(key).cloned().ok_or(Refusal::NoObject)
    }

    pub(super) fn put(&mut self, key: String, text: Bytes) -> Object {
        self.puts += 1;
        let object = Object { text, version: self.puts };
        self.by_key.insert(key, object.clone());
        object
    }

    /// Whether the condition of a put holds.
    pub(super) fn allow(&self, key: &str, condition: &Condition, tag: impl Fn(&Object) -> String) -> bool {
        let found = self.by_key.get(key);
        match condition {
            Condition::Always => true,
            Condition::Absent => found.is_none(),
            Condition::Tagged(wanted) => found.is_some_and(|object| tag(object) == *wanted),
        }
    }

    pub(super) fn delete(&mut self, key: String, is_locked: bool) -> Deletion {
        let outcome = match self.by_key.contains_key(&key) {
            true if is_locked => Err(Refusal::Locked),
            true => Ok(()),
            false => Err(Refusal::NoObject),
        };
        if outcome.is_ok() {
            self.by_key.remove(&key);
        }
        Deletion { key, outcome }
    }

    /// A page of the keys that begin so, after the first `listed` of them.
    pub(super) fn list(&self, prefix: &str, listed: usize, size: usize) -> Page {
        let size = if size == 0 { 1_000 } else { size };
        let found = self.by_key.iter().filter(|(key, _)| key.starts_with(prefix)).skip(listed);
        let mut objects: Vec<_> =
            found.take(size + 1).map(|(key, object)| (key.clone(), object.clone())).collect();
        let next = (objects.len() > size).then_some(listed + size);
        objects.truncate(size);
        Page { objects, next }
    }
}
