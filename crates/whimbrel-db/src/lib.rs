//! How whimbrel talks to databases: the only crate that knows a client.
//!
//! [`Connection`] is the open trait; [`connect`] opens one; [`introspect`]
//! reads a schema; [`scratch`] makes throw-away databases; [`execute`] runs a
//! plan.

pub mod connection;
pub mod error;

pub use connection::{Canceller, Connection, Row, ServerInfo, Value};
pub use error::DbError;
