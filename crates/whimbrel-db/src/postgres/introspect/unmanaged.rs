//! What is seen and left alone.

use std::collections::BTreeSet;

use super::catalog::{Catalog, class};
use super::rows::{Fields, Oid};
use crate::connection::Row;
use crate::introspect::Unmanaged;

const FOREIGN_TABLE: &str = "foreign table";
const TABLES: [&str; 5] =
    ["partition", "partitioned table", "typed table", "inheriting table", FOREIGN_TABLE];

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
        let is_table = TABLES.contains(&kind.as_str());
        if is_table && kind != FOREIGN_TABLE {
            catalog.unmanaged_relations.insert(oid);
        }
        let own = catalog.relations.get(&oid).filter(|_| is_table).map(|relation| relation.name.clone());
        let relation = fields.maybe().and_then(|oid: Oid| catalog.relations.get(&oid));
        let number = fields.number();
        let table = relation.map(|relation| relation.name.clone());
        let column = relation.and_then(|relation| relation.column(number)).map(|one| one.name.clone());
        // The bookkeeping of a table that a catalogue-wide kind names is no table of ours.
        if class == class::CLASS && !catalog.relations.contains_key(&oid) {
            continue;
        }
        seen.push(Seen { class, oid, unmanaged: Unmanaged { kind, name, relation: own, table, column } });
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
