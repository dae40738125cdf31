//! `embed!`: reads a folder while the program is compiled, asks the core whether
//! it is whole, and names its files to the compiler, which watches them.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token};
use whimbrel_core::history::folder;

/// The folder, if nothing else is said.
const DEFAULT: &str = "migrations";

/// What stands between the brackets: `whimbrel::embed!` puts its own crate before it.
pub(crate) struct Input {
    /// The crate `whimbrel`, by whatever name it has where the macro is called.
    root: Ident,
    folder: String,
    span: Span,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let root = input.call(Ident::parse_any)?;
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            return Ok(Self { root, folder: DEFAULT.to_owned(), span: Span::call_site() });
        }
        let text: LitStr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { root, folder: text.value(), span: text.span() })
    }
}

/// Writes the store with all files of the folder, or everything that is wrong
/// with it as a compile error.
pub(crate) fn expand(Input { root: whimbrel, folder: name, span }: &Input) -> TokenStream {
    // What a relative path is relative to, as for `sqlx::migrate!`.
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(name);
    match folder(name, |path| read(&root.join(path))) {
        Ok(texts) => {
            let files = texts.keys().map(|path| {
                let absolute = root.join(path).display().to_string();
                quote!((#path, ::core::include_str!(#absolute)))
            });
            quote!(#whimbrel::store::EmbeddedStore::new(&[#(#files),*]))
        }
        Err(problems) => {
            let texts = problems.iter().flat_map(|problem| told(problem));
            let errors = texts.map(|text| quote_spanned!(*span=> ::core::compile_error!(#text)));
            quote!({ #(#errors;)* #whimbrel::store::EmbeddedStore::new(&[]) })
        }
    }
}

fn read(file: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// The problem and what to do about it; where it consists of several, each.
fn told(problem: &dyn Diagnostic) -> Vec<String> {
    let parts: Vec<String> = problem.related().into_iter().flatten().map(text).collect();
    match parts.is_empty() {
        true => vec![text(problem)],
        false => parts.into_iter().map(|part| format!("{problem}: {part}")).collect(),
    }
}

fn text(problem: &dyn Diagnostic) -> String {
    match problem.help() {
        Some(help) => format!("{problem}\n\nhelp: {help}"),
        None => problem.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths in it are relative to this crate, as for a program to its own.
    const FOLDER: &str = "../whimbrel/tests/agreement/sqlite";

    /// Naming a file to the compiler is what makes it watch the file.
    #[test]
    fn every_file_is_named_to_the_compiler() {
        let paths = [
            "0000_create-users.sql",
            "meta/_down/0000_create-users.sql",
            "meta/_journal.json",
            "meta/_snapshot.json",
        ];
        let files = paths.map(|path| {
            let file = format!("{}/{FOLDER}/{path}", env!("CARGO_MANIFEST_DIR"));
            format!("({path:?}, ::core::include_str!({file:?}))")
        });
        let expected = format!("db::store::EmbeddedStore::new(&[{}])", files.join(", "));
        let written = expand(&syn::parse_str(&format!("db, {FOLDER:?},")).unwrap());
        assert_eq!(written.to_string(), expected.parse::<TokenStream>().unwrap().to_string());
    }

    #[test]
    fn without_a_folder_it_is_the_one_called_migrations() {
        assert_eq!(syn::parse_str::<Input>("db,").unwrap().folder, "migrations");
    }
}
