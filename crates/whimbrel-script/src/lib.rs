//! Migrations that are scripts: TypeScript and JavaScript, in an engine of their own.
//!
//! A [`Module`] is the file of such a migration, read and checked without running
//! it; an [`Engine`] makes a [`Program`] of it, which `whimbrel_db::apply` runs in
//! the migration's transaction. Types are left out of TypeScript, never compiled.
//!
//! A script has the language and its transaction, and nothing else: there are no
//! files, no network, no environment, no timers and no modules to import. What it
//! may take in memory and time is limited. Each run has a context of its own, on a
//! thread of its own, so that nothing of one migration reaches another.
//!
//! [`Program`]: whimbrel_db::apply::Program

mod engine;
mod module;

pub use engine::{Engine, Limits};
pub use module::{Language, Module, ModuleError, ModuleFault};
