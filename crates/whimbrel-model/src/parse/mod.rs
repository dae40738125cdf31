//! Reads models from the syntax of Rust: the one parser for the derives and
//! for the reader of source files.
//!
//! It knows one item at a time and resolves no names. Every mistake in an item
//! is found, not only the first.

mod column;
mod default;
mod enums;
mod keys;
mod model;
mod reader;
mod relation;
mod root;
mod tree;
mod types;
mod words;

use proc_macro2::Span;
use syn::DeriveInput;

use crate::item::{ColumnTypeDef, EnumDef, Field, Model};
use crate::problem::Problem;

/// The derives that are read.
///
/// ```
/// use whimbrel_model::parse::Derive;
///
/// assert_eq!(Derive::ALL.map(Derive::name), ["Model", "DbEnum", "ColumnType", "Embedded"]);
/// let item: syn::DeriveInput = syn::parse_str("#[derive(Debug, whimbrel::Model)] struct User;").unwrap();
/// assert_eq!(Derive::of(&item.attrs), [Derive::Model]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derive {
    /// `#[derive(Model)]`
    Model,
    /// `#[derive(DbEnum)]`
    DbEnum,
    /// `#[derive(ColumnType)]`
    ColumnType,
    /// `#[derive(Embedded)]`
    Embedded,
}

impl Derive {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Model, Self::DbEnum, Self::ColumnType, Self::Embedded];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "Model",
            Self::DbEnum => "DbEnum",
            Self::ColumnType => "ColumnType",
            Self::Embedded => "Embedded",
        }
    }

    /// The derives of an item.
    pub fn of(attributes: &[syn::Attribute]) -> Vec<Self> {
        words::derived(attributes)
            .into_iter()
            .filter_map(|name| Self::ALL.into_iter().find(|one| one.name() == name))
            .collect()
    }
}

/// Mistakes, each with the span that the compiler can point at.
pub type Mistakes = Vec<(Problem, Span)>;

/// The path to whimbrel that the attributes of an item tell (`crate = "..."`), for
/// whoever writes code for it; without one, `::whimbrel`.
///
/// ```
/// use whimbrel_model::parse::crate_path;
///
/// let path_of = |text| {
///     let path = crate_path(&syn::parse_str(text).unwrap());
///     path.segments.iter().map(|one| one.ident.to_string()).collect::<Vec<_>>()
/// };
/// assert_eq!(path_of("#[model(crate = \"db::whimbrel\")] struct User;"), ["db", "whimbrel"]);
/// assert_eq!(path_of("#[model(table = \"users\")] struct User;"), ["whimbrel"]);
/// ```
pub fn crate_path(input: &DeriveInput) -> syn::Path {
    root::told(&input.attrs).unwrap_or_else(|| syn::parse_quote!(::whimbrel))
}

/// Reads a struct that derives `Model`.
///
/// # Errors
///
/// All that is wrong with it.
///
/// ```
/// use whimbrel_model::parse::{Mistakes, model};
///
/// let input = syn::parse_str(
///     "struct User {
///         #[column(primary_key)]
///         id: i64,
///         #[column(unique)]
///         email: Option<String>,
///     }",
/// );
/// let user = model(&input.unwrap(), "src/models.rs").ok().unwrap();
/// assert_eq!(user.table.unwrap().to_string(), "user");
/// assert!(user.fields[1].nullable && user.fields[1].unique.is_some());
///
/// let wrong = syn::parse_str("struct User { #[column(primary)] id: i64 }").unwrap();
/// let mistakes: Mistakes = model(&wrong, "src/models.rs").unwrap_err();
/// assert_eq!(mistakes[0].0.message, "`column` does not know `primary`");
/// ```
pub fn model(input: &DeriveInput, file: &str) -> Result<Model, Mistakes> {
    reader::read(file, |reader| model::read(reader, input))
}

/// Reads what can be read of a struct that derives `Model`, with all that is
/// wrong with it: its names can still be looked up.
///
/// ```
/// use whimbrel_model::parse::model_so_far;
///
/// let input = syn::parse_str("struct User { #[column(primary)] id: i64, name: String }").unwrap();
/// let (user, mistakes) = model_so_far(&input, "src/models.rs");
/// let told: Vec<_> = mistakes.iter().map(|(problem, _)| problem.message.as_str()).collect();
/// assert_eq!((user.fields.len(), told), (2, vec!["`column` does not know `primary`", "`User` has no primary key"]));
/// ```
pub fn model_so_far(input: &DeriveInput, file: &str) -> (Model, Mistakes) {
    reader::read_so_far(file, |reader| model::read(reader, input))
}

/// Reads an enum that derives `DbEnum`.
///
/// # Errors
///
/// All that is wrong with it.
///
/// ```
/// use whimbrel_model::parse::{db_enum, db_enum_so_far};
///
/// let input = syn::parse_str("enum Status { Open, #[db_enum(name = \"shut\")] Closed }").unwrap();
/// let status = db_enum(&input, "src/models.rs").ok().unwrap();
/// let values: Vec<_> = status.values.iter().map(|one| one.value.as_str()).collect();
/// assert_eq!(values, ["open", "shut"]);
///
/// let input = syn::parse_str("enum Status { Open, Since(i64) }").unwrap();
/// let (_, mistakes) = db_enum_so_far(&input, "src/models.rs");
/// assert_eq!(mistakes[0].0.message, "the variant `Since` carries data");
/// ```
pub fn db_enum(input: &DeriveInput, file: &str) -> Result<EnumDef, Mistakes> {
    reader::read(file, |reader| enums::read(reader, input))
}

/// Reads what can be read of an enum that derives `DbEnum`, with all that is
/// wrong with it.
pub fn db_enum_so_far(input: &DeriveInput, file: &str) -> (EnumDef, Mistakes) {
    reader::read_so_far(file, |reader| enums::read(reader, input))
}

/// Reads a newtype that derives `ColumnType`.
///
/// # Errors
///
/// All that is wrong with it.
///
/// ```
/// use whimbrel_model::item::{Scalar, Type};
/// use whimbrel_model::parse::{column_type, column_type_so_far};
///
/// let input = syn::parse_str("struct Celsius(f64);").unwrap();
/// let celsius = column_type(&input, "src/models.rs").ok().unwrap();
/// assert_eq!(celsius.ty, Type::Scalar(Scalar::Double));
///
/// let input = syn::parse_str("struct Range(f64, f64);").unwrap();
/// let (_, mistakes) = column_type_so_far(&input, "src/models.rs");
/// assert_eq!(mistakes[0].0.message, "`Range` is no newtype");
/// ```
pub fn column_type(input: &DeriveInput, file: &str) -> Result<ColumnTypeDef, Mistakes> {
    reader::read(file, |reader| column::read_newtype(reader, input))
}

/// Reads what can be read of a newtype that derives `ColumnType`, with all that
/// is wrong with it.
pub fn column_type_so_far(input: &DeriveInput, file: &str) -> (ColumnTypeDef, Mistakes) {
    reader::read_so_far(file, |reader| column::read_newtype(reader, input))
}

/// Reads a struct that derives `Embedded`.
///
/// # Errors
///
/// All that is wrong with it.
///
/// ```
/// use whimbrel_model::parse::{embedded, embedded_so_far};
///
/// let input = syn::parse_str("struct Address { street: String, zip_code: Option<String> }").unwrap();
/// let fields = embedded(&input, "src/models.rs").ok().unwrap();
/// assert_eq!(fields[1].column, "zip_code");
///
/// let input = syn::parse_str("struct Address { #[column(primary)] street: String }").unwrap();
/// let (fields, mistakes) = embedded_so_far(&input, "src/models.rs");
/// assert_eq!((fields.len(), mistakes.len()), (1, 1));
/// ```
pub fn embedded(input: &DeriveInput, file: &str) -> Result<Vec<Field>, Mistakes> {
    reader::read(file, |reader| model::read_embedded(reader, input))
}

/// Reads what can be read of a struct that derives `Embedded`, with all that is
/// wrong with it.
pub fn embedded_so_far(input: &DeriveInput, file: &str) -> (Vec<Field>, Mistakes) {
    reader::read_so_far(file, |reader| model::read_embedded(reader, input))
}

/// Says whether a type is known by its name alone, so that no item of a crate
/// can be meant by it.
#[cfg(feature = "write")]
pub(crate) fn is_known_type(name: &str) -> bool {
    types::is_known(name)
}

/// Reads a type on its own, such as that of an alias, with what is wrong with it.
///
/// ```
/// use whimbrel_model::item::{ColumnTypeDef, Scalar, Type};
/// use whimbrel_model::parse::alias_so_far;
///
/// // What `type Nick = Option<String>;` makes of a field.
/// let (nick, mistakes) = alias_so_far(&syn::parse_str("Option<String>").unwrap(), "src/models.rs");
/// assert_eq!(nick, ColumnTypeDef { ty: Type::Scalar(Scalar::Text), nullable: true });
/// assert!(mistakes.is_empty());
/// ```
pub fn alias_so_far(ty: &syn::Type, file: &str) -> (ColumnTypeDef, Mistakes) {
    reader::read_so_far(file, |reader| {
        let (ty, nullable) = types::read(reader, ty);
        ColumnTypeDef { ty, nullable }
    })
}
