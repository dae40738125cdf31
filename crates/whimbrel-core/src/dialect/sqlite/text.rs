//! Looking into the texts of expressions, views and triggers.
//!
//! SQLite keeps them as they were written, so that what they speak of must be
//! read from their tokens. Where a token could be a name it is taken for one:
//! what is named too often is made anew without need, what is missed is lost.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::sql::{Lexicon, Token, TokenKind, tokens};

/// The tokens of a text but white space and comments.
pub(super) fn significant(text: &str) -> impl Iterator<Item = Token<'_>> {
    tokens(text, Lexicon::SQLITE).filter(|token| !token.is_trivia())
}

/// Folds an identifier.
pub(super) fn fold(name: &str) -> Cow<'_, str> {
    Dialect::Sqlite.fold_ident(name)
}

/// Every name that may stand in a text, folded. A string can be one too.
pub(super) fn names(text: &str) -> BTreeSet<String> {
    significant(text)
        .filter_map(|token| token.name(Lexicon::SQLITE))
        .map(|name| fold(&name).into_owned())
        .collect()
}

/// Says whether a name may stand in a text.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let is_it = |token: Token<'_>| {
        token.name(Lexicon::SQLITE).is_some_and(|found| Dialect::Sqlite.same_ident(&found, name))
    };
    significant(text).any(is_it)
}

/// Writes `from.column` as `to.column`: what an expression must say of its own
/// table while that has another name. `to` stands as it is given, quoted.
pub(super) fn requalify<'a>(text: &'a str, from: &str, to: &str) -> Cow<'a, str> {
    let all: Vec<_> = tokens(text, Lexicon::SQLITE).collect();
    let is_qualifier = |index: usize| {
        let mut rest = all[index + 1..].iter().filter(|token| !token.is_trivia());
        all[index].ident().is_some_and(|name| Dialect::Sqlite.same_ident(&name, from))
            && rest.next().is_some_and(|token| token.is_punct("."))
    };
    if !(0..all.len()).any(is_qualifier) {
        return Cow::Borrowed(text);
    }
    let piece = |index: usize| if is_qualifier(index) { to } else { all[index].text };
    Cow::Owned((0..all.len()).map(piece).collect())
}

/// The text, fit to be followed by more: a comment at its end is closed.
pub(super) fn closed(text: &str) -> Cow<'_, str> {
    match tokens(text, Lexicon::SQLITE).last().map(|token| token.kind) {
        Some(TokenKind::LineComment) => Cow::Owned(format!("{text}\n")),
        _ => Cow::Borrowed(text),
    }
}

/// What a constant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    Null,
    Integer,
    Real,
    Text,
    Blob,
}

/// What a default is if it is a constant that ADD COLUMN takes: a literal, a
/// number with a sign, or a lone identifier, which SQLite takes for a string.
pub(super) fn constant(text: &str) -> Option<Constant> {
    let all: Vec<_> = significant(text).collect();
    match all.as_slice() {
        [token] => single(token),
        [sign, number] if matches!(sign.text, "+" | "-") && number.kind == TokenKind::Number => {
            Some(number_kind(number.text))
        }
        _ => None,
    }
}

fn single(token: &Token<'_>) -> Option<Constant> {
    match token.kind {
        TokenKind::Number => Some(number_kind(token.text)),
        TokenKind::String if token.text.starts_with(['x', 'X']) => Some(Constant::Blob),
        TokenKind::String | TokenKind::QuotedIdent => Some(Constant::Text),
        TokenKind::Word if token.is_word("NULL") => Some(Constant::Null),
        TokenKind::Word if token.is_word("TRUE") || token.is_word("FALSE") => Some(Constant::Integer),
        TokenKind::Word if is_clock(token) => None,
        TokenKind::Word => Some(Constant::Text),
        _ => None,
    }
}

fn number_kind(text: &str) -> Constant {
    let hex = text.starts_with("0x") || text.starts_with("0X");
    if !hex && text.contains(['.', 'e', 'E']) { Constant::Real } else { Constant::Integer }
}

fn is_clock(token: &Token<'_>) -> bool {
    ["CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"].iter().any(|word| token.is_word(word))
}

/// The default as an expression that means the same in a query, where a lone
/// identifier would be a column.
pub(super) fn default_value(text: &str) -> String {
    let all: Vec<_> = significant(text).collect();
    match all.as_slice() {
        [token] if single(token) == Some(Constant::Text) && token.kind != TokenKind::String => {
            Dialect::Sqlite.quote_literal(&token.ident().unwrap_or_default())
        }
        _ => closed(text).into_owned(),
    }
}

/// Says whether a default stands without parentheses.
pub(super) fn is_bare_default(text: &str) -> bool {
    constant(text).is_some() || significant(text).count() == 1 || is_parenthesised(text)
}

/// Says whether one pair of parentheses holds the whole text.
pub(super) fn is_parenthesised(text: &str) -> bool {
    let all: Vec<_> = significant(text).collect();
    let mut depth = 0_usize;
    let closes = all.iter().position(|token| {
        depth += usize::from(token.is_punct("("));
        depth = depth.saturating_sub(usize::from(token.is_punct(")")));
        depth == 0
    });
    closes.is_some_and(|at| at > 0 && at + 1 == all.len())
}

/// Says whether a type can stand without quotes around it: words that mean
/// nothing else in a column definition, then at most two numbers.
pub(super) fn is_plain_type(text: &str) -> bool {
    let all: Vec<_> = significant(text).collect();
    let words = all.iter().take_while(|token| is_type_word(token)).count();
    let numbers = &all[words..];
    let is_number =
        |token: &Token<'_>| token.kind == TokenKind::Number || matches!(token.text, "+" | "-" | ",");
    match numbers {
        _ if words == 0 => false,
        [] => true,
        [open, inner @ .., close] => {
            open.is_punct("(") && close.is_punct(")") && !inner.is_empty() && inner.iter().all(is_number)
        }
        [_] => false,
    }
}

fn is_type_word(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word => !RESERVED.contains(&token.text.to_ascii_uppercase().as_str()),
        TokenKind::QuotedIdent => token.text.len() > 2 && token.text.ends_with('"'),
        _ => false,
    }
}

/// The words that the grammar never takes for a name, and GENERATED, which ends
/// a type. Sorted.
const RESERVED: &[&str] = &[
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "AUTOINCREMENT",
    "BETWEEN",
    "CASE",
    "CHECK",
    "COLLATE",
    "COMMIT",
    "CONSTRAINT",
    "CREATE",
    "DEFAULT",
    "DEFERRABLE",
    "DELETE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "ESCAPE",
    "EXISTS",
    "FOREIGN",
    "FROM",
    "GENERATED",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LIMIT",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_quoting_and_not_in_comments() {
        let text = "SELECT a, \"B c\", [d], `e` FROM 'F' -- g\n/* h */";
        let expected = ["a", "b c", "d", "e", "f", "from", "select"];
        assert_eq!(names(text).into_iter().collect::<Vec<_>>(), expected);
        assert!(mentions(text, "b C"));
        assert!(!mentions(text, "g"));
    }

    #[test]
    fn own_qualifiers_take_another_name() {
        let check = |text, expected| assert_eq!(requalify(text, "t", "\"__new_t\""), expected);
        check("t.a > 0 AND \"T\" . b", "\"__new_t\".a > 0 AND \"__new_t\" . b");
        check("t > 0 AND tt.a > 't.a'", "t > 0 AND tt.a > 't.a'");
    }

    #[test]
    fn a_comment_at_the_end_is_closed() {
        assert_eq!(closed("a -- b"), "a -- b\n");
        assert_eq!(closed("a -- b\n"), "a -- b\n");
        assert_eq!(closed("'--'"), "'--'");
    }

    #[test]
    fn constants_are_told_from_expressions() {
        for (text, expected) in [
            ("1", Some(Constant::Integer)),
            ("- 1.5", Some(Constant::Real)),
            ("0x1F", Some(Constant::Integer)),
            ("'x'", Some(Constant::Text)),
            ("x'00'", Some(Constant::Blob)),
            ("\"abc\"", Some(Constant::Text)),
            ("abc", Some(Constant::Text)),
            ("null", Some(Constant::Null)),
            ("TRUE", Some(Constant::Integer)),
            ("CURRENT_TIMESTAMP", None),
            ("(1)", None),
            ("1 + 1", None),
            ("random()", None),
        ] {
            assert_eq!(constant(text), expected, "{text}");
        }
    }

    #[test]
    fn a_default_means_the_same_in_a_query() {
        assert_eq!(default_value("abc"), "'abc'");
        assert_eq!(default_value("\"it's\""), "'it''s'");
        assert_eq!(default_value("'a'"), "'a'");
        assert_eq!(default_value("CURRENT_DATE"), "CURRENT_DATE");
        assert_eq!(default_value("1 -- one"), "1 -- one\n");
    }

    #[test]
    fn types_that_need_quotes_are_known() {
        for plain in ["INTEGER", "varchar (10)", "DECIMAL(10, -5)", "double precision", "\"a b\""] {
            assert!(is_plain_type(plain), "{plain}");
        }
        for odd in ["int eger](3", "weird\"t", "default", "a()", "a(b)", "1", "(1)", "a.b", "a 'b'"] {
            assert!(!is_plain_type(odd), "{odd}");
        }
    }

    #[test]
    fn parentheses_around_the_whole_are_known() {
        assert!(is_parenthesised("(a + (b))"));
        assert!(!is_parenthesised("(a) + (b)"));
        assert!(!is_parenthesised("a"));
        assert!(!is_parenthesised(""));
    }
}
