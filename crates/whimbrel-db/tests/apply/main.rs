//! Migrations, run for real on both engines.
#![cfg(all(feature = "sqlite", feature = "postgres"))]

mod atomic;
mod crowd;
mod dropping;
mod faults;
mod nothing;
mod pipelined;
mod postgres;
mod sqlite;
mod steps;
mod support;
mod values;
