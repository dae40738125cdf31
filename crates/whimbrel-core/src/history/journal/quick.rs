//! Reads a journal with which nothing is wrong, fast: every start of a service
//! that applies its migrations reads one.
//!
//! It takes no more than the strict reader does, and says nothing of what it
//! does not take: whoever gets `None` asks that one, which explains.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::json::Unique;
use super::read::{exactly, have_parents, is_digits, is_time, to_index};
use super::{Entry, Journal, Replaced, VERSION};
use crate::dialect::Dialect;
use crate::history::{Checksum, Format, check_name};
use crate::plan::Proof;
use crate::schema::Engine;

/// Reads a journal, if nothing is wrong with it.
pub(super) fn read(text: &str) -> Option<Journal> {
    let Object(json) = serde_json::from_str::<Object<JournalJson>>(text).ok()?;
    let Entries(entries) = json.entries;
    (json.version == VERSION && agree(&entries)).then_some(Journal { dialect: json.dialect, entries })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalJson {
    version: String,
    dialect: Dialect,
    entries: Entries,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EntryJson {
    idx: u64,
    version: String,
    name: String,
    when: i64,
    checksum: Checksum,
    #[serde(default, deserialize_with = "there")]
    tag: Option<String>,
    #[serde(default, deserialize_with = "there")]
    down_checksum: Option<Checksum>,
    #[serde(default, deserialize_with = "there")]
    engine: Option<Unique>,
    #[serde(default, deserialize_with = "there")]
    proof: Option<Unique>,
    #[serde(default)]
    replaces: Vec<Object<ReplacedJson>>,
    #[serde(default, deserialize_with = "there")]
    legacy_checksum: Option<Earlier>,
    #[serde(default, deserialize_with = "there")]
    format: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReplacedJson {
    name: String,
    checksum: Checksum,
    #[serde(default, deserialize_with = "there")]
    legacy_checksum: Option<Earlier>,
    #[serde(default, deserialize_with = "there")]
    by: Option<String>,
}

/// One checksum, or a list of some.
#[derive(Deserialize)]
#[serde(untagged)]
enum Earlier {
    One(Checksum),
    Several(Vec<Checksum>),
}

/// All entries, each made of its fields at once: a long list of fields is not
/// kept beside them.
struct Entries(Vec<Entry>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(json) = list.next_element()? {
            entries
                .push(entry(json).ok_or_else(|| A::Error::custom("an entry with which something is wrong"))?);
        }
        Ok(Entries(entries))
    }
}

/// Something that must be an object: by itself, the derive takes a list too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

/// Reads a field that is there, and so has a value: `null` is none.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn entry(Object(json): Object<EntryJson>) -> Option<Entry> {
    let is_fine = is_digits(&json.version) && check_name(&json.name).is_ok() && is_time(json.when);
    let replaces = json.replaces.into_iter().map(replaced).collect::<Option<Vec<_>>>()?;
    (is_fine && have_parents(&replaces)).then_some(Entry {
        idx: to_index(json.idx)?,
        version: json.version,
        name: json.name,
        when: json.when,
        checksum: json.checksum,
        tag: json.tag,
        down_checksum: json.down_checksum,
        engine: whole::<Engine>(json.engine)?,
        proof: whole::<Proof>(json.proof)?,
        replaces,
        legacy_checksums: earlier(json.legacy_checksum)?,
        format: json.format.map_or_else(|| Some(Format::default()), |name| Format::named(&name))?,
    })
}

fn replaced(Object(json): Object<ReplacedJson>) -> Option<Replaced> {
    let legacy_checksums = earlier(json.legacy_checksum)?;
    Some(Replaced { name: json.name, checksum: json.checksum, legacy_checksums, by: json.by })
}

/// The value of a field that says nothing which would be passed over; `None` if
/// it does.
fn whole<T: DeserializeOwned + Serialize>(field: Option<Unique>) -> Option<Option<T>> {
    match field {
        Some(Unique(value)) => exactly(&value).map(Some),
        None => Some(None),
    }
}

fn earlier(field: Option<Earlier>) -> Option<Vec<Checksum>> {
    match field {
        None => Some(Vec::new()),
        Some(Earlier::One(one)) => Some(vec![one]),
        Some(Earlier::Several(several)) => (!several.is_empty()).then_some(several),
    }
}

/// Says whether names differ, numbers ascend, and nothing that was replaced is
/// still there.
fn agree(entries: &[Entry]) -> bool {
    let ascend = entries.windows(2).all(|pair| pair[0].idx < pair[1].idx);
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let mut replaced = entries.iter().flat_map(|entry| &entry.replaces);
    ascend && names.len() == entries.len() && !replaced.any(|one| names.contains(one.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    /// A journal as the strict reader has it, if nothing is wrong with it.
    fn strictly(text: &str) -> Option<Journal> {
        super::super::read::strictly("meta/_journal.json", text).ok()
    }

    const FULL: &str = r#"{"version": "1", "dialect": "sqlite", "entries": [{
        "idx": 7, "version": "20260131102030", "name": "a", "when": 1769854830123,
        "checksum": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "tag": "v2",
        "format": "ts", "downChecksum": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "engine": {"name": "sqlite", "major": 3}, "proof": {"verdict": "irreversible", "reason": "it is"},
        "replaces": [
            {"name": "b", "checksum": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
             "legacyChecksum": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "by": "c"},
            {"name": "c", "checksum": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}],
        "legacyChecksum": ["cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"]}]}"#;

    #[test]
    fn what_is_right_is_read_here() {
        assert_eq!(read(FULL), strictly(FULL));
        assert!(read(FULL).is_some());
    }

    /// Whatever one changes, deletes or repeats, it never takes what the strict
    /// reader refuses, nor reads it as something else.
    #[test]
    fn what_is_wrong_is_left_to_the_strict_reader() {
        let values = ["null", "[]", "{}", "0", "1.0", "-1", "4294967295", "\"\"", "true", "\"a/b\"", "\"c\""];
        let json = json::read(FULL).expect("it is JSON");
        let mut refused = 0;
        for place in places(&json, "") {
            let mut texts: Vec<String> = Vec::new();
            for value in values {
                let mut other = json.clone();
                *other.pointer_mut(&place).expect("it is there") = json::read(value).expect("it is JSON");
                texts.push(other.to_string());
            }
            let (parent, key) = place.rsplit_once('/').unwrap_or_default();
            let mut other = json.clone();
            match other.pointer_mut(parent) {
                Some(serde_json::Value::Object(fields)) if !place.is_empty() => {
                    let value = fields.remove(key).expect("it is there");
                    texts.push(other.to_string());
                    let mut other = json.clone();
                    let fields = other.pointer_mut(parent).and_then(serde_json::Value::as_object_mut);
                    fields.expect("it is an object").insert("other".to_owned(), value.clone());
                    texts.push(other.to_string());
                    texts.push(FULL.replacen(
                        &format!("\"{key}\":"),
                        &format!("\"{key}\": {value}, \"{key}\":"),
                        1,
                    ));
                }
                _ => {}
            }
            for text in texts {
                let strict = strictly(&text);
                refused += usize::from(strict.is_none());
                assert!(read(&text).is_none_or(|quick| Some(quick) == strict), "{text}");
            }
        }
        assert!(refused > 200, "{refused}");
    }

    /// Pointers to everything in a value.
    fn places(json: &serde_json::Value, at: &str) -> Vec<String> {
        let inside: Vec<String> = match json {
            serde_json::Value::Object(fields) => {
                fields.iter().flat_map(|(key, value)| places(value, &format!("{at}/{key}"))).collect()
            }
            serde_json::Value::Array(items) => items
                .iter()
                .enumerate()
                .flat_map(|(key, value)| places(value, &format!("{at}/{key}")))
                .collect(),
            _ => Vec::new(),
        };
        std::iter::once(at.to_owned()).chain(inside).collect()
    }
}
