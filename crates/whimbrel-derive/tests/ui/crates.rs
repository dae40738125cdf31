//! Where whimbrel is found is told as a path.

use whimbrel::{ColumnType, DbEnum, Model};

#[derive(Model)]
#[model(crate = "the crate")]
struct User {
    #[column(primary_key)]
    id: i64,
}

#[derive(DbEnum)]
#[db_enum(crate = whimbrel)]
enum Role {
    Member,
}

#[derive(ColumnType)]
#[column(crate = "")]
struct Email(String);

#[derive(Model)]
#[column(crate = "whimbrel")]
#[model(crate)]
struct Post {
    #[column(primary_key, crate = "whimbrel")]
    id: i64,
}

fn main() {}
