//! What a schema looks like once it is read.

use serde_json::{Value, json};
use whimbrel_core::schema::{Column, Schema, Table};
use whimbrel_db::introspect::{IntrospectOptions, Introspection, fingerprint, introspect};
use whimbrel_db::{Connection, IntrospectError};
use whimbrel_testkit::cluster::Cluster;
use whimbrel_testkit::failing::{FailingConnection, Fault};

use crate::open;

/// Reads what `sql` creates in a fresh database.
async fn read(sql: &str) -> Introspection {
    let database = Cluster::shared().database();
    database.psql(sql);
    let mut connection = open(&database.url()).await.unwrap();
    introspect(&mut connection, &IntrospectOptions::default()).await.unwrap()
}

/// The same as JSON.
async fn json(sql: &str) -> Value {
    serde_json::to_value(read(sql).await.schema).unwrap()
}

/// One table that `sql` creates, without its name.
async fn table(sql: &str) -> Value {
    let schema = json(sql).await;
    let mut table = schema["tables"][0].clone();
    table.as_object_mut().unwrap().remove("name");
    table
}

fn server_is_older_than(major: u32) -> bool {
    let number = Cluster::shared().psql("postgres", "SHOW server_version_num");
    number.trim().parse::<u32>().unwrap() / 10_000 < major
}

#[tokio::test]
async fn an_empty_database_reads_as_empty() {
    let read = read("").await;
    assert_eq!(read.schema, Schema::default());
    assert!(read.left_alone.is_empty(), "{:?}", read.left_alone);
}

#[tokio::test]
async fn columns() {
    let sql = "CREATE TABLE t (id serial, big bigserial, a text NOT NULL DEFAULT 'it''s' COLLATE \"C\", b varchar(20)[],
        c numeric(10,2) DEFAULT 1 + 1, d timestamptz(3) DEFAULT now(), e text GENERATED ALWAYS AS (a || 'x') STORED,
        f int GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 2 CACHE 3 CYCLE), \"Ünï \"\"q\" \"char\", gone int);
        ALTER TABLE t DROP COLUMN gone; ALTER TABLE t ADD last bit(3)";
    let identity = json!({"always": true, "sequence": {"name": "t_f_seq", "type": "integer", "start": 5, "increment": 2,
        "min": 1, "max": 2147483647, "cache": 3, "cycle": true}});
    let expected = json!({"columns": [
        {"name": "id", "type": "integer", "nullable": false, "autoIncrement": true},
        {"name": "big", "type": "bigint", "nullable": false, "autoIncrement": true},
        {"name": "a", "type": "text", "nullable": false, "default": "'it''s'::text", "collation": "\"C\""},
        {"name": "b", "type": "character varying(20)[]", "nullable": true},
        {"name": "c", "type": "numeric(10,2)", "nullable": true, "default": "(1 + 1)"},
        {"name": "d", "type": "timestamp(3) with time zone", "nullable": true, "default": "now()"},
        {"name": "e", "type": "text", "nullable": true, "generated": {"expression": "(a || 'x'::text)", "stored": true}},
        {"name": "f", "type": "integer", "nullable": false, "identity": identity},
        {"name": "Ünï \"q", "type": "\"char\"", "nullable": true},
        {"name": "last", "type": "bit(3)", "nullable": true},
    ]});
    assert_eq!(table(sql).await, expected);
}

#[tokio::test]
async fn what_is_not_quite_a_serial_keeps_its_sequence() {
    let sql = "CREATE TABLE a (id serial); ALTER SEQUENCE a_id_seq INCREMENT 2;
        CREATE TABLE b (id serial); ALTER TABLE b ALTER id DROP NOT NULL;
        CREATE SEQUENCE free AS smallint START 10 MINVALUE 5 MAXVALUE 50; CREATE TABLE c (id int DEFAULT nextval('free'));
        CREATE SEQUENCE held; CREATE TABLE d (id int); ALTER SEQUENCE held OWNED BY d.id;
        CREATE TABLE e (id serial); ALTER TABLE e RENAME TO f";
    let schema = json(sql).await;
    let owner = |name: &str| {
        let all = schema["sequences"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["ownedBy"].clone()
    };
    assert_eq!(schema["sequences"].as_array().unwrap().len(), 5);
    assert_eq!(owner("a_id_seq"), json!(["a", "id"]));
    assert_eq!(owner("b_id_seq"), json!(["b", "id"]));
    assert_eq!(owner("e_id_seq"), json!(["f", "id"]));
    assert_eq!(owner("held"), json!(["d", "id"]));
    assert_eq!(
        schema["sequences"][3],
        json!({"name": "free", "type": "smallint", "start": 10, "increment": 1, "min": 5, "max": 50, "cache": 1})
    );
    assert_eq!(schema["tables"][2]["columns"][0]["default"], "nextval('free'::regclass)");
    assert_eq!(schema["tables"][4]["columns"][0]["default"], "nextval('e_id_seq'::regclass)");
}

#[tokio::test]
async fn constraints() {
    let sql = "CREATE SCHEMA other; CREATE TABLE other.p (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE t (a int, b int, c int, during int4range, CONSTRAINT k PRIMARY KEY (b, a) INCLUDE (c) DEFERRABLE,
        CONSTRAINT u UNIQUE (c) DEFERRABLE INITIALLY DEFERRED,
        FOREIGN KEY (a, b) REFERENCES other.p MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE,
        CONSTRAINT w UNIQUE (a), CONSTRAINT self FOREIGN KEY (c) REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT pos CHECK (a > 0 AND c IN (1, 2)) NO INHERIT,
        CONSTRAINT x EXCLUDE USING gist (during WITH &&) WHERE (a > 1));
        ALTER TABLE t ADD CONSTRAINT late CHECK (b < 9) NOT VALID;
        ALTER TABLE t ADD CONSTRAINT far FOREIGN KEY (a, b) REFERENCES other.p NOT VALID;
        COMMENT ON CONSTRAINT pos ON t IS 'positive'";
    let table = table(sql).await;
    let deferrable = "initiallyImmediate";
    assert_eq!(
        table["primaryKey"],
        json!({"columns": ["b", "a"], "name": "k", "include": ["c"], "deferrable": deferrable})
    );
    assert_eq!(
        table["uniqueConstraints"],
        json!([{"name": "u", "columns": ["c"], "deferrable": "initiallyDeferred"}, {"name": "w", "columns": ["a"]}])
    );
    let parent = json!({"namespace": "other", "name": "p"});
    assert_eq!(
        table["foreignKeys"],
        json!([
            {"name": "far", "columns": ["a", "b"], "referencedTable": parent, "referencedColumns": ["a", "b"],
             "notValid": true},
            {"name": "self", "columns": ["c"], "referencedTable": "t", "referencedColumns": ["a"],
             "deferrable": "initiallyDeferred"},
            {"name": "t_a_b_fkey", "columns": ["a", "b"], "referencedTable": parent, "referencedColumns": ["a", "b"],
             "onDelete": "setNull", "onUpdate": "cascade", "matchFull": true},
        ])
    );
    assert_eq!(
        table["checks"],
        json!([
            {"name": "late", "expression": "(b < 9)", "notValid": true},
            {"name": "pos", "expression": "((a > 0) AND (c = ANY (ARRAY[1, 2])))", "noInherit": true,
             "comment": "positive"},
        ])
    );
    assert_eq!(
        table["exclusions"],
        json!([{"name": "x", "definition": "EXCLUDE USING gist (during WITH &&) WHERE ((a > 1))", "columns": ["during"]}])
    );
}

#[tokio::test]
async fn what_came_with_version_15() {
    if server_is_older_than(15) {
        return;
    }
    let sql = "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE t (a int, b int, UNIQUE NULLS NOT DISTINCT (a),
        FOREIGN KEY (a, b) REFERENCES p ON DELETE SET NULL (b)); CREATE UNIQUE INDEX i ON t (b) NULLS NOT DISTINCT";
    let schema = json(sql).await;
    let table = &schema["tables"][1];
    assert_eq!(table["uniqueConstraints"][0]["nullsNotDistinct"], true);
    assert_eq!(table["indexes"][0]["nullsNotDistinct"], true);
    assert_eq!(table["foreignKeys"][0]["onDeleteColumns"], json!(["b"]));
}

#[tokio::test]
async fn indexes() {
    let sql = "CREATE EXTENSION pg_trgm; CREATE TABLE t (a int, b text, c text COLLATE \"C\", d int[]);
        CREATE INDEX plain ON t (a);
        CREATE UNIQUE INDEX sorted ON t (a DESC, b NULLS FIRST, c DESC NULLS LAST) INCLUDE (d) WHERE a > 5;
        CREATE INDEX spoken ON t (lower(b), (a + 1), b text_pattern_ops, b COLLATE \"POSIX\", c);
        CREATE INDEX tri ON t USING gist (b gist_trgm_ops(siglen=32)) WITH (fillfactor=80);
        CREATE INDEX inner_ ON t USING gin (d); COMMENT ON INDEX plain IS 'why'";
    assert_eq!(
        table(sql).await["indexes"],
        json!([
            {"name": "inner_", "columns": ["d"], "type": "gin"},
            {"name": "plain", "columns": ["a"], "comment": "why"},
            {"name": "sorted", "unique": true, "where": "(a > 5)", "include": ["d"], "columns": [
                {"column": "a", "order": "desc"},
                {"column": "b", "nulls": "first"},
                {"column": "c", "order": "desc", "nulls": "last"},
            ]},
            {"name": "spoken", "columns": [
                {"expression": "lower(b)"},
                {"expression": "(a + 1)"},
                {"column": "b", "operatorClass": "text_pattern_ops"},
                {"column": "b", "collation": "\"POSIX\""},
                "c",
            ]},
            {"name": "tri", "type": "gist", "storage": {"fillfactor": "80"}, "columns": [
                {"column": "b", "operatorClass": "gist_trgm_ops (siglen='32')"},
            ]},
        ])
    );
}

/// The server of some distributions keeps its own books there.
#[tokio::test]
async fn the_bookkeeping_of_the_server_is_no_option_of_a_column() {
    let sql =
        "CREATE TABLE t (a int, b tsvector); CREATE INDEX i ON t USING gist (b tsvector_ops (siglen = 100))";
    let kept = "SET allow_system_table_mods = on;
        UPDATE pg_attribute SET attoptions = coalesce(attoptions, '{}') || '{pg_attver=12}' \
        WHERE attrelid IN ('t'::regclass, 'i'::regclass) AND attnum > 0";
    let plain = table(sql).await;
    assert_eq!(plain["indexes"][0]["columns"][0]["operatorClass"], "tsvector_ops (siglen='100')");
    assert_eq!(table(&format!("{sql}; {kept}")).await, plain);
}

/// Whatever the number of tables: twice a text goes to the server.
#[tokio::test]
async fn the_number_of_round_trips_is_constant() {
    let table = |number: usize| {
        format!(
            "CREATE TABLE t{number} (id serial PRIMARY KEY, a text CHECK (a <> '')); CREATE INDEX ON t{number} (a); "
        )
    };
    for tables in [0, 1, 40] {
        let database = Cluster::shared().database();
        database.psql(&(0..tables).map(table).collect::<String>());
        let connection = open(&database.url()).await.unwrap();
        let mut connection = FailingConnection::new(Box::new(connection), Fault::Refused, usize::MAX);
        let read = introspect(&mut connection, &IntrospectOptions::default()).await.unwrap();
        assert_eq!((read.schema.tables.len(), connection.calls().count()), (tables, 2));
    }
}

#[tokio::test]
async fn an_index_whose_build_failed_is_invalid() {
    let database = Cluster::shared().database();
    database.psql("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
    let mut connection = open(&database.url()).await.unwrap();
    connection.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)").await.unwrap_err();
    let read = introspect(&mut connection, &IntrospectOptions::default()).await.unwrap();
    assert!(read.schema.tables[0].indexes[0].invalid);
}

#[tokio::test]
async fn an_operator_class_is_told_where_it_is_not_the_columns_own() {
    let sql = "CREATE DOMAIN code AS varchar; CREATE TYPE mood AS ENUM ('ok');
        CREATE TABLE t (a varchar, b char(3), c code, d mood, e int[], f inet);
        CREATE INDEX i1 ON t (a text_ops, b, c, d, e, f);
        CREATE INDEX i2 ON t (a varchar_pattern_ops, b bpchar_pattern_ops, c varchar_pattern_ops, f cidr_ops)";
    let class = |column: &str, class: &str| json!({"column": column, "operatorClass": class});
    assert_eq!(
        table(sql).await["indexes"],
        json!([
            {"name": "i1", "columns": ["a", "b", "c", "d", "e", "f"]},
            {"name": "i2", "columns": [class("a", "varchar_pattern_ops"), class("b", "bpchar_pattern_ops"),
             class("c", "varchar_pattern_ops"), class("f", "cidr_ops")]},
        ])
    );
}

#[tokio::test]
async fn types() {
    let sql = "CREATE SCHEMA other; CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TYPE mood ADD VALUE 'so so' AFTER 'sad';
        CREATE TYPE other.pair AS (x int, \"Y\" text COLLATE \"C\"); COMMENT ON TYPE other.pair IS 'two';
        CREATE DOMAIN email AS varchar(100) COLLATE \"C\" DEFAULT 'x' NOT NULL CONSTRAINT has_at CHECK (VALUE ~ '@');
        CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
        CREATE TABLE t (m mood, ms mood[], p other.pair, e email, s span, ss span_multirange)";
    let schema = json(sql).await;
    assert_eq!(schema["enums"], json!([{"name": "mood", "values": ["sad", "so so", "ok"]}]));
    let span = "SUBTYPE = double precision, SUBTYPE_DIFF = float8mi, MULTIRANGE_TYPE_NAME = span_multirange";
    assert_eq!(
        schema["types"],
        json!([
            {"kind": "domain", "name": "email", "base": "character varying(100)", "notNull": true,
             "default": "'x'::character varying", "collation": "\"C\"",
             "checks": [["has_at", "((VALUE)::text ~ '@'::text)"]]},
            {"kind": "range", "name": "span", "definition": span},
            {"kind": "composite", "name": {"namespace": "other", "name": "pair"},
             "attributes": [["x", "integer"], ["Y", "text COLLATE \"C\""]], "comment": "two"},
        ])
    );
    let columns = schema["tables"][0]["columns"].as_array().unwrap();
    let types: Vec<&str> = columns.iter().map(|column| column["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["mood", "mood[]", "other.pair", "email", "span", "span_multirange"]);
}

#[tokio::test]
async fn options_and_comments_of_tables() {
    let sql = "CREATE UNLOGGED TABLE t (a text) WITH (fillfactor=70, toast.autovacuum_enabled=off);
        COMMENT ON TABLE t IS 'the table'; COMMENT ON COLUMN t.a IS 'the column'";
    let expected = json!({
        "columns": [{"name": "a", "type": "text", "nullable": true, "comment": "the column"}],
        "options": {"unlogged": true, "storage": {"fillfactor": "70", "toast.autovacuum_enabled": "off"}},
        "comment": "the table",
    });
    assert_eq!(table(sql).await, expected);
}

/// The objects that `sql` creates: kind, name and signature, definition, and
/// what they depend on.
async fn objects(sql: &str) -> Vec<(String, String, Vec<String>)> {
    let objects = read(sql).await.schema.objects.into_iter();
    objects
        .map(|object| {
            let name = format!("{} {}{}", object.kind, object.name, object.signature.unwrap_or_default());
            let needs = object.depends_on.iter().map(|need| {
                let column = need.column.as_ref().map(|column| format!(".{column}")).unwrap_or_default();
                format!(
                    "{} {}{}{column}",
                    need.kind,
                    need.name,
                    need.signature.as_deref().unwrap_or_default()
                )
            });
            (name, object.definition.0, needs.collect())
        })
        .collect()
}

#[tokio::test]
async fn views() {
    let sql = "CREATE SCHEMA other; CREATE TABLE a (id int PRIMARY KEY, x text, y int); CREATE TABLE other.b (a_id int);
        CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
        CREATE VIEW v WITH (security_barrier) AS SELECT a.x, twice(a.y) AS z FROM a JOIN other.b ON b.a_id = a.id;
        ALTER VIEW v ALTER x SET DEFAULT 'none'; COMMENT ON VIEW v IS 'seen'; COMMENT ON COLUMN v.z IS 'doubled';
        CREATE MATERIALIZED VIEW m AS SELECT v.x, b.a_id FROM v, other.b; CREATE UNIQUE INDEX m_x ON m (x)";
    let found = objects(sql).await;
    let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["index m_x", "view v", "materialized view m", "function twice(integer)"]);
    assert_eq!(found[0].1, "CREATE UNIQUE INDEX m_x ON m USING btree (x)");
    assert_eq!(found[0].2, ["materialized view m", "materialized view m.x"]);
    let view = &found[1].1;
    assert!(view.starts_with("CREATE VIEW \"v\" WITH (security_barrier='true') AS\n SELECT a.x,"), "{view}");
    assert!(view.ends_with(";\nALTER VIEW \"v\" ALTER COLUMN \"x\" SET DEFAULT 'none'::text"), "{view}");
    assert_eq!(
        found[1].2,
        ["table a.id", "table a.x", "table a.y", "table other.b.a_id", "function twice(integer)"]
    );
    assert!(found[2].1.starts_with("CREATE MATERIALIZED VIEW \"m\" AS\n SELECT v.x,"), "{}", found[2].1);
    assert_eq!(found[2].2, ["table other.b.a_id", "view v.x"]);
    let schema = json(sql).await;
    assert_eq!(schema["objects"][1]["comment"], "seen");
    assert_eq!(
        schema["objects"][1]["columns"],
        json!([{"name": "x", "type": "text"}, {"name": "z", "type": "integer", "comment": "doubled"}])
    );
}

#[tokio::test]
async fn a_view_that_groups_by_a_key_needs_it() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY, x text); CREATE VIEW v AS SELECT id, x FROM a GROUP BY id";
    assert_eq!(objects(sql).await[0].2, ["table a.id", "table a.x", "constraint a_pkey"]);
}

#[tokio::test]
async fn routines() {
    let sql = "CREATE SCHEMA other; CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (a int);
        CREATE FUNCTION f(m mood[], VARIADIC rest text[] DEFAULT '{}') RETURNS SETOF t LANGUAGE sql AS $$SELECT * FROM public.t$$;
        CREATE FUNCTION other.f() RETURNS int LANGUAGE sql RETURN 1;
        CREATE PROCEDURE p(INOUT n int) LANGUAGE plpgsql AS $$BEGIN n := n + 1; END$$; COMMENT ON PROCEDURE p IS 'adds';
        CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', COMBINEFUNC = int4pl, PARALLEL = SAFE);
        CREATE AGGREGATE number(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0')";
    let found = objects(sql).await;
    let expected = [
        (
            "function f(mood[], text[])",
            "CREATE OR REPLACE FUNCTION \"f\"(m mood[], VARIADIC rest text[] DEFAULT '{}'::text[])\n RETURNS SETOF t\n \
             LANGUAGE sql\nAS $function$SELECT * FROM public.t$function$",
            vec!["type mood", "table t"],
        ),
        (
            "function other.f()",
            "CREATE OR REPLACE FUNCTION other.f()\n RETURNS integer\n LANGUAGE sql\nRETURN 1",
            vec![],
        ),
        (
            "procedure p(integer)",
            "CREATE OR REPLACE PROCEDURE \"p\"(INOUT n integer)\n LANGUAGE plpgsql\n\
             AS $procedure$BEGIN n := n + 1; END$procedure$",
            vec![],
        ),
        (
            "aggregate number(*)",
            "CREATE AGGREGATE \"number\"(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0')",
            vec![],
        ),
        (
            "aggregate total(integer)",
            "CREATE AGGREGATE \"total\"(integer) (SFUNC = int4pl, STYPE = integer, COMBINEFUNC = int4pl, INITCOND = '0', \
             PARALLEL = SAFE)",
            vec![],
        ),
    ];
    for ((name, definition, needs), found) in expected.into_iter().zip(&found) {
        assert_eq!((name, definition), (found.0.as_str(), found.1.as_str()));
        assert_eq!(needs, found.2, "{name}");
    }
    assert_eq!(found.len(), 5);
}

#[tokio::test]
async fn triggers() {
    let sql = "CREATE TABLE t (a int, b int); CREATE TABLE p (id int PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
        CREATE TRIGGER one BEFORE UPDATE OF b ON t FOR EACH ROW WHEN (OLD.a IS DISTINCT FROM NEW.a) EXECUTE FUNCTION f();
        CREATE TRIGGER two AFTER INSERT ON t EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER two";
    let found = objects(sql).await;
    assert_eq!(
        found[1].1,
        "CREATE TRIGGER one BEFORE UPDATE OF b ON t FOR EACH ROW WHEN (old.a IS DISTINCT FROM new.a) EXECUTE FUNCTION f()"
    );
    assert_eq!(found[1].2, ["table t", "table t.a", "table t.b", "function f()"]);
    assert_eq!(
        found[2].1,
        "CREATE TRIGGER two AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION f();\n\
         ALTER TABLE \"t\" DISABLE TRIGGER \"two\""
    );
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn what_belongs_to_others_does_not_show() {
    let sql = "CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION pg_trgm;
        CREATE TABLE t (a ext.hstore, b text); CREATE VIEW v AS SELECT similarity(b, 'x') FROM t;
        CREATE TABLE _sqlx_migrations (version bigint); CREATE TEMP TABLE fleeting ()";
    let schema = json(sql).await;
    let names = |key: &str| {
        let all = schema[key].as_array().unwrap().iter();
        all.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("extensions"), ["hstore", "pg_trgm"]);
    assert_eq!(schema["extensions"][0]["namespace"], "ext");
    assert_eq!((names("tables"), names("objects")), (vec!["t".to_owned()], vec!["v".to_owned()]));
    assert_eq!(schema["tables"][0]["columns"][0]["type"], "ext.hstore");
    let needs = &schema["objects"][0]["dependsOn"];
    assert!(needs.as_array().unwrap().contains(&json!({"kind": "extension", "name": "pg_trgm"})), "{needs}");
    assert!(schema.get("types").is_none());
}

#[tokio::test]
async fn kinds_that_are_not_managed_are_counted_and_told_of() {
    let sql = "CREATE TABLE t (a int, b int); CREATE TABLE kept (id int);
        CREATE POLICY mine ON t USING (b = 1); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE RULE r AS ON DELETE TO t WHERE old.a = 1 DO INSTEAD NOTHING; CREATE STATISTICS st ON a, b FROM t;
        CREATE TABLE heir () INHERITS (t); GRANT SELECT ON t TO PUBLIC;
        GRANT UPDATE (b) ON t TO PUBLIC; CREATE PUBLICATION p FOR TABLE t; CREATE COLLATION own FROM \"C\";
        CREATE SCHEMA far; CREATE TABLE far.u (a int); GRANT SELECT ON far.u TO PUBLIC; GRANT USAGE ON SCHEMA far TO PUBLIC";
    let read = read(sql).await;
    let told: Vec<String> = read.left_alone.iter().map(|one| format!("{}: {one}", one.kind)).collect();
    let expected = [
        "collation: own",
        "grant: far.u",
        "grant: schema far",
        "grant: t",
        "inheriting table: heir",
        "policy: mine on t",
        "publication: p",
        "row security setting: t",
        "rule: r on t",
        "statistics object: st on t",
    ];
    assert_eq!(told, expected);
    assert_eq!(read.count_left_alone()["grant"], 3);
    let tables: Vec<&str> = read.schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(tables, ["kept", "t", "u"]);
    let on = |kind: &str| -> Vec<String> {
        let of_kind = read.unmanaged.iter().filter(|one| one.kind == kind);
        let columns = of_kind.map(|one| {
            let table = one.table.as_ref().map_or("*".to_owned(), ToString::to_string);
            format!("{table}.{}", one.column.as_deref().unwrap_or("*"))
        });
        columns.collect()
    };
    assert_eq!(on("policy"), ["t.*", "t.b"]);
    assert_eq!(on("rule"), ["t.*", "t.a"]);
    assert_eq!(on("statistics object"), ["t.a", "t.b"]);
    assert_eq!(on("grant"), ["*.*", "t.*", "t.b", "far.u.*"]);
    assert_eq!(on("inheriting table"), ["t.*"]);
}

#[tokio::test]
async fn properties_that_are_not_managed_are_told_of() {
    let sql = "CREATE TABLE t (a int, b int); ALTER TABLE t REPLICA IDENTITY FULL; CREATE INDEX i ON t ((a + 1));
        ALTER TABLE t CLUSTER ON i; ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 300; ALTER TABLE t ALTER b SET (n_distinct = 5);
        CREATE SCHEMA far; COMMENT ON SCHEMA far IS 'away'; CREATE DOMAIN d AS int CONSTRAINT pos CHECK (VALUE > 0);
        COMMENT ON CONSTRAINT pos ON DOMAIN d IS 'positive'";
    let read = read(sql).await;
    let told: Vec<String> = read.left_alone.iter().map(|one| format!("{}: {one}", one.kind)).collect();
    let expected = [
        "clustering: i on t",
        "column option: b on t",
        "comment: pos of d",
        "comment: schema far",
        "index statistics target: i on t",
        "replica identity: t",
    ];
    assert_eq!(told, expected);
    assert!(read.unmanaged.iter().all(|one| one.table.is_none()), "{:?}", read.unmanaged);
}

#[tokio::test]
async fn constraints_that_came_with_version_18_are_counted_and_told_of() {
    if crate::is_older_than(18) {
        return;
    }
    let sql = "CREATE TABLE p (id int4range, at daterange, PRIMARY KEY (id, at WITHOUT OVERLAPS));
        CREATE TABLE c (id int4range, at daterange, FOREIGN KEY (id, PERIOD at) REFERENCES p (id, PERIOD at));
        CREATE TABLE n (a int CHECK (a > 0) NOT ENFORCED, b int CONSTRAINT named NOT NULL, c int);
        ALTER TABLE n ADD CONSTRAINT later NOT NULL c NOT VALID";
    let read = read(sql).await;
    let on: Vec<String> = read
        .unmanaged
        .iter()
        .map(|one| {
            let table = one.table.as_ref().unwrap();
            format!("{} {} on {table}.{}", one.kind, one.name, one.column.as_deref().unwrap_or("*"))
        })
        .collect();
    let expected = [
        "temporal constraint c_id_at_fkey on c.at",
        "temporal constraint c_id_at_fkey on c.id",
        "temporal constraint p_pkey on p.at",
        "temporal constraint p_pkey on p.id",
        "unenforced constraint n_a_check on n.a",
        "unvalidated not-null constraint later on n.c",
    ];
    assert_eq!(on, expected);
    let column = |name: &str, sql_type: &str| Column::new(name, sql_type);
    let not_null = |column: Column| Column { nullable: false, ..column };
    let mut tables = ["c", "n", "p"].map(Table::new);
    tables[0].columns = vec![column("id", "int4range"), column("at", "daterange")];
    tables[1].columns =
        vec![column("a", "integer"), not_null(column("b", "integer")), not_null(column("c", "integer"))];
    tables[2].columns = vec![not_null(column("id", "int4range")), not_null(column("at", "daterange"))];
    assert_eq!(read.schema.tables, tables);
}

#[tokio::test]
async fn equal_names_in_two_namespaces_stay_apart() {
    let sql = "CREATE SCHEMA other; CREATE TYPE mood AS ENUM ('a'); CREATE TYPE other.mood AS ENUM ('b');
        CREATE TABLE t (id int PRIMARY KEY, m mood); CREATE TABLE other.t (id int REFERENCES t, m other.mood);
        CREATE INDEX i ON t (m); CREATE INDEX i ON other.t (m)";
    let schema = read(sql).await.schema;
    assert_eq!(schema.namespaces, ["other"]);
    let types: Vec<&str> = schema.tables.iter().map(|table| table.columns[1].sql_type.as_str()).collect();
    assert_eq!(types, ["mood", "other.mood"]);
    assert_eq!(schema.tables[1].foreign_keys[0].referenced_table, "t".into());
    assert!(schema.tables.iter().all(|table| table.indexes[0].name == "i"));
}

#[tokio::test]
async fn names_of_63_bytes_are_whole() {
    let name = "n".repeat(63);
    let schema = read(&format!("CREATE TABLE {name} ({name} serial PRIMARY KEY)")).await.schema;
    let table = &schema.tables[0];
    assert_eq!((table.name.name.as_str(), table.columns[0].name.as_str()), (name.as_str(), name.as_str()));
    assert!(table.columns[0].auto_increment);
    assert!(schema.sequences.is_empty());
}

#[tokio::test]
async fn reading_leaves_the_session_as_it_was() {
    let database = Cluster::shared().database();
    database.psql("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t");
    let mut connection = open(&database.url()).await.unwrap();
    let options = IntrospectOptions::default();
    connection.execute("SET search_path = ''").await.unwrap();
    let outside = introspect(&mut connection, &options).await.unwrap();
    assert!(!connection.in_transaction().await.unwrap());
    connection.execute("BEGIN").await.unwrap();
    connection.execute("SET LOCAL datestyle = 'German'").await.unwrap();
    let inside = introspect(&mut connection, &options).await.unwrap();
    assert_eq!(outside, inside);
    assert!(connection.in_transaction().await.unwrap());
    let rows = connection
        .query("SELECT current_setting('search_path'), current_setting('datestyle')")
        .await
        .unwrap();
    assert_eq!((rows[0].text(0), rows[0].text(1)), (Some("\"\""), Some("German, DMY")));
}

/// A dump of an old server says so; it is asked before anything is pinned.
#[tokio::test]
async fn a_session_may_have_any_settings() {
    let sql = "CREATE TABLE t (a text DEFAULT 'a\\b', b timestamptz DEFAULT '2024-05-06 07:08:09+00')";
    let expected = read(sql).await.schema;
    let database = Cluster::shared().database();
    database.psql(sql);
    let mut connection = open(&database.url()).await.unwrap();
    for setting in [
        "standard_conforming_strings = off",
        "backslash_quote = off",
        "quote_all_identifiers = on",
        "datestyle = 'German'",
        "timezone = 'Asia/Kathmandu'",
        "search_path = ''",
        "default_transaction_isolation = serializable",
    ] {
        connection.execute(&format!("SET {setting}")).await.unwrap();
    }
    let read = introspect(&mut connection, &IntrospectOptions::default()).await.unwrap();
    assert_eq!(read.schema, expected);
}

#[tokio::test]
async fn a_fingerprint_tells_every_change_and_nothing_else() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    let options = IntrospectOptions::default();
    let mut seen = Vec::new();
    for sql in [
        "CREATE TABLE t (a int, b text)",
        "ALTER TABLE t ALTER a SET DEFAULT 1",
        "COMMENT ON COLUMN t.a IS 'x'",
        "CREATE INDEX i ON t (a)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON t USING (a > 0)",
        "GRANT SELECT ON t TO public",
        "CREATE VIEW v AS SELECT a FROM t",
        "ALTER VIEW v ALTER a SET DEFAULT 1",
        "CREATE SEQUENCE s",
        "ALTER SEQUENCE s OWNED BY t.a",
        "CREATE TYPE e AS ENUM ('a', 'c')",
        "ALTER TYPE e ADD VALUE 'b' BEFORE 'c'",
        "CREATE TABLE two (a int NOT NULL, b int)",
        "ALTER TABLE two ALTER a DROP NOT NULL, ALTER b SET NOT NULL",
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "ALTER TABLE t DISABLE TRIGGER g",
        "CREATE EXTENSION pgcrypto",
        "CREATE TABLE r (a int PRIMARY KEY REFERENCES r)",
    ] {
        connection.execute(sql).await.unwrap();
        let read = introspect(&mut connection, &options).await.unwrap();
        assert_eq!(fingerprint(&mut connection, &options).await.unwrap(), read.fingerprint);
        assert!(!seen.contains(&read.fingerprint), "{sql}");
        seen.push(read.fingerprint);
    }
    connection.execute("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 1000) i").await.unwrap();
    connection.execute("ANALYZE").await.unwrap();
    connection.execute("VACUUM FULL").await.unwrap();
    connection.execute("CREATE TEMPORARY TABLE mine (a int)").await.unwrap();
    connection.execute("SELECT nextval('s')").await.unwrap();
    assert_eq!(seen.last(), Some(&fingerprint(&mut connection, &options).await.unwrap()));
}

#[tokio::test]
async fn a_failed_transaction_is_told_and_left() {
    let database = Cluster::shared().database();
    let mut connection = open(&database.url()).await.unwrap();
    connection.execute("BEGIN").await.unwrap();
    connection.execute("SELECT 1 / 0").await.unwrap_err();
    let error = introspect(&mut connection, &IntrospectOptions::default()).await.unwrap_err();
    let IntrospectError::Db(error) = error else { panic!("{error:?}") };
    assert_eq!(error.statement().unwrap().code.as_deref(), Some("25P02"));
}

#[tokio::test]
async fn partitions_tell_what_is_their_own() {
    let schema = json(
        "CREATE TABLE log (id serial, at date NOT NULL, n int DEFAULT 1 CHECK (n > 0), PRIMARY KEY (id, at))
            PARTITION BY RANGE (at);
        CREATE INDEX log_n ON log (n);
        CREATE TABLE log_1 PARTITION OF log (n DEFAULT 2, CONSTRAINT own CHECK (n > 1))
            FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
        CREATE INDEX log_1_own ON log_1 (n, at);
        CREATE TABLE \"Rest\" (at date NOT NULL, n int, id int NOT NULL, CONSTRAINT log_n_check CHECK (n > 0));
        CREATE INDEX mine ON \"Rest\" (n);
        ALTER TABLE log ATTACH PARTITION \"Rest\" DEFAULT;
        CREATE TABLE note (id int, at date, FOREIGN KEY (id, at) REFERENCES log);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER touched BEFORE UPDATE ON log FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER own BEFORE UPDATE ON log_1 FOR EACH ROW EXECUTE FUNCTION f();",
    )
    .await;
    let id = json!({"name": "id", "type": "integer", "nullable": false, "default": "nextval('log_id_seq'::regclass)"});
    let at = json!({"name": "at", "type": "date", "nullable": false});
    let first = json!({"name": "log_1", "columns": [id, at, {"name": "n", "type": "integer", "nullable": true, "default": "2"}],
        "indexes": [{"name": "log_1_own", "columns": ["n", "at"]}], "checks": [{"name": "own", "expression": "(n > 1)"}],
        "partitionOf": {"parent": "log", "bound": "FOR VALUES FROM ('2024-01-01') TO (MAXVALUE)"}});
    let rest = json!({"name": "Rest", "columns": [at, {"name": "n", "type": "integer", "nullable": true},
        {"name": "id", "type": "integer", "nullable": false}], "partitionOf": {"parent": "log", "bound": "DEFAULT"}});
    assert_eq!(schema["tables"][0], rest);
    assert_eq!(schema["tables"][1]["partitionBy"], json!({"strategy": "range", "key": "at"}));
    assert_eq!(schema["tables"][2], first);
    assert_eq!(schema["tables"][3]["foreignKeys"].as_array().map(Vec::len), Some(1));
    let triggers: Vec<_> =
        schema["objects"].as_array().unwrap().iter().skip(1).map(|one| &one["table"]).collect();
    assert_eq!(triggers, ["log_1", "log"]);
}

#[tokio::test]
async fn the_fingerprint_tells_of_partitions() {
    let database = Cluster::shared().database();
    database.psql(
        "CREATE TABLE log (at int) PARTITION BY RANGE (at); CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (2)",
    );
    let mut connection = open(&database.url()).await.unwrap();
    let mut prints = vec![fingerprint(&mut connection, &IntrospectOptions::default()).await.unwrap()];
    for change in [
        "ALTER TABLE log DETACH PARTITION log_1",
        "ALTER TABLE log ATTACH PARTITION log_1 FOR VALUES FROM (1) TO (3)",
        "ALTER TABLE log DETACH PARTITION log_1; ALTER TABLE log ATTACH PARTITION log_1 FOR VALUES FROM (1) TO (4)",
    ] {
        database.psql(change);
        let print = fingerprint(&mut connection, &IntrospectOptions::default()).await.unwrap();
        assert!(!prints.contains(&print), "{change}");
        prints.push(print);
    }
}
