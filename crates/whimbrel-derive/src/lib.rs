//! The derives of whimbrel, a thin shell over `whimbrel-model`.
//!
//! Each reads its item with the one parser, and writes it down as JSON for the
//! traits of `whimbrel::model`. Names in the item become paths that the compiler
//! resolves. Mistakes become compile errors at the attribute or field.

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as Tokens, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use serde::Serialize;
use syn::{DeriveInput, Path, parse_macro_input};
use whimbrel_model::link::{self, Wanted};
use whimbrel_model::parse::{self, Mistakes};
use whimbrel_model::traits;

/// Makes a struct a model: a table of the schema.
///
/// Attributes: `#[model(...)]` on the struct, `#[column(...)]` on its fields.
/// The guide `docs/models.md` explains them.
#[proc_macro_derive(Model, attributes(model, column))]
pub fn model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let (name, file) = (&input.ident, file(&input));
    let text = name.to_string();
    expand(parse::model(&input, &file), |model| {
        let (json, names) = (json(&model), names(&input, &link::wanted(&model)));
        quote! {
            impl ::whimbrel::model::Model for #name {
                const NAME: &'static str = #text;

                fn model() -> ::whimbrel::model::item::Model {
                    ::whimbrel::model::traits::model(#json, &[#(#names),*])
                }
            }
        }
    })
}

/// Makes an enum the type of columns: its values are the names of its variants.
///
/// Attributes: `#[db_enum(...)]` on the enum and on its variants.
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn db_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let (name, file) = (&input.ident, file(&input));
    expand(parse::db_enum(&input, &file), |def| {
        let json = json(&def);
        quote! {
            impl ::whimbrel::model::ColumnType for #name {
                fn column_type() -> ::whimbrel::model::item::ColumnTypeDef {
                    ::whimbrel::model::traits::db_enum(#json)
                }
            }
        }
    })
}

/// Makes a newtype the type of columns: that of what is in it, or another, said
/// with `#[column(type = ...)]` on the struct.
#[proc_macro_derive(ColumnType, attributes(column))]
pub fn column_type(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let (name, file) = (&input.ident, file(&input));
    expand(parse::column_type(&input, &file), |def| {
        let (json, names) = (json(&def), names(&input, link::wanted_by_type(&def.ty).as_slice()));
        quote! {
            impl ::whimbrel::model::ColumnType for #name {
                fn column_type() -> ::whimbrel::model::item::ColumnTypeDef {
                    ::whimbrel::model::traits::column_type(#json, &[#(#names),*])
                }
            }
        }
    })
}

/// Makes a struct one whose fields become columns of the struct around it,
/// where that says `#[column(flatten)]`.
#[proc_macro_derive(Embedded, attributes(column))]
pub fn embedded(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let (name, file) = (&input.ident, file(&input));
    expand(parse::embedded(&input, &file), |fields| {
        let (json, names) = (json(&fields), names(&input, &link::wanted_by_fields(&fields)));
        quote! {
            impl ::whimbrel::model::Embedded for #name {
                fn fields() -> ::std::vec::Vec<::whimbrel::model::item::Field> {
                    ::whimbrel::model::traits::fields(#json, &[#(#names),*])
                }
            }
        }
    })
}

/// The source file, as the compiler was given it.
fn file(input: &DeriveInput) -> String {
    input.ident.span().file()
}

fn json(item: &impl Serialize) -> String {
    serde_json::to_string(item).expect("models have only string keys")
}

/// The names of an item, each with a function that asks the compiler: where
/// that finds nothing, it points at the name in the item.
fn names(input: &DeriveInput, wanted: &[Wanted]) -> Vec<Tokens> {
    wanted.iter().filter_map(|wanted| name(input, wanted)).collect()
}

fn name(input: &DeriveInput, wanted: &Wanted) -> Option<Tokens> {
    let (text, function) = match wanted {
        Wanted::Type(text) => (text, format_ident!("of_type")),
        Wanted::Fields(text) => (text, format_ident!("of_fields")),
        Wanted::Model(text) => (text, format_ident!("of_model")),
    };
    let mut path = syn::parse_str::<Path>(text).ok()?;
    let last = path.segments.last()?.ident.to_string();
    if let Some(span) = locate(input.to_token_stream(), &last) {
        path.segments.iter_mut().for_each(|segment| segment.ident.set_span(span));
    }
    let key = traits::key(wanted);
    let span = path.segments.last()?.ident.span();
    Some(quote_spanned!(span=> (#key, ::whimbrel::model::traits::#function::<#path>)))
}

/// Where a name stands in the item, behind its own name.
fn locate(tokens: Tokens, name: &str) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == name => Some(ident.span()),
        TokenTree::Group(group) => locate(group.stream(), name),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

/// Writes the implementation, or every mistake as a compile error.
fn expand<T>(read: Result<T, Mistakes>, write: impl FnOnce(T) -> Tokens) -> TokenStream {
    let tokens = match read {
        Ok(item) => {
            let written = write(item);
            quote!(#[automatically_derived] #written)
        }
        Err(mistakes) => {
            let errors = mistakes.iter().map(|(problem, span)| {
                let text = format!("{}\n\nhelp: {}", problem.message, problem.help);
                syn::Error::new(*span, text).into_compile_error()
            });
            quote!(#(#errors)*)
        }
    };
    tokens.into()
}
