use whimbrel::{DbEnum, Model};

mod post;

#[derive(Model)]
#[model(table = "users")]
pub struct User {
    #[column(primary_key, auto_increment)]
    pub id: i64,
    #[column(unique)]
    pub email: String,
    #[column(default = Role::Member)]
    pub role: Role,
}

#[derive(DbEnum)]
pub enum Role {
    Admin,
    Member,
}
