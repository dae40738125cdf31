//! Names that the compiler resolves, and what they lead to.

use whimbrel::Model;

struct Money(i64);

struct Address {
    street: String,
}

struct Account {
    id: i64,
}

#[derive(Model)]
struct Payment {
    #[column(primary_key)]
    id: i64,
    amount: Money,
    #[column(flatten)]
    to: Address,
    #[column(references(Account))]
    account: i64,
    #[column(references(Missing))]
    other: i64,
}

fn main() {}
