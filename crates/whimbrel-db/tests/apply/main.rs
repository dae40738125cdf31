//! Migrations, run for real on both engines.
#![cfg(all(feature = "sqlite", feature = "postgres"))]

mod atomic;
mod support;
