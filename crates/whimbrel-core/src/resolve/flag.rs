//! What flags of the command line say, as text: read and written.

use crate::diff::Rename;
use crate::name::{ObjectName, join_dotted, split_dotted, split_unquoted, unquoted};
use crate::resolve::RenameKind;

/// Why the value of a flag could not be read.
///
/// ```
/// use whimbrel_core::resolve::{RenameKind, parse_rename};
/// let error = parse_rename("nick", RenameKind::Column).unwrap_err();
/// assert_eq!(error.text, "nick");
/// assert_eq!(error.to_string(), "`nick` is not of the form `TABLE.OLD=TABLE.NEW`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("`{text}` is not of the form `{form}`")]
#[diagnostic(
    code(whimbrel::flag::malformed),
    help(
        "a name with a dot, `=` or a leading quote in it stands in double quotes: `users.\"nick.name\"=nickname`"
    )
)]
pub struct FlagError {
    /// What was given.
    pub text: String,
    /// What was expected.
    pub form: &'static str,
}

/// Reads what `--rename`, `--rename-table` and the like say.
///
/// A column is `users.nick=users.nickname`, or `users.nick=nickname` for short;
/// if the tables differ, the table was renamed too, and that is a rename of its
/// own, put first. A namespace may stand in front.
///
/// # Errors
///
/// If the text is not of that form.
///
/// ```
/// use whimbrel_core::resolve::{RenameKind, parse_rename};
/// let renames = parse_rename("users.nick=people.nickname", RenameKind::Column).unwrap();
/// assert_eq!(renames[0].kind, RenameKind::Table);
/// assert_eq!(renames[1].parent, Some("people".into()));
/// assert!(parse_rename("nick=nickname", RenameKind::Column).is_err());
/// ```
pub fn parse_rename(text: &str, kind: RenameKind) -> Result<Vec<Rename>, FlagError> {
    let renames = match kind.parent() {
        None => parse_top(text, kind),
        Some(parent) => parse_inner(text, kind, parent),
    };
    renames.ok_or(FlagError { text: text.to_owned(), form: rename_form(kind) })
}

fn parse_top(text: &str, kind: RenameKind) -> Option<Vec<Rename>> {
    let (old, new) = split_equation(text)?;
    let (from, to) = (ObjectName::parse(&old)?, ObjectName::parse(&new)?);
    Some(vec![Rename { kind, parent: None, from, to }])
}

fn parse_inner(text: &str, kind: RenameKind, parent_kind: RenameKind) -> Option<Vec<Rename>> {
    let (old, new) = split_equation(text)?;
    let (old_parent, from) = split_last(&old)?;
    let old_parent = old_parent?;
    let (new_parent, to) = split_last(&new)?;
    let new_parent = new_parent.unwrap_or_else(|| old_parent.clone());
    let moved = (old_parent != new_parent).then(|| Rename {
        kind: parent_kind,
        parent: None,
        from: old_parent,
        to: new_parent.clone(),
    });
    let renamed = Rename { kind, parent: Some(new_parent), from, to };
    Some(moved.into_iter().chain([renamed]).collect())
}

/// How a rename of this kind is written.
pub(super) fn rename_form(kind: RenameKind) -> &'static str {
    match kind {
        RenameKind::Table | RenameKind::Enum => "OLD=NEW",
        RenameKind::Column => "TABLE.OLD=TABLE.NEW",
        RenameKind::EnumValue => "ENUM.OLD=ENUM.NEW",
    }
}

/// What the rows of a column get in place of an enum value that goes.
///
/// ```
/// use whimbrel_core::resolve::{EnumMapping, parse_enum_mapping};
/// let mapping = EnumMapping {
///     table: "users".into(),
///     column: "status".into(),
///     from: "pending".into(),
///     to: Some("inactive".into()),
/// };
/// assert_eq!(parse_enum_mapping("users.status.pending=inactive").unwrap(), mapping);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumMapping {
    /// The table, by its new name.
    pub table: ObjectName,
    /// The column, by its new name.
    pub column: String,
    /// The value that goes.
    pub from: String,
    /// Its replacement, `None` for NULL.
    pub to: Option<String>,
}

/// Reads what `--map-enum` says: `users.status.pending=inactive`, or `=NULL`.
///
/// # Errors
///
/// If the text is not of that form.
///
/// ```
/// use whimbrel_core::resolve::parse_enum_mapping;
/// let mapping = parse_enum_mapping("users.status.pending=inactive").unwrap();
/// assert_eq!((mapping.column.as_str(), mapping.to.as_deref()), ("status", Some("inactive")));
/// assert_eq!(parse_enum_mapping("users.status.pending=NULL").unwrap().to, None);
/// assert_eq!(parse_enum_mapping(r#"users.status.pending="NULL""#).unwrap().to.unwrap(), "NULL");
/// ```
pub fn parse_enum_mapping(text: &str) -> Result<EnumMapping, FlagError> {
    let form = "TABLE.COLUMN.VALUE=VALUE";
    read_enum_mapping(text).ok_or(FlagError { text: text.to_owned(), form })
}

fn read_enum_mapping(text: &str) -> Option<EnumMapping> {
    let (old, new) = split_equation(text)?;
    let mut parts = split_dotted(&old)?;
    let (from, column) = (parts.pop()?, parts.pop()?);
    let to =
        (!new.eq_ignore_ascii_case("null")).then(|| unquoted(&new)).map_or(Some(None), |to| to.map(Some))?;
    Some(EnumMapping { table: to_name(parts)?, column, from, to })
}

/// Splits at the one `=` outside of quotes.
fn split_equation(text: &str) -> Option<(String, String)> {
    let sides: [String; 2] = split_unquoted(text, '=')?.try_into().ok()?;
    let [old, new] = sides.map(|side| side.trim().to_owned());
    Some((old, new))
}

/// Splits the last name off: the column off its table.
fn split_last(text: &str) -> Option<(Option<ObjectName>, ObjectName)> {
    let mut parts = split_dotted(text)?;
    let last = ObjectName::new(parts.pop()?);
    let parent = if parts.is_empty() { None } else { Some(to_name(parts)?) };
    Some((parent, last))
}

fn to_name(mut parts: Vec<String>) -> Option<ObjectName> {
    let name = parts.pop()?;
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Some(ObjectName::new(name)),
        (Some(namespace), true) => Some(ObjectName::qualified(namespace, name)),
        (Some(_), false) => None,
    }
}

/// Writes the flag that says a rename, as a shell reads it.
pub(super) fn rename_flag(rename: &Rename) -> String {
    let parent = rename.parent.as_ref();
    let value = format!("{}={}", dotted(parent, &rename.from), dotted(parent, &rename.to));
    format!("{} {}", rename.kind.flag(), shell_quoted(&value))
}

/// Writes the flag that says what becomes of an enum value, as a shell reads
/// it. `to` is written as it is: a value, `NULL`, or a word for either.
pub(super) fn enum_flag(table: &ObjectName, column: &str, from: &str, to: &str) -> String {
    let parts = table.namespace.as_deref().into_iter().chain([table.name.as_str(), column, from]);
    format!("--map-enum {}", shell_quoted(&format!("{}={to}", join_dotted(parts))))
}

fn dotted(parent: Option<&ObjectName>, name: &ObjectName) -> String {
    let names = parent.into_iter().chain([name]);
    let part = |name: &'_ ObjectName| [name.namespace.clone(), Some(name.name.clone())];
    let parts: Vec<_> = names.flat_map(part).flatten().collect();
    join_dotted(parts.iter().map(String::as_str))
}

/// Puts a text into single quotes, unless no shell would touch it.
fn shell_quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(parent: impl Into<ObjectName>, from: &str, to: &str) -> Rename {
        Rename { kind: RenameKind::Column, parent: Some(parent.into()), from: from.into(), to: to.into() }
    }

    fn table(from: &str, to: &str) -> Rename {
        Rename { kind: RenameKind::Table, parent: None, from: from.into(), to: to.into() }
    }

    #[test]
    fn renames_are_read() {
        let audit = ObjectName::qualified("audit", "users");
        let cases = [
            ("users.nick=users.nickname", vec![column("users", "nick", "nickname")]),
            ("users.nick=nickname", vec![column("users", "nick", "nickname")]),
            (" users.nick = nickname ", vec![column("users", "nick", "nickname")]),
            ("audit.users.nick=nickname", vec![column(audit, "nick", "nickname")]),
            ("users.nick=people.alias", vec![table("users", "people"), column("people", "nick", "alias")]),
            (r#""a.b"."c=d"="e""f""#, vec![column("a.b", "c=d", "e\"f")]),
            ("users.it's=x\"y", vec![column("users", "it's", "x\"y")]),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_rename(text, RenameKind::Column), Ok(expected), "{text}");
        }
        assert_eq!(parse_rename("a=b", RenameKind::Table), Ok(vec![table("a", "b")]));
    }

    #[test]
    fn what_is_no_rename_is_refused() {
        let column = [
            "",
            "=",
            "nick=nickname",
            "users.nick",
            "users.nick=",
            "a.b=c=d",
            "a.b.c.d=e",
            "a.\"b=c",
            "a.=b",
        ];
        for text in column {
            let expected = FlagError { text: text.to_owned(), form: "TABLE.OLD=TABLE.NEW" };
            assert_eq!(parse_rename(text, RenameKind::Column), Err(expected), "{text}");
        }
        for text in ["a", "a=", "a.b.c=d", "=b"] {
            assert!(parse_rename(text, RenameKind::Table).is_err(), "{text}");
        }
        for text in ["status=x", "users.status=x", "users.status.a", "users.status.a=", "a.b.c.d.e=f"] {
            assert!(parse_enum_mapping(text).is_err(), "{text}");
        }
    }

    #[test]
    fn flags_are_read_as_they_are_written() {
        let names = ["nick", "a.b", "it's", "\"q\"", "a=b", "nick name", "ä", "$(x)", "", "x\"y"];
        for from in names {
            for to in names {
                let rename = column(ObjectName::qualified(to, from), from, to);
                let flag = rename_flag(&rename);
                let value = flag.strip_prefix("--rename ").expect("it begins with the flag");
                assert_eq!(parse_rename(&shell(value), RenameKind::Column), Ok(vec![rename]), "{flag}");
            }
        }
    }

    /// What a shell makes of one quoted word.
    fn shell(word: &str) -> String {
        match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
            Some(inner) => inner.replace(r"'\''", "'"),
            None => word.to_owned(),
        }
    }
}
