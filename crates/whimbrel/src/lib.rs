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
mod clock;
mod desired;
mod draft;
mod error;
mod facts;
mod history;
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
mod tracking;
mod unmanaged;
mod verbs;

pub use clock::Clock;
pub use error::{Error, ProofError};
pub use history::{File, HistoryError, ReplayProblem, Target, Written};
pub use migrator::{Migrator, MigratorBuilder};
pub use source::{Source, SourceError};
pub use store::{EmbeddedStore, FsStore, MemoryStore, Store, StoreError};
pub use verbs::{
    Accepting, Apply, ApplyReport, Baseline, Check, CheckReport, Create, Diff, DiffReport, Down, DownReport,
    Finding, Forget, Generate, GenerateReport, Inspect, Inspection, Keep, Outcome, Pending, Push,
    PushObserver, PushPlan, PushReport, Rebase, RebaseReport, Reset, ResetReport, Rolled, Side, Squash,
    SquashReport, Status, StatusReport, Verdict, Verify, VerifyReport, create,
};

pub use whimbrel_core as core;
pub use whimbrel_db as db;
