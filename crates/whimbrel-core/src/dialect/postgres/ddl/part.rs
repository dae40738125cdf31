//! Keys, constraints and indexes.

use super::storage;
use crate::dialect::postgres::rules::{ident, idents, name};
use crate::name::ObjectName;
use crate::schema::{
    Check, Deferrability, Exclusion, ForeignKey, Index, KeyPart, KeyTarget, NullsOrder, PrimaryKey,
    ReferentialAction, SortOrder, Unique,
};
use crate::sql::{Lexicon, Token, TokenKind, tokens};

/// Puts a name before a constraint, if it has one.
pub(in super::super) fn constraint(named: Option<&str>, definition: &str) -> String {
    match named {
        Some(named) => format!("CONSTRAINT {} {definition}", ident(named)),
        None => definition.to_owned(),
    }
}

/// Writes a primary key, without its name.
pub(in super::super) fn primary_key(key: &PrimaryKey) -> String {
    format!(
        "PRIMARY KEY ({}){}{}",
        key_columns(&key.columns),
        include(&key.include),
        deferrable(key.deferrable)
    )
}

/// Writes a unique constraint, without its name.
pub(in super::super) fn unique(unique: &Unique) -> String {
    let nulls = if unique.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    format!(
        "UNIQUE{nulls} ({}){}{}",
        key_columns(&unique.columns),
        include(&unique.include),
        deferrable(unique.deferrable)
    )
}

/// Writes a check, without its name.
pub(in super::super) fn check(check: &Check) -> String {
    let inherit = if check.no_inherit { " NO INHERIT" } else { "" };
    let valid = if check.not_valid { " NOT VALID" } else { "" };
    format!("CHECK {}{inherit}{valid}", parenthesised(check.expression.as_str()))
}

/// Writes an exclusion, without its name.
pub(in super::super) fn exclusion(exclusion: &Exclusion) -> &str {
    exclusion.definition.as_str()
}

/// Writes a foreign key, without its name.
pub(in super::super) fn foreign_key(fk: &ForeignKey) -> String {
    let referenced = match fk.referenced_columns.is_empty() {
        true => String::new(),
        false => format!(" ({})", idents(&fk.referenced_columns)),
    };
    let full = if fk.match_full { " MATCH FULL" } else { "" };
    let deleted = match fk.on_delete_columns.is_empty() {
        true => String::new(),
        false => format!(" ({})", idents(&fk.on_delete_columns)),
    };
    let valid = if fk.not_valid { " NOT VALID" } else { "" };
    format!(
        "FOREIGN KEY ({}) REFERENCES {}{referenced}{full}{}{deleted}{}{}{valid}",
        idents(&fk.columns),
        name(&fk.referenced_table),
        action("DELETE", fk.on_delete),
        action("UPDATE", fk.on_update),
        deferrable(fk.deferrable),
    )
}

fn action(event: &str, action: ReferentialAction) -> String {
    match action {
        ReferentialAction::NoAction => String::new(),
        ReferentialAction::Restrict
        | ReferentialAction::Cascade
        | ReferentialAction::SetNull
        | ReferentialAction::SetDefault => format!(" ON {event} {}", action.sql()),
    }
}

fn deferrable(deferrable: Deferrability) -> &'static str {
    match deferrable {
        Deferrability::NotDeferrable => "",
        Deferrability::InitiallyImmediate => " DEFERRABLE",
        Deferrability::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

fn include(columns: &[String]) -> String {
    match columns.is_empty() {
        true => String::new(),
        false => format!(" INCLUDE ({})", idents(columns)),
    }
}

/// The columns of a key, which are columns and nothing else.
fn key_columns(parts: &[KeyPart]) -> String {
    let columns: Vec<_> = parts.iter().filter_map(KeyPart::column_name).collect();
    idents(&columns)
}

/// Writes the CREATE INDEX of an index.
pub(in super::super) fn create_index(table: &ObjectName, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let method = index.method.as_deref().filter(|method| *method != "btree");
    let parts: Vec<_> = index.columns.iter().map(index_part).collect();
    let mut sql = format!("CREATE {unique}INDEX {} ON {}", ident(&index.name), name(table));
    if let Some(method) = method {
        sql += &format!(" USING {}", ident(method));
    }
    sql += &format!(" ({}){}", parts.join(", "), include(&index.include));
    if index.nulls_not_distinct {
        sql += " NULLS NOT DISTINCT";
    }
    if !index.storage.is_empty() {
        sql += &format!(" WITH ({})", storage(&index.storage));
    }
    if let Some(space) = &index.tablespace {
        sql += &format!(" TABLESPACE {}", ident(space));
    }
    if let Some(predicate) = &index.predicate {
        sql += &format!(" WHERE {}", condition(predicate.as_str()));
    }
    sql
}

fn index_part(part: &KeyPart) -> String {
    let mut sql = match &part.target {
        KeyTarget::Column(column) => ident(column),
        KeyTarget::Expression(expression) => index_expression(expression.as_str()),
    };
    if let Some(collation) = &part.collation {
        sql += &format!(" COLLATE {collation}");
    }
    if let Some(class) = &part.operator_class {
        sql += &format!(" {class}");
    }
    if part.order == SortOrder::Desc {
        sql += " DESC";
    }
    match part.nulls {
        Some(NullsOrder::First) => sql += " NULLS FIRST",
        Some(NullsOrder::Last) => sql += " NULLS LAST",
        None => {}
    }
    sql
}

/// A call of a function may stand bare in an index, any other expression not.
fn index_expression(text: &str) -> String {
    let bare = condition(text);
    match is_call(bare) {
        true => bare.to_owned(),
        false => format!("({bare})"),
    }
}

/// Says whether a text is `name(...)` and nothing else.
pub(in super::super) fn is_call(text: &str) -> bool {
    let mut name_may_come = true;
    for token in significant(text) {
        if token.is_punct("(") {
            return !name_may_come && encloses(&text[token.offset..]);
        }
        let is_name = token.ident().is_some() && !NOT_CALLED.iter().any(|word| token.is_word(word));
        if (name_may_come && !is_name) || (!name_may_come && !token.is_punct(".")) {
            return false;
        }
        name_may_come = !name_may_come;
    }
    false
}

/// What may stand before a parenthesis without being the name of a function.
const NOT_CALLED: [&str; 6] = ["not", "row", "array", "exists", "case", "cast"];

/// Writes a condition in exactly one pair of outer parentheses.
pub(in super::super) fn parenthesised(text: &str) -> String {
    format!("({})", condition(text))
}

/// Takes off the outer parentheses that enclose the whole of an expression.
pub(in super::super) fn condition(text: &str) -> &str {
    let mut text = text.trim();
    while text.starts_with('(') && encloses(text) {
        text = text[1..text.len() - 1].trim();
    }
    text
}

/// Says whether the parenthesis that opens a text is closed by its last one.
fn encloses(text: &str) -> bool {
    let mut depth = 0_usize;
    for token in significant(text) {
        if token.is_punct("(") {
            depth += 1;
        } else if token.is_punct(")") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return token.end() == text.len();
        }
    }
    false
}

fn significant(text: &str) -> impl Iterator<Item = Token<'_>> {
    tokens(text, Lexicon::POSTGRES).filter(|token| token.kind != TokenKind::Whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outer_parentheses_are_one_pair() {
        let cases = [
            ("a > 0", "a > 0"),
            ("(a > 0)", "a > 0"),
            ("((a > 0))", "a > 0"),
            ("(a) > (b)", "(a) > (b)"),
            ("((a > 0) AND (b > 0))", "(a > 0) AND (b > 0)"),
            ("(a = ')')", "a = ')'"),
        ];
        for (text, expected) in cases {
            assert_eq!(condition(text), expected, "{text}");
            assert_eq!(parenthesised(text), format!("({expected})"), "{text}");
        }
    }

    #[test]
    fn only_a_call_stands_bare_in_an_index() {
        let cases = [
            ("lower(email)", "lower(email)"),
            ("(lower(email))", "lower(email)"),
            ("public.\"F\"(a, (b))", "public.\"F\"(a, (b))"),
            ("((a + b))", "(a + b)"),
            ("(data ->> 'a'::text)", "(data ->> 'a'::text)"),
            ("lower(a) || upper(b)", "(lower(a) || upper(b))"),
            ("(a)::text", "((a)::text)"),
            ("CAST(a AS text)", "(CAST(a AS text))"),
            ("a IN (1)", "(a IN (1))"),
            ("NOT (a)", "(NOT (a))"),
        ];
        for (text, expected) in cases {
            assert_eq!(index_expression(text), expected, "{text}");
        }
    }
}
