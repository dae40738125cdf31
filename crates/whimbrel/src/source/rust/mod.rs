//! Models in Rust files, read without compiling them.
//!
//! A file leads to its `mod` files and to what it includes, a folder to all files in it. Structs that
//! derive `Model` are the models, in the order of files and lines. Other names
//! are looked up among what was read, then in the rest of the crate: see
//! [`resolve`]. Nothing is compiled and no macro expanded, and of conditions
//! ([`conditions`]) only `test` is known; what cannot be resolved so is said, with
//! what to write instead.

mod conditions;
mod crate_files;
mod index;
mod macros;
mod resolve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use whimbrel_core::dialect::Dialect;
use whimbrel_model::build::{Built, build_besides};
use whimbrel_model::item::Model;
use whimbrel_model::link::link;
use whimbrel_model::{Problem, parse};

use super::files::{self, SourceText};
use super::{Loaded, SourceError, models};
use index::{Index, Kind};
use resolve::Resolver;

/// Says whether a path leads to Rust: a file, or a folder with one in it.
pub(super) fn is_rust(path: &Path) -> bool {
    match path.is_dir() {
        true => files::in_folder(path, is_rust_file).is_ok_and(|found| !found.is_empty()),
        false => is_rust_file(path),
    }
}

fn is_rust_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Loads the models of a path.
pub(super) fn load(path: &Path, dialect: Dialect) -> Result<Loaded, SourceError> {
    let (mut read, texts) = read_path(path)?;
    let passed_over = std::mem::take(&mut read.passed_over);
    match read.build(dialect) {
        (Some(built), problems) if problems.is_empty() => loaded(dialect, built, &passed_over),
        (None, problems) if problems.is_empty() => Err(no_models(path, passed_over, &texts)),
        (Some(_) | None, problems) => Err(models::refused(problems, &texts)),
    }
}

/// Makes the schema of the models in one text.
pub(super) fn load_text(dialect: Dialect, text: &SourceText) -> Result<Loaded, SourceError> {
    let (read, texts) = read_text(text);
    match read.build(dialect) {
        (Some(built), problems) if problems.is_empty() => models::loaded(dialect, built),
        // No models at all make an empty schema.
        (None, problems) if problems.is_empty() => models::loaded(dialect, Built::default()),
        (_, problems) => Err(models::refused(problems, &texts)),
    }
}

/// The models of a path, for whatever engine.
pub(super) fn models_of(path: &Path) -> Result<Vec<Model>, SourceError> {
    let (Read { models, problems, passed_over, .. }, texts) = read_path(path)?;
    match (problems.is_empty(), models.is_empty()) {
        (true, false) => Ok(models),
        (true, true) => Err(no_models(path, passed_over, &texts)),
        (false, _) => Err(models::refused(problems, &texts)),
    }
}

/// The models of one text, for whatever engine.
pub(super) fn models_of_text(text: &SourceText) -> Result<Vec<Model>, SourceError> {
    let (Read { models, problems, .. }, texts) = read_text(text);
    if problems.is_empty() { Ok(models) } else { Err(models::refused(problems, &texts)) }
}

/// Writes what models say as SQL, and notes what was passed over.
fn loaded(dialect: Dialect, built: Built, passed_over: &[Problem]) -> Result<Loaded, SourceError> {
    let mut loaded = models::loaded(dialect, built)?;
    if let Loaded::Sql { notes, .. } = &mut loaded {
        notes.extend(passed_over.iter().map(|one| format!("{one}; {}", one.help)));
    }
    Ok(loaded)
}

/// There are none, but in what was passed over, if that is any.
fn no_models(path: &Path, passed_over: Vec<Problem>, texts: &Texts) -> SourceError {
    match passed_over.is_empty() {
        true => SourceError::NoModels { path: path.display().to_string() },
        false => models::refused(passed_over, texts),
    }
}

/// Texts of files by their names.
type Texts = BTreeMap<String, String>;

fn read_path(path: &Path) -> Result<(Read, Texts), SourceError> {
    let found = crate_files::read(path)?;
    let texts = found.files.iter().map(|file| (file.text.name.clone(), file.text.text.clone())).collect();
    Ok((read(found, &crate_files::rest_of_crate(path)), texts))
}

fn read_text(text: &SourceText) -> (Read, Texts) {
    let texts = BTreeMap::from([(text.name.clone(), text.text.clone())]);
    let file = crate_files::File { text: text.clone(), module: Vec::new() };
    (read(crate_files::Found { files: vec![file], ..Default::default() }, &[]), texts)
}

/// All models that were read, and everything that is wrong with the files.
struct Read {
    models: Vec<Model>,
    /// Models with mistakes, as far as they could be read.
    broken: Vec<Model>,
    problems: Vec<Problem>,
    /// What only the compiler finds, and may have models.
    passed_over: Vec<Problem>,
}

impl Read {
    /// Makes their schema, and tells everything that is wrong. `None` if there are no
    /// models, or none can be made.
    fn build(self, dialect: Dialect) -> (Option<Built>, Vec<Problem>) {
        let Self { models, broken, mut problems, .. } = self;
        if models.is_empty() && broken.is_empty() {
            return (None, problems);
        }
        match build_besides(dialect, &models, &broken) {
            Ok(built) => (Some(built), problems),
            Err(found) => {
                problems.extend(found);
                (None, problems)
            }
        }
    }
}

fn read(found: crate_files::Found, rest: &[PathBuf]) -> Read {
    let crate_files::Found { files, mut problems, passed_over } = found;
    let mut index = Index::default();
    for file in files {
        problems.extend(index.add(&file));
    }
    problems.extend(index.problems());
    let mut resolver = Resolver::new(&index, rest);
    let (mut models, mut broken) = (Vec::new(), Vec::new());
    for item in index.items.iter().filter(|item| item.kind == Kind::Model) {
        let (model, found) = read_model(&mut resolver, item);
        if found.is_empty() {
            models.push(model);
        } else {
            broken.push(model);
        }
        problems.extend(found);
    }
    for item in &index.items {
        resolver.look_at(item);
    }
    problems.extend(resolver.told());
    Read { models, broken, problems, passed_over }
}

/// Reads what can be read of a model, with all that is wrong with it.
fn read_model(resolver: &mut Resolver<'_>, item: &index::Item) -> (Model, Vec<Problem>) {
    let (model, mistakes) = parse::model_so_far(item.input().expect("a model is a struct"), &item.file);
    let problems: Vec<Problem> = mistakes.into_iter().map(|(problem, _)| problem).collect();
    match link(model.clone(), &mut |wanted| resolver.find(wanted, item)) {
        Ok(linked) => (linked, problems),
        Err(more) => (model, [problems, more].concat()),
    }
}
