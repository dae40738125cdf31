//! The fingerprint of a catalogue, for which no schema need be read.
//!
//! The server hashes the rows of its own catalogue: nothing is spelled out, and
//! nothing but a few digests crosses the wire, so this costs a small part of a
//! reading. Which columns the catalogue has depends on the version, so the
//! server is asked; whatever a newer version adds counts without a change here.
//! The order of rows does not count, nor what a server changes on its own
//! account: sizes, statistics, where a table is kept.

use super::queries::visible;
use crate::connection::Row;
use crate::fingerprint::{Fingerprint, Fingerprinter};

/// One catalogue and which of its rows are part of a schema.
struct Part {
    catalogue: &'static str,
    rows: Rows,
}

/// Which rows.
enum Rows {
    /// All of them.
    All,
    /// Those that did not come with the server; the column is their number.
    Own(&'static str),
    /// Those of a namespace that is read; the column is that of the namespace.
    Here(&'static str),
    /// Those of a relation in such a namespace.
    Of(&'static str),
    /// Those that meet a condition; `{here}` and `{relations}` stand for the
    /// numbers of what is read.
    Where(&'static str),
}

const fn part(catalogue: &'static str, rows: Rows) -> Part {
    Part { catalogue, rows }
}

/// Everything that a reading looks at, or that decides how something is spelled.
///
/// What depends on what follows from the definitions themselves, except for
/// extensions and for the owners of sequences.
const PARTS: &[Part] = &[
    part("pg_aggregate", Rows::Own("aggfnoid")),
    part("pg_am", Rows::Own("oid")),
    part("pg_attrdef", Rows::Of("adrelid")),
    part("pg_attribute", Rows::Where("attnum > 0 AND attrelid IN ({relations})")),
    part("pg_cast", Rows::Own("oid")),
    part("pg_class", Rows::Here("relnamespace")),
    part("pg_collation", Rows::Own("oid")),
    part("pg_constraint", Rows::Here("connamespace")),
    part("pg_conversion", Rows::Own("oid")),
    part("pg_default_acl", Rows::All),
    part(
        "pg_depend",
        Rows::Where(
            "refclassid = 'pg_extension'::regclass OR classid = 'pg_class'::regclass AND objid IN \
             (SELECT oid FROM pg_class WHERE relkind = 'S' AND relnamespace = {here})",
        ),
    ),
    part("pg_description", Rows::Own("objoid")),
    part("pg_enum", Rows::Own("oid")),
    part("pg_event_trigger", Rows::All),
    part("pg_extension", Rows::Own("oid")),
    part("pg_foreign_data_wrapper", Rows::All),
    part("pg_foreign_server", Rows::All),
    part("pg_foreign_table", Rows::All),
    part("pg_index", Rows::Of("indexrelid")),
    part("pg_inherits", Rows::Of("inhrelid")),
    part("pg_language", Rows::Own("oid")),
    part("pg_namespace", Rows::Where("oid = {here}")),
    part("pg_opclass", Rows::Own("oid")),
    part("pg_operator", Rows::Own("oid")),
    part("pg_opfamily", Rows::Own("oid")),
    part("pg_partitioned_table", Rows::Of("partrelid")),
    part("pg_policy", Rows::Of("polrelid")),
    part("pg_proc", Rows::Here("pronamespace")),
    part("pg_publication", Rows::All),
    part("pg_publication_namespace", Rows::All),
    part("pg_publication_rel", Rows::All),
    part("pg_range", Rows::Own("rngtypid")),
    part("pg_rewrite", Rows::Of("ev_class")),
    part("pg_seclabel", Rows::All),
    part("pg_sequence", Rows::Of("seqrelid")),
    part("pg_statistic_ext", Rows::Here("stxnamespace")),
    part("pg_tablespace", Rows::All),
    part("pg_transform", Rows::Own("oid")),
    part("pg_trigger", Rows::Where("NOT tgisinternal AND tgrelid IN ({relations})")),
    part("pg_ts_config", Rows::Own("oid")),
    part("pg_ts_config_map", Rows::Own("mapcfg")),
    part("pg_ts_dict", Rows::Own("oid")),
    part("pg_ts_parser", Rows::Own("oid")),
    part("pg_ts_template", Rows::Own("oid")),
    part("pg_type", Rows::Here("typnamespace")),
];

/// Columns that a server changes on its own account.
const RESTLESS: &[&str] = &[
    "attcacheoff",
    "attmissingval",
    "indcheckxmin",
    "relallfrozen",
    "relallvisible",
    "relfilenode",
    "relfrozenxid",
    "relhasindex",
    "relhasrules",
    "relhassubclass",
    "relhastriggers",
    "relispopulated",
    "relminmxid",
    "relpages",
    "relrewrite",
    "reltuples",
];

/// Types of columns that the server hashes as they are; others go as text.
const HASHABLE: &[&str] = &[
    "bool",
    "\"char\"",
    "name",
    "int2",
    "int4",
    "int8",
    "oid",
    "text",
    "regproc",
    "float4",
    "oidvector",
    "bytea",
    "\"char\"[]",
    "name[]",
    "int2[]",
    "oid[]",
    "text[]",
    "aclitem[]",
];

/// The query for the columns of every part: its catalogue and their list. No
/// backslash stands in it, for a source may have given it another meaning.
pub(super) fn columns() -> String {
    let quoted = |names: Vec<&str>| format!("'{}'", names.join("', '"));
    format!(
        "SELECT c.relname, string_agg(quote_ident(a.attname) || CASE WHEN a.atttypid = ANY (ARRAY[{}]::regtype[]) \
         THEN '' ELSE '::text' END, ', ' ORDER BY a.attnum) \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname IN ({}) AND a.attname NOT IN ({}) \
         GROUP BY c.relname ORDER BY c.relname",
        quoted(HASHABLE.to_vec()),
        quoted(PARTS.iter().map(|part| part.catalogue).collect()),
        quoted(RESTLESS.to_vec()),
    )
}

/// The query for the digests, made from the answer of [`columns`]. With `only`,
/// that namespace is all there is.
///
/// A row's hash has 64 bits and tells all its values; a part's digest is that
/// of the hashes in their order.
pub(super) fn query(columns: &[Row], only: Option<&str>) -> String {
    let here = format!("ANY (ARRAY(SELECT oid FROM pg_namespace WHERE {}))", visible(only));
    let relations = format!("SELECT oid FROM pg_class WHERE relnamespace = {here}");
    let digests = columns.iter().filter_map(|row| {
        let (catalogue, columns) = (row.text(0)?, row.text(1)?);
        let part = PARTS.iter().find(|part| part.catalogue == catalogue)?;
        let condition = match part.rows {
            Rows::All => "true".to_owned(),
            Rows::Own(column) => format!("{column} >= 16384::oid"),
            Rows::Here(column) => format!("{column} = {here}"),
            Rows::Of(column) => format!("{column} IN ({relations})"),
            Rows::Where(condition) => condition.replace("{here}", &here).replace("{relations}", &relations),
        };
        Some(format!(
            "SELECT '{catalogue}', sha256(array_send(array_agg(hash ORDER BY hash))) FROM \
             (SELECT hash_record_extended(ROW({columns}), 0) AS hash FROM {catalogue} WHERE {condition}) AS hashed"
        ))
    });
    digests.collect::<Vec<_>>().join("\nUNION ALL ")
}

/// Makes the fingerprint from the answer of [`query`].
pub(super) fn fingerprint(rows: &[Row]) -> Fingerprint {
    let mut fingerprinter = Fingerprinter::default();
    for row in rows {
        fingerprinter.add(row.text(0));
        fingerprinter.add(row.text(1));
    }
    fingerprinter.finish()
}
