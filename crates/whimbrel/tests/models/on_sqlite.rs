//! What only SQLite takes, in both ways.

#![expect(dead_code, reason = "what is in the fields is never read")]

use std::path::Path;

use whimbrel::core::dialect::Dialect;
use whimbrel::{Model, Source, schema};
use whimbrel_testkit::database::block_on;

#[derive(Model)]
#[model(table = "words", strict, without_rowid)]
#[model(unique(stem, ending, name = none), check("length(stem) > 0", name = "has_a_stem"))]
struct Word {
    #[column(primary_key, collate = "NOCASE")]
    word: String,
    stem: String,
    ending: Option<String>,
    #[column(generated = virtual("length(word)"))]
    length: Option<i64>,
    json: serde_json::Value,
}

#[derive(Model)]
#[model(table = "uses")]
struct Use {
    #[column(primary_key, nullable)]
    id: String,
    #[column(type = "", references(Word, name = none))]
    word: String,
}

/// A type by the name that a crate gives it.
mod serde_json {
    pub(super) struct Value;
}

#[test]
fn both_ways_give_the_same_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/on_sqlite.rs");
    let schema = block_on(super::pushed_both(Dialect::Sqlite, schema![Word, Use], Source::path(file)));
    let mut names: Vec<_> = schema.tables.iter().map(|table| table.name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["uses", "words"]);
}
