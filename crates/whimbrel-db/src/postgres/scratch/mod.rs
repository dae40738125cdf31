//! Scratch databases of PostgreSQL, in the three ways there are.
//!
//! | way | where | limits |
//! |---|---|---|
//! | [`own`] | a temporary database that is made, and dropped at the end | none |
//! | [`given`] | the empty database that `--scratch-url` names | none |
//! | [`within`] | a namespace in a transaction on the target that is rolled back | one namespace, one transaction |
//!
//! With `--scratch-url` the first is tried on that server, then the second;
//! without, the first on the target's server, then the third.

mod empty;
mod given;
mod own;
mod rewrite;
mod sweep;
mod within;

use std::time::Duration;

use self::given::Given;
use self::own::Own;
use self::within::Within;
use super::PostgresConnection;
use super::config::{Environment, PostgresConfig};
use crate::connect::Access;
use crate::connection::{Connection, Row};
use crate::error::DbError;
use crate::scratch::{Scratch, ScratchOptions};
use crate::url::DatabaseUrl;

/// What the names of all that is made here begin with.
const PREFIX: &str = "whimbrel_scratch_";

/// Opens an empty scratch database.
pub(crate) async fn open(options: &ScratchOptions) -> Result<Box<dyn Scratch>, DbError> {
    let target = options.target.as_ref().map(parse).transpose()?;
    if let Some(url) = &options.url {
        let config = parse(url)?;
        let like = match &target {
            Some(target) => Some(Locale::of(target).await?),
            None => None,
        };
        return match Own::make(&config, like).await? {
            Ok(own) => Ok(Box::new(own)),
            Err(_) => Ok(Box::new(Given::open(config).await?)),
        };
    }
    let Some(target) = target else {
        return Err(DbError::Connect {
            name: "scratch database".to_owned(),
            reason: "there is no server to make one on".to_owned(),
            help: "name a server with `--scratch-url postgres://USER@HOST/DATABASE`".to_owned(),
        });
    };
    match Own::make(&target, None).await? {
        Ok(own) => Ok(Box::new(own)),
        Err(obstacle) => Ok(Box::new(Within::open(target, &obstacle).await?)),
    }
}

fn parse(url: &DatabaseUrl) -> Result<PostgresConfig, DbError> {
    PostgresConfig::parse(url.expose(), &Environment::of_process())
}

async fn connect(config: &PostgresConfig) -> Result<PostgresConnection, DbError> {
    match PostgresConnection::connect(config.clone(), Access::ReadWrite, Duration::ZERO).await {
        Err(DbError::ReadOnly { name, reason, .. }) => {
            let help = "name a server that can be written with `--scratch-url`".to_owned();
            Err(DbError::ReadOnly { name, reason, help })
        }
        outcome => outcome,
    }
}

/// A name that no other scratch database has.
fn fresh_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    // The standard library seeds every `RandomState` anew.
    let random = RandomState::new().hash_one(std::process::id());
    format!("{PREFIX}{random:016x}")
}

/// Encoding and locale of a database, which decide how it orders and folds.
#[derive(Debug, Clone)]
struct Locale {
    encoding: String,
    collate: String,
    ctype: String,
    /// `c` (the system's), `i` (ICU) or `b` (the server's own); absent before 15.
    provider: Option<String>,
    name: Option<String>,
    rules: Option<String>,
}

impl Locale {
    /// What a [`Locale`] is read from.
    const COLUMNS: &str = "pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, to_jsonb(d) ->> 'datlocprovider', \
         coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'), to_jsonb(d) ->> 'daticurules'";

    async fn of(config: &PostgresConfig) -> Result<Self, DbError> {
        let mut connection =
            PostgresConnection::connect(config.clone(), Access::ReadOnly, Duration::ZERO).await?;
        let columns = Self::COLUMNS;
        let rows = connection
            .query(&format!("SELECT {columns} FROM pg_database d WHERE d.datname = current_database()"))
            .await?;
        Box::new(connection).close().await?;
        Ok(Self::read(rows.first(), 0))
    }

    /// Reads the columns from `at` on.
    fn read(row: Option<&Row>, at: usize) -> Self {
        let optional = |index: usize| row.and_then(|row| row.text(at + index)).map(str::to_owned);
        let text = |index: usize| optional(index).unwrap_or_default();
        Self {
            encoding: text(0),
            collate: text(1),
            ctype: text(2),
            provider: optional(3),
            name: optional(4),
            rules: optional(5),
        }
    }

    /// The options of CREATE DATABASE.
    fn options(&self) -> String {
        let literal = |text: &str| whimbrel_core::dialect::Dialect::Postgres.quote_literal(text);
        let mut options = format!(
            "ENCODING {} LC_COLLATE {} LC_CTYPE {}",
            literal(&self.encoding),
            literal(&self.collate),
            literal(&self.ctype)
        );
        let name = self.name.as_deref().unwrap_or_default();
        match self.provider.as_deref() {
            Some("i") => options.push_str(&format!(" LOCALE_PROVIDER icu ICU_LOCALE {}", literal(name))),
            Some("b") => {
                options.push_str(&format!(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}", literal(name)));
            }
            Some(_) => options.push_str(" LOCALE_PROVIDER libc"),
            None => {}
        }
        if let Some(rules) = &self.rules {
            options.push_str(&format!(" ICU_RULES {}", literal(rules)));
        }
        options
    }
}
