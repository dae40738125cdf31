//! A schema on disk.
//!
//! The format is a superset of VibORM's `meta/_snapshot.json`: 2-space
//! indentation, `\n`, no newline at the end, absent values left out. It adds
//! the version of the format, the engine that spelled it, and the migration
//! after which the schema is so.

use serde::{Deserialize, Serialize};

use super::{EnumType, Extension, Object, Schema, Sequence, Table, TypeDef};
use crate::checksum::Checksum;

/// The version of the format that this code writes.
const VERSION: u32 = 1;

/// The engine whose spelling a schema has.
///
/// ```
/// use whimbrel_core::schema::{Engine, Schema, Snapshot};
/// let engine = Engine { name: "sqlite".into(), major: 3 };
/// let snapshot = Snapshot::new(engine, Schema::default());
/// assert!(snapshot.to_json().contains("\"sqlite\""));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Engine {
    /// `sqlite`, `postgresql`, `mysql` or `mariadb`.
    pub name: String,
    /// The major version (3 for SQLite).
    pub major: u32,
}

/// The newest migration of the history that a snapshot belongs to.
///
/// ```
/// use whimbrel_core::checksum::Checksum;
/// use whimbrel_core::schema::{Engine, Schema, Snapshot, SnapshotHead};
///
/// let checksum: Checksum = "0".repeat(64).parse().unwrap();
/// let engine = Engine { name: "sqlite".into(), major: 3 };
/// let mut snapshot = Snapshot::new(engine, Schema::default());
/// snapshot.head = Some(SnapshotHead { name: "users".into(), checksum });
/// assert_eq!(Snapshot::from_json(&snapshot.to_json()).unwrap().head, snapshot.head);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotHead {
    /// The migration's name.
    pub name: String,
    /// The checksum of its up file.
    pub checksum: Checksum,
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
    /// The migration after which the schema is so; absent for one that belongs
    /// to no history, and in snapshots that VibORM wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<SnapshotHead>,
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
///
/// ```
/// use whimbrel_core::schema::{Snapshot, SnapshotError};
/// let error = Snapshot::from_json("CREATE TABLE users (id INTEGER);").unwrap_err();
/// assert!(matches!(error, SnapshotError::Malformed(_)));
/// ```
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
    /// A snapshot of `schema` as `engine` spells it, which belongs to no history.
    pub fn new(engine: Engine, schema: Schema) -> Self {
        let Schema { namespaces, tables, enums, types, sequences, extensions, objects } = schema;
        let (version, engine) = (Some(VERSION), Some(engine));
        Self { version, engine, head: None, namespaces, tables, enums, types, sequences, extensions, objects }
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, has an unknown or ill-typed field, or a version
    /// that this code does not know.
    pub fn from_json(text: &str) -> Result<Self, SnapshotError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::ObjectName;
    use crate::schema::{Column, ForeignKey, Index, KeyPart, PrimaryKey, ReferentialAction, SqlExpr, Unique};

    /// What VibORM writes for a model with an enum, an automatic key, a foreign
    /// key and indexes of every kind.
    const VIBORM: &str = r#"{
  "tables": [
    {
      "name": "posts",
      "columns": [
        {
          "name": "id",
          "type": "integer",
          "nullable": false,
          "autoIncrement": true
        },
        {
          "name": "state",
          "type": "state",
          "nullable": true,
          "default": "'draft'",
          "autoIncrement": false
        }
      ],
      "primaryKey": {
        "columns": [
          "id"
        ],
        "name": "posts_pkey"
      },
      "indexes": [
        {
          "name": "posts_live",
          "columns": [
            "id",
            "state"
          ],
          "unique": true,
          "type": "btree",
          "where": "state = 'live'"
        },
        {
          "name": "posts_state_idx",
          "columns": [
            "state"
          ],
          "unique": false
        }
      ],
      "foreignKeys": [
        {
          "name": "posts_id_fkey",
          "columns": [
            "id"
          ],
          "referencedTable": "posts",
          "referencedColumns": [
            "id"
          ],
          "onDelete": "setNull",
          "onUpdate": "noAction"
        }
      ],
      "uniqueConstraints": [
        {
          "name": "posts_state_key",
          "columns": [
            "state"
          ]
        }
      ]
    },
    {
      "name": "_posts_tags",
      "columns": [
        {
          "name": "A",
          "type": "integer",
          "nullable": false
        }
      ],
      "primaryKey": {
        "columns": [
          "A"
        ]
      },
      "indexes": [],
      "foreignKeys": [],
      "uniqueConstraints": []
    }
  ],
  "enums": [
    {
      "name": "state",
      "values": [
        "draft",
        "live"
      ]
    }
  ]
}"#;

    #[test]
    fn what_viborm_wrote_reads_as_it_is() {
        let snapshot = Snapshot::from_json(VIBORM).unwrap();
        assert_eq!((snapshot.version, &snapshot.engine, &snapshot.head), (None, &None, &None));
        let posts = Table {
            columns: vec![
                Column { nullable: false, auto_increment: true, ..Column::new("id", "integer") },
                Column { default: Some(SqlExpr("'draft'".into())), ..Column::new("state", "state") },
            ],
            primary_key: Some(PrimaryKey { name: Some("posts_pkey".into()), ..key(&["id"]) }),
            indexes: vec![
                Index {
                    name: "posts_live".into(),
                    columns: vec![KeyPart::column("id"), KeyPart::column("state")],
                    unique: true,
                    method: Some("btree".into()),
                    predicate: Some(SqlExpr("state = 'live'".into())),
                    ..Index::default()
                },
                Index {
                    name: "posts_state_idx".into(),
                    columns: vec![KeyPart::column("state")],
                    ..Index::default()
                },
            ],
            foreign_keys: vec![ForeignKey {
                name: Some("posts_id_fkey".into()),
                referenced_columns: vec!["id".into()],
                on_delete: ReferentialAction::SetNull,
                ..ForeignKey::new(["id"], "posts")
            }],
            unique_constraints: vec![unique("posts_state_key", "state")],
            ..Table::new("posts")
        };
        let tags = Table {
            columns: vec![Column { nullable: false, ..Column::new("A", "integer") }],
            primary_key: Some(key(&["A"])),
            ..Table::new("_posts_tags")
        };
        let state = EnumType {
            name: ObjectName::new("state"),
            values: vec!["draft".into(), "live".into()],
            comment: None,
        };
        let expected = Schema { tables: vec![posts, tags], enums: vec![state], ..Schema::default() };
        assert_eq!(snapshot.into_schema(), expected);
        let empty = Snapshot::from_json("{\n  \"tables\": [],\n  \"enums\": []\n}").unwrap();
        assert_eq!(empty.into_schema(), Schema::default());
        let windows = format!("\u{feff}{}", VIBORM.replace('\n', "\r\n"));
        assert_eq!(Snapshot::from_json(&windows).unwrap(), Snapshot::from_json(VIBORM).unwrap());
    }

    fn key(columns: &[&str]) -> PrimaryKey {
        serde_json::from_value(serde_json::json!({ "columns": columns })).unwrap()
    }

    fn unique(name: &str, column: &str) -> Unique {
        serde_json::from_value(serde_json::json!({ "name": name, "columns": [column] })).unwrap()
    }

    #[test]
    fn a_snapshot_may_name_the_head_of_its_history() {
        let digits = "a".repeat(64);
        let mut snapshot = Snapshot::new(Engine { name: "sqlite".into(), major: 3 }, Schema::default());
        let without = "{\n  \"version\": 1,\n  \"engine\": {\n    \"name\": \"sqlite\",\n    \"major\": 3\n  },\n  \"tables\": []\n}";
        assert_eq!(snapshot.to_json(), without);
        assert_eq!(Snapshot::from_json(without).unwrap(), snapshot);
        snapshot.head = Some(SnapshotHead { name: "initial".into(), checksum: digits.parse().unwrap() });
        let head = format!(
            "\"head\": {{\n    \"name\": \"initial\",\n    \"checksum\": \"{digits}\"\n  }},\n  \"tables\""
        );
        let with = without.replace("\"tables\"", &head);
        assert_eq!(snapshot.to_json(), with);
        assert_eq!(Snapshot::from_json(&with).unwrap(), snapshot);
    }

    #[test]
    fn what_does_not_read_is_told() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Snapshot::from_json(text).unwrap_err().to_string(), expected);
        };
        check(
            r#"{"tables":[],"more":1}"#,
            "the snapshot does not read: unknown field `more`, expected one of `version`, `engine`, `head`, `namespaces`, \
             `tables`, `enums`, `types`, `sequences`, `extensions`, `objects` at line 1 column 19",
        );
        check(r#"{"version":2,"tables":[]}"#, "the snapshot has version 2, and this whimbrel reads up to 1");
        check(
            r#"{"head":{"name":"a","checksum":"x"},"tables":[]}"#,
            "the snapshot does not read: `x` is no checksum at line 1 column 34",
        );
    }
}
