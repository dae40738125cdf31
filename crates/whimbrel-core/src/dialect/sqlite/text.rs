//! Looking into the texts of expressions, views and triggers.
//!
//! SQLite keeps them as they were written, so that what they speak of must be
//! read from their tokens. Where a token could be a name it is taken for one:
//! what is named too often is made anew without need, what is missed is lost.

use std::borrow::Cow;

use super::parse;
use crate::dialect::Dialect;
use crate::sql::{self, Grammar, Lexicon, Token, TokenKind, is_reserved, tokens};

/// The tokens of a text but white space and comments.
pub(super) fn significant(text: &str) -> impl Iterator<Item = Token<'_>> {
    tokens(text, Lexicon::SQLITE).filter(|token| !token.is_trivia())
}

/// Folds an identifier.
pub(super) fn fold(name: &str) -> Cow<'_, str> {
    Dialect::Sqlite.fold_ident(name)
}

/// Says whether a text may speak of a name.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    sql::mentions(text, Lexicon::SQLITE).any(|found| Dialect::Sqlite.same_ident(&found, name))
}

/// Writes `from.column` as `to.column`: what an expression must say of its own
/// table while that has another name.
pub(super) fn requalify<'a>(text: &'a str, from: &str, to: &str) -> Cow<'a, str> {
    sql::rename_qualifier(text, Lexicon::SQLITE, |name| Dialect::Sqlite.same_ident(name, from), to)
}

/// The tables that a view or trigger reads or writes and that `is_known` does
/// not know: neither common table expressions nor functions nor the engine's
/// own tables.
pub(super) fn unknown_tables(definition: &str, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let (statement, mut mentioned) = parse::mentions::read(definition);
    mentioned.retain(|name| !is_known(name) && !is_engines_own(name));
    if mentioned.is_empty() {
        return mentioned;
    }
    let all: Vec<_> = significant(statement).collect();
    mentioned.retain(|name| {
        let is_it = |token: &Token<'_>| {
            token.name(Lexicon::SQLITE).is_some_and(|found| Dialect::Sqlite.same_ident(&found, name))
        };
        let is_defined = |at: usize| is_it(&all[at]) && is_call_or_cte(&all[at + 1..]);
        !(0..all.len()).any(is_defined)
    });
    mentioned
}

fn is_engines_own(name: &str) -> bool {
    let name = fold(name);
    name.starts_with("sqlite_") || name.starts_with("pragma_")
}

/// Says whether a name followed by this is a function in a FROM clause, or the
/// head of a common table expression.
fn is_call_or_cte(rest: &[Token<'_>]) -> bool {
    let is_as = rest.first().is_some_and(|token| token.is_word("AS"));
    let mut rest = rest.iter().skip(usize::from(is_as));
    let begins = rest.find(|token| !(token.is_word("NOT") || token.is_word("MATERIALIZED")));
    begins.is_some_and(|token| token.is_punct("("))
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
        TokenKind::Word => !is_reserved(token.text, Grammar::Sqlite) && !token.is_word("GENERATED"),
        TokenKind::QuotedIdent | TokenKind::String => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_are_not_there_are_told_from_other_names() {
        let check = |definition: &str, expected: &[&str]| {
            let unknown = unknown_tables(definition, |name| name.eq_ignore_ascii_case("users"));
            assert_eq!(unknown, expected, "{definition}");
        };
        check("CREATE VIEW v AS SELECT * FROM Users u, posts JOIN \"to do\"", &["posts", "to do"]);
        check(
            "CREATE VIEW v AS WITH a AS (SELECT 1), b(x) AS MATERIALIZED (SELECT 2) SELECT * FROM a, b",
            &[],
        );
        check("CREATE VIEW v AS SELECT * FROM json_each('[]'), pragma_table_info('x'), sqlite_schema", &[]);
        check("CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM log; END", &["log"]);
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
        for plain in ["INTEGER", "varchar (10)", "DECIMAL(10, -5)", "double precision", "\"a b\"", "[a]"] {
            assert!(is_plain_type(plain), "{plain}");
        }
        for odd in ["int eger](3", "default", "a()", "a(b)", "1", "(1)", "a.b", "a)"] {
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
