//! SQLite: opening, reading, running plans, and the weather.
#![cfg(feature = "sqlite")]

mod cancelling;
mod catalog;
mod executing;
mod locking;
mod opening;
mod reader;
mod scratching;
mod support;
mod weather;
