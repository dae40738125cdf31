//! What an engine read of a case, kept beside it.

use std::fs;
use std::path::PathBuf;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::pair::Pair;
use whimbrel_core::schema::Schema;

use super::{Case, engine_word};

/// Both schemas of a case as an engine read them.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The current side.
    pub from: Schema,
    /// The desired side.
    pub to: Schema,
}

impl Stored {
    /// Both sides together.
    pub fn pair(&self) -> Pair<&Schema> {
        Pair::new(&self.from, &self.to)
    }

    /// Reads what is stored for a case, `None` if nothing is.
    ///
    /// # Panics
    ///
    /// If what is stored is no longer a pair of schemas: bless it anew.
    pub fn load(case: &Case, dialect: Dialect) -> Option<Self> {
        let path = path(case, dialect);
        let text = fs::read_to_string(&path).ok()?;
        Some(
            serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error} (run `cargo xtask bless`)", path.display())),
        )
    }

    /// Stores both sides beside the case.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    pub fn store(&self, case: &Case, dialect: Dialect) {
        let path = path(case, dialect);
        let text = serde_json::to_string_pretty(self).expect("a schema has only string keys");
        fs::write(&path, text + "\n").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

fn path(case: &Case, dialect: Dialect) -> PathBuf {
    case.path.with_extension(format!("{}.json", engine_word(dialect)))
}
