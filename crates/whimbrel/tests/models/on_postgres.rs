//! What only PostgreSQL takes, in both ways.

#![expect(dead_code, reason = "what is in the fields is never read")]

use std::path::Path;

use whimbrel::core::dialect::Dialect;
use whimbrel::{DbEnum, Model, Source, schema};
use whimbrel_testkit::database::block_on;

/// Who is who.
#[derive(Model)]
#[model(table = "people", namespace = "app", unlogged)]
#[model(unique(name, born, include(note), nulls_not_distinct = true, name = "one_of_a_kind"))]
#[model(index(name ops "text_pattern_ops" desc nulls last, "lower(note)", name = "people_search"))]
#[model(index(note, using = "hash"), index(born, include(name), where = "born IS NOT NULL"))]
#[model(many_to_many(Person, name = "friends", columns(one, other), on_update = no_action))]
struct Person {
    #[column(primary_key, identity = always)]
    id: i64,
    #[column(identity, unique)]
    number: i32,
    #[column(collate = "\"C\"", check = "name <> ''")]
    name: String,
    /// A day.
    born: Option<NaiveDate>,
    note: String,
    #[column(default = Mood::Good)]
    mood: Mood,
    #[column(references(Person, on_delete = set_default, on_update = cascade, deferrable, name = "chief"))]
    chief: Option<i64>,
    #[column(references(table("app.people", "number"), deferrable = initially_deferred))]
    twin: Option<i32>,
    #[column(generated = "length(name)")]
    length: Option<i32>,
    #[column(type = "int4range")]
    range: String,
}

#[derive(DbEnum)]
#[db_enum(name = "Mood", namespace = "app", rename_all = "SCREAMING_SNAKE_CASE")]
enum Mood {
    Good,
    NotSoGood,
}

/// A type by the name that a crate gives it.
struct NaiveDate;

#[test]
fn both_ways_give_the_same_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/on_postgres.rs");
    let schema = block_on(super::pushed_both(Dialect::Postgres, schema![Person], Source::path(file)));
    let names: Vec<_> = schema.tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["app.people", "app.person_person_friends"]);
}
