//! JSON as a JavaScript engine reads and writes it: keys keep their order, but
//! those that look like places in an array come first, in ascending order.

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::ordered::Ordered;

/// Any JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Ordered<Json>),
}

impl Json {
    /// Reads a text. A key that an object has twice is an error: a bad merge
    /// leaves such, and of two values one would be passed over in silence.
    pub(super) fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The text with an indentation of two spaces and no newline at its end.
    pub(super) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    /// The text without any white space.
    pub(super) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// Writes the value; `depth` says how deep it stands, if lines are broken.
    fn write(&self, out: &mut String, depth: Option<usize>) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&written_number(number)),
            Self::Text(text) => out.push_str(&quoted(text)),
            Self::List(items) => {
                let items = items.iter().map(|item| (None, item));
                write_all(out, depth, ['[', ']'], items);
            }
            Self::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (Some(key), value));
                write_all(out, depth, ['{', '}'], fields);
            }
        }
    }
}

fn write_all<'a>(
    out: &mut String,
    depth: Option<usize>,
    brackets: [char; 2],
    items: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
) {
    let inner = depth.map(|depth| depth + 1);
    let mut is_empty = true;
    out.push(brackets[0]);
    for (key, value) in items {
        if !is_empty {
            out.push(',');
        }
        is_empty = false;
        break_line(out, inner);
        if let Some(key) = key {
            out.push_str(&quoted(key));
            out.push_str(if depth.is_some() { ": " } else { ":" });
        }
        value.write(out, inner);
    }
    if !is_empty {
        break_line(out, depth);
    }
    out.push(brackets[1]);
}

fn break_line(out: &mut String, depth: Option<usize>) {
    if let Some(depth) = depth {
        let _ = write!(out, "\n{:width$}", "", width = 2 * depth);
    }
}

/// A string with its quotes; nothing is escaped that need not be.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is always a JSON string")
}

/// A whole number as it is, another as JavaScript writes it.
fn written_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => written_float(float),
        Some(_) | None => number.to_string(),
    }
}

/// The shortest digits that read back as the number, in the notation of
/// ECMA-262 (<https://tc39.es/ecma262/#sec-numeric-types-number-tostring>).
fn written_float(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let shortest = format!("{:e}", float.abs());
    let (digits, exponent) = shortest.split_once('e').expect("the notation has an exponent");
    let digits = digits.replace('.', "");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    let sign = if float < 0.0 { "-" } else { "" };
    let count = i32::try_from(digits.len()).expect("a number has at most 17 digits");
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let text = match exponent + 1 {
        point @ 1..=21 if point >= count => format!("{digits}{}", zeros(point - count)),
        point @ 1..=21 => {
            let (whole, part) = digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{whole}.{part}")
        }
        point @ -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            format!("{first}{point}{rest}e{exponent:+}")
        }
    };
    format!("{sign}{text}")
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Json::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut all = Ordered::default();
        while let Some(key) = fields.next_key::<String>()? {
            if all.contains(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` is there twice")));
            }
            all.insert(key, fields.next_value()?);
        }
        Ok(Json::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, pretty: &str) {
        assert_eq!(Json::read(text).unwrap().pretty(), pretty, "{text}");
    }

    #[test]
    fn it_is_written_as_a_javascript_engine_does() {
        check("{}", "{}");
        check("[ ]", "[]");
        check(
            r#"{"b":[1,{"c":null}],"a":{"x":{},"y":[]},"é\u0001\/":"\"\\\b\f\n\r\t\u007f"}"#,
            "{\n  \"b\": [\n    1,\n    {\n      \"c\": null\n    }\n  ],\n  \"a\": {\n    \"x\": {},\n    \
             \"y\": []\n  },\n  \"é\\u0001/\": \"\\\"\\\\\\b\\f\\n\\r\\t\u{7f}\"\n}",
        );
        assert_eq!(Json::read("{\"a\": [1, true]}").unwrap().compact(), "{\"a\":[1,true]}");
    }

    #[test]
    fn keys_that_are_places_of_an_array_come_first() {
        check(
            r#"{"b":0,"10":0,"2":0,"02":0,"-1":0,"4294967295":0,"a":0}"#,
            "{\n  \"2\": 0,\n  \"10\": 0,\n  \"b\": 0,\n  \"02\": 0,\n  \"-1\": 0,\n  \"4294967295\": 0,\n  \"a\": 0\n}",
        );
    }

    #[test]
    fn numbers_have_the_notation_of_javascript() {
        for (text, written) in [
            ("1.0", "1"),
            ("-0", "0"),
            ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("-12.50", "-12.5"),
            ("1.5e300", "1.5e+300"),
            ("9007199254740993", "9007199254740993"),
        ] {
            check(text, written);
        }
    }

    #[test]
    fn what_is_there_twice_or_cannot_be_written_is_refused() {
        let error = |text| Json::read(text).unwrap_err().to_string();
        assert_eq!(error("{\"a\":1,\n\"a\":2}"), "the key `a` is there twice at line 2 column 3");
        assert_eq!(error("{} x"), "trailing characters at line 1 column 4");
        assert_eq!(error("\"\\ud800\""), "unexpected end of hex escape at line 1 column 8");
    }
}
