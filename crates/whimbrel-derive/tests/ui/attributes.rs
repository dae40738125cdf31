//! What is wrong with attributes is told all at once.

use whimbrel::Model;

#[derive(Model)]
#[model(tabel = "users", index(nam), unique(name, name))]
struct User {
    #[column(primary_key)]
    id: Option<i64>,
    #[column(default = "none")]
    age: i32,
    #[column(type = number)]
    size: u64,
    name: String,
}

fn main() {}
