//! Which Rust files belong to a source: a file with its `mod` files, a folder
//! with all files in it.

use std::path::{Path, PathBuf};

use whimbrel_model::{At, Problem};

use super::super::SourceError;
use super::super::files::{self, SourceText};
use super::index;

/// A file, and the module that it is.
pub(super) struct File {
    pub(super) text: SourceText,
    pub(super) module: Vec<String>,
}

/// The files of a source.
#[derive(Default)]
pub(super) struct Found {
    pub(super) files: Vec<File>,
    pub(super) problems: Vec<Problem>,
    /// The `include!(...);` lines whose files only the compiler finds, each with what to
    /// do if there are models in them. Most have none: they are what a build script wrote.
    pub(super) passed_over: Vec<Problem>,
}

/// Reads the files that a path leads to.
///
/// # Errors
///
/// If one of them cannot be read.
pub(super) fn read(path: &Path) -> Result<Found, SourceError> {
    let mut found = Found::default();
    if !path.is_dir() {
        follow(path, Vec::new(), &mut found)?;
        return Ok(found);
    }
    let mut paths = files::in_folder(path, super::is_rust_file)?;
    paths.sort();
    for file in &paths {
        found.files.push(File { text: files::read(file)?, module: module_of(path, file) });
    }
    for file in &paths {
        let (text, module) = (files::read(file)?, module_of(path, file));
        include(file, &text, &module, &mut found)?;
    }
    Ok(found)
}

/// The module of a file below a folder.
fn module_of(folder: &Path, file: &Path) -> Vec<String> {
    let inner = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    let mut names: Vec<String> =
        inner.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        names.pop();
    }
    names
}

/// Reads a file, then the files of its `mod name;` lines.
fn follow(path: &Path, module: Vec<String>, found: &mut Found) -> Result<(), SourceError> {
    let text = files::read(path)?;
    let name = text.name.clone();
    found.files.push(File { text: text.clone(), module: module.clone() });
    include(path, &text, &module, found)?;
    for declared in index::elsewhere(&text.text).modules {
        let mut inner = module.clone();
        inner.extend(declared.inside.iter().cloned());
        inner.push(declared.name.clone());
        let candidates = candidates(path, &declared);
        match candidates.iter().find(|one| one.is_file()) {
            Some(file) => follow(file, inner, found)?,
            None => {
                let tried: Vec<_> = candidates.iter().map(|one| format!("`{}`", one.display())).collect();
                let message = format!("the file of `mod {}` is not there", declared.name);
                let help = format!("write {}, or take the line out", tried.join(" or "));
                found.problems.push(Problem::new(declared.at, message, help).in_file(&name));
            }
        }
    }
    Ok(())
}

/// Reads the files that a file includes: they are of its own module, wherever they
/// stand.
fn include(path: &Path, text: &SourceText, module: &[String], found: &mut Found) -> Result<(), SourceError> {
    for included in index::elsewhere(&text.text).includes {
        let module = [module, &included.inside].concat();
        let Some(given) = included.path else {
            found.passed_over.push(passed_over(included.at).in_file(&text.name));
            continue;
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let file = folder.join(&given);
        if !file.is_file() {
            let message = format!("the file of `include!({given:?})` is not there");
            let help = format!("write `{}`, or take the line out", file.display());
            found.problems.push(Problem::new(included.at, message, help).in_file(&text.name));
            continue;
        }
        match found.files.iter_mut().find(|one| is_same(Path::new(&one.text.name), &file)) {
            // A folder has it already, and took it for a module of its own.
            Some(known) => known.module = module,
            None => follow(&file, module, found)?,
        }
    }
    Ok(())
}

/// What a build script writes, nobody has read yet.
fn passed_over(at: At) -> Problem {
    let message = "passed over this `include!`: its path is not written out";
    let help = "if it has models, have a program print them, compiled: \
                `--schema \"program:cargo run -q --bin models\"`";
    Problem::new(at, message, help)
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// Where the file of a module may be.
fn candidates(path: &Path, declared: &index::Declared) -> Vec<PathBuf> {
    let parent = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let owns_folder = ["mod", "lib", "main"].contains(&stem.as_ref());
    let mut base = if owns_folder { parent.to_owned() } else { parent.join(&*stem) };
    base.extend(&declared.inside);
    if let Some(given) = &declared.path {
        // Outside of inline modules a given path is relative to the file's own folder.
        let start = if declared.inside.is_empty() { parent } else { &base };
        return vec![start.join(given)];
    }
    vec![base.join(format!("{}.rs", declared.name)), base.join(&declared.name).join("mod.rs")]
}

/// All files of the crate that a path is in: names that are not found nearer
/// are looked for there.
pub(super) fn rest_of_crate(path: &Path) -> Vec<PathBuf> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let root = absolute.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
    let Some(source) = root.map(|root| root.join("src")).filter(|source| source.is_dir()) else {
        return Vec::new();
    };
    let mut files = files::in_folder(&source, super::is_rust_file).unwrap_or_default();
    files.sort();
    files
}
