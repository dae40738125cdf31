//! [`Migration`]: a migration that is a closure.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use whimbrel_db::apply::{Program, ProgramError, Transaction};

/// Whatever a closure fails with.
///
/// ```
/// use whimbrel::{BoxError, Migration};
///
/// fn price(text: &str) -> Result<i64, BoxError> {
///     Ok(text.trim_start_matches('$').parse()?)
/// }
///
/// // Whatever fails in it ends the migration, and all that it did is rolled back.
/// let prices = Migration::new("prices").up(|tx| async move {
///     tx.execute("UPDATE products SET price = ?", [price("$12")?.into()]).await?;
///     Ok(())
/// });
/// assert_eq!(price("free").unwrap_err().to_string(), "invalid digit found in string");
/// # assert!(format!("{prices:?}").contains("prices"));
/// ```
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Ran = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;
type Run = Arc<dyn Fn(Transaction) -> Ran + Send + Sync>;

/// A migration that is a closure of your program, for what SQL alone cannot say.
///
/// The journal knows it by its name, since `whimbrel migrate create backfill
/// --format rust` wrote an entry and a file that names its version; it is
/// applied in its turn, in one transaction with its record. The checksum is that
/// of the file, so what identifies a closure is its name and its version: raise
/// the version when it does something else.
///
/// A closure may be run again where the transaction has to be repeated, and is
/// run in the scratch database when migrations are proved.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::core::{dialect::Dialect, history::Format};
/// use whimbrel::store::MemoryStore;
/// use whimbrel::{Clock, CreateOptions, Migration, Migrator, create};
/// let store = MemoryStore::new();
/// let options = CreateOptions { format: Format::Rust, ..CreateOptions::default() };
/// create(&store, Dialect::Sqlite, &Clock::system(), "backfill", options).await?;
///
/// let backfill = Migration::new("backfill")
///     .up(|tx| async move {
///         tx.execute("CREATE TABLE slugs (id INTEGER PRIMARY KEY, slug TEXT)", []).await?;
///         for (id, title) in [(1, "Hello World"), (2, "It Works")] {
///             let slug = title.to_lowercase().replace(' ', "-");
///             tx.execute("INSERT INTO slugs VALUES (?, ?)", [id.into(), slug.into()]).await?;
///         }
///         Ok(())
///     })
///     .down(|tx| async move {
///         tx.execute("DROP TABLE slugs", []).await?;
///         Ok(())
///     });
/// let mut migrator =
///     Migrator::builder("sqlite::memory:")?.store(store).migration(backfill).connect().await?;
/// assert_eq!(migrator.apply().await?.migrations.len(), 1);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Migration {
    pub(super) name: String,
    pub(super) version: u32,
    up: Option<Run>,
    down: Option<Run>,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    There,
    Back,
}

impl Migration {
    /// A migration of this name that does nothing yet, in version 1.
    ///
    /// ```
    /// use whimbrel::Migration;
    /// let told = format!("{:?}", Migration::new("slugs"));
    /// assert_eq!(told, r#"Migration { name: "slugs", version: 1, .. }"#);
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: 1, up: None, down: None }
    }

    /// Says which version of it this is. Default: 1.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use whimbrel::core::{dialect::Dialect, history::Format};
    /// # use whimbrel::{Clock, CreateOptions, MemoryStore, Migration, Migrator, create};
    /// # let store = MemoryStore::new();
    /// # let options = CreateOptions { format: Format::Rust, ..CreateOptions::default() };
    /// # create(&store, Dialect::Sqlite, &Clock::system(), "slugs", options).await?;
    /// let slugs = Migration::new("slugs").version(2).up(|_| async { Ok(()) });
    /// // The file that `whimbrel migrate create slugs --format rust` wrote speaks of version 1.
    /// let builder = Migrator::builder("sqlite::memory:")?.store(store).migration(slugs);
    /// let error = builder.connect().await?.apply().await.unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the program has version 2 of `slugs`, and `memory/0000_slugs.rs` speaks of version 1"
    /// );
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// Says what it does.
    pub fn up<F, R>(self, run: F) -> Self
    where
        F: Fn(Transaction) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self { up: Some(boxed(run)), ..self }
    }

    /// Says how that is taken back. Without it there is no way back.
    pub fn down<F, R>(self, run: F) -> Self
    where
        F: Fn(Transaction) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self { down: Some(boxed(run)), ..self }
    }

    pub(super) fn program(&self, file: &str, way: Way) -> Option<Arc<dyn Program>> {
        let run = match way {
            Way::There => self.up.clone(),
            Way::Back => self.down.clone(),
        };
        Some(Arc::new(Closure { name: self.name.clone(), file: file.to_owned(), run: run? }))
    }
}

fn boxed<F, R>(run: F) -> Run
where
    F: Fn(Transaction) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    Arc::new(move |transaction| Box::pin(run(transaction)))
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// One direction of a migration.
struct Closure {
    name: String,
    file: String,
    run: Run,
}

#[async_trait]
impl Program for Closure {
    fn name(&self) -> &str {
        &self.name
    }

    fn file(&self) -> &str {
        &self.file
    }

    async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
        (self.run)(transaction).await.map_err(ProgramError::from)
    }
}
