//! Decides for every statement of a source whether it runs in the scratch
//! database, is skipped, or may not stand there.

use std::collections::BTreeMap;

use miette::NamedSource;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::conflict_in;
use whimbrel_core::schema::LeftAlone;
use whimbrel_core::sql::{
    self, Class, Data, DataVerb, Ddl, DdlKind, DdlVerb, Hint, MaintenanceVerb, Run, Statement,
};
use whimbrel_db::DbError;

use super::locate::place;
use super::overlooked::{Names, Overlooked, command_in_query};
use super::{SourceError, SourceText, StatementProblem};
use crate::desired::Found;
use crate::error::Error;

/// What is to be run of a source, and what else it says.
pub(crate) struct Prepared {
    /// The statements, in order.
    pub(crate) statements: Vec<Runnable>,
    /// Whether they may all run in one transaction.
    pub(crate) one_transaction: bool,
    /// What was skipped.
    pub(crate) notes: Vec<String>,
    /// What is left out of the schema, as far as the statements alone tell.
    pub(crate) left_alone: Vec<Found>,
    /// Renames that comments hint at.
    pub(crate) hints: Vec<Hint>,
}

/// A statement to run, and where it stands.
pub(crate) struct Runnable {
    pub(crate) sql: String,
    file: usize,
    offset: usize,
}

enum Decision {
    Run(String),
    /// Skipped; counted under what it is, if that is worth a note.
    Skip(Option<&'static str>),
    Refuse {
        message: String,
        help: &'static str,
    },
}

/// Prepares the texts of a source.
///
/// # Errors
///
/// [`SourceError::Statement`] or [`SourceError::Statements`] with every
/// statement that may not stand in a source.
pub(crate) fn prepare(dialect: Dialect, texts: &[SourceText]) -> Result<Prepared, SourceError> {
    let mut prepared = Prepared {
        statements: Vec::new(),
        one_transaction: true,
        notes: Vec::new(),
        left_alone: Vec::new(),
        hints: Vec::new(),
    };
    let mut problems = Vec::new();
    let mut names = Names::default();
    for (file, text) in texts.iter().enumerate() {
        prepare_file(dialect, file, text, &mut prepared, &mut names, &mut problems);
    }
    match problems.len() {
        0 => Ok(prepared),
        1 => Err(SourceError::Statement(Box::new(problems.remove(0)))),
        _ => Err(SourceError::Statements { problems }),
    }
}

fn prepare_file(
    dialect: Dialect,
    file: usize,
    text: &SourceText,
    prepared: &mut Prepared,
    names: &mut Names,
    problems: &mut Vec<StatementProblem>,
) {
    let lexicon = dialect.lexicon();
    if let Some(offset) = text.text.find('\0') {
        problems.push(nul(text, offset));
        return;
    }
    if let Some(offset) = conflict_in(&text.text, lexicon) {
        problems.push(merged(text, offset));
        return;
    }
    let statements = match sql::unwrap_transaction(sql::split(&text.text, lexicon)) {
        Ok(statements) => statements,
        Err(controls) => {
            problems.extend(controls.into_iter().map(|control| transaction_control(text, control.offset)));
            return;
        }
    };
    let mut skipped: BTreeMap<&'static str, usize> = BTreeMap::new();
    for statement in &statements {
        for what in LeftAlone::of_statement(&statement.class, statement.text, lexicon) {
            if !prepared.left_alone.iter().any(|found| found.what == what) {
                let at = Some(place(text, statement.offset));
                prepared.left_alone.push(Found { what, at });
            }
        }
        let overlooked = command_in_query(dialect, statement).or_else(|| names.collision(dialect, statement));
        if let Some(Overlooked { offset, length, message, help }) = overlooked {
            problems.push(problem(text, offset, length, message, Some(help.into())));
            continue;
        }
        match decide(dialect, statement) {
            Decision::Run(sql) => {
                prepared.one_transaction &= statement.run == Run::InTransaction;
                prepared.statements.push(Runnable { sql, file, offset: statement.offset });
            }
            Decision::Skip(what) => {
                if let Some(what) = what {
                    *skipped.entry(what).or_default() += 1;
                }
            }
            Decision::Refuse { message, help } => {
                problems.push(problem(
                    text,
                    statement.offset,
                    statement.text.len(),
                    message,
                    Some(help.into()),
                ));
            }
        }
    }
    let note = |(what, count): (&str, usize)| format!("`{}`: skipped {what} ({count})", text.name);
    prepared.notes.extend(skipped.into_iter().map(note));
    let found = sql::hints(&text.text, lexicon);
    prepared.hints.extend(found.hints);
    problems.extend(found.problems.into_iter().map(|one| {
        let length = text.text[one.offset..].find('\n').unwrap_or(text.text.len() - one.offset);
        problem(text, one.offset, length, one.kind.to_string(), Some(one.kind.help().to_owned()))
    }));
}

/// SQLite would read the statement up to it, and say nothing of the rest.
fn nul(text: &SourceText, offset: usize) -> StatementProblem {
    let message = "the source holds a NUL, which ends a text for the database";
    let help = "remove it; if there are many, save the file as UTF-8";
    problem(text, offset, 1, message.into(), Some(help.into()))
}

fn merged(text: &SourceText, offset: usize) -> StatementProblem {
    let rest = &text.text[offset..];
    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let message = "the source holds the conflict markers of a merge";
    let help = "edit the file: keep what is right of either side";
    problem(text, offset, length, message.into(), Some(help.into()))
}

fn transaction_control(text: &SourceText, offset: usize) -> StatementProblem {
    let help = "remove it; only one BEGIN and COMMIT around a whole file is accepted";
    let length = text.text[offset..].find(';').unwrap_or(text.text.len() - offset);
    problem(
        text,
        offset,
        length,
        "transaction control has no place in a schema source".into(),
        Some(help.into()),
    )
}

fn decide(dialect: Dialect, statement: &Statement<'_>) -> Decision {
    let run = || Decision::Run(statement.text.to_owned());
    match &statement.class {
        Class::Ddl(ddl) => decide_ddl(dialect, ddl, statement),
        Class::Data(data) => decide_data(dialect, data, statement),
        Class::Pragma(_) | Class::Transaction(_) => Decision::Skip(None),
        Class::Attach => Decision::Refuse {
            message: "a schema source may not attach other databases".into(),
            help: "give each database a source of its own",
        },
        Class::ExtensionLoading => Decision::Refuse {
            message: "a schema source may not load code into the engine".into(),
            help: "remove the statement; whimbrel never loads extensions",
        },
        Class::Maintenance(MaintenanceVerb::VacuumInto) => Decision::Refuse {
            message: "a schema source may not write other files".into(),
            help: "remove the statement",
        },
        Class::Maintenance(_) | Class::Explain => Decision::Skip(Some("maintenance statements")),
        Class::Session | Class::Comment | Class::Do | Class::Unknown => run(),
        Class::Ownership | Class::Privilege => Decision::Skip(None),
        Class::Beyond(beyond) => Decision::Refuse {
            message: format!("a schema source may not reach for {}", beyond.noun()),
            help: "remove the statement: it concerns more than this database",
        },
        Class::MetaCommand { name } if ["restrict", "unrestrict", "set", "echo"].contains(&name.as_str()) => {
            Decision::Skip(None)
        }
        Class::MetaCommand { name } => Decision::Refuse {
            message: format!("`\\{name}` is a command to psql, which does not read this"),
            help: "write plain SQL, or name several files as a folder",
        },
        Class::DotCommand { name } => Decision::Refuse {
            message: format!("`.{name}` is a command to the sqlite3 shell, which does not read this"),
            help: "write plain SQL, or name several files as a folder",
        },
    }
}

fn decide_ddl(dialect: Dialect, ddl: &Ddl, statement: &Statement<'_>) -> Decision {
    let name = ddl.name.as_ref();
    let internal = dialect == Dialect::Sqlite
        && name.is_some_and(|name| {
            name.name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
        });
    // `.schema` and `pg_dump` print what every database has on its own.
    let always_there = dialect == Dialect::Postgres
        && (ddl.verb, ddl.kind) == (DdlVerb::Create, DdlKind::Namespace)
        && name.is_some_and(|name| name.name == "public");
    if internal || always_there { Decision::Skip(None) } else { Decision::Run(statement.text.to_owned()) }
}

fn decide_data(dialect: Dialect, data: &Data, statement: &Statement<'_>) -> Decision {
    let into_catalogue = data.verb == DataVerb::Insert
        && data.target.as_ref().is_some_and(|target| {
            ["sqlite_schema", "sqlite_master"].iter().any(|name| target.name.eq_ignore_ascii_case(name))
        });
    match data.verb {
        // `.dump` writes virtual tables straight into the catalogue.
        DataVerb::Insert if dialect == Dialect::Sqlite && into_catalogue => {
            virtual_table(dialect, statement.text)
        }
        DataVerb::Call => Decision::Run(statement.text.to_owned()),
        DataVerb::Select | DataVerb::With | DataVerb::CopyToStdout => Decision::Skip(Some("queries")),
        DataVerb::Insert
        | DataVerb::Update
        | DataVerb::Delete
        | DataVerb::Merge
        | DataVerb::Truncate
        | DataVerb::CopyFromStdin
        | DataVerb::Refresh => Decision::Skip(Some("statements about rows")),
    }
}

/// The CREATE VIRTUAL TABLE statement inside an INSERT into the catalogue.
fn virtual_table(dialect: Dialect, text: &str) -> Decision {
    let create = sql::tokens(text, dialect.lexicon())
        .filter_map(|token| token.string().map(std::borrow::Cow::into_owned))
        .find(|literal| literal.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL")));
    create.map_or(Decision::Skip(Some("statements about rows")), Decision::Run)
}

impl Runnable {
    /// The engine's refusal of this statement, shown where it stands.
    pub(crate) fn refused(&self, dialect: Dialect, texts: &[SourceText], error: DbError) -> Error {
        let DbError::Statement(refusal) = error else { return error.into() };
        let text = &texts[self.file];
        let message = match &refusal.detail {
            Some(detail) => format!("{}\n{detail}", refusal.message),
            None => refusal.message.clone(),
        };
        // What a dump writes into the catalogue does not stand there as it is run.
        let part = match text.text[self.offset..].starts_with(&self.sql) {
            true => refusal.part_of(&self.sql, dialect),
            false => 0..self.sql.len(),
        };
        let problem = problem(text, self.offset + part.start, part.len(), message, None);
        SourceError::Statement(Box::new(problem)).into()
    }
}

fn problem(
    text: &SourceText,
    offset: usize,
    length: usize,
    message: String,
    help: Option<String>,
) -> StatementProblem {
    let position = sql::position(&text.text, offset);
    StatementProblem {
        name: text.name.clone(),
        line: position.line,
        column: position.column,
        message,
        help,
        text: NamedSource::new(&text.name, text.text.clone()),
        span: (offset, length.min(text.text.len() - offset)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<SourceText> {
        vec![SourceText { name: "schema.sql".into(), text: text.into() }]
    }

    #[track_caller]
    fn runs(dialect: Dialect, text: &str, expected: &[&str]) -> Vec<String> {
        let prepared = prepare(dialect, &texts(text)).unwrap();
        let sql: Vec<_> = prepared.statements.iter().map(|one| one.sql.as_str()).collect();
        assert_eq!(sql, expected);
        prepared.notes
    }

    #[track_caller]
    fn refuses(dialect: Dialect, text: &str, line: usize, message: &str) {
        let Err(SourceError::Statement(problem)) = prepare(dialect, &texts(text)) else {
            panic!("`{text}` should be refused once")
        };
        assert_eq!((problem.line, problem.message.as_str()), (line, message));
    }

    #[test]
    fn a_dump_of_the_sqlite_shell_is_a_source() {
        let notes = runs(
            Dialect::Sqlite,
            "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\nINSERT INTO t VALUES(1);\n\
             INSERT INTO t VALUES(2);\nPRAGMA writable_schema=ON;\n\
             INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','d','d',0,'CREATE VIRTUAL TABLE d USING fts5(x, tokenize=''porter'')');\n\
             CREATE TABLE IF NOT EXISTS 'd_data'(id INTEGER PRIMARY KEY, block BLOB);\n\
             DELETE FROM sqlite_sequence;\nPRAGMA writable_schema=OFF;\nCOMMIT;\n",
            &[
                "CREATE TABLE t(a)",
                "CREATE VIRTUAL TABLE d USING fts5(x, tokenize='porter')",
                "CREATE TABLE IF NOT EXISTS 'd_data'(id INTEGER PRIMARY KEY, block BLOB)",
            ],
        );
        assert_eq!(notes, ["`schema.sql`: skipped statements about rows (3)"]);
    }

    #[test]
    fn the_tables_of_sqlite_itself_are_passed_over() {
        let notes = runs(
            Dialect::Sqlite,
            "CREATE TABLE sqlite_sequence(name,seq); CREATE TABLE t(a);",
            &["CREATE TABLE t(a)"],
        );
        assert!(notes.is_empty());
    }

    #[test]
    fn a_dump_of_postgres_is_a_source() {
        let notes = runs(
            Dialect::Postgres,
            "\\restrict abc\nSET lock_timeout = 0;\nCREATE SCHEMA public;\nCREATE TABLE public.t (a integer);\n\
             ALTER TABLE public.t OWNER TO me;\nCOPY public.t (a) FROM stdin;\n1\n2\n\\.\n\
             GRANT SELECT ON public.t TO you;\n\\unrestrict abc\n",
            &["SET lock_timeout = 0", "CREATE TABLE public.t (a integer)"],
        );
        assert_eq!(notes, ["`schema.sql`: skipped statements about rows (1)"]);
    }

    #[test]
    fn what_has_no_place_in_a_source_is_refused_where_it_stands() {
        let sqlite = Dialect::Sqlite;
        refuses(
            sqlite,
            "CREATE TABLE t(a);\nROLLBACK;",
            2,
            "transaction control has no place in a schema source",
        );
        refuses(sqlite, "\n\nATTACH 'x' AS y;", 3, "a schema source may not attach other databases");
        refuses(
            sqlite,
            "SELECT load_extension('x');",
            1,
            "a schema source may not load code into the engine",
        );
        refuses(sqlite, "VACUUM INTO 'x';", 1, "a schema source may not write other files");
        refuses(
            sqlite,
            "CREATE TABLE t(a);\n<<<<<<< HEAD\nCREATE TABLE u(a);\n=======\nCREATE TABLE v(a);\n>>>>>>> theirs\n",
            2,
            "the source holds the conflict markers of a merge",
        );
        runs(
            sqlite,
            "CREATE VIEW v AS SELECT '\n<<<<<<< HEAD\n'",
            &["CREATE VIEW v AS SELECT '\n<<<<<<< HEAD\n'"],
        );
        refuses(
            sqlite,
            "CREATE TABLE t(a);\0\nCREATE TABLE u(a);",
            1,
            "the source holds a NUL, which ends a text for the database",
        );
        refuses(
            sqlite,
            ".read x.sql\n",
            1,
            "`.read` is a command to the sqlite3 shell, which does not read this",
        );
        let postgres = Dialect::Postgres;
        for command in ["connect db", "c db", "i x.sql", "ir x.sql", "gexec", "copy t FROM x", "! ls"] {
            let name = command.split(' ').next().unwrap();
            let message = format!("`\\{name}` is a command to psql, which does not read this");
            refuses(postgres, &format!("SELECT 1;\n\\{command}\n"), 2, &message);
        }
        refuses(postgres, "CREATE ROLE me;", 1, "a schema source may not reach for a role");
    }

    #[test]
    fn a_command_to_psql_at_the_end_of_a_query_is_refused_where_it_stands() {
        let message = "`\\gexec` is a command to psql, which does not read this";
        let text = "SELECT format('CREATE TABLE %I ()', 'a\\b')\n FROM t \\gexec\nCREATE TABLE u (a int);";
        refuses(Dialect::Postgres, text, 2, message);
        assert!(prepare(Dialect::Postgres, &texts("SELECT 'a\\b', \"c\\d\" /* \\gexec */;")).is_ok());
    }

    #[test]
    fn names_that_become_one_are_refused_where_nothing_else_tells() {
        let long = "n".repeat(63);
        let message = format!("`{long}_two` and `{long}_one` are one name to PostgreSQL: `{long}`");
        let both = |first: &str, second: &str, rest: &str| {
            format!("CREATE {first} {long}_one {rest};\nCREATE {second} {long}_two {rest};")
        };
        let refused = |text: &str| refuses(Dialect::Postgres, text, 2, &message);
        refused(&both("TABLE", "TABLE IF NOT EXISTS", "(a int)"));
        refused(&both("OR REPLACE VIEW", "OR REPLACE VIEW", "AS SELECT 1"));
        refused(&both("TABLE", "INDEX IF NOT EXISTS", "ON t (a)"));
        refused(&both("FUNCTION", "OR REPLACE FUNCTION", "() RETURNS int LANGUAGE sql RETURN 1"));
        let column = |first: &str, second: &str| {
            format!(
                "CREATE TABLE t (a int, {first} int);\nALTER TABLE ONLY t ADD b int, ADD COLUMN {second} int;"
            )
        };
        refused(&column(&format!("{long}_one"), &format!("IF NOT EXISTS {long}_two")));
        let on = |table: &str, name: &str| {
            format!("ALTER TABLE {table} ADD IF NOT EXISTS {long}_{name} int CHECK (a IN (1, 2));\n")
        };
        refused(&[on("t", "one"), on("t", "two")].concat());
        // The server refuses what is not conditional; other kinds do not meet.
        let fine = |text: &str| assert!(prepare(Dialect::Postgres, &texts(text)).is_ok(), "{text}");
        fine(&both("TABLE", "TABLE", "(a int)"));
        fine(&column(&format!("{long}_one"), &format!("{long}_two")));
        fine(&[on("t", "one"), on("t", "one"), on("u", "two")].concat());
        fine(&both("TABLE", "OR REPLACE FUNCTION", "() RETURNS int LANGUAGE sql RETURN 1"));
        fine(&format!("CREATE TABLE IF NOT EXISTS a.{long}1 ();CREATE TABLE IF NOT EXISTS b.{long}2 ();"));
        fine(&format!(
            "CREATE OR REPLACE VIEW {long} AS SELECT 1;CREATE OR REPLACE VIEW {long} AS SELECT 1;"
        ));
    }

    #[test]
    fn all_refusals_are_reported_together() {
        let error = prepare(Dialect::Sqlite, &texts("BEGIN; CREATE TABLE t(a); ROLLBACK;")).err().unwrap();
        assert!(matches!(&error, SourceError::Statements { problems } if problems.len() == 2), "{error:?}");
    }
}
