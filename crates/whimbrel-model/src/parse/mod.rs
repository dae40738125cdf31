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
mod tree;
mod types;
mod words;

use proc_macro2::Span;
use syn::DeriveInput;

use crate::item::{ColumnTypeDef, EnumDef, Field, Model};
use crate::problem::Problem;

/// The derives that are read.
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

/// Reads a struct that derives `Model`.
///
/// # Errors
///
/// All that is wrong with it.
pub fn model(input: &DeriveInput, file: &str) -> Result<Model, Mistakes> {
    reader::read(file, |reader| model::read(reader, input))
}

/// Reads what can be read of a struct that derives `Model`, with all that is
/// wrong with it: its names can still be looked up.
pub fn model_so_far(input: &DeriveInput, file: &str) -> (Model, Mistakes) {
    reader::read_so_far(file, |reader| model::read(reader, input))
}

/// Reads an enum that derives `DbEnum`.
///
/// # Errors
///
/// All that is wrong with it.
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
pub fn is_known_type(name: &str) -> bool {
    types::is_known(name)
}

/// Reads a type on its own, such as that of an alias, with what is wrong with it.
pub fn alias_so_far(ty: &syn::Type, file: &str) -> (ColumnTypeDef, Mistakes) {
    reader::read_so_far(file, |reader| {
        let (ty, nullable) = types::read(reader, ty);
        ColumnTypeDef { ty, nullable }
    })
}
