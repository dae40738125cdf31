//! Relations that one struct alone shows to be wrong.

use whimbrel::Model;

#[derive(Model)]
#[model(foreign_key(a, b, references = Node(id)), many_to_many())]
struct Node {
    #[column(primary_key)]
    id: i64,
    #[column(references(Node, on_delete = set_null))]
    a: i64,
    #[column(references(Node, on_delete = vanish))]
    b: i64,
}

fn main() {}
