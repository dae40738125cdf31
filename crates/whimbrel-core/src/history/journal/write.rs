//! Writes a journal: the same entries give the same bytes.

use serde::{Serialize, Serializer};

use super::{Entry, Journal, Replaced, VERSION};
use crate::dialect::Dialect;
use crate::history::Checksum;
use crate::plan::Proof;
use crate::schema::Engine;

impl Journal {
    /// Writes the journal.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::Journal;
    ///
    /// let text = "{\n  \"version\": \"1\",\n  \"dialect\": \"postgresql\",\n  \"entries\": []\n}";
    /// assert_eq!(Journal::new(Dialect::Postgres).to_json(), text);
    /// ```
    pub fn to_json(&self) -> String {
        let json = JournalJson {
            version: VERSION,
            dialect: self.dialect,
            entries: self.entries.iter().map(entry).collect(),
        };
        serde_json::to_string_pretty(&json).expect("a journal has only string keys")
    }
}

#[derive(Serialize)]
struct JournalJson<'a> {
    version: &'a str,
    dialect: Dialect,
    entries: Vec<EntryJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryJson<'a> {
    idx: u32,
    version: &'a str,
    name: &'a str,
    when: i64,
    checksum: &'a Checksum,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    down_checksum: Option<&'a Checksum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'a Engine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a Proof>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replaces: Vec<ReplacedJson<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "one_or_several")]
    legacy_checksum: &'a [Checksum],
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReplacedJson<'a> {
    name: &'a str,
    checksum: &'a Checksum,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "one_or_several")]
    legacy_checksum: &'a [Checksum],
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
}

fn entry(entry: &Entry) -> EntryJson<'_> {
    EntryJson {
        idx: entry.idx,
        version: &entry.version,
        name: &entry.name,
        when: entry.when,
        checksum: &entry.checksum,
        tag: entry.tag.as_deref(),
        down_checksum: entry.down_checksum.as_ref(),
        engine: entry.engine.as_ref(),
        proof: entry.proof.as_ref(),
        replaces: entry.replaces.iter().map(replaced).collect(),
        legacy_checksum: &entry.legacy_checksums,
        // Who reads no other format is not told of this one.
        format: entry.format.is_program().then(|| entry.format.name()),
    }
}

fn replaced(replaced: &Replaced) -> ReplacedJson<'_> {
    ReplacedJson {
        name: &replaced.name,
        checksum: &replaced.checksum,
        legacy_checksum: &replaced.legacy_checksums,
        by: replaced.by.as_deref(),
    }
}

/// One is written as it is, as it always was; several are a list.
fn one_or_several<S: Serializer>(checksums: &[Checksum], serializer: S) -> Result<S::Ok, S::Error> {
    match checksums {
        [one] => one.serialize(serializer),
        several => several.serialize(serializer),
    }
}
