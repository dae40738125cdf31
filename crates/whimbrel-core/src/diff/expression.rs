//! Rewrites names inside an expression, as an engine does when a column, table
//! or type is renamed.
//!
//! The text is taken by its tokens, so strings and comments are left alone. A
//! word is a column where a column can stand: not before a parenthesis (a
//! function), not behind a dot unless the table's own name is before it, and
//! not where a type or collation is named.

use std::borrow::Cow;

use super::names::{Columns, Names};
use crate::dialect::Dialect;
use crate::name::{ObjectName, split_dotted};
use crate::pair::Pair;
use crate::sql::{Token, TokenKind, tokens};

/// The names that an expression of one table may hold.
pub(super) struct Scope<'a> {
    pub(super) names: &'a Names<'a>,
    /// The table's old name and its new one.
    pub(super) table: Pair<&'a ObjectName>,
    pub(super) columns: Option<&'a Columns<'a>>,
}

/// Words that are never names unless they are quoted.
const RESERVED: [&str; 24] = [
    "all", "and", "any", "array", "as", "case", "cast", "check", "collate", "default", "distinct", "else",
    "from", "in", "is", "not", "null", "or", "select", "table", "then", "when", "where", "with",
];

impl Scope<'_> {
    /// The expression under the new names; `None` if it is the same.
    pub(super) fn rewrite(&self, expression: &str) -> Option<String> {
        let dialect = self.names.dialect;
        let all: Vec<_> = tokens(expression, dialect.lexicon()).filter(|token| !token.is_trivia()).collect();
        let mut out = String::new();
        let mut copied = 0;
        for at in 0..all.len() {
            if let Some(new) = self.replacement(&all, at) {
                out.push_str(&expression[copied..all[at].offset]);
                out.push_str(&new);
                copied = all[at].end();
            }
        }
        (copied > 0).then(|| out + &expression[copied..])
    }

    fn replacement(&self, all: &[Token<'_>], at: usize) -> Option<String> {
        match all[at].kind {
            TokenKind::Word | TokenKind::QuotedIdent => self.identifier(all, at),
            TokenKind::String => self.literal(all, at),
            _ => None,
        }
    }

    fn identifier(&self, all: &[Token<'_>], at: usize) -> Option<String> {
        if all[at].kind == TokenKind::Word && RESERVED.iter().any(|word| all[at].is_word(word)) {
            return None;
        }
        let dialect = self.names.dialect;
        let before = at.checked_sub(1).map(|at| &all[at]);
        let after = all.get(at + 1);
        if let Some(old) = cast_type(dialect, &all[..=at]) {
            let new = self.names.enum_type(&old)?;
            return Some(dialect.quote_ident(&new.name));
        }
        if before.is_some_and(|token| token.is_word("collate") || token.is_word("as")) {
            return None;
        }
        let name = name(dialect, &all[at])?;
        if after.is_some_and(|token| token.is_punct("(")) {
            return None;
        }
        if before.is_some_and(|token| token.is_punct(".")) {
            let qualifier = name_before(dialect, all, at)?;
            return if self.is_own_table(&qualifier) { self.column(&name) } else { None };
        }
        if after.is_some_and(|token| token.is_punct(".")) {
            let renamed = self.is_own_table(&name) && self.table.from.name != self.table.to.name;
            return renamed.then(|| dialect.quote_ident(&self.table.to.name));
        }
        self.column(&name)
    }

    fn column(&self, name: &str) -> Option<String> {
        let dialect = self.names.dialect;
        let new = self.columns?.get(&dialect.fold_ident(name))?;
        Some(dialect.quote_ident(new))
    }

    fn is_own_table(&self, name: &str) -> bool {
        self.names.dialect.same_ident(name, &self.table.from.name)
    }

    /// `'pending'::status` is an enum value, `'t_id_seq'::regclass` a sequence.
    fn literal(&self, all: &[Token<'_>], at: usize) -> Option<String> {
        let dialect = self.names.dialect;
        if all.get(at + 1)?.text != "::" {
            return None;
        }
        let text = all[at].string()?;
        let end = all[at + 2..]
            .iter()
            .position(|token| !is_name_piece(token))
            .map_or(all.len(), |len| at + 2 + len);
        let sql_type = dotted(dialect, all.get(at + 2..end)?)?;
        if sql_type == ObjectName::new("regclass") {
            let old = ObjectName::parse(&text)?;
            let new = self.names.sequence(&old).filter(|new| new.namespace == old.namespace)?;
            return Some(dialect.quote_literal(&spelled(dialect, new)));
        }
        Some(dialect.quote_literal(self.names.enum_value(&sql_type, &text)?))
    }
}

/// The name that a word or quoted identifier spells.
fn name<'a>(dialect: Dialect, token: &Token<'a>) -> Option<Cow<'a, str>> {
    token.ident()?;
    token.name(dialect.lexicon())
}

/// In `a.b` the name `a`, `at` being where `b` is.
fn name_before<'a>(dialect: Dialect, all: &[Token<'a>], at: usize) -> Option<Cow<'a, str>> {
    name(dialect, all.get(at.checked_sub(2)?)?)
}

fn is_name_piece(token: &Token<'_>) -> bool {
    token.is_punct(".") || token.ident().is_some()
}

/// The type whose name ends `tokens`, if it stands behind `::`.
fn cast_type(dialect: Dialect, tokens: &[Token<'_>]) -> Option<ObjectName> {
    let start = tokens.iter().rposition(|token| token.text == "::")?;
    dotted(dialect, &tokens[start + 1..])
}

/// `a` or `a.b` as a name; `public`, PostgreSQL's default namespace, is none.
fn dotted(dialect: Dialect, tokens: &[Token<'_>]) -> Option<ObjectName> {
    let name = |token| name(dialect, token).map(Cow::into_owned);
    match tokens {
        [one] => Some(ObjectName::new(name(one)?)),
        [namespace, dot, one] if dot.is_punct(".") => match name(namespace)?.as_str() {
            "public" => Some(ObjectName::new(name(one)?)),
            namespace => Some(ObjectName::qualified(namespace, name(one)?)),
        },
        _ => None,
    }
}

/// The enum that a type name means: `status`, `"Status"`, `audit.status`, or an
/// array of it.
pub(crate) fn type_name(sql_type: &str) -> Option<ObjectName> {
    let mut base = sql_type.trim();
    while let Some(element) = base.strip_suffix("[]") {
        base = element.trim_end();
    }
    let mut parts = split_dotted(base)?;
    let name = parts.pop()?;
    match parts.as_slice() {
        [] => Some(ObjectName::new(name)),
        [namespace] if namespace == "public" => Some(ObjectName::new(name)),
        [namespace] => Some(ObjectName::qualified(namespace, name)),
        _ => None,
    }
}

/// A type name with another enum in place of the one it means.
pub(super) fn retyped(dialect: Dialect, sql_type: &str, enum_name: &ObjectName) -> String {
    let base = sql_type.find('[').unwrap_or(sql_type.len());
    spelled(dialect, enum_name) + &sql_type[base..]
}

/// A name as PostgreSQL prints it: quoted only where it must be.
fn spelled(dialect: Dialect, name: &ObjectName) -> String {
    let part = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let bare =
            part.chars().all(plain) && !part.starts_with(|c: char| c.is_ascii_digit()) && !part.is_empty();
        if bare { part.to_owned() } else { dialect.quote_ident(part) }
    };
    match &name.namespace {
        Some(namespace) => format!("{}.{}", part(namespace), part(&name.name)),
        None => part(&name.name),
    }
}
