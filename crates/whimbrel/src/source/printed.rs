//! Models as a program prints them: JSON, for whimbrel to read where the
//! program was not compiled into it.
//!
//! Only the same version reads it. It is no file format: whoever wants to keep
//! a schema keeps a snapshot.

use serde::{Deserialize, Serialize};
use whimbrel_model::item::Model;

use super::{Kind, SourceError, SourceText};

/// What is printed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    /// The version of whimbrel that the program was compiled with.
    whimbrel: String,
    models: Vec<Model>,
    /// SQL beside the models: name and text.
    sql: Vec<(String, String)>,
}

/// The part of it that every version writes.
#[derive(Deserialize)]
struct Head {
    whimbrel: String,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes models.
pub(super) fn write(models: &[Model], sql: &[SourceText]) -> String {
    let sql = sql.iter().map(|one| (one.name.clone(), one.text.clone())).collect();
    let printed = Printed { whimbrel: VERSION.to_owned(), models: models.to_vec(), sql };
    serde_json::to_string(&printed).expect("models have only string keys")
}

/// Reads models; `None` if the text says nothing of being such.
pub(super) fn read(name: &str, text: &str) -> Result<Option<Kind>, SourceError> {
    let Ok(Head { whimbrel }) = serde_json::from_str(text) else {
        return Ok(None);
    };
    if whimbrel != VERSION {
        return Err(SourceError::OtherVersion { name: name.to_owned(), found: whimbrel });
    }
    let printed: Printed = serde_json::from_str(text)
        .map_err(|error| SourceError::Malformed { name: name.to_owned(), reason: error.to_string() })?;
    let sql = printed.sql.into_iter().map(|(name, text)| SourceText { name, text }).collect();
    Ok(Some(Kind::Models { models: printed.models, sql }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(text: &str, expected: &str) {
        assert_eq!(read("program:x", text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn what_is_no_models_is_left_to_others() {
        assert!(read("program:x", "{\"tables\":[]}").unwrap().is_none());
        assert!(read("program:x", "").unwrap().is_none());
    }

    #[test]
    fn another_version_is_refused() {
        refuses(
            "{\"whimbrel\":\"99.0.0\",\"news\":[]}",
            &format!("`program:x` prints the models of whimbrel 99.0.0, and this is whimbrel {VERSION}"),
        );
        refuses(
            &format!("{{\"whimbrel\":\"{VERSION}\",\"models\":[]}}"),
            "`program:x` prints no models: missing field `sql` at line 1 column 32",
        );
    }
}
