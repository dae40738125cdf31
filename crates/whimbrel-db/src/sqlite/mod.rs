//! SQLite, through rusqlite with the engine built in.

mod bind;
mod connection;
mod error;
mod introspect;
mod inventory;
mod open;
mod scratch;
mod worker;

pub use connection::SqliteConnection;
pub(crate) use connection::connect;
pub(crate) use introspect::{fingerprint, introspect};
pub(crate) use inventory::inventory;
pub(crate) use scratch::open as open_scratch;
