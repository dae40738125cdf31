//! A namespace within a transaction on the target that is always rolled back,
//! for a role that may not make databases.
//!
//! The session looks like any other from outside: what it is told about `public`
//! goes to the namespace, a transaction is a savepoint, and every statement
//! outside of one has a savepoint of its own, so that its failure leaves the
//! rest as it was.

use std::sync::Arc;

use async_trait::async_trait;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::sql::{Class, Lexicon, TransactionVerb, split};

use super::rewrite::{Immovable, Rewritten, installed, rewrite};
use super::{connect, empty, fresh_name};
use crate::connection::{Canceller, Connection, FailedAt, Row, ServerInfo};
use crate::datum::{Datum, Fetched};
use crate::error::DbError;
use crate::lock::LockWait;
use crate::postgres::PostgresConnection;
use crate::postgres::config::PostgresConfig;
use crate::scratch::{Scratch, ScratchLimits};

/// The namespaces of the target, none of which may be touched.
const OTHERS: &str = "SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('public', 'pg_catalog', 'information_schema') AND \
     nspname !~ '^pg_(toast|temp)'";

/// A scratch namespace.
pub(super) struct Within(Session);

struct Session {
    inner: PostgresConnection,
    namespace: String,
    others: Vec<String>,
    /// The extensions of the target, none of which can be there twice.
    extensions: Vec<String>,
    in_batch: bool,
    /// Whether the transaction is open: between two uses it is not, so that it
    /// stands in nobody's way.
    is_open: bool,
    /// Why there is no database of its own.
    obstacle: String,
}

impl Within {
    /// Opens the transaction. `obstacle` says why no database could be made.
    pub(super) async fn open(config: PostgresConfig, obstacle: &str) -> Result<Self, DbError> {
        let inner = connect(&config).await?;
        let (namespace, obstacle) = (fresh_name(), obstacle.to_owned());
        let (others, extensions) = (Vec::new(), Vec::new());
        let (in_batch, is_open) = (false, false);
        let mut session = Session { inner, namespace, others, extensions, in_batch, is_open, obstacle };
        session.begin().await?;
        Ok(Self(session))
    }
}

impl Session {
    /// Opens the transaction and makes the namespace, the only one that the
    /// reader looks at.
    async fn begin(&mut self) -> Result<(), DbError> {
        let (ident, literal) = {
            let dialect = Dialect::Postgres;
            (dialect.quote_ident(&self.namespace), dialect.quote_literal(&self.namespace))
        };
        let create = format!("CREATE SCHEMA {ident}");
        let path = format!("SET search_path = {ident}, pg_temp");
        let mark = format!("SELECT set_config('whimbrel.namespace', {literal}, true)");
        self.in_batch = false;
        let found = self.inner.query_all(&[OTHERS, "SELECT extname FROM pg_extension"]).await?;
        let names = |rows: &Vec<Row>| rows.iter().filter_map(|row| row.text(0)).map(str::to_owned).collect();
        let mut found = found.iter().map(names);
        self.others = found.next().unwrap_or_default();
        self.extensions = found.next().unwrap_or_default();
        match self.inner.query_all(&["BEGIN", &create, &path, &mark]).await {
            Ok(_) => {
                self.is_open = true;
                Ok(())
            }
            Err(DbError::Statement(error)) => Err(self.unable(&error.message)),
            Err(error) => Err(error),
        }
    }

    /// The one error of what this way cannot serve.
    fn unable(&self, what: &str) -> DbError {
        DbError::Connect {
            name: self.inner.server().name.clone(),
            reason: format!("no scratch database could be made ({}), and a namespace does not do: {what}", self.obstacle),
            help: "name a server where databases may be made with `--scratch-url postgres://USER@HOST/DATABASE`, \
                   or let the role make them: `ALTER ROLE ... CREATEDB`"
                .to_owned(),
        }
    }

    fn rewrite(&self, sql: &str) -> Result<Rewritten, DbError> {
        if let Some(name) = installed(sql).filter(|name| self.extensions.contains(name)) {
            return Err(self.unable(&format!("the database has the extension `{name}` already")));
        }
        rewrite(sql, &self.namespace, &self.others).map_err(|immovable| match immovable {
            Immovable::Namespace(name) => {
                self.unable(&format!("the schema names another namespace, `{name}`"))
            }
            Immovable::SearchPath => self.unable("the schema sets a search path of its own"),
        })
    }

    /// What stands for a statement about transactions, if it is one.
    fn transaction(&mut self, sql: &str) -> Option<&'static [&'static str]> {
        let verb = split(sql, Lexicon::POSTGRES).into_iter().next().map(|statement| statement.class);
        match verb {
            Some(Class::Transaction(TransactionVerb::Begin)) => {
                self.in_batch = true;
                Some(&["SAVEPOINT whimbrel_batch"])
            }
            Some(Class::Transaction(TransactionVerb::Commit)) => {
                self.in_batch = false;
                Some(&["RELEASE SAVEPOINT whimbrel_batch"])
            }
            Some(Class::Transaction(TransactionVerb::Rollback)) => {
                self.in_batch = false;
                Some(&["ROLLBACK TO SAVEPOINT whimbrel_batch", "RELEASE SAVEPOINT whimbrel_batch"])
            }
            _ => None,
        }
    }

    /// Runs statements, inside a savepoint of their own unless a batch is open.
    async fn run(&mut self, statements: &[&str]) -> Result<(Vec<Vec<Row>>, Vec<u64>), DbError> {
        if !self.is_open {
            self.begin().await?;
        }
        let moved = statements.iter().map(|sql| self.rewrite(sql)).collect::<Result<Vec<_>, _>>()?;
        let mut texts: Vec<&str> = moved.iter().map(|one| one.sql.as_str()).collect();
        let lead = usize::from(!self.in_batch);
        if !self.in_batch {
            texts.insert(0, "SAVEPOINT whimbrel_statement");
            texts.push("RELEASE SAVEPOINT whimbrel_statement");
        }
        match self.inner.query_counting(&texts).await {
            Ok((mut rows, mut counts)) => {
                rows.drain(..lead);
                rows.truncate(statements.len());
                counts.drain(..lead);
                counts.truncate(statements.len());
                Ok((rows, counts))
            }
            Err(error) => {
                if !self.in_batch {
                    self.inner.execute("ROLLBACK TO SAVEPOINT whimbrel_statement").await?;
                }
                Err(self.translate(error, statements, &moved))
            }
        }
    }

    /// Begins what is to be undone alone if it fails.
    async fn save(&mut self) -> Result<(), DbError> {
        if !self.in_batch {
            self.inner.execute("SAVEPOINT whimbrel_statement").await?;
        }
        Ok(())
    }

    /// Keeps what was done since, or undoes it.
    async fn keep(&mut self, is_fine: bool) -> Result<(), DbError> {
        if !self.in_batch {
            let end = if is_fine { "RELEASE" } else { "ROLLBACK TO" };
            self.inner.execute(&format!("{end} SAVEPOINT whimbrel_statement")).await?;
        }
        Ok(())
    }

    /// Puts an error in terms of the statement as it was given.
    fn translate(&self, error: DbError, statements: &[&str], moved: &[Rewritten]) -> DbError {
        let DbError::Statement(mut error) = error else {
            return error;
        };
        if let Some(at) = moved.iter().position(|one| one.sql == error.sql) {
            error.offset = error.offset.map(|offset| moved[at].original(offset));
            error.sql = statements[at].to_owned();
        }
        error.message = error.message.replace(&format!("{}.", self.namespace), "");
        // A namespace, relation, function, type or column that is not there.
        if matches!(error.code.as_deref(), Some("3F000" | "42P01" | "42883" | "42704")) {
            let note = "note: it ran in a namespace of the target, where it sees nothing else; `--scratch-url` \
                        names a server for scratch databases";
            let detail = error.detail.take().map(|detail| format!("{detail}\n")).unwrap_or_default();
            error.detail = Some(format!("{detail}{note}"));
        }
        DbError::Statement(error)
    }
}

#[async_trait]
impl Connection for Session {
    fn server(&self) -> &ServerInfo {
        self.inner.server()
    }

    async fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
        if !self.is_open {
            self.begin().await?;
        }
        if let Some(statements) = self.transaction(sql) {
            self.inner.query_all(statements).await?;
            return Ok(0);
        }
        Ok(self.run(&[sql]).await?.1.last().copied().unwrap_or_default())
    }

    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, DbError> {
        Ok(self.run(&[sql]).await?.0.into_iter().next().unwrap_or_default())
    }

    async fn query_all(&mut self, statements: &[&str]) -> Result<Vec<Vec<Row>>, DbError> {
        Ok(self.run(statements).await?.0)
    }

    async fn execute_all(&mut self, statements: &[&str]) -> Result<Vec<u64>, FailedAt> {
        let mut counts = Vec::with_capacity(statements.len());
        for (index, sql) in statements.iter().enumerate() {
            let count = self.execute(sql).await;
            counts.push(count.map_err(|error| FailedAt { index, error, ends_there: true })?);
        }
        Ok(counts)
    }

    async fn fetch(&mut self, sql: &str, values: &[Datum]) -> Result<Fetched, DbError> {
        if !self.is_open {
            self.begin().await?;
        }
        let moved = self.rewrite(sql)?;
        self.save().await?;
        let fetched = self.inner.fetch(&moved.sql, values).await;
        self.keep(fetched.is_ok()).await?;
        fetched.map_err(|error| self.translate(error, &[sql], std::slice::from_ref(&moved)))
    }

    async fn copy_in(&mut self, sql: &str, rows: &str) -> Result<u64, DbError> {
        if !self.is_open {
            self.begin().await?;
        }
        let moved = self.rewrite(sql)?;
        self.save().await?;
        let copied = self.inner.copy_in(&moved.sql, rows).await;
        self.keep(copied.is_ok()).await?;
        copied.map_err(|error| self.translate(error, &[sql], std::slice::from_ref(&moved)))
    }

    async fn in_transaction(&mut self) -> Result<bool, DbError> {
        Ok(self.in_batch)
    }

    fn resets(&self) -> &'static [String] {
        self.inner.resets()
    }

    fn lock_wait(&self) -> LockWait {
        self.inner.lock_wait()
    }

    fn canceller(&self) -> Arc<dyn Canceller> {
        self.inner.canceller()
    }

    async fn close(self: Box<Self>) -> Result<(), DbError> {
        let mut inner = self.inner;
        inner.execute("ROLLBACK").await?;
        Box::new(inner).close().await
    }
}

#[async_trait]
impl Scratch for Within {
    fn connection(&mut self) -> &mut dyn Connection {
        &mut self.0
    }

    fn limits(&self) -> ScratchLimits {
        ScratchLimits { no_transactions: true, one_namespace: true }
    }

    async fn reset(&mut self) -> Result<(), DbError> {
        if !self.0.is_open {
            return Ok(());
        }
        self.0.is_open = false;
        empty::rewind(&mut self.0.inner).await
    }

    async fn close(self: Box<Self>) -> Result<(), DbError> {
        Box::new(self.0).close().await
    }
}
