//! How PostgreSQL writes and cuts names, and how it makes up its own.

use crate::name::ObjectName;
use crate::schema::{Column, KeyPart, KeyTarget, Sequence, SqlExpr};
use crate::sql::{Lexicon, plain_ident};

/// The most bytes an identifier has; the server cuts what is longer.
///
/// ```
/// use whimbrel_core::dialect::postgres::{MAX_IDENT, clip_ident};
///
/// let name = "a".repeat(MAX_IDENT);
/// assert_eq!(clip_ident(&name), name);
/// assert_eq!(clip_ident(&format!("{name}b")), name);
/// ```
pub const MAX_IDENT: usize = 63;

/// Writes an identifier: always quoted, quotes inside doubled.
pub(super) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes a name, qualified unless it is in `public`.
pub(super) fn name(name: &ObjectName) -> String {
    match &name.namespace {
        Some(namespace) => format!("{}.{}", ident(namespace), ident(&name.name)),
        None => ident(&name.name),
    }
}

/// Writes identifiers, separated by commas.
pub(super) fn idents<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| ident(name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// Writes a string literal. Backslashes mean themselves: the server has
/// `standard_conforming_strings` on.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Writes a name as a literal that names a relation: `'"a"."b"'::regclass`.
pub(super) fn regclass(of: &ObjectName) -> String {
    format!("{}::regclass", literal(&name(of)))
}

/// Cuts a name as the server does: at [`MAX_IDENT`] bytes, between characters.
///
/// Two names that are equal after this are one name to the server.
///
/// ```
/// use whimbrel_core::dialect::postgres::clip_ident;
/// assert_eq!(clip_ident("users"), "users");
/// assert_eq!(clip_ident(&"a".repeat(70)).len(), 63);
/// assert_eq!(clip_ident(&"é".repeat(40)).len(), 62);
/// ```
pub fn clip_ident(name: &str) -> &str {
    &name[..floor_char(name, MAX_IDENT)]
}

/// The greatest character boundary that is at most `at`.
fn floor_char(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Makes a name of two parts and a label as the server does: the longer part is
/// cut until all of it fits.
pub(super) fn object_name(first: &str, second: &str, label: &str) -> String {
    let room = MAX_IDENT - label.len() - 1 - usize::from(!second.is_empty());
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b {
            a -= 1;
        } else {
            b -= 1;
        }
    }
    let (first, second) = (&first[..floor_char(first, a)], &second[..floor_char(second, b)]);
    match second.is_empty() {
        true => format!("{first}_{label}"),
        false => format!("{first}_{second}_{label}"),
    }
}

/// The sequence that a `serial` column of this name and type owns, or that an
/// identity column gets if nothing else is said.
///
/// `None` for a type that has no sequence. The server takes another name if
/// this one is taken; such a sequence is not the one a `serial` makes.
///
/// ```
/// use whimbrel_core::dialect::postgres::serial_sequence;
/// let sequence = serial_sequence(&"users".into(), "id", "bigint").unwrap();
/// assert_eq!(sequence.name, "users_id_seq".into());
/// assert_eq!(sequence.max, i64::MAX);
/// ```
pub fn serial_sequence(table: &ObjectName, column: &str, sql_type: &str) -> Option<Sequence> {
    let (_, max) = number_bounds(sql_type)?;
    Some(Sequence {
        name: table.with_name(object_name(&table.name, column, "seq")),
        sql_type: sql_type.to_owned(),
        start: 1,
        increment: 1,
        min: 1,
        max,
        cache: 1,
        cycle: false,
        owned_by: Some((table.clone(), column.to_owned())),
        comment: None,
    })
}

/// A column as the partitions of its table have it, if they say nothing else of
/// it: values that the table gives itself are a default to them.
pub(crate) fn inherited(table: &ObjectName, column: &Column) -> Column {
    let serial = serial_sequence(table, &column.name, &column.sql_type).filter(|_| column.auto_increment);
    Column {
        default: serial.map_or_else(|| column.default.clone(), |one| Some(next_value(&one.name))),
        auto_increment: false,
        identity: None,
        sequence_comment: None,
        comment: None,
        ..column.clone()
    }
}

/// The next value of a sequence, as the server spells it.
fn next_value(sequence: &ObjectName) -> SqlExpr {
    let part = |part: &str| plain_ident(part, Lexicon::POSTGRES).into_owned();
    let namespace = sequence.namespace.as_deref().map(|name| format!("{}.", part(name)));
    let named = format!("{}{}", namespace.unwrap_or_default(), part(&sequence.name));
    SqlExpr(format!("nextval({}::regclass)", literal(&named)))
}

/// The name that the server gives to a partition's copy of a key or index.
pub(crate) fn name_of_copy(table: &str, parts: &[KeyPart], include: &[String], label: &str) -> String {
    let part = |part: &KeyPart| match &part.target {
        KeyTarget::Column(column) => column.clone(),
        KeyTarget::Expression(text) => called(text.as_str()).unwrap_or("expr").to_owned(),
    };
    let names: Vec<_> = parts.iter().map(part).chain(include.iter().cloned()).collect();
    object_name(table, &names.join("_"), label)
}

/// The function whose call an expression is.
fn called(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('(')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// The least and greatest number of an integer type, as `format_type` spells it.
pub(super) fn number_bounds(sql_type: &str) -> Option<(i64, i64)> {
    match sql_type {
        "smallint" => Some((i16::MIN.into(), i16::MAX.into())),
        "integer" => Some((i32::MIN.into(), i32::MAX.into())),
        "bigint" => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}

/// The sequence that gives a column its values and that `schema.sequences` does
/// not hold: a serial's or an identity's.
pub(super) fn hidden_sequence(table: &ObjectName, column: &Column) -> Option<Sequence> {
    if let Some(identity) = &column.identity {
        let owned_by = Some((table.clone(), column.name.clone()));
        return Some(Sequence { owned_by, ..identity.sequence.clone() });
    }
    match column.auto_increment {
        true => {
            let sequence = serial_sequence(table, &column.name, &column.sql_type)?;
            Some(Sequence { comment: column.sequence_comment.clone(), ..sequence })
        }
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(ident(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's \\"), r"'it''s \'");
        assert_eq!(name(&ObjectName::qualified("a.b", "c")), r#""a.b"."c""#);
        assert_eq!(regclass(&"o'x".into()), r#"'"o''x"'::regclass"#);
    }

    #[test]
    fn names_are_made_as_the_server_makes_them() {
        let long = "a".repeat(63);
        let cases = [
            (("users", "id", "seq"), "users_id_seq".to_owned()),
            (("users", "", "pkey"), "users_pkey".to_owned()),
            // Measured: CREATE TABLE aaa...(63) (bbbbbbbbbb serial).
            ((&long, "bbbbbbbbbb", "seq"), format!("{}_bbbbbbbbbb_seq", "a".repeat(48))),
            ((&long, &"b".repeat(63), "seq"), format!("{}_{}_seq", "a".repeat(29), "b".repeat(29))),
            ((&"é".repeat(31), "id", "seq"), format!("{}_id_seq", "é".repeat(28))),
        ];
        for ((first, second, label), expected) in cases {
            assert_eq!(object_name(first, second, label), expected);
        }
    }
}
