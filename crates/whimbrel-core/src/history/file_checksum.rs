//! The checksum of a migration file.

use super::file::body;
use crate::checksum::Checksum;

impl Checksum {
    /// The checksum of a migration file, up or down: of everything after its
    /// header, with LF for every CRLF and without a byte order mark.
    ///
    /// It can be computed again from the file wherever it was checked out, and
    /// stays when the migration gets another number or name.
    ///
    /// ```
    /// use whimbrel_core::history::Checksum;
    /// let written = "-- Migration: a\n-- Checksum: ?\n\nDROP TABLE a;\n";
    /// let checked_out = "-- Migration: a\r\n-- Checksum: ?\r\n\r\nDROP TABLE a;\r\n";
    /// assert_eq!(Checksum::of_file(written), Checksum::of_file(checked_out));
    /// assert_eq!(Checksum::of_file(written), Checksum::of_file("DROP TABLE a;\n"));
    /// ```
    pub fn of_file(text: &str) -> Self {
        Self::of_lines(body(text))
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
}
