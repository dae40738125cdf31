//! Statements: where one ends and the next begins.

use super::lexer::is_breakpoint;
use super::{Class, Data, DataVerb, Grammar, Lexicon, Run, Token, TokenKind, classify, tokens};

/// One statement of a text.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, Run, split};
///
/// let text = "-- two rows\nCOPY a FROM stdin;\n1\n2\n\\.\nVACUUM;";
/// let statements = split(text, Lexicon::POSTGRES);
/// assert_eq!(statements[0].text, "COPY a FROM stdin");
/// assert_eq!(statements[0].copy_data, Some("1\n2\n\\."));
/// assert_eq!(&text[statements[0].offset..statements[0].end()], statements[0].text);
/// assert_eq!(statements[1].run, Run::Alone);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The statement as written, from its first to its last token: without the
    /// comments around it and without the final semicolon.
    pub text: &'a str,
    /// Where it begins in the whole text, in bytes.
    pub offset: usize,
    /// What it is.
    pub class: Class,
    /// What it asks of the transaction it runs in.
    pub run: Run,
    /// The rows that followed a `COPY ... FROM stdin`, with the final `\.`.
    pub copy_data: Option<&'a str>,
}

impl Statement<'_> {
    /// Where it ends in the whole text, in bytes.
    pub fn end(&self) -> usize {
        self.offset + self.text.len()
    }
}

/// Splits a text into its statements.
///
/// A statement ends at a semicolon that is not inside the body of a trigger
/// (SQLite), of a routine (`BEGIN ATOMIC ... END`) or of a rule, at a line
/// `--> statement-breakpoint`, and with the text. Commands to the client are
/// statements of their own. There are no empty ones.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, split};
/// let text = "CREATE TABLE a (b); -- done\n;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n  SELECT 1; SELECT 2;\nEND;";
/// let statements = split(text, Lexicon::SQLITE);
/// assert_eq!(statements.len(), 2);
/// assert_eq!(statements[0].text, "CREATE TABLE a (b)");
/// assert!(statements[1].text.ends_with("END"));
/// ```
pub fn split(text: &str, lexicon: Lexicon) -> Vec<Statement<'_>> {
    let mut splitter = Splitter { text, lexicon, statements: Vec::new(), open: None, last_copy: None };
    for token in tokens(text, lexicon) {
        splitter.take(token);
    }
    splitter.close();
    splitter.statements
}

struct Splitter<'a> {
    text: &'a str,
    lexicon: Lexicon,
    statements: Vec<Statement<'a>>,
    open: Option<Open>,
    /// The last statement that reads rows from the text, by its index.
    last_copy: Option<usize>,
}

/// The statement that is being read.
struct Open {
    start: usize,
    end: usize,
    body: Body,
}

impl<'a> Splitter<'a> {
    fn take(&mut self, token: Token<'a>) {
        match token.kind {
            TokenKind::Whitespace | TokenKind::BlockComment => {}
            TokenKind::LineComment => {
                if is_breakpoint(self.text, &token) {
                    self.close();
                }
            }
            TokenKind::Semicolon => {
                if self.open.as_mut().is_none_or(|open| open.body.ends_at_semicolon()) {
                    self.close();
                } else {
                    self.extend(token);
                }
            }
            TokenKind::CopyData => {
                self.close();
                self.give_rows(token.text);
            }
            TokenKind::MetaCommand if self.open.is_none() => {
                self.extend(token);
                self.close();
            }
            _ => self.extend(token),
        }
    }

    fn extend(&mut self, token: Token<'a>) {
        let grammar = self.lexicon.grammar;
        let open = self.open.get_or_insert(Open { start: token.offset, end: token.end(), body: Body::Start });
        open.end = token.end();
        open.body.follow(&token, grammar);
    }

    fn close(&mut self) {
        let Some(Open { start, end, .. }) = self.open.take() else { return };
        let text = &self.text[start..end];
        let (class, run) = classify(text, self.lexicon);
        if matches!(class, Class::Data(Data { verb: DataVerb::CopyFromStdin, .. })) {
            self.last_copy = Some(self.statements.len());
        }
        self.statements.push(Statement { text, offset: start, class, run, copy_data: None });
    }

    /// Rows belong to the last COPY: another statement may stand on its line.
    fn give_rows(&mut self, rows: &'a str) {
        if let Some(copy) = self.last_copy.take() {
            self.statements[copy].copy_data = Some(rows);
        }
    }
}

/// How far into a statement we are that may hold semicolons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// Before the first word.
    Start,
    /// After CREATE and the words that may stand before the kind of object.
    Create,
    /// A semicolon ends it.
    Plain,
    /// In the head of an SQLite trigger.
    TriggerHead,
    /// In the body of an SQLite trigger, which ends where END comes at once
    /// after a semicolon: the END of a CASE never does.
    Trigger { after: Mark },
    /// In a routine; `depth` counts the BEGIN ATOMIC and the CASEs that are open.
    Routine { depth: usize, before: Before },
    /// In a rule; `depth` counts parentheses.
    Rule { depth: usize },
}

/// The last token that mattered in a trigger's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Semicolon,
    End,
    Other,
}

/// The token before, where a routine's next word depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Begin,
    /// `.` or AS: the next word is a name, even if it is END.
    Naming,
    Other,
}

impl Body {
    fn follow(&mut self, token: &Token<'_>, grammar: Grammar) {
        *self = match *self {
            Self::Start if token.is_word("create") => Self::Create,
            Self::Create => Self::after_create(token, grammar),
            Self::TriggerHead if token.is_word("begin") => Self::Trigger { after: Mark::Semicolon },
            Self::Trigger { after } => Self::Trigger {
                after: match token.kind {
                    TokenKind::Semicolon => Mark::Semicolon,
                    TokenKind::Word if after == Mark::Semicolon && token.is_word("end") => Mark::End,
                    _ => Mark::Other,
                },
            },
            Self::Routine { depth, before } => Self::in_routine(token, depth, before),
            Self::Rule { depth } if token.is_punct("(") => Self::Rule { depth: depth + 1 },
            Self::Rule { depth } if token.is_punct(")") => Self::Rule { depth: depth.saturating_sub(1) },
            body @ (Self::TriggerHead | Self::Rule { .. }) => body,
            Self::Start | Self::Plain => Self::Plain,
        };
    }

    fn after_create(token: &Token<'_>, grammar: Grammar) -> Self {
        let is = |words: &[&str]| words.iter().any(|word| token.is_word(word));
        match grammar {
            Grammar::Sqlite if is(&["temp", "temporary"]) => Self::Create,
            Grammar::Sqlite if is(&["trigger"]) => Self::TriggerHead,
            Grammar::Postgres if is(&["or", "replace"]) => Self::Create,
            Grammar::Postgres if is(&["function", "procedure"]) => {
                Self::Routine { depth: 0, before: Before::Other }
            }
            Grammar::Postgres if is(&["rule"]) => Self::Rule { depth: 0 },
            Grammar::Sqlite | Grammar::Postgres => Self::Plain,
        }
    }

    fn in_routine(token: &Token<'_>, depth: usize, before: Before) -> Self {
        let is = |word| before != Before::Naming && token.is_word(word);
        let depth = match depth {
            0 => usize::from(before == Before::Begin && is("atomic")),
            _ if is("case") => depth + 1,
            _ if is("end") => depth - 1,
            _ => depth,
        };
        let before = if token.is_word("begin") {
            Before::Begin
        } else if token.is_punct(".") || token.is_word("as") {
            Before::Naming
        } else {
            Before::Other
        };
        Self::Routine { depth, before }
    }

    fn ends_at_semicolon(&self) -> bool {
        match self {
            Self::Trigger { after } => *after == Mark::End,
            Self::Routine { depth, .. } | Self::Rule { depth } => *depth == 0,
            Self::Start | Self::Create | Self::Plain | Self::TriggerHead => true,
        }
    }
}
