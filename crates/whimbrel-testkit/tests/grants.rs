//! What PostgreSQL must drop and make again keeps its owner and its grants.

use whimbrel::core::resolve::lenient;
use whimbrel::{Error, Migrator, PushReport, Source};
use whimbrel_testkit::cluster::{Cluster, TestDatabase};
use whimbrel_testkit::database::block_on;

/// Every owner and grant there is, a line each. No grants are those that go
/// without saying.
const ALL: &str = "WITH object AS (\
    SELECT relname::text AS name, relowner AS owner, \
    coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner)) AS acl \
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'S') \
    UNION ALL SELECT attrelid::regclass || '.' || attname, NULL, attacl FROM pg_attribute \
    WHERE attacl IS NOT NULL AND attrelid >= 16384 AND NOT attisdropped \
    UNION ALL SELECT oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc \
    WHERE pronamespace = 'public'::regnamespace \
    UNION ALL SELECT typname, typowner, coalesce(typacl, acldefault('T', typowner)) FROM pg_type \
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')) \
    SELECT format('%s %s %s', name, pg_get_userbyid(owner), ARRAY(SELECT item::text FROM unnest(acl) item ORDER BY 1)) \
    FROM object ORDER BY 1";

async fn push(database: &TestDatabase<'_>, schema: &str) -> Result<PushReport, Error> {
    let source = Source::sql("schema.sql", schema);
    let mut migrator = Migrator::builder(&database.url()).unwrap().source(source).connect().await.unwrap();
    let report = migrator.push().resolver(lenient()).await;
    migrator.close().await.unwrap();
    report
}

/// The statements of a report that are about owners and grants.
fn of_grants(report: &PushReport) -> Vec<&str> {
    let steps = report.plan.steps().map(|step| step.sql.as_str());
    steps
        .filter(|sql| {
            ["GRANT", "REVOKE"].iter().any(|verb| sql.starts_with(verb)) || sql.contains(" OWNER TO ")
        })
        .collect()
}

const SCHEMA: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
    CREATE TABLE users (id int PRIMARY KEY, age int, mood mood, next int GENERATED ALWAYS AS (id + 1) STORED);
    CREATE VIEW adults AS SELECT id, age FROM users WHERE age >= 18;
    CREATE VIEW old AS SELECT id, age FROM adults WHERE age >= 80;
    CREATE MATERIALIZED VIEW ages AS SELECT age, count(*) FROM users GROUP BY age;
    CREATE FUNCTION oldest() RETURNS int LANGUAGE sql AS 'SELECT max(age) FROM users';";

const GRANTS: &str =
    "CREATE ROLE \"Reader of things\"; CREATE ROLE g_writer; CREATE ROLE g_owner; CREATE ROLE g_given;
    GRANT SELECT ON adults TO \"Reader of things\", g_writer WITH GRANT OPTION;
    GRANT UPDATE, INSERT ON adults TO g_writer;
    GRANT SELECT (id), UPDATE (age, id) ON old TO \"Reader of things\";
    GRANT SELECT ON ages TO PUBLIC;
    GRANT SELECT (next) ON users TO g_writer;
    REVOKE ALL ON FUNCTION oldest() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION oldest() TO g_writer;
    GRANT USAGE ON TYPE mood TO g_writer;
    ALTER VIEW old OWNER TO g_owner;
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO g_given;";

#[test]
fn what_is_made_again_keeps_its_owner_and_its_grants() {
    block_on(async {
        let database = Cluster::shared().database();
        database.psql(SCHEMA);
        database.psql(GRANTS);
        let before = database.psql(ALL);
        let desired = SCHEMA
            .replace("age int", "age bigint")
            .replace("'sad', ", "")
            .replace("id + 1", "id + 2")
            .replace("RETURNS int", "RETURNS bigint");
        let report = push(&database, &desired).await.unwrap();
        assert!(report.applied);
        assert_eq!(database.psql(ALL), before);
        assert_eq!(
            of_grants(&report),
            [
                "REVOKE ALL ON TABLE \"adults\" FROM g_given",
                "GRANT SELECT ON TABLE \"adults\" TO \"Reader of things\" WITH GRANT OPTION",
                "GRANT INSERT, UPDATE ON TABLE \"adults\" TO g_writer",
                "GRANT SELECT ON TABLE \"adults\" TO g_writer WITH GRANT OPTION",
                "REVOKE ALL ON TABLE \"ages\" FROM g_given",
                "GRANT SELECT ON TABLE \"ages\" TO PUBLIC",
                "GRANT USAGE ON TYPE \"mood\" TO g_writer",
                "ALTER TABLE \"old\" OWNER TO g_owner",
                "REVOKE ALL ON TABLE \"old\" FROM g_given",
                "GRANT UPDATE (age) ON TABLE \"old\" TO \"Reader of things\"",
                "GRANT SELECT (id), UPDATE (id) ON TABLE \"old\" TO \"Reader of things\"",
                "GRANT SELECT (next) ON TABLE \"users\" TO g_writer",
                "REVOKE ALL ON ROUTINE \"oldest\"() FROM PUBLIC",
                "GRANT EXECUTE ON ROUTINE \"oldest\"() TO g_writer",
            ]
        );
        assert!(push(&database, &desired).await.unwrap().changes.is_empty());
    });
}

#[test]
fn a_view_with_a_rule_of_its_own_is_not_made_again() {
    block_on(async {
        let database = Cluster::shared().database();
        let schema = "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t;";
        database.psql(schema);
        database.psql("CREATE RULE quiet AS ON INSERT TO v DO INSTEAD NOTHING");
        let error = push(&database, &schema.replace("a int", "a bigint")).await.unwrap_err();
        let Error::LeftAlone { reasons } = error else { panic!("{error:?}") };
        assert_eq!(reasons, ["the rule `quiet` depends on `v`"]);
    });
}
