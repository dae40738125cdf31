//! The checksums that VibORM wrote.
//!
//! They are of a draft of the up file: with the name as it was given rather
//! than as it is in the file's name, with a time that is a little earlier than the
//! entry's, and without the checksum. So no file can be hashed to compare them;
//! what can be done is to try the few drafts that there may have been.

use super::{Checksum, Entry, header, iso_time};

/// How much earlier than the entry a draft may be, in milliseconds. It took none
/// to two wherever it was measured.
const EARLIER: i64 = 5000;

/// How many bytes of drafts are hashed at most for one name, so that a long file
/// that was edited is found out in the blink of an eye; but no draft that is
/// likely is left out.
const BYTES: usize = 16_000_000;
const LIKELY: usize = 100;

/// Says whether an up file is the one of which VibORM took the entry's checksum.
///
/// `down` is the down file, which has the name as it was given. Line ends and a
/// byte order mark make no difference.
///
/// ```
/// use whimbrel_core::history::{Entry, legacy_matches};
/// let up = "\
/// -- Migration: add-users
/// -- Generated: 2026-01-31T10:20:30.123Z
/// -- Checksum: 3cf7ab12fd5376e17c7a1c921b8a6713e2965493acf7eb27212aaec880840ac6
///
/// CREATE TABLE users (id integer);
/// ";
/// let down = "-- Down migration for: Add Users\n\nDROP TABLE users;\n";
/// let checksum = "3cf7ab12fd5376e17c7a1c921b8a6713e2965493acf7eb27212aaec880840ac6".parse().unwrap();
/// let entry = Entry::new(0, "add-users", 1_769_854_830_123, checksum);
/// assert!(legacy_matches(&entry, up, Some(down)));
/// ```
pub fn legacy_matches(entry: &Entry, up: &str, down: Option<&str>) -> bool {
    let Some(statements) = after_three_lines(up) else { return false };
    let given = down.and_then(|down| header(down).name);
    let in_file = header(up).name;
    let mut names: Vec<_> = [given, in_file, Some(entry.name.clone())].into_iter().flatten().collect();
    names.dedup();
    // A CRLF may come from the checkout, or stand in a string since ever.
    let normal = statements.replace("\r\n", "\n");
    let mut texts = vec![statements, &normal];
    texts.dedup();
    let tries = (BYTES / (statements.len() + 1)).max(LIKELY);
    let times = (0..=EARLIER.min(entry.when)).map(|earlier| iso_time(entry.when - earlier));
    times.take(tries).any(|time| {
        let mut heads = names.iter().map(|name| head(name, &time));
        heads.any(|head| texts.iter().any(|text| Checksum::of_parts([&head, *text]) == entry.checksum))
    })
}

/// The header of a draft, without its last line end.
fn head(name: &str, time: &str) -> String {
    format!("-- Migration: {name}\n-- Generated: {time}\n-- Checksum: ")
}

/// What follows the three lines of a header as VibORM writes it.
fn after_three_lines(up: &str) -> Option<&str> {
    let up = up.strip_prefix('\u{feff}').unwrap_or(up);
    let mut rest = up;
    for start in ["-- Migration: ", "-- Generated: ", "-- Checksum: "] {
        rest = rest.strip_prefix(start)?.split_once('\n')?.1;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHEN: i64 = 1_769_854_830_123;
    /// The draft named `Add Users!`, two milliseconds earlier.
    const GIVEN: &str = "9ab96749ddc7bf797d4b35cbea2a4f8d814537d4e2c4018027bfeefb47027952";
    /// The draft named `add-users`, at the same time.
    const KEBAB: &str = "d8361e14c6dd32206dbbf28b1b42002ea9d9a39319f6fc272aead0e694dc1385";
    /// The earliest that is tried, and the one before it.
    const EARLIEST: &str = "f89b830264778a0a9e217e2d85e32584edfde23d1a37cf8feec713885d2eb802";
    const TOO_EARLY: &str = "a950b63f5123248ba3fb8095321aeb957c023def00e28312c304d3bdf19c8516";

    const DOWN: &str = "-- Down migration for: Add Users!\n\nDROP TABLE \"users\";\n";

    /// The file that VibORM wrote with this checksum.
    fn up(checksum: &str) -> String {
        format!(
            "-- Migration: add-users\n-- Generated: 2026-01-31T10:20:30.123Z\n-- Checksum: {checksum}\n\n\
             CREATE TABLE \"users\" (\n  \"id\" integer\n);\n--> statement-breakpoint\n\
             CREATE INDEX \"i\" ON \"users\" (\"id\");\n"
        )
    }

    #[track_caller]
    fn check(checksum: &str, up: &str, down: Option<&str>, expected: bool) {
        let entry = Entry::new(0, "add-users", WHEN, checksum.parse().unwrap());
        assert_eq!(legacy_matches(&entry, up, down), expected, "{up}");
    }

    #[test]
    fn the_draft_is_found() {
        check(GIVEN, &up(GIVEN), Some(DOWN), true);
        check(KEBAB, &up(KEBAB), None, true);
        check(KEBAB, &up(KEBAB), Some(DOWN), true);
        check(EARLIEST, &up(EARLIEST), None, true);
        check(TOO_EARLY, &up(TOO_EARLY), None, false);
        // Without the down file nobody knows the name that was given.
        check(GIVEN, &up(GIVEN), None, false);
    }

    #[test]
    fn a_long_file_is_tried_with_likely_times() {
        let long = |time: &str, checksum: &str| {
            format!(
                "{}{}",
                head("a", time).trim_end(),
                format_args!(" {checksum}\n\nSELECT '{}';\n", "x".repeat(BYTES / 50))
            )
        };
        let check = |time: &str, expected: bool| {
            let draft = Checksum::of_parts([long(time, "").as_str()]);
            let entry = Entry::new(0, "a", WHEN, draft.clone());
            assert_eq!(legacy_matches(&entry, &long(time, draft.as_str()), None), expected, "{time}");
        };
        check("2026-01-31T10:20:30.121Z", true);
        check("2026-01-31T10:20:29.123Z", false);
    }

    #[test]
    fn a_checkout_makes_no_difference() {
        let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
        check(GIVEN, &windows(&up(GIVEN)), Some(&windows(DOWN)), true);
        check(KEBAB, &windows(&up(KEBAB)), None, true);
    }

    #[test]
    fn the_entry_keeps_the_name_that_a_file_lost() {
        check(KEBAB, &up(KEBAB).replace("add-users", "something"), None, true);
    }

    #[test]
    fn an_edit_is_found_out() {
        let whole = up(KEBAB);
        check(KEBAB, &whole.replace("integer", "bigint"), None, false);
        check(KEBAB, whole.trim_end(), None, false);
        check(KEBAB, &whole[..whole.len() / 2], None, false);
        check(KEBAB, &whole[..20], None, false);
        check(KEBAB, "", None, false);
        check(KEBAB, whole.split_once('\n').unwrap().1, None, false);
    }
}
