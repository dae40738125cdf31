//! PostgreSQL, for real: every test has a database of its own on a private server.
#![cfg(feature = "postgres")]

mod connect;
mod execute;
mod introspect;
mod pooler;
mod scratch;
mod tls;

use std::io::Write;
use std::time::Duration;

use whimbrel_db::postgres::{Environment, PostgresConfig, PostgresConnection};
use whimbrel_db::{Access, DbError};
use whimbrel_testkit::cluster::Cluster;

/// Connects to `url` in an environment without variables.
async fn open(url: &str) -> Result<PostgresConnection, DbError> {
    open_with(url, Access::ReadWrite, Duration::ZERO).await
}

async fn open_with(url: &str, access: Access, wait: Duration) -> Result<PostgresConnection, DbError> {
    let config = PostgresConfig::parse(url, &Environment::default())?;
    PostgresConnection::connect(config, access, wait).await
}

/// The error of an attempt that must fail.
fn refusal<T>(outcome: Result<T, DbError>) -> DbError {
    match outcome {
        Ok(_) => panic!("it should have failed"),
        Err(error) => error,
    }
}

/// The error's help line.
fn help(error: &DbError) -> String {
    miette::Diagnostic::help(error).map(|help| help.to_string()).unwrap_or_default()
}

/// Says whether the server is older than a version that a test is about: it is
/// skipped then, and that is seen although it passes.
fn is_older_than(version: u32) -> bool {
    let major = Cluster::shared().major();
    if major < version {
        // Whoever closed the stream does not want to hear it.
        let _ = writeln!(std::io::stderr(), "skipped, PostgreSQL {major} is older than {version}");
    }
    major < version
}
