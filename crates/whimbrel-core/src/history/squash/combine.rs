//! Several scripts as one.

use std::time::Duration;

use super::SquashError;
use crate::history::{Script, ScriptStatement, body};
use crate::sql::{self, Class, Data, DataVerb, Lexicon, TokenKind};

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
pub(super) fn combine(scripts: &[&Script], lexicon: Lexicon) -> Result<Combined, SquashError> {
    let off = scripts.iter().find(|script| script.foreign_keys_off);
    let on = scripts.iter().find(|script| !script.foreign_keys_off && changes_rows(script));
    if let (Some(off), Some(on)) = (off, on) {
        return Err(SquashError::ForeignKeys { off: off.file.clone(), on: on.file.clone() });
    }
    let statements = scripts.iter().flat_map(|script| blocks(script, lexicon));
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
    no_transaction.into_iter().chain(lock_timeout.map(waits)).collect()
}

/// How long to wait for a lock, as a file says it.
pub(super) fn waits(time: Duration) -> String {
    format!("whimbrel: lock-timeout {}ms", time.as_millis())
}

/// The statements, each with what was said of it and the rows that belong to it.
fn blocks(script: &Script, lexicon: Lexicon) -> Vec<String> {
    let mut blocks = vec![String::new(); script.statements.len()];
    for (of, comment) in comments(script, lexicon) {
        if let Some(block) = blocks.get_mut(of) {
            block.push_str(comment.trim_end());
            block.push('\n');
        }
    }
    for (block, statement) in blocks.iter_mut().zip(&script.statements) {
        block.push_str(script.sql(statement));
        if let Some(rows) = script.copy_data(statement) {
            block.push_str(&format!(";\n{rows}\\."));
        }
    }
    blocks
}

/// The comments that stand between statements, each with the number of the
/// statement it is about: the one on the same line, or else the next. What
/// follows the last one is about that.
pub(super) fn comments(script: &Script, lexicon: Lexicon) -> impl Iterator<Item = (usize, &str)> {
    let statements = &script.statements;
    let end = |statement: &ScriptStatement| statement.offset + statement.length;
    let header = script.text.len() - body(&script.text).len();
    let tokens = sql::tokens(&script.text[script.section.clone()], lexicon);
    tokens.filter(|token| matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment)).filter_map(
        move |token| {
            let offset = script.section.start + token.offset;
            let next = statements.partition_point(|statement| statement.offset <= offset);
            let before = next.checked_sub(1).map(|at| (at, end(&statements[at])));
            if offset < header || is_of_the_file(token.text) {
                return None;
            }
            match before {
                Some((_, end)) if offset < end => None,
                Some((at, end)) if !script.text[end..offset].contains('\n') => Some((at, token.text)),
                Some(_) | None => Some((next.min(statements.len().saturating_sub(1)), token.text)),
            }
        },
    )
}

/// Says whether a comment is of the file's form, or about the file as a whole:
/// then it is written anew.
fn is_of_the_file(comment: &str) -> bool {
    let said = comment.strip_prefix("--").unwrap_or_default();
    said.starts_with('>') || ["whimbrel:", "WARNING:"].iter().any(|word| said.trim_start().starts_with(word))
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
