//! The checksum of a migration file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::body;

/// A SHA-256 as 64 lower-case hexadecimal digits.
///
/// ```
/// use whimbrel_core::history::Checksum;
/// let written = "-- Migration: a\n-- Checksum: ?\n\nDROP TABLE a;\n";
/// let checked_out = "-- Migration: a\r\n-- Checksum: ?\r\n\r\nDROP TABLE a;\r\n";
/// assert_eq!(Checksum::of_file(written), Checksum::of_file(checked_out));
/// assert_eq!(Checksum::of_file(written), Checksum::of_file("DROP TABLE a;\n"));
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
    /// The checksum of a migration file, up or down: of everything after its
    /// header, with LF for every CRLF and without a byte order mark.
    ///
    /// It can be computed again from the file wherever it was checked out, and
    /// stays when the migration gets another number or name.
    pub fn of_file(text: &str) -> Self {
        Self::of_parts(body(text).split("\r\n"))
    }

    /// The checksum of parts with an LF between each two.
    pub(super) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Sha256::new();
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                digest.update("\n");
            }
            digest.update(part);
        }
        Self(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    /// `printf 'DROP TABLE a;\n' | sha256sum`
    const DROP: &str = "96675bc4f7630fe731c031f7a15922443ab8ce8a7967dcc0794fd5416be9854f";

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Checksum::of_file(text).as_str(), expected, "{text:?}");
    }

    #[test]
    fn is_over_all_that_follows_the_header() {
        check("", EMPTY);
        check("\u{feff}", EMPTY);
        check("-- Migration: a\n-- Generated: b\n-- Checksum: c\n\n", EMPTY);
        check("DROP TABLE a;\n", DROP);
        check("\u{feff}DROP TABLE a;\r\n", DROP);
        check("-- Migration: a\n-- Generated: b\n-- Checksum: c\n\nDROP TABLE a;\n", DROP);
        check("\u{feff}-- Migration: a\r\n-- Generated: b\r\n-- Checksum: c\r\n\r\nDROP TABLE a;\r\n", DROP);
        check("-- Down migration for: A b\n\nDROP TABLE a;\n", DROP);
        check("-- Down migration for: A b\nDROP TABLE a;\n", DROP);
    }

    #[test]
    fn every_other_byte_counts() {
        let differs = |text: &str| assert_ne!(Checksum::of_file(text).as_str(), DROP, "{text:?}");
        differs("DROP TABLE a;");
        differs("\nDROP TABLE a;\n");
        differs("-- Migration: a\n\n\nDROP TABLE a;\n");
        differs("-- Migrations: a\nDROP TABLE a;\n");
        differs("DROP TABLE a;\r\r\n");
        differs("-- Migration: a\n\n-- Checksum: c\nDROP TABLE a;\n");
    }

    #[test]
    fn a_statement_does_not_hide_in_the_header() {
        // PostgreSQL ends a comment at a lone carriage return.
        check(
            "-- Migration: a\rDROP TABLE b;\n",
            Checksum::of_parts(["-- Migration: a\rDROP TABLE b;\n"]).as_str(),
        );
    }

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
