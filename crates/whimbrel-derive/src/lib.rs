//! The macros of whimbrel: the derives, a thin shell over `whimbrel-model`, and
//! `embed!`, one over `whimbrel-core`.

#[cfg(feature = "embed")]
mod embed;
#[cfg(feature = "models")]
mod models;

use proc_macro::TokenStream;

/// Makes a struct a model: a table of the schema.
///
/// Attributes: `#[model(...)]` on the struct, `#[column(...)]` on its fields.
/// The guide `docs/models.md` explains them.
#[cfg(feature = "models")]
#[proc_macro_derive(Model, attributes(model, column))]
pub fn model(input: TokenStream) -> TokenStream {
    models::model(&syn::parse_macro_input!(input)).into()
}

/// Makes an enum the type of columns: its values are the names of its variants.
///
/// Attributes: `#[db_enum(...)]` on the enum and on its variants.
#[cfg(feature = "models")]
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn db_enum(input: TokenStream) -> TokenStream {
    models::db_enum(&syn::parse_macro_input!(input)).into()
}

/// Makes a newtype the type of columns: that of what is in it, or another, said
/// with `#[column(type = ...)]` on the struct.
#[cfg(feature = "models")]
#[proc_macro_derive(ColumnType, attributes(column))]
pub fn column_type(input: TokenStream) -> TokenStream {
    models::column_type(&syn::parse_macro_input!(input)).into()
}

/// Makes a struct one whose fields become columns of the struct around it,
/// where that says `#[column(flatten)]`.
#[cfg(feature = "models")]
#[proc_macro_derive(Embedded, attributes(column))]
pub fn embedded(input: TokenStream) -> TokenStream {
    models::embedded(&syn::parse_macro_input!(input)).into()
}

/// Puts a folder of migrations into the binary, as a store.
///
/// The path is relative to the folder of the crate's `Cargo.toml`; with none,
/// `embed!()`, it is `migrations`. It is a compile error that journal and files
/// do not agree. The compiler watches the files: after a change the binary is
/// built anew. What the journal does not know is no migration, so a file that is
/// added counts from the moment at which the journal has it.
#[cfg(feature = "embed")]
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    embed::expand(&syn::parse_macro_input!(input)).into()
}
