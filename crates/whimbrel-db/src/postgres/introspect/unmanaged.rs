//! What is seen and left alone.

use std::collections::BTreeSet;

use whimbrel_core::schema::LeftAlone;

use super::catalog::{Catalog, class};
use super::rows::{Fields, Oid};
use crate::connection::Row;
use crate::introspect::Unmanaged;

const FOREIGN_TABLE: &str = "foreign table";
const TABLES: [&str; 4] = ["typed table", "partition of a typed table", "inheriting table", FOREIGN_TABLE];

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
        let home: Option<Oid> = fields.maybe();
        if home.is_some_and(|home| catalog.is_member(class::CLASS, home)) {
            continue;
        }
        let home = home.and_then(|oid| catalog.relations.get(&oid));
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

/// What is seen and left alone: class and number, kind, name, one row for each
/// table and column that it depends on, and the table that it stands on.
pub(super) fn query(here: &str, major: u32) -> String {
    let published = match major >= 15 {
        true => "unnest(coalesce(nullif(r.prattrs::int2[], '{}'), '{0}'))",
        false => "0",
    };
    let mut parts = vec![
        // Rules, policies and statistics, with the columns that they read.
        format!(
            "SELECT x.class, x.oid, x.kind, x.name, d.refobjid, d.refobjsubid, x.relation FROM ( \
             SELECT 'pg_policy'::regclass::oid AS class, p.oid, 'policy' AS kind, p.polname AS name, p.polrelid AS relation \
             FROM pg_policy p \
             UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, 'rule', r.rulename, r.ev_class FROM pg_rewrite r \
             WHERE r.rulename <> '_RETURN' \
             UNION ALL SELECT 'pg_statistic_ext'::regclass, s.oid, 'statistics object', s.stxname, s.stxrelid \
             FROM pg_statistic_ext s) x JOIN pg_class c ON c.oid = x.relation \
             JOIN pg_depend d ON d.classid = x.class AND d.objid = x.oid AND d.refclassid = 'pg_class'::regclass \
             WHERE c.relnamespace = {here}"
        ),
        // Kinds of tables.
        format!(
            "SELECT 'pg_class'::regclass, c.oid, CASE WHEN c.relkind = 'f' THEN 'foreign table' \
             WHEN c.reloftype <> 0 THEN 'typed table' WHEN c.relispartition THEN 'partition of a typed table' \
             ELSE 'inheriting table' END, c.relname, coalesce(i.inhparent, c.oid), 0, NULL::oid \
             FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent \
             WHERE c.relnamespace = {here} AND (c.relkind = 'f' OR c.relkind IN ('r', 'p') AND (c.reloftype <> 0 \
             OR i.inhrelid IS NOT NULL AND NOT c.relispartition OR c.relispartition AND p.reloftype <> 0))"
        ),
        format!(
            "SELECT 'pg_class'::regclass, oid, 'row security setting', relname, oid, 0, NULL FROM pg_class \
             WHERE relnamespace = {here} AND (relrowsecurity OR relforcerowsecurity)"
        ),
        // Publications, with the columns that they list.
        format!(
            "SELECT 'pg_publication'::regclass, p.oid, 'publication', p.pubname, r.prrelid, {published}, NULL \
             FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid"
        ),
    ];
    if major >= 18 {
        parts.push(format!(
            "SELECT 'pg_constraint'::regclass, oid, CASE WHEN contype = 'n' THEN 'unvalidated not-null constraint' \
             WHEN conenforced THEN 'temporal constraint' ELSE 'unenforced constraint' END, conname, conrelid, \
             unnest(coalesce(nullif(conkey, '{{}}'), '{{0}}')), conrelid \
             FROM pg_constraint WHERE connamespace = {here} AND conrelid <> 0 \
             AND (conperiod OR NOT conenforced OR contype = 'n' AND NOT convalidated)"
        ));
    }
    // Grants, by the object that they are on.
    for (catalogue, kind, column, namespace, acl, owner, name) in [
        (
            "pg_class",
            "CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"",
            "oid",
            "relnamespace",
            "relacl",
            "relowner",
            "relname",
        ),
        ("pg_proc", "'f'", "0", "pronamespace", "proacl", "proowner", "proname"),
        ("pg_type", "'T'", "0", "typnamespace", "typacl", "typowner", "typname"),
    ] {
        parts.push(format!(
            "SELECT '{catalogue}'::regclass, c.oid, 'grant', c.{name}, {column}, 0, NULL FROM {catalogue} c \
             WHERE c.{namespace} = {here} AND c.{acl} <> acldefault({kind}, c.{owner})"
        ));
    }
    parts.push(format!(
        "SELECT 'pg_class'::regclass, c.oid, 'grant', c.relname, c.oid, a.attnum, NULL FROM pg_attribute a \
         JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = {here} AND a.attacl IS NOT NULL \
         AND NOT a.attisdropped"
    ));
    // On namespaces, beyond what the server itself gives on the default one.
    parts.push(format!(
        "SELECT 'pg_namespace'::regclass, n.oid, 'grant', 'schema ' || n.nspname, NULL, 0, NULL FROM pg_namespace n \
         LEFT JOIN pg_init_privs i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid AND i.objsubid = 0 \
         WHERE n.oid = {here} AND n.nspacl <> coalesce(i.initprivs, acldefault('n', n.nspowner))"
    ));
    parts.extend(properties(here));
    // Kinds that stand for themselves: catalogue, kind, name, condition.
    let in_namespace = |column: &str| format!("{column} = {here}");
    for (catalogue, kind, name, condition) in [
        ("pg_event_trigger", "event trigger", "evtname", "true".to_owned()),
        ("pg_foreign_data_wrapper", "foreign-data wrapper", "fdwname", "true".to_owned()),
        ("pg_foreign_server", "foreign server", "srvname", "true".to_owned()),
        (
            "pg_default_acl",
            "default privilege",
            "CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' \
             WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large' END",
            "true".to_owned(),
        ),
        ("pg_language", "language", "lanname", "oid >= 16384".to_owned()),
        ("pg_am", "access method", "amname", "oid >= 16384".to_owned()),
        // A range type brings a cast of its own along.
        (
            "pg_cast",
            "cast",
            "format('%s AS %s', castsource::regtype, casttarget::regtype)",
            "oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass \
             AND d.objid = pg_cast.oid AND d.deptype = 'i')"
                .to_owned(),
        ),
        (
            "pg_transform",
            "transform",
            "format('%s in %s', trftype::regtype, (SELECT lanname FROM pg_language l WHERE l.oid = trflang))",
            "oid >= 16384".to_owned(),
        ),
        ("pg_collation", "collation", "collname", in_namespace("collnamespace")),
        ("pg_conversion", "conversion", "conname", in_namespace("connamespace")),
        ("pg_operator", "operator", "oprname", in_namespace("oprnamespace")),
        ("pg_opclass", "operator class", "opcname", in_namespace("opcnamespace")),
        ("pg_opfamily", "operator family", "opfname", in_namespace("opfnamespace")),
        ("pg_ts_config", "text search configuration", "cfgname", in_namespace("cfgnamespace")),
        ("pg_ts_dict", "text search dictionary", "dictname", in_namespace("dictnamespace")),
        ("pg_ts_parser", "text search parser", "prsname", in_namespace("prsnamespace")),
        ("pg_ts_template", "text search template", "tmplname", in_namespace("tmplnamespace")),
        (
            "pg_type",
            "base type",
            "typname",
            format!("typtype = 'b' AND typcategory <> 'A' AND {}", in_namespace("typnamespace")),
        ),
    ] {
        parts.push(format!(
            "SELECT '{catalogue}'::regclass, oid, '{kind}', {name}, NULL, 0, NULL FROM {catalogue} WHERE {condition}"
        ));
    }
    parts.push(
        "SELECT classoid, objoid, 'security label', provider, CASE classoid WHEN 'pg_class'::regclass THEN objoid END, \
         objsubid, CASE classoid WHEN 'pg_class'::regclass THEN objoid END FROM pg_seclabel"
            .to_owned(),
    );
    format!("{} ORDER BY 3, 4, 1, 2, 5, 6, 7", parts.join(" UNION ALL "))
}

/// Properties of tables, indexes and others that are managed, which are not:
/// nothing rests on them.
fn properties(here: &str) -> [String; 7] {
    let bookkeeping = super::BOOKKEEPING;
    [
        format!(
            "SELECT 'pg_class'::regclass, oid, 'replica identity', relname, NULL, 0, NULL FROM pg_class \
             WHERE relnamespace = {here} AND relkind IN ('r', 'p') AND relreplident <> 'd'"
        ),
        format!(
            "SELECT 'pg_index'::regclass, c.oid, 'clustering', c.relname, NULL, 0, i.indrelid FROM pg_index i \
             JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = {here} AND i.indisclustered"
        ),
        format!(
            "SELECT 'pg_index'::regclass, c.oid, 'index statistics target', c.relname, NULL, 0, i.indrelid \
             FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_index i ON i.indexrelid = c.oid \
             WHERE c.relnamespace = {here} AND a.attstattarget >= 0"
        ),
        format!(
            "SELECT 'pg_attribute'::regclass, c.oid, 'column option', a.attname, NULL, 0, c.oid \
             FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, unnest(a.attoptions) o \
             WHERE c.relnamespace = {here} AND c.relkind IN ('r', 'p', 'm') AND NOT starts_with(o, '{bookkeeping}=')"
        ),
        format!(
            "SELECT 'pg_namespace'::regclass, n.oid, 'comment', 'schema ' || n.nspname, NULL, 0, NULL \
             FROM pg_namespace n JOIN pg_description d ON d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid \
             WHERE n.oid = {here} AND lower(d.description) <> 'standard public schema'"
        ),
        format!(
            "SELECT 'pg_constraint'::regclass, k.oid, 'comment', format('%s of %s', k.conname, k.contypid::regtype), \
             NULL, 0, NULL FROM pg_constraint k \
             JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid \
             WHERE k.connamespace = {here} AND k.contypid <> 0"
        ),
        format!(
            "SELECT 'pg_class'::regclass, c.oid, 'comment', format('%s of %s', a.attname, c.reltype::regtype), \
             NULL, 0, NULL FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
             JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum \
             WHERE c.relnamespace = {here} AND c.relkind = 'c'"
        ),
    ]
}
