//! CREATE INDEX, and the parts of keys.

use super::cursor::{Cursor, Unreadable};
use crate::schema::{Column, Index, KeyPart, KeyTarget, SortOrder, SqlExpr};
use crate::sql::{Lexicon, Token, TokenKind};

/// Reads a CREATE INDEX statement over a table of these columns.
pub(super) fn read(sql: &str, name: &str, columns: &[Column]) -> Result<Index, Unreadable> {
    let mut cursor = Cursor::new(sql);
    cursor.expect_word("create")?;
    let unique = cursor.eat_word("unique");
    cursor.expect_word("index")?;
    cursor.eat_words(&["if", "not", "exists"]);
    cursor.qualified_name()?;
    cursor.expect_word("on")?;
    cursor.name()?;
    let parts = cursor.group()?.items().into_iter();
    let parts = parts.map(|item| Ok(only_columns(key_part(item)?, columns)));
    let parts = parts.collect::<Result<_, Unreadable>>()?;
    let predicate = cursor.eat_word("where").then(|| cursor.until(|_| false));
    if !cursor.is_end() {
        return Err(cursor.expected("WHERE"));
    }
    let predicate = predicate.map(|predicate| SqlExpr(predicate.rest_text().to_owned()));
    Ok(Index { name: name.to_owned(), columns: parts, unique, predicate, ..Index::default() })
}

/// A quoted word that names no column is a string to SQLite, and so an
/// expression.
fn only_columns(part: KeyPart, columns: &[Column]) -> KeyPart {
    match &part.target {
        KeyTarget::Column(name) if !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)) => {
            let text = format!("\"{}\"", name.replace('"', "\"\""));
            KeyPart { target: KeyTarget::Expression(SqlExpr(text)), ..part }
        }
        KeyTarget::Column(_) | KeyTarget::Expression(_) => part,
    }
}

/// Reads one part of a key: a column or an expression, its collation and its
/// direction. SQLite takes neither `NULLS FIRST` nor `NULLS LAST` here.
pub(super) fn key_part(mut item: Cursor<'_>) -> Result<KeyPart, Unreadable> {
    let order = match item.rest().last() {
        Some(token) if token.is_word("desc") => SortOrder::Desc,
        _ => SortOrder::Asc,
    };
    if item.rest().last().is_some_and(|token| token.is_word("desc") || token.is_word("asc")) {
        item.truncate_by(1);
    }
    let collation = take_collation(&mut item);
    Ok(KeyPart { collation, order, ..target(&item)? })
}

/// Takes a final COLLATE off, if it is about the whole part. COLLATE binds
/// closer than any operator: in `a || b COLLATE nocase` it is about `b`.
fn take_collation(item: &mut Cursor<'_>) -> Option<String> {
    let [before @ .., collate, name] = item.rest() else { return None };
    let is_one_operand = match before {
        [_] => true,
        [open, inner @ .., close] if open.is_punct("(") && close.is_punct(")") => is_balanced(inner),
        [function, open, inner @ .., close] if open.is_punct("(") && close.is_punct(")") => {
            is_name(function) && is_balanced(inner)
        }
        _ => false,
    };
    if !collate.is_word("collate") || !is_one_operand {
        return None;
    }
    let collation = name.name(Lexicon::SQLITE)?.into_owned();
    item.truncate_by(2);
    Some(collation)
}

/// Says whether every parenthesis in the tokens opens and closes in them.
fn is_balanced(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0i32;
    for token in tokens {
        depth += i32::from(token.is_punct("(")) - i32::from(token.is_punct(")"));
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent)
}

/// Reads the operand: a name is a column, also in parentheses.
fn target(item: &Cursor<'_>) -> Result<KeyPart, Unreadable> {
    let mut tokens = item.rest();
    while let [open, inner @ .., close] = tokens
        && open.is_punct("(")
        && close.is_punct(")")
        && is_balanced(inner)
    {
        tokens = inner;
    }
    match tokens {
        [] => Err(item.expected("a column or an expression")),
        [token] if token.name(Lexicon::SQLITE).is_some() => {
            Ok(KeyPart::column(token.name(Lexicon::SQLITE).unwrap_or_default()))
        }
        _ => Ok(KeyPart::expression(item.rest_text())),
    }
}
