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
use crate::sql::{Identifier, Role, Token, TokenKind, identifiers, plain_ident, tokens};

/// The names that an expression of one table may hold.
pub(super) struct Scope<'a> {
    pub(super) names: &'a Names<'a>,
    /// The table's old name and its new one.
    pub(super) table: Pair<&'a ObjectName>,
    pub(super) columns: Option<&'a Columns<'a>>,
}

impl Scope<'_> {
    /// The expression under the new names; `None` if it is the same.
    pub(super) fn rewrite(&self, expression: &str) -> Option<String> {
        let lexicon = self.names.dialect.lexicon();
        let all: Vec<_> = tokens(expression, lexicon).filter(|token| !token.is_trivia()).collect();
        let mut named = identifiers(expression, lexicon).peekable();
        let mut out = String::new();
        let mut copied = 0;
        for (at, token) in all.iter().enumerate() {
            let new = match named.next_if(|found| found.offset == token.offset) {
                Some(found) => self.identifier(&found, &all[..at]),
                None => self.literal(&all[at..]),
            };
            if let Some(new) = new {
                out.push_str(&expression[copied..token.offset]);
                out.push_str(&new);
                copied = token.end();
            }
        }
        (copied > 0).then(|| out + &expression[copied..])
    }

    fn identifier(&self, found: &Identifier<'_>, before: &[Token<'_>]) -> Option<String> {
        let lexicon = self.names.dialect.lexicon();
        let new = if is_type(before) {
            let old =
                ObjectName { namespace: namespace(found.qualifier.as_deref()), name: found.name.to_string() };
            self.names.enum_type(&old)?.name.as_str()
        } else if before.last().is_some_and(|token| token.is_word("collate")) {
            return None;
        } else {
            match (found.role, &found.qualifier) {
                (Role::Call, _) => return None,
                (Role::Qualifier, None) if self.is_own_table(&found.name) => self.table.to.name.as_str(),
                (Role::Qualifier, _) => return None,
                (Role::Plain, Some(table)) if !self.is_own_table(table) => return None,
                (Role::Plain, _) => self.column(&found.name)?,
            }
        };
        (*new != *found.name).then(|| plain_ident(new, lexicon).into_owned())
    }

    fn column(&self, name: &str) -> Option<&str> {
        self.columns?.get(&self.names.dialect.fold_ident(name)).copied()
    }

    fn is_own_table(&self, name: &str) -> bool {
        self.names.dialect.same_ident(name, &self.table.from.name)
    }

    /// `'pending'::status` is an enum value, `'t_id_seq'::regclass` a sequence.
    fn literal(&self, from: &[Token<'_>]) -> Option<String> {
        let dialect = self.names.dialect;
        let [literal, cast, of_type @ ..] = from else { return None };
        if literal.kind != TokenKind::String || cast.text != "::" {
            return None;
        }
        let text = literal.string()?;
        let sql_type = dotted(dialect, of_type)?;
        if sql_type == ObjectName::new("regclass") {
            let old = ObjectName::parse(&text)?;
            let new = self.names.sequence(&old).filter(|new| new.namespace == old.namespace)?;
            return Some(dialect.quote_literal(&spelled(dialect, new)));
        }
        Some(dialect.quote_literal(self.names.enum_value(&sql_type, &text)?))
    }
}

/// Says whether a type stands behind these tokens: after `::`, with or without
/// its namespace, or after the AS of a CAST.
fn is_type(before: &[Token<'_>]) -> bool {
    let before = match before {
        [rest @ .., namespace, dot] if dot.is_punct(".") && namespace.ident().is_some() => rest,
        all => all,
    };
    before.last().is_some_and(|token| token.text == "::" || token.is_word("as"))
}

/// The name that begins `tokens`: `a` or `a.b`.
fn dotted(dialect: Dialect, tokens: &[Token<'_>]) -> Option<ObjectName> {
    let name = |token: &Token<'_>| {
        token.ident()?;
        token.name(dialect.lexicon()).map(Cow::into_owned)
    };
    match tokens {
        [qualifier, dot, one, ..] if dot.is_punct(".") => {
            Some(ObjectName { namespace: namespace(Some(&name(qualifier)?)), name: name(one)? })
        }
        [one, ..] => Some(ObjectName::new(name(one)?)),
        [] => None,
    }
}

/// A namespace in a schema; `public`, PostgreSQL's default one, is none.
fn namespace(qualifier: Option<&str>) -> Option<String> {
    qualifier.filter(|name| *name != "public").map(str::to_owned)
}

/// The type that a type name means without its namespace or as an array:
/// `status`, `"Status"`, `audit.status`, `status[]`.
pub(crate) fn type_name(sql_type: &str) -> Option<ObjectName> {
    let mut base = sql_type.trim();
    while let Some(element) = base.strip_suffix("[]") {
        base = element.trim_end();
    }
    let mut parts = split_dotted(base)?;
    let name = parts.pop()?;
    match parts.as_slice() {
        [] => Some(ObjectName::new(name)),
        [qualifier] => Some(ObjectName { namespace: namespace(Some(qualifier)), name }),
        _ => None,
    }
}

/// A type name with another enum in place of the one it means.
pub(super) fn retyped(dialect: Dialect, sql_type: &str, enum_name: &ObjectName) -> String {
    let base = sql_type.trim_end_matches(['[', ']', ' ']);
    spelled(dialect, enum_name) + &sql_type[base.len()..]
}

/// A name as PostgreSQL prints it: quoted only where it must be.
fn spelled(dialect: Dialect, name: &ObjectName) -> String {
    let part = |part: &'_ str| plain_ident(part, dialect.lexicon()).into_owned();
    match &name.namespace {
        Some(namespace) => format!("{}.{}", part(namespace), part(&name.name)),
        None => part(&name.name),
    }
}
