//! A script: the statements of one migration file, checked and ready to run.
//!
//! A migration is written by a person or on a person's behalf, so it may do
//! what a schema source may not: change rows, privileges, roles. It may not
//! take the transaction out of whimbrel's hands.

mod enum_value;
mod problem;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

pub use problem::{ScriptError, ScriptProblem, ScriptProblemKind};

use super::Entry;
use super::conflict::conflict_in;
use super::file::sections;
use crate::dialect::Dialect;
use crate::sql::{self, Class, Data, DataVerb, MaintenanceVerb, Pragma, Run, Statement};

/// The statements of one file.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
/// let text = "PRAGMA foreign_keys=OFF;\nDROP TABLE a;\nPRAGMA foreign_keys=ON;\n";
/// let script = Script::read(Dialect::Sqlite, "0001_drop-a.sql", text).unwrap();
/// assert!(script.foreign_keys_off && script.is_atomic());
/// let sql: Vec<_> = script.statements.iter().map(|one| script.sql(one)).collect();
/// assert_eq!(sql, ["DROP TABLE a"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What errors call the file.
    pub file: String,
    /// All of the file's text.
    pub text: Arc<str>,
    /// The part of the text that is this script: the file may hold the way back too.
    pub section: Range<usize>,
    /// What is to run, in order.
    pub statements: Vec<ScriptStatement>,
    /// `-- whimbrel: no-transaction`.
    pub no_transaction: bool,
    /// `-- whimbrel: lock-timeout 2s`.
    pub lock_timeout: Option<Duration>,
    /// Whether SQLite's foreign keys are to be off while it runs: the pragmas
    /// that say so have no effect in a transaction, so they are no statements here.
    pub foreign_keys_off: bool,
}

/// One statement of a script.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
/// let script = Script::read(Dialect::Sqlite, "a.sql", "CREATE TABLE a (b);\nDROP TABLE a;\n").unwrap();
/// let second = &script.statements[1];
/// assert_eq!((second.offset, script.sql(second)), (20, "DROP TABLE a"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptStatement {
    /// Where it begins in the script's text, in bytes.
    pub offset: usize,
    /// How long it is, in bytes: without its semicolon and the comments around.
    pub length: usize,
    /// What it is.
    pub class: Class,
    /// What it asks of the transaction it runs in.
    pub run: Run,
    /// Where in the script's text the rows of a `COPY ... FROM stdin` are,
    /// without the `\.` that ends them.
    pub copy_data: Option<Range<usize>>,
}

impl Script {
    /// Reads an up file.
    ///
    /// The way back that it may hold inline is never part of it: see
    /// [`Script::way_back`].
    ///
    /// # Errors
    ///
    /// Everything in the file that cannot run as a migration.
    pub fn read(dialect: Dialect, file: &str, text: &str) -> Result<Self, ScriptError> {
        let up = sections(text, dialect.lexicon()).up;
        Reader::new(dialect, text, 0..up.len()).read(file)
    }

    /// Reads the way back of a migration: its down file, if that holds a statement,
    /// else what its up file holds inline. `None` if there is neither.
    ///
    /// # Errors
    ///
    /// Everything in it that cannot run as a migration.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, Script};
    /// let up = "CREATE TABLE a (b);\n-- whimbrel: down\nDROP TABLE a;\n";
    /// let entry = Entry::new(1, "create-a", 0, Checksum::of_file(up));
    /// let way_back = Script::way_back(Dialect::Sqlite, &entry, up, None).unwrap().unwrap();
    /// assert_eq!(way_back.sql(&way_back.statements[0]), "DROP TABLE a");
    /// ```
    pub fn way_back(
        dialect: Dialect,
        entry: &Entry,
        up: &str,
        down: Option<&str>,
    ) -> Result<Option<Self>, ScriptError> {
        let is_blank =
            |down: &str| down.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty();
        let read = |down| Self::read_down_file(dialect, &entry.down_path(), down);
        let down = down.filter(|down| !is_blank(down)).map(read).transpose()?;
        match down {
            Some(down) if !down.statements.is_empty() => Ok(Some(down)),
            // `create` writes a down file that waits for its statements.
            Some(_) | None => Ok(Self::read_down(dialect, &entry.path(), up)?.or(down)),
        }
    }

    /// Reads a down file: all of it, whatever it calls itself.
    ///
    /// # Errors
    ///
    /// Everything in the file that cannot run as a migration.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::Script;
    ///
    /// let down = Script::read_down_file(Dialect::Sqlite, "meta/_down/0000_a.sql", "DROP TABLE a;\n").unwrap();
    /// assert_eq!(down.sql(&down.statements[0]), "DROP TABLE a");
    /// let error = Script::read_down_file(Dialect::Sqlite, "meta/_down/0000_a.sql", "COMMIT;").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`meta/_down/0000_a.sql` cannot run: a migration may not control its transaction"
    /// );
    /// ```
    pub fn read_down_file(dialect: Dialect, file: &str, text: &str) -> Result<Self, ScriptError> {
        Reader::new(dialect, text, 0..text.len()).read(file)
    }

    /// Reads the way back that an up file holds inline; `None` if it holds none.
    ///
    /// # Errors
    ///
    /// Everything in that part of the file that cannot run as a migration.
    pub(super) fn read_down(dialect: Dialect, file: &str, text: &str) -> Result<Option<Self>, ScriptError> {
        let Some(down) = sections(text, dialect.lexicon()).down else { return Ok(None) };
        Reader::new(dialect, text, text.len() - down.len()..text.len()).read(file).map(Some)
    }

    /// Reads what a program runs in the transaction of its migration: the
    /// transaction has begun, so nothing may ask for another.
    ///
    /// # Errors
    ///
    /// Everything in the text that cannot run there.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::Script;
    /// assert!(Script::read_part(Dialect::Sqlite, "INSERT INTO a VALUES (1); SELECT 1").is_ok());
    /// let error = Script::read_part(Dialect::Sqlite, "BEGIN; DROP TABLE a; COMMIT").unwrap_err();
    /// assert_eq!(error.problems.len(), 2);
    /// ```
    pub fn read_part(dialect: Dialect, text: &str) -> Result<Self, ScriptError> {
        Reader::new(dialect, text, 0..text.len()).read_part("SQL")
    }

    /// The text of one of its statements.
    pub fn sql(&self, statement: &ScriptStatement) -> &str {
        &self.text[statement.offset..statement.offset + statement.length]
    }

    /// The rows that follow one of its statements, if it is a COPY.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::Script;
    ///
    /// let text = "COPY colors FROM stdin;\n1\tred\n2\tblue\n\\.\nANALYZE colors;\n";
    /// let script = Script::read(Dialect::Postgres, "0003_colors.sql", text).unwrap();
    /// let rows: Vec<_> = script.statements.iter().map(|statement| script.copy_data(statement)).collect();
    /// assert_eq!(rows, [Some("1\tred\n2\tblue\n"), None]);
    /// ```
    pub fn copy_data(&self, statement: &ScriptStatement) -> Option<&str> {
        statement.copy_data.clone().map(|range| &self.text[range])
    }

    /// Says whether all of it may run as one transaction, together with the
    /// record that it ran.
    ///
    /// A new value of an enum cannot be used in the transaction that adds it, so
    /// a script that does both is not atomic.
    pub fn is_atomic(&self) -> bool {
        !self.no_transaction
            && self.statements.iter().all(|statement| statement.run != Run::Alone)
            && !enum_value::is_used(self)
    }
}

/// Reads one section of a file.
struct Reader<'a> {
    dialect: Dialect,
    text: &'a str,
    section: Range<usize>,
    problems: Vec<ScriptProblem>,
}

impl<'a> Reader<'a> {
    fn new(dialect: Dialect, text: &'a str, section: Range<usize>) -> Self {
        Self { dialect, text, section, problems: Vec::new() }
    }

    fn read(mut self, file: &str) -> Result<Script, ScriptError> {
        let lexicon = self.dialect.lexicon();
        let text = &self.text[self.section.clone()];
        let directives = sql::directives(text, lexicon);
        for problem in &directives.problems {
            self.tell(problem.offset, line_length(text, problem.offset), problem.kind.clone().into());
        }
        self.look_for_conflicts();
        self.look_for_an_open_comment();
        self.look_for_a_nul();
        let statements = self.unwrap(sql::split(text, lexicon));
        let (pragmas, statements): (Vec<_>, Vec<_>) = statements.into_iter().partition(is_foreign_keys);
        let foreign_keys_off = self.lift(&pragmas);
        let statements = self.keep(statements);
        if !self.problems.is_empty() {
            return Err(ScriptError::new(file, self.text, self.problems));
        }
        Ok(Script {
            file: file.to_owned(),
            text: self.text.into(),
            section: self.section,
            statements,
            no_transaction: directives.no_transaction,
            lock_timeout: directives.lock_timeout,
            foreign_keys_off,
        })
    }

    fn read_part(mut self, file: &str) -> Result<Script, ScriptError> {
        self.look_for_an_open_comment();
        self.look_for_a_nul();
        let statements = sql::split(self.text, self.dialect.lexicon());
        let (out, inside): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|statement| breaks_out(statement).is_some());
        for (statement, kind) in out.iter().filter_map(|one| Some((one, breaks_out(one)?))) {
            self.tell(statement.offset, statement.text.len(), kind);
        }
        let statements = self.keep(inside);
        if !self.problems.is_empty() {
            return Err(ScriptError::new(file, self.text, self.problems));
        }
        Ok(Script {
            file: file.to_owned(),
            text: self.text.into(),
            statements,
            no_transaction: false,
            lock_timeout: None,
            foreign_keys_off: false,
            section: self.section,
        })
    }

    /// Notes a problem; the offset is one of the section.
    fn tell(&mut self, offset: usize, length: usize, kind: ScriptProblemKind) {
        self.problems.push(ScriptProblem::new(self.text, self.section.start + offset, length, kind));
    }

    fn look_for_conflicts(&mut self) {
        let text = &self.text[self.section.clone()];
        if let Some(offset) = conflict_in(text, self.dialect.lexicon()) {
            self.tell(offset, line_length(text, offset), ScriptProblemKind::Conflict);
        }
    }

    /// A comment that is still open where the file ends hides what was to come.
    fn look_for_an_open_comment(&mut self) {
        let text = &self.text[self.section.clone()];
        if !text.contains("/*") {
            return;
        }
        let Some(last) = sql::tokens(text, self.dialect.lexicon()).last() else { return };
        if last.kind == sql::TokenKind::BlockComment && (last.text.len() < 4 || !last.text.ends_with("*/")) {
            self.tell(last.offset, 2, ScriptProblemKind::OpenComment);
        }
    }

    /// SQLite reads a statement up to a NUL and says nothing of the rest; PostgreSQL's
    /// protocol has no way to send one.
    fn look_for_a_nul(&mut self) {
        if let Some(offset) = self.text[self.section.clone()].find('\0') {
            self.tell(offset, 1, ScriptProblemKind::Nul);
        }
    }

    /// Takes BEGIN and COMMIT away where they stand around all.
    fn unwrap(&mut self, statements: Vec<Statement<'a>>) -> Vec<Statement<'a>> {
        match sql::unwrap_transaction(statements.clone()) {
            Ok(unwrapped) => unwrapped,
            Err(controls) => {
                let is_control = |statement: &Statement<'_>| {
                    controls.iter().any(|control| control.offset == statement.offset)
                };
                let (controls, others): (Vec<_>, Vec<_>) = statements.into_iter().partition(is_control);
                for control in controls {
                    self.tell(control.offset, control.text.len(), ScriptProblemKind::Transaction);
                }
                others
            }
        }
    }

    /// Says whether foreign keys are to be off.
    ///
    /// As in VibORM, everything runs without them if they are turned off and on
    /// again: in one transaction there is no third way.
    fn lift(&mut self, pragmas: &[Statement<'_>]) -> bool {
        let switches: Vec<_> = pragmas.iter().filter_map(|one| Some((one, switch(one)?))).collect();
        let (Some((first, first_on)), Some((last, last_on))) = (switches.first(), switches.last()) else {
            return false;
        };
        match (first_on, last_on) {
            (false, true) => true,
            (false, false) => {
                self.tell(first.offset, first.text.len(), ScriptProblemKind::ForeignKeysOff);
                false
            }
            (true, _) => {
                let problem = if *last_on { first } else { last };
                let kind = ScriptProblemKind::ForeignKeysOn;
                self.tell(problem.offset, problem.text.len(), kind);
                false
            }
        }
    }

    fn keep(&mut self, statements: Vec<Statement<'a>>) -> Vec<ScriptStatement> {
        let mut kept = Vec::new();
        for statement in statements {
            match self.decide(&statement) {
                Decision::Keep => kept.push(self.kept(statement)),
                Decision::Skip => {}
                Decision::Refuse(kind) => self.tell(statement.offset, statement.text.len(), kind),
            }
        }
        kept
    }

    fn kept(&self, statement: Statement<'_>) -> ScriptStatement {
        let copy_data = statement.copy_data.map(|rows| {
            let start = rows.as_ptr() as usize - self.text.as_ptr() as usize;
            start..start + rows.len() - "\\.".len()
        });
        let Statement { text, offset, class, run, .. } = statement;
        ScriptStatement { offset: self.section.start + offset, length: text.len(), class, run, copy_data }
    }

    fn decide(&self, statement: &Statement<'_>) -> Decision {
        let refuse = Decision::Refuse;
        match &statement.class {
            Class::Attach => refuse(ScriptProblemKind::Attach),
            Class::Maintenance(MaintenanceVerb::VacuumInto) => refuse(ScriptProblemKind::WritesFile),
            Class::ExtensionLoading => match self.dialect {
                Dialect::Sqlite => refuse(ScriptProblemKind::LoadsExtension),
                Dialect::Postgres => Decision::Keep,
            },
            // DISCARD ALL: it would free the lock under which migrations run.
            Class::Session if statement.run == Run::Alone => refuse(ScriptProblemKind::DiscardAll),
            Class::Data(Data { verb: DataVerb::CopyToStdout, .. }) => refuse(ScriptProblemKind::CopyToStdout),
            Class::Data(Data { verb: DataVerb::CopyFromStdin, .. }) => match statement.copy_data {
                Some(rows) if ends_rows(rows) => Decision::Keep,
                Some(_) | None => refuse(ScriptProblemKind::OpenCopy),
            },
            Class::MetaCommand { name } if SKIPPED.contains(&name.as_str()) => Decision::Skip,
            Class::MetaCommand { name } => refuse(ScriptProblemKind::MetaCommand { name: name.clone() }),
            Class::DotCommand { name } => refuse(ScriptProblemKind::DotCommand { name: name.clone() }),
            Class::Ddl(_)
            | Class::Data(_)
            | Class::Transaction(_)
            | Class::Pragma(_)
            | Class::Maintenance(_)
            | Class::Session
            | Class::Ownership
            | Class::Privilege
            | Class::Beyond(_)
            | Class::Comment
            | Class::Do
            | Class::Explain
            | Class::Unknown => Decision::Keep,
        }
    }
}

/// What a statement asks of a transaction that has begun already.
fn breaks_out(statement: &Statement<'_>) -> Option<ScriptProblemKind> {
    match &statement.class {
        Class::Transaction(_) => Some(ScriptProblemKind::Control),
        Class::Data(Data { verb: DataVerb::CopyFromStdin, .. }) => Some(ScriptProblemKind::CopyFromProgram),
        _ if is_foreign_keys(statement) => Some(ScriptProblemKind::ForeignKeys),
        // They are refused with reasons of their own.
        Class::Session | Class::Attach => None,
        _ if statement.run == Run::Alone => Some(ScriptProblemKind::Alone),
        _ => None,
    }
}

/// The commands to psql that change nothing for a migration: `pg_dump` writes
/// the first two.
const SKIPPED: [&str; 4] = ["restrict", "unrestrict", "set", "echo"];

enum Decision {
    Keep,
    Skip,
    Refuse(ScriptProblemKind),
}

fn is_foreign_keys(statement: &Statement<'_>) -> bool {
    matches!(&statement.class, Class::Pragma(Pragma { name, .. }) if name == "foreign_keys")
}

/// What a `PRAGMA foreign_keys` sets; `None` where it only asks, or says
/// nothing that SQLite understands.
fn switch(statement: &Statement<'_>) -> Option<bool> {
    let Class::Pragma(Pragma { value, .. }) = &statement.class else { return None };
    match value.as_deref()?.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Some(true),
        "off" | "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// Says whether the last line of the rows is the `\.` that ends them.
fn ends_rows(rows: &str) -> bool {
    rows == "\\." || rows.ends_with("\n\\.")
}

fn line_length(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    rest.find(['\n', '\r']).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests;
