//! Models: Rust structs as the schema of a database.
//!
//! One way leads in: the syntax of a struct is read into an
//! [`item::Model`] by `parse` (feature `parse`), by the derives and by the
//! reader of source files alike; [`link`] resolves the names in it; [`build`]
//! makes the [`Schema`](whimbrel_core::schema::Schema) of all models for one
//! dialect. One way leads out: `write` (feature `write`) writes a schema as
//! models.
//!
//! Nothing here touches a file, a database, a clock or the environment. Whoever
//! looks for mistakes returns all of them, as [`Problem`]s that know where they
//! are and what to do about them.

pub mod build;
pub mod case;
pub mod item;
pub mod link;
#[cfg(feature = "parse")]
pub mod parse;
#[cfg(feature = "registry")]
pub mod registry;
pub mod traits;
pub mod types;
#[cfg(feature = "write")]
pub mod write;

mod at;
mod check;
mod problem;

pub use at::At;
pub use problem::Problem;
