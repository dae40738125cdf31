#[derive(DbEnum)]
enum Role {
    Admin,
    Member,
}

#[derive(Model)]
#[model(table = "users")]
struct User {
    #[column(primary_key, auto_increment)]
    id: i64,
    role: Role,
    former: Option<Role>,
}
