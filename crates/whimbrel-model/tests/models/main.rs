//! Models, read and made into schemas, without any database.

mod mistakes;
mod schema;
mod support;
mod types;
