//! Reads the values of a row one after the other, as the catalogue spells them.

use std::str::FromStr;
use std::vec;

use crate::connection::{Row, Value};

/// The number by which the catalogue knows an object of one of its tables.
pub(super) type Oid = u32;

/// The values of a row, taken from left to right.
///
/// A query and its reader stand side by side, so a value that is not what the
/// reader expects is a defect; it reads as absent, and shows in the tests.
pub(super) struct Fields(vec::IntoIter<Value>);

impl Fields {
    pub(super) fn of(row: Row) -> Self {
        Self(row.0.into_iter())
    }

    pub(super) fn optional(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    /// A number, absent where there is none.
    pub(super) fn maybe<T: FromStr>(&mut self) -> Option<T> {
        match self.0.next() {
            Some(Value::Text(text)) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number, 0 where there is none.
    pub(super) fn number<T: FromStr + Default>(&mut self) -> T {
        self.maybe().unwrap_or_default()
    }

    pub(super) fn flag(&mut self) -> bool {
        matches!(self.0.next(), Some(Value::Text(text)) if text == "t")
    }

    /// A `"char"`: one letter, or nothing.
    pub(super) fn letter(&mut self) -> Option<char> {
        match self.0.next() {
            Some(Value::Text(text)) => text.chars().next(),
            _ => None,
        }
    }

    /// An array of texts; no array is an empty one.
    pub(super) fn texts(&mut self) -> Vec<String> {
        self.optional().map_or(Vec::new(), |text| parse_array(&text))
    }

    /// An array (`{1,2}`) or vector (`1 2`) of numbers.
    pub(super) fn numbers<T: FromStr>(&mut self) -> Vec<T> {
        let text = self.text();
        let numbers = text.trim_matches(['{', '}']).split([',', ' ']);
        numbers.filter_map(|number| number.parse().ok()).collect()
    }
}

/// Reads the text form of an array of texts; a NULL in it reads as empty.
///
/// <https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>
pub(super) fn parse_array(text: &str) -> Vec<String> {
    let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return Vec::new();
    };
    if inner.is_empty() {
        return Vec::new();
    }
    let mut items = vec![String::new()];
    let mut quoted = false;
    let mut was_quoted = false;
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let item = items.last_mut().expect("there is one from the start");
        match c {
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            '\\' => item.extend(chars.next()),
            ',' if !quoted => {
                clear_null(item, was_quoted);
                was_quoted = false;
                items.push(String::new());
            }
            c => item.push(c),
        }
    }
    clear_null(items.last_mut().expect("there is one from the start"), was_quoted);
    items
}

fn clear_null(item: &mut String, was_quoted: bool) {
    if !was_quoted && item == "NULL" {
        item.clear();
    }
}

/// Splits `name=value` items, as options are kept.
pub(super) fn options(items: Vec<String>) -> impl Iterator<Item = (String, String)> {
    items.into_iter().filter_map(|item| {
        let (name, value) = item.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_of_texts() {
        for (text, items) in [
            ("{}", vec![]),
            ("{a}", vec!["a"]),
            ("{a,NULL,\"NULL\"}", vec!["a", "", "NULL"]),
            (r#"{"a,b","say \"x\"","back\\slash",""}"#, vec!["a,b", "say \"x\"", "back\\slash", ""]),
            ("{fillfactor=70,autovacuum_enabled=off}", vec!["fillfactor=70", "autovacuum_enabled=off"]),
        ] {
            assert_eq!(parse_array(text), items, "{text}");
        }
    }

    #[test]
    fn vectors_of_numbers() {
        let mut fields =
            Fields::of(Row(vec![Value::Text("1 0 -3".into()), Value::Text("{4,5}".into()), Value::Null]));
        assert_eq!(fields.numbers::<i16>(), [1, 0, -3]);
        assert_eq!(fields.numbers::<i16>(), [4, 5]);
        assert!(fields.numbers::<i16>().is_empty());
    }
}
