//! [`TrackingTable`]: the names of the applied migrations, in a table of the
//! database itself.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{AppliedMigration, Progress};
use whimbrel_core::name::ObjectName;

use super::{TrackingError, Unfinished};
use crate::connection::{Connection, Row};
use crate::error::DbError;

/// The table that says which migrations a database has applied.
///
/// The name is a qualified one, so that a migration which sets `search_path`
/// does not move the table.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_db::tracking::TrackingTable;
/// let name = ObjectName::new(TrackingTable::DEFAULT_NAME);
/// let table = TrackingTable::resolve(Dialect::Postgres, &name)?;
/// assert_eq!(table.name().to_string(), "public._whimbrel_migrations");
/// assert!(TrackingTable::resolve(Dialect::Sqlite, &ObjectName::new("a b")).is_err());
/// # Ok::<(), whimbrel_db::tracking::TrackingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingTable {
    dialect: Dialect,
    /// Always with a namespace.
    name: ObjectName,
}

/// What a tracking table held at one moment.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_db::tracking::TrackingTable;
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let table = TrackingTable::resolve(Dialect::Sqlite, &TrackingTable::DEFAULT_NAME.into())?;
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// assert!(!table.read(&mut connection).await?.exists);
///
/// table.create(&mut connection).await?;
/// connection.execute(&table.insert_sql("users", &"0".repeat(64))).await?;
/// let tracked = table.read(&mut connection).await?;
/// assert_eq!(tracked.applied[0].name, "users");
/// assert!(tracked.unfinished.is_empty() && tracked.progress().is_empty());
///
/// connection.execute(&table.delete_sql("users")).await?;
/// assert!(table.read(&mut connection).await?.applied.is_empty());
/// assert!(table.was_used(&mut connection).await?);
/// # Ok::<(), whimbrel_db::tracking::TrackingError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tracked {
    /// Whether there is such a table.
    pub exists: bool,
    /// Its rows, oldest first.
    pub applied: Vec<AppliedMigration>,
    /// The migrations that were begun and not finished.
    pub unfinished: Vec<Unfinished>,
}

impl Tracked {
    /// How far what was begun has come.
    pub fn progress(&self) -> Vec<Progress> {
        self.unfinished.iter().map(Unfinished::progress).collect()
    }
}

impl TrackingTable {
    /// The name of the table unless another one is configured.
    pub const DEFAULT_NAME: &'static str = "_whimbrel_migrations";

    /// The longest name that leaves room for that of the progress table.
    const LONGEST: usize = 63 - "_progress".len();

    /// Takes the table of this name; without a namespace it is in the one where
    /// sessions make tables.
    ///
    /// # Errors
    ///
    /// [`TrackingError::Name`] if a table may not be called so.
    pub fn resolve(dialect: Dialect, name: &ObjectName) -> Result<Self, TrackingError> {
        let refused = |reason| Err(TrackingError::Name { name: name.to_string(), reason });
        let default = match dialect {
            Dialect::Sqlite => "main",
            Dialect::Postgres => "public",
        };
        let namespace = name.namespace.as_deref().unwrap_or(default);
        if !is_plain(&name.name) || !is_plain(namespace) {
            return refused("it holds other characters than letters, digits and `_`");
        }
        if name.name.len() > Self::LONGEST {
            return refused("it is too long");
        }
        if dialect == Dialect::Sqlite && !namespace.eq_ignore_ascii_case(default) {
            return refused("SQLite keeps the table in the database itself");
        }
        Ok(Self { dialect, name: ObjectName::qualified(namespace, name.name.clone()) })
    }

    /// The name of the table.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    /// The name of the table of what was begun and not finished.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_db::tracking::TrackingTable;
    /// let table = TrackingTable::resolve(Dialect::Postgres, &TrackingTable::DEFAULT_NAME.into()).unwrap();
    /// assert_eq!(table.progress_name().to_string(), "public._whimbrel_migrations_progress");
    /// ```
    pub fn progress_name(&self) -> ObjectName {
        self.name.with_name(format!("{}_progress", self.name.name))
    }

    /// Reads what the table holds, in one round trip as long as nothing was left
    /// unfinished. It creates nothing.
    ///
    /// # Errors
    ///
    /// If the table is something else, or the database cannot be read.
    pub async fn read(&self, connection: &mut dyn Connection) -> Result<Tracked, TrackingError> {
        let rows = format!("SELECT id, name, checksum, applied_at FROM {}", self.quoted());
        let (mut applied, mut is_unfinished) = (Vec::new(), false);
        let mut take = |at, row: Row| match at {
            0 => applied.push(self.applied(row)),
            _ => is_unfinished |= row.is_true(0),
        };
        match connection.query_each(&[&rows, &self.progress_exists()], &mut take).await {
            Ok(()) => {}
            Err(error) if error.is_missing_table() => return Ok(Tracked::default()),
            Err(DbError::Statement(error)) if is_missing_column(&error) => {
                return Err(self.other_table(error.message));
            }
            Err(error) => return Err(error.into()),
        }
        let mut applied = applied.into_iter().collect::<Result<Vec<_>, _>>()?;
        // They nearly always come in this order; a server that is asked for it walks an index.
        applied.sort_by_key(|row| row.id);
        let unfinished = if is_unfinished { self.read_unfinished(connection).await? } else { Vec::new() };
        Ok(Tracked { exists: true, applied, unfinished })
    }

    /// Says whether the table has ever had a row: one that has none then had its
    /// migrations taken back. The table must be there.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn was_used(&self, connection: &mut dyn Connection) -> Result<bool, TrackingError> {
        let sql = match self.dialect {
            Dialect::Sqlite => format!(
                "SELECT count(*) FROM sqlite_sequence WHERE name = {} COLLATE NOCASE AND seq > 0",
                self.dialect.quote_literal(&self.name.name)
            ),
            Dialect::Postgres => {
                let name = self.dialect.quote_literal(&self.quoted());
                format!(
                    "SELECT pg_catalog.pg_sequence_last_value(pg_catalog.pg_get_serial_sequence({name}, 'id')\
                     ::pg_catalog.regclass) IS NOT NULL"
                )
            }
        };
        Ok(connection.query(&sql).await?.first().is_some_and(|row| row.is_true(0)))
    }

    /// Creates the table if it is not there.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn create(&self, connection: &mut dyn Connection) -> Result<(), TrackingError> {
        connection.execute(&self.create_sql()).await?;
        Ok(())
    }

    /// The statement that creates the table if it is not there.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_db::tracking::TrackingTable;
    /// let table = TrackingTable::resolve(Dialect::Sqlite, &TrackingTable::DEFAULT_NAME.into()).unwrap();
    /// assert!(table.create_sql().starts_with("CREATE TABLE IF NOT EXISTS"));
    /// assert!(table.clear_sql().starts_with("DELETE FROM"));
    /// ```
    pub fn create_sql(&self) -> String {
        let columns = match self.dialect {
            Dialect::Sqlite => {
                "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, checksum TEXT NOT NULL, \
                 applied_at TEXT DEFAULT (datetime('now'))"
            }
            Dialect::Postgres => {
                "id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE, checksum VARCHAR(64) NOT NULL, \
                 applied_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP"
            }
        };
        format!("CREATE TABLE IF NOT EXISTS {} ({columns})", self.quoted())
    }

    /// The statement that records a migration as applied.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_db::tracking::TrackingTable;
    ///
    /// let table = TrackingTable::resolve(Dialect::Sqlite, &"applied".into()).unwrap();
    /// assert_eq!(
    ///     table.insert_sql("add-o'neill", "c0ffee"),
    ///     r#"INSERT INTO "main"."applied" (name, checksum) VALUES ('add-o''neill', 'c0ffee')"#
    /// );
    /// assert_eq!(table.delete_sql("users"), r#"DELETE FROM "main"."applied" WHERE name = 'users'"#);
    /// ```
    pub fn insert_sql(&self, name: &str, checksum: &str) -> String {
        let (name, checksum) = (self.dialect.quote_literal(name), self.dialect.quote_literal(checksum));
        format!("INSERT INTO {} (name, checksum) VALUES ({name}, {checksum})", self.quoted())
    }

    /// The statement that forgets a migration.
    pub fn delete_sql(&self, name: &str) -> String {
        format!("DELETE FROM {} WHERE name = {}", self.quoted(), self.dialect.quote_literal(name))
    }

    /// The statement that forgets every migration.
    pub fn clear_sql(&self) -> String {
        format!("DELETE FROM {}", self.quoted())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn quoted(&self) -> String {
        self.dialect.quote_name(&self.name)
    }

    /// The query whose one value says whether there is a progress table.
    fn progress_exists(&self) -> String {
        let name = self.progress_name();
        match self.dialect {
            Dialect::Sqlite => format!(
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = {} COLLATE NOCASE",
                self.dialect.quote_literal(&name.name)
            ),
            Dialect::Postgres => {
                let name = self.dialect.quote_literal(&self.dialect.quote_name(&name));
                format!("SELECT pg_catalog.to_regclass({name}) IS NOT NULL")
            }
        }
    }

    fn applied(&self, mut row: Row) -> Result<AppliedMigration, TrackingError> {
        let applied_at = row.take_text(3).unwrap_or_default();
        match (row.integer(0), row.take_text(1), row.take_text(2)) {
            (Some(id), Some(name), Some(checksum)) => Ok(AppliedMigration { id, name, checksum, applied_at }),
            _ => Err(self.other_table("its values are of other types".to_owned())),
        }
    }

    fn other_table(&self, reason: String) -> TrackingError {
        TrackingError::OtherTable { name: self.name.name.clone(), reason }
    }
}

/// Says whether a name needs no quotes to be read as it is, but for its case.
fn is_plain(name: &str) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_alphabetic() || letter == b'_';
    name.bytes().next().is_some_and(is_letter) && name.bytes().all(|b| is_letter(b) || b.is_ascii_digit())
}

pub(super) fn is_missing_column(error: &crate::error::StatementError) -> bool {
    error.code.as_deref() == Some("42703") || error.message.starts_with("no such column: ")
}
