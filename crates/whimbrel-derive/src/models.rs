//! The derives of models.
//!
//! Each reads its item with the one parser, and writes it down as JSON for the
//! traits of `whimbrel::model`. Names in the item become paths that the compiler
//! resolves. Mistakes become compile errors at the attribute or field.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use serde::Serialize;
use syn::{DeriveInput, Path};
use whimbrel_model::link::{self, Wanted};
use whimbrel_model::parse::{self, Mistakes};
use whimbrel_model::traits;

pub(crate) fn model(input: &DeriveInput) -> TokenStream {
    let (name, file) = (&input.ident, file(input));
    let text = name.to_string();
    expand(parse::model(input, &file), |model| {
        let (json, names) = (json(&model), names(input, &link::wanted(&model)));
        quote! {
            impl ::whimbrel::model::Model for #name {
                const NAME: &'static str = #text;

                fn model() -> ::whimbrel::model::item::Model {
                    ::whimbrel::model::traits::model(#json, &[#(#names),*])
                }
            }

            ::whimbrel::model::registry::submit! {
                ::whimbrel::model::registry::Registered {
                    package: ::core::env!("CARGO_PKG_NAME"),
                    module: ::core::module_path!(),
                    name: #text,
                    model: <#name as ::whimbrel::model::Model>::model,
                }
            }
        }
    })
}

pub(crate) fn db_enum(input: &DeriveInput) -> TokenStream {
    let (name, file) = (&input.ident, file(input));
    expand(parse::db_enum(input, &file), |def| {
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

pub(crate) fn column_type(input: &DeriveInput) -> TokenStream {
    let (name, file) = (&input.ident, file(input));
    expand(parse::column_type(input, &file), |def| {
        let (json, names) = (json(&def), names(input, link::wanted_by_type(&def.ty).as_slice()));
        quote! {
            impl ::whimbrel::model::ColumnType for #name {
                fn column_type() -> ::whimbrel::model::item::ColumnTypeDef {
                    ::whimbrel::model::traits::column_type(#json, &[#(#names),*])
                }
            }
        }
    })
}

pub(crate) fn embedded(input: &DeriveInput) -> TokenStream {
    let (name, file) = (&input.ident, file(input));
    expand(parse::embedded(input, &file), |fields| {
        let (json, names) = (json(&fields), names(input, &link::wanted_by_fields(&fields)));
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
fn names(input: &DeriveInput, wanted: &[Wanted]) -> Vec<TokenStream> {
    wanted.iter().filter_map(|wanted| name(input, wanted)).collect()
}

fn name(input: &DeriveInput, wanted: &Wanted) -> Option<TokenStream> {
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
fn locate(tokens: TokenStream, name: &str) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == name => Some(ident.span()),
        TokenTree::Group(group) => locate(group.stream(), name),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

/// Writes the implementation, or every mistake as a compile error.
fn expand<T>(read: Result<T, Mistakes>, write: impl FnOnce(T) -> TokenStream) -> TokenStream {
    match read {
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
    }
}
