//! A schema on disk.
//!
//! The format is a superset of VibORM's `meta/_snapshot.json`: 2-space
//! indentation, `\n`, no newline at the end, absent values left out. It adds
//! the version of the format and the engine that spelled it.

use serde::{Deserialize, Serialize};

use super::{EnumType, Extension, Object, Schema, Sequence, Table, TypeDef};

/// The version of the format that this code writes.
const VERSION: u32 = 1;

/// The engine whose spelling a schema has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Engine {
    /// `sqlite`, `postgresql`, `mysql` or `mariadb`.
    pub name: String,
    /// The major version (3 for SQLite).
    pub major: u32,
}

/// A [`Schema`] with what is needed to read it again later.
///
/// ```
/// use whimbrel_core::schema::{Engine, Schema, Snapshot};
/// let engine = Engine { name: "sqlite".into(), major: 3 };
/// let text = Snapshot::new(engine, Schema::default()).to_json();
/// let back = Snapshot::from_json(&text).unwrap();
/// assert!(back.into_schema().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// The version of the format; absent in snapshots that VibORM wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    /// The engine that spelled the schema, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    namespaces: Vec<String>,
    tables: Vec<Table>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    enums: Vec<EnumType>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<TypeDef>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sequences: Vec<Sequence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<Extension>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    objects: Vec<Object>,
}

/// Why a snapshot could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SnapshotError {
    /// The text is no snapshot.
    #[error("the snapshot does not read: {0}")]
    #[diagnostic(
        code(whimbrel::snapshot::malformed),
        help("a snapshot is what `whimbrel inspect --format json` prints")
    )]
    Malformed(#[source] serde_json::Error),
    /// A later version of whimbrel wrote it.
    #[error("the snapshot has version {found}, and this whimbrel reads up to {VERSION}")]
    #[diagnostic(code(whimbrel::snapshot::too_new), help("use the whimbrel that wrote it, or a later one"))]
    TooNew {
        /// The version in the file.
        found: u32,
    },
}

impl Snapshot {
    /// A snapshot of `schema` as `engine` spells it.
    pub fn new(engine: Engine, schema: Schema) -> Self {
        let Schema { namespaces, tables, enums, types, sequences, extensions, objects } = schema;
        let (version, engine) = (Some(VERSION), Some(engine));
        Self { version, engine, namespaces, tables, enums, types, sequences, extensions, objects }
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, has an unknown or ill-typed field, or a version
    /// that this code does not know.
    pub fn from_json(text: &str) -> Result<Self, SnapshotError> {
        let snapshot: Self = serde_json::from_str(text).map_err(SnapshotError::Malformed)?;
        match snapshot.version {
            Some(found) if found > VERSION => Err(SnapshotError::TooNew { found }),
            _ => Ok(snapshot),
        }
    }

    /// Writes the snapshot: the same schema gives the same bytes.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a schema has only string keys")
    }

    /// Returns the schema.
    pub fn into_schema(self) -> Schema {
        let Self { namespaces, tables, enums, types, sequences, extensions, objects, .. } = self;
        Schema { namespaces, tables, enums, types, sequences, extensions, objects }
    }
}
