//! Every public item is shown in an example.
//!
//! What is `pub` can be reached from outside, or the compiler complains, so the
//! lines of the source tell which items are public. One is shown if there is an
//! example in its own documentation, or if one in its file names it, as that of a
//! type names its methods; a type may also be named in another file of its module,
//! as an error is by the function that returns it. Fields and variants need a
//! sentence only, and so do the methods of a trait: who implements it names them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::mentions;

/// A public item, as its line has it.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    /// Its line, from 1.
    line: usize,
    name: String,
    is_type: bool,
    /// Whether its own documentation has an example.
    is_shown: bool,
}

/// Returns what is shown in no example, with the file, of the files of one crate.
pub(super) fn check(files: &[(PathBuf, String)]) -> Vec<(&Path, String)> {
    let mut of_folder: BTreeMap<&Path, String> = BTreeMap::new();
    for (path, text) in files {
        let folder = path.parent().unwrap_or(path);
        of_folder.entry(folder).or_default().push_str(&examples(text));
    }
    let mut found = Vec::new();
    for (path, text) in files {
        let own = examples(text);
        let beside = of_folder.get(path.parent().unwrap_or(path)).map_or("", String::as_str);
        for item in items(text).into_iter().filter(|item| !item.is_shown) {
            let examples = if item.is_type { beside } else { &own };
            if !mentions(examples, &item.name) {
                found.push((path.as_path(), format!("line {}: no example shows `{}`", item.line, item.name)));
            }
        }
    }
    found
}

/// The text of a line of documentation.
fn documentation(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))
}

/// The examples in the documentation of a file, which are compiled at least.
fn examples(text: &str) -> String {
    let mut found = String::new();
    let mut fence: Option<bool> = None;
    for line in text.lines() {
        let Some(line) = documentation(line) else { continue };
        match (line.trim().strip_prefix("```"), fence) {
            (Some(language), None) => fence = Some(is_example(language)),
            (Some(_), Some(_)) => fence = None,
            (None, Some(true)) => {
                found.push_str(line);
                found.push('\n');
            }
            (None, Some(false) | None) => {}
        }
    }
    found
}

/// Says whether what stands behind a fence makes it an example.
fn is_example(language: &str) -> bool {
    matches!(language, "" | "rust" | "no_run" | "should_panic" | "compile_fail")
}

/// The public items of a file.
fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut above = String::new();
    for (line, code) in (1..).zip(text.lines()) {
        if documentation(code).is_some() {
            above.push_str(code);
            above.push('\n');
            continue;
        }
        if let Some((is_type, name)) = public(code) {
            let is_shown = !examples(&above).is_empty();
            items.push(Item { line, name: name.to_owned(), is_type, is_shown });
        }
        // Between the documentation of an item and its first line there are attributes.
        if code.trim().is_empty() || code.trim_start().starts_with("pub ") {
            above.clear();
        }
    }
    items
}

/// The name that a line makes public, and whether it is that of a type.
fn public(line: &str) -> Option<(bool, &str)> {
    let mut words = line.trim_start().strip_prefix("pub ")?.split_whitespace();
    let mut kind = words.next()?;
    while matches!(kind, "async" | "unsafe") {
        kind = words.next()?;
    }
    let is_type = match kind {
        "struct" | "enum" | "trait" | "type" => true,
        "fn" | "const" | "static" => false,
        _ => return None,
    };
    let mut name = words.next()?;
    if kind == "const" && name == "fn" {
        name = words.next()?;
    }
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(|name| (is_type, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<_> =
            files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        let found: Vec<_> =
            check(&files).into_iter().map(|(path, what)| format!("{}: {what}", path.display())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_public_item_is_shown() {
        let text =
            "/// A bird.\n#[derive(Debug)]\npub struct Bird;\n\n/// It flies.\npub(crate) fn fly() {}\n";
        found(&[("a/bird.rs", text)], &["a/bird.rs: line 3: no example shows `Bird`"]);
        let text = "/// A bird.\n///\n/// ```\n/// assert!(a::bird());\n/// ```\n#[must_use]\npub const fn bird() -> bool {\n";
        found(&[("a/bird.rs", text)], &[]);
    }

    #[test]
    fn the_example_of_a_type_shows_its_methods() {
        let text = "/// A bird.\n///\n/// ```\n/// Bird.fly();\n/// ```\npub struct Bird;\n\n/// Flies.\npub fn fly(&self) {}\n\
                    \n/// Sings.\npub async fn sing(&self) {}\n";
        found(&[("a/bird.rs", text)], &["a/bird.rs: line 12: no example shows `sing`"]);
    }

    #[test]
    fn a_type_may_be_shown_beside_it() {
        let shown =
            "/// Flies.\n///\n/// ```\n/// assert_eq!(a::fly(), Err(NoWings));\n/// ```\npub fn fly() {}\n";
        let error = "/// It cannot.\npub struct NoWings;\n";
        found(&[("a/fly.rs", shown), ("a/error.rs", error)], &[]);
        found(
            &[("a/fly.rs", shown), ("b/error.rs", error)],
            &["b/error.rs: line 2: no example shows `NoWings`"],
        );
    }

    #[test]
    fn what_is_not_compiled_is_no_example() {
        let text = "/// A table.\n///\n/// ```sql\n/// CREATE TABLE Bird;\n/// ```\npub struct Bird;\n";
        found(&[("a/bird.rs", text)], &["a/bird.rs: line 6: no example shows `Bird`"]);
    }
}
