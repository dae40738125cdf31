//! Casts of arrays, written as casts of their elements.
//!
//! PostgreSQL prints `status IN ('a', 'b')` on a `varchar` column as
//! `status::text = ANY ((ARRAY['a'::character varying, ...])::text[])`. Reading
//! that back, it moves the cast to the elements and prints
//! `ANY (ARRAY[('a'::character varying)::text, ...])`. The two mean the same, and
//! which of them a database shows depends on how often its schema was dumped.

use std::borrow::Cow;

use super::{Lexicon, Token, TokenKind, tokens};

/// Writes `(ARRAY[a, b])::t[]` as `ARRAY[(a)::t, (b)::t]`, wherever it stands.
pub(super) fn to_elements(text: &str, lexicon: Lexicon) -> Cow<'_, str> {
    rewritten(text, lexicon, |cast| Some(cast.by_element(text)))
}

/// Writes `(ARRAY[a::t, b::t])::u[]` as `(ARRAY[a::t, b::t]::t[])::u[]`, wherever
/// it stands: so written, the server leaves the outer cast where it is, and
/// prints again what it printed before.
pub(crate) fn kept_whole(text: &str, lexicon: Lexicon) -> Cow<'_, str> {
    rewritten(text, lexicon, |cast| cast.whole(text, lexicon))
}

fn rewritten<'a>(
    text: &'a str,
    lexicon: Lexicon,
    write: impl Fn(&ArrayCast) -> Option<String>,
) -> Cow<'a, str> {
    if !text.contains("])::") {
        return Cow::Borrowed(text);
    }
    let all: Vec<_> = tokens(text, lexicon).filter(|token| !token.is_trivia()).collect();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < all.len() {
        let cast = ArrayCast::read(&all[at..]);
        if let Some((cast, written)) = cast.and_then(|cast| write(&cast).map(|written| (cast, written))) {
            out.push_str(&text[copied..all[at].offset]);
            out.push_str(&written);
            at += cast.length;
            copied = all[at - 1].end();
        } else {
            at += 1;
        }
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// A cast array constructor: where its elements are, and what they are cast to.
struct ArrayCast {
    elements: Vec<(usize, usize)>,
    target: (usize, usize),
    /// How many tokens it is made of.
    length: usize,
}

impl ArrayCast {
    /// Reads one at the start of `tokens`.
    fn read(tokens: &[Token<'_>]) -> Option<Self> {
        let [open, array, bracket, ..] = tokens else { return None };
        if !(open.is_punct("(") && array.is_word("array") && bracket.is_punct("[")) {
            return None;
        }
        let (elements, close) = elements(tokens)?;
        let [end, cast, rest @ ..] = tokens.get(close + 1..)? else { return None };
        let is_cast = cast.kind == TokenKind::Operator && cast.text == "::";
        let words = rest.iter().take_while(|token| token.ident().is_some() || token.is_punct(".")).count();
        let (last, brackets) = (rest.get(words.checked_sub(1)?)?, rest.get(words..words + 2)?);
        let is_array = brackets[0].is_punct("[") && brackets[1].is_punct("]");
        (end.is_punct(")") && is_cast && is_array).then(|| Self {
            elements,
            target: (rest[0].offset, last.end()),
            length: close + 3 + words + 2,
        })
    }

    fn by_element(&self, text: &str) -> String {
        let target = &text[self.target.0..self.target.1];
        let cast = |element: &str| format!("({element})::{target}");
        format!("ARRAY[{}]", self.texts(text).map(cast).collect::<Vec<_>>().join(", "))
    }

    /// `None` unless every element is a literal of the same type.
    fn whole(&self, text: &str, lexicon: Lexicon) -> Option<String> {
        let target = &text[self.target.0..self.target.1];
        let mut types = self.texts(text).map(|element| literal_type(element, lexicon));
        let first = types.next()??;
        let elements = self.texts(text).collect::<Vec<_>>().join(", ");
        types.all(|other| other == Some(first)).then(|| format!("(ARRAY[{elements}]::{first}[])::{target}[]"))
    }

    fn texts<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.elements.iter().map(move |(start, end)| &text[*start..*end])
    }
}

/// The type of `'...'::type`.
fn literal_type(element: &str, lexicon: Lexicon) -> Option<&str> {
    let mut tokens = tokens(element, lexicon).filter(|token| !token.is_trivia());
    let (literal, cast) = (tokens.next()?, tokens.next()?);
    let is_cast = literal.kind == TokenKind::String && cast.text == "::";
    let named = tokens.all(|token| token.ident().is_some() || token.is_punct("."));
    (is_cast && named).then(|| element[cast.end()..].trim())
}

/// The elements of the constructor whose bracket is the third token, and the
/// token that closes it.
fn elements(tokens: &[Token<'_>]) -> Option<(Vec<(usize, usize)>, usize)> {
    let mut elements = Vec::new();
    let mut depth = 0_usize;
    let mut start = tokens.get(3)?.offset;
    for (index, token) in tokens.iter().enumerate().skip(3) {
        if token.is_punct("(") || token.is_punct("[") {
            depth += 1;
        } else if depth == 0 && (token.is_punct(",") || token.is_punct("]")) {
            elements.push((start, tokens[index - 1].end()));
            start = tokens.get(index + 1)?.offset;
            if token.is_punct("]") {
                return (index > 3).then_some((elements, index));
            }
        } else if token.is_punct(")") || token.is_punct("]") {
            depth = depth.checked_sub(1)?;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cast_stays_around_literals() {
        let cases = [
            (
                "s = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])",
                "s = ANY ((ARRAY['a'::character varying, 'b'::character varying]::character varying[])::text[])",
            ),
            ("(ARRAY['a'::x, 'b'::y])::text[]", "(ARRAY['a'::x, 'b'::y])::text[]"),
            ("(ARRAY[1, 2])::text[]", "(ARRAY[1, 2])::text[]"),
        ];
        for (text, expected) in cases {
            assert_eq!(kept_whole(text, Lexicon::POSTGRES), expected, "{text}");
        }
    }

    #[test]
    fn the_cast_goes_to_the_elements() {
        let cases = [
            (
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
                "((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
            ),
            ("(ARRAY[f(1, 2)])::public.\"T\"[] || x", "ARRAY[(f(1, 2))::public.\"T\"] || x"),
            ("(ARRAY[1, 2])::text", "(ARRAY[1, 2])::text"),
            ("(ARRAY[])::text[]", "(ARRAY[])::text[]"),
            ("(ARRAY[1])::numeric(5,2)[]", "(ARRAY[1])::numeric(5,2)[]"),
            ("ARRAY[1, 2]", "ARRAY[1, 2]"),
            ("'(ARRAY[1])::text[]'", "'(ARRAY[1])::text[]'"),
            ("(ARRAY[1)])::text[]", "(ARRAY[1)])::text[]"),
        ];
        for (text, expected) in cases {
            assert_eq!(to_elements(text, Lexicon::POSTGRES), expected, "{text}");
        }
    }
}
