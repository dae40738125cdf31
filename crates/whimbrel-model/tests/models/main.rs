//! Models, read and made into schemas, without any database.

mod guide;
mod mistakes;
mod schema;
mod support;
mod types;
