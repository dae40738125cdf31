//! Quoting: how a name or a text is written down so that it is read back.

use std::borrow::Cow;

use super::lexer::{is_ident, is_ident_start};
use super::{Grammar, Lexicon, is_keyword};

/// Writes an identifier in double quotes, those inside doubled: what every
/// engine here reads.
///
/// ```
/// use whimbrel_core::sql::quote_ident;
///
/// assert_eq!(quote_ident("order"), r#""order""#);
/// assert_eq!(quote_ident(r#"a"; DROP TABLE b; --"#), r#""a""; DROP TABLE b; --""#);
/// ```
pub fn quote_ident(name: &str) -> String {
    quote(name, '"')
}

/// Writes a string in single quotes, those inside doubled.
///
/// ```
/// use whimbrel_core::sql::quote_literal;
///
/// assert_eq!(quote_literal("it's"), "'it''s'");
/// ```
pub fn quote_literal(text: &str) -> String {
    quote(text, '\'')
}

fn quote(text: &str, mark: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        if c == mark {
            out.push(mark);
        }
        out.push(c);
    }
    out.push(mark);
    out
}

/// Writes an identifier bare where that spells the same name, in quotes
/// otherwise.
pub(crate) fn plain_ident(name: &str, lexicon: Lexicon) -> Cow<'_, str> {
    let folds = lexicon.grammar == Grammar::Postgres && name.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_bare(name) && !folds && !is_keyword(name, lexicon.grammar) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(quote_ident(name))
    }
}

/// Says whether the name has the shape of a bare word.
pub(super) fn is_bare(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|&first| is_ident_start(first))
        && bytes.iter().all(|&byte| is_ident(byte))
        && !name.starts_with('\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::tokens;

    #[test]
    fn quotes_stand_only_where_they_must() {
        let cases = [
            ("nickname", Lexicon::SQLITE, "nickname"),
            ("key", Lexicon::SQLITE, r#""key""#),
            ("nickName", Lexicon::SQLITE, "nickName"),
            ("nickName", Lexicon::POSTGRES, r#""nickName""#),
        ];
        for (name, lexicon, expected) in cases {
            assert_eq!(plain_ident(name, lexicon), expected, "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for name in
            ["a", "A b", "a\"b", "\"", "", "'", "select", "key", "größe", "1a", "a$", "🦀;--", "\u{feff}a"]
        {
            for lexicon in [Lexicon::SQLITE, Lexicon::POSTGRES] {
                for text in [plain_ident(name, lexicon).into_owned(), quote_ident(name)] {
                    let mut all = tokens(&text, lexicon);
                    assert_eq!(all.next().unwrap().name(lexicon).unwrap(), name);
                    assert!(all.next().is_none());
                }
                let text = quote_literal(name);
                assert_eq!(tokens(&text, lexicon).next().unwrap().string().unwrap(), name);
            }
        }
    }
}
