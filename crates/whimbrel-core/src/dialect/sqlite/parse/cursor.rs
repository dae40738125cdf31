//! A place in a row of tokens.

use std::fmt;

use crate::sql::{Lexicon, Token, TokenKind, tokens};

/// What was not understood. It should not happen: the engine took the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable(String);

impl Unreadable {
    pub(super) fn new(reason: String) -> Self {
        Self(reason)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tokens of a text without white space and comments, and a place in them.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        // Seldom more than a token for every five bytes.
        let mut all = Vec::with_capacity(text.len() / 5 + 8);
        all.extend(tokens(text, Lexicon::SQLITE).filter(|token| !token.is_trivia()));
        Self { text, tokens: all, at: 0 }
    }

    /// The next token, without taking it.
    pub(super) fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    /// The token after the next one, without taking it, and so on.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<&Token<'a>> {
        self.tokens.get(self.at + ahead)
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek().copied();
        self.at += usize::from(token.is_some());
        token
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    pub(super) fn is_any_word(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    pub(super) fn is_punct(&self, mark: &str) -> bool {
        self.peek().is_some_and(|token| token.is_punct(mark))
    }

    pub(super) fn is_end(&self) -> bool {
        self.peek().is_none_or(|token| token.kind == TokenKind::Semicolon)
    }

    /// Takes the word if it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let is_next = self.is_word(word);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes the words if all of them are next.
    pub(super) fn eat_words(&mut self, words: &[&str]) -> bool {
        let are_next = words.iter().enumerate().all(|(ahead, word)| {
            let token = self.peek_at(ahead);
            token.is_some_and(|token| token.is_word(word))
        });
        self.at += if are_next { words.len() } else { 0 };
        are_next
    }

    /// Takes the mark if it is next.
    pub(super) fn eat_punct(&mut self, mark: &str) -> bool {
        let is_next = self.is_punct(mark);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Unreadable> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&word.to_ascii_uppercase())) }
    }

    pub(super) fn expect_punct(&mut self, mark: &str) -> Result<(), Unreadable> {
        if self.eat_punct(mark) { Ok(()) } else { Err(self.expected(&format!("`{mark}`"))) }
    }

    /// Takes a name, in any of SQLite's ways of quoting.
    pub(super) fn name(&mut self) -> Result<String, Unreadable> {
        let name = self.peek().and_then(|token| token.name(Lexicon::SQLITE));
        let name = name.ok_or_else(|| self.expected("a name"))?.into_owned();
        self.at += 1;
        Ok(name)
    }

    /// Takes a name with or without its namespace, which is given up: all that
    /// `sqlite_schema` holds is in one.
    pub(super) fn qualified_name(&mut self) -> Result<String, Unreadable> {
        let name = self.name()?;
        if self.eat_punct(".") { self.name() } else { Ok(name) }
    }

    /// Takes what stands in parentheses, and gives it without them.
    pub(super) fn group(&mut self) -> Result<Self, Unreadable> {
        self.expect_punct("(")?;
        let inner = self.until(|_| false);
        self.expect_punct(")")?;
        Ok(inner)
    }

    /// Takes the tokens up to one that ends them: one for which `ends` holds
    /// outside any parentheses, or the parenthesis that closes those around.
    pub(super) fn until(&mut self, ends: impl Fn(&Token<'a>) -> bool) -> Self {
        let start = self.at;
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            if depth == 0 && (ends(token) || token.is_punct(")") || token.kind == TokenKind::Semicolon) {
                break;
            }
            if token.is_punct("(") {
                depth += 1;
            } else if token.is_punct(")") {
                depth -= 1;
            }
            self.at += 1;
        }
        Self { text: self.text, tokens: self.tokens[start..self.at].to_vec(), at: 0 }
    }

    /// Takes the items of a list, which commas separate.
    pub(super) fn items(mut self) -> Vec<Self> {
        let mut items = Vec::new();
        loop {
            items.push(self.until(|token| token.is_punct(",")));
            if !self.eat_punct(",") {
                return items;
            }
        }
    }

    /// The tokens that are left.
    pub(super) fn rest(&self) -> &[Token<'a>] {
        &self.tokens[self.at.min(self.tokens.len())..]
    }

    /// Gives up the last `count` tokens.
    pub(super) fn truncate_by(&mut self, count: usize) {
        self.tokens.truncate(self.tokens.len().saturating_sub(count));
    }

    /// The text of the tokens that are left, as written.
    pub(super) fn rest_text(&self) -> &'a str {
        match self.rest() {
            [first, .., last] => &self.text[first.offset..last.end()],
            [only] => only.text,
            [] => "",
        }
    }

    /// Says what was expected in place of the next token.
    pub(super) fn expected(&self, what: &str) -> Unreadable {
        match self.peek() {
            Some(token) => Unreadable(format!(
                "expected {what} instead of `{}` at byte {}",
                token.text.chars().take(40).collect::<String>(),
                token.offset
            )),
            None => Unreadable(format!("expected {what} at the end")),
        }
    }
}
