//! `cargo xtask tidy`: what holds for the source but no compiler checks.
//!
//! Also a test, so that `cargo test` knows it.

mod examples;

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::root;

pub(crate) const HELP: &str = "\
usage: cargo xtask tidy

Checks that imports between the crates go down only, that whimbrel-core and
whimbrel-model stay pure, that every source file says what it is for and is not
too long, that an example shows every public item, and that nothing is left to
do. Also runs as a test.
";

/// The crates by floor: a crate may depend on crates of lower floors.
const FLOORS: &[(&str, u32)] = &[
    ("whimbrel-core", 0),
    ("whimbrel-db", 1),
    ("whimbrel-model", 1),
    ("whimbrel-script", 2),
    ("whimbrel-derive", 2),
    ("whimbrel", 3),
    ("whimbrel-cli", 4),
];

/// The crates that are pure.
const PURE: &[&str] = &["whimbrel-core", "whimbrel-model"];

/// The crates whose public items are for others to use.
const PUBLIC: &[&str] =
    &["whimbrel-cli", "whimbrel", "whimbrel-core", "whimbrel-db", "whimbrel-model", "whimbrel-script"];

/// What stands beside the house, for tests: no floor may use it but for its own.
const BESIDE: &[&str] = &["whimbrel-readings", "whimbrel-testkit"];

/// What a pure crate must not speak of: it has no files, network, clock,
/// environment, threads, futures or randomness.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "Instant",
    // The type is a column's; it is asked for the time through itself.
    "SystemTime::",
    "UNIX_EPOCH",
    "async fn",
    "rand::",
    "tokio",
];

/// What must not stay in the source, with what to do about it. The words are
/// cut in two so that this file keeps its own rule.
const LEFT_OVERS: &[(&str, &str)] = &[
    (concat!("to", "do!("), "write it"),
    (concat!("unimplemented", "!("), "write it"),
    (concat!("TO", "DO"), "do it, or write it down where work is planned"),
    (concat!("FIX", "ME"), "fix it, or assert today's answer and say why"),
    (concat!("dbg", "!("), "take it out"),
    (concat!("#[ign", "ore"), "a test runs or goes"),
];

/// The longest that a source file may be, in lines.
const LINES: usize = 700;

/// Runs all checks and prints what they found.
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    let found = check(&root());
    found.iter().for_each(|line| println!("{line}"));
    match found.len() {
        0 => Ok(()),
        1 => Err("one thing is untidy".to_owned()),
        many => Err(format!("{many} things are untidy")),
    }
}

/// Returns everything that is untidy under `root`.
fn check(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for manifest in manifests(root) {
        let text = read(&manifest);
        found.extend(check_manifest(&text).into_iter().map(|what| told(root, &manifest, &what)));
    }
    for file in sources(root) {
        let text = read(&file);
        let pure = PURE.iter().any(|name| file.starts_with(root.join("crates").join(name).join("src")));
        found.extend(check_source(&text, pure).into_iter().map(|what| told(root, &file, &what)));
    }
    for name in PUBLIC {
        let files = sources_in(root.join("crates").join(name).join("src"));
        let files: Vec<_> = files.into_iter().map(|file| (file.clone(), read(&file))).collect();
        found.extend(examples::check(&files).into_iter().map(|(file, what)| told(root, file, &what)));
    }
    found
}

fn told(root: &Path, file: &Path, what: &str) -> String {
    format!("{}: {what}", file.strip_prefix(root).unwrap_or(file).display())
}

/// Checks one Cargo.toml: imports go down only, and the workspace's lints hold.
fn check_manifest(text: &str) -> Vec<String> {
    let own = value(text, "package", "name").unwrap_or_default();
    let floor =
        |name: &str| FLOORS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, floor)| *floor);
    let mut found = Vec::new();
    for name in keys(text, "dependencies").into_iter().chain(keys(text, "build-dependencies")) {
        if !name.starts_with("whimbrel") {
            continue;
        }
        let goes_down = match (floor(&own), floor(&name)) {
            (Some(upper), Some(lower)) => lower < upper,
            // They and xtask are on no floor, and may stand on any.
            (None, Some(_)) => BESIDE.contains(&own.as_str()),
            (_, None) => false,
        };
        if !goes_down {
            found.push(format!("`{own}` must not depend on `{name}`: imports go down only"));
        }
    }
    if value(text, "lints", "workspace").as_deref() != Some("true") {
        found.push("the workspace's lints are missing: add `[lints]` with `workspace = true`".to_owned());
    }
    found
}

/// Checks one source file.
fn check_source(text: &str, pure: bool) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push("it must begin with `//!` and say what it is for".to_owned());
    }
    let lines = text.lines().count();
    if lines > LINES {
        found.push(format!("{lines} lines are too many ({LINES} at most): there are two nouns in it"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        for (word, advice) in LEFT_OVERS {
            if line.contains(word) {
                found.push(format!("line {number}: `{word}`: {advice}"));
            }
        }
        let code = line.split("//").next().unwrap_or_default();
        for word in IMPURE.iter().filter(|word| pure && mentions(code, word)) {
            found.push(format!("line {number}: `{word}`: this crate is pure"));
        }
    }
    found
}

/// Says whether `code` holds `word` as a word of its own.
fn mentions(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && (word.ends_with("::") || !after.is_some_and(is_part))
    })
}

/// The lines of one section of a Cargo.toml, as key and value.
fn section<'a>(text: &'a str, name: &str) -> Vec<(&'a str, &'a str)> {
    let header = format!("[{name}]");
    text.lines()
        .map(str::trim)
        .skip_while(|line| *line != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect()
}

fn value(text: &str, name: &str, key: &str) -> Option<String> {
    let found = section(text, name).into_iter().find(|(one, _)| *one == key);
    found.map(|(_, value)| value.trim_matches('"').to_owned())
}

/// The names that a section lists, without `.workspace`.
fn keys(text: &str, name: &str) -> Vec<String> {
    let bare = |key: &str| key.split('.').next().unwrap_or_default().to_owned();
    section(text, name).into_iter().map(|(key, _)| bare(key)).collect()
}

fn manifests(root: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> =
        entries(&root.join("crates")).iter().map(|folder| folder.join("Cargo.toml")).collect();
    all.push(root.join("xtask/Cargo.toml"));
    all.retain(|file| file.is_file());
    all
}

fn sources(root: &Path) -> Vec<PathBuf> {
    let folders = ["crates", "xtask", "fuzz", "examples"];
    folders.into_iter().flat_map(|folder| sources_in(root.join(folder))).collect()
}

/// The source files in a folder, and in all that is in it.
fn sources_in(folder: PathBuf) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                // What a transcript starts from is no source of ours.
                let passed_over = path.ends_with("target") || path.extension().is_some_and(|one| one == "in");
                folders.extend(Some(path).filter(|_| !passed_over));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut all: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    all.sort();
    all
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_tidy() {
        let found = check(&root());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[track_caller]
    fn manifest(name: &str, rest: &str, expected: &[&str]) {
        let text = format!("[package]\nname = \"{name}\"\n\n[lints]\nworkspace = true\n\n{rest}");
        assert_eq!(check_manifest(&text), expected);
    }

    #[test]
    fn imports_go_down_only() {
        manifest("whimbrel", "[dependencies]\nwhimbrel-db.workspace = true\nserde = \"1\"\n", &[]);
        manifest("whimbrel-core", "[dev-dependencies]\nwhimbrel-testkit.workspace = true\n", &[]);
        manifest(
            "whimbrel-core",
            "[dependencies]\nwhimbrel-db = { workspace = true }\n",
            &["`whimbrel-core` must not depend on `whimbrel-db`: imports go down only"],
        );
        manifest(
            "whimbrel-cli",
            "[dependencies]\nwhimbrel-testkit.workspace = true\n",
            &["`whimbrel-cli` must not depend on `whimbrel-testkit`: imports go down only"],
        );
    }

    #[test]
    fn the_lints_of_the_workspace_hold_everywhere() {
        assert_eq!(
            check_manifest("[package]\nname = \"x\"\n"),
            ["the workspace's lints are missing: add `[lints]` with `workspace = true`"]
        );
    }

    #[test]
    fn a_source_file_says_what_it_is_for() {
        assert_eq!(
            check_source("fn main() {}\n", false),
            ["it must begin with `//!` and say what it is for"]
        );
    }

    #[test]
    fn a_source_file_is_not_too_long() {
        let text = format!("//! x\n{}", "\n".repeat(LINES));
        assert_eq!(
            check_source(&text, false),
            ["701 lines are too many (700 at most): there are two nouns in it"]
        );
    }

    #[test]
    fn a_pure_crate_is_pure() {
        let text = "//! x\nuse std::fs;\n// Instant in a comment is fine\nlet instantly = InstantLike;\n";
        assert_eq!(check_source(text, true), ["line 2: `std::fs`: this crate is pure"]);
        assert_eq!(check_source(text, false), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_left_to_do() {
        let (word, advice) = LEFT_OVERS[0];
        let text = format!("//! x\nfn f() {{ {word}) }}\n");
        assert_eq!(check_source(&text, false), [format!("line 2: `{word}`: {advice}")]);
    }
}
