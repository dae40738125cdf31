//! What a view, trigger or virtual table mentions.

use std::borrow::Cow;

use crate::sql::{Lexicon, Token, TokenKind, tokens};

/// Gives the statement in `sql` without what surrounds it, and the names that
/// stand in it where tables do: behind FROM, JOIN, INTO, UPDATE and IN, and
/// behind the commas of a FROM clause. Names of common table expressions are
/// among them.
pub(in super::super) fn read(sql: &str) -> (&str, Vec<String>) {
    let tokens: Vec<Token<'_>> = tokens(sql, Lexicon::SQLITE).filter(|token| !token.is_trivia()).collect();
    let statement = match tokens.iter().rposition(|token| token.kind != TokenKind::Semicolon) {
        Some(last) => &sql[tokens[0].offset..tokens[last].end()],
        None => "",
    };
    if tokens.get(1).is_some_and(|token| token.is_word("virtual")) {
        return (statement, external_content(&tokens));
    }
    let mut walk = Walk::default();
    let mut previous = None;
    for (at, token) in tokens.iter().enumerate() {
        walk.step(previous, token, tokens.get(at + 1));
        previous = Some(token);
    }
    (statement, walk.mentions)
}

/// `content=posts` in a virtual table of FTS4 or FTS5.
fn external_content(tokens: &[Token<'_>]) -> Vec<String> {
    let named = tokens.windows(3).filter_map(|three| match three {
        [content, equals, name] if content.is_word("content") && equals.text == "=" => {
            name.name(Lexicon::SQLITE)
        }
        _ => None,
    });
    named.map(Cow::into_owned).collect()
}

/// Where a token stands, one for each open parenthesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clause {
    /// In a FROM clause: a comma is followed by a table.
    From,
    /// Anywhere else.
    Other,
}

struct Walk {
    clauses: Vec<Clause>,
    expects_table: bool,
    just_mentioned: bool,
    mentions: Vec<String>,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            clauses: vec![Clause::Other],
            expects_table: false,
            just_mentioned: false,
            mentions: Vec::new(),
        }
    }
}

impl Walk {
    fn step(&mut self, previous: Option<&Token<'_>>, token: &Token<'_>, next: Option<&Token<'_>>) {
        let just_mentioned = std::mem::take(&mut self.just_mentioned);
        if token.is_punct("(") {
            // In a FROM clause these are tables, or a query, which says so.
            self.clauses.push(if self.expects_table { Clause::From } else { Clause::Other });
        } else if token.is_punct(")") {
            self.leave();
        } else if token.is_punct(",") {
            self.expects_table = self.clauses.last() == Some(&Clause::From);
        } else if token.is_punct(".") && just_mentioned {
            // It was the namespace; the table follows.
            self.mentions.pop();
            self.expects_table = true;
        } else if token.kind == TokenKind::Semicolon {
            self.enter(Clause::Other, false);
        } else if !self.keyword(previous, token, next) && std::mem::take(&mut self.expects_table) {
            self.mention(token);
        }
    }

    /// Follows the key words that open and close clauses with tables in them.
    fn keyword(&mut self, previous: Option<&Token<'_>>, token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
        let is = |words: &[&str]| words.iter().any(|word| token.is_word(word));
        // `a IS NOT DISTINCT FROM b` is no clause.
        let is_operator = previous.is_some_and(|token| token.is_word("distinct"));
        if (token.is_word("from") && !is_operator) || token.is_word("join") {
            self.enter(Clause::From, true);
        } else if is(&["into", "update"]) {
            self.enter(Clause::Other, true);
        } else if token.is_word("in") {
            self.expects_table = !next.is_some_and(|token| token.is_punct("("));
        } else if is(&CLOSING) {
            self.enter(Clause::Other, false);
        } else if !is(&["or", "rollback", "abort", "fail", "ignore", "replace"]) {
            // But in `UPDATE OR IGNORE users` the table is still to come.
            return false;
        }
        true
    }

    fn enter(&mut self, clause: Clause, expects_table: bool) {
        if let Some(last) = self.clauses.last_mut() {
            *last = clause;
        }
        self.expects_table = expects_table;
    }

    fn leave(&mut self) {
        self.expects_table = false;
        if self.clauses.len() > 1 {
            self.clauses.pop();
        }
    }

    fn mention(&mut self, token: &Token<'_>) {
        if let Some(name) = token.name(Lexicon::SQLITE) {
            self.mentions.push(name.into_owned());
            self.just_mentioned = true;
        }
    }
}

/// Key words that end a FROM clause, or begin what has none.
const CLOSING: [&str; 17] = [
    "select",
    "where",
    "group",
    "having",
    "window",
    "order",
    "limit",
    "union",
    "except",
    "intersect",
    "values",
    "set",
    "returning",
    "when",
    "begin",
    "with",
    "delete",
];
