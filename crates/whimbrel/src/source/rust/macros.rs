//! Macros that write models: nothing expands them here, so that what they write
//! would be missing without a word.

use proc_macro2::{TokenStream, TokenTree};
use syn::ItemMacro;
use whimbrel_model::parse::Derive;
use whimbrel_model::{At, Problem};

/// A call of a macro in the place of an item.
pub(super) struct Call {
    name: String,
    at: At,
    file: String,
    /// Whether what stands between its brackets derives `Model`.
    passes_a_model: bool,
}

/// The macros of a source.
#[derive(Default)]
pub(super) struct Macros {
    calls: Vec<Call>,
    /// The names of those whose definition derives `Model`.
    writers: Vec<String>,
}

impl Macros {
    /// Adds a definition or a call, which stands at `at`.
    pub(super) fn add(&mut self, item: &ItemMacro, at: At, file: &str) {
        let derives = derives_model(item.mac.tokens.clone());
        let called = item.mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        match &item.ident {
            Some(defined) if derives => self.writers.push(defined.to_string()),
            Some(_) => {}
            None => {
                self.calls.push(Call { name: called, at, file: file.to_owned(), passes_a_model: derives });
            }
        }
    }

    /// The calls that make models.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        let writes = |call: &&Call| call.passes_a_model || self.writers.contains(&call.name);
        self.calls.iter().filter(writes).map(|call| {
            let message = format!("`{}!` makes a model, and no macro is expanded here", call.name);
            let help = "write the struct out, or have a program print the models, compiled: \
                        `--schema \"program:cargo run -q --bin models\"`";
            Problem::new(call.at, message, help).in_file(&call.file)
        })
    }
}

/// Says whether `derive(... Model ...)` stands somewhere in tokens.
fn derives_model(tokens: TokenStream) -> bool {
    let is_model = |token: TokenTree| matches!(token, TokenTree::Ident(name) if name == Derive::Model.name());
    let mut after_derive = false;
    for token in tokens {
        let is_derive = matches!(&token, TokenTree::Ident(name) if name == "derive");
        if let TokenTree::Group(group) = token {
            let names_it = after_derive && group.stream().into_iter().any(is_model);
            if names_it || derives_model(group.stream()) {
                return true;
            }
        }
        after_derive = is_derive;
    }
    false
}
