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
    let (name, file, root) = (&input.ident, file(input), parse::crate_path(input));
    let text = name.to_string();
    expand(parse::model(input, &file), |model| {
        let (json, names) = (json(&model), names(input, &link::wanted(&model)));
        quote! {
            impl #root::model::Model for #name {
                const NAME: &'static str = #text;

                fn model() -> #root::model::item::Model {
                    #root::model::traits::model(#json, &[#(#names),*])
                }
            }

            #root::model::registry::submit! {
                #root::model::registry::Registered {
                    package: ::core::env!("CARGO_PKG_NAME"),
                    module: ::core::module_path!(),
                    name: #text,
                    model: <#name as #root::model::Model>::model,
                }
            }
        }
    })
}

pub(crate) fn db_enum(input: &DeriveInput) -> TokenStream {
    let (name, file, root) = (&input.ident, file(input), parse::crate_path(input));
    expand(parse::db_enum(input, &file), |def| {
        let json = json(&def);
        quote! {
            impl #root::model::ColumnType for #name {
                fn column_type() -> #root::model::item::ColumnTypeDef {
                    #root::model::traits::db_enum(#json)
                }
            }
        }
    })
}

pub(crate) fn column_type(input: &DeriveInput) -> TokenStream {
    let (name, file, root) = (&input.ident, file(input), parse::crate_path(input));
    expand(parse::column_type(input, &file), |def| {
        let (json, names) = (json(&def), names(input, link::wanted_by_type(&def.ty).as_slice()));
        quote! {
            impl #root::model::ColumnType for #name {
                fn column_type() -> #root::model::item::ColumnTypeDef {
                    #root::model::traits::column_type(#json, &[#(#names),*])
                }
            }
        }
    })
}

pub(crate) fn embedded(input: &DeriveInput) -> TokenStream {
    let (name, file, root) = (&input.ident, file(input), parse::crate_path(input));
    expand(parse::embedded(input, &file), |fields| {
        let (json, names) = (json(&fields), names(input, &link::wanted_by_fields(&fields)));
        quote! {
            impl #root::model::Embedded for #name {
                fn fields() -> ::std::vec::Vec<#root::model::item::Field> {
                    #root::model::traits::fields(#json, &[#(#names),*])
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
    let root = at(span, parse::crate_path(input));
    Some(quote_spanned!(span=> (#key, #root::model::traits::#function::<#path>)))
}

/// A path as if it stood at `span`.
fn at(span: Span, path: Path) -> TokenStream {
    let tokens = path.into_token_stream().into_iter();
    tokens
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What `derive` writes for an item with an attribute before it, wherever that stands.
    fn written(derive: fn(&DeriveInput) -> TokenStream, attribute: &str, item: &str) -> String {
        let input = syn::parse_str(&format!("{attribute}\n{item}")).unwrap();
        derive(&input).to_string().replace(&file(&input), "")
    }

    #[track_caller]
    fn names_the_crate(derive: fn(&DeriveInput) -> TokenStream, attribute: &str, item: &str) {
        let told = written(derive, attribute, item);
        assert!(!told.replace("db :: whimbrel", "").contains("whimbrel ::"), "{told}");
        let expected = written(derive, "", item).replace(":: whimbrel ::", "db :: whimbrel ::");
        assert_eq!(told, expected);
    }

    #[test]
    fn all_that_is_written_names_the_crate_as_it_is_told_to() {
        let user = "struct User { #[column(primary_key)] id: Id, #[column(references(Team))] team: i64 }";
        names_the_crate(model, "#[model(crate = \"db::whimbrel\")]", user);
        names_the_crate(db_enum, "#[db_enum(crate = \"db::whimbrel\")]", "enum Role { Member }");
        names_the_crate(column_type, "#[column(crate = \"db::whimbrel\")]", "struct Email(Text);");
        names_the_crate(embedded, "#[column(crate = \"db::whimbrel\")]", "struct Name { first: Text }");
    }
}
