//! What the catalogue is asked: a constant number of queries, whatever the
//! number of tables, sent in one text.
//!
//! They are shaped for large schemas. What goes without saying is NULL. Names of types, operator classes and
//! collations come once each, not once a column; `pg_get_indexdef` runs only
//! where an index has expressions; whatever belongs to an extension is dropped
//! by the reader, which costs less than an anti-join on `pg_depend`. Nothing
//! here may be found in `public` by mistake: the server looks into `pg_catalog`
//! first.

use whimbrel_core::dialect::Dialect;

/// The queries in the order in which they are sent and read.
pub(super) struct Queries {
    pub(super) namespaces: String,
    pub(super) members: String,
    pub(super) names: String,
    pub(super) types: String,
    pub(super) relations: String,
    pub(super) columns: String,
    pub(super) constraints: String,
    pub(super) indexes: String,
    pub(super) sequences: String,
    pub(super) user_types: String,
    pub(super) enum_values: String,
    pub(super) views: String,
    pub(super) routines: String,
    pub(super) triggers: String,
    pub(super) dependencies: String,
    pub(super) extensions: String,
    pub(super) comments: String,
    pub(super) unmanaged: String,
}

impl Queries {
    /// How many there are.
    pub(super) const COUNT: usize = 18;

    /// The queries for a server of version `major`. With `only`, that namespace
    /// is all there is.
    pub(super) fn new(major: u32, only: Option<&str>) -> Self {
        let visible = visible(only);
        // An uncorrelated subquery: the server evaluates it once.
        let here = format!("ANY (ARRAY(SELECT oid FROM pg_namespace WHERE {visible}))");
        // Facts that came with version 15.
        let since_15 = |column: &str| if major >= 15 { column.to_owned() } else { "NULL".to_owned() };
        // Version 18 has constraints of kinds that are left alone, with their indexes.
        let (plain, plainly_indexed) = match major >= 18 {
            true => (
                "AND conenforced AND NOT conperiod",
                "AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid \
                 AND k.conperiod)",
            ),
            false => ("", ""),
        };
        Self {
            namespaces: format!("SELECT oid, nspname FROM pg_namespace WHERE {visible} ORDER BY oid"),
            members: "SELECT d.classid, d.objid, e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid \
                      WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'"
                .to_owned(),
            names: NAMES.to_owned(),
            types: TYPES.to_owned(),
            relations: format!(
                "SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relpersistence, c.reloptions, \
                 nullif(c.reltablespace, 0), nullif(c.relam, 0), c.reloftype <> 0, t.reloptions, \
                 CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, \
                 CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid) END, \
                 CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END \
                 FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL \
                 WHERE c.relnamespace = {here} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'S') ORDER BY c.oid"
            ),
            columns: format!(
                "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, nullif(a.atttypmod, -1), nullif(a.attnotnull, false), \
                 nullif(a.attidentity, ''), nullif(a.attgenerated, ''), nullif(a.attcollation, 0), \
                 pg_get_expr(d.adbin, d.adrelid), nullif(a.attstorage, 'p'), nullif(a.attcompression, ''), \
                 nullif(a.attstattarget, -1) \
                 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
                 LEFT JOIN pg_attrdef d ON a.atthasdef AND d.adrelid = a.attrelid AND d.adnum = a.attnum \
                 WHERE c.relnamespace = {here} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') \
                 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"
            ),
            constraints: format!(
                "SELECT oid, conname, contype, conrelid, contypid, conindid, confrelid, conkey, confkey, \
                 {}, confupdtype, confdeltype, confmatchtype, condeferrable, condeferred, convalidated, connoinherit, \
                 CASE contype WHEN 'c' THEN pg_get_expr(conbin, conrelid) WHEN 'x' THEN pg_get_constraintdef(oid) END \
                 FROM pg_constraint WHERE connamespace = {here} AND contype IN ('c', 'f', 'p', 'u', 'x') \
                 AND conparentid = 0 AND (contype <> 'c' OR coninhcount = 0) {plain} ORDER BY oid",
                since_15("confdelsetcols")
            ),
            indexes: format!(
                "SELECT i.indexrelid, i.indrelid, c.relname, c.relam, i.indisunique, i.indnkeyatts, i.indkey, \
                 i.indclass, i.indcollation, i.indoption, {}, pg_get_expr(i.indpred, i.indrelid), \
                 CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) \
                 FROM generate_series(1, i.indnkeyatts) k) END, c.reloptions, nullif(c.reltablespace, 0), i.indisvalid, \
                 CASE r.relkind WHEN 'm' THEN pg_get_indexdef(i.indexrelid, 0, true) END, \
                 (SELECT array_agg(a.attoptions::text ORDER BY a.attnum) FROM pg_attribute a \
                 WHERE a.attrelid = i.indexrelid AND c.relam <> 403 HAVING bool_or(a.attoptions IS NOT NULL)) \
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class r ON r.oid = i.indrelid \
                 WHERE c.relnamespace = {here} AND NOT c.relispartition {plainly_indexed} ORDER BY i.indexrelid",
                since_15("i.indnullsnotdistinct")
            ),
            sequences: format!(
                "SELECT s.seqrelid, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, \
                 s.seqcache, s.seqcycle, d.refobjid, d.refobjsubid, d.deptype, quote_literal(s.seqrelid::regclass) \
                 FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid \
                 LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0 \
                 AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
                 WHERE c.relnamespace = {here} ORDER BY s.seqrelid"
            ),
            user_types: format!(
                "SELECT t.oid, t.typname, t.typnamespace, t.typtype, t.typrelid, \
                 format_type(t.typbasetype, t.typtypmod), t.typnotnull, pg_get_expr(t.typdefaultbin, 0), \
                 CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation END, {RANGE} \
                 FROM pg_type t LEFT JOIN pg_type b ON b.oid = t.typbasetype \
                 LEFT JOIN pg_class c ON c.oid = t.typrelid LEFT JOIN pg_range r ON r.rngtypid = t.oid \
                 WHERE t.typnamespace = {here} AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') ORDER BY t.oid"
            ),
            enum_values: "SELECT enumtypid, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder".to_owned(),
            views: format!(
                "SELECT oid, pg_get_viewdef(oid) FROM pg_class WHERE relnamespace = {here} AND relkind IN ('v', 'm') \
                 ORDER BY oid"
            ),
            routines: format!(
                "SELECT p.oid, p.proname, p.pronamespace, p.prokind, ARRAY(SELECT format_type(u.type, NULL) \
                 FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS u (type, at) ORDER BY u.at), \
                 CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END, \
                 quote_ident(n.nspname) || '.' || quote_ident(p.proname), \
                 CASE WHEN g.aggkind <> 'n' THEN pg_get_function_identity_arguments(p.oid) END, {AGGREGATE} \
                 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
                 LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid \
                 WHERE p.pronamespace = {here} AND NOT EXISTS (SELECT FROM pg_depend d \
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('i', 'e')) ORDER BY p.oid"
            ),
            triggers: format!(
                "SELECT t.oid, t.tgname, t.tgrelid, t.tgenabled, pg_get_triggerdef(t.oid, true) \
                 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
                 WHERE c.relnamespace = {here} AND NOT t.tgisinternal AND t.tgparentid = 0 ORDER BY t.oid"
            ),
            dependencies: DEPENDENCIES.to_owned(),
            extensions: EXTENSIONS.to_owned(),
            comments: "SELECT classoid, objoid, objsubid, description FROM pg_description WHERE objoid >= 16384 \
                       ORDER BY classoid, objoid, objsubid"
                .to_owned(),
            unmanaged: super::unmanaged::query(&here, major),
        }
    }

    /// Where the largest answers stand in [`Queries::all`].
    pub(super) const COLUMNS: usize = 5;
    pub(super) const INDEXES: usize = 7;

    pub(super) fn all(&self) -> [&str; Self::COUNT] {
        [
            &self.namespaces,
            &self.members,
            &self.names,
            &self.types,
            &self.relations,
            &self.columns,
            &self.constraints,
            &self.indexes,
            &self.sequences,
            &self.user_types,
            &self.enum_values,
            &self.views,
            &self.routines,
            &self.triggers,
            &self.dependencies,
            &self.extensions,
            &self.comments,
            &self.unmanaged,
        ]
    }
}

/// The condition on `pg_namespace` for the namespaces that are read.
pub(super) fn visible(only: Option<&str>) -> String {
    match only {
        Some(namespace) => format!("nspname = {}", Dialect::Postgres.quote_literal(namespace)),
        None => "nspname !~ '^pg_' AND nspname <> 'information_schema'".to_owned(),
    }
}

/// Small things that others name by number: what it is, its number, its name as
/// SQL, and for an operator class method, type, and whether it is that type's default.
const NAMES: &str = "SELECT 'c', oid, oid::regcollation::text, NULL, NULL, NULL FROM pg_collation \
     UNION ALL SELECT 'o', oid, CASE WHEN pg_opclass_is_visible(oid) THEN quote_ident(opcname) \
     ELSE quote_ident((SELECT nspname FROM pg_namespace n WHERE n.oid = opcnamespace)) || '.' || quote_ident(opcname) \
     END, opcmethod, opcintype, opcdefault FROM pg_opclass \
     UNION ALL SELECT 'a', oid, amname, NULL, NULL, NULL FROM pg_am \
     UNION ALL SELECT 't', oid, spcname, NULL, NULL, NULL FROM pg_tablespace";

/// Every type that a column has, with its modifier.
const TYPES: &str = "SELECT u.type, u.modifier, format_type(u.type, u.modifier), t.typcollation, \
     CASE WHEN t.typtype = 'd' THEN t.typbasetype END, nullif(t.typstorage, 'p') \
     FROM (SELECT DISTINCT atttypid AS type, atttypmod AS modifier FROM pg_attribute \
     WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped) u JOIN pg_type t ON t.oid = u.type \
     ORDER BY u.type, u.modifier";

/// The options of a range type, as CREATE TYPE takes them.
const RANGE: &str = "CASE WHEN r.rngtypid IS NOT NULL THEN concat_ws(', ', \
     'SUBTYPE = ' || format_type(r.rngsubtype, NULL), \
     (SELECT 'SUBTYPE_OPCLASS = ' || CASE WHEN pg_opclass_is_visible(o.oid) THEN quote_ident(o.opcname) ELSE \
     quote_ident(n.nspname) || '.' || quote_ident(o.opcname) END FROM pg_opclass o \
     JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault), \
     (SELECT 'COLLATION = ' || r.rngcollation::regcollation FROM pg_type s \
     WHERE s.oid = r.rngsubtype AND s.typcollation <> r.rngcollation), \
     'CANONICAL = ' || nullif(r.rngcanonical, 0)::regproc, 'SUBTYPE_DIFF = ' || nullif(r.rngsubdiff, 0)::regproc, \
     (SELECT 'MULTIRANGE_TYPE_NAME = ' || format_type(r.rngmultitypid, NULL))) END";

/// An aggregate's definition, for which the server has no function: everything
/// after its arguments.
const AGGREGATE: &str = "CASE WHEN g.aggfnoid IS NOT NULL THEN concat_ws(', ', \
     'SFUNC = ' || g.aggtransfn, 'STYPE = ' || format_type(g.aggtranstype, NULL), \
     'SSPACE = ' || nullif(g.aggtransspace, 0), \
     'FINALFUNC = ' || nullif(g.aggfinalfn, 0)::regproc, CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END, \
     CASE WHEN g.aggfinalfn <> 0 AND g.aggfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END \
     THEN 'FINALFUNC_MODIFY = ' || CASE g.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' \
     ELSE 'READ_WRITE' END END, \
     'COMBINEFUNC = ' || nullif(g.aggcombinefn, 0)::regproc, 'SERIALFUNC = ' || nullif(g.aggserialfn, 0)::regproc, \
     'DESERIALFUNC = ' || nullif(g.aggdeserialfn, 0)::regproc, 'INITCOND = ' || quote_literal(g.agginitval), \
     'MSFUNC = ' || nullif(g.aggmtransfn, 0)::regproc, 'MINVFUNC = ' || nullif(g.aggminvtransfn, 0)::regproc, \
     'MSTYPE = ' || format_type(nullif(g.aggmtranstype, 0), NULL), 'MSSPACE = ' || nullif(g.aggmtransspace, 0), \
     'MFINALFUNC = ' || nullif(g.aggmfinalfn, 0)::regproc, CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END, \
     CASE WHEN g.aggmfinalfn <> 0 AND g.aggmfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END \
     THEN 'MFINALFUNC_MODIFY = ' || CASE g.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' \
     ELSE 'READ_WRITE' END END, 'MINITCOND = ' || quote_literal(g.aggminitval), \
     'SORTOP = OPERATOR(' || (SELECT quote_ident(n.nspname) || '.' || o.oprname FROM pg_operator o \
     JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = g.aggsortop) || ')', \
     'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END, \
     CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END) END";

/// What definitional objects need. A view's needs are those of its rule; an
/// array type counts as its element, a table's row type as the table.
const DEPENDENCIES: &str = "SELECT DISTINCT d.classid, coalesce(r.ev_class, d.objid), d.refclassid, \
     coalesce(m.rngtypid, e.oid, d.refobjid), d.refobjsubid, nullif(e.typrelid, 0) \
     FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid \
     LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid \
     LEFT JOIN pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END \
     LEFT JOIN pg_range m ON m.rngmultitypid = e.oid \
     WHERE d.classid IN ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_trigger'::regclass) \
     AND d.deptype IN ('n', 'a') AND d.refobjid >= 16384 AND (r.rulename = '_RETURN') IS NOT FALSE \
     AND (r.ev_class <> d.refobjid) IS NOT FALSE ORDER BY 1, 2, 3, 4, 5";

/// The extensions that did not come with the database itself. The last value is
/// the comment that the extension brings along.
const EXTENSIONS: &str = "SELECT e.oid, e.extname, e.extversion, n.nspname, \
     (SELECT a.comment FROM pg_available_extensions() a WHERE a.name = e.extname) \
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid >= 16384 ORDER BY e.extname";
