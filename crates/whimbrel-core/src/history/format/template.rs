//! What a new program holds, and how it gets another number or name.

use super::Format;
use crate::history::iso_time;

const MIGRATION: &str = "// Migration";

/// What a new migration of a format that is a program holds, byte for byte; the
/// number is its version.
///
/// ```
/// use whimbrel_core::history::{Format, template};
/// assert_eq!(
///     template(Format::Ts, 3, "fill-slugs", 1_769_854_830_123),
///     "\
/// // Migration 3: fill-slugs
/// // Generated at 2026-01-31T10:20:30.123Z
///
/// export default {
///   version: 3,
///
///   up: async (db) => {
///     // await db.exec('ALTER TABLE ...');
///     // await db.updateSchema('tableName', { field: { type: 'string' } });
///   },
///
///   down: async (db) => {
///     // Reverse the up migration
///   },
/// };
/// "
/// );
/// ```
pub fn template(format: Format, number: u32, name: &str, when: i64) -> String {
    match format {
        Format::Sql => String::new(),
        Format::Ts | Format::Js => {
            format!("{MIGRATION} {number}: {name}\n// Generated at {}\n\n{}", iso_time(when), module(number))
        }
        Format::Rust => format!("{MIGRATION}: {name}\n{VERSION} 1\n{}", remark(name)),
    }
}

const VERSION: &str = "// Version:";

fn module(number: u32) -> String {
    format!(
        "export default {{\n  version: {number},\n\n  up: async (db) => {{\n    \
         // await db.exec('ALTER TABLE ...');\n    \
         // await db.updateSchema('tableName', {{ field: {{ type: 'string' }} }});\n  }},\n\n  \
         down: async (db) => {{\n    // Reverse the up migration\n  }},\n}};\n"
    )
}

fn remark(name: &str) -> String {
    format!(
        "//\n// What it does is a closure of the program that embeds whimbrel, which hands it to its\n\
         // migrator as `Migration::new(\"{name}\").version(1).up(...)`. Who changes what it does raises\n\
         // the version there and here, then runs `whimbrel migrate verify --accept {name}`.\n"
    )
}

/// Says whether a file still is what [`template`] wrote: nothing was filled in.
///
/// ```
/// use whimbrel_core::history::{Format, is_template, template};
/// let text = template(Format::Ts, 1, "users", 0);
/// assert!(is_template(Format::Ts, 1, &text));
/// assert!(!is_template(Format::Ts, 1, "export default { version: 1 };"));
/// ```
pub fn is_template(format: Format, number: u32, text: &str) -> bool {
    match format {
        Format::Ts | Format::Js => {
            let text = text.replace("\r\n", "\n");
            text.split_once("\n\n").is_some_and(|(_, rest)| rest == module(number))
        }
        Format::Sql | Format::Rust => false,
    }
}

/// The version of a closure that the file of a migration speaks of.
///
/// ```
/// use whimbrel_core::history::{Format, closure_version, template};
/// assert_eq!(closure_version(&template(Format::Rust, 0, "slugs", 0)), Some(1));
/// ```
pub fn closure_version(text: &str) -> Option<u32> {
    text.lines().find_map(|line| line.strip_prefix(VERSION))?.trim().parse().ok()
}

/// The file with another number and name, where it says them as the template
/// does.
pub(in crate::history) fn renumbered(format: Format, text: &str, number: u32, name: &str) -> String {
    let mut is_numbered = false;
    let line = |line: &str| {
        let end = &line[line.trim_end_matches(['\r', '\n']).len()..];
        if line.starts_with(MIGRATION) && line.contains(':') {
            return match format {
                Format::Sql => line.to_owned(),
                Format::Ts | Format::Js => format!("{MIGRATION} {number}: {name}{end}"),
                Format::Rust => format!("{MIGRATION}: {name}{end}"),
            };
        }
        match versioned(line).filter(|_| !is_numbered && format != Format::Rust) {
            Some((before, after)) => {
                is_numbered = true;
                format!("{before}{number}{after}")
            }
            None => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// A line `version: 3,`, cut around its number.
fn versioned(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().strip_prefix("version:")?.trim_start();
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = after.len() < rest.len() && matches!(after.trim(), "" | ",");
    is_number.then(|| (&line[..line.len() - rest.len()], after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_known_until_something_is_filled_in() {
        let text = template(Format::Ts, 3, "a", 0);
        assert!(is_template(Format::Ts, 3, &text));
        assert!(is_template(Format::Ts, 3, &text.replace('\n', "\r\n")));
        assert!(!is_template(Format::Ts, 4, &text));
        let filled_in = text.replace("// await db.exec", "await db.exec");
        assert!(!is_template(Format::Ts, 3, &filled_in));
        let marker = template(Format::Rust, 3, "a", 0);
        assert!(!is_template(Format::Rust, 3, &marker));
        assert_eq!(closure_version(&marker), Some(1));
        assert_eq!(closure_version("// Version: two\n"), None);
    }

    #[test]
    fn another_number_stands_where_the_old_one_did() {
        for format in [Format::Ts, Format::Js, Format::Rust] {
            let moved = renumbered(format, &template(format, 3, "a", 0), 12, "a-2");
            let expected = template(format, 12, "a-2", 0);
            match format {
                // The remark below still names the closure, which keeps its name.
                Format::Rust => assert!(moved.starts_with("// Migration: a-2\n// Version: 1\n")),
                _ => assert_eq!(moved, expected),
            }
        }
        let text = "export default {\r\n  version: 3,\r\n  up: async () => ({\n    version: 3,\n  }),\n};\n";
        assert_eq!(
            renumbered(Format::Js, text, 4, "a"),
            "export default {\r\n  version: 4,\r\n  up: async () => ({\n    version: 3,\n  }),\n};\n"
        );
        let computed = "export default { version: 1 + 2 };\n";
        assert_eq!(renumbered(Format::Js, computed, 4, "a"), computed);
    }
}
