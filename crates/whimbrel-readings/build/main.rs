//! Gathers every model of the repository, wherever it stands: in files, in
//! examples of the documentation, in texts of tests.
//!
//! Each text with models becomes a module of this crate's tests, so that the
//! compiler reads it, and a file, so that the reader of source files does. What
//! has mistakes is listed by the file it is in: a test says which files may.

#![expect(clippy::print_stdout, reason = "cargo is told what to watch there")]

mod texts;
mod unit;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where models may stand, from the root of the repository.
const PLACES: [&str; 4] = ["README.md", "crates", "docs", "examples"];

/// What models may be here: nothing uses them but this test.
const UNUSED: &str = "clippy::all, clippy::pedantic, dead_code, unreachable_pub, unused_imports";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for place in PLACES {
        println!("cargo:rerun-if-changed={}", root.join(place).display());
        gather(&root.join(place), &mut files)?;
    }
    files.sort();
    let (mut index, mut with_mistakes, mut parts) = (String::new(), BTreeSet::new(), Vec::new());
    let mut units = Vec::new();
    for file in files {
        let origin = origin(&root, &file);
        for text in texts::of_file(&file, &fs::read_to_string(&file)?) {
            let name = format!("unit_{:03}", units.len());
            match unit::write(&text, &file, &name) {
                unit::Written::Nothing => {}
                unit::Written::Mistakes => drop(with_mistakes.insert(origin.clone())),
                unit::Written::Unit { text, files } => {
                    parts.extend(files.iter().map(|file| self::origin(&root, file)));
                    let path = out.join(format!("{name}.rs"));
                    write(&path, &text)?;
                    index.push_str(&format!("#[allow({UNUSED})]\n#[path = {path:?}]\nmod {name};\n"));
                    units.push((origin.clone(), path));
                }
            }
        }
    }
    // A file that is whole within another is no mistake on its own.
    with_mistakes.retain(|origin| !parts.contains(origin));
    index.push_str(&format!("const UNITS: &[(&str, &str)] = &{units:?};\n"));
    index.push_str(&format!("const WITH_MISTAKES: &[&str] = &{:?};\n", Vec::from_iter(with_mistakes)));
    write(&out.join("units.rs"), &index)
}

/// The path of a file from the root of the repository.
fn origin(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).expect("it is below the root").display().to_string()
}

/// Lists the files in which models may stand.
fn gather(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            gather(&entry?.path(), files)?;
        }
    } else if texts::may_have_models(path) {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Writes a file, unless it is that already: what did not change is not compiled
/// again.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::write(path, text)
}
