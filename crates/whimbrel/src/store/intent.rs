//! The file that makes an edit all or nothing: what is about to be done.
//!
//! Where a store has no lock, the same file serves as one: who creates it has
//! claimed the store, and replaces the claim by the edit. Where a store replaces
//! only what is unchanged, the file stays in the end and says that it is free: a
//! deletion that is late would hit the claim of somebody else.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};

use super::{Edit, StoreError};

/// Where an unfinished edit is written: `meta/_edit.json`.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{INTENT, MemoryStore, View};
///
/// let left = r#"{"version":1,"id":"x","edit":{"put":{"0000_users.sql":"SELECT 1;"},"delete":[]}}"#;
/// let store = MemoryStore::from([(INTENT, left)]);
/// assert_eq!(View::open(&store).await?.list().await?, ["0000_users.sql"]);
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
pub const INTENT: &str = "meta/_edit.json";

/// The form of the file that this whimbrel writes and reads.
const VERSION: u32 = 1;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    /// Nobody is writing.
    Free,
    /// Somebody is about to write; nothing is decided yet.
    Claim,
    /// The edit counts as done, and is to be carried out.
    Edit(Edit),
}

/// The file as it is saved.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u32,
    /// Tells one writer's file from another's.
    id: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    free: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edit: Option<SavedEdit>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedEdit {
    put: BTreeMap<String, String>,
    delete: BTreeSet<String>,
}

/// Reads no more of the file than its version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Intent {
    /// Returns the text of the file.
    pub(super) fn to_json(&self, id: &str) -> String {
        let edit = match self {
            Self::Free | Self::Claim => None,
            Self::Edit(edit) => Some(SavedEdit { put: edit.puts().clone(), delete: edit.deletes().clone() }),
        };
        let saved = Saved { version: VERSION, id: id.to_owned(), free: *self == Self::Free, edit };
        serde_json::to_string_pretty(&saved).expect("strings and numbers are always JSON")
    }

    /// Reads the text of the file in the store called `store`.
    pub(super) fn from_json(store: &str, text: &str) -> Result<Self, StoreError> {
        let bad = |reason: String| StoreError::Intent { store: store.to_owned(), path: INTENT, reason };
        let versioned: Versioned = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if versioned.version != VERSION {
            return Err(bad(format!(
                "its version is {}, and this whimbrel knows {VERSION} alone",
                versioned.version
            )));
        }
        let saved: Saved = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        let Some(SavedEdit { put, delete }) = saved.edit else {
            return Ok(if saved.free { Self::Free } else { Self::Claim });
        };
        if let Some(path) = delete.iter().find(|path| put.contains_key(*path)) {
            return Err(bad(format!("it both writes and deletes `{}`", path.escape_debug())));
        }
        let edit = delete.into_iter().fold(Edit::new(), Edit::delete);
        let edit = put.into_iter().fold(edit, |edit, (path, text)| edit.put(path, text));
        edit.check().map_err(|error| bad(error.to_string()))?;
        Ok(Self::Edit(edit))
    }
}

/// Returns an id that no other writer has.
pub(super) fn fresh_id() -> String {
    // Each state has keys of its own, which begin at random.
    let number = RandomState::new().hash_one(std::process::id());
    format!("{:08x}-{number:016x}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDIT: &str = r#"{
  "version": 1,
  "id": "me",
  "edit": {
    "put": {
      "a.sql": "SELECT 'é';\n"
    },
    "delete": [
      "b.sql"
    ]
  }
}"#;

    #[test]
    fn an_edit_reads_as_it_was_written() {
        let intent = Intent::Edit(Edit::new().put("a.sql", "SELECT 'é';\n").delete("b.sql"));
        assert_eq!(intent.to_json("me"), EDIT);
        assert_eq!(Intent::from_json("m", EDIT).unwrap(), intent);
    }

    #[test]
    fn a_claim_reads_as_it_was_written() {
        let text = "{\n  \"version\": 1,\n  \"id\": \"me\"\n}";
        assert_eq!(Intent::Claim.to_json("me"), text);
        assert_eq!(Intent::from_json("m", text).unwrap(), Intent::Claim);
    }

    #[test]
    fn a_free_store_reads_as_it_was_written() {
        let text = "{\n  \"version\": 1,\n  \"id\": \"me\",\n  \"free\": true\n}";
        assert_eq!(Intent::Free.to_json("me"), text);
        assert_eq!(Intent::from_json("m", text).unwrap(), Intent::Free);
    }

    #[test]
    fn what_is_no_edit_is_said_to_be_none() {
        let reason = |text: &str| match Intent::from_json("migrations", text) {
            Err(StoreError::Intent { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        let edit = |put: &str, delete: &str| {
            format!(r#"{{"version":1,"id":"x","edit":{{"put":{put},"delete":{delete}}}}}"#)
        };
        for (text, expected) in [
            (String::new(), "EOF while parsing a value at line 1 column 0"),
            (EDIT[..64].to_owned(), "EOF while parsing a string at line 6 column 7"),
            (
                r#"{"version":2,"shape":"new"}"#.to_owned(),
                "its version is 2, and this whimbrel knows 1 alone",
            ),
            (
                r#"{"version":1,"id":"x","more":1}"#.to_owned(),
                "unknown field `more`, expected one of `version`, `id`, `free`, `edit` at line 1 column 28",
            ),
            (edit(r#"{"a":""}"#, r#"["a"]"#), "it both writes and deletes `a`"),
            (edit(r#"{"../a":""}"#, "[]"), "`../a` is no path in a store: it leaves its folder"),
            (edit("{}", r#"["/etc"]"#), "`/etc` is no path in a store: it is absolute"),
            (
                edit(r#"{"meta/_edit.json":""}"#, "[]"),
                "`meta/_edit.json` is no path in a store: unfinished edits are kept there",
            ),
        ] {
            assert_eq!(reason(&text), expected, "{text}");
        }
    }

    #[test]
    fn no_two_ids_are_equal() {
        let ids = (0..1_000).map(|_| fresh_id()).collect::<BTreeSet<_>>();
        assert_eq!(ids.len(), 1_000);
    }
}
