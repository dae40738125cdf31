//! Golden cases: one file a case, all dialects side by side.
//!
//! A case is two schemas and what whimbrel makes of them. The first half is
//! written by a person, the second by `cargo xtask bless`:
//!
//! ```text
//! # A nullable column becomes NOT NULL and gains a default.
//! -- from --
//! CREATE TABLE users (id bigint PRIMARY KEY, age int);
//! -- to --
//! CREATE TABLE users (id bigint PRIMARY KEY, age int NOT NULL DEFAULT 0);
//! -- rows --
//! INSERT INTO users VALUES (1, NULL), (2, 30);
//! -- changes --
//! alter users
//!   ~ age: nullable → not null, default none → 0
//! -- sqlite --
//! ...
//! ```
//!
//! | section | by | what |
//! |---|---|---|
//! | `from`, `to` | a person | the two schemas |
//! | `since` | a person | the oldest version of an engine that knows what the case is about |
//! | `rows` | a person | what is in the database before the plan runs |
//! | `answers` | a person | the flags that answer the questions; a gained name that no flag speaks of is new |
//! | `changes` | bless | what differs |
//! | `questions` | bless | what a person is asked, answered or not |
//! | `sqlite`, `postgres` | bless | the plan |
//! | `hazards` | bless | what to beware of |
//!
//! The name of an engine after that of a section (`from sqlite`) makes it that
//! engine's own. A case is for the engines for which it has both schemas. Beside
//! the case lies, for each engine, what the engine read: `<case>.sqlite.json`.
//!
//! Each version of PostgreSQL has its own spelling. What is stored is spelled by
//! one, [`Case::spelled_by`]; on all others a case runs all the same.

mod expected;
mod file;
mod flags;
mod live;
mod settle;
mod stored;
mod version;

use std::path::{Path, PathBuf};

use whimbrel_core::dialect::Dialect;

pub use expected::expected;
pub use file::{Case, FileError};
pub use flags::{Answers, answers};
pub use live::{read, run};
pub use settle::{Settled, settle};
pub use stored::Stored;
pub use version::{SPELLED_BY, chosen, runnable, server_version};

/// The engines that cases are for, in the order in which their halves stand.
pub const ENGINES: [Dialect; 2] = [Dialect::Postgres, Dialect::Sqlite];

/// The folder of the golden cases.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

/// Reads every case, sorted by name.
///
/// # Panics
///
/// If a case does not read: the message says where and why.
pub fn cases() -> Vec<Case> {
    let mut files = Vec::new();
    for area in entries(&folder()) {
        files.extend(
            entries(&area).into_iter().filter(|file| file.extension().is_some_and(|end| end == "txt")),
        );
    }
    files.iter().map(|file| Case::read(file).unwrap_or_else(|error| panic!("{error}"))).collect()
}

/// What an engine is called in a case and in the names of files.
pub fn engine_word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut all: Vec<_> = read.map(|entry| entry.expect("a folder reads to its end").path()).collect();
    all.sort();
    all
}
