//! Models as data: what a person wrote, before any database is thought of.
//!
//! A [`Model`] is read from the syntax of a struct, by the derive or by the
//! reader of source files. The derive carries it into the program as JSON, so
//! that both ways give the same value and the compiler has little to do.
//! Names of other items are resolved by [`link`](crate::link::link).

mod column;
mod field;
mod key;
mod model;
mod relation;
mod scalar;

pub use column::{Default, Generated, Generator, IdentitySpec, Literal};
pub use field::{ColumnTypeDef, EnumDef, EnumValue, Field, FieldKind, Flatten, PerEngine, Type};
pub use key::{CheckDef, IndexDef, KeyDef, Name, Part, PartTarget};
pub use model::{Model, RawSql, TableFlags};
pub use relation::{ACTIONS, ManyToMany, Reference, Target, action_word};
pub use scalar::Scalar;
