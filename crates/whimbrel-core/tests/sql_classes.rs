//! What the statements of both engines are taken for.

use whimbrel_core::name::ObjectName;
use whimbrel_core::sql::{Beyond, Class, Data, Lexicon, Run, classify, split};

/// One line for each statement: its class, and how it runs where that is not in
/// a transaction.
fn check(lexicon: Lexicon, statement: &str, expected: &str) {
    let (class, run) = classify(statement, lexicon);
    let run = match run {
        Run::InTransaction => "",
        Run::OwnTransaction => " (own transaction)",
        Run::Alone => " (alone)",
    };
    assert_eq!(format!("{}{run}", line(&class)), expected, "{statement}");
}

fn line(class: &Class) -> String {
    let dotted = |name: &Option<ObjectName>| name.as_ref().map_or("-".to_owned(), ToString::to_string);
    match class {
        Class::Ddl(ddl) => {
            let on = ddl.on.as_ref().map_or(String::new(), |on| format!(" on {on}"));
            let flags = [(ddl.temporary, " temp"), (ddl.or_replace, " or-replace"), (ddl.conditional, " if")];
            let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
            format!("{:?} {:?} {}{on}{flags}", ddl.verb, ddl.kind, dotted(&ddl.name))
        }
        Class::Data(Data { verb, target: None }) => format!("{verb:?}"),
        Class::Data(Data { verb, target }) => format!("{verb:?} {}", dotted(target)),
        Class::Transaction(verb) => format!("Transaction {verb:?}"),
        Class::Pragma(pragma) => match &pragma.value {
            Some(value) => format!("Pragma {} = {value}", pragma.name),
            None => format!("Pragma {}", pragma.name),
        },
        Class::Maintenance(verb) => format!("Maintenance {verb:?}"),
        Class::Beyond(beyond) => format!("Beyond {beyond:?}"),
        Class::MetaCommand { name } => format!("\\{name}"),
        Class::DotCommand { name } => format!(".{name}"),
        Class::Attach => "Attach".to_owned(),
        Class::ExtensionLoading => "ExtensionLoading".to_owned(),
        Class::Session => "Session".to_owned(),
        Class::Ownership => "Ownership".to_owned(),
        Class::Privilege => "Privilege".to_owned(),
        Class::Comment => "Comment".to_owned(),
        Class::Do => "Do".to_owned(),
        Class::Explain => "Explain".to_owned(),
        Class::Unknown => "Unknown".to_owned(),
    }
}

#[test]
fn common_ground() {
    for (statement, expected) in [
        ("create table users (id int)", "Create Table users"),
        ("CREATE TEMP TABLE IF NOT EXISTS \"a b\" (c)", "Create Table a b temp if"),
        ("CREATE UNIQUE INDEX i ON s.t (a)", "Create Index i on s.t"),
        ("CREATE INDEX IF NOT EXISTS i ON t (a) WHERE a IN (SELECT 1 FROM x)", "Create Index i on t if"),
        ("CREATE VIEW v AS SELECT 1", "Create View v"),
        ("CREATE TRIGGER g AFTER UPDATE OF a, b ON t BEGIN SELECT 1; END", "Create Trigger g on t"),
        ("DROP TABLE IF EXISTS a, b", "Drop Table a if"),
        ("DROP INDEX s.i", "Drop Index s.i"),
        ("ALTER TABLE t RENAME a TO b", "Alter Table t"),
        ("ALTER TABLE t ADD COLUMN owner text", "Alter Table t"),
        ("INSERT INTO s.t VALUES (1)", "Insert s.t"),
        ("UPDATE t SET a = 1", "Update t"),
        ("DELETE FROM t", "Delete t"),
        ("SELECT 1", "Select"),
        ("(SELECT 1)", "Select"),
        ("VALUES (1)", "Select"),
        ("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", "With"),
        ("BEGIN", "Transaction Begin (alone)"),
        ("COMMIT", "Transaction Commit (alone)"),
        ("END TRANSACTION", "Transaction Commit (alone)"),
        ("ROLLBACK", "Transaction Rollback (alone)"),
        ("ROLLBACK TRANSACTION TO SAVEPOINT a", "Transaction RollbackTo (alone)"),
        ("SAVEPOINT a", "Transaction Savepoint (alone)"),
        ("RELEASE a", "Transaction Release (alone)"),
        ("VACUUM", "Maintenance Vacuum (alone)"),
        ("ANALYZE t", "Maintenance Analyze"),
        ("EXPLAIN SELECT 1", "Explain"),
        ("/* a */ -- b\n DROP VIEW v", "Drop View v"),
        ("CREATE", "Unknown"),
        ("CREATE TABLE", "Create Table -"),
        ("frobnicate", "Unknown"),
        ("1", "Unknown"),
        ("", "Unknown"),
    ] {
        check(Lexicon::SQLITE, statement, expected);
        check(Lexicon::POSTGRES, statement, expected);
    }
}

#[test]
fn sqlite() {
    for (statement, expected) in [
        ("CREATE TABLE main.t (a)", "Create Table t"),
        ("CREATE TABLE 't' (a)", "Create Table t"),
        ("CREATE TABLE [My Table] (a)", "Create Table My Table"),
        ("CREATE TABLE temp.`t` (a)", "Create Table temp.t"),
        ("CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(a)", "Create VirtualTable f if"),
        (
            "CREATE TEMPORARY TRIGGER g INSTEAD OF INSERT ON main.v BEGIN SELECT 1; END",
            "Create Trigger g on v temp",
        ),
        ("INSERT OR REPLACE INTO t VALUES (1)", "Insert t"),
        ("REPLACE INTO t VALUES (1)", "Insert t"),
        ("UPDATE OR IGNORE t SET a = 1", "Update t"),
        ("PRAGMA foreign_keys", "Pragma foreign_keys (alone)"),
        ("PRAGMA main.Foreign_Keys = 'OFF'", "Pragma foreign_keys = OFF (alone)"),
        ("PRAGMA cache_size(-2000)", "Pragma cache_size = -2000"),
        ("PRAGMA table_info('a b')", "Pragma table_info = a b"),
        ("ATTACH DATABASE 'a' AS b", "Attach (alone)"),
        ("DETACH b", "Attach (alone)"),
        ("VACUUM main INTO 'f'", "Maintenance VacuumInto (alone)"),
        ("REINDEX", "Maintenance Reindex"),
        ("SELECT load_extension('x')", "ExtensionLoading"),
        ("SELECT 1, \"Load_Extension\" /**/ ('x')", "ExtensionLoading"),
        ("CREATE VIEW v AS SELECT LOAD_EXTENSION('x')", "ExtensionLoading"),
        ("EXPLAIN SELECT load_extension('x')", "ExtensionLoading"),
        ("CREATE TABLE load_extension (a)", "Create Table load_extension"),
        ("INSERT INTO load_extension (a) VALUES ('load_extension(')", "Insert load_extension"),
        (".tables", ".tables"),
        (".schema --indent t", ".schema"),
    ] {
        check(Lexicon::SQLITE, statement, expected);
    }
}

#[test]
fn postgres_objects() {
    for (statement, expected) in [
        ("CREATE TABLE public.Users (id int)", "Create Table users"),
        ("CREATE UNLOGGED TABLE \"Users\" (id int)", "Create Table Users"),
        ("CREATE FOREIGN TABLE f (a int) SERVER s", "Create ForeignTable f"),
        ("CREATE INDEX CONCURRENTLY i ON ONLY t (a)", "Create Index i on t (alone)"),
        ("CREATE INDEX ON t (a)", "Create Index - on t"),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", "Drop Index i if (alone)"),
        ("CREATE OR REPLACE TEMP RECURSIVE VIEW v (a) AS SELECT 1", "Create View v temp or-replace"),
        ("CREATE MATERIALIZED VIEW a.m AS SELECT 1", "Create MaterializedView a.m"),
        (
            "CREATE OR REPLACE FUNCTION a.f(x int) RETURNS int LANGUAGE sql AS ''",
            "Create Function a.f or-replace",
        ),
        ("CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()", "Create Trigger g on t"),
        ("DROP TRIGGER g ON a.t", "Drop Trigger g on a.t"),
        ("CREATE EVENT TRIGGER g ON ddl_command_start EXECUTE FUNCTION f()", "Create EventTrigger g"),
        ("CREATE RULE r AS ON INSERT TO t DO NOTHING", "Create Rule r on t"),
        ("DROP RULE r ON t", "Drop Rule r on t"),
        ("CREATE POLICY p ON t USING (true)", "Create Policy p on t"),
        ("CREATE TYPE e AS ENUM ('a')", "Create Type e"),
        ("ALTER TYPE e ADD VALUE IF NOT EXISTS 'b' AFTER 'a'", "Alter Type e (own transaction)"),
        ("ALTER TYPE c ADD ATTRIBUTE value int", "Alter Type c"),
        ("ALTER TYPE e RENAME VALUE 'a' TO 'b'", "Alter Type e"),
        ("CREATE SCHEMA IF NOT EXISTS public", "Create Namespace public if"),
        ("CREATE SCHEMA AUTHORIZATION joe", "Create Namespace joe"),
        ("CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA public", "Create Extension uuid-ossp if"),
        ("CREATE OPERATOR CLASS c FOR TYPE int USING btree AS STORAGE int", "Create OperatorClass c"),
        ("CREATE OPERATOR === (LEFTARG = int)", "Create Operator -"),
        ("CREATE CAST (a AS b) WITHOUT FUNCTION", "Create Cast -"),
        ("CREATE TEXT SEARCH CONFIGURATION c (COPY = d)", "Create TextSearch c"),
        ("CREATE USER MAPPING FOR joe SERVER s", "Create UserMapping -"),
        ("CREATE OR REPLACE TRUSTED PROCEDURAL LANGUAGE l", "Create Language l or-replace"),
        ("ALTER TABLE ONLY public.t ADD CONSTRAINT c PRIMARY KEY (a)", "Alter Table t"),
        ("ALTER TABLE IF EXISTS ONLY t ADD COLUMN a int", "Alter Table t if"),
        ("ALTER TABLE t DETACH PARTITION p", "Alter Table t"),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "Alter Table t (alone)"),
        ("ALTER SEQUENCE s OWNED BY t.a", "Alter Sequence s"),
        ("DROP AGGREGATE a(int)", "Drop Aggregate a"),
        ("CREATE STATISTICS s ON a, b FROM t", "Create Statistics s"),
        ("CREATE PUBLICATION p FOR ALL TABLES", "Create Publication p"),
    ] {
        check(Lexicon::POSTGRES, statement, expected);
    }
}

#[test]
fn postgres_everything_else() {
    for (statement, expected) in [
        ("COPY public.t (a, b) FROM stdin", "CopyFromStdin t"),
        ("COPY t FROM STDIN WITH (FORMAT csv)", "CopyFromStdin t"),
        ("COPY (SELECT a FROM stdin) TO STDOUT", "CopyToStdout"),
        ("COPY t FROM '/etc/passwd'", "Beyond File"),
        ("COPY (SELECT 1) TO '/f'", "Beyond File"),
        ("COPY t TO PROGRAM 'sh'", "Beyond Program"),
        ("COPY \"stdin\" FROM \"x\"", "Beyond File"),
        ("TRUNCATE TABLE ONLY t", "Truncate t"),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DO NOTHING", "Merge t"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", "Refresh m"),
        ("CALL p()", "Call"),
        ("SELECT pg_catalog.set_config('search_path', '', false)", "Session"),
        ("SELECT pg_catalog.setval('s', 1)", "Select"),
        ("SET search_path = a", "Session"),
        ("DISCARD ALL", "Session (alone)"),
        ("DISCARD PLANS", "Session"),
        ("PREPARE p AS SELECT 1", "Session"),
        ("PREPARE TRANSACTION 'x'", "Transaction TwoPhase (alone)"),
        ("COMMIT PREPARED 'x'", "Transaction TwoPhase (alone)"),
        ("START TRANSACTION READ ONLY", "Transaction Begin (alone)"),
        ("ABORT", "Transaction Rollback (alone)"),
        ("ALTER TABLE public.t OWNER TO postgres", "Ownership"),
        ("ALTER FUNCTION f(a integer, b text) OWNER TO \"me\"", "Ownership"),
        ("ALTER TABLE t RENAME owner TO possessor", "Alter Table t"),
        ("ALTER TABLE t RENAME COLUMN owner TO possessor", "Alter Table t"),
        ("ALTER TABLE t ADD a int, OWNER TO me", "Alter Table t"),
        ("REASSIGN OWNED BY a TO b", "Ownership"),
        ("GRANT SELECT ON t TO a", "Privilege"),
        ("REVOKE ALL ON t FROM a", "Privilege"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO a", "Privilege"),
        ("CREATE ROLE r", "Beyond Role"),
        ("ALTER USER u PASSWORD 'x'", "Beyond Role"),
        ("DROP OWNED BY r", "Beyond Role"),
        ("CREATE DATABASE d", "Beyond Database (alone)"),
        ("ALTER DATABASE d OWNER TO r", "Beyond Database (alone)"),
        ("CREATE TABLESPACE s LOCATION '/x'", "Beyond Tablespace (alone)"),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", "Beyond Subscription (alone)"),
        ("ALTER SYSTEM SET a = 1", "Beyond System (alone)"),
        ("IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c", "Beyond ForeignServer"),
        ("SECURITY LABEL ON TABLE t IS 'x'", "Beyond SecurityLabel"),
        ("COMMENT ON TABLE t IS 'x'", "Comment"),
        ("COMMENT ON DATABASE d IS 'x'", "Beyond Database"),
        ("LOAD 'x'", "ExtensionLoading"),
        ("DO $$ BEGIN END $$", "Do"),
        ("REINDEX TABLE t", "Maintenance Reindex"),
        ("REINDEX INDEX CONCURRENTLY i", "Maintenance Reindex (alone)"),
        ("REINDEX (VERBOSE, CONCURRENTLY) INDEX i", "Maintenance Reindex (alone)"),
        ("REINDEX DATABASE d", "Maintenance Reindex (alone)"),
        ("CLUSTER t USING i", "Maintenance Cluster"),
        ("CLUSTER (VERBOSE)", "Maintenance Cluster (alone)"),
        ("CHECKPOINT", "Maintenance Checkpoint"),
        ("\\connect db", "\\connect"),
        ("\\!ls", "\\!ls"),
    ] {
        check(Lexicon::POSTGRES, statement, expected);
    }
}

#[test]
fn what_lies_beyond_has_a_name() {
    assert_eq!(Beyond::Program.noun(), "a program on the server");
}

/// The texts of the statements, and `!` where rows followed.
fn check_split(lexicon: Lexicon, text: &str, expected: &[&str]) {
    let seen: Vec<_> = split(text, lexicon)
        .iter()
        .map(|statement| {
            format!("{}{}", statement.text, if statement.copy_data.is_some() { "!" } else { "" })
        })
        .collect();
    assert_eq!(seen, expected, "{text}");
}

#[test]
fn statements_end_where_the_engines_end_them() {
    let sqlite = |text: &str, expected: &[&str]| check_split(Lexicon::SQLITE, text, expected);
    sqlite("a;b ; -- c\n;; d", &["a", "b", "d"]);
    sqlite("(a;b)", &["(a", "b)"]);
    let trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 2 THEN 3 END; SELECT 1; END";
    sqlite(&format!("{trigger};a"), &[trigger, "a"]);
    sqlite(&format!("{trigger} ;/**/a"), &[trigger, "a"]);
    sqlite("CREATE TRIGGER g; a", &["CREATE TRIGGER g", "a"]);
    sqlite("CREATE TABLE begin (a); END", &["CREATE TABLE begin (a)", "END"]);
    sqlite("CREATE TRIGGER g BEGIN a;\n--> statement-breakpoint\nb", &["CREATE TRIGGER g BEGIN a;", "b"]);
    sqlite(".read x;y\nSELECT 1;\n.quit", &[".read x;y", "SELECT 1", ".quit"]);

    let postgres = |text: &str, expected: &[&str]| check_split(Lexicon::POSTGRES, text, expected);
    let rule = "CREATE OR REPLACE RULE r AS ON INSERT TO t DO (SELECT (1); SELECT 2)";
    postgres(&format!("{rule};a"), &[rule, "a"]);
    let atomic = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END AS end; SELECT t.case; END";
    postgres(&format!("{atomic};a"), &[atomic, "a"]);
    postgres("CREATE FUNCTION f() AS $$a;$$; BEGIN; a", &["CREATE FUNCTION f() AS $$a;$$", "BEGIN", "a"]);
    postgres(
        "CREATE TRIGGER g ON t EXECUTE FUNCTION f(); a",
        &["CREATE TRIGGER g ON t EXECUTE FUNCTION f()", "a"],
    );
    postgres("COPY t FROM stdin;\n1;2\n\\.\n\na", &["COPY t FROM stdin!", "a"]);
    postgres("COPY t FROM stdin; a\n1;2\n\\.\nb", &["COPY t FROM stdin!", "a", "b"]);
    postgres("COPY t TO stdout;\na", &["COPY t TO stdout", "a"]);
    postgres("\\set a b\n\\restrict x\na;", &["\\set a b", "\\restrict x", "a"]);
    postgres(
        "a;--> statement-breakpoint\nb\n--> statement-breakpoint\n--> statement-breakpoint",
        &["a", "b"],
    );
}
