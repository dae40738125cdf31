//! Identifiers within a text: found, and replaced token by token.

use std::borrow::Cow;

use super::{Cursor, Grammar, Lexicon, Token, TokenKind, is_keyword, is_reserved, plain_ident, tokens};

/// An identifier in a text, with what its neighbours say of it.
///
/// ```
/// use std::borrow::Cow;
/// use whimbrel_core::sql::{Identifier, Lexicon, Role, identifiers};
///
/// let last = identifiers("u.Nick", Lexicon::POSTGRES).last();
/// let expected = Identifier {
///     name: Cow::from("nick"),
///     qualifier: Some(Cow::from("u")),
///     role: Role::Plain,
///     text: "Nick",
///     offset: 2,
/// };
/// assert_eq!(last, Some(expected));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier<'a> {
    /// The name, as the engine's catalogue would keep it.
    pub name: Cow<'a, str>,
    /// The name before it and its dot: `t` for the `a` of `t.a`.
    pub qualifier: Option<Cow<'a, str>>,
    /// What follows it.
    pub role: Role,
    /// It, as written.
    pub text: &'a str,
    /// Where it begins in the text, in bytes.
    pub offset: usize,
}

/// What an identifier is to the token after it.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, Role, identifiers};
///
/// let roles: Vec<_> = identifiers("lower(u.nick)", Lexicon::SQLITE).map(|found| found.role).collect();
/// assert_eq!(roles, [Role::Call, Role::Qualifier, Role::Plain]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A dot follows: it qualifies another name.
    Qualifier,
    /// A parenthesis follows: a function, or a table before its columns.
    Call,
    /// Neither.
    Plain,
}

/// Lists the identifiers of a text in their order. Bare reserved words are none;
/// other key words are listed, as they may be names.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, identifiers};
/// let names: Vec<_> = identifiers("length(u.\"Nick\") > 0", Lexicon::SQLITE).map(|i| i.name).collect();
/// assert_eq!(names, ["length", "u", "Nick"]);
/// ```
pub fn identifiers(text: &str, lexicon: Lexicon) -> Identifiers<'_> {
    Identifiers { cursor: Cursor::new(text, lexicon), lexicon, before: [None; 2] }
}

/// The identifiers of a text, made by [`identifiers`].
///
/// ```
/// use whimbrel_core::sql::{Identifiers, Lexicon, Role, identifiers};
///
/// let all: Identifiers<'_> = identifiers("a > length(b)", Lexicon::SQLITE);
/// let columns: Vec<_> = all.filter(|found| found.role == Role::Plain).map(|found| found.text).collect();
/// assert_eq!(columns, ["a", "b"]);
/// ```
#[derive(Debug, Clone)]
pub struct Identifiers<'a> {
    cursor: Cursor<'a>,
    lexicon: Lexicon,
    /// The two tokens before the one ahead.
    before: [Option<Token<'a>>; 2],
}

impl<'a> Iterator for Identifiers<'a> {
    type Item = Identifier<'a>;

    fn next(&mut self) -> Option<Identifier<'a>> {
        loop {
            let token = self.cursor.next()?;
            let [name_before, before] = self.before;
            self.before = [before, Some(token)];
            let qualified = before.is_some_and(|dot| dot.is_punct("."));
            let name = match token.kind {
                TokenKind::Word if !qualified && is_key(&token, before, self.lexicon) => continue,
                TokenKind::Word | TokenKind::QuotedIdent => token.name(self.lexicon),
                _ => continue,
            };
            let Some(name) = name else { continue };
            let qualifier = name_before.filter(|_| qualified).and_then(|token| token.name(self.lexicon));
            return Some(Identifier {
                name,
                qualifier,
                role: role(&self.cursor),
                text: token.text,
                offset: token.offset,
            });
        }
    }
}

fn role(ahead: &Cursor<'_>) -> Role {
    if ahead.at_punct(".") {
        Role::Qualifier
    } else if ahead.at_punct("(") {
        Role::Call
    } else {
        Role::Plain
    }
}

/// Says whether a bare word is a key word where it stands.
///
/// SQLite lets most of its key words be names. Where one has a place in an
/// expression, it is taken for the key word: a name that is missed makes the
/// engine complain, a key word that is replaced may not.
fn is_key(token: &Token<'_>, before: Option<Token<'_>>, lexicon: Lexicon) -> bool {
    const OPERATORS: &[&str] = &["like", "glob", "regexp", "match", "end", "asc", "desc", "by", "of"];
    if is_reserved(token.text, lexicon.grammar) {
        return true;
    }
    let is = |words: &[&str]| words.iter().any(|word| token.is_word(word));
    let after_nulls = || before.is_some_and(|token| token.is_word("nulls"));
    lexicon.grammar == Grammar::Sqlite
        && is_keyword(token.text, lexicon.grammar)
        && (is(OPERATORS) || (is(&["first", "last"]) && after_nulls()))
}

/// Replaces the identifiers for which `rename` has another name, and nothing
/// else: strings, comments and white space stay as they are, byte for byte. The
/// new names are quoted only where they must be.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, Role, rename_identifiers};
///
/// let check = "length(nick) > 0 AND \"Nick\" <> 'nick' -- nick";
/// let renamed = rename_identifiers(check, Lexicon::SQLITE, |found| {
///     (found.role == Role::Plain && found.name.eq_ignore_ascii_case("nick")).then(|| "order".to_owned())
/// });
/// assert_eq!(renamed, "length(\"order\") > 0 AND \"order\" <> 'nick' -- nick");
/// ```
pub fn rename_identifiers<'a>(
    text: &'a str,
    lexicon: Lexicon,
    mut rename: impl FnMut(&Identifier<'_>) -> Option<String>,
) -> Cow<'a, str> {
    let mut out = String::new();
    let mut done = 0;
    for identifier in identifiers(text, lexicon) {
        let Some(name) = rename(&identifier) else { continue };
        out.push_str(&text[done..identifier.offset]);
        out.push_str(&plain_ident(&name, lexicon));
        done = identifier.offset + identifier.text.len();
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Renames a table where it qualifies a column: `users.` becomes `people.`.
pub(crate) fn rename_qualifier<'a>(
    text: &'a str,
    lexicon: Lexicon,
    is_table: impl Fn(&str) -> bool,
    to: &str,
) -> Cow<'a, str> {
    rename_identifiers(text, lexicon, |found| {
        (found.role == Role::Qualifier && is_table(&found.name)).then(|| to.to_owned())
    })
}

/// Lists every name that a text may speak of, for finding dependencies: its
/// identifiers, all bare words, and for SQLite, which takes them for names where
/// one must stand, its strings.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, mentions};
///
/// let view = "SELECT id FROM 'users' -- not members";
/// let names: Vec<_> = mentions(view, Lexicon::SQLITE).collect();
/// assert_eq!(names, ["SELECT", "id", "FROM", "users"]);
/// ```
pub fn mentions(text: &str, lexicon: Lexicon) -> impl Iterator<Item = Cow<'_, str>> {
    tokens(text, lexicon).filter_map(move |token| token.name(lexicon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_qualifiers_come_from_the_neighbours() {
        let seen: Vec<_> = identifiers("f(a . b, \"c\" /* . */ . d)", Lexicon::POSTGRES)
            .map(|found| (found.name.into_owned(), found.qualifier.map(Cow::into_owned), found.role))
            .collect();
        let name =
            |name: &str, qualifier: Option<&str>, role| (name.into(), qualifier.map(str::to_owned), role);
        assert_eq!(
            seen,
            [
                name("f", None, Role::Call),
                name("a", None, Role::Qualifier),
                name("b", Some("a"), Role::Plain),
                name("c", None, Role::Qualifier),
                name("d", Some("c"), Role::Plain),
            ]
        );
    }

    #[test]
    fn renames_columns_and_nothing_else() {
        let check = |lexicon: Lexicon, text: &str, to: &str, expected: &str| {
            let is_column = |name: &str| match lexicon.grammar {
                Grammar::Sqlite => name.eq_ignore_ascii_case("end"),
                Grammar::Postgres => name == "end",
            };
            let rename = |found: &Identifier<'_>| {
                (found.role == Role::Plain && is_column(&found.name)).then(|| to.to_owned())
            };
            assert_eq!(rename_identifiers(text, lexicon, rename), expected);
        };
        let sqlite = Lexicon::SQLITE;
        check(sqlite, "CASE WHEN [End] THEN t.End END", "x", "CASE WHEN x THEN t.x END");
        check(sqlite, "\"end\"+'end'/*end*/", "a b", "\"a b\"+'end'/*end*/");
        check(Lexicon::POSTGRES, "\"end\" + \"End\" + ends", "Fin", "\"Fin\" + \"End\" + ends");
        check(Lexicon::POSTGRES, "$$end$$ || 'end'", "x", "$$end$$ || 'end'");
    }

    #[test]
    fn renames_qualifiers() {
        let renamed = rename_qualifier("a.a = (a).b AND a . c", Lexicon::SQLITE, |name| name == "a", "t");
        assert_eq!(renamed, "t.a = (a).b AND t . c");
    }

    #[test]
    fn mentions_over_report() {
        let names: Vec<_> = mentions("SELECT x FROM 'users', [a b]", Lexicon::SQLITE).collect();
        assert_eq!(names, ["SELECT", "x", "FROM", "users", "a b"]);
    }
}
