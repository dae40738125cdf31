//! The word at which an engine says that something is wrong.

use std::ops::Range;

use super::{Lexicon, tokens};

/// Finds the word that begins at, or after, the byte `offset` of a statement. Of
/// one that goes on in another line it is what stands in the first; where the
/// statement ends before, it is its last character.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, word_at};
/// let sql = "CREATE TABLE größe (a in teger)";
/// assert_eq!(&sql[word_at(sql, 13, Lexicon::SQLITE)], "größe");
/// assert_eq!(&sql[word_at(sql, 400, Lexicon::SQLITE)], ")");
/// ```
pub fn word_at(sql: &str, offset: usize, lexicon: Lexicon) -> Range<usize> {
    let start = sql.floor_char_boundary(offset);
    match tokens(&sql[start..], lexicon).find(|token| !token.is_trivia()) {
        Some(token) => {
            let first_line = token.text.split(['\r', '\n']).next().unwrap_or_default();
            start + token.offset..start + token.offset + first_line.len()
        }
        None => {
            let end = sql.trim_end().len();
            sql[..end].char_indices().next_back().map_or(0, |(last, _)| last)..end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_by_where_it_begins() {
        let check = |sql: &str, offset, expected| {
            assert_eq!(&sql[word_at(sql, offset, Lexicon::POSTGRES)], expected, "{sql:?} at {offset}");
        };
        check("SELECT x", 0, "SELECT");
        check("SELECT x", 6, "x");
        check("SELECT \"a b\", c", 7, "\"a b\"");
        check("SELECT 'é\nb', c", 7, "'é");
        check("SELECT (", 7, "(");
        check("SELECT é\n", 400, "é");
        check("ö", 1, "ö");
        check(" ", 0, "");
        check("", 3, "");
    }
}
