//! Places in a text, as people count them.

use std::fmt;

/// A line and a column, both counted from 1.
///
/// ```
/// use whimbrel_core::sql::{Position, position};
///
/// let source = "CREATE TABLE a (\n  b int,,\n);";
/// let place = position(source, source.find(",,").unwrap() + 1);
/// assert_eq!(place, Position { line: 2, column: 9 });
/// assert_eq!(format!("schema.sql:{place}"), "schema.sql:2:9");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Finds the line and column of the byte `offset` of `text`; the place after
/// the last character where the text ends before it.
///
/// ```
/// use whimbrel_core::sql::position;
/// assert_eq!(position("größe\nÄ x", 10).to_string(), "2:2");
/// ```
pub fn position(text: &str, offset: usize) -> Position {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Position {
        line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters_from_one() {
        let check = |text, offset, line, column| {
            assert_eq!(position(text, offset), Position { line, column }, "{text:?} at {offset}");
        };
        check("", 0, 1, 1);
        check("a\r\nb", 3, 2, 1);
        check("a\nb", 2, 2, 1);
        check("a\nb", 99, 2, 2);
        check("ü1", 1, 1, 1);
        check("ü1", 2, 1, 2);
    }
}
