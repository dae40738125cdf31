//! Models of a package that has whimbrel through another crate.

use whimbrel_testkit::database::block_on;

use super::pushed_both;
use crate::via::whimbrel as db;
use crate::via::whimbrel::core::dialect::Dialect;

#[derive(db::Model)]
#[model(crate = "crate::via::whimbrel", table = "members", many_to_many(Team))]
#[expect(dead_code, reason = "only its columns matter")]
struct Member {
    #[column(primary_key)]
    id: Number,
    role: Role,
    #[column(flatten)]
    name: Name,
}

#[derive(db::Model)]
#[model(crate = "crate::via::whimbrel", table = "teams")]
#[expect(dead_code, reason = "only its columns matter")]
struct Team {
    #[column(primary_key)]
    id: i64,
}

#[derive(db::DbEnum)]
#[db_enum(crate = "crate::via::whimbrel")]
#[expect(dead_code, reason = "only its values matter")]
enum Role {
    Guest,
}

#[derive(db::ColumnType)]
#[column(crate = "crate::via::whimbrel", type = bigint)]
#[expect(dead_code, reason = "only its type matters")]
struct Number(u64);

#[derive(db::Embedded)]
#[column(crate = "crate::via::whimbrel")]
#[expect(dead_code, reason = "only its columns matter")]
struct Name {
    first: String,
}

#[test]
fn models_say_where_whimbrel_is_and_are_read_the_same_both_ways() {
    let read = db::Source::rust_text("reexported.rs", include_str!("reexported.rs"));
    let schema = block_on(pushed_both(Dialect::Sqlite, db::schema![Member, Team], read));
    let names: Vec<_> = schema.tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["members", "teams", "member_team"]);
    let columns: Vec<_> = schema.tables[0].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["id", "role", "first"]);
}
