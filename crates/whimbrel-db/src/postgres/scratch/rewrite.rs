//! Moves a statement from `public` into another namespace, token by token.
//!
//! Strings and bodies stay as they are, with one exception: a string that names
//! a relation (`nextval('public.users_id_seq'::regclass)`, as `pg_dump` writes
//! it) would otherwise reach the real one.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::sql::{Lexicon, Token, TokenKind, tokens};

/// A statement in its new place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rewritten {
    pub(super) sql: String,
    /// Where replaced tokens end: in the new text, and in the old one.
    anchors: Vec<(usize, usize)>,
}

impl Rewritten {
    /// The offset in the old text of one in the new text.
    pub(super) fn original(&self, offset: usize) -> usize {
        let before = self.anchors.iter().take_while(|(new, _)| *new <= offset).last();
        before.map_or(offset, |(new, old)| old + (offset - new))
    }
}

/// Why a statement cannot be moved: what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Immovable {
    /// An object of another namespace.
    Namespace(String),
    /// A search path of its own.
    SearchPath,
}

/// Moves `sql` from `public` into `namespace`. `others` are the namespaces that
/// must not be touched.
pub(super) fn rewrite(sql: &str, namespace: &str, others: &[String]) -> Result<Rewritten, Immovable> {
    let all: Vec<Token<'_>> = tokens(sql, Lexicon::POSTGRES).filter(|token| !token.is_trivia()).collect();
    let sets_path = sets_search_path(&all);
    let mut out = Rewritten { sql: String::with_capacity(sql.len()), anchors: Vec::new() };
    let mut done = 0;
    for at in 0..all.len() {
        let token = &all[at];
        let replacement = match token.kind {
            TokenKind::Word if drops_concurrently(&all, at) => Some(String::new()),
            TokenKind::Word | TokenKind::QuotedIdent => {
                name(&all, at, sets_path, others)?.then(|| Dialect::Postgres.quote_ident(namespace))
            }
            TokenKind::String => string(&all, at, sets_path, namespace)?,
            _ => None,
        };
        let Some(replacement) = replacement else {
            continue;
        };
        out.sql.push_str(&sql[done..token.offset]);
        out.sql.push_str(&replacement);
        done = token.end();
        out.anchors.push((out.sql.len(), done));
    }
    out.sql.push_str(&sql[done..]);
    Ok(out)
}

/// Says whether the statement is `SET [LOCAL | SESSION] search_path ...`.
fn sets_search_path(all: &[Token<'_>]) -> bool {
    let is_set = all.first().is_some_and(|token| token.is_word("set"));
    is_set && all.iter().skip(1).take(2).any(|token| token.is_word("search_path"))
}

/// Says whether the token is the CONCURRENTLY of a statement about an index: in
/// the transaction it all runs in, that is refused, and makes no difference.
fn drops_concurrently(all: &[Token<'_>], at: usize) -> bool {
    all[at].is_word("concurrently") && at > 0 && all[at - 1].is_word("index")
}

/// Says whether the identifier is `public` as a namespace.
fn name(all: &[Token<'_>], at: usize, sets_path: bool, others: &[String]) -> Result<bool, Immovable> {
    let Some(name) = all[at].name(Lexicon::POSTGRES) else {
        return Ok(false);
    };
    let follows_dot = at > 0 && all[at - 1].is_punct(".");
    let qualifies = all.get(at + 1).is_some_and(|next| next.is_punct(".")) && !follows_dot;
    let is_namespace = follows_schema(all, at);
    if sets_path {
        let is_syntax =
            ["set", "local", "session", "search_path", "to"].iter().any(|word| all[at].is_word(word));
        return path_entry(&name, is_syntax);
    }
    let is_made = is_namespace && all[0].is_word("create") && name != "public";
    if is_made || (qualifies || is_namespace) && others.iter().any(|other| *other == name) {
        return Err(Immovable::Namespace(name.into_owned()));
    }
    Ok((qualifies || is_namespace) && name == "public")
}

/// The name of the extension that a statement installs.
pub(super) fn installed(sql: &str) -> Option<String> {
    let mut all = tokens(sql, Lexicon::POSTGRES).filter(|token| !token.is_trivia());
    let is_so = all.next()?.is_word("create") && all.next()?.is_word("extension");
    let mut rest = all.skip_while(|token| ["if", "not", "exists"].iter().any(|word| token.is_word(word)));
    rest.next().filter(|_| is_so)?.name(Lexicon::POSTGRES).map(Into::into)
}

/// Says whether the identifier stands where the word SCHEMA has it be a name.
fn follows_schema(all: &[Token<'_>], at: usize) -> bool {
    let before = |words: &[&str]| {
        let start = at.checked_sub(words.len());
        start.is_some_and(|start| all[start..at].iter().zip(words).all(|(token, word)| token.is_word(word)))
    };
    (before(&["schema"]) && !all[at].is_word("if"))
        || before(&["schema", "if", "not", "exists"])
        || before(&["schema", "if", "exists"])
}

fn path_entry(name: &str, is_syntax: bool) -> Result<bool, Immovable> {
    match name {
        "public" => Ok(true),
        _ if is_syntax => Ok(false),
        "pg_catalog" | "pg_temp" | "$user" | "default" => Ok(false),
        _ => Err(Immovable::SearchPath),
    }
}

fn string(
    all: &[Token<'_>],
    at: usize,
    sets_path: bool,
    namespace: &str,
) -> Result<Option<String>, Immovable> {
    let Some(content) = all[at].string() else {
        return Ok(None);
    };
    let dialect = Dialect::Postgres;
    if sets_path {
        let moved = path_entry(&content, content.is_empty())?;
        return Ok(moved.then(|| dialect.quote_literal(namespace)));
    }
    // set_config('search_path', ...) may clear the path, or set it to where we are.
    let sets_config = at >= 3 && all[at - 2].string().as_deref() == Some("search_path");
    if sets_config && !content.is_empty() && !content.contains(namespace) {
        return Err(Immovable::SearchPath);
    }
    if !names_relation(all, at) {
        return Ok(None);
    }
    let rest = content.strip_prefix("public.").or_else(|| content.strip_prefix("\"public\"."));
    Ok(rest.map(|rest| dialect.quote_literal(&format!("{}.{rest}", dialect.quote_ident(namespace)))))
}

/// Says whether a string is read as the name of a relation.
fn names_relation(all: &[Token<'_>], at: usize) -> bool {
    const REGISTERED: [&str; 4] = ["regclass", "regtype", "regproc", "regprocedure"];
    const SEQUENCES: [&str; 3] = ["nextval", "currval", "setval"];
    let cast = all.get(at + 1).is_some_and(|next| next.text == "::")
        && all.get(at + 2).is_some_and(|word| REGISTERED.iter().any(|one| word.is_word(one)));
    let called = at >= 2 && all[at - 1].is_punct("(") && SEQUENCES.iter().any(|one| all[at - 2].is_word(one));
    cast || called
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(sql: &str) -> Result<String, Immovable> {
        rewrite(sql, "s", &["audit".to_owned()]).map(|rewritten| rewritten.sql)
    }

    #[test]
    fn names_are_moved_and_nothing_else() {
        for (sql, expected) in [
            ("CREATE TABLE public.t (a int)", "CREATE TABLE \"s\".t (a int)"),
            ("CREATE TABLE \"public\" . t ()", "CREATE TABLE \"s\" . t ()"),
            ("SELECT public FROM t", "SELECT public FROM t"),
            ("SELECT a.public.b", "SELECT a.public.b"),
            ("SELECT 'public.t', $$public.t$$ -- public.t", "SELECT 'public.t', $$public.t$$ -- public.t"),
            ("a DEFAULT nextval('public.q'::regclass)", "a DEFAULT nextval('\"s\".q'::regclass)"),
            ("SELECT setval('public.q', 1)", "SELECT setval('\"s\".q', 1)"),
            ("COMMENT ON SCHEMA public IS 'x'", "COMMENT ON SCHEMA \"s\" IS 'x'"),
            ("SET search_path = public, pg_catalog", "SET search_path = \"s\", pg_catalog"),
            ("SET search_path TO 'public'", "SET search_path TO 's'"),
            (
                "SELECT pg_catalog.set_config('search_path', '', false)",
                "SELECT pg_catalog.set_config('search_path', '', false)",
            ),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX  i ON t (a)"),
        ] {
            assert_eq!(moved(sql).unwrap(), expected);
        }
    }

    #[test]
    fn other_namespaces_are_not_touched() {
        let audit = Immovable::Namespace("audit".to_owned());
        assert_eq!(moved("ALTER TABLE audit.log ADD a int"), Err(audit.clone()));
        assert_eq!(moved("CREATE SCHEMA audit"), Err(audit.clone()));
        assert_eq!(moved("DROP SCHEMA IF EXISTS audit"), Err(audit));
        assert_eq!(moved("SET search_path = app, public"), Err(Immovable::SearchPath));
        assert_eq!(moved("SELECT set_config('search_path', 'app', false)"), Err(Immovable::SearchPath));
    }

    #[test]
    fn a_new_namespace_is_one_too_many() {
        let new = Err(Immovable::Namespace("new".to_owned()));
        for sql in [
            "CREATE SCHEMA new",
            "create schema if not exists \"new\"",
            "CREATE SCHEMA new CREATE TABLE t ()",
        ] {
            assert_eq!(moved(sql), new, "{sql}");
        }
        let public = "CREATE SCHEMA IF NOT EXISTS public";
        assert_eq!(moved(public).unwrap(), "CREATE SCHEMA IF NOT EXISTS \"s\"");
    }

    #[test]
    fn extensions_are_known_by_name() {
        for (sql, expected) in [
            ("CREATE EXTENSION citext", Some("citext")),
            ("create extension if not exists \"uuid-ossp\" WITH SCHEMA public", Some("uuid-ossp")),
            ("CREATE TABLE extension ()", None),
            ("DROP EXTENSION citext", None),
        ] {
            assert_eq!(installed(sql).as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn offsets_lead_back() {
        let sql = "ALTER TABLE public.t ADD x public.u";
        let rewritten = rewrite(sql, "scratch", &[]).unwrap();
        assert_eq!(rewritten.sql, "ALTER TABLE \"scratch\".t ADD x \"scratch\".u");
        for word in ["ALTER", "t ADD", "x ", "u"] {
            let found = rewritten.sql.rfind(word).unwrap();
            assert_eq!(rewritten.original(found), sql.rfind(word).unwrap(), "{word}");
        }
    }
}
