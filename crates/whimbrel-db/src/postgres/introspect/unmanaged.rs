//! What is seen and left alone.

use std::collections::BTreeSet;

use super::catalog::{Catalog, class};
use super::rows::{Fields, Oid};
use crate::connection::Row;
use crate::introspect::Unmanaged;

/// One object of a kind that is not managed, with one table or column that it
/// depends on.
pub(super) struct Seen {
    class: Oid,
    oid: Oid,
    unmanaged: Unmanaged,
}

/// Reads what is left alone, and makes known which tables are.
pub(super) fn read(catalog: &mut Catalog, rows: Vec<Row>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for mut fields in rows.into_iter().map(Fields::of) {
        let (class, oid) = (fields.number(), fields.number());
        let (kind, name) = (fields.text(), fields.text());
        if catalog.is_member(class, oid) {
            continue;
        }
        if matches!(kind.as_str(), "partition" | "partitioned table" | "typed table" | "inheriting table") {
            catalog.unmanaged_relations.insert(oid);
        }
        let relation = fields.maybe().and_then(|oid: Oid| catalog.relations.get(&oid));
        let number = fields.number();
        let table = relation.map(|relation| relation.name.clone());
        let column = relation.and_then(|relation| relation.column(number)).map(|one| one.name.clone());
        // The bookkeeping of a table that a catalogue-wide kind names is no table of ours.
        if class == class::CLASS && !catalog.relations.contains_key(&oid) {
            continue;
        }
        seen.push(Seen { class, oid, unmanaged: Unmanaged { kind, name, table, column } });
    }
    seen
}

/// The kind of each object, once an object.
pub(super) fn counted(seen: &[Seen]) -> impl Iterator<Item = String> {
    let objects: BTreeSet<_> = seen.iter().map(|one| (&one.unmanaged.kind, one.class, one.oid)).collect();
    objects.into_iter().map(|(kind, _, _)| kind.clone())
}

/// What is told: each object with each table or column once.
pub(super) fn told(seen: Vec<Seen>) -> Vec<Unmanaged> {
    let mut all: Vec<Unmanaged> = seen.into_iter().map(|one| one.unmanaged).collect();
    all.sort();
    all.dedup();
    all
}
