//! Drizzle: `0000_name.sql`, and a journal with the time of each, by which its
//! tracking table knows it. From version 1 on it is a folder a migration,
//! `20260131102030_name`, with `migration.sql` and `snapshot.json`, and its table
//! knows it by the name of the folder.

use serde::Deserialize;

use super::super::read_iso_time;
use super::digest::sha256;
use super::{Foreign, ForeignError, Texts, Tool, folders};

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

/// Says whether a folder has a migration of version 1 in it: Prisma's have no
/// snapshot.
pub(super) fn has_folders(texts: &Texts) -> bool {
    folders(texts, "migration.sql").into_iter().any(|(folder, _)| is_folder(texts, folder))
}

fn is_folder(texts: &Texts, folder: &str) -> bool {
    texts.contains_key(&format!("{folder}/snapshot.json"))
}

pub(super) fn read(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    if texts.contains_key(JOURNAL) { of_journal(texts) } else { of_folders(texts) }
}

fn of_folders(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    let migration = |(folder, text): (&str, &str)| {
        let file = format!("{folder}/migration.sql");
        let time = folder.split_at_checked(14).and_then(|(digits, _)| of_digits(digits));
        let Some(when) = time else {
            return Err(Tool::Drizzle.error(&file, "its folder begins with no time of 14 digits"));
        };
        let name = folder.split_once('_').map_or(folder, |(_, name)| name);
        Ok(Foreign {
            checksums: vec![sha256(text)],
            when: Some(when),
            second: Some(when / 1000),
            ..Foreign::new(folder, name, &file, text)
        })
    };
    folders(texts, "migration.sql").into_iter().map(migration).collect()
}

/// The time that is written as year, month, day, hour, minute and second.
fn of_digits(digits: &str) -> Option<i64> {
    let part = |from: usize, to: usize| digits.get(from..to);
    let (date, time) =
        (part(0, 4).zip(part(4, 6)).zip(part(6, 8)), part(8, 10).zip(part(10, 12)).zip(part(12, 14)));
    let (((year, month), day), ((hour, minute), second)) = date.zip(time)?;
    read_iso_time(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

fn of_journal(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
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
