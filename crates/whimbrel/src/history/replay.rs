//! Migrations replayed in a scratch database.
//!
//! What reaches beyond that database, or is of no interest to its schema, is
//! passed over: roles, owners, privileges, maintenance. Rows are kept, for a
//! later statement may build on them, and SQLite looks at foreign keys as it
//! does when migrations are applied: also at those of one that runs without them.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Script, ScriptStatement};
use whimbrel_core::sql::{Class, Cursor, DataVerb, Lexicon, position};
use whimbrel_db::apply::{
    Account, Program, ProgramFailure, Touched, Work, begins_drops, run_program, touched_by_drops,
};
use whimbrel_db::execute::{Violation, Violations};
use whimbrel_db::{Connection, DbError, SessionSettings};

use crate::scratch::Workshop;

/// Why a migration does not replay.
#[derive(Debug)]
pub(crate) enum ReplayFailure {
    /// The statement of this index failed.
    Statement(usize, DbError),
    /// The program failed.
    Program(ProgramFailure),
    /// Rows refer to nothing that did so before it.
    ForeignKeys(Vec<Violation>),
    /// The transaction was refused at its end.
    Commit(DbError),
    /// Something around them failed.
    Session(DbError),
}

/// What a replay showed beside the schema.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    /// What it did to the schema, if it is a program.
    pub(crate) account: Option<Account>,
    /// What would go with the tables that it drops, where there are rows.
    pub(crate) notes: Vec<String>,
}

/// Runs a migration as `apply` would, and leaves the session as it was before. Rows
/// that go with a table that is dropped are not at stake here: it is only noted.
///
/// # Errors
///
/// If a statement fails; what the migration did in its transaction is then
/// rolled back.
pub(crate) async fn replay(workshop: &mut Workshop, work: &Work) -> Result<Replayed, ReplayFailure> {
    let around = ReplayFailure::Session;
    let connection = workshop.connection();
    let settings = match work.changes_session() {
        true => Some(SessionSettings::read(connection).await.map_err(around)?),
        false => None,
    };
    let enforces = !work.script().is_some_and(|script| script.foreign_keys_off);
    enforce(connection, enforces).await.map_err(around)?;
    let result = match work {
        Work::Script(script) => {
            statements(connection, script).await.map(|notes| Replayed { account: None, notes })
        }
        Work::Program(program) => whole(connection, program.as_ref()).await.map(|account| {
            let notes = account.touched.iter().map(|touched| note(program.file(), None, touched)).collect();
            Replayed { account: Some(account), notes }
        }),
    };
    if result.is_err() && connection.in_transaction().await.map_err(around)? {
        connection.execute("ROLLBACK").await.map_err(around)?;
    }
    if let Some(settings) = settings {
        settings.put_back(connection).await.map_err(around)?;
    }
    // What a source says is loaded without them.
    enforce(connection, false).await.map_err(around)?;
    let replayed = result?;
    workshop.reset_session(work).await.map_err(around)?;
    Ok(replayed)
}

/// Says whether SQLite refuses rows that refer to nothing; PostgreSQL always does.
async fn enforce(connection: &mut dyn Connection, foreign_keys: bool) -> Result<(), DbError> {
    match (connection.server().dialect, foreign_keys) {
        (Dialect::Sqlite, true) => connection.execute("PRAGMA foreign_keys = ON").await.map(drop),
        (Dialect::Sqlite, false) => connection.execute("PRAGMA foreign_keys = OFF").await.map(drop),
        (Dialect::Postgres, _) => Ok(()),
    }
}

/// Runs a program in a transaction; nobody hears what it says.
async fn whole(connection: &mut dyn Connection, program: &dyn Program) -> Result<Account, ReplayFailure> {
    let dialect = connection.server().dialect;
    connection.execute("BEGIN").await.map_err(ReplayFailure::Session)?;
    let is_run = |statement: &ScriptStatement, sql: &str| concerns_the_schema(dialect, statement, sql);
    let ran = run_program(connection, program, &is_run, &mut |_| ()).await;
    let account = ran.map_err(ReplayFailure::Program)?;
    connection.execute("COMMIT").await.map_err(ReplayFailure::Commit)?;
    Ok(account)
}

/// Runs a script; returns what would go with the tables that it drops.
async fn statements(connection: &mut dyn Connection, script: &Script) -> Result<Vec<String>, ReplayFailure> {
    let mut notes = Vec::new();
    let around = ReplayFailure::Session;
    let in_transaction = script.is_atomic();
    if in_transaction {
        connection.execute("BEGIN").await.map_err(around)?;
    }
    let before = match script.foreign_keys_off {
        true => Some(Violations::read_all(connection).await.map_err(around)?),
        false => None,
    };
    for (at, statement) in script.statements.iter().enumerate() {
        let sql = script.sql(statement);
        if concerns_the_schema(connection.server().dialect, statement, sql) {
            let failed = |source| ReplayFailure::Statement(at, source);
            if begins_drops(script, at, 0) {
                let touched = touched_by_drops(connection, script, at).await.map_err(failed)?;
                notes.extend(touched.iter().map(|(number, touched)| {
                    let offset = script.statements[*number].offset;
                    note(&script.file, Some(position(&script.text, offset).line), touched)
                }));
            }
            match script.copy_data(statement) {
                Some(rows) => connection.copy_in(sql, rows).await.map_err(failed)?,
                None => connection.execute(sql).await.map_err(failed)?,
            };
        }
    }
    if let Some(before) = before {
        let new = Violations::read_all(connection).await.map_err(around)?.new_since(&before);
        if !new.is_empty() {
            return Err(ReplayFailure::ForeignKeys(new));
        }
    }
    if in_transaction {
        connection.execute("COMMIT").await.map_err(ReplayFailure::Commit)?;
    }
    Ok(notes)
}

/// What is said of a table that is dropped while others refer to it.
fn note(file: &str, line: Option<usize>, touched: &Touched) -> String {
    let place = line.map(|line| format!("line {line} of ")).unwrap_or_default();
    format!("{place}`{file}` drops `{}` with foreign keys on: {touched}", touched.parent)
}

/// Says whether a statement is run in a replay.
fn concerns_the_schema(dialect: Dialect, statement: &ScriptStatement, sql: &str) -> bool {
    match &statement.class {
        Class::Data(data) => match data.verb {
            DataVerb::CopyToStdout => false,
            DataVerb::CopyFromStdin
            | DataVerb::Select
            | DataVerb::With
            | DataVerb::Insert
            | DataVerb::Update
            | DataVerb::Delete
            | DataVerb::Merge
            | DataVerb::Truncate
            | DataVerb::Refresh
            | DataVerb::Call => true,
        },
        Class::Session => !becomes_another(sql, dialect.lexicon()),
        Class::Ddl(_) | Class::Pragma(_) | Class::Comment | Class::Do | Class::Unknown => true,
        Class::Transaction(_)
        | Class::Attach
        | Class::ExtensionLoading
        | Class::Maintenance(_)
        | Class::Ownership
        | Class::Privilege
        | Class::Beyond(_)
        | Class::Explain
        | Class::MetaCommand { .. }
        | Class::DotCommand { .. } => false,
    }
}

/// Says whether a SET or RESET changes who the session is.
fn becomes_another(sql: &str, lexicon: Lexicon) -> bool {
    let mut cursor = Cursor::new(sql, lexicon);
    let Some(first) = cursor.next() else { return false };
    if !first.is_word("set") && !first.is_word("reset") {
        return false;
    }
    while cursor.at_word("session") || cursor.at_word("local") {
        cursor.next();
    }
    cursor.at_word("role") || cursor.at_word("authorization")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(dialect: Dialect, text: &str) -> Vec<String> {
        let script = Script::read(dialect, "0000_a.sql", text).unwrap();
        let concerns =
            |statement: &&ScriptStatement| concerns_the_schema(dialect, statement, script.sql(statement));
        script.statements.iter().filter(concerns).map(|statement| script.sql(statement).to_owned()).collect()
    }

    #[test]
    fn what_reaches_beyond_the_database_is_passed_over() {
        let text = "CREATE ROLE app;\nSET ROLE app;\nSET SESSION AUTHORIZATION app;\nSET search_path = a;\n\
                    CREATE TABLE t (a integer);\nALTER TABLE t OWNER TO app;\nGRANT SELECT ON t TO app;\n\
                    INSERT INTO t VALUES (1);\nCOPY t FROM stdin;\n2\n\\.\nVACUUM t;\nRESET ROLE;\n";
        assert_eq!(
            run(Dialect::Postgres, text),
            [
                "SET search_path = a",
                "CREATE TABLE t (a integer)",
                "INSERT INTO t VALUES (1)",
                "COPY t FROM stdin"
            ]
        );
    }
}
