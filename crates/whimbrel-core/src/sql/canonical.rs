//! The form of a text under which it is compared.
//!
//! | in the text | in the form |
//! |---|---|
//! | white space, comments | one blank between two tokens |
//! | a bare word | PostgreSQL: in lower case; SQLite: so if it is a key word, else as written |
//! | a quoted identifier | bare, if bare it would be the same; else in double quotes |
//! | a string, a parameter, an operator | as written |
//! | a number | in lower case (`1E5`, `0X1F`) |
//! | the cast of an array | PostgreSQL: the cast of each element |
//!
//! SQLite takes a double-quoted text that names no column for a string
//! (<https://sqlite.org/quirks.html>), so the case of one is never changed:
//! `"Key"`, a key word that is not reserved, stays apart from `Key`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::array_cast;
use super::lexer::is_breakpoint;
use super::quote::is_bare;
use super::{Grammar, Lexicon, Token, TokenKind, Tokens, is_keyword, is_reserved, quote_ident, tokens};

/// The form of a text under which it is compared: without comments, with one
/// spelling of white space, key words and quoted identifiers.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, canonical};
/// assert_eq!(
///     canonical("SELECT  [a], `b c`/* two */FROM\"t\"", Lexicon::SQLITE),
///     r#"select a , "b c" from t"#,
/// );
/// ```
pub fn canonical(text: &str, lexicon: Lexicon) -> String {
    let text = settled(text, lexicon);
    let mut out = String::with_capacity(text.len());
    let mut before: Option<Shape> = None;
    for piece in pieces(&text, lexicon) {
        if let Some(before) = before {
            out.push(separator(before, piece.shape));
        }
        before = Some(piece.shape);
        // Writing to a string does not fail.
        let _ = write!(out, "{piece}");
    }
    out
}

/// Says whether two texts have the same canonical form, without making either.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, same};
/// assert!(same("CHECK (a>0)", "check ( \"a\" > 0 ) -- positive", Lexicon::SQLITE));
/// ```
pub fn same(a: &str, b: &str, lexicon: Lexicon) -> bool {
    a == b || pieces(&settled(a, lexicon), lexicon).eq(pieces(&settled(b, lexicon), lexicon))
}

/// Writes in one way what the engine itself writes in several.
fn settled(text: &str, lexicon: Lexicon) -> Cow<'_, str> {
    match lexicon.grammar {
        Grammar::Postgres => array_cast::to_elements(text, lexicon),
        Grammar::Sqlite => Cow::Borrowed(text),
    }
}

fn pieces(text: &str, lexicon: Lexicon) -> Pieces<'_> {
    Pieces { text, tokens: tokens(text, lexicon), lexicon, ended: true }
}

/// Commands to the client and rows keep their own lines.
fn separator(before: Shape, after: Shape) -> char {
    match (before, after) {
        (Shape::Command | Shape::Rows, _) | (_, Shape::Rows) => '\n',
        (Shape::Plain | Shape::Quoted, Shape::Plain | Shape::Quoted | Shape::Command) => ' ',
    }
}

struct Pieces<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    lexicon: Lexicon,
    /// Whether a statement has just ended, or none has begun.
    ended: bool,
}

/// A token in its canonical form.
struct Piece<'a> {
    shape: Shape,
    text: Cow<'a, str>,
    /// Whether letters count as their lower-case ones.
    folded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    Quoted,
    Command,
    Rows,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let token = self.tokens.next()?;
            if is_breakpoint(self.text, &token) {
                if !self.ended {
                    self.ended = true;
                    return Some(Piece::plain(";", false));
                }
            } else if !token.is_trivia() {
                self.ended =
                    matches!(token.kind, TokenKind::Semicolon | TokenKind::MetaCommand | TokenKind::CopyData);
                return Some(piece(&token, self.lexicon));
            }
        }
    }
}

fn piece<'a>(token: &Token<'a>, lexicon: Lexicon) -> Piece<'a> {
    match token.kind {
        TokenKind::Word => {
            let folded = lexicon.grammar == Grammar::Postgres || is_keyword(token.text, lexicon.grammar);
            Piece::plain(token.text, folded)
        }
        TokenKind::QuotedIdent => quoted(token, lexicon),
        TokenKind::Number => Piece::plain(token.text, true),
        TokenKind::MetaCommand => {
            let text = token.text.trim_ascii_end();
            Piece { shape: Shape::Command, text: Cow::Borrowed(text), folded: false }
        }
        TokenKind::CopyData => Piece { shape: Shape::Rows, text: Cow::Borrowed(token.text), folded: false },
        TokenKind::String
        | TokenKind::DollarString
        | TokenKind::Parameter
        | TokenKind::Operator
        | TokenKind::Punct
        | TokenKind::Semicolon
        | TokenKind::Other
        | TokenKind::Whitespace
        | TokenKind::LineComment
        | TokenKind::BlockComment => Piece::plain(token.text, false),
    }
}

/// A quoted identifier, bare if that is the same.
fn quoted<'a>(token: &Token<'a>, lexicon: Lexicon) -> Piece<'a> {
    let name = token.ident().unwrap_or(Cow::Borrowed(token.text));
    let upper = name.bytes().any(|byte| byte.is_ascii_uppercase());
    let free = is_bare(&name) && !is_reserved(&name, lexicon.grammar);
    let (bare, folded) = match lexicon.grammar {
        // Bare, the two could make rows of what follows.
        Grammar::Postgres => (free && !upper && name != "copy" && name != "stdin", false),
        Grammar::Sqlite if is_keyword(&name, lexicon.grammar) => {
            let may_be_string = token.text.starts_with('"');
            (free && !(upper && may_be_string), true)
        }
        Grammar::Sqlite => (free, false),
    };
    let shape = if bare { Shape::Plain } else { Shape::Quoted };
    Piece { shape, text: name, folded: bare && folded }
}

impl<'a> Piece<'a> {
    fn plain(text: &'a str, folded: bool) -> Self {
        Self { shape: Shape::Plain, text: Cow::Borrowed(text), folded }
    }
}

impl PartialEq for Piece<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.shape != other.shape || self.text.len() != other.text.len() {
            return false;
        }
        match (self.folded, other.folded) {
            (false, false) => self.text == other.text,
            (true, true) => self.text.eq_ignore_ascii_case(&other.text),
            (true, false) => is_folded(&self.text, &other.text),
            (false, true) => is_folded(&other.text, &self.text),
        }
    }
}

/// Says whether `text` in lower case is `lower`.
fn is_folded(text: &str, lower: &str) -> bool {
    text.bytes().map(|byte| byte.to_ascii_lowercase()).eq(lower.bytes())
}

impl std::fmt::Display for Piece<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.shape, self.folded) {
            (Shape::Quoted, _) => f.write_str(&quote_ident(&self.text)),
            (_, false) => f.write_str(&self.text),
            (_, true) => self.text.chars().try_for_each(|c| f.write_char(c.to_ascii_lowercase())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lexicon: Lexicon, text: &str, expected: &str) {
        assert_eq!(canonical(text, lexicon), expected, "{text}");
        assert_eq!(canonical(expected, lexicon), expected, "again");
        assert!(same(text, expected, lexicon), "{text}");
    }

    #[test]
    fn sqlite() {
        let check = |text, expected| check(Lexicon::SQLITE, text, expected);
        check("", "");
        check(" a--b\n,c ", "a , c");
        check("a<-1", "a < - 1");
        check("ON Delete CASCADE", "on delete cascade");
        check("\"a\" `a` [a] a", "a a a a");
        check("\"Abc\" Abc", "Abc Abc");
        check("\"order\" [order] `Order`", r#""order" "order" "Order""#);
        check("[Key] key \"key\" \"Key\"", r#"key key key "Key""#);
        check("\"true\" TRUE \"current_date\" current_DATE", r#""true" true "current_date" current_date"#);
        check("'It''s' X'aB' 0XfF 1E5", "'It''s' X'aB' 0xff 1e5");
        check("[a b] [a\"b] \"\"", r#""a b" "a""b" """#);
        check(".tables  \nselect 1", ".tables\nselect 1");
    }

    #[test]
    fn postgres() {
        let check = |text, expected| check(Lexicon::POSTGRES, text, expected);
        check("Users \"users\" \"Users\"", r#"users users "Users""#);
        check("\"char\" char \"json\"", r#""char" char "json""#);
        check("a=-1 and b@-1", "a = - 1 and b @- 1");
        check("$A$ B $A$ E'\\''", "$A$ B $A$ E'\\''");
        check("U&\"\\0061b\" U&\"d!0061\"", "ab \"d!0061\"");
        check("COPY t FROM stdin;\n1\tA\n\\.\nselect", "copy t from stdin ;\n1\tA\n\\.\nselect");
        check("a\n--> statement-breakpoint\n\\g x \nB", "a ; \\g x\nb");
    }

    #[test]
    fn differences_are_seen() {
        for (a, b) in
            [("'a'", "'A'"), ("a", "a b"), ("\"A\"", "a"), ("a", "'a'"), ("1", "1.0"), ("ab", "a b")]
        {
            for lexicon in [Lexicon::SQLITE, Lexicon::POSTGRES] {
                assert!(!same(a, b, lexicon), "{a} {b}");
                assert_ne!(canonical(a, lexicon), canonical(b, lexicon));
            }
        }
    }
}
