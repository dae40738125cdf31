//! Reads a lock file: what has a meaning must have the right shape, and all that
//! has not is kept.

use super::json::Json;
use super::{
    Field, Fields, LockChange, LockFile, LockFileError, LockFileProblem, LockFileProblemKind, LockMigration,
    LockTable, Ordered, Rest,
};
use crate::checksum::Checksum;
use crate::history::{Replaced, first_marker};

/// How the error message shows a value that should be another.
const SHOWN: usize = 60;

const ONE_OR_SEVERAL: &str = "64 lower-case hexadecimal digits, or a list of such";

impl LockFile {
    /// Reads a lock file; `file` is what errors call it.
    ///
    /// Only the shape is looked at: whether its parts agree is told by
    /// [`LockFile::contradictions`].
    ///
    /// # Errors
    ///
    /// If the text is not JSON, or a field is missing or ill-typed. All that is
    /// wrong is told.
    ///
    /// ```
    /// use whimbrel_core::lockfile::LockFile;
    ///
    /// let text = r#"{"version":3,"tables":{},"migrations":[]}"#;
    /// assert_eq!(LockFile::from_json("kontract.lock.json", text).unwrap().version, 3);
    /// let error = LockFile::from_json("kontract.lock.json", r#"{"version":3,"tables":{}}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "`kontract.lock.json`: `migrations` is missing");
    /// ```
    pub fn from_json(file: &str, text: &str) -> Result<Self, LockFileError> {
        if let Some(line) = first_marker(text) {
            return Err(LockFileError::Conflict { file: file.to_owned(), line });
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let json =
            Json::read(text).map_err(|source| LockFileError::NotJson { file: file.to_owned(), source })?;
        let mut problems = Vec::new();
        let lock = lock_file(json, &mut problems);
        match LockFileError::of(file, problems) {
            Some(error) => Err(error),
            None => Ok(lock),
        }
    }
}

/// Reads fields by name, as they stand in the lock file.
///
/// ```
/// use whimbrel_core::lockfile::read_fields;
/// let fields = read_fields(r#"{ "age": { "type": "number", "perm": 4 } }"#).unwrap();
/// assert_eq!(fields.get("age").unwrap().field_type, "number");
/// assert_eq!(read_fields(r#"{ "age": {} }"#).unwrap_err(), "`age.type` is missing");
/// ```
///
/// # Errors
///
/// What is wrong first.
pub fn read_fields(text: &str) -> Result<Fields, String> {
    let json = Json::read(text).map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    let fields = into_object(json).map_err(|other| format!("{} is no object", shown(&other)))?;
    let mut field = |(name, json): (String, Json)| {
        let field = lock_field(json, name.clone(), &mut problems);
        (name, field)
    };
    let fields = fields.into_iter().map(&mut field).collect();
    match problems.first() {
        Some(problem) => Err(problem.to_string()),
        None => Ok(fields),
    }
}

/// What is ill-typed is told, and read as if it were not there.
fn lock_file(json: Json, problems: &mut Vec<LockFileProblem>) -> LockFile {
    let mut object = Object::new(json, String::new(), problems);
    let version = object.required("version", "a whole number from 0", version);
    let tables = object.required("tables", "an object", into_object).unwrap_or_default();
    let migrations = object.required("migrations", "a list", into_list).unwrap_or_default();
    let rest = object.finish();
    let mut table = |(name, json): (String, Json)| {
        let table = lock_table(json, member("tables", &name), problems);
        (name, table)
    };
    let tables = tables.into_iter().map(&mut table).collect();
    let mut migration = |(at, json)| lock_migration(json, format!("migrations[{at}]"), problems);
    let migrations = (0..).zip(migrations).map(&mut migration).collect();
    LockFile { version: version.unwrap_or_default(), tables, migrations, rest }
}

pub(super) fn lock_table(json: Json, path: String, problems: &mut Vec<LockFileProblem>) -> LockTable {
    let mut object = Object::new(json, path.clone(), problems);
    let ptr = object.required("ptr", "a text", into_text).unwrap_or_default();
    let fields = object.required("schema", "an object", into_object).unwrap_or_default();
    let hash = object.optional("hash", "a text", into_text);
    let rest = object.finish();
    let mut field = |(name, json): (String, Json)| {
        let field = lock_field(json, member(&format!("{path}.schema"), &name), problems);
        (name, field)
    };
    LockTable { ptr, schema: fields.into_iter().map(&mut field).collect(), hash, rest }
}

pub(super) fn lock_field(json: Json, path: String, problems: &mut Vec<LockFileProblem>) -> Field {
    let mut object = Object::new(json, path, problems);
    Field {
        field_type: object.required("type", "a text", into_text).unwrap_or_default(),
        primkey: object.optional("primkey", "true or false", into_bool),
        perm: object.optional("perm", "a whole number", into_integer),
        rest: object.finish(),
    }
}

fn lock_migration(json: Json, path: String, problems: &mut Vec<LockFileProblem>) -> LockMigration {
    let mut object = Object::new(json, path.clone(), problems);
    let version = object.required("version", "a whole number from 0", version).unwrap_or_default();
    let changes = object.required("changes", "a list", into_list).unwrap_or_default();
    let sql = object.required("sql", "a text", into_text).unwrap_or_default();
    let name = object.optional("name", "a text", into_text);
    let checksum = object.optional("checksum", "64 lower-case hexadecimal digits", into_checksum);
    let legacy_checksums =
        object.optional("legacyChecksum", ONE_OR_SEVERAL, into_checksums).unwrap_or_default();
    let replaces = object.optional("replaces", "a list", into_list).unwrap_or_default();
    let timestamp = object.optional("timestamp", "a text", into_text);
    let rest = object.finish();
    let mut change = |(at, json)| lock_change(json, format!("{path}.changes[{at}]"), problems);
    let changes = (0..).zip(changes).map(&mut change).collect();
    let mut one = |(at, json)| replaced(json, format!("{path}.replaces[{at}]"), problems);
    let replaces = (0..).zip(replaces).filter_map(&mut one).collect();
    LockMigration { version, changes, sql, name, checksum, legacy_checksums, replaces, timestamp, rest }
}

fn replaced(json: Json, path: String, problems: &mut Vec<LockFileProblem>) -> Option<Replaced> {
    let digits = "64 lower-case hexadecimal digits";
    let mut object = Object::new(json, path, problems);
    let name = object.required("name", "a text", into_text);
    let checksum = object.required("checksum", digits, into_checksum);
    let legacy_checksums =
        object.optional("legacyChecksum", ONE_OR_SEVERAL, into_checksums).unwrap_or_default();
    let by = object.optional("by", "a text", into_text);
    Some(Replaced { name: name?, checksum: checksum?, legacy_checksums, by })
}

fn lock_change(json: Json, path: String, problems: &mut Vec<LockFileProblem>) -> LockChange {
    let mut object = Object::new(json, path, problems);
    LockChange {
        kind: object.required("type", "a text", into_text).unwrap_or_default(),
        table: object.required("table", "a text", into_text).unwrap_or_default(),
        field: object.optional("field", "a text", into_text),
        field_type: object.optional("fieldType", "a text", into_text),
        rest: object.finish(),
    }
}

/// The keys of an object, of which those with a meaning are taken out.
struct Object<'a> {
    keys: Vec<(String, Option<Json>)>,
    path: String,
    problems: &'a mut Vec<LockFileProblem>,
    /// Whether it is one at all: of something else no key is missed.
    is_one: bool,
}

impl<'a> Object<'a> {
    fn new(json: Json, path: String, problems: &'a mut Vec<LockFileProblem>) -> Self {
        let (keys, is_one) = match json {
            Json::Object(fields) => {
                (fields.into_iter().map(|(key, value)| (key, Some(value))).collect(), true)
            }
            other => {
                let kind = LockFileProblemKind::IllTyped { expected: "an object", found: shown(&other) };
                problems.push(LockFileProblem { path: path.clone(), kind });
                (Vec::new(), false)
            }
        };
        Self { keys, path, problems, is_one }
    }

    fn required<T>(
        &mut self,
        key: &str,
        expected: &'static str,
        read: fn(Json) -> Result<T, Json>,
    ) -> Option<T> {
        if self.is_one && !self.keys.iter().any(|(one, _)| one == key) {
            self.tell(key, LockFileProblemKind::Missing);
        }
        self.optional(key, expected, read)
    }

    fn optional<T>(
        &mut self,
        key: &str,
        expected: &'static str,
        read: fn(Json) -> Result<T, Json>,
    ) -> Option<T> {
        let json = self.keys.iter_mut().find(|(one, _)| one == key)?.1.take()?;
        match read(json) {
            Ok(value) => Some(value),
            Err(other) => {
                self.tell(key, LockFileProblemKind::IllTyped { expected, found: shown(&other) });
                None
            }
        }
    }

    fn tell(&mut self, key: &str, kind: LockFileProblemKind) {
        self.problems.push(LockFileProblem { path: member(&self.path, key), kind });
    }

    fn finish(self) -> Rest {
        Rest { keys: self.keys }
    }
}

/// The path of a member of an object.
fn member(path: &str, key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match (path, !key.is_empty() && key.chars().all(is_plain)) {
        ("", _) => key.to_owned(),
        (_, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{key:?}]"),
    }
}

fn into_object(json: Json) -> Result<Ordered<Json>, Json> {
    match json {
        Json::Object(fields) => Ok(fields),
        other => Err(other),
    }
}

fn into_list(json: Json) -> Result<Vec<Json>, Json> {
    match json {
        Json::List(items) => Ok(items),
        other => Err(other),
    }
}

fn into_text(json: Json) -> Result<String, Json> {
    match json {
        Json::Text(text) => Ok(text),
        other => Err(other),
    }
}

fn into_bool(json: Json) -> Result<bool, Json> {
    match json {
        Json::Bool(value) => Ok(value),
        other => Err(other),
    }
}

fn into_integer(json: Json) -> Result<i64, Json> {
    match &json {
        Json::Number(number) => number.as_i64().ok_or(json),
        _ => Err(json),
    }
}

/// One less than the largest number, so that there is always a next one.
fn version(json: Json) -> Result<u32, Json> {
    match &json {
        Json::Number(number) => {
            let version = number.as_u64().and_then(|number| u32::try_from(number).ok());
            version.filter(|version| *version < u32::MAX).ok_or(json)
        }
        _ => Err(json),
    }
}

fn into_checksum(json: Json) -> Result<Checksum, Json> {
    match &json {
        Json::Text(text) => text.parse().map_err(|_| json),
        _ => Err(json),
    }
}

/// One checksum, or a list of them.
fn into_checksums(json: Json) -> Result<Vec<Checksum>, Json> {
    match json {
        Json::List(items) => {
            let checksums = items.iter().cloned().map(|item| into_checksum(item).ok()).collect::<Option<_>>();
            checksums.ok_or(Json::List(items))
        }
        one => into_checksum(one).map(|checksum| vec![checksum]),
    }
}

/// The value as JSON, cut if it is long.
fn shown(json: &Json) -> String {
    let text = json.compact();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}...`", &text[..end]),
        None => format!("`{text}`"),
    }
}
