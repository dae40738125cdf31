//! The pure heart of whimbrel.
//!
//! One table can be followed through this crate: a [`schema::Schema`] is
//! compared with another by [`diff`], which yields [`change::Change`]s and
//! questions; [`resolve`] answers the questions; [`plan`] turns the changes
//! into ordered batches of SQL [`plan::Step`]s for one [`dialect::Dialect`].
//! [`history`] is what becomes of plans: migration files and their journal; with
//! Kontract's layout a [`lockfile`] stands in the journal's place.
//!
//! Nothing here touches a file, a database, a clock, the environment or a
//! source of randomness: the same input gives the same bytes.

pub mod change;
pub mod checksum;
pub mod describe;
pub mod dialect;
pub mod diff;
pub mod history;
pub mod lockfile;
pub mod name;
pub mod pair;
pub mod plan;
pub mod resolve;
pub mod schema;
pub mod sql;
