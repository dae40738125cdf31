//! How an engine's text falls into tokens and statements.

/// How an engine's text falls into tokens.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::sql::{Lexicon, split};
///
/// assert_eq!(Dialect::Postgres.lexicon(), Lexicon::POSTGRES);
/// // One text, and what each engine sees in it: a body in dollars, or parameters.
/// let text = "SELECT $body$ a; b $body$";
/// assert_eq!(split(text, Lexicon::POSTGRES).len(), 1);
/// assert_eq!(split(text, Lexicon::SQLITE).len(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexicon {
    /// Whose key words and statements the text is made of.
    pub grammar: Grammar,
    /// `$tag$ ... $tag$` is a string (PostgreSQL).
    pub dollar_quotes: bool,
    /// Block comments nest (PostgreSQL).
    pub nested_comments: bool,
    /// `E'...'` strings know backslash escapes; `B''`, `N''` and `U&''` are
    /// strings too (PostgreSQL). `X''` is one everywhere.
    pub escape_strings: bool,
    /// `` `a` `` and `[a]` are identifiers (SQLite).
    pub loose_identifiers: bool,
    /// `?`, `?1`, `:name`, `@name` and `$name` are parameters (SQLite); without
    /// it only `$1` is.
    pub named_parameters: bool,
    /// Any run of operator characters is one operator (PostgreSQL), not only
    /// those of a closed list.
    pub custom_operators: bool,
    /// A backslash at the start of a statement begins a meta-command of the
    /// client, up to the end of the line; `COPY ... FROM stdin` is followed by
    /// data up to `\.` (psql).
    pub meta_commands: bool,
    /// A dot and a letter at the start of a statement begin a command of the
    /// client, up to the end of the line (the `sqlite3` shell).
    pub dot_commands: bool,
}

/// Whose key words and statements a text is made of.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::sql::Grammar;
///
/// assert_eq!(Dialect::Sqlite.lexicon().grammar, Grammar::Sqlite);
/// assert_eq!(Dialect::Postgres.lexicon().grammar, Grammar::Postgres);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grammar {
    /// SQLite's.
    Sqlite,
    /// PostgreSQL's.
    Postgres,
}

impl Lexicon {
    /// SQLite's text, as its library and its shell read it.
    pub const SQLITE: Self = Self {
        grammar: Grammar::Sqlite,
        dollar_quotes: false,
        nested_comments: false,
        escape_strings: false,
        loose_identifiers: true,
        named_parameters: true,
        custom_operators: false,
        meta_commands: false,
        dot_commands: true,
    };

    /// PostgreSQL's text, as its server (with `standard_conforming_strings` on)
    /// and psql read it.
    pub const POSTGRES: Self = Self {
        grammar: Grammar::Postgres,
        dollar_quotes: true,
        nested_comments: true,
        escape_strings: true,
        loose_identifiers: false,
        named_parameters: false,
        custom_operators: true,
        meta_commands: true,
        dot_commands: false,
    };
}
