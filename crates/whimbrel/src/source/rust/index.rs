//! What stands in Rust files: items by name, and the names that `use` gives.

use syn::spanned::Spanned as _;
use syn::{Attribute, DeriveInput, Item as SynItem, UseTree};
use whimbrel_model::parse::Derive;
use whimbrel_model::{At, Problem};

use super::conditions::{applied, is_there};
use super::crate_files::File;
use super::macros::Macros;

/// All items that were read.
#[derive(Default)]
pub(super) struct Index {
    pub(super) items: Vec<Item>,
    pub(super) uses: Vec<Use>,
    macros: Macros,
}

/// An item that can be the type of a field.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) module: Vec<String>,
    pub(super) line: usize,
    pub(super) at: At,
    pub(super) kind: Kind,
    syntax: Syntax,
}

/// What an item is to models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Model,
    DbEnum,
    ColumnType,
    Embedded,
    Alias,
    /// A struct or enum that derives nothing of ours.
    Other,
    /// `impl ColumnType for ...`, written by hand.
    ByHand,
}

enum Syntax {
    Input(Box<DeriveInput>),
    Type(Box<syn::Type>),
    Nothing,
}

/// A name that `use` gives to a path.
pub(super) struct Use {
    pub(super) file: String,
    pub(super) module: Vec<String>,
    pub(super) name: String,
    pub(super) path: Vec<String>,
    at: At,
}

/// A `mod name;` line.
pub(super) struct Declared {
    pub(super) name: String,
    /// The inline modules that it stands in.
    pub(super) inside: Vec<String>,
    /// `#[path = "..."]`
    pub(super) path: Option<String>,
    pub(super) at: At,
}

/// An `include!(...);` line.
pub(super) struct Included {
    /// The path, if it is written out.
    pub(super) path: Option<String>,
    /// The inline modules that it stands in.
    pub(super) inside: Vec<String>,
    pub(super) at: At,
}

/// What a file has in other files.
#[derive(Default)]
pub(super) struct Elsewhere {
    pub(super) modules: Vec<Declared>,
    pub(super) includes: Vec<Included>,
}

impl Item {
    /// The struct or enum.
    pub(super) fn input(&self) -> Option<&DeriveInput> {
        match &self.syntax {
            Syntax::Input(input) => Some(input),
            Syntax::Type(_) | Syntax::Nothing => None,
        }
    }

    /// The type that an alias stands for.
    pub(super) fn alias(&self) -> Option<&syn::Type> {
        match &self.syntax {
            Syntax::Type(ty) => Some(ty),
            Syntax::Input(_) | Syntax::Nothing => None,
        }
    }
}

impl Use {
    /// Says what is wrong with another name for a derive: whatever derives it
    /// would be passed over.
    fn problem(&self) -> Option<Problem> {
        let [of, derive] = &*self.path else { return None };
        let is_derive = of == "whimbrel" && Derive::ALL.iter().any(|one| one.name() == derive);
        let is_other = self.name != *derive && self.name != "_";
        (is_derive && is_other).then(|| {
            let message =
                format!("`{derive}` is called `{}` here, and what derives it is not seen", self.name);
            let help = format!("keep its name, or write `#[derive(whimbrel::{derive})]`");
            Problem::new(self.at, message, help).in_file(&self.file)
        })
    }
}

impl Index {
    /// What would be passed over without a word.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.uses.iter().filter_map(Use::problem).chain(self.macros.problems())
    }

    /// Adds a file; what is wrong with it is returned.
    pub(super) fn add(&mut self, file: &File) -> Option<Problem> {
        match syn::parse_file(&file.text.text) {
            Ok(parsed) => {
                self.add_items(file, &file.module, parsed.items);
                None
            }
            Err(error) => {
                let start = error.span().start();
                let at = place(start.line, start.column + 1);
                // What has no tokens at all has a quote or bracket too many or too few.
                let what = match error.to_string() {
                    text if text == "cannot parse string into token stream" => {
                        "a quote or a bracket has no partner".to_owned()
                    }
                    text => text,
                };
                let message = format!("this is no Rust: {what}");
                Some(
                    Problem::new(at, message, "correct it: `cargo check` says more").in_file(&file.text.name),
                )
            }
        }
    }

    fn add_items(&mut self, file: &File, module: &[String], items: Vec<SynItem>) {
        for item in items {
            match item {
                SynItem::Struct(item) if is_there(&item.attrs) => self.add_input(file, module, item.into()),
                SynItem::Enum(item) if is_there(&item.attrs) => self.add_input(file, module, item.into()),
                SynItem::Type(item) if is_there(&item.attrs) && item.generics.params.is_empty() => {
                    let syntax = Syntax::Type(item.ty);
                    self.push(file, module, &item.ident, Kind::Alias, syntax);
                }
                SynItem::Impl(item) => self.add_impl(file, module, &item),
                SynItem::Use(item) => self.add_use(file, module, &item.tree, Vec::new()),
                SynItem::Mod(item) if is_there(&item.attrs) => {
                    let inner = [module, &[item.ident.to_string()]].concat();
                    if let Some((_, items)) = item.content {
                        self.add_items(file, &inner, items);
                    }
                }
                SynItem::Macro(item) if is_there(&item.attrs) => {
                    let start = item.mac.path.span().start();
                    self.macros.add(&item, place(start.line, start.column + 1), &file.text.name);
                }
                _ => {}
            }
        }
    }

    fn add_input(&mut self, file: &File, module: &[String], input: DeriveInput) {
        let input = applied(input);
        let kind = match Derive::of(&input.attrs).first() {
            Some(Derive::Model) => Kind::Model,
            Some(Derive::DbEnum) => Kind::DbEnum,
            Some(Derive::ColumnType) => Kind::ColumnType,
            Some(Derive::Embedded) => Kind::Embedded,
            None => Kind::Other,
        };
        let ident = input.ident.clone();
        self.push(file, module, &ident, kind, Syntax::Input(Box::new(input)));
    }

    fn add_impl(&mut self, file: &File, module: &[String], item: &syn::ItemImpl) {
        let of = |path: &syn::Path| path.segments.last().map(|last| last.ident.clone());
        let is_ours = item
            .trait_
            .as_ref()
            .and_then(|implemented| of(&implemented.0))
            .is_some_and(|name| name == "ColumnType");
        if let (true, syn::Type::Path(path)) = (is_ours, &*item.self_ty)
            && let Some(name) = of(&path.path)
        {
            self.push(file, module, &name, Kind::ByHand, Syntax::Nothing);
        }
    }

    fn push(&mut self, file: &File, module: &[String], ident: &syn::Ident, kind: Kind, syntax: Syntax) {
        let start = ident.span().start();
        self.items.push(Item {
            at: place(start.line, start.column + 1),
            name: ident.to_string(),
            file: file.text.name.clone(),
            module: module.to_vec(),
            line: start.line,
            kind,
            syntax,
        });
    }

    fn add_use(&mut self, file: &File, module: &[String], tree: &UseTree, mut before: Vec<String>) {
        let (ident, last) = match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                return self.add_use(file, module, &path.tree, before);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(file, module, tree, before.clone());
                }
                return;
            }
            UseTree::Name(name) => (&name.ident, &name.ident),
            UseTree::Rename(rename) => (&rename.rename, &rename.ident),
            UseTree::Glob(_) => return,
        };
        before.push(last.to_string());
        let start = last.span().start();
        self.uses.push(Use {
            at: place(start.line, start.column + 1),
            file: file.text.name.clone(),
            module: module.to_vec(),
            name: ident.to_string(),
            path: before,
        });
    }
}

fn place(line: usize, column: usize) -> At {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    At::from((number(line), number(column)))
}

/// The `mod name;` and `include!(...);` lines of a file. One that does not parse
/// has none: it is told of when its items are read.
pub(super) fn elsewhere(text: &str) -> Elsewhere {
    let mut found = Elsewhere::default();
    if let Ok(file) = syn::parse_file(text) {
        gather(&file.items, &mut Vec::new(), &mut found);
    }
    found
}

fn gather(items: &[SynItem], inside: &mut Vec<String>, found: &mut Elsewhere) {
    for item in items {
        match item {
            SynItem::Mod(item) if is_there(&item.attrs) => gather_module(item, inside, found),
            SynItem::Macro(item) if is_there(&item.attrs) && is_include(&item.mac.path) => {
                let start = item.mac.path.span().start();
                let path = item.mac.parse_body::<syn::LitStr>().ok().map(|path| path.value());
                let at = place(start.line, start.column + 1);
                found.includes.push(Included { path, inside: inside.clone(), at });
            }
            _ => {}
        }
    }
}

fn gather_module(item: &syn::ItemMod, inside: &mut Vec<String>, found: &mut Elsewhere) {
    let name = item.ident.to_string();
    match &item.content {
        Some((_, items)) => {
            inside.push(name);
            gather(items, inside, found);
            inside.pop();
        }
        None => {
            let start = item.ident.span().start();
            let (path, at) = (given_path(&item.attrs), place(start.line, start.column + 1));
            found.modules.push(Declared { name, inside: inside.clone(), path, at });
        }
    }
}

/// Says whether a macro is the one that puts a file in its place.
fn is_include(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "include")
}

fn given_path(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find(|one| one.path().is_ident("path")).and_then(|one| match &one.meta {
        syn::Meta::NameValue(pair) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        syn::Meta::Path(_) | syn::Meta::List(_) => None,
    })
}
