#[derive(Model)]
#[model(table = "users", index(nmae))]
struct User {
    #[column(primary_key)]
    id: Option<i64>,
    name: String,
    balance: Money,
}
