//! The two ways of reading models give the same, for every model of this
//! repository: compiled with the derives, and read from a file.
//!
//! The build script gathers them, so that none can be forgotten: the models of
//! tests and examples, those in the documentation, and those in strings.

#![cfg(test)]

mod known;

use whimbrel::Source;
use whimbrel::model::item::Model;
use whimbrel::model::registry;

include!(concat!(env!("OUT_DIR"), "/units.rs"));

/// The models of a file as the reader of source files has them.
fn read(path: &str) -> Vec<Model> {
    let json = Source::path(path).to_json().unwrap_or_else(|error| panic!("{path}: {error:?}"));
    let mut printed: ::serde_json::Value = ::serde_json::from_str(&json).unwrap();
    ::serde_json::from_value(printed["models"].take()).unwrap()
}

#[test]
fn both_ways_give_the_same_models() {
    let all = registry::of_package(env!("CARGO_PKG_NAME"));
    for (origin, path) in UNITS {
        let mut compiled: Vec<_> = all.iter().filter(|model| model.file == *path).cloned().collect();
        let mut read = read(path);
        compiled.sort_by(|a, b| a.name.cmp(&b.name));
        read.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(compiled, read, "{origin}: {path}");
    }
}

/// Models that are wrong, or speak of what is not there, stand only where mistakes
/// are the subject, and in a template of the test kit.
#[test]
fn models_with_mistakes_stand_where_they_are_meant_to() {
    let expected = [
        "crates/whimbrel-cli/tests/cmd/models.in/wrong.rs",
        "crates/whimbrel-derive/tests/ui/attributes.rs",
        "crates/whimbrel-derive/tests/ui/crates.rs",
        "crates/whimbrel-derive/tests/ui/items.rs",
        "crates/whimbrel-derive/tests/ui/names.rs",
        "crates/whimbrel-derive/tests/ui/relations.rs",
        "crates/whimbrel-model/tests/models/mistakes.rs",
        "crates/whimbrel-testkit/src/generate/structs/mod.rs",
        "crates/whimbrel/tests/models/bad_input.rs",
        "crates/whimbrel/tests/models/includes.rs",
    ];
    assert_eq!(WITH_MISTAKES, expected);
}

/// So that the test above compares something.
#[test]
fn models_are_found_wherever_they_stand() {
    let places: Vec<&str> = UNITS.iter().map(|(origin, _)| *origin).collect();
    for place in ["docs/models.md", "crates/whimbrel/tests/registry.rs", "crates/whimbrel/src/agreement.rs"] {
        assert!(places.contains(&place), "{place}");
    }
}
