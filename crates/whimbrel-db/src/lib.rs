//! How whimbrel talks to databases: the only crate that knows a client.
//!
//! [`Connection`] is the open trait; [`connect()`] opens one; [`introspect()`]
//! reads a schema, [`mod@inventory`] what there is besides; [`mod@scratch`] makes throw-away databases; [`mod@execute`] runs a
//! plan; [`mod@apply`] runs migrations.

pub mod apply;
pub mod asked_for;
pub mod connect;
pub mod connection;
mod datum;
pub mod error;
pub mod execute;
mod fingerprint;
pub mod grants;
pub mod introspect;
pub mod inventory;
pub mod lock;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod scratch;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod store_table;
pub mod tracking;
pub mod url;

pub use connect::{Access, ConnectOptions, Missing, connect};
pub use connection::{Canceller, Connection, FailedAt, FailedBatch, Row, ServerInfo, Value};
pub use datum::{Datum, Fetched};
pub use error::DbError;
pub use introspect::{Fingerprint, IntrospectError, IntrospectOptions, Introspection, introspect, locale};
pub use lock::{LockNotice, LockWait, Waiting};
pub use session::{SessionSettings, reset_session};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteConnection;
pub use url::{DatabaseUrl, UrlError};
