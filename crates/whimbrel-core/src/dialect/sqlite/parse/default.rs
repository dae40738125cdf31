//! The value after DEFAULT.

use super::cursor::{Cursor, Unreadable};
use crate::schema::SqlExpr;
use crate::sql::{Token, TokenKind};

/// Reads what follows DEFAULT, in the form that the [module](super) promises.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<SqlExpr>, Unreadable> {
    if cursor.is_punct("(") {
        return Ok(parenthesised(cursor.group()?));
    }
    let sign = sign(cursor);
    let Some(token) = cursor.next() else { return Err(cursor.expected("a default")) };
    let text = match token.kind {
        TokenKind::Word if is_constant_word(&token) => token.text.to_owned(),
        // A name is taken for a string here.
        TokenKind::Word | TokenKind::QuotedIdent => literal(&token.ident().unwrap_or_default()),
        _ => token.text.to_owned(),
    };
    Ok(expression(format!("{sign}{text}")))
}

/// Reads `(...)` after DEFAULT: a constant stands as well without parentheses.
fn parenthesised(mut inner: Cursor<'_>) -> Option<SqlExpr> {
    while inner.is_punct("(") {
        let mut rest = inner.clone();
        match rest.group() {
            Ok(group) if rest.rest().is_empty() => inner = group,
            _ => break,
        }
    }
    let whole = inner.rest_text();
    let sign = sign(&mut inner);
    match inner.rest() {
        [token] if is_constant(token, sign) => expression(format!("{sign}{}", token.text)),
        _ => expression(format!("({whole})")),
    }
}

fn sign(cursor: &mut Cursor<'_>) -> &'static str {
    let sign = match cursor.peek() {
        Some(token) if token.kind == TokenKind::Operator && token.text == "-" => "-",
        Some(token) if token.kind == TokenKind::Operator && token.text == "+" => "+",
        _ => return "",
    };
    cursor.next();
    sign
}

fn is_constant(token: &Token<'_>, sign: &str) -> bool {
    match token.kind {
        TokenKind::Number => true,
        TokenKind::String => sign.is_empty(),
        TokenKind::Word => sign.is_empty() && is_constant_word(token),
        _ => false,
    }
}

fn is_constant_word(token: &Token<'_>) -> bool {
    ["null", "true", "false", "current_time", "current_date", "current_timestamp"]
        .iter()
        .any(|word| token.is_word(word))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// NULL is what a column has without a default.
fn expression(text: String) -> Option<SqlExpr> {
    (!text.eq_ignore_ascii_case("null")).then_some(SqlExpr(text))
}
