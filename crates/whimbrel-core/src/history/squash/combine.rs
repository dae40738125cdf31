//! Several scripts as one.

use super::SquashError;
use crate::history::{Script, ScriptStatement};
use crate::sql::{self, Class, Data, DataVerb, Lexicon};

/// Several scripts as one.
pub(super) struct Combined {
    /// What is to be said of the whole file, without `--`.
    pub(super) directives: Vec<String>,
    /// All statements, in order, with the pragmas that were lifted.
    pub(super) statements: Vec<String>,
}

/// Puts the scripts one after the other.
///
/// # Errors
///
/// If some run with foreign keys off, and others change rows with them on:
/// what is done to the rows that refer to those would be lost.
pub(super) fn combine(scripts: &[&Script]) -> Result<Combined, SquashError> {
    let off = scripts.iter().find(|script| script.foreign_keys_off);
    let on = scripts.iter().find(|script| !script.foreign_keys_off && changes_rows(script));
    if let (Some(off), Some(on)) = (off, on) {
        return Err(SquashError::ForeignKeys { off: off.file.clone(), on: on.file.clone() });
    }
    let statements = scripts.iter().flat_map(|script| script.statements.iter().map(|one| block(script, one)));
    let pragma = |value: &str| off.map(|_| format!("PRAGMA foreign_keys={value}"));
    Ok(Combined {
        directives: directives(scripts),
        statements: pragma("OFF").into_iter().chain(statements).chain(pragma("ON")).collect(),
    })
}

/// The strictest of what the scripts say of themselves.
fn directives(scripts: &[&Script]) -> Vec<String> {
    let no_transaction = scripts.iter().any(|script| script.no_transaction);
    let lock_timeout = scripts.iter().filter_map(|script| script.lock_timeout).max();
    let no_transaction = no_transaction.then(|| "whimbrel: no-transaction".to_owned());
    let lock_timeout = lock_timeout.map(|time| format!("whimbrel: lock-timeout {}ms", time.as_millis()));
    no_transaction.into_iter().chain(lock_timeout).collect()
}

/// A statement with the rows that belong to it.
fn block(script: &Script, statement: &ScriptStatement) -> String {
    let sql = script.sql(statement);
    match script.copy_data(statement) {
        Some(rows) => format!("{sql};\n{rows}\\."),
        None => sql.to_owned(),
    }
}

/// Says whether a statement changes or deletes rows that were there, to which
/// others may refer.
fn changes_rows(script: &Script) -> bool {
    script.statements.iter().any(|statement| match &statement.class {
        Class::Data(Data { verb, .. }) => match verb {
            DataVerb::Update | DataVerb::Delete | DataVerb::Merge | DataVerb::Truncate | DataVerb::With => {
                true
            }
            DataVerb::Insert => replaces(script.sql(statement)),
            DataVerb::Select
            | DataVerb::CopyFromStdin
            | DataVerb::CopyToStdout
            | DataVerb::Refresh
            | DataVerb::Call => false,
        },
        Class::Ddl(_)
        | Class::Transaction(_)
        | Class::Pragma(_)
        | Class::Attach
        | Class::ExtensionLoading
        | Class::Maintenance(_)
        | Class::Session
        | Class::Ownership
        | Class::Privilege
        | Class::Beyond(_)
        | Class::Comment
        | Class::Do
        | Class::Explain
        | Class::MetaCommand { .. }
        | Class::DotCommand { .. }
        | Class::Unknown => false,
    })
}

/// Says whether an INSERT is SQLite's REPLACE or INSERT OR REPLACE, or may
/// update.
fn replaces(insert: &str) -> bool {
    let mut tokens = sql::tokens(insert, Lexicon::SQLITE);
    tokens.any(|token| token.is_word("replace") || token.is_word("conflict"))
}
