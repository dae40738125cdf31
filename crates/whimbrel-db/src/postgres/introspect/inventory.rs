//! What a database holds, as PostgreSQL tells it.
//!
//! Rows of the catalogue as JSON, so that whatever a newer version adds counts
//! without a change here; the numbers in them that depend on what was there
//! before are taken out, and the names that they stand for put in their place.

use super::queries::visible;
use crate::connection::Connection;
use crate::error::DbError;
use crate::inventory::{Inventory, ask_each, facts, names};
use crate::postgres::session;

/// A fact for each row of one catalogue.
struct Part {
    /// What it is about, from a noun on: SQL.
    what: &'static str,
    /// What is said of it in words, with commas between: SQL.
    how: &'static str,
    /// The row that says the rest, if any, and the columns of it that do not count.
    row: (&'static str, &'static str),
    /// Where all that is from; `{here}` stands for the namespaces that are read.
    from: &'static str,
}

const PARTS: &[Part] = &[
    Part {
        what: "'relation', c.oid::regclass",
        how: "ARRAY(SELECT o FROM unnest(c.reloptions) o ORDER BY o)",
        row: (
            "c",
            "oid, relname, relnamespace, reltype, reloftype, relfilenode, reltoastrelid, relpages, reltuples, \
             relallvisible, relallfrozen, relhasindex, relhasrules, relhastriggers, relhassubclass, relnatts, \
             relfrozenxid, relminmxid, relrewrite, relpartbound, reloptions",
        ),
        from: "pg_class c WHERE c.relnamespace = {here} AND c.relkind <> 't'",
    },
    Part {
        what: "'column', a.attrelid::regclass, a.attname",
        how: "row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), \
              format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid)",
        row: (
            "a",
            "attrelid, attname, atttypid, attnum, attndims, attcacheoff, atthasmissing, attmissingval",
        ),
        from: "pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
               LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
               WHERE c.relnamespace = {here} AND c.relkind NOT IN ('t', 'i', 'I') AND a.attnum > 0 AND NOT a.attisdropped",
    },
    Part {
        what: "'index', i.indexrelid::regclass",
        // The names of an index's own columns are of nobody's concern.
        how: "pg_get_indexdef(i.indexrelid), ARRAY(SELECT concat_ws(' ', a.attstattarget, a.attoptions) \
              FROM pg_attribute a WHERE a.attrelid = i.indexrelid ORDER BY a.attnum)",
        row: ("i", "indexrelid, indrelid, indkey, indcollation, indclass, indexprs, indpred, indcheckxmin"),
        from: "pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = {here}",
    },
    Part {
        what: "'constraint', k.conname, 'of', nullif(k.conrelid, 0)::regclass, nullif(k.contypid, 0)::regtype",
        how: "pg_get_constraintdef(k.oid)",
        row: (
            "k",
            "oid, conname, connamespace, conrelid, contypid, conindid, conparentid, confrelid, conkey, confkey, \
             conpfeqop, conppeqop, conffeqop, conexclop, confdelsetcols, conbin",
        ),
        // NOT NULL is told with the column.
        from: "pg_constraint k WHERE k.connamespace = {here} AND k.contype <> 'n'",
    },
    Part {
        what: "'trigger', t.tgname, 'of', t.tgrelid::regclass",
        how: "pg_get_triggerdef(t.oid), t.tgenabled",
        row: ("NULL::pg_trigger", ""),
        from: "pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = {here} AND NOT t.tgisinternal",
    },
    Part {
        what: "'triggers of the keys of', t.tgrelid::regclass",
        how: "t.tgenabled, count(*)",
        row: ("NULL::pg_trigger", ""),
        from: "pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = {here} AND t.tgisinternal \
               GROUP BY t.tgrelid, t.tgenabled",
    },
    Part {
        what: "'rule', r.rulename, 'of', r.ev_class::regclass",
        how: "pg_get_ruledef(r.oid), r.ev_enabled",
        row: ("NULL::pg_rewrite", ""),
        from: "pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = {here}",
    },
    Part {
        what: "'routine', p.oid::regprocedure",
        how: "CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END",
        row: (
            "p",
            "oid, pronamespace, provariadic, prorettype, proargtypes, proallargtypes, proargdefaults, protrftypes, \
             prosqlbody",
        ),
        from: "pg_proc p WHERE p.pronamespace = {here}",
    },
    Part {
        what: "'aggregate', g.aggfnoid::regprocedure",
        how: "format_type(g.aggtranstype, NULL)",
        row: ("g", "aggfnoid, aggtranstype, aggmtranstype, aggsortop"),
        from: "pg_aggregate g JOIN pg_proc p ON p.oid = g.aggfnoid WHERE p.pronamespace = {here}",
    },
    Part {
        what: "'type', format_type(t.oid, NULL)",
        how: "format_type(nullif(t.typbasetype, 0), t.typtypmod)",
        row: (
            "t",
            "oid, typname, typnamespace, typrelid, typelem, typarray, typbasetype, typdefaultbin, typmodin, typmodout",
        ),
        // An array follows from its element, a row from its table.
        from: "pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid \
               WHERE t.typnamespace = {here} AND t.typcategory <> 'A' AND coalesce(c.relkind, 'c') = 'c'",
    },
    Part {
        what: "'value', quote_literal(e.enumlabel), 'of', e.enumtypid::regtype",
        how: "row_number() OVER (PARTITION BY e.enumtypid ORDER BY e.enumsortorder)",
        row: ("NULL::pg_enum", ""),
        from: "pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typnamespace = {here}",
    },
    Part {
        what: "'sequence', s.seqrelid::regclass",
        how: "format_type(s.seqtypid, NULL)",
        row: ("s", "seqrelid, seqtypid"),
        from: "pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relnamespace = {here}",
    },
    Part {
        what: "'comment on', o.type, o.identity",
        how: "d.description",
        row: ("NULL::pg_description", ""),
        from: "pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o WHERE d.objoid >= 16384",
    },
    Part {
        what: "'extension', e.extname",
        how: "e.extversion, n.nspname",
        row: ("NULL::pg_extension", ""),
        from: "pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace",
    },
    Part {
        what: "'namespace', n.nspname",
        how: "n.nspowner::regrole, n.nspacl",
        row: ("NULL::pg_namespace", ""),
        from: "pg_namespace n WHERE n.oid = {here}",
    },
];

/// Takes stock.
pub(crate) async fn inventory(connection: &mut dyn Connection) -> Result<Inventory, DbError> {
    let state = connection.query(session::STATE).await?;
    let only = state.first().and_then(|row| row.text(1)).filter(|name| !name.is_empty());
    let here = format!("ANY (ARRAY(SELECT oid FROM pg_namespace WHERE {}))", visible(only));
    let catalog = connection.query(&catalog(&here)).await?;
    let counters = ask_each(connection, &counters(&here)).await?;
    let filled = names(ask_each(connection, &rows(&here)).await?);
    Ok(Inventory { filled, facts: facts(catalog).chain(facts(counters)).collect() })
}

fn catalog(here: &str) -> String {
    let part = |Part { what, how, row: (row, without), from }: &Part| {
        let from = from.replace("{here}", here);
        format!(
            "SELECT concat_ws(' ', {what}), concat_ws(' ', {how}, to_jsonb({row}) - '{{{without}}}'::text[]) FROM {from}"
        )
    };
    PARTS.iter().map(part).collect::<Vec<_>>().join(" UNION ALL ")
}

/// Where a sequence stands.
fn counters(here: &str) -> String {
    format!(
        "SELECT format('SELECT concat(''counter of '', %L), concat_ws('' '', last_value, is_called) FROM %s', \
         oid::regclass, oid::regclass) FROM pg_class WHERE relkind = 'S' AND relnamespace = {here}"
    )
}

/// Whether a table holds rows.
fn rows(here: &str) -> String {
    format!(
        "SELECT format('SELECT %L::text WHERE EXISTS (SELECT FROM %s)', oid::regclass, oid::regclass) \
         FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = {here}"
    )
}
