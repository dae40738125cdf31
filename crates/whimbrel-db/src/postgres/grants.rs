//! Reads owners and grants, as the statements that give them again.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;

use crate::connection::{Connection, Row};
use crate::error::DbError;
use crate::grants::Recreated;

/// The statements for each object, in the order in which they are to run.
pub(crate) async fn grants(
    connection: &mut dyn Connection,
    recreated: &[Recreated],
) -> Result<Vec<String>, DbError> {
    let queries: Vec<String> = recreated.iter().map(|one| statements(&objects(one))).collect();
    let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
    let results = connection.query_all(&queries).await?;
    let text = |row: &Row| row.text(0).map(str::to_owned);
    Ok(results.iter().flatten().filter_map(text).collect())
}

/// The query for an object and the columns of it that have grants of their own:
/// what it is called in a GRANT, its name afterwards, its owner, its grants, its
/// kind as `acldefault` knows it, its namespace, and of a column the name.
fn objects(recreated: &Recreated) -> String {
    let dialect = Dialect::Postgres;
    let name = |name: &ObjectName| dialect.quote_literal(&dialect.quote_name(name));
    match recreated {
        Recreated::Relation { name: names, columns } => {
            let (from, to) = (name(&names.from), name(&names.to));
            let kept =
                columns.iter().map(|column| dialect.quote_literal(column)).collect::<Vec<_>>().join(", ");
            format!(
                "SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS word, {to} AS name, \
                 c.relowner AS owner, c.relacl AS acl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\" AS kind, \
                 c.relnamespace AS namespace, NULL AS part FROM pg_class c \
                 WHERE c.oid = to_regclass({from}) AND c.relkind <> 'c' \
                 UNION ALL SELECT 'TYPE', {to}, t.typowner, t.typacl, 'T', t.typnamespace, NULL FROM pg_type t \
                 WHERE t.oid = to_regtype({from}) AND NOT EXISTS \
                 (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c') \
                 UNION ALL {}",
                columns_of(&from, &to, &format!("a.attname = ANY (ARRAY[{kept}]::name[])"), "a.attname")
            )
        }
        Recreated::Column { table, column } => {
            let is_column = format!("a.attname = {}", dialect.quote_literal(&column.from));
            columns_of(&name(&table.from), &name(&table.to), &is_column, &dialect.quote_literal(&column.to))
        }
        Recreated::Routine { name, signature } => {
            let called = dialect.quote_literal(&format!("{}{signature}", dialect.quote_name(name)));
            format!(
                "SELECT 'ROUTINE' AS word, {called} AS name, p.proowner AS owner, p.proacl AS acl, \
                 'f'::\"char\" AS kind, p.pronamespace AS namespace, NULL AS part \
                 FROM pg_proc p WHERE p.oid = to_regprocedure({called})"
            )
        }
    }
}

fn columns_of(from: &str, to: &str, condition: &str, column: &str) -> String {
    format!(
        "SELECT 'TABLE' AS word, {to} AS name, c.relowner AS owner, a.attacl AS acl, 'c'::\"char\" AS kind, \
         c.relnamespace AS namespace, quote_ident({column}) AS part FROM pg_attribute a \
         JOIN pg_class c ON c.oid = a.attrelid WHERE c.oid = to_regclass({from}) AND a.attacl IS NOT NULL \
         AND NOT a.attisdropped AND {condition}"
    )
}

/// The query for the statements, which the server writes itself.
///
/// A new object has an owner, the grants that go without saying, and what the
/// default privileges of its creator say. Whoever is to have other grants than
/// those loses all and gets what he had.
fn statements(objects: &str) -> String {
    format!(
        "WITH object AS ({objects}), \
         had AS (SELECT o.word, o.name, o.part, e.grantee, e.is_grantable, \
         string_agg(DISTINCT e.privilege_type, ', ') AS list \
         FROM object o, aclexplode(coalesce(o.acl, acldefault(o.kind, o.owner))) e GROUP BY 1, 2, 3, 4, 5), \
         usual AS (SELECT o.word, o.name, o.part, e.grantee, e.is_grantable, \
         string_agg(DISTINCT e.privilege_type, ', ') AS list \
         FROM object o, aclexplode(acldefault(o.kind, o.owner)) e WHERE o.part IS NULL GROUP BY 1, 2, 3, 4, 5), \
         given AS (SELECT DISTINCT o.word, o.name, o.part, e.grantee FROM object o \
         JOIN pg_default_acl d ON d.defaclrole = current_user::regrole AND o.part IS NULL \
         AND d.defaclnamespace IN (0, o.namespace) AND lower(d.defaclobjtype::text) = lower(o.kind::text), \
         aclexplode(d.defaclacl) e WHERE e.grantee <> d.defaclrole), \
         other AS (SELECT word, name, part, grantee FROM \
         ((TABLE had EXCEPT TABLE usual) UNION (TABLE usual EXCEPT TABLE had)) AS differing \
         UNION TABLE given), \
         steps AS (\
         SELECT 1 AS at, word, name, part, NULL AS who, false AS is_grantable, \
         format('ALTER %s %s OWNER TO %I', CASE word WHEN 'SEQUENCE' THEN 'TABLE' ELSE word END, name, \
         pg_get_userbyid(owner)) AS sql \
         FROM object WHERE part IS NULL AND owner <> current_user::regrole \
         UNION ALL SELECT 2, word, name, part, role.who, false, \
         format('REVOKE ALL ON %s %s FROM %s', word, name, role.who) \
         FROM (SELECT * FROM other WHERE part IS NULL AND (word, name, grantee) IN \
         (SELECT word, name, grantee FROM usual UNION SELECT word, name, grantee FROM given)) AS revoked, \
         LATERAL (SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS who) AS role \
         UNION ALL SELECT 3, word, name, had.part, role.who, is_grantable, \
         format('GRANT %s ON %s %s TO %s%s', CASE WHEN had.part IS NULL THEN list \
         ELSE replace(list, ', ', format(' (%s), ', had.part)) || format(' (%s)', had.part) END, \
         word, name, role.who, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
         FROM had JOIN other USING (word, name, grantee), \
         LATERAL (SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS who) AS role \
         WHERE had.part IS NOT DISTINCT FROM other.part) \
         SELECT sql FROM steps ORDER BY at, name, part NULLS FIRST, who, is_grantable"
    )
}
