//! Schema migration for Rust: push a schema, keep every row.
//!
//! A [`Migrator`] knows one database and one [`Source`]. Its verbs are builders
//! that are awaited:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use whimbrel::{Migrator, Source};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let url = format!("sqlite://{}", folder.path().join("app.db").display());
//! let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
//! let mut migrator = Migrator::builder(&url)?.source(schema).connect().await?;
//!
//! let preview = migrator.push().dry_run(true).await?;
//! assert_eq!(preview.changes.len(), 1);
//! assert!(migrator.push().await?.applied);
//! # Ok::<(), whimbrel::Error>(())
//! # }).unwrap();
//! ```
//!
//! | to | see |
//! | --- | --- |
//! | say what the schema should be | [`Source`]: SQL files, models, snapshots, programs |
//! | have structs as the schema | the feature `models`: [`Model`](macro@Model), [`schema!`], the guide `docs/models.md` |
//! | keep migrations | [`store`]: a folder, the binary ([`embed!`]), memory, a store of your own |
//! | apply them when a program starts | [`Migrator::apply`] |
//! | have a test say that structs are ahead of them | [`verify!`] |
//! | answer questions | [`resolver`] |
//! | watch | [`PushObserver`], [`db::apply::ApplyObserver`] |
//! | do without a runtime | [`blocking`] |
//!
//! # Features
//!
//! | feature | |
//! | --- | --- |
//! | `sqlite` (default) | SQLite, built in |
//! | `embed` (default) | [`embed!`] |
//! | `postgres` | PostgreSQL, with TLS |
//! | `models` | models that are compiled into the program |
//! | `scripts` | migrations in TypeScript and JavaScript: the guide `docs/scripts.md` |
//! | `model-files` | models in source files, and models written from a database |

mod adopt;
mod agreement;
pub mod blocking;
mod cache;
mod clock;
mod desired;
mod draft;
mod error;
mod facts;
mod history;
mod in_sync;
mod left_out;
pub mod lockfile;
mod migrator;
mod neighbourhood;
mod portions;
mod program;
mod prove;
mod recreated;
pub mod resolver;
mod resolving;
mod scratch;
mod source;
pub mod store;
mod tracking;
mod unmanaged;
mod verbs;

pub use adopt::{AdoptError, AdoptProblem, Origin};
pub use agreement::{Agreement, Disagreement};
pub use clock::Clock;
pub use error::{Error, ProofError};
pub use history::{File, HistoryError, Layout, RebaseProblem, ReplayProblem, Target, Written};
pub use migrator::{Migrator, MigratorBuilder};
pub use program::{BoxError, Migration};
pub use source::{ModelProblem, Source, SourceError, StatementProblem};
pub use store::{EmbeddedStore, FsStore, MemoryStore, Store, StoreError};
pub use verbs::{
    Accepting, Adopt, AdoptReport, Apply, ApplyReport, Baseline, Check, CheckReport, Create, CreateOptions,
    Diff, DiffReport, Down, DownReport, Finding, Forget, Generate, GenerateReport, Inspect, Inspection, Keep,
    LockStanding, Outcome, Pending, Push, PushObserver, PushPlan, PushReport, Rebase, RebaseReport, Reset,
    ResetReport, Rolled, Side, Squash, SquashReport, Status, StatusReport, Verdict, Verify, VerifyReport,
    create,
};

#[cfg(feature = "model-files")]
pub use verbs::WrittenModels;
/// Puts a folder of migrations into the binary, as a store.
///
/// The path is relative to the folder of the crate's `Cargo.toml`; with none,
/// `embed!()`, it is `migrations`. It is a compile error that journal and files
/// do not agree. The compiler watches the files: after a change the binary is
/// built anew. What the journal does not know is no migration, so a file that is
/// added counts from the moment at which the journal has it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::{EmbeddedStore, Migrator, embed};
///
/// static MIGRATIONS: EmbeddedStore = embed!("tests/embed/sqlite");
///
/// let folder = tempfile::tempdir().unwrap();
/// let url = format!("sqlite://{}", folder.path().join("app.db").display());
/// let mut migrator = Migrator::builder(&url)?.store(MIGRATIONS).connect().await?;
/// assert_eq!(migrator.apply().await?.migrations.len(), 3);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[cfg(feature = "embed")]
#[macro_export]
macro_rules! embed {
    ($($folder:tt)*) => {
        $crate::__embed!($crate, $($folder)*)
    };
}

#[cfg(feature = "embed")]
#[doc(hidden)]
pub use whimbrel_derive::embed as __embed;
#[cfg(feature = "models")]
pub use whimbrel_derive::{ColumnType, DbEnum, Embedded, Model};
#[cfg(feature = "scripts")]
pub use whimbrel_script::{Limits as ScriptLimits, ModuleError, ModuleFault};

pub use whimbrel_core as core;
pub use whimbrel_db as db;

/// Models: what the derives make, and what a schema is made of.
///
/// ```
/// use whimbrel::Model;
/// use whimbrel::core::dialect::Dialect;
/// use whimbrel::model::Model as _;
/// use whimbrel::model::build::build;
///
/// #[derive(Model)]
/// #[model(table = "users")]
/// struct User {
///     #[column(primary_key)]
///     id: i64,
///     name: Option<String>,
/// }
///
/// let model = User::model();
/// assert!(model.fields[1].nullable);
/// let built = build(Dialect::Postgres, &[model]).unwrap();
/// assert_eq!(built.schema.tables[0].columns[0].sql_type, "bigint");
/// ```
#[cfg(feature = "models")]
pub mod model {
    pub use whimbrel_model::traits::{ColumnType, Embedded, Model};
    pub use whimbrel_model::*;
}

/// Models, as a [`Source`]: those listed, or all of the package.
///
/// ```
/// use whimbrel::{Model, schema};
///
/// #[derive(Model)]
/// #[model(table = "users")]
/// struct User {
///     #[column(primary_key, auto_increment)]
///     id: i64,
///     #[column(unique)]
///     email: String,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let folder = tempfile::tempdir().unwrap();
/// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
/// let mut migrator = whimbrel::Migrator::builder(&url)?.source(schema![User]).connect().await?;
/// assert!(migrator.push().await?.applied);
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
///
/// With nothing between the brackets, `schema!()`, it is every struct of the
/// package that derives [`Model`](macro@Model) and is linked into the program, in
/// the order of their paths. A library of the package is linked only where its
/// program names it; where it has no other reason to, `use my_library as _;` does.
/// For models of another package, let that one have a function that returns its
/// own `schema!()`.
#[cfg(feature = "models")]
#[macro_export]
macro_rules! schema {
    () => {
        $crate::Source::models($crate::model::registry::of_package(::core::env!("CARGO_PKG_NAME")))
    };
    ($($model:ty),+ $(,)?) => {
        $crate::Source::models([$(<$model as $crate::model::Model>::model()),+])
    };
}

/// The guide, whose examples are compiled as tests.
#[cfg(all(doctest, feature = "embed", feature = "models"))]
#[doc = include_str!("../../../docs/models.md")]
struct Guide;

/// One project in both, for those who come from elsewhere.
#[cfg(all(doctest, feature = "models"))]
#[doc = include_str!("../../../docs/from-prisma.md")]
struct FromPrisma;
