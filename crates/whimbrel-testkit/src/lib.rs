//! What whimbrel's tests share.

pub mod bucket;
pub mod cluster;
pub mod contents;
pub mod database;
pub mod failing;
pub mod failing_store;
pub mod generate;
pub mod golden;
mod listening;
pub mod proxy;
#[cfg(unix)]
pub mod signal;
pub mod tls;
