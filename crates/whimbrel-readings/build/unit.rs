//! A text with models as a module of its own: what models are made of, and
//! nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Attribute, DeriveInput, Fields, Item, ItemMod, Stmt};
use whimbrel_model::link::{self, Wanted};
use whimbrel_model::parse::{self, Derive};

/// What a text came to.
pub(crate) enum Written {
    /// It has no models.
    Nothing,
    /// It has models, and they are wrong or not whole.
    Mistakes,
    /// The module, and the files of its `mod` lines.
    Unit { text: String, files: Vec<PathBuf> },
}

/// Writes the module `name` of a text that stands in `file`.
pub(crate) fn write(text: &str, file: &Path, name: &str) -> Written {
    if !text.contains("derive") {
        return Written::Nothing;
    }
    let Some(items) = items_of(text) else {
        return Written::Nothing;
    };
    // Which `use` lines lead to what is here is known once all is gathered.
    let mut first = Unit::new(file, Vec::new());
    first.module(items.clone(), &quote!());
    let mut unit = Unit::new(file, first.names());
    let tokens = unit.module(items, &quote!());
    match unit.inputs.iter().any(|input| Derive::of(&input.attrs).first() == Some(&Derive::Model)) {
        false => Written::Nothing,
        true if !unit.is_right() => Written::Mistakes,
        true => Written::Unit { text: in_module(tokens, name).to_string(), files: unit.files },
    }
}

/// The items of a text: of a file, or of the body of a function.
fn items_of(text: &str) -> Option<Vec<Item>> {
    if let Ok(file) = syn::parse_file(text) {
        return Some(file.items);
    }
    let body: syn::Block = syn::parse_str(&format!("{{{text}\n}}")).ok()?;
    Some(in_body(body))
}

fn in_body(body: syn::Block) -> Vec<Item> {
    let items = body.stmts.into_iter().filter_map(|stmt| match stmt {
        Stmt::Item(item) => Some(item),
        _ => None,
    });
    items.collect()
}

/// What is gathered of a text.
struct Unit<'a> {
    file: &'a Path,
    /// What there is, as far as it is known beforehand.
    expected: Vec<String>,
    inputs: Vec<DeriveInput>,
    aliases: Vec<String>,
    files: Vec<PathBuf>,
}

impl<'a> Unit<'a> {
    fn new(file: &'a Path, expected: Vec<String>) -> Self {
        Self { file, expected, inputs: Vec::new(), aliases: Vec::new(), files: Vec::new() }
    }

    fn names(self) -> Vec<String> {
        let inputs = self.inputs.into_iter().map(|input| input.ident.to_string());
        inputs.chain(self.aliases).collect()
    }

    /// The items of a module that models are made of.
    ///
    /// What they name is found without `use` in the modules around.
    fn module(&mut self, items: Vec<Item>, around: &TokenStream) -> TokenStream {
        let items: TokenStream = items.into_iter().filter_map(|item| self.item(item)).collect();
        quote!(#around use crate::known::*; #items)
    }

    fn item(&mut self, item: Item) -> Option<TokenStream> {
        match item {
            Item::Struct(item) => Some(self.input(item.into())),
            Item::Enum(item) => Some(self.input(item.into())),
            Item::Type(mut item) => {
                item.attrs.clear();
                self.aliases.push(item.ident.to_string());
                Some(item.into_token_stream())
            }
            Item::Mod(item) => self.inner(item),
            Item::Use(mut item) => {
                item.attrs.clear();
                self.leads_here(&item.tree).then(|| quote!(#item))
            }
            Item::Fn(item) => in_body(*item.block).into_iter().map(|item| self.item(item)).collect(),
            _ => None,
        }
    }

    fn inner(&mut self, item: ItemMod) -> Option<TokenStream> {
        let ItemMod { attrs, vis, ident, content, .. } = item;
        if attrs.iter().any(|one| one.path().is_ident("cfg") || one.path().is_ident("path")) {
            return None;
        }
        let items = match content {
            Some((_, items)) => items,
            None => items_of(&self.file_of(&ident.to_string())?)?,
        };
        let around = quote!(
            use super::*;
        );
        let items = self.module(items, &around);
        Some(quote!(#vis mod #ident { #items }))
    }

    /// The file of a `mod` line.
    fn file_of(&mut self, module: &str) -> Option<String> {
        let folder = self.file.parent()?;
        let beside =
            if self.file.ends_with("mod.rs") { folder.to_owned() } else { self.file.with_extension("") };
        let file = beside.join(format!("{module}.rs"));
        let text = fs::read_to_string(&file).ok()?;
        self.files.push(file);
        Some(text)
    }

    /// Says whether all names of a `use` line are here, and notes those that it gives.
    fn leads_here(&mut self, tree: &syn::UseTree) -> bool {
        match tree {
            syn::UseTree::Path(path) => self.leads_here(&path.tree),
            syn::UseTree::Name(name) => self.expected.contains(&name.ident.to_string()),
            syn::UseTree::Rename(rename) => {
                self.aliases.push(rename.rename.to_string());
                self.expected.contains(&rename.ident.to_string())
            }
            syn::UseTree::Group(group) => group.items.iter().all(|tree| self.leads_here(tree)),
            syn::UseTree::Glob(_) => false,
        }
    }

    /// A struct or enum: with what models say, or else its name alone.
    fn input(&mut self, mut input: DeriveInput) -> TokenStream {
        let derives = Derive::of(&input.attrs);
        let Some(derive) = derives.first() else {
            return opaque(input);
        };
        keep_ours(&mut input.attrs);
        match &mut input.data {
            syn::Data::Struct(data) => data.fields.iter_mut().for_each(|field| keep_ours(&mut field.attrs)),
            syn::Data::Enum(data) => data.variants.iter_mut().for_each(|one| keep_ours(&mut one.attrs)),
            syn::Data::Union(_) => {}
        }
        let derive = syn::Ident::new(derive.name(), proc_macro2::Span::call_site());
        let tokens = quote!(#[derive(::whimbrel::#derive)] #input);
        input.attrs.push(syn::parse_quote!(#[derive(#derive)]));
        self.inputs.push(input);
        tokens
    }

    /// Says whether no item has mistakes, and what it speaks of is there.
    fn is_right(&self) -> bool {
        let all = self.inputs.iter().map(|input| match Derive::of(&input.attrs).first() {
            Some(Derive::Model) => parse::model(input, "").map(|model| link::wanted(&model)),
            Some(Derive::Embedded) => {
                parse::embedded(input, "").map(|fields| link::wanted_by_fields(&fields))
            }
            Some(Derive::ColumnType) => {
                parse::column_type(input, "").map(|def| link::wanted_by_type(&def.ty).into_iter().collect())
            }
            Some(Derive::DbEnum) => parse::db_enum(input, "").map(|_| Vec::new()),
            None => Ok(Vec::new()),
        });
        let mut all = all.collect::<Vec<_>>().into_iter();
        all.all(|wanted| wanted.is_ok_and(|wanted| wanted.iter().all(|one| self.has(one))))
    }

    fn has(&self, wanted: &Wanted) -> bool {
        let (path, derives): (_, &[Derive]) = match wanted {
            Wanted::Type(path) => (path, &[Derive::DbEnum, Derive::ColumnType]),
            Wanted::Fields(path) => (path, &[Derive::Embedded]),
            Wanted::Model(path) => (path, &[Derive::Model]),
        };
        let name = path.rsplit("::").next().unwrap_or_default().trim();
        let is_it = |input: &DeriveInput| {
            input.ident == name && derives.iter().any(|one| Derive::of(&input.attrs).contains(one))
        };
        self.inputs.iter().any(is_it) || self.aliases.iter().any(|alias| alias == name)
    }
}

/// A type that derives nothing of ours: models name it and no more.
fn opaque(input: DeriveInput) -> TokenStream {
    let DeriveInput { vis, ident, generics, data, .. } = input;
    match data {
        syn::Data::Struct(data)
            if !generics.params.is_empty() && matches!(data.fields, Fields::Unnamed(_)) =>
        {
            let fields = data.fields;
            quote!(#vis struct #ident #generics #fields;)
        }
        syn::Data::Struct(_) | syn::Data::Enum(_) | syn::Data::Union(_) => {
            quote!(#vis struct #ident;)
        }
    }
}

/// Takes the attributes of others out.
fn keep_ours(attributes: &mut Vec<Attribute>) {
    const OURS: [&str; 4] = ["model", "column", "db_enum", "doc"];
    attributes.retain(|one| OURS.iter().any(|ours| one.path().is_ident(ours)));
}

/// Has the paths that begin with `crate` begin at the module, and `whimbrel` be the
/// crate of that name whatever it is where the text stands.
fn in_module(tokens: TokenStream, name: &str) -> TokenStream {
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_before = |sign, next: Option<&TokenTree>| matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
        let (goes_on, is_told) = (is_before(':', tokens.peek()), is_before('=', tokens.peek()));
        match token {
            TokenTree::Group(group) => {
                let inner = in_module(group.stream(), name);
                out.extend([TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner))]);
            }
            TokenTree::Ident(ident) if ident == "crate" && is_told => {
                tokens.nth(1);
                out.extend(quote!(#ident = "::whimbrel"));
            }
            TokenTree::Ident(ident) if ident == "crate" && goes_on => {
                let name = syn::Ident::new(name, ident.span());
                // The two of the tests themselves stay where they are.
                match is_known(&mut tokens.clone()) {
                    true => out.extend(quote!(crate)),
                    false => out.extend(quote!(crate::#name)),
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => out.extend([token]),
        }
    }
    out
}

fn is_known(after: &mut impl Iterator<Item = TokenTree>) -> bool {
    matches!(after.nth(2), Some(TokenTree::Ident(ident)) if ident == "known")
}
