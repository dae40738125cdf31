//! Checksums of texts.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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
// Invariant: 64 of the characters 0-9 and a-f. There are many of them, and they
// are compared on every start of a service: so they are no `String`s.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum([u8; 64]);

/// A text that is no checksum.
///
/// ```
/// use whimbrel_core::checksum::Checksum;
/// let error = "E3B0".parse::<Checksum>().unwrap_err();
/// assert_eq!(error.found, "E3B0");
/// ```
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
    /// The checksum of a text with LF for every CRLF.
    pub(crate) fn of_lines(text: &str) -> Self {
        // That there is none, as in nearly all files, is seen many bytes at a time.
        if text.bytes().filter(|&byte| byte == b'\r').count() == 0 {
            return Self::of_parts([text]);
        }
        let mut digest = Sha256::new();
        // One character is found much faster than two.
        for (at, part) in text.split('\r').enumerate() {
            if at > 0 && !part.starts_with('\n') {
                digest.update("\r");
            }
            digest.update(part);
        }
        Self::of_digest(digest)
    }

    /// The checksum of parts with an LF between each two.
    pub(crate) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Sha256::new();
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                digest.update("\n");
            }
            digest.update(part);
        }
        Self::of_digest(digest)
    }

    fn of_digest(digest: Sha256) -> Self {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest.finalize()) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        Self(digits)
    }

    /// The digits.
    ///
    /// ```
    /// use whimbrel_core::checksum::Checksum;
    /// let checksum: Checksum = "0".repeat(64).parse().unwrap();
    /// assert_eq!(checksum.as_str().len(), 64);
    /// ```
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("digits are text")
    }

    /// Says whether these are its digits.
    pub(crate) fn is(&self, digits: &str) -> bool {
        self.0 == digits.as_bytes()
    }

    fn of_digits(text: &str) -> Option<Self> {
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let digits = <[u8; 64]>::try_from(text.as_bytes()).ok()?;
        // Nearly all are right, and all 64 are looked at faster than each in turn.
        digits.iter().fold(true, |all, digit| all & is_digit(digit)).then_some(Self(digits))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checksum").field(&self.as_str()).finish()
    }
}

/// All digits; `{:.12}` gives the first twelve, which is enough for messages.
impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Checksum {
    type Err = NotAChecksum;

    fn from_str(text: &str) -> Result<Self, NotAChecksum> {
        Self::of_digits(text).ok_or_else(|| NotAChecksum { found: text.to_owned() })
    }
}

impl TryFrom<String> for Checksum {
    type Error = NotAChecksum;

    fn try_from(found: String) -> Result<Self, NotAChecksum> {
        Self::of_digits(&found).ok_or(NotAChecksum { found })
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.as_str().to_owned()
    }
}

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ChecksumVisitor)
    }
}

/// Reads digits without a `String` in between.
struct ChecksumVisitor;

impl Visitor<'_> for ChecksumVisitor {
    type Value = Checksum;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("64 lower-case hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Checksum, E> {
        text.parse().map_err(E::custom)
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
