//! PostgreSQL, 14 and newer.

mod bind;
mod config;
mod connect;
mod connection;
mod failure;
mod grants;
mod holder;
mod introspect;
pub(crate) mod lock;
mod pooler;
mod scratch;
pub(crate) mod session;
mod tls;
mod watch;

pub use config::{Environment, PostgresConfig};
pub use connection::PostgresConnection;
pub(crate) use grants::grants;
pub(crate) use introspect::{fingerprint, introspect, inventory};
pub(crate) use scratch::open as open_scratch;
pub(crate) use session::locale;

use crate::connect::ConnectOptions;
use crate::error::DbError;
use crate::url::DatabaseUrl;

/// Opens a session with the database that `url` names, in the environment of
/// this process.
pub(crate) async fn connect(
    url: &DatabaseUrl,
    options: &ConnectOptions,
) -> Result<PostgresConnection, DbError> {
    let config = PostgresConfig::parse(url.expose(), &Environment::of_process())?;
    let connection = PostgresConnection::connect(config, options.access, options.server_wait).await?;
    Ok(connection.with_lock_wait(options.lock_wait.clone()))
}
