//! The desired schema: a source, created in scratch and read back.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Rename, Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::plan;
use whimbrel_core::schema::{LeftAlone, Schema, Snapshot};
use whimbrel_db::{Connection, DbError};

use crate::cache::{Cache, Entry};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::resolving::of_hint;
use crate::scratch::Workshop;
use crate::source::{Loaded, Prepared, Runnable, Source, SourceError, SourceText, locate, prepare};

/// What a source says.
#[derive(Default)]
pub(crate) struct Desired {
    /// The schema, in the engine's own spelling.
    pub(crate) schema: Schema,
    /// What it says besides, of kinds that are not managed.
    pub(crate) left_alone: Vec<Found>,
    /// What was skipped, or is worth knowing.
    pub(crate) notes: Vec<String>,
    /// Renames that the source hints at.
    pub(crate) hints: Vec<Rename>,
}

/// Something that is left alone, and where it is made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) what: LeftAlone,
    /// File and line, if they are known.
    pub(crate) at: Option<String>,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{} at {at}", self.what),
            None => self.what.fmt(f),
        }
    }
}

impl Desired {
    /// What it speaks of and whimbrel does not manage.
    pub(crate) fn spoken_of(&self) -> Vec<&LeftAlone> {
        self.left_alone.iter().map(|found| &found.what).collect()
    }

    /// A schema that was read elsewhere, with what was found besides.
    pub(crate) fn known(Entry { schema, left_alone }: Entry) -> Self {
        let left_alone = left_alone.into_iter().map(|what| Found { what, at: None }).collect();
        Self { schema, left_alone, ..Self::default() }
    }
}

impl Migrator {
    /// Loads the source of this migrator.
    pub(crate) fn load(&self) -> Result<Loaded, SourceError> {
        self.settings.source.as_ref().ok_or(SourceError::Missing)?.load(self.dialect())
    }

    /// Reads the source of this migrator.
    pub(crate) async fn desired(&mut self) -> Result<Desired, Error> {
        let loaded = self.load()?;
        self.read_loaded(&loaded).await
    }

    /// Reads any source with the engine of this migrator.
    pub(crate) async fn read_source(&mut self, source: &Source) -> Result<Desired, Error> {
        self.read_loaded(&source.load(self.dialect())?).await
    }

    /// Reads a source that was loaded.
    pub(crate) async fn read_loaded(&mut self, loaded: &Loaded) -> Result<Desired, Error> {
        match loaded {
            Loaded::Sql { texts, renames, notes } => {
                let desired = self.read_sql(texts).await?;
                let notes = [notes.clone(), desired.notes].concat();
                Ok(Desired { hints: [desired.hints, renames.clone()].concat(), notes, ..desired })
            }
            Loaded::Snapshot { name, snapshot } => self.read_snapshot(name, Snapshot::clone(snapshot)).await,
        }
    }

    async fn read_sql(&mut self, texts: &[SourceText]) -> Result<Desired, Error> {
        let dialect = self.dialect();
        let prepared = prepare(dialect, texts)?;
        let Prepared { statements, one_transaction, notes, left_alone, hints } = prepared;
        let key = self.cache_key(texts).await?;
        let cached = self.settings.cache.as_ref().and_then(|cache| cache.get(&key));
        let entry = match cached {
            Some(entry) => entry,
            None => {
                let workshop = self.workshop().await?;
                workshop.reset().await?;
                create(workshop.connection(), &statements, one_transaction).await.map_err(
                    |(statement, error)| match statement {
                        Some(statement) => statement.refused(dialect, texts, error),
                        None => error.into(),
                    },
                )?;
                let entry = workshop.read_all().await?;
                if let Some(cache) = &self.settings.cache {
                    cache.put(&key, &entry);
                }
                entry
            }
        };
        let left_alone = [left_alone, locate(self.dialect(), texts, entry.left_alone)].concat();
        Ok(Desired { schema: entry.schema, left_alone, notes, hints: hints.iter().map(of_hint).collect() })
    }

    /// A snapshot that this engine spelled is taken as it is; any other is
    /// created in scratch and read back.
    pub(crate) async fn read_snapshot(&mut self, name: &str, snapshot: Snapshot) -> Result<Desired, Error> {
        let own = snapshot.engine.as_ref() == Some(&self.server().engine());
        let written = snapshot.into_schema();
        let schema = if own {
            written
        } else {
            respell(self.dialect(), self.workshop().await?, name, &written).await?
        };
        Ok(Desired { schema, ..Desired::default() })
    }

    /// The key of what is read back from these texts.
    pub(crate) async fn cache_key(&mut self, texts: &[SourceText]) -> Result<String, Error> {
        let spelling = self.spelling().await?;
        let parts = texts.iter().flat_map(|text| [text.name.as_str(), text.text.as_str()]);
        Ok(Cache::key(spelling.iter().map(String::as_str).chain(parts)))
    }
}

/// How many statements of a source share a transaction: PostgreSQL keeps a lock
/// for every object made in one, some ten for a table, and has room for some
/// 6,400 of them.
const SHARING: usize = 200;

/// Runs the statements of a source, many in one transaction and one round trip
/// where that is possible: it is much faster.
async fn create<'s>(
    connection: &mut dyn Connection,
    statements: &'s [Runnable],
    in_transaction: bool,
) -> Result<(), (Option<&'s Runnable>, DbError)> {
    if !in_transaction {
        return each(connection, statements).await;
    }
    let outside = |error| (None, error);
    for chunk in statements.chunks(SHARING) {
        let texts: Vec<&str> = chunk.iter().map(|statement| statement.sql.as_str()).collect();
        connection.execute("BEGIN").await.map_err(outside)?;
        match connection.query_all(&texts).await {
            Ok(_) => {}
            Err(error @ (DbError::Lost { .. } | DbError::Cancelled)) => return Err(outside(error)),
            // Which of them it was shows when they run one by one.
            Err(_) => {
                connection.execute("ROLLBACK").await.map_err(outside)?;
                connection.execute("BEGIN").await.map_err(outside)?;
                each(connection, chunk).await?;
            }
        }
        connection.execute("COMMIT").await.map_err(outside)?;
    }
    Ok(())
}

/// Runs statements one by one.
async fn each<'s>(
    connection: &mut dyn Connection,
    statements: &'s [Runnable],
) -> Result<(), (Option<&'s Runnable>, DbError)> {
    for statement in statements {
        connection.execute(&statement.sql).await.map_err(|error| (Some(statement), error))?;
    }
    Ok(())
}

async fn respell(
    dialect: Dialect,
    workshop: &mut Workshop,
    name: &str,
    written: &Schema,
) -> Result<Schema, Error> {
    workshop.reset().await?;
    let empty = Schema::default();
    let pair = Pair::new(&empty, written);
    let changes = diff(dialect, pair, &Renames::default()).changes;
    for step in plan(dialect, pair, &changes)?.steps() {
        workshop.connection().execute(&step.sql).await.map_err(|error| match error {
            DbError::Statement(statement) => Error::from(SourceError::Unusable {
                name: name.to_owned(),
                sql: step.sql.clone(),
                reason: statement.to_string(),
            }),
            other => other.into(),
        })?;
    }
    Ok(workshop.read().await?)
}
