//! Views, functions, triggers and whatever else is only its definition.

use super::rules::{ident, name};
use crate::name::ObjectName;
use crate::plan::PlanError;
use crate::schema::{Object, ObjectColumn, ObjectKind};
use crate::sql::{Lexicon, Token, split, tokens};

/// Says whether the server can put one definition in the place of the other,
/// whatever depends on it.
///
/// A view may change its query and gain columns at its end; a routine may
/// change its body and gain defaults for its arguments; a trigger or rule may
/// change at will. Where we cannot tell, the answer is no.
pub(super) fn replaceable(from: &Object, to: &Object) -> bool {
    let one_statement = |object: &Object| split(object.definition.as_str(), Lexicon::POSTGRES).len() == 1;
    if from.kind != to.kind || !one_statement(from) {
        return false;
    }
    match to.kind {
        ObjectKind::View => grows(&from.columns, &to.columns),
        ObjectKind::Function | ObjectKind::Procedure => same_call(from, to),
        ObjectKind::Trigger => !is_constraint_trigger(from) && !is_constraint_trigger(to),
        ObjectKind::Rule => true,
        ObjectKind::Namespace
        | ObjectKind::Extension
        | ObjectKind::Type
        | ObjectKind::Sequence
        | ObjectKind::Table
        | ObjectKind::Index
        | ObjectKind::Constraint
        | ObjectKind::VirtualTable
        | ObjectKind::MaterializedView
        | ObjectKind::Aggregate
        | ObjectKind::Policy => false,
    }
}

/// Says whether the first columns of a view stay what they are.
fn grows(from: &[ObjectColumn], to: &[ObjectColumn]) -> bool {
    let what =
        |column: &ObjectColumn| (column.name.clone(), column.sql_type.clone(), column.collation.clone());
    !from.is_empty() && from.len() <= to.len() && from.iter().zip(to).all(|(from, to)| what(from) == what(to))
}

fn is_constraint_trigger(object: &Object) -> bool {
    significant(object.definition.as_str()).nth(1).is_some_and(|token| token.is_word("constraint"))
}

/// Says whether two routines are called alike: the same arguments, the same
/// result, and no default lost.
fn same_call(from: &Object, to: &Object) -> bool {
    let (from, to) = (Call::of(from.definition.as_str()), Call::of(to.definition.as_str()));
    let no_default_lost =
        || from.arguments.iter().zip(&to.arguments).all(|(from, to)| !from.default || to.default);
    let told = |call: &Call| call.arguments.iter().map(|one| one.text.clone()).collect::<Vec<_>>();
    from.result == to.result && told(&from) == told(&to) && no_default_lost()
}

/// What a routine's definition says about calling it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call {
    arguments: Vec<Argument>,
    /// From RETURNS up to LANGUAGE.
    result: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Argument {
    /// Mode, name and type.
    text: String,
    default: bool,
}

impl Call {
    fn of(definition: &str) -> Self {
        let mut call = Self::default();
        let mut argument = Argument::default();
        let mut depth = 0_usize;
        let mut done = false;
        for token in significant(definition) {
            if token.is_punct("(") {
                depth += 1;
            }
            if done {
                if token.is_word("language") {
                    break;
                }
                push(&mut call.result, &token);
            } else if depth == 1 && (token.is_punct(",") || token.is_punct(")")) {
                done = token.is_punct(")");
                call.arguments.push(std::mem::take(&mut argument));
            } else if depth > 0 && !(depth == 1 && token.is_punct("(")) {
                argument.default |= depth == 1 && (token.is_word("default") || token.text == "=");
                if !argument.default {
                    push(&mut argument.text, &token);
                }
            }
            if token.is_punct(")") {
                depth = depth.saturating_sub(1);
            }
        }
        call
    }
}

fn push(text: &mut String, token: &Token<'_>) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(token.text);
}

fn significant(text: &str) -> impl Iterator<Item = Token<'_>> {
    tokens(text, Lexicon::POSTGRES).filter(|token| !token.is_trivia())
}

/// The statements that create an object, for the first time or in the place of
/// what is there.
pub(super) fn statements(object: &Object, replace: bool) -> Vec<String> {
    let statements = split(object.definition.as_str(), Lexicon::POSTGRES);
    let mut texts: Vec<_> = statements.iter().map(|statement| statement.text.to_owned()).collect();
    if let Some(first) = texts.first_mut() {
        *first = creating(first, replace);
    }
    texts
}

/// Makes `CREATE` say OR REPLACE, or not.
fn creating(statement: &str, replace: bool) -> String {
    let mut head = significant(statement);
    let (Some(create), Some(next)) = (head.next(), head.next()) else { return statement.to_owned() };
    let rest = match next.is_word("or") {
        true => head.nth(1).map_or("", |after| &statement[after.offset..]),
        false => &statement[next.offset..],
    };
    match replace {
        true => format!("{} OR REPLACE {rest}", create.text),
        false => format!("{} {rest}", create.text),
    }
}

/// What an object is called in a statement that drops it or comments on it,
/// such as `VIEW "active"`.
///
/// # Errors
///
/// For a kind that is not defined by a definition.
pub(super) fn designation(
    kind: ObjectKind,
    of: &ObjectName,
    signature: Option<&str>,
    table: Option<&ObjectName>,
) -> Result<String, PlanError> {
    let word = kind.noun().to_uppercase();
    Ok(match kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Index => format!("{word} {}", name(of)),
        ObjectKind::Type | ObjectKind::Sequence => format!("{word} {}", name(of)),
        ObjectKind::Namespace => format!("SCHEMA {}", ident(&of.name)),
        ObjectKind::Extension => format!("EXTENSION {}", ident(&of.name)),
        ObjectKind::Function | ObjectKind::Procedure => {
            format!("{word} {}{}", name(of), signature.unwrap_or("()"))
        }
        // An aggregate without arguments is one over all rows.
        ObjectKind::Aggregate => match signature {
            None | Some("()") => format!("{word} {}(*)", name(of)),
            Some(signature) => format!("{word} {}{signature}", name(of)),
        },
        ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
            format!("{word} {} ON {}", ident(&of.name), name(table.unwrap_or(of)))
        }
        ObjectKind::Table => format!("{word} {}", name(of)),
        ObjectKind::Constraint | ObjectKind::VirtualTable => {
            return Err(super::unsupported(
                format!("have a {kind} as an object of its own (`{of}`)"),
                "this is a defect of whimbrel: please report it with both schemas",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: ObjectKind, definition: &str, columns: &[(&str, &str)]) -> Object {
        let column = |(name, sql_type): &(&str, &str)| ObjectColumn {
            name: (*name).into(),
            sql_type: (*sql_type).into(),
            collation: None,
            comment: None,
        };
        Object {
            kind,
            name: "x".into(),
            signature: None,
            table: None,
            definition: definition.into(),
            depends_on: Vec::new(),
            columns: columns.iter().map(column).collect(),
            comment: None,
        }
    }

    #[test]
    fn a_view_is_replaced_while_its_columns_only_grow() {
        let view = |columns: &[(&str, &str)]| object(ObjectKind::View, "CREATE VIEW x AS SELECT 1", columns);
        let a = &[("a", "integer")][..];
        let cases = [
            (a, a, true),
            (a, &[("a", "integer"), ("b", "text")], true),
            (a, &[("a", "bigint")], false),
            (a, &[("b", "integer")], false),
            (&[("a", "integer"), ("b", "text")], a, false),
            (&[], &[], false),
        ];
        for (from, to, expected) in cases {
            assert_eq!(replaceable(&view(from), &view(to)), expected, "{from:?} {to:?}");
        }
    }

    #[test]
    fn a_routine_is_replaced_while_it_is_called_alike() {
        let head = "CREATE OR REPLACE FUNCTION public.f(a integer, b numeric(5,2) DEFAULT 1)\n RETURNS text\n LANGUAGE sql\nAS $$ 1 $$";
        let cases = [
            (head.replace("$$ 1 $$", "$$ 2 $$"), true),
            (head.replace("LANGUAGE sql", "LANGUAGE plpgsql STRICT"), true),
            (head.replace("DEFAULT 1", "DEFAULT 2"), true),
            (head.replace("a integer,", "a integer DEFAULT 0,"), true),
            (head.replace(" DEFAULT 1", ""), false),
            (head.replace("a integer", "x integer"), false),
            (head.replace("numeric(5,2)", "text"), false),
            (head.replace("RETURNS text", "RETURNS integer"), false),
            (head.replace("RETURNS text", "RETURNS TABLE(a integer, b text)"), false),
        ];
        for (to, expected) in cases {
            let (from, to) =
                (object(ObjectKind::Function, head, &[]), object(ObjectKind::Function, &to, &[]));
            assert_eq!(replaceable(&from, &to), expected, "{}", to.definition);
        }
    }

    #[test]
    fn or_replace_is_said_where_it_is_meant() {
        let cases = [
            (
                "CREATE VIEW v AS SELECT 1",
                "CREATE VIEW v AS SELECT 1",
                "CREATE OR REPLACE VIEW v AS SELECT 1",
            ),
            ("CREATE OR REPLACE  FUNCTION f()", "CREATE FUNCTION f()", "CREATE OR REPLACE FUNCTION f()"),
        ];
        for (definition, first, again) in cases {
            let object = object(ObjectKind::View, definition, &[]);
            assert_eq!(statements(&object, false), [first]);
            assert_eq!(statements(&object, true), [again]);
        }
        let two =
            object(ObjectKind::Trigger, "CREATE TRIGGER t ON a;\nALTER TABLE a DISABLE TRIGGER t;", &[]);
        assert_eq!(statements(&two, false), ["CREATE TRIGGER t ON a", "ALTER TABLE a DISABLE TRIGGER t"]);
    }
}
