//! Drizzle: `0000_name.sql`, and a journal with the time of each, by which its
//! tracking table knows it.

use serde::Deserialize;

use super::digest::sha256;
use super::{Foreign, ForeignError, Texts, Tool};

const JOURNAL: &str = "meta/_journal.json";

/// The journal, as far as it matters.
#[derive(Deserialize)]
struct Journal {
    entries: Vec<Tagged>,
}

#[derive(Deserialize)]
struct Tagged {
    when: i64,
    tag: String,
}

/// Says whether a journal is Drizzle's: VibORM's entries have no time without a
/// checksum, and no breakpoints.
pub(super) fn is_journal(text: &str) -> bool {
    text.contains("\"breakpoints\"") && !text.contains("\"checksum\"")
}

pub(super) fn read(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    let text = texts.get(JOURNAL).ok_or_else(|| Tool::Drizzle.error(JOURNAL, "there is no such file"))?;
    let journal: Journal =
        serde_json::from_str(text).map_err(|error| Tool::Drizzle.error(JOURNAL, error.to_string()))?;
    let migration = |Tagged { when, tag }: Tagged| {
        let file = format!("{tag}.sql");
        let missing = || Tool::Drizzle.error(&file, "the journal names it, and it is not there");
        let text = texts.get(&file).ok_or_else(missing)?;
        let name = tag.split_once('_').map_or(tag.as_str(), |(_, name)| name);
        let checksums = vec![sha256(text)];
        Ok(Foreign { checksums, when: Some(when), ..Foreign::new(when.to_string(), name, &file, text) })
    };
    journal.entries.into_iter().map(migration).collect()
}
