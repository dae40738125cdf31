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

mod cache;
mod desired;
mod error;
mod facts;
mod in_sync;
mod migrator;
mod neighbourhood;
mod portions;
mod prove;
mod recreated;
mod resolving;
mod scratch;
mod source;
pub mod store;
mod unmanaged;
mod verbs;

pub use error::{Error, ProofError};
pub use migrator::{Migrator, MigratorBuilder};
pub use source::{Source, SourceError};
pub use store::{EmbeddedStore, FsStore, MemoryStore, Store, StoreError};
pub use verbs::{
    Accepting, Diff, DiffReport, Inspect, Inspection, Push, PushObserver, PushPlan, PushReport, Side,
};

pub use whimbrel_core as core;
pub use whimbrel_db as db;
