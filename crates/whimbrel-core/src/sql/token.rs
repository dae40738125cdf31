//! Tokens: the pieces a text falls into, nothing left out.

use std::borrow::Cow;

use super::{Grammar, Lexicon};

/// A piece of a text.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, Token, TokenKind, tokens};
///
/// let all: Vec<_> = tokens("DROP /* it */ TABLE(", Lexicon::SQLITE).filter(|token| !token.is_trivia()).collect();
/// assert!(all[0].is_word("drop"));
/// assert_eq!(all[1], Token { kind: TokenKind::Word, text: "TABLE", offset: 14 });
/// assert_eq!(all[1].end(), 19);
/// assert!(all[2].is_punct("("));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// It, as written.
    pub text: &'a str,
    /// Where it begins in the whole text, in bytes.
    pub offset: usize,
}

/// What a token is.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, TokenKind, tokens};
///
/// let kinds = |text, lexicon| tokens(text, lexicon).map(|token| token.kind).collect::<Vec<_>>();
/// use TokenKind::{DollarString, MetaCommand, Number, Operator, Parameter, QuotedIdent, Semicolon, Word};
/// assert_eq!(kinds("[a]>=1;", Lexicon::SQLITE), [QuotedIdent, Operator, Number, Semicolon]);
/// assert_eq!(kinds("$$a$$", Lexicon::POSTGRES), [DollarString]);
/// assert_eq!(kinds("$1", Lexicon::POSTGRES), [Parameter]);
/// assert_eq!(kinds("\\connect db", Lexicon::POSTGRES), [MetaCommand]);
/// assert_eq!(kinds("größe", Lexicon::POSTGRES), [Word]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// Blanks, line ends, and byte order marks.
    Whitespace,
    /// `-- ...`, without its line end.
    LineComment,
    /// `/* ... */`.
    BlockComment,
    /// A key word or a bare identifier.
    Word,
    /// `"..."`, `` `...` ``, `[...]`, `U&"..."`.
    QuotedIdent,
    /// `'...'`, with its prefix if it has one: `E'...'`, `X'...'`, `U&'...'`.
    String,
    /// `$tag$ ... $tag$`.
    DollarString,
    /// A number.
    Number,
    /// `$1`, `?`, `?1`, `:name`, `@name`.
    Parameter,
    /// An operator, of one character or more.
    Operator,
    /// One of `( ) [ ] { } , .`.
    Punct,
    /// `;`.
    Semicolon,
    /// A command to the client (`\connect db`, `.tables`), without its line end.
    MetaCommand,
    /// The rows after a `COPY ... FROM stdin;`, with the final `\.`.
    CopyData,
    /// Whatever else: a control character, a lone `\`.
    Other,
}

impl<'a> Token<'a> {
    /// Where it ends in the whole text, in bytes.
    pub fn end(&self) -> usize {
        self.offset + self.text.len()
    }

    /// Says whether it is white space or a comment.
    pub fn is_trivia(&self) -> bool {
        matches!(self.kind, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment)
    }

    /// Says whether it is this bare word, ASCII letters in either case.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Says whether it is this punctuation mark.
    pub fn is_punct(&self, mark: &str) -> bool {
        self.kind == TokenKind::Punct && self.text == mark
    }

    /// The identifier that a word or a quoted identifier spells: quotes off,
    /// doubled ones single, case as written. `None` for any other token.
    ///
    /// ```
    /// use whimbrel_core::sql::{Lexicon, tokens};
    /// let token = tokens(r#""a ""b""#, Lexicon::SQLITE).next().unwrap();
    /// assert_eq!(token.ident().unwrap(), r#"a "b"#);
    /// ```
    pub fn ident(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            TokenKind::Word => Some(Cow::Borrowed(self.text)),
            TokenKind::QuotedIdent => Some(unquote(self.text)),
            _ => None,
        }
    }

    /// The name that the token spells where a name must stand, as the engine's
    /// catalogue keeps it: PostgreSQL folds bare words to lower case, SQLite
    /// takes a string for a name too.
    ///
    /// ```
    /// use whimbrel_core::sql::{Lexicon, tokens};
    ///
    /// let name = |text, lexicon| tokens(text, lexicon).next()?.name(lexicon).map(|name| name.into_owned());
    /// assert_eq!(name("Users", Lexicon::POSTGRES).as_deref(), Some("users"));
    /// assert_eq!(name("\"Users\"", Lexicon::POSTGRES).as_deref(), Some("Users"));
    /// assert_eq!(name("'Users'", Lexicon::SQLITE).as_deref(), Some("Users"));
    /// assert_eq!(name("'Users'", Lexicon::POSTGRES), None);
    /// ```
    pub fn name(&self, lexicon: Lexicon) -> Option<Cow<'a, str>> {
        match (self.kind, lexicon.grammar) {
            (TokenKind::Word, Grammar::Postgres) => Some(fold(self.text)),
            (TokenKind::String, Grammar::Sqlite) => Some(unquote(self.text)),
            _ => self.ident(),
        }
    }

    /// The text that a string of any kind holds, quotes off and doubled quotes
    /// single; backslash escapes stay as written. `None` for any other token.
    ///
    /// ```
    /// use whimbrel_core::sql::{Lexicon, tokens};
    ///
    /// let string = |text| tokens(text, Lexicon::POSTGRES).next()?.string().map(|text| text.into_owned());
    /// assert_eq!(string("'it''s'").as_deref(), Some("it's"));
    /// assert_eq!(string("$q$it's$q$").as_deref(), Some("it's"));
    /// assert_eq!(string("\"it's\""), None);
    /// ```
    pub fn string(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            TokenKind::String => Some(unquote(&self.text[self.text.find('\'')?..])),
            TokenKind::DollarString => {
                let tag = self.text[1..].find('$')? + 2;
                let body = &self.text[tag..];
                Some(Cow::Borrowed(body.strip_suffix(&self.text[..tag]).unwrap_or(body)))
            }
            _ => None,
        }
    }
}

/// Takes the quotes off, also where the last one is missing.
fn unquote(text: &str) -> Cow<'_, str> {
    if let Some(rest) = text.strip_prefix("U&").or_else(|| text.strip_prefix("u&")) {
        return Cow::Owned(unescape_unicode(&unquote(rest)));
    }
    let (close, doubled) = match text.as_bytes().first() {
        Some(b'[') => (']', None),
        Some(b'`') => ('`', Some("``")),
        Some(b'\'') => ('\'', Some("''")),
        _ => ('"', Some("\"\"")),
    };
    let inner = text.get(1..).unwrap_or_default();
    let inner = inner.strip_suffix(close).unwrap_or(inner);
    match doubled {
        Some(pair) if inner.contains(pair) => Cow::Owned(inner.replace(pair, &pair[..1])),
        _ => Cow::Borrowed(inner),
    }
}

/// Reads `\0061` and `\+000061` as PostgreSQL does in `U&"..."`. What is no
/// such escape stays as it is; another escape character (`UESCAPE`) is not
/// known here.
fn unescape_unicode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (digits, from) = if rest.starts_with('+') { (6, 1) } else { (4, 0) };
        let code = rest.get(from..from + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if let Some(c) = code.and_then(char::from_u32) {
            out.push(c);
            rest = &rest[from + digits..];
        } else {
            out.push('\\');
            rest = rest.strip_prefix('\\').unwrap_or(rest);
        }
    }
    out + rest
}

/// Folds ASCII letters to lower case.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
