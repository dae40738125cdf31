//! What the tests share.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use miette::Diagnostic;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Checksum, Script};
use whimbrel_core::name::ObjectName;
use whimbrel_db::Connection;
use whimbrel_db::apply::{
    Account, Agenda, Applied, ApplyError, ApplyObserver, ApplyOptions, Job, Record, Seen, Stopped,
    TransactionMode, apply,
};
use whimbrel_db::tracking::TrackingTable;

/// Both engines.
pub(crate) const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

/// Wants what is not applied yet, in order.
pub(crate) struct Pending(pub(crate) Vec<Job>);

#[async_trait]
impl Agenda for Pending {
    type Error = Infallible;

    async fn decide(&mut self, seen: &Seen<'_>) -> Result<Vec<Job>, Infallible> {
        let is_pending = |job: &&Job| !seen.applied.iter().any(|row| row.name == job.name);
        Ok(self.0.iter().filter(is_pending).cloned().collect())
    }
}

/// Migrations of these names and texts.
pub(crate) fn pending(dialect: Dialect, migrations: &[(&str, &str)]) -> Pending {
    let job = |(at, (name, text)): (usize, &(&str, &str))| Job {
        name: (*name).to_owned(),
        checksum: Checksum::of_file(text),
        work: Script::read(dialect, &format!("{at:04}_{name}.sql"), text)
            .unwrap_or_else(|error| panic!("{error:?}"))
            .into(),
        record: Record::Insert,
    };
    Pending(migrations.iter().enumerate().map(job).collect())
}

/// The options of a run with the usual table.
pub(crate) fn options(dialect: Dialect) -> ApplyOptions {
    let name = ObjectName::new(TrackingTable::DEFAULT_NAME);
    ApplyOptions::new(TrackingTable::resolve(dialect, &name).unwrap())
}

/// Hears everything, in words.
#[derive(Debug, Default)]
pub(crate) struct Heard(pub(crate) Vec<String>);

impl ApplyObserver for Heard {
    fn began(&mut self, total: usize) {
        self.0.push(format!("{total} to run"));
    }

    fn started(&mut self, index: usize, total: usize, job: &Job) {
        self.0.push(format!("{} of {total}: {}", index + 1, job.name));
    }

    fn statements(&mut self, _: usize, _: usize) {}

    fn said(&mut self, line: &str) {
        self.0.push(format!("said {line}"));
    }

    fn accounted(&mut self, name: &str, account: &Account) {
        let ddl = account.ddl.iter().map(|sql| format!("{name} ran {sql}"));
        let described = account.described.iter();
        let described = described.map(|one| format!("{name} describes {} as {}", one.table, one.fields));
        self.0.extend(ddl.chain(described));
    }

    fn applied(&mut self, job: &Job, _: Duration) {
        self.0.push(format!("applied {}", job.name));
    }
}

impl Heard {
    /// The migrations that were reported applied.
    pub(crate) fn reported(&self) -> Vec<&str> {
        self.0.iter().filter_map(|line| line.strip_prefix("applied ")).collect()
    }
}

/// Runs migrations; the agenda refuses nothing.
pub(crate) async fn run(
    connection: &mut dyn Connection,
    migrations: &[(&str, &str)],
    heard: &mut Heard,
) -> Result<Applied, ApplyError> {
    let dialect = connection.server().dialect;
    run_with(connection, &mut pending(dialect, migrations), &options(dialect), heard).await
}

pub(crate) async fn run_with(
    connection: &mut dyn Connection,
    agenda: &mut Pending,
    options: &ApplyOptions,
    heard: &mut Heard,
) -> Result<Applied, ApplyError> {
    match apply(connection, agenda, options, heard).await {
        Ok(applied) => Ok(applied),
        Err(Stopped::Run(error)) => Err(*error),
        Err(Stopped::Agenda { error, .. }) => match error {},
    }
}

/// Options with another transaction mode.
pub(crate) fn in_mode(dialect: Dialect, transaction: TransactionMode) -> ApplyOptions {
    ApplyOptions { transaction, ..options(dialect) }
}

/// The first column of a query, in lines.
pub(crate) async fn column(connection: &mut dyn Connection, sql: &str) -> String {
    use whimbrel_db::Value;
    let rows = connection.query(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    let value = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    rows.iter().map(|row| value(row.value(0))).collect::<Vec<_>>().join(" ")
}

/// The names in the tracking table, oldest first.
pub(crate) async fn tracked(connection: &mut dyn Connection) -> String {
    let table = options(connection.server().dialect).table;
    let tracked = table.read(connection).await.unwrap_or_else(|error| panic!("{error}"));
    tracked.applied.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// An error with its causes and its help, in lines.
pub(crate) fn told(error: &ApplyError) -> String {
    let mut lines = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        lines.push(format!("because: {cause}"));
        source = cause.source();
    }
    lines.extend(error.help().map(|help| format!("help: {help}")));
    lines.join("\n")
}

/// No lock is held, and no transaction is open that others would meet.
pub(crate) async fn assert_free(session: &mut dyn Connection, place: &str) {
    match session.server().dialect {
        Dialect::Sqlite => {
            session.execute("PRAGMA busy_timeout = 0").await.unwrap();
            session.execute("BEGIN IMMEDIATE").await.unwrap_or_else(|error| panic!("{place}: {error}"));
            session.execute("ROLLBACK").await.unwrap();
            assert_eq!(column(session, "PRAGMA integrity_check").await, "ok", "{place}");
        }
        Dialect::Postgres => {
            let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                         (SELECT oid FROM pg_database WHERE datname = current_database())";
            // The server notices that a client is gone a moment later.
            let end = Instant::now() + Duration::from_secs(10);
            while column(session, locks).await != "0" {
                assert!(Instant::now() < end, "{place}: the lock is still held");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}
