//! What may be a path in a store.
//!
//! The rules are those of every system at once, so that a folder written on one
//! reads on all. A path that could leave the store is none.

use super::StoreError;

/// The longest part of a path, in bytes.
const LONGEST_PART: usize = 255;

/// The longest path, in bytes. Object stores take 1,024.
const LONGEST_PATH: usize = 1_000;

/// Characters that Windows takes for itself. A colon also begins an alternate
/// stream there, and follows a drive.
const FORBIDDEN: &[char] = &['\\', ':', '*', '?', '"', '<', '>', '|'];

/// Names that are devices on Windows, with any extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The length of the longest name of a device, in bytes.
const LONGEST_DEVICE: usize = "conout$".len();

/// Says what is wrong with `path`, if anything is.
///
/// ```
/// use whimbrel::store::check_path;
/// assert!(check_path("meta/_down/0003_add-users.sql").is_ok());
/// assert_eq!(check_path("../x").unwrap_err().to_string(), "`../x` is no path in a store: it leaves its folder");
/// ```
///
/// # Errors
///
/// [`StoreError::Path`] if it is empty, absolute, too long, leaves its folder,
/// or has a part that some system does not take.
pub fn check_path(path: &str) -> Result<(), StoreError> {
    let problem = if path.is_empty() {
        Some("it is empty")
    } else if path.starts_with('/') {
        Some("it is absolute")
    } else if path.len() > LONGEST_PATH {
        Some("it is longer than 1,000 bytes")
    } else {
        path.split('/').find_map(problem_of_part)
    };
    match problem {
        None => Ok(()),
        Some(reason) => Err(StoreError::Path { path: path.to_owned(), reason }),
    }
}

fn problem_of_part(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        Some("a part of it is empty")
    } else if part == ".." {
        Some("it leaves its folder")
    } else if part == "." {
        Some("a part of it is `.`")
    } else if part.len() > LONGEST_PART {
        Some("a part of it is longer than 255 bytes")
    } else if part.bytes().all(is_usual) {
        // Nearly all are like that, and every start of a service asks of each.
        problem_of_name(part)
    } else if part.contains(char::is_control) {
        Some("it holds a control character")
    } else if part.contains(FORBIDDEN) {
        Some("it holds one of `\\ : * ? \" < > |`")
    } else {
        problem_of_name(part)
    }
}

fn is_usual(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// What is wrong with a part all of whose characters are right.
fn problem_of_name(part: &str) -> Option<&'static str> {
    if part.ends_with(['.', ' ']) {
        Some("a part of it ends in a dot or a space")
    } else if is_device(part) {
        Some("a part of it is the name of a device on Windows")
    } else {
        None
    }
}

/// Says whether Windows takes the name for a device: `nul`, `COM1.sql`.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end();
    // Those of nearly all files are longer.
    if stem.len() > LONGEST_DEVICE {
        return false;
    }
    let stem = stem.to_ascii_lowercase();
    let is_port = |prefix: &str| {
        let number = stem.strip_prefix(prefix).map(|rest| rest.chars().collect::<Vec<_>>());
        // Windows reads the superscripts as digits.
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    DEVICES.contains(&stem.as_str()) || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_every_day_pass() {
        for path in
            ["0003_add-users.sql", "meta/_journal.json", "meta/_down/0003_é ü.sql", "company.sql", ".gitkeep"]
        {
            check_path(path).unwrap();
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_or_nowhere_are_none() {
        let problem = |path: &str| match check_path(path) {
            Err(StoreError::Path { reason, .. }) => reason,
            other => panic!("{path:?}: {other:?}"),
        };
        let long = format!("{}.sql", "x".repeat(252));
        let deep = "x/".repeat(500) + "x";
        for (path, expected) in [
            ("", "it is empty"),
            ("/etc/passwd", "it is absolute"),
            (deep.as_str(), "it is longer than 1,000 bytes"),
            ("a//b", "a part of it is empty"),
            ("a/", "a part of it is empty"),
            ("../x", "it leaves its folder"),
            ("a/../../x", "it leaves its folder"),
            ("./x", "a part of it is `.`"),
            (long.as_str(), "a part of it is longer than 255 bytes"),
            ("a\0b", "it holds a control character"),
            ("a\nb", "it holds a control character"),
            ("a\\..\\b", "it holds one of `\\ : * ? \" < > |`"),
            ("C:x", "it holds one of `\\ : * ? \" < > |`"),
            ("x.sql:stream", "it holds one of `\\ : * ? \" < > |`"),
            ("...", "a part of it ends in a dot or a space"),
            ("a./b", "a part of it ends in a dot or a space"),
            ("x.sql ", "a part of it ends in a dot or a space"),
            ("NUL", "a part of it is the name of a device on Windows"),
            ("meta/aux.sql", "a part of it is the name of a device on Windows"),
            ("com1.a.sql", "a part of it is the name of a device on Windows"),
            ("LPT².sql", "a part of it is the name of a device on Windows"),
        ] {
            assert_eq!(problem(path), expected, "{path:?}");
        }
    }
}
