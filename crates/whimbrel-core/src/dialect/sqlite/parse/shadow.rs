//! Shadow tables: where virtual tables keep their rows.

use std::collections::BTreeSet;

use super::CatalogRow;
use crate::sql::{Lexicon, tokens};

/// What the shadow tables of well-known modules are called: the virtual
/// table's name, `_`, and one of these (a final `*` stands for digits). The
/// engine itself knows them only while the module is loaded.
const SUFFIXES: [(&str, &[&str]); 8] = [
    ("fts3", &["content", "segments", "segdir"]),
    ("fts4", &["content", "segments", "segdir", "docsize", "stat"]),
    ("fts5", &["data", "idx", "content", "docsize", "config"]),
    ("rtree", &["node", "rowid", "parent"]),
    ("rtree_i32", &["node", "rowid", "parent"]),
    ("geopoly", &["node", "rowid", "parent"]),
    ("spellfix1", &["vocab"]),
    (
        "vec0",
        &["chunks", "rowids", "info", "auxiliary", "vector_chunks*", "metadatachunks*", "metadatatext*"],
    ),
];

/// The folded names of all shadow tables: those that the engine named, and
/// those of well-known modules.
pub(super) fn names(rows: &[CatalogRow], known: &[String]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = known.iter().map(|name| name.to_ascii_lowercase()).collect();
    let virtual_tables: Vec<&CatalogRow> = rows.iter().filter(|row| row.is_virtual_table()).collect();
    if virtual_tables.is_empty() {
        return names;
    }
    let tables = rows.iter().filter(|row| row.kind == "table").map(|row| row.name.to_ascii_lowercase());
    let tables: BTreeSet<String> = tables.collect();
    for row in virtual_tables {
        let prefix = format!("{}_", row.name.to_ascii_lowercase());
        let suffixes = suffixes(row);
        let candidates = tables.range(prefix.clone()..).take_while(|table| table.starts_with(&prefix));
        let is_shadow =
            |table: &&String| suffixes.iter().any(|pattern| fits(&table[prefix.len()..], pattern));
        names.extend(candidates.filter(is_shadow).cloned());
    }
    names
}

fn suffixes(row: &CatalogRow) -> &'static [&'static str] {
    let module = module(row).unwrap_or_default();
    SUFFIXES.iter().find(|(name, _)| *name == module).map_or(&[], |(_, suffixes)| suffixes)
}

/// The folded name behind USING.
fn module(row: &CatalogRow) -> Option<String> {
    let mut words = tokens(row.sql.as_deref()?, Lexicon::SQLITE)
        .filter(|token| !token.is_trivia())
        .skip_while(|token| !token.is_word("using"));
    words.next();
    words.next()?.name(Lexicon::SQLITE).map(|name| name.to_ascii_lowercase())
}

fn fits(suffix: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => suffix
            .strip_prefix(start)
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())),
        None => suffix == pattern,
    }
}
