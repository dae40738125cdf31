//! Makes a scratch database empty again where it stands.

use crate::connection::Connection;
use crate::error::DbError;
use crate::session::reset_session;

/// More relations than this are dropped with the whole database: each one
/// dropped by itself takes locks, of which a server has some thousands.
const MANY: i64 = 1500;

/// Ends what the last user of the session left open, and forgets what it made.
const REWIND: [&str; 2] = ["ROLLBACK", "DISCARD ALL"];

/// How much there is.
const COUNT: &str = "SELECT count(*) FROM pg_class WHERE oid >= 16384";

/// Drops everything that is not the server's own. Only what namespaces and
/// extensions do not hold needs to be named, and what `public` holds where that
/// is not ours to drop: before version 15 it is the administrator's in every
/// database.
const CLEAR: &str = "DO $whimbrel$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT 1 AS rank, format('DROP EVENT TRIGGER %I', evtname) AS sql FROM pg_event_trigger
        UNION ALL SELECT 2, format('DROP PUBLICATION %I', pubname) FROM pg_publication
        UNION ALL SELECT 3, format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension WHERE oid >= 16384
        UNION ALL SELECT 4, format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
            AND (nspname <> 'public' OR pg_has_role(nspowner, 'USAGE'))
        UNION ALL SELECT 4, format('DROP %s IF EXISTS %s CASCADE', o.type, o.identity)
            FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid,
            pg_identify_object(d.classid, d.objid, 0) o
            WHERE d.refclassid = 'pg_namespace'::regclass AND n.nspname = 'public'
            AND NOT pg_has_role(n.nspowner, 'USAGE') AND d.deptype = 'n'
            AND d.classid NOT IN ('pg_statistic_ext'::regclass, 'pg_default_acl'::regclass)
            AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = d.classid AND i.objid = d.objid
                AND i.deptype IN ('i', 'e'))
        UNION ALL SELECT 5, format('DROP FOREIGN DATA WRAPPER IF EXISTS %I CASCADE', fdwname)
            FROM pg_foreign_data_wrapper
        UNION ALL SELECT 6, format('DROP LANGUAGE IF EXISTS %I CASCADE', lanname) FROM pg_language WHERE oid >= 16384
        UNION ALL SELECT 7, format('DROP CAST IF EXISTS (%s AS %s)', castsource::regtype, casttarget::regtype)
            FROM pg_cast WHERE oid >= 16384
        UNION ALL SELECT 8, format('DROP ACCESS METHOD IF EXISTS %I CASCADE', amname) FROM pg_am WHERE oid >= 16384
        ORDER BY 1, 2
    LOOP
        BEGIN
            EXECUTE one.sql;
        EXCEPTION WHEN undefined_object THEN
            NULL; -- It went with one before.
        END;
    END LOOP;
    IF to_regnamespace('public') IS NULL THEN
        CREATE SCHEMA public;
        GRANT USAGE ON SCHEMA public TO PUBLIC;
    END IF;
END
$whimbrel$";

/// Puts the session back to how it began.
pub(super) async fn rewind(connection: &mut dyn Connection) -> Result<(), DbError> {
    for statement in REWIND {
        connection.execute(statement).await?;
    }
    reset_session(connection).await
}

/// Empties the database. Says whether it is empty now: where there is much, or
/// where a right is missing, the database should be made anew.
pub(super) async fn empty(connection: &mut dyn Connection) -> Result<bool, DbError> {
    rewind(connection).await?;
    let count = connection.query(COUNT).await?;
    if count.first().and_then(|row| row.integer(0)).unwrap_or_default() > MANY {
        return Ok(false);
    }
    match connection.execute(CLEAR).await {
        Ok(_) => Ok(true),
        Err(DbError::Statement(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
