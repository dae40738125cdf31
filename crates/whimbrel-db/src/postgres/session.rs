//! What is settled at the start of every session.
//!
//! How a session spells values and deparses expressions depends on its
//! settings; a role, a database or a URL may have changed any of them. All that
//! matter are pinned here, so that two sessions read one schema alike.
//!
//! They are asked for when the session is opened: so it begins with them, and
//! `RESET ALL` goes back to them. Where something between us and the server does
//! not pass that on, they are set afterwards, and after every reset.

use std::sync::LazyLock;

use whimbrel_core::dialect::Dialect;

use super::config::PostgresConfig;
use super::connection::PostgresConnection;
use crate::connect::Access;
use crate::connection::{Connection, ServerInfo};
use crate::error::DbError;

/// The oldest version that is spoken.
const OLDEST: i64 = 140_000;

/// How long a statement waits for a lock before it gives up, to be tried again.
const LOCK_TIMEOUT: &str = "5s";

/// The settings, all of them known to version 14.
const SETTINGS: &[(&str, &str)] = &[
    // How names are found and shown: those of `public` without their namespace.
    ("search_path", "public, pg_temp"),
    ("quote_all_identifiers", "off"),
    // How values are shown and read.
    ("client_encoding", "UTF8"),
    ("standard_conforming_strings", "on"),
    ("escape_string_warning", "on"),
    ("array_nulls", "on"),
    ("transform_null_equals", "off"),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "postgres"),
    ("timezone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
    // What a bare definition means.
    ("default_tablespace", ""),
    ("default_table_access_method", "heap"),
    ("check_function_bodies", "off"),
    // How transactions run, and how long anything may take.
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_deferrable", "off"),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("idle_session_timeout", "0"),
    ("lock_timeout", LOCK_TIMEOUT),
    // A policy must not hide rows from a question about them: that is an error.
    ("row_security", "off"),
    // Catalogue queries are not worth compiling.
    ("jit", "off"),
    ("client_min_messages", "warning"),
];

/// What everything that spells a schema depends on.
const ABOUT: &str = "current_setting('server_version'), current_setting('server_version_num'), \
     pg_catalog.version(), pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery()";

/// Encoding and locale of the database, in one line. Not every version has the
/// same columns.
const LOCALE: &str = "SELECT pg_catalog.concat_ws(' ', \
     'encoding=' || pg_catalog.pg_encoding_to_char(d.encoding), 'collate=' || d.datcollate, \
     'ctype=' || d.datctype, 'provider=' || (d.row ->> 'datlocprovider'), \
     'locale=' || coalesce(d.row ->> 'datlocale', d.row ->> 'daticulocale')) \
     FROM (SELECT *, pg_catalog.to_jsonb(p) AS row FROM pg_catalog.pg_database p \
     WHERE p.datname = pg_catalog.current_database()) d";

/// Whether a transaction is open, and which namespace alone is to be read, if
/// any.
///
/// A transaction's time is that of its first statement, so outside of one the
/// two times are the same.
pub(super) const STATE: &str = "SELECT pg_catalog.now() <> pg_catalog.statement_timestamp(), \
     pg_catalog.current_setting('whimbrel.namespace', true)";

/// A session that is ready.
pub(super) struct Prepared {
    pub(super) info: ServerInfo,
    /// The process that the server has for the session.
    pub(super) backend: i64,
    pub(super) pinned: Pinned,
}

/// What is known before the server has said anything.
pub(super) fn unknown(config: &PostgresConfig) -> ServerInfo {
    ServerInfo { dialect: Dialect::Postgres, version: String::new(), major: 0, name: config.name() }
}

/// The statement that pins, until the end of the transaction, what decides how
/// the server spells a schema.
pub(super) fn pin_spelling(default_namespace: &str) -> String {
    let dialect = Dialect::Postgres;
    let path = format!("{}, pg_temp", dialect.quote_ident(default_namespace));
    let spelling =
        SETTINGS.iter().take_while(|(name, _)| *name != "default_tablespace").map(|(name, value)| {
            let value = if *name == "search_path" { &path } else { *value };
            format!("pg_catalog.set_config('{name}', {}, true)", dialect.quote_literal(value))
        });
    format!("SELECT {}", spelling.collect::<Vec<_>>().join(", "))
}

/// Every setting, with its value.
fn settings(access: Access) -> impl Iterator<Item = (&'static str, &'static str)> {
    let read_only = match access {
        Access::ReadOnly => "on",
        Access::ReadWrite => "off",
    };
    SETTINGS.iter().copied().chain([("default_transaction_read_only", read_only)])
}

/// The settings as options of a session that is to be opened.
pub(super) fn options(access: Access) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace(' ', "\\ ");
    let options = settings(access).map(|(name, value)| format!("-c {name}={}", escaped(value)));
    options.collect::<Vec<_>>().join(" ")
}

/// The expressions that give every setting as it is; a subquery over them would
/// take the server longer than all else that it is asked.
fn current(access: Access) -> String {
    let current = settings(access).map(|(name, _)| format!("pg_catalog.current_setting('{name}', true)"));
    current.collect::<Vec<_>>().join(", ")
}

/// The statement that pins every setting.
fn pin(access: Access) -> String {
    let quote = |text| Dialect::Postgres.quote_literal(text);
    let set = settings(access).map(|(name, value)| format!("set_config('{name}', {}, false)", quote(value)));
    format!("SELECT {}", set.collect::<Vec<_>>().join(", "))
}

/// How a session goes back to what it was at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pinned {
    /// It began with the settings: the server knows them as its defaults.
    FromTheStart,
    /// They were set when it had begun.
    Afterwards(Access),
}

/// What takes away cursors and temporary tables, and brings back the role, and the
/// settings that the server knows as those of the session's start.
const RESETS: [&str; 5] =
    ["CLOSE ALL", "DISCARD TEMP", "RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"];

impl Pinned {
    /// The statements that put the session back to what it was at its start, in
    /// a transaction or outside of one. They free no lock.
    pub(super) fn resets(self) -> &'static [String] {
        static SHORT: LazyLock<Vec<String>> = LazyLock::new(|| RESETS.map(str::to_owned).to_vec());
        static READ: LazyLock<Vec<String>> = LazyLock::new(|| resets_and_pins(Access::ReadOnly));
        static WRITE: LazyLock<Vec<String>> = LazyLock::new(|| resets_and_pins(Access::ReadWrite));
        match self {
            Self::FromTheStart => &SHORT,
            Self::Afterwards(Access::ReadOnly) => &READ,
            Self::Afterwards(Access::ReadWrite) => &WRITE,
        }
    }
}

fn resets_and_pins(access: Access) -> Vec<String> {
    RESETS.into_iter().map(str::to_owned).chain([pin(access)]).collect()
}

/// Asks the server what it is, and pins the settings where that is still to be
/// done.
pub(super) async fn prepare(
    connection: &mut PostgresConnection,
    access: Access,
) -> Result<Prepared, DbError> {
    let name = connection.server().name.clone();
    let refused =
        |reason: String, help: &str| DbError::Connect { name: name.clone(), reason, help: help.to_owned() };
    // The version comes before the settings: an older server knows not all of them.
    let about = connection.query(&format!("SELECT {ABOUT}, {}", current(access))).await?;
    let row = about.first().ok_or_else(|| {
        refused("the server does not say what it is".to_owned(), "whimbrel speaks PostgreSQL 14 and newer")
    })?;
    let product = row.text(2).unwrap_or_default();
    if !product.starts_with("PostgreSQL ") {
        let product = product.split(" (").next().unwrap_or_default();
        return Err(refused(format!("the server is `{product}`"), "whimbrel speaks PostgreSQL 14 and newer"));
    }
    let number = row.integer(1).unwrap_or_default();
    if number < OLDEST {
        let version = row.text(0).unwrap_or_default();
        return Err(refused(
            format!("the server is PostgreSQL {version}"),
            "whimbrel speaks PostgreSQL 14 and newer",
        ));
    }
    if access == Access::ReadWrite && row.is_true(4) {
        return Err(DbError::ReadOnly {
            name,
            reason: "the server is a standby".to_owned(),
            help: "connect to the primary".to_owned(),
        });
    }
    let is_pinned = settings(access).enumerate().all(|(at, (_, value))| row.text(5 + at) == Some(value));
    let pinned = if is_pinned { Pinned::FromTheStart } else { Pinned::Afterwards(access) };
    if pinned != Pinned::FromTheStart {
        connection.query(&pin(access)).await?;
    }
    let info = ServerInfo {
        version: row.text(0).unwrap_or_default().to_owned(),
        major: u32::try_from(number / 10_000).unwrap_or_default(),
        ..connection.server().clone()
    };
    Ok(Prepared { info, backend: row.integer(3).unwrap_or_default(), pinned })
}

/// Asks for encoding and locale.
pub(crate) async fn locale(connection: &mut dyn Connection) -> Result<String, DbError> {
    let rows = connection.query(LOCALE).await?;
    Ok(rows.first().and_then(|row| row.text(0)).unwrap_or_default().to_owned())
}
