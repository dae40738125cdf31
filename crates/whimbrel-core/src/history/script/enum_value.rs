//! New values of PostgreSQL's enums, which a transaction cannot use before it
//! has ended (<https://www.postgresql.org/docs/current/sql-altertype.html>).

use super::{Script, ScriptStatement};
use crate::sql::{self, Lexicon, Run, TokenKind};

/// Says whether a statement uses a value that one before it adds.
pub(super) fn is_used(script: &Script) -> bool {
    let adds = script.statements.iter().enumerate().filter(|(_, one)| one.run == Run::OwnTransaction);
    adds.filter_map(|(at, one)| Some((at, added(script, one)?)))
        .any(|(at, value)| script.statements[at + 1..].iter().any(|later| mentions(script, later, &value)))
}

/// The value that `ALTER TYPE ... ADD VALUE 'value'` adds: its first string.
fn added(script: &Script, statement: &ScriptStatement) -> Option<String> {
    sql::tokens(script.sql(statement), Lexicon::POSTGRES)
        .find_map(|token| token.string())
        .map(std::borrow::Cow::into_owned)
}

/// Says whether the statement has the value as a string, in a body or in its
/// rows. That it adds another value beside it is no use.
fn mentions(script: &Script, statement: &ScriptStatement, value: &str) -> bool {
    if statement.run == Run::OwnTransaction {
        return false;
    }
    let mut tokens = sql::tokens(script.sql(statement), Lexicon::POSTGRES);
    let in_text = tokens.any(|token| match token.kind {
        TokenKind::DollarString => token.text.contains(value),
        _ => token.string().is_some_and(|string| string == value),
    });
    in_text || script.copy_data(statement).is_some_and(|rows| rows.contains(value))
}
