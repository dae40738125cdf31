//! What the server's errors mean.

use std::error::Error as _;

use tokio_postgres::error::{DbError as Refusal, ErrorPosition, Severity};

use crate::error::StatementError;

/// Says whether the server ended the session with this error.
pub(super) fn ends_session(refusal: &Refusal) -> bool {
    match refusal.parsed_severity() {
        Some(severity) => matches!(severity, Severity::Fatal | Severity::Panic),
        None => matches!(refusal.code().code(), "57P01" | "57P02" | "57P03" | "57P05" | "25P03"),
    }
}

/// Says whether another session stood in the way: `lock_timeout` ran out, or
/// each waited for the other. The same may succeed a moment later.
pub(super) fn is_locked(code: &str) -> bool {
    matches!(code, "55P03" | "40P01")
}

/// Says whether the error is about a value that is not text.
pub(super) fn is_text(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(<dyn std::error::Error>::is::<std::str::Utf8Error>)
}

/// What the end of a session was, in the server's words if it had any.
pub(super) fn last_words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(refusal) => refusal.message().to_owned(),
        None => error.source().map_or_else(|| error.to_string(), ToString::to_string),
    }
}

/// How many characters of what was sent stand before the place of the error, if
/// the server named one.
pub(super) fn position(error: &tokio_postgres::Error) -> Option<usize> {
    match error.as_db_error()?.position()? {
        ErrorPosition::Original(position) => usize::try_from(*position).ok()?.checked_sub(1),
        ErrorPosition::Internal { .. } => None,
    }
}

/// Keeps all that the server said of `statement`, which began after `start`
/// characters of what was sent.
pub(super) fn statement_error(refusal: &Refusal, statement: &str, start: usize) -> StatementError {
    let offset = match refusal.position() {
        Some(ErrorPosition::Original(position)) => {
            let character = usize::try_from(*position).unwrap_or_default().saturating_sub(1 + start);
            let byte = statement.char_indices().nth(character).map(|(byte, _)| byte);
            Some(byte.unwrap_or(statement.len()))
        }
        Some(ErrorPosition::Internal { .. }) | None => None,
    };
    StatementError {
        message: refusal.message().to_owned(),
        code: Some(refusal.code().code().to_owned()),
        offset,
        detail: detail(refusal),
        sql: statement.to_owned(),
    }
}

fn detail(refusal: &Refusal) -> Option<String> {
    let inner = match refusal.position() {
        Some(ErrorPosition::Internal { query, .. }) => Some(format!("while running: {query}")),
        _ => None,
    };
    let hint = refusal.hint().or_else(|| own_hint(refusal.code().code()));
    let hint = hint.map(|hint| format!("hint: {hint}"));
    let lines: Vec<String> =
        [refusal.detail().map(str::to_owned), inner, hint].into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What to do where the server gives no hint.
fn own_hint(code: &str) -> Option<&'static str> {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    (code == INSUFFICIENT_PRIVILEGE)
        .then_some("connect as the owner of what is to change, or GRANT the role what it lacks")
}
