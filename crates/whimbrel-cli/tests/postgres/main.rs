//! The binary on PostgreSQL, in good weather and in bad.
#![cfg(unix)]

mod blocked;
mod left_out;
mod migrations;
mod partitions;
mod processes;
mod refusals;
mod secrets;
mod session;
mod shop;
mod story;
