//! VibORM: the layout that whimbrel has too, with checksums of another kind.

use super::super::{Checksum, Journal, legacy_matches};
use super::{Foreign, ForeignError, Texts, Tool};

const JOURNAL: &str = "meta/_journal.json";

/// Says whether a journal of this layout is whimbrel's, and not VibORM's: it has
/// fields that only whimbrel writes.
///
/// ```
/// use whimbrel_core::history::is_own_journal;
/// assert!(is_own_journal(r#"{"entries": [{"name": "users", "proof": "exact"}]}"#));
/// assert!(!is_own_journal(r#"{"entries": [{"name": "users"}]}"#));
/// ```
pub fn is_own_journal(text: &str) -> bool {
    ["\"proof\"", "\"downChecksum\"", "\"legacyChecksum\"", "\"replaces\""]
        .iter()
        .any(|key| text.contains(key))
}

pub(super) fn read(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    let text = texts.get(JOURNAL).ok_or_else(|| Tool::Viborm.error(JOURNAL, "there is no such file"))?;
    let journal =
        Journal::from_json(JOURNAL, text).map_err(|error| Tool::Viborm.error(JOURNAL, error.to_string()))?;
    let migration = |entry: super::Entry| {
        let file = entry.path();
        let error = |reason: &str| Tool::Viborm.error(&file, reason);
        let up = texts.get(&file).ok_or_else(|| error("the journal names it, and it is not there"))?;
        let down = texts.get(&entry.down_path());
        let is_whole =
            Checksum::of_file(up) == entry.checksum || legacy_matches(&entry, up, down.map(String::as_str));
        if !is_whole {
            return Err(error("it was edited since the journal took its checksum"));
        }
        Ok(Foreign {
            down: down.cloned(),
            checksums: vec![entry.checksum.to_string()],
            when: Some(entry.when),
            entry: Some(entry.clone()),
            ..Foreign::new(entry.name.clone(), entry.name, &file, up)
        })
    };
    journal.entries.into_iter().map(migration).collect()
}
