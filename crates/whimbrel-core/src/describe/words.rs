//! Names and texts made fit for one line.

use super::facts::grouped;
use crate::name::ObjectName;

/// A name as a line of text shows it: bare if it is a plain word, else in
/// double quotes with control characters escaped.
///
/// ```
/// use whimbrel_core::describe::name;
/// assert_eq!(name("users"), "users");
/// assert_eq!(name("order items"), "\"order items\"");
/// assert_eq!(name("a\"b\n"), r#""a""b\n""#);
/// ```
pub fn name(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if !name.is_empty() && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("\"{}\"", escaped(name).replace('"', "\"\""))
}

/// A name with its namespace, if it has one, as a line of text shows it.
///
/// ```
/// use whimbrel_core::describe::object_name;
/// use whimbrel_core::name::ObjectName;
/// assert_eq!(object_name(&ObjectName::qualified("audit", "order items")), r#"audit."order items""#);
/// ```
pub fn object_name(full: &ObjectName) -> String {
    match &full.namespace {
        Some(namespace) => format!("{}.{}", name(namespace), name(&full.name)),
        None => name(&full.name),
    }
}

/// A text with every run of white space as one space and other control
/// characters escaped.
///
/// ```
/// use whimbrel_core::describe::one_line;
/// assert_eq!(one_line("a >\n   0"), "a > 0");
/// ```
pub fn one_line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A number and what there are so many of.
///
/// ```
/// use whimbrel_core::describe::counted;
/// assert_eq!(counted(1, "change"), "1 change");
/// assert_eq!(counted(1_200, "policy"), "1,200 policies");
/// ```
pub fn counted(number: u64, noun: &str) -> String {
    let noun = match (number, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) if noun.ends_with("ss") => format!("{noun}es"),
        (_, None) => format!("{noun}s"),
    };
    format!("{} {noun}", grouped(number))
}

/// Names in a list, in parentheses.
pub(super) fn names<'a>(list: impl IntoIterator<Item = &'a String>) -> String {
    let list: Vec<_> = list.into_iter().map(|one| name(one)).collect();
    format!("({})", list.join(", "))
}

/// A text in single quotes.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", escaped(text).replace('\'', "''"))
}

/// A text or the word `none`.
pub(super) fn or_none(text: Option<String>) -> String {
    text.unwrap_or_else(|| "none".to_owned())
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    })
}
