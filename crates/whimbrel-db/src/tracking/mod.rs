//! What a database has applied: the tracking table, and how far a migration
//! has come that is no single transaction.
//!
//! The table's columns are those of VibORM, so that a database which it
//! migrated is taken over by naming its table. Reading creates nothing: where
//! there is no table, nothing was applied. Nothing here says which migrations
//! there should be.

mod error;
mod foreign;
mod register;
mod table;
mod unfinished;

pub use error::TrackingError;
pub use foreign::{ForeignRow, read_foreign};
pub use register::read_register;
pub use table::{Tracked, TrackingTable};
pub use unfinished::{State, Unfinished};
