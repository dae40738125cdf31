//! What cannot be a model, an enum or a newtype.

use whimbrel::{ColumnType, DbEnum, Model};

#[derive(Model)]
struct NoKey {
    name: String,
}

#[derive(Model)]
struct Page<T> {
    #[column(primary_key)]
    id: i64,
    #[column(skip)]
    rest: T,
}

#[derive(DbEnum)]
enum Nothing {}

#[derive(DbEnum)]
enum Shape {
    Circle(f64),
}

#[derive(ColumnType)]
struct Pair(i64, i64);

fn main() {}
