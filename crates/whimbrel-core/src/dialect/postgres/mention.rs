//! What an expression or a body mentions.
//!
//! The catalogue tells what views and functions depend on, but the schema keeps
//! defaults, conditions and index expressions as text. Deparsed text is regular
//! enough to read them back: types follow `::`, functions stand before `(`,
//! relations are literals before `::regclass`, and any other word may be a
//! column.

use std::collections::BTreeSet;

use crate::name::{ObjectName, split_dotted};
use crate::sql::{Lexicon, Token, TokenKind, tokens};

/// The names that a text mentions, by the place they stand in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mentions {
    /// What values are cast to.
    pub(super) types: BTreeSet<ObjectName>,
    /// What is called.
    pub(super) calls: BTreeSet<ObjectName>,
    /// Literals that are cast to `regclass`.
    pub(super) relations: BTreeSet<ObjectName>,
    /// Every single word, whatever it is.
    pub(super) words: BTreeSet<String>,
}

/// Reads what a deparsed expression mentions.
pub(super) fn mentions(text: &str) -> Mentions {
    let tokens = significant(text);
    let mut found = Mentions::default();
    let mut at = 0;
    while at < tokens.len() {
        let chain = chain(&tokens[at..]);
        if let Some(named) = named(&chain) {
            let next = tokens.get(at + 2 * chain.len() - 1);
            if at > 0 && is_cast(&tokens[at - 1]) {
                found.types.insert(named);
            } else if next.is_some_and(|next| next.is_punct("(")) {
                found.calls.insert(named);
            }
            at += 2 * chain.len() - 1;
            found.words.extend(chain);
        } else {
            found.relations.extend(regclass(&tokens[at..]));
            at += 1;
        }
    }
    found
}

/// Reads every name that a body may mean, its strings included.
///
/// A body is only read by the server when it runs, so this is no more than a
/// hint at what had better be there first.
pub(super) fn names_in_body(text: &str) -> BTreeSet<ObjectName> {
    let mut names = BTreeSet::new();
    collect_names(text, &mut names);
    names
}

fn collect_names(text: &str, names: &mut BTreeSet<ObjectName>) {
    let tokens = significant(text);
    let mut at = 0;
    while at < tokens.len() {
        let chain = chain(&tokens[at..]);
        if let Some(named) = named(&chain) {
            at += 2 * chain.len() - 1;
            names.insert(named);
            continue;
        }
        let token = &tokens[at];
        if token.kind == TokenKind::DollarString {
            collect_names(&token.string().unwrap_or_default(), names);
        }
        at += 1;
    }
}

fn significant(text: &str) -> Vec<Token<'_>> {
    tokens(text, Lexicon::POSTGRES).filter(|token| !token.is_trivia()).collect()
}

/// The parts of the dotted name that `tokens` begin with.
fn chain(tokens: &[Token<'_>]) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = tokens;
    while let Some(part) = rest.first().and_then(|token| token.name(Lexicon::POSTGRES)) {
        parts.push(part.into_owned());
        match rest.get(1) {
            Some(dot) if dot.is_punct(".") && rest.len() > 2 => rest = &rest[2..],
            _ => break,
        }
    }
    parts
}

/// The object that a dotted name starts with. A name in `public` stands bare.
fn named(chain: &[String]) -> Option<ObjectName> {
    match chain {
        [] => None,
        [name] => Some(ObjectName::new(name)),
        [namespace, name, ..] if namespace == "public" || namespace == "pg_catalog" => {
            Some(ObjectName::new(name))
        }
        [namespace, name, ..] => Some(ObjectName::qualified(namespace, name)),
    }
}

fn is_cast(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Operator && token.text == "::"
}

/// The relation that `'...'::regclass` at the start of `tokens` names.
fn regclass(tokens: &[Token<'_>]) -> Option<ObjectName> {
    let [literal, cast, target, ..] = tokens else { return None };
    match is_cast(cast) && target.is_word("regclass") {
        true => relation(&literal.string()?),
        false => None,
    }
}

/// Reads a relation's name as the server prints it in a literal.
fn relation(text: &str) -> Option<ObjectName> {
    named(&split_dotted(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &BTreeSet<ObjectName>) -> String {
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_told_by_their_place() {
        let cases = [
            ("(age > 0)", "", "", "", "age"),
            ("'a'::mood", "mood", "", "", "mood"),
            ("('a'::audit.\"Mood\")::text", "text audit.Mood", "", "", "Mood audit text"),
            ("app.next_id((a)::integer)", "integer", "app.next_id", "", "a app integer next_id"),
            ("public.f(a)", "", "f", "", "a f public"),
            ("nextval('t_id_seq'::regclass)", "regclass", "nextval", "t_id_seq", "nextval regclass"),
            ("nextval('audit.\"T s\"'::regclass)", "regclass", "nextval", "audit.T s", "nextval regclass"),
            ("(a = ANY (ARRAY['x'::text]))", "text", "any", "", "a any array text"),
        ];
        for (text, types, calls, relations, words) in cases {
            let found = mentions(text);
            assert_eq!(told(&found.types), types, "{text}");
            assert_eq!(told(&found.calls), calls, "{text}");
            assert_eq!(told(&found.relations), relations, "{text}");
            let found: Vec<_> = found.words.iter().map(String::as_str).collect();
            assert_eq!(found.join(" "), words, "{text}");
        }
    }

    #[test]
    fn bodies_are_read_through_their_quotes() {
        let names = names_in_body("CREATE FUNCTION f() AS $$ SELECT id FROM audit.log, \"T\" $$");
        assert!(names.contains(&ObjectName::qualified("audit", "log")), "{names:?}");
        assert!(names.contains(&"T".into()), "{names:?}");
    }
}
