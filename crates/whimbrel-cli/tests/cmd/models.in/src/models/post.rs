use whimbrel::Model;

#[derive(Model)]
#[model(table = "posts", sql = "CREATE VIEW titles AS SELECT title FROM posts")]
pub struct Post {
    #[column(primary_key, auto_increment)]
    pub id: i64,
    #[column(references(User, on_delete = cascade))]
    pub author_id: i64,
    pub title: String,
}
