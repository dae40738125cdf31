//! Rows of which an exclusion constraint takes only one.

use std::collections::BTreeSet;

use super::super::ddl::condition;
use super::super::mention::mentions;
use super::rows::Rows;
use super::{LIMIT, count};
use crate::sql::{Cursor, Lexicon};

/// The query for one constraint, given as the server spells it, from EXCLUDE on.
///
/// Each row is compared with every other unless an operator is one that can be
/// hashed, which is for the server to see.
pub(super) fn probe(rows: &Rows<'_>, definition: &str) -> Option<String> {
    let excluding = Excluding::parse(definition)?;
    let mut words = BTreeSet::new();
    for text in excluding.texts() {
        let found = mentions(text);
        rows.knows(&found).then_some(())?;
        words.extend(found.words);
    }
    let source = rows.select(&words)?;
    let numbered = |of: &dyn Fn(usize, &Part<'_>) -> String| -> Vec<String> {
        excluding.parts.iter().enumerate().map(|(at, part)| of(at, part)).collect()
    };
    let values = numbered(&|at, part| format!("({}) AS v{at}", part.value)).join(", ");
    let excludes = numbered(&|at, part| format!("one.v{at} {} other.v{at}", part.operator)).join(" AND ");
    let shown = numbered(&|at, _| format!("one.v{at}")).join(", ");
    let partial = excluding.predicate.iter().map(|one| format!(" WHERE {one}")).collect::<String>();
    Some(format!(
        "WITH compared AS MATERIALIZED (SELECT row_number() OVER () AS id, {values} FROM {source}{partial}), \
         affected AS (SELECT concat_ws(', ', {shown}) AS value FROM compared AS one WHERE EXISTS \
         (SELECT FROM compared AS other WHERE one.id <> other.id AND {excludes}) LIMIT {LIMIT}) \
         SELECT (SELECT count(*) FROM affected), {}, (SELECT left(value, 100) FROM affected LIMIT 1)",
        count(&rows.table())
    ))
}

/// An exclusion constraint, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Excluding<'a> {
    parts: Vec<Part<'a>>,
    /// The rows it is about.
    predicate: Option<&'a str>,
}

/// One value, and what must not be true of it in two rows.
#[derive(Debug, PartialEq, Eq)]
struct Part<'a> {
    value: &'a str,
    operator: &'a str,
}

impl<'a> Excluding<'a> {
    fn parse(definition: &'a str) -> Option<Self> {
        let mut reader = Reader { text: definition, cursor: Cursor::new(definition, Lexicon::POSTGRES) };
        reader.cursor.eat("exclude").then_some(())?;
        if reader.cursor.eat("using") {
            reader.cursor.name()?;
        }
        reader.cursor.eat_punct("(").then_some(())?;
        let mut parts = vec![reader.part()?];
        while reader.cursor.eat_punct(",") {
            parts.push(reader.part()?);
        }
        reader.cursor.eat_punct(")").then_some(())?;
        Some(Self { parts, predicate: reader.predicate() })
    }

    fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().map(|part| part.value).chain(self.predicate)
    }
}

struct Reader<'a> {
    text: &'a str,
    cursor: Cursor<'a>,
}

impl<'a> Reader<'a> {
    /// `value [COLLATE c] [operator class] [ASC | DESC] ... WITH operator`
    fn part(&mut self) -> Option<Part<'a>> {
        let value = self.read(|cursor| {
            if !cursor.at_punct("(") {
                cursor.object_name()?;
            }
            cursor.skip_parentheses();
            if cursor.eat("collate") { cursor.object_name().map(drop) } else { Some(()) }
        })?;
        while !self.cursor.eat("with") {
            step(&mut self.cursor)?;
        }
        let operator = self.read(|cursor| {
            while !cursor.at_punct(",") && !cursor.at_punct(")") {
                step(cursor)?;
            }
            Some(())
        })?;
        Some(Part { value: condition(value), operator })
    }

    /// What follows WHERE, behind INCLUDE and parameters of storage.
    fn predicate(&mut self) -> Option<&'a str> {
        while !self.cursor.eat("where") {
            step(&mut self.cursor)?;
        }
        self.read(|cursor| {
            cursor.skip_parentheses();
            Some(())
        })
    }

    /// The text that `walk` steps over.
    fn read(&mut self, walk: impl FnOnce(&mut Cursor<'a>) -> Option<()>) -> Option<&'a str> {
        let begin = self.cursor.peek()?.offset;
        walk(&mut self.cursor)?;
        let end = self.cursor.peek().map_or(self.text.len(), |token| token.offset);
        Some(self.text[begin..end].trim_end())
    }
}

/// Steps over one token, or a parenthesis and all it holds.
fn step(cursor: &mut Cursor<'_>) -> Option<()> {
    if cursor.at_punct("(") {
        cursor.skip_parentheses();
        return Some(());
    }
    cursor.next().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(definition: &str, parts: &[(&str, &str)], predicate: Option<&str>) {
        let parts = parts.iter().map(|(value, operator)| Part { value, operator }).collect();
        assert_eq!(Excluding::parse(definition), Some(Excluding { parts, predicate }), "{definition}");
    }

    #[test]
    fn a_definition_is_values_operators_and_a_condition() {
        check("EXCLUDE USING gist (during WITH &&)", &[("during", "&&")], None);
        check(
            "EXCLUDE USING gist (\"Room\" WITH =, during WITH &&) WHERE ((NOT cancelled)) DEFERRABLE",
            &[("\"Room\"", "="), ("during", "&&")],
            Some("((NOT cancelled))"),
        );
        check(
            "EXCLUDE USING gist (tsrange(a, b, '(]'::text) WITH &&, (lower(c)) COLLATE \"C\" gist_text_ops \
             (siglen='32') WITH OPERATOR(app.=)) INCLUDE (id) WITH (fillfactor='70') WHERE (a > b)",
            &[("tsrange(a, b, '(]'::text)", "&&"), ("(lower(c)) COLLATE \"C\"", "OPERATOR(app.=)")],
            Some("(a > b)"),
        );
        check("EXCLUDE USING btree (((a + b)) WITH =)", &[("a + b", "=")], None);
    }

    #[test]
    fn what_is_no_exclusion_is_not_guessed_at() {
        assert_eq!(Excluding::parse("CHECK (a WITH =)"), None);
        assert_eq!(Excluding::parse("EXCLUDE USING gist (a"), None);
    }
}
