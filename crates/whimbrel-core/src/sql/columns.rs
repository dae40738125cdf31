//! Columns of the row in an expression: found among what else is an identifier
//! there, and renamed.

use std::borrow::Cow;

use super::{Identifier, identifiers};
use super::{Lexicon, Role, Token, TokenKind, plain_ident, tokens};

/// Renames columns of the row that an expression is about, such as that of a
/// check: `rename` has the new name of those that are to have one.
///
/// A name that another one qualifies is none of them, nor are functions, types,
/// collations, the fields of EXTRACT and bare key words. Strings, comments and white space stay
/// as they are, byte for byte.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, rename_columns};
/// let rename = |name: &str| (name == "day").then(|| "first_day".to_owned());
/// let check = "day > '2020-01-01'::day AND extract(day FROM day) <> t.day -- day";
/// assert_eq!(
///     rename_columns(check, Lexicon::POSTGRES, rename),
///     "first_day > '2020-01-01'::day AND extract(day FROM first_day) <> t.day -- day"
/// );
/// ```
pub fn rename_columns<'a>(
    text: &'a str,
    lexicon: Lexicon,
    rename: impl Fn(&str) -> Option<String>,
) -> Cow<'a, str> {
    let all: Vec<Token<'_>> = tokens(text, lexicon).filter(|token| !token.is_trivia()).collect();
    let (mut out, mut done) = (String::new(), 0);
    for found in identifiers(text, lexicon).filter(|found| is_column(found, &all)) {
        let Some(name) = rename(&found.name) else { continue };
        out.push_str(&text[done..found.offset]);
        out.push_str(&plain_ident(&name, lexicon));
        done = found.offset + found.text.len();
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Says whether an identifier can be a column of the row, by the tokens beside it.
fn is_column(found: &Identifier<'_>, all: &[Token<'_>]) -> bool {
    let at = all.partition_point(|token| token.offset < found.offset);
    let before = |count: usize| at.checked_sub(count).map(|at| all[at]);
    let is_word = |token: Option<Token<'_>>, words: &[&str]| {
        token.is_some_and(|token| words.iter().any(|word| token.is_word(word)))
    };
    let [previous, next] = [before(1), all.get(at + 1).copied()];
    if found.role != Role::Plain
        || previous.is_some_and(|token| token.is_punct(".") || token.text == "::")
        || is_word(previous, &["as", "collate"])
        || next.is_some_and(|token| token.text == "=>")
    {
        return false;
    }
    if all[at].kind != TokenKind::Word {
        return true;
    }
    let is_literal = next.is_some_and(|token| token.kind == TokenKind::String);
    let is_extracted = previous.is_some_and(|token| token.is_punct("(")) && is_word(before(2), &["extract"]);
    !is_literal && !is_extracted && !is_second_word(&all[at], previous)
}

/// Says whether a word ends a type or an operator that another one begins.
fn is_second_word(word: &Token<'_>, previous: Option<Token<'_>>) -> bool {
    const PAIRS: &[(&str, &str)] = &[
        ("at", "time"),
        ("with", "time"),
        ("without", "time"),
        ("time", "zone"),
        ("double", "precision"),
        ("character", "varying"),
        ("char", "varying"),
        ("bit", "varying"),
    ];
    previous.is_some_and(|previous| {
        PAIRS.iter().any(|(first, second)| previous.is_word(first) && word.is_word(second))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lexicon: Lexicon, text: &str, expected: &str) {
        let rename = |name: &str| {
            let columns = ["a", "date", "time", "zone", "varying", "C"];
            columns.contains(&name).then(|| format!("my_{name}"))
        };
        assert_eq!(rename_columns(text, lexicon, rename), expected);
    }

    #[test]
    fn columns_get_their_new_names_and_nothing_else_does() {
        let postgres = Lexicon::POSTGRES;
        check(postgres, "a > 0 AND \"a\"<>'a'/*a*/", "my_a > 0 AND my_a<>'a'/*a*/");
        check(postgres, "A > 0 AND \"A\" > 0 AND \"C\" > 0", "my_a > 0 AND \"A\" > 0 AND \"my_C\" > 0");
        check(postgres, "t.a + (t).a + a.t + a(1) + f(a => a)", "t.a + (t).a + a.t + a(1) + f(a => my_a)");
        check(postgres, "a COLLATE a = $$a$$", "my_a COLLATE a = $$a$$");
        check(postgres, "CAST(a AS date) = date::date", "CAST(my_a AS date) = my_date::date");
        check(postgres, "date > date '2020-01-01'", "my_date > date '2020-01-01'");
        check(postgres, "extract(date FROM date)", "extract(date FROM my_date)");
        check(
            postgres,
            "\"time\" AT TIME ZONE zone = a::timestamp with time zone",
            "my_time AT TIME ZONE my_zone = my_a::timestamp with time zone",
        );
        check(postgres, "a::character varying <> varying", "my_a::character varying <> my_varying");
        check(Lexicon::SQLITE, "[a] + `a` + date(date)", "my_a + my_a + date(my_date)");
    }

    #[test]
    fn what_names_no_column_is_the_same_text() {
        assert!(matches!(rename_columns("1 = 1", Lexicon::SQLITE, |_| None), Cow::Borrowed("1 = 1")));
    }
}
