//! A reader's place among the tokens that matter.

use std::borrow::Cow;

use super::{Grammar, Lexicon, Token, Tokens, tokens};
use crate::name::ObjectName;

/// Walks over the tokens of a text, white space and comments left out, one
/// token ahead.
///
/// ```
/// use whimbrel_core::sql::{Cursor, Lexicon};
/// let mut cursor = Cursor::new("DROP /* old */ TABLE main.\"My Table\"", Lexicon::SQLITE);
/// assert!(cursor.eat_all(&["drop", "table"]));
/// assert_eq!(cursor.object_name().unwrap().to_string(), "My Table");
/// assert!(cursor.peek().is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    tokens: Tokens<'a>,
    ahead: Option<Token<'a>>,
    lexicon: Lexicon,
}

impl<'a> Cursor<'a> {
    /// Stands before the first token of `text`.
    pub fn new(text: &'a str, lexicon: Lexicon) -> Self {
        let mut cursor = Self { tokens: tokens(text, lexicon), ahead: None, lexicon };
        cursor.advance();
        cursor
    }

    fn advance(&mut self) {
        self.ahead = self.tokens.by_ref().find(|token| !token.is_trivia());
    }

    /// The token ahead.
    pub fn peek(&self) -> Option<Token<'a>> {
        self.ahead
    }

    /// Says whether the token ahead is this bare word.
    ///
    /// ```
    /// use whimbrel_core::sql::{Cursor, Lexicon};
    ///
    /// let mut cursor = Cursor::new("CREATE UNIQUE INDEX i", Lexicon::SQLITE);
    /// cursor.eat("create");
    /// assert!(cursor.at_word("Unique"));
    /// assert_eq!(cursor.peek().unwrap().text, "UNIQUE", "still ahead");
    /// ```
    pub fn at_word(&self, word: &str) -> bool {
        self.ahead.is_some_and(|token| token.is_word(word))
    }

    /// Says whether the token ahead is this punctuation mark.
    pub(crate) fn at_punct(&self, mark: &str) -> bool {
        self.ahead.is_some_and(|token| token.is_punct(mark))
    }

    /// Steps over this bare word; says whether it was ahead.
    ///
    /// ```
    /// use whimbrel_core::sql::{Cursor, Lexicon};
    ///
    /// let mut cursor = Cursor::new("CREATE TABLE a", Lexicon::SQLITE);
    /// assert!(cursor.eat("create"));
    /// let temporary = cursor.eat("temp");
    /// assert!(!temporary);
    /// assert_eq!(cursor.peek().unwrap().text, "TABLE");
    /// ```
    pub fn eat(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Steps over one of these bare words; says whether one was ahead.
    pub(crate) fn eat_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(word))
    }

    /// Steps over these bare words if all of them are ahead, and over nothing
    /// otherwise.
    pub fn eat_all(&mut self, words: &[&str]) -> bool {
        let mut trial = self.clone();
        let found = words.iter().all(|word| trial.eat(word));
        if found {
            *self = trial;
        }
        found
    }

    /// Steps over this punctuation mark; says whether it was ahead.
    ///
    /// ```
    /// use whimbrel_core::sql::{Cursor, Lexicon};
    ///
    /// let mut cursor = Cursor::new("a, b, c", Lexicon::SQLITE);
    /// let mut names = Vec::from_iter(cursor.name());
    /// while cursor.eat_punct(",") {
    ///     names.extend(cursor.name());
    /// }
    /// assert_eq!(names, ["a", "b", "c"]);
    /// ```
    pub fn eat_punct(&mut self, mark: &str) -> bool {
        let found = self.at_punct(mark);
        if found {
            self.advance();
        }
        found
    }

    /// Reads one identifier, as [`Token::name`] does.
    ///
    /// ```
    /// use whimbrel_core::sql::{Cursor, Lexicon};
    ///
    /// let mut cursor = Cursor::new("Users \"Users\" 1", Lexicon::POSTGRES);
    /// assert_eq!(cursor.name().unwrap(), "users");
    /// assert_eq!(cursor.name().unwrap(), "Users");
    /// assert_eq!(cursor.name(), None);
    /// assert_eq!(cursor.peek().unwrap().text, "1", "nothing was stepped over");
    /// ```
    pub fn name(&mut self) -> Option<Cow<'a, str>> {
        let name = self.ahead?.name(self.lexicon)?;
        self.advance();
        Some(name)
    }

    /// Reads a name that may be qualified. The default namespace (SQLite
    /// `main`, PostgreSQL `public`) is left away, as is the database before a
    /// namespace.
    pub fn object_name(&mut self) -> Option<ObjectName> {
        let mut namespace = None;
        let mut name = self.name()?;
        while self.eat_punct(".") {
            let Some(next) = self.name() else { break };
            namespace = Some(std::mem::replace(&mut name, next));
        }
        let namespace = namespace.filter(|namespace| !self.is_default(namespace));
        Some(ObjectName { namespace: namespace.map(Cow::into_owned), name: name.into_owned() })
    }

    fn is_default(&self, namespace: &str) -> bool {
        match self.lexicon.grammar {
            Grammar::Sqlite => namespace.eq_ignore_ascii_case("main"),
            Grammar::Postgres => namespace == "public",
        }
    }

    /// Steps over a parenthesis and all it holds, if one opens ahead.
    pub(crate) fn skip_parentheses(&mut self) {
        if !self.at_punct("(") {
            return;
        }
        let mut depth = 0_usize;
        for token in self.by_ref() {
            if token.is_punct("(") {
                depth += 1;
            } else if token.is_punct(")") {
                depth -= 1;
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Steps over the rest of an item, such as an action of ALTER TABLE, and the
    /// comma after it; says whether one follows.
    ///
    /// ```
    /// use whimbrel_core::sql::{Cursor, Lexicon};
    ///
    /// let mut cursor = Cursor::new("ADD a numeric(5, 2), DROP b", Lexicon::POSTGRES);
    /// assert!(cursor.skip_past_comma());
    /// assert!(cursor.at_word("drop"));
    /// assert!(!cursor.skip_past_comma(), "it was the last");
    /// ```
    pub fn skip_past_comma(&mut self) -> bool {
        while self.peek().is_some() {
            if self.eat_punct(",") {
                return true;
            }
            if self.at_punct("(") {
                self.skip_parentheses();
            } else {
                self.next();
            }
        }
        false
    }
}

impl<'a> Iterator for Cursor<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.ahead;
        if token.is_some() {
            self.advance();
        }
        token
    }
}
