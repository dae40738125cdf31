//! A temporary database, made from `template0` with the target's encoding and
//! locale.
//!
//! It is gone when it is closed or dropped. What a killed process leaves behind
//! is known by name and comment, and swept an hour later: see [`sweep`].

use std::time::Duration;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;

use super::{Locale, connect, empty, fresh_name, sweep};
use crate::connection::Connection;
use crate::error::DbError;
use crate::postgres::PostgresConnection;
use crate::postgres::config::PostgresConfig;
use crate::scratch::{Scratch, ScratchLimits};

/// How often a database is made again where `template0` is in use for a moment.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// A temporary database and the session that made it.
pub(super) struct Own {
    config: PostgresConfig,
    maker: Option<PostgresConnection>,
    session: Option<PostgresConnection>,
    name: String,
    locale: Locale,
    is_dirty: bool,
}

impl Own {
    /// Makes a database on the server of `config`, like the database that it
    /// names unless `like` says otherwise. The inner error says what stands in
    /// the way of making databases there.
    pub(super) async fn make(
        config: &PostgresConfig,
        like: Option<Locale>,
    ) -> Result<Result<Self, String>, DbError> {
        let mut maker = connect(config).await?;
        let columns = Locale::COLUMNS;
        let about = format!(
            "SELECT extract(epoch FROM now())::bigint, {columns} FROM pg_database d WHERE d.datname = current_database()"
        );
        let mut results = maker.query_all(&[&about, &sweep::candidates()]).await?.into_iter();
        let about = results.next().unwrap_or_default();
        let now = about.first().and_then(|row| row.integer(0)).unwrap_or_default();
        sweep::sweep(&mut maker, &results.next().unwrap_or_default(), now).await;
        let here = Locale::read(about.first(), 1);
        let locale = like.unwrap_or_else(|| here.clone());
        let name = fresh_name();
        let mut own =
            Self { config: config.clone(), maker: Some(maker), session: None, name, locale, is_dirty: false };
        match own.create(now).await {
            // A server without the target's locale serves with its own.
            Err(DbError::Statement(error)) if !is_obstacle(&error.code) => {
                own.locale = here;
                own.create(now).await?;
            }
            Err(DbError::Statement(error)) => return Ok(Err(error.message)),
            outcome => outcome?,
        }
        match own.connect().await {
            Ok(()) => Ok(Ok(own)),
            // Not every database can be connected to: `pg_hba.conf`, a pooler's list.
            Err(DbError::Connect { reason, .. }) => {
                Box::new(own).close().await?;
                Ok(Err(reason))
            }
            Err(error) => Err(error),
        }
    }

    fn maker(&mut self) -> &mut PostgresConnection {
        self.maker.as_mut().expect("it is there until the end")
    }

    async fn create(&mut self, now: i64) -> Result<(), DbError> {
        let name = Dialect::Postgres.quote_ident(&self.name);
        let options = self.locale.options();
        let create = format!("CREATE DATABASE {name} WITH TEMPLATE template0 {options}");
        let mut attempt = 1;
        loop {
            match self.maker().execute(&create).await {
                Err(DbError::Statement(error)) if is_busy(&error.code) && attempt < ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => {
                    outcome?;
                    break;
                }
            }
        }
        let marker = Dialect::Postgres.quote_literal(&sweep::marker(now));
        self.maker().execute(&format!("COMMENT ON DATABASE {name} IS {marker}")).await?;
        Ok(())
    }

    async fn connect(&mut self) -> Result<(), DbError> {
        self.session = Some(connect(&self.config.with_database(&self.name)).await?);
        self.is_dirty = false;
        Ok(())
    }

    async fn drop_database(&mut self) -> Result<(), DbError> {
        drop(self.session.take());
        let sql = drop_statement(&self.name);
        self.maker().execute(&sql).await.map(drop)
    }

    async fn make_anew(&mut self) -> Result<(), DbError> {
        self.drop_database().await?;
        let now = self.maker().query("SELECT extract(epoch FROM now())::bigint").await?;
        self.create(now.first().and_then(|row| row.integer(0)).unwrap_or_default()).await?;
        self.connect().await
    }
}

fn drop_statement(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", Dialect::Postgres.quote_ident(name))
}

/// Says whether the server does not let us make databases.
fn is_obstacle(code: &Option<String>) -> bool {
    // Insufficient privilege; a feature that is not supported.
    matches!(code.as_deref(), Some("42501" | "0A000"))
}

/// Says whether the template is in use.
fn is_busy(code: &Option<String>) -> bool {
    code.as_deref() == Some("55006")
}

#[async_trait]
impl Scratch for Own {
    fn connection(&mut self) -> &mut dyn Connection {
        self.is_dirty = true;
        self.session.as_mut().expect("it is there until the end")
    }

    fn limits(&self) -> ScratchLimits {
        ScratchLimits::default()
    }

    async fn reset(&mut self) -> Result<(), DbError> {
        if !self.is_dirty {
            return Ok(());
        }
        let emptied = match self.session.as_mut() {
            Some(session) => empty::empty(session).await,
            None => Ok(false),
        };
        match emptied {
            Ok(true) => {
                self.is_dirty = false;
                Ok(())
            }
            Ok(false) | Err(DbError::Lost { .. }) => self.make_anew().await,
            Err(error) => Err(error),
        }
    }

    async fn close(mut self: Box<Self>) -> Result<(), DbError> {
        if let Some(session) = self.session.take() {
            Box::new(session).close().await?;
        }
        self.drop_database().await?;
        match self.maker.take() {
            Some(maker) => Box::new(maker).close().await,
            None => Ok(()),
        }
    }
}

impl Drop for Own {
    /// Drops the database if it was not closed: after an error, a panic, or an
    /// interrupt. The runtime may be ending, so a thread with its own does it.
    fn drop(&mut self) {
        if self.maker.take().is_none() {
            return;
        }
        drop(self.session.take());
        let (config, sql) = (self.config.clone(), drop_statement(&self.name));
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async { connect(&config).await.ok()?.execute(&sql).await.ok() })
        };
        // If even this fails, the next sweep finds it.
        let _ = std::thread::spawn(work).join();
    }
}
