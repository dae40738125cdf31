//! SQLite: opening, reading, running plans, and the weather.
#![cfg(feature = "sqlite")]

mod reader;
mod support;
