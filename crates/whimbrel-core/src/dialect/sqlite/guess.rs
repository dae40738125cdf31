//! Values that a check may accept, read from what it compares with.

use super::text::{Constant, constant, fold, significant};
use super::types::{Affinity, affinity};
use crate::dialect::Dialect;
use crate::schema::{Column, Table};
use crate::sql::{Token, TokenKind};

/// The longest string that is made to have a length.
const LONGEST: i64 = 2_000;

/// Values that the checks on a column may accept, likely ones first; `None` if
/// no check speaks of it.
pub(super) fn guesses(table: &Table, column: &Column) -> Option<Vec<String>> {
    let mut found = Found::default();
    for check in &table.checks {
        found.read(table, column, check.expression.as_str());
    }
    found.spoken_of.then(|| found.guesses(table.options.strict, column))
}

/// A date, one for each number, as a literal.
pub(super) fn date(number: usize, with_time: bool) -> String {
    let day = number % 28 + 1;
    if with_time { format!("'2001-01-{day:02} 01:00:00'") } else { format!("'2001-01-{day:02}'") }
}

/// What was found of one column.
#[derive(Default)]
struct Found {
    spoken_of: bool,
    numbers: Vec<String>,
    /// Numbers that a length is compared with.
    lengths: Vec<i64>,
    texts: Vec<String>,
    json: bool,
    time: bool,
}

impl Found {
    /// Reads a check. A literal belongs to the column named last before it, or
    /// else to the first after it.
    fn read(&mut self, table: &Table, column: &Column, check: &str) {
        let all: Vec<_> = significant(check).collect();
        let named = |token: &Token<'_>| {
            let name = token.ident()?;
            table.columns.iter().find(|one| Dialect::Sqlite.same_ident(&one.name, &name))
        };
        let mut current = all.iter().find_map(named);
        for (at, token) in all.iter().enumerate() {
            if let Some(one) = named(token) {
                current = Some(one);
                self.spoken_of |= one.name == column.name;
            }
            if current.is_none_or(|one| one.name != column.name) {
                continue;
            }
            match token.kind {
                TokenKind::Number => self.number(&all, at, check),
                TokenKind::String => self.text(&all, at),
                _ => {}
            }
        }
        if self.spoken_of {
            let folded = fold(check);
            self.json |= folded.contains("json");
            self.time |= folded.contains("date") || folded.contains("time");
        }
    }

    fn number(&mut self, all: &[Token<'_>], at: usize, check: &str) {
        let negative =
            at > 0 && all[at - 1].text == "-" && at.checked_sub(2).is_none_or(|two| !is_operand(&all[two]));
        let text = all[at].text;
        let Ok(number) = text.parse::<i64>() else {
            self.numbers.push(if negative { format!("-{text}") } else { text.to_owned() });
            return;
        };
        let number = if negative { -number } else { number };
        let before = at.checked_sub(1 + usize::from(negative)).map(|before| all[before].text);
        let after = all.get(at + 1).map(|token| token.text);
        let number = number.saturating_add(match (before, after) {
            (Some(">" | "<>" | "!="), _) | (_, Some("<" | "<>" | "!=")) => 1,
            (Some("<"), _) | (_, Some(">")) => -1,
            _ => 0,
        });
        self.numbers.push(number.to_string());
        if fold(check).contains("length") {
            self.lengths.push(number);
        }
    }

    fn text(&mut self, all: &[Token<'_>], at: usize) {
        let Some(text) = all[at].string() else { return };
        let is_pattern = at > 0 && ["LIKE", "GLOB", "REGEXP"].iter().any(|word| all[at - 1].is_word(word));
        let text = if is_pattern { example(&text) } else { text.into_owned() };
        self.texts.push(Dialect::Sqlite.quote_literal(&text));
    }

    fn guesses(self, strict: bool, column: &Column) -> Vec<String> {
        let kind = affinity(&column.sql_type);
        let is_text = kind == Affinity::Text;
        let of_length = |length: &i64| {
            (0..=LONGEST).contains(length).then(|| format!("'{}'", "x".repeat(*length as usize)))
        };
        let mut all: Vec<String> = Vec::new();
        if matches!(kind, Affinity::Text | Affinity::Blob | Affinity::Numeric) {
            all.extend(self.lengths.iter().filter_map(of_length));
        }
        if is_text {
            all.extend(self.texts.iter().cloned());
            all.extend(self.json.then(|| "'{}'".to_owned()));
            all.extend(self.json.then(|| "'[]'".to_owned()));
            all.extend(self.time.then(|| date(0, false)));
            all.extend(self.time.then(|| date(0, true)));
            all.extend(self.numbers.iter().cloned());
        } else {
            all.extend(self.numbers.iter().cloned());
            all.extend(self.texts.iter().cloned());
        }
        let fits = |value: &String| !strict || fits(value, &column.sql_type);
        let mut once: Vec<String> = Vec::new();
        for value in all.into_iter().filter(fits) {
            if !once.contains(&value) {
                once.push(value);
            }
        }
        once
    }
}

/// Says whether a literal fits a column of a STRICT table.
fn fits(value: &str, sql_type: &str) -> bool {
    let Some(kind) = constant(value) else { return false };
    match sql_type.to_ascii_uppercase().as_str() {
        "INT" | "INTEGER" => kind == Constant::Integer,
        "REAL" => matches!(kind, Constant::Integer | Constant::Real),
        "TEXT" => kind != Constant::Blob,
        "BLOB" => kind == Constant::Blob,
        _ => true,
    }
}

fn is_operand(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Number | TokenKind::QuotedIdent | TokenKind::String | TokenKind::Word)
        || token.is_punct(")")
}

/// A text that a LIKE or GLOB pattern accepts, more or less.
fn example(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' | '*' => {}
            '_' | '?' => out.push('a'),
            '[' => {
                let class: String = chars.by_ref().take_while(|c| *c != ']').collect();
                out.extend(class.chars().find(|c| *c != '^'));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_examples() {
        for (pattern, expected) in
            [("%@%.%", "@."), ("a_c", "aac"), ("[0-9][^x]*", "0x"), ("[a", "a"), ("", "")]
        {
            assert_eq!(example(pattern), expected);
        }
    }
}
