//! A table of a database as a store.
//!
//! Every write is one statement, which the engine makes whole or not at all, and
//! which says itself what it expects to find. So there is no lock to be held
//! while files are written, and none to be left behind.
//!
//! | asked to | the session | without a table | with a stranger's table |
//! | --- | --- | --- | --- |
//! | read | writes too; only reads where nobody may write | nothing is there | refused |
//! | write | writes too, or it is refused | the table is made | refused |

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use async_trait::async_trait;
use miette::Diagnostic as _;
use tokio::sync::{Mutex, MutexGuard};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_db::store_table::{STORE_COLUMNS, table_columns};
use whimbrel_db::{Access, ConnectOptions, Connection, DatabaseUrl, DbError, Missing, Row, connect};

use super::{Capabilities, Store, StoreError, check_path};

/// The table, unless another one is named.
pub(super) const DEFAULT_TABLE: &str = "_whimbrel_files";

/// How many files a statement reads or deletes.
const AT_ONCE: usize = 500;

/// A table of a database as a store.
///
/// It connects when it is first used, with a session of its own, and makes the
/// table when it first writes: who only reads needs no right to write. A table
/// of that name with other columns is refused, and left as it is. The table may be in the database that is
/// migrated: it is never part of a schema, and nothing drops it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::store::{DatabaseStore, Store};
/// let folder = tempfile::tempdir().unwrap();
/// let url = format!("sqlite://{}", folder.path().join("app.db").display());
/// let store = DatabaseStore::new(url.parse().unwrap(), "migrations")?;
/// assert_eq!(store.get("0000_initial.sql").await?, None);
/// store.put("0000_initial.sql", "SELECT 1;").await?;
/// assert_eq!(store.list().await?, ["0000_initial.sql"]);
/// # Ok::<(), whimbrel::store::StoreError>(())
/// # }).unwrap();
/// ```
pub struct DatabaseStore {
    url: DatabaseUrl,
    table: ObjectName,
    options: ConnectOptions,
    session: Mutex<Option<Session>>,
}

/// A session, and what it may do.
struct Session {
    connection: Box<dyn Connection>,
    access: Access,
}

impl DatabaseStore {
    /// The table, unless another one is named.
    ///
    /// ```
    /// use whimbrel::store::DatabaseStore;
    /// assert_eq!(DatabaseStore::DEFAULT_TABLE, "_whimbrel_files");
    /// ```
    pub const DEFAULT_TABLE: &'static str = DEFAULT_TABLE;

    /// Returns the store in a table of the database at `url`.
    ///
    /// ```
    /// use whimbrel::store::{DatabaseStore, Store};
    /// let url = "postgres://app:s3cret@db.example/shop";
    /// let store = DatabaseStore::new(url.parse().unwrap(), DatabaseStore::DEFAULT_TABLE).unwrap();
    /// assert_eq!(store.name(), "postgres://app:***@db.example/shop#_whimbrel_files");
    /// assert!(DatabaseStore::new(url.parse().unwrap(), "my files").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] if a table may not be called so.
    pub fn new(url: DatabaseUrl, table: &str) -> Result<Self, StoreError> {
        if !is_plain(table) {
            return Err(StoreError::Table { name: table.to_owned() });
        }
        let namespace = match url.dialect() {
            Dialect::Sqlite => "main",
            Dialect::Postgres => "public",
        };
        let options = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
        let table = ObjectName::qualified(namespace, table);
        Ok(Self { url, table, options, session: Mutex::default() })
    }

    /// Says how to connect. Default: read and write, waiting for no server.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::db::{Access, ConnectOptions};
    /// use whimbrel::store::{DatabaseStore, Store};
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let url = format!("sqlite://{}", folder.path().join("app.db").display());
    /// let store = DatabaseStore::new(url.parse().unwrap(), "migrations").unwrap();
    /// store.put("0000_users.sql", "SELECT 1;").await.unwrap();
    ///
    /// let read_only = ConnectOptions { access: Access::ReadOnly, ..ConnectOptions::default() };
    /// let store = DatabaseStore::new(url.parse().unwrap(), "migrations").unwrap();
    /// let store = store.connect_options(read_only);
    /// assert!(store.get("0000_users.sql").await.unwrap().is_some());
    /// assert!(store.put("0001_posts.sql", "SELECT 1;").await.is_err());
    /// # });
    /// ```
    #[must_use]
    pub fn connect_options(mut self, options: ConnectOptions) -> Self {
        self.options = options;
        self
    }

    fn dialect(&self) -> Dialect {
        self.url.dialect()
    }

    fn quoted(&self) -> String {
        self.dialect().quote_name(&self.table)
    }

    fn literal(&self, text: &str) -> String {
        self.dialect().quote_literal(text)
    }

    fn literals<'p>(&self, paths: impl Iterator<Item = &'p String>) -> String {
        paths.map(|path| self.literal(path)).collect::<Vec<_>>().join(", ")
    }

    fn failure(&self, source: DbError) -> StoreError {
        let help = source.help().map(|help| help.to_string());
        StoreError::Database { store: self.name(), source: Box::new(source), help }
    }

    /// The session, which is opened at the first call, after a loss, and anew by
    /// who writes where the one before may only read.
    async fn session(&self, access: Access) -> Result<MutexGuard<'_, Option<Session>>, StoreError> {
        let mut session = self.session.lock().await;
        let serves = |open: &Session| access == Access::ReadOnly || open.access == Access::ReadWrite;
        if !session.as_ref().is_some_and(serves) {
            let mut opened = self.open(access).await.map_err(|error| self.failure(error))?;
            self.check_table(&mut *opened.connection).await?;
            *session = Some(opened);
        }
        Ok(session)
    }

    /// Opens a session that does at least what `access` says.
    async fn open(&self, access: Access) -> Result<Session, DbError> {
        let only_to_read = ConnectOptions { access: Access::ReadOnly, ..self.options.clone() };
        let (connection, access) = match (connect(&self.url, &self.options).await, access) {
            (Err(error), Access::ReadOnly) if self.may_be_readable(&error) => {
                (connect(&self.url, &only_to_read).await?, Access::ReadOnly)
            }
            (opened, _) => (opened?, Access::ReadWrite),
        };
        Ok(Session { connection, access })
    }

    /// Says whether a database that does not open for writing may for reading:
    /// SQLite does not always say that it is for want of a right.
    fn may_be_readable(&self, error: &DbError) -> bool {
        match self.dialect() {
            Dialect::Sqlite => matches!(error, DbError::ReadOnly { .. } | DbError::Connect { .. }),
            Dialect::Postgres => matches!(error, DbError::ReadOnly { .. }),
        }
    }

    /// Checks that a table of that name is one that we made.
    async fn check_table(&self, connection: &mut dyn Connection) -> Result<(), StoreError> {
        let columns = table_columns(connection, &self.table).await.map_err(|error| self.failure(error))?;
        let is_ours = columns.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).eq(STORE_COLUMNS);
        if columns.is_empty() || is_ours {
            return Ok(());
        }
        Err(StoreError::OtherTable { store: self.name(), table: self.table.name.clone() })
    }

    /// Runs a query; where there is no table, there are no rows.
    async fn query(&self, sql: &str) -> Result<Vec<Row>, StoreError> {
        let mut session = self.session(Access::ReadOnly).await?;
        let connection = &mut session.as_mut().expect("a session is open").connection;
        match connection.query(sql).await {
            Ok(rows) => Ok(rows),
            Err(error) if error.is_missing_table() => Ok(Vec::new()),
            Err(error) => Err(self.lost(&mut session, error)),
        }
    }

    /// Runs a statement that writes, and returns how many rows it did.
    async fn execute(&self, sql: &str) -> Result<u64, StoreError> {
        let mut session = self.session(Access::ReadWrite).await?;
        let connection = &mut session.as_mut().expect("a session is open").connection;
        let outcome = match connection.execute(sql).await {
            Err(error) if error.is_missing_table() => {
                // Of two that create it at once one may fail: then it is there.
                let created = connection.execute(&self.create_sql()).await;
                connection.execute(sql).await.map_err(|error| created.err().unwrap_or(error))
            }
            outcome => outcome,
        };
        outcome.map_err(|error| self.lost(&mut session, error))
    }

    /// Forgets a session that may have ended.
    fn lost(&self, session: &mut Option<Session>, error: DbError) -> StoreError {
        *session = None;
        self.failure(error)
    }

    fn create_sql(&self) -> String {
        format!("CREATE TABLE IF NOT EXISTS {} (path TEXT PRIMARY KEY, text TEXT NOT NULL)", self.quoted())
    }
}

#[async_trait]
impl Store for DatabaseStore {
    fn name(&self) -> String {
        format!("{}#{}", self.url, self.table.name)
    }

    async fn get(&self, path: &str) -> Result<Option<String>, StoreError> {
        check_path(path)?;
        let sql = format!("SELECT text FROM {} WHERE path = {}", self.quoted(), self.literal(path));
        Ok(self.query(&sql).await?.first().and_then(|row| row.text(0)).map(str::to_owned))
    }

    async fn put(&self, path: &str, text: &str) -> Result<(), StoreError> {
        check_path(path)?;
        let (path, text) = (self.literal(path), self.literal(text));
        let sql = format!(
            "INSERT INTO {} (path, text) VALUES ({path}, {text}) \
             ON CONFLICT (path) DO UPDATE SET text = excluded.text",
            self.quoted()
        );
        self.execute(&sql).await?;
        Ok(())
    }

    async fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.delete_many(&BTreeSet::from([path.to_owned()])).await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { writable: true, list: true, create: true, replace: true, lock: false }
    }

    fn table(&self) -> Option<ObjectName> {
        Some(self.table.clone())
    }

    async fn get_many(&self, paths: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        paths.iter().try_for_each(|path| check_path(path))?;
        let mut texts = BTreeMap::new();
        for paths in paths.chunks(AT_ONCE) {
            let paths = self.literals(paths.iter());
            let sql = format!("SELECT path, text FROM {} WHERE path IN ({paths})", self.quoted());
            let rows = self.query(&sql).await?;
            texts.extend(
                rows.iter().filter_map(|row| Some((row.text(0)?.to_owned(), row.text(1)?.to_owned()))),
            );
        }
        Ok(paths.iter().map(|path| texts.get(path).cloned()).collect())
    }

    async fn delete_many(&self, paths: &BTreeSet<String>) -> Result<(), StoreError> {
        paths.iter().try_for_each(|path| check_path(path))?;
        for paths in paths.iter().collect::<Vec<_>>().chunks(AT_ONCE) {
            let paths = self.literals(paths.iter().copied());
            self.execute(&format!("DELETE FROM {} WHERE path IN ({paths})", self.quoted())).await?;
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.query(&format!("SELECT path FROM {}", self.quoted())).await?;
        let mut paths = rows.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect::<Vec<_>>();
        paths.sort();
        Ok(paths)
    }

    async fn create(&self, path: &str, text: &str) -> Result<bool, StoreError> {
        check_path(path)?;
        let (path, text) = (self.literal(path), self.literal(text));
        let sql = format!(
            "INSERT INTO {} (path, text) VALUES ({path}, {text}) ON CONFLICT (path) DO NOTHING",
            self.quoted()
        );
        Ok(self.execute(&sql).await? == 1)
    }

    async fn replace(&self, path: &str, expected: &str, text: &str) -> Result<bool, StoreError> {
        check_path(path)?;
        let (path, expected, text) = (self.literal(path), self.literal(expected), self.literal(text));
        let table = self.quoted();
        let sql = format!("UPDATE {table} SET text = {text} WHERE path = {path} AND text = {expected}");
        Ok(self.execute(&sql).await? == 1)
    }
}

impl fmt::Debug for DatabaseStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseStore")
            .field("url", &self.url)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// Says whether a name needs no quotes, and fits.
fn is_plain(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let begins = name.bytes().next().is_some_and(is_letter);
    begins && name.len() <= 63 && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}
