//! Looks names up in the files of a crate, as far as that can be done without
//! compiling it.
//!
//! The last name of a path counts, after `use ... as ...`. Where several items
//! have it, the one that fits the path, the `use` lines or the module of the
//! model is meant; where that leaves several, nothing is guessed.

use std::path::PathBuf;

use whimbrel_model::item::{ColumnTypeDef, Type};
use whimbrel_model::link::{Linked, Unresolved, Wanted, link_fields_so_far, link_type};
use whimbrel_model::{Problem, parse};

use super::crate_files::File;
use super::index::{Index, Item, Kind};
use crate::source::files;

/// How many aliases may lead to each other.
const DEPTH: u32 = 16;

/// Looks names up.
pub(super) struct Resolver<'i> {
    near: &'i Index,
    files: &'i [PathBuf],
    /// The rest of the crate, once a name was not found near.
    far: Option<Index>,
    depth: u32,
    /// What is wrong with the items that names led to: each is told once, where
    /// it stands.
    told: Vec<Problem>,
}

impl<'i> Resolver<'i> {
    pub(super) fn new(near: &'i Index, files: &'i [PathBuf]) -> Self {
        Self { near, files, far: None, depth: 0, told: Vec::new() }
    }

    /// Looks for what is wrong with an item, whether or not a model uses it.
    pub(super) fn look_at(&mut self, item: &Item) {
        let name = item.name.clone();
        let wanted = match item.kind {
            Kind::DbEnum | Kind::ColumnType => Wanted::Type(name),
            Kind::Embedded => Wanted::Fields(name),
            Kind::Model | Kind::Alias | Kind::Other | Kind::ByHand => return,
        };
        // What is wrong is noted; that the item is of its kind is known.
        let _ = self.read(item, &wanted);
    }

    /// What was wrong with the items that were read.
    pub(super) fn told(self) -> Vec<Problem> {
        self.told
    }

    fn tell(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            if !self.told.contains(&problem) {
                self.told.push(problem);
            }
        }
    }

    /// Takes what could be read of an item, and tells what was wrong with it.
    fn so_far<T>(&mut self, (value, mistakes): (T, parse::Mistakes)) -> T {
        self.tell(mistakes.into_iter().map(|(problem, _)| problem).collect());
        value
    }

    /// Finds what a name in `item` means.
    pub(super) fn find(&mut self, wanted: &Wanted, item: &Item) -> Result<Linked, Unresolved> {
        let here = Here { file: item.file.clone(), module: item.module.clone() };
        self.find_from(wanted, &here)
    }

    fn find_from(&mut self, wanted: &Wanted, here: &Here) -> Result<Linked, Unresolved> {
        if self.depth > DEPTH {
            return Err(wrong(format!("`{}` leads to itself", path(wanted)), SAY));
        }
        let near = choose(self.near, wanted, here)?;
        if let Some(found) = near {
            return self.read(found, wanted);
        }
        let far = match self.far.take() {
            Some(far) => far,
            None => self.read_rest(),
        };
        let result = match choose(&far, wanted, here) {
            Ok(Some(found)) => self.read(found, wanted),
            Ok(None) => Err(unknown(wanted)),
            Err(error) => Err(error),
        };
        self.far = Some(far);
        result
    }

    /// Reads the files of the crate that are not read yet. One that does not
    /// parse is no part of the source, and passed over.
    fn read_rest(&self) -> Index {
        let mut index = Index::default();
        let known: Vec<_> =
            self.near.items.iter().filter_map(|item| std::path::absolute(&item.file).ok()).collect();
        for path in self.files.iter().filter(|path| !known.contains(path)) {
            if let Ok(text) = files::read(path) {
                let stem = path.with_extension("");
                let names = stem.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
                let module = names.collect();
                let _ = index.add(&File { text, module });
            }
        }
        index
    }

    fn read(&mut self, item: &Item, wanted: &Wanted) -> Result<Linked, Unresolved> {
        let here = Here { file: item.file.clone(), module: item.module.clone() };
        let place = format!("{}:{}", item.file, item.line);
        let name = &item.name;
        match (wanted, item.kind) {
            (Wanted::Model(_), Kind::Model) => Ok(Linked::Model(name.clone())),
            (Wanted::Model(_), _) => {
                Err(wrong(format!("`{name}` at `{place}` is no model"), "add `#[derive(Model)]` to it"))
            }
            (Wanted::Fields(_), Kind::Embedded) => {
                let input = item.input().expect("an embedded struct is a struct");
                let fields = self.so_far(parse::embedded_so_far(input, &item.file));
                let (fields, problems) = self
                    .deeper(|this| link_fields_so_far(fields, &mut |wanted| this.find_from(wanted, &here)));
                self.tell(problems.into_iter().map(|problem| problem.in_file(&item.file)).collect());
                Ok(Linked::Fields(fields))
            }
            (Wanted::Fields(_), _) => Err(wrong(
                format!("`{name}` at `{place}` cannot be flattened"),
                "add `#[derive(Embedded)]` to it",
            )),
            (Wanted::Type(_), Kind::DbEnum) => {
                let input = item.input().expect("an enum is an input");
                let def = self.so_far(parse::db_enum_so_far(input, &item.file));
                Ok(Linked::Type(ColumnTypeDef { ty: Type::Enum(def), nullable: false }))
            }
            (Wanted::Type(_), Kind::ColumnType) => {
                let input = item.input().expect("a newtype is a struct");
                let def = self.so_far(parse::column_type_so_far(input, &item.file));
                Ok(self.linked_type(def, &here).unwrap_or_else(|one| {
                    let problem = Problem::new(item.at, one.message, one.help);
                    self.tell(vec![problem.in_file(&item.file)]);
                    Linked::Type(ColumnTypeDef { ty: Type::told_of(), nullable: false })
                }))
            }
            (Wanted::Type(_), Kind::Alias) => {
                let ty = item.alias().expect("an alias has a type");
                let def = self.so_far(parse::alias_so_far(ty, &item.file));
                self.linked_type(def, &here)
            }
            (Wanted::Type(_), Kind::Model | Kind::Embedded) => Err(wrong(
                format!("`{name}` at `{place}` is a struct with fields, and no column"),
                "embed it with `#[column(flatten)]`, keep it as JSON with `#[column(type = json)]`, or refer to it",
            )),
            (Wanted::Type(_), Kind::Other) => Err(wrong(
                format!("`{name}` at `{place}` does not say what its column is"),
                "add `#[derive(DbEnum)]` to an enum, `#[derive(ColumnType)]` to a newtype, or say it: `#[column(type = text)]`",
            )),
            (Wanted::Type(_), Kind::ByHand) => Err(wrong(
                format!(
                    "`{name}` implements `ColumnType` by hand at `{place}`, which only a compiler can read"
                ),
                "say what the column is: `#[column(type = text)]`; or derive `ColumnType`",
            )),
        }
    }

    fn linked_type(&mut self, def: ColumnTypeDef, here: &Here) -> Result<Linked, Unresolved> {
        self.deeper(|this| link_type(def, &mut |wanted| this.find_from(wanted, here)).map(Linked::Type))
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}

const SAY: &str = "say what the column is: `#[column(type = text)]`";

/// Where a name stands.
struct Here {
    file: String,
    module: Vec<String>,
}

fn path(wanted: &Wanted) -> &str {
    match wanted {
        Wanted::Type(path) | Wanted::Fields(path) | Wanted::Model(path) => path,
    }
}

fn wrong(message: impl Into<String>, help: impl Into<String>) -> Unresolved {
    Unresolved { message: message.into(), help: help.into() }
}

fn unknown(wanted: &Wanted) -> Unresolved {
    let name = path(wanted);
    match wanted {
        Wanted::Type(_) => wrong(
            format!(
                "it is not known what column `{name}` is: it is neither a type of the usual crates nor in this crate"
            ),
            SAY,
        ),
        Wanted::Fields(_) => wrong(
            format!("there is no struct `{name}` in this crate"),
            "flatten a struct that derives `Embedded`, in this crate",
        ),
        Wanted::Model(_) => wrong(
            format!("there is no model `{name}` in this crate"),
            "name a struct that derives `Model`; for a table without one write `references(table(\"name\", \"column\"))`",
        ),
    }
}

/// Says whether an item can be what is wanted at all.
fn fits(item: &Item, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Type(_) => true,
        Wanted::Fields(_) | Wanted::Model(_) => !matches!(item.kind, Kind::Alias | Kind::ByHand),
    }
}

/// Finds the one item that is meant.
fn choose<'x>(index: &'x Index, wanted: &Wanted, here: &Here) -> Result<Option<&'x Item>, Unresolved> {
    let written: Vec<String> =
        path(wanted).split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let used = index
        .uses
        .iter()
        .find(|one| one.file == here.file && one.module == here.module && written.first() == Some(&one.name));
    let whole = match used {
        Some(one) => [one.path.clone(), written[1..].to_vec()].concat(),
        None => written,
    };
    let Some((name, before)) = whole.split_last() else {
        return Ok(None);
    };
    let mut found: Vec<&Item> =
        index.items.iter().filter(|item| item.name == *name && fits(item, wanted)).collect();
    // A type that derives says more than what is implemented for it elsewhere.
    if found.iter().any(|item| item.kind == Kind::ByHand) {
        found.retain(|item| item.kind != Kind::Other);
    }
    if found.len() > 1 {
        narrow(&mut found, before, here);
    }
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        [first, second, ..] => Err(wrong(
            format!(
                "`{name}` may be that at `{}:{}` or at `{}:{}`",
                first.file, first.line, second.file, second.line
            ),
            "write the path to it, such as `crate::models::Name`",
        )),
    }
}

/// Keeps the items that the path leads to, or else those of the same module.
fn narrow(found: &mut Vec<&Item>, before: &[String], here: &Here) {
    let names: Vec<&String> =
        before.iter().filter(|part| !["crate", "self", "super"].contains(&part.as_str())).collect();
    let leads = |item: &&Item| item.module.iter().rev().zip(names.iter().rev()).all(|(a, b)| a == *b);
    let is_here = |item: &&Item| item.file == here.file && item.module == here.module;
    let kept: Vec<&Item> = match names.is_empty() {
        true => found.iter().copied().filter(is_here).collect(),
        false => {
            found.iter().copied().filter(|item| item.module.len() >= names.len()).filter(leads).collect()
        }
    };
    if !kept.is_empty() {
        *found = kept;
    }
}
