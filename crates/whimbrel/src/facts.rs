//! What the live rows say about a loss.

use std::time::Duration;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Renames;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::Probe;
use whimbrel_core::resolve::{Facts, Loss};
use whimbrel_core::schema::Schema;
use whimbrel_db::{Connection, DbError, Row};

/// How long a query may take that compares each row with each other.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most characters of a value that a question shows.
const SAMPLE_LENGTH: usize = 60;

/// A loss, and what was found of it in the live database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probed {
    pub(crate) loss: Loss,
    pub(crate) probe: Option<Probe>,
    /// `None` where no query could tell.
    pub(crate) facts: Option<Facts>,
}

impl Probed {
    /// Says whether rows are known to be affected, or may be and nobody can tell.
    pub(crate) fn needs_an_answer(&self) -> bool {
        match &self.facts {
            Some(facts) => facts.affected > 0,
            // What only might fail is tried: it fails without harm.
            None => self.loss.is_acceptable(),
        }
    }
}

/// Asks the live database about every loss.
///
/// # Errors
///
/// If the database refuses a query for another reason than its rows.
pub(crate) async fn probe_all(
    connection: &mut dyn Connection,
    pair: Pair<&Schema>,
    renames: &Renames,
    losses: Vec<Loss>,
) -> Result<Vec<Probed>, DbError> {
    let dialect = connection.server().dialect;
    let mut probed = Vec::with_capacity(losses.len());
    for loss in losses {
        let probe = dialect.probe(pair, renames, &loss);
        let facts = match &probe {
            Some(probe) => ask(connection, dialect, probe).await?,
            None => None,
        };
        probed.push(Probed { loss, probe, facts });
    }
    Ok(probed)
}

/// Says whether the database still answers every probe as it did before.
pub(crate) async fn still_hold(connection: &mut dyn Connection, probed: &[Probed]) -> Result<bool, DbError> {
    let dialect = connection.server().dialect;
    for one in probed {
        if let (Some(probe), Some(before)) = (&one.probe, &one.facts) {
            let now = ask(connection, dialect, probe).await?;
            if now.is_some_and(|now| (now.affected > 0) != (before.affected > 0)) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Nothing where the database cannot tell, or not in time.
async fn ask(
    connection: &mut dyn Connection,
    dialect: Dialect,
    probe: &Probe,
) -> Result<Option<Facts>, DbError> {
    let asked = match (probe.is_slow, dialect) {
        (true, Dialect::Postgres) => query_for_a_while(connection, &probe.sql).await,
        (true, Dialect::Sqlite) | (false, _) => connection.query(&probe.sql).await,
    };
    let rows = match asked {
        Ok(rows) => rows,
        Err(error) if cannot_tell(dialect, &error) => return Ok(None),
        Err(error) => return refused_value(dialect, error).map(Some),
    };
    let count =
        |index| rows.first().and_then(|row| row.integer(index)).and_then(|number| u64::try_from(number).ok());
    let sample = rows.first().and_then(|row| row.text(2)).map(shorten);
    Ok(Some(Facts { affected: count(0).unwrap_or(0), total: count(1), sample }))
}

/// Asks a query that the server gives up after [`PATIENCE`]. The limit is lifted
/// again on every path: where the query failed inside a transaction, by its end.
async fn query_for_a_while(connection: &mut dyn Connection, sql: &str) -> Result<Vec<Row>, DbError> {
    connection.execute(&format!("SET statement_timeout = {}", PATIENCE.as_millis())).await?;
    let asked = connection.query(sql).await;
    let lifted = connection.execute("SET statement_timeout = 0").await;
    let rows = asked?;
    lifted.map(|_| rows)
}

/// Where the engine has no way to try a cast row by row, a probe is the cast
/// itself: a data exception (SQLSTATE class 22) says that some row does not.
fn refused_value(dialect: Dialect, error: DbError) -> Result<Facts, DbError> {
    match &error {
        DbError::Statement(statement)
            if dialect == Dialect::Postgres
                && statement.code.as_deref().is_some_and(|code| code.starts_with("22")) =>
        {
            Ok(Facts { affected: 1, total: None, sample: Some(shorten(&statement.message)) })
        }
        _ => Err(error),
    }
}

/// Says whether a probe took too long, or speaks of what the plan has yet to
/// bring: an attribute of a type, or a type or function of an extension, of which
/// only the server knows what is in it.
fn cannot_tell(dialect: Dialect, error: &DbError) -> bool {
    const UNDEFINED_COLUMN: &str = "42703";
    const UNDEFINED_OBJECT: &str = "42704";
    const UNDEFINED_FUNCTION: &str = "42883";
    const OUT_OF_TIME: &str = "57014";
    let code = error.statement().and_then(|statement| statement.code.as_deref());
    dialect == Dialect::Postgres
        && matches!(code, Some(UNDEFINED_COLUMN | UNDEFINED_OBJECT | UNDEFINED_FUNCTION | OUT_OF_TIME))
}

fn shorten(value: &str) -> String {
    match value.char_indices().nth(SAMPLE_LENGTH) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
