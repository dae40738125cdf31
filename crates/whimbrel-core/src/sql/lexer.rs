//! The lexer: from text to tokens, in one pass and without allocating.
//!
//! The tokens of a text, put together again, are the text. Every end of a token
//! lies beside an ASCII byte, so cutting there never splits a character. What
//! the engines take for a letter of an identifier (any byte from 0x80 up) is one
//! here too.
//!
//! The lexer follows statements only as far as tokens depend on them: commands
//! to the client stand at the start of a statement, and rows follow a
//! `COPY ... FROM stdin;`.

use std::iter::FusedIterator;

use super::{Grammar, Lexicon, Token, TokenKind};

/// Cuts a text into its tokens.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, TokenKind, tokens};
/// let text = "SELECT 'it''s' -- yes";
/// let kinds: Vec<_> = tokens(text, Lexicon::SQLITE).filter(|t| !t.is_trivia()).map(|t| t.kind).collect();
/// assert_eq!(kinds, [TokenKind::Word, TokenKind::String]);
/// assert_eq!(tokens(text, Lexicon::SQLITE).map(|t| t.text).collect::<String>(), text);
/// ```
pub fn tokens(text: &str, lexicon: Lexicon) -> Tokens<'_> {
    Tokens { text, at: 0, lexicon, at_start: true, copy: CopyIn::No, depth: 0 }
}

/// The tokens of a text, made by [`tokens`].
///
/// ```
/// use whimbrel_core::sql::{Lexicon, Tokens, tokens};
///
/// let mut all: Tokens<'_> = tokens("SELECT 1", Lexicon::SQLITE);
/// assert_eq!(all.next().unwrap().text, "SELECT");
/// // A reader that looks ahead tries on a copy.
/// assert_eq!(all.clone().map(|token| token.text).collect::<Vec<_>>(), [" ", "1"]);
/// assert_eq!(all.next().unwrap().offset, 6);
/// ```
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    lexicon: Lexicon,
    /// Whether only trivia was seen since the last statement ended.
    at_start: bool,
    copy: CopyIn,
    /// Open parentheses, counted within a COPY only.
    depth: usize,
}

/// How far into `COPY ... FROM stdin;` and its rows we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CopyIn {
    /// Not in a COPY.
    No,
    /// After the word COPY.
    Begun,
    /// After FROM, outside parentheses.
    From,
    /// After FROM stdin: rows follow the statement.
    Stdin,
    /// After its semicolon: rows begin with the next line.
    Ended,
    /// Rows begin here.
    Rows,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        let first = *rest.as_bytes().first()?;
        let (kind, mut len) = if self.copy == CopyIn::Rows {
            (TokenKind::CopyData, copy_data(rest))
        } else if self.at_start && self.is_command(rest.as_bytes()) {
            (TokenKind::MetaCommand, line(rest.as_bytes()))
        } else {
            scan(rest, first, self.lexicon)
        };
        if self.copy == CopyIn::Ended
            && kind == TokenKind::Whitespace
            && let Some(newline) = rest[..len].find('\n')
        {
            len = newline + 1;
        }
        let token = Token { kind, text: &rest[..len], offset: self.at };
        self.at += len;
        self.follow(&token);
        Some(token)
    }
}

impl FusedIterator for Tokens<'_> {}

impl Tokens<'_> {
    /// Says whether a command to the client begins here, where a statement may.
    fn is_command(&self, rest: &[u8]) -> bool {
        match rest[0] {
            b'\\' => self.lexicon.meta_commands,
            b'.' => self.lexicon.dot_commands && rest.get(1).is_some_and(u8::is_ascii_alphabetic),
            _ => false,
        }
    }

    /// Keeps the state between tokens.
    fn follow(&mut self, token: &Token<'_>) {
        match token.kind {
            TokenKind::Whitespace => {
                if self.copy == CopyIn::Ended && token.text.ends_with('\n') {
                    self.copy = CopyIn::Rows;
                }
            }
            TokenKind::LineComment if is_breakpoint(self.text, token) => self.end_statement(),
            TokenKind::LineComment => {}
            TokenKind::BlockComment => {}
            TokenKind::MetaCommand => self.at_start = true,
            TokenKind::Semicolon => self.end_statement(),
            TokenKind::CopyData => {
                self.at_start = true;
                self.copy = CopyIn::No;
            }
            TokenKind::Word if self.at_start => {
                self.at_start = false;
                if self.lexicon.meta_commands && self.copy != CopyIn::Ended && token.is_word("copy") {
                    self.copy = CopyIn::Begun;
                    self.depth = 0;
                }
            }
            _ => {
                self.at_start = false;
                if self.copy != CopyIn::No {
                    self.follow_copy(token);
                }
            }
        }
    }

    fn end_statement(&mut self) {
        self.at_start = true;
        self.copy = match self.copy {
            CopyIn::Stdin | CopyIn::Ended => CopyIn::Ended,
            CopyIn::No | CopyIn::Begun | CopyIn::From | CopyIn::Rows => CopyIn::No,
        };
    }

    fn follow_copy(&mut self, token: &Token<'_>) {
        self.copy = match self.copy {
            CopyIn::Begun | CopyIn::From if token.is_punct("(") => {
                self.depth += 1;
                CopyIn::Begun
            }
            CopyIn::Begun | CopyIn::From if token.is_punct(")") => {
                self.depth = self.depth.saturating_sub(1);
                CopyIn::Begun
            }
            CopyIn::Begun if self.depth == 0 && token.is_word("from") => CopyIn::From,
            CopyIn::From if token.is_word("stdin") => CopyIn::Stdin,
            CopyIn::From => CopyIn::Begun,
            state @ (CopyIn::No | CopyIn::Begun | CopyIn::Stdin | CopyIn::Ended | CopyIn::Rows) => state,
        };
    }
}

/// Says whether the token of `text` is the line that separates two statements
/// in a migration file.
pub(super) fn is_breakpoint(text: &str, token: &Token<'_>) -> bool {
    token.kind == TokenKind::LineComment
        && token.text.trim_end() == "--> statement-breakpoint"
        && matches!(text[..token.offset].trim_end_matches([' ', '\t']).chars().next_back(), None | Some('\n'))
}

/// White space to SQLite wherever a token may begin, and to psql at the
/// beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Finds out what begins here and how long it is (at least one byte).
fn scan(rest: &str, first: u8, lexicon: Lexicon) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match first {
        b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => (TokenKind::Whitespace, run(bytes, 1, is_space)),
        0xef if rest.starts_with(BYTE_ORDER_MARK) => (TokenKind::Whitespace, BYTE_ORDER_MARK.len_utf8()),
        b'-' if second == b'-' => (TokenKind::LineComment, line_comment(bytes, lexicon)),
        b'/' if second == b'*' => (TokenKind::BlockComment, block_comment(bytes, lexicon.nested_comments)),
        b'\'' => (TokenKind::String, quoted(bytes, 0, b'\'')),
        b'"' => (TokenKind::QuotedIdent, quoted(bytes, 0, b'"')),
        b'`' if lexicon.loose_identifiers => (TokenKind::QuotedIdent, quoted(bytes, 0, b'`')),
        b'[' if lexicon.loose_identifiers => {
            (TokenKind::QuotedIdent, find(bytes, 1, b']').map_or(bytes.len(), |at| at + 1))
        }
        b'0'..=b'9' => (TokenKind::Number, number(bytes)),
        b'.' if second.is_ascii_digit() => (TokenKind::Number, number(bytes)),
        b'$' => dollar(rest, lexicon),
        b'?' | b':' | b'@' | b'#' if lexicon.named_parameters => parameter(bytes),
        b';' => (TokenKind::Semicolon, 1),
        b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b'.' => (TokenKind::Punct, 1),
        b':' => (TokenKind::Operator, if matches!(second, b':' | b'=') { 2 } else { 1 }),
        _ if is_ident_start(first) => word(bytes, first, lexicon),
        _ if is_operator(first) => (TokenKind::Operator, operator(bytes, lexicon)),
        _ => (TokenKind::Other, 1),
    }
}

/// What each byte may be, as bits: looked up, because every byte asks.
static BYTES: [u8; 256] = byte_table();
const SPACE: u8 = 1;
const IDENT_START: u8 = 2;
const IDENT: u8 = 4;
const OPERATOR: u8 = 8;

const fn byte_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => SPACE,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => IDENT_START | IDENT,
            b'0'..=b'9' | b'$' => IDENT,
            b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'+' | b'-' | b'*' | b'/'
            | b'%' | b'<' | b'>' | b'=' => OPERATOR,
            _ => 0,
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

fn is_space(byte: u8) -> bool {
    BYTES[byte as usize] & SPACE != 0
}

pub(super) fn is_ident_start(byte: u8) -> bool {
    BYTES[byte as usize] & IDENT_START != 0
}

pub(super) fn is_ident(byte: u8) -> bool {
    BYTES[byte as usize] & IDENT != 0
}

fn is_operator(byte: u8) -> bool {
    BYTES[byte as usize] & OPERATOR != 0
}

/// The end of the run of bytes that begins at `from`.
fn run(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&byte| !belongs(byte)).map_or(bytes.len(), |len| from + len)
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    bytes.get(from..)?.iter().position(|&byte| byte == wanted).map(|len| from + len)
}

/// The length of the line, without its end.
fn line(bytes: &[u8]) -> usize {
    let len = find(bytes, 0, b'\n').unwrap_or(bytes.len());
    bytes[..len].iter().rposition(|&byte| byte != b'\r').map_or(0, |last| last + 1)
}

/// PostgreSQL ends a comment at a lone carriage return too.
fn line_comment(bytes: &[u8], lexicon: Lexicon) -> usize {
    match lexicon.grammar {
        Grammar::Sqlite => line(bytes),
        Grammar::Postgres => run(bytes, 2, |byte| byte != b'\n' && byte != b'\r'),
    }
}

fn block_comment(bytes: &[u8], nested: bool) -> usize {
    let mut depth = 1;
    let mut at = 2;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'*', b'/') => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            (b'/', b'*') if nested => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a quoted text whose opening quote is at `open`; a doubled quote
/// stands for one. Without a closing quote it is the end of all.
fn quoted(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while let Some(close) = find(bytes, at, quote) {
        if bytes.get(close + 1) != Some(&quote) {
            return close + 1;
        }
        at = close + 2;
    }
    bytes.len()
}

/// A word, or a string or quoted identifier with a prefix.
fn word(bytes: &[u8], first: u8, lexicon: Lexicon) -> (TokenKind, usize) {
    let (second, third) = (bytes.get(1).copied(), bytes.get(2).copied());
    let prefixed = match first {
        b'x' | b'X' => second == Some(b'\''),
        b'e' | b'E' | b'b' | b'B' | b'n' | b'N' => lexicon.escape_strings && second == Some(b'\''),
        b'u' | b'U' => lexicon.escape_strings && second == Some(b'&') && matches!(third, Some(b'\'' | b'"')),
        _ => false,
    };
    match (prefixed, first) {
        (true, b'e' | b'E') => (TokenKind::String, escape_string(bytes)),
        (true, b'u' | b'U') if third == Some(b'"') => (TokenKind::QuotedIdent, quoted(bytes, 2, b'"')),
        (true, b'u' | b'U') => (TokenKind::String, quoted(bytes, 2, b'\'')),
        (true, _) => (TokenKind::String, quoted(bytes, 1, b'\'')),
        (false, _) => (TokenKind::Word, run(bytes, 1, is_ident)),
    }
}

/// `E'...'` with all its continuations: a string that follows on another line
/// belongs to it, and its backslashes count too.
fn escape_string(bytes: &[u8]) -> usize {
    let mut end = escaped(bytes, 1);
    while let Some(open) = continuation(bytes, end) {
        end = escaped(bytes, open);
    }
    end
}

fn escaped(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The opening quote of a string that continues the one that ended at `from`:
/// blanks and line comments lie between them, and at least one line end.
fn continuation(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut new_line = false;
    loop {
        match *bytes.get(at)? {
            b'\'' if new_line => return Some(at),
            b'\n' | b'\r' => {
                new_line = true;
                at += 1;
            }
            byte if is_space(byte) => at += 1,
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = run(bytes, at, |byte| byte != b'\n' && byte != b'\r');
            }
            _ => return None,
        }
    }
}

/// A number: digits, a fraction, an exponent, or a prefix such as `0x`. Letters
/// that follow at once belong to it, as no engine starts a word there.
fn number(bytes: &[u8]) -> usize {
    let digits = |from| run(bytes, from, |byte| byte.is_ascii_digit() || byte == b'_');
    let mut at = digits(0);
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1) != Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    run(bytes, at, is_ident)
}

/// `$1`, `$name` or `$tag$ ... $tag$`.
fn dollar(rest: &str, lexicon: Lexicon) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let digits = run(bytes, 1, |byte| byte.is_ascii_digit());
    if lexicon.named_parameters {
        return parameter(bytes);
    }
    if digits > 1 {
        return (TokenKind::Parameter, digits);
    }
    let tag = run(bytes, 1, |byte| is_ident(byte) && byte != b'$');
    if lexicon.dollar_quotes && bytes.get(tag) == Some(&b'$') {
        let (open, body) = rest.split_at(tag + 1);
        let end = body.find(open).map_or(rest.len(), |at| at + 2 * open.len());
        return (TokenKind::DollarString, end);
    }
    (TokenKind::Other, 1)
}

/// `?`, `?1`, `:name`, `@name`, `#name`, `$name`.
fn parameter(bytes: &[u8]) -> (TokenKind, usize) {
    let numbered = bytes[0] == b'?';
    let len = run(bytes, 1, |byte| if numbered { byte.is_ascii_digit() } else { is_ident(byte) });
    match (len, bytes[0]) {
        (1, b'?') => (TokenKind::Parameter, 1),
        (1, _) => (TokenKind::Other, 1),
        (len, _) => (TokenKind::Parameter, len),
    }
}

fn operator(bytes: &[u8], lexicon: Lexicon) -> usize {
    if lexicon.custom_operators { custom_operator(bytes) } else { known_operator(bytes) }
}

/// The longest operator of SQLite's closed list.
fn known_operator(bytes: &[u8]) -> usize {
    match bytes {
        [b'-', b'>', b'>', ..] => 3,
        [b'-', b'>', ..]
        | [b'|', b'|', ..]
        | [b'<', b'=' | b'>' | b'<', ..]
        | [b'>', b'=' | b'>', ..]
        | [b'=', b'=', ..]
        | [b'!', b'=', ..] => 2,
        _ => 1,
    }
}

/// The longest operator by PostgreSQL's rule: a comment ends it, and one of
/// several characters may end in `+` or `-` only if it holds a character that no
/// standard operator has (so that `a=-1` is `a = -1`).
fn custom_operator(bytes: &[u8]) -> usize {
    // A longer name is an error to the engine. The bound keeps a text of many
    // plus signs, each an operator, from being looked at again and again.
    let bytes = &bytes[..bytes.len().min(64)];
    let mut len = run(bytes, 0, is_operator);
    let comment = bytes[..len].windows(2).position(|pair| pair == b"--" || pair == b"/*");
    len = comment.unwrap_or(len);
    let unusual =
        |byte: &u8| matches!(byte, b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|' | b'`' | b'?');
    if !bytes[..len].iter().any(unusual) {
        while len > 1 && matches!(bytes[len - 1], b'+' | b'-') {
            len -= 1;
        }
    }
    len
}

/// The rows up to a line that is `\.` (which belongs to them), or to the end.
fn copy_data(rest: &str) -> usize {
    let mut at = 0;
    for row in rest.split_inclusive('\n') {
        if matches!(row.trim_end_matches(['\r', '\n']), "\\.") {
            return at + 2;
        }
        at += row.len();
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens that are no white space, as `kind text` lines.
    fn check(lexicon: Lexicon, text: &str, expected: &[(TokenKind, &str)]) {
        let all: Vec<_> = tokens(text, lexicon).collect();
        assert_eq!(all.iter().map(|token| token.text).collect::<Vec<_>>().concat(), text, "lossless");
        let seen: Vec<_> = all
            .iter()
            .filter(|token| token.kind != TokenKind::Whitespace)
            .map(|token| (token.kind, token.text))
            .collect();
        assert_eq!(seen, expected, "{text}");
    }

    use TokenKind::*;

    #[test]
    fn both_engines_agree_on_the_common_ground() {
        for lexicon in [Lexicon::SQLITE, Lexicon::POSTGRES] {
            check(lexicon, "a.\"b\"\"c\"", &[(Word, "a"), (Punct, "."), (QuotedIdent, "\"b\"\"c\"")]);
            check(
                lexicon,
                "'it''s' -- x;\n;",
                &[(String, "'it''s'"), (LineComment, "-- x;"), (Semicolon, ";")],
            );
            check(lexicon, "a<=-1", &[(Word, "a"), (Operator, "<="), (Operator, "-"), (Number, "1")]);
            check(lexicon, "1.5e-3+.5", &[(Number, "1.5e-3"), (Operator, "+"), (Number, ".5")]);
            check(lexicon, "'open ; -- ", &[(String, "'open ; -- ")]);
            check(lexicon, "/* open", &[(BlockComment, "/* open")]);
            check(lexicon, "größe_1$ 🦀", &[(Word, "größe_1$"), (Word, "🦀")]);
            check(lexicon, "\0", &[(Other, "\0")]);
            check(lexicon, "\u{feff}a", &[(Word, "a")]);
        }
    }

    #[test]
    fn sqlite_has_loose_identifiers_and_parameters() {
        let check = |text, expected: &[_]| check(Lexicon::SQLITE, text, expected);
        check("[a]]b`c``d`", &[(QuotedIdent, "[a]"), (Punct, "]"), (Word, "b"), (QuotedIdent, "`c``d`")]);
        check(
            "?1 :a @b $c ?",
            &[(Parameter, "?1"), (Parameter, ":a"), (Parameter, "@b"), (Parameter, "$c"), (Parameter, "?")],
        );
        check("a->>b||c", &[(Word, "a"), (Operator, "->>"), (Word, "b"), (Operator, "||"), (Word, "c")]);
        check("/* /* */ a", &[(BlockComment, "/* /* */"), (Word, "a")]);
        check("x'00' E'a'", &[(String, "x'00'"), (Word, "E"), (String, "'a'")]);
        check("-- a\rb\nc", &[(LineComment, "-- a\rb"), (Word, "c")]);
        check(".tables a;b\nSELECT 1", &[(MetaCommand, ".tables a;b"), (Word, "SELECT"), (Number, "1")]);
        check("a\n.b", &[(Word, "a"), (Punct, "."), (Word, "b")]);
    }

    #[test]
    fn postgres_has_dollar_quotes_and_escapes() {
        let check = |text, expected: &[_]| check(Lexicon::POSTGRES, text, expected);
        check("$a$;$$;$b$;$a$;", &[(DollarString, "$a$;$$;$b$;$a$"), (Semicolon, ";")]);
        check("$$open;", &[(DollarString, "$$open;")]);
        check("a$$b$1 $2 $é$x$é$", &[(Word, "a$$b$1"), (Parameter, "$2"), (DollarString, "$é$x$é$")]);
        check("$ab c", &[(Other, "$"), (Word, "ab"), (Word, "c")]);
        check(r"E'\' ''x' '\'", &[(String, r"E'\' ''x'"), (String, r"'\'")]);
        check("e'a' --c\n 'b\\'' d", &[(String, "e'a' --c\n 'b\\''"), (Word, "d")]);
        check(
            "U&'a' u&\"b\" N'c' B'1'",
            &[(String, "U&'a'"), (QuotedIdent, "u&\"b\""), (String, "N'c'"), (String, "B'1'")],
        );
        check("/* /* */ ; */ a", &[(BlockComment, "/* /* */ ; */"), (Word, "a")]);
        check(
            "a::int[1:2]",
            &[
                (Word, "a"),
                (Operator, "::"),
                (Word, "int"),
                (Punct, "["),
                (Number, "1"),
                (Operator, ":"),
                (Number, "2"),
                (Punct, "]"),
            ],
        );
        check(
            "a@-1 b*-1 c<--d",
            &[
                (Word, "a"),
                (Operator, "@-"),
                (Number, "1"),
                (Word, "b"),
                (Operator, "*"),
                (Operator, "-"),
                (Number, "1"),
                (Word, "c"),
                (Operator, "<"),
                (LineComment, "--d"),
            ],
        );
        check("-- a\rb", &[(LineComment, "-- a"), (Word, "b")]);
    }

    #[test]
    fn meta_commands_stand_at_the_start_of_a_statement() {
        let check = |text, expected: &[_]| check(Lexicon::POSTGRES, text, expected);
        check("\\c db;x\r\na", &[(MetaCommand, "\\c db;x"), (Word, "a")]);
        check("a \\g\n", &[(Word, "a"), (Other, "\\"), (Word, "g")]);
        check("a;/*b*/ \\g", &[(Word, "a"), (Semicolon, ";"), (BlockComment, "/*b*/"), (MetaCommand, "\\g")]);
        let breakpoint = "--> statement-breakpoint";
        check(
            &format!("a\n {breakpoint} \n\\g"),
            &[(Word, "a"), (LineComment, "--> statement-breakpoint "), (MetaCommand, "\\g")],
        );
    }

    #[test]
    fn rows_follow_a_copy_from_stdin() {
        let check = |text, expected: &[_]| check(Lexicon::POSTGRES, text, expected);
        let copy = [(Word, "COPY"), (Word, "t"), (Word, "FROM"), (Word, "stdin"), (Semicolon, ";")];
        let with = |more: &[(TokenKind, &'static str)]| [&copy, more].concat();
        check("COPY t FROM stdin;\n1\t'\n\\.\r\na", &with(&[(CopyData, "1\t'\n\\."), (Word, "a")]));
        check(
            "COPY t FROM stdin; --c\n\\.\n;",
            &with(&[(LineComment, "--c"), (CopyData, "\\."), (Semicolon, ";")]),
        );
        check("COPY t FROM stdin;\n1;", &with(&[(CopyData, "1;")]));
        check("COPY t FROM stdin;", &copy);
        check("SELECT stdin;\n1", &[(Word, "SELECT"), (Word, "stdin"), (Semicolon, ";"), (Number, "1")]);
        let inner: Vec<_> = tokens("COPY (SELECT FROM stdin) TO stdout;\n1", Lexicon::POSTGRES).collect();
        assert!(inner.iter().all(|token| token.kind != CopyData));
    }
}
