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
    if !text.contains("])::") {
        return Cow::Borrowed(text);
    }
    let all: Vec<_> = tokens(text, lexicon).filter(|token| !token.is_trivia()).collect();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < all.len() {
        if let Some(cast) = ArrayCast::read(&all[at..]) {
            out.push_str(&text[copied..all[at].offset]);
            out.push_str(&cast.written(text));
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

    fn written(&self, text: &str) -> String {
        let target = &text[self.target.0..self.target.1];
        let cast = |(start, end): &(usize, usize)| format!("({})::{target}", &text[*start..*end]);
        format!("ARRAY[{}]", self.elements.iter().map(cast).collect::<Vec<_>>().join(", "))
    }
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
