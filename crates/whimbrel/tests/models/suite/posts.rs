//! Models that are related to each other, and SQL beside them.

use super::User as Author;
use whimbrel::Model;

#[derive(Model)]
#[model(table = "posts", many_to_many(Tag, through = "post_tags"))]
pub(crate) struct Post {
    #[column(primary_key, auto_increment)]
    id: i64,
    #[column(references(Author))]
    author_id: super::UserId,
    #[column(references(super::User, index = false))]
    editor_id: Option<super::UserId>,
    title: String,
}

#[derive(Model)]
#[model(table = "tags", many_to_many(Post))]
pub(crate) struct Tag {
    #[column(primary_key, default = ulid())]
    id: String,
    #[column(references(Tag, on_delete = set_null))]
    parent: Option<String>,
}

// What `cfg_attr` says counts, and what no build has does not.
#[cfg_attr(any(unix, windows), derive(Model), cfg_attr(all(), doc = "What is said of a post."))]
#[model(table = "comments", foreign_key(shelf, place, references = super::Item(shelf, place), on_update = cascade))]
pub(crate) struct Comment {
    #[column(primary_key, auto_increment)]
    id: i64,
    #[column(references(Post, one_to_one = true, on_delete = cascade))]
    post_id: i64,
    shelf: i32,
    #[cfg(any())]
    nowhere: i32,
    #[cfg_attr(all(), column(renamed_from = "spot"))]
    place: i32,
}

#[derive(Model)]
#[model(before(postgres = "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'"))]
#[model(sql = "CREATE VIEW titles AS SELECT title FROM posts")]
#[model(sql(sqlite = "CREATE VIEW only_here AS SELECT 1 AS one"))]
pub(crate) struct Views;
