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
///
/// ```
/// use whimbrel::{Model, schema};
///
/// #[derive(Model)]
/// #[model(table = "posts", index(author_id, title), check("title <> ''", name = "has_a_title"))]
/// struct Post {
///     #[column(primary_key, auto_increment)]
///     id: i64,
///     #[column(references(User, on_delete = cascade))]
///     author_id: i64,
///     title: String,
///     #[column(default = false)]
///     published: bool,
/// }
///
/// #[derive(Model)]
/// #[model(table = "users")]
/// struct User {
///     #[column(primary_key, auto_increment)]
///     id: i64,
/// }
///
/// let source = schema![Post, User];
/// assert!(source.to_json().unwrap().contains("has_a_title"));
/// ```
#[cfg(feature = "models")]
#[proc_macro_derive(Model, attributes(model, column))]
pub fn model(input: TokenStream) -> TokenStream {
    models::model(&syn::parse_macro_input!(input)).into()
}

/// Makes an enum the type of columns: its values are the names of its variants.
///
/// Attributes: `#[db_enum(...)]` on the enum and on its variants.
///
/// ```
/// use whimbrel::model::item::Type;
/// use whimbrel::model::ColumnType;
/// use whimbrel::DbEnum;
///
/// #[derive(DbEnum)]
/// #[db_enum(name = "order_state", rename_all = "kebab-case")]
/// enum State {
///     InDelivery,
///     #[db_enum(name = "closed", renamed_from = "done")]
///     Finished,
/// }
///
/// let Type::Enum(def) = State::column_type().ty else { unreachable!() };
/// let values: Vec<_> = def.values.iter().map(|one| one.value.as_str()).collect();
/// assert_eq!(values, ["in-delivery", "closed"]);
/// ```
#[cfg(feature = "models")]
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn db_enum(input: TokenStream) -> TokenStream {
    models::db_enum(&syn::parse_macro_input!(input)).into()
}

/// Makes a newtype the type of columns: that of what is in it, or another, said
/// with `#[column(type = ...)]` on the struct.
///
/// ```
/// use whimbrel::model::item::{Scalar, Type};
/// use whimbrel::ColumnType;
///
/// #[derive(ColumnType)]
/// struct Celsius(f64);
///
/// #[derive(ColumnType)]
/// #[column(type = varchar(2))]
/// struct Country(String);
///
/// assert_eq!(<Celsius as whimbrel::model::ColumnType>::column_type().ty, Type::Scalar(Scalar::Double));
/// assert_eq!(<Country as whimbrel::model::ColumnType>::column_type().ty, Type::Scalar(Scalar::Varchar(2)));
/// ```
#[cfg(feature = "models")]
#[proc_macro_derive(ColumnType, attributes(column))]
pub fn column_type(input: TokenStream) -> TokenStream {
    models::column_type(&syn::parse_macro_input!(input)).into()
}

/// Makes a struct one whose fields become columns of the struct around it,
/// where that says `#[column(flatten)]`.
///
/// What it says in SQL is about its own columns, and follows their names.
///
/// ```
/// use whimbrel::model::Model as _;
/// use whimbrel::{Embedded, Model};
///
/// #[derive(Embedded)]
/// struct Address {
///     street: String,
///     #[column(check = "zip <> '' OR street = ''")]
///     zip: String,
/// }
///
/// #[derive(Model)]
/// struct Order {
///     #[column(primary_key)]
///     id: i64,
///     #[column(flatten = "ship_to_")]
///     ship_to: Address,
/// }
///
/// let columns: Vec<_> = Order::model().fields.into_iter().map(|field| field.column).collect();
/// assert_eq!(columns, ["id", "ship_to_street", "ship_to_zip"]);
/// ```
#[cfg(feature = "models")]
#[proc_macro_derive(Embedded, attributes(column))]
pub fn embedded(input: TokenStream) -> TokenStream {
    models::embedded(&syn::parse_macro_input!(input)).into()
}

/// What `whimbrel::embed!` is made of: it puts the crate, `$crate`, before the folder.
#[cfg(feature = "embed")]
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    embed::expand(&syn::parse_macro_input!(input)).into()
}
