//! Whimbrel has to be where it is said to be.

use whimbrel::DbEnum;

#[derive(DbEnum)]
#[db_enum(crate = "nowhere::whimbrel")]
enum Role {
    Member,
}

fn main() {}
