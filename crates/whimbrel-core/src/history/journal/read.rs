//! Reads a journal, strictly: every field is known, and every problem is told.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem::{EntryPlace, JournalError, JournalProblem, JournalProblemKind};
use super::{Entry, Journal, Replaced, VERSION, json, quick};
use crate::dialect::Dialect;
use crate::history::conflict::first_marker;
use crate::history::{Checksum, Format, check_name, time};

/// How the error message shows a value that should be another.
const SHOWN: usize = 60;

/// What a field that names checksums of earlier times should be.
const ONE_OR_SEVERAL: &str = "64 lower-case hexadecimal digits, or a list of such";

impl Journal {
    /// Reads a journal; `file` is what errors call it.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, is of another version, or has fields that are
    /// missing, unknown or ill-typed, or entries that contradict each other. All
    /// that is wrong is told.
    ///
    /// ```
    /// use whimbrel_core::history::Journal;
    ///
    /// let text = r#"{"version":"1","dialect":"sqlite","entries":[]}"#;
    /// assert!(Journal::from_json("meta/_journal.json", text).unwrap().entries.is_empty());
    /// let newer = text.replace("1", "2");
    /// let error = Journal::from_json("meta/_journal.json", &newer).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`meta/_journal.json` has version `\"2\"`, and this whimbrel reads version \"1\""
    /// );
    /// ```
    pub fn from_json(file: &str, text: &str) -> Result<Self, JournalError> {
        if let Some(journal) = quick::read(text.strip_prefix('\u{feff}').unwrap_or(text)) {
            return Ok(journal);
        }
        strictly(file, text)
    }
}

/// Reads a journal, or tells all that is wrong with it.
pub(super) fn strictly(file: &str, text: &str) -> Result<Journal, JournalError> {
    let file = || file.to_owned();
    if let Some(line) = first_marker(text) {
        return Err(JournalError::Conflict { file: file(), line });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json = json::read(text).map_err(|source| JournalError::NotJson { file: file(), source })?;
    if let Some(found) = other_version(&json) {
        return Err(JournalError::Version { file: file(), found });
    }
    let mut problems = Vec::new();
    let journal = journal(json, &mut problems);
    match (journal, problems.len()) {
        (Some(journal), 0) => Ok(journal),
        (_, 1) => Err(JournalError::Invalid { file: file(), problem: problems.remove(0) }),
        (_, _) => Err(JournalError::Several { file: file(), problems }),
    }
}

/// The version of the format, if it is there and not ours: then nothing else
/// can be said of the file.
fn other_version(json: &Value) -> Option<String> {
    let version = json.get("version")?;
    (version != VERSION).then(|| shown(version))
}

fn journal(json: Value, problems: &mut Vec<JournalProblem>) -> Option<Journal> {
    let mut fields = Fields::new(json, None, problems)?;
    fields.required("version", "\"1\"", text);
    let dialect = fields.required("dialect", "a text", text).and_then(|name| fields.dialect(name));
    let entries = fields.required("entries", "a list", list);
    fields.finish();
    let entries: Vec<_> =
        (1..).zip(entries?).map(|(number, json)| (number, entry(number, json, problems))).collect();
    let entries: Vec<_> = entries.into_iter().filter_map(|(number, entry)| Some((number, entry?))).collect();
    contradictions(&entries, problems);
    Some(Journal { dialect: dialect?, entries: entries.into_iter().map(|(_, entry)| entry).collect() })
}

fn entry(number: usize, json: Value, problems: &mut Vec<JournalProblem>) -> Option<Entry> {
    let name = json.get("name").and_then(Value::as_str).map(str::to_owned);
    let mut fields = Fields::new(json, Some(EntryPlace { number, name }), problems)?;
    let idx = fields.required("idx", "a whole number from 0", index);
    let version = fields.required("version", "14 digits", digits);
    let name = fields.required("name", "a text", text).and_then(|name| fields.name(name));
    let when = fields.required("when", "a time in milliseconds", milliseconds);
    let checksum = fields.required("checksum", "64 lower-case hexadecimal digits", checksum_of);
    let tag = fields.optional("tag", "a text", text);
    let down_checksum = fields.optional("downChecksum", "64 lower-case hexadecimal digits", checksum_of);
    let engine = fields.optional("engine", "an object with `name` and `major`", exactly);
    let proof = fields.optional("proof", "an object with `verdict`", exactly);
    let replaces = fields.optional("replaces", "a list", list);
    let legacy_checksums = fields.optional("legacyChecksum", ONE_OR_SEVERAL, checksums_of);
    let format = fields.optional("format", "`sql`, `ts`, `js` or `rust`", format);
    let place = fields.finish();
    let replaces = replaces.unwrap_or_default().into_iter();
    let replaces: Vec<_> = replaces.map(|json| replaced(json, place.clone(), problems)).collect();
    let replaces: Option<Vec<_>> = replaces.into_iter().collect();
    look_for_parents(replaces.as_deref().unwrap_or_default(), place.as_ref(), problems);
    Some(Entry {
        idx: idx?,
        version: version?,
        name: name?,
        when: when?,
        checksum: checksum?,
        tag,
        down_checksum,
        engine,
        proof,
        replaces: replaces?,
        legacy_checksums: legacy_checksums.unwrap_or_default(),
        format: format.unwrap_or_default(),
    })
}

fn replaced(json: Value, place: Option<EntryPlace>, problems: &mut Vec<JournalProblem>) -> Option<Replaced> {
    let mut fields = Fields::new(json, place, problems)?;
    fields.path = "replaces.";
    let name = fields.required("name", "a text", text);
    let checksum = fields.required("checksum", "64 lower-case hexadecimal digits", checksum_of);
    let legacy_checksums = fields.optional("legacyChecksum", ONE_OR_SEVERAL, checksums_of);
    let by = fields.optional("by", "a text", text);
    fields.finish();
    let legacy_checksums = legacy_checksums.unwrap_or_default();
    Some(Replaced { name: name?, checksum: checksum?, legacy_checksums, by })
}

/// The names that are said to have replaced one, and do not come after it.
fn missing_parents(replaces: &[Replaced]) -> impl Iterator<Item = &str> {
    replaces.iter().enumerate().filter_map(|(at, replaced)| {
        let by = replaced.by.as_deref()?;
        (!replaces[at + 1..].iter().any(|later| later.name == by)).then_some(by)
    })
}

/// Says whether what replaced a migration before comes after it.
pub(super) fn have_parents(replaces: &[Replaced]) -> bool {
    missing_parents(replaces).next().is_none()
}

fn look_for_parents(replaces: &[Replaced], place: Option<&EntryPlace>, problems: &mut Vec<JournalProblem>) {
    for by in missing_parents(replaces) {
        let kind = JournalProblemKind::IllTyped {
            field: "replaces.by".to_owned(),
            expected: "the name of a later one in the list",
            found: shown(&Value::String(by.to_owned())),
        };
        problems.push(JournalProblem { entry: place.cloned(), kind });
    }
}

/// What no entry says alone: names and numbers that come twice, numbers that do
/// not ascend.
fn contradictions(entries: &[(usize, Entry)], problems: &mut Vec<JournalProblem>) {
    let replaced: BTreeMap<&str, &str> = entries
        .iter()
        .flat_map(|(_, entry)| entry.replaces.iter().map(|one| (one.name.as_str(), entry.name.as_str())))
        .collect();
    let mut names = BTreeMap::new();
    let mut indexes = BTreeMap::new();
    let mut highest = None;
    for (number, entry) in entries {
        let mut tell = |kind| {
            let entry = Some(EntryPlace { number: *number, name: Some(entry.name.clone()) });
            problems.push(JournalProblem { entry, kind });
        };
        if let Some(other) = names.insert(entry.name.as_str(), *number) {
            tell(JournalProblemKind::SameName { other });
        }
        if let Some(by) = replaced.get(entry.name.as_str()) {
            tell(JournalProblemKind::Replaced { by: (*by).to_owned() });
        }
        let idx = entry.idx;
        match (indexes.insert(idx, *number), highest) {
            (Some(other), _) => tell(JournalProblemKind::SameIndex { idx, other }),
            (None, Some(before)) if idx < before => tell(JournalProblemKind::Order { idx, before }),
            (None, _) => {}
        }
        highest = highest.max(Some(idx));
    }
}

/// The fields of an object, taken out one by one.
struct Fields<'a> {
    map: Map<String, Value>,
    place: Option<EntryPlace>,
    /// What stands before the names of fields in messages.
    path: &'static str,
    problems: &'a mut Vec<JournalProblem>,
}

impl<'a> Fields<'a> {
    fn new(json: Value, place: Option<EntryPlace>, problems: &'a mut Vec<JournalProblem>) -> Option<Self> {
        match json {
            Value::Object(map) => Some(Self { map, place, path: "", problems }),
            other => {
                let kind = JournalProblemKind::IllTyped {
                    field: String::new(),
                    expected: "an object",
                    found: shown(&other),
                };
                problems.push(JournalProblem { entry: place, kind });
                None
            }
        }
    }

    fn tell(&mut self, kind: JournalProblemKind) {
        self.problems.push(JournalProblem { entry: self.place.clone(), kind });
    }

    fn required<T>(
        &mut self,
        field: &str,
        expected: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        if !self.map.contains_key(field) {
            self.tell(JournalProblemKind::Missing { field: format!("{}{field}", self.path) });
        }
        self.optional(field, expected, read)
    }

    fn optional<T>(
        &mut self,
        field: &str,
        expected: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.map.remove(field)?;
        let read = read(&value);
        if read.is_none() {
            let field = format!("{}{field}", self.path);
            self.tell(JournalProblemKind::IllTyped { field, expected, found: shown(&value) });
        }
        read
    }

    fn dialect(&mut self, found: String) -> Option<Dialect> {
        match found.as_str() {
            "sqlite" => Some(Dialect::Sqlite),
            "postgresql" | "postgres" => Some(Dialect::Postgres),
            _ => {
                self.tell(JournalProblemKind::Dialect { found });
                None
            }
        }
    }

    fn name(&mut self, name: String) -> Option<String> {
        match check_name(&name) {
            Ok(()) => Some(name),
            Err(problem) => {
                self.tell(JournalProblemKind::Name(problem));
                None
            }
        }
    }

    /// Tells of the fields that were not taken.
    fn finish(mut self) -> Option<EntryPlace> {
        for (field, _) in std::mem::take(&mut self.map) {
            let field = format!("{}{field}", self.path);
            self.tell(JournalProblemKind::Unknown { field });
        }
        self.place
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn list(value: &Value) -> Option<Vec<Value>> {
    value.as_array().cloned()
}

fn index(value: &Value) -> Option<u32> {
    to_index(value.as_u64()?)
}

/// One less than the largest number, so that there is always a next one.
pub(super) fn to_index(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|idx| *idx < u32::MAX)
}

fn digits(value: &Value) -> Option<String> {
    text(value).filter(|text| is_digits(text))
}

pub(super) fn is_digits(text: &str) -> bool {
    text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn milliseconds(value: &Value) -> Option<i64> {
    value.as_i64().filter(|ms| is_time(*ms))
}

pub(super) fn is_time(milliseconds: i64) -> bool {
    (0..=time::LAST).contains(&milliseconds)
}

fn checksum_of(value: &Value) -> Option<Checksum> {
    value.as_str()?.parse().ok()
}

fn format(value: &Value) -> Option<Format> {
    Format::named(value.as_str()?)
}

/// One checksum, or several in a list.
fn checksums_of(value: &Value) -> Option<Vec<Checksum>> {
    match value {
        Value::Array(several) if !several.is_empty() => several.iter().map(checksum_of).collect(),
        one => checksum_of(one).map(|one| vec![one]),
    }
}

/// Reads what says all that the value says: nothing is passed over.
pub(super) fn exactly<T: DeserializeOwned + Serialize>(value: &Value) -> Option<T> {
    let read: T = serde_json::from_value(value.clone()).ok()?;
    (serde_json::to_value(&read).ok()? == *value).then_some(read)
}

/// The value as JSON, cut if it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}...`", &text[..end]),
        None => format!("`{text}`"),
    }
}
