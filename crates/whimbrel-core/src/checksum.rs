//! Checksums of texts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 as 64 lower-case hexadecimal digits.
///
/// ```
/// use whimbrel_core::checksum::Checksum;
/// let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let checksum: Checksum = text.parse().unwrap();
/// assert_eq!(checksum.to_string(), text);
/// assert!("e3b0".parse::<Checksum>().is_err());
/// ```
// Invariant: 64 of the characters 0-9 and a-f.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum(String);

/// A text that is no checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("`{found}` is no checksum")]
#[diagnostic(
    code(whimbrel::history::checksum),
    help("a checksum is a SHA-256: 64 lower-case hexadecimal digits")
)]
pub struct NotAChecksum {
    /// The text.
    pub found: String,
}

impl Checksum {
    /// The checksum of parts with an LF between each two.
    pub(crate) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Sha256::new();
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                digest.update("\n");
            }
            digest.update(part);
        }
        let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("four bits are one digit");
        Self(digest.finalize().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// All digits; `{:.12}` gives the first twelve, which is enough for messages.
impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Checksum {
    type Err = NotAChecksum;

    fn from_str(text: &str) -> Result<Self, NotAChecksum> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Checksum {
    type Error = NotAChecksum;

    fn try_from(found: String) -> Result<Self, NotAChecksum> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if found.len() == 64 && found.bytes().all(is_digit) {
            Ok(Self(found))
        } else {
            Err(NotAChecksum { found })
        }
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn only_lower_case_digits_make_one() {
        assert_eq!(EMPTY.parse::<Checksum>().unwrap().to_string(), EMPTY);
        let json = format!("\"{EMPTY}\"");
        let read: Checksum = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        for wrong in
            ["", "abc", &EMPTY.to_uppercase(), &EMPTY[1..], &format!("{EMPTY}0"), &EMPTY.replace('0', "g")]
        {
            let error = wrong.parse::<Checksum>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{wrong}` is no checksum"));
            assert!(serde_json::from_str::<Checksum>(&format!("\"{wrong}\"")).is_err());
        }
    }
}
