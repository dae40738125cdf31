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
        } else if is_no_column(found, before) {
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

/// Says whether a collation stands here, or a field of a row: `(a).nick`.
fn is_no_column(found: &Identifier<'_>, before: &[Token<'_>]) -> bool {
    before
        .last()
        .is_some_and(|token| token.is_word("collate") || (token.is_punct(".") && found.qualifier.is_none()))
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

#[cfg(test)]
mod tests {
    use super::super::testing::{schema, table};
    use super::super::{Rename, Renames, known};
    use super::*;
    use crate::resolve::{RenameKind, parse_rename};
    use crate::schema::{EnumType, Schema, Sequence};

    fn rename(kind: RenameKind, text: &str) -> Vec<Rename> {
        parse_rename(text, kind).expect("a rename")
    }

    fn sides(dialect: Dialect) -> Pair<Schema> {
        let one_enum = |name: &str, value: &str| EnumType {
            name: name.into(),
            values: vec![value.into(), "on".into()],
            comment: None,
        };
        let sequence = |table: &str, column: &str| Sequence {
            name: format!("{table}_{column}_seq").as_str().into(),
            sql_type: "integer".into(),
            start: 1,
            increment: 1,
            min: 1,
            max: 9,
            cache: 1,
            cycle: false,
            owned_by: Some((table.into(), column.into())),
            comment: None,
        };
        let from = schema([table("users", &["nick text", "Order text", "end text"])]);
        let to = schema([table("people", &["alias text", "ord-er text", "fin text"])]);
        match dialect {
            Dialect::Sqlite => Pair::new(from, to),
            Dialect::Postgres => Pair::new(
                Schema {
                    enums: vec![one_enum("mood", "it's")],
                    sequences: vec![sequence("users", "nick")],
                    ..from
                },
                Schema {
                    enums: vec![one_enum("State", "it is")],
                    sequences: vec![sequence("people", "alias")],
                    ..to
                },
            ),
        }
    }

    fn check(dialect: Dialect, cases: &[(&str, Option<&str>)]) {
        let sides = sides(dialect);
        let renamed = [
            rename(RenameKind::Column, "users.nick=people.alias"),
            rename(RenameKind::Column, "people.Order=ord-er"),
            rename(RenameKind::Column, "people.end=fin"),
            rename(RenameKind::Enum, "mood=State"),
            rename(RenameKind::EnumValue, "State.it's=it is"),
        ];
        let mut renames = Renames { renamed: renamed.concat(), ..Renames::default() };
        renames.renamed.retain(|rename| dialect == Dialect::Postgres || rename.kind != RenameKind::Enum);
        let known = known::known(dialect, sides.as_ref(), &renames).renames;
        let names = Names::new(dialect, sides.as_ref(), &known);
        let (old, new) = ("users".into(), "people".into());
        let scope = Scope { names: &names, table: Pair::new(&old, &new), columns: names.columns(&old) };
        for (text, expected) in cases {
            assert_eq!(scope.rewrite(text).as_deref(), *expected, "{text}");
        }
    }

    #[test]
    fn columns_are_renamed_where_columns_stand() {
        check(
            Dialect::Sqlite,
            &[
                ("Nick > 0 AND \"nick\" <> 'nick' -- nick", Some("alias > 0 AND alias <> 'nick' -- nick")),
                ("nick(1) + [nick]", Some("nick(1) + alias")),
                (
                    "users.nick + other.nick + users . [order]",
                    Some("people.alias + other.nick + people . \"ord-er\""),
                ),
                ("CASE WHEN \"end\" THEN 1 END", Some("CASE WHEN fin THEN 1 END")),
                ("a COLLATE nick", None),
                ("CAST(a AS nick)", None),
                ("'users.nick'", None),
                ("", None),
            ],
        );
        check(
            Dialect::Postgres,
            &[
                ("(nick > 0)", Some("(alias > 0)")),
                ("(\"Nick\" > 0)", None),
                ("(\"Order\" || \"end\")", Some("(\"ord-er\" || fin)")),
                ("lower((nick)::text)", Some("lower((alias)::text)")),
                ("(a)::nick", None),
                ("(a).nick", None),
            ],
        );
    }

    #[test]
    fn enums_and_their_values_are_renamed_in_casts() {
        check(
            Dialect::Postgres,
            &[
                ("'it''s'::mood", Some("'it is'::\"State\"")),
                (
                    "(a = ANY (ARRAY['it''s'::public.mood, 'on'::mood]))",
                    Some("(a = ANY (ARRAY['it is'::public.\"State\", 'on'::\"State\"]))"),
                ),
                ("('it''s'::text)::mood", Some("('it''s'::text)::\"State\"")),
                ("'it''s'::other.mood", None),
                ("mood('x')", None),
            ],
        );
    }

    #[test]
    fn the_sequence_of_a_renamed_column_is_renamed_in_its_default() {
        check(
            Dialect::Postgres,
            &[
                ("nextval('users_nick_seq'::regclass)", Some("nextval('people_alias_seq'::regclass)")),
                ("nextval('other.users_nick_seq'::regclass)", None),
                ("'users_nick_seq'::text", None),
            ],
        );
    }

    #[test]
    fn type_names_are_read_and_written() {
        let audit = ObjectName::qualified("audit", "a.b");
        let cases = [
            ("status", Some("status".into())),
            ("status[]", Some("status".into())),
            ("\"Status\"[][]", Some("Status".into())),
            ("public.status", Some("status".into())),
            ("audit.\"a.b\"", Some(audit.clone())),
            ("a.b.c", None),
        ];
        for (text, expected) in cases {
            assert_eq!(type_name(text), expected, "{text}");
        }
        assert_eq!(retyped(Dialect::Postgres, "status[]", &audit), "audit.\"a.b\"[]");
    }
}
