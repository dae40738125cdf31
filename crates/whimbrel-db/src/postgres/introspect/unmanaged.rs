//! What is seen and left alone.

use std::collections::BTreeSet;

use whimbrel_core::schema::LeftAlone;

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
    /// What people call the object.
    called: LeftAlone,
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
        let home = fields.maybe().and_then(|oid: Oid| catalog.relations.get(&oid));
        let full_name = full_name(catalog, class, oid).unwrap_or_else(|| name.clone());
        let called = LeftAlone { on: home.map(|home| home.name.clone()), ..LeftAlone::new(&kind, full_name) };
        // The bookkeeping of a table that a catalogue-wide kind names is no table of ours.
        if class == class::CLASS && !catalog.relations.contains_key(&oid) {
            continue;
        }
        seen.push(Seen {
            class,
            oid,
            called,
            unmanaged: Unmanaged { kind, name, relation: own, table, column },
        });
    }
    seen
}

/// The name with its namespace, of what may have a namesake elsewhere.
fn full_name(catalog: &Catalog, class: Oid, oid: Oid) -> Option<String> {
    let name = match class {
        class::CLASS => &catalog.relations.get(&oid)?.name,
        class::PROC => &catalog.routines.get(&oid)?.name,
        class::TYPE => catalog.user_types.get(&oid)?,
        _ => return None,
    };
    Some(name.to_string())
}

/// What each object is called, once an object.
pub(super) fn by_name(seen: &[Seen]) -> Vec<LeftAlone> {
    let objects: BTreeSet<_> = seen.iter().map(|one| (&one.called, one.class, one.oid)).collect();
    objects.into_iter().map(|(called, _, _)| called.clone()).collect()
}

/// What is told: each object with each table or column once.
pub(super) fn told(seen: Vec<Seen>) -> Vec<Unmanaged> {
    let mut all: Vec<Unmanaged> = seen.into_iter().map(|one| one.unmanaged).collect();
    all.sort();
    all.dedup();
    all
}
